/*
 * Pieces on their way to the client. What nginx has sent is freed and reported
 * to the application, which keeps to its send window: so memory stays bounded
 * however slow the client is.
 */

#include "ngx_http_modhost.h"


/* With modhost_buffering: more than this under way is a slow client. */
#define NGX_HTTP_MODHOST_BUSY  65536


static ngx_uint_t ngx_http_modhost_is_slow(ngx_http_modhost_ctx_t *ctx);
static ngx_chain_t *ngx_http_modhost_give(ngx_http_modhost_ctx_t *ctx);
static void ngx_http_modhost_reap(ngx_http_modhost_ctx_t *ctx);
static void ngx_http_modhost_nodelay(ngx_http_modhost_ctx_t *ctx);


ngx_http_modhost_piece_t *
ngx_http_modhost_piece(ngx_http_modhost_ctx_t *ctx)
{
    ngx_http_request_t        *r;
    ngx_http_modhost_piece_t  *piece;

    r = ctx->request;

    if (ctx->free == NULL && ctx->marks != NULL && !r->buffered
        && !r->connection->buffered && r->postponed == NULL)
    {
        ctx->free = ctx->marks;
        ctx->marks = NULL;
    }

    if (!ctx->first_used) {
        ctx->first_used = 1;
        piece = &ctx->first;

    } else if (ctx->free != NULL) {
        piece = ctx->free;
        ctx->free = piece->next;
        ngx_memzero(piece, sizeof(ngx_http_modhost_piece_t));

    } else {
        piece = ngx_pcalloc(r->pool, sizeof(ngx_http_modhost_piece_t));
        if (piece == NULL) {
            return NULL;
        }
    }

    piece->link.buf = &piece->buf;

    if (ctx->pending == NULL) {
        ctx->pending = piece;
    } else {
        ctx->last_pending->next = piece;
    }

    ctx->last_pending = piece;

    return piece;
}


/* Of what is in memory, with what waits. */
static ngx_uint_t
ngx_http_modhost_is_slow(ngx_http_modhost_ctx_t *ctx)
{
    off_t                      bytes;
    ngx_http_modhost_piece_t  *piece;

    bytes = ctx->busy_bytes;

    if (ngx_http_modhost_waits(ctx)) {
        for (piece = ctx->pending; piece != NULL; piece = piece->next) {
            bytes += piece->block != NULL ? piece->left : 0;
        }
    }

    return bytes >= NGX_HTTP_MODHOST_BUSY;
}


/* From `pending` to `busy`: a chain for the filters, or NULL. */
static ngx_chain_t *
ngx_http_modhost_give(ngx_http_modhost_ctx_t *ctx)
{
    ngx_uint_t                 waits;
    ngx_chain_t               *out, **last;
    ngx_http_modhost_piece_t  *piece;

    out = NULL;
    last = &out;
    waits = ngx_http_modhost_waits(ctx);

    while (ctx->pending != NULL) {

        if (ctx->buffering && !ctx->upgraded && ngx_http_modhost_is_slow(ctx))
        {
            ngx_http_modhost_spool(ctx);

            if (ctx->buffering) {
                break;
            }
        }

        if (waits) {
            break;
        }

        piece = ctx->pending;
        ctx->pending = piece->next;
        piece->next = NULL;

        if (ctx->busy == NULL) {
            ctx->busy = piece;
        } else {
            ctx->last_busy->next = piece;
        }

        ctx->last_busy = piece;
        ctx->busy_bytes += piece->left;
        ctx->flushed = piece->buf.flush;

        *last = &piece->link;
        last = &piece->link.next;
    }

    if (ctx->pending == NULL) {
        ctx->last_pending = NULL;
    }

    return out;
}


