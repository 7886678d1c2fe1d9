/*
 * modhost_status: what runs, as JSON or as OpenMetrics. The supervisor tells of
 * its groups through a page of shared memory, nginx's processes of themselves
 * through another; so any of them answers for all, at once.
 */

#include "ngx_http_modhost_status.h"


static ngx_uint_t ngx_http_modhost_wants_metrics(ngx_http_request_t *r);
static ngx_int_t ngx_http_modhost_status_send(ngx_http_request_t *r,
    mh_str text, ngx_uint_t metrics);


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


ngx_int_t
ngx_http_modhost_status_handler(ngx_http_request_t *r)
{
    mh_str                   text;
    ngx_int_t                rc;
    ngx_uint_t               metrics;
    mh_json_writer           json;
    ngx_http_modhost_text_t  lines;
    mh_daemon_status_text    groups;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    metrics = ngx_http_modhost_wants_metrics(r);

    ngx_memzero(&groups, sizeof(mh_daemon_status_text));
    ngx_memzero(&json, sizeof(mh_json_writer));
    ngx_memzero(&lines, sizeof(ngx_http_modhost_text_t));

    (void) mh_daemon_status(&groups);

    if (metrics) {
        ngx_http_modhost_status_metrics(r, groups.metrics, &lines);
        text.data = (uint8_t *) lines.data;
        text.length = lines.length;
        rc = lines.failed ? NGX_ERROR : NGX_OK;

    } else {
        ngx_http_modhost_status_json(r, groups.json, &json);
        text.data = (uint8_t *) json.text;
        text.length = json.length;
        rc = json.failed ? NGX_ERROR : NGX_OK;
    }

    rc = rc == NGX_OK ? ngx_http_modhost_status_send(r, text, metrics)
                      : NGX_HTTP_INTERNAL_SERVER_ERROR;

    free(groups.memory);
    free(lines.data);
    mh_json_writer_free(&json);

    return rc;
}


/* ?format= says so, or the end of the path, or what the client accepts. */
static ngx_uint_t
ngx_http_modhost_wants_metrics(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_str_t         format;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    if (ngx_http_arg(r, (u_char *) "format", 6, &format) == NGX_OK) {
        return format.len != 4 || ngx_strncmp(format.data, "json", 4) != 0;
    }

    if (r->uri.len >= 8
        && ngx_strncmp(r->uri.data + r->uri.len - 8, "/metrics", 8) == 0)
    {
        return 1;
    }

    if (r->uri.len >= 5
        && ngx_strncmp(r->uri.data + r->uri.len - 5, ".json", 5) == 0)
    {
        return 0;
    }

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len == 6
                && ngx_strncasecmp(h[i].key.data, (u_char *) "Accept", 6) == 0)
            {
                return ngx_strlcasestrn(h[i].value.data,
                                        h[i].value.data + h[i].value.len,
                                        (u_char *) "openmetrics", 11 - 1)
                           != NULL
                       || ngx_strlcasestrn(h[i].value.data,
                                           h[i].value.data + h[i].value.len,
                                           (u_char *) "text/plain", 10 - 1)
                          != NULL;
            }
        }
    }

    return 0;
}


static ngx_int_t
ngx_http_modhost_status_send(ngx_http_request_t *r, mh_str text,
    ngx_uint_t metrics)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    mh_str        name, value;
    ngx_chain_t   out;

    b = ngx_create_temp_buf(r->pool, text.length + 1);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->last = ngx_cpymem(b->pos, text.data, text.length);
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
    r->headers_out.content_length_n = text.length;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_output_filter(r, &out);
}
