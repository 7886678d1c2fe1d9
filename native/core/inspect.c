/*
 * What can be known of an application before it runs.
 */

#include "inspect.h"

#include "framework.h"
#include "image.h"
#include "runtimeconfig.h"


#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


bool
mh_path_ends(const char *text, const char *end)
{
    size_t  length, end_length;

    length = strlen(text);
    end_length = strlen(end);

    return length > end_length
           && strcmp(text + length - end_length, end) == 0;
}


/* path, content_root and name of an absolute file with an extension. */
int
mh_app_spec_names(mh_app_spec *spec, const char *file, mh_error *error)
{
    char        *dot;
    const char  *slash;

    slash = strrchr(file, '/');

    spec->path = strdup(file);
    spec->content_root = strndup(file, slash == file ? 1
                                       : (size_t) (slash - file));
    spec->name = strdup(slash + 1);

    if (spec->path == NULL || spec->content_root == NULL
        || spec->name == NULL)
    {
        return mh_fail(error, MH_E_MEMORY, "out of memory");
    }

    dot = strrchr(spec->name, '.');

    if (dot != NULL && dot != spec->name) {
        *dot = '\0';
    }

    return 0;
}


static int
frameworks_resolve(mh_app_spec *spec, const char *dotnet_root,
    mh_error *error)
{
    char      root[PATH_MAX];
    unsigned  i;
    mh_error  reason;

    if (mh_dotnet_root(dotnet_root, root, sizeof(root), error) != 0) {
        return -1;
    }

    for (i = 0; i < spec->framework_count; i++) {
        if (mh_framework_resolve(root, &spec->frameworks[i], &reason) != 0) {
            return mh_fail(error, reason.code, "\"%s\": %s", spec->path,
                           reason.text);
        }
    }

    return 0;
}


int
mh_inspect_assembly(mh_app_spec *spec, const char *dotnet_root,
    mh_error *error)
{
    int      rc;
    char     config[PATH_MAX];
    mh_file  file;

    if (mh_file_open(&file, spec->path, error) != 0) {
        return -1;
    }

    rc = mh_pe_check(&file, error);
    mh_file_close(&file);

    if (rc != 0) {
        return -1;
    }

    if (snprintf(config, sizeof(config), "%s/%s.runtimeconfig.json",
                 spec->content_root, spec->name) >= (int) sizeof(config))
    {
        return mh_fail(error, MH_E_APP_UNREADABLE, "the path is too long");
    }

    if (mh_runtimeconfig_read(config, spec, error) != 0) {
        return -1;
    }

    return frameworks_resolve(spec, dotnet_root, error);
}


int
mh_inspect_library(mh_app_spec *spec, const char *symbol, mh_error *error)
{
    int      rc;
    mh_file  file;

    if (mh_file_open(&file, spec->path, error) != 0) {
        return -1;
    }

    rc = mh_elf_check(&file, symbol, error);
    mh_file_close(&file);

    return rc;
}


/* Next to a project's .dll there is an executable of the same name. */
static int
refuse_kind(const char *file, mh_error *error)
{
    char      dll[PATH_MAX];
    bool      program;
    mh_file   image;
    mh_error  unused;

    if (snprintf(dll, sizeof(dll), "%s.dll", file) < (int) sizeof(dll)
        && mh_file_kind(dll, &unused) == 'f')
    {
        return mh_fail(error, MH_E_APP_KIND,
                       "\"%s\" is an executable; name \"%s\" instead", file,
                       dll);
    }

    program = false;

    if (mh_file_open(&image, file, &unused) == 0) {
        program = mh_elf_check_program(&image, &unused) == 0;
        mh_file_close(&image);
    }

    if (program) {
        return mh_fail(error, MH_E_APP_NEEDS_GROUP,
                       "\"%s\" is an executable, which only a process group "
                       "can run: give it process_group=", file);
    }

    return mh_fail(error, MH_E_APP_KIND,
                   "\"%s\" is neither a .dll, nor a .so, nor a publish "
                   "folder", file);
}


static int
inspect_file(const char *file, const char *dotnet_root, mh_app_spec *spec,
    mh_error *error)
{
    if (mh_path_ends(file, ".dll")) {
        spec->kind = MH_APP_IL;

    } else if (mh_path_ends(file, ".so")) {
        spec->kind = MH_APP_NATIVE;

    } else {
        return refuse_kind(file, error);
    }

    if (mh_app_spec_names(spec, file, error) != 0) {
        return -1;
    }

    return spec->kind == MH_APP_IL
           ? mh_inspect_assembly(spec, dotnet_root, error)
           : mh_inspect_library(spec, MODHOST_INITIALIZE_SYMBOL, error);
}


int
mh_app_inspect(const char *path, const char *dotnet_root, mh_app_spec *spec,
    mh_error *error)
{
    char  file[PATH_MAX];

    memset(spec, 0, sizeof(*spec));

    if (mh_inspect_find(path, mh_folder_find, file, error) != 0) {
        return -1;
    }

    if (inspect_file(file, dotnet_root, spec, error) != 0) {
        mh_app_spec_free(spec);
        return -1;
    }

    return 0;
}


/* So that all files come from one release where `path` is a link that
   deployments move. */
int
mh_inspect_find(const char *path, mh_folder_search find, char *file,
    mh_error *error)
{
    int    rc, kind;
    char  *real;

    kind = mh_file_kind(path, error);

    if (kind == 0) {
        return -1;
    }

    real = realpath(path, NULL);

    if (real == NULL) {
        return mh_fail(error, MH_E_APP_UNREADABLE, "\"%s\": %s", path,
                       strerror(errno));
    }

    if (kind == 'd') {
        rc = find(real, file, PATH_MAX, error);

    } else {
        rc = snprintf(file, PATH_MAX, "%s", real) < PATH_MAX
             ? 0
             : mh_fail(error, MH_E_APP_UNREADABLE, "the path is too long");
    }

    free(real);

    return rc;
}


void
mh_app_spec_free(mh_app_spec *spec)
{
    unsigned  i;

    for (i = 0; i < spec->property_count; i++) {
        free(spec->properties[i].name);
        free(spec->properties[i].value);
    }

    free(spec->properties);
    free(spec->path);
    free(spec->content_root);
    free(spec->name);

    memset(spec, 0, sizeof(*spec));
}
