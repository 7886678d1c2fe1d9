/*
 * Reading files; see file.h.
 */

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>


int
mh_file_open(mh_file *file, const char *path, mh_error *error)
{
    int          e;
    struct stat  st;

    /* O_NONBLOCK: a pipe in place of the file must not stop the parsing. */

    file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (file->fd == -1) {
        e = errno;
        return mh_fail(error, e == ENOENT ? MH_E_APP_MISSING
                                          : MH_E_APP_UNREADABLE,
                       "\"%s\" cannot be opened: %s", path, strerror(e));
    }

    if (fstat(file->fd, &st) == -1 || !S_ISREG(st.st_mode)) {
        (void) close(file->fd);
        return mh_fail(error, MH_E_APP_UNREADABLE,
                       "\"%s\" is not a regular file", path);
    }

    file->size = (uint64_t) st.st_size;
    file->path = path;

    return 0;
}


void
mh_file_close(mh_file *file)
{
    (void) close(file->fd);
    file->fd = -1;
}


bool
mh_file_read(const mh_file *file, uint64_t offset, void *data, size_t length)
{
    ssize_t   n;
    uint8_t  *p;

    if (offset > file->size || length > file->size - offset) {
        return false;
    }

    for (p = data; length != 0; /* void */) {
        n = pread(file->fd, p, length, (off_t) offset);

        if (n == -1 && errno == EINTR) {
            continue;
        }

        if (n <= 0) {
            return false;
        }

        p += n;
        offset += (uint64_t) n;
        length -= (size_t) n;
    }

    return true;
}


void *
mh_file_part(const mh_file *file, uint64_t offset, uint64_t length,
    size_t most)
{
    uint8_t  *data;

    if (length > most || offset > file->size || length > file->size - offset)
    {
        return NULL;
    }

    data = malloc((size_t) length + 1);

    if (data == NULL) {
        return NULL;
    }

    if (!mh_file_read(file, offset, data, (size_t) length)) {
        free(data);
        return NULL;
    }

    data[length] = '\0';

    return data;
}


int
mh_file_kind(const char *path, mh_error *error)
{
    int          e;
    struct stat  st;

    if (stat(path, &st) == -1) {
        e = errno;
        mh_error_set(error, e == ENOENT || e == ENOTDIR
                            ? MH_E_APP_MISSING : MH_E_APP_UNREADABLE,
                     "\"%s\": %s", path, strerror(e));
        return 0;
    }

    return S_ISREG(st.st_mode) ? 'f' : S_ISDIR(st.st_mode) ? 'd' : '?';
}
