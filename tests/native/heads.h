/*
 * Heads that tests are made of: the reference blocks of tests/vectors, and the
 * canonical text of any block.
 */

#ifndef HEADS_H
#define HEADS_H

#include "head.h"

#include <stdio.h>

#define HEAD_MAX  131072u

typedef struct head_sample {
    const char  *name;                       /* of the vector's files         */
    bool         response;
    size_t     (*build)(void *block);        /* 8-aligned, HEAD_MAX; its size */
} head_sample;

extern const head_sample  head_samples[];
extern const size_t       head_sample_count;

/* The canonical dump that tests/vectors/README.md describes. */
void head_dump_request(FILE *out, const void *block);
void head_dump_response(FILE *out, const void *block);

#endif /* HEADS_H */
