/*
 * One application: its starts, each with a number of its own, and its states.
 *
 *   held ──► starting ──► ready ──► stopping ──► (stopped)
 *               │                                   │ by itself
 *               └────────► failed ◄─────────────────┘
 *                            └── back-off ──► starting
 */

#include "ngx_http_modhost.h"


/*
 * Each try to start an application leaves an assembly load context behind, so
 * tries become rare: 1 s, 2 s, 4 s, ... at last one in an hour.
 */
#define NGX_HTTP_MODHOST_RETRY_FIRST  1000       /* ms                        */
#define NGX_HTTP_MODHOST_RETRY_LAST   3600000

/* One that ran this long and then stopped has not failed to start. */
#define NGX_HTTP_MODHOST_RAN          60000      /* ms                        */

/* For what the managed side, which times starts too, needs to report. */
#define NGX_HTTP_MODHOST_START_GRACE  2000       /* ms                        */


static void ngx_http_modhost_app_stopping(ngx_http_modhost_app_t *app);
static void ngx_http_modhost_start_timer(ngx_event_t *ev);

/* By number; each start of an application has a number of its own. */
static ngx_http_modhost_app_t **ngx_http_modhost_numbers;
static ngx_uint_t               ngx_http_modhost_number_count;


void
ngx_http_modhost_app_start(ngx_http_modhost_app_t *app)
{
    int32_t                       rc;
    ngx_core_conf_t              *ccf;
    modhost_app_config            config;
    ngx_http_modhost_app_conf_t  *conf;

    conf = app->conf;
    ccf = (ngx_core_conf_t *) ngx_get_conf(ngx_cycle->conf_ctx,
                                           ngx_core_module);

    if (ngx_http_modhost_number(app) != NGX_OK) {
        ngx_http_modhost_app_failed(app, MH_E_MEMORY, "out of memory",
                                    sizeof("out of memory") - 1);
        return;
    }

    ngx_memzero(&config, sizeof(modhost_app_config));

    config.size = sizeof(modhost_app_config);
    config.app = app->core->number;
    config.name = app->name;
    config.path = conf->spec.path;
    config.content_root = conf->spec.content_root;
    config.addresses = conf->addresses.elts;
    config.address_count = conf->addresses.nelts;
    config.startup_timeout = conf->settings.startup_timeout;
    config.shutdown_timeout = conf->settings.shutdown_timeout
                              ? conf->settings.shutdown_timeout
                              : NGX_HTTP_MODHOST_NO_LIMIT;
    config.worker_index = ngx_process == NGX_PROCESS_WORKER ? ngx_worker : 0;
    config.worker_count = ngx_process == NGX_PROCESS_WORKER
                          ? ccf->worker_processes : 1;
    config.max_request_body =
        conf->max_request_body == NGX_CONF_UNSET ? NGX_HTTP_MODHOST_BODY_DEFAULT
        : conf->max_request_body == 0 ? -1 : conf->max_request_body;

    if (access((char *) conf->state_directory.data, W_OK) == 0) {
        config.state_directory = (char *) conf->state_directory.data;
    }

    if (conf->detailed_errors) {
        config.flags |= MODHOST_APP_DETAILED_ERRORS;
    }

    if (ngx_http_modhost_apps.nelts == 1) {
        config.flags |= MODHOST_APP_ALONE;
    }

    app->state = MODHOST_APP_STARTING;
    app->started = 1;

    rc = app->table->app_start(&config);

    mh_signals_restore();

    if (rc != MODHOST_OK) {
        app->started = 0;
        ngx_http_modhost_app_failed(app, MH_E_RUNTIME_INITIALIZE,
                                    "the runtime refused to start it",
                                    sizeof("the runtime refused to start it")
                                    - 1);
        return;
    }

    if (conf->settings.startup_timeout != 0) {

        /* starts take turns: each of those before it may need its time */

        app->start_timer.handler = ngx_http_modhost_start_timer;
        ngx_add_timer(&app->start_timer,
                      conf->settings.startup_timeout
                      * (app->conf->number + 1)
                      + NGX_HTTP_MODHOST_START_GRACE);
    }
}


/*
 * Exchanges of an earlier start may still be held by its app side, so each
 * start has an mh_app and a number of its own, for good.
 */
ngx_int_t
ngx_http_modhost_number(ngx_http_modhost_app_t *app)
{
    mh_app                   *core;
    ngx_http_modhost_app_t  **numbers;

    core = calloc(1, sizeof(mh_app));
    numbers = realloc(ngx_http_modhost_numbers,
                      (ngx_http_modhost_number_count + 1)
                      * sizeof(ngx_http_modhost_app_t *));

    if (numbers != NULL) {
        ngx_http_modhost_numbers = numbers;
    }

    if (core == NULL || numbers == NULL) {
        free(core);
        return NGX_ERROR;
    }

    if (app->core != NULL) {
        mh_app_trim(app->core, 0);
    }

    core->number = ngx_http_modhost_number_count;
    core->table = app->table;
    core->context = app;

    app->core = core;
    numbers[ngx_http_modhost_number_count++] = app;

    return NGX_OK;
}


