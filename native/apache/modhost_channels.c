/*
 * Process groups as all threads of a child share them: one lock, and a table
 * that takes it.
 *
 * The core's daemon side is made for one loop. Here handler threads put frames
 * on channels and the monitor takes them off, so the loop is whoever holds the
 * lock; it is held for memory work and for system calls that do not wait. What
 * a worker answers goes from the monitor's hands into the queue of the lane
 * that waits for it.
 */

#include "modhost_request.h"

#include <stdlib.h>

/* A request that timed out, and of which the app side has not let go. */
typedef struct stuck {
    struct stuck  *next;
    mh_exchange   *exchange;
    mh_channel    *channel;              /* lives while it is not let go      */
    uint64_t       until;
} stuck;

static pthread_mutex_t     daemon_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint         senders;      /* hold the lock, or wait for it     */
static stuck              *stuck_first;  /* guarded by the lock               */
static modhost_app_table   locked_table;
static pthread_once_t      table_once = PTHREAD_ONCE_INIT;


void
mod_modhost_daemon_lock(void)
{
    (void) pthread_mutex_lock(&daemon_lock);
}


void
mod_modhost_daemon_unlock(void)
{
    (void) pthread_mutex_unlock(&daemon_lock);
}


/* ---- the table --------------------------------------------------------- */

static void
send_enter(void)
{
    (void) atomic_fetch_add(&senders, 1);
    mod_modhost_daemon_lock();
}


/* The last of several sends for all of them, in one system call. */
static void
send_leave(void)
{
    if (atomic_fetch_sub(&senders, 1) == 1) {
        mh_daemon_flush();
    }

    mod_modhost_daemon_unlock();
}


static void
locked_begin(modhost_exchange *const *exchanges, uint32_t count)
{
    send_enter();
    mh_channel_table()->exchange_begin(exchanges, count);
    send_leave();
}


static void
locked_body(modhost_exchange *exchange, const uint8_t *data, uint32_t length,
    uint32_t flags)
{
    send_enter();
    mh_channel_table()->exchange_body(exchange, data, length, flags);
    send_leave();
}


static void
locked_sent(modhost_exchange *exchange, uint32_t bytes)
{
    send_enter();
    mh_channel_table()->exchange_sent(exchange, bytes);
    send_leave();
}


static void
locked_abort(modhost_exchange *exchange, uint32_t reason)
{
    send_enter();
    mh_channel_table()->exchange_abort(exchange, reason);
    send_leave();
}


/* Nothing of an idle exchange is shared: exchange_forget needs no lock. */
static void
table_make(void)
{
    locked_table = *mh_channel_table();

    locked_table.exchange_begin = locked_begin;
    locked_table.exchange_body = locked_body;
    locked_table.exchange_sent = locked_sent;
    locked_table.exchange_abort = locked_abort;
}


modhost_app_table *
mod_modhost_channel_table(void)
{
    (void) pthread_once(&table_once, table_make);

    return &locked_table;
}


/* ---- the choice -------------------------------------------------------- */

/* The address that mod_remoteip left, so that a client keeps its number. */
static uint64_t
client_number(const request_rec *r)
{
    uint64_t     number;
    const char  *p;

    number = 0xcbf29ce484222325u;              /* FNV-1a                      */

    for (p = r->useragent_ip; *p != '\0'; p++) {
        number = (number ^ (uint8_t) *p) * 0x100000001b3u;
    }

    return number != 0 ? number : 1;
}


bool
mod_modhost_choose(request_rec *r, mod_modhost_ticket *ticket)
{
    mh_str                   affinity;
    uint64_t                 client;
    mod_modhost_group_conf  *group;

    group = ticket->app->conf->group;
    affinity = mod_modhost_str(NULL);
    client = 0;

    switch (group->settings.values[MH_DAEMON_affinity].number) {

    case MH_AFFINITY_COOKIE:
        affinity = mod_modhost_affinity_of(r);
        break;

    case MH_AFFINITY_CLIENT:
        client = client_number(r);
        break;

    default:
        break;
    }

    mod_modhost_daemon_lock();
    ticket->channel = mh_group_choose(ticket->app->group, affinity, client);
    mod_modhost_daemon_unlock();

    return ticket->channel != NULL;
}


void
mod_modhost_unchoose(mod_modhost_ticket *ticket)
{
    if (ticket->channel != NULL) {
        send_enter();
        mh_channel_cancel(ticket->channel);
        send_leave();

        ticket->channel = NULL;
    }
}


/* ---- requests that timed out ------------------------------------------- */

void
mod_modhost_stuck(mod_modhost_ctx *ctx)
{
    stuck                   *item;
    mod_modhost_group_conf  *group;

    item = malloc(sizeof(*item));

    if (item == NULL) {
        mh_exchange_done(ctx->exchange);
        return;
    }

    group = ctx->place->app->group;

    item->exchange = ctx->exchange;
    item->channel = ctx->routed;
    item->until = mod_modhost_now()
        + (uint64_t) group->settings.values[MH_DAEMON_graceful_timeout].number;

    mh_exchange_leave(ctx->exchange);

    mod_modhost_daemon_lock();
    item->next = stuck_first;
    stuck_first = item;
    mod_modhost_daemon_unlock();
}


/* One that does not let go costs its worker the life. */
void
mod_modhost_stuck_tick(uint64_t now)
{
    stuck  *item, **at;

    mod_modhost_daemon_lock();

    for (at = &stuck_first; (item = *at) != NULL; /* void */) {

        if (!mh_exchange_app_released(item->exchange)) {

            if (now < item->until) {
                at = &item->next;
                continue;
            }

            mh_channel_stuck(item->channel);
        }

        *at = item->next;

        mh_exchange_drop(item->exchange);
        free(item);
    }

    mh_daemon_flush();
    mod_modhost_daemon_unlock();
}
