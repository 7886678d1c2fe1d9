/*
 * Starting the CLR in this process through hostfxr.
 */

#include "clr_config.h"
#include "framework.h"
#include "hostfxr.h"
#include "runtime.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


#define ENTRY_ASSEMBLY  "ModHost.Embedded.dll"
#define ENTRY_TYPE      "ModHost.Embedded.EntryPoint, ModHost.Embedded"
#define ENTRY_METHOD    "Initialize"

typedef struct hostfxr {
    hostfxr_set_error_writer_fn               set_error_writer;
    hostfxr_initialize_for_runtime_config_fn  initialize;
    hostfxr_set_runtime_property_value_fn     set_property;
    hostfxr_get_runtime_delegate_fn           get_delegate;
    hostfxr_close_fn                          close;
} hostfxr;

/* What hostfxr said on this thread; it takes no context along. */
static __thread char  complaint[768];

static modhost_app_table  *clr_table;

/* A runtime that came up cannot be started a second time. */
static bool                clr_failed;


static void
complaint_take(const char *message)
{
    size_t  used, length;

    used = strlen(complaint);

    if (used != 0 && used + 3 < sizeof(complaint)) {
        memcpy(complaint + used, "; ", 3);
        used += 2;
    }

    while (*message == ' ' || *message == '\n') {
        message++;
    }

    length = strlen(message);

    if (length >= sizeof(complaint) - used) {
        length = sizeof(complaint) - used - 1;
    }

    memcpy(complaint + used, message, length);
    complaint[used + length] = '\0';

    /* One line of a log. */

    for (used = 0; complaint[used] != '\0'; used++) {
        if (complaint[used] == '\n' || complaint[used] == '\r') {
            complaint[used] = ' ';
        }
    }
}


static int
hostfxr_fail(mh_error *error, const char *what, int32_t rc)
{
    return mh_fail(error, MH_E_CLR_START, "%s (0x%08x): %s", what,
                   (unsigned) rc, complaint[0] ? complaint : "no reason given");
}


static int
symbol_get(void *library, const char *name, void *function, mh_error *error)
{
    void  *symbol;

    symbol = dlsym(library, name);

    if (symbol == NULL) {
        return mh_fail(error, MH_E_HOSTFXR, "hostfxr does not export %s",
                       name);
    }

    memcpy(function, &symbol, sizeof(symbol));

    return 0;
}


/* The highest version, as .NET's own launcher takes it. */
static int
hostfxr_path(const char *dotnet_root, char *path, size_t size,
    mh_error *error)
{
    char         folder[PATH_MAX + 16], name[128];
    unsigned     count;
    mh_version  *versions;

    (void) snprintf(folder, sizeof(folder), "%s/host/fxr", dotnet_root);

    count = mh_versions_list(folder, &versions);

    if (count == 0) {
        free(versions);
        return mh_fail(error, MH_E_HOSTFXR, "\"%s\" holds no version of "
                       "hostfxr", folder);
    }

    mh_version_print(&versions[0], name, sizeof(name));
    free(versions);

    if (snprintf(path, size, "%s/host/fxr/%s/libhostfxr.so", dotnet_root,
                 name) >= (int) size)
    {
        return mh_fail(error, MH_E_HOSTFXR, "the path of .NET is too long");
    }

    return 0;
}


static int
hostfxr_load(const char *dotnet_root, hostfxr *host, mh_error *error)
{
    char         path[PATH_MAX];
    void        *library;
    const char  *reason;

    if (hostfxr_path(dotnet_root, path, sizeof(path), error) != 0) {
        return -1;
    }

    library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

    if (library == NULL) {
        reason = dlerror();
        return mh_fail(error, MH_E_HOSTFXR, "hostfxr cannot be opened: %s",
                       reason != NULL ? reason : "no reason given");
    }

    if (symbol_get(library, "hostfxr_set_error_writer",
                   &host->set_error_writer, error) != 0
        || symbol_get(library, "hostfxr_initialize_for_runtime_config",
                      &host->initialize, error) != 0
        || symbol_get(library, "hostfxr_set_runtime_property_value",
                      &host->set_property, error) != 0
        || symbol_get(library, "hostfxr_get_runtime_delegate",
                      &host->get_delegate, error) != 0
        || symbol_get(library, "hostfxr_close", &host->close, error) != 0)
    {
        return -1;
    }

    return 0;
}


