/*
 * The table that every runtime is given.
 */

#include "app.h"
#include "cache.h"
#include "exchange_private.h"
#include "send.h"

#include <stdio.h>
#include <string.h>


/* Bounds of what waits for the loop: lines are dropped and counted past them,
   changes of state at twice as many. */
#define TEXT_MESSAGES_MAX  4096u
#define TEXT_BYTES_MAX     (16u * 1024 * 1024)
#define TEXT_LENGTH_MAX    65536u
#define CATEGORY_MAX       1024u

static const char  core_category[] = "modhost";

static _Atomic(mh_queue *)  server_queue;
static atomic_uint          text_messages;
static atomic_uint          text_bytes;
static atomic_uint          text_dropped;


void
mh_server_set_queue(mh_queue *queue)
{
    atomic_store(&server_queue, queue);
}


bool
mh_server_owns_queue(const mh_queue *queue)
{
    return queue == atomic_load_explicit(&server_queue,
                                         memory_order_relaxed);
}


static bool
text_reserve(uint32_t kind, uint32_t size)
{
    unsigned  factor;

    factor = kind == MH_MESSAGE_LOG ? 1 : 2;

    if (atomic_fetch_add(&text_messages, 1) < TEXT_MESSAGES_MAX * factor) {

        if (atomic_fetch_add(&text_bytes, size) < TEXT_BYTES_MAX * factor) {
            return true;
        }

        (void) atomic_fetch_sub(&text_bytes, size);
    }

    (void) atomic_fetch_sub(&text_messages, 1);

    return false;
}


static void
text_release(uint32_t size)
{
    (void) atomic_fetch_sub(&text_bytes, size);
    (void) atomic_fetch_sub(&text_messages, 1);
}


/* NULL: past the bounds, or no memory. */
static mh_message *
text_message(uint32_t kind, const char *category, uint32_t category_length,
    const char *text, uint32_t length)
{
    uint32_t     size;
    mh_message  *message;

    if (category == NULL || category_length > CATEGORY_MAX) {
        category_length = category == NULL ? 0 : CATEGORY_MAX;
    }

    if (text == NULL || length > TEXT_LENGTH_MAX) {
        length = text == NULL ? 0 : TEXT_LENGTH_MAX;
    }

    size = category_length + length;

    if (!text_reserve(kind, size)) {
        return NULL;
    }

    message = mh_cache_alloc(MH_CACHE_MESSAGE, sizeof(mh_message) + size + 1);

    if (message == NULL) {
        text_release(size);
        return NULL;
    }

    memset(message, 0, sizeof(mh_message));

    message->kind = (uint16_t) kind;
    message->home = MH_HOME_CACHE;
    message->file = -1;
    message->category_length = category_length;
    message->text_length = length;
    message->text = (char *) (message + 1);

    if (category_length != 0) {
        memcpy(message->text, category, category_length);
    }

    if (length != 0) {
        memcpy(message->text + category_length, text, length);
    }

    message->text[size] = '\0';

    return message;
}


static void
table_log(uint32_t app, uint32_t level, const char *category,
    uint32_t category_length, const char *text, uint32_t text_length)
{
    mh_queue    *queue;
    mh_message  *message;

    queue = atomic_load(&server_queue);

    if (queue == NULL) {
        return;
    }

    message = text_message(MH_MESSAGE_LOG, category, category_length, text,
                           text_length);
    if (message == NULL) {
        (void) atomic_fetch_add(&text_dropped, 1);
        return;
    }

    message->app = app;
    message->state = level <= MODHOST_LOG_CRITICAL ? level
                                                   : MODHOST_LOG_CRITICAL;

    mh_queue_push(queue, message, true);
}


static void
table_app_state(uint32_t app, uint32_t state, uint32_t code,
    const char *text, uint32_t text_length)
{
    mh_queue    *queue;
    mh_message  *message;

    queue = atomic_load(&server_queue);

    if (queue == NULL) {
        return;
    }

    message = text_message(MH_MESSAGE_APP_STATE, NULL, 0, text, text_length);

    if (message == NULL) {
        (void) atomic_fetch_add(&text_dropped, 1);
        return;
    }

    message->app = app;
    message->state = state;
    message->code = code;

    mh_queue_push(queue, message, true);
}


