/*
 * Configurations: made, merged, read. A level inherits what it does not say
 * itself; of lists (environment, variables, hidden headers) all or none.
 */

#include "mod_modhost.h"


/* After the module is opened again (a restart) the last one is gone. */
mod_modhost_main_conf  *mod_modhost_main;

int64_t                 mod_modhost_presets[MH_OPTIONS];


int
mod_modhost_main_create(apr_pool_t *pool)
{
    enum mh_option          option;
    mod_modhost_main_conf  *conf;

    for (option = 0; option < MH_OPTIONS; option++) {
        mod_modhost_presets[option] = mh_option_preset(option);
    }

    conf = apr_pcalloc(pool, sizeof(*conf));

    conf->pool = pool;
    conf->places = apr_array_make(pool, 4, sizeof(mod_modhost_place *));
    conf->apps = apr_array_make(pool, 4, sizeof(mod_modhost_app_conf *));
    conf->groups = apr_array_make(pool, 4, sizeof(mod_modhost_group_conf *));
    conf->slow_files = apr_array_make(pool, 1,
                                      sizeof(mod_modhost_slow_file *));

    mod_modhost_main = conf;

    return OK;
}


void *
mod_modhost_create_dir_conf(apr_pool_t *pool, char *dir)
{
    mod_modhost_dir_conf  *conf;

    (void) dir;

    conf = apr_pcalloc(pool, sizeof(*conf));

    conf->user_variable = -1;
    conf->type_variable = -1;

    return conf;
}


void *
mod_modhost_merge_dir_conf(apr_pool_t *pool, void *base, void *add)
{
    enum mh_option               option;
    mod_modhost_dir_conf        *conf;
    const mod_modhost_dir_conf  *outer = base;
    const mod_modhost_dir_conf  *inner = add;

    conf = apr_pmemdup(pool, inner, sizeof(*conf));

    conf->place = inner->place != NULL ? inner->place : outer->place;
    conf->group = inner->group != NULL ? inner->group : outer->group;
    conf->env = inner->env != NULL ? inner->env : outer->env;

    if (inner->variables == NULL) {
        conf->variables = outer->variables;
        conf->user_variable = outer->user_variable;
        conf->type_variable = outer->type_variable;
    }

    if (inner->hide_headers == NULL) {
        conf->hide_headers = outer->hide_headers;
        conf->hide_known = outer->hide_known;
    }

    if (!mod_modhost_is_set(inner, MH_OPTION_slow_log)) {
        conf->slow_file = outer->slow_file;
    }

    if ((outer->set & ~inner->set) == 0) {
        return conf;
    }

    for (option = 0; option < MH_OPTIONS; option++) {
        if (!mod_modhost_is_set(inner, option)) {
            conf->numbers[option] = outer->numbers[option];
        }
    }

    conf->inner |= outer->inner & ~inner->set;
    conf->set |= outer->set;

    return conf;
}


void *
mod_modhost_create_server_conf(apr_pool_t *pool, server_rec *server)
{
    mod_modhost_server_conf  *conf;

    conf = apr_pcalloc(pool, sizeof(*conf));

    conf->server = server;
    conf->aliases = apr_array_make(pool, 2, sizeof(mod_modhost_place *));

    return conf;
}


/* A virtual host has the aliases of the main server behind its own. */
void *
mod_modhost_merge_server_conf(apr_pool_t *pool, void *base, void *add)
{
    mod_modhost_server_conf        *conf;
    const mod_modhost_server_conf  *outer = base;
    const mod_modhost_server_conf  *inner = add;

    conf = apr_pcalloc(pool, sizeof(*conf));

    conf->server = inner->server;
    conf->aliases = apr_array_append(pool, inner->aliases, outer->aliases);

    return conf;
}


/* Of those that a process group has as well. */
static enum mh_daemon_key
group_key(enum mh_option option)
{
    return option == MH_OPTION_queue_timeout ? MH_DAEMON_queue_timeout
                                             : MH_DAEMON_request_timeout;
}


int64_t
mod_modhost_limit(const mod_modhost_dir_conf *conf,
    const mod_modhost_app_conf *app, enum mh_option option)
{
    const mh_daemon_value  *value;

    if (app->group != NULL && (conf->inner >> option & 1) == 0) {
        value = &app->group->settings.values[group_key(option)];

        if (value->set) {
            return value->number;
        }
    }

    return mod_modhost_number(conf, option);
}


mod_modhost_line
mod_modhost_here(const cmd_parms *cmd)
{
    mod_modhost_line  line;

    line.file = cmd->directive->filename;
    line.number = cmd->directive->line_num;

    return line;
}
