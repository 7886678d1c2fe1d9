/*
 * The state as OpenMetrics: for each family its applications, and before all
 * what the supervisor tells of its groups.
 */

#include "ngx_http_modhost_status.h"

#include <stdarg.h>


typedef struct {
    const char  *name;
    const char  *help;
    size_t       offset;         /* in ngx_http_modhost_count_t               */
    ngx_uint_t   counter;        /* else a gauge                              */
    ngx_uint_t   milliseconds;
} ngx_http_modhost_family_t;


static const ngx_http_modhost_family_t  ngx_http_modhost_families[] = {

    { "modhost_web_in_flight", "Requests that an application works on.",
      offsetof(ngx_http_modhost_count_t, in_flight), 0, 0 },

    { "modhost_web_waiting", "Requests that wait for an application.",
      offsetof(ngx_http_modhost_count_t, waiting), 0, 0 },

    { "modhost_web_queue_seconds", "Time that requests have waited.",
      offsetof(ngx_http_modhost_count_t, queue_ms), 1, 1 },

    { "modhost_web_app_seconds", "Time that applications have worked.",
      offsetof(ngx_http_modhost_count_t, app_ms), 1, 1 },

    { "modhost_web_queue_full", "Requests refused: too many waited.",
      offsetof(ngx_http_modhost_count_t, queue_full), 1, 0 },

    { "modhost_web_queue_timeouts", "Requests refused: they waited too long.",
      offsetof(ngx_http_modhost_count_t, queue_timeouts), 1, 0 },

    { "modhost_web_unavailable", "Requests refused: it was not running.",
      offsetof(ngx_http_modhost_count_t, unavailable), 1, 0 },

    { "modhost_web_request_timeouts", "Requests that took too long.",
      offsetof(ngx_http_modhost_count_t, request_timeouts), 1, 0 },

    { "modhost_web_lost", "Requests that died with their worker.",
      offsetof(ngx_http_modhost_count_t, lost), 1, 0 },

    { "modhost_web_retried", "Requests given to another worker.",
      offsetof(ngx_http_modhost_count_t, retried), 1, 0 },

    { "modhost_web_failures", "Times that an embedded application failed.",
      offsetof(ngx_http_modhost_count_t, failures), 1, 0 },

    { NULL, NULL, 0, 0, 0 }
};


static void
ngx_http_modhost_text(ngx_http_modhost_text_t *text, const void *data,
    size_t length)
{
    char    *grown;
    size_t   capacity;

    if (length == 0) {
        return;
    }

    if (text->capacity - text->length < length) {
        capacity = text->capacity * 2 + length + 4096;
        grown = realloc(text->data, capacity);

        if (grown == NULL) {
            text->failed = 1;
            return;
        }

        text->data = grown;
        text->capacity = capacity;
    }

    ngx_memcpy(text->data + text->length, data, length);
    text->length += length;
}


static void
ngx_http_modhost_text_format(ngx_http_modhost_text_t *text,
    const char *format, ...)
{
    u_char   line[1024], *p;
    va_list  args;

    va_start(args, format);
    p = ngx_vslprintf(line, line + sizeof(line), format, args);
    va_end(args);

    ngx_http_modhost_text(text, line, p - line);
}


/* {app="Shop",group="shop"}: names have no quotes in them, but may have. */
static void
ngx_http_modhost_labels(ngx_http_modhost_text_t *text,
    ngx_http_modhost_app_conf_t *app, const char *more)
{
    size_t   i;
    u_char  *c;

    ngx_http_modhost_text(text, "{app=\"", 6);

    for (i = 0; i < app->name.len; i++) {
        c = &app->name.data[i];

        if (*c == '"' || *c == '\\' || *c == '\n') {
            ngx_http_modhost_text(text, "\\", 1);
        }

        ngx_http_modhost_text(text, *c == '\n' ? (u_char *) "n" : c, 1);
    }

    ngx_http_modhost_text(text, "\"", 1);

    if (app->group != NULL) {
        ngx_http_modhost_text_format(text, ",group=\"%V\"",
                                     &app->group->name);
    }

    ngx_http_modhost_text_format(text, "%s}", more);
}


static void
ngx_http_modhost_metrics_app(ngx_http_modhost_text_t *text,
    const ngx_http_modhost_family_t *family,
    ngx_http_modhost_main_conf_t *mmcf, ngx_http_modhost_app_conf_t *app)
{
    char                      more[32];
    uint64_t                  value;
    ngx_uint_t                i;
    ngx_http_modhost_count_t  count;

    ngx_http_modhost_counters_sum(mmcf, app, &count);

    if (family == NULL) {

        for (i = 0; i < NGX_HTTP_MODHOST_CLASSES; i++) {
            ngx_sprintf((u_char *) more, ",class=\"%uixx\"%Z", i + 1);

            ngx_http_modhost_text_format(text, "modhost_web_requests_total");
            ngx_http_modhost_labels(text, app, more);
            ngx_http_modhost_text_format(text, " %uL\n", count.requests[i]);
        }

        return;
    }

    value = *(uint64_t *) ((u_char *) &count + family->offset);

    ngx_http_modhost_text_format(text, "%s%s", family->name,
                                 family->counter ? "_total" : "");
    ngx_http_modhost_labels(text, app, "");

    if (family->milliseconds) {
        ngx_http_modhost_text_format(text, " %uL.%03uL\n", value / 1000,
                                     value % 1000);
    } else {
        ngx_http_modhost_text_format(text, " %uL\n", value);
    }
}


