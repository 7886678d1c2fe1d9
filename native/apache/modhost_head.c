/*
 * Request to head block, in two passes: count, then write into the exchange.
 */

#include "modhost_head.h"

#include <inttypes.h>


static void
head_variable(mod_modhost_head *head, const char *name, const char *value)
{
    head->names[head->variables] = mod_modhost_str(name);
    head->values[head->variables] = mod_modhost_str(value);
    head->text += head->names[head->variables].length
                  + head->values[head->variables].length;
    head->variables++;
}


/* What ModHostVariable says. */
static int
head_configured(mod_modhost_head *head)
{
    int                          i;
    const char                  *error, *value;
    request_rec                 *r;
    mod_modhost_variable        *variables;
    const mod_modhost_dir_conf  *conf;

    conf = head->ctx->conf;
    r = head->ctx->r;
    variables = (mod_modhost_variable *) conf->variables->elts;

    for (i = 0; i < conf->variables->nelts; i++) {

        error = NULL;
        value = ap_expr_str_exec(r, variables[i].value, &error);

        if (error != NULL) {
            ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                          "the value of server variable \"%s\" cannot be "
                          "computed: %s", variables[i].name, error);
            return HTTP_INTERNAL_SERVER_ERROR;
        }

        head_variable(head, variables[i].name, value);
    }

    return OK;
}


/* One that Apache has by itself: what was configured goes before it. */
static void
head_own(mod_modhost_head *head, size_t configured, const char *name,
    const char *value)
{
    size_t  n, length;

    length = strlen(name);

    for (n = 0; n < configured; n++) {
        if (head->names[n].length == length
            && memcmp(head->names[n].data, name, length) == 0)
        {
            return;
        }
    }

    head_variable(head, name, value);
}


/*
 * Who was authenticated, and what SetEnv and other modules have put into the
 * request's environment.
 */
static void
head_environment(mod_modhost_head *head)
{
    int                        i;
    size_t                     configured;
    request_rec               *r;
    apr_table_entry_t         *entry;
    const apr_array_header_t  *fields;

    r = head->ctx->r;
    configured = head->variables;

    if (r->user != NULL) {
        head_own(head, configured, "REMOTE_USER", r->user);
    }

    if (r->ap_auth_type != NULL) {
        head_own(head, configured, "AUTH_TYPE", r->ap_auth_type);
    }

    fields = apr_table_elts(r->subprocess_env);
    entry = (apr_table_entry_t *) fields->elts;

    for (i = 0; i < fields->nelts; i++) {
        head_own(head, configured, entry[i].key, entry[i].val);
    }
}


static int
head_variables(mod_modhost_head *head)
{
    int           rc;
    size_t        most;
    request_rec  *r;

    r = head->ctx->r;

    most = (size_t) apr_table_elts(r->subprocess_env)->nelts
           + (r->user != NULL) + (r->ap_auth_type != NULL);

    if (head->ctx->conf->variables != NULL) {
        most += (size_t) head->ctx->conf->variables->nelts;
    }

    if (most == 0) {
        return OK;
    }

    head->names = apr_palloc(r->pool, most * sizeof(mh_str));
    head->values = apr_palloc(r->pool, most * sizeof(mh_str));

    if (head->ctx->conf->variables != NULL) {
        rc = head_configured(head);

        if (rc != OK) {
            return rc;
        }
    }

    head_environment(head);

    return OK;
}


/* REMOTE_USER and AUTH_TYPE: what the configuration calls so, else Apache's. */
static mh_str
head_identity(const mod_modhost_head *head, int variable, const char *own)
{
    return variable >= 0 ? head->values[variable] : mod_modhost_str(own);
}


/* By which Apache's logs call the request, where they do. */
static mh_str
head_request_id(request_rec *r)
{
    const char  *id;

    id = apr_table_get(r->subprocess_env, "UNIQUE_ID");

    return mod_modhost_str(id != NULL ? id : r->log_id);
}


static int
head_count(mod_modhost_head *head)
{
    size_t               size;
    request_rec         *r;
    mod_modhost_client  *client;

    r = head->ctx->r;
    client = &head->client;

    mod_modhost_head_count_fields(head);

    head->text += strlen(r->method)
                  + head->target.length
                  + head->base.length
                  + head->path.length
                  + 1 + mod_modhost_str(r->args).length
                  + strlen(r->useragent_ip)
                  + strlen(r->connection->local_ip)
                  + head_request_id(r).length
                  + head_identity(head, head->ctx->conf->user_variable,
                                  r->user).length
                  + head_identity(head, head->ctx->conf->type_variable,
                                  r->ap_auth_type).length
                  + mod_modhost_str(client->tls_protocol).length
                  + mod_modhost_str(client->tls_cipher).length
                  + mod_modhost_str(client->tls_server_name).length
                  + mod_modhost_str(client->tls_certificate).length;

    size = mh_head_measure(head->headers, head->variables, head->text);

    if ((int64_t) head->headers
            > mod_modhost_number(head->ctx->conf, MH_OPTION_max_headers)
        || (int64_t) size
               > mod_modhost_number(head->ctx->conf, MH_OPTION_max_head_size))
    {
        mod_modhost_log_request(r, APLOG_INFO, MH_E_REQUEST_HEAD,
                                "a request with %zu headers and %zu bytes of "
                                "head is refused", head->headers, head->text);
        return HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE;
    }

    return OK;
}


