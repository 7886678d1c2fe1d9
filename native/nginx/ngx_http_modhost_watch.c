/*
 * A client that nobody reads from at the moment: has it left?
 */

#include "ngx_http_modhost.h"

#include <sys/ioctl.h>


static void ngx_http_modhost_body_paused(ngx_http_request_t *r);


void
ngx_http_modhost_watch_client(ngx_http_modhost_ctx_t *ctx)
{
    ngx_http_request_t  *r;

    r = ctx->request;

    if (ctx->has_body && !ctx->body_ended
        && (r->request_body == NULL || r->reading_body))
    {
        r->read_event_handler = ngx_http_modhost_body_paused;

    } else {
        r->read_event_handler = ngx_http_test_reading;
    }

#if (NGX_HAVE_EPOLLRDHUP)

    /* it may have left with the event that brought its request */

    if (r->connection->read->pending_eof) {
        ngx_post_event(r->connection->read, &ngx_posted_events);
    }

#endif
}


/*
 * Bytes of the body may wait in the socket, and the end of the stream behind
 * them. That the client is gone is certain after an error, or where fewer
 * bytes are there than are still to come.
 */
static void
ngx_http_modhost_body_paused(ngx_http_request_t *r)
{
    int                      waiting;
    off_t                    rest;
    socklen_t                len;
    ngx_err_t                err;
    ngx_connection_t        *c;
    ngx_http_modhost_ctx_t  *ctx;

    c = r->connection;
    c->read->timedout = 0;

    ctx = ngx_http_get_module_ctx(r, ngx_http_modhost_module);

    if (ctx == NULL) {
        return;
    }

#if (NGX_HTTP_V2)
    if (r->stream) {
        ngx_http_test_reading(r);
        return;
    }
#endif

#if (NGX_HTTP_V3)
    if (r->http_version == NGX_HTTP_VERSION_30) {
        ngx_http_test_reading(r);
        return;
    }
#endif

    ngx_http_block_reading(r);         /* where events are level-triggered    */

#if (NGX_HAVE_EPOLLRDHUP)
    if (!c->read->pending_eof) {
        return;
    }
#endif

    err = 0;
    len = sizeof(ngx_err_t);

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len) == -1) {
        err = ngx_socket_errno;
    }

    if (err == 0) {

#if (NGX_HTTP_SSL)
        if (c->ssl) {
            return;
        }
#endif

        if (r->request_body != NULL) {
            rest = r->request_body->rest;

        } else {
            rest = r->headers_in.content_length_n
                   - (r->header_in->last - r->header_in->pos);
        }

        if (r->headers_in.chunked || ioctl(c->fd, FIONREAD, &waiting) == -1
            || waiting >= rest)
        {
            return;
        }
    }

    c->error = 1;

    ngx_log_error(NGX_LOG_INFO, c->log, err,
                  "client prematurely closed connection");

    ngx_http_modhost_fail(ctx, NGX_HTTP_CLIENT_CLOSED_REQUEST,
                          MODHOST_RESET_CLIENT);
}
