/*
 * A piece of response from the application, made into buckets and passed
 * through Apache's output filters. A pass waits for a slow client, and what has
 * gone is reported after it: so memory stays bounded by the send window.
 */

#include "modhost_request.h"

#include <inttypes.h>
#include <mod_core.h>
#include <sys/stat.h>
#include <util_filter.h>


/* Bytes; half of the smallest send window. */
#define REPORTED    8192u


/* HEAD, 204, 304: the app may have written, there is nothing to send. */
static bool
send_no_body(const request_rec *r)
{
    return r->header_only || AP_STATUS_IS_HEADER_ONLY(r->status);
}


/* What has gone; in a process group each report is a frame. */
void
mod_modhost_report(mod_modhost_ctx *ctx)
{
    uint32_t  bytes;

    while (ctx->sent != 0 && ctx->exchange != NULL) {
        bytes = ctx->sent < INT32_MAX ? (uint32_t) ctx->sent : INT32_MAX;
        ctx->sent -= bytes;
        mh_exchange_sent(ctx->exchange, bytes);
    }
}


/* While more is at hand. */
static void
send_report(mod_modhost_ctx *ctx)
{
    if (ctx->sent >= REPORTED) {
        mod_modhost_report(ctx);
    }
}


/*
 * A filter failed. As long as Apache's own has made no head, Apache can still
 * answer; whoever says AP_FILTER_ERROR has done so. What was sent must not look
 * whole, nor must the client wait for the rest.
 */
static void
pass_failed(mod_modhost_ctx *ctx, apr_status_t rv)
{
    ap_filter_t  *f;

    f = ctx->r->output_filters;

    while (f != NULL && f->frec != ap_http_header_filter_handle) {
        f = f->next;
    }

    if (rv != AP_FILTER_ERROR && f == NULL) {
        mod_modhost_fail(ctx, HTTP_INTERNAL_SERVER_ERROR,
                         MODHOST_RESET_CLIENT);
        return;
    }

    mod_modhost_detach(ctx, MODHOST_RESET_CLIENT);
    mod_modhost_finish(ctx, AP_FILTER_ERROR);
}


bool
mod_modhost_pass(mod_modhost_ctx *ctx)
{
    int            proxyreq;
    uint64_t       since;
    apr_status_t   rv;
    request_rec   *r;

    r = ctx->r;
    proxyreq = r->proxyreq;
    since = ctx->timed ? mod_modhost_now() : 0;

    /* Apache overwrites Date and Server of all but proxied responses */

    if (ctx->own_server && proxyreq == PROXYREQ_NONE) {
        r->proxyreq = PROXYREQ_REVERSE;
    }

    rv = ap_pass_brigade(r->output_filters, ctx->out);

    r->proxyreq = proxyreq;
    apr_brigade_cleanup(ctx->out);

    if (ctx->timed && !ctx->ended) {
        ctx->client_ms += mod_modhost_now() - since;
    }

    if (ctx->c->aborted) {
        mod_modhost_gone(ctx);
        return false;
    }

    if (rv != APR_SUCCESS) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, rv, r,
                      "a filter did not take the response");

        pass_failed(ctx, rv);
        return false;
    }

    send_report(ctx);

    return true;
}


/* What nobody is sent counts as gone. */
static void
send_nothing(mod_modhost_ctx *ctx, const mh_message *message)
{
    const modhost_block  *block;

    for (block = message->blocks; block != NULL; block = block->next) {
        ctx->sent += block->length;
    }

    if (message->file != -1) {
        ctx->sent += (uint64_t) message->file_length;
    }
}


/* An answer never looks whole if it is shorter or longer than it says. */
static bool
send_count(mod_modhost_ctx *ctx, int64_t size)
{
    ctx->sent += (uint64_t) size;

    if (ctx->rest < 0) {
        return true;
    }

    if (size > ctx->rest) {
        mod_modhost_log_request(ctx->r, APLOG_ERR, MH_E_RESPONSE_LENGTH,
                                "application \"%s\" sent more than its "
                                "Content-Length", ctx->ticket.app->name);
        return false;
    }

    ctx->rest -= size;

    return true;
}


