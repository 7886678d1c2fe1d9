/*
 * modhost-watchdog: the process that a supervisor may rely on. It starts the
 * supervisor, keeps what must outlive one, starts the next when it dies, and
 * ends both when the web server's master is gone. One thread, one loop, no
 * files: the less it does, the less can go wrong with it.
 *
 *     modhost-watchdog --supervisor FILE --instance DIR [--lifeline-fd N]
 *         (--ready-fd N | --adopt-fd N) [--shutdown-timeout MS]
 */

#ifndef MODHOST_WATCHDOG_H
#define MODHOST_WATCHDOG_H

#include "core.h"

#define WATCHDOG_LIFELINE  "lifeline"      /* its key among what is kept      */

#define WATCHDOG_SHUTDOWN_MAX  86400000u   /* ms                              */

typedef struct watchdog_options {
    const char  *supervisor;     /* the program                               */
    const char  *instance;       /* its folder                                */
    int          lifeline_fd;    /* or -1                                     */
    int          ready_fd;       /* one of these two, the other is -1         */
    int          adopt_fd;
    int          shutdown_ms;    /* from the end of the life line to SIGKILL;
                                    the supervisor may say otherwise          */
} watchdog_options;

/* 0, or -1 after it wrote the reason to standard error. */
int watchdog_parse(int argc, char **argv, watchdog_options *options);


/* All times are of the monotonic clock, in ms; 0: not set. */
typedef struct watchdog {
    watchdog_options  options;
    int               signals;             /* signalfd                        */
    int               ready_fd;            /* -1: the web server was told     */
    int               pid;                 /* of the supervisor; 0: none      */
    int               pidfd;               /* of one that is no child; or -1  */
    uint32_t          number;              /* of supervisors so far           */
    uint32_t          ready;               /* the last one that said READY    */
    bool              up;                  /* one has, or was taken over      */
    bool              done;
    uint64_t          started;
    uint64_t          retry;               /* when to start the next          */
    uint64_t          retry_delay;
    uint64_t          exit_by;             /* the supervisor, or SIGKILL      */
    uint64_t          deadline;            /* of everything                   */
} watchdog;

extern watchdog  self;

uint64_t now_ms(void);


/* ---- the supervisor: supervise.c, supervisor.c ------------------------- */

/* Starts one, or tries again later; ends all where it is the first. */
void supervisor_start(void);

/* The one that a watchdog took over; `fd`: the connection. */
void supervisor_adopt(int fd);

/* It has ended; `how`: for a person. */
void supervisor_gone(const char *how);

void supervisor_kill(void);

/*
 * Executes it with `fd` as its descriptor 3. The pid, or -1 with *error. Blocks
 * until the program runs.
 */
int supervisor_spawn(const watchdog_options *options, int fd,
    mh_error *error);

/* "signal 9 (Killed)", "code 1": for a line about a wait status. */
void supervisor_end_text(int status, char *text, size_t size);

/* The watchdog may keep as many descriptors as the hard limit allows; the
   supervisor starts with the limit that was there before. */
void supervisor_limit_raise(void);


/* ---- the end: finish.c ------------------------------------------------- */

/* One line for the web server's master, which waits for one only. */
void web_server_tell(unsigned code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void web_server_tell_ready(void);

/* Kills what is left below this process, removes the instance, exits. */
void finish(int code) __attribute__((noreturn));

#endif /* MODHOST_WATCHDOG_H */
