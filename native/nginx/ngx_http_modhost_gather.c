/*
 * What waits for a slow client is put together. An application that writes a
 * few bytes at a time would else have nginx keep a block and a piece for each,
 * many times the send window.
 */

#include "ngx_http_modhost.h"


/* Longer ones are as well off alone. */
#define NGX_HTTP_MODHOST_GATHERED  8192

/* Up to this a small block will do. */
#define NGX_HTTP_MODHOST_FEW       1024


static ngx_http_modhost_piece_t *ngx_http_modhost_gather_piece(
    ngx_http_modhost_ctx_t *ctx, size_t size);


ngx_uint_t
ngx_http_modhost_waits(ngx_http_modhost_ctx_t *ctx)
{
    ngx_connection_t  *c;

    c = ctx->request->connection;

    return ctx->busy != NULL
           && (!c->write->ready || c->write->delayed
               || c->data != ctx->request);
}


ngx_uint_t
ngx_http_modhost_gather(ngx_http_modhost_ctx_t *ctx,
    const modhost_block *block)
{
    ngx_http_modhost_piece_t  *piece;

    if (block->length > NGX_HTTP_MODHOST_GATHERED
        || !ngx_http_modhost_waits(ctx))
    {
        return 0;
    }

    piece = ctx->last_pending;

    if (piece == NULL || piece->block == NULL) {
        return 0;                      /* the first of its kind               */
    }

    if (!piece->gathers
        || (size_t) (piece->buf.end - piece->buf.last) < block->length)
    {
        piece = ngx_http_modhost_gather_piece(ctx,
                    block->length > NGX_HTTP_MODHOST_FEW
                    ? 2 * NGX_HTTP_MODHOST_GATHERED : MH_BLOCK_USUAL);
        if (piece == NULL) {
            return 0;
        }
    }

    piece->buf.last = ngx_cpymem(piece->buf.last, block->data, block->length);
    piece->left += block->length;

    return 1;
}


static ngx_http_modhost_piece_t *
ngx_http_modhost_gather_piece(ngx_http_modhost_ctx_t *ctx, size_t size)
{
    modhost_block             *block;
    ngx_http_modhost_piece_t  *piece;

    block = mh_block_alloc(size);
    if (block == NULL) {
        return NULL;
    }

    piece = ngx_http_modhost_piece(ctx);
    if (piece == NULL) {
        mh_block_free(block);
        return NULL;
    }

    piece->buf.temporary = 1;
    piece->buf.start = block->data;
    piece->buf.pos = block->data;
    piece->buf.last = block->data;
    piece->buf.end = block->data + size;
    piece->block = block;
    piece->gathers = 1;

    return piece;
}