void
ngx_http_modhost_pump(ngx_http_modhost_ctx_t *ctx)
{
    ngx_chain_t               *out;
    ngx_event_t               *wev;
    ngx_connection_t          *c;
    ngx_http_request_t        *r;
    ngx_http_core_loc_conf_t  *clcf;

    r = ctx->request;
    c = r->connection;
    wev = c->write;

    if (ctx->flushing && !ctx->nodelay_set) {
        ngx_http_modhost_nodelay(ctx);
    }

    do {
        out = ngx_http_modhost_give(ctx);

        /* nginx takes it for an error where there is nothing to write at all */

        if ((out != NULL || ctx->busy != NULL || r->postponed || r->buffered
             || c->buffered || c->error)
            && ngx_http_output_filter(r, out) == NGX_ERROR)
        {
            ngx_http_modhost_fail(ctx, NGX_ERROR, MODHOST_RESET_CLIENT);
            return;
        }

        ngx_http_modhost_reap(ctx);

    } while (ctx->pending != NULL && ctx->busy == NULL);

    if (ctx->ended && ctx->pending == NULL) {
        ngx_http_modhost_finalize(ctx, NGX_OK);
        return;
    }

    ngx_http_modhost_client_wait(ctx, ctx->busy != NULL);
    ngx_http_modhost_report(ctx);

    if (wev->delayed) {
        return;                        /* limit_rate has its timer            */
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (c->data == r
        && ngx_handle_write_event(wev, clcf->send_lowat) != NGX_OK)
    {
        ngx_http_modhost_finalize(ctx, NGX_ERROR);
        return;
    }

    if (wev->active && !wev->ready) {
        ngx_add_timer(wev, clcf->send_timeout);

    } else if (wev->timer_set) {
        ngx_del_timer(wev);
    }
}


void
ngx_http_modhost_write_handler(ngx_http_request_t *r)
{
    ngx_event_t               *wev;
    ngx_connection_t          *c;
    ngx_http_modhost_ctx_t    *ctx;
    ngx_http_core_loc_conf_t  *clcf;

    c = r->connection;
    wev = c->write;
    ctx = ngx_http_get_module_ctx(r, ngx_http_modhost_module);

    if (ctx == NULL || ctx->finalized) {
        return;
    }

    if (wev->timedout) {
        ngx_log_error(NGX_LOG_INFO, c->log, NGX_ETIMEDOUT,
                      "client timed out");
        c->timedout = 1;

        ngx_http_modhost_finalize(ctx, NGX_HTTP_REQUEST_TIME_OUT);
        return;
    }

    if (wev->delayed || r->aio) {
        clcf = ngx_http_get_module_loc_conf(r->main, ngx_http_core_module);

        if (!wev->delayed) {
            ngx_add_timer(wev, clcf->send_timeout);
        }

        if (ngx_handle_write_event(wev, clcf->send_lowat) != NGX_OK) {
            ngx_http_modhost_finalize(ctx, NGX_ERROR);
        }

        return;
    }

    ngx_http_modhost_pump(ctx);
}


/* In the order in which they were given: what follows unsent data waits. */
static void
ngx_http_modhost_reap(ngx_http_modhost_ctx_t *ctx)
{
    off_t                      left;
    ngx_http_modhost_piece_t  *piece;

    while (ctx->busy != NULL) {

        piece = ctx->busy;
        left = ngx_buf_size(&piece->buf);

        ctx->busy_bytes -= piece->left - left;

        if (!piece->spooled) {
            ctx->sent += piece->left - left;
        }

        piece->left = left;

        if (left != 0) {
            return;
        }

        ctx->busy = piece->next;

        if (ctx->busy == NULL) {
            ctx->last_busy = NULL;
        }

        if (piece->block == NULL && piece->file == NULL) {

            /*
             * A mark without bytes. nginx may still have it behind what it
             * has not sent, so it is not used again before that has left.
             */

            piece->next = ctx->marks;
            ctx->marks = piece;

            continue;
        }

        ngx_http_modhost_piece_done(piece);

        piece->next = ctx->free;
        ctx->free = piece;
    }
}


void
ngx_http_modhost_piece_done(ngx_http_modhost_piece_t *piece)
{
    if (piece->block != NULL) {
        mh_block_free(piece->block);
        piece->block = NULL;
    }

    if (piece->file != NULL) {

        if (ngx_close_file(piece->file->fd) == NGX_FILE_ERROR) {
            ngx_log_error(NGX_LOG_ALERT, piece->file->log, ngx_errno,
                          ngx_close_file_n " of an application's file failed");
        }

        piece->file = NULL;
    }
}


/* With the request's pool: nothing of nginx refers to them any more. */
void
ngx_http_modhost_release_pieces(ngx_http_modhost_ctx_t *ctx)
{
    ngx_http_modhost_piece_t  *piece;

    for (piece = ctx->busy; piece != NULL; piece = piece->next) {
        ngx_http_modhost_piece_done(piece);
    }

    for (piece = ctx->pending; piece != NULL; piece = piece->next) {
        ngx_http_modhost_piece_done(piece);
    }

    ctx->busy = NULL;
    ctx->last_busy = NULL;
    ctx->pending = NULL;
    ctx->last_pending = NULL;
}


void
ngx_http_modhost_report(ngx_http_modhost_ctx_t *ctx)
{
    uint32_t  bytes;

    while (ctx->sent != 0 && ctx->exchange != NULL) {
        bytes = (uint32_t) ngx_min(ctx->sent, NGX_MAX_INT32_VALUE);
        ctx->sent -= bytes;
        mh_exchange_sent(ctx->exchange, bytes);
    }
}


/* Pieces that the app wants sent now are not held back by the kernel either. */
static void
ngx_http_modhost_nodelay(ngx_http_modhost_ctx_t *ctx)
{
    ngx_connection_t          *c;
    ngx_http_core_loc_conf_t  *clcf;

    ctx->nodelay_set = 1;
    c = ctx->request->connection;

    clcf = ngx_http_get_module_loc_conf(ctx->request, ngx_http_core_module);

    if (clcf->tcp_nodelay) {
        (void) ngx_tcp_nodelay(c);
    }
}
