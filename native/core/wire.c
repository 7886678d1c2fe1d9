/*
 * Connections that carry frames: their beginning and end, and what they send.
 */

#include "wire.h"

#include "daemon_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>


/* Reads of a wire that is given up: a peer that takes nothing may go on
   talking. */
#define LAST_READS_MAX  64u

/* Wires with something to send; loop only. */
static mh_wire  *touched;


int
mh_wire_open(mh_wire *wire, const mh_wire_kind *kind, int fd,
    mh_error *error)
{
    modhost_hello  hello;

    memset(wire, 0, sizeof(*wire));

    wire->kind = kind;
    wire->socket.fd = fd;
    wire->socket.ready = mh_wire_ready;

    if (mh_daemon_now.shim.socket_add(&wire->socket) != 0) {
        (void) close(fd);
        wire->socket.fd = -1;
        return mh_fail(error, MH_E_CHANNEL,
                       "the web server has no connection structure left");
    }

    memset(&hello, 0, sizeof(hello));
    hello.magic = MODHOST_PROTOCOL_MAGIC;
    hello.protocol = MODHOST_PROTOCOL_VERSION;
    hello.head_version = MODHOST_HEAD_VERSION;
    hello.kind = mh_daemon_now.options.kind;
    hello.pid = (uint32_t) getpid();
    hello.generation = mh_daemon_now.options.generation;
    hello.number = mh_daemon_now.options.index;
    hello.count = mh_daemon_now.options.count;

    mh_wire_put_payload(wire, MODHOST_FRAME_HELLO, 0, 0, &hello,
                        sizeof(hello));

    return 0;
}


void
mh_wire_close(mh_wire *wire)
{
    mh_wire  **at;

    if (wire->socket.fd == -1) {
        return;
    }

    mh_daemon_now.shim.socket_remove(&wire->socket);
    (void) close(wire->socket.fd);
    wire->socket.fd = -1;

    for (at = &touched; *at != NULL; at = &(*at)->next) {
        if (*at == wire) {
            *at = wire->next;
            break;
        }
    }

    wire->touched = false;

    mh_frame_in_free(&wire->in);
    mh_frame_out_free(&wire->out);
}


/* ---- out --------------------------------------------------------------- */

void
mh_wire_touch(mh_wire *wire)
{
    bool  first;

    if (wire->touched) {
        return;
    }

    first = touched == NULL;

    wire->touched = true;
    wire->next = touched;
    touched = wire;

    if (first) {
        mh_daemon_now.shim.flush_later();
    }
}


void
mh_wire_put_payload(mh_wire *wire, unsigned type, uint32_t stream,
    uint32_t value, const void *payload, size_t length)
{
    modhost_frame  frame;

    memset(&frame, 0, sizeof(frame));
    frame.length = (uint32_t) length;
    frame.type = (uint8_t) type;
    frame.stream = stream;
    frame.value = value;

    mh_frame_put_copy(&wire->out, &frame, payload);
    mh_wire_touch(wire);
}


void
mh_wire_put(mh_wire *wire, unsigned type, uint32_t stream, uint32_t value)
{
    mh_wire_put_payload(wire, type, stream, value, NULL, 0);
}


static void
want_write(mh_wire *wire, bool wanted)
{
    if (wire->socket.write_wanted != wanted) {
        wire->socket.write_wanted = wanted;
        mh_daemon_now.shim.socket_update(&wire->socket);
    }
}


void
mh_wire_drain(mh_wire *wire, mh_error *error)
{
    unsigned                reads;
    enum mh_receive_result  result;

    for (reads = 0; reads < LAST_READS_MAX; reads++) {

        result = mh_frame_receive(&wire->in, wire->socket.fd, error);

        if ((result != MH_RECEIVE_SOME && result != MH_RECEIVE_ALL)
            || mh_wire_take(wire, error) != 0)
        {
            return;
        }
    }
}


static void
write_failed(mh_wire *wire, int number)
{
    mh_error  error;

    error.code = MH_E_NONE;

    if (number == ENOMEM) {
        mh_error_set(&error, MH_E_MEMORY, "out of memory for a frame");
    } else {
        mh_wire_drain(wire, &error);
    }

    wire->kind->ended(wire, &error);
}


void
mh_wire_flush(mh_wire *wire)
{
    int   sent;
    bool  was_full;

    was_full = wire->socket.write_wanted;
    wire->writable = false;
    sent = mh_frame_send(&wire->out, wire->socket.fd);

    if (sent == -1) {
        write_failed(wire, errno);
        return;
    }

    want_write(wire, sent == 0);

    if (sent == 1) {
        wire->kind->flushed(wire, was_full);
    }
}


void
mh_wires_flush(void)
{
    mh_wire  *wire;

    while (touched != NULL) {
        wire = touched;
        touched = wire->next;
        wire->touched = false;

        if (wire->writable || !wire->socket.write_wanted) {
            mh_wire_flush(wire);
        }
    }
}


void
mh_wire_say_close(mh_wire *wire, const mh_error *error)
{
    char    text[512];
    size_t  length;

    if (error->code == MH_E_NONE || error->code == MH_E_PEER_CLOSED
        || wire->out.failed)
    {
        return;
    }

    length = (size_t) snprintf(text, sizeof(text), "%.500s", error->text);

    mh_wire_put_payload(wire, MODHOST_FRAME_CLOSE, 0, error->code, text,
                        length);

    (void) mh_frame_send(&wire->out, wire->socket.fd);
}
