/*
 * The state as OpenMetrics: for each family its applications, and before all
 * what the supervisor tells of its groups.
 */

#include "status_states.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>


const char *const  mh_status_states[MH_COUNT_STATES] = {
    "starting", "ready", "failed", "stopping", "stopped"
};


typedef struct family {
    const char  *name;
    const char  *help;
    size_t       offset;             /* in mh_count_sum                       */
    bool         counter;            /* else a gauge                          */
    bool         milliseconds;
} family;

static const family  families[] = {

    { "modhost_web_in_flight", "Requests that an application works on.",
      offsetof(mh_count_sum, in_flight), false, false },

    { "modhost_web_waiting", "Requests that wait for an application.",
      offsetof(mh_count_sum, waiting), false, false },

    { "modhost_web_queue_seconds", "Time that requests have waited.",
      offsetof(mh_count_sum, queue_ms), true, true },

    { "modhost_web_app_seconds", "Time that applications have worked.",
      offsetof(mh_count_sum, app_ms), true, true },

    { "modhost_web_queue_full", "Requests refused: too many waited.",
      offsetof(mh_count_sum, queue_full), true, false },

    { "modhost_web_queue_timeouts", "Requests refused: they waited too long.",
      offsetof(mh_count_sum, queue_timeouts), true, false },

    { "modhost_web_unavailable", "Requests refused: it was not running.",
      offsetof(mh_count_sum, unavailable), true, false },

    { "modhost_web_request_timeouts", "Requests that took too long.",
      offsetof(mh_count_sum, request_timeouts), true, false },

    { "modhost_web_lost", "Requests that died with their worker.",
      offsetof(mh_count_sum, lost), true, false },

    { "modhost_web_retried", "Requests given to another worker.",
      offsetof(mh_count_sum, retried), true, false },

    { "modhost_web_failures", "Times that an embedded application failed.",
      offsetof(mh_count_sum, failures), true, false },
};

#define FAMILIES  (sizeof(families) / sizeof(families[0]))

static const struct {
    const char  *name;
    const char  *help;
    size_t       offset;             /* in mh_usage                           */
} usages[] = {

    { "modhost_web_resident_bytes", "Memory of a web-server process.",
      offsetof(mh_usage, resident_bytes) },

    { "modhost_web_heap_bytes", "GC heap of embedded applications.",
      offsetof(mh_usage, heap_bytes) },

    { "modhost_web_committed_bytes", "Memory committed for that heap.",
      offsetof(mh_usage, committed_bytes) },

    { "modhost_web_pool_threads", "Thread-pool threads.",
      offsetof(mh_usage, pool_threads) },

    { "modhost_web_pool_queue", "Work that waits for one of them.",
      offsetof(mh_usage, pool_queue) },
};

#define USAGES  (sizeof(usages) / sizeof(usages[0]))


bool
mh_status_embeds(const mh_status_view *view)
{
    unsigned  i;

    for (i = 0; i < view->app_count; i++) {
        if (view->apps[i].group == NULL) {
            return true;
        }
    }

    return false;
}


void
mh_status_gather(mh_status_view *view)
{
    unsigned  i;

    for (i = 0; i < view->app_count && view->counters != NULL; i++) {
        mh_counters_sum(view->counters, view->apps[i].entry,
                        &view->apps[i].sum);
    }
}


static bool
ends_with(mh_str text, const char *end)
{
    size_t  length;

    length = strlen(end);

    return text.length >= length
           && memcmp(text.data + text.length - length, end, length) == 0;
}


static bool
has(mh_str text, const char *part)
{
    size_t  i, length;

    length = strlen(part);

    for (i = 0; i + length <= text.length; i++) {
        if (strncasecmp((const char *) text.data + i, part, length) == 0) {
            return true;
        }
    }

    return false;
}


bool
mh_status_wants_metrics(mh_str format, mh_str path, mh_str accept)
{
    if (format.data != NULL) {
        return format.length != 4 || memcmp(format.data, "json", 4) != 0;
    }

    return ends_with(path, "/metrics")
           || (!ends_with(path, ".json")
               && (has(accept, "openmetrics") || has(accept, "text/plain")));
}


static uint64_t
field(const void *structure, size_t offset)
{
    return *(const uint64_t *) ((const char *) structure + offset);
}