static void
ngx_http_modhost_metrics_family(ngx_http_modhost_text_t *text,
    const ngx_http_modhost_family_t *family,
    ngx_http_modhost_main_conf_t *mmcf)
{
    ngx_uint_t                       i;
    ngx_http_modhost_app_conf_t    **apps;
    ngx_http_modhost_group_conf_t  **groups;

    ngx_http_modhost_text_format(text, "# TYPE %s %s\n# HELP %s %s\n",
                                 family ? family->name
                                        : "modhost_web_requests",
                                 !family || family->counter ? "counter"
                                                            : "gauge",
                                 family ? family->name
                                        : "modhost_web_requests",
                                 family ? family->help
                                        : "Requests by class of status.");

    apps = mmcf->apps.elts;

    for (i = 0; i < mmcf->apps.nelts; i++) {
        ngx_http_modhost_metrics_app(text, family, mmcf, apps[i]);
    }

    groups = mmcf->groups.elts;

    for (i = 0; i < mmcf->groups.nelts; i++) {
        if (groups[i]->app != NULL) {
            ngx_http_modhost_metrics_app(text, family, mmcf, groups[i]->app);
        }
    }
}


/* Embedded ones: how many processes have each in which state. */
static void
ngx_http_modhost_metrics_states(ngx_http_modhost_text_t *text,
    ngx_http_modhost_main_conf_t *mmcf)
{
    char                           more[32];
    ngx_uint_t                     i, k;
    ngx_http_modhost_count_t       count;
    ngx_http_modhost_app_conf_t  **apps;

    ngx_http_modhost_text_format(text, "# TYPE modhost_web_embedded gauge\n"
                                 "# HELP modhost_web_embedded Processes with "
                                 "an embedded application, by its state.\n");
    apps = mmcf->apps.elts;

    for (i = 0; i < mmcf->apps.nelts; i++) {
        ngx_http_modhost_counters_sum(mmcf, apps[i], &count);

        for (k = 0; k < NGX_HTTP_MODHOST_STATES; k++) {
            ngx_sprintf((u_char *) more, ",state=\"%s\"%Z",
                        ngx_http_modhost_state_names[k]);

            ngx_http_modhost_text_format(text, "modhost_web_embedded");
            ngx_http_modhost_labels(text, apps[i], more);
            ngx_http_modhost_text_format(text, " %uL\n", count.states[k]);
        }
    }
}


static void
ngx_http_modhost_metrics_processes(ngx_http_modhost_text_t *text,
    ngx_http_modhost_main_conf_t *mmcf)
{
    ngx_uint_t                   i, k;
    ngx_http_modhost_process_t  *process;

    static const struct {
        const char  *name;
        const char  *help;
        size_t       offset;
    } families[] = {
        { "modhost_web_resident_bytes", "Memory of a web-server process.",
          offsetof(ngx_http_modhost_stats_t, resident_bytes) },
        { "modhost_web_heap_bytes", "GC heap of embedded applications.",
          offsetof(ngx_http_modhost_stats_t, heap_bytes) },
        { "modhost_web_committed_bytes", "Memory committed for that heap.",
          offsetof(ngx_http_modhost_stats_t, committed_bytes) },
        { "modhost_web_pool_threads", "Thread-pool threads.",
          offsetof(ngx_http_modhost_stats_t, pool_threads) },
        { "modhost_web_pool_queue", "Work that waits for one of them.",
          offsetof(ngx_http_modhost_stats_t, pool_queue) },
    };

    for (k = 0; k < sizeof(families) / sizeof(families[0]); k++) {

        ngx_http_modhost_text_format(text, "# TYPE %s gauge\n# HELP %s %s\n",
                                     families[k].name, families[k].name,
                                     families[k].help);
        i = 0;

        while ((process = ngx_http_modhost_counters_next(mmcf, &i)) != NULL) {
            ngx_http_modhost_text_format(text, "%s{pid=\"%P\"} %uL\n",
                          families[k].name, process->pid,
                          *(uint64_t *) ((u_char *) &process->stats
                                         + families[k].offset));
        }
    }
}


void
ngx_http_modhost_status_metrics(ngx_http_request_t *r, mh_str groups,
    ngx_http_modhost_text_t *lines)
{
    ngx_http_modhost_main_conf_t     *mmcf;
    const ngx_http_modhost_family_t  *family;

    mmcf = ngx_http_get_module_main_conf(r, ngx_http_modhost_module);

    ngx_http_modhost_text(lines, groups.data, groups.length);

    ngx_http_modhost_metrics_family(lines, NULL, mmcf);

    for (family = ngx_http_modhost_families; family->name; family++) {
        ngx_http_modhost_metrics_family(lines, family, mmcf);
    }

    ngx_http_modhost_metrics_states(lines, mmcf);
    ngx_http_modhost_metrics_processes(lines, mmcf);

    ngx_http_modhost_text_format(lines, "# EOF\n");
}
