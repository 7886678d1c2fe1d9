/*
 * The worker of a process group that a request goes to: which one a client
 * belongs to, and what becomes of a request whose worker does not answer.
 */

#include "modhost_request.h"

#include <inttypes.h>
#include <util_cookies.h>


/* Workers that were gone before they began a request: then 502. */
#define TRIES   3

#define COOKIE  "modhost_affinity"


mh_str
mod_modhost_affinity_of(request_rec *r)
{
    mh_str       value;
    const char  *text;

    text = NULL;
    value = mod_modhost_str(NULL);

    if (ap_cookie_read(r, COOKIE, &text, 0) == APR_SUCCESS && text != NULL) {
        value = mod_modhost_str(text);
    }

    return value.length == MODHOST_AFFINITY_LENGTH ? value
                                                   : mod_modhost_str(NULL);
}


/* The channel may be gone when the response comes: what is needed is copied. */
void
mod_modhost_route(mod_modhost_ctx *ctx)
{
    bool         cookie;
    mh_str       own, said;
    mh_channel  *channel;

    channel = ctx->ticket.channel;
    ctx->ticket.channel = NULL;
    ctx->routed = channel;
    ctx->affinity = NULL;

    cookie = ctx->place->app->group->settings.values[MH_DAEMON_affinity].number
             == MH_AFFINITY_COOKIE;

    /* it lives as long as its credit is held, and is what it is for good */

    ctx->worker = mh_channel_worker(channel);
    ctx->worker_index = mh_channel_index(channel);
    ctx->worker_pid = mh_channel_pid(channel);

    if (cookie && ctx->r->main == NULL) {
        own = mh_channel_affinity(channel);
        said = mod_modhost_affinity_of(ctx->r);

        if (own.length != said.length
            || memcmp(own.data, said.data, own.length) != 0)
        {
            ctx->affinity = apr_pstrmemdup(ctx->r->pool,
                                           (const char *) own.data,
                                           own.length);
        }
    }

    mh_exchange_route(ctx->exchange, channel);
}


void
mod_modhost_affinity_cookie(mod_modhost_ctx *ctx)
{
    mh_str  path;

    if (ctx->affinity == NULL) {
        return;
    }

    path = ctx->place->base_text;

    if (path.length == 0) {
        path = mod_modhost_str("/");
    }

    apr_table_addn(ctx->r->headers_out, "Set-Cookie",
                   apr_psprintf(ctx->r->pool, COOKIE "=%s; path=%.*s; "
                                "HttpOnly; SameSite=Lax%s", ctx->affinity,
                                (int) path.length, (const char *) path.data,
                                mod_modhost_is_tls(ctx->c) ? "; Secure" : ""));
}


static bool
may_repeat(const mod_modhost_ctx *ctx, uint32_t reason)
{
    if (ctx->head_sent || ctx->body_started) {
        return false;
    }

    if (reason == MH_RESET_RETRY) {
        return true;
    }

    if (!mod_modhost_number(ctx->conf, MH_OPTION_next_worker)) {
        return false;
    }

    switch (ctx->r->method_number) {

    case M_POST:
    case M_PATCH:
    case M_LOCK:
    case M_INVALID:
        return false;

    default:
        return true;
    }
}


/* As if it had just come, but before those that wait. */
static bool
begin_again(mod_modhost_ctx *ctx)
{
    if (++ctx->ticket.tries >= TRIES) {
        return false;
    }

    (void) atomic_fetch_add(&ctx->ticket.app->count->retried, 1);

    mod_modhost_detach(ctx, 0);

    ctx->begun = 0;
    ctx->window = 0;
    ctx->sent = 0;
    ctx->stalled_at = 0;
    ctx->routed = NULL;
    ctx->again = 1;

    return true;
}


/* The channel ended, or the worker would not begin the request. */
void
mod_modhost_lost(mod_modhost_ctx *ctx, uint32_t reason)
{
    unsigned  code;

    code = MH_E_REQUEST_LOST;

    if (may_repeat(ctx, reason)) {

        if (begin_again(ctx)) {
            return;
        }

        code = MH_E_REQUEST_RETRIES;
    }

    mod_modhost_log_request(ctx->r, APLOG_ERR, code,
        "request %" PRIu64 ":%" PRIu64 " (%.1000s) %s worker %u of process "
        "group \"%s\" (pid %u)", ctx->exchange->pub.head->connection_id,
        ctx->exchange->pub.head->request_number, ctx->r->the_request,
        code == MH_E_REQUEST_LOST
        ? "was lost with"
        : "was given up after the third worker that did not begin it:",
        ctx->worker, ctx->ticket.app->name, ctx->worker_pid);

    (void) atomic_fetch_add(&ctx->ticket.app->count->lost, 1);

    mod_modhost_fail(ctx, HTTP_BAD_GATEWAY, 0);
}