static void
head_fixed(mod_modhost_head *head, modhost_request_head *h)
{
    request_rec      *r;
    mod_modhost_ctx  *ctx;

    ctx = head->ctx;
    r = ctx->r;

    /* A client that says "HTTP/1.2" is answered as if it had said 1.1. */

    h->http_version = r->proto_num >= HTTP_VERSION(2, 0) ? 0x0200
                      : r->proto_num >= HTTP_VERSION(1, 1) ? 0x0101 : 0x0100;

    h->connection_id = head->client.connection;
    h->request_number = head->client.request;

    /* after mod_remoteip, the port of somebody else is no client's */

    h->remote_port = r->useragent_addr == r->connection->client_addr
                     ? r->connection->client_addr->port : 0;
    h->local_port = r->connection->local_addr->port;
    h->content_length = ctx->length;

    if (ctx->has_body) {
        h->flags |= MODHOST_REQUEST_BODY;

        if (ctx->length < 0) {
            h->flags |= MODHOST_REQUEST_CHUNKED;
        }
    }

    if (head->client.tls) {
        h->flags |= MODHOST_REQUEST_TLS;
    }

    if (mod_modhost_upgradable(ctx)) {
        h->flags |= MODHOST_REQUEST_UPGRADABLE;
    }
}


static void
head_query(const mod_modhost_head *head, mh_head_writer *w)
{
    mh_str  mark, args;

    if (head->ctx->r->args == NULL) {
        return;
    }

    mark.data = (const uint8_t *) "?";
    mark.length = 1;
    args = mod_modhost_str(head->ctx->r->args);

    w->head->query = mh_head_text(w, mark);

    (void) mh_head_text(w, args);
    w->head->query.length += (uint32_t) args.length;
}


static void
head_texts(mod_modhost_head *head, mh_head_writer *w)
{
    mh_str                       method;
    request_rec                 *r;
    mod_modhost_client          *client;
    modhost_request_head        *h;
    const mod_modhost_dir_conf  *conf;

    r = head->ctx->r;
    conf = head->ctx->conf;
    client = &head->client;
    h = w->head;

    method = mod_modhost_str(r->method);
    h->method = (uint16_t) mh_method_known(method);

    if (h->method == MODHOST_METHOD_OTHER) {
        h->method_name = mh_head_text(w, method);
    }

    h->target = mh_head_text(w, head->target);
    h->path_base = mh_head_text(w, head->base);
    h->path = mh_head_text(w, head->path);

    head_query(head, w);

    h->remote_address = mh_head_text(w, mod_modhost_str(r->useragent_ip));
    h->local_address = mh_head_text(w,
                           mod_modhost_str(r->connection->local_ip));
    h->request_id = mh_head_text(w, head_request_id(r));
    h->remote_user = mh_head_text(w,
                         head_identity(head, conf->user_variable, r->user));
    h->auth_type = mh_head_text(w,
                       head_identity(head, conf->type_variable,
                                     r->ap_auth_type));
    h->tls_protocol = mh_head_text(w, mod_modhost_str(client->tls_protocol));
    h->tls_cipher = mh_head_text(w, mod_modhost_str(client->tls_cipher));
    h->tls_server_name = mh_head_text(w,
                             mod_modhost_str(client->tls_server_name));
    h->tls_client_certificate = mh_head_text(w,
                                    mod_modhost_str(client->tls_certificate));
}


static int
head_write(mod_modhost_head *head, mh_app *core)
{
    size_t            size;
    mh_head_writer    writer;
    mod_modhost_ctx  *ctx;

    ctx = head->ctx;
    size = mh_head_measure(head->headers, head->variables, head->text);

    ctx->exchange = core != NULL
                    ? mh_exchange_get(core, &ctx->lane->queue, size) : NULL;

    if (ctx->exchange == NULL) {
        mod_modhost_log_request(ctx->r, APLOG_ALERT, MH_E_MEMORY,
                                "no memory for a request head of %zu bytes",
                                size);
        return HTTP_INTERNAL_SERVER_ERROR;
    }

    mh_head_start(&writer, mh_exchange_head(ctx->exchange), head->headers,
                  head->variables, head->text);

    head_fixed(head, writer.head);
    head_texts(head, &writer);
    mod_modhost_head_fields(head, &writer);

    if (mh_head_finish(&writer) != 0) {
        mod_modhost_log_request(ctx->r, APLOG_ALERT, MH_E_HEAD_BLOCK,
                                "a request head was measured too small");
        return HTTP_INTERNAL_SERVER_ERROR;
    }

    return OK;
}


int
mod_modhost_request_head(mod_modhost_ctx *ctx)
{
    int               rc;
    mod_modhost_head  head;

    memset(&head, 0, offsetof(mod_modhost_head, client));
    head.ctx = ctx;

    mod_modhost_client_of(ctx->r, &head.client);

    rc = mod_modhost_head_path(&head);

    if (rc == OK) {
        rc = head_variables(&head);
    }

    if (rc == OK) {
        rc = head_count(&head);
    }

    if (rc != OK) {
        return rc;
    }

    return head_write(&head, mod_modhost_lane_app(ctx->lane, &ctx->ticket));
}
