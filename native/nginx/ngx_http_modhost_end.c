/*
 * The end of a request.
 *
 * A request holds its exchange from begin until END or detach. Whatever ends
 * the request first (nginx's clean-up, a failure, the application), detach is
 * called once, and from then on nothing of the application reaches it.
 */

#include "ngx_http_modhost.h"


/* Requests that hold an exchange. */
static ngx_queue_t  ngx_http_modhost_flying = {
    &ngx_http_modhost_flying, &ngx_http_modhost_flying
};


void
ngx_http_modhost_fly(ngx_http_modhost_ctx_t *ctx)
{
    ngx_queue_insert_tail(&ngx_http_modhost_flying, &ctx->link);

    ctx->begun = 1;
    ctx->begun_at = ngx_current_msec;

    ctx->app->active++;
    ctx->app->count->in_flight++;
    ctx->app->count->queue_ms += ctx->begun_at - ctx->arrived;

    ngx_http_modhost_live++;
    ngx_http_modhost_away += ctx->app->group != NULL;

    if (ngx_exiting) {
        ngx_http_modhost_stay();
    }
}


void
ngx_http_modhost_timeout(ngx_event_t *ev)
{
    ngx_connection_t        *c;
    ngx_http_modhost_ctx_t  *ctx;

    ctx = ev->data;
    c = ctx->request->connection;

    ngx_http_set_log_request(c->log, ctx->request);

    ngx_log_error(NGX_LOG_ERR, c->log, 0,
                  "MH0%d: application \"%s\" had not answered within %M ms",
                  MH_E_REQUEST_TIMEOUT, ctx->app->name,
                  ctx->conf->request_timeout);

    ctx->stuck = ctx->app->group != NULL;
    ctx->app->count->request_timeouts++;

    ngx_http_modhost_fail(ctx, NGX_HTTP_GATEWAY_TIME_OUT,
                          MODHOST_RESET_TIMEOUT);

    ngx_http_modhost_run_posted(c);
}


void
ngx_http_modhost_detach(ngx_http_modhost_ctx_t *ctx, uint32_t reason)
{
    mh_exchange  *exchange;

    if (ctx->timer.timer_set) {
        ngx_del_timer(&ctx->timer);
    }

    if (ctx->queued) {
        ngx_http_modhost_queue_remove(ctx);
    }

    if (ctx->channel != NULL) {
        mh_channel_cancel(ctx->channel);
        ctx->channel = NULL;
    }

    exchange = ctx->exchange;

    if (exchange == NULL) {
        return;
    }

    if (!ctx->begun) {
        ctx->exchange = NULL;
        mh_exchange_cancel(exchange);
        return;
    }

    ctx->ended_at = ngx_current_msec;
    ngx_queue_remove(&ctx->link);

    if (reason != 0) {
        mh_exchange_abort(exchange, reason);
    }

    if (ctx->stuck) {
        ngx_http_modhost_watch_stuck(ctx);

    } else {
        mh_exchange_done(exchange);
    }

    ctx->exchange = NULL;

    ngx_http_modhost_live--;
    ngx_http_modhost_away -= ctx->app->group != NULL;
    ctx->app->active--;
    ctx->app->count->in_flight--;
    ctx->app->count->app_ms += ctx->ended_at - ctx->begun_at;

    /* not now: this request's connection may be half taken apart */

    if ((ctx->app->waiting != 0 || ctx->app->state == MODHOST_APP_STOPPING)
        && !ctx->app->advance.posted)
    {
        ngx_post_event(&ctx->app->advance, &ngx_posted_events);
    }
}


/* What was sent must not look whole: nginx resets the stream or, after this,
   the connection when it closes it. */
static void
ngx_http_modhost_reset_at_close(ngx_http_modhost_ctx_t *ctx)
{
    struct linger        linger;
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = ctx->request;
    c = r->connection;

#if (NGX_HTTP_V2)
    if (r->stream) {
        return;
    }
#endif

#if (NGX_HTTP_V3)
    if (r->http_version == NGX_HTTP_VERSION_30) {
        return;
    }
#endif

    linger.l_onoff = 1;
    linger.l_linger = 0;

    if (setsockopt(c->fd, SOL_SOCKET, SO_LINGER, (const void *) &linger,
                   sizeof(struct linger))
        == -1)
    {
        ngx_log_error(NGX_LOG_INFO, c->log, ngx_socket_errno,
                      "setsockopt(SO_LINGER) failed");
    }

#if (NGX_HTTP_SSL)
    if (c->ssl) {
        c->ssl->no_send_shutdown = 1;
        c->ssl->no_wait_shutdown = 1;
    }
#endif
}


