/*
 * Requests that wait: for the application to start, or for their turn where
 * ModHostMaxConcurrency is set; in a process group for a worker with a credit.
 * First come, first served.
 *
 * An embedded application's requests are told that their turn has come. Those
 * of a process group are told to look: which worker may take one depends on
 * whose request it is.
 */

#include "modhost_queue.h"

#include <stdlib.h>


/* ---- what an application allows; app->lock is held --------------------- */

/*
 * Where clients belong to workers, one that waits for its own does not hold up
 * those behind it.
 */
bool
mod_modhost_in_order(const mod_modhost_app *app)
{
    return app->group == NULL
           || app->conf->group->settings.values[MH_DAEMON_affinity].number
              == MH_AFFINITY_NONE;
}


/* The supervisor's word, as it is now. */
void
mod_modhost_refresh(mod_modhost_app *app)
{
    mh_group_view  view;

    if (app->group == NULL || app->code == MH_E_SUPERVISOR_START) {
        return;
    }

    mod_modhost_daemon_lock();

    mh_group_look(app->group, &view);

    app->state = view.channels != 0 ? MODHOST_APP_READY : view.state;
    app->code = view.code;

    free(app->reason);
    app->reason = view.text != NULL ? strdup(view.text) : NULL;

    mod_modhost_daemon_unlock();
}


/* It stopped by itself, and will be started again; or has not begun. */
bool
mod_modhost_may_wait(const mod_modhost_app *app)
{
    if (app->group != NULL) {

        /* a request is what starts the workers of an idle group; not of one
           that somebody has stopped */

        return app->state != MODHOST_APP_FAILED
               && app->state != MODHOST_APP_STOPPED;
    }

    return app->state == MODHOST_APP_READY
           || app->state == MODHOST_APP_STARTING
           || (app->state == MODHOST_APP_STOPPING && !app->stopping);
}


/* Takes what the request needs: a place in the application, or a credit. */
bool
mod_modhost_begin(mod_modhost_app *app, request_rec *r,
    mod_modhost_ticket *ticket)
{
    int64_t  most;

    ticket->app = app;
    ticket->number = app->number;
    ticket->table = app->table;

    if (app->group != NULL) {

        if (!mod_modhost_choose(r, ticket)) {
            return false;
        }

    } else {
        most = app->conf->settings.max_concurrency;

        if (app->state != MODHOST_APP_READY
            || (most != 0 && app->active >= (uint64_t) most))
        {
            return false;
        }
    }

    app->active++;

    return true;
}


/* ---- the queue; app->lock is held -------------------------------------- */

/* The supervisor starts workers by it. */
static void
tell_waiting(mod_modhost_app *app)
{
    uint64_t  now, oldest;

    if (app->group == NULL) {
        return;
    }

    now = mod_modhost_now();
    oldest = app->first != NULL && app->first->since < now
             ? now - app->first->since : 0;

    mod_modhost_daemon_lock();
    mh_group_waiting(app->group, app->waiting, (uint32_t) oldest);
    mh_daemon_flush();
    mod_modhost_daemon_unlock();
}


void
mod_modhost_waiter_add(mod_modhost_app *app, struct mod_modhost_waiter *waiter)
{
    if (waiter->ticket->tries != 0) {
        waiter->next = app->first;
        app->first = waiter;

    } else if (app->first == NULL) {
        app->first = waiter;

    } else {
        app->last->next = waiter;
    }

    if (waiter->next == NULL) {
        app->last = waiter;
    }

    app->waiting++;
    app->count->waiting++;

    tell_waiting(app);
}


void
mod_modhost_waiter_remove(mod_modhost_app *app,
    struct mod_modhost_waiter *waiter)
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

    tell_waiting(app);
}


void
mod_modhost_waiters_wake(mod_modhost_app *app)
{
    struct mod_modhost_waiter  *waiter;

    for (waiter = app->first; waiter != NULL; waiter = waiter->next) {

        (void) pthread_cond_signal(&waiter->changed);

        if (mod_modhost_in_order(app)) {
            return;
        }
    }
}


void
mod_modhost_queue_advance(mod_modhost_app *app)
{
    struct mod_modhost_waiter  *waiter;

    if (app->group != NULL) {
        mod_modhost_waiters_wake(app);
        return;
    }

    while ((waiter = app->first) != NULL) {

        if (mod_modhost_begin(app, waiter->r, waiter->ticket)) {
            waiter->turn = MOD_MODHOST_BEGINS;

        } else if (mod_modhost_may_wait(app)) {
            return;

        } else {
            waiter->turn = MOD_MODHOST_REFUSED;
        }

        mod_modhost_waiter_remove(app, waiter);

        (void) pthread_cond_signal(&waiter->changed);
    }
}


void
mod_modhost_group_advance(mod_modhost_app *app)
{
    (void) pthread_mutex_lock(&app->lock);
    mod_modhost_waiters_wake(app);
    (void) pthread_mutex_unlock(&app->lock);
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

    idle = app->active == 0 && app->state == MODHOST_APP_STOPPING
           && app->group == NULL;

    (void) pthread_mutex_unlock(&app->lock);

    if (idle) {
        mod_modhost_app_idle(app);
    }
}
