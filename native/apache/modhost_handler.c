/*
 * The life of a request. The handler thread is the loop of its exchange from
 * its beginning (modhost_begin.c) to its end (modhost_end.c).
 */

#include "modhost_request.h"


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
        if (message->reason >= MH_RESET_LOST) {
            mod_modhost_lost(ctx, message->reason);
        } else {
            request_reset(ctx, message->reason);
        }
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


/* From begin to the end, or to another try; nobody signals while this thread is
   at work. */
static void
request_run(mod_modhost_ctx *ctx)
{
    int        rc;
    mh_queue  *queue;

    queue = &ctx->lane->queue;

    mh_queue_enter(queue);

    rc = mod_modhost_request_begin(ctx);

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

        mod_modhost_report(ctx);
        mh_queue_leave(queue);

        if (ctx->finished || ctx->again) {
            return;
        }

        mod_modhost_wait(ctx);

        mh_queue_enter(queue);
    }
}


static void
request_try(mod_modhost_ctx *ctx)
{
    int               rc;
    mod_modhost_app  *app;

    app = ctx->place->app->app;
    ctx->again = 0;

    rc = mod_modhost_admit(ctx->r, ctx->conf, app, ctx->arrived,
                           &ctx->ticket);

    if (rc == MOD_MODHOST_CLIENT_CLOSED) {
        mod_modhost_gone(ctx);
        return;
    }

    if (rc != OK) {
        ctx->status = rc;
        return;
    }

    ctx->admitted = 1;
    (void) atomic_fetch_add(&app->count->in_flight, 1);

    request_run(ctx);

    mod_modhost_release(ctx);
}


/* The access log can have the times, and the slow log wants them. */
static void
request_tell(const mod_modhost_ctx *ctx)
{
    mod_modhost_times  times;

    memset(&times, 0, sizeof(times));

    times.arrived = ctx->arrived;
    times.begun = ctx->begun_at;
    times.ended = ctx->ended_at;
    times.client_ms = ctx->client_ms;

    if (ctx->worker_pid != 0) {
        times.worker = apr_psprintf(ctx->r->pool, "%s/%u/%u",
                                    ctx->ticket.app->name, ctx->worker_index,
                                    ctx->worker_pid);
    }

    mod_modhost_notes(ctx->r, ctx->place->app, &times);

    if (ctx->timed && !ctx->upgraded) {
        mod_modhost_slow(ctx->r, ctx->conf, ctx->place->app, &times);
    }
}


static void
request_serve(mod_modhost_ctx *ctx)
{
    if (ctx->has_body
        && mod_modhost_number(ctx->conf, MH_OPTION_request_buffering))
    {
        ctx->status = mod_modhost_body_buffer(ctx);
    }

    if (ctx->status == OK) {
        do {
            request_try(ctx);
        } while (ctx->again);
    }

    request_count(ctx);
    request_tell(ctx);
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
    ctx->timed = mod_modhost_number(ctx->conf, MH_OPTION_slow_log) > 0;
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


/* CONNECT's target is no path, and nobody opens a tunnel here. TRACE passes by
   the hook in which Apache itself would refuse it. */
static bool
request_refused(request_rec *r)
{
    core_server_config  *server;

    server = ap_get_core_module_config(r->server->module_config);

    return r->method_number == M_CONNECT
           || (r->method_number == M_TRACE
               && server->trace_enable == AP_TRACE_DISABLE);
}


int
mod_modhost_handler(request_rec *r)
{
    mod_modhost_ctx  *ctx;

    if (r->handler == NULL || strcmp(r->handler, MOD_MODHOST_HANDLER) != 0) {
        return DECLINED;
    }

    if (request_refused(r)) {
        return HTTP_METHOD_NOT_ALLOWED;
    }

    ctx = request_create(r);

    if (ctx->place == NULL) {
        mod_modhost_log_request(r, APLOG_ERR, MH_E_NO_PLACE,
                                "no application serves \"%s\"", r->uri);
        return HTTP_INTERNAL_SERVER_ERROR;
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
