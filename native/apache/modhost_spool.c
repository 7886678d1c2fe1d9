/*
 * ModHostBuffering: what a slow client has not taken goes to a temporary file
 * without a name, so that the application is done with its response long before
 * the client is. The file is bounded; beyond that the send window holds the
 * application back as it does without.
 */

#include "modhost_request.h"

#include <apr_file_io.h>
#include <util_filter.h>


/* As nginx's proxy_max_temp_file_size. */
#define SPOOL_MAX    ((apr_off_t) 1024 * 1024 * 1024)

/* Passed on at a time: half of what Apache keeps before it waits. */
#define SPOOL_PIECE  32768


void
mod_modhost_spool_find(mod_modhost_ctx *ctx,
    const modhost_response_head *head)
{
    mh_str    value;
    unsigned  i;

    ctx->buffering = mod_modhost_number(ctx->conf, MH_OPTION_buffering) != 0;

    for (i = 0; i < head->header_count; i++) {

        if (mh_response_field_known(head, i)
            != MODHOST_HEADER_X_ACCEL_BUFFERING)
        {
            continue;
        }

        value = mh_response_field_value(head, i);

        if (value.length == 2
            && strncasecmp((const char *) value.data, "no", 2) == 0)
        {
            ctx->buffering = 0;

        } else if (value.length == 3
                   && strncasecmp((const char *) value.data, "yes", 3) == 0)
        {
            ctx->buffering = 1;
        }
    }

    if (ctx->fd == -1 || ctx->r->main != NULL) {
        ctx->buffering = 0;
    }
}


static bool
spool_holds(const mod_modhost_ctx *ctx)
{
    return ctx->spool_written > ctx->spool_passed;
}


bool
mod_modhost_spool_waits(const mod_modhost_ctx *ctx)
{
    return ctx->buffering
           && (spool_holds(ctx) || ctx->c->data_in_output_filters);
}


static void
spool_give_up(mod_modhost_ctx *ctx, apr_status_t rv)
{
    char  text[128];

    ctx->buffering = 0;

    mod_modhost_log_request(ctx->r, APLOG_ERR, MH_E_SPOOL,
                            "a response of \"%s\" is not buffered any longer: "
                            "%s", ctx->ticket.app->name,
                            apr_strerror(rv, text, sizeof(text)));
}


static apr_status_t
spool_write(mod_modhost_ctx *ctx)
{
    apr_off_t      end;
    apr_size_t     length;
    apr_bucket    *e;
    const char    *data;
    apr_status_t   rv;

    /* who read a piece of it has left the file there */

    end = ctx->spool_written;
    rv = apr_file_seek(ctx->spool, APR_SET, &end);

    if (rv != APR_SUCCESS) {
        return rv;
    }

    while (!APR_BRIGADE_EMPTY(ctx->out)) {

        e = APR_BRIGADE_FIRST(ctx->out);

        if (!APR_BUCKET_IS_METADATA(e)) {

            rv = apr_bucket_read(e, &data, &length, APR_BLOCK_READ);

            if (rv == APR_SUCCESS) {
                rv = apr_file_write_full(ctx->spool, data, length, NULL);
            }

            if (rv != APR_SUCCESS) {
                return rv;
            }

            ctx->spool_written += (apr_off_t) length;
        }

        apr_bucket_delete(e);
    }

    return APR_SUCCESS;
}


/*
 * Without a flush Apache's last filter writes what the client takes and keeps
 * the rest, as long as that is not much.
 */
static bool
spool_pass(mod_modhost_ctx *ctx)
{
    ap_filter_t  *f;

    if (!mod_modhost_pass(ctx)) {
        return false;
    }

    for (f = ctx->c->output_filters; f->next != NULL; f = f->next) {
        /* void */
    }

    (void) f->frec->filter_func.out_func(f, NULL);

    if (ctx->c->aborted) {
        mod_modhost_gone(ctx);
        return false;
    }

    return true;
}


bool
mod_modhost_spool(mod_modhost_ctx *ctx)
{
    apr_off_t     length;
    apr_status_t  rv;

    if (!ctx->buffering
        || apr_brigade_length(ctx->out, 0, &length) != APR_SUCCESS
        || length < 0 || length > SPOOL_MAX - ctx->spool_written)
    {
        return false;
    }

    if (!mod_modhost_spool_waits(ctx) && length <= SPOOL_PIECE) {
        (void) spool_pass(ctx);
        return true;
    }

    rv = ctx->spool != NULL
         ? APR_SUCCESS
         : mod_modhost_temporary_file(ctx->r->pool, &ctx->spool);

    if (rv == APR_SUCCESS) {
        rv = spool_write(ctx);
    }

    if (rv != APR_SUCCESS) {
        spool_give_up(ctx, rv);
        return false;
    }

    return true;
}


void
mod_modhost_spool_prepend(mod_modhost_ctx *ctx)
{
    apr_bucket_brigade  *bb;

    if (!spool_holds(ctx)) {
        return;
    }

    bb = apr_brigade_create(ctx->r->pool, ctx->c->bucket_alloc);

    (void) apr_brigade_insert_file(bb, ctx->spool, ctx->spool_passed,
                                   ctx->spool_written - ctx->spool_passed,
                                   ctx->r->pool);
    APR_BRIGADE_PREPEND(ctx->out, bb);

    ctx->spool_passed = ctx->spool_written;
}


/* A copy: a bucket of the file that is kept would take the file along. */
static apr_status_t
spool_read(mod_modhost_ctx *ctx)
{
    apr_off_t      at;
    apr_size_t     length;
    apr_status_t   rv;
    char           piece[SPOOL_PIECE];

    at = ctx->spool_passed;
    length = ctx->spool_written - at < SPOOL_PIECE
             ? (apr_size_t) (ctx->spool_written - at) : SPOOL_PIECE;

    rv = apr_file_seek(ctx->spool, APR_SET, &at);

    if (rv == APR_SUCCESS) {
        rv = apr_file_read_full(ctx->spool, piece, length, NULL);
    }

    if (rv == APR_SUCCESS) {
        ctx->spool_passed += (apr_off_t) length;
        rv = apr_brigade_write(ctx->out, NULL, NULL, piece, length);
    }

    return rv;
}


void
mod_modhost_spool_pump(mod_modhost_ctx *ctx)
{
    apr_status_t  rv;

    do {
        if (spool_holds(ctx) && !ctx->c->data_in_output_filters) {

            rv = spool_read(ctx);

            if (rv != APR_SUCCESS) {
                spool_give_up(ctx, rv);
                mod_modhost_fail(ctx, HTTP_INTERNAL_SERVER_ERROR,
                                 MODHOST_RESET_APP);
                return;
            }
        }

        if (!spool_pass(ctx)) {
            return;
        }

    } while (spool_holds(ctx) && !ctx->c->data_in_output_filters);
}
