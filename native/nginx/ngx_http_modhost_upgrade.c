/*
 * After "101 Switching Protocols" bytes go both ways: out as a response body
 * without end, in as the application's window allows. Silence has no limit,
 * only a client that does not take what it is sent (send_timeout); the end
 * comes from either side, or from the application when the worker stops.
 */

#include "ngx_http_modhost.h"

#include <sys/ioctl.h>


static void ngx_http_modhost_upgrade_handler(ngx_http_request_t *r);
static ngx_uint_t ngx_http_modhost_upgrade_gone(ngx_http_modhost_ctx_t *ctx);
static void ngx_http_modhost_upgrade_end(ngx_http_modhost_ctx_t *ctx);
static ngx_int_t ngx_http_modhost_upgrade_preread(ngx_http_modhost_ctx_t *ctx);


void
ngx_http_modhost_upgrade(ngx_http_modhost_ctx_t *ctx)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = ctx->request;
    c = r->connection;

    ctx->upgraded = 1;
    ctx->flushing = 1;

    /* not an HTTP connection any more */

    r->keepalive = 0;
    c->log->action = "passing an upgraded connection to an application";

    if (ctx->timer.timer_set) {
        ngx_del_timer(&ctx->timer);
    }

    if (c->read->timer_set) {
        ngx_del_timer(c->read);
    }

    r->read_event_handler = ngx_http_modhost_upgrade_handler;

    /* the application may have asked for what has come already */

    if (ctx->window != 0) {
        ngx_post_event(c->read, &ngx_posted_events);
    }
}


static void
ngx_http_modhost_upgrade_handler(ngx_http_request_t *r)
{
    ngx_http_modhost_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_modhost_module);

    if (ctx != NULL && ctx->exchange != NULL) {
        ngx_http_modhost_upgrade_pump(ctx);
    }
}


void
ngx_http_modhost_upgrade_pump(ngx_http_modhost_ctx_t *ctx)
{
    ssize_t              n;
    size_t               size;
    ngx_event_t         *rev;
    ngx_connection_t    *c;
    static u_char        buf[16384];

    c = ctx->request->connection;
    rev = c->read;

    if (ctx->body_ended || ngx_http_modhost_upgrade_gone(ctx)
        || ngx_http_modhost_upgrade_preread(ctx) == NGX_AGAIN)
    {
        return;
    }

    while (ctx->window != 0) {

        size = (size_t) ngx_min(ctx->window, sizeof(buf));

        n = c->recv(c, buf, size);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n == NGX_ERROR) {
            c->error = 1;
            ngx_log_error(NGX_LOG_INFO, c->log, 0,
                          "client broke an upgraded connection off");
            ngx_http_modhost_fail(ctx, NGX_HTTP_CLIENT_CLOSED_REQUEST,
                                  MODHOST_RESET_CLIENT);
            return;
        }

        if (n == 0) {
            ngx_http_modhost_upgrade_end(ctx);
            break;
        }

        ctx->window -= n;
        ctx->request->request_length += n;
        mh_exchange_body(ctx->exchange, buf, n, 0);
    }

    if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_http_modhost_fail(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR,
                              MODHOST_RESET_CLIENT);
    }
}


/* The client has no more to say; the app may still speak. */
static void
ngx_http_modhost_upgrade_end(ngx_http_modhost_ctx_t *ctx)
{
    ctx->body_ended = 1;
    mh_exchange_body(ctx->exchange, NULL, 0, MODHOST_BODY_END);
}


/*
 * A client that leaves while the application, which only speaks, reads nothing:
 * an error is certain, and so is an end behind which nothing waits.
 */
static ngx_uint_t
ngx_http_modhost_upgrade_gone(ngx_http_modhost_ctx_t *ctx)
{
    int                waiting;
    socklen_t          len;
    ngx_err_t          err;
    ngx_buf_t         *b;
    ngx_connection_t  *c;

    c = ctx->request->connection;
    b = ctx->request->header_in;

    if (ctx->window != 0 || !c->read->pending_eof) {
        return 0;
    }

    err = 0;
    len = sizeof(ngx_err_t);

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len) == -1) {
        err = ngx_socket_errno;
    }

    if (err != 0) {
        c->error = 1;
        ngx_log_error(NGX_LOG_INFO, c->log, err,
                      "client broke an upgraded connection off");
        ngx_http_modhost_fail(ctx, NGX_HTTP_CLIENT_CLOSED_REQUEST,
                              MODHOST_RESET_CLIENT);
        return 1;
    }

#if (NGX_HTTP_SSL)
    if (c->ssl) {
        return 0;
    }
#endif

    if (b->pos == b->last && ioctl(c->fd, FIONREAD, &waiting) == 0
        && waiting == 0)
    {
        ngx_http_modhost_upgrade_end(ctx);
        return 1;
    }

    return 0;
}


/* What came in one packet with the request head. */
static ngx_int_t
ngx_http_modhost_upgrade_preread(ngx_http_modhost_ctx_t *ctx)
{
    size_t      size;
    ngx_buf_t  *b;

    b = ctx->request->header_in;

    while (b->pos < b->last) {

        if (ctx->window == 0) {
            return NGX_AGAIN;
        }

        size = (size_t) ngx_min((uint64_t) (b->last - b->pos), ctx->window);

        ctx->window -= size;
        mh_exchange_body(ctx->exchange, b->pos, size, 0);
        b->pos += size;
    }

    return NGX_OK;
}
