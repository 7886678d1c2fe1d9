/*
 * modhost_status: what runs, as JSON or as OpenMetrics. The supervisor tells of
 * its groups through a page of shared memory, nginx's processes of themselves
 * through another; so any of them answers for all, at once.
 */

#include "ngx_http_modhost.h"

#include "status_text.h"


static ngx_int_t ngx_http_modhost_status_handler(ngx_http_request_t *r);
static ngx_uint_t ngx_http_modhost_wants_metrics(ngx_http_request_t *r);
static ngx_int_t ngx_http_modhost_status_send(ngx_http_request_t *r,
    const char *text, size_t length, ngx_uint_t metrics);


char *
ngx_http_modhost_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                          *rv;
    ngx_http_core_loc_conf_t      *clcf;
    ngx_http_modhost_main_conf_t  *mmcf;

    rv = ngx_http_modhost_one_handler(cf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_modhost_module);
    mmcf->status = 1;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_modhost_status_handler;

    return NGX_CONF_OK;
}


/* Those of process groups behind the embedded ones; NULL: no memory. */
static mh_status_app *
ngx_http_modhost_status_apps(ngx_http_request_t *r,
    ngx_http_modhost_main_conf_t *mmcf, unsigned *count)
{
    ngx_uint_t                       i;
    mh_status_app                   *list;
    ngx_http_modhost_app_conf_t    **apps, *app;
    ngx_http_modhost_group_conf_t  **groups;

    list = ngx_pcalloc(r->pool, (mmcf->apps.nelts + mmcf->groups.nelts + 1)
                                * sizeof(mh_status_app));
    if (list == NULL) {
        return NULL;
    }

    *count = 0;
    apps = mmcf->apps.elts;
    groups = mmcf->groups.elts;

    for (i = 0; i < mmcf->apps.nelts + mmcf->groups.nelts; i++) {

        app = i < mmcf->apps.nelts ? apps[i]
                                   : groups[i - mmcf->apps.nelts]->app;
        if (app == NULL) {
            continue;
        }

        list[*count].name = (char *) app->name.data;
        list[*count].group = app->group != NULL
                             ? (char *) app->group->name.data : NULL;
        list[*count].path = app->spec.path;
        list[(*count)++].entry = app->entry;
    }

    return list;
}


static ngx_int_t
ngx_http_modhost_status_handler(ngx_http_request_t *r)
{
    size_t                         length;
    ngx_int_t                      rc;
    mh_json_writer                 json;
    mh_status_view                 view;
    mh_daemon_status_text          groups;
    ngx_http_modhost_main_conf_t  *mmcf;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    mmcf = ngx_http_get_module_main_conf(r, ngx_http_modhost_module);

    ngx_memzero(&groups, sizeof(mh_daemon_status_text));
    ngx_memzero(&json, sizeof(mh_json_writer));
    ngx_memzero(&view, sizeof(mh_status_view));

    view.server = "nginx";
    view.generation = ngx_http_modhost_daemon_generation();
    view.counters = ngx_http_modhost_counters();
    view.apps = ngx_http_modhost_status_apps(r, mmcf, &view.app_count);

    if (view.apps == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (void) mh_daemon_status(&groups);

    view.groups_json = groups.json;
    view.groups_metrics = groups.metrics;

    mh_status_gather(&view);

    if (ngx_http_modhost_wants_metrics(r)) {
        json.text = mh_status_metrics(&view, &length);
        rc = ngx_http_modhost_status_send(r, json.text, length, 1);

    } else {
        mh_status_json(&view, &json);
        rc = ngx_http_modhost_status_send(r, json.failed ? NULL : json.text,
                                          json.length, 0);
    }

    free(groups.memory);
    free(json.text);

    return rc;
}


static ngx_uint_t
ngx_http_modhost_wants_metrics(ngx_http_request_t *r)
{
    mh_str            accept;
    ngx_str_t         format;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    ngx_str_null(&format);
    ngx_memzero(&accept, sizeof(mh_str));

    (void) ngx_http_arg(r, (u_char *) "format", 6, &format);

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (accept.data == NULL && h[i].key.len == 6
                && ngx_strncasecmp(h[i].key.data, (u_char *) "Accept", 6) == 0)
            {
                accept = ngx_http_modhost_str(&h[i].value);
            }
        }
    }

    return mh_status_wants_metrics(ngx_http_modhost_str(&format),
                                   ngx_http_modhost_str(&r->uri), accept);
}


static ngx_int_t
ngx_http_modhost_status_send(ngx_http_request_t *r, const char *text,
    size_t length, ngx_uint_t metrics)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    mh_str        name, value;
    ngx_chain_t   out;

    b = ngx_create_temp_buf(r->pool, length + 1);
    if (text == NULL || b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->last = ngx_cpymem(b->pos, text, length);
    b->last_buf = r == r->main;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    name.data = (uint8_t *) "Cache-Control";
    name.length = 13;
    value.data = (uint8_t *) "no-store";
    value.length = 8;

    if (ngx_http_modhost_push(&r->headers_out.headers, name, value) == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (metrics) {
        ngx_str_set(&r->headers_out.content_type,
                    "application/openmetrics-text; version=1.0.0; "
                    "charset=utf-8");
    } else {
        ngx_str_set(&r->headers_out.content_type, "application/json");
    }

    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = length;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_output_filter(r, &out);
}
