/*
 * modhost_slow_log: requests that took longer than they should, with what they
 * waited for.
 *
 *   queue    until a worker, or the application, began
 *   app      while the application worked
 *   client   the rest: while the client sent its body or took the response
 */

#include "ngx_http_modhost.h"


static void ngx_http_modhost_slow_line(ngx_http_modhost_ctx_t *ctx,
    u_char *line, ngx_msec_t total, ngx_msec_t queue, ngx_msec_t app);


char *
ngx_http_modhost_slow_log(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_modhost_loc_conf_t *mlcf = conf;

    ngx_int_t   limit;
    ngx_str_t  *value;

    if (mlcf->slow != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    value = cf->args->elts;
    limit = ngx_parse_time(&value[1], 0);

    if (limit == NGX_ERROR) {
        return "has an invalid time";
    }

    mlcf->slow = limit;
    mlcf->slow_file = NULL;

    if (cf->args->nelts == 3) {
        mlcf->slow_file = ngx_conf_open_file(cf->cycle, &value[2]);
        if (mlcf->slow_file == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/* The client is what is waited for, or is not any longer. */
void
ngx_http_modhost_client_wait(ngx_http_modhost_ctx_t *ctx, ngx_uint_t waits)
{
    if (waits == ctx->client_waits) {
        return;
    }

    ctx->client_waits = waits;

    if (waits) {
        ctx->client_since = ngx_current_msec;

    } else {
        ctx->client_ms += ngx_current_msec - ctx->client_since;
    }
}


void
ngx_http_modhost_slow(ngx_http_modhost_ctx_t *ctx)
{
    u_char               line[1024];
    ngx_msec_t           total, queue, app;
    ngx_http_request_t  *r;

    r = ctx->request;

    /* an upgraded connection is long on purpose */

    if (ctx->conf->slow == 0 || ctx->upgraded) {
        return;
    }

    total = ngx_current_msec - ctx->arrived;

    if ((ngx_msec_int_t) total < (ngx_msec_int_t) ctx->conf->slow) {
        return;
    }

    queue = (ctx->begun ? ctx->begun_at : ngx_current_msec) - ctx->arrived;
    app = 0;

    if (ctx->begun) {
        ngx_http_modhost_client_wait(ctx, 0);

        app = (ctx->ended_at ? ctx->ended_at : ngx_current_msec)
              - ctx->begun_at;
        app -= ngx_min(app, ctx->client_ms);
    }

    ngx_http_modhost_slow_line(ctx, line, total, queue, app);

    if (ctx->conf->slow_file == NULL) {
        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0, "MH0%d: %s",
                      MH_E_SLOW, line);
    }
}


static u_char *
ngx_http_modhost_seconds(u_char *p, u_char *last, const char *name,
    ngx_msec_t ms)
{
    return ngx_slprintf(p, last, " %s=%T.%03M", name, (time_t) ms / 1000,
                        ms % 1000);
}


/* For the error log the middle of it; a file has a line of its own. */
static void
ngx_http_modhost_slow_line(ngx_http_modhost_ctx_t *ctx, u_char *line,
    ngx_msec_t total, ngx_msec_t queue, ngx_msec_t app)
{
    u_char              *p, *last;
    ngx_msec_t           client;
    ngx_open_file_t     *file;
    ngx_http_request_t  *r;

    r = ctx->request;
    p = line;
    last = line + 1022;
    file = ctx->conf->slow_file;
    client = total - ngx_min(total, queue + app);

    if (file != NULL) {
        p = ngx_slprintf(p, last, "%V", &ngx_cached_http_log_iso8601);
    }

    p = ngx_slprintf(p, last, "%sapp \"%V\"", file != NULL ? " " : "",
                     &ctx->conf->app->name);

    if (ctx->worker_pid != 0) {
        p = ngx_slprintf(p, last, " worker=%V/%uD/%uD",
                         &ctx->conf->app->group->name, ctx->worker_index,
                         ctx->worker_pid);
    }

    p = ngx_http_modhost_seconds(p, last, "took", total);
    p = ngx_http_modhost_seconds(p, last, "queue", queue);
    p = ngx_http_modhost_seconds(p, last, "app", app);
    p = ngx_http_modhost_seconds(p, last, "client", client);

    if (file == NULL) {
        *p = '\0';
        return;
    }

    p = ngx_slprintf(p, last, " status=%ui from=%V \"%*s\"",
                     r->headers_out.status, &r->connection->addr_text,
                     ngx_min(r->request_line.len, 700), r->request_line.data);
    *p++ = '\n';

    if (ngx_write_fd(file->fd, line, p - line) == -1) {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, ngx_errno,
                      ngx_write_fd_n " to \"%s\" failed", file->name.data);
    }
}
