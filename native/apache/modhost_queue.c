/*
 * Requests that wait: for the application to start, or for their turn where
 * ModHostMaxConcurrency is set. First come, first served; bounded in number and
 * in time. A handler thread waits on a condition of its own.
 */

#include "modhost_request.h"

#include <http_connection.h>
#include <time.h>


#define RETRY_AFTER  5               /* s; where nothing is known             */

/* How often a thread that waits looks whether its client is still there. */
#define CLIENT_LOOK  250u            /* ms                                    */


enum turn {
    TURN_WAITS = 0,
    TURN_BEGINS,                     /* *ticket is filled in                  */
    TURN_REFUSED                     /* the application is not running        */
};

/* On the waiting thread's stack; all of it is guarded by app->lock. */
struct mod_modhost_waiter {
    struct mod_modhost_waiter  *next;
    enum turn                   turn;
    mod_modhost_ticket         *ticket;
    pthread_cond_t              changed;
};


static bool
may_begin(const mod_modhost_app *app)
{
    int64_t  most;

    most = app->conf->settings.max_concurrency;

    return app->state == MODHOST_APP_READY
           && (most == 0 || app->active < (uint64_t) most);
}


/* It stopped by itself, and will be started again; or has not begun. */
static bool
may_wait(const mod_modhost_app *app)
{
    return app->state == MODHOST_APP_READY
           || app->state == MODHOST_APP_STARTING
           || (app->state == MODHOST_APP_STOPPING && !app->stopping);
}


static void
begin(mod_modhost_app *app, mod_modhost_ticket *ticket)
{
    app->active++;

    ticket->app = app;
    ticket->number = app->number;
    ticket->table = app->table;
}


void
mod_modhost_queue_advance(mod_modhost_app *app)
{
    struct mod_modhost_waiter  *waiter;

    while ((waiter = app->first) != NULL) {

        if (may_begin(app)) {
            begin(app, waiter->ticket);
            waiter->turn = TURN_BEGINS;

        } else if (may_wait(app)) {
            return;

        } else {
            waiter->turn = TURN_REFUSED;
        }

        app->first = waiter->next;
        app->waiting--;
        app->count->waiting--;

        (void) pthread_cond_signal(&waiter->changed);
    }

    app->last = NULL;
}


static void
waiter_add(mod_modhost_app *app, struct mod_modhost_waiter *waiter)
{
    if (app->first == NULL) {
        app->first = waiter;
    } else {
        app->last->next = waiter;
    }

    app->last = waiter;
    app->waiting++;
    app->count->waiting++;
}


static void
waiter_remove(mod_modhost_app *app, struct mod_modhost_waiter *waiter)
{
    struct mod_modhost_waiter  *before, **link;

    before = NULL;

    for (link = &app->first; *link != waiter; link = &before->next) {
        before = *link;
    }

    *link = waiter->next;

    if (app->last == waiter) {
        app->last = before;
    }

    app->waiting--;
    app->count->waiting--;
}


static void
waiter_init(struct mod_modhost_waiter *waiter, mod_modhost_ticket *ticket)
{
    pthread_condattr_t  attributes;

    waiter->next = NULL;
    waiter->turn = TURN_WAITS;
    waiter->ticket = ticket;

    (void) pthread_condattr_init(&attributes);
    (void) pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void) pthread_cond_init(&waiter->changed, &attributes);
    (void) pthread_condattr_destroy(&attributes);
}


static bool
client_left(request_rec *r)
{
    int            fd;
    conn_rec      *c;
    apr_socket_t  *socket;

    c = r->connection;

    if (c->aborted || c->master != NULL) {
        return c->aborted;
    }

    socket = ap_get_conn_socket(c);

    return socket != NULL && apr_os_sock_get(&fd, socket) == APR_SUCCESS
           && mod_modhost_hung_up(fd);
}


/* app->lock is held on entry and on return. 0, or the status to answer with. */
static int
wait_for_turn(request_rec *r, mod_modhost_app *app,
    struct mod_modhost_waiter *waiter, uint64_t deadline)
{
    int              status;
    uint64_t         until;
    struct timespec  limit;

    for (status = 0; waiter->turn == TURN_WAITS && status == 0; ) {

        until = mod_modhost_now();

        if (deadline != 0 && until >= deadline) {
            status = HTTP_SERVICE_UNAVAILABLE;
            break;
        }

        until += CLIENT_LOOK;

        if (deadline != 0 && until > deadline) {
            until = deadline;
        }

        limit.tv_sec = (time_t) (until / 1000);
        limit.tv_nsec = (long) (until % 1000) * 1000000;

        if (pthread_cond_timedwait(&waiter->changed, &app->lock, &limit) == 0)
        {
            continue;
        }

        (void) pthread_mutex_unlock(&app->lock);

        if (client_left(r)) {
            status = MOD_MODHOST_CLIENT_CLOSED;

        } else if (mod_modhost_broken_off()) {
            status = HTTP_SERVICE_UNAVAILABLE;
        }

        (void) pthread_mutex_lock(&app->lock);
    }

