/*
 * The supervisor, as Apache's parent starts it, tells it of restarts, and waits
 * for its end. It belongs to the process, not to a configuration: a restart,
 * graceful or not, only brings a new generation. Process groups only: without
 * any, nothing here does anything.
 */

#include "mod_modhost.h"

#include <limits.h>
#include <stdlib.h>
#include <unixd.h>


/* Beyond the longest shutdown-timeout: what the supervisor itself needs. */
#define PARENT_GRACE  5000u                          /* ms                    */

/* Where a group has no limit: as long as the watchdog waits. */
#define PARENT_MOST   60000u                         /* ms                    */

/* This module among those that a configuration loads. */
#define MOD_MODHOST_NAME  "mod_modhost.c"


/* What a fork of this process must let go of. */
static mod_modhost_parent  *forked;
static pthread_once_t       fork_once = PTHREAD_ONCE_INIT;


/* Every fork's: whoever holds the life line keeps the supervisor alive. */
static void
let_go(void)
{
    if (forked != NULL) {
        mh_supervisor_let_go(&forked->supervisor);
    }
}


/*
 * Apache has no hook for a module that a new configuration does not load. When
 * it forks, the configuration has been read; the supervisor then ends with the
 * requests that old children still serve.
 */
static void
dismiss(void)
{
    if (forked == NULL || forked->pid != getpid()
        || forked->supervisor.lifeline == -1 || forked->supervisor.dismissed
        || ap_find_linked_module(MOD_MODHOST_NAME) != NULL)
    {
        return;
    }

    mh_supervisor_dismiss(&forked->supervisor, &forked->known);
}


static void
fork_watch(void)
{
    (void) pthread_atfork(dismiss, NULL, let_go);
}


/* The process ends, and its children are gone: so shall be every worker. */
static apr_status_t
parent_end(void *data)
{
    mod_modhost_parent  *parent = data;

    if (parent->pid != getpid() || parent->supervisor.lifeline == -1) {
        return APR_SUCCESS;
    }

    if (mh_supervisor_stop(&parent->supervisor, parent->patience) != 0) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, NULL,
                     "MH%04u: the supervisor had not stopped its workers "
                     "after %u ms", MH_E_SUPERVISOR_STOP, parent->patience);
    }

    return APR_SUCCESS;
}


/* By APLOG_*; what is finer than debug is debug to a worker. */
static const char *
level_name(const server_rec *server)
{
    int  level;

    static const char *const  names[] = {
        "emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"
    };

    level = ap_get_server_module_loglevel(server,
                                          modhost_module.module_index);

    return names[level < APLOG_EMERG ? APLOG_EMERG
                 : level > APLOG_DEBUG ? APLOG_DEBUG : level];
}


/*
 * A file, or what the supervisor was started with: Apache's own. A virtual host
 * without a log has the main server's.
 */
static const char *
log_name(apr_pool_t *pool, const server_rec *server)
{
    const char  *name;

    name = server->error_fname != NULL ? server->error_fname
                                       : ap_server_conf->error_fname;

    if (name == NULL || name[0] == '|' || strncmp(name, "syslog", 6) == 0) {
        return "stderr";
    }

    return ap_server_root_relative(pool, name);
}


/* ModHostSetEnv, and env= of the group, which goes before it. */
static void
env_fill(apr_pool_t *pool, const mod_modhost_group_conf *conf,
    mh_daemon_group *group)
{
    int                  i;
    unsigned             k;
    mh_daemon_env       *env;
    mod_modhost_env     *item;
    apr_array_header_t  *list;

    list = mod_modhost_env_join(pool, conf->env, conf->app->settings.env);
    env = apr_palloc(pool, (size_t) (list->nelts + 1) * sizeof(*env));

    for (i = 0, k = 0; i < list->nelts; i++, k++) {
        item = &APR_ARRAY_IDX(list, i, mod_modhost_env);

        env[k].name.data = (const uint8_t *) item->name;
        env[k].name.length = strlen(item->name);
        env[k].value.data = (const uint8_t *) item->value;
        env[k].value.length = strlen(item->value);
    }

    group->env = env;
    group->env_count = k;
}


static void
group_fill(apr_pool_t *pool, const mod_modhost_group_conf *conf,
    mh_daemon_group *group)
{
    const mod_modhost_app_conf  *app;

    app = conf->app;

    group->name = conf->name;
    group->scope = conf->server != NULL
                   && conf->server->server_hostname != NULL
                   ? conf->server->server_hostname : "";
    group->app = &app->spec;
    group->settings = &conf->settings;
    group->addresses = (const char *const *) app->addresses->elts;
    group->address_count = (unsigned) app->addresses->nelts;
    group->detailed_errors = app->detailed_errors;
    group->max_request_body =
        app->max_request_body == -1 ? MOD_MODHOST_BODY_DEFAULT
        : app->max_request_body == 0 ? -1 : app->max_request_body;
    group->error_log = log_name(pool, app->server);
    group->log_level = level_name(app->server);

    env_fill(pool, conf, group);
}


