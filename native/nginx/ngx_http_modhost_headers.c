/*
 * Header fields of a response. Their text stays in the copy of the head block,
 * which is in the request's pool.
 */

#include "ngx_http_modhost_rules.h"


static ngx_uint_t ngx_http_modhost_hidden(ngx_http_modhost_ctx_t *ctx,
    unsigned known, mh_str name);


ngx_int_t
ngx_http_modhost_copy_headers(ngx_http_modhost_ctx_t *ctx,
    const modhost_response_head *head)
{
    mh_str                       name, value;
    unsigned                     known;
    ngx_uint_t                   i;
    ngx_http_modhost_header_pt   handler;

    for (i = 0; i < head->header_count; i++) {

        known = mh_response_field_known(head, i);
        name = mh_response_field_name(head, i);
        value = mh_response_field_value(head, i);

        if (ctx->conf->hide_known != NULL
            && ngx_http_modhost_hidden(ctx, known, name))
        {
            continue;
        }

        handler = ngx_http_modhost_header_rule(known)->handler;

        if (handler(ctx, name, value) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


#if (nginx_version >= 1029000)

ngx_int_t
ngx_http_modhost_copy_hints(ngx_http_modhost_ctx_t *ctx,
    const modhost_response_head *head)
{
    ngx_uint_t                      i;
    const ngx_http_modhost_rule_t  *rule, *plain;

    plain = ngx_http_modhost_header_rule(MODHOST_HEADER_OTHER);

    for (i = 0; i < head->header_count; i++) {
        rule = ngx_http_modhost_header_rule(mh_response_field_known(head, i));

        if (rule == plain
            && rule->handler(ctx, mh_response_field_name(head, i),
                             mh_response_field_value(head, i))
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}

#endif


ngx_int_t
ngx_http_modhost_copy_some_headers(ngx_http_modhost_ctx_t *ctx,
    const modhost_response_head *head)
{
    ngx_uint_t                      i;
    const ngx_http_modhost_rule_t  *rule;

    for (i = 0; i < head->header_count; i++) {
        rule = ngx_http_modhost_header_rule(mh_response_field_known(head, i));

        if (rule->redirect
            && rule->handler(ctx, mh_response_field_name(head, i),
                             mh_response_field_value(head, i))
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* For a 401 that nginx answers with a page of its own. */
ngx_int_t
ngx_http_modhost_copy_challenges(ngx_http_modhost_ctx_t *ctx,
    const modhost_response_head *head)
{
    ngx_uint_t                      i;
    const ngx_http_modhost_rule_t  *rule;

    rule = ngx_http_modhost_header_rule(MODHOST_HEADER_WWW_AUTHENTICATE);

    for (i = 0; i < head->header_count; i++) {

        if (mh_response_field_known(head, i)
            != MODHOST_HEADER_WWW_AUTHENTICATE)
        {
            continue;
        }

        if (rule->handler(ctx, mh_response_field_name(head, i),
                          mh_response_field_value(head, i))
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_modhost_copy_trailers(ngx_http_modhost_ctx_t *ctx,
    const modhost_response_head *head)
{
    void                 *copy;
    ngx_uint_t            i;
    ngx_http_request_t   *r;

    r = ctx->request;

    if (r != r->main) {
        return NGX_OK;
    }

    copy = ngx_palloc(r->pool, head->size);
    if (copy == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(copy, head, head->size);
    head = copy;

    for (i = 0; i < head->header_count; i++) {

        switch (mh_response_field_known(head, i)) {

        /* framing, and what belongs to the connection: too late for those */

        case MODHOST_HEADER_CONNECTION:
        case MODHOST_HEADER_CONTENT_LENGTH:
        case MODHOST_HEADER_KEEP_ALIVE:
        case MODHOST_HEADER_TRAILER:
        case MODHOST_HEADER_TRANSFER_ENCODING:
        case MODHOST_HEADER_UPGRADE:
            continue;

        default:
            break;
        }

        if (ngx_http_modhost_push(&r->headers_out.trailers,
                                  mh_response_field_name(head, i),
                                  mh_response_field_value(head, i))
            == NULL)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_modhost_hidden(ngx_http_modhost_ctx_t *ctx, unsigned known,
    mh_str name)
{
    ngx_str_t   *hidden;
    ngx_uint_t   i;

    if (known != MODHOST_HEADER_OTHER) {
        return ctx->conf->hide_known[known];
    }

    hidden = ctx->conf->hide_headers->elts;

    for (i = 0; i < ctx->conf->hide_headers->nelts; i++) {
        if (hidden[i].len == name.length
            && ngx_strncasecmp(hidden[i].data, (u_char *) name.data,
                               name.length)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}
