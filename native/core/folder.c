/*
 * Finding the application in a publish folder.
 */

#include "folder.h"

#include "image.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>


#define CONFIG_END  ".runtimeconfig.json"

typedef struct folder_search {
    const char  *folder;
    char         found[NAME_MAX + 1];      /* the first application           */
    char         listed[512];              /* all of them, for the message    */
    char         missing[NAME_MAX + 1];    /* .dll that a config lacks        */
    unsigned     count;
    unsigned     libraries;                /* .so that export nothing of ours */
    mh_error     foreign;                  /* a .so for another machine       */
} folder_search;


/* Length of `name` without `end`; 0: it does not end so. */
static size_t
stem_length(const char *name, const char *end)
{
    size_t  length, end_length;

    length = strlen(name);
    end_length = strlen(end);

    return length > end_length
           && strcmp(name + length - end_length, end) == 0
           ? length - end_length
           : 0;
}


static bool
is_file(const folder_search *search, const char *name)
{
    char         path[PATH_MAX];
    struct stat  st;

    return snprintf(path, sizeof(path), "%s/%s", search->folder, name)
               < (int) sizeof(path)
           && stat(path, &st) == 0
           && S_ISREG(st.st_mode);
}


static bool
is_application_library(folder_search *search, const char *name)
{
    bool      fits;
    char      path[PATH_MAX];
    mh_file   file;
    mh_error  reason;

    if (snprintf(path, sizeof(path), "%s/%s", search->folder, name)
            >= (int) sizeof(path)
        || mh_file_open(&file, path, &reason) != 0)
    {
        return false;
    }

    fits = mh_elf_check(&file, MODHOST_INITIALIZE_SYMBOL, &reason) == 0;

    mh_file_close(&file);

    if (!fits && reason.code == MH_E_APP_ARCHITECTURE) {
        search->foreign = reason;
    }

    return fits;
}


static void
add(folder_search *search, const char *name)
{
    size_t  used;

    if (search->count++ == 0) {
        (void) snprintf(search->found, sizeof(search->found), "%s", name);
    }

    used = strlen(search->listed);

    (void) snprintf(search->listed + used, sizeof(search->listed) - used,
                    "%s%s", used ? ", " : "", name);
}


static void
consider(folder_search *search, const char *name)
{
    char    dll[NAME_MAX + 1];
    size_t  length;

    length = stem_length(name, CONFIG_END);

    if (length != 0) {
        (void) snprintf(dll, sizeof(dll), "%.*s.dll", (int) length, name);

        if (is_file(search, dll)) {
            add(search, dll);

        } else {
            memcpy(search->missing, dll, sizeof(dll));
        }

        return;
    }

    if (stem_length(name, ".so") != 0) {

        if (is_application_library(search, name)) {
            add(search, name);

        } else {
            search->libraries++;
        }
    }
}


static int
nothing_found(const folder_search *search, mh_error *error)
{
    if (search->missing[0] != '\0') {
        return mh_fail(error, MH_E_APP_FOLDER,
                       "the folder \"%s\" has a runtimeconfig.json, but no "
                       "\"%s\": copy all that \"dotnet publish\" wrote",
                       search->folder, search->missing);
    }

    if (search->foreign.code != MH_E_NONE && search->libraries == 1) {
        *error = search->foreign;
        return -1;
    }

    if (search->libraries != 0) {
        return mh_fail(error, MH_E_APP_FOLDER,
                       "the folder \"%s\" holds no application: no "
                       "*.runtimeconfig.json, and no library (.so) that "
                       "exports %s", search->folder,
                       MODHOST_INITIALIZE_SYMBOL);
    }

    return mh_fail(error, MH_E_APP_FOLDER,
                   "the folder \"%s\" holds no application: neither a "
                   "*.runtimeconfig.json, nor a .so", search->folder);
}


int
mh_folder_find(const char *folder, char *file, size_t size, mh_error *error)
{
    DIR            *dir;
    folder_search   search;
    struct dirent  *entry;

    memset(&search, 0, sizeof(search));
    search.folder = folder;

    dir = opendir(folder);

    if (dir == NULL) {
        return mh_fail(error, MH_E_APP_UNREADABLE, "\"%s\": %s", folder,
                       strerror(errno));
    }

    while ((entry = readdir(dir)) != NULL) {
        consider(&search, entry->d_name);
    }

    (void) closedir(dir);

    if (search.count == 0) {
        return nothing_found(&search, error);
    }

    if (search.count != 1) {
        return mh_fail(error, MH_E_APP_FOLDER,
                       "the folder \"%s\" holds %u applications (%s): name "
                       "one of them", folder, search.count, search.listed);
    }

    if (snprintf(file, size, "%s/%s", folder, search.found) >= (int) size) {
        return mh_fail(error, MH_E_APP_UNREADABLE, "the path is too long");
    }

    return 0;
}
