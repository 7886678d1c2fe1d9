/*
 * What outlives a supervisor: descriptors by key, and its state. One table for
 * the process, in static memory of which only the used pages exist. The state
 * is a mapping of its own, so that a large one leaves nothing behind.
 */

#ifndef MODHOST_KEEP_H
#define MODHOST_KEEP_H

#include "core.h"
#include "modhost/protocol.h"

/* Four for each worker, and a handful. */
#define KEEP_MAX  4096u

typedef struct kept {
    int       fd;
    uint32_t  told;              /* number of the supervisor that knows of it */
    uint32_t  key_length;
    uint8_t   key[MODHOST_KEY_MAX];
} kept;

/*
 * Takes the descriptor, in place of one that has the key. `told`: the number of
 * the supervisor that it came from; 0: of none. False, and the descriptor is
 * closed, where the table is full.
 */
bool keep_store(mh_str key, int fd, uint32_t told);

/* Closes it. A key that is not there is no error: its worker may be gone. */
void keep_drop(mh_str key);

/* The descriptor, or -1. */
int keep_find(const char *key);

/* One that this supervisor was not told of, or NULL. */
kept *keep_untold(uint32_t supervisor);

/* Calls for each key that begins and ends so. */
void keep_each(const char *begin, const char *end, void (*call)(int fd));

/* Copies it; false: no memory, and the state is as before. */
bool keep_blob(mh_str state);
mh_str keep_blob_get(void);

#endif /* MODHOST_KEEP_H */
