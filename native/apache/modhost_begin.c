/*
 * The beginning of an exchange.
 *
 * An application's synchronous part runs on the handler thread itself, which
 * saves two changes of threads, unless that thread has to be free meanwhile.
 */

#include "modhost_request.h"


/* What the monitor told the app while its code held this thread. */
static void
request_broken(mod_modhost_ctx *ctx)
{
    switch (ctx->broken) {

    case 0:
        return;

    case MODHOST_RESET_SHUTDOWN:
        mod_modhost_fail(ctx, HTTP_SERVICE_UNAVAILABLE, ctx->broken);
        return;

    default:
        mod_modhost_gone(ctx);
        return;
    }
}


/*
 * Not in a worker process; not where this thread has to be free: for bytes from
 * the client, or for an answer when the time is over; and not for a while after
 * the application has kept a thread waiting.
 */
static bool
request_runs_here(const mod_modhost_ctx *ctx)
{
    uint64_t  rest_until;

    if (ctx->routed != NULL || ctx->has_body || ctx->deadline != 0
        || mod_modhost_upgradable(ctx))
    {
        return false;
    }

    rest_until = atomic_load_explicit(&ctx->ticket.app->rest_until,
                                      memory_order_relaxed);

    return ctx->begun_at >= rest_until;
}


/* Under INLINE the application runs now, until it has to wait or is done. */
static void
request_hand_over(mod_modhost_ctx *ctx)
{
    bool  lend;

    lend = (ctx->exchange->pub.flags & MODHOST_EXCHANGE_INLINE) != 0;

    if (lend) {
        mod_modhost_lane_lend(ctx->lane, ctx);
    }

    mh_exchange_begin(ctx->exchange);
    mh_apps_flush();

    if (lend) {
        mod_modhost_lane_return(ctx->lane);
        request_broken(ctx);
    }
}


int
mod_modhost_request_begin(mod_modhost_ctx *ctx)
{
    int          rc;
    int64_t      limit;
    mh_exchange *exchange;

    rc = mod_modhost_request_head(ctx);

    if (rc != OK) {
        return rc;
    }

    exchange = ctx->exchange;
    exchange->request = ctx;

    limit = mod_modhost_number(ctx->conf, MH_OPTION_max_request_body);

    if (limit >= 0) {
        exchange->pub.max_request_body = limit == 0 ? INT64_MAX : limit;
    }

    if (mod_modhost_number(ctx->conf, MH_OPTION_detailed_errors)) {
        exchange->pub.flags |= MODHOST_EXCHANGE_DETAIL;
    }

    if (ctx->ticket.channel != NULL) {
        mod_modhost_route(ctx);

    }

    ctx->begun = 1;
    ctx->begun_at = mod_modhost_now();

    (void) atomic_fetch_add(&ctx->ticket.app->count->queue_ms,
                            ctx->begun_at - ctx->arrived);

    limit = mod_modhost_limit(ctx->conf, ctx->place->app,
                              MH_OPTION_request_timeout);

    if (limit > 0) {
        ctx->deadline = ctx->begun_at + (uint64_t) limit;
    }

    if (request_runs_here(ctx)) {
        exchange->pub.flags |= MODHOST_EXCHANGE_INLINE;
    }

    request_hand_over(ctx);

    return OK;
}
