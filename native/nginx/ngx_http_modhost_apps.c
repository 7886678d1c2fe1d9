/*
 * The applications of this process: started, restarted with back-off, stopped.
 * They are made once in a worker and live as long as it does.
 */

#include "ngx_http_modhost.h"


static void ngx_http_modhost_start_runtimes(ngx_cycle_t *cycle);
static void ngx_http_modhost_start_clr(ngx_cycle_t *cycle,
    ngx_http_modhost_main_conf_t *mmcf);
static void ngx_http_modhost_advance(ngx_event_t *ev);
static void ngx_http_modhost_held_timer(ngx_event_t *ev);


ngx_array_t                    ngx_http_modhost_apps;

static modhost_app_table      *ngx_http_modhost_clr;
static ngx_event_t             ngx_http_modhost_hold;
ngx_uint_t                     ngx_http_modhost_stop_asked;

ngx_int_t
ngx_http_modhost_apps_create(ngx_cycle_t *cycle,
    ngx_http_modhost_main_conf_t *mmcf)
{
    ngx_uint_t                     i;
    ngx_http_modhost_app_t        *app, **slot;
    ngx_http_modhost_app_conf_t  **confs;

    if (ngx_array_init(&ngx_http_modhost_apps, cycle->pool, mmcf->apps.nelts,
                       sizeof(ngx_http_modhost_app_t *))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    confs = mmcf->apps.elts;

    for (i = 0; i < mmcf->apps.nelts; i++) {

        app = ngx_http_modhost_app_create(cycle, confs[i]);
        if (app == NULL) {
            return NGX_ERROR;
        }

        slot = ngx_array_push(&ngx_http_modhost_apps);
        *slot = app;

        confs[i]->app = app;
    }

    return NGX_OK;
}


ngx_http_modhost_app_t *
ngx_http_modhost_app_create(ngx_cycle_t *cycle,
    ngx_http_modhost_app_conf_t *conf)
{
    ngx_http_modhost_app_t  *app;

    app = ngx_calloc(sizeof(ngx_http_modhost_app_t), cycle->log);
    if (app == NULL) {
        return NULL;
    }

    app->state = NGX_HTTP_MODHOST_APP_HELD;
    app->conf = conf;
    app->count = ngx_http_modhost_count(conf);
    app->name = conf->spec.name;
    app->max_concurrency = conf->settings.max_concurrency;
    app->queue_size = conf->settings.queue_size;

    app->start_timer.data = app;
    app->start_timer.log = cycle->log;
    app->start_timer.cancelable = 1;

    app->advance.handler = ngx_http_modhost_advance;
    app->advance.data = app;
    app->advance.log = cycle->log;

    ngx_queue_init(&app->queue);

    return app;
}


/* A request has ended: the next one's turn, or the last one's. */
static void
ngx_http_modhost_advance(ngx_event_t *ev)
{
    ngx_http_modhost_queue_advance(ev->data);
    ngx_http_modhost_app_idle(ev->data);
}


void
ngx_http_modhost_apps_start(ngx_cycle_t *cycle, ngx_msec_t wait)
{
    if (wait == 0) {
        ngx_http_modhost_start_runtimes(cycle);
        return;
    }

    ngx_http_modhost_hold.handler = ngx_http_modhost_held_timer;
    ngx_http_modhost_hold.data = cycle;
    ngx_http_modhost_hold.log = cycle->log;
    ngx_http_modhost_hold.cancelable = 1;

    ngx_add_timer(&ngx_http_modhost_hold, wait);
}


static void
ngx_http_modhost_held_timer(ngx_event_t *ev)
{
    if (!ngx_http_modhost_stop_asked) {
        ngx_http_modhost_start_runtimes(ev->data);
    }
}


/* The CLR comes first: after a NativeAOT library its collector would hang. */
static void
ngx_http_modhost_start_runtimes(ngx_cycle_t *cycle)
{
    mh_error                        error;
    ngx_uint_t                      i;
    ngx_http_modhost_app_t        **apps;
    ngx_http_modhost_main_conf_t   *mmcf;

    mmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_modhost_module);
    apps = ngx_http_modhost_apps.elts;

    ngx_http_modhost_start_clr(cycle, mmcf);

    for (i = 0; i < ngx_http_modhost_apps.nelts; i++) {

        if (apps[i]->conf->spec.kind != MH_APP_NATIVE) {
            continue;
        }

        ngx_memzero(&error, sizeof(mh_error));

        if (mh_runtime_open_library(apps[i]->conf->spec.path,
                                    &apps[i]->table, &error)
            != 0)
        {
            ngx_http_modhost_app_failed(apps[i], error.code, error.text,
                                        ngx_strlen(error.text));
        }
    }

    for (i = 0; i < ngx_http_modhost_apps.nelts; i++) {
        if (apps[i]->table != NULL) {
            ngx_http_modhost_app_start(apps[i]);
        }
    }
}


