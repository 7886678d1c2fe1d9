/*
 * Name.runtimeconfig.json: which frameworks an application asks for.
 */

#ifndef MH_RUNTIMECONFIG_H
#define MH_RUNTIMECONFIG_H

#include "app.h"

/*
 * Reads `path` into spec->frameworks, as asked for, and spec->properties. 0, or
 * -1 with *error: MH0105, MH0106, MH0120.
 */
int mh_runtimeconfig_read(const char *path, mh_app_spec *spec,
    mh_error *error);

#endif /* MH_RUNTIMECONFIG_H */
