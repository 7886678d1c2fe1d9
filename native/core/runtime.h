/*
 * What the loaders share.
 */

#ifndef MH_RUNTIME_H
#define MH_RUNTIME_H

#include "app.h"

/* Loop. Whether a NativeAOT library was opened: then it is too late for CLR. */
bool mh_runtime_has_libraries(void);

/*
 * Loop. Gives the server's table to the runtime that `what` names and gets
 * its own, which is never freed. 0, or -1 with *error.
 */
int mh_runtime_initialize(modhost_initialize_function initialize,
    const char *what, modhost_app_table **result, mh_error *error);

#endif /* MH_RUNTIME_H */
