/*
 * Request to head block, in two passes: count, then write into the exchange.
 */

#include "ngx_http_modhost_head.h"


static ngx_int_t ngx_http_modhost_head_count(ngx_http_modhost_ctx_t *ctx,
    ngx_http_modhost_head_t *head);
static ngx_int_t ngx_http_modhost_head_variables(ngx_http_modhost_ctx_t *ctx,
    ngx_http_modhost_head_t *head);
static void ngx_http_modhost_head_fixed(ngx_http_modhost_ctx_t *ctx,
    ngx_http_modhost_head_t *head, mh_head_writer *w);
static void ngx_http_modhost_head_texts(ngx_http_modhost_ctx_t *ctx,
    ngx_http_modhost_head_t *head, mh_head_writer *w);


ngx_int_t
ngx_http_modhost_request_head(ngx_http_modhost_ctx_t *ctx)
{
    size_t                    size;
    ngx_int_t                 rc;
    mh_head_writer            writer;
    ngx_http_request_t       *r;
    ngx_http_modhost_head_t   head;

    r = ctx->request;

    ngx_memzero(&head, offsetof(ngx_http_modhost_head_t, client));
    head.request = r;
    head.has_body = ctx->has_body;

    rc = ngx_http_modhost_path(ctx, &head.base, &head.path);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_modhost_client(r, &head.client) != NGX_OK
        || ngx_http_modhost_head_variables(ctx, &head) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_modhost_head_count(ctx, &head);
    if (rc != NGX_OK) {
        return rc;
    }

    size = mh_head_measure(head.headers, head.variables, head.text);

    ctx->exchange = mh_exchange_get(ctx->app->core, &ngx_http_modhost_queue,
                                    size);
    if (ctx->exchange == NULL) {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                      "MH0%d: no memory for a request head of %uz bytes",
                      MH_E_MEMORY, size);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    mh_head_start(&writer, mh_exchange_head(ctx->exchange), head.headers,
                  head.variables, head.text);

    ngx_http_modhost_head_fixed(ctx, &head, &writer);
    ngx_http_modhost_head_texts(ctx, &head, &writer);
    ngx_http_modhost_head_fields(&head, &writer);

    if (mh_head_finish(&writer) != 0) {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                      "MH0%d: a request head was measured too small",
                      MH_E_HEAD_BLOCK);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_modhost_head_count(ngx_http_modhost_ctx_t *ctx,
    ngx_http_modhost_head_t *head)
{
    ngx_uint_t           i;
    ngx_list_part_t     *part;
    ngx_table_elt_t     *h;
    ngx_http_request_t  *r;

    r = head->request;

    ngx_http_modhost_head_host(head);
    ngx_http_modhost_head_target(head);

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;
        head->headers += part->nelts;

        for (i = 0; i < part->nelts; i++) {
            head->text += h[i].key.len + h[i].value.len;
        }
    }

    if (head->host.length) {
        head->headers++;
        head->text += head->host.length;
    }

    if (head->client.early_data) {
        head->headers++;
        head->text += 1;
    }

    head->text += r->method_name.len
                  + head->target.length
                  + head->base.length
                  + head->path.length
                  + 1 + r->args.len
                  + r->connection->addr_text.len
                  + head->client.local_address.len
                  + head->client.tls_protocol.len
                  + head->client.tls_cipher.len
                  + head->client.tls_server_name.len
                  + head->client.certificate.len;

    if (ctx->conf->user_variable >= 0) {
        head->text += head->values[ctx->conf->user_variable].len;
    }

    if (ctx->conf->type_variable >= 0) {
        head->text += head->values[ctx->conf->type_variable].len;
    }

    if (head->headers > ctx->conf->max_headers
        || mh_head_measure(head->headers, head->variables, head->text)
           > ctx->conf->max_head_size)
    {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "MH0%d: a request with %ui headers and %uz bytes of head "
                      "is refused", MH_E_REQUEST_HEAD, head->headers,
                      head->text);
        return 431;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_modhost_head_variables(ngx_http_modhost_ctx_t *ctx,
    ngx_http_modhost_head_t *head)
{
    ngx_uint_t                    i;
    ngx_http_modhost_variable_t  *v;

    if (ctx->conf->variables == NULL) {
        return NGX_OK;
    }

    v = ctx->conf->variables->elts;

    head->variables = ctx->conf->variables->nelts;
    head->values = ngx_palloc(head->request->pool,
                              head->variables * sizeof(ngx_str_t));
    if (head->values == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < head->variables; i++) {

        if (ngx_http_complex_value(head->request, &v[i].value,
                                   &head->values[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        head->text += v[i].name.len + head->values[i].len;
    }

    return NGX_OK;
}


static void
ngx_http_modhost_head_fixed(ngx_http_modhost_ctx_t *ctx,
    ngx_http_modhost_head_t *head, mh_head_writer *w)
{
    ngx_http_request_t    *r;
    modhost_request_head  *h;

    r = head->request;
    h = w->head;

    /* A client that says "HTTP/1.2" is answered as if it had said 1.1. */

    h->http_version = r->http_version == NGX_HTTP_VERSION_20 ? 0x0200
#ifdef NGX_HTTP_VERSION_30
                      : r->http_version == NGX_HTTP_VERSION_30 ? 0x0300
#endif
                      : r->http_version >= NGX_HTTP_VERSION_11 ? 0x0101
                      : 0x0100;

    h->connection_id = r->connection->number;
    h->request_number = r->connection->requests;
    h->remote_port = head->client.remote_port;
    h->local_port = head->client.local_port;

    if (ctx->has_body) {
        h->flags |= MODHOST_REQUEST_BODY;

        if (r->headers_in.chunked) {

            /* what nginx counts while it reads is no declared length */

            h->flags |= MODHOST_REQUEST_CHUNKED;

        } else if (r->headers_in.content_length_n > 0) {
            h->content_length = r->headers_in.content_length_n;
        }

    } else if (r == r->main && r->headers_in.content_length_n == 0) {
        h->content_length = 0;
    }

#if (NGX_HTTP_SSL)
    if (r->connection->ssl) {
        h->flags |= MODHOST_REQUEST_TLS;
    }
#endif

    if (head->client.early_data) {
        h->flags |= MODHOST_REQUEST_EARLY_DATA;
    }

    if (!ctx->has_body && ngx_http_modhost_upgradable(r)) {
        h->flags |= MODHOST_REQUEST_UPGRADABLE;
    }
}


static void
ngx_http_modhost_head_texts(ngx_http_modhost_ctx_t *ctx,
    ngx_http_modhost_head_t *head, mh_head_writer *w)
{
    mh_str                      query;
    ngx_http_request_t         *r;
    modhost_request_head       *h;
    ngx_http_modhost_client_t  *client;

    r = head->request;
    h = w->head;
    client = &head->client;

    h->method = mh_method_known(ngx_http_modhost_str(&r->method_name));

    if (h->method == MODHOST_METHOD_OTHER) {
        h->method_name = mh_head_text(w, ngx_http_modhost_str(&r->method_name));
    }

    h->target = mh_head_text(w, head->target);
    h->path_base = mh_head_text(w, head->base);
    h->path = mh_head_text(w, head->path);

    if (r->args.len || head->query_mark) {
        query.data = (uint8_t *) "?";
        query.length = 1;
        h->query = mh_head_text(w, query);

        (void) mh_head_text(w, ngx_http_modhost_str(&r->args));
        h->query.length += r->args.len;
    }

    h->remote_address = mh_head_text(w,
                          ngx_http_modhost_str(&r->connection->addr_text));
    h->local_address = mh_head_text(w,
                          ngx_http_modhost_str(&client->local_address));

    /* only what the configuration calls so: $remote_user alone is unchecked */

    if (ctx->conf->user_variable >= 0) {
        h->remote_user = mh_head_text(w,
               ngx_http_modhost_str(&head->values[ctx->conf->user_variable]));
    }

    if (ctx->conf->type_variable >= 0) {
        h->auth_type = mh_head_text(w,
               ngx_http_modhost_str(&head->values[ctx->conf->type_variable]));
    }

    if (client->tls_protocol.len == 0) {
        return;
    }

    h->tls_protocol = mh_head_text(w,
                          ngx_http_modhost_str(&client->tls_protocol));
    h->tls_cipher = mh_head_text(w, ngx_http_modhost_str(&client->tls_cipher));
    h->tls_server_name = mh_head_text(w,
                          ngx_http_modhost_str(&client->tls_server_name));
    h->tls_client_certificate = mh_head_text(w,
                          ngx_http_modhost_str(&client->certificate));
}
