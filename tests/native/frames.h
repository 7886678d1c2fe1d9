/*
 * Conversations in frames, as golden vectors: what each end of each kind of
 * connection may say, and their canonical text. See tests/vectors/README.md.
 */

#ifndef FRAMES_H
#define FRAMES_H

#include "frame.h"

#include <stdio.h>

typedef struct frame_sample {
    const char  *name;               /* route-case, or bad/route-fault        */
    void       (*build)(mh_frame_out *out);
} frame_sample;

extern const frame_sample  frame_samples[];
extern const size_t        frame_sample_count;
extern const frame_sample  frame_bad_samples[];
extern const size_t        frame_bad_sample_count;

/* HELLO of a peer, with made-up numbers. */
void frame_put_hello(mh_frame_out *out, unsigned kind, uint32_t credits);

/* One frame as text. */
void frame_dump(FILE *to, unsigned index, const mh_frame_view *view);

#endif /* FRAMES_H */
