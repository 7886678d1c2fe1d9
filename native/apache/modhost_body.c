/*
 * The request body: read through Apache's input filters, only as far as the
 * application's window allows, and never waited for in a read.
 *
 * Nothing is read before the application first asks: "100 Continue" goes out
 * then. What comes in more than was asked for (a filter that inflates) waits in
 * ctx->in.
 */

#include "modhost_request.h"

#include <sys/ioctl.h>


/* Of a body, asked of the filters at a time. */
#define READ_MAX     65536


static bool
body_declared(mod_modhost_ctx *ctx)
{
    const char  *length;
    request_rec *r;

    r = ctx->r;

    if (apr_table_get(r->headers_in, "Transfer-Encoding") != NULL) {
        return true;
    }

    length = apr_table_get(r->headers_in, "Content-Length");

    if (length == NULL) {
        return false;
    }

    /* what is not a number the filters refuse, once they are asked */

    if (!ap_parse_strict_length(&ctx->length, length)) {
        ctx->length = -1;
        return true;
    }

    return ctx->length != 0;
}


void
mod_modhost_body_find(mod_modhost_ctx *ctx)
{
    request_rec  *r;

    r = ctx->r;
    ctx->length = -1;

    /* parts of other requests have none, nor have error pages, which are asked
       for with GET in place of another method */

    if (r->main != NULL
        || (r->prev != NULL && r->method_number == M_GET
            && apr_table_get(r->subprocess_env, "REDIRECT_STATUS") != NULL
            && apr_table_get(r->prev->subprocess_env, "REQUEST_METHOD")
               != NULL)
        || !body_declared(ctx))
    {
        ctx->body_ended = 1;
        return;
    }

    /* whoever put a filter there may change the length */

    if (r->input_filters != r->proto_input_filters) {
        ctx->length = -1;
    }

    ctx->has_body = 1;
    ctx->in = apr_brigade_create(r->pool, ctx->c->bucket_alloc);
}


/* The end may come by itself, after bytes for which there was just room. */
bool
mod_modhost_body_wanted(const mod_modhost_ctx *ctx)
{
    return !ctx->body_ended && ctx->exchange != NULL
           && (ctx->window != 0
               || (ctx->length > 0 && ctx->received >= (uint64_t) ctx->length));
}


/* As Apache's own filter, which does this for reads that block only. */
static void
body_start(mod_modhost_ctx *ctx)
{
    int           status;
    const char   *line;
    request_rec  *r;

    r = ctx->r;
    ctx->body_started = 1;

    if (!r->expecting_100 || ctx->head_sent
        || r->proto_num < HTTP_VERSION(1, 1))
    {
        return;
    }

    status = r->status;
    line = r->status_line;

    r->status = HTTP_CONTINUE;
    r->status_line = NULL;

    ap_send_interim_response(r, 0);

    r->status = status;
    r->status_line = line;
}


void
mod_modhost_body_failed(mod_modhost_ctx *ctx, apr_status_t rv)
{
    uint32_t  reason;

    if (ctx->c->aborted || APR_STATUS_IS_EOF(rv)
        || APR_STATUS_IS_ECONNRESET(rv) || APR_STATUS_IS_ECONNABORTED(rv)
        || APR_STATUS_IS_INCOMPLETE(rv))
    {
        mod_modhost_gone(ctx);
        return;
    }

    /* AP_FILTER_ERROR: a filter has answered for us */

    reason = rv == AP_FILTER_ERROR
             && ctx->r->status == HTTP_REQUEST_ENTITY_TOO_LARGE
             ? MODHOST_RESET_TOO_LARGE : MODHOST_RESET_BODY;

    mod_modhost_fail(ctx, ap_map_http_request_error(rv, HTTP_BAD_REQUEST),
                     reason);
}


/* Whether nothing but the end is left in ctx->in behind this bucket. */
static bool
body_is_last(const mod_modhost_ctx *ctx, apr_bucket *e)
{
    e = APR_BUCKET_NEXT(e);

    return e != APR_BRIGADE_SENTINEL(ctx->in) && APR_BUCKET_IS_EOS(e);
}


static void
body_end(mod_modhost_ctx *ctx)
{
    ctx->body_ended = 1;
    apr_brigade_cleanup(ctx->in);
}


static bool
body_has_trailers(const mod_modhost_ctx *ctx)
{
    return ctx->r->trailers_in != NULL
           && !apr_is_empty_table(ctx->r->trailers_in);
}


/* The end, and what came behind the body. */
static void
body_deliver_end(mod_modhost_ctx *ctx)
{
    uint32_t     size;
    const void  *block;

    block = body_has_trailers(ctx)
            ? mod_modhost_trailer_block(ctx->r, &size) : NULL;

    if (block != NULL) {
        mh_exchange_trailers(ctx->exchange, block, size);
    } else {
        mh_exchange_body(ctx->exchange, NULL, 0, MODHOST_BODY_END);
    }

    body_end(ctx);
}


