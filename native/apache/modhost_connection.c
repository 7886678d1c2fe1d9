/*
 * What the connection says of the client: Apache's own view, never a header
 * that a client may have sent.
 *
 * Apache uses its connection ids again, and gives every stream of HTTP/2 a
 * conn_rec. Applications keep objects for one client connection only, so
 * connections are numbered here, and streams have the number of theirs.
 */

#include "modhost_request.h"

#include <apr_optional.h>
#include <apr_poll.h>
#include <apr_portable.h>
#include <mod_ssl.h>


/* Of a connection with a socket of its own; in its pool. */
typedef struct numbered {
    uint64_t           number;
    _Atomic(uint64_t)  requests;
} numbered;

static APR_OPTIONAL_FN_TYPE(ssl_is_https)  *ssl_is_https_fn;
static APR_OPTIONAL_FN_TYPE(ssl_var_lookup) *ssl_var_lookup_fn;


void
mod_modhost_optional_functions(void)
{
    ssl_is_https_fn = APR_RETRIEVE_OPTIONAL_FN(ssl_is_https);
    ssl_var_lookup_fn = APR_RETRIEVE_OPTIONAL_FN(ssl_var_lookup);
}


/* The worker of a process group has connections of several children. */
static uint64_t
connection_number(conn_rec *c)
{
    return mh_counters_connection(
               mod_modhost_parent_of(c->base_server)->counters);
}


int
mod_modhost_pre_connection(conn_rec *c, void *socket)
{
    numbered  *connection;

    (void) socket;

    if (c->master != NULL) {
        return OK;
    }

    connection = apr_pcalloc(c->pool, sizeof(*connection));
    connection->number = connection_number(c);

    ap_set_module_config(c->conn_config, &modhost_module, connection);

    return OK;
}


static const char *
tls_variable(request_rec *r, const char *name)
{
    const char  *value;

    /* mod_ssl does not write to the name */

    value = ssl_var_lookup_fn(r->pool, r->server, r->connection, r,
                              (char *) name);

    return value != NULL && *value != '\0' ? value : NULL;
}


bool
mod_modhost_is_tls(conn_rec *c)
{
    return ssl_is_https_fn != NULL && ssl_is_https_fn(c);
}


static void
client_tls(request_rec *r, mod_modhost_client *client)
{
    const char  *verified;

    client->tls = mod_modhost_is_tls(r->connection);

    if (!client->tls || ssl_var_lookup_fn == NULL) {
        return;
    }

    client->tls_protocol = tls_variable(r, "SSL_PROTOCOL");
    client->tls_cipher = tls_variable(r, "SSL_CIPHER");
    client->tls_server_name = tls_variable(r, "SSL_TLS_SNI");

    verified = tls_variable(r, "SSL_CLIENT_VERIFY");

    if (verified != NULL && strcmp(verified, "NONE") != 0) {
        client->tls_certificate = tls_variable(r, "SSL_CLIENT_CERT");
    }
}


void
mod_modhost_client_of(request_rec *r, mod_modhost_client *client)
{
    conn_rec  *c;
    numbered  *connection;

    memset(client, 0, sizeof(*client));

    c = r->connection->master != NULL ? r->connection->master : r->connection;
    connection = ap_get_module_config(c->conn_config, &modhost_module);

    if (connection != NULL) {
        client->connection = connection->number;
        client->request = atomic_fetch_add_explicit(&connection->requests, 1,
                                                    memory_order_relaxed)
                          + 1;

    } else {

        /* made by somebody who runs no hooks: a number that nobody has */

        client->connection = connection_number(c);
        client->request = 1;
    }

    client_tls(r, client);
}


void
mod_modhost_client_sockets(mod_modhost_ctx *ctx)
{
    apr_os_sock_t   fd;
    apr_socket_t   *socket;
#if AP_MODULE_MAGIC_AT_LEAST(20120211, 129)
    apr_pollfd_t    pfd;
#endif

    ctx->fd = -1;
    ctx->pipe = -1;

    if (ctx->c->master == NULL) {
        socket = ap_get_conn_socket(ctx->c);

        if (socket != NULL && apr_os_sock_get(&fd, socket) == APR_SUCCESS) {
            ctx->fd = fd;
        }

        return;
    }

#if AP_MODULE_MAGIC_AT_LEAST(20120211, 129)

    memset(&pfd, 0, sizeof(pfd));
    pfd.p = ctx->r->pool;

    if (ap_get_pollfd_from_conn(ctx->c, &pfd, NULL) == APR_SUCCESS
        && pfd.desc_type == APR_POLL_FILE)
    {
        (void) apr_os_file_get(&ctx->pipe, pfd.desc.f);
    }

#endif
}
