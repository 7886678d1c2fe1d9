/*
 * Applications for process groups: what embedded mode takes, and executables.
 */

#include "inspect.h"

#include "image.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>


#define WORKER_SYMBOL  "modhost_worker_main"


static int
program_check(const char *path, mh_error *error)
{
    int      rc;
    mh_file  file;

    if (mh_file_open(&file, path, error) != 0) {
        return -1;
    }

    rc = mh_elf_check_program(&file, error);
    mh_file_close(&file);

    if (rc == 0 && access(path, X_OK) == -1) {
        return mh_fail(error, MH_E_APP_KIND, "\"%s\" cannot be executed: %s",
                       path, strerror(errno));
    }

    return rc;
}


/* Whether there is a file of this name with `end` behind it. */
static bool
has_beside(const char *program, const char *end)
{
    char      path[PATH_MAX];
    mh_error  unused;

    return snprintf(path, sizeof(path), "%s%s", program, end)
               < (int) sizeof(path)
           && mh_file_kind(path, &unused) == 'f';
}


/*
 * "dotnet publish" puts a program beside an assembly, and that program alone
 * can do nothing; one that is an application by itself has all in one file.
 */
static int
parts_check(const char *program, mh_error *error)
{
    bool  assembly, config;

    assembly = has_beside(program, ".dll");
    config = has_beside(program, ".runtimeconfig.json");

    if (!assembly && !config && !has_beside(program, ".deps.json")) {
        return 0;
    }

    if (!config) {
        return mh_fail(error, MH_E_APP_RUNTIMECONFIG,
                       "\"%s.runtimeconfig.json\" is missing: copy all that "
                       "\"dotnet publish\" wrote", program);
    }

    return assembly ? 0
           : mh_fail(error, MH_E_APP_MISSING,
                     "\"%s.dll\" is missing: copy all that \"dotnet publish\" "
                     "wrote", program);
}


/* The file itself is in the folder: what a link leads to was put there for
   somebody else. */
static bool
is_own_file(const char *path)
{
    struct stat  st;

    return lstat(path, &st) == 0 && S_ISREG(st.st_mode);
}


/* The only program in a folder that holds no other application. */
static int
program_find(const char *folder, char *file, size_t size, mh_error *error)
{
    DIR            *dir;
    char            path[PATH_MAX];
    unsigned        count;
    mh_error        unused;
    struct dirent  *entry;

    if (mh_folder_find(folder, file, size, error) == 0) {
        return 0;
    }

    dir = opendir(folder);

    if (dir == NULL) {
        return -1;
    }

    count = 0;

    while ((entry = readdir(dir)) != NULL) {

        if (mh_path_ends(entry->d_name, ".so")
            || mh_path_ends(entry->d_name, ".dbg")
            || strcmp(entry->d_name, "createdump") == 0
            || snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name)
               >= (int) sizeof(path)
            || !is_own_file(path)
            || program_check(path, &unused) != 0)
        {
            continue;
        }

        if (count++ == 0 && snprintf(file, size, "%s", path) >= (int) size) {
            count = 0;
            break;
        }
    }

    (void) closedir(dir);

    if (count > 1) {
        return mh_fail(error, MH_E_APP_FOLDER,
                       "the folder \"%s\" holds %u programs: name one of "
                       "them", folder, count);
    }

    return count == 1 ? 0 : -1;
}


static int
inspect_program(const char *file, mh_app_spec *spec, mh_error *error)
{
    char  *name;

    mh_app_spec_free(spec);

    if (program_check(file, error) != 0 || parts_check(file, error) != 0) {
        return -1;
    }

    if (mh_app_spec_names(spec, file, error) != 0) {
        return -1;
    }

    /* what follows a dot is part of a program's name */

    name = strdup(strrchr(file, '/') + 1);

    if (name == NULL) {
        return mh_fail(error, MH_E_MEMORY, "out of memory");
    }

    free(spec->name);

    spec->name = name;
    spec->kind = MH_APP_EXECUTABLE;

    return 0;
}


static int
inspect_assembly(const char *file, const char *dotnet_root, mh_app_spec *spec,
    mh_error *error)
{
    char  program[PATH_MAX];

    spec->kind = MH_APP_IL;

    if (mh_app_spec_names(spec, file, error) != 0) {
        return -1;
    }

    if (mh_inspect_assembly(spec, dotnet_root, error) == 0) {
        return 0;
    }

    /* with a runtime of its own it is started by the program beside it */

    if (error->code != MH_E_APP_SELF_CONTAINED
        || snprintf(program, sizeof(program), "%.*s",
                    (int) (strlen(file) - strlen(".dll")), file)
           >= (int) sizeof(program))
    {
        return -1;
    }

    return inspect_program(program, spec, error);
}


static int
inspect_file(const char *file, const char *dotnet_root, mh_app_spec *spec,
    mh_error *error)
{
    if (mh_path_ends(file, ".dll")) {
        return inspect_assembly(file, dotnet_root, spec, error);
    }

    if (!mh_path_ends(file, ".so")) {
        return inspect_program(file, spec, error);
    }

    spec->kind = MH_APP_NATIVE;

    if (mh_app_spec_names(spec, file, error) != 0) {
        return -1;
    }

    return mh_inspect_library(spec, WORKER_SYMBOL, error);
}


int
mh_app_inspect_daemon(const char *path, const char *dotnet_root,
    mh_app_spec *spec, mh_error *error)
{
    char  file[PATH_MAX];

    memset(spec, 0, sizeof(*spec));

    if (mh_inspect_find(path, program_find, file, error) != 0) {
        return -1;
    }

    if (inspect_file(file, dotnet_root, spec, error) != 0) {
        mh_app_spec_free(spec);
        return -1;
    }

    return 0;
}


void
mh_app_inspect_explain(const char *path, const char *dotnet_root,
    const char *parameter, mh_error *error)
{
    mh_error     reason;
    mh_app_spec  spec;

    if (error->code != MH_E_APP_FOLDER) {
        return;
    }

    memset(&reason, 0, sizeof(reason));

    if (mh_app_inspect_daemon(path, dotnet_root, &spec, &reason) != 0) {
        if (reason.code == MH_E_APP_RUNTIMECONFIG) {
            *error = reason;
        }

        return;
    }

    if (spec.kind == MH_APP_EXECUTABLE) {
        mh_error_set(error, MH_E_APP_NEEDS_GROUP,
                     "\"%s\" is an executable, which only a process group can "
                     "run: give it %s", spec.path, parameter);
    }

    mh_app_spec_free(&spec);
}