void
mh_server_report(uint32_t app, uint32_t level, const mh_error *error)
{
    int   length;
    char  text[sizeof(error->text) + sizeof("MH0000: ")];

    length = snprintf(text, sizeof(text), "MH%04u: %s", error->code,
                      error->text);

    table_log(app, level, core_category, sizeof(core_category) - 1, text,
              (uint32_t) length);
}


/* The loop has caught up with some lines: room to tell how many were lost. */
static void
report_dropped(void)
{
    unsigned  dropped;
    mh_error  error;

    if (atomic_load(&text_dropped) == 0) {
        return;
    }

    dropped = atomic_exchange(&text_dropped, 0);

    if (dropped != 0) {
        mh_error_set(&error, MH_E_LOG_DROPPED,
                     "%u log lines were dropped because they came faster "
                     "than they could be written", dropped);

        mh_server_report(MODHOST_NO_APP, MODHOST_LOG_WARNING, &error);
    }
}


void
mh_server_text_done(const mh_message *message)
{
    text_release(message->category_length + message->text_length);

    /* Not for every line: when the backlog is gone. */

    if (atomic_load(&text_messages) == 0) {
        report_dropped();
    }
}


static void
table_exchange_read(modhost_exchange *pub, uint32_t window)
{
    unsigned      state;
    mh_exchange  *exchange;

    exchange = (mh_exchange *) pub;
    state = atomic_load_explicit(&exchange->state, memory_order_acquire);

    if (state & (MH_EXCHANGE_APP_RELEASED | MH_EXCHANGE_DETACHED
                 | MH_EXCHANGE_RESET))
    {
        return;
    }

    (void) atomic_fetch_add(&exchange->read_window, window);

    mh_exchange_push_read(exchange);
}


static void
table_exchange_reset(modhost_exchange *pub, uint32_t reason)
{
    unsigned      state;
    mh_exchange  *exchange;

    exchange = (mh_exchange *) pub;
    state = atomic_load_explicit(&exchange->state, memory_order_acquire);

    if (state & MH_EXCHANGE_APP_RELEASED) {
        return;
    }

    if (reason < MODHOST_RESET_CLIENT || reason > MODHOST_RESET_TOO_LARGE) {
        reason = MODHOST_RESET_APP;
    }

    mh_exchange_push_reset(exchange, reason);
}


static void
table_exchange_release(modhost_exchange *pub)
{
    unsigned      state;
    mh_error      error;
    mh_exchange  *exchange;

    exchange = (mh_exchange *) pub;
    state = atomic_fetch_or_explicit(&exchange->state,
                                     MH_EXCHANGE_APP_RELEASED,
                                     memory_order_acq_rel);

    if (state & MH_EXCHANGE_APP_RELEASED) {
        mh_error_set(&error, MH_E_RELEASE_TWICE,
                     "an exchange was released twice");
        mh_server_report(pub->app, MODHOST_LOG_CRITICAL, &error);
        return;
    }

    if ((state & (MH_EXCHANGE_ENDED | MH_EXCHANGE_RESET
                  | MH_EXCHANGE_DETACHED)) == 0)
    {
        mh_error_set(&error, MH_E_RELEASE_EARLY,
                     "an exchange was released before its response ended");
        mh_server_report(pub->app, MODHOST_LOG_ERROR, &error);
        mh_exchange_push_reset(exchange, MODHOST_RESET_APP);
    }

    mh_exchange_unref(exchange, false);
}


static void
table_wake(void)
{
    mh_queue  *queue;

    queue = atomic_load(&server_queue);

    if (queue != NULL) {
        mh_queue_wake(queue);
    }
}


static const modhost_server_table  server_table = {
    .size = sizeof(modhost_server_table),
    .abi_version = MODHOST_ABI_VERSION,
    .block_alloc = mh_block_alloc,
    .block_free = mh_block_free,
    .exchange_send = mh_exchange_send,
    .exchange_read = table_exchange_read,
    .exchange_reset = table_exchange_reset,
    .exchange_release = table_exchange_release,
    .wake = table_wake,
    .app_state = table_app_state,
    .log = table_log,
};


const modhost_server_table *
mh_server_table(void)
{
    return &server_table;
}