ngx_http_modhost_app_t *
ngx_http_modhost_app_numbered(uint32_t number)
{
    return number < ngx_http_modhost_number_count
           ? ngx_http_modhost_numbers[number] : NULL;
}


/* The managed side has its own timer; this one is for when that is stuck. */
static void
ngx_http_modhost_start_timer(ngx_event_t *ev)
{
    ngx_http_modhost_app_t  *app;

    app = ev->data;

    if (app->state == MODHOST_APP_STARTING) {
        ngx_http_modhost_app_failed(app, MH_E_STARTUP_TIMEOUT,
                                    "it was not ready in time",
                                    sizeof("it was not ready in time") - 1);
    }
}


static void
ngx_http_modhost_retry_timer(ngx_event_t *ev)
{
    if (!ngx_http_modhost_stop_asked) {
        ngx_http_modhost_app_start(ev->data);
    }
}


void
ngx_http_modhost_app_failed(ngx_http_modhost_app_t *app, ngx_uint_t code,
    const char *text, size_t len)
{
    ngx_msec_t  wait;

    wait = ngx_min((ngx_msec_t) NGX_HTTP_MODHOST_RETRY_FIRST
                   << ngx_min(app->failures, 16),
                   NGX_HTTP_MODHOST_RETRY_LAST);

    app->failures++;
    app->count->failures++;
    app->state = MODHOST_APP_FAILED;
    app->code = code;

    ngx_free(app->reason);

    app->reason = ngx_alloc(len + 1, ngx_cycle->log);
    if (app->reason != NULL) {
        ngx_memcpy(app->reason, text, len);
        app->reason[len] = '\0';
    }

    ngx_http_modhost_log_failure(app);

    /* without a runtime, and while an attempt is still under way: no other */

    if (app->table != NULL && !app->started
        && !ngx_http_modhost_stop_asked)
    {
        if (app->start_timer.timer_set) {
            ngx_del_timer(&app->start_timer);
        }

        app->start_timer.handler = ngx_http_modhost_retry_timer;
        ngx_add_timer(&app->start_timer, wait);
    }

    ngx_http_modhost_queue_advance(app);
}


void
ngx_http_modhost_app_state(mh_message *message)
{
    ngx_http_modhost_app_t  *app;

    app = ngx_http_modhost_app_numbered(message->app);

    if (app == NULL || app->core->number != message->app) {
        return;                        /* of a start that was given up        */
    }

    switch (message->state) {

    case MODHOST_APP_READY:
        if (app->state == MODHOST_APP_STOPPED) {
            return;                    /* too late: drained already           */
        }

        if (app->start_timer.timer_set) {
            ngx_del_timer(&app->start_timer);
        }

        mh_signals_restore();

        app->state = MODHOST_APP_READY;
        app->ready_at = ngx_current_msec;
        ngx_http_modhost_queue_advance(app);

        if (app->stopping) {
            ngx_http_modhost_app_stop(app);
        }

        return;

    case MODHOST_APP_STOPPING:
        ngx_http_modhost_app_stopping(app);
        return;

    case MODHOST_APP_FAILED:
    case MODHOST_APP_STOPPED:
        if (app->ready_at != 0
            && ngx_current_msec - app->ready_at > NGX_HTTP_MODHOST_RAN)
        {
            app->failures = 0;
        }

        app->ready_at = 0;
        app->started = 0;

        if (app->stop_called) {
            app->state = MODHOST_APP_STOPPED;
            ngx_http_modhost_queue_advance(app);
            return;
        }

        ngx_http_modhost_app_failed(app, message->code ? message->code
                                                       : MH_E_APP_STOPPED,
                                    message->text, message->text_length);
        return;

    default:
        return;
    }
}


/*
 * By itself (IHostApplicationLifetime.StopApplication, or Main returned): new
 * requests wait for the next start; the host waits for those in flight.
 */
static void
ngx_http_modhost_app_stopping(ngx_http_modhost_app_t *app)
{
    if (app->stop_called) {
        return;                              /* we asked; requests go on      */
    }

    app->state = MODHOST_APP_STOPPING;

    ngx_http_modhost_app_idle(app);
}


/* ApplicationStopping, once; requests go on. */
void
ngx_http_modhost_app_stop(ngx_http_modhost_app_t *app)
{
    if (app->started && !app->stop_called) {
        app->stop_called = 1;
        app->table->app_stop(app->core->number);
    }
}


void
ngx_http_modhost_app_idle(ngx_http_modhost_app_t *app)
{
    if (app->state == MODHOST_APP_STOPPING && app->active == 0
        && app->started && app->group == NULL)
    {
        app->table->app_drained(app->core->number);
    }
}
