/*
 * What a web server tells of its applications: as JSON and as OpenMetrics. The
 * supervisor tells of its groups through the status page, processes of the web
 * server of themselves through counters; so any of them answers for all.
 */

#ifndef MH_STATUS_TEXT_H
#define MH_STATUS_TEXT_H

#include "counters.h"
#include "json_write.h"

typedef struct mh_status_app {
    const char   *name;
    const char   *group;             /* NULL: embedded                        */
    const char   *path;
    int           entry;
    mh_count_sum  sum;               /* filled in by mh_status_gather         */
} mh_status_app;

typedef struct mh_status_view {
    const char     *server;          /* "nginx" or "apache"                   */
    uint32_t        generation;
    mh_counters    *counters;        /* NULL: there are none                  */
    mh_status_app  *apps;            /* embedded ones and those of groups     */
    unsigned        app_count;
    mh_str          groups_json;     /* the supervisor's; empty: none         */
    mh_str          groups_metrics;
} mh_status_view;

/*
 * Whether a request asks for the metrics: the value of format= in its query
 * says so (data NULL: there is none), or the end of its path, or what the
 * client accepts.
 */
bool mh_status_wants_metrics(mh_str format, mh_str path, mh_str accept);

/* The sums, once for either text. */
void mh_status_gather(mh_status_view *view);

/* `writer` begins zeroed. */
void mh_status_json(const mh_status_view *view, mh_json_writer *writer);

/* Memory to be freed; NULL: there is none left. */
char *mh_status_metrics(const mh_status_view *view, size_t *length);

#endif /* MH_STATUS_TEXT_H */
