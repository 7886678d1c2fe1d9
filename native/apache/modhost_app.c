/*
 * One application: its starts, each with a number of its own, and its states.
 *
 *   held ──► starting ──► ready ──► stopping ──► (stopped)
 *               │                                   │ by itself
 *               └────────► failed ◄─────────────────┘
 *                            └── back-off ──► starting
 *
 * States change on the monitor (before there is one, on the main thread), under
 * the application's lock; calls into the runtime are made without it.
 */

#include "mod_modhost.h"

#include <stdlib.h>


/*
 * Each try to start an application leaves an assembly load context behind, so
 * tries become rare: 1 s, 2 s, 4 s, ... at last one in an hour.
 */
#define RETRY_FIRST  1000u           /* ms                                    */
#define RETRY_LAST   3600000u

/* One that ran this long and then stopped has not failed to start. */
#define RAN          60000u          /* ms                                    */

/* For what the managed side, which times starts too, needs to report. */
#define START_GRACE  2000u           /* ms                                    */


/* By number; each start of an application has a number of its own. */
static mod_modhost_app  **numbers;
static uint32_t           number_count;


mod_modhost_app *
mod_modhost_app_numbered(uint32_t number)
{
    return number < number_count ? numbers[number] : NULL;
}


mod_modhost_app *
mod_modhost_app_make(mod_modhost_app_conf *conf, mh_counters *counters)
{
    mod_modhost_app  *app;

    app = calloc(1, sizeof(*app));

    if (app == NULL) {
        return NULL;
    }

    app->conf = conf;
    app->name = conf->name;
    app->state = MOD_MODHOST_APP_HELD;
    app->count = mh_counters_count(counters, mod_modhost_slot(), conf->entry);

    (void) pthread_mutex_init(&app->lock, NULL);

    conf->app = app;

    return app;
}


/* Exchanges of an earlier start may still be held by its app side. */
int
mod_modhost_app_number(mod_modhost_app *app)
{
    mod_modhost_app  **grown;

    grown = realloc(numbers, (number_count + 1) * sizeof(*numbers));

    if (grown == NULL) {
        return -1;
    }

    numbers = grown;
    numbers[number_count] = app;

    (void) pthread_mutex_lock(&app->lock);
    app->number = number_count++;
    (void) pthread_mutex_unlock(&app->lock);

    return 0;
}


static void
config_fill(const mod_modhost_app *app, bool alone,
    modhost_app_config *config)
{
    int                          daemons;
    const mod_modhost_app_conf  *conf;

    conf = app->conf;
    daemons = 1;
    (void) ap_mpm_query(AP_MPMQ_MAX_DAEMONS, &daemons);

    memset(config, 0, sizeof(*config));

    config->size = sizeof(*config);
    config->app = app->number;
    config->name = app->name;
    config->path = conf->spec.path;
    config->content_root = conf->spec.content_root;
    config->addresses = (const char *const *) conf->addresses->elts;
    config->address_count = (uint32_t) conf->addresses->nelts;
    config->startup_timeout = (uint32_t) conf->settings.startup_timeout;
    config->shutdown_timeout = conf->settings.shutdown_timeout != 0
                               ? (uint32_t) conf->settings.shutdown_timeout
                               : MOD_MODHOST_NO_LIMIT;
    config->worker_count = daemons > 0 ? (uint32_t) daemons : 1;

    /* a child that takes over from one that is leaving has its number */

    config->worker_index = mod_modhost_slot() > 0
                           ? (uint32_t) mod_modhost_slot()
                             % config->worker_count
                           : 0;
    config->max_request_body =
        conf->max_request_body == -1 ? MOD_MODHOST_BODY_DEFAULT
        : conf->max_request_body == 0 ? -1 : conf->max_request_body;

    if (conf->state_directory != NULL
        && access(conf->state_directory, W_OK) == 0)
    {
        config->state_directory = conf->state_directory;
    }

    config->flags = (conf->detailed_errors ? MODHOST_APP_DETAILED_ERRORS : 0)
                    | (alone ? MODHOST_APP_ALONE : 0);
}


static void
fail(mod_modhost_app *app, unsigned code, const char *text)
{
    mod_modhost_app_failed(app, code, text, strlen(text));
}


void
mod_modhost_app_start(mod_modhost_app *app)
{
    int64_t             limit;
    modhost_app_config  config;

    if (mod_modhost_app_number(app) != 0) {
        fail(app, MH_E_MEMORY, "out of memory");
        return;
    }

    config_fill(app, mod_modhost_main->apps->nelts == 1, &config);

    limit = app->conf->settings.startup_timeout;

    (void) pthread_mutex_lock(&app->lock);

    app->state = MODHOST_APP_STARTING;
    app->started = true;
    app->retry_at = 0;

    /* starts take turns: each of those before it may need its time */

    app->start_limit = limit == 0 ? 0
                       : mod_modhost_now() + START_GRACE
                         + (uint64_t) limit * (app->conf->number + 1);

    (void) pthread_mutex_unlock(&app->lock);

    if (app->table->app_start(&config) != MODHOST_OK) {

        (void) pthread_mutex_lock(&app->lock);
        app->started = false;
        (void) pthread_mutex_unlock(&app->lock);

        fail(app, MH_E_RUNTIME_INITIALIZE, "the runtime refused to start it");
    }
}


