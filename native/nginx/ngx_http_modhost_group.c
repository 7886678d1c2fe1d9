/*
 * Process groups as configured: declared once, in http or in a server, and
 * named by the places whose requests they serve.
 */

#include "ngx_http_modhost.h"


static ngx_http_modhost_group_conf_t *ngx_http_modhost_group_find(
    ngx_conf_t *cf, ngx_str_t *name);
static char *ngx_http_modhost_group_key(ngx_conf_t *cf,
    ngx_http_modhost_group_conf_t *group, ngx_str_t *argument);
static char *ngx_http_modhost_group_env(ngx_conf_t *cf,
    ngx_http_modhost_group_conf_t *group);
static ngx_int_t ngx_http_modhost_group_take(ngx_conf_t *cf,
    ngx_http_modhost_group_conf_t *group, ngx_uint_t key, ngx_uint_t value);


char *
ngx_http_modhost_daemon_process(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_modhost_main_conf_t *mmcf = conf;

    char                            *rv;
    mh_error                         error;
    ngx_str_t                       *value;
    ngx_uint_t                       i;
    ngx_http_modhost_group_conf_t   *group, **slot;

    value = cf->args->elts;

    if (mh_daemon_name_check(ngx_http_modhost_str(&value[1]), &error) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "MH0%ui: %s",
                           (ngx_uint_t) error.code, error.text);
        return NGX_CONF_ERROR;
    }

    group = ngx_http_modhost_group_find(cf, &value[1]);

    if (group != NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "MH0%d: process group \"%V\" is declared already, "
                           "in %V:%ui", MH_E_GROUP_TWICE, &group->name,
                           &group->place.file, group->place.line);
        return NGX_CONF_ERROR;
    }

    group = ngx_pcalloc(cf->pool, sizeof(ngx_http_modhost_group_conf_t));
    slot = ngx_array_push(&mmcf->groups);

    if (group == NULL || slot == NULL
        || ngx_array_init(&group->env, cf->pool, 2,
                          sizeof(ngx_http_modhost_env_t))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    *slot = group;
    group->name = value[1];
    ngx_http_modhost_here(cf, &group->place);

    if (cf->cmd_type & NGX_HTTP_SRV_CONF) {
        group->server = ngx_http_conf_get_module_srv_conf(cf,
                                                        ngx_http_core_module);
    }

    mh_daemon_settings_init(&group->settings);

    for (i = 2; i < cf->args->nelts; i++) {
        rv = ngx_http_modhost_group_key(cf, group, &value[i]);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    group->affinity = group->settings.values[MH_DAEMON_affinity].number;
    group->graceful_timeout =
        group->settings.values[MH_DAEMON_graceful_timeout].number;

    return NGX_CONF_OK;
}


/* It is checked when all is read; where it stands is needed then. */
char *
ngx_http_modhost_run_directory(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_modhost_main_conf_t *mmcf = conf;

    if (mmcf->run_place.file.len == 0) {
        ngx_http_modhost_here(cf, &mmcf->run_place);
    }

    return ngx_conf_set_str_slot(cf, cmd, conf);
}


static char *
ngx_http_modhost_group_key(ngx_conf_t *cf,
    ngx_http_modhost_group_conf_t *group, ngx_str_t *argument)
{
    mh_error                 error;
    const mh_daemon_option  *option;

    option = mh_daemon_settings_take(&group->settings,
                                     ngx_http_modhost_str(argument), &error);
    if (option == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "MH0%ui: %s",
                           (ngx_uint_t) error.code, error.text);
        return NGX_CONF_ERROR;
    }

    return option == &mh_daemon_keys[MH_DAEMON_env]
           ? ngx_http_modhost_group_env(cf, group) : NGX_CONF_OK;
}


/* The settings keep the last env= only. */
static char *
ngx_http_modhost_group_env(ngx_conf_t *cf,
    ngx_http_modhost_group_conf_t *group)
{
    u_char                  *p;
    mh_str                   text;
    ngx_uint_t               i;
    ngx_http_modhost_env_t  *env;

    text = group->settings.values[MH_DAEMON_env].text;
    p = ngx_strlchr((u_char *) text.data, (u_char *) text.data + text.length,
                    '=');
    if (p == NULL) {
        return "has a bad env=";
    }

    env = group->env.elts;

    for (i = 0; i < group->env.nelts; i++) {
        if (env[i].name.len == (size_t) (p - text.data)
            && ngx_strncmp(env[i].name.data, text.data, env[i].name.len) == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "MH0%d: env= gives \"%V\" twice",
                               MH_E_ENV_CONFLICT, &env[i].name);
            return NGX_CONF_ERROR;
        }
    }

    env = ngx_array_push(&group->env);
    if (env == NULL) {
        return NGX_CONF_ERROR;
    }

    env->name.data = (u_char *) text.data;
    env->name.len = p - text.data;
    env->value.data = p + 1;
    env->value.len = text.length - env->name.len - 1;
    ngx_http_modhost_here(cf, &env->place);

    return NGX_CONF_OK;
}


char *
ngx_http_modhost_process_group(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_modhost_loc_conf_t *mlcf = conf;

    ngx_str_t  *value;

    if (mlcf->group.data != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "MH0%d: modhost_process_group names no group",
                           MH_E_GROUP_NAME);
        return NGX_CONF_ERROR;
    }

    mlcf->group = value[1];

    return NGX_CONF_OK;
}


