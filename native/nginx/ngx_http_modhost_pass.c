/*
 * The directives that need code of their own. Nothing here has an effect
 * outside of the configuration.
 */

#include "ngx_http_modhost.h"


static char *ngx_http_modhost_pass_option(ngx_conf_t *cf,
    ngx_http_modhost_loc_conf_t *mlcf, ngx_str_t *option);
static ngx_http_modhost_app_conf_t *ngx_http_modhost_app_conf(ngx_conf_t *cf,
    ngx_http_modhost_loc_conf_t *mlcf, ngx_http_modhost_group_conf_t *group);
static ngx_http_modhost_app_conf_t *ngx_http_modhost_app_conf_create(
    ngx_conf_t *cf, ngx_http_modhost_loc_conf_t *mlcf);
static ngx_int_t ngx_http_modhost_add_server(ngx_conf_t *cf,
    ngx_http_modhost_app_conf_t *app);


void
ngx_http_modhost_here(ngx_conf_t *cf, ngx_http_modhost_place_t *place)
{
    if (cf->conf_file == NULL || cf->conf_file->file.fd == NGX_INVALID_FILE) {
        ngx_str_set(&place->file, "command line");
        place->line = 0;
        return;
    }

    place->file = cf->conf_file->file.name;
    place->line = cf->conf_file->line;
}


char *
ngx_http_modhost_pass(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_modhost_loc_conf_t *mlcf = conf;

    char                      *rv;
    ngx_str_t                 *value;
    ngx_uint_t                 i;
    ngx_http_core_loc_conf_t  *clcf;

    if (mlcf->pass.len != 0) {
        return "is duplicate";
    }

    rv = ngx_http_modhost_one_handler(cf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    value = cf->args->elts;

    for (i = 2; i < cf->args->nelts; i++) {
        rv = ngx_http_modhost_pass_option(cf, mlcf, &value[i]);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (value[1].len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "MH0%d: modhost_pass names no application",
                           MH_E_PASS_PARAMETER);
        return NGX_CONF_ERROR;
    }

    mlcf->pass = value[1];

    if (ngx_conf_full_name(cf->cycle, &mlcf->pass, 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    while (mlcf->pass.len > 1 && mlcf->pass.data[mlcf->pass.len - 1] == '/') {
        mlcf->pass.data[--mlcf->pass.len] = '\0';
    }

    ngx_http_modhost_here(cf, &mlcf->place);

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    clcf->handler = ngx_http_modhost_handler;

    if (clcf->name.len && clcf->name.data[clcf->name.len - 1] == '/') {
        clcf->auto_redirect = 1;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_modhost_pass_option(ngx_conf_t *cf, ngx_http_modhost_loc_conf_t *mlcf,
    ngx_str_t *option)
{
    ngx_str_t  base;

    if (ngx_strncmp(option->data, "process_group=", 14) == 0
        || ngx_strncmp(option->data, "process-group=", 14) == 0)
    {
        mlcf->pass_group.data = option->data + 14;
        mlcf->pass_group.len = option->len - 14;

        return NGX_CONF_OK;
    }

    if (ngx_strncmp(option->data, "path_base=", 10) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "MH0%d: modhost_pass has no parameter \"%V\"",
                           MH_E_PASS_PARAMETER, option);
        return NGX_CONF_ERROR;
    }

    base.data = option->data + 10;
    base.len = option->len - 10;

    while (base.len != 0 && base.data[base.len - 1] == '/') {
        base.len--;
    }

    if (base.len != 0 && (base.data[0] != '/'
                          || ngx_strlchr(base.data, base.data + base.len, '?')
                          || ngx_strlchr(base.data, base.data + base.len, '#')))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "MH0%d: \"%V\": a path base begins with \"/\" and "
                           "is a decoded path", MH_E_PATH_BASE, option);
        return NGX_CONF_ERROR;
    }

    mlcf->path_base = base;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_modhost_pass_resolve(ngx_conf_t *cf,
    ngx_http_modhost_loc_conf_t *mlcf)
{
    ngx_http_modhost_group_conf_t  *group;

    if (ngx_http_modhost_group_resolve(cf, mlcf, &group) != NGX_OK) {
        return NGX_ERROR;
    }

    mlcf->app = ngx_http_modhost_app_conf(cf, mlcf, group);
    if (mlcf->app == NULL) {
        return NGX_ERROR;
    }

    return ngx_http_modhost_add_server(cf, mlcf->app);
}


/*
 * One embedded application for one path, however many places pass to it; one
 * for each process group.
 */
static ngx_http_modhost_app_conf_t *
ngx_http_modhost_app_conf(ngx_conf_t *cf, ngx_http_modhost_loc_conf_t *mlcf,
    ngx_http_modhost_group_conf_t *group)
{
    ngx_uint_t                      i;
    ngx_http_modhost_app_conf_t    *app, **apps;
    ngx_http_modhost_main_conf_t   *mmcf;

    if (group != NULL) {

        if (group->app == NULL) {
            group->app = ngx_http_modhost_app_conf_create(cf, mlcf);

            if (group->app != NULL) {
                group->app->group = group;
            }

            return group->app;
        }

        if (ngx_strcmp(group->app->path.data, mlcf->pass.data) == 0) {
            return group->app;
        }

        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "MH0%d: process group \"%V\" is to run \"%V\" in %V:%ui "
                      "and \"%V\" in %V:%ui, but a group runs one application",
                      MH_E_GROUP_APPS, &group->name, &group->app->path,
                      &group->app->place.file, group->app->place.line,
                      &mlcf->pass, &mlcf->place.file, mlcf->place.line);
        return NULL;
    }

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_modhost_module);
    apps = mmcf->apps.elts;

    for (i = 0; i < mmcf->apps.nelts; i++) {
        if (ngx_strcmp(apps[i]->path.data, mlcf->pass.data) == 0) {
            return apps[i];
        }
    }

    app = ngx_http_modhost_app_conf_create(cf, mlcf);
    if (app == NULL) {
        return NULL;
    }

    apps = ngx_array_push(&mmcf->apps);
    if (apps == NULL) {
        return NULL;
    }

    *apps = app;

    return app;
}


static ngx_http_modhost_app_conf_t *
ngx_http_modhost_app_conf_create(ngx_conf_t *cf,
    ngx_http_modhost_loc_conf_t *mlcf)
{
    ngx_http_modhost_app_conf_t  *app;

    app = ngx_pcalloc(cf->pool, sizeof(ngx_http_modhost_app_conf_t));
    if (app == NULL) {
        return NULL;
    }

    if (ngx_array_init(&app->servers, cf->pool, 2,
                       sizeof(ngx_http_core_srv_conf_t *)) != NGX_OK
        || ngx_array_init(&app->addresses, cf->pool, 2, sizeof(char *))
           != NGX_OK)
    {
        return NULL;
    }

    app->entry = -1;
    app->path = mlcf->pass;
    app->place = mlcf->place;

    return app;
}


static ngx_int_t
ngx_http_modhost_add_server(ngx_conf_t *cf, ngx_http_modhost_app_conf_t *app)
{
    ngx_uint_t                  i;
    ngx_http_core_srv_conf_t   *cscf, **servers;

    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
    servers = app->servers.elts;

    for (i = 0; i < app->servers.nelts; i++) {
        if (servers[i] == cscf) {
            return NGX_OK;
        }
    }

    servers = ngx_array_push(&app->servers);
    if (servers == NULL) {
        return NGX_ERROR;
    }

    *servers = cscf;

    return NGX_OK;
}


char *
ngx_http_modhost_env(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_modhost_loc_conf_t *mlcf = conf;

    ngx_str_t               *value;
    ngx_uint_t               i;
    ngx_http_modhost_env_t  *env;

    value = cf->args->elts;

    if (value[1].len == 0
        || ngx_strlchr(value[1].data, value[1].data + value[1].len, '='))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "MH0%d: \"%V\" cannot be the name of an environment "
                           "variable", MH_E_ENV_NAME, &value[1]);
        return NGX_CONF_ERROR;
    }

    if (mlcf->settings.env == NGX_CONF_UNSET_PTR) {
        mlcf->settings.env = ngx_array_create(cf->pool, 4,
                                              sizeof(ngx_http_modhost_env_t));
        if (mlcf->settings.env == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    env = mlcf->settings.env->elts;

    for (i = 0; i < mlcf->settings.env->nelts; i++) {
        if (ngx_strcmp(env[i].name.data, value[1].data) == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "MH0%d: modhost_env \"%V\" is given twice here, "
                               "first in %V:%ui", MH_E_ENV_CONFLICT, &value[1],
                               &env[i].place.file, env[i].place.line);
            return NGX_CONF_ERROR;
        }
    }

    env = ngx_array_push(mlcf->settings.env);
    if (env == NULL) {
        return NGX_CONF_ERROR;
    }

    env->name = value[1];
    env->value = value[2];
    ngx_http_modhost_here(cf, &env->place);

    return NGX_CONF_OK;
}


