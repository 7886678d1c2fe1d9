/*
 * What a worker inherits and must not, whoever it runs as: descriptors,
 * signals, session, limits.
 */

#include "launch.h"
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>


/* Its own standard streams and its control connection, and nothing else. */
int
launch_descriptors(void)
{
    int          fd, null;
    struct stat  st;

    /* A missing one would be taken by the first file that is opened. */

    for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {

        if (fcntl(fd, F_GETFD) == -1) {
            null = open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY);

            if (null != fd) {
                return -1;       /* nobody could read why */
            }
        }
    }

    if (fstat(LAUNCH_CONTROL, &st) != 0 || !S_ISSOCK(st.st_mode)
        || fcntl(LAUNCH_CONTROL, F_SETFD, 0) == -1)
    {
        report(MH_E_LAUNCH_DESCRIPTOR, "descriptor %d is no socket: only the "
               "supervisor starts this program", LAUNCH_CONTROL);
        return -1;
    }

    if (close_range(LAUNCH_CONTROL + 1, ~0U, 0) != 0) {
        report(MH_E_LAUNCH_DESCRIPTOR, "close_range: %s", strerror(errno));
        return -1;
    }

    return 0;
}


/* Ignored signals and the mask would outlive exec. */
static void
signals_reset(void)
{
    int               number;
    sigset_t          none;
    struct sigaction  action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = SIG_DFL;
    (void) sigemptyset(&action.sa_mask);

    for (number = 1; number <= SIGRTMAX; number++) {
        (void) sigaction(number, &action, NULL);
    }

    (void) sigemptyset(&none);
    (void) sigprocmask(SIG_SETMASK, &none, NULL);
}


/*
 * Where the kernel shares the processor by session (sched_autogroup), a session
 * of one process makes its priority meaningless, and the session's own counts.
 */
static void
autogroup_set(int64_t priority)
{
    int   fd;
    char  text[8];

    fd = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);

    if (fd != -1) {
        (void) !write(fd, text, (size_t) snprintf(text, sizeof(text), "%d",
                                                  (int) priority));
        (void) close(fd);
    }
}


/*
 * Soft and hard are one: .NET raises the first to the second anyway. There is
 * no limit on address space: the runtime reserves hundreds of gigabytes.
 */
static int
limits_set(const launch_options *options)
{
    struct rlimit  limit;

    if (options->nofile != LAUNCH_UNSET) {
        limit.rlim_cur = (rlim_t) options->nofile;
        limit.rlim_max = (rlim_t) options->nofile;

        if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
            report(MH_E_LAUNCH_LIMIT, "nofile-limit %lld: %s",
                   (long long) options->nofile, strerror(errno));
            return -1;
        }
    }

    if (options->nice != LAUNCH_UNSET) {

        if (setpriority(PRIO_PROCESS, 0, (int) options->nice) != 0) {
            report(MH_E_LAUNCH_LIMIT, "cpu-priority %lld: %s",
                   (long long) options->nice, strerror(errno));
            return -1;
        }

        autogroup_set(options->nice);
    }

    return 0;
}


int
launch_process(const launch_options *options)
{
    signals_reset();

    /* Fails where the supervisor has done it already. */
    (void) setsid();

    if (options->umask != LAUNCH_UNSET) {
        (void) umask((mode_t) options->umask);
    }

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        report(MH_E_LAUNCH_IDENTITY, "no-new-privileges: %s",
               strerror(errno));
        return -1;
    }

    return limits_set(options);
}
