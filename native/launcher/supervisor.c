#include "watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define SUPERVISOR_FD  3

static struct rlimit  inherited;


void
supervisor_limit_raise(void)
{
    struct rlimit  limit;

    if (getrlimit(RLIMIT_NOFILE, &inherited) == 0) {
        limit = inherited;
        limit.rlim_cur = limit.rlim_max;
        (void) setrlimit(RLIMIT_NOFILE, &limit);
    }
}


/* Nothing of the watchdog's own goes along. */
static void
child_run(const watchdog_options *options, int fd, int failed)
{
    int       number, error;
    sigset_t  none;

    for (number = 1; number <= SIGRTMAX; number++) {
        (void) signal(number, SIG_DFL);
    }

    (void) sigemptyset(&none);
    (void) sigprocmask(SIG_SETMASK, &none, NULL);

    if (inherited.rlim_max != 0) {
        (void) setrlimit(RLIMIT_NOFILE, &inherited);
    }

    if (failed == SUPERVISOR_FD) {
        failed = fcntl(failed, F_DUPFD_CLOEXEC, SUPERVISOR_FD + 1);
    }

    if ((fd == SUPERVISOR_FD ? fcntl(fd, F_SETFD, 0)
                             : dup2(fd, SUPERVISOR_FD)) != -1
        && close_range(SUPERVISOR_FD + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
    {
        (void) execl(options->supervisor, options->supervisor, "--instance",
                     options->instance, (char *) NULL);
    }

    error = errno;
    (void) !write(failed, &error, sizeof(error));
    _exit(1);
}


int
supervisor_spawn(const watchdog_options *options, int fd, mh_error *error)
{
    int      failed[2], reason;
    pid_t    pid;
    ssize_t  n;

    /* Closed by exec; if that fails, it carries the reason. */

    if (pipe2(failed, O_CLOEXEC) != 0) {
        return mh_fail(error, MH_E_SUPERVISOR_SPAWN, "pipe: %s",
                       strerror(errno));
    }

    pid = fork();

    if (pid == 0) {
        child_run(options, fd, failed[1]);
    }

    reason = errno;
    (void) close(failed[1]);

    if (pid != -1) {
        do {
            n = read(failed[0], &reason, sizeof(reason));
        } while (n < 0 && errno == EINTR);

        if (n != sizeof(reason)) {
            (void) close(failed[0]);
            return pid;
        }

        (void) waitpid(pid, NULL, 0);
    }

    (void) close(failed[0]);

    return mh_fail(error, MH_E_SUPERVISOR_SPAWN, "\"%s\" cannot be started: %s",
                   options->supervisor, strerror(reason));
}


void
supervisor_end_text(int status, char *text, size_t size)
{
    if (WIFSIGNALED(status)) {
        (void) snprintf(text, size, "signal %d (%s)", WTERMSIG(status),
                        strsignal(WTERMSIG(status)));

    } else {
        (void) snprintf(text, size, "code %d", WEXITSTATUS(status));
    }
}
