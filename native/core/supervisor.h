/*
 * The supervisor as the web server's master sees it: an instance directory, a
 * life line, and a socket for commands. Everything runs in the master, which
 * has one thread; what blocks is bounded in time.
 *
 *   <run directory>/<server>-<pid>-<16 random hex digits>/
 *       config-<generation>.json  control.sock  shim.sock
 *
 * The life line is a socket pair. The watchdog and the supervisor hold one end;
 * when it reads as ended, the master is gone. The master holds the other; when
 * that reads as ended, both of them are.
 */

#ifndef MH_SUPERVISOR_H
#define MH_SUPERVISOR_H

#include "daemon_config.h"

/* So that the longest socket's path fits into a sockaddr_un. */
#define MH_INSTANCE_MAX       96u
#define MH_RUN_DIRECTORY_MAX  62u

/* Begin with { .lifeline = -1 }; lives as long as the master does. */
typedef struct mh_supervisor {
    int       lifeline;                  /* -1: none was started              */
    bool      dismissed;                 /* it ends by itself                 */
    uint32_t  generation;                /* of the newest configuration       */
    char      directory[MH_INSTANCE_MAX];
} mh_supervisor;

/* The programs, all there and executable. */
typedef struct mh_supervisor_programs {
    char  watchdog[4096];
    char  supervisor[4096];
    char  launcher[4096];
} mh_supervisor_programs;

/*
 * By lib/modhost: there are the watchdog and the launcher, and the supervisor
 * is at ../../bin. 0, or -1 with *error: MH0232.
 */
int mh_supervisor_find(const char *managed_directory,
    mh_supervisor_programs *programs, mh_error *error);

/* Whether it can be made or written; has no effect. 0, or -1: MH0231. */
int mh_run_directory_check(const char *path, mh_error *error);

/*
 * Makes the instance, starts the pair and waits until it is up, for 10 s at
 * most; then one that was there before is told to end. `log`: descriptor for
 * what goes to standard output and error. 0, or -1 with *error, nothing left
 * behind and *supervisor as it was.
 */
int mh_supervisor_start(mh_supervisor *supervisor, const char *run_directory,
    const mh_supervisor_programs *programs, int log,
    const mh_daemon_config *config, mh_error *error);

/*
 * Whether the watchdog or the supervisor lives, and can be reached: its sockets
 * are still in the instance directory. Those of one that was restarted are, as
 * the watchdog keeps them.
 */
bool mh_supervisor_lives(const mh_supervisor *supervisor);

/* A new generation; waits for the answer, for 2 s at most. 0, or -1. */
int mh_supervisor_configure(mh_supervisor *supervisor,
    const mh_daemon_config *config, mh_error *error);

/*
 * The master goes on, and has no use for it any more: it ends when its workers
 * have, and they when requests have that are under way. `config` has no groups.
 * One out of reach stops all at once. Until its end it may be configured again.
 */
void mh_supervisor_dismiss(mh_supervisor *supervisor, mh_daemon_config *config);

/* In a process that the master forked: it must not keep the pair alive. */
void mh_supervisor_let_go(mh_supervisor *supervisor);

/*
 * The master ends: every worker is stopped. 0 when all is gone, or -1 after
 * `ms`. Nothing is killed: the watchdog does that in its time.
 */
int mh_supervisor_stop(mh_supervisor *supervisor, unsigned ms);

#endif /* MH_SUPERVISOR_H */
