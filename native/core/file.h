/*
 * Reading files that somebody else may replace at any moment: by descriptor
 * and offset, never mapped, so that a file which shrinks is an error and not a
 * SIGBUS.
 */

#ifndef MH_FILE_H
#define MH_FILE_H

#include "core.h"

typedef struct mh_file {
    int         fd;
    uint64_t    size;
    const char *path;            /* the caller's; for messages                */
} mh_file;

/* A regular file. 0, or -1 with *error and nothing to close. */
int mh_file_open(mh_file *file, const char *path, mh_error *error);
void mh_file_close(mh_file *file);

/* Exactly `length` bytes at `offset`; false if they are not there. */
bool mh_file_read(const mh_file *file, uint64_t offset, void *data,
    size_t length);

/* The same into fresh memory with a NUL behind it, at most `most` bytes. */
void *mh_file_part(const mh_file *file, uint64_t offset, uint64_t length,
    size_t most);

/* What path is: 'f' file, 'd' folder, '?' other; 0 with *error: not there. */
int mh_file_kind(const char *path, mh_error *error);

#endif /* MH_FILE_H */
