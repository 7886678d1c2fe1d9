/*
 * Shared memory files.
 */

#include "page.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>


#define SIZE_SEALS  (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)


void *
mh_page_map(int fd, size_t size, bool writable, mh_error *error)
{
    int          seals;
    void        *page;
    struct stat  st;

    seals = fcntl(fd, F_GET_SEALS);

    if (seals == -1 || (seals & SIZE_SEALS) != SIZE_SEALS) {
        (void) mh_fail(error, MH_E_SHARED_PAGE,
                       "a shared page is not sealed against a change of its "
                       "size");
        return NULL;
    }

    if (fstat(fd, &st) == -1 || st.st_size != (off_t) size) {
        (void) mh_fail(error, MH_E_SHARED_PAGE,
                       "a shared page has not %zu bytes", size);
        return NULL;
    }

    page = mmap(NULL, size, writable ? PROT_READ | PROT_WRITE : PROT_READ,
                MAP_SHARED, fd, 0);

    if (page == MAP_FAILED) {
        (void) mh_fail(error, MH_E_SHARED_PAGE,
                       "a shared page cannot be mapped: %s", strerror(errno));
        return NULL;
    }

    return page;
}


void
mh_page_unmap(void *page, size_t size)
{
    if (page != NULL) {
        (void) munmap(page, size);
    }
}
