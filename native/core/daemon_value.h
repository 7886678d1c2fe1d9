/*
 * Values of a process group's keys, by themselves.
 */

#ifndef MH_DAEMON_VALUE_H
#define MH_DAEMON_VALUE_H

#include "daemon_options.h"

/*
 * Reads and checks one value, terminated, into `number` where its type has one.
 * Users and groups are looked up; nothing else is. 0, or -1 with *error, whose
 * text says what is wrong with the value and names neither it nor the key.
 */
int mh_daemon_value_read(enum mh_daemon_type type, const char *text,
    int64_t *number, mh_error *error);

#endif /* MH_DAEMON_VALUE_H */
