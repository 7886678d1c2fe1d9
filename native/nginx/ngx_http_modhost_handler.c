/*
 * The life of a request: content handler, waiting for its body and its turn,
 * the exchange, the end.
 *
 * A request holds its exchange from begin until END or detach. Whatever ends
 * the request first (nginx's clean-up, a failure, the application), detach is
 * called once, and from then on nothing of the application reaches it.
 */

#include "ngx_http_modhost.h"


static ngx_http_modhost_ctx_t *ngx_http_modhost_create_ctx(
    ngx_http_request_t *r);
static void ngx_http_modhost_cleanup(void *data);
static void ngx_http_modhost_release(void *data);
static void ngx_http_modhost_timeout(ngx_event_t *ev);


/* Requests that hold an exchange. */
static ngx_queue_t  ngx_http_modhost_flying = {
    &ngx_http_modhost_flying, &ngx_http_modhost_flying
};


ngx_int_t
ngx_http_modhost_handler(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_http_modhost_ctx_t  *ctx;

    ctx = ngx_http_modhost_create_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->app == NULL) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "MH0%d: this process hosts no applications, \"%V\" "
                      "among them", MH_E_LOOP, &ctx->conf->app->path);
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    ctx->has_body = ngx_http_modhost_has_body(r);

    if (ctx->has_body && ctx->conf->request_buffering
        && r->request_body == NULL)
    {
        rc = ngx_http_read_client_request_body(r, ngx_http_modhost_start);

        return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
    }

    r->main->count++;

    ngx_http_modhost_start(r);

    return NGX_DONE;
}


static ngx_http_modhost_ctx_t *
ngx_http_modhost_create_ctx(ngx_http_request_t *r)
{
    ngx_http_modhost_ctx_t  *ctx;

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_modhost_ctx_t));
    if (ctx == NULL) {
        return NULL;
    }

    ctx->request = r;
    ctx->conf = ngx_http_get_module_loc_conf(r, ngx_http_modhost_module);
    ctx->app = ctx->conf->app->app;
    ctx->buffering = ctx->conf->buffering;
    ctx->arrived = ngx_current_msec;
    ctx->rest = -1;

    /* as ngx_http_cleanup_add and ngx_pool_cleanup_add, without allocating */

    ctx->detach.handler = ngx_http_modhost_cleanup;
    ctx->detach.data = ctx;
    ctx->detach.next = r->main->cleanup;
    r->main->cleanup = &ctx->detach;

    ctx->release.handler = ngx_http_modhost_release;
    ctx->release.data = ctx;
    ctx->release.next = r->pool->cleanup;
    r->pool->cleanup = &ctx->release;

    ngx_http_set_ctx(r, ctx, ngx_http_modhost_module);

    return ctx;
}


void
ngx_http_modhost_start(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_http_modhost_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_modhost_module);

    rc = ngx_http_modhost_admit(ctx);

    if (rc == NGX_OK) {
        ngx_http_modhost_begin(ctx);
        return;
    }

    if (rc == NGX_AGAIN) {
        ngx_http_modhost_watch_client(ctx);
        return;
    }

    ngx_http_modhost_finalize(ctx, ngx_http_modhost_unavailable(ctx));
}


void
ngx_http_modhost_begin(ngx_http_modhost_ctx_t *ctx)
{
    ngx_int_t            rc;
    mh_exchange         *exchange;
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = ctx->request;
    c = r->connection;

    rc = ngx_http_modhost_request_head(ctx);

    if (rc == NGX_OK && ctx->channel != NULL
        && ngx_http_modhost_route(ctx) != NGX_OK)
    {
        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc != NGX_OK) {
        ngx_http_modhost_finalize(ctx, rc);
        return;
    }

    exchange = ctx->exchange;
    exchange->request = ctx;

    if (ctx->conf->max_request_body != NGX_CONF_UNSET) {
        exchange->pub.max_request_body =
            ctx->conf->max_request_body == 0 ? NGX_MAX_OFF_T_VALUE
                                             : ctx->conf->max_request_body;
    }

    if (ctx->conf->detailed_errors) {
        exchange->pub.flags |= MODHOST_EXCHANGE_DETAIL;
    }

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

    ngx_queue_insert_tail(&ngx_http_modhost_flying, &ctx->link);

    if (ctx->conf->request_timeout != 0) {
        ctx->timer.handler = ngx_http_modhost_timeout;
        ctx->timer.data = ctx;
        ctx->timer.log = c->log;
        ngx_add_timer(&ctx->timer, ctx->conf->request_timeout);
    }

    ngx_http_modhost_watch_client(ctx);

    if (ctx->conf->dispatch == NGX_HTTP_MODHOST_INLINE
        && ctx->app->group == NULL)
    {
        ngx_http_modhost_loop_begin_inline(exchange, c);
        return;
    }

    mh_exchange_begin(exchange);
    ngx_http_modhost_loop_flush_later();
}


/*
 * nginx itself has answered, and waits for the client to take it: to a body
 * that is not as long as it should be, over HTTP/2.
 */
static ngx_uint_t
ngx_http_modhost_answered(ngx_http_modhost_ctx_t *ctx)
{
    ngx_http_request_t  *r;

    r = ctx->request;

    return r->header_sent && !ctx->head_sent && !r->post_action;
}


void
ngx_http_modhost_message(ngx_http_modhost_ctx_t *ctx, mh_message *message)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    if (ngx_http_modhost_answered(ctx)) {
        ngx_http_modhost_fail(ctx, NGX_ERROR, MODHOST_RESET_BODY);
        return;
    }

    switch (message->kind) {

    case MH_MESSAGE_SEND:
        ngx_http_modhost_send(ctx, message);
        break;

    case MH_MESSAGE_READ:
        ngx_http_modhost_body_read(ctx, message->window);
        break;

    case MH_MESSAGE_RESET:
        if (message->reason >= MH_RESET_LOST) {
            ngx_http_modhost_lost(ctx, message->reason);
            break;
        }

        ngx_log_error(NGX_LOG_ERR, c->log, 0,
                      "MH0%d: application \"%s\" broke the %s off",
                      MH_E_RESPONSE_RESET, ctx->app->name,
                      ctx->head_sent ? "response" : "request");

        ngx_http_modhost_fail(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR, 0);
        break;

    default:
        break;
    }

    ngx_http_modhost_run_posted(c);
}


static void
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


/* What was sent must not look whole: the connection, or the stream, is reset. */
static void
ngx_http_modhost_break_off(ngx_http_modhost_ctx_t *ctx)
{
    struct linger        linger;
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = ctx->request;
    c = r->connection;

#if (NGX_HTTP_V2)
    if (r->stream) {
        ngx_http_modhost_finalize(ctx, NGX_ERROR);
        return;
    }
#endif

#if (NGX_HTTP_V3)
    if (r->http_version == NGX_HTTP_VERSION_30) {
        ngx_http_modhost_finalize(ctx, NGX_ERROR);
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

    ngx_http_modhost_finalize(ctx, NGX_ERROR);
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

    ngx_http_modhost_break_off(ctx);
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


/* nginx ends the request, whatever the reason: the client left, mostly. */
static void
ngx_http_modhost_cleanup(void *data)
{
    ngx_http_modhost_ctx_t  *ctx = data;

    ngx_uint_t  class;

    ctx->finalized = 1;

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
static void
ngx_http_modhost_release(void *data)
{
    ngx_http_modhost_release_pieces(data);
}