/* Of the client's own request; where HEAD has its head, all is there. */
static ngx_uint_t
ngx_http_modhost_is_cut_off(ngx_http_modhost_ctx_t *ctx)
{
    ngx_http_request_t  *r;

    r = ctx->request;

    if (!ctx->head_sent || ctx->upgraded || r != r->main) {
        return 0;
    }

    return r->buffered || r->connection->buffered || ctx->pending != NULL
           || (!ctx->ended && !r->header_only);
}


void
ngx_http_modhost_fail(ngx_http_modhost_ctx_t *ctx, ngx_int_t status,
    uint32_t reason)
{
    ngx_http_request_t  *r;

    r = ctx->request;

    ngx_http_modhost_detach(ctx, reason);

    if (ngx_http_modhost_answered(ctx)) {
        ctx->finalized = 1;
        return;
    }

    if (!ctx->head_sent) {
        ngx_http_modhost_finalize(ctx, status);
        return;
    }

    if (r != r->main && r->header_only) {

        /* auth_request and mirror want no more than the head */

        r->headers_out.status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        ngx_http_modhost_finalize(ctx, NGX_OK);
        return;
    }

    ngx_http_modhost_reset_at_close(ctx);
    ngx_http_modhost_finalize(ctx, NGX_ERROR);
}


void
ngx_http_modhost_finalize(ngx_http_modhost_ctx_t *ctx, ngx_int_t rc)
{
    if (ctx->finalized) {
        return;
    }

    ctx->finalized = 1;

    ngx_http_modhost_detach(ctx, ctx->ended ? 0 : MODHOST_RESET_CLIENT);

    /* an error_page may go on with the request, without this context */

    ctx->request->read_event_handler = ngx_http_block_reading;

    ngx_http_finalize_request(ctx->request, rc);
}


void
ngx_http_modhost_abort_all(uint32_t reason, ngx_uint_t groups)
{
    ngx_queue_t             *q;
    ngx_http_modhost_ctx_t  *ctx;
    ngx_connection_t        *c;

    q = ngx_queue_head(&ngx_http_modhost_flying);

    while (q != ngx_queue_sentinel(&ngx_http_modhost_flying)) {

        ctx = ngx_queue_data(q, ngx_http_modhost_ctx_t, link);
        c = ctx->request->connection;

        if (ctx->app->group != NULL && !groups) {
            q = ngx_queue_next(q);
            continue;
        }

        ngx_http_modhost_fail(ctx, NGX_HTTP_SERVICE_UNAVAILABLE, reason);

        ngx_http_modhost_run_posted(c);

        /* others may have ended with it, or begun */

        q = ngx_queue_head(&ngx_http_modhost_flying);
    }
}


/*
 * nginx ends the request, whatever the reason: the client left, mostly. Or it
 * took too long (send_timeout), or the worker has to go
 * (worker_shutdown_timeout): nginx would close the connection as after a whole
 * response, which is what HTTP/1.0 takes for the end of one.
 */
void
ngx_http_modhost_cleanup(void *data)
{
    ngx_http_modhost_ctx_t  *ctx = data;

    ngx_uint_t  class;

    ctx->finalized = 1;

    if (ngx_http_modhost_is_cut_off(ctx)) {
        ngx_http_modhost_reset_at_close(ctx);
    }

    ngx_http_modhost_detach(ctx, ctx->ended ? 0 : MODHOST_RESET_CLIENT);

    if (ctx->app == NULL) {
        return;
    }

    class = ctx->request->headers_out.status / 100;

    /* none: the client left before there was one */

    ctx->app->count->requests[class >= 1 && class <= 5 ? class - 1 : 3]++;

    ngx_http_modhost_slow(ctx);
}


/* What nginx had not sent until its pool goes. */
void
ngx_http_modhost_release(void *data)
{
    ngx_http_modhost_release_pieces(data);
}
