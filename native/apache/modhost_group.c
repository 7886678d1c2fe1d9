/*
 * Process groups as configured: declared once, in the main server or in a
 * virtual host, and named by the places whose requests they serve.
 */

#include "mod_modhost.h"


static mod_modhost_group_conf *
group_find(const char *name)
{
    int                      i;
    mod_modhost_group_conf  *group;

    for (i = 0; i < mod_modhost_main->groups->nelts; i++) {
        group = APR_ARRAY_IDX(mod_modhost_main->groups, i,
                              mod_modhost_group_conf *);

        if (strcmp(group->name, name) == 0) {
            return group;
        }
    }

    return NULL;
}


/* The settings keep the last env= only. */
static const char *
take_env(cmd_parms *cmd, mod_modhost_group_conf *group)
{
    int               i;
    mh_str            text;
    const char       *name;
    const uint8_t    *equals;
    mod_modhost_env  *env;

    text = group->settings.values[MH_DAEMON_env].text;
    equals = memchr(text.data, '=', text.length);

    if (equals == NULL) {
        return apr_psprintf(cmd->pool, "MH%04u: env= is not NAME=VALUE",
                            MH_E_GROUP_VALUE);
    }

    name = apr_pstrmemdup(cmd->pool, (const char *) text.data,
                          (size_t) (equals - text.data));

    for (i = 0; i < group->env->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(group->env, i, mod_modhost_env).name, name)
            == 0)
        {
            return apr_psprintf(cmd->pool, "MH%04u: env= gives \"%s\" twice",
                                MH_E_ENV_CONFLICT, name);
        }
    }

    env = apr_array_push(group->env);
    env->name = name;
    env->value = apr_pstrmemdup(cmd->pool, (const char *) equals + 1,
                                text.length - strlen(name) - 1);
    env->line = mod_modhost_here(cmd);

    return NULL;
}


static const char *
take_key(cmd_parms *cmd, mod_modhost_group_conf *group, const char *argument)
{
    mh_str                   text;
    mh_error                 error;
    const mh_daemon_option  *option;

    text.data = (const uint8_t *) argument;
    text.length = strlen(argument);

    option = mh_daemon_settings_take(&group->settings, text, &error);

    if (option == NULL) {
        return apr_psprintf(cmd->pool, "MH%04u: %s", error.code, error.text);
    }

    return option == &mh_daemon_keys[MH_DAEMON_env] ? take_env(cmd, group)
                                                    : NULL;
}


const char *
mod_modhost_daemon_process_directive(cmd_parms *cmd, void *conf, int argc,
    char *const argv[])
{
    int                      i;
    mh_str                   name;
    mh_error                 error;
    const char              *problem;
    mod_modhost_group_conf  *group;

    (void) conf;

    name.data = (const uint8_t *) (argc > 0 ? argv[0] : "");
    name.length = strlen((const char *) name.data);

    if (mh_daemon_name_check(name, &error) != 0) {
        return apr_psprintf(cmd->pool, "MH%04u: %s", error.code, error.text);
    }

    group = group_find(argv[0]);

    if (group != NULL) {
        return apr_psprintf(cmd->pool,
                            "MH%04u: process group \"%s\" is declared "
                            "already, in %s:%d", MH_E_GROUP_TWICE,
                            group->name, group->line.file,
                            group->line.number);
    }

    group = apr_pcalloc(cmd->pool, sizeof(*group));

    group->name = argv[0];
    group->line = mod_modhost_here(cmd);
    group->server = cmd->server->is_virtual ? cmd->server : NULL;
    group->env = apr_array_make(cmd->pool, 2, sizeof(mod_modhost_env));

    mh_daemon_settings_init(&group->settings);

    for (i = 1; i < argc; i++) {
        problem = take_key(cmd, group, argv[i]);

        if (problem != NULL) {
            return problem;
        }
    }

    APR_ARRAY_PUSH(mod_modhost_main->groups, mod_modhost_group_conf *) = group;

    return NULL;
}


int
mod_modhost_group_resolve(const mod_modhost_place *place,
    const mod_modhost_dir_conf *conf, mod_modhost_group_conf **group)
{
    const char              *name;
    mod_modhost_group_conf  *found;

    name = place->pass_group != NULL ? place->pass_group
           : conf->group != NULL ? conf->group : "embedded";
    *group = NULL;

    if (strcmp(name, "embedded") == 0) {
        return OK;
    }

    found = group_find(name);

    if (found == NULL) {
        return mod_modhost_refuse(MH_E_GROUP_UNKNOWN,
                                  "process group \"%s\", which \"%s\" in "
                                  "%s:%d names, is not declared by "
                                  "ModHostDaemonProcess", name, place->pass,
                                  place->line.file, place->line.number);
    }

    if (found->server != NULL && found->server != place->server) {
        return mod_modhost_refuse(MH_E_GROUP_FOREIGN,
                                  "process group \"%s\", which \"%s\" in "
                                  "%s:%d names, was declared in %s:%d for "
                                  "that virtual host alone", name,
                                  place->pass, place->line.file,
                                  place->line.number, found->line.file,
                                  found->line.number);
    }

    *group = found;

    return OK;
}


/* Settings of an application, and the group's keys of the same names. */
static const struct {
    enum mh_daemon_key  key;
    size_t              offset;
} shared[] = {
    { MH_DAEMON_max_concurrency,
      offsetof(mod_modhost_settings, max_concurrency) },
    { MH_DAEMON_queue_size, offsetof(mod_modhost_settings, queue_size) },
    { MH_DAEMON_startup_timeout,
      offsetof(mod_modhost_settings, startup_timeout) },
    { MH_DAEMON_shutdown_timeout,
      offsetof(mod_modhost_settings, shutdown_timeout) },
};

#define SHARED  (sizeof(shared) / sizeof(shared[0]))


static int64_t *
setting(mod_modhost_settings *settings, size_t i)
{
    return (int64_t *) ((char *) settings + shared[i].offset);
}


void
mod_modhost_group_limits(const mod_modhost_group_conf *group,
    mod_modhost_settings *settings)
{
    size_t                  i;
    const mh_daemon_value  *value;

    for (i = 0; i < SHARED; i++) {
        value = &group->settings.values[shared[i].key];

        if (value->set) {
            *setting(settings, i) = value->number;
        }
    }
}


void
mod_modhost_group_settle(mod_modhost_app_conf *app)
{
    size_t            i;
    int64_t           number;
    const char       *text;
    mh_daemon_value  *value;

    for (i = 0; i < SHARED; i++) {
        value = &app->group->settings.values[shared[i].key];
        number = *setting(&app->settings, i);

        if (value->set || value->number == number) {
            continue;
        }

        /* times are typed in seconds, and these are milliseconds */

        text = apr_psprintf(mod_modhost_main->pool, "%" APR_INT64_T_FMT "%s",
                            number,
                            mh_daemon_keys[shared[i].key].type
                                == MH_DAEMON_TYPE_TIME ? "ms" : "");

        value->set = true;
        value->number = number;
        value->text.data = (const uint8_t *) text;
        value->text.length = strlen(text);
    }
}


unsigned
mod_modhost_groups_used(void)
{
    int       i;
    unsigned  used;

    used = 0;

    for (i = 0; i < mod_modhost_main->groups->nelts; i++) {
        used += APR_ARRAY_IDX(mod_modhost_main->groups, i,
                              mod_modhost_group_conf *)->app != NULL;
    }

    return used;
}
