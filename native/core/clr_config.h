/*
 * The runtimeconfig.json that is made up for the CLR of a process.
 */

#ifndef MH_CLR_CONFIG_H
#define MH_CLR_CONFIG_H

#include "app.h"

/*
 * Writes it to a fresh private file below options->temporary_directory (NULL:
 * /tmp), whose path goes to `path`; the caller unlinks it. 0, or -1.
 */
int mh_clr_config_write(const mh_runtime_options *options, char *path,
    size_t size, mh_error *error);

#endif /* MH_CLR_CONFIG_H */