static ngx_http_modhost_group_conf_t *
ngx_http_modhost_group_find(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_uint_t                       i;
    ngx_http_modhost_main_conf_t    *mmcf;
    ngx_http_modhost_group_conf_t  **groups;

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_modhost_module);
    groups = mmcf->groups.elts;

    for (i = 0; i < mmcf->groups.nelts; i++) {
        if (groups[i]->name.len == name->len
            && ngx_strncmp(groups[i]->name.data, name->data, name->len) == 0)
        {
            return groups[i];
        }
    }

    return NULL;
}


ngx_int_t
ngx_http_modhost_group_resolve(ngx_conf_t *cf,
    ngx_http_modhost_loc_conf_t *mlcf, ngx_http_modhost_group_conf_t **group)
{
    ngx_str_t                      *name;
    ngx_http_modhost_group_conf_t  *found;

    name = mlcf->pass_group.data != NULL ? &mlcf->pass_group : &mlcf->group;
    *group = NULL;

    if (name->len == sizeof("embedded") - 1
        && ngx_strncmp(name->data, "embedded", name->len) == 0)
    {
        return NGX_OK;
    }

    found = ngx_http_modhost_group_find(cf, name);

    if (found == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "MH0%d: process group \"%V\", which \"%V\" in %V:%ui "
                      "names, is not declared by modhost_daemon_process",
                      MH_E_GROUP_UNKNOWN, name, &mlcf->pass,
                      &mlcf->place.file, mlcf->place.line);
        return NGX_ERROR;
    }

    if (found->server != NULL
        && found->server != ngx_http_conf_get_module_srv_conf(cf,
                                                        ngx_http_core_module))
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "MH0%d: process group \"%V\", which \"%V\" in %V:%ui "
                      "names, was declared in %V:%ui for that server alone",
                      MH_E_GROUP_FOREIGN, name, &mlcf->pass,
                      &mlcf->place.file, mlcf->place.line,
                      &found->place.file, found->place.line);
        return NGX_ERROR;
    }

    *group = found;

    return NGX_OK;
}


void
ngx_http_modhost_group_limits(ngx_http_modhost_group_conf_t *group,
    ngx_http_modhost_loc_conf_t *mlcf)
{
    mh_daemon_value  *values;

    values = group->settings.values;

    /* a location's own time limits are for that place, the others for the
       application */

    if (values[MH_DAEMON_queue_timeout].set && !mlcf->own_queue_timeout) {
        mlcf->queue_timeout = values[MH_DAEMON_queue_timeout].number;
    }

    if (values[MH_DAEMON_request_timeout].set && !mlcf->own_request_timeout) {
        mlcf->request_timeout = values[MH_DAEMON_request_timeout].number;
    }

    if (values[MH_DAEMON_queue_size].set) {
        mlcf->settings.queue_size = values[MH_DAEMON_queue_size].number;
    }

    if (values[MH_DAEMON_max_concurrency].set) {
        mlcf->settings.max_concurrency =
            values[MH_DAEMON_max_concurrency].number;
    }

    if (values[MH_DAEMON_startup_timeout].set) {
        mlcf->settings.startup_timeout =
            values[MH_DAEMON_startup_timeout].number;
    }

    if (values[MH_DAEMON_shutdown_timeout].set) {
        mlcf->settings.shutdown_timeout =
            values[MH_DAEMON_shutdown_timeout].number;
    }
}


ngx_int_t
ngx_http_modhost_group_settle(ngx_conf_t *cf, ngx_http_modhost_app_conf_t *app)
{
    ngx_http_modhost_settings_t  *s;

    s = &app->settings;

    if (ngx_http_modhost_group_take(cf, app->group, MH_DAEMON_queue_size,
                                    s->queue_size) != NGX_OK
        || ngx_http_modhost_group_take(cf, app->group,
                                       MH_DAEMON_max_concurrency,
                                       s->max_concurrency) != NGX_OK
        || ngx_http_modhost_group_take(cf, app->group,
                                       MH_DAEMON_startup_timeout,
                                       s->startup_timeout) != NGX_OK
        || ngx_http_modhost_group_take(cf, app->group,
                                       MH_DAEMON_shutdown_timeout,
                                       s->shutdown_timeout) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_modhost_group_take(ngx_conf_t *cf,
    ngx_http_modhost_group_conf_t *group, ngx_uint_t key, ngx_uint_t value)
{
    u_char           *text;
    mh_daemon_value  *v;

    v = &group->settings.values[key];

    if (v->set || v->number == (int64_t) value) {
        return NGX_OK;
    }

    text = ngx_pnalloc(cf->pool, NGX_INT_T_LEN);
    if (text == NULL) {
        return NGX_ERROR;
    }

    v->set = true;
    v->number = value;
    v->text.data = text;
    v->text.length = ngx_sprintf(text, "%ui", value) - text;

    return NGX_OK;
}


ngx_uint_t
ngx_http_modhost_groups_used(ngx_http_modhost_main_conf_t *mmcf)
{
    ngx_uint_t                       i, n;
    ngx_http_modhost_group_conf_t  **groups;

    groups = mmcf->groups.elts;
    n = 0;

    for (i = 0; i < mmcf->groups.nelts; i++) {
        n += groups[i]->app != NULL;
    }

    return n;
}
