/*
 * The response head: what nginx itself must know of it, and what becomes of it
 * where nginx answers in the application's place.
 */

#include "ngx_http_modhost.h"


static ngx_int_t ngx_http_modhost_informational(ngx_http_modhost_ctx_t *ctx,
    const modhost_response_head *head);
static ngx_int_t ngx_http_modhost_status_line(ngx_http_modhost_ctx_t *ctx,
    const modhost_response_head *head);
static void ngx_http_modhost_accel(ngx_http_modhost_ctx_t *ctx,
    const modhost_response_head *head);
static ngx_int_t ngx_http_modhost_redirect(ngx_http_modhost_ctx_t *ctx,
    const modhost_response_head *head, uint32_t flags);
static ngx_uint_t ngx_http_modhost_intercepted(ngx_http_modhost_ctx_t *ctx,
    const modhost_response_head *head);


ngx_int_t
ngx_http_modhost_send_head(ngx_http_modhost_ctx_t *ctx,
    const modhost_response_head *head, uint32_t flags)
{
    off_t                        length;
    ngx_int_t                    rc;
    ngx_http_request_t          *r;
    const modhost_response_head *copy;

    r = ctx->request;

    if (head->status < 200 && !(flags & MODHOST_SEND_UPGRADE)) {
        return ngx_http_modhost_informational(ctx, head);
    }

    /* for as long as the access log may look at a header */

    copy = ngx_palloc(r->pool, head->size);
    if (copy == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy((void *) copy, head, head->size);
    head = copy;

    ngx_http_modhost_accel(ctx, head);

    if (ctx->redirect.len) {
        return ngx_http_modhost_redirect(ctx, head, flags);
    }

    if (ctx->conf->intercept_errors && head->status >= 300
        && ngx_http_modhost_intercepted(ctx, head))
    {
        ngx_http_modhost_detach(ctx, (flags & MODHOST_SEND_END)
                                     ? 0 : MODHOST_RESET_CLIENT);
        ngx_http_modhost_finalize(ctx, head->status);
        return NGX_DONE;
    }

    if (ngx_http_modhost_status_line(ctx, head) != NGX_OK
        || ngx_http_modhost_copy_headers(ctx, head) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ctx->affinity.len && ngx_http_modhost_affinity_cookie(ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    if (flags & MODHOST_SEND_UPGRADE) {
        ngx_http_modhost_upgrade(ctx);
    }

    /* conditional requests are the application's own business */

    r->disable_not_modified = 1;

    /* what the application owes, whatever filters make of it */

    length = ctx->upgraded ? -1 : r->headers_out.content_length_n;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR) {
        ctx->head_sent = r->header_sent;
        return NGX_ERROR;
    }

    if (rc > NGX_OK) {
        ngx_http_modhost_finalize(ctx, rc);      /* a filter's own answer     */
        return NGX_DONE;
    }

    ctx->head_sent = 1;
    ctx->rest = length;
    r->write_event_handler = ngx_http_modhost_write_handler;

    return NGX_OK;
}


static ngx_int_t
ngx_http_modhost_status_line(ngx_http_modhost_ctx_t *ctx,
    const modhost_response_head *head)
{
    mh_str               reason;
    ngx_http_request_t  *r;

    r = ctx->request;

    if (head->status == NGX_HTTP_SWITCHING_PROTOCOLS
        && (r != r->main || r->http_version != NGX_HTTP_VERSION_11
            || ctx->has_body || r->headers_in.upgrade == NULL))
    {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "MH0%d: application \"%s\" upgrades a request that "
                      "cannot be upgraded", MH_E_UPGRADE, ctx->app->name);
        return NGX_ERROR;
    }

    r->headers_out.status = head->status;
    r->headers_out.content_length_n = head->content_length;

    reason = mh_head_slice(head, head->reason);

    if (reason.length == 0 && head->status == NGX_HTTP_SWITCHING_PROTOCOLS) {

        /* nginx knows no text for it, and some clients want one */

        ngx_str_set(&r->headers_out.status_line, "101 Switching Protocols");
        return NGX_OK;
    }

    /* nginx knows that these two have no body by a status line of its own */

    if (reason.length == 0 || head->status == NGX_HTTP_NO_CONTENT
        || head->status == NGX_HTTP_NOT_MODIFIED)
    {
        return NGX_OK;
    }

    r->headers_out.status_line.data = ngx_pnalloc(r->pool, 4 + reason.length);
    if (r->headers_out.status_line.data == NULL) {
        return NGX_ERROR;
    }

    r->headers_out.status_line.len =
        ngx_sprintf(r->headers_out.status_line.data, "%03ui %*s",
                    (ngx_uint_t) head->status, reason.length, reason.data)
        - r->headers_out.status_line.data;

    return NGX_OK;
}


/* nginx sends 103 for others from 1.29 on; no other 1xx goes further. */
static ngx_int_t
ngx_http_modhost_informational(ngx_http_modhost_ctx_t *ctx,
    const modhost_response_head *head)
{
#if (nginx_version >= 1029000)

    ngx_int_t            rc;
    ngx_uint_t           i;
    ngx_list_part_t     *part;
    ngx_table_elt_t     *h;
    ngx_http_request_t  *r;

    r = ctx->request;

    if (head->status != 103 || r != r->main) {
        return NGX_OK;
    }

    part = r->headers_out.headers.last;
    i = part->nelts;

    if (ngx_http_modhost_copy_hints(ctx, head) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_http_send_early_hints(r);

    /* their text goes with the message */

    for ( /* void */ ; part; part = part->next) {
        h = part->elts;

        for ( /* void */ ; i < part->nelts; i++) {
            h[i].hash = 0;
            ngx_str_null(&h[i].key);
            ngx_str_null(&h[i].value);
        }

        i = 0;
    }

    return rc == NGX_ERROR ? NGX_ERROR : NGX_OK;

#else

    return NGX_OK;

#endif
}


static void
ngx_http_modhost_accel(ngx_http_modhost_ctx_t *ctx,
    const modhost_response_head *head)
{
    mh_str      value;
    ngx_uint_t  i;

    for (i = 0; i < head->header_count; i++) {

        switch (mh_response_field_known(head, i)) {

        case MODHOST_HEADER_X_ACCEL_REDIRECT:
            value = mh_response_field_value(head, i);
            ctx->redirect.data = (u_char *) value.data;
            ctx->redirect.len = value.length;
            break;

        case MODHOST_HEADER_X_ACCEL_BUFFERING:
            value = mh_response_field_value(head, i);

            if (value.length == 2
                && ngx_strncasecmp((u_char *) value.data, (u_char *) "no", 2)
                   == 0)
            {
                ctx->buffering = 0;

            } else if (value.length == 3
                       && ngx_strncasecmp((u_char *) value.data,
                                          (u_char *) "yes", 3)
                          == 0)
            {
                ctx->buffering = 1;
            }
            break;

        default:
            break;
        }
    }
}


/* X-Accel-Redirect: nginx serves another location of its own instead. */
static ngx_int_t
ngx_http_modhost_redirect(ngx_http_modhost_ctx_t *ctx,
    const modhost_response_head *head, uint32_t flags)
{
    ngx_str_t            uri, args;
    ngx_uint_t           unsafe;
    ngx_http_request_t  *r;

    r = ctx->request;

    ngx_http_modhost_detach(ctx, (flags & MODHOST_SEND_END)
                                 ? 0 : MODHOST_RESET_CLIENT);

    if (ngx_http_modhost_copy_some_headers(ctx, head) != NGX_OK) {
        ngx_http_modhost_finalize(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return NGX_DONE;
    }

    uri = ctx->redirect;
    ngx_str_null(&args);
    unsafe = NGX_HTTP_LOG_UNSAFE;

    if (uri.data[0] != '@'
        && ngx_http_parse_unsafe_uri(r, &uri, &args, &unsafe) != NGX_OK)
    {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "MH0%d: application \"%s\" redirects to \"%V\"",
                      MH_E_ACCEL_REDIRECT, ctx->app->name, &ctx->redirect);
        ngx_http_modhost_finalize(ctx, NGX_HTTP_NOT_FOUND);
        return NGX_DONE;
    }

    ctx->finalized = 1;

    if (uri.data[0] == '@') {
        (void) ngx_http_named_location(r, &uri);

    } else {
        if (r->method != NGX_HTTP_HEAD) {
            r->method = NGX_HTTP_GET;
            r->method_name = ngx_http_core_get_method;
        }

        (void) ngx_http_internal_redirect(r, &uri, &args);
    }

    ngx_http_finalize_request(r, NGX_DONE);

    return NGX_DONE;
}


/* Whether an error_page takes this status over. */
static ngx_uint_t
ngx_http_modhost_intercepted(ngx_http_modhost_ctx_t *ctx,
    const modhost_response_head *head)
{
    ngx_uint_t                 i;
    ngx_http_err_page_t       *page;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(ctx->request, ngx_http_core_module);

    if (clcf->error_pages == NULL) {
        return 0;
    }

    page = clcf->error_pages->elts;

    for (i = 0; i < clcf->error_pages->nelts; i++) {

        if (page[i].status != head->status) {
            continue;
        }

        if (head->status == NGX_HTTP_UNAUTHORIZED) {
            (void) ngx_http_modhost_copy_challenges(ctx, head);
        }

        return 1;
    }

    return 0;
}
