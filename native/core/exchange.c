/*
 * The loop's calls for an exchange between its begin and its end.
 */

#include "exchange_private.h"


#define BATCH_MAX  64u               /* exchanges in one exchange_begin       */

/* Apps with a batch, of the loop that this thread is. */
static _Thread_local mh_app  *batched_apps;


void
mh_exchange_begin(mh_exchange *exchange)
{
    mh_app  *app;

    app = exchange->app;

    exchange->begun = true;
    exchange->batched = true;
    exchange->next = NULL;

    if (app->batch == NULL) {
        app->batch = exchange;
        app->batch_next = batched_apps;
        batched_apps = app;

    } else {
        app->batch_last->next = exchange;
    }

    app->batch_last = exchange;
    app->batch_count++;
}


static void
batch_flush(mh_app *app)
{
    uint32_t           count;
    mh_exchange       *exchange, *next;
    modhost_exchange  *pubs[BATCH_MAX];

    exchange = app->batch;

    app->batch = NULL;
    app->batch_last = NULL;
    app->batch_count = 0;

    while (exchange != NULL) {

        for (count = 0; exchange != NULL && count < BATCH_MAX; count++) {
            next = exchange->next;

            exchange->next = NULL;
            exchange->batched = false;
            pubs[count] = &exchange->pub;

            exchange = next;
        }

        app->table->exchange_begin(pubs, count);
    }
}


void
mh_apps_flush(void)
{
    mh_app  *app;

    while (batched_apps != NULL) {
        app = batched_apps;
        batched_apps = app->batch_next;
        app->batch_next = NULL;

        batch_flush(app);
    }
}


/* Whether the app side still wants to be told things. */
static bool
exchange_listens(mh_exchange *exchange)
{
    unsigned  state;

    if (!exchange->begun) {
        return false;
    }

    if (exchange->batched) {
        mh_apps_flush();
    }

    state = atomic_load_explicit(&exchange->state, memory_order_acquire);

    return (state & (MH_EXCHANGE_APP_RELEASED | MH_EXCHANGE_DETACHED)) == 0;
}


void
mh_exchange_body(mh_exchange *exchange, const uint8_t *data, uint32_t length,
    uint32_t flags)
{
    if (exchange_listens(exchange)) {
        exchange->app->table->exchange_body(&exchange->pub, data, length,
                                            flags);
    }
}


void
mh_exchange_trailers(mh_exchange *exchange, const void *block, uint32_t size)
{
    mh_exchange_body(exchange, block, size,
                     MODHOST_BODY_END | MODHOST_BODY_TRAILERS);
}


void
mh_exchange_sent(mh_exchange *exchange, uint32_t bytes)
{
    if (exchange_listens(exchange)) {
        exchange->app->table->exchange_sent(&exchange->pub, bytes);
    }
}


void
mh_exchange_abort(mh_exchange *exchange, uint32_t reason)
{
    if (!exchange_listens(exchange)) {
        return;
    }

    (void) atomic_fetch_or_explicit(&exchange->state, MH_EXCHANGE_DETACHED,
                                    memory_order_acq_rel);

    exchange->app->table->exchange_abort(&exchange->pub, reason);
}


void
mh_exchange_cancel(mh_exchange *exchange)
{
    exchange->app->live--;
    exchange->request = NULL;

    atomic_store_explicit(&exchange->state,
                          MH_EXCHANGE_DETACHED | MH_EXCHANGE_APP_RELEASED,
                          memory_order_relaxed);

    mh_exchange_return(exchange, true);
}


void
mh_exchange_leave(mh_exchange *exchange)
{
    if (exchange->batched) {
        mh_apps_flush();
    }

    exchange->app->live--;
    exchange->request = NULL;

    (void) atomic_fetch_or_explicit(&exchange->state, MH_EXCHANGE_DETACHED,
                                    memory_order_acq_rel);
}


void
mh_exchange_drop(mh_exchange *exchange)
{
    mh_exchange_unref(exchange, false);
}


void
mh_exchange_done(mh_exchange *exchange)
{
    if (!exchange->begun) {
        mh_exchange_cancel(exchange);
        return;
    }

    mh_exchange_leave(exchange);
    mh_exchange_unref(exchange, true);
}


bool
mh_exchange_app_released(const mh_exchange *exchange)
{
    return (atomic_load_explicit(&exchange->state, memory_order_acquire)
            & MH_EXCHANGE_APP_RELEASED) != 0;
}
