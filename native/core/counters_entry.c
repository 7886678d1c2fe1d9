/*
 * Which counters are whose. An entry is an application's as long as
 * configurations name it. One that the present configuration does not name is
 * another's when the entries run out and no process is left of those that named
 * it.
 */

#include "counters_memory.h"

#include <stdio.h>
#include <string.h>


static void
make_key(char *key, const char *group, const char *path)
{
    /* of a path that is too long its end, which tells it apart */

    if (group == NULL && strlen(path) > MH_COUNTERS_KEY - 2) {
        path += strlen(path) - (MH_COUNTERS_KEY - 2);
    }

    (void) snprintf(key, MH_COUNTERS_KEY, "%c%s", group != NULL ? 'g' : 'e',
                    group != NULL ? group : path);
}


/* Locked. Whether a process lives whose configuration may have named it. */
static bool
is_used(const mh_counters *counters, const mh_counters_place *entry)
{
    unsigned                    i;
    const mh_counters_process  *process;

    for (i = 0; i < MH_COUNTERS_PROCESSES; i++) {
        process = &counters->processes[i];

        if (process->generation <= entry->generation
            && !mh_counters_is_gone(process->pid))
        {
            return true;
        }
    }

    return false;
}


/* Locked. Nothing of what it had is left; -1: there is none. */
static int
reuse(mh_counters *counters)
{
    int                 i;
    unsigned            n;
    mh_counters_place  *entry;

    for (i = 0; i < MH_COUNTERS_ENTRIES; i++) {
        entry = &counters->entries[i];

        if (entry->generation == counters->generation
            || is_used(counters, entry))
        {
            continue;
        }

        memset(entry, 0, sizeof(*entry));

        for (n = 0; n < MH_COUNTERS_PROCESSES; n++) {
            memset(&counters->processes[n].counts[i], 0,
                   sizeof(counters->processes[n].counts[i]));
        }

        return i;
    }

    return -1;
}


/* Locked. The one that has this key, which the configuration names; or -1. */
static int
keep(mh_counters *counters, const char *key)
{
    int  i;

    for (i = 0; i < MH_COUNTERS_ENTRIES; i++) {
        if (strcmp(counters->entries[i].key, key) == 0) {
            counters->entries[i].generation = counters->generation;
            return i;
        }
    }

    return -1;
}


/* Locked. */
static int
add(mh_counters *counters, const char *key)
{
    int  i;

    for (i = 0; i < MH_COUNTERS_ENTRIES; i++) {
        if (counters->entries[i].key[0] == '\0') {
            break;
        }
    }

    if (i == MH_COUNTERS_ENTRIES) {
        i = reuse(counters);
    }

    if (i != -1) {
        memcpy(counters->entries[i].key, key, MH_COUNTERS_KEY);
        counters->entries[i].generation = counters->generation;
    }

    return i;
}


void
mh_counters_keep(mh_counters *counters, const char *group, const char *path)
{
    char  key[MH_COUNTERS_KEY];

    make_key(key, group, path);

    mh_counters_lock(counters);
    (void) keep(counters, key);
    mh_counters_unlock(counters);
}


int
mh_counters_entry(mh_counters *counters, const char *group, const char *path)
{
    int   entry;
    char  key[MH_COUNTERS_KEY];

    memset(key, 0, sizeof(key));
    make_key(key, group, path);

    mh_counters_lock(counters);

    entry = keep(counters, key);

    if (entry == -1) {
        entry = add(counters, key);
    }

    mh_counters_unlock(counters);

    return entry;
}
