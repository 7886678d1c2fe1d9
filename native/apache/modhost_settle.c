/*
 * From places to applications: what a place says of its application is taken,
 * or agrees with what others say.
 */

#include "mod_modhost.h"


/* As Apache matches a <Location> with a URL; `url` ends with a slash. */
static bool
section_covers(const ap_conf_vector_t *section, const char *url)
{
    size_t                  length;
    const core_dir_config  *core;

    core = ap_get_core_module_config(section);

    if (core->r != NULL || core->d_is_fnmatch) {
        return false;
    }

    length = strlen(core->d);

    return strncmp(core->d, url, length) == 0
           && (length == 0 || core->d[length - 1] == '/'
               || url[length] == '/');
}


/*
 * What holds at the URLs of a place, as far as sections without patterns say
 * it; of another section than a <Location>, itself and its server.
 */
static mod_modhost_dir_conf *
effective(apr_pool_t *pool, const mod_modhost_place *place)
{
    int                    i;
    const char            *url;
    ap_conf_vector_t      *section;
    core_server_config    *core;
    mod_modhost_dir_conf  *conf, *inner;

    conf = ap_get_module_config(place->server->lookup_defaults,
                                &modhost_module);

    if (place->prefix == NULL) {
        return mod_modhost_merge_dir_conf(pool, conf, place->section);
    }

    core = ap_get_core_module_config(place->server->module_config);
    url = apr_pstrcat(pool, place->prefix, "/", NULL);

    for (i = 0; i < core->sec_url->nelts; i++) {
        section = APR_ARRAY_IDX(core->sec_url, i, ap_conf_vector_t *);
        inner = ap_get_module_config(section, &modhost_module);

        if (inner != NULL && section_covers(section, url)) {
            conf = mod_modhost_merge_dir_conf(pool, conf, inner);
        }
    }

    return conf;
}


static mod_modhost_app_conf *
app_make(const mod_modhost_place *place)
{
    mod_modhost_app_conf  *app;

    app = apr_pcalloc(mod_modhost_main->pool, sizeof(*app));

    app->entry = -1;
    app->path = place->pass;
    app->name = place->pass;
    app->line = place->line;
    app->server = place->server;
    app->servers = apr_array_make(mod_modhost_main->pool, 2,
                                  sizeof(server_rec *));
    app->addresses = apr_array_make(mod_modhost_main->pool, 2,
                                    sizeof(char *));
    return app;
}


static int
group_app(mod_modhost_place *place, mod_modhost_group_conf *group)
{
    if (group->app == NULL) {
        group->app = app_make(place);
        group->app->group = group;

    } else if (strcmp(group->app->path, place->pass) != 0) {
        return mod_modhost_refuse(MH_E_GROUP_APPS,
                                  "process group \"%s\" is to run \"%s\" in "
                                  "%s:%d and \"%s\" in %s:%d, but a group "
                                  "runs one application", group->name,
                                  group->app->path, group->app->line.file,
                                  group->app->line.number, place->pass,
                                  place->line.file, place->line.number);
    }

    place->app = group->app;

    return OK;
}


/* One for one path, however many places pass to it. */
static void
embedded_app(mod_modhost_place *place)
{
    int                    i;
    mod_modhost_app_conf  *app;

    for (i = 0; i < mod_modhost_main->apps->nelts; i++) {
        app = APR_ARRAY_IDX(mod_modhost_main->apps, i,
                            mod_modhost_app_conf *);

        if (strcmp(app->path, place->pass) == 0) {
            place->app = app;
            return;
        }
    }

    place->app = app_make(place);
    place->app->number = (unsigned) mod_modhost_main->apps->nelts;

    APR_ARRAY_PUSH(mod_modhost_main->apps, mod_modhost_app_conf *) =
        place->app;
}


static void
server_add(mod_modhost_app_conf *app, server_rec *server)
{
    int  i;

    for (i = 0; i < app->servers->nelts; i++) {
        if (APR_ARRAY_IDX(app->servers, i, server_rec *) == server) {
            return;
        }
    }

    APR_ARRAY_PUSH(app->servers, server_rec *) = server;
}


