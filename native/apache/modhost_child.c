/*
 * The life of a child that serves applications.
 *
 *   running ──child_stopping──► stopping ──threads are gone──► drained ──► gone
 *                               (app_stop at once;             (app_drained;
 *                                requests go on)                all stopped)
 *
 * The main thread and the MPM's listener say what is to happen; the monitor
 * does it. What application threads can still reach is never freed: the process
 * ends under them, by _exit (mh_exit_guard).
 */

#include "mod_modhost.h"

#include <ap_mpm.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>


/* The parent kills a child that needs more than nine seconds to end at once. */
#define FAST_STOP   8000u                            /* ms                    */

/* Beyond the shutdown time-out: what the managed side needs to say so. */
#define STOP_GRACE  1000u                            /* ms                    */


static atomic_uint   staying;
static atomic_bool   stop_asked;
static atomic_bool   stop_fast;      /* not gracefully                        */
static atomic_bool   broken_off;
static bool          hosting;        /* this child has a monitor              */
static int           threaded;       /* so has the MPM handler threads        */
static uint64_t      patience;       /* ms; of the application with the most  */
static _Atomic(uint64_t)  stop_at;

static mh_counters_entered  entered = { .slot = -1 };


uint64_t
mod_modhost_now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000 + (uint64_t) ts.tv_nsec / 1000000;
}


void
mod_modhost_stay(void)
{
    (void) atomic_fetch_add(&staying, 1);
}


void
mod_modhost_go(void)
{
    (void) atomic_fetch_sub(&staying, 1);
}


unsigned
mod_modhost_staying(void)
{
    return atomic_load(&staying);
}


bool
mod_modhost_broken_off(const mod_modhost_app *app)
{
    return atomic_load(&stop_fast)
           || (app->group == NULL && atomic_load(&broken_off));
}


bool
mod_modhost_stop_asked(void)
{
    return atomic_load(&stop_asked);
}


int
mod_modhost_slot(void)
{
    return entered.slot;
}


/* Environment that applications of this child find, as in a worker process. */
static void
environment_set(void)
{
    int                         i, k;
    const mod_modhost_env      *env;
    const apr_array_header_t   *list;

    if (mod_modhost_main->home != NULL) {
        (void) setenv("HOME", mod_modhost_main->home, 1);
    }

    (void) setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
                          "/sbin:/bin", 0);

    for (i = 0; i < mod_modhost_main->apps->nelts; i++) {
        list = APR_ARRAY_IDX(mod_modhost_main->apps, i,
                             mod_modhost_app_conf *)->settings.env;

        for (k = 0; list != NULL && k < list->nelts; k++) {
            env = &APR_ARRAY_IDX(list, k, mod_modhost_env);

            (void) setenv(env->name, env->value, 1);
        }
    }
}


/* What native code writes to descriptor 1 of a daemon would be lost. */
static void
stdout_redirect(void)
{
    struct stat  out, null;

    if (fstat(STDOUT_FILENO, &out) == 0 && stat("/dev/null", &null) == 0
        && S_ISCHR(out.st_mode) && out.st_rdev == null.st_rdev)
    {
        (void) dup2(STDERR_FILENO, STDOUT_FILENO);
    }
}


/* A child that an app starts must keep no port and no client's connection. */
static void
close_on_exec(void)
{
    int  fd;

#ifdef SYS_close_range
    if (syscall(SYS_close_range, 3, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */) == 0) {
        return;
    }
#endif

    for (fd = 3; fd < 65536; fd++) {
        (void) fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
}


static void
patience_find(void)
{
    int       i;
    uint64_t  wait;

    for (i = 0; i < mod_modhost_main->apps->nelts; i++) {
        wait = (uint64_t) APR_ARRAY_IDX(mod_modhost_main->apps, i,
                                        mod_modhost_app_conf *)
                              ->settings.shutdown_timeout;

        if (wait == 0) {
            wait = MOD_MODHOST_NO_LIMIT;
        }

        if (wait > patience) {
            patience = wait;
        }
    }
}


/* Workers that crashed again and again hold the next one's apps back. */
static void
counters_enter(server_rec *server)
{
    mh_counters  *counters;

    counters = mod_modhost_parent_of(server)->counters;

    if (counters == NULL) {
        return;
    }

    mh_counters_enter(counters, mod_modhost_main->apps->nelts != 0, &entered);

    if (entered.crashed != 0) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, server,
                     "MH%04u: child process %d ended unexpectedly, %u in a "
                     "row; applications start in %u ms", MH_E_WORKER_CRASHED,
                     (int) entered.crashed, entered.crashes, entered.wait);
    }
}