/* As much of a bucket as the window allows. */
static apr_status_t
body_deliver_bucket(mod_modhost_ctx *ctx, apr_bucket *e)
{
    uint32_t      flags;
    apr_size_t    length;
    const char   *data;
    apr_status_t  rv;

    rv = apr_bucket_read(e, &data, &length, APR_NONBLOCK_READ);

    if (rv != APR_SUCCESS) {
        return rv;
    }

    if (length > ctx->window) {
        length = ctx->window;
        (void) apr_bucket_split(e, length);
    }

    if (length != 0) {
        flags = body_is_last(ctx, e) && !body_has_trailers(ctx)
                ? MODHOST_BODY_END : 0;

        ctx->window -= length;
        ctx->received += length;

        mh_exchange_body(ctx->exchange, (const uint8_t *) data,
                         (uint32_t) length, flags);

        if (flags != 0) {
            body_end(ctx);
            return APR_SUCCESS;
        }
    }

    apr_bucket_delete(e);

    return APR_SUCCESS;
}


static apr_status_t
body_deliver(mod_modhost_ctx *ctx)
{
    apr_bucket    *e;
    apr_status_t   rv;

    while (!ctx->body_ended && !APR_BRIGADE_EMPTY(ctx->in)) {

        e = APR_BRIGADE_FIRST(ctx->in);

        if (APR_BUCKET_IS_EOS(e)) {
            body_deliver_end(ctx);
            break;
        }

        if (APR_BUCKET_IS_METADATA(e)) {
            apr_bucket_delete(e);
            continue;
        }

        if (ctx->window == 0) {
            break;
        }

        rv = body_deliver_bucket(ctx, e);

        if (rv != APR_SUCCESS) {
            return rv;
        }
    }

    return APR_SUCCESS;
}


/*
 * A filter that has taken bytes and gives none yet (one that inflates) answers
 * as if there had been nothing to take. What Apache has read ahead is behind it
 * then, and the socket will not tell of that again.
 */
static bool
body_is_behind_filter(mod_modhost_ctx *ctx)
{
    bool  is;

    if (ctx->fd == -1
        || ctx->r->input_filters == ctx->r->proto_input_filters)
    {
        return false;
    }

    is = ap_get_brigade(ctx->c->input_filters, ctx->in, AP_MODE_SPECULATIVE,
                        APR_NONBLOCK_READ, 1) == APR_SUCCESS
         && !APR_BRIGADE_EMPTY(ctx->in);

    apr_brigade_cleanup(ctx->in);

    return is;
}


/* APR_EAGAIN: nothing is there now. */
static apr_status_t
body_read(mod_modhost_ctx *ctx)
{
    apr_off_t     size;
    unsigned      tries;
    apr_status_t  rv;

    size = ctx->window != 0 && ctx->window < READ_MAX
           ? (apr_off_t) ctx->window : READ_MAX;

    /* each takes a byte at least, unless the filter is at fault */

    for (tries = 0; tries < READ_MAX; tries++) {

        rv = ap_get_brigade(ctx->r->input_filters, ctx->in, AP_MODE_READBYTES,
                            APR_NONBLOCK_READ, size);

        if (rv != APR_SUCCESS || !APR_BRIGADE_EMPTY(ctx->in)) {
            return rv;
        }

        if (!body_is_behind_filter(ctx)) {
            break;
        }
    }

    return APR_EAGAIN;
}


static void
body_came(mod_modhost_ctx *ctx)
{
    if (ctx->timed && ctx->stalled_at != 0) {
        ctx->client_ms += mod_modhost_now() - ctx->stalled_at;
    }

    ctx->stalled_at = 0;
}


void
mod_modhost_body_pump(mod_modhost_ctx *ctx)
{
    uint64_t      received;
    apr_status_t  rv;

    if (!mod_modhost_body_wanted(ctx)) {
        return;
    }

    if (!ctx->body_started) {
        body_start(ctx);
    }

    rv = APR_SUCCESS;

    do {
        received = ctx->received;

        if (APR_BRIGADE_EMPTY(ctx->in)) {
            rv = body_read(ctx);
        }

        if (rv == APR_SUCCESS) {
            rv = body_deliver(ctx);
        }

        if (ctx->received != received) {
            body_came(ctx);
        }

    } while (rv == APR_SUCCESS && ctx->received != received
             && mod_modhost_body_wanted(ctx));

    if (rv != APR_SUCCESS && !APR_STATUS_IS_EAGAIN(rv)) {
        mod_modhost_body_failed(ctx, rv);
    }
}


/* Bytes that Apache has read ahead; without a filter that changes them. */
static apr_off_t
body_ahead(mod_modhost_ctx *ctx, apr_off_t most)
{
    apr_off_t            length, left;
    apr_bucket_brigade  *bb;

    length = 0;
    left = 0;
    bb = apr_brigade_create(ctx->r->pool, ctx->c->bucket_alloc);

    if (ap_get_brigade(ctx->c->input_filters, bb, AP_MODE_SPECULATIVE,
                       APR_NONBLOCK_READ, most) == APR_SUCCESS)
    {
        (void) apr_brigade_length(bb, 0, &length);
    }

    apr_brigade_destroy(bb);

    (void) apr_brigade_length(ctx->in, 0, &left);

    return length + left;
}


bool
mod_modhost_body_cut_off(mod_modhost_ctx *ctx)
{
    int        waiting;
    apr_off_t  rest;

    if (ctx->length < 0 || mod_modhost_is_tls(ctx->c)
        || (uint64_t) ctx->length <= ctx->received)
    {
        return false;
    }

    rest = ctx->length - (apr_off_t) ctx->received;
    rest -= body_ahead(ctx, rest);

    return rest > 0 && ioctl(ctx->fd, FIONREAD, &waiting) == 0
           && waiting < rest;
}
