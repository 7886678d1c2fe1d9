/*
 * What can be known to be wrong with process groups before anything runs:
 * users, limits, applications, programs, the run directory. Nothing is made.
 */

#include "ngx_http_modhost.h"

#include "supervisor.h"

#include <pwd.h>


static ngx_http_modhost_place_t *ngx_http_modhost_group_place(
    ngx_http_modhost_main_conf_t *mmcf);
static ngx_int_t ngx_http_modhost_check_run(ngx_conf_t *cf,
    ngx_http_modhost_main_conf_t *mmcf);
static ngx_int_t ngx_http_modhost_check_group(ngx_conf_t *cf,
    ngx_http_modhost_main_conf_t *mmcf, ngx_http_modhost_group_conf_t *group,
    mh_daemon_host *host);
static void ngx_http_modhost_check_users(ngx_conf_t *cf,
    ngx_http_modhost_main_conf_t *mmcf, mh_daemon_host *host);
static ngx_int_t ngx_http_modhost_check_group_app(ngx_conf_t *cf,
    ngx_http_modhost_main_conf_t *mmcf, ngx_http_modhost_group_conf_t *group);
static ngx_int_t ngx_http_modhost_check_dotnet(const char *root,
    mh_error *error);


/* Whose the worker processes of nginx are; "user" may not have been read. */
static void
ngx_http_modhost_host(ngx_conf_t *cf, mh_daemon_host *host)
{
    ngx_core_conf_t  *ccf;
    struct passwd    *pwd;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cf->cycle->conf_ctx,
                                           ngx_core_module);

    host->prefix = (char *) cf->cycle->prefix.data;
    host->privileged = geteuid() == 0;
    host->user = geteuid();
    host->group = getegid();

    if (!host->privileged) {
        return;
    }

    if (ccf->user != (ngx_uid_t) NGX_CONF_UNSET_UINT) {
        host->user = ccf->user;
        host->group = ccf->group;
        return;
    }

    pwd = getpwnam(NGX_USER);

    host->user = pwd != NULL ? pwd->pw_uid : (uid_t) -2;
    host->group = pwd != NULL ? pwd->pw_gid : (gid_t) -2;
}


/* Of the first group that somebody passes to; there is one. */
static ngx_http_modhost_place_t *
ngx_http_modhost_group_place(ngx_http_modhost_main_conf_t *mmcf)
{
    ngx_http_modhost_group_conf_t  **groups;

    for (groups = mmcf->groups.elts; (*groups)->app == NULL; groups++) {
        /* void */
    }

    return &(*groups)->place;
}


