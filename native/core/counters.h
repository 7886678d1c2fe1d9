/*
 * Counters that all processes of a web server share, so that any of them can
 * tell of all, and the record of processes that crashed. One mapping, made in
 * the master before it forks; it lives as long as the master.
 *
 * Each process has a slot of its own and adds without locks; what a slot has
 * gathered goes to the sum of the past when its process ends, or is found dead.
 */

#ifndef MH_COUNTERS_H
#define MH_COUNTERS_H

#include "core.h"

#define MH_COUNT_CLASSES  5          /* of status: 1xx .. 5xx                 */
#define MH_COUNT_STATES   5          /* MODHOST_APP_*                         */

/* Of one application in one process; milliseconds where it says so. */
typedef struct mh_count {
    _Atomic(uint64_t)  requests[MH_COUNT_CLASSES];
    _Atomic(uint64_t)  in_flight;            /* now                           */
    _Atomic(uint64_t)  waiting;              /* now                           */
    _Atomic(uint64_t)  queue_ms;
    _Atomic(uint64_t)  app_ms;
    _Atomic(uint64_t)  queue_full;
    _Atomic(uint64_t)  queue_timeouts;
    _Atomic(uint64_t)  unavailable;
    _Atomic(uint64_t)  request_timeouts;
    _Atomic(uint64_t)  lost;
    _Atomic(uint64_t)  retried;
    _Atomic(uint64_t)  failures;             /* embedded: of starts           */
    _Atomic(uint64_t)  states[MH_COUNT_STATES];
} mh_count;

/* The same of all processes, at one moment. */
typedef struct mh_count_sum {
    uint64_t  requests[MH_COUNT_CLASSES];
    uint64_t  in_flight;
    uint64_t  waiting;
    uint64_t  queue_ms;
    uint64_t  app_ms;
    uint64_t  queue_full;
    uint64_t  queue_timeouts;
    uint64_t  unavailable;
    uint64_t  request_timeouts;
    uint64_t  lost;
    uint64_t  retried;
    uint64_t  failures;
    uint64_t  states[MH_COUNT_STATES];
} mh_count_sum;

/* What a process uses; all but the first 0 where it hosts no runtime. */
typedef struct mh_usage {
    uint64_t  resident_bytes;
    uint64_t  heap_bytes;
    uint64_t  committed_bytes;
    uint64_t  pool_threads;
    uint64_t  pool_queue;
} mh_usage;

typedef struct mh_counters  mh_counters;

/* NULL: no memory. */
mh_counters *mh_counters_open(void);

/* Master. A new configuration is a new chance for what crashed. */
void mh_counters_generation(mh_counters *counters);

/*
 * Master. The entry of a process group, or, without one, of an embedded
 * application's path; it keeps its numbers over reloads, as long as
 * configurations name it. -1: no room, for now: entries of configurations that
 * no process has any more are given to others. So that none loses its own to
 * another, a new generation first keeps all that it names, then asks for them.
 */
void mh_counters_keep(mh_counters *counters, const char *group,
    const char *path);
int mh_counters_entry(mh_counters *counters, const char *group,
    const char *path);

/* How a process found things when it began. */
typedef struct mh_counters_entered {
    int       slot;                  /* -1: no room, nothing is counted       */
    pid_t     crashed;               /* a process that was lost; 0: none      */
    unsigned  crashes;               /* in a row                              */
    unsigned  wait;                  /* ms to hold embedded applications back */
} mh_counters_entered;

/*
 * Process start. `hosts`: it runs embedded applications, so that its sudden end
 * is a crash. mh_counters_leave is a proper end.
 */
void mh_counters_enter(mh_counters *counters, bool hosts,
    mh_counters_entered *entered);
void mh_counters_leave(mh_counters *counters, int slot);

/*
 * Any thread. A number for a client's connection, which no other of any process
 * has or had. NULL: of any in this process.
 */
uint64_t mh_counters_connection(mh_counters *counters);

/* This process's; never NULL: what has no place is counted and never read. */
mh_count *mh_counters_count(mh_counters *counters, int slot, int entry);
void mh_counters_use(mh_counters *counters, int slot, const mh_usage *usage);
/* Resident memory of this process; the rest is 0. */
void mh_usage_resident(mh_usage *usage);

/* Of all processes, those that have ended too. Numbers may be a request apart,
   and are whole each. */
void mh_counters_sum(mh_counters *counters, int entry, mh_count_sum *sum);

/* Processes that live, one after the other; *i begins with 0. False: no more */
bool mh_counters_next(mh_counters *counters, unsigned *i, pid_t *pid,
    mh_usage *usage);

#endif /* MH_COUNTERS_H */
