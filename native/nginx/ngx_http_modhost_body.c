/*
 * The request body: read from the client only as far as the application's
 * window allows, and handed over from nginx's buffers.
 *
 * Nothing is read before the application first asks: so "100 Continue", which
 * nginx sends when reading begins, goes out then. With
 * modhost_request_buffering the whole body is there before the request begins.
 */

#include "ngx_http_modhost.h"


/* From a temporary file, at a time. */
#define NGX_HTTP_MODHOST_FILE_CHUNK  32768


static ngx_uint_t ngx_http_modhost_body_wanted(ngx_http_modhost_ctx_t *ctx);
static ngx_int_t ngx_http_modhost_body_start(ngx_http_modhost_ctx_t *ctx);
static void ngx_http_modhost_body_started(ngx_http_request_t *r);
static ngx_int_t ngx_http_modhost_body_deliver(ngx_http_modhost_ctx_t *ctx);
static ngx_int_t ngx_http_modhost_body_from_file(ngx_http_modhost_ctx_t *ctx,
    ngx_buf_t *b, size_t size, uint32_t flags);
static void ngx_http_modhost_body_next(ngx_http_modhost_ctx_t *ctx);
static void ngx_http_modhost_body_failed(ngx_http_modhost_ctx_t *ctx,
    ngx_int_t rc);
static void ngx_http_modhost_body_handler(ngx_http_request_t *r);


ngx_uint_t
ngx_http_modhost_has_body(ngx_http_request_t *r)
{
    if (r != r->main || r->discard_body) {
        return 0;
    }

    if (r->headers_in.content_length_n <= 0 && !r->headers_in.chunked) {
        return 0;
    }

    /* an error page asks with GET, and is not asked for with the body */

    if (r->error_page && r->method == NGX_HTTP_GET) {
        return 0;
    }

    /* an earlier handler of this request had it, in part or whole */

    if (r->request_body != NULL
        && (r->reading_body || r->request_body->bufs == NULL
            || r->request_body->rest != 0))
    {
        return 0;
    }

    return 1;
}


void
ngx_http_modhost_body_read(ngx_http_modhost_ctx_t *ctx, uint64_t window)
{
    ctx->window += window;

    /* HTTP/2 goes on timing a client whose data nobody wanted */

    ctx->request->connection->read->timedout = 0;

    if (ctx->upgraded) {
        ngx_http_modhost_upgrade_pump(ctx);

    } else if (ctx->has_body) {
        ngx_http_modhost_body_pump(ctx);
    }
}


/* The end may come by itself, after bytes for which there was just room. */
static ngx_uint_t
ngx_http_modhost_body_wanted(ngx_http_modhost_ctx_t *ctx)
{
    off_t  length;

    length = ctx->request->headers_in.content_length_n;

    return ctx->window != 0 || (length > 0 && ctx->received >= length);
}


void
ngx_http_modhost_body_pump(ngx_http_modhost_ctx_t *ctx)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

    r = ctx->request;

    if (ctx->body_ended || ctx->body_coming || ctx->exchange == NULL
        || !ngx_http_modhost_body_wanted(ctx))
    {
        return;
    }

    if (!ctx->body_started) {
        rc = ngx_http_modhost_body_start(ctx);

        if (rc == NGX_AGAIN) {
            return;
        }

        if (rc != NGX_OK) {
            ngx_http_modhost_body_failed(ctx, rc);
            return;
        }
    }

    for ( ;; ) {
        rc = ngx_http_modhost_body_deliver(ctx);

        if (rc != NGX_OK) {
            ngx_http_modhost_body_failed(ctx, rc);
            return;
        }

        if (ctx->body_ended || !ngx_http_modhost_body_wanted(ctx)) {
            break;
        }

        rc = ngx_http_read_unbuffered_request_body(r);

        ngx_http_modhost_client_wait(ctx, 0);

        if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
            ngx_http_modhost_body_failed(ctx, rc);
            return;
        }

        ctx->in = r->request_body->bufs;
        ctx->offset = 0;
        r->request_body->bufs = NULL;

        if (ctx->in == NULL && r->reading_body) {

            /* nginx has armed the timer of client_body_timeout */

            ngx_http_modhost_client_wait(ctx, 1);

            r->read_event_handler = ngx_http_modhost_body_handler;
            return;
        }
    }

    /* the application is slow, or done: not the client's fault */

    if (r->connection->read->timer_set) {
        ngx_del_timer(r->connection->read);
    }

    ngx_http_modhost_watch_client(ctx);
}


static ngx_int_t
ngx_http_modhost_body_start(ngx_http_modhost_ctx_t *ctx)
{
    ngx_int_t                   rc;
    ngx_http_request_t         *r;
    ngx_http_event_handler_pt   write_handler;

    r = ctx->request;
    ctx->body_started = 1;

    if (r->request_body == NULL) {

        /* "100 Continue" would come in the middle of the response */

        if (ctx->head_sent) {
            r->expect_tested = 1;
        }

        r->request_body_no_buffering = 1;
        write_handler = r->write_event_handler;

        rc = ngx_http_read_client_request_body(r,
                                               ngx_http_modhost_body_started);
        if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
            return rc;
        }

        /* it took a reference for a handler that would finalize */

        r->main->count--;
        r->write_event_handler = write_handler;

        if (rc == NGX_AGAIN && !r->reading_body) {

            /* HTTP/2, and all of it is here: nginx hands it over in an event */

            ctx->body_coming = 1;
            return NGX_AGAIN;
        }

        ctx->in = r->request_body->bufs;
        r->request_body->bufs = NULL;

        return NGX_OK;
    }

    ctx->body_whole = 1;
    ctx->in = r->request_body->bufs;

    return NGX_OK;
}


