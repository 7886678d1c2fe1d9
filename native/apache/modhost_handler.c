/*
 * The life of a request. The handler thread is the loop of its exchange from
 * begin to detach; whatever ends the request first (the application's END, a
 * failure, a client that leaves), detach is called once, and from then on
 * nothing of the application reaches the request.
 *
 * An application's synchronous part runs on the handler thread itself, unless
 * it may have to wait for something that only this thread can bring: bytes of a
 * request body, or of an upgraded connection.
 */

#include "modhost_request.h"

#include <http_connection.h>

#include <inttypes.h>
#include <sys/socket.h>


static void
request_count(mod_modhost_ctx *ctx)
{
    int  status;

    status = ctx->status == OK || ctx->status == DONE ? ctx->r->status
                                                       : ctx->status;

    /* none: the client left before there was one */

    if (status < 100 || status > 599 || status == MOD_MODHOST_CLIENT_CLOSED) {
        status = HTTP_BAD_REQUEST;
    }

    (void) atomic_fetch_add(
               &ctx->place->app->app->count->requests[status / 100 - 1], 1);
}


void
mod_modhost_detach(mod_modhost_ctx *ctx, uint32_t reason)
{
    mh_exchange  *exchange;

    exchange = ctx->exchange;

    if (exchange == NULL) {
        return;
    }

    if (reason != 0 && ctx->begun) {
        mh_exchange_abort(exchange, reason);
    }

    ctx->exchange = NULL;
    mh_exchange_done(exchange);
}


void
mod_modhost_finish(mod_modhost_ctx *ctx, int status)
{
    if (ctx->finished) {
        return;
    }

    mod_modhost_detach(ctx, ctx->ended ? 0 : MODHOST_RESET_CLIENT);

    ctx->finished = 1;
    ctx->status = status;
}


void
mod_modhost_gone(mod_modhost_ctx *ctx)
{
    if (ctx->finished) {
        return;
    }

    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, ctx->r,
                  "the client closed its connection");

    ctx->c->aborted = 1;
    ctx->c->keepalive = AP_CONN_CLOSE;

    if (!ctx->head_sent) {
        ctx->r->status = MOD_MODHOST_CLIENT_CLOSED;
    }

    mod_modhost_finish(ctx, DONE);
}


/*
 * What was sent must not look whole. An HTTP/2 stream whose output ends without
 * an end is reset; a connection of its own is, too, because a plain close would
 * end a response that has no length.
 */
static void
break_off(mod_modhost_ctx *ctx)
{
    apr_bucket     *e;
    struct linger   linger;

    ctx->c->keepalive = AP_CONN_CLOSE;

    if (ctx->fd == -1) {
        e = ap_bucket_error_create(HTTP_BAD_GATEWAY, NULL, ctx->r->pool,
                                   ctx->c->bucket_alloc);
        APR_BRIGADE_INSERT_TAIL(ctx->out, e);

        e = apr_bucket_eos_create(ctx->c->bucket_alloc);
        APR_BRIGADE_INSERT_TAIL(ctx->out, e);

        (void) ap_pass_brigade(ctx->r->output_filters, ctx->out);
        apr_brigade_cleanup(ctx->out);

    } else {
        linger.l_onoff = 1;
        linger.l_linger = 0;

        (void) setsockopt(ctx->fd, SOL_SOCKET, SO_LINGER, &linger,
                          sizeof(linger));
    }

    ctx->c->aborted = 1;

    mod_modhost_finish(ctx, DONE);
}


void
mod_modhost_fail(mod_modhost_ctx *ctx, int status, uint32_t reason)
{
    if (ctx->finished) {
        return;
    }

    mod_modhost_detach(ctx, reason);

    if (ctx->head_sent) {
        break_off(ctx);
        return;
    }

    mod_modhost_finish(ctx, status);
}


