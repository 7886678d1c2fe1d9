/*
 * What can be known to be wrong before anything runs. Files are read; nothing
 * is opened as a library, created or started.
 */

#include "ngx_http_modhost.h"

#include <dlfcn.h>


static ngx_int_t ngx_http_modhost_settings_agree(ngx_conf_t *cf,
    ngx_http_modhost_app_conf_t *app, ngx_http_modhost_loc_conf_t *mlcf);
static ngx_int_t ngx_http_modhost_check_twice(ngx_conf_t *cf,
    ngx_http_modhost_main_conf_t *mmcf, ngx_uint_t n);
static ngx_int_t ngx_http_modhost_add_address(ngx_conf_t *cf,
    ngx_http_modhost_app_conf_t *app, ngx_http_conf_addr_t *addr);


ngx_int_t
ngx_http_modhost_check_apps(ngx_conf_t *cf, ngx_http_modhost_main_conf_t *mmcf)
{
    char                          *root;
    mh_error                       error;
    ngx_uint_t                     i;
    ngx_http_modhost_app_conf_t  **apps, *app;

    root = mmcf->dotnet_root.len ? (char *) mmcf->dotnet_root.data : NULL;
    apps = mmcf->apps.elts;

    for (i = 0; i < mmcf->apps.nelts; i++) {
        app = apps[i];
        app->number = i;

        ngx_memzero(&error, sizeof(mh_error));

        if (mh_app_inspect((char *) app->path.data, root, &app->spec, &error)
            != 0)
        {
            mh_app_inspect_explain((char *) app->path.data, root,
                                   "process_group=", &error);

            ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "MH0%ui: %s in %V:%ui",
                          (ngx_uint_t) error.code, error.text,
                          &app->place.file, app->place.line);
            return NGX_ERROR;
        }

        app->name.data = (u_char *) app->spec.name;
        app->name.len = ngx_strlen(app->spec.name);

        if (ngx_http_modhost_check_twice(cf, mmcf, i) != NGX_OK
            || ngx_http_modhost_addresses(cf, app) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* A folder and the file in it, or a link: they would run side by side. */
static ngx_int_t
ngx_http_modhost_check_twice(ngx_conf_t *cf,
    ngx_http_modhost_main_conf_t *mmcf, ngx_uint_t n)
{
    ngx_uint_t                     i;
    ngx_http_modhost_app_conf_t   *app, **apps;

    apps = mmcf->apps.elts;
    app = apps[n];

    for (i = 0; i < n; i++) {

        if (ngx_strcmp(apps[i]->spec.path, app->spec.path) != 0) {
            continue;
        }

        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "MH0%d: \"%V\" in %V:%ui and \"%V\" in %V:%ui are one "
                      "application: name it by one path",
                      MH_E_SETTING_CONFLICT, &apps[i]->path,
                      &apps[i]->place.file, apps[i]->place.line, &app->path,
                      &app->place.file, app->place.line);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* The managed part lies beside the module: …/lib/nginx/modules → lib/modhost */
ngx_int_t
ngx_http_modhost_managed_directory(ngx_conf_t *cf,
    ngx_http_modhost_main_conf_t *mmcf)
{
    char                          *path, *end;
    u_char                        *file;
    Dl_info                        info;
    ngx_uint_t                     i, up;
    ngx_http_modhost_app_conf_t  **apps;

    apps = mmcf->apps.elts;

    if (mmcf->managed_directory.len) {
        if (ngx_conf_full_name(cf->cycle, &mmcf->managed_directory, 0)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

    } else {
        if (dladdr((void *) &ngx_http_modhost_module, &info) == 0
            || (path = realpath(info.dli_fname, NULL)) == NULL)
        {
            ngx_log_error(NGX_LOG_EMERG, cf->log, ngx_errno,
                          "MH0%d: the folder of the module is not known (see "
                          "modhost_managed_directory)",
                          MH_E_MANAGED_DIRECTORY);
            return NGX_ERROR;
        }

        for (up = 0; up < 3 && (end = strrchr(path, '/')) != NULL; up++) {
            *end = '\0';
        }

        mmcf->managed_directory.data = ngx_pnalloc(cf->pool, ngx_strlen(path)
                                                   + sizeof("/modhost"));
        if (mmcf->managed_directory.data == NULL) {
            free(path);
            return NGX_ERROR;
        }

        mmcf->managed_directory.len =
            ngx_sprintf(mmcf->managed_directory.data, "%s/modhost%Z", path)
            - mmcf->managed_directory.data - 1;

        free(path);
    }

    for (i = 0; i < mmcf->apps.nelts; i++) {
        if (apps[i]->spec.kind == MH_APP_IL) {
            break;
        }
    }

    if (i == mmcf->apps.nelts) {
        return NGX_OK;
    }

    file = ngx_pnalloc(cf->temp_pool, mmcf->managed_directory.len
                                      + sizeof("/ModHost.Embedded.dll"));
    if (file == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(file, "%V/ModHost.Embedded.dll%Z", &mmcf->managed_directory);

    if (access((char *) file, R_OK) == -1) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, ngx_errno,
                      "MH0%d: ModHost's managed part is not at \"%s\", which "
                      "\"%V\" needs in %V:%ui (see modhost_managed_directory)",
                      MH_E_MANAGED_DIRECTORY, file, &apps[i]->path,
                      &apps[i]->place.file, apps[i]->place.line);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* A location is merged: what it says of its application is taken, or agrees. */
ngx_int_t
ngx_http_modhost_settle(ngx_conf_t *cf, ngx_http_modhost_loc_conf_t *mlcf)
{
    ngx_http_core_loc_conf_t     *clcf;
    ngx_http_modhost_app_conf_t  *app;

    app = mlcf->app;

    if (app->group != NULL) {
        ngx_http_modhost_group_limits(app->group, mlcf);

    } else if (mlcf->restrict_embedded) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "MH0%d: modhost_restrict_embedded refuses embedded mode "
                      "for \"%V\" in %V:%ui", MH_E_RESTRICTED, &app->path,
                      &mlcf->place.file, mlcf->place.line);
        return NGX_ERROR;
    }

    if (app->group != NULL
        && mlcf->max_head_size > MH_HEAD_SIZE_GROUP_MAX)
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "MH0%d: a modhost_max_head_size of more than %uz bytes, "
                      "which no process group can be given, for \"%V\" in "
                      "%V:%ui", MH_E_VALUE_RANGE,
                      (size_t) MH_HEAD_SIZE_GROUP_MAX, &app->path,
                      &mlcf->place.file, mlcf->place.line);
        return NGX_ERROR;
    }

    if (mlcf->settings.startup_timeout > NGX_MAX_INT32_VALUE
        || mlcf->settings.shutdown_timeout > NGX_MAX_INT32_VALUE)
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "MH0%d: a start-up or shutdown time-out of more than 24 "
                      "days for \"%V\" in %V:%ui", MH_E_VALUE_RANGE,
                      &app->path, &mlcf->place.file, mlcf->place.line);
        return NGX_ERROR;
    }

    if (app->settled.file.data != NULL) {
        return ngx_http_modhost_settings_agree(cf, app, mlcf);
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    app->settings = mlcf->settings;
    app->settled = mlcf->place;
    app->detailed_errors = mlcf->detailed_errors;
    app->max_request_body = mlcf->max_request_body;
    app->log = clcf->error_log;

    return NGX_OK;
}


