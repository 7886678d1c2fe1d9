/*
 * Configurations: made, given defaults, merged.
 */

#include "ngx_http_modhost.h"


static ngx_int_t ngx_http_modhost_keeps_handler(ngx_conf_t *cf,
    ngx_http_modhost_loc_conf_t *conf);
static void ngx_http_modhost_merge_place(ngx_conf_t *cf,
    ngx_http_modhost_loc_conf_t *prev, ngx_http_modhost_loc_conf_t *conf);
static char *ngx_http_modhost_merge_variables(ngx_conf_t *cf,
    ngx_http_modhost_loc_conf_t *prev, ngx_http_modhost_loc_conf_t *conf);
static char *ngx_http_modhost_merge_hidden(ngx_conf_t *cf,
    ngx_http_modhost_loc_conf_t *prev, ngx_http_modhost_loc_conf_t *conf);
static char *ngx_http_modhost_merge_base(ngx_conf_t *cf,
    ngx_http_modhost_loc_conf_t *prev, ngx_http_modhost_loc_conf_t *conf);


void *
ngx_http_modhost_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_modhost_main_conf_t  *mmcf;

    mmcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_modhost_main_conf_t));
    if (mmcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&mmcf->apps, cf->pool, 4,
                       sizeof(ngx_http_modhost_app_conf_t *))
            != NGX_OK
        || ngx_array_init(&mmcf->groups, cf->pool, 4,
                          sizeof(ngx_http_modhost_group_conf_t *))
           != NGX_OK)
    {
        return NULL;
    }

    return mmcf;
}


char *
ngx_http_modhost_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_modhost_main_conf_t  *mmcf = conf;

    if (mmcf->dotnet_root.len
        && ngx_conf_full_name(cf->cycle, &mmcf->dotnet_root, 0) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


void *
ngx_http_modhost_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_modhost_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_modhost_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    conf->settings.env = NGX_CONF_UNSET_PTR;
    conf->settings.max_concurrency = NGX_CONF_UNSET_UINT;
    conf->settings.queue_size = NGX_CONF_UNSET_UINT;
    conf->settings.startup_timeout = NGX_CONF_UNSET_MSEC;
    conf->settings.shutdown_timeout = NGX_CONF_UNSET_MSEC;
    conf->dispatch = NGX_CONF_UNSET_UINT;
    conf->restrict_embedded = NGX_CONF_UNSET;
    conf->queue_timeout = NGX_CONF_UNSET_MSEC;
    conf->request_timeout = NGX_CONF_UNSET_MSEC;
    conf->slow = NGX_CONF_UNSET_MSEC;
    conf->next_worker = NGX_CONF_UNSET;
    conf->request_buffering = NGX_CONF_UNSET;
    conf->buffering = NGX_CONF_UNSET;
    conf->max_head_size = NGX_CONF_UNSET_SIZE;
    conf->max_headers = NGX_CONF_UNSET_UINT;
    conf->max_request_body = NGX_CONF_UNSET;
    conf->detailed_errors = NGX_CONF_UNSET;
    conf->intercept_errors = NGX_CONF_UNSET;
    conf->variables = NGX_CONF_UNSET_PTR;
    conf->hide_headers = NGX_CONF_UNSET_PTR;
    conf->user_variable = -1;
    conf->type_variable = -1;

    return conf;
}


