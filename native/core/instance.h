/*
 * Instance directories below the run directory.
 */

#ifndef MH_INSTANCE_H
#define MH_INSTANCE_H

#include "core.h"

/*
 * Makes the run directory where it is not there, and a fresh instance in it,
 * whose path is written to `path`. Removes those whose supervisor is gone. 0,
 * or -1 with *error.
 */
int mh_instance_make(const char *run_directory, const char *server, char *path,
    size_t size, mh_error *error);

/* The directory with what a supervisor leaves in it, and nothing else. */
void mh_instance_remove(const char *path);

/* A connection to one of its sockets; -1 with errno. */
int mh_instance_connect(const char *path, const char *name);

#endif /* MH_INSTANCE_H */