static void
ngx_http_modhost_start_clr(ngx_cycle_t *cycle,
    ngx_http_modhost_main_conf_t *mmcf)
{
    unsigned                   n;
    mh_error                   error;
    ngx_uint_t                 i;
    const mh_app_spec        **specs;
    mh_runtime_options         options;
    ngx_http_modhost_app_t   **apps;

    apps = ngx_http_modhost_apps.elts;
    n = 0;

    specs = ngx_palloc(cycle->pool, (ngx_http_modhost_apps.nelts + 1)
                                    * sizeof(mh_app_spec *));

    for (i = 0; specs != NULL && i < ngx_http_modhost_apps.nelts; i++) {
        if (apps[i]->conf->spec.kind == MH_APP_IL) {
            specs[n++] = &apps[i]->conf->spec;
        }
    }

    if (specs != NULL && n == 0) {
        return;
    }

    ngx_memzero(&options, sizeof(mh_runtime_options));
    mh_error_set(&error, MH_E_MEMORY, "out of memory");

    options.dotnet_root = mmcf->dotnet_root.len
                          ? (char *) mmcf->dotnet_root.data : NULL;
    options.managed_directory = (char *) mmcf->managed_directory.data;
    options.temporary_directory = (char *) mmcf->home.data;
    options.apps = specs;
    options.app_count = n;

    if (access(options.temporary_directory, W_OK) == -1) {
        options.temporary_directory = "/tmp";
    }

    if (specs == NULL
        || mh_runtime_start_clr(&options, &ngx_http_modhost_clr, &error) != 0)
    {
        ngx_http_modhost_clr = NULL;
    }

    for (i = 0; i < ngx_http_modhost_apps.nelts; i++) {

        if (apps[i]->conf->spec.kind != MH_APP_IL) {
            continue;
        }

        apps[i]->table = ngx_http_modhost_clr;

        if (ngx_http_modhost_clr == NULL) {
            ngx_http_modhost_app_failed(apps[i], error.code, error.text,
                                        ngx_strlen(error.text));
        }
    }
}


void
ngx_http_modhost_apps_stop(void)
{
    ngx_uint_t                i;
    ngx_http_modhost_app_t  **apps;

    ngx_http_modhost_stop_asked = 1;

    apps = ngx_http_modhost_apps.elts;

    for (i = 0; i < ngx_http_modhost_apps.nelts; i++) {

        apps[i]->stopping = 1;

        if (apps[i]->state == MODHOST_APP_STARTING) {

            /* requests may wait for it: it is told when they have begun */

            continue;
        }

        if (apps[i]->start_timer.timer_set) {
            ngx_del_timer(&apps[i]->start_timer);
        }

        ngx_http_modhost_app_stop(apps[i]);
        ngx_http_modhost_queue_advance(apps[i]);
    }
}


void
ngx_http_modhost_apps_drained(void)
{
    ngx_uint_t                i;
    ngx_http_modhost_app_t  **apps;

    apps = ngx_http_modhost_apps.elts;

    for (i = 0; i < ngx_http_modhost_apps.nelts; i++) {
        apps[i]->state = MODHOST_APP_STOPPED;

        ngx_http_modhost_app_stop(apps[i]);

        if (apps[i]->started) {
            apps[i]->table->app_drained(apps[i]->core->number);
        }

        ngx_http_modhost_queue_advance(apps[i]);
    }
}


/* Applications whose end has not been heard of. */
ngx_uint_t
ngx_http_modhost_apps_running(void)
{
    ngx_uint_t                i, n;
    ngx_http_modhost_app_t  **apps;

    apps = ngx_http_modhost_apps.elts;
    n = 0;

    for (i = 0; i < ngx_http_modhost_apps.nelts; i++) {
        n += apps[i]->started;
    }

    return n;
}


void
ngx_http_modhost_apps_usage(mh_usage *usage)
{
    ngx_uint_t                i, j;
    modhost_runtime_stats     runtime;
    ngx_http_modhost_app_t  **apps;

    apps = ngx_http_modhost_apps.elts;

    for (i = 0; i < ngx_http_modhost_apps.nelts; i++) {

        for (j = 0; j < MH_COUNT_STATES; j++) {
            apps[i]->count->states[j] = apps[i]->state == j;
        }

        /* several applications may have one runtime; it counts once */

        for (j = 0; j < i; j++) {
            if (apps[j]->table == apps[i]->table) {
                break;
            }
        }

        if (j != i || apps[i]->table == NULL || apps[i]->ready_at == 0) {
            continue;
        }

        ngx_memzero(&runtime, sizeof(modhost_runtime_stats));
        runtime.size = sizeof(modhost_runtime_stats);

        apps[i]->table->runtime_stats(&runtime);

        usage->heap_bytes += runtime.heap_bytes;
        usage->committed_bytes += runtime.committed_bytes;
        usage->pool_threads += runtime.pool_threads;
        usage->pool_queue += runtime.pool_queue;
    }
}
