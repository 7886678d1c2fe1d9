/*
 * Shared counters. A process that dies while it holds the lock leaves nothing
 * half done that matters: the next owner goes on.
 */

#include "counters_memory.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>


/* A process that lived this long starts with a clean record. */
#define STEADY     60                                /* s                     */
#define LONGEST    60000u                            /* ms between two tries  */

#define FIELDS     (sizeof(mh_count) / sizeof(uint64_t))

_Static_assert(sizeof(mh_count) == sizeof(mh_count_sum), "fields");

static mh_count  uncounted;


mh_counters *
mh_counters_open(void)
{
    mh_counters          *counters;
    pthread_mutexattr_t   attributes;

    counters = mmap(NULL, sizeof(*counters), PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (counters == MAP_FAILED) {
        return NULL;
    }

    (void) pthread_mutexattr_init(&attributes);
    (void) pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    (void) pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    (void) pthread_mutex_init(&counters->lock, &attributes);
    (void) pthread_mutexattr_destroy(&attributes);

    return counters;
}


void
mh_counters_lock(mh_counters *counters)
{
    if (pthread_mutex_lock(&counters->lock) == EOWNERDEAD) {
        (void) pthread_mutex_consistent(&counters->lock);
    }
}


void
mh_counters_unlock(mh_counters *counters)
{
    (void) pthread_mutex_unlock(&counters->lock);
}


uint64_t
mh_counters_connection(mh_counters *counters)
{
    _Atomic(uint64_t)         *last;
    static _Atomic(uint64_t)   alone;

    last = counters != NULL ? &counters->connections : &alone;

    return atomic_fetch_add_explicit(last, 1, memory_order_relaxed) + 1;
}


static int64_t
now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return ts.tv_sec;
}


void
mh_counters_generation(mh_counters *counters)
{
    mh_counters_lock(counters);
    counters->generation++;
    counters->crashes = 0;
    mh_counters_unlock(counters);
}


bool
mh_counters_is_gone(pid_t pid)
{
    return pid == 0 || (kill(pid, 0) == -1 && errno == ESRCH);
}


static _Atomic(uint64_t) *
fields(mh_count *count)
{
    return (_Atomic(uint64_t) *) count;
}


/* What counts something, and not how much there is of it now. */
static bool
adds_up(size_t field)
{
    return field != offsetof(mh_count, in_flight) / sizeof(uint64_t)
           && field != offsetof(mh_count, waiting) / sizeof(uint64_t)
           && field < offsetof(mh_count, states) / sizeof(uint64_t);
}


/* Locked. What a process counted is the past's; it begins with nothing. */
static void
fold(mh_counters *counters, mh_counters_process *p)
{
    size_t              k;
    unsigned            i;
    mh_counters_place  *entry;

    if (p->pid == 0) {
        return;
    }

    for (i = 0; i < MH_COUNTERS_ENTRIES; i++) {
        entry = &counters->entries[i];

        if (entry->key[0] == '\0') {
            break;
        }

        for (k = 0; k < FIELDS; k++) {
            if (adds_up(k)) {
                fields(&entry->past)[k] += fields(&p->counts[i])[k];
            }
        }

        memset(&p->counts[i], 0, sizeof(p->counts[i]));
    }

    memset(&p->usage, 0, sizeof(p->usage));
    p->pid = 0;
}


/* Locked. It did not leave, and is not there. */
static void
note_crash(mh_counters *counters, const mh_counters_process *p, int64_t at,
    mh_counters_entered *entered)
{
    if (!p->hosts || p->generation != counters->generation) {
        return;
    }

    if (at - p->started > STEADY || at - counters->crashed_at > STEADY) {
        counters->crashes = 0;
    }

    counters->crashes++;
    counters->crashed_at = at;

    entered->crashed = p->pid;
}


void
mh_counters_enter(mh_counters *counters, bool hosts,
    mh_counters_entered *entered)
{
    int                   i;
    int64_t               at;
    unsigned              more;
    mh_counters_process  *p;

    at = now();
    memset(entered, 0, sizeof(*entered));
    entered->slot = -1;

    mh_counters_lock(counters);

    for (i = 0; i < MH_COUNTERS_PROCESSES; i++) {
        p = &counters->processes[i];

        if (p->pid != 0 && mh_counters_is_gone(p->pid)) {
            note_crash(counters, p, at, entered);
            fold(counters, p);
        }

        if (p->pid == 0 && entered->slot == -1) {
            entered->slot = i;
        }
    }

    if (entered->slot != -1) {
        p = &counters->processes[entered->slot];
        p->pid = getpid();
        p->hosts = hosts;
        p->generation = counters->generation;
        p->started = at;
    }

    /* one crash may happen; from the second in a row on it is a habit */

    if (entered->crashed != 0 && counters->crashes >= 2) {
        more = counters->crashes - 2;
        entered->wait = more < 6 ? 1000u << more : LONGEST;
    }

    entered->crashes = counters->crashes;

    mh_counters_unlock(counters);
}


void
mh_counters_leave(mh_counters *counters, int slot)
{
    if (slot == -1 || counters->processes[slot].pid != getpid()) {
        return;
    }

    mh_counters_lock(counters);
    fold(counters, &counters->processes[slot]);
    mh_counters_unlock(counters);
}


mh_count *
mh_counters_count(mh_counters *counters, int slot, int entry)
{
    return counters != NULL && slot != -1 && entry != -1
           ? &counters->processes[slot].counts[entry] : &uncounted;
}


void
mh_counters_use(mh_counters *counters, int slot, const mh_usage *usage)
{
    if (slot != -1) {
        counters->processes[slot].usage = *usage;
    }
}


void
mh_usage_resident(mh_usage *usage)
{
    FILE           *file;
    unsigned long   size, resident;

    memset(usage, 0, sizeof(*usage));
    file = fopen("/proc/self/statm", "re");

    if (file == NULL) {
        return;
    }

    if (fscanf(file, "%lu %lu", &size, &resident) == 2) {
        usage->resident_bytes = (uint64_t) resident
                                * (uint64_t) sysconf(_SC_PAGESIZE);
    }

    (void) fclose(file);
}


void
mh_counters_sum(mh_counters *counters, int entry, mh_count_sum *sum)
{
    bool                  lives;
    size_t                k;
    uint64_t             *total;
    unsigned              i;
    mh_counters_process  *p;

    memset(sum, 0, sizeof(*sum));

    if (entry == -1) {
        return;
    }

    total = (uint64_t *) sum;

    for (k = 0; k < FIELDS; k++) {
        total[k] = fields(&counters->entries[entry].past)[k];
    }

    for (i = 0; i < MH_COUNTERS_PROCESSES; i++) {
        p = &counters->processes[i];

        if (p->pid == 0) {
            continue;
        }

        lives = !mh_counters_is_gone(p->pid);

        for (k = 0; k < FIELDS; k++) {
            if (lives || adds_up(k)) {
                total[k] += fields(&p->counts[entry])[k];
            }
        }
    }
}


bool
mh_counters_next(mh_counters *counters, unsigned *i, pid_t *pid,
    mh_usage *usage)
{
    const mh_counters_process  *p;

    while (*i < MH_COUNTERS_PROCESSES) {
        p = &counters->processes[(*i)++];
        *pid = p->pid;

        if (!mh_counters_is_gone(*pid)) {
            *usage = p->usage;
            return true;
        }
    }

    return false;
}
