/*
 * Applications' lines in nginx's error log, and variables for access logs.
 */

#include "ngx_http_modhost.h"


/* nginx cuts a line at 2048 bytes, time stamp and prefix included. */
#define NGX_HTTP_MODHOST_LINE      1700
#define NGX_HTTP_MODHOST_CATEGORY  200


typedef enum {
    ngx_http_modhost_var_app = 0,
    ngx_http_modhost_var_worker,
    ngx_http_modhost_var_queue_time,
    ngx_http_modhost_var_app_time
} ngx_http_modhost_var_e;


static ngx_int_t ngx_http_modhost_variable_value(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


static ngx_uint_t  ngx_http_modhost_levels[] = {
    NGX_LOG_DEBUG,                           /* MODHOST_LOG_TRACE             */
    NGX_LOG_DEBUG,                           /* MODHOST_LOG_DEBUG             */
    NGX_LOG_INFO,                            /* MODHOST_LOG_INFO              */
    NGX_LOG_WARN,                            /* MODHOST_LOG_WARNING           */
    NGX_LOG_ERR,                             /* MODHOST_LOG_ERROR             */
    NGX_LOG_CRIT                             /* MODHOST_LOG_CRITICAL          */
};


static ngx_http_variable_t  ngx_http_modhost_variables[] = {

    { ngx_string("modhost_app"), NULL, ngx_http_modhost_variable_value,
      ngx_http_modhost_var_app, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("modhost_worker"), NULL, ngx_http_modhost_variable_value,
      ngx_http_modhost_var_worker, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("modhost_queue_time"), NULL, ngx_http_modhost_variable_value,
      ngx_http_modhost_var_queue_time, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("modhost_app_time"), NULL, ngx_http_modhost_variable_value,
      ngx_http_modhost_var_app_time, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


static ngx_log_t *
ngx_http_modhost_app_log(ngx_http_modhost_app_t *app)
{
    return app != NULL && app->conf->log != NULL ? app->conf->log
                                                 : ngx_cycle->log;
}


void
ngx_http_modhost_log_message(mh_message *message)
{
    mh_str  category, text;

    ngx_http_modhost_follow_log();

    category.data = (uint8_t *) message->text;
    category.length = message->category_length;
    text.data = (uint8_t *) message->text + message->category_length;
    text.length = message->text_length;

    ngx_http_modhost_log_event(ngx_http_modhost_app_numbered(message->app),
                               message->state, category, text);
}


void
ngx_http_modhost_log_event(ngx_http_modhost_app_t *app, uint32_t level,
    mh_str category, mh_str text)
{
    ngx_log_t   *log;
    ngx_uint_t   nginx_level;

    log = ngx_http_modhost_app_log(app);

    nginx_level = ngx_http_modhost_levels[ngx_min(level,
                                                  MODHOST_LOG_CRITICAL)];

    if (log->log_level >= nginx_level) {
        ngx_http_modhost_log_text(log, nginx_level,
                                  app != NULL ? app->name : NULL, category,
                                  text);
    }
}


/*
 * A line break inside an event is kept, with white space after it, so that no
 * text of a client can pass for a line of nginx's own; other control
 * characters are escaped. Bytes of `text` that were written; never 0.
 */
static size_t
ngx_http_modhost_log_piece(u_char *line, size_t *length, mh_str text)
{
    size_t   i, newline, cut;
    u_char  *p, *cut_at;

    p = line;
    cut = 0;
    cut_at = line;

    for (i = 0; i < text.length; i++) {

        if (p > line + NGX_HTTP_MODHOST_LINE - 8) {
            if (cut != 0) {
                *length = cut_at - line;
                return cut;
            }
            break;
        }

        newline = text.data[i] == '\n';

        if (newline) {
            cut = i + 1;
            cut_at = p;
            p = ngx_cpymem(p, "\n    ", 5);

        } else if (text.data[i] == '\r' && i + 1 < text.length
                   && text.data[i + 1] == '\n')
        {
            continue;

        } else if ((text.data[i] < 0x20 && text.data[i] != '\t')
                   || text.data[i] == 0x7f)
        {
            p = ngx_sprintf(p, "\\x%02xd", (ngx_uint_t) text.data[i]);

        } else {
            *p++ = text.data[i];
        }
    }

    *length = p - line;

    return i;
}


void
ngx_http_modhost_log_text(ngx_log_t *log, ngx_uint_t level, const char *app,
    mh_str category, mh_str text)
{
    u_char      line[NGX_HTTP_MODHOST_LINE + 16];
    u_char      name[NGX_HTTP_MODHOST_CATEGORY];
    size_t      i, length, taken;
    ngx_uint_t  first;

    while (text.length != 0 && (text.data[text.length - 1] == '\n'
                                || text.data[text.length - 1] == '\r'))
    {
        text.length--;
    }

    category.length = ngx_min(category.length, NGX_HTTP_MODHOST_CATEGORY);
    first = 1;

    for (i = 0; i < category.length; i++) {
        name[i] = category.data[i] < 0x20 || category.data[i] == 0x7f
                  ? '?' : category.data[i];
    }

    category.data = name;

    do {
        taken = ngx_http_modhost_log_piece(line, &length, text);

        if (app == NULL) {
            ngx_log_error(level, log, 0, "modhost: %*s%s%*s",
                          category.length, category.data,
                          category.length && first ? ": "
                          : first ? "" : "    ",
                          length, line);
        } else {
            ngx_log_error(level, log, 0, "modhost: app \"%s\": %*s%s%*s",
                          app, category.length, category.data,
                          category.length && first ? ": "
                          : first ? "" : "    ",
                          length, line);
        }

        text.data += taken;
        text.length -= taken;
        category.length = 0;
        first = 0;

    } while (text.length != 0);
}


void
ngx_http_modhost_log_failure(ngx_http_modhost_app_t *app)
{
    mh_str  category, text;
    u_char  buf[sizeof("MH0000")];

    category.data = buf;
    category.length = ngx_sprintf(buf, "MH%04ui", app->code % 10000) - buf;

    text.data = (uint8_t *) (app->reason != NULL ? app->reason : "");
    text.length = ngx_strlen(text.data);

    ngx_http_modhost_log_text(ngx_http_modhost_app_log(app), NGX_LOG_ERR,
                              app->name, category, text);
}


ngx_int_t
ngx_http_modhost_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_modhost_variables; v->name.len; v++) {

        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


/* "group/index/pid" of the worker that has, or last had, the request. */
static ngx_int_t
ngx_http_modhost_worker_value(ngx_http_modhost_ctx_t *ctx,
    ngx_http_variable_value_t *v)
{
    u_char     *p;
    ngx_str_t  *group;

    if (ctx->worker_pid == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    group = &ctx->conf->app->group->name;

    p = ngx_pnalloc(ctx->request->pool, group->len + 2 * NGX_INT32_LEN + 2);
    if (p == NULL) {
        return NGX_ERROR;
    }

    v->data = p;
    v->len = ngx_sprintf(p, "%V/%uD/%uD", group, ctx->worker_index,
                         ctx->worker_pid)
             - p;

    return NGX_OK;
}


static ngx_int_t
ngx_http_modhost_variable_value(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                  *p;
    ngx_msec_int_t           ms;
    ngx_http_modhost_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_modhost_module);

    if (ctx == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    if (data == ngx_http_modhost_var_app) {
        v->data = ctx->conf->app->name.data;
        v->len = ctx->conf->app->name.len;
        return NGX_OK;
    }

    if (data == ngx_http_modhost_var_worker) {
        return ngx_http_modhost_worker_value(ctx, v);
    }

    if (data == ngx_http_modhost_var_queue_time) {
        ms = (ctx->begun ? ctx->begun_at : ngx_current_msec) - ctx->arrived;

    } else if (ctx->begun) {
        ms = (ctx->ended_at ? ctx->ended_at : ngx_current_msec)
             - ctx->begun_at;

    } else {
        v->not_found = 1;
        return NGX_OK;
    }

    ms = ngx_max(ms, 0);

    p = ngx_pnalloc(r->pool, NGX_TIME_T_LEN + 4);
    if (p == NULL) {
        return NGX_ERROR;
    }

    v->data = p;
    v->len = ngx_sprintf(p, "%T.%03M", (time_t) ms / 1000, ms % 1000) - p;

    return NGX_OK;
}
