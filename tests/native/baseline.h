/*
 * Golden files. With UPDATE_BASELINES=1 in the environment a file that differs
 * is rewritten instead of being an error.
 */

#ifndef BASELINE_H
#define BASELINE_H

#include <stdbool.h>
#include <stddef.h>

/* A path below tests/; the caller frees it. */
char *baseline_path(const char *folder, const char *name, const char *end);

/* A whole file, malloc'ed, with a NUL behind it; NULL: it is not there. */
char *baseline_read(const char *path, size_t *length);

/* Whether the file holds exactly this; says on stderr where it does not. */
bool baseline_matches(const char *path, const void *data, size_t length);

#endif /* BASELINE_H */
