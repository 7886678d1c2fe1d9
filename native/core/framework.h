/*
 * Shared frameworks: versions, roll-forward, and what is installed.
 */

#ifndef MH_FRAMEWORK_H
#define MH_FRAMEWORK_H

#include "app.h"

/*
 * A semantic version. Text after '-' orders it before the release; text after
 * '+' is ignored.
 */
typedef struct mh_version {
    uint32_t  part[3];               /* major, minor, patch                   */
    char      pre[48];               /* without the '-'; "": a release        */
} mh_version;

/* False if `text` is not one. */
bool mh_version_parse(const char *text, mh_version *version);
/* As snprintf; without what stood after '+'. */
int mh_version_print(const mh_version *version, char *text, size_t size);
/* Below, equal to, or above 0, as memcmp. */
int mh_version_compare(const mh_version *a, const mh_version *b);

/* "Minor" in any case; -1 if it is none. The empty text is Minor. */
int mh_roll_forward_parse(const char *text);

/*
 * Which of `count` versions .NET's host would take for `asked`, as documented
 * under "Select which .NET version to use"; -1: none.
 */
int mh_version_choose(const mh_version *asked,
    enum mh_roll_forward roll_forward, const mh_version *versions,
    unsigned count);

/*
 * Looks into `dotnet_root`/shared and fills in framework->resolved. 0, or -1
 * with *error (MH0107), which names the versions that are there.
 */
int mh_framework_resolve(const char *dotnet_root, mh_framework *framework,
    mh_error *error);

/*
 * The folder names under `folder` that are versions, highest first. *versions
 * is malloc'ed. How many; 0 also if there is no such folder.
 */
unsigned mh_versions_list(const char *folder, mh_version **versions);

#endif /* MH_FRAMEWORK_H */
