/*
 * Requests that wait: for the application to start, or for their turn where
 * modhost_max_concurrency is set. First come, first served; bounded in number
 * and in time.
 */

#include "ngx_http_modhost.h"


#define NGX_HTTP_MODHOST_RETRY_AFTER  5          /* s; where nothing is known */


static ngx_uint_t ngx_http_modhost_may_begin(ngx_http_modhost_ctx_t *ctx);
static ngx_uint_t ngx_http_modhost_may_wait(ngx_http_modhost_app_t *app);
static void ngx_http_modhost_tell_waiting(ngx_http_modhost_app_t *app);
static ngx_uint_t ngx_http_modhost_in_order(ngx_http_modhost_ctx_t *ctx);
static ngx_http_modhost_ctx_t *ngx_http_modhost_queue_next(
    ngx_http_modhost_app_t *app, ngx_uint_t *begin);
static void ngx_http_modhost_queue_timeout(ngx_event_t *ev);
static ngx_int_t ngx_http_modhost_retry_after(ngx_http_modhost_ctx_t *ctx);


ngx_int_t
ngx_http_modhost_admit(ngx_http_modhost_ctx_t *ctx)
{
    ngx_log_t               *log;
    ngx_http_modhost_app_t  *app;

    app = ctx->app;
    log = ctx->request->connection->log;

    if ((app->waiting == 0 || ctx->tries != 0
         || !ngx_http_modhost_in_order(ctx))
        && ngx_http_modhost_may_begin(ctx))
    {
        return NGX_OK;
    }

    if (app->group != NULL) {
        ngx_http_modhost_group_refresh(app);
    }

    if (!ngx_http_modhost_may_wait(app)) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "MH0%d: application \"%s\" is not running",
                      MH_E_UNAVAILABLE, app->name);
        app->count->unavailable++;
        return NGX_DECLINED;
    }

    if (app->waiting >= app->queue_size && ctx->tries == 0) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "MH0%d: %ui requests wait for application \"%s\" already",
                      MH_E_QUEUE_FULL, app->waiting, app->name);
        app->count->queue_full++;
        return NGX_DECLINED;
    }

    if (ctx->tries == 0) {
        ngx_queue_insert_tail(&app->queue, &ctx->link);
    } else {
        ngx_queue_insert_head(&app->queue, &ctx->link);
    }

    app->waiting++;
    app->count->waiting++;
    ctx->queued = 1;

    /* armed even where nothing limits it: nginx must not leave before */

    ctx->timer.handler = ngx_http_modhost_queue_timeout;
    ctx->timer.data = ctx;
    ctx->timer.log = log;
    ngx_add_timer(&ctx->timer, ctx->conf->queue_timeout
                               ? ctx->conf->queue_timeout
                               : NGX_HTTP_MODHOST_NO_LIMIT);

    ngx_http_modhost_tell_waiting(app);

    return NGX_AGAIN;
}


static ngx_uint_t
ngx_http_modhost_may_begin(ngx_http_modhost_ctx_t *ctx)
{
    ngx_http_modhost_app_t  *app;

    app = ctx->app;

    if (app->group != NULL) {
        return ngx_http_modhost_choose(ctx);
    }

    return app->state == MODHOST_APP_READY
           && (app->max_concurrency == 0
               || app->active < app->max_concurrency);
}


static ngx_uint_t
ngx_http_modhost_may_wait(ngx_http_modhost_app_t *app)
{
    if (app->state == MODHOST_APP_READY || app->state == MODHOST_APP_STARTING) {
        return 1;
    }

    /* a request is what starts the workers of an idle group; not of one that
       somebody has stopped */

    if (app->group != NULL) {
        return app->state != MODHOST_APP_FAILED
               && app->state != MODHOST_APP_STOPPED;
    }

    /* it stopped by itself, and will be started again */

    return app->state == MODHOST_APP_STOPPING && !app->stopping;
}


/* The supervisor starts workers by it. */
static void
ngx_http_modhost_tell_waiting(ngx_http_modhost_app_t *app)
{
    ngx_msec_int_t           oldest;
    ngx_http_modhost_ctx_t  *ctx;

    if (app->group == NULL) {
        return;
    }

    oldest = 0;

    if (app->waiting != 0) {
        ctx = ngx_queue_data(ngx_queue_head(&app->queue),
                             ngx_http_modhost_ctx_t, link);
        oldest = (ngx_msec_int_t) (ngx_current_msec - ctx->arrived);
    }

    mh_group_waiting(app->group, app->waiting, ngx_max(oldest, 0));
}


void
ngx_http_modhost_queue_remove(ngx_http_modhost_ctx_t *ctx)
{
    if (ctx->timer.timer_set) {
        ngx_del_timer(&ctx->timer);
    }

    ngx_queue_remove(&ctx->link);
    ctx->app->waiting--;
    ctx->app->count->waiting--;
    ctx->queued = 0;

    ngx_http_modhost_tell_waiting(ctx->app);
}


