/*
 * What the counters' mapping holds; counters.c and counters_entry.c only.
 */

#ifndef MH_COUNTERS_MEMORY_H
#define MH_COUNTERS_MEMORY_H

#include "counters.h"

#include <pthread.h>

#define MH_COUNTERS_PROCESSES  512
#define MH_COUNTERS_ENTRIES    128
#define MH_COUNTERS_KEY        256


typedef struct mh_counters_process {
    pid_t     pid;                   /* 0: free                               */
    bool      hosts;
    uint32_t  generation;            /* of the configuration it runs with     */
    int64_t   started;
    mh_usage  usage;
    mh_count  counts[MH_COUNTERS_ENTRIES];
} mh_counters_process;

typedef struct mh_counters_place {
    char      key[MH_COUNTERS_KEY];  /* "": free                              */
    uint32_t  generation;            /* the last that named it                */
    mh_count  past;                  /* of processes that have ended          */
} mh_counters_place;

struct mh_counters {
    pthread_mutex_t      lock;
    uint32_t             generation; /* the present configuration's           */
    unsigned             crashes;    /* in a row                              */
    int64_t              crashed_at; /* the last of them                      */
    mh_counters_place    entries[MH_COUNTERS_ENTRIES];
    mh_counters_process  processes[MH_COUNTERS_PROCESSES];

    /* on a cache line of its own: each connection of any process writes it */

    _Alignas(64) _Atomic(uint64_t)  connections;
};


void mh_counters_lock(mh_counters *counters);
void mh_counters_unlock(mh_counters *counters);

/* Whether there is no such process; that of a free slot is gone. */
bool mh_counters_is_gone(pid_t pid);

#endif /* MH_COUNTERS_MEMORY_H */