/* Those that somebody passes to; how long the longest may take to stop. */
static void
groups_fill(apr_pool_t *pool, mh_daemon_config *config, unsigned *patience)
{
    int                      i;
    int64_t                  wait;
    mh_daemon_group         *groups;
    apr_array_header_t      *list;
    mod_modhost_group_conf  *conf;

    list = mod_modhost_main->groups;
    groups = apr_pcalloc(pool, (size_t) (list->nelts + 1) * sizeof(*groups));
    *patience = 0;

    for (i = 0; i < list->nelts; i++) {
        conf = APR_ARRAY_IDX(list, i, mod_modhost_group_conf *);

        if (conf->app == NULL) {
            continue;
        }

        group_fill(pool, conf, &groups[config->group_count++]);

        wait = conf->settings.values[MH_DAEMON_shutdown_timeout].number;
        wait = wait != 0 ? wait : PARENT_MOST;

        if (wait > *patience) {
            *patience = (unsigned) wait;
        }
    }

    config->groups = groups;
}


static void
config_fill(apr_pool_t *pool, server_rec *server, mod_modhost_parent *parent,
    mh_daemon_config *config)
{
    char            root[PATH_MAX];
    mh_error        unused;
    unsigned        patience;
    mh_daemon_host  host;

    mod_modhost_host(&host);
    memset(config, 0, sizeof(*config));

    config->server = "apache";
    config->master = getpid();
    config->user = host.user;
    config->group = host.group;
    config->user_name = host.privileged && ap_unixd_config.user_name != NULL
                        && ap_unixd_config.user_name[0] != '#'
                        ? ap_unixd_config.user_name : "";
    config->prefix = host.prefix;
    config->dotnet_root = "";
    config->state_directory = "";
    config->error_log = log_name(pool, server);
    config->log_level = level_name(server);

    if (mod_modhost_groups_used() != 0) {

        /* which a supervisor needs when its last group is gone, too */

        (void) apr_cpystrn(parent->place, mod_modhost_main->managed_directory,
                           sizeof(parent->place));

        config->state_directory = mod_modhost_main->state_directory;

        if (mh_dotnet_root(mod_modhost_main->dotnet_root, root, sizeof(root),
                           &unused)
            == 0)
        {
            config->dotnet_root = apr_pstrdup(pool, root);
        }

        groups_fill(pool, config, &patience);

        parent->patience = patience + PARENT_GRACE;
    }

    config->managed_directory = parent->place;
}


/* What a supervisor needs to be told of when this configuration is gone. */
static void
remember(server_rec *server, mod_modhost_parent *parent,
    const mh_daemon_config *config)
{
    apr_pool_t        *pool;
    mh_daemon_config  *known;

    if (parent->known_pool == NULL) {
        apr_pool_create(&parent->known_pool, server->process->pool);
    }

    apr_pool_clear(parent->known_pool);

    pool = parent->known_pool;
    known = &parent->known;

    *known = *config;
    known->user_name = apr_pstrdup(pool, config->user_name);
    known->prefix = apr_pstrdup(pool, config->prefix);
    known->dotnet_root = apr_pstrdup(pool, config->dotnet_root);
    known->state_directory = apr_pstrdup(pool, config->state_directory);
    known->error_log = apr_pstrdup(pool, config->error_log);
    known->groups = NULL;
    known->group_count = 0;
}


static int
run(apr_pool_t *pool, server_rec *server, mod_modhost_parent *parent,
    mh_error *error)
{
    mh_daemon_config        config;
    mh_supervisor_programs  programs;

    config_fill(pool, server, parent, &config);
    remember(server, parent, &config);

    if (mh_supervisor_lives(&parent->supervisor)) {
        return mh_supervisor_configure(&parent->supervisor, &config, error);
    }

    if (config.group_count == 0) {
        (void) mh_supervisor_stop(&parent->supervisor, 0);
        return 0;
    }

    if (parent->supervisor.lifeline != -1 && !parent->supervisor.dismissed) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                     "MH%04u: watchdog and supervisor are gone, or their "
                     "sockets in \"%s\" are; a new pair is started",
                     MH_E_SUPERVISOR_START, parent->supervisor.directory);
    }

    if (mh_supervisor_find(config.managed_directory, &programs, error) != 0) {
        return -1;
    }

    return mh_supervisor_start(&parent->supervisor,
                               mod_modhost_main->run_directory, &programs,
                               STDERR_FILENO, &config, error);
}


int
mod_modhost_daemon_configure(apr_pool_t *ptemp, server_rec *server,
    mod_modhost_parent *parent)
{
    mh_error  error;

    if (parent->supervisor.directory[0] == '\0'
        && mod_modhost_groups_used() == 0)
    {
        return OK;
    }

    if (parent->pid == 0) {
        parent->pid = getpid();
        apr_pool_cleanup_register(server->process->pool, parent, parent_end,
                                  apr_pool_cleanup_null);
    }

    forked = parent;
    (void) pthread_once(&fork_once, fork_watch);

    memset(&error, 0, sizeof(error));

    if (run(ptemp, server, parent, &error) == 0) {
        return OK;
    }

    if (parent->supervisor.directory[0] != '\0') {

        /* a restart must not fail here: Apache would end */

        mod_modhost_log_error(server, APLOG_ERR, &error);
        return OK;
    }

    mod_modhost_log_error(server, APLOG_EMERG, &error);

    return HTTP_INTERNAL_SERVER_ERROR;
}
