/*
 * The life of a request: content handler, waiting for its body and its turn,
 * the exchange. Its end is in ngx_http_modhost_end.c.
 */

#include "ngx_http_modhost.h"


static ngx_http_modhost_ctx_t *ngx_http_modhost_create_ctx(
    ngx_http_request_t *r);


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

    ngx_http_modhost_fly(ctx);

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
ngx_uint_t
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

        /* a host that has to stop is no failure of the application */

        ngx_http_modhost_fail(ctx, message->reason == MODHOST_RESET_SHUTDOWN
                                   ? NGX_HTTP_SERVICE_UNAVAILABLE
                                   : NGX_HTTP_INTERNAL_SERVER_ERROR, 0);
        break;

    default:
        break;
    }

    ngx_http_modhost_run_posted(c);
}
