/*
 * Connections that carry frames: what they receive.
 */

#include "wire.h"

#include <string.h>


/* A peer that asks and does not read the answers is none. */
#define PONG_BACKLOG_MAX  1048576u


static int
take_hello(mh_wire *wire, mh_frame_view *view, mh_error *error)
{
    modhost_hello  hello;

    if (wire->greeted) {
        return mh_fail(error, MH_E_PROTOCOL, "a second HELLO came");
    }

    memcpy(&hello, view->payload, sizeof(hello));

    if (hello.magic != MODHOST_PROTOCOL_MAGIC
        || hello.protocol != MODHOST_PROTOCOL_VERSION
        || hello.head_version != MODHOST_HEAD_VERSION)
    {
        return mh_fail(error, MH_E_PROTOCOL_VERSION,
                       "the other side speaks version %u with heads of version "
                       "%u, not %u and %u", hello.protocol,
                       hello.head_version, MODHOST_PROTOCOL_VERSION,
                       MODHOST_HEAD_VERSION);
    }

    if (hello.kind != wire->kind->peer) {
        return mh_fail(error, MH_E_PROTOCOL,
                       "the other side says it is a peer of kind %u, not %u",
                       hello.kind, wire->kind->peer);
    }

    wire->greeted = true;

    return wire->kind->greeted(wire, &hello, error);
}


/* What a peer says goes to a log: as plain text. */
static int
take_close(mh_wire *wire, mh_frame_view *view, mh_error *error)
{
    char      text[512];
    size_t    i, length;
    uint32_t  code;

    (void) wire;

    code = view->frame.value;
    length = view->frame.length;

    if (length > sizeof(text) - 1) {
        length = sizeof(text) - 1;
    }

    for (i = 0; i < length; i++) {
        text[i] = (char) (view->payload[i] >= 0x20 && view->payload[i] != 0x7f
                          ? view->payload[i] : ' ');
    }

    text[length] = '\0';

    return mh_fail(error, MH_E_PEER_CLOSED,
                   "the other side closed the connection: MH%04u: %s",
                   code <= 9999 ? code : 0, text);
}


static int
take_ping(mh_wire *wire, mh_frame_view *view, mh_error *error)
{
    if (mh_wire_backlog(wire) > PONG_BACKLOG_MAX) {
        return mh_fail(error, MH_E_PROTOCOL,
                       "the other side sends PING and does not read");
    }

    mh_wire_put(wire, MODHOST_FRAME_PONG, 0, view->frame.value);

    return 0;
}


static int
take_pong(mh_wire *wire, mh_frame_view *view, mh_error *error)
{
    (void) wire;
    (void) view;
    (void) error;

    return 0;
}


/* Of every connection. */
static const mh_wire_rule  common_rules[] = {
    { .type = MODHOST_FRAME_HELLO, .min_length = sizeof(modhost_hello),
      .max_length = sizeof(modhost_hello), .take = take_hello },
    { .type = MODHOST_FRAME_CLOSE, .value = true,
      .max_length = MODHOST_FRAME_LENGTH_MAX, .take = take_close },
    { .type = MODHOST_FRAME_PING, .value = true, .take = take_ping },
    { .type = MODHOST_FRAME_PONG, .value = true, .take = take_pong },
    { .type = 0 },
};


static const mh_wire_rule *
rule_find(const mh_wire_kind *kind, unsigned type)
{
    const mh_wire_rule  *rule;

    if (type == 0) {
        return NULL;
    }

    for (rule = kind->rules; rule->type != 0; rule++) {
        if (rule->type == type) {
            return rule;
        }
    }

    for (rule = common_rules; rule->type != 0; rule++) {
        if (rule->type == type) {
            return rule;
        }
    }

    return NULL;
}


static int
rule_check(const mh_wire_rule *rule, const modhost_frame *frame,
    mh_error *error)
{
    if (frame->length < rule->min_length || frame->length > rule->max_length)
    {
        return mh_fail(error, MH_E_PROTOCOL,
                       "a frame of type %u has %u bytes", frame->type,
                       frame->length);
    }

    if (frame->flags & ~rule->flags) {
        return mh_fail(error, MH_E_PROTOCOL,
                       "a frame of type %u has the flags 0x%02x", frame->type,
                       frame->flags);
    }

    if (frame->descriptors < rule->min_descriptors
        || frame->descriptors > rule->max_descriptors)
    {
        return mh_fail(error, MH_E_PROTOCOL,
                       "a frame of type %u has %u descriptors", frame->type,
                       frame->descriptors);
    }

    if ((!rule->stream && frame->stream != 0)
        || (!rule->value && frame->value != 0))
    {
        return mh_fail(error, MH_E_PROTOCOL,
                       "a frame of type %u has stream 0x%08x and value %u",
                       frame->type, frame->stream, frame->value);
    }

    return 0;
}


static int
take_one(mh_wire *wire, mh_frame_view *view, mh_error *error)
{
    const mh_wire_rule  *rule;

    rule = rule_find(wire->kind, view->frame.type);

    if (rule == NULL) {
        return mh_fail(error, MH_E_PROTOCOL,
                       "a frame of type %u has no place here",
                       view->frame.type);
    }

    if (!wire->greeted && rule->type != MODHOST_FRAME_HELLO
        && rule->type != MODHOST_FRAME_CLOSE)
    {
        return mh_fail(error, MH_E_PROTOCOL,
                       "a frame of type %u came before HELLO", rule->type);
    }

    if (rule_check(rule, &view->frame, error) != 0) {
        return -1;
    }

    return rule->take(wire, view, error);
}


int
mh_wire_take(mh_wire *wire, mh_error *error)
{
    int                   rc;
    mh_frame_view         view;
    enum mh_frame_result  result;

    while ((result = mh_frame_next(&wire->in, &view, error))
           == MH_FRAME_THERE)
    {
        rc = take_one(wire, &view, error);

        if (view.frame.descriptors != 0) {
            mh_frame_view_close(&view);
        }

        if (rc != 0) {
            return -1;
        }
    }

    return result == MH_FRAME_BAD ? -1 : 0;
}


/* 0; -1: it is over, with *error or without. */
static int
wire_read(mh_wire *wire, mh_error *error)
{
    do {
        switch (mh_frame_receive(&wire->in, wire->socket.fd, error)) {

        case MH_RECEIVE_EMPTY:
            return 0;

        case MH_RECEIVE_BAD:
        case MH_RECEIVE_END:
            return -1;

        default:
            break;
        }

        if (mh_wire_take(wire, error) != 0) {
            return -1;
        }

    } while (!wire->socket.level);

    return 0;
}


void
mh_wire_ready(mh_socket *socket, bool readable, bool writable)
{
    mh_wire   *wire;
    mh_error   error;

    wire = (mh_wire *) socket;

    /* error.text is a kilobyte that is touched only when it is needed. */

    error.code = MH_E_NONE;

    if (readable && wire_read(wire, &error) != 0) {
        wire->kind->ended(wire, &error);
        return;
    }

    if (writable && socket->write_wanted) {
        wire->writable = true;
        mh_wire_touch(wire);
    }

    wire->kind->settled(wire);
}


void
mh_socket_ready(mh_socket *socket, bool readable, bool writable)
{
    socket->ready(socket, readable, writable);
}
