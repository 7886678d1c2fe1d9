/*
 * The applications of this child: made once, and there as long as it is.
 */

#include "mod_modhost.h"

#include <stdlib.h>


static mod_modhost_app    **apps;            /* those of groups not           */
static unsigned             app_count;
static modhost_app_table   *clr;
static uint64_t             held_until;      /* 0: not                        */


int
mod_modhost_apps_create(server_rec *server)
{
    int                     i;
    mh_counters            *counters;
    mod_modhost_main_conf  *main_conf;

    main_conf = mod_modhost_main;
    counters = mod_modhost_parent_of(server)->counters;
    apps = calloc((size_t) main_conf->apps->nelts + 1, sizeof(*apps));

    if (apps == NULL) {
        return -1;
    }

    for (i = 0; i < main_conf->apps->nelts; i++) {
        apps[i] = mod_modhost_app_make(APR_ARRAY_IDX(main_conf->apps, i,
                                                     mod_modhost_app_conf *),
                                       counters);
        if (apps[i] == NULL) {
            return -1;
        }

        app_count++;
    }

    return 0;
}


/* With one runtime for all of them. */
static void
clr_start(void)
{
    int                  rc;
    mh_error             error;
    unsigned             i, count;
    const mh_app_spec  **specs;
    mh_runtime_options   options;

    specs = calloc(app_count + 1, sizeof(*specs));
    count = 0;

    for (i = 0; specs != NULL && i < app_count; i++) {
        if (apps[i]->conf->spec.kind == MH_APP_IL) {
            specs[count++] = &apps[i]->conf->spec;
        }
    }

    if (specs != NULL && count == 0) {
        free(specs);
        return;
    }

    memset(&options, 0, sizeof(options));
    mh_error_set(&error, MH_E_MEMORY, "out of memory");

    options.dotnet_root = mod_modhost_main->dotnet_root;
    options.managed_directory = mod_modhost_main->managed_directory;
    options.temporary_directory = mod_modhost_main->home;
    options.apps = specs;
    options.app_count = count;

    if (options.temporary_directory == NULL
        || access(options.temporary_directory, W_OK) == -1)
    {
        options.temporary_directory = "/tmp";
    }

    rc = specs != NULL ? mh_runtime_start_clr(&options, &clr, &error) : -1;

    for (i = 0; i < app_count; i++) {

        if (apps[i]->conf->spec.kind != MH_APP_IL) {
            continue;
        }

        if (rc == 0) {
            apps[i]->table = clr;
        } else {
            mod_modhost_app_failed(apps[i], error.code, error.text,
                                   strlen(error.text));
        }
    }

    free(specs);
}


/* The CLR comes first: after a NativeAOT library its collector would hang. */
static void
runtimes_start(void)
{
    mh_error  error;
    unsigned  i;

    clr_start();

    for (i = 0; i < app_count; i++) {

        if (apps[i]->conf->spec.kind != MH_APP_NATIVE) {
            continue;
        }

        memset(&error, 0, sizeof(error));

        if (mh_runtime_open_library(apps[i]->conf->spec.path,
                                    &apps[i]->table, &error)
            != 0)
        {
            mod_modhost_app_failed(apps[i], error.code, error.text,
                                   strlen(error.text));
        }
    }

    for (i = 0; i < app_count; i++) {
        if (apps[i]->table != NULL) {
            mod_modhost_app_start(apps[i]);
        }
    }
}


void
mod_modhost_apps_start(unsigned wait)
{
    if (wait == 0) {
        runtimes_start();

    } else {
        held_until = mod_modhost_now() + wait;
    }
}


unsigned
mod_modhost_apps_tick(uint64_t now, unsigned most)
{
    unsigned  i;

    if (held_until != 0 && !mod_modhost_stop_asked()) {

        if (now < held_until) {
            return held_until - now < most ? (unsigned) (held_until - now)
                                           : most;
        }

        held_until = 0;
        runtimes_start();
    }

    for (i = 0; i < app_count; i++) {
        most = mod_modhost_app_tick(apps[i], now, most);
    }

    return most;
}


void
mod_modhost_apps_stop(void)
{
    unsigned  i;

    for (i = 0; i < app_count; i++) {
        mod_modhost_app_stop(apps[i]);
    }
}


void
mod_modhost_apps_drained(void)
{
    unsigned  i;

    for (i = 0; i < app_count; i++) {
        mod_modhost_app_drained(apps[i]);
    }
}


unsigned
mod_modhost_apps_running(void)
{
    unsigned  i, running;

    running = 0;

    for (i = 0; i < app_count; i++) {
        (void) pthread_mutex_lock(&apps[i]->lock);
        running += apps[i]->started;
        (void) pthread_mutex_unlock(&apps[i]->lock);
    }

    return running;
}


unsigned
mod_modhost_apps_active(void)
{
    unsigned  i, active;

    active = 0;

    for (i = 0; i < app_count; i++) {
        (void) pthread_mutex_lock(&apps[i]->lock);
        active += apps[i]->active;
        (void) pthread_mutex_unlock(&apps[i]->lock);
    }

    return active;
}


/* Several applications may have one runtime; it counts once. */
static bool
runtime_seen(unsigned n)
{
    unsigned  i;

    for (i = 0; i < n; i++) {
        if (apps[i]->table == apps[n]->table) {
            return true;
        }
    }

    return false;
}


static void
state_tell(mod_modhost_app *app)
{
    unsigned  i;

    for (i = 0; i < MH_COUNT_STATES; i++) {
        app->count->states[i] = i == app->state;
    }
}


void
mod_modhost_apps_usage(mh_usage *usage)
{
    unsigned               i;
    modhost_runtime_stats  runtime;

    for (i = 0; i < app_count; i++) {

        state_tell(apps[i]);

        if (apps[i]->table == NULL || apps[i]->ready_at == 0
            || runtime_seen(i))
        {
            continue;
        }

        memset(&runtime, 0, sizeof(runtime));
        runtime.size = sizeof(runtime);

        apps[i]->table->runtime_stats(&runtime);

        usage->heap_bytes += runtime.heap_bytes;
        usage->committed_bytes += runtime.committed_bytes;
        usage->pool_threads += runtime.pool_threads;
        usage->pool_queue += runtime.pool_queue;
    }
}