void
ngx_http_modhost_queue_advance(ngx_http_modhost_app_t *app)
{
    ngx_uint_t               begin;
    ngx_connection_t        *c;
    ngx_http_modhost_ctx_t  *ctx;

    if (app->group != NULL) {
        ngx_http_modhost_group_refresh(app);
    }

    while (app->waiting != 0) {

        ctx = ngx_http_modhost_queue_next(app, &begin);

        if (ctx == NULL) {
            ngx_http_modhost_tell_waiting(app);
            return;
        }

        c = ctx->request->connection;

        ngx_http_modhost_queue_remove(ctx);

        ngx_http_set_log_request(c->log, ctx->request);

        if (begin) {
            ngx_http_modhost_begin(ctx);

        } else {
            ngx_log_error(NGX_LOG_ERR, c->log, 0,
                          "MH0%d: waited for application \"%s\", which is not "
                          "running", MH_E_UNAVAILABLE, app->name);

            app->count->unavailable++;

            ngx_http_modhost_finalize(ctx, ngx_http_modhost_unavailable(ctx));
        }

        ngx_http_modhost_run_posted(c);
    }
}


/*
 * Where clients belong to workers, one that waits for its own does not hold up
 * those behind it.
 */
static ngx_uint_t
ngx_http_modhost_in_order(ngx_http_modhost_ctx_t *ctx)
{
    return ctx->app->group == NULL
           || ctx->conf->app->group->affinity == MH_AFFINITY_NONE;
}


/*
 * The first that can begin, or that need not wait any longer because nothing
 * will; NULL: all go on waiting.
 */
static ngx_http_modhost_ctx_t *
ngx_http_modhost_queue_next(ngx_http_modhost_app_t *app, ngx_uint_t *begin)
{
    ngx_queue_t             *q;
    ngx_http_modhost_ctx_t  *ctx;

    for (q = ngx_queue_head(&app->queue);
         q != ngx_queue_sentinel(&app->queue);
         q = ngx_queue_next(q))
    {
        ctx = ngx_queue_data(q, ngx_http_modhost_ctx_t, link);

        *begin = ngx_http_modhost_may_begin(ctx);

        if (*begin || !ngx_http_modhost_may_wait(app)) {
            return ctx;
        }

        if (ngx_http_modhost_in_order(ctx)) {
            break;
        }
    }

    return NULL;
}


static void
ngx_http_modhost_queue_timeout(ngx_event_t *ev)
{
    ngx_connection_t        *c;
    ngx_http_modhost_ctx_t  *ctx;

    ctx = ev->data;
    c = ctx->request->connection;

    ngx_http_modhost_queue_remove(ctx);

    ngx_http_set_log_request(c->log, ctx->request);

    ngx_log_error(NGX_LOG_ERR, c->log, 0,
                  "MH0%d: waited %M ms for application \"%s\"",
                  MH_E_QUEUE_TIMEOUT, ctx->conf->queue_timeout,
                  ctx->app->name);

    ctx->app->count->queue_timeouts++;

    ngx_http_modhost_finalize(ctx, ngx_http_modhost_unavailable(ctx));

    ngx_http_modhost_run_posted(c);
}


ngx_int_t
ngx_http_modhost_unavailable(ngx_http_modhost_ctx_t *ctx)
{
    u_char                    *p;
    ngx_str_t                  page;
    ngx_str_t                  type = ngx_string("text/plain");
    ngx_http_request_t        *r;
    ngx_http_modhost_app_t    *app;
    ngx_http_complex_value_t   text;

    r = ctx->request;
    app = ctx->app;

    if (ngx_http_modhost_retry_after(ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (!ctx->conf->detailed_errors || app->state != MODHOST_APP_FAILED
        || r != r->main)
    {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    page.len = ngx_strlen(app->name)
               + (app->reason != NULL ? ngx_strlen(app->reason) : 0)
               + sizeof("MH0000: application \"\" is not running\n\n\n");

    p = ngx_pnalloc(r->pool, page.len);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    page.data = p;
    page.len = ngx_snprintf(p, page.len,
                            "MH%04ui: application \"%s\" is not running\n\n"
                            "%s\n",
                            app->code % 10000, app->name,
                            app->reason != NULL ? app->reason : "")
               - p;

    if (ngx_http_discard_request_body(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(&text, sizeof(ngx_http_complex_value_t));
    text.value = page;

    return ngx_http_send_response(r, NGX_HTTP_SERVICE_UNAVAILABLE, &type,
                                  &text);
}


static ngx_int_t
ngx_http_modhost_retry_after(ngx_http_modhost_ctx_t *ctx)
{
    ngx_msec_int_t           left;
    ngx_table_elt_t         *h;
    ngx_http_modhost_app_t  *app;

    app = ctx->app;
    left = NGX_HTTP_MODHOST_RETRY_AFTER * 1000;

    if (app->state == MODHOST_APP_FAILED && app->start_timer.timer_set) {
        left = (ngx_msec_int_t) (app->start_timer.timer.key - ngx_current_msec);
        left = ngx_max(left, 1000);
    }

    h = ngx_list_push(&ctx->request->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->value.data = ngx_pnalloc(ctx->request->pool, NGX_TIME_T_LEN);
    if (h->value.data == NULL) {
        h->hash = 0;
        return NGX_ERROR;
    }

    h->hash = 1;
#if (nginx_version >= 1023000)
    h->next = NULL;
#endif
    ngx_str_set(&h->key, "Retry-After");
    h->value.len = ngx_sprintf(h->value.data, "%T",
                               (time_t) (left + 999) / 1000)
                   - h->value.data;

    return NGX_OK;
}
