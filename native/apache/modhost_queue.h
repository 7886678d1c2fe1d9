/*
 * Requests that wait for an application, as the files of admission share them.
 */

#ifndef MODHOST_QUEUE_H
#define MODHOST_QUEUE_H

#include "mod_modhost.h"

enum mod_modhost_turn {
    MOD_MODHOST_WAITS = 0,
    MOD_MODHOST_BEGINS,              /* *ticket is filled in                  */
    MOD_MODHOST_REFUSED              /* the application is not running        */
};

/* On the waiting thread's stack; what changes is guarded by app->lock. */
struct mod_modhost_waiter {
    struct mod_modhost_waiter  *next;
    enum mod_modhost_turn       turn;
    request_rec                *r;           /* its own thread's              */
    mod_modhost_ticket         *ticket;
    uint64_t                    since;
    uint64_t                    deadline;    /* 0: none                       */
    pthread_cond_t              changed;
};

/* All with app->lock held. */

/* Whether requests begin in the order in which they came. */
bool mod_modhost_in_order(const mod_modhost_app *app);
/* State, code and reason of a process group as they are now. */
void mod_modhost_refresh(mod_modhost_app *app);
/* Whether waiting may come to something. */
bool mod_modhost_may_wait(const mod_modhost_app *app);
/* Takes what the request needs: a place in the application, or a credit. */
bool mod_modhost_begin(mod_modhost_app *app, request_rec *r,
    mod_modhost_ticket *ticket);

/* Behind the others, unless a worker had it before. */
void mod_modhost_waiter_add(mod_modhost_app *app,
    struct mod_modhost_waiter *waiter);
void mod_modhost_waiter_remove(mod_modhost_app *app,
    struct mod_modhost_waiter *waiter);
/* Those that may have to look for themselves. */
void mod_modhost_waiters_wake(mod_modhost_app *app);

#endif /* MODHOST_QUEUE_H */