static ngx_int_t
ngx_http_modhost_settings_agree(ngx_conf_t *cf,
    ngx_http_modhost_app_conf_t *app, ngx_http_modhost_loc_conf_t *mlcf)
{
    const char                   *differs;
    ngx_http_modhost_settings_t  *a, *b;

    a = &app->settings;
    b = &mlcf->settings;
    differs = NULL;

    if (a->max_concurrency != b->max_concurrency) {
        differs = "modhost_max_concurrency";

    } else if (a->queue_size != b->queue_size) {
        differs = "modhost_queue_size";

    } else if (a->startup_timeout != b->startup_timeout) {
        differs = "modhost_startup_timeout";

    } else if (a->shutdown_timeout != b->shutdown_timeout) {
        differs = "modhost_shutdown_timeout";
    }

    if (differs != NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "MH0%d: \"%V\" is one application with two values of %s, "
                      "in %V:%ui and in %V:%ui", MH_E_SETTING_CONFLICT,
                      &app->path, differs, &app->settled.file,
                      app->settled.line, &mlcf->place.file, mlcf->place.line);
        return NGX_ERROR;
    }

    if (ngx_http_modhost_env_conflict(cf, a->env, b->env, app->group != NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_modhost_env_join(cf, &a->env, b->env);
}


/* The listens of the servers that pass to an application. */
ngx_int_t
ngx_http_modhost_addresses(ngx_conf_t *cf, ngx_http_modhost_app_conf_t *app)
{
    ngx_uint_t                   p, a, s, k;
    ngx_http_conf_port_t        *port;
    ngx_http_conf_addr_t        *addr;
    ngx_http_core_srv_conf_t   **servers, **wanted;
    ngx_http_core_main_conf_t   *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    if (cmcf->ports == NULL) {
        return NGX_OK;
    }

    port = cmcf->ports->elts;
    wanted = app->servers.elts;

    for (p = 0; p < cmcf->ports->nelts; p++) {
        addr = port[p].addrs.elts;

        for (a = 0; a < port[p].addrs.nelts; a++) {
            servers = addr[a].servers.elts;

            for (s = 0; s < addr[a].servers.nelts; s++) {
                for (k = 0; k < app->servers.nelts; k++) {
                    if (servers[s] == wanted[k]) {
                        goto found;
                    }
                }
            }

            continue;

        found:

            if (ngx_http_modhost_add_address(cf, app, &addr[a]) != NGX_OK) {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_modhost_add_address(ngx_conf_t *cf, ngx_http_modhost_app_conf_t *app,
    ngx_http_conf_addr_t *addr)
{
    char    **slot;
    size_t    len;
    u_char    text[NGX_SOCKADDR_STRLEN];
    u_char   *address;

    len = ngx_sock_ntop(addr->opt.sockaddr, addr->opt.socklen, text,
                        NGX_SOCKADDR_STRLEN, 1);

    address = ngx_pnalloc(cf->pool, sizeof("https://") + len);
    if (address == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(address, "%s://%*s%Z", addr->opt.ssl ? "https" : "http", len,
                text);

    slot = ngx_array_push(&app->addresses);
    if (slot == NULL) {
        return NGX_ERROR;
    }

    *slot = (char *) address;

    return NGX_OK;
}
