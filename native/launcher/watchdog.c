#include "keep.h"
#include "link.h"
#include "report.h"
#include "watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

watchdog  self = { .ready_fd = -1, .pidfd = -1 };


uint64_t
now_ms(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000 + (uint64_t) ts.tv_nsec / 1000000;
}


static void
children_reap(void)
{
    int    status;
    bool   gone;
    char   how[64];
    pid_t  pid;

    gone = false;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {

        if (pid == self.pid && self.pidfd == -1) {
            supervisor_end_text(status, how, sizeof(how));
            gone = true;

        } else {
            link_exited(pid, status);
        }
    }

    if (gone) {
        supervisor_gone(how);
    }

    link_ready();
}


static void
stop_begin(void)
{
    if (self.deadline == 0) {
        self.deadline = now_ms() + (uint64_t) self.options.shutdown_ms;
        link_shutdown();

        if (self.pid == 0) {
            supervisor_start();
        }

        link_ready();
    }
}


static void
signals_read(void)
{
    struct signalfd_siginfo  info;

    while (read(self.signals, &info, sizeof(info)) == sizeof(info)) {

        if (info.ssi_signo == SIGCHLD) {
            children_reap();

        } else {
            stop_begin();
        }
    }
}


static void
times_check(void)
{
    uint64_t  now;

    now = now_ms();

    if (self.deadline != 0 && now >= self.deadline) {
        report_log("error", MH_E_WATCHDOG_KILLED, "the supervisor was not done "
                   "within %d ms: what is left is killed",
                   self.options.shutdown_ms);
        finish(1);
    }

    if (self.exit_by != 0 && now >= self.exit_by) {
        self.exit_by = 0;
        supervisor_kill();
    }

    if (self.retry != 0 && now >= self.retry && self.pid == 0) {
        supervisor_start();
    }
}


/* ms for poll: -1 for ever. */
static int
time_left(void)
{
    size_t    i;
    uint64_t  now, first;

    const uint64_t  times[] = { self.deadline, self.exit_by, self.retry };

    first = 0;

    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        if (times[i] != 0 && (first == 0 || times[i] < first)) {
            first = times[i];
        }
    }

    now = now_ms();

    return first == 0 ? -1 : first <= now ? 0 : (int) (first - now);
}


static void
turn(void)
{
    enum { SIGNALS, LINK, PIDFD, LIFELINE, COUNT };

    struct pollfd  fds[COUNT];

    memset(fds, 0, sizeof(fds));
    fds[SIGNALS].fd = self.signals;
    fds[SIGNALS].events = POLLIN;
    fds[LINK].fd = link_poll(&fds[LINK].events);
    fds[PIDFD].fd = self.pidfd;
    fds[PIDFD].events = POLLIN;

    /*
     * Nobody writes to it: its end is all that it says, of a pipe or a socket,
     * of which perhaps only the master's direction has ended.
     */

    fds[LIFELINE].fd = self.deadline == 0 ? keep_find(WATCHDOG_LIFELINE) : -1;
    fds[LIFELINE].events = POLLIN | POLLRDHUP;

    if (poll(fds, COUNT, time_left()) < 0) {
        return;
    }

    if (fds[LINK].revents != 0) {
        link_ready();
    }

    if (fds[LIFELINE].revents != 0) {
        stop_begin();
    }

    if (fds[SIGNALS].revents != 0) {
        signals_read();
    }

    if (fds[PIDFD].revents != 0) {
        supervisor_gone("it was not this process's child");
    }

    times_check();
}


/* Nothing of whoever started this process stays open, but what was given. */
static void
others_close(const int *given, size_t count)
{
    size_t  i;
    int     first, next;

    for (first = STDERR_FILENO + 1; /* void */; first = next + 1) {
        next = INT_MAX;

        for (i = 0; i < count; i++) {
            if (given[i] >= first && given[i] < next) {
                next = given[i];
            }
        }

        if (next > first) {
            (void) close_range((unsigned) first, (unsigned) next - 1, 0);
        }

        if (next == INT_MAX) {
            return;
        }
    }
}


static int
descriptors_set(void)
{
    int     fd;
    size_t  i;

    const int  given[] = { self.options.lifeline_fd, self.options.ready_fd,
                           self.options.adopt_fd };

    for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) == -1
            && open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY)
               != fd)
        {
            return -1;
        }
    }

    others_close(given, sizeof(given) / sizeof(given[0]));

    for (i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
        if (given[i] != -1 && fcntl(given[i], F_SETFD, FD_CLOEXEC) == -1) {
            report_log("error", MH_E_WATCHDOG_USAGE, "descriptor %d: %s",
                       given[i], strerror(errno));
            return -1;
        }
    }

    return 0;
}


static int
signals_set(void)
{
    size_t    i;
    sigset_t  set;

    static const int  ignored[] = { SIGHUP, SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2,
                                    SIGWINCH, SIGTTIN, SIGTTOU };
    static const int  read_ones[] = { SIGCHLD, SIGTERM, SIGINT, SIGQUIT };

    for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
        (void) signal(ignored[i], SIG_IGN);
    }

    (void) sigemptyset(&set);

    for (i = 0; i < sizeof(read_ones) / sizeof(read_ones[0]); i++) {
        (void) signal(read_ones[i], SIG_DFL);
        (void) sigaddset(&set, read_ones[i]);
    }

    (void) sigprocmask(SIG_SETMASK, &set, NULL);

    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}


int
main(int argc, char **argv)
{
    if (watchdog_parse(argc, argv, &self.options) != 0
        || descriptors_set() != 0)
    {
        return 1;
    }

    self.ready_fd = self.options.ready_fd;
    self.signals = signals_set();

    /* Workers whose supervisor dies become children of this process. */

    if (self.signals == -1 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
        web_server_tell(MH_E_WATCHDOG_SYSTEM, "%s", strerror(errno));
        report_log("error", MH_E_WATCHDOG_SYSTEM, "%s", strerror(errno));
        return 1;
    }

    /* A long state must leave nothing behind in the heap. */

    (void) mallopt(M_MMAP_THRESHOLD, 65536);
    supervisor_limit_raise();
    (void) umask(027);           /* the web server may have none at all */
    (void) chdir("/");

    if (self.options.lifeline_fd != -1) {
        (void) keep_store((mh_str) { (const uint8_t *) WATCHDOG_LIFELINE,
                                     sizeof(WATCHDOG_LIFELINE) - 1 },
                          self.options.lifeline_fd, 0);
    }

    if (self.options.adopt_fd != -1) {
        supervisor_adopt(self.options.adopt_fd);

    } else {
        supervisor_start();
    }

    for ( ;; ) {
        turn();
    }
}