void
mod_modhost_timeout(mod_modhost_ctx *ctx)
{
    mod_modhost_app  *app;

    app = ctx->ticket.app;

    mod_modhost_log_request(ctx->r, APLOG_ERR, MH_E_REQUEST_TIMEOUT,
                            "application \"%s\" had not answered within "
                            "%" PRIu64 " ms", app->name,
                            ctx->deadline - ctx->begun_at);

    (void) atomic_fetch_add(&app->count->request_timeouts, 1);

    mod_modhost_fail(ctx, HTTP_GATEWAY_TIME_OUT, MODHOST_RESET_TIMEOUT);
}


static void
request_reset(mod_modhost_ctx *ctx, uint32_t reason)
{
    mod_modhost_log_request(ctx->r, APLOG_ERR, MH_E_RESPONSE_RESET,
                            "application \"%s\" broke the %s off",
                            ctx->ticket.app->name,
                            ctx->head_sent ? "response" : "request");

    /* a host that has to stop is no failure of the application */

    mod_modhost_fail(ctx, reason == MODHOST_RESET_SHUTDOWN
                          ? HTTP_SERVICE_UNAVAILABLE
                          : HTTP_INTERNAL_SERVER_ERROR, 0);
}


static void
request_message(mod_modhost_ctx *ctx, mh_message *message)
{
    switch (message->kind) {

    case MH_MESSAGE_SEND:
        mod_modhost_send(ctx, message);
        break;

    case MH_MESSAGE_READ:
        ctx->window += message->window;
        break;

    case MH_MESSAGE_RESET:
        request_reset(ctx, message->reason);
        break;

    default:
        break;
    }
}


/* All messages that are there: ours are acted on, late ones dropped. */
static void
request_take(mod_modhost_ctx *ctx)
{
    mh_message  *message, *next;

    for (message = mh_queue_take(&ctx->lane->queue);
         message != NULL;
         message = next)
    {
        next = message->next;

        if (message->exchange != NULL && message->exchange->request == ctx) {
            request_message(ctx, message);
        }

        mh_message_done(message);
    }
}


/* What the monitor told the app while its code held this thread. */
static void
request_broken(mod_modhost_ctx *ctx)
{
    switch (ctx->broken) {

    case 0:
        return;

    case MODHOST_RESET_TIMEOUT:
        mod_modhost_timeout(ctx);
        return;

    case MODHOST_RESET_SHUTDOWN:
        mod_modhost_fail(ctx, HTTP_SERVICE_UNAVAILABLE, ctx->broken);
        return;

    default:
        mod_modhost_gone(ctx);
        return;
    }
}


static int
request_begin(mod_modhost_ctx *ctx)
{
    int          rc;
    int64_t      limit;
    mh_exchange *exchange;

    rc = mod_modhost_request_head(ctx);

    if (rc != OK) {
        return rc;
    }

    exchange = ctx->exchange;
    exchange->request = ctx;

    limit = mod_modhost_number(ctx->conf, MH_OPTION_max_request_body);

    if (limit >= 0) {
        exchange->pub.max_request_body = limit == 0 ? INT64_MAX : limit;
    }

    if (mod_modhost_number(ctx->conf, MH_OPTION_detailed_errors)) {
        exchange->pub.flags |= MODHOST_EXCHANGE_DETAIL;
    }

    if (!ctx->has_body && !mod_modhost_upgradable(ctx)) {
        exchange->pub.flags |= MODHOST_EXCHANGE_INLINE;
    }

    ctx->begun = 1;
    ctx->begun_at = mod_modhost_now();

    limit = mod_modhost_limit(ctx->conf, ctx->place->app,
                              MH_OPTION_request_timeout);

    if (limit > 0) {
        ctx->deadline = ctx->begun_at + (uint64_t) limit;
    }

    mod_modhost_lane_lend(ctx->lane, ctx);

    mh_exchange_begin(exchange);
    mh_apps_flush();

    mod_modhost_lane_return(ctx->lane);

    request_broken(ctx);

    return OK;
}


