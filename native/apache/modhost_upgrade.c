/*
 * After "101 Switching Protocols" bytes go both ways, past all filters of the
 * request: out as a response body without end, in as the application's window
 * allows. Silence has no limit, only a client that does not take what it is
 * sent (Timeout); the end comes from either side, or from the application when
 * the child stops.
 */

#include "modhost_request.h"

#include <sys/ioctl.h>
#include <util_filter.h>


/* Asked of the connection at a time. */
#define READ_MAX  16384


bool
mod_modhost_upgradable(const mod_modhost_ctx *ctx)
{
    request_rec  *r;

    r = ctx->r;

    return r->main == NULL && !ctx->has_body && ctx->fd != -1
           && r->proto_num == HTTP_VERSION(1, 1)
           && apr_table_get(r->headers_in, "Upgrade") != NULL
           && ap_find_token(r->pool, apr_table_get(r->headers_in, "Connection"),
                            "upgrade");
}


/* From here on it is not an HTTP connection any more. */
static void
upgrade_take_over(mod_modhost_ctx *ctx)
{
    conn_rec     *c;
    request_rec  *r;

    c = ctx->c;
    r = ctx->r;

    ctx->upgraded = 1;
    ctx->head_sent = 1;
    ctx->has_body = 1;
    ctx->body_ended = 0;
    ctx->rest = -1;
    ctx->length = -1;
    ctx->deadline = 0;
    ctx->stalled_at = 0;
    ctx->in = apr_brigade_create(r->pool, c->bucket_alloc);

    c->keepalive = AP_CONN_CLOSE;

    (void) ap_remove_input_filter_byhandle(c->input_filters, "reqtimeout");

    r->output_filters = c->output_filters;
    r->proto_output_filters = c->output_filters;
    r->input_filters = c->input_filters;
    r->proto_input_filters = c->input_filters;
}


bool
mod_modhost_upgrade(mod_modhost_ctx *ctx, const modhost_response_head *head)
{
    request_rec  *r;

    r = ctx->r;

    if (head->status != HTTP_SWITCHING_PROTOCOLS
        || !mod_modhost_upgradable(ctx))
    {
        mod_modhost_log_request(r, APLOG_ERR, MH_E_UPGRADE,
                                "application \"%s\" upgrades a request that "
                                "cannot be upgraded", ctx->ticket.app->name);
        mod_modhost_fail(ctx, HTTP_INTERNAL_SERVER_ERROR, MODHOST_RESET_APP);
        return false;
    }

    r->status = HTTP_SWITCHING_PROTOCOLS;
    r->status_line = NULL;

    /* modules may have set what is for every response */

    r->headers_out = apr_table_overlay(r->pool, r->err_headers_out,
                                       r->headers_out);
    apr_table_clear(r->err_headers_out);

    mod_modhost_copy_headers(ctx, head, r->headers_out);
    apr_table_setn(r->headers_out, "Connection", "upgrade");
    apr_table_unset(r->headers_out, "Content-Length");
    mod_modhost_affinity_cookie(ctx);

    ap_send_interim_response(r, 1);

    upgrade_take_over(ctx);

    if (ctx->c->aborted) {
        mod_modhost_gone(ctx);
        return false;
    }

    return true;
}


/* The client has no more to say; the app may still speak. */
static void
upgrade_end(mod_modhost_ctx *ctx)
{
    ctx->body_ended = 1;
    mh_exchange_body(ctx->exchange, NULL, 0, MODHOST_BODY_END);
}


static apr_status_t
upgrade_deliver(mod_modhost_ctx *ctx)
{
    apr_size_t     length;
    apr_bucket    *e;
    const char    *data;
    apr_status_t   rv;

    while (ctx->window != 0 && !APR_BRIGADE_EMPTY(ctx->in)) {

        e = APR_BRIGADE_FIRST(ctx->in);

        if (APR_BUCKET_IS_EOS(e)) {
            return APR_EOF;
        }

        rv = apr_bucket_read(e, &data, &length, APR_NONBLOCK_READ);

        if (rv != APR_SUCCESS) {
            return rv;
        }

        if (length > ctx->window) {
            length = (apr_size_t) ctx->window;
            (void) apr_bucket_split(e, length);
        }

        if (length != 0) {
            ctx->window -= length;
            mh_exchange_body(ctx->exchange, (const uint8_t *) data,
                             (uint32_t) length, 0);
        }

        apr_bucket_delete(e);
    }

    return APR_SUCCESS;
}


void
mod_modhost_upgrade_pump(mod_modhost_ctx *ctx)
{
    uint64_t      window;
    apr_off_t     size;
    apr_status_t  rv;

    rv = APR_SUCCESS;

    while (rv == APR_SUCCESS && ctx->window != 0 && !ctx->body_ended) {

        window = ctx->window;

        if (APR_BRIGADE_EMPTY(ctx->in)) {
            size = window < READ_MAX ? (apr_off_t) window : READ_MAX;

            rv = ap_get_brigade(ctx->c->input_filters, ctx->in,
                                AP_MODE_READBYTES, APR_NONBLOCK_READ, size);
        }

        if (rv == APR_SUCCESS) {
            rv = upgrade_deliver(ctx);
        }

        if (ctx->window == window) {
            break;
        }
    }

    if (APR_STATUS_IS_EOF(rv)) {
        upgrade_end(ctx);

    } else if (rv != APR_SUCCESS && !APR_STATUS_IS_EAGAIN(rv)) {
        mod_modhost_gone(ctx);
    }
}


/*
 * The client has ended its half while the application, which only speaks, reads
 * nothing: the end is certain where nothing waits before it. What does is read
 * when the application wants it.
 */
void
mod_modhost_upgrade_hung_up(mod_modhost_ctx *ctx)
{
    int  waiting;

    if (!ctx->body_ended && !mod_modhost_is_tls(ctx->c)
        && APR_BRIGADE_EMPTY(ctx->in)
        && ioctl(ctx->fd, FIONREAD, &waiting) == 0 && waiting == 0)
    {
        upgrade_end(ctx);
    }
}
