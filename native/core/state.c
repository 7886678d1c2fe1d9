/*
 * Folders for state.
 */

#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>


/* CRC-32, bit by bit: it is short, and short is all it has to be. */
static uint32_t
crc32(const char *text)
{
    int       bit;
    uint32_t  crc;

    for (crc = 0xffffffff; *text != '\0'; text++) {

        crc ^= (uint8_t) *text;

        for (bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
        }
    }

    return crc ^ 0xffffffff;
}


bool
mh_state_path(char *path, size_t size, const char *directory,
    const char *name, const char *file)
{
    return snprintf(path, size, "%s/%s-%08x", directory, name, crc32(file))
           < (int) size;
}


static int
folder_own(int fd, mode_t mode, uid_t user)
{
    struct stat  st;

    if (fstat(fd, &st) == -1) {
        return -1;
    }

    if (geteuid() == 0 && st.st_uid != user
        && fchown(fd, user, (gid_t) -1) == -1)
    {
        return -1;
    }

    return (st.st_mode & 0777) == mode ? 0 : fchmod(fd, mode);
}


int
mh_state_make(const char *path, bool own, uid_t user, mh_error *error)
{
    int     fd, rc, saved;
    mode_t  mode, mask;

    mode = own ? 0700 : 0711;
    mask = umask(0);
    rc = mkdir(path, mode);
    saved = errno;

    (void) umask(mask);

    if (rc == -1 && saved != EEXIST) {
        fd = -1;
        errno = saved;

    } else {

        /* by descriptor: nobody can put a link there in between */

        fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    }

    if (fd != -1 && (!own || folder_own(fd, mode, user) == 0)) {
        (void) close(fd);
        return 0;
    }

    saved = errno;

    if (fd != -1) {
        (void) close(fd);
    }

    return mh_fail(error, MH_E_STATE_DIRECTORY,
                   "the state directory \"%s\" cannot be used: %s", path,
                   strerror(saved));
}
