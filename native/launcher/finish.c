/*
 * What is done when nobody else is left to do it.
 */

#include "instance.h"
#include "keep.h"
#include "link.h"
#include "report.h"
#include "watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What does not end within these turns, of 10 ms, is stuck in the kernel. */
#define TURNS  500


/* Workers of a supervisor that was not this process's are not below it. */
static void
kill_pidfd(int fd)
{
    (void) syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
}


/* Children only: what they leave behind becomes a child, and is next. */
static unsigned
kill_children(void)
{
    int       fd;
    char      path[64], *end, *p;
    long      pid;
    ssize_t   n;
    unsigned  killed;

    static char  text[8192];

    killed = 0;
    (void) snprintf(path, sizeof(path), "/proc/self/task/%d/children",
                    (int) getpid());
    fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd == -1) {
        return 0;
    }

    n = read(fd, text, sizeof(text) - 1);
    (void) close(fd);
    text[n > 0 ? n : 0] = '\0';

    for (p = text; /* void */; p = end) {
        pid = strtol(p, &end, 10);

        if (end == p) {
            return killed;
        }

        /* A number that was cut off has no space behind it. */

        if (*end == ' ' && kill((pid_t) pid, SIGKILL) == 0) {
            killed++;
        }
    }
}


static unsigned
kill_all(void)
{
    pid_t     pid;
    unsigned  turn, ended;

    static const struct timespec  nap = { 0, 10 * 1000 * 1000 };

    ended = 0;
    keep_each("worker:", ":pidfd", kill_pidfd);

    for (turn = 0; turn < TURNS; turn++) {
        (void) kill_children();

        while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
            ended++;
        }

        if (pid == -1 && errno == ECHILD) {
            break;
        }

        (void) nanosleep(&nap, NULL);
    }

    return ended;
}


static void
tell(const char *line, size_t length)
{
    if (self.ready_fd != -1) {
        report_write(self.ready_fd, line, length);
        (void) close(self.ready_fd);
        self.ready_fd = -1;
    }
}


void
web_server_tell_ready(void)
{
    tell("ok\n", 3);
}


void
web_server_tell(unsigned code, const char *format, ...)
{
    char     line[REPORT_LINE_MAX + 1];
    size_t   length;
    va_list  args;

    va_start(args, format);
    length = report_format(line, code, format, args);
    va_end(args);

    tell(line, length);
}


void
finish(int code)
{
    unsigned  left;

    link_close();
    supervisor_kill();
    left = kill_all();

    if (left != 0) {
        report_log("warn", MH_E_WATCHDOG_KILLED, "%u processes were left at "
                   "the end and got SIGKILL", left);
    }

    mh_instance_remove(self.options.instance);
    _exit(code);
}
