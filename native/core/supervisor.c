/*
 * The supervisor's life as the master sees it.
 */

#include "supervisor.h"

#include "instance.h"
#include "json.h"
#include "spawn.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>


#define READY_WAIT      10000                    /* ms                        */
#define CONFIGURE_WAIT  2000                     /* ms                        */


static int64_t
now_ms(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


/* Until `events`, or the end of time. False: it was that. */
static bool
wait_for(int fd, short events, int64_t until)
{
    int            n;
    int64_t        left;
    struct pollfd  p;

    for ( ;; ) {
        left = until - now_ms();

        p.fd = fd;
        p.events = events;
        p.revents = 0;

        n = poll(&p, 1, left > 0 ? (int) left : 0);

        if (n > 0) {
            return true;
        }

        if (left <= 0 || (n == -1 && errno != EINTR)) {
            return false;
        }
    }
}


/* One line without its end. Its length; -1: it did not come, or is too long. */
static ssize_t
read_line(int fd, char *line, size_t size, int64_t until)
{
    size_t   length;
    ssize_t  n;

    for (length = 0; length < size - 1 && wait_for(fd, POLLIN, until); ) {

        n = read(fd, line + length, size - 1 - length);

        if (n == -1 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }

        if (n <= 0) {
            return -1;
        }

        length += (size_t) n;
        line[length] = '\0';

        if (strchr(line, '\n') != NULL) {
            *strchr(line, '\n') = '\0';
            return (ssize_t) strlen(line);
        }
    }

    return -1;
}


static int
program_find(char *path, size_t size, const char *directory, const char *name,
    mh_error *error)
{
    if (snprintf(path, size, "%s/%s", directory, name) >= (int) size) {
        return mh_fail(error, MH_E_DAEMON_PROGRAMS, "the path is too long");
    }

    return access(path, X_OK) == 0 ? 0
           : mh_fail(error, MH_E_DAEMON_PROGRAMS,
                     "\"%s\", which daemon mode needs: %s", path,
                     strerror(errno));
}


int
mh_supervisor_find(const char *managed_directory,
    mh_supervisor_programs *programs, mh_error *error)
{
    if (program_find(programs->watchdog, sizeof(programs->watchdog),
                     managed_directory, "modhost-watchdog", error) != 0
        || program_find(programs->launcher, sizeof(programs->launcher),
                        managed_directory, "modhost-worker", error) != 0)
    {
        return -1;
    }

    return program_find(programs->supervisor, sizeof(programs->supervisor),
                        managed_directory, "../../bin/modhostd", error);
}


/* "ok", or "MHnnnn: why not". */
static int
ready_wait(int fd, mh_error *error)
{
    char      line[1024];
    int64_t   until;
    ssize_t   length;
    unsigned  code;

    until = now_ms() + READY_WAIT;
    length = read_line(fd, line, sizeof(line), until);

    if (length < 0) {
        return mh_fail(error, MH_E_SUPERVISOR_START,
                       now_ms() >= until
                       ? "the supervisor was not up after %u s; the error log "
                         "may say more"
                       : "the supervisor ended before it was up; the error "
                         "log may say more", READY_WAIT / 1000);
    }

    if (strcmp(line, "ok") == 0) {
        return 0;
    }

    if (length > 8 && memcmp(line, "MH", 2) == 0 && line[6] == ':') {
        code = (unsigned) strtoul(line + 2, NULL, 10);
        return mh_fail(error, code, "%s", line + 8);
    }

    return mh_fail(error, MH_E_SUPERVISOR_START,
                   "the supervisor did not start: %s", line);
}


static int
pair_start(mh_supervisor *supervisor, const mh_supervisor_programs *programs,
    int log, mh_error *error)
{
    int         rc, ends[2], ready[2];
    pid_t       session;
    const char *arguments[] = {
        programs->watchdog, "--supervisor", programs->supervisor,
        "--instance", supervisor->directory, "--lifeline-fd", "3",
        "--ready-fd", "4", NULL
    };

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1) {
        return mh_fail(error, MH_E_SYSTEM, "socketpair: %s", strerror(errno));
    }

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ready) == -1) {
        (void) close(ends[0]);
        (void) close(ends[1]);
        return mh_fail(error, MH_E_SYSTEM, "socketpair: %s", strerror(errno));
    }

    session = mh_spawn_session(arguments, log, ends[1], ready[1], error);

    (void) close(ends[1]);
    (void) close(ready[1]);

    rc = session == -1 ? -1 : ready_wait(ready[0], error);

    (void) close(ready[0]);

    if (rc != 0) {
        (void) close(ends[0]);

        if (session != -1) {
            mh_spawn_end(session);
        }

        return -1;
    }

    supervisor->lifeline = ends[0];

    return 0;
}


static int
instance_start(mh_supervisor *supervisor, const char *run_directory,
    const mh_supervisor_programs *programs, int log,
    const mh_daemon_config *config, mh_error *error)
{
    if (mh_instance_make(run_directory, config->server, supervisor->directory,
                         sizeof(supervisor->directory), error)
        != 0)
    {
        return -1;
    }

    supervisor->generation++;

    if (mh_daemon_config_write(config, supervisor->generation,
                               supervisor->directory, error) == 0
        && pair_start(supervisor, programs, log, error) == 0)
    {
        return 0;
    }

    mh_instance_remove(supervisor->directory);

    return -1;
}


