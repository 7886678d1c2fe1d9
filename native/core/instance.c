/*
 * Instance directories: their names cannot be guessed, and only root or the
 * owner of the web server can make one where nobody else may write.
 */

#include "instance.h"

#include "supervisor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>


/* One that is younger may be about to get its sockets. */
#define GRACE  60                                /* seconds                   */


/* That nobody else can put something in its place. */
static int
owner_check(const char *path, const struct stat *st, mh_error *error)
{
    if (st->st_uid != 0 && st->st_uid != geteuid()) {
        return mh_fail(error, MH_E_RUN_DIRECTORY,
                       "the run directory \"%s\" belongs to user %u", path,
                       (unsigned) st->st_uid);
    }

    if ((st->st_mode & 022) != 0 && (st->st_mode & S_ISVTX) == 0) {
        return mh_fail(error, MH_E_RUN_DIRECTORY,
                       "other users may write to the run directory \"%s\"",
                       path);
    }

    return 0;
}


int
mh_run_directory_check(const char *path, mh_error *error)
{
    char         parent[MH_RUN_DIRECTORY_MAX + 1], *slash;
    struct stat  st;

    if (strlen(path) > MH_RUN_DIRECTORY_MAX) {
        return mh_fail(error, MH_E_RUN_DIRECTORY,
                       "the path of the run directory \"%s\" is longer than "
                       "%u bytes, so its sockets' would be too long", path,
                       MH_RUN_DIRECTORY_MAX);
    }

    if (stat(path, &st) == 0) {

        if (!S_ISDIR(st.st_mode)) {
            return mh_fail(error, MH_E_RUN_DIRECTORY,
                           "the run directory \"%s\" is not a folder", path);
        }

        if (access(path, W_OK | X_OK) == -1) {
            return mh_fail(error, MH_E_RUN_DIRECTORY,
                           "the run directory \"%s\" cannot be written: %s",
                           path, strerror(errno));
        }

        return owner_check(path, &st, error);
    }

    strcpy(parent, path);

    slash = strrchr(parent, '/');

    if (errno == ENOENT && slash != NULL) {
        slash[slash == parent] = '\0';

        if (access(parent, W_OK | X_OK) == 0) {
            return 0;
        }
    }

    return mh_fail(error, MH_E_RUN_DIRECTORY,
                   "the run directory \"%s\" is not there and cannot be made: "
                   "%s", path, strerror(errno));
}


int
mh_instance_connect(const char *path, const char *name)
{
    int                 fd, err;
    struct sockaddr_un  address;

    memset(&address, 0, sizeof(address));
    address.sun_family = AF_UNIX;

    if (snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", path,
                 name)
        >= (int) sizeof(address.sun_path))
    {
        errno = ENAMETOOLONG;
        return -1;
    }

    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd == -1) {
        return -1;
    }

    if (connect(fd, (struct sockaddr *) &address, sizeof(address)) == -1) {
        err = errno;
        (void) close(fd);
        errno = err;
        return -1;
    }

    return fd;
}


void
mh_instance_remove(const char *path)
{
    int             fd;
    DIR            *dir;
    const char     *name;
    struct dirent  *entry;

    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    dir = fd == -1 ? NULL : fdopendir(fd);

    if (dir == NULL) {
        if (fd != -1) {
            (void) close(fd);
        }
        return;
    }

    while ((entry = readdir(dir)) != NULL) {
        name = entry->d_name;

        if (strncmp(name, "config-", 7) == 0 || strncmp(name, "draft-", 6) == 0
            || strcmp(name, "control.sock") == 0
            || strcmp(name, "shim.sock") == 0 || strcmp(name, "lock") == 0)
        {
            (void) unlinkat(dirfd(dir), name, 0);
        }
    }

    (void) closedir(dir);
    (void) rmdir(path);
}


/* Nobody listens: that pair was killed, and had no time to clean up. */
static bool
is_left_behind(const char *path)
{
    int          fd;
    struct stat  st;

    if (lstat(path, &st) == -1 || !S_ISDIR(st.st_mode)
        || st.st_uid != geteuid() || time(NULL) - st.st_mtime < GRACE)
    {
        return false;
    }

    fd = mh_instance_connect(path, "control.sock");

    if (fd != -1) {
        (void) close(fd);
        return false;
    }

    return errno == ECONNREFUSED || errno == ENOENT;
}


/* "nginx-<digits>-<16 hex digits>" */
static bool
is_instance(const char *name, const char *server)
{
    size_t  length;

    length = strlen(server);

    if (strncmp(name, server, length) != 0 || name[length] != '-') {
        return false;
    }

    name += length + 1;
    length = strspn(name, "0123456789");

    return length != 0 && name[length] == '-'
           && strspn(name + length + 1, "0123456789abcdef") == 16
           && name[length + 17] == '\0';
}


static void
sweep(const char *run_directory, const char *server)
{
    DIR            *dir;
    char            path[MH_INSTANCE_MAX];
    struct dirent  *entry;

    dir = opendir(run_directory);

    if (dir == NULL) {
        return;
    }

    while ((entry = readdir(dir)) != NULL) {
        if (is_instance(entry->d_name, server)
            && snprintf(path, sizeof(path), "%s/%s", run_directory,
                        entry->d_name)
               < (int) sizeof(path)
            && is_left_behind(path))
        {
            mh_instance_remove(path);
        }
    }

    (void) closedir(dir);
}


int
mh_instance_make(const char *run_directory, const char *server, char *path,
    size_t size, mh_error *error)
{
    int          rc;
    mode_t       mask;
    uint64_t     number;
    struct stat  st;

    mask = umask(0);
    rc = mkdir(run_directory, 0755);
    (void) umask(mask);

    if ((rc == -1 && errno != EEXIST) || stat(run_directory, &st) == -1) {
        return mh_fail(error, MH_E_RUN_DIRECTORY,
                       "the run directory \"%s\" cannot be made: %s",
                       run_directory, strerror(errno));
    }

    if (owner_check(run_directory, &st, error) != 0) {
        return -1;
    }

    sweep(run_directory, server);

    if (getrandom(&number, sizeof(number), 0) != sizeof(number)) {
        return mh_fail(error, MH_E_SYSTEM, "getrandom: %s", strerror(errno));
    }

    if (snprintf(path, size, "%s/%s-%ld-%016" PRIx64, run_directory, server,
                 (long) getpid(), number)
        >= (int) size)
    {
        return mh_fail(error, MH_E_RUN_DIRECTORY,
                       "the path of the run directory \"%s\" is too long",
                       run_directory);
    }

    /* others may pass through: the sockets have permissions of their own */

    mask = umask(0);
    rc = mkdir(path, 0711);
    (void) umask(mask);

    return rc == 0 ? 0 : mh_fail(error, MH_E_RUN_DIRECTORY, "\"%s\": %s", path,
                                 strerror(errno));
}
