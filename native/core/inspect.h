/*
 * What inspecting an application for either mode has in common.
 */

#ifndef MH_INSPECT_H
#define MH_INSPECT_H

#include "app.h"
#include "folder.h"

typedef int (*mh_folder_search)(const char *folder, char *file, size_t size,
    mh_error *error);

/* The file that `path` stands for, with PATH_MAX bytes of room. */
int mh_inspect_find(const char *path, mh_folder_search find, char *file,
    mh_error *error);

/* path, content_root and name of an absolute file. */
int mh_app_spec_names(mh_app_spec *spec, const char *file, mh_error *error);

/* A .dll whose names are set, and a .so that must export `symbol`. */
int mh_inspect_assembly(mh_app_spec *spec, const char *dotnet_root,
    mh_error *error);
int mh_inspect_library(mh_app_spec *spec, const char *symbol,
    mh_error *error);

bool mh_path_ends(const char *text, const char *end);

#endif /* MH_INSPECT_H */
