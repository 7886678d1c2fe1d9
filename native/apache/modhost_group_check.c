/*
 * What can be known to be wrong with process groups before anything runs:
 * users, limits, applications, programs, the run directory. Nothing is made.
 */

#include "mod_modhost.h"

#include "supervisor.h"

#include <http_main.h>
#include <limits.h>
#include <unixd.h>


void
mod_modhost_host(mh_daemon_host *host)
{
    host->prefix = apr_pstrcat(mod_modhost_main->pool, ap_server_root, "/",
                               NULL);
    host->privileged = geteuid() == 0;
    host->user = host->privileged ? ap_unixd_config.user_id : geteuid();
    host->group = host->privileged ? ap_unixd_config.group_id : getegid();
}


/* Of an option, or else of the first group that somebody passes to. */
static mod_modhost_line
line_of(enum mh_option option)
{
    int                      i;
    mod_modhost_group_conf  *group;

    if (mod_modhost_main->lines[option].file != NULL) {
        return mod_modhost_main->lines[option];
    }

    for (i = 0; /* there is one */; i++) {
        group = APR_ARRAY_IDX(mod_modhost_main->groups, i,
                              mod_modhost_group_conf *);

        if (group->app != NULL) {
            return group->line;
        }
    }
}


static int
check_run_directory(void)
{
    char              *path;
    size_t             length;
    mh_error           error;
    const char        *typed;
    mod_modhost_line   line;

    typed = mod_modhost_main->texts[MH_OPTION_run_directory];

    if (typed == NULL) {
        typed = geteuid() == 0 ? "/run/modhost" : "modhost_run";
    }

    path = ap_server_root_relative(mod_modhost_main->pool, typed);
    length = strlen(path);

    while (length > 1 && path[length - 1] == '/') {
        path[--length] = '\0';
    }

    mod_modhost_main->run_directory = path;

    if (mh_run_directory_check(path, &error) != 0) {
        line = line_of(MH_OPTION_run_directory);

        return mod_modhost_refuse(error.code,
                                  "%s (see ModHostRunDirectory) in %s:%d",
                                  error.text, line.file, line.number);
    }

    return OK;
}


/* A worker is "dotnet App.dll". */
static int
check_dotnet(const char *configured, mh_error *error)
{
    char  root[PATH_MAX], program[PATH_MAX + sizeof("/dotnet")];

    if (mh_dotnet_root(configured, root, sizeof(root), error) != 0) {
        return -1;
    }

    (void) apr_snprintf(program, sizeof(program), "%s/dotnet", root);

    if (access(program, X_OK) == 0) {
        return 0;
    }

    return mh_fail(error, MH_E_DOTNET_MISSING,
                   "there is no \"%s\", by which workers are started",
                   program);
}


static int
check_group_app(apr_pool_t *ptemp, mod_modhost_group_conf *group)
{
    int                    rc;
    mh_str                 own;
    mh_error               error;
    const char            *root;
    mod_modhost_app_conf  *app;

    app = group->app;
    own = group->settings.values[MH_DAEMON_dotnet_root].text;
    root = mod_modhost_main->dotnet_root;

    if (own.length != 0) {
        root = ap_server_root_relative(ptemp,
                                       apr_pstrmemdup(ptemp,
                                                      (const char *) own.data,
                                                      own.length));
    }

    memset(&error, 0, sizeof(error));

    rc = mh_app_inspect_daemon(app->path, root, &app->spec, &error);

    if (rc == 0) {
        mod_modhost_app_inspected(app);

        if (app->spec.kind == MH_APP_IL) {
            rc = check_dotnet(root, &error);
        }
    }

    if (rc != 0) {
        return mod_modhost_refuse(error.code, "%s in %s:%d", error.text,
                                  app->line.file, app->line.number);
    }

    return OK;
}


/* A start reads the configuration twice, and warns once. */
static bool
warns(void)
{
    return ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG
           || ap_state_query(AP_SQ_RUN_MODE) != AP_SQ_RM_NORMAL;
}


/* Of the first alone: who gives each a user of its own sees to the others. */
static void
check_users(const mh_daemon_host *host)
{
    int                            i;
    unsigned                       used;
    const mod_modhost_group_conf  *group;

    used = mod_modhost_groups_used();

    for (i = 0; warns() && i < mod_modhost_main->groups->nelts; i++) {
        group = APR_ARRAY_IDX(mod_modhost_main->groups, i,
                              mod_modhost_group_conf *);

        if (group->app == NULL
            || !mh_daemon_settings_impostor(&group->settings, host, used))
        {
            continue;
        }

        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, NULL,
                     "MH%04u: process group \"%s\" has the web server's own "
                     "user, so its application can pass for a child of Apache "
                     "and reach other groups: give each a user= of its own, "
                     "in %s:%d", MH_E_GROUP_SHARES_USER, group->name,
                     group->line.file, group->line.number);
        return;
    }
}


static int
check_group(apr_pool_t *ptemp, mod_modhost_group_conf *group,
    const mh_daemon_host *host)
{
    mh_error  error;

    if (mh_daemon_settings_check(&group->settings, host, &error) != 0) {
        return mod_modhost_refuse(error.code,
                                  "process group \"%s\": %s in %s:%d",
                                  group->name, error.text, group->line.file,
                                  group->line.number);
    }

    if (group->app == NULL) {
        if (warns()) {
            ap_log_error(APLOG_MARK, APLOG_WARNING, 0, NULL,
                         "MH%04u: process group \"%s\" in %s:%d runs nothing",
                         MH_E_GROUP_UNUSED, group->name, group->line.file,
                         group->line.number);
        }

        return OK;
    }

    if (check_group_app(ptemp, group) != OK) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }

    mod_modhost_group_settle(group->app);

    return OK;
}


int
mod_modhost_check_groups(apr_pool_t *ptemp)
{
    int                     i;
    mh_error                error;
    mh_daemon_host          host;
    mod_modhost_line        line;
    mh_supervisor_programs  programs;

    if (mod_modhost_groups_used() == 0) {
        return OK;
    }

    if (mh_supervisor_find(mod_modhost_main->managed_directory, &programs,
                           &error)
        != 0)
    {
        line = line_of(MH_OPTION_managed_directory);

        return mod_modhost_refuse(error.code,
                                  "%s (see ModHostManagedDirectory) in %s:%d",
                                  error.text, line.file, line.number);
    }

    if (check_run_directory() != OK) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }

    mod_modhost_host(&host);

    for (i = 0; i < mod_modhost_main->groups->nelts; i++) {
        if (check_group(ptemp, APR_ARRAY_IDX(mod_modhost_main->groups, i,
                                             mod_modhost_group_conf *),
                        &host)
            != OK)
        {
            return HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    check_users(&host);

    return OK;
}
