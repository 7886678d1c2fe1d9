/*
 * What the fuzz targets share.
 */

#ifndef FUZZ_H
#define FUZZ_H

#include "core.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads every byte, so that the sanitizer sees one too many. */
static inline void
fuzz_touch(mh_str text)
{
    size_t            i;
    volatile uint8_t  byte;

    for (i = 0; i < text.length; i++) {
        byte = text.data[i];
        (void) byte;
    }
}

/* An aligned copy without a spare byte. */
static inline void *
fuzz_copy(const uint8_t *data, size_t size)
{
    void  *copy;

    copy = malloc(size);

    if (copy != NULL && size != 0) {
        memcpy(copy, data, size);
    }

    return copy;
}

/* The bytes as a file; -1: no. */
static inline int
fuzz_file(const uint8_t *data, size_t size)
{
    int  fd;

    fd = memfd_create("fuzz", MFD_CLOEXEC);

    if (fd != -1 && write(fd, data, size) != (ssize_t) size) {
        close(fd);
        fd = -1;
    }

    return fd;
}

#endif /* FUZZ_H */
