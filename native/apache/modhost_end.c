/*
 * The end of a request. Whatever ends it first (the application's END, a
 * failure, a client that leaves), detach is called once, and from then on
 * nothing of the application reaches the request.
 */

#include "modhost_request.h"

#include <http_connection.h>

#include <inttypes.h>
#include <sys/socket.h>


void
mod_modhost_release(mod_modhost_ctx *ctx)
{
    mh_count  *count;

    if (!ctx->admitted) {
        return;
    }

    ctx->admitted = 0;
    count = ctx->ticket.app->count;

    (void) atomic_fetch_sub(&count->in_flight, 1);

    if (ctx->begun) {
        (void) atomic_fetch_add(&count->app_ms,
                                mod_modhost_now() - ctx->begun_at);
    }

    mod_modhost_unchoose(&ctx->ticket);
    mod_modhost_leave(&ctx->ticket);
}


void
mod_modhost_detach(mod_modhost_ctx *ctx, uint32_t reason)
{
    mh_exchange  *exchange;

    exchange = ctx->exchange;

    if (exchange == NULL) {
        return;
    }

    if (reason != 0 && ctx->begun) {
        mh_exchange_abort(exchange, reason);
    }

    if (ctx->stuck) {
        mod_modhost_stuck(ctx);
    } else {
        mh_exchange_done(exchange);
    }

    ctx->exchange = NULL;

    mod_modhost_release(ctx);
}


void
mod_modhost_finish(mod_modhost_ctx *ctx, int status)
{
    if (ctx->finished) {
        return;
    }

    mod_modhost_detach(ctx, ctx->ended ? 0 : MODHOST_RESET_CLIENT);

    ctx->finished = 1;
    ctx->status = status;
}


void
mod_modhost_gone(mod_modhost_ctx *ctx)
{
    if (ctx->finished) {
        return;
    }

    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, ctx->r,
                  "the client closed its connection");

    ctx->c->aborted = 1;
    ctx->c->keepalive = AP_CONN_CLOSE;

    if (!ctx->head_sent) {
        ctx->r->status = MOD_MODHOST_CLIENT_CLOSED;
    }

    mod_modhost_finish(ctx, DONE);
}


/*
 * What was sent must not look whole. An HTTP/2 stream whose output ends without
 * an end is reset; a connection of its own is, too, because a plain close would
 * end a response that has no length.
 */
static void
break_off(mod_modhost_ctx *ctx)
{
    apr_bucket     *e;
    struct linger   linger;

    ctx->c->keepalive = AP_CONN_CLOSE;

    if (ctx->fd == -1) {
        e = ap_bucket_error_create(HTTP_BAD_GATEWAY, NULL, ctx->r->pool,
                                   ctx->c->bucket_alloc);
        APR_BRIGADE_INSERT_TAIL(ctx->out, e);

        e = apr_bucket_eos_create(ctx->c->bucket_alloc);
        APR_BRIGADE_INSERT_TAIL(ctx->out, e);

        (void) ap_pass_brigade(ctx->r->output_filters, ctx->out);
        apr_brigade_cleanup(ctx->out);

    } else {

        /* the head of a response to HEAD may be kept for what follows it */

        if (ctx->r->header_only) {
            ap_flush_conn(ctx->c);
        }

        linger.l_onoff = 1;
        linger.l_linger = 0;

        (void) setsockopt(ctx->fd, SOL_SOCKET, SO_LINGER, &linger,
                          sizeof(linger));
    }

    ctx->c->aborted = 1;

    mod_modhost_finish(ctx, DONE);
}


void
mod_modhost_fail(mod_modhost_ctx *ctx, int status, uint32_t reason)
{
    if (ctx->finished) {
        return;
    }

    mod_modhost_detach(ctx, reason);

    if (ctx->head_sent) {
        break_off(ctx);
        return;
    }

    mod_modhost_finish(ctx, status);
}


void
mod_modhost_timeout(mod_modhost_ctx *ctx)
{
    mod_modhost_app  *app;

    app = ctx->ticket.app;

    mod_modhost_log_request(ctx->r, APLOG_ERR, MH_E_REQUEST_TIMEOUT,
                            "application \"%s\" had not answered within "
                            "%" PRIu64 " ms", app->name,
                            ctx->deadline - ctx->begun_at);

    (void) atomic_fetch_add(&app->count->request_timeouts, 1);

    ctx->stuck = ctx->begun && app->group != NULL;

    mod_modhost_fail(ctx, HTTP_GATEWAY_TIME_OUT, MODHOST_RESET_TIMEOUT);
}
