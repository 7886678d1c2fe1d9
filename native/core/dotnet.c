/*
 * Where .NET is installed.
 */

#include "app.h"
#include "file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>


#if defined(__x86_64__)
#define INSTALL_LOCATION  "/etc/dotnet/install_location_x64"
#elif defined(__aarch64__)
#define INSTALL_LOCATION  "/etc/dotnet/install_location_arm64"
#else
#define INSTALL_LOCATION  "/etc/dotnet/install_location"
#endif


static bool
root_fits(const char *root)
{
    char         path[4096];
    struct stat  st;

    return snprintf(path, sizeof(path), "%s/host/fxr", root)
               < (int) sizeof(path)
           && stat(path, &st) == 0
           && S_ISDIR(st.st_mode);
}


static bool
take(const char *from, char *root, size_t size)
{
    size_t  length;

    length = strlen(from);

    while (length > 1 && from[length - 1] == '/') {
        length--;
    }

    if (length == 0 || length >= size) {
        return false;
    }

    memcpy(root, from, length);
    root[length] = '\0';

    return root_fits(root);
}


/* A file whose first line is the place. */
static bool
take_from_file(const char *file_path, char *root, size_t size)
{
    bool      taken;
    char     *text;
    mh_file   file;
    mh_error  unused;

    if (mh_file_open(&file, file_path, &unused) != 0) {
        return false;
    }

    taken = false;
    text = mh_file_part(&file, 0, file.size, 4096);

    if (text != NULL) {
        text[strcspn(text, "\r\n")] = '\0';
        taken = text[0] == '/' && take(text, root, size);
        free(text);
    }

    mh_file_close(&file);

    return taken;
}


int
mh_dotnet_root(const char *configured, char *root, size_t size,
    mh_error *error)
{
    size_t  i;

    static const char *const  files[] = {
        INSTALL_LOCATION, "/etc/dotnet/install_location"
    };

    static const char *const  places[] = {
        "/usr/share/dotnet", "/usr/lib/dotnet", "/usr/lib64/dotnet"
    };

    if (configured != NULL && configured[0] != '\0') {

        if (take(configured, root, size)) {
            return 0;
        }

        return mh_fail(error, MH_E_DOTNET_MISSING,
                       "\"%s\" is no .NET installation: there is no folder "
                       "host/fxr in it", configured);
    }

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (take_from_file(files[i], root, size)) {
            return 0;
        }
    }

    for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (take(places[i], root, size)) {
            return 0;
        }
    }

    return mh_fail(error, MH_E_DOTNET_MISSING,
                   "no .NET installation was found: neither by "
                   "/etc/dotnet/install_location, nor in /usr/share/dotnet, "
                   "/usr/lib/dotnet or /usr/lib64/dotnet");
}
