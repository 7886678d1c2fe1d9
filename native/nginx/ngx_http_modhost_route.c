/*
 * Which worker of a process group a request goes to, and what becomes of it
 * when that worker does not answer.
 */

#include "ngx_http_modhost.h"


/* Workers that were gone before they began a request: then 502. */
#define NGX_HTTP_MODHOST_TRIES       3

/* How often to look whether an app let go of a request that timed out. */
#define NGX_HTTP_MODHOST_STUCK_TICK  1000        /* ms                        */

#define NGX_HTTP_MODHOST_COOKIE      "modhost_affinity"


/* A request that timed out, and of which the app side has not let go. */
typedef struct {
    ngx_event_t                   timer;
    mh_exchange                  *exchange;
    mh_channel                   *channel;   /* lives while it is not let go  */
    ngx_msec_t                    until;
} ngx_http_modhost_stuck_t;


static void ngx_http_modhost_read_cookie(ngx_http_modhost_ctx_t *ctx);
static uint64_t ngx_http_modhost_client_number(ngx_http_request_t *r);
static ngx_int_t ngx_http_modhost_again(ngx_http_modhost_ctx_t *ctx);
static ngx_uint_t ngx_http_modhost_may_repeat(ngx_http_modhost_ctx_t *ctx,
    uint32_t reason);
static void ngx_http_modhost_stuck_timer(ngx_event_t *ev);


void
ngx_http_modhost_group_refresh(ngx_http_modhost_app_t *app)
{
    mh_group_view  view;

    if (ngx_http_modhost_daemon_directory()[0] == '\0') {
        return;
    }

    mh_group_look(app->group, &view);

    app->state = view.channels != 0 ? MODHOST_APP_READY : view.state;
    app->code = view.code;
    app->reason = (char *) view.text;
}


/* A worker with a credit for this request, which is held until it begins. */
ngx_uint_t
ngx_http_modhost_choose(ngx_http_modhost_ctx_t *ctx)
{
    mh_str                          affinity;
    uint64_t                        client;
    ngx_http_modhost_group_conf_t  *conf;

    conf = ctx->conf->app->group;

    client = 0;

    if (conf->affinity == MH_AFFINITY_COOKIE) {
        ngx_http_modhost_read_cookie(ctx);

    } else if (conf->affinity == MH_AFFINITY_CLIENT) {
        client = ngx_http_modhost_client_number(ctx->request);
    }

    affinity = ngx_http_modhost_str(&ctx->cookie);

    ctx->channel = mh_group_choose(ctx->app->group, affinity, client);

    return ctx->channel != NULL;
}


static void
ngx_http_modhost_read_cookie(ngx_http_modhost_ctx_t *ctx)
{
    ngx_str_t            value;
    ngx_str_t            name = ngx_string(NGX_HTTP_MODHOST_COOKIE);
    ngx_http_request_t  *r;

    if (ctx->cookie.data != NULL) {
        return;
    }

    r = ctx->request;
    ctx->cookie.data = (u_char *) "";

#if (nginx_version >= 1023000)
    if (ngx_http_parse_multi_header_lines(r, r->headers_in.cookie, &name,
                                          &value)
        == NULL)
    {
        return;
    }
#else
    if (ngx_http_parse_multi_header_lines(&r->headers_in.cookies, &name,
                                          &value)
        == NGX_DECLINED)
    {
        return;
    }
#endif

    if (value.len == MODHOST_AFFINITY_LENGTH) {
        ctx->cookie = value;
    }
}


/* The address that realip left, so that a client keeps its number. */
static uint64_t
ngx_http_modhost_client_number(ngx_http_request_t *r)
{
    uint64_t    number;
    ngx_str_t  *address;

    address = &r->connection->addr_text;

    number = ngx_murmur_hash2(address->data, address->len);
    number = number << 32 | ngx_crc32_long(address->data, address->len);

    return number ? number : 1;
}


/* The request is the worker's now. */
ngx_int_t
ngx_http_modhost_route(ngx_http_modhost_ctx_t *ctx)
{
    mh_str  affinity;

    ctx->worker = mh_channel_worker(ctx->channel);
    ctx->worker_index = mh_channel_index(ctx->channel);
    ctx->worker_pid = mh_channel_pid(ctx->channel);
    ctx->affinity.len = 0;

    if (ctx->conf->app->group->affinity == MH_AFFINITY_COOKIE
        && ctx->request == ctx->request->main)
    {
        affinity = mh_channel_affinity(ctx->channel);

        if (affinity.length != ctx->cookie.len
            || ngx_memcmp(affinity.data, ctx->cookie.data, affinity.length)
               != 0)
        {
            /* the channel may be gone when the response comes */

            ctx->affinity.data = ngx_pnalloc(ctx->request->pool,
                                             affinity.length);
            if (ctx->affinity.data == NULL) {
                return NGX_ERROR;
            }

            ctx->affinity.len = affinity.length;
            ngx_memcpy(ctx->affinity.data, affinity.data, affinity.length);
        }
    }

    mh_exchange_route(ctx->exchange, ctx->channel);

    ctx->routed = ctx->channel;
    ctx->channel = NULL;

    return NGX_OK;
}