/* Called while reading begins, or later with a body that is whole. */
static void
ngx_http_modhost_body_started(ngx_http_request_t *r)
{
    ngx_http_modhost_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_modhost_module);

    if (ctx == NULL || !ctx->body_coming) {
        return;
    }

    ctx->body_coming = 0;
    ctx->body_whole = 1;
    ctx->in = r->request_body->bufs;

    ngx_http_modhost_body_pump(ctx);
}


static off_t
ngx_http_modhost_body_left(ngx_http_modhost_ctx_t *ctx)
{
    return ngx_buf_size(ctx->in->buf) - ctx->offset;
}


/* As much of ctx->in as the window allows; the end with the last bytes. */
static ngx_int_t
ngx_http_modhost_body_deliver(ngx_http_modhost_ctx_t *ctx)
{
    size_t               size;
    off_t                left;
    uint32_t             flags;
    ngx_int_t            rc;
    ngx_buf_t           *b;
    ngx_chain_t         *cl;
    ngx_http_request_t  *r;

    r = ctx->request;

    while (ctx->in != NULL) {

        b = ctx->in->buf;
        left = ngx_http_modhost_body_left(ctx);

        if (left == 0) {
            ngx_http_modhost_body_next(ctx);
            continue;
        }

        if (ctx->window == 0) {
            return NGX_OK;
        }

        size = (size_t) ngx_min((uint64_t) left, ctx->window);
        size = ngx_min(size, NGX_HTTP_MODHOST_FILE_CHUNK);
        flags = 0;

        if (left == (off_t) size && (ctx->body_whole || !r->reading_body)) {

            for (cl = ctx->in->next; cl; cl = cl->next) {
                if (ngx_buf_size(cl->buf) != 0) {
                    break;
                }
            }

            if (cl == NULL) {
                flags = MODHOST_BODY_END;
                ctx->body_ended = 1;
            }
        }

        ctx->window -= size;
        ctx->received += size;

        if (!ngx_buf_in_memory(b)) {
            rc = ngx_http_modhost_body_from_file(ctx, b, size, flags);
            if (rc != NGX_OK) {
                return rc;
            }

        } else {
            mh_exchange_body(ctx->exchange, b->pos + ctx->offset, size, flags);
        }

        ctx->offset += size;
    }

    if (!ctx->body_ended && (ctx->body_whole || !r->reading_body)) {
        ctx->body_ended = 1;
        mh_exchange_body(ctx->exchange, NULL, 0, MODHOST_BODY_END);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_modhost_body_from_file(ngx_http_modhost_ctx_t *ctx, ngx_buf_t *b,
    size_t size, uint32_t flags)
{
    ssize_t        n;
    static u_char  chunk[NGX_HTTP_MODHOST_FILE_CHUNK];

    n = ngx_read_file(b->file, chunk, size, b->file_pos + ctx->offset);

    if (n != (ssize_t) size) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    mh_exchange_body(ctx->exchange, chunk, size, flags);

    return NGX_OK;
}


/* A buffer that is read empty goes back to nginx's reader. */
static void
ngx_http_modhost_body_next(ngx_http_modhost_ctx_t *ctx)
{
    ngx_chain_t  *cl;

    cl = ctx->in;
    ctx->in = cl->next;
    ctx->offset = 0;

    if (!ctx->body_whole) {
        cl->buf->pos = cl->buf->last;
        ngx_free_chain(ctx->request->pool, cl);
    }
}


static void
ngx_http_modhost_body_failed(ngx_http_modhost_ctx_t *ctx, ngx_int_t rc)
{
    uint32_t           reason;
    ngx_connection_t  *c;

    c = ctx->request->connection;

    if (c->error) {
        ngx_http_modhost_fail(ctx, NGX_HTTP_CLIENT_CLOSED_REQUEST,
                              MODHOST_RESET_CLIENT);
        return;
    }

    reason = rc == NGX_HTTP_REQUEST_ENTITY_TOO_LARGE ? MODHOST_RESET_TOO_LARGE
                                                     : MODHOST_RESET_BODY;

    ngx_http_modhost_fail(ctx, rc, reason);
}


static void
ngx_http_modhost_body_handler(ngx_http_request_t *r)
{
    ngx_http_modhost_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_modhost_module);

    if (ctx == NULL || ctx->exchange == NULL) {
        return;
    }

    if (r->connection->read->timedout) {
        r->connection->timedout = 1;
        ngx_http_modhost_body_failed(ctx, NGX_HTTP_REQUEST_TIME_OUT);
        return;
    }

    ngx_http_modhost_body_pump(ctx);
}
