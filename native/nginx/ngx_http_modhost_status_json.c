/*
 * The state as JSON.
 */

#include "ngx_http_modhost_status.h"


const char  *ngx_http_modhost_state_names[NGX_HTTP_MODHOST_STATES] = {
    "starting", "ready", "failed", "stopping", "stopped"
};


static void
ngx_http_modhost_json_requests(mh_json_writer *json,
    const ngx_http_modhost_count_t *count)
{
    char        name[4];
    ngx_uint_t  i;

    mh_json_begin_object(json, "requests");

    for (i = 0; i < NGX_HTTP_MODHOST_CLASSES; i++) {
        name[0] = (char) ('1' + i);
        name[1] = 'x';
        name[2] = 'x';
        name[3] = '\0';

        mh_json_number(json, name, count->requests[i]);
    }

    mh_json_end_object(json);
}


static void
ngx_http_modhost_json_app(mh_json_writer *json,
    ngx_http_modhost_main_conf_t *mmcf, ngx_http_modhost_app_conf_t *app)
{
    ngx_uint_t                i;
    ngx_http_modhost_count_t  count;

    ngx_http_modhost_counters_sum(mmcf, app, &count);

    mh_json_begin_object(json, NULL);

    mh_json_text(json, "name", ngx_http_modhost_str(&app->name));
    mh_json_cstring(json, "group", app->group != NULL
                                   ? (char *) app->group->name.data : NULL);
    mh_json_cstring(json, "path", app->spec.path);

    if (app->group == NULL) {
        mh_json_begin_object(json, "processes");

        for (i = 0; i < NGX_HTTP_MODHOST_STATES; i++) {
            mh_json_number(json, ngx_http_modhost_state_names[i],
                           count.states[i]);
        }

        mh_json_end_object(json);
        mh_json_number(json, "failures", count.failures);
    }

    mh_json_number(json, "inFlight", count.in_flight);
    mh_json_number(json, "waiting", count.waiting);
    mh_json_number(json, "queueMilliseconds", count.queue_ms);
    mh_json_number(json, "appMilliseconds", count.app_ms);

    ngx_http_modhost_json_requests(json, &count);

    mh_json_begin_object(json, "refused");
    mh_json_number(json, "queueFull", count.queue_full);
    mh_json_number(json, "queueTimeout", count.queue_timeouts);
    mh_json_number(json, "unavailable", count.unavailable);
    mh_json_end_object(json);

    mh_json_number(json, "requestTimeouts", count.request_timeouts);
    mh_json_number(json, "lost", count.lost);
    mh_json_number(json, "retried", count.retried);

    mh_json_end_object(json);
}


static void
ngx_http_modhost_json_apps(mh_json_writer *json,
    ngx_http_modhost_main_conf_t *mmcf)
{
    ngx_uint_t                       i;
    ngx_http_modhost_app_conf_t    **apps;
    ngx_http_modhost_group_conf_t  **groups;

    mh_json_begin_array(json, "applications");

    apps = mmcf->apps.elts;

    for (i = 0; i < mmcf->apps.nelts; i++) {
        ngx_http_modhost_json_app(json, mmcf, apps[i]);
    }

    groups = mmcf->groups.elts;

    for (i = 0; i < mmcf->groups.nelts; i++) {
        if (groups[i]->app != NULL) {
            ngx_http_modhost_json_app(json, mmcf, groups[i]->app);
        }
    }

    mh_json_end_array(json);
}


static void
ngx_http_modhost_json_processes(mh_json_writer *json,
    ngx_http_modhost_main_conf_t *mmcf)
{
    ngx_uint_t                   i;
    ngx_http_modhost_process_t  *process;

    mh_json_begin_array(json, "processes");

    i = 0;

    while ((process = ngx_http_modhost_counters_next(mmcf, &i)) != NULL) {

        mh_json_begin_object(json, NULL);
        mh_json_number(json, "pid", process->pid);
        mh_json_number(json, "residentBytes", process->stats.resident_bytes);

        if (mmcf->apps.nelts != 0) {
            mh_json_number(json, "heapBytes", process->stats.heap_bytes);
            mh_json_number(json, "committedBytes",
                           process->stats.committed_bytes);
            mh_json_number(json, "poolThreads", process->stats.pool_threads);
            mh_json_number(json, "poolQueue", process->stats.pool_queue);
        }

        mh_json_end_object(json);
    }

    mh_json_end_array(json);
}


void
ngx_http_modhost_status_json(ngx_http_request_t *r, mh_str groups,
    mh_json_writer *json)
{
    ngx_http_modhost_main_conf_t  *mmcf;

    mmcf = ngx_http_get_module_main_conf(r, ngx_http_modhost_module);

    mh_json_begin_object(json, NULL);

    mh_json_cstring(json, "server", "nginx");
    mh_json_number(json, "generation", ngx_http_modhost_daemon_generation());

    if (groups.length != 0) {
        mh_json_raw(json, "groups", groups);

    } else {
        mh_json_begin_array(json, "groups");
        mh_json_end_array(json);
    }

    ngx_http_modhost_json_apps(json, mmcf);
    ngx_http_modhost_json_processes(json, mmcf);

    mh_json_end_object(json);
}
