/*
 * Runtimes: what the CLR and NativeAOT libraries have in common, and the
 * opening of such a library.
 */

#include "runtime.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>


/* One opened library. They are never closed: that would crash. */
typedef struct library {
    struct library     *next;
    void               *handle;
    modhost_app_table  *table;
} library;

static library  *libraries;


bool
mh_runtime_has_libraries(void)
{
    return libraries != NULL;
}


static const char *
result_name(int32_t result)
{
    static const char *const  names[] = {
        "OK", "E_VERSION", "E_ARGUMENT", "E_MEMORY", "E_DETACHED", "E_STATE",
        "E_FAULT", "E_REFUSED"
    };

    if (result > 0 || result <= -(int32_t) (sizeof(names) / sizeof(names[0])))
    {
        return "an unknown result";
    }

    return names[-result];
}


/* A side that knows fewer functions would have left some NULL. */
static bool
table_complete(const modhost_app_table *table)
{
    return table->size >= sizeof(*table)
           && table->abi_version == MODHOST_ABI_VERSION
           && table->app_start != NULL
           && table->app_stop != NULL
           && table->app_drained != NULL
           && table->exchange_begin != NULL
           && table->exchange_body != NULL
           && table->exchange_sent != NULL
           && table->exchange_abort != NULL
           && table->exchange_forget != NULL
           && table->runtime_stats != NULL;
}


int
mh_runtime_initialize(modhost_initialize_function initialize,
    const char *what, modhost_app_table **result, mh_error *error)
{
    int32_t             rc;
    modhost_app_table  *table;

    table = calloc(1, sizeof(*table));

    if (table == NULL) {
        return mh_fail(error, MH_E_MEMORY, "out of memory");
    }

    table->size = sizeof(*table);
    table->abi_version = MODHOST_ABI_VERSION;

    rc = initialize(mh_server_table(), table);

    if (rc == MODHOST_E_VERSION
        || (rc == MODHOST_OK && !table_complete(table)))
    {
        mh_error_set(error, MH_E_RUNTIME_VERSION,
                     "\"%s\" was built for another version of ModHost "
                     "(its interface has version %u and %u bytes, this "
                     "module's %u and %zu)", what, table->abi_version,
                     table->size, MODHOST_ABI_VERSION, sizeof(*table));
        free(table);
        return -1;
    }

    if (rc != MODHOST_OK) {
        mh_error_set(error, MH_E_RUNTIME_INITIALIZE,
                     "\"%s\" did not initialise: %s (%d)", what,
                     result_name(rc), rc);
        free(table);
        return -1;
    }

    *result = table;

    return 0;
}


static int
library_fail(mh_error *error, unsigned code, const char *what)
{
    const char  *reason;

    reason = dlerror();

    return mh_fail(error, code, "%s: %s", what,
                   reason != NULL ? reason : "no reason given");
}


static modhost_initialize_function
library_entry(void *handle)
{
    void                         *symbol;
    modhost_initialize_function   entry;

    symbol = dlsym(handle, MODHOST_INITIALIZE_SYMBOL);

    /* ISO C knows no conversion between the two kinds of pointer. */

    memcpy(&entry, &symbol, sizeof(entry));

    return entry;
}


int
mh_runtime_open_library(const char *path, modhost_app_table **table,
    mh_error *error)
{
    int                          rc;
    void                        *handle;
    library                     *opened;
    modhost_initialize_function  entry;

    handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

    if (handle == NULL) {
        return library_fail(error, MH_E_LIBRARY_OPEN,
                            "the application library cannot be opened");
    }

    /* The same file twice is one library, which is initialised once. */

    for (opened = libraries; opened != NULL; opened = opened->next) {
        if (opened->handle == handle) {
            *table = opened->table;

            return opened->table != NULL
                   ? 0
                   : mh_fail(error, MH_E_RUNTIME_INITIALIZE,
                             "\"%s\" failed to initialise before", path);
        }
    }

    entry = library_entry(handle);

    if (entry == NULL) {
        return library_fail(error, MH_E_APP_EXPORTS,
                            "the application library has no entry point");
    }

    opened = calloc(1, sizeof(*opened));

    if (opened == NULL) {
        return mh_fail(error, MH_E_MEMORY, "out of memory");
    }

    /* Even if it fails now, it has run: too late for the CLR. */

    opened->handle = handle;
    opened->next = libraries;
    libraries = opened;

    rc = mh_runtime_initialize(entry, path, &opened->table, error);

    mh_signals_restore();
    mh_exit_guard();

    *table = opened->table;

    return rc;
}
