/*
 * Memory files that processes share: the begun page of a channel and the
 * status page.
 */

#ifndef MH_PAGE_H
#define MH_PAGE_H

#include "core.h"

/*
 * Maps a memory file of exactly `size` bytes that can never change its size: so
 * no access can fault, whatever its other users do. The descriptor stays the
 * caller's. NULL: *error.
 */
void *mh_page_map(int fd, size_t size, bool writable, mh_error *error);
void mh_page_unmap(void *page, size_t size);

#endif /* MH_PAGE_H */
