/*
 * Folders of embedded applications, and the addresses that applications are
 * told of.
 */

#include "mod_modhost.h"

#include "state.h"

#include <ap_listen.h>
#include <limits.h>


void
mod_modhost_state_paths(void)
{
    int                     i;
    char                    path[PATH_MAX];
    const char             *typed;
    mod_modhost_app_conf   *app;
    mod_modhost_main_conf  *main_conf;

    main_conf = mod_modhost_main;
    typed = main_conf->texts[MH_OPTION_state_directory];

    if (typed == NULL) {
        typed = geteuid() == 0 ? "/var/lib/modhost" : "modhost_state";
    }

    main_conf->state_directory = ap_server_root_relative(main_conf->pool,
                                                         typed);

    for (i = 0; i < main_conf->apps->nelts; i++) {
        app = APR_ARRAY_IDX(main_conf->apps, i, mod_modhost_app_conf *);

        if (mh_state_path(path, sizeof(path), main_conf->state_directory,
                          app->name, app->spec.path))
        {
            app->state_directory = apr_pstrdup(main_conf->pool, path);
        }

        main_conf->home = app->state_directory;
    }

    if (main_conf->apps->nelts > 1) {
        main_conf->home = apr_pstrcat(main_conf->pool,
                                      main_conf->state_directory, "/home",
                                      NULL);
    }
}


static void
folder_make(server_rec *server, const char *path, bool own)
{
    mh_error        error;
    mh_daemon_host  host;

    mod_modhost_host(&host);

    if (path != NULL && mh_state_make(path, own, host.user, &error) != 0) {
        mod_modhost_log_error(server, APLOG_WARNING, &error);
    }
}


void
mod_modhost_state_create(server_rec *server)
{
    int                     i;
    mod_modhost_main_conf  *main_conf;

    main_conf = mod_modhost_main;

    folder_make(server, main_conf->state_directory, false);
    folder_make(server, main_conf->home, true);

    for (i = 0; i < main_conf->apps->nelts; i++) {
        folder_make(server, APR_ARRAY_IDX(main_conf->apps, i,
                                          mod_modhost_app_conf *)
                                ->state_directory, true);
    }
}


/* The last SSLEngine among these directives and none of their sections. */
static const char *
engine_among(const ap_directive_t *directive)
{
    const char  *value;

    for (value = NULL; directive != NULL; directive = directive->next) {
        if (ap_cstr_casecmp(directive->directive, "SSLEngine") == 0) {
            value = directive->args;
        }
    }

    return value;
}


/*
 * Whether a server speaks TLS. The module that does tells of connections only,
 * so what was typed decides; else what Listen says of the port.
 */
static const char *
scheme_of(server_rec *server)
{
    const char            *value, *protocol;
    const ap_directive_t  *d;

    value = engine_among(ap_conftree);

    for (d = ap_conftree; server->is_virtual && d != NULL; d = d->next) {
        if (d->first_child != NULL && server->defn_name != NULL
            && (unsigned) d->line_num == server->defn_line_number
            && strcmp(d->filename, server->defn_name) == 0
            && engine_among(d->first_child) != NULL)
        {
            value = engine_among(d->first_child);
        }
    }

    if (value != NULL) {
        return ap_cstr_casecmp(value, "off") == 0 ? "http" : "https";
    }

    protocol = ap_get_server_protocol(server);

    return protocol != NULL && strcmp(protocol, "https") == 0 ? "https"
                                                              : "http";
}


static void
address_add(mod_modhost_app_conf *app, const char *scheme,
    apr_sockaddr_t *address, apr_port_t port)
{
    char  text[64];

    if (address == NULL || address->family == APR_UNIX
        || apr_sockaddr_ip_getbuf(text, sizeof(text), address) != APR_SUCCESS)
    {
        return;
    }

    APR_ARRAY_PUSH(app->addresses, const char *) =
        apr_psprintf(mod_modhost_main->pool,
                     address->family == APR_INET6 ? "%s://[%s]:%u"
                                                  : "%s://%s:%u",
                     scheme, text, port);
}


/* A virtual host with "*" as its address, or none, is at every listener. */
static void
server_addresses(mod_modhost_app_conf *app, server_rec *server)
{
    const char       *scheme;
    ap_listen_rec    *listener;
    server_addr_rec  *own;

    scheme = scheme_of(server);

    for (listener = ap_listeners; listener != NULL; listener = listener->next)
    {
        if (listener->bind_addr == NULL) {
            continue;
        }

        own = server->is_virtual ? server->addrs : NULL;

        while (own != NULL && own->host_port != 0
               && own->host_port != listener->bind_addr->port)
        {
            own = own->next;
        }

        if (own != NULL || !server->is_virtual) {
            address_add(app, scheme, listener->bind_addr,
                        listener->bind_addr->port);
        }
    }
}


void
mod_modhost_addresses(void)
{
    int                    i, k;
    mod_modhost_app_conf  *app;

    for (i = 0; i < mod_modhost_main->places->nelts; i++) {
        app = APR_ARRAY_IDX(mod_modhost_main->places, i,
                            mod_modhost_place *)->app;

        if (app->addresses->nelts != 0) {
            continue;
        }

        for (k = 0; k < app->servers->nelts; k++) {
            server_addresses(app, APR_ARRAY_IDX(app->servers, k,
                                                server_rec *));
        }
    }
}