char *
ngx_http_modhost_variable(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_modhost_loc_conf_t *mlcf = conf;

    ngx_str_t                         *value;
    ngx_http_modhost_variable_t       *v;
    ngx_http_compile_complex_value_t   ccv;

    value = cf->args->elts;

    if (value[1].len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "MH0%d: modhost_variable needs a name",
                           MH_E_VARIABLE_NAME);
        return NGX_CONF_ERROR;
    }

    if (mlcf->variables == NGX_CONF_UNSET_PTR) {
        mlcf->variables = ngx_array_create(cf->pool, 4,
                                          sizeof(ngx_http_modhost_variable_t));
        if (mlcf->variables == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    v = ngx_array_push(mlcf->variables);
    if (v == NULL) {
        return NGX_CONF_ERROR;
    }

    v->name = value[1];

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[2];
    ccv.complex_value = &v->value;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_modhost_hide_header(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_modhost_loc_conf_t *mlcf = conf;

    ngx_str_t   *value, *name;
    ngx_uint_t   i;

    value = cf->args->elts;

    if (mlcf->hide_headers == NGX_CONF_UNSET_PTR) {
        mlcf->hide_headers = ngx_array_create(cf->pool, 4, sizeof(ngx_str_t));
        if (mlcf->hide_headers == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    for (i = 1; i < cf->args->nelts; i++) {

        name = ngx_array_push(mlcf->hide_headers);
        if (name == NULL) {
            return NGX_CONF_ERROR;
        }

        *name = value[i];
        ngx_strlow(name->data, name->data, name->len);
    }

    return NGX_CONF_OK;
}
