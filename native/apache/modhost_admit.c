/*
 * A request's turn: it begins at once, waits, or is turned away. Waiting is
 * bounded in number and in time; a handler thread waits on a condition of its
 * own, and looks after its client meanwhile.
 */

#include "modhost_queue.h"

#include "modhost_request.h"

#include <http_connection.h>
#include <time.h>


/* How often a thread that waits looks whether its client is still there. */
#define CLIENT_LOOK  250u            /* ms                                    */


static void
waiter_init(struct mod_modhost_waiter *waiter, request_rec *r,
    const mod_modhost_dir_conf *conf, mod_modhost_app *app, uint64_t since,
    mod_modhost_ticket *ticket)
{
    int64_t             limit;
    pthread_condattr_t  attributes;

    limit = mod_modhost_limit(conf, app->conf, MH_OPTION_queue_timeout);

    waiter->next = NULL;
    waiter->turn = MOD_MODHOST_WAITS;
    waiter->r = r;
    waiter->ticket = ticket;
    waiter->since = since;
    waiter->deadline = limit != 0 ? since + (uint64_t) limit : 0;

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


/* app->lock is held. A waiter of a process group looks for itself. */
static void
group_look(mod_modhost_app *app, struct mod_modhost_waiter *waiter)
{
    if ((waiter == app->first || !mod_modhost_in_order(app))
        && mod_modhost_begin(app, waiter->r, waiter->ticket))
    {
        waiter->turn = MOD_MODHOST_BEGINS;

    } else {
        mod_modhost_refresh(app);

        if (mod_modhost_may_wait(app)) {
            return;
        }

        waiter->turn = MOD_MODHOST_REFUSED;
    }

    mod_modhost_waiter_remove(app, waiter);
    mod_modhost_waiters_wake(app);
}


/* app->lock is held. Until something has changed, but not for long. */
static bool
wait_a_little(mod_modhost_app *app, struct mod_modhost_waiter *waiter)
{
    uint64_t         until;
    struct timespec  limit;

    until = mod_modhost_now() + CLIENT_LOOK;

    if (waiter->deadline != 0 && until > waiter->deadline) {
        until = waiter->deadline;
    }

    limit.tv_sec = (time_t) (until / 1000);
    limit.tv_nsec = (long) (until % 1000) * 1000000;

    return pthread_cond_timedwait(&waiter->changed, &app->lock, &limit) == 0;
}


/* app->lock is held on entry and on return. 0, or the status to answer with. */
static int
wait_for_turn(mod_modhost_app *app, struct mod_modhost_waiter *waiter)
{
    bool  left;

    while (waiter->turn == MOD_MODHOST_WAITS) {

        if (waiter->deadline != 0 && mod_modhost_now() >= waiter->deadline) {
            return HTTP_SERVICE_UNAVAILABLE;
        }

        if (!wait_a_little(app, waiter) && waiter->turn == MOD_MODHOST_WAITS) {

            (void) pthread_mutex_unlock(&app->lock);
            left = client_left(waiter->r);
            (void) pthread_mutex_lock(&app->lock);

            if (waiter->turn == MOD_MODHOST_WAITS
                && (left || mod_modhost_broken_off(app)))
            {
                return left ? MOD_MODHOST_CLIENT_CLOSED
                            : HTTP_SERVICE_UNAVAILABLE;
            }
        }

        if (waiter->turn == MOD_MODHOST_WAITS && app->group != NULL) {
            group_look(app, waiter);
        }
    }

    return 0;
}


/* app->lock is held, and is released. */
static int
wait_and_begin(mod_modhost_app *app, const mod_modhost_dir_conf *conf,
    struct mod_modhost_waiter *waiter)
{
    int  status;

    mod_modhost_waiter_add(app, waiter);

    status = wait_for_turn(app, waiter);

    if (status != 0) {
        mod_modhost_waiter_remove(app, waiter);
        mod_modhost_waiters_wake(app);
    }

    if (status == 0 && waiter->turn == MOD_MODHOST_REFUSED) {
        return mod_modhost_not_running(waiter->r, conf, app);
    }

    if (status == HTTP_SERVICE_UNAVAILABLE) {
        app->count->queue_timeouts++;

        mod_modhost_log_request(waiter->r, APLOG_ERR, MH_E_QUEUE_TIMEOUT,
                                "waited %" APR_UINT64_T_FMT
                                " ms for application \"%s\"",
                                mod_modhost_now() - waiter->since, app->name);

        return mod_modhost_turn_away(waiter->r, conf, app);
    }

    (void) pthread_mutex_unlock(&app->lock);

    return status;
}


int
mod_modhost_admit(request_rec *r, const mod_modhost_dir_conf *conf,
    mod_modhost_app *app, uint64_t since, mod_modhost_ticket *ticket)
{
    int                        status;
    struct mod_modhost_waiter  waiter;

    (void) pthread_mutex_lock(&app->lock);

    if ((app->first == NULL || ticket->tries != 0 || !mod_modhost_in_order(app))
        && mod_modhost_begin(app, r, ticket))
    {
        (void) pthread_mutex_unlock(&app->lock);
        return OK;
    }

    mod_modhost_refresh(app);

    if (!mod_modhost_may_wait(app)) {
        return mod_modhost_not_running(r, conf, app);
    }

    if (app->waiting >= (uint64_t) app->conf->settings.queue_size
        && ticket->tries == 0)
    {
        app->count->queue_full++;

        mod_modhost_log_request(r, APLOG_ERR, MH_E_QUEUE_FULL,
                                "%u requests wait for application \"%s\" "
                                "already", app->waiting, app->name);

        return mod_modhost_turn_away(r, conf, app);
    }

    waiter_init(&waiter, r, conf, app, since, ticket);

    status = wait_and_begin(app, conf, &waiter);

    (void) pthread_cond_destroy(&waiter.changed);

    return status;
}
