/*
 * What nginx is told of each response header: a table, and its functions.
 */

#include "ngx_http_modhost_rules.h"


static ngx_int_t ngx_http_modhost_plain(ngx_http_modhost_ctx_t *ctx,
    mh_str name, mh_str value);
static ngx_int_t ngx_http_modhost_drop(ngx_http_modhost_ctx_t *ctx,
    mh_str name, mh_str value);
static ngx_int_t ngx_http_modhost_connection_header(
    ngx_http_modhost_ctx_t *ctx, mh_str name, mh_str value);
static ngx_int_t ngx_http_modhost_upgrade_header(ngx_http_modhost_ctx_t *ctx,
    mh_str name, mh_str value);
static ngx_int_t ngx_http_modhost_content_type(ngx_http_modhost_ctx_t *ctx,
    mh_str name, mh_str value);
static ngx_int_t ngx_http_modhost_content_length(ngx_http_modhost_ctx_t *ctx,
    mh_str name, mh_str value);
static ngx_int_t ngx_http_modhost_last_modified(ngx_http_modhost_ctx_t *ctx,
    mh_str name, mh_str value);
static ngx_int_t ngx_http_modhost_cache_control(ngx_http_modhost_ctx_t *ctx,
    mh_str name, mh_str value);
static ngx_int_t ngx_http_modhost_date(ngx_http_modhost_ctx_t *ctx,
    mh_str name, mh_str value);
static ngx_int_t ngx_http_modhost_server(ngx_http_modhost_ctx_t *ctx,
    mh_str name, mh_str value);
static ngx_int_t ngx_http_modhost_etag(ngx_http_modhost_ctx_t *ctx,
    mh_str name, mh_str value);
static ngx_int_t ngx_http_modhost_expires(ngx_http_modhost_ctx_t *ctx,
    mh_str name, mh_str value);
static ngx_int_t ngx_http_modhost_content_encoding(ngx_http_modhost_ctx_t *ctx,
    mh_str name, mh_str value);
static ngx_int_t ngx_http_modhost_accept_ranges(ngx_http_modhost_ctx_t *ctx,
    mh_str name, mh_str value);
static ngx_int_t ngx_http_modhost_www_authenticate(ngx_http_modhost_ctx_t *ctx,
    mh_str name, mh_str value);
static ngx_int_t ngx_http_modhost_trailer(ngx_http_modhost_ctx_t *ctx,
    mh_str name, mh_str value);


/*
 * Location is plain on purpose: nginx would make a relative one absolute if it
 * knew of it.
 */
static const ngx_http_modhost_rule_t  ngx_http_modhost_rules[] = {
    [MODHOST_HEADER_ACCEPT_RANGES] = { ngx_http_modhost_accept_ranges, 1 },
    [MODHOST_HEADER_CACHE_CONTROL] = { ngx_http_modhost_cache_control, 1 },
    [MODHOST_HEADER_CONNECTION] = { ngx_http_modhost_connection_header, 0 },
    [MODHOST_HEADER_CONTENT_DISPOSITION] = { ngx_http_modhost_plain, 1 },
    [MODHOST_HEADER_CONTENT_ENCODING] =
        { ngx_http_modhost_content_encoding, 0 },
    [MODHOST_HEADER_CONTENT_LENGTH] = { ngx_http_modhost_content_length, 0 },
    [MODHOST_HEADER_CONTENT_TYPE] = { ngx_http_modhost_content_type, 1 },
    [MODHOST_HEADER_DATE] = { ngx_http_modhost_date, 0 },
    [MODHOST_HEADER_ETAG] = { ngx_http_modhost_etag, 0 },
    [MODHOST_HEADER_EXPIRES] = { ngx_http_modhost_expires, 1 },
    [MODHOST_HEADER_KEEP_ALIVE] = { ngx_http_modhost_drop, 0 },
    [MODHOST_HEADER_LAST_MODIFIED] = { ngx_http_modhost_last_modified, 0 },
    [MODHOST_HEADER_SERVER] = { ngx_http_modhost_server, 0 },
    [MODHOST_HEADER_SET_COOKIE] = { ngx_http_modhost_plain, 1 },
    [MODHOST_HEADER_TRAILER] = { ngx_http_modhost_trailer, 0 },
    [MODHOST_HEADER_TRANSFER_ENCODING] = { ngx_http_modhost_drop, 0 },
    [MODHOST_HEADER_UPGRADE] = { ngx_http_modhost_upgrade_header, 0 },
    [MODHOST_HEADER_WWW_AUTHENTICATE] =
        { ngx_http_modhost_www_authenticate, 0 },
    [MODHOST_HEADER_X_ACCEL_BUFFERING] = { ngx_http_modhost_drop, 0 },
    [MODHOST_HEADER_X_ACCEL_REDIRECT] = { ngx_http_modhost_drop, 0 },
    [MODHOST_HEADER_COUNT] = { NULL, 0 }
};

