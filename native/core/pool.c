/*
 * Where exchanges come from and go back to: each app's pool, which the loop
 * takes from, and the stack onto which other threads push.
 */

#include "exchange_private.h"

#include <stdlib.h>
#include <string.h>


#define HEAD_ROOM_MIN    2048u       /* first size of a head's memory         */
#define HEAD_ROOM_KEEP   16384u      /* more is given back after use          */
#define POOL_MAX         1024u       /* idle exchanges kept by an app         */


static mh_exchange *
exchange_create(mh_app *app)
{
    mh_exchange  *exchange;

    const size_t  size = (sizeof(mh_exchange) + 63) & ~(size_t) 63;

    exchange = aligned_alloc(64, size + MH_RESPONSE_HEAD_ROOM);

    if (exchange == NULL) {
        return NULL;
    }

    memset(exchange, 0, sizeof(mh_exchange));

    exchange->app = app;
    exchange->pub.app = app->number;
    exchange->pub.response_head = (uint8_t *) exchange + size;
    exchange->pub.response_head_capacity = MH_RESPONSE_HEAD_ROOM;

    exchange->message.home = MH_HOME_EXCHANGE;
    exchange->message.exchange = exchange;
    exchange->read_message.home = MH_HOME_EXCHANGE;
    exchange->read_message.kind = MH_MESSAGE_READ;
    exchange->read_message.exchange = exchange;
    exchange->reset_message.home = MH_HOME_EXCHANGE;
    exchange->reset_message.kind = MH_MESSAGE_RESET;
    exchange->reset_message.exchange = exchange;

    return exchange;
}


static void
exchange_destroy(mh_exchange *exchange)
{
    modhost_app_table  *table;

    table = exchange->app->table;

    if (exchange->pub.app_context != NULL && table != NULL
        && table->exchange_forget != NULL)
    {
        table->exchange_forget(&exchange->pub);
    }

    free(exchange->head_memory);
    free(exchange);
}


/* Loop. What other threads gave back becomes the pool. */
static void
pool_refill(mh_app *app)
{
    mh_exchange  *exchange, *next;

    exchange = atomic_exchange_explicit(&app->returned, NULL,
                                        memory_order_acquire);

    for (/* void */; exchange != NULL; exchange = next) {
        next = exchange->next;

        if (app->pooled == POOL_MAX) {
            exchange_destroy(exchange);
            continue;
        }

        exchange->next = app->pool;
        app->pool = exchange;
        app->pooled++;
    }
}


void
mh_exchange_return(mh_exchange *exchange, bool loop)
{
    mh_app       *app;
    mh_exchange  *head;

    app = exchange->app;

    if (!loop) {
        head = atomic_load_explicit(&app->returned, memory_order_relaxed);

        do {
            exchange->next = head;
        } while (!atomic_compare_exchange_weak_explicit(
                     &app->returned, &head, exchange,
                     memory_order_release, memory_order_relaxed));

    } else if (app->pooled == POOL_MAX) {
        exchange_destroy(exchange);

    } else {
        exchange->next = app->pool;
        app->pool = exchange;
        app->pooled++;
    }

    /* The last access: at 0 the app may be taken apart. */

    (void) atomic_fetch_sub_explicit(&app->outstanding, 1,
                                     memory_order_release);
}


void
mh_app_trim(mh_app *app, uint32_t keep)
{
    mh_exchange  *exchange;

    pool_refill(app);

    while (app->pooled > keep) {
        exchange = app->pool;
        app->pool = exchange->next;
        app->pooled--;

        exchange_destroy(exchange);
    }
}


static int
exchange_head_room(mh_exchange *exchange, size_t size)
{
    size_t    capacity;
    uint8_t  *memory;

    capacity = exchange->head_capacity;

    if (size <= capacity
        && (capacity <= HEAD_ROOM_KEEP || size > HEAD_ROOM_KEEP))
    {
        return 0;
    }

    for (capacity = HEAD_ROOM_MIN; capacity < size; capacity *= 2) {
        /* void */
    }

    memory = malloc(capacity);

    if (memory == NULL) {
        return -1;
    }

    free(exchange->head_memory);

    exchange->head_memory = memory;
    exchange->head_capacity = capacity;

    return 0;
}


mh_exchange *
mh_exchange_get(mh_app *app, mh_queue *queue, size_t head_size)
{
    mh_exchange  *exchange;

    if (head_size > UINT32_MAX) {
        return NULL;
    }

    if (app->pool == NULL) {
        pool_refill(app);
    }

    exchange = app->pool;

    if (exchange != NULL) {
        app->pool = exchange->next;
        app->pooled--;

    } else {
        exchange = exchange_create(app);

        if (exchange == NULL) {
            return NULL;
        }
    }

    if (exchange_head_room(exchange, head_size) != 0) {
        exchange_destroy(exchange);
        return NULL;
    }

    exchange->pub.head = (const modhost_request_head *) exchange->head_memory;
    exchange->pub.flags = 0;
    exchange->pub.send_window = MH_SEND_WINDOW;
    exchange->pub.max_request_body = -1;
    exchange->queue = queue;
    exchange->request = NULL;
    exchange->route = NULL;
    exchange->next = NULL;
    exchange->begun = false;
    exchange->batched = false;

    atomic_store_explicit(&exchange->read_window, 0, memory_order_relaxed);
    atomic_store_explicit(&exchange->open, 0, memory_order_relaxed);
    atomic_store_explicit(&exchange->state, 0, memory_order_relaxed);
    atomic_store_explicit(&exchange->refs, 2, memory_order_relaxed);

    app->live++;
    (void) atomic_fetch_add_explicit(&app->outstanding, 1,
                                     memory_order_relaxed);

    return exchange;
}


void *
mh_exchange_head(mh_exchange *exchange)
{
    return exchange->head_memory;
}


void
mh_exchange_unref(mh_exchange *exchange, bool loop)
{
    if (atomic_fetch_sub_explicit(&exchange->refs, 1, memory_order_acq_rel)
        == 1)
    {
        mh_exchange_return(exchange, loop);
    }
}