/* Whether somebody has the other end. */
static bool
is_held(int lifeline)
{
    struct pollfd  p;

    if (lifeline == -1) {
        return false;
    }

    p.fd = lifeline;
    p.events = POLLRDHUP;
    p.revents = 0;

    return poll(&p, 1, 0) == 0;
}


/* One that lives, but is out of reach, is needed until there is another: web
   server processes that are about to end still have channels to its workers. */
int
mh_supervisor_start(mh_supervisor *supervisor, const char *run_directory,
    const mh_supervisor_programs *programs, int log,
    const mh_daemon_config *config, mh_error *error)
{
    mh_supervisor  last;

    if (!is_held(supervisor->lifeline)) {
        mh_supervisor_let_go(supervisor);

        if (supervisor->directory[0] != '\0') {
            mh_instance_remove(supervisor->directory);
            supervisor->directory[0] = '\0';
        }
    }

    last = *supervisor;
    supervisor->lifeline = -1;
    supervisor->dismissed = false;

    if (instance_start(supervisor, run_directory, programs, log, config,
                       error)
        != 0)
    {
        *supervisor = last;
        return -1;
    }

    (void) mh_supervisor_stop(&last, 0);

    return 0;
}


/* Whether a socket has been taken away, by which nobody reaches it any more. */
static bool
is_lost(const char *directory, const char *name)
{
    char         path[MH_INSTANCE_MAX + sizeof("/control.sock")];
    struct stat  st;

    (void) snprintf(path, sizeof(path), "%s/%s", directory, name);

    return lstat(path, &st) == -1 && (errno == ENOENT || errno == ENOTDIR);
}


bool
mh_supervisor_lives(const mh_supervisor *supervisor)
{
    return is_held(supervisor->lifeline)
           && !is_lost(supervisor->directory, "control.sock")
           && !is_lost(supervisor->directory, "shim.sock");
}


static int
command(const char *directory, uint32_t generation, mh_error *error)
{
    int      fd, length;
    char     line[4096], text[512];
    mh_json  json;
    int64_t  until;
    ssize_t  n;

    until = now_ms() + CONFIGURE_WAIT;
    fd = mh_instance_connect(directory, "control.sock");

    if (fd == -1) {
        return mh_fail(error, MH_E_SUPERVISOR_CONFIGURE,
                       "the supervisor cannot be reached: %s",
                       strerror(errno));
    }

    length = snprintf(line, sizeof(line),
                      "{\"command\":\"configure\",\"generation\":%u}\n",
                      generation);

    n = send(fd, line, (size_t) length, MSG_NOSIGNAL) == length
        ? read_line(fd, line, sizeof(line), until) : -1;

    (void) close(fd);

    if (n < 0) {
        return mh_fail(error, MH_E_SUPERVISOR_CONFIGURE,
                       "the supervisor has not answered; it takes the new "
                       "configuration when it does");
    }

    if (mh_json_parse(&json, line, (size_t) n, NULL) != 0) {
        return mh_fail(error, MH_E_SUPERVISOR_CONFIGURE,
                       "the supervisor's answer is not understood: %s", line);
    }

    n = mh_json_string(&json, mh_json_member(&json, mh_json_root(&json),
                                             "error"),
                       text, sizeof(text));
    mh_json_free(&json);

    return n == 0 ? 0 : mh_fail(error, MH_E_SUPERVISOR_CONFIGURE, "%s", text);
}


int
mh_supervisor_configure(mh_supervisor *supervisor,
    const mh_daemon_config *config, mh_error *error)
{
    mh_error  reason;

    supervisor->generation++;
    supervisor->dismissed = config->final;

    if (mh_daemon_config_write(config, supervisor->generation,
                               supervisor->directory, &reason) != 0)
    {
        return mh_fail(error, MH_E_SUPERVISOR_CONFIGURE,
                       "process groups go on with the old configuration, as "
                       "the new one cannot be written: %.800s", reason.text);
    }

    /* The supervisor knows which older ones are still needed. */

    return command(supervisor->directory, supervisor->generation, error);
}


/* The life line stays: the master may end before the last request does. */
void
mh_supervisor_dismiss(mh_supervisor *supervisor, mh_daemon_config *config)
{
    mh_error  unused;

    config->final = true;

    if (!mh_supervisor_lives(supervisor)
        || mh_supervisor_configure(supervisor, config, &unused) != 0)
    {
        (void) mh_supervisor_stop(supervisor, 0);
    }
}


void
mh_supervisor_let_go(mh_supervisor *supervisor)
{
    if (supervisor->lifeline != -1) {
        (void) close(supervisor->lifeline);
        supervisor->lifeline = -1;
    }
}


int
mh_supervisor_stop(mh_supervisor *supervisor, unsigned ms)
{
    bool  gone;

    if (supervisor->lifeline == -1) {
        return 0;
    }

    /* even where a process that was forked holds it too */

    (void) shutdown(supervisor->lifeline, SHUT_WR);

    gone = wait_for(supervisor->lifeline, POLLIN | POLLRDHUP,
                    now_ms() + ms);

    mh_supervisor_let_go(supervisor);

    return gone ? 0 : -1;
}