static bool
send_blocks(mod_modhost_ctx *ctx, mh_message *message)
{
    apr_bucket     *e;
    modhost_block  *block;

    while (message->blocks != NULL) {

        block = message->blocks;

        if (!send_count(ctx, block->length)) {
            return false;
        }

        message->blocks = block->next;
        block->next = NULL;

        if (block->length == 0) {
            mh_block_free(block);
            continue;
        }

        e = mod_modhost_block_bucket(block, ctx->c->bucket_alloc);
        APR_BRIGADE_INSERT_TAIL(ctx->out, e);
    }

    return true;
}


static bool
send_file(mod_modhost_ctx *ctx, mh_message *message)
{
    struct stat  st;

    if (message->file == -1) {
        return true;
    }

    if (fstat(message->file, &st) == -1 || !S_ISREG(st.st_mode)
        || message->file_offset < 0 || message->file_length < 0
        || message->file_offset > st.st_size
        || message->file_length > st.st_size - message->file_offset)
    {
        mod_modhost_log_request(ctx->r, APLOG_ERR, MH_E_SEND_FILE,
                                "application \"%s\" wants to send what is not "
                                "in a regular file", ctx->ticket.app->name);
        return false;
    }

    if (!send_count(ctx, message->file_length)) {
        return false;
    }

    if (message->file_length != 0) {
        mod_modhost_file_insert(ctx, message);
    }

    return true;
}


static bool
send_body(mod_modhost_ctx *ctx, mh_message *message)
{
    if (send_no_body(ctx->r) && !ctx->upgraded) {
        send_nothing(ctx, message);
        return true;
    }

    if (!send_blocks(ctx, message) || !send_file(ctx, message)) {
        return false;
    }

    if ((message->flags & MODHOST_SEND_END) != 0 && ctx->rest > 0) {
        mod_modhost_log_request(ctx->r, APLOG_ERR, MH_E_RESPONSE_LENGTH,
                                "application \"%s\" ended %" PRId64 " bytes "
                                "short of its Content-Length",
                                ctx->ticket.app->name, ctx->rest);
        return false;
    }

    return true;
}


/* Whatever the client takes its time for, the app is done with it. */
static void
send_end(mod_modhost_ctx *ctx, const mh_message *message)
{
    apr_bucket  *e;

    if (message->trailers != NULL) {
        mod_modhost_copy_trailers(ctx, message->trailers);
        mod_modhost_add_trailers(ctx);
    }

    ctx->ended = 1;
    ctx->ended_at = ctx->timed ? mod_modhost_now() : 0;
    mod_modhost_detach(ctx, 0);

    mod_modhost_spool_prepend(ctx);

    e = apr_bucket_eos_create(ctx->c->bucket_alloc);
    APR_BRIGADE_INSERT_TAIL(ctx->out, e);

    if (mod_modhost_pass(ctx)) {
        mod_modhost_finish(ctx, OK);
    }
}


void
mod_modhost_send(mod_modhost_ctx *ctx, mh_message *message)
{
    bool         flush;
    apr_bucket  *e;

    if ((message->flags & MODHOST_SEND_END) != 0 && ctx->head_sent
        && !ctx->upgraded)
    {
        mod_modhost_body_discard(ctx);

        if (ctx->finished) {
            return;
        }
    }

    if (message->head != NULL
        && !mod_modhost_response_head(ctx, message->head, message->flags))
    {
        return;
    }

    if (!ctx->head_sent) {
        return;                        /* informational, and nothing else     */
    }

    if (!send_body(ctx, message)) {
        mod_modhost_fail(ctx, HTTP_INTERNAL_SERVER_ERROR, MODHOST_RESET_APP);
        return;
    }

    if (message->flags & MODHOST_SEND_END) {
        send_end(ctx, message);
        return;
    }

    if (mod_modhost_spool(ctx)) {
        send_report(ctx);              /* nothing, if the client is gone      */
        mod_modhost_files_done(ctx);
        return;
    }

    /* what stays behind in a filter would take the file along */

    flush = (message->flags & MODHOST_SEND_FLUSH) != 0 || ctx->upgraded
            || ctx->spool_written > ctx->spool_passed
            || mod_modhost_files_enough(ctx);

    mod_modhost_spool_prepend(ctx);

    if (flush) {
        e = apr_bucket_flush_create(ctx->c->bucket_alloc);
        APR_BRIGADE_INSERT_TAIL(ctx->out, e);
    }

    if (!APR_BRIGADE_EMPTY(ctx->out) && mod_modhost_pass(ctx) && flush) {
        mod_modhost_files_done(ctx);
    }
}