static const ngx_http_modhost_rule_t  ngx_http_modhost_plain_rule = {
    ngx_http_modhost_plain, 0
};


const ngx_http_modhost_rule_t *
ngx_http_modhost_header_rule(unsigned known)
{
    return ngx_http_modhost_rules[known].handler != NULL
           ? &ngx_http_modhost_rules[known] : &ngx_http_modhost_plain_rule;
}


ngx_table_elt_t *
ngx_http_modhost_push(ngx_list_t *list, mh_str name, mh_str value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(list);
    if (h == NULL) {
        return NULL;
    }

    h->hash = 1;
#if (nginx_version >= 1023000)
    h->next = NULL;
#endif
    h->key.data = (u_char *) name.data;
    h->key.len = name.length;
    h->value.data = (u_char *) value.data;
    h->value.len = value.length;
    h->lowcase_key = NULL;

    return h;
}


static ngx_int_t
ngx_http_modhost_plain(ngx_http_modhost_ctx_t *ctx, mh_str name, mh_str value)
{
    return ngx_http_modhost_push(&ctx->request->headers_out.headers, name,
                                 value)
           != NULL ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_modhost_drop(ngx_http_modhost_ctx_t *ctx, mh_str name, mh_str value)
{
    return NGX_OK;
}


static ngx_int_t
ngx_http_modhost_connection_header(ngx_http_modhost_ctx_t *ctx, mh_str name,
    mh_str value)
{
    if (ngx_strlcasestrn((u_char *) value.data,
                         (u_char *) value.data + value.length,
                         (u_char *) "close", 5 - 1)
        != NULL)
    {
        ctx->request->keepalive = 0;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_modhost_upgrade_header(ngx_http_modhost_ctx_t *ctx, mh_str name,
    mh_str value)
{
    ngx_uint_t  status;

    status = ctx->request->headers_out.status;

    /* 426 must say what to upgrade to; HTTP/2 knows no such header. */
    if ((status != NGX_HTTP_SWITCHING_PROTOCOLS && status != 426)
        || ctx->request->http_version >= NGX_HTTP_VERSION_20)
    {
        return NGX_OK;
    }

    return ngx_http_modhost_plain(ctx, name, value);
}


/* As for proxied responses: nginx takes the charset apart and puts it back. */
static ngx_int_t
ngx_http_modhost_content_type(ngx_http_modhost_ctx_t *ctx, mh_str name,
    mh_str value)
{
    u_char                  *p, *last, *semicolon;
    ngx_http_headers_out_t  *out;

    out = &ctx->request->headers_out;

    out->content_type.data = (u_char *) value.data;
    out->content_type.len = value.length;
    out->content_type_len = value.length;
    out->content_type_lowcase = NULL;

    p = out->content_type.data;
    last = p + value.length;

    while ((semicolon = ngx_strlchr(p, last, ';')) != NULL) {

        for (p = semicolon + 1; p < last && *p == ' '; p++) { /* void */ }

        if (last - p <= 8
            || ngx_strncasecmp(p, (u_char *) "charset=", 8) != 0)
        {
            continue;
        }

        p += 8;
        out->content_type_len = semicolon - out->content_type.data;

        if (last - p > 2 && *p == '"' && last[-1] == '"') {
            p++;
            last--;
        }

        out->charset.data = p;
        out->charset.len = last - p;
        break;
    }

    return NGX_OK;
}


/* The head's own number counts; one without it may still name a length. */
static ngx_int_t
ngx_http_modhost_content_length(ngx_http_modhost_ctx_t *ctx, mh_str name,
    mh_str value)
{
    off_t                    n;
    ngx_http_headers_out_t  *out;

    out = &ctx->request->headers_out;
    n = ngx_atoof((u_char *) value.data, value.length);

    if (n == NGX_ERROR
        || (out->content_length_n != -1 && out->content_length_n != n))
    {
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "MH0%d: application \"%s\" sent a Content-Length of "
                      "\"%*s\"", MH_E_RESPONSE_LENGTH, ctx->app->name,
                      value.length, value.data);
        return NGX_ERROR;
    }

    out->content_length_n = n;

    return NGX_OK;
}


static ngx_int_t
ngx_http_modhost_last_modified(ngx_http_modhost_ctx_t *ctx, mh_str name,
    mh_str value)
{
    ngx_http_headers_out_t  *out;

    out = &ctx->request->headers_out;

    out->last_modified = ngx_http_modhost_push(&out->headers, name, value);
    if (out->last_modified == NULL) {
        return NGX_ERROR;
    }

    out->last_modified_time = ngx_parse_http_time((u_char *) value.data,
                                                  value.length);
    return NGX_OK;
}


/* So that "expires" and "add_header" know what is there already. */
static ngx_int_t
ngx_http_modhost_cache_control(ngx_http_modhost_ctx_t *ctx, mh_str name,
    mh_str value)
{
    ngx_table_elt_t          *h, **slot;
    ngx_http_headers_out_t   *out;

    out = &ctx->request->headers_out;

    h = ngx_http_modhost_push(&out->headers, name, value);
    if (h == NULL) {
        return NGX_ERROR;
    }

#if (nginx_version >= 1023000)

    for (slot = &out->cache_control; *slot; slot = &(*slot)->next) {
        /* void */
    }

    *slot = h;

#else

    if (out->cache_control.elts == NULL
        && ngx_array_init(&out->cache_control, ctx->request->pool, 1,
                          sizeof(ngx_table_elt_t *))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    slot = ngx_array_push(&out->cache_control);
    if (slot == NULL) {
        return NGX_ERROR;
    }

    *slot = h;

#endif

    return NGX_OK;
}


#define MODHOST_REMEMBERED(header)                                            \
    static ngx_int_t                                                          \
    ngx_http_modhost_##header(ngx_http_modhost_ctx_t *ctx, mh_str name,       \
        mh_str value)                                                         \
    {                                                                         \
        ngx_http_headers_out_t  *out;                                         \
                                                                              \
        out = &ctx->request->headers_out;                                     \
        out->header = ngx_http_modhost_push(&out->headers, name, value);      \
                                                                              \
        return out->header != NULL ? NGX_OK : NGX_ERROR;                      \
    }

MODHOST_REMEMBERED(date)
MODHOST_REMEMBERED(server)
MODHOST_REMEMBERED(etag)
MODHOST_REMEMBERED(expires)
MODHOST_REMEMBERED(content_encoding)
MODHOST_REMEMBERED(accept_ranges)
MODHOST_REMEMBERED(www_authenticate)


/* HTTP/1.1 sends trailers only in chunks, so the length has to go. */
static ngx_int_t
ngx_http_modhost_trailer(ngx_http_modhost_ctx_t *ctx, mh_str name, mh_str value)
{
    ctx->request->expect_trailers = 1;

    return ngx_http_modhost_plain(ctx, name, value);
}
