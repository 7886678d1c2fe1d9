/*
 * One end of a connection that carries frames: what channels to workers and
 * the link to the supervisor have in common. Loop only.
 *
 * A wire reads, checks each frame against its table of rules, answers what
 * belongs to every connection (HELLO, CLOSE, PING), hands on the rest, and
 * gathers what is to be sent until the end of the turn.
 */

#ifndef MH_WIRE_H
#define MH_WIRE_H

#include "daemon.h"
#include "frame.h"

typedef struct mh_wire  mh_wire;

/* What a frame of this type may look like. */
typedef struct mh_wire_rule {
    uint8_t      type;
    uint8_t      flags;              /* those it may have                     */
    uint8_t      min_descriptors;
    uint8_t      max_descriptors;
    bool         stream;             /* may be other than 0                   */
    bool         value;              /* the same                              */
    uint32_t     min_length;
    uint32_t     max_length;
    /* 0, or -1 with *error: the connection is over. May take descriptors. */
    int        (*take)(mh_wire *wire, mh_frame_view *view, mh_error *error);
} mh_wire_rule;

typedef struct mh_wire_kind {
    const mh_wire_rule  *rules;      /* the last one has type 0               */
    uint32_t             peer;       /* MODHOST_PEER_* of the other end       */
    /* Its HELLO, checked; 0, or -1 with *error. */
    int  (*greeted)(mh_wire *wire, const modhost_hello *hello,
                    mh_error *error);
    /* What waited has all been sent; `was_full`: the socket had been full. The
       wire may be gone afterwards. */
    void (*flushed)(mh_wire *wire, bool was_full);
    /* All that had come was handled; the wire may be gone afterwards. */
    void (*settled)(mh_wire *wire);
    /*
     * It is over; the wire is to be closed, and may be gone afterwards. error->
     * code 0: the peer closed without a word.
     */
    void (*ended)(mh_wire *wire, const mh_error *error);
} mh_wire_kind;

struct mh_wire {
    mh_socket            socket;     /* first; fd -1: closed                  */
    const mh_wire_kind  *kind;
    mh_frame_in          in;
    mh_frame_out         out;
    mh_wire             *next;       /* among those that are to be flushed    */
    bool                 touched;
    bool                 writable;   /* it was full, and is not any more      */
    bool                 greeted;    /* its HELLO has come                    */
};

/*
 * Takes over the descriptor, sends HELLO. 0, or -1 with *error; the descriptor
 * is closed then, and `ended` is not called.
 */
int  mh_wire_open(mh_wire *wire, const mh_wire_kind *kind, int fd,
    mh_error *error);
void mh_wire_close(mh_wire *wire);

/* Puts a frame; it leaves at the end of the turn. */
void mh_wire_put(mh_wire *wire, unsigned type, uint32_t stream,
    uint32_t value);
void mh_wire_put_payload(mh_wire *wire, unsigned type, uint32_t stream,
    uint32_t value, const void *payload, size_t length);

/* Something was put by mh_frame_put: have it sent at the end of the turn. */
void mh_wire_touch(mh_wire *wire);

/* Sends what waits; the wire may be gone afterwards. */
void mh_wire_flush(mh_wire *wire);

/* All that were touched. */
void mh_wires_flush(void);

/* Tries to tell the peer why; mh_wire_close is next. */
void mh_wire_say_close(mh_wire *wire, const mh_error *error);

/*
 * The peer is gone, or takes nothing any more: what it had said before still
 * counts and is read. *error: it was wrong; else its code stays as it is.
 */
void mh_wire_drain(mh_wire *wire, mh_error *error);

/* Handles every whole frame that has been received. 0, or -1 with *error. */
int  mh_wire_take(mh_wire *wire, mh_error *error);

/* mh_socket.ready of every wire. */
void mh_wire_ready(mh_socket *socket, bool readable, bool writable);

/* Bytes that wait although the socket is full: the peer does not read. */
static inline size_t
mh_wire_backlog(const mh_wire *wire)
{
    return wire->socket.write_wanted ? mh_frame_out_size(&wire->out) : 0;
}

#endif /* MH_WIRE_H */
