/*
 * Shared frameworks as installed: dotnet_root/shared/<name>/<version>/.
 */

#include "framework.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>


#define VERSIONS_MAX  256u


static int
highest_first(const void *a, const void *b)
{
    return mh_version_compare(b, a);
}


unsigned
mh_versions_list(const char *folder, mh_version **versions)
{
    DIR            *dir;
    unsigned        count;
    struct dirent  *entry;

    *versions = calloc(VERSIONS_MAX, sizeof(mh_version));

    if (*versions == NULL || (dir = opendir(folder)) == NULL) {
        return 0;
    }

    for (count = 0; count < VERSIONS_MAX && (entry = readdir(dir)) != NULL;
         /* void */)
    {
        if (mh_version_parse(entry->d_name, *versions + count)) {
            count++;
        }
    }

    (void) closedir(dir);

    qsort(*versions, count, sizeof(mh_version), highest_first);

    return count;
}


/* "10.0.12, 9.0.1", or "no version of it". */
static void
versions_print(const mh_version *versions, unsigned count, char *text,
    size_t size)
{
    int       n;
    size_t    used;
    unsigned  i;

    (void) snprintf(text, size, "no version of it");

    for (i = 0, used = 0; i < count; i++) {

        if (used != 0 && used + 2 < size) {
            memcpy(text + used, ", ", 3);
            used += 2;
        }

        n = mh_version_print(&versions[i], text + used, size - used);

        if (n < 0 || (size_t) n >= size - used) {
            break;
        }

        used += (size_t) n;
    }
}


int
mh_framework_resolve(const char *dotnet_root, mh_framework *framework,
    mh_error *error)
{
    int          chosen;
    char         folder[4096], there[512];
    unsigned     count;
    mh_version   asked, *versions;

    if (!mh_version_parse(framework->version, &asked)) {
        return mh_fail(error, MH_E_APP_RUNTIMECONFIG,
                       "the version \"%s\" of framework %s is no version",
                       framework->version, framework->name);
    }

    (void) snprintf(folder, sizeof(folder), "%s/shared/%s", dotnet_root,
                    framework->name);

    count = mh_versions_list(folder, &versions);
    chosen = mh_version_choose(&asked, framework->roll_forward, versions,
                               count);
    if (chosen == -1) {
        versions_print(versions, count, there, sizeof(there));
        free(versions);

        return mh_fail(error, MH_E_APP_FRAMEWORK,
                       "the framework %s %s is not installed: \"%s\" has %s",
                       framework->name, framework->version, dotnet_root,
                       there);
    }

    (void) mh_version_print(&versions[chosen], framework->resolved,
                         sizeof(framework->resolved));
    free(versions);

    return 0;
}


static bool
is_higher(const mh_framework *a, const mh_framework *b)
{
    mh_version  a_version, b_version;

    return mh_version_parse(a->resolved, &a_version)
           && mh_version_parse(b->resolved, &b_version)
           && mh_version_compare(&a_version, &b_version) > 0;
}


static mh_framework *
named(mh_framework *list, unsigned count, const char *name)
{
    unsigned  i;

    for (i = 0; i < count; i++) {
        if (strcmp(list[i].name, name) == 0) {
            return &list[i];
        }
    }

    return NULL;
}


int
mh_frameworks_merge(mh_framework *list, unsigned *count,
    const mh_app_spec *spec, mh_error *error)
{
    unsigned             i;
    mh_framework        *known;
    const mh_framework  *asked;

    for (i = 0; i < spec->framework_count; i++) {

        asked = &spec->frameworks[i];
        known = named(list, *count, asked->name);

        if (known == NULL) {

            if (*count == MH_FRAMEWORKS_MAX) {
                return mh_fail(error, MH_E_APP_FRAMEWORK,
                               "the applications ask for more than %u "
                               "different frameworks", MH_FRAMEWORKS_MAX);
            }

            list[(*count)++] = *asked;

        } else if (is_higher(asked, known)) {
            *known = *asked;
        }
    }

    return 0;
}
