/*
 * modhost_buffering: what a slow client has not taken goes to a temporary
 * file, so that the application is done with its response long before the
 * client is. The file is bounded; beyond that the send window holds the
 * application back as it does without.
 */

#include "ngx_http_modhost.h"


/* As proxy_max_temp_file_size. */
#define NGX_HTTP_MODHOST_SPOOL_MAX  ((off_t) 1024 * 1024 * 1024)


static ngx_int_t ngx_http_modhost_spool_open(ngx_http_modhost_ctx_t *ctx);
static ngx_int_t ngx_http_modhost_spool_piece(ngx_http_modhost_ctx_t *ctx,
    ngx_http_modhost_piece_t *piece);
static void ngx_http_modhost_spool_merge(ngx_http_modhost_ctx_t *ctx);


void
ngx_http_modhost_spool(ngx_http_modhost_ctx_t *ctx)
{
    ngx_http_modhost_piece_t  *piece;

    if (ctx->spool == NULL && ngx_http_modhost_spool_open(ctx) != NGX_OK) {
        ctx->buffering = 0;
        return;
    }

    for (piece = ctx->pending; piece != NULL; piece = piece->next) {

        if (piece->block == NULL) {
            continue;                  /* a file, or in the spool already     */
        }

        if (ctx->spool->offset + piece->left > NGX_HTTP_MODHOST_SPOOL_MAX) {
            break;
        }

        if (ngx_http_modhost_spool_piece(ctx, piece) != NGX_OK) {

            ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                          "MH0%d: a response of \"%s\" is not buffered any "
                          "longer", MH_E_SPOOL, ctx->app->name);

            ctx->buffering = 0;
            break;
        }
    }

    ngx_http_modhost_spool_merge(ctx);
}


static ngx_int_t
ngx_http_modhost_spool_open(ngx_http_modhost_ctx_t *ctx)
{
    ngx_temp_file_t           *tf;
    ngx_http_request_t        *r;
    ngx_http_core_loc_conf_t  *clcf;

    r = ctx->request;
    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    tf = ngx_pcalloc(r->pool, sizeof(ngx_temp_file_t));
    if (tf == NULL) {
        return NGX_ERROR;
    }

    tf->file.fd = NGX_INVALID_FILE;
    tf->file.log = r->connection->log;
    tf->path = clcf->client_body_temp_path;
    tf->pool = r->pool;
    tf->warn = "an application's response is buffered to a temporary file";
    tf->log_level = NGX_LOG_INFO;
    tf->clean = 1;

    ctx->spool = tf;

    return NGX_OK;
}


/* The block is written, reported and freed; the piece names its place. */
static ngx_int_t
ngx_http_modhost_spool_piece(ngx_http_modhost_ctx_t *ctx,
    ngx_http_modhost_piece_t *piece)
{
    off_t         start;
    ngx_chain_t   link;
    ngx_buf_t     copy;

    start = ctx->spool->offset;

    copy = piece->buf;
    link.buf = &copy;
    link.next = NULL;

    if (ngx_write_chain_to_temp_file(ctx->spool, &link) == NGX_ERROR) {
        return NGX_ERROR;
    }

    ctx->spool->offset = start + piece->left;

    ctx->sent += piece->left;
    piece->spooled = 1;

    mh_block_free(piece->block);
    piece->block = NULL;

    piece->buf.temporary = 0;
    piece->buf.start = NULL;
    piece->buf.pos = NULL;
    piece->buf.last = NULL;
    piece->buf.end = NULL;
    piece->buf.in_file = 1;
    piece->buf.temp_file = 1;
    piece->buf.file = &ctx->spool->file;
    piece->buf.file_pos = start;
    piece->buf.file_last = start + piece->left;

    return NGX_OK;
}


/* Neighbours in the file become one piece, so that there are only a few. */
static void
ngx_http_modhost_spool_merge(ngx_http_modhost_ctx_t *ctx)
{
    ngx_http_modhost_piece_t  *piece, *next;

    piece = ctx->pending;

    while (piece != NULL && (next = piece->next) != NULL) {

        if (!piece->spooled || !next->spooled
            || piece->buf.file_last != next->buf.file_pos)
        {
            piece = next;
            continue;
        }

        piece->buf.file_last = next->buf.file_last;
        piece->buf.flush |= next->buf.flush;
        piece->buf.last_buf = next->buf.last_buf;
        piece->buf.last_in_chain = next->buf.last_in_chain;
        piece->left += next->left;
        piece->next = next->next;

        if (ctx->last_pending == next) {
            ctx->last_pending = piece;
        }

        next->next = ctx->free;
        ctx->free = next;
    }
}
