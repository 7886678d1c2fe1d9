/*
 * Messages: on their way to the loop, and after it has dealt with them.
 */

#include "cache.h"
#include "exchange_private.h"

#include <unistd.h>


void
mh_exchange_push(mh_exchange *exchange, mh_message *message, bool wake)
{
    (void) atomic_fetch_add_explicit(&exchange->refs, 1,
                                     memory_order_relaxed);

    mh_queue_push(exchange->queue, message, wake);
}


void
mh_exchange_push_reset(mh_exchange *exchange, uint32_t reason)
{
    unsigned  state;

    state = atomic_fetch_or(&exchange->state, MH_EXCHANGE_RESET);

    if (state & (MH_EXCHANGE_RESET | MH_EXCHANGE_DETACHED)) {
        return;
    }

    exchange->reset_message.reason = reason;
    mh_exchange_push(exchange, &exchange->reset_message, true);
}


/*
 * Windows are added up while a READ is on its way, so reads need no memory. The
 * order below (grant, then queue; unqueue, then look for grants) loses none.
 */
void
mh_exchange_push_read(mh_exchange *exchange)
{
    unsigned  state;

    state = atomic_fetch_or(&exchange->state, MH_EXCHANGE_READ_QUEUED);

    if ((state & MH_EXCHANGE_READ_QUEUED) == 0) {
        mh_exchange_push(exchange, &exchange->read_message, true);
    }
}


void
mh_exchange_read_take(mh_message *message)
{
    uint64_t  window;

    window = atomic_exchange(&message->exchange->read_window, 0);

    message->window = window < UINT32_MAX ? (uint32_t) window : UINT32_MAX;
}


static void
read_done(mh_exchange *exchange)
{
    unsigned  state;

    state = atomic_fetch_and(&exchange->state,
                             ~(unsigned) MH_EXCHANGE_READ_QUEUED);

    if ((state & MH_EXCHANGE_DETACHED) == 0
        && atomic_load(&exchange->read_window) != 0)
    {
        mh_exchange_push_read(exchange);
    }
}


static void
send_done(mh_message *message)
{
    mh_block_free(message->blocks);

    if (message->file != -1) {
        (void) close(message->file);
    }

    if (message->home == MH_HOME_EXCHANGE) {
        (void) atomic_fetch_and_explicit(&message->exchange->state,
                                         ~(unsigned) MH_EXCHANGE_MESSAGE_USED,
                                         memory_order_release);
    }
}


void
mh_message_done(mh_message *message)
{
    mh_exchange  *exchange;

    exchange = message->exchange;

    switch (message->kind) {

    case MH_MESSAGE_SEND:
        send_done(message);
        break;

    case MH_MESSAGE_READ:
        read_done(exchange);
        break;

    case MH_MESSAGE_APP_STATE:
    case MH_MESSAGE_LOG:
        mh_server_text_done(message);
        break;

    default:
        break;
    }

    /* An exchange's own message may be in use again by now; home never
       changes while it is one. */

    if (message->home == MH_HOME_CACHE) {
        mh_cache_free(message);
    }

    if (exchange != NULL) {
        mh_exchange_unref(exchange, true);
    }
}
