/*
 * The status page as the supervisor gave it.
 */

#ifndef MH_STATUS_H
#define MH_STATUS_H

#include "core.h"

/* Loop. Takes another page, or none (-1); the descriptor stays the caller's.
   0, or -1 with *error. */
int mh_status_set(int fd, mh_error *error);

#endif /* MH_STATUS_H */
