/*
 * What the connection tells of the client, and the path: nginx's own view,
 * never a header that a client may have sent.
 */

#include "ngx_http_modhost.h"


static ngx_int_t ngx_http_modhost_tls(ngx_http_request_t *r,
    ngx_http_modhost_client_t *client);


ngx_int_t
ngx_http_modhost_client(ngx_http_request_t *r,
    ngx_http_modhost_client_t *client)
{
    ngx_connection_t  *c;

    c = r->connection;

    ngx_memzero(client, offsetof(ngx_http_modhost_client_t, local));

    client->remote_port = ngx_inet_get_port(c->sockaddr);

    client->local_address.data = client->local;
    client->local_address.len = NGX_SOCKADDR_STRLEN;

    if (ngx_connection_local_sockaddr(c, &client->local_address, 0)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    client->local_port = ngx_inet_get_port(c->local_sockaddr);

    return ngx_http_modhost_tls(r, client);
}


#if (NGX_HTTP_SSL)

static ngx_int_t
ngx_http_modhost_tls(ngx_http_request_t *r, ngx_http_modhost_client_t *client)
{
    ngx_str_t          early;
    ngx_pool_t        *pool;
    ngx_connection_t  *c;

    c = r->connection;
    pool = r->pool;

    if (c->ssl == NULL) {
        return NGX_OK;
    }

    if (ngx_ssl_get_protocol(c, pool, &client->tls_protocol) != NGX_OK
        || ngx_ssl_get_cipher_name(c, pool, &client->tls_cipher) != NGX_OK
        || ngx_ssl_get_server_name(c, pool, &client->tls_server_name) != NGX_OK
        || ngx_ssl_get_raw_certificate(c, pool, &client->certificate) != NGX_OK
        || ngx_ssl_get_early_data(c, pool, &early) != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* these two come without a length */

    if (client->tls_protocol.data != NULL) {
        client->tls_protocol.len = ngx_strlen(client->tls_protocol.data);
    }

    if (client->tls_cipher.data != NULL) {
        client->tls_cipher.len = ngx_strlen(client->tls_cipher.data);
    }

    client->early_data = early.len != 0;

    return NGX_OK;
}

#else

static ngx_int_t
ngx_http_modhost_tls(ngx_http_request_t *r, ngx_http_modhost_client_t *client)
{
    return NGX_OK;
}

#endif


/*
 * Whether a URI that goes on within the mount's last segment has been led here
 * all the same: rewritten in this location, or below "location /shop/", which
 * "/shopping" does not match.
 */
static ngx_uint_t
ngx_http_modhost_is_led_here(ngx_http_modhost_ctx_t *ctx)
{
    ngx_http_core_loc_conf_t  *clcf;

    if (!ctx->request->valid_location) {
        return 1;
    }

    clcf = ngx_http_get_module_loc_conf(ctx->request, ngx_http_core_module);

    return ctx->conf->path_base.data == NULL && clcf->name.len != 0
           && clcf->name.data[clcf->name.len - 1] == '/';
}


/*
 * PathBase is what the location is mounted at. A URI that nginx rewrote may be
 * elsewhere: then there is none. One that only begins like the mount, such as
 * "/shopping" at "location /shop", is not this application's.
 */
ngx_int_t
ngx_http_modhost_path(ngx_http_modhost_ctx_t *ctx, mh_str *base, mh_str *path)
{
    mh_str                       uri, raw, mount;
    u_char                      *scratch;
    ssize_t                      length;
    ngx_http_request_t          *r;
    ngx_http_core_srv_conf_t    *cscf;

    r = ctx->request;

    uri = ngx_http_modhost_str(&r->uri);
    raw = ngx_http_modhost_str(&r->unparsed_uri);
    mount = ngx_http_modhost_str(&ctx->conf->base);

    length = mh_path_base(uri, mount);

    if (length < 0 && ngx_http_modhost_is_led_here(ctx)) {
        length = 0;
    }

    if (length < 0) {
        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "MH0%d: \"%V\" is not below \"%V\", where application "
                      "\"%s\" is", MH_E_NOT_BELOW, &r->uri, &ctx->conf->base,
                      ctx->app->name);
        return NGX_HTTP_NOT_FOUND;
    }

    /* "rewrite" can do that */

    if (uri.length == 0 || uri.data[0] != '/') {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "MH0%d: the URI \"%V\" does not begin with a slash",
                      MH_E_HEAD_BLOCK, &r->uri);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    base->data = ctx->conf->base_text.data;
    base->length = length ? ctx->conf->base_text.len : 0;

    path->data = uri.data + length;
    path->length = uri.length - length;

    if (memchr(raw.data, '%', raw.length) == NULL
        && memchr(uri.data, '%', uri.length) == NULL)
    {
        return NGX_OK;
    }

    scratch = ngx_pnalloc(r->pool, mh_path_room(raw.length, uri.length));
    if (scratch == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    *path = mh_path_map(raw, uri, length, cscf->merge_slashes, scratch);

    return NGX_OK;
}