/* From begin to the end; nobody signals while this thread is at work. */
static void
request_run(mod_modhost_ctx *ctx)
{
    int        rc;
    mh_queue  *queue;

    queue = &ctx->lane->queue;

    mh_queue_enter(queue);

    rc = request_begin(ctx);

    if (rc != OK) {
        mod_modhost_finish(ctx, rc);
    }

    for ( ;; ) {
        request_take(ctx);

        if (!ctx->finished && ctx->upgraded) {
            mod_modhost_upgrade_pump(ctx);

        } else if (!ctx->finished) {
            mod_modhost_body_pump(ctx);
        }

        mh_queue_leave(queue);

        if (ctx->finished) {
            return;
        }

        mod_modhost_wait(ctx);

        mh_queue_enter(queue);
    }
}


static void
request_serve(mod_modhost_ctx *ctx)
{
    int               rc;
    mod_modhost_app  *app;

    app = ctx->place->app->app;

    rc = mod_modhost_admit(ctx->r, ctx->conf, app, ctx->arrived,
                           &ctx->ticket);

    if (rc != OK) {
        ctx->status = rc;
        request_count(ctx);
        return;
    }

    (void) atomic_fetch_add(&app->count->in_flight, 1);

    request_run(ctx);

    (void) atomic_fetch_sub(&app->count->in_flight, 1);
    (void) atomic_fetch_add(&app->count->app_ms,
                            ctx->begun ? mod_modhost_now() - ctx->begun_at
                                       : 0);

    mod_modhost_leave(&ctx->ticket);

    request_count(ctx);
}


static mod_modhost_ctx *
request_create(request_rec *r)
{
    mod_modhost_ctx  *ctx;

    ctx = apr_pcalloc(r->pool, sizeof(*ctx));
    ctx->r = r;
    ctx->c = r->connection;
    ctx->rest = -1;
    ctx->place = mod_modhost_place_of(r);
    ctx->conf = ap_get_module_config(r->per_dir_config, &modhost_module);
    ctx->arrived = mod_modhost_now();
    ctx->out = apr_brigade_create(r->pool, ctx->c->bucket_alloc);

    mod_modhost_client_sockets(ctx);
    mod_modhost_body_find(ctx);

    return ctx;
}


/* X-Accel-Redirect: Apache serves a URL of its own instead. */
static void
request_redirect(mod_modhost_ctx *ctx)
{
    request_rec  *r;

    r = ctx->r;

    if (r->method_number != M_GET) {
        r->method = "GET";
        r->method_number = M_GET;
    }

    apr_table_unset(r->headers_in, "Content-Length");
    apr_table_unset(r->headers_in, "Transfer-Encoding");

    ap_internal_redirect_handler(ctx->redirect, r);
}


int
mod_modhost_handler(request_rec *r)
{
    mod_modhost_ctx  *ctx;

    if (r->handler == NULL || strcmp(r->handler, MOD_MODHOST_HANDLER) != 0) {
        return DECLINED;
    }

    ctx = request_create(r);

    if (ctx->place == NULL) {
        mod_modhost_log_request(r, APLOG_ERR, MH_E_LOOP,
                                "no application serves \"%s\"", r->uri);
        return HTTP_NOT_FOUND;
    }

    ctx->lane = mod_modhost_lane_get();

    if (ctx->lane == NULL || ctx->place->app->app == NULL) {
        mod_modhost_log_request(r, APLOG_ERR, MH_E_LOOP,
                                "this process hosts no applications, \"%s\" "
                                "among them", ctx->place->app->path);

        if (ctx->lane != NULL) {
            mod_modhost_lane_put(ctx->lane);
        }

        return HTTP_SERVICE_UNAVAILABLE;
    }

    mod_modhost_stay();
    request_serve(ctx);
    mod_modhost_go();

    mod_modhost_lane_put(ctx->lane);

    if (ctx->redirect != NULL) {
        request_redirect(ctx);
        return OK;
    }

    return ctx->status;
}
