/*
 * A process that is to outlive much of what its parent does. Between fork and
 * exec only system calls are made.
 */

#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>


#define STANDARD   5                    /* descriptors of the child           */
#define OUT_OF_WAY 16

extern char  **environ;


/* What a web server or a service manager left for itself. */
static bool
is_private(const char *variable)
{
    size_t  i, length;

    static const char *const  names[] = {
        "NGINX=", "NOTIFY_SOCKET=", "WATCHDOG_PID=", "WATCHDOG_USEC=",
        "LISTEN_FDS=", "LISTEN_PID=", "LISTEN_FDNAMES="
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        length = strlen(names[i]);

        if (strncmp(variable, names[i], length) == 0) {
            return true;
        }
    }

    return false;
}


static const char **
environment(void)
{
    bool         path;
    size_t       count, i, n;
    const char **copy;

    for (count = 0; environ != NULL && environ[count] != NULL; count++) {
        /* void */
    }

    copy = calloc(count + 2, sizeof(char *));

    if (copy == NULL) {
        return NULL;
    }

    path = false;

    for (i = 0, n = 0; i < count; i++) {
        if (!is_private(environ[i])) {
            copy[n++] = environ[i];
            path |= strncmp(environ[i], "PATH=", 5) == 0;
        }
    }

    if (!path) {
        copy[n] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
                  "/sbin:/bin";
    }

    return copy;
}


static void
close_from(int first)
{
    int  fd, most;

#ifdef SYS_close_range
    if (syscall(SYS_close_range, (unsigned) first, ~0U, 0U) == 0) {
        return;
    }
#endif

    most = (int) sysconf(_SC_OPEN_MAX);

    for (fd = first; fd < most && fd < 1048576; fd++) {
        (void) close(fd);
    }
}


/* In the child. Descriptors are moved out of the way of each other first. */
static int
descriptors(int log, int third, int fourth)
{
    int  i, null, from[STANDARD];

    null = open("/dev/null", O_RDWR);

    from[0] = null;
    from[1] = log;
    from[2] = log;
    from[3] = third;
    from[4] = fourth;

    for (i = 0; i < STANDARD; i++) {
        from[i] = fcntl(from[i], F_DUPFD, OUT_OF_WAY);

        if (from[i] == -1) {
            return -1;
        }
    }

    for (i = 0; i < STANDARD; i++) {
        if (dup2(from[i], i) == -1) {
            return -1;
        }
    }

    close_from(STANDARD);

    return 0;
}


static void
signals(void)
{
    int               number;
    sigset_t          none;
    struct sigaction  action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = SIG_DFL;

    for (number = 1; number < NSIG; number++) {
        (void) sigaction(number, &action, NULL);
    }

    (void) sigemptyset(&none);
    (void) sigprocmask(SIG_SETMASK, &none, NULL);
}


/*
 * Forks once more: whatever ends the process that stays, it is not a child
 * whose end would be news to the web server.
 */
static void
child(const char *const *arguments, const char *const *variables, int log,
    int third, int fourth)
{
    int    length;
    char   line[512];
    pid_t  pid;

    (void) setsid();

    pid = fork();

    if (pid != 0) {
        _exit(pid == -1 ? 1 : 0);
    }

    signals();
    (void) umask(022);

    if (chdir("/") == 0 && descriptors(log, third, fourth) == 0) {
        fourth = 4;
        (void) execve(arguments[0], (char *const *) arguments,
                      (char *const *) variables);
    }

    length = snprintf(line, sizeof(line), "MH%04d: \"%s\": %s\n",
                      MH_E_SUPERVISOR_START, arguments[0], strerror(errno));
    length = (int) write(fourth, line, (size_t) length);

    /* 2 would tell nginx not to start a worker again */

    _exit(length > 0 ? 1 : 3);
}


pid_t
mh_spawn_session(const char *const *arguments, int log, int third, int fourth,
    mh_error *error)
{
    pid_t         pid;
    const char  **variables;

    variables = environment();

    if (variables == NULL) {
        return mh_fail(error, MH_E_MEMORY, "out of memory");
    }

    pid = fork();

    if (pid == 0) {
        child(arguments, variables, log, third, fourth);
    }

    if (pid == -1) {
        mh_error_set(error, MH_E_SYSTEM, "fork: %s", strerror(errno));

    } else {
        while (waitpid(pid, NULL, 0) == -1 && errno == EINTR) { /* void */ }
    }

    free(variables);

    return pid;
}


void
mh_spawn_end(pid_t session)
{
    (void) kill(-session, SIGKILL);
}
