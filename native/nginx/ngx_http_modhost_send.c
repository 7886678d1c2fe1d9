/*
 * A piece of response from the application, made into nginx's buffers. Blocks
 * are not copied; a file is sent by nginx itself.
 */

#include "ngx_http_modhost.h"


static void ngx_http_modhost_before_end(ngx_http_modhost_ctx_t *ctx);
static void ngx_http_modhost_send_nothing(ngx_http_modhost_ctx_t *ctx,
    mh_message *message);
static ngx_int_t ngx_http_modhost_take_blocks(ngx_http_modhost_ctx_t *ctx,
    mh_message *message);
static ngx_int_t ngx_http_modhost_take_file(ngx_http_modhost_ctx_t *ctx,
    mh_message *message);
static ngx_int_t ngx_http_modhost_take_end(ngx_http_modhost_ctx_t *ctx,
    mh_message *message);
static ngx_int_t ngx_http_modhost_take_flush(ngx_http_modhost_ctx_t *ctx);
static ngx_int_t ngx_http_modhost_count_bytes(ngx_http_modhost_ctx_t *ctx,
    off_t size);


void
ngx_http_modhost_send(ngx_http_modhost_ctx_t *ctx, mh_message *message)
{
    ngx_int_t  rc;

    if (message->flags & MODHOST_SEND_END) {
        ngx_http_modhost_before_end(ctx);
    }

    if (message->head != NULL) {

        rc = ngx_http_modhost_send_head(ctx, message->head, message->flags);

        if (rc == NGX_ERROR) {
            goto failed;
        }

        if (rc == NGX_DONE) {
            return;
        }
    }

    if (!ctx->head_sent) {
        return;                        /* informational, and nothing else     */
    }

    if (ctx->request->header_only && !ctx->upgraded) {
        ngx_http_modhost_send_nothing(ctx, message);
        return;
    }

    if (ngx_http_modhost_take_blocks(ctx, message) != NGX_OK
        || ngx_http_modhost_take_file(ctx, message) != NGX_OK
        || ngx_http_modhost_take_end(ctx, message) != NGX_OK)
    {
        goto failed;
    }

    if (ctx->ended) {

        /* whatever the client takes its time for, the app is done with it */

        ngx_http_modhost_detach(ctx, 0);

    } else if ((ctx->upgraded || (message->flags & MODHOST_SEND_FLUSH))
               && ngx_http_modhost_take_flush(ctx) != NGX_OK)
    {
        goto failed;
    }

    if (ctx->pending != NULL) {
        ngx_http_modhost_pump(ctx);
    }

    return;

failed:

    ngx_http_modhost_fail(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR,
                          MODHOST_RESET_APP);
}


/* What is left of the request body will not be asked for. */
static void
ngx_http_modhost_before_end(ngx_http_modhost_ctx_t *ctx)
{
    ngx_http_request_t  *r;

    r = ctx->request;

    if (!ctx->has_body || ctx->body_ended) {
        return;
    }

    if (ctx->body_started) {

        if (r->reading_body) {
            r->keepalive = 0;
        }

        return;
    }

    if (r->headers_in.expect != NULL && !r->expect_tested
        && r->http_version == NGX_HTTP_VERSION_11)
    {
        /* whether the client will still send its body nobody can know */

        r->expect_tested = 1;
        r->keepalive = 0;
        r->lingering_close = 1;
        return;
    }

    if (ngx_http_discard_request_body(r) != NGX_OK) {
        r->keepalive = 0;
    }
}


/* HEAD, 204, 304: the app may have written, nginx has nothing to send. */
static void
ngx_http_modhost_send_nothing(ngx_http_modhost_ctx_t *ctx, mh_message *message)
{
    uint64_t              size;
    modhost_block        *block;

    if (message->flags & MODHOST_SEND_END) {
        ctx->ended = 1;
        ngx_http_modhost_finalize(ctx, NGX_OK);
        return;
    }

    size = message->file != -1 ? message->file_length : 0;

    for (block = message->blocks; block != NULL; block = block->next) {
        size += block->length;
    }

    ctx->sent += size;
    ngx_http_modhost_report(ctx);
}


/* An answer never looks whole if it is shorter or longer than it says. */
static ngx_int_t
ngx_http_modhost_count_bytes(ngx_http_modhost_ctx_t *ctx, off_t size)
{
    if (ctx->rest < 0) {
        return NGX_OK;
    }

    if (size > ctx->rest) {
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "MH0%d: application \"%s\" sent more than its "
                      "Content-Length", MH_E_RESPONSE_LENGTH, ctx->app->name);
        return NGX_ERROR;
    }

    ctx->rest -= size;

    return NGX_OK;
}


