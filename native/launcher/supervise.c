/*
 * One supervisor after the other: what each says, and what its end means.
 */

#include "keep.h"
#include "link.h"
#include "report.h"
#include "watchdog.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Between two starts; doubled as long as supervisors die young. */
#define RETRY_MIN_MS  100u
#define RETRY_MAX_MS  5000u
#define YOUNG_MS      10000u

/* For a supervisor that has said its last word, or closed its connection. */
#define EXIT_MS  3000u


void
supervisor_kill(void)
{
    if (self.pidfd != -1) {
        (void) syscall(SYS_pidfd_send_signal, self.pidfd, SIGKILL, NULL, 0);

    } else if (self.pid != 0) {
        (void) kill(self.pid, SIGKILL);
    }
}


static void
retry_later(void)
{
    uint64_t  now;

    now = now_ms();

    if (self.retry_delay == 0 || now - self.started > YOUNG_MS) {
        self.retry_delay = RETRY_MIN_MS;
    }

    self.retry = now + self.retry_delay;
    self.retry_delay *= 2;

    if (self.retry_delay > RETRY_MAX_MS) {
        self.retry_delay = RETRY_MAX_MS;
    }
}


/* Later ones have workers to take care of, and are started again. */
static void
on_failed(mh_str text)
{
    if (!self.up) {
        web_server_tell(0, "%.*s", (int) text.length,
                        (const char *) text.data);

    } else {
        report_log("error", 0, "%.*s", (int) text.length,
                   (const char *) text.data);
    }

    self.exit_by = now_ms() + EXIT_MS;
}


/* The longest of its workers' limits; it may come in the middle of the end. */
static const char *
on_limit(uint32_t ms)
{
    if (ms == 0 || ms > WATCHDOG_SHUTDOWN_MAX) {
        return "a limit of 0 ms, or of more than a day";
    }

    if (self.deadline != 0) {
        self.deadline += ms;
        self.deadline -= (uint64_t) self.options.shutdown_ms;
    }

    self.options.shutdown_ms = (int) ms;

    return NULL;
}


static const char *
on_frame(const modhost_frame *frame, mh_str payload, int descriptor)
{
    switch (frame->type) {

    case MODHOST_FRAME_STORE:
        if (!keep_store(payload, descriptor, self.number)) {
            report_log("error", MH_E_WATCHDOG_FULL, "\"%.*s\" is not kept: "
                       "%u descriptors are, and no more can be",
                       (int) payload.length, (const char *) payload.data,
                       KEEP_MAX);
        }
        return NULL;

    case MODHOST_FRAME_DROP:
        keep_drop(payload);
        return NULL;

    case MODHOST_FRAME_BLOB:
        return keep_blob(payload) ? NULL : "no memory for the state";

    case MODHOST_FRAME_READY:
        if (self.ready == self.number) {
            return "ready twice";
        }
        self.ready = self.number;
        self.up = true;
        web_server_tell_ready();
        return NULL;

    case MODHOST_FRAME_FAILED:
        on_failed(payload);
        return NULL;

    case MODHOST_FRAME_DONE:
        self.done = true;
        self.exit_by = now_ms() + EXIT_MS;
        return NULL;

    case MODHOST_FRAME_LIMIT:
        return on_limit(frame->value);

    default:                     /* CLOSE */
        report_log("error", MH_E_SUPERVISOR_FRAME, "the supervisor closed its "
                   "connection: MH%04u: %.*s", frame->value,
                   (int) payload.length, (const char *) payload.data);
        link_close();
        supervisor_kill();
        return NULL;
    }
}


static void
on_ended(const char *reason)
{
    if (reason != NULL) {
        report_log("error", MH_E_SUPERVISOR_FRAME, "the supervisor %d sent "
                   "what it may not, and is killed: %s", self.pid, reason);
        supervisor_kill();

    } else if (self.exit_by == 0) {
        self.exit_by = now_ms() + EXIT_MS;
    }
}


static const link_handler  handler = { on_frame, on_ended };


static int
supervisor_try(mh_error *error)
{
    int  ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return mh_fail(error, MH_E_SUPERVISOR_SPAWN, "socketpair: %s",
                       strerror(errno));
    }

    self.pid = supervisor_spawn(&self.options, ends[1], error);
    (void) close(ends[1]);

    if (self.pid == -1) {
        self.pid = 0;
        (void) close(ends[0]);
        return -1;
    }

    link_open(ends[0], ++self.number, true, &handler);

    return 0;
}


void
supervisor_start(void)
{
    mh_error  error;

    self.retry = 0;
    self.exit_by = 0;
    self.started = now_ms();

    if (supervisor_try(&error) == 0) {
        link_ready();
        return;
    }

    if (!self.up) {
        web_server_tell(error.code, "%s", error.text);
        finish(1);
    }

    report_log("error", error.code, "%s", error.text);
    retry_later();
}


void
supervisor_gone(const char *how)
{
    int  pid;

    pid = self.pid;
    self.pid = 0;

    if (self.pidfd != -1) {
        (void) close(self.pidfd);
        self.pidfd = -1;
    }

    link_last_words();
    self.exit_by = 0;

    if (self.done) {
        finish(0);
    }

    if (!self.up) {
        web_server_tell(MH_E_SUPERVISOR_ENDED, "the supervisor ended before it "
                        "was ready: %s", how);
        finish(1);
    }

    retry_later();
    report_log("error", MH_E_SUPERVISOR_ENDED, "the supervisor %d ended: %s; "
               "the next one starts, workers go on", pid, how);
}


void
supervisor_adopt(int fd)
{
    self.number = 1;
    self.up = true;
    self.started = now_ms();

    /* It has started this process, so it is the parent. */

    self.pid = getppid();
    self.pidfd = (int) syscall(SYS_pidfd_open, self.pid, 0);
    link_open(fd, self.number, false, &handler);

    if (self.pidfd == -1) {
        self.pid = 0;
        supervisor_gone("before this process could take over");
    }
}
