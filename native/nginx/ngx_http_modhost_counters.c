/*
 * nginx's processes among the core's counters, which outlive reloads.
 */

#include "ngx_http_modhost.h"


#define NGX_HTTP_MODHOST_USAGE_TICK  1000        /* ms                        */


static void ngx_http_modhost_usage_timer(ngx_event_t *ev);


/* The master's, for all its configurations; its workers inherit it. */
static mh_counters          *ngx_http_modhost_shared;

/* This process's. */
static mh_counters_entered   ngx_http_modhost_entered = { .slot = -1 };
static ngx_event_t           ngx_http_modhost_usage_event;

/* A log at level debug prints the descriptor of each timer's connection. */
static ngx_connection_t      ngx_http_modhost_usage_dummy;


static void
ngx_http_modhost_counters_keep(ngx_http_modhost_app_conf_t *app)
{
    mh_counters_keep(ngx_http_modhost_shared,
                     app->group != NULL ? (char *) app->group->name.data
                                        : NULL,
                     app->spec.path);
}


static void
ngx_http_modhost_counters_entry(ngx_http_modhost_app_conf_t *app)
{
    app->entry = mh_counters_entry(ngx_http_modhost_shared,
                                   app->group != NULL
                                   ? (char *) app->group->name.data : NULL,
                                   app->spec.path);
}


static void
ngx_http_modhost_counters_each(ngx_http_modhost_main_conf_t *mmcf,
    void (*act)(ngx_http_modhost_app_conf_t *app))
{
    ngx_uint_t                       i;
    ngx_http_modhost_app_conf_t    **apps;
    ngx_http_modhost_group_conf_t  **groups;

    apps = mmcf->apps.elts;
    groups = mmcf->groups.elts;

    for (i = 0; i < mmcf->apps.nelts; i++) {
        act(apps[i]);
    }

    for (i = 0; i < mmcf->groups.nelts; i++) {
        if (groups[i]->app != NULL) {
            act(groups[i]->app);
        }
    }
}


void
ngx_http_modhost_counters_prepare(ngx_cycle_t *cycle,
    ngx_http_modhost_main_conf_t *mmcf)
{
    if (ngx_http_modhost_shared == NULL) {
        ngx_http_modhost_shared = mh_counters_open();
    }

    if (ngx_http_modhost_shared == NULL) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, ngx_errno,
                      "MH0%d: no memory for counters", MH_E_MEMORY);
        return;
    }

    mh_counters_generation(ngx_http_modhost_shared);

    /* those that have one first: none of them may lose it */

    ngx_http_modhost_counters_each(mmcf, ngx_http_modhost_counters_keep);
    ngx_http_modhost_counters_each(mmcf, ngx_http_modhost_counters_entry);
}


ngx_msec_t
ngx_http_modhost_counters_enter(ngx_cycle_t *cycle,
    ngx_http_modhost_main_conf_t *mmcf)
{
    mh_counters_entered  *entered;

    if (ngx_http_modhost_shared == NULL) {
        return 0;
    }

    entered = &ngx_http_modhost_entered;

    mh_counters_enter(ngx_http_modhost_shared, mmcf->apps.nelts != 0, entered);

    if (entered->crashed != 0) {
        ngx_log_error(NGX_LOG_ERR, cycle->log, 0,
                      "MH0%d: worker process %P ended unexpectedly, %ui in a "
                      "row; applications start in %ui ms", MH_E_WORKER_CRASHED,
                      entered->crashed, (ngx_uint_t) entered->crashes,
                      (ngx_uint_t) entered->wait);
    }

    if (entered->slot == -1) {
        ngx_log_error(NGX_LOG_NOTICE, cycle->log, 0,
                      "modhost: no room for the counters of this process");

    } else if (mmcf->status) {
        ngx_http_modhost_usage_dummy.fd = (ngx_socket_t) -1;

        ngx_http_modhost_usage_event.handler = ngx_http_modhost_usage_timer;
        ngx_http_modhost_usage_event.data = &ngx_http_modhost_usage_dummy;
        ngx_http_modhost_usage_event.log = cycle->log;
        ngx_http_modhost_usage_event.cancelable = 1;

        ngx_add_timer(&ngx_http_modhost_usage_event,
                      NGX_HTTP_MODHOST_USAGE_TICK);
    }

    return entered->wait;
}


void
ngx_http_modhost_counters_leave(void)
{
    if (ngx_http_modhost_entered.slot == -1) {
        return;
    }

    mh_counters_leave(ngx_http_modhost_shared, ngx_http_modhost_entered.slot);
    ngx_http_modhost_entered.slot = -1;

    if (ngx_http_modhost_usage_event.timer_set) {
        ngx_del_timer(&ngx_http_modhost_usage_event);
    }
}


mh_counters *
ngx_http_modhost_counters(void)
{
    return ngx_http_modhost_shared;
}


mh_count *
ngx_http_modhost_count(ngx_http_modhost_app_conf_t *conf)
{
    return mh_counters_count(ngx_http_modhost_shared,
                             ngx_http_modhost_entered.slot, conf->entry);
}


/* What this process uses, for all to read. */
static void
ngx_http_modhost_usage_timer(ngx_event_t *ev)
{
    mh_usage  usage;

    mh_usage_resident(&usage);
    ngx_http_modhost_apps_usage(&usage);

    mh_counters_use(ngx_http_modhost_shared, ngx_http_modhost_entered.slot,
                    &usage);

    ngx_add_timer(ev, NGX_HTTP_MODHOST_USAGE_TICK);
}
