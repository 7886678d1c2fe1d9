/*
 * exchange_send: everything that an app can get wrong is found here, on the
 * app's own thread, so that the loop only has to act.
 */

#include "send.h"

#include "cache.h"
#include "exchange_private.h"
#include "gather.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>


static int32_t
take_file(mh_send_call *call)
{
    if ((call->send->flags & MODHOST_SEND_FILE) == 0 || call->own_file) {
        return MODHOST_OK;
    }

    call->file = fcntl(call->send->file, F_DUPFD_CLOEXEC, 3);

    if (call->file == -1) {
        mh_error_set(call->error, MH_E_SEND_MISUSE,
                     "the descriptor of a file cannot be duplicated: %s",
                     strerror(errno));
        return MODHOST_E_ARGUMENT;
    }

    return MODHOST_OK;
}


static void
fill(const mh_send_call *call, mh_message *message)
{
    const modhost_send  *send;

    send = call->send;

    message->kind = MH_MESSAGE_SEND;
    message->exchange = call->exchange;
    message->flags = send->flags & ~(uint32_t) MODHOST_SEND_DEFER;
    message->head = call->head;
    message->trailers = call->trailers;
    message->blocks = send->blocks;
    message->last = NULL;
    message->file = call->file;
    message->file_offset = send->file_offset;
    message->file_length = send->file_length;
}


/* `wake` of the table knows the server's queue only. */
static bool
push_wakes(const mh_send_call *call)
{
    return (call->send->flags & MODHOST_SEND_DEFER) == 0
           || !mh_server_owns_queue(call->exchange->queue);
}


static int32_t
push(mh_send_call *call, unsigned gained)
{
    unsigned      state;
    mh_message   *message;
    mh_exchange  *exchange;

    exchange = call->exchange;
    message = call->message;

    if (mh_gather_add(call)) {

        if (push_wakes(call)) {
            mh_queue_wake(exchange->queue);
        }

        return MODHOST_OK;
    }

    if (message == NULL) {
        gained |= MH_EXCHANGE_MESSAGE_USED;
    }

    state = atomic_fetch_or_explicit(&exchange->state, gained,
                                     memory_order_acq_rel);

    if (message != NULL) {
        message->home = MH_HOME_CACHE;

    } else if ((state & MH_EXCHANGE_MESSAGE_USED) == 0) {
        message = &exchange->message;

    } else {
        message = mh_cache_alloc(MH_CACHE_MESSAGE, sizeof(mh_message));

        if (message == NULL) {
            return MODHOST_E_MEMORY;
        }

        message->home = MH_HOME_CACHE;
    }

    fill(call, message);

    mh_gather_open(message);
    mh_exchange_push(exchange, message, push_wakes(call));

    return MODHOST_OK;
}


static int32_t
send_checked(mh_send_call *call, unsigned state)
{
    int32_t   result;
    unsigned  gained;

    if ((result = mh_send_check(call, state, &gained)) != MODHOST_OK
        || (result = take_file(call)) != MODHOST_OK)
    {
        return result;
    }

    return push(call, gained);
}


/* What a call that failed has gathered. */
static void
drop(mh_send_call *call, int32_t result)
{
    mh_cache_free(call->message);

    if (call->file != -1) {
        (void) close(call->file);
    }

    if (result == MODHOST_E_MEMORY) {
        mh_error_set(call->error, MH_E_MEMORY,
                     "out of memory while a response was sent");
    }

    mh_block_free(call->send->blocks);
}


/* With call->error set where the send itself is wrong. */
static int32_t
send_call(mh_send_call *call)
{
    int32_t   result;
    unsigned  state;

    call->head = NULL;
    call->trailers = NULL;
    call->message = NULL;
    call->file = call->own_file ? call->send->file : -1;

    state = atomic_load_explicit(&call->exchange->state,
                                 memory_order_acquire);

    if (state & (MH_EXCHANGE_APP_RELEASED | MH_EXCHANGE_ENDED
                 | MH_EXCHANGE_RESET))
    {
        result = MODHOST_E_STATE;

    } else if (state & MH_EXCHANGE_DETACHED) {
        result = MODHOST_E_DETACHED;

    } else {
        result = send_checked(call, state);

        if (result == MODHOST_OK) {
            return MODHOST_OK;
        }
    }

    drop(call, result);

    return result;
}


/*
 * A send that is refused would leave a hole in the response, so the exchange is
 * reset: a truncated answer never looks whole.
 */
int32_t
mh_exchange_send(modhost_exchange *pub, const modhost_send *send)
{
    int32_t       result;
    mh_error      error;
    mh_send_call  call;

    /* error.text is a kilobyte that the usual send never touches. */

    error.code = MH_E_NONE;

    call.exchange = (mh_exchange *) pub;
    call.send = send;
    call.own_file = false;
    call.error = &error;

    result = send_call(&call);

    if (error.code != MH_E_NONE) {
        mh_server_report(pub->app, MODHOST_LOG_ERROR, &error);
        mh_exchange_push_reset(call.exchange, MODHOST_RESET_APP);
    }

    return result;
}


int32_t
mh_exchange_send_own(mh_exchange *exchange, const modhost_send *send,
    mh_error *error)
{
    mh_send_call  call;

    call.exchange = exchange;
    call.send = send;
    call.own_file = (send->flags & MODHOST_SEND_FILE) != 0;
    call.error = error;

    return send_call(&call);
}