void
mod_modhost_app_failed(mod_modhost_app *app, unsigned code, const char *text,
    size_t length)
{
    uint64_t  wait;

    (void) pthread_mutex_lock(&app->lock);

    wait = RETRY_FIRST << (app->failures < 12 ? app->failures : 12);
    wait = wait < RETRY_LAST ? wait : RETRY_LAST;

    app->failures++;
    app->count->failures++;
    app->state = MODHOST_APP_FAILED;
    app->code = code;
    app->start_limit = 0;

    free(app->reason);
    app->reason = strndup(text, length);

    /* without a runtime, and while an attempt is still under way: no other */

    if (app->table != NULL && !app->started) {
        app->retry_at = mod_modhost_now() + wait;
    }

    mod_modhost_queue_advance(app);

    (void) pthread_mutex_unlock(&app->lock);

    mod_modhost_log_tagged(app, MODHOST_LOG_ERROR, code,
                           app->reason != NULL ? app->reason : "");
}


/* The managed side has its own timer; ours is for when that is stuck. */
unsigned
mod_modhost_app_tick(mod_modhost_app *app, uint64_t now, unsigned most)
{
    uint64_t  due;

    if (app->start_limit != 0 && now >= app->start_limit) {
        fail(app, MH_E_STARTUP_TIMEOUT, "it was not ready in time");
    }

    if (app->retry_at != 0 && now >= app->retry_at
        && !mod_modhost_stop_asked())
    {
        mod_modhost_app_start(app);
    }

    due = app->start_limit != 0 ? app->start_limit : app->retry_at;

    return due > now && due - now < most ? (unsigned) (due - now) : most;
}


static void
app_ready(mod_modhost_app *app)
{
    (void) pthread_mutex_lock(&app->lock);

    if (app->state == MODHOST_APP_STOPPED) {
        (void) pthread_mutex_unlock(&app->lock);
        return;                              /* too late: drained already     */
    }

    app->start_limit = 0;
    app->state = MODHOST_APP_READY;
    app->ready_at = mod_modhost_now();

    mod_modhost_queue_advance(app);

    (void) pthread_mutex_unlock(&app->lock);
}


/* app->lock is held. Calls app_drained where a start has nothing left. */
static bool
is_idle(const mod_modhost_app *app)
{
    return app->state == MODHOST_APP_STOPPING && app->active == 0
           && app->started;
}


void
mod_modhost_app_idle(mod_modhost_app *app)
{
    bool                idle;
    uint32_t            number;
    modhost_app_table  *table;

    (void) pthread_mutex_lock(&app->lock);
    idle = is_idle(app);
    number = app->number;
    table = app->table;
    (void) pthread_mutex_unlock(&app->lock);

    if (idle) {
        table->app_drained(number);
    }
}


/*
 * By itself (IHostApplicationLifetime.StopApplication, or Main returned): new
 * requests wait for the next start; the host waits for those in flight.
 */
static void
app_stopping(mod_modhost_app *app)
{
    if (app->stop_called) {
        return;                              /* we asked; requests go on      */
    }

    (void) pthread_mutex_lock(&app->lock);
    app->state = MODHOST_APP_STOPPING;
    (void) pthread_mutex_unlock(&app->lock);

    mod_modhost_app_idle(app);
}


static void
app_ended(mod_modhost_app *app, const mh_message *message)
{
    (void) pthread_mutex_lock(&app->lock);

    if (app->ready_at != 0 && mod_modhost_now() - app->ready_at > RAN) {
        app->failures = 0;
    }

    app->ready_at = 0;
    app->started = false;

    if (app->stop_called) {
        app->state = MODHOST_APP_STOPPED;
        mod_modhost_queue_advance(app);
        (void) pthread_mutex_unlock(&app->lock);
        return;
    }

    (void) pthread_mutex_unlock(&app->lock);

    mod_modhost_app_failed(app, message->code ? message->code
                                              : MH_E_APP_STOPPED,
                           message->text, message->text_length);
}


void
mod_modhost_app_state(const mh_message *message)
{
    mod_modhost_app  *app;

    app = mod_modhost_app_numbered(message->app);

    if (app == NULL || app->number != message->app) {
        return;                        /* of a start that was given up        */
    }

    switch (message->state) {

    case MODHOST_APP_READY:
        app_ready(app);
        break;

    case MODHOST_APP_STOPPING:
        app_stopping(app);
        break;

    case MODHOST_APP_FAILED:
    case MODHOST_APP_STOPPED:
        app_ended(app, message);
        break;

    default:
        break;
    }
}


static void
stop_call(mod_modhost_app *app)
{
    if (app->started && !app->stop_called) {
        app->stop_called = true;
        app->table->app_stop(app->number);
    }
}


/* One that is starting is told when the requests that wait have begun. */
void
mod_modhost_app_stop(mod_modhost_app *app)
{
    (void) pthread_mutex_lock(&app->lock);

    if (!app->stopping) {
        app->stopping = true;
        app->retry_at = 0;
        mod_modhost_queue_advance(app);
    }

    (void) pthread_mutex_unlock(&app->lock);

    if (app->state != MODHOST_APP_STARTING) {
        stop_call(app);
    }
}


void
mod_modhost_app_drained(mod_modhost_app *app)
{
    (void) pthread_mutex_lock(&app->lock);
    app->state = MODHOST_APP_STOPPED;
    app->start_limit = 0;
    mod_modhost_queue_advance(app);
    (void) pthread_mutex_unlock(&app->lock);

    stop_call(app);

    if (app->started) {
        app->table->app_drained(app->number);
    }
}