/* Starts the runtime and gets the entry point of ModHost.Embedded. */
static int
entry_get(const hostfxr *host, hostfxr_handle context,
    const char *managed_directory, modhost_initialize_function *entry,
    mh_error *error)
{
    int32_t                  rc;
    char                     path[PATH_MAX];
    void                    *symbol;
    load_assembly_fn         load_assembly;
    get_function_pointer_fn  get_function_pointer;

    (void) snprintf(path, sizeof(path), "%s/", managed_directory);

    rc = host->set_property(context, "APP_CONTEXT_BASE_DIRECTORY", path);

    if (rc < 0) {
        return hostfxr_fail(error, "a runtime property cannot be set", rc);
    }

    rc = host->get_delegate(context, hdt_load_assembly, &symbol);

    if (rc < 0) {
        return hostfxr_fail(error, "the .NET runtime did not start", rc);
    }

    memcpy(&load_assembly, &symbol, sizeof(symbol));

    rc = host->get_delegate(context, hdt_get_function_pointer, &symbol);

    if (rc < 0) {
        return hostfxr_fail(error, "the .NET runtime did not start", rc);
    }

    memcpy(&get_function_pointer, &symbol, sizeof(symbol));

    (void) snprintf(path, sizeof(path), "%s/%s", managed_directory,
                    ENTRY_ASSEMBLY);

    rc = load_assembly(path, NULL, NULL);

    if (rc < 0) {
        return mh_fail(error, MH_E_CLR_START, "\"%s\" cannot be loaded "
                       "(0x%08x)", path, (unsigned) rc);
    }

    rc = get_function_pointer(ENTRY_TYPE, ENTRY_METHOD,
                              UNMANAGEDCALLERSONLY_METHOD, NULL, NULL,
                              &symbol);
    if (rc < 0) {
        return mh_fail(error, MH_E_CLR_START, "\"%s\" has no entry point "
                       "(0x%08x)", path, (unsigned) rc);
    }

    memcpy(entry, &symbol, sizeof(symbol));

    return 0;
}


static int
context_run(const hostfxr *host, const char *config, const char *dotnet_root,
    const char *managed_directory, modhost_initialize_function *entry,
    mh_error *error)
{
    int                                   result;
    int32_t                               rc;
    char                                  path[PATH_MAX];
    hostfxr_handle                        context;
    struct hostfxr_initialize_parameters  parameters;

    if (snprintf(path, sizeof(path), "%s/%s", managed_directory,
                 ENTRY_ASSEMBLY) >= (int) sizeof(path))
    {
        return mh_fail(error, MH_E_CLR_START, "\"%s\" is too long a path",
                       managed_directory);
    }

    memset(&parameters, 0, sizeof(parameters));
    parameters.size = sizeof(parameters);
    parameters.host_path = path;
    parameters.dotnet_root = dotnet_root;

    context = NULL;

    rc = host->initialize(config, &parameters, &context);

    if (rc == 0) {
        clr_failed = true;
        result = entry_get(host, context, managed_directory, entry, error);

    } else if (rc > 0) {
        result = mh_fail(error, MH_E_CLR_START, "something else in this "
                         "process has started a .NET runtime");

    } else {
        result = hostfxr_fail(error, "the .NET host did not initialise", rc);
    }

    /* One that stays open would block every later initialisation. */

    if (context != NULL) {
        (void) host->close(context);
    }

    return result;
}


static int
clr_start(const mh_runtime_options *options, const char *dotnet_root,
    mh_error *error)
{
    int                          rc;
    char                         config[PATH_MAX];
    hostfxr                      host;
    hostfxr_error_writer_fn      former;
    modhost_initialize_function  entry;

    entry = NULL;
    memset(&host, 0, sizeof(host));

    if (hostfxr_load(dotnet_root, &host, error) != 0
        || mh_clr_config_write(options, config, sizeof(config), error) != 0)
    {
        return -1;
    }

    complaint[0] = '\0';
    former = host.set_error_writer(complaint_take);

    rc = context_run(&host, config, dotnet_root, options->managed_directory,
                     &entry, error);

    (void) host.set_error_writer(former);
    (void) unlink(config);

    if (rc == 0) {
        rc = mh_runtime_initialize(entry, ENTRY_ASSEMBLY, &clr_table, error);
    }

    /* However far it came, its signal handlers may be in place. */

    mh_signals_restore();
    mh_exit_guard();

    return rc;
}


static int
frameworks_collect(mh_runtime_options *options, mh_framework *frameworks,
    mh_error *error)
{
    unsigned  i;

    if (options->frameworks != NULL) {
        return 0;
    }

    for (i = 0; i < options->app_count; i++) {
        if (mh_frameworks_merge(frameworks, &options->framework_count,
                                options->apps[i], error) != 0)
        {
            return -1;
        }
    }

    options->frameworks = frameworks;

    return 0;
}


int
mh_runtime_start_clr(const mh_runtime_options *options,
    modhost_app_table **table, mh_error *error)
{
    char                root[PATH_MAX];
    mh_framework        frameworks[MH_FRAMEWORKS_MAX];
    mh_runtime_options  complete;

    if (clr_table == NULL) {

        if (clr_failed) {
            return mh_fail(error, MH_E_CLR_START, "the .NET runtime of this "
                           "process failed to start before");
        }

        if (mh_runtime_has_libraries()) {
            return mh_fail(error, MH_E_CLR_TOO_LATE,
                           "the CLR cannot start in a process in which a "
                           "NativeAOT library has run; start the web server "
                           "anew");
        }

        complete = *options;

        if (frameworks_collect(&complete, frameworks, error) != 0
            || mh_dotnet_root(options->dotnet_root, root, sizeof(root), error)
               != 0
            || clr_start(&complete, root, error) != 0)
        {
            return -1;
        }
    }

    *table = clr_table;

    return 0;
}
