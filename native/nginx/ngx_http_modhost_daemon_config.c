/*
 * What nginx's configuration says of process groups, as the supervisor is told
 * it.
 */

#include "ngx_http_modhost.h"

#include "supervisor.h"


static ngx_int_t ngx_http_modhost_daemon_groups(ngx_cycle_t *cycle,
    ngx_http_modhost_main_conf_t *mmcf, mh_daemon_config *config);
static ngx_int_t ngx_http_modhost_daemon_group(ngx_cycle_t *cycle,
    ngx_http_modhost_group_conf_t *conf, mh_daemon_group *group);
static ngx_int_t ngx_http_modhost_daemon_env(ngx_cycle_t *cycle,
    ngx_http_modhost_group_conf_t *conf, mh_daemon_group *group);


/* lib/modhost, which a supervisor needs when its last group is gone too. */
static char  ngx_http_modhost_supervisor_place[NGX_MAX_PATH];


/* The first log that is a file, and what goes into it. */
static void
ngx_http_modhost_daemon_log(ngx_log_t *log, const char **file,
    const char **level)
{
    static const char  *levels[] = {
        "stderr", "emerg", "alert", "crit", "error", "warn", "notice", "info",
        "debug"
    };

    *level = levels[ngx_min(log->log_level, (ngx_uint_t) NGX_LOG_DEBUG)];

    while (log->next != NULL && log->file == NULL) {
        log = log->next;
    }

    *file = log->file != NULL && log->file->name.len
            ? (char *) log->file->name.data : "stderr";
}


ngx_int_t
ngx_http_modhost_daemon_config(ngx_cycle_t *cycle,
    ngx_http_modhost_main_conf_t *mmcf, mh_daemon_config *config)
{
    char              root[NGX_MAX_PATH], *copy;
    mh_error          unused;
    ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    ngx_memzero(config, sizeof(mh_daemon_config));

    config->server = "nginx";
    config->master = ngx_pid;
    config->user = geteuid() == 0 ? ccf->user : geteuid();
    config->group = geteuid() == 0 ? ccf->group : getegid();
    config->user_name = geteuid() == 0 && ccf->username != NULL
                        ? ccf->username : "";
    config->prefix = (char *) cycle->prefix.data;
    config->managed_directory = ngx_http_modhost_supervisor_place;
    config->dotnet_root = "";
    config->state_directory = "";

    ngx_http_modhost_daemon_log(cycle->log, &config->error_log,
                                &config->log_level);

    if (mmcf == NULL || ngx_http_modhost_groups_used(mmcf) == 0) {
        return NGX_OK;
    }

    (void) ngx_cpystrn((u_char *) ngx_http_modhost_supervisor_place,
                       mmcf->managed_directory.data, NGX_MAX_PATH);
    config->state_directory = (char *) mmcf->state_directory.data;

    if (mh_dotnet_root(mmcf->dotnet_root.len ? (char *) mmcf->dotnet_root.data
                                             : NULL,
                       root, sizeof(root), &unused)
        == 0)
    {
        copy = ngx_palloc(cycle->pool, ngx_strlen(root) + 1);
        if (copy == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(copy, root, ngx_strlen(root) + 1);
        config->dotnet_root = copy;
    }

    return ngx_http_modhost_daemon_groups(cycle, mmcf, config);
}


/* Those that somebody passes to. */
static ngx_int_t
ngx_http_modhost_daemon_groups(ngx_cycle_t *cycle,
    ngx_http_modhost_main_conf_t *mmcf, mh_daemon_config *config)
{
    ngx_uint_t                       i;
    mh_daemon_group                 *group;
    ngx_http_modhost_group_conf_t  **groups;

    group = ngx_pcalloc(cycle->pool, mmcf->groups.nelts
                                     * sizeof(mh_daemon_group));
    if (group == NULL) {
        return NGX_ERROR;
    }

    config->groups = group;
    groups = mmcf->groups.elts;

    for (i = 0; i < mmcf->groups.nelts; i++) {

        if (groups[i]->app == NULL) {
            continue;
        }

        if (ngx_http_modhost_daemon_group(cycle, groups[i],
                                          &group[config->group_count++])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_modhost_daemon_group(ngx_cycle_t *cycle,
    ngx_http_modhost_group_conf_t *conf, mh_daemon_group *group)
{
    char                         *scope;
    ngx_http_modhost_app_conf_t  *app;

    app = conf->app;

    group->name = (char *) conf->name.data;
    group->scope = "";
    group->app = &app->spec;
    group->settings = &conf->settings;
    group->addresses = app->addresses.elts;
    group->address_count = app->addresses.nelts;
    group->detailed_errors = app->detailed_errors == 1;
    group->max_request_body =
        app->max_request_body == NGX_CONF_UNSET ? NGX_HTTP_MODHOST_BODY_DEFAULT
        : app->max_request_body == 0 ? -1 : app->max_request_body;

    if (conf->server != NULL) {
        scope = ngx_pcalloc(cycle->pool, conf->server->server_name.len + 1);
        if (scope == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(scope, conf->server->server_name.data,
                   conf->server->server_name.len);
        group->scope = scope;
    }

    ngx_http_modhost_daemon_log(app->log != NULL ? app->log : cycle->log,
                                &group->error_log, &group->log_level);

    return ngx_http_modhost_daemon_env(cycle, conf, group);
}


/* modhost_env, and env= of the group, which goes before it. */
static ngx_int_t
ngx_http_modhost_daemon_env(ngx_cycle_t *cycle,
    ngx_http_modhost_group_conf_t *conf, mh_daemon_group *group)
{
    ngx_uint_t               i, j, n;
    ngx_array_t             *common;
    mh_daemon_env           *env;
    ngx_http_modhost_env_t  *own, *inherited;

    common = conf->app->settings.env;
    own = conf->env.elts;
    inherited = common != NULL ? common->elts : NULL;
    n = common != NULL ? common->nelts : 0;

    env = ngx_palloc(cycle->pool, (n + conf->env.nelts + 1)
                                  * sizeof(mh_daemon_env));
    if (env == NULL) {
        return NGX_ERROR;
    }

    group->env = env;

    for (i = 0; i < n; i++) {

        for (j = 0; j < conf->env.nelts; j++) {
            if (own[j].name.len == inherited[i].name.len
                && ngx_strncmp(own[j].name.data, inherited[i].name.data,
                               own[j].name.len)
                   == 0)
            {
                break;
            }
        }

        if (j == conf->env.nelts) {
            env[group->env_count].name =
                ngx_http_modhost_str(&inherited[i].name);
            env[group->env_count++].value =
                ngx_http_modhost_str(&inherited[i].value);
        }
    }

    for (j = 0; j < conf->env.nelts; j++) {
        env[group->env_count].name = ngx_http_modhost_str(&own[j].name);
        env[group->env_count++].value = ngx_http_modhost_str(&own[j].value);
    }

    return NGX_OK;
}
