/*
 * The folders in which embedded applications keep what must outlive a process.
 */

#ifndef MH_STATE_H
#define MH_STATE_H

#include "core.h"

/* Bytes of a path beside the directory's and the name's, its end included. */
#define MH_STATE_ROOM  11u

/*
 * <directory>/<name>-<hash of the file's path>, so that two applications of one
 * name keep apart and an application keeps its folder when others come or go.
 * Terminated; false: no room.
 */
bool mh_state_path(char *path, size_t size, const char *directory,
    const char *name, const char *file);

/*
 * Master, often root. Makes a folder, unless it is there. `own`: for `user`
 * alone; else one that others may pass through. 0, or -1 with *error: MH0332.
 */
int mh_state_make(const char *path, bool own, uid_t user, mh_error *error);

#endif /* MH_STATE_H */