/* Only where the client's cookie does not say so already. */
ngx_int_t
ngx_http_modhost_affinity_cookie(ngx_http_modhost_ctx_t *ctx)
{
    u_char              *p;
    mh_str               name, value;
    ngx_str_t            path;
    ngx_uint_t           secure;
    ngx_http_request_t  *r;

    r = ctx->request;
    path = ctx->conf->base_text;
    secure = 0;

    if (path.len == 0) {
        ngx_str_set(&path, "/");
    }

#if (NGX_HTTP_SSL)
    secure = r->connection->ssl != NULL;
#endif

    p = ngx_pnalloc(r->pool, sizeof(NGX_HTTP_MODHOST_COOKIE)
                             + ctx->affinity.len + path.len
                             + sizeof("; path=; HttpOnly; SameSite=Lax; "
                                      "Secure"));
    if (p == NULL) {
        return NGX_ERROR;
    }

    name.data = (uint8_t *) "Set-Cookie";
    name.length = sizeof("Set-Cookie") - 1;

    value.data = p;
    value.length = ngx_sprintf(p, NGX_HTTP_MODHOST_COOKIE "=%V; path=%V; "
                               "HttpOnly; SameSite=Lax%s", &ctx->affinity,
                               &path, secure ? "; Secure" : "")
                   - p;

    return ngx_http_modhost_push(&r->headers_out.headers, name, value) != NULL
           ? NGX_OK : NGX_ERROR;
}


/* The channel ended, or the worker would not begin the request. */
void
ngx_http_modhost_lost(ngx_http_modhost_ctx_t *ctx, uint32_t reason)
{
    ngx_uint_t           code;
    ngx_http_request_t  *r;

    r = ctx->request;

    if (ngx_http_modhost_may_repeat(ctx, reason)) {

        if (ngx_http_modhost_again(ctx) == NGX_OK) {
            return;
        }

        code = MH_E_REQUEST_RETRIES;

    } else {
        code = MH_E_REQUEST_LOST;
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "MH0%ui: request %uA:%ui %s worker %uD of process group "
                  "\"%s\" (pid %uD)", code, r->connection->number,
                  (ngx_uint_t) r->connection->requests,
                  code == MH_E_REQUEST_LOST ? "was lost with"
                  : "was given up after the third worker that did not begin "
                    "it:", ctx->worker, ctx->app->name, ctx->worker_pid);

    ctx->app->count->lost++;

    ngx_http_modhost_fail(ctx, NGX_HTTP_BAD_GATEWAY, 0);
}


static ngx_uint_t
ngx_http_modhost_may_repeat(ngx_http_modhost_ctx_t *ctx, uint32_t reason)
{
    if (ctx->head_sent || ctx->body_started) {
        return 0;
    }

    if (reason == MH_RESET_RETRY) {
        return 1;
    }

    return ctx->conf->next_worker
           && !(ctx->request->method
                & (NGX_HTTP_POST|NGX_HTTP_PATCH|NGX_HTTP_LOCK
                   |NGX_HTTP_UNKNOWN));
}


/* As if it had just come, but before those that wait. */
static ngx_int_t
ngx_http_modhost_again(ngx_http_modhost_ctx_t *ctx)
{
    if (++ctx->tries >= NGX_HTTP_MODHOST_TRIES) {
        return NGX_DECLINED;
    }

    ctx->app->count->retried++;

    ngx_http_modhost_detach(ctx, 0);

    ctx->begun = 0;
    ctx->window = 0;
    ctx->sent = 0;
    ctx->ended_at = 0;
    ctx->routed = NULL;

    ngx_http_modhost_start(ctx->request);

    return NGX_OK;
}


/*
 * A request timed out, and the client has its answer. The exchange is kept
 * until the app lets go of it; one that doesn't costs the worker its life.
 */
void
ngx_http_modhost_watch_stuck(ngx_http_modhost_ctx_t *ctx)
{
    ngx_http_modhost_stuck_t  *stuck;

    stuck = ngx_calloc(sizeof(ngx_http_modhost_stuck_t), ngx_cycle->log);

    if (stuck == NULL) {
        mh_exchange_done(ctx->exchange);
        return;
    }

    stuck->exchange = ctx->exchange;
    stuck->exchange->request = NULL;
    stuck->channel = ctx->routed;
    stuck->until = ngx_current_msec + ctx->conf->app->group->graceful_timeout;

    stuck->timer.handler = ngx_http_modhost_stuck_timer;
    stuck->timer.data = stuck;
    stuck->timer.log = ngx_cycle->log;
    stuck->timer.cancelable = 1;

    ngx_add_timer(&stuck->timer, NGX_HTTP_MODHOST_STUCK_TICK);
}


static void
ngx_http_modhost_stuck_timer(ngx_event_t *ev)
{
    ngx_http_modhost_stuck_t  *stuck;

    stuck = ev->data;

    if (!mh_exchange_app_released(stuck->exchange)) {

        if ((ngx_msec_int_t) (stuck->until - ngx_current_msec) > 0) {
            ngx_add_timer(ev, NGX_HTTP_MODHOST_STUCK_TICK);
            return;
        }

        mh_channel_stuck(stuck->channel);
    }

    mh_exchange_done(stuck->exchange);
    ngx_free(stuck);
}