    return waiter->turn == TURN_WAITS ? status : 0;
}


/* app->lock is held. What a refused client is told besides its status. */
static const char *
refusal(request_rec *r, const mod_modhost_dir_conf *conf,
    mod_modhost_app *app)
{
    uint64_t     now;
    apr_int64_t  seconds;

    seconds = RETRY_AFTER;

    if (app->state == MODHOST_APP_FAILED && app->retry_at != 0) {
        now = mod_modhost_now();
        seconds = app->retry_at > now
                  ? (apr_int64_t) (app->retry_at - now + 999) / 1000 : 1;
    }

    apr_table_setn(r->err_headers_out, "Retry-After",
                   apr_psprintf(r->pool, "%" APR_INT64_T_FMT, seconds));

    if (app->state != MODHOST_APP_FAILED || r->main != NULL
        || !mod_modhost_number(conf, MH_OPTION_detailed_errors))
    {
        return NULL;
    }

    return apr_psprintf(r->pool,
                        "MH%04u: application \"%s\" is not running\n\n%s\n",
                        app->code % 10000, app->name,
                        app->reason != NULL ? app->reason : "");
}


/* 503, and the reason as a page where that is allowed. */
static int
refuse(request_rec *r, const char *page)
{
    if (page == NULL) {
        return HTTP_SERVICE_UNAVAILABLE;
    }

    (void) ap_discard_request_body(r);

    r->status = HTTP_SERVICE_UNAVAILABLE;
    ap_set_content_type(r, "text/plain;charset=utf-8");
    ap_set_content_length(r, (apr_off_t) strlen(page));

    if (!r->header_only) {
        (void) ap_rputs(page, r);
    }

    return DONE;
}


/* app->lock is held, and is released. */
static int
turned_away(request_rec *r, const mod_modhost_dir_conf *conf,
    mod_modhost_app *app)
{
    const char  *page;

    page = refusal(r, conf, app);

    (void) pthread_mutex_unlock(&app->lock);

    return refuse(r, page);
}


static int
not_running(request_rec *r, const mod_modhost_dir_conf *conf,
    mod_modhost_app *app)
{
    app->count->unavailable++;

    mod_modhost_log_request(r, APLOG_ERR, MH_E_UNAVAILABLE,
                            "application \"%s\" is not running", app->name);

    return turned_away(r, conf, app);
}


/* app->lock is held, and is released. */
static int
wait_and_begin(request_rec *r, const mod_modhost_dir_conf *conf,
    mod_modhost_app *app, uint64_t since, mod_modhost_ticket *ticket)
{
    int                        status;
    int64_t                    limit;
    struct mod_modhost_waiter  waiter;

    limit = mod_modhost_limit(conf, app->conf, MH_OPTION_queue_timeout);

    waiter_init(&waiter, ticket);
    waiter_add(app, &waiter);

    status = wait_for_turn(r, app, &waiter,
                           limit != 0 ? since + (uint64_t) limit : 0);
    if (status != 0) {
        waiter_remove(app, &waiter);
    }

    (void) pthread_cond_destroy(&waiter.changed);

    if (status == 0 && waiter.turn == TURN_REFUSED) {
        return not_running(r, conf, app);
    }

    if (status == HTTP_SERVICE_UNAVAILABLE) {
        app->count->queue_timeouts++;

        mod_modhost_log_request(r, APLOG_ERR, MH_E_QUEUE_TIMEOUT,
                                "waited %" APR_INT64_T_FMT
                                " ms for application \"%s\"",
                                (apr_int64_t) (mod_modhost_now() - since),
                                app->name);

        return turned_away(r, conf, app);
    }

    (void) pthread_mutex_unlock(&app->lock);

    return status;
}


int
mod_modhost_admit(request_rec *r, const mod_modhost_dir_conf *conf,
    mod_modhost_app *app, uint64_t since, mod_modhost_ticket *ticket)
{
    (void) pthread_mutex_lock(&app->lock);

    if (app->waiting == 0 && may_begin(app)) {
        begin(app, ticket);
        (void) pthread_mutex_unlock(&app->lock);
        return OK;
    }

    if (!may_wait(app)) {
        return not_running(r, conf, app);
    }

    if (app->waiting >= (uint64_t) app->conf->settings.queue_size) {
        app->count->queue_full++;

        mod_modhost_log_request(r, APLOG_ERR, MH_E_QUEUE_FULL,
                                "%u requests wait for application \"%s\" "
                                "already", app->waiting, app->name);

        return turned_away(r, conf, app);
    }

    return wait_and_begin(r, conf, app, since, ticket);
}


void
mod_modhost_leave(const mod_modhost_ticket *ticket)
{
    bool              idle;
    mod_modhost_app  *app;

    app = ticket->app;

    (void) pthread_mutex_lock(&app->lock);

    app->active--;

    if (app->first != NULL) {
        mod_modhost_queue_advance(app);
    }

    idle = app->active == 0 && app->state == MODHOST_APP_STOPPING;

    (void) pthread_mutex_unlock(&app->lock);

    if (idle) {
        mod_modhost_app_idle(app);
    }
}
