/*
 * Starting the watchdog.
 */

#ifndef MH_SPAWN_H
#define MH_SPAWN_H

#include "core.h"

/*
 * Starts `arguments` (its path first) in a session of its own, with default
 * signals, standard input from /dev/null, output and error to `log`, `third`
 * and `fourth` as descriptors 3 and 4, and no other. What cannot be done in the
 * child is said as one line on `fourth`. It is no child of the caller, who has
 * one thread. The number of its session, or -1 with *error.
 */
pid_t mh_spawn_session(const char *const *arguments, int log, int third,
    int fourth, mh_error *error);

/* Ends such a session that is of no use, with what was started in it. */
void mh_spawn_end(pid_t session);

#endif /* MH_SPAWN_H */