ngx_int_t
ngx_http_modhost_check_groups(ngx_conf_t *cf,
    ngx_http_modhost_main_conf_t *mmcf)
{
    mh_error                         error;
    ngx_uint_t                       i;
    mh_daemon_host                   host;
    mh_supervisor_programs           programs;
    ngx_http_modhost_place_t        *place;
    ngx_http_modhost_group_conf_t  **groups;

    if (ngx_http_modhost_groups_used(mmcf) == 0) {
        return NGX_OK;
    }

    if (mh_supervisor_find((char *) mmcf->managed_directory.data, &programs,
                           &error)
        != 0)
    {
        place = ngx_http_modhost_group_place(mmcf);

        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "MH0%ui: %s (see modhost_managed_directory) in %V:%ui",
                      (ngx_uint_t) error.code, error.text,
                      &place->file, place->line);
        return NGX_ERROR;
    }

    if (ngx_http_modhost_check_run(cf, mmcf) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_modhost_host(cf, &host);

    groups = mmcf->groups.elts;

    for (i = 0; i < mmcf->groups.nelts; i++) {
        if (ngx_http_modhost_check_group(cf, mmcf, groups[i], &host)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    ngx_http_modhost_check_users(cf, mmcf, &host);

    return NGX_OK;
}


/* Of the first alone: who gives each a user of its own sees to the others. */
static void
ngx_http_modhost_check_users(ngx_conf_t *cf,
    ngx_http_modhost_main_conf_t *mmcf, mh_daemon_host *host)
{
    ngx_uint_t                       i, used;
    ngx_http_modhost_group_conf_t  **groups;

    used = ngx_http_modhost_groups_used(mmcf);
    groups = mmcf->groups.elts;

    for (i = 0; i < mmcf->groups.nelts; i++) {

        if (groups[i]->app == NULL
            || !mh_daemon_settings_impostor(&groups[i]->settings, host, used))
        {
            continue;
        }

        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "MH0%d: process group \"%V\" has the web server's own "
                      "user, so its application can pass for an nginx worker "
                      "and reach other groups: give each a user= of its own, "
                      "in %V:%ui", MH_E_GROUP_SHARES_USER, &groups[i]->name,
                      &groups[i]->place.file, groups[i]->place.line);
        return;
    }
}


static ngx_int_t
ngx_http_modhost_check_run(ngx_conf_t *cf, ngx_http_modhost_main_conf_t *mmcf)
{
    mh_error                   error;
    ngx_http_modhost_place_t  *place;

    if (mmcf->run_directory.len == 0) {
        if (geteuid() == 0) {
            ngx_str_set(&mmcf->run_directory, "/run/modhost");
        } else {
            ngx_str_set(&mmcf->run_directory, "modhost_run");
        }
    }

    if (ngx_conf_full_name(cf->cycle, &mmcf->run_directory, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    while (mmcf->run_directory.len > 1
           && mmcf->run_directory.data[mmcf->run_directory.len - 1] == '/')
    {
        mmcf->run_directory.data[--mmcf->run_directory.len] = '\0';
    }

    if (mh_run_directory_check((char *) mmcf->run_directory.data, &error)
        != 0)
    {
        place = mmcf->run_place.file.len
                ? &mmcf->run_place : ngx_http_modhost_group_place(mmcf);

        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "MH0%ui: %s (see modhost_run_directory) in %V:%ui",
                      (ngx_uint_t) error.code, error.text,
                      &place->file, place->line);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_modhost_check_group(ngx_conf_t *cf,
    ngx_http_modhost_main_conf_t *mmcf, ngx_http_modhost_group_conf_t *group,
    mh_daemon_host *host)
{
    mh_error  error;

    if (mh_daemon_settings_check(&group->settings, host, &error) != 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "MH0%ui: process group \"%V\": %s in %V:%ui",
                      (ngx_uint_t) error.code, &group->name, error.text,
                      &group->place.file, group->place.line);
        return NGX_ERROR;
    }

    if (group->app == NULL) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "MH0%d: process group \"%V\" in %V:%ui runs nothing",
                      MH_E_GROUP_UNUSED, &group->name, &group->place.file,
                      group->place.line);
        return NGX_OK;
    }

    if (ngx_http_modhost_check_group_app(cf, mmcf, group) != NGX_OK
        || ngx_http_modhost_group_settle(cf, group->app) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_modhost_addresses(cf, group->app);
}


static ngx_int_t
ngx_http_modhost_check_group_app(ngx_conf_t *cf,
    ngx_http_modhost_main_conf_t *mmcf, ngx_http_modhost_group_conf_t *group)
{
    int                           rc;
    mh_str                        own;
    mh_error                      error;
    ngx_str_t                     root;
    ngx_http_modhost_app_conf_t  *app;

    app = group->app;
    own = group->settings.values[MH_DAEMON_dotnet_root].text;
    root = mmcf->dotnet_root;

    if (own.length != 0) {
        root.len = own.length;
        root.data = ngx_pnalloc(cf->pool, own.length + 1);
        if (root.data == NULL) {
            return NGX_ERROR;
        }

        (void) ngx_cpystrn(root.data, (u_char *) own.data, own.length + 1);

        if (ngx_conf_full_name(cf->cycle, &root, 0) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    ngx_memzero(&error, sizeof(mh_error));

    rc = mh_app_inspect_daemon((char *) app->path.data,
                               root.len ? (char *) root.data : NULL,
                               &app->spec, &error);

    if (rc == 0 && app->spec.kind == MH_APP_IL) {
        rc = ngx_http_modhost_check_dotnet(root.len ? (char *) root.data
                                                    : NULL, &error);
    }

    if (rc != 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "MH0%ui: %s in %V:%ui",
                      (ngx_uint_t) error.code, error.text,
                      &app->place.file, app->place.line);
        return NGX_ERROR;
    }

    app->name.data = (u_char *) app->spec.name;
    app->name.len = ngx_strlen(app->spec.name);

    return NGX_OK;
}


/* A worker is "dotnet App.dll". */
static ngx_int_t
ngx_http_modhost_check_dotnet(const char *configured, mh_error *error)
{
    char  root[NGX_MAX_PATH], program[NGX_MAX_PATH + sizeof("/dotnet")];

    if (mh_dotnet_root(configured, root, sizeof(root), error) != 0) {
        return -1;
    }

    ngx_sprintf((u_char *) program, "%s/dotnet%Z", root);

    if (access(program, X_OK) == 0) {
        return 0;
    }

    return mh_fail(error, MH_E_DOTNET_MISSING,
                   "there is no \"%s\", by which workers are started",
                   program);
}