char *
ngx_http_modhost_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_modhost_loc_conf_t  *prev = parent;
    ngx_http_modhost_loc_conf_t  *conf = child;

    char  *rv;

    conf->own_queue_timeout = conf->queue_timeout != NGX_CONF_UNSET_MSEC;
    conf->own_request_timeout = conf->request_timeout != NGX_CONF_UNSET_MSEC;

    ngx_conf_merge_str_value(conf->group, prev->group, "embedded");
    ngx_conf_merge_ptr_value(conf->settings.env, prev->settings.env, NULL);
    ngx_conf_merge_uint_value(conf->settings.max_concurrency,
                              prev->settings.max_concurrency, 0);
    ngx_conf_merge_uint_value(conf->settings.queue_size,
                              prev->settings.queue_size, 1000);
    ngx_conf_merge_msec_value(conf->settings.startup_timeout,
                              prev->settings.startup_timeout, 60000);
    ngx_conf_merge_msec_value(conf->settings.shutdown_timeout,
                              prev->settings.shutdown_timeout, 10000);
    ngx_conf_merge_uint_value(conf->dispatch, prev->dispatch,
                              NGX_HTTP_MODHOST_THREADPOOL);
    ngx_conf_merge_value(conf->restrict_embedded, prev->restrict_embedded, 0);
    ngx_conf_merge_msec_value(conf->queue_timeout, prev->queue_timeout, 10000);
    ngx_conf_merge_msec_value(conf->request_timeout, prev->request_timeout, 0);
    ngx_conf_merge_value(conf->next_worker, prev->next_worker, 0);

    if (conf->slow == NGX_CONF_UNSET_MSEC) {
        conf->slow = prev->slow == NGX_CONF_UNSET_MSEC ? 0 : prev->slow;
        conf->slow_file = prev->slow_file;
    }

    ngx_conf_merge_value(conf->request_buffering, prev->request_buffering, 0);
    ngx_conf_merge_value(conf->buffering, prev->buffering, 0);
    ngx_conf_merge_size_value(conf->max_head_size, prev->max_head_size,
                              MH_HEAD_SIZE_MAX);
    ngx_conf_merge_uint_value(conf->max_headers, prev->max_headers,
                              MH_HEAD_HEADERS_MAX);
    ngx_conf_merge_off_value(conf->max_request_body, prev->max_request_body,
                             NGX_CONF_UNSET);
    ngx_conf_merge_value(conf->detailed_errors, prev->detailed_errors, 0);
    ngx_conf_merge_value(conf->intercept_errors, prev->intercept_errors, 0);

    rv = ngx_http_modhost_merge_variables(cf, prev, conf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    rv = ngx_http_modhost_merge_hidden(cf, prev, conf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (conf->pass.len != 0
        && ngx_http_modhost_keeps_handler(cf, conf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_http_modhost_merge_place(cf, prev, conf);

    rv = ngx_http_modhost_merge_base(cf, prev, conf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (conf->pass.len == 0) {
        return NGX_CONF_OK;
    }

    if (ngx_http_modhost_pass_resolve(cf, conf) != NGX_OK
        || ngx_http_modhost_settle(cf, conf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* nginx would take the last directive of a location that answers requests, and
   say nothing. */
char *
ngx_http_modhost_one_handler(ngx_conf_t *cf)
{
    ngx_str_t                 *value;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler == NULL) {
        return NGX_CONF_OK;
    }

    value = cf->args->elts;

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "MH0%d: another directive of this location answers its "
                       "requests, so \"%V\" cannot", MH_E_HANDLERS, &value[0]);
    return NGX_CONF_ERROR;
}


/* A directive of another module, behind modhost_pass, may have put its own. */
static ngx_int_t
ngx_http_modhost_keeps_handler(ngx_conf_t *cf,
    ngx_http_modhost_loc_conf_t *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler == ngx_http_modhost_handler) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "MH0%d: another directive of this location answers its "
                  "requests, so \"modhost_pass\" cannot, in %V:%ui",
                  MH_E_HANDLERS, &conf->place.file, conf->place.line);
    return NGX_ERROR;
}


/* As proxy_pass: "if" and "limit_except" blocks pass to what is around them. */
static void
ngx_http_modhost_merge_place(ngx_conf_t *cf, ngx_http_modhost_loc_conf_t *prev,
    ngx_http_modhost_loc_conf_t *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    if (conf->pass.len != 0 || prev->pass.len == 0) {
        return;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (!clcf->noname && !(clcf->lmt_excpt && clcf->handler == NULL)) {
        return;
    }

    conf->pass = prev->pass;
    conf->pass_group = prev->pass_group;
    conf->place = prev->place;
    conf->path_base = prev->path_base;

    if (clcf->lmt_excpt && clcf->handler == NULL) {
        clcf->handler = ngx_http_modhost_handler;
    }
}


static char *
ngx_http_modhost_merge_variables(ngx_conf_t *cf,
    ngx_http_modhost_loc_conf_t *prev, ngx_http_modhost_loc_conf_t *conf)
{
    ngx_uint_t                    i;
    ngx_http_modhost_variable_t  *v;

    ngx_conf_merge_ptr_value(conf->variables, prev->variables, NULL);

    if (conf->variables == NULL) {
        return NGX_CONF_OK;
    }

    v = conf->variables->elts;

    for (i = 0; i < conf->variables->nelts; i++) {

        if (ngx_strcmp(v[i].name.data, "REMOTE_USER") == 0) {
            conf->user_variable = i;

        } else if (ngx_strcmp(v[i].name.data, "AUTH_TYPE") == 0) {
            conf->type_variable = i;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_modhost_merge_hidden(ngx_conf_t *cf,
    ngx_http_modhost_loc_conf_t *prev, ngx_http_modhost_loc_conf_t *conf)
{
    unsigned     known;
    ngx_str_t   *name;
    ngx_uint_t   i;

    if (conf->hide_headers == NGX_CONF_UNSET_PTR) {
        conf->hide_headers = prev->hide_headers == NGX_CONF_UNSET_PTR
                             ? NULL : prev->hide_headers;
        conf->hide_known = prev->hide_known;
    }

    if (conf->hide_headers == NULL || conf->hide_known != NULL) {
        return NGX_CONF_OK;
    }

    conf->hide_known = ngx_pcalloc(cf->pool, MODHOST_HEADER_COUNT);
    if (conf->hide_known == NULL) {
        return NGX_CONF_ERROR;
    }

    name = conf->hide_headers->elts;

    for (i = 0; i < conf->hide_headers->nelts; i++) {
        known = mh_header_known(ngx_http_modhost_str(&name[i]));

        if (known != 0) {
            conf->hide_known[known] = 1;
        }
    }

    return NGX_CONF_OK;
}


/* The PathBase of this location: what path_base= says, else its prefix. */
static char *
ngx_http_modhost_merge_base(ngx_conf_t *cf, ngx_http_modhost_loc_conf_t *prev,
    ngx_http_modhost_loc_conf_t *conf)
{
    mh_str                     escaped;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (conf->path_base.data != NULL) {
        conf->base = conf->path_base;

    } else if (clcf->noname) {

        /* "if" and "limit_except" have a name that does not tell its kind */

        conf->base = prev->base;
        conf->base_text = prev->base_text;
        return NGX_CONF_OK;

    } else if (!clcf->exact_match && !clcf->named
#if (NGX_PCRE)
               && clcf->regex == NULL
#endif
               && clcf->name.len && clcf->name.data[0] == '/')
    {
        conf->base = clcf->name;

        if (conf->base.data[conf->base.len - 1] == '/') {
            conf->base.len--;
        }
    }

    if (conf->base.len == 0) {
        return NGX_CONF_OK;
    }

    conf->base_text.data = ngx_pnalloc(cf->pool, 3 * conf->base.len);
    if (conf->base_text.data == NULL) {
        return NGX_CONF_ERROR;
    }

    escaped = mh_path_escape(ngx_http_modhost_str(&conf->base),
                             conf->base_text.data);
    conf->base_text.len = escaped.length;

    return NGX_CONF_OK;
}