static ngx_int_t
ngx_http_modhost_take_blocks(ngx_http_modhost_ctx_t *ctx, mh_message *message)
{
    ngx_uint_t                 kept;
    modhost_block             *block;
    ngx_http_modhost_piece_t  *piece;

    while (message->blocks != NULL) {

        block = message->blocks;
        kept = 0;

        if (ngx_http_modhost_count_bytes(ctx, block->length) != NGX_OK) {
            return NGX_ERROR;
        }

        if (block->length != 0 && !ngx_http_modhost_gather(ctx, block)) {

            piece = ngx_http_modhost_piece(ctx);
            if (piece == NULL) {
                return NGX_ERROR;
            }

            piece->buf.temporary = 1;
            piece->buf.start = block->data;
            piece->buf.pos = block->data;
            piece->buf.last = block->data + block->length;
            piece->buf.end = block->data + block->capacity;
            piece->left = block->length;
            piece->block = block;
            kept = 1;
        }

        message->blocks = block->next;
        block->next = NULL;

        if (!kept) {
            mh_block_free(block);
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_modhost_take_file(ngx_http_modhost_ctx_t *ctx, mh_message *message)
{
    ngx_log_t                 *log;
    ngx_file_t                *file;
    struct stat                st;
    ngx_http_modhost_piece_t  *piece;

    log = ctx->request->connection->log;

    if (message->file == -1) {
        return NGX_OK;
    }

    if (fstat(message->file, &st) == -1 || !S_ISREG(st.st_mode)
        || message->file_offset < 0 || message->file_length < 0
        || message->file_offset > st.st_size
        || message->file_length > st.st_size - message->file_offset)
    {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "MH0%d: application \"%s\" wants to send what is not in "
                      "a regular file", MH_E_SEND_FILE, ctx->app->name);
        return NGX_ERROR;
    }

    if (ngx_http_modhost_count_bytes(ctx, message->file_length) != NGX_OK) {
        return NGX_ERROR;
    }

    if (message->file_length == 0) {
        return NGX_OK;
    }

    file = ngx_pcalloc(ctx->request->pool, sizeof(ngx_file_t));
    if (file == NULL) {
        return NGX_ERROR;
    }

    piece = ngx_http_modhost_piece(ctx);
    if (piece == NULL) {
        return NGX_ERROR;
    }

    file->fd = message->file;
    file->log = log;
    ngx_str_set(&file->name, "a file of the application");

    piece->buf.in_file = 1;
    piece->buf.file = file;
    piece->buf.file_pos = message->file_offset;
    piece->buf.file_last = message->file_offset + message->file_length;
    piece->left = message->file_length;
    piece->file = file;

    message->file = -1;

    return NGX_OK;
}


static ngx_int_t
ngx_http_modhost_take_end(ngx_http_modhost_ctx_t *ctx, mh_message *message)
{
    ngx_buf_t                 *b;
    ngx_http_request_t        *r;
    ngx_http_modhost_piece_t  *piece;

    if (!(message->flags & MODHOST_SEND_END)) {
        return NGX_OK;
    }

    r = ctx->request;

    if (ctx->rest > 0) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "MH0%d: application \"%s\" ended %O bytes short of its "
                      "Content-Length", MH_E_RESPONSE_LENGTH, ctx->app->name,
                      ctx->rest);
        return NGX_ERROR;
    }

    if (message->trailers != NULL
        && ngx_http_modhost_copy_trailers(ctx, message->trailers) != NGX_OK)
    {
        return NGX_ERROR;
    }

    piece = ctx->last_pending;

    if (piece == NULL) {
        piece = ngx_http_modhost_piece(ctx);
        if (piece == NULL) {
            return NGX_ERROR;
        }
    }

    b = &piece->buf;

    if (r == r->main) {
        b->last_buf = 1;

    } else if (ngx_buf_size(b) == 0) {
        b->sync = 1;
    }

    b->last_in_chain = 1;

    ctx->ended = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_http_modhost_take_flush(ngx_http_modhost_ctx_t *ctx)
{
    ngx_http_modhost_piece_t  *piece;

    piece = ctx->last_pending;
    ctx->flushing = 1;

    if (piece == NULL) {

        if (ctx->flushed) {
            return NGX_OK;
        }

        piece = ngx_http_modhost_piece(ctx);
        if (piece == NULL) {
            return NGX_ERROR;
        }
    }

    piece->buf.flush = 1;

    return NGX_OK;
}