static uint64_t
stop_limit(void)
{
    return atomic_load(&stop_fast) && patience > FAST_STOP ? FAST_STOP
                                                           : patience;
}


void
mod_modhost_child_stopping(apr_pool_t *pool, int graceful)
{
    (void) pool;

    if (!hosting) {
        return;
    }

    if (!graceful) {

        /* Apache closes its clients' connections */

        atomic_store(&stop_fast, true);
    }

    if (atomic_load(&stop_at) == 0) {
        atomic_store(&stop_at, mod_modhost_now());
    }

    atomic_store(&stop_asked, true);

    /* prefork calls this from a signal handler, on the only thread: it may hold
       the lock of the lanes, and needs no wake-up */

    if (threaded) {
        mod_modhost_lanes_wake();
    }

    mod_modhost_monitor_wake();
}


unsigned
mod_modhost_stop_tick(uint64_t now, unsigned most)
{
    unsigned  active;
    uint64_t  waited;

    if (!mod_modhost_stop_asked() || atomic_load(&broken_off)) {
        return most;
    }

    waited = now - atomic_load(&stop_at);

    if (waited < patience) {
        return patience - waited < most ? (unsigned) (patience - waited)
                                        : most;
    }

    active = mod_modhost_apps_active();

    if (active != 0) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, ap_server_conf,
                     "MH%04u: %u requests were still running after %"
                     APR_UINT64_T_FMT " ms of shutdown, and are broken off",
                     MH_E_SHUTDOWN_TIMEOUT, active, patience);
    }

    atomic_store(&broken_off, true);
    mod_modhost_lanes_wake();

    return most;
}


/*
 * Requests that hold their thread after they were broken off would keep the
 * applications from stopping in an orderly way until the child is killed.
 */
bool
mod_modhost_drain_due(uint64_t now)
{
    uint64_t  wait;

    wait = (atomic_load(&stop_fast) ? 0 : patience) + STOP_GRACE;

    return mod_modhost_stop_asked() && now - atomic_load(&stop_at) >= wait;
}


/* The child's pool goes: the MPM's threads have ended. */
static apr_status_t
child_end(void *data)
{
    uint64_t     now, until;
    server_rec  *server = data;

    mod_modhost_child_stopping(NULL, 1);

    now = mod_modhost_now();
    until = atomic_load(&stop_at) + stop_limit();
    until = (until > now ? until : now) + STOP_GRACE;

    if (mod_modhost_monitor_stop(until) != 0) {

        /* the monitor is still there, and what it uses goes with exit() */

        mh_exit_guard();

        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                     "MH%04u: %u applications had not stopped after %"
                     APR_UINT64_T_FMT " ms", MH_E_SHUTDOWN_TIMEOUT,
                     mod_modhost_apps_running(),
                     mod_modhost_now() - atomic_load(&stop_at));
    }

    hosting = false;

    if (entered.slot != -1) {
        mh_counters_leave(mod_modhost_parent_of(server)->counters,
                          entered.slot);
        entered.slot = -1;
    }

    return APR_SUCCESS;
}


/* Never fails because of an app: Apache would not start children any more. */
void
mod_modhost_child_init(apr_pool_t *pool, server_rec *server)
{
    bool      embedded;
    sigset_t  mask;

    embedded = mod_modhost_main->apps->nelts != 0;

    if (!embedded && mod_modhost_groups_used() == 0) {
        return;
    }

    (void) ap_mpm_query(AP_MPMQ_IS_THREADED, &threaded);

    counters_enter(server);
    patience_find();

    /* Apache's main thread takes what is sent to the process, as it is the
       first to be asked; the monitor blocks everything */

    mh_signals_unblock(&mask);

    if (embedded) {
        mh_signals_save();
        (void) umask(027);
        environment_set();
        stdout_redirect();
        close_on_exec();
    }

    if (mod_modhost_monitor_open(server) != 0
        || mod_modhost_apps_create(server) != 0)
    {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, server,
                     "MH%04u: this child hosts no applications", MH_E_LOOP);

    } else {

        /* signals are put back for the last time before Apache sets more */

        if (embedded) {
            mod_modhost_apps_start(entered.wait);
        }

        hosting = mod_modhost_monitor_start() == 0;
    }

    (void) pthread_sigmask(SIG_SETMASK, &mask, NULL);

    apr_pool_pre_cleanup_register(pool, server, child_end);
}