/* prefork has one child for each request: a runtime in each, for one at once */
static int
embedded_allowed(const mod_modhost_place *place,
    const mod_modhost_dir_conf *conf)
{
    int  threaded;

    if (mod_modhost_number(conf, MH_OPTION_restrict_embedded)) {
        return mod_modhost_refuse(MH_E_RESTRICTED,
                                  "ModHostRestrictEmbedded refuses embedded "
                                  "mode for \"%s\" in %s:%d", place->pass,
                                  place->line.file, place->line.number);
    }

    threaded = 0;
    (void) ap_mpm_query(AP_MPMQ_IS_THREADED, &threaded);

    if (threaded == AP_MPMQ_NOT_SUPPORTED) {
        return mod_modhost_refuse(MH_E_MPM,
                                  "\"%s\" in %s:%d cannot be embedded: the MPM "
                                  "%s has a process for each request, and "
                                  "each would need a runtime of its own; use "
                                  "event or worker, or a process group",
                                  place->pass, place->line.file,
                                  place->line.number, ap_show_mpm());
    }

    return OK;
}


static const char *
differing(const mod_modhost_settings *a, const mod_modhost_settings *b)
{
    return a->max_concurrency != b->max_concurrency ? "ModHostMaxConcurrency"
           : a->queue_size != b->queue_size ? "ModHostQueueSize"
           : a->startup_timeout != b->startup_timeout
             ? "ModHostStartupTimeout"
           : a->shutdown_timeout != b->shutdown_timeout
             ? "ModHostShutdownTimeout" : NULL;
}


static int
settings_agree(mod_modhost_app_conf *app, const mod_modhost_place *place,
    const mod_modhost_settings *settings)
{
    const char  *differs;

    differs = differing(&app->settings, settings);

    if (differs != NULL) {
        return mod_modhost_refuse(MH_E_SETTING_CONFLICT,
                                  "\"%s\" is one application with two values "
                                  "of %s, in %s:%d and in %s:%d", app->path,
                                  differs, app->settled.file,
                                  app->settled.number, place->line.file,
                                  place->line.number);
    }

    if (mod_modhost_env_conflict(app->settings.env, settings->env,
                                 app->group != NULL)
        != OK)
    {
        return HTTP_INTERNAL_SERVER_ERROR;
    }

    app->settings.env = mod_modhost_env_join(mod_modhost_main->pool,
                                             app->settings.env,
                                             settings->env);
    return OK;
}


/* A group is given a head in one frame. */
static int
check_head_size(const mod_modhost_place *place,
    const mod_modhost_dir_conf *conf)
{
    if (mod_modhost_number(conf, MH_OPTION_max_head_size)
        <= MH_HEAD_SIZE_GROUP_MAX)
    {
        return OK;
    }

    return mod_modhost_refuse(MH_E_VALUE_RANGE,
                              "a ModHostMaxHeadSize of more than %u bytes, "
                              "which no process group can be given, for "
                              "\"%s\" in %s:%d", MH_HEAD_SIZE_GROUP_MAX,
                              place->pass, place->line.file,
                              place->line.number);
}


static int
settle(mod_modhost_place *place, const mod_modhost_dir_conf *conf)
{
    mod_modhost_app_conf  *app;
    mod_modhost_settings   settings;

    app = place->app;

    settings.env = conf->env;
    settings.max_concurrency = mod_modhost_number(conf,
                                                  MH_OPTION_max_concurrency);
    settings.queue_size = mod_modhost_number(conf, MH_OPTION_queue_size);
    settings.startup_timeout = mod_modhost_number(conf,
                                                  MH_OPTION_startup_timeout);
    settings.shutdown_timeout = mod_modhost_number(conf,
                                                  MH_OPTION_shutdown_timeout);

    if (app->group != NULL) {
        if (check_head_size(place, conf) != OK) {
            return HTTP_INTERNAL_SERVER_ERROR;
        }

        mod_modhost_group_limits(app->group, &settings);
    }

    server_add(app, place->server);

    if (app->settled.file != NULL) {
        return settings_agree(app, place, &settings);
    }

    app->settings = settings;
    app->settled = place->line;
    app->detailed_errors = mod_modhost_number(conf,
                                              MH_OPTION_detailed_errors) != 0;
    app->max_request_body = mod_modhost_number(conf,
                                               MH_OPTION_max_request_body);
    return OK;
}


int
mod_modhost_settle(apr_pool_t *ptemp, mod_modhost_place *place)
{
    mod_modhost_dir_conf    *conf;
    mod_modhost_group_conf  *group;

    conf = effective(ptemp, place);

    if (mod_modhost_group_resolve(place, conf, &group) != OK) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }

    if (group != NULL) {
        if (group_app(place, group) != OK) {
            return HTTP_INTERNAL_SERVER_ERROR;
        }

    } else if (embedded_allowed(place, conf) == OK) {
        embedded_app(place);

    } else {
        return HTTP_INTERNAL_SERVER_ERROR;
    }

    return settle(place, conf);
}
