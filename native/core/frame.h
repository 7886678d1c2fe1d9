/*
 * Frames of protocol.h on a socket: written into one growing buffer and sent
 * with one call; received into one buffer and read where they lie.
 *
 * Objects have one owner at a time and no locks. Nothing here blocks. What
 * arrives is hostile until checked: the decoder checks the frame itself; what
 * a frame may say, and when, is its user's business.
 */

#ifndef MH_FRAME_H
#define MH_FRAME_H

#include "core.h"
#include "modhost/protocol.h"

/* A payload and the zeros behind it. */
#define MH_FRAME_PAD(length)  (((size_t) (length) + 7) & ~(size_t) 7)

/* Most descriptors of one frame, and of those that wait for their frames. */
#define MH_FRAME_FDS      2u
#define MH_FRAME_FDS_MAX  64u


/* ---- out --------------------------------------------------------------- */

/* Descriptors that leave with the byte at `at`. */
typedef struct mh_frame_mark {
    size_t    at;                /* in the buffer                             */
    int       fds[MH_FRAME_FDS];
    unsigned  count;
} mh_frame_mark;

/* Zeroed to begin with. */
typedef struct mh_frame_out {
    uint8_t        *data;
    size_t          start;       /* first byte that was not sent              */
    size_t          end;
    size_t          capacity;
    mh_frame_mark  *marks;
    unsigned        mark_start;
    unsigned        mark_end;
    unsigned        mark_capacity;
    bool            failed;      /* out of memory: a frame is missing         */
} mh_frame_out;

/* Bytes that wait. */
static inline size_t
mh_frame_out_size(const mh_frame_out *out)
{
    return out->end - out->start;
}

/*
 * Adds a frame whose payload the caller writes at once, `frame->length` bytes
 * from where the result points; the zeros behind it are written already. NULL:
 * no memory, and `failed` is set: nothing may be sent any more.
 */
uint8_t *mh_frame_put(mh_frame_out *out, const modhost_frame *frame);

/* The same with the payload copied; `frame->length` is its length. */
void mh_frame_put_copy(mh_frame_out *out, const modhost_frame *frame,
    const void *payload);

/*
 * The descriptors of the next frame to be put, `count` up to MH_FRAME_FDS. They
 * pass to the buffer, whatever happens, and are closed when they are sent.
 */
void mh_frame_put_fds(mh_frame_out *out, const int *fds, unsigned count);

/*
 * Sends what waits. 1: all of it; 0: the socket is full; -1: it failed, errno
 * says how (EPIPE and ECONNRESET: the peer is gone; ENOMEM: `failed`).
 */
int mh_frame_send(mh_frame_out *out, int fd);

void mh_frame_out_free(mh_frame_out *out);


/* ---- in ---------------------------------------------------------------- */

/* Zeroed to begin with. */
typedef struct mh_frame_in {
    uint8_t  *data;              /* 8-aligned, as are all frames in it        */
    size_t    start;
    size_t    end;
    size_t    capacity;
    unsigned  fd_count;
    int       fds[MH_FRAME_FDS_MAX];   /* oldest first                        */
} mh_frame_in;

/* One frame. The payload lives until the next mh_frame_receive. */
typedef struct mh_frame_view {
    modhost_frame   frame;
    const uint8_t  *payload;     /* 8-aligned                                 */
    int             fds[MH_FRAME_FDS];   /* the taker's own; else -1          */
} mh_frame_view;

enum mh_frame_result {
    MH_FRAME_BAD = -1,           /* *error says why; the connection is over   */
    MH_FRAME_NONE = 0,           /* nothing, or not all of one, is there      */
    MH_FRAME_THERE = 1
};

enum mh_receive_result {
    MH_RECEIVE_BAD = -1,         /* *error                                    */
    MH_RECEIVE_EMPTY = 0,        /* nothing was there                         */
    MH_RECEIVE_SOME = 1,         /* and there may be more                     */
    MH_RECEIVE_ALL = 2,          /* it was all that was there just now        */
    MH_RECEIVE_END = 3           /* the peer has closed, or is gone           */
};

/*
 * One recvmsg. Before it mh_frame_next must have given MH_FRAME_NONE. After ALL
 * a level-triggered watcher need not look again; an edge-triggered one must,
 * for the end may follow.
 */
enum mh_receive_result mh_frame_receive(mh_frame_in *in, int fd,
    mh_error *error);

/* Bytes from elsewhere, for tests; false: no memory. */
bool mh_frame_append(mh_frame_in *in, const void *bytes, size_t length);

/* The next frame. Whoever gets it takes its descriptors. */
enum mh_frame_result mh_frame_next(mh_frame_in *in, mh_frame_view *view,
    mh_error *error);

/* Closes those descriptors of a frame that were not taken (set to -1). */
void mh_frame_view_close(mh_frame_view *view);

void mh_frame_in_free(mh_frame_in *in);

#endif /* MH_FRAME_H */