/* Names have no quotes in them, but may have. */
static void
write_escaped(FILE *out, const char *text)
{
    for (/* void */; *text != '\0'; text++) {

        if (*text == '"' || *text == '\\' || *text == '\n') {
            (void) fputc('\\', out);
        }

        (void) fputc(*text == '\n' ? 'n' : *text, out);
    }
}


/* `more`: one more label, its value, or NULL. */
static void
write_labels(FILE *out, const mh_status_app *app, const char *more,
    const char *value)
{
    (void) fputs("{app=\"", out);
    write_escaped(out, app->name);

    if (app->group != NULL) {
        (void) fputs("\",group=\"", out);
        write_escaped(out, app->group);
    }

    if (more != NULL) {
        (void) fprintf(out, "\",%s=\"%s", more, value);
    }

    (void) fputs("\"}", out);
}


static void
write_head(FILE *out, const char *name, const char *help, bool counter)
{
    (void) fprintf(out, "# TYPE %s %s\n# HELP %s %s\n", name,
                   counter ? "counter" : "gauge", name, help);
}


static void
write_requests(FILE *out, const mh_status_view *view)
{
    char                  name[] = "0xx";
    unsigned              i, k;
    const mh_status_app  *app;

    write_head(out, "modhost_web_requests", "Requests by class of status.",
               true);

    for (i = 0; i < view->app_count; i++) {
        app = &view->apps[i];

        for (k = 0; k < MH_COUNT_CLASSES; k++) {
            name[0] = (char) ('1' + k);

            (void) fputs("modhost_web_requests_total", out);
            write_labels(out, app, "class", name);
            (void) fprintf(out, " %llu\n",
                           (unsigned long long) app->sum.requests[k]);
        }
    }
}


static void
write_family(FILE *out, const mh_status_view *view, const family *f)
{
    unsigned            i;
    unsigned long long  value;

    write_head(out, f->name, f->help, f->counter);

    for (i = 0; i < view->app_count; i++) {
        value = field(&view->apps[i].sum, f->offset);

        (void) fprintf(out, "%s%s", f->name, f->counter ? "_total" : "");
        write_labels(out, &view->apps[i], NULL, NULL);

        if (f->milliseconds) {
            (void) fprintf(out, " %llu.%03llu\n", value / 1000, value % 1000);
        } else {
            (void) fprintf(out, " %llu\n", value);
        }
    }
}


/* Embedded ones: how many processes have each in which state. */
static void
write_states(FILE *out, const mh_status_view *view)
{
    unsigned              i, k;
    const mh_status_app  *app;

    write_head(out, "modhost_web_embedded",
               "Processes with an embedded application, by its state.", false);

    for (i = 0; i < view->app_count; i++) {
        app = &view->apps[i];

        for (k = 0; app->group == NULL && k < MH_COUNT_STATES; k++) {
            (void) fputs("modhost_web_embedded", out);
            write_labels(out, app, "state", mh_status_states[k]);
            (void) fprintf(out, " %llu\n",
                           (unsigned long long) app->sum.states[k]);
        }
    }
}


static void
write_usages(FILE *out, const mh_status_view *view)
{
    pid_t     pid;
    size_t    k;
    unsigned  i;
    mh_usage  usage;

    for (k = 0; k < USAGES; k++) {

        write_head(out, usages[k].name, usages[k].help, false);

        i = 0;

        while (view->counters != NULL
               && mh_counters_next(view->counters, &i, &pid, &usage))
        {
            (void) fprintf(out, "%s{pid=\"%d\"} %llu\n", usages[k].name,
                           (int) pid, (unsigned long long)
                           field(&usage, usages[k].offset));
        }
    }
}


char *
mh_status_metrics(const mh_status_view *view, size_t *length)
{
    char    *text;
    FILE    *out;
    size_t   k;

    text = NULL;
    out = open_memstream(&text, length);

    if (out == NULL) {
        return NULL;
    }

    if (view->groups_metrics.length != 0) {
        (void) fwrite(view->groups_metrics.data, 1,
                      view->groups_metrics.length, out);
    }

    write_requests(out, view);

    for (k = 0; k < FAMILIES; k++) {
        write_family(out, view, &families[k]);
    }

    write_states(out, view);
    write_usages(out, view);

    (void) fputs("# EOF\n", out);

    if (ferror(out) | fclose(out)) {
        free(text);
        return NULL;
    }

    return text;
}
