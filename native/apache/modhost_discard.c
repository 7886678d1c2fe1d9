/*
 * What the application did not read of a request body: it must not be taken for
 * the next request.
 */

#include "modhost_request.h"


/* Asked of the filters at a time. */
#define READ_MAX     65536

/* What is thrown away so that a connection can be kept. */
#define DISCARD_MAX  262144


/* What is there already and not much is read and thrown away. */
static apr_status_t
body_drain(mod_modhost_ctx *ctx)
{
    apr_off_t      total, length;
    apr_bucket    *last;
    apr_status_t   rv;

    for (total = 0; total < DISCARD_MAX; total += length) {

        last = APR_BRIGADE_LAST(ctx->in);

        if (last != APR_BRIGADE_SENTINEL(ctx->in) && APR_BUCKET_IS_EOS(last)) {
            return APR_SUCCESS;
        }

        apr_brigade_cleanup(ctx->in);

        rv = ap_get_brigade(ctx->r->input_filters, ctx->in, AP_MODE_READBYTES,
                            APR_NONBLOCK_READ, READ_MAX);

        if (rv != APR_SUCCESS) {
            return rv;
        }

        last = APR_BRIGADE_LAST(ctx->in);

        if (apr_brigade_length(ctx->in, 0, &length) != APR_SUCCESS
            || last == APR_BRIGADE_SENTINEL(ctx->in)
            || (length == 0 && !APR_BUCKET_IS_EOS(last)))
        {
            return APR_EAGAIN;
        }
    }

    return APR_EAGAIN;
}


/*
 * A client that waits for "100 Continue" may send its body or not: nobody can
 * know. One that has more to send than is worth waiting for gets its answer
 * now, and Apache closes the connection without haste.
 */
void
mod_modhost_body_discard(mod_modhost_ctx *ctx)
{
    apr_status_t  rv;

    if (!ctx->has_body || ctx->body_ended) {
        return;
    }

    ctx->body_ended = 1;

    rv = ctx->r->expecting_100 ? APR_EAGAIN : body_drain(ctx);

    apr_brigade_cleanup(ctx->in);

    if (rv == AP_FILTER_ERROR) {
        mod_modhost_body_failed(ctx, rv);
        return;
    }

    if (rv == APR_SUCCESS || ctx->c->master != NULL) {
        return;
    }

    ctx->r->expecting_100 = 0;

    if (ctx->head_sent) {
        ctx->c->keepalive = AP_CONN_CLOSE;

    } else {

        /* c->keepalive would have the response sent without chunks, too */

        apr_table_setn(ctx->r->headers_out, "Connection", "close");
    }
}
