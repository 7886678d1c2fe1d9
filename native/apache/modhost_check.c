/*
 * What can be known to be wrong before anything runs. Files are read; nothing
 * is opened as a library, created or started.
 */

#include "mod_modhost.h"

#include <dlfcn.h>
#include <stdlib.h>


static apr_status_t
spec_free(void *spec)
{
    mh_app_spec_free(spec);

    return APR_SUCCESS;
}


void
mod_modhost_app_inspected(mod_modhost_app_conf *app)
{
    app->name = app->spec.name;

    apr_pool_cleanup_register(mod_modhost_main->pool, &app->spec, spec_free,
                              apr_pool_cleanup_null);
}


/* A folder and the file in it, or a link: they would run side by side. */
static int
check_twice(const mod_modhost_app_conf *app)
{
    unsigned               i;
    mod_modhost_app_conf  *other;

    for (i = 0; i < app->number; i++) {
        other = APR_ARRAY_IDX(mod_modhost_main->apps, i,
                              mod_modhost_app_conf *);

        if (strcmp(other->spec.path, app->spec.path) == 0) {
            return mod_modhost_refuse(MH_E_SETTING_CONFLICT,
                                      "\"%s\" in %s:%d and \"%s\" in %s:%d "
                                      "are one application: name it by one "
                                      "path", other->path, other->line.file,
                                      other->line.number, app->path,
                                      app->line.file, app->line.number);
        }
    }

    return OK;
}


static int
check_apps(void)
{
    int                    i;
    mh_error               error;
    mod_modhost_app_conf  *app;

    for (i = 0; i < mod_modhost_main->apps->nelts; i++) {
        app = APR_ARRAY_IDX(mod_modhost_main->apps, i,
                            mod_modhost_app_conf *);

        memset(&error, 0, sizeof(error));

        if (mh_app_inspect(app->path, mod_modhost_main->dotnet_root,
                           &app->spec, &error)
            != 0)
        {
            mh_app_inspect_explain(app->path, mod_modhost_main->dotnet_root,
                                   "process-group=", &error);

            return mod_modhost_refuse(error.code, "%s in %s:%d", error.text,
                                      app->line.file, app->line.number);
        }

        mod_modhost_app_inspected(app);

        if (check_twice(app) != OK) {
            return HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    return OK;
}


/* It lies beside the module: .../lib/apache2/modules and lib/modhost. */
static const char *
managed_directory_find(apr_pool_t *pool)
{
    int          up;
    char        *path, *end;
    Dl_info      info;
    const char  *found;

    if (dladdr(&modhost_module, &info) == 0
        || (path = realpath(info.dli_fname, NULL)) == NULL)
    {
        return NULL;
    }

    for (up = 0; up < 3 && (end = strrchr(path, '/')) != NULL; up++) {
        *end = '\0';
    }

    found = apr_pstrcat(pool, path, "/modhost", NULL);
    free(path);

    return found;
}


static int
check_managed_directory(apr_pool_t *ptemp)
{
    int                     i;
    const char             *file;
    mod_modhost_app_conf   *app;
    mod_modhost_main_conf  *main_conf;

    main_conf = mod_modhost_main;
    main_conf->managed_directory =
        main_conf->texts[MH_OPTION_managed_directory];

    if (main_conf->managed_directory == NULL) {
        main_conf->managed_directory = managed_directory_find(main_conf->pool);
    }

    if (main_conf->managed_directory == NULL) {
        return mod_modhost_refuse(MH_E_MANAGED_DIRECTORY,
                                  "the folder of the module is not known (see "
                                  "ModHostManagedDirectory)");
    }

    file = apr_pstrcat(ptemp, main_conf->managed_directory,
                       "/ModHost.Embedded.dll", NULL);

    for (i = 0; i < main_conf->apps->nelts; i++) {
        app = APR_ARRAY_IDX(main_conf->apps, i, mod_modhost_app_conf *);

        if (app->spec.kind == MH_APP_IL && access(file, R_OK) == -1) {
            return mod_modhost_refuse(MH_E_MANAGED_DIRECTORY,
                                      "ModHost's managed part is not at "
                                      "\"%s\", which \"%s\" needs in %s:%d "
                                      "(see ModHostManagedDirectory)", file,
                                      app->path, app->line.file,
                                      app->line.number);
        }
    }

    return OK;
}


int
mod_modhost_check_config(apr_pool_t *pconf, apr_pool_t *plog,
    apr_pool_t *ptemp, server_rec *server)
{
    int                     i;
    mod_modhost_main_conf  *main_conf;

    (void) pconf;
    (void) plog;
    (void) server;

    main_conf = mod_modhost_main;
    main_conf->dotnet_root = main_conf->texts[MH_OPTION_dotnet_root];

    for (i = 0; i < main_conf->places->nelts; i++) {
        if (mod_modhost_settle(ptemp, APR_ARRAY_IDX(main_conf->places, i,
                                                    mod_modhost_place *))
            != OK)
        {
            return HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    if (main_conf->apps->nelts == 0 && mod_modhost_groups_used() == 0) {
        return OK;
    }

    if (check_apps() != OK
        || check_managed_directory(ptemp) != OK
        || mod_modhost_check_groups(ptemp) != OK
        || mod_modhost_check_env() != OK)
    {
        return HTTP_INTERNAL_SERVER_ERROR;
    }

    mod_modhost_state_paths();

    return OK;
}
