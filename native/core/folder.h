/*
 * Publish folders.
 */

#ifndef MH_FOLDER_H
#define MH_FOLDER_H

#include "core.h"

/*
 * The one application in `folder`: a .dll with its runtimeconfig.json, or a .so
 * that exports the entry point. Its path; 0, or -1 with *error (MH0110), which
 * names what is there.
 */
int mh_folder_find(const char *folder, char *file, size_t size,
    mh_error *error);

#endif /* MH_FOLDER_H */
