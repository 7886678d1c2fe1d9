/*
 * A worker that says anything; see hostile.h.
 */

#include "hostile.h"

#include "rig.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


#define REQUESTS  16u
#define PAYLOAD   70000u

/* Frames that the records are about. */
static const uint8_t  types[16] = {
    MODHOST_FRAME_SEND, MODHOST_FRAME_SEND, MODHOST_FRAME_SEND,
    MODHOST_FRAME_SEND, MODHOST_FRAME_READ, MODHOST_FRAME_RESET,
    MODHOST_FRAME_RELEASE, MODHOST_FRAME_REFUSE, MODHOST_FRAME_CREDIT,
    MODHOST_FRAME_RECALL, MODHOST_FRAME_DRAIN, MODHOST_FRAME_PING,
    MODHOST_FRAME_CLOSE, MODHOST_FRAME_PONG, MODHOST_FRAME_REQUEST,
    MODHOST_FRAME_HELLO
};

typedef struct conversation {
    rig_worker      worker;
    rig_answer      answers[REQUESTS];
    unsigned        begun;           /* answers in use                        */
    const uint8_t  *data;
    size_t          size;
    uint64_t        payload[PAYLOAD / 8];
    mh_frame_out    out;             /* what was said and not fed             */
} conversation;

static conversation  talk;


#define BREACH(what)                                                          \
    (fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, what), abort())


bool
hostile_open(void)
{
    return rig_open(NULL);
}


bool
hostile_close(void)
{
    mh_frame_out_free(&talk.out);
    return rig_close();
}


static uint8_t
next_byte(void)
{
    if (talk.size == 0) {
        return 0;
    }

    talk.size--;

    return *talk.data++;
}


/* Numbers at which arithmetic goes wrong are common. */
static uint32_t
next_number(void)
{
    uint32_t  number;

    static const uint32_t  odd[] = {
        0, 1, 4, 7, 8, 16, 39, 40, 41, 65536, 262144, 262145, 0x7fffffff,
        0x80000000, 0xfffffff8, 0xffffffff
    };

    number = next_byte();

    if (number >= 0xf0) {
        return odd[number & 0x0f];
    }

    return number >= 0x80 ? (number & 0x7f) << 8 | next_byte() : number;
}


static bool
is_open(void)
{
    return talk.worker.channel != NULL;
}


/* Feeds what was said, in two pieces. */
static void
feed(void)
{
    bool         whole;
    size_t       size, cut;
    mh_error     error;
    mh_channel  *channel;

    channel = talk.worker.channel;
    size = mh_frame_out_size(&talk.out);

    if (!is_open() || size == 0) {
        return;
    }

    cut = size > 24 ? 8 + size % 13 : 0;
    error.code = 0;

    mh_queue_enter(&rig_queue);

    whole = mh_frame_append(&channel->wire.in, talk.out.data, cut)
            && mh_wire_take(&channel->wire, &error) == 0
            && mh_frame_append(&channel->wire.in, talk.out.data + cut,
                               size - cut)
            && mh_wire_take(&channel->wire, &error) == 0;

    if (whole) {
        channel->wire.kind->settled(&channel->wire);
    } else {
        channel->wire.kind->ended(&channel->wire, &error);
    }

    mh_queue_leave(&rig_queue);

    talk.out.start = 0;
    talk.out.end = 0;

    if (rig_group("shop")->channels != channel) {
        talk.worker.channel = NULL;
    }
}


static void
say(const modhost_frame *frame, const void *payload)
{
    mh_frame_put_copy(&talk.out, frame, payload);
}


/* A number of a stream that is open, was, or never will be. */
static uint32_t
next_stream(void)
{
    uint8_t  choice;

    choice = next_byte();

    if (choice >= 0xf8) {
        return next_number() << 16 | next_byte();
    }

    return (uint32_t) (1 + (choice >> 4) % 2) << 16 | (choice & 0x07);
}


static void
give_descriptors(unsigned count)
{
    mh_frame_in  *in;

    in = &talk.worker.channel->wire.in;

    while (count-- != 0 && in->fd_count < 8) {
        in->fds[in->fd_count++] =
            open(next_byte() < 200 ? "/proc/self/exe" : "/dev/null",
                 O_RDONLY | O_CLOEXEC);
    }
}


/* A head, now and then a spoilt one, and its size. */
static uint32_t
make_head(void)
{
    uint32_t  size, at;

    static const uint16_t  statuses[8] = {
        200, 404, 101, 103, 0, 204, 599, 600
    };

    size = side_response(talk.payload, statuses[next_byte() & 7]);

    if (next_byte() >= 0xc0) {
        at = next_byte() % size;
        ((uint8_t *) talk.payload)[at] = next_byte();
    }

    return size;
}


static void
record_frame(uint8_t kind)
{
    uint32_t        head;
    modhost_frame   frame;

    memset(&frame, 0, sizeof(frame));
    memset(talk.payload, 0, 256);

    frame.type = types[kind & 0x0f];
    frame.flags = next_byte();
    frame.stream = next_stream();
    frame.length = next_number() % PAYLOAD;
    frame.value = next_number();

    if (frame.type == MODHOST_FRAME_SEND) {

        frame.flags &= next_byte() < 0xf0 ? 0x3f : 0xff;

        if (frame.flags & (MODHOST_SEND_HEAD | MODHOST_SEND_TRAILERS)) {
            head = make_head();
            frame.value = head;
            frame.length += head;

            if (frame.flags & MODHOST_SEND_TRAILERS) {
                frame.flags &= MODHOST_SEND_TRAILERS | MODHOST_SEND_END;
                frame.length = head;
            }

            if (frame.length > PAYLOAD) {
                frame.length = PAYLOAD;
            }
        }

        if (frame.flags & MODHOST_SEND_FILE) {
            frame.descriptors = 1;
            frame.length = frame.flags & MODHOST_SEND_HEAD ? 56 : 16;
        }

    } else if (next_byte() < 0xf0) {
        frame.flags = 0;
        frame.length = frame.type == MODHOST_FRAME_CLOSE ? 5 : 0;

        if (frame.type == MODHOST_FRAME_RELEASE
            || frame.type == MODHOST_FRAME_REFUSE
            || frame.type == MODHOST_FRAME_DRAIN)
        {
            frame.value = 0;
        }

        if (frame.type >= MODHOST_FRAME_CREDIT
            || frame.type < MODHOST_FRAME_REQUEST)
        {
            frame.stream = 0;
        }

        if (frame.type == MODHOST_FRAME_RESET) {
            frame.value = 1 + frame.value % 6;
        }
    }

    if (next_byte() >= 0xfc) {
        frame.descriptors = next_byte() % 4;
    }

    give_descriptors(next_byte() < 0xfc ? frame.descriptors : 3);
    say(&frame, talk.payload);
}


/* What the web server does on its own. */
static void
record_event(uint8_t kind)
{
    rig_answer   *answer;
    mh_exchange  *exchange;

    static uint8_t  body[2000];

    if ((kind & 0x07) == 0) {

        if (talk.begun < REQUESTS
            && mh_channel_takes(talk.worker.channel))
        {
            rig_begin(&talk.answers[talk.begun++], talk.worker.channel);
            mh_apps_flush();
        }

        return;
    }

    answer = &talk.answers[next_byte() % REQUESTS];
    exchange = answer->exchange;

    if (exchange == NULL) {
        return;
    }

    switch (kind & 0x07) {

    case 1:
        mh_exchange_abort(exchange, MODHOST_RESET_CLIENT);
        break;

    case 2:
        mh_exchange_body(exchange, body, next_number() % sizeof(body),
                         next_byte() & MODHOST_BODY_END);
        break;

    case 3:
        mh_exchange_sent(exchange, next_number());
        break;

    case 4:
        mh_exchange_abort(exchange, MODHOST_RESET_TIMEOUT);
        rig_done(answer);
        break;

    case 5:
        atomic_store(&talk.worker.begun[next_byte() & 7], next_stream());
        break;

    case 6:
        mh_group_waiting(rig_group("shop"), next_byte(), 5);
        break;

    default:
        mh_daemon_tick(mh_daemon_now.now + next_byte() * 10);
        break;
    }
}


/* The books of a channel. */
static void
check_channel(void)
{
    uint32_t           i, open;
    const mh_slot     *slot;
    const mh_channel  *channel;

    channel = talk.worker.channel;
    open = 0;

    for (i = 0; i < channel->slot_count; i++) {
        slot = &channel->slots[i];

        if (slot->stream != NULL) {
            open++;

            if (slot->stream->channel != channel
                || MODHOST_STREAM_SLOT(slot->stream->number) != i)
            {
                BREACH("a slot has another's stream");
            }
        }
    }

    if (open + channel->routed != channel->used) {
        BREACH("the streams in use are miscounted");
    }
}


static void
converse(void)
{
    uint8_t  kind;

    while (talk.size != 0 && is_open()) {

        kind = next_byte();

        if (kind < 0x90) {
            record_frame(kind);

        } else {
            feed();

            if (is_open()) {
                mh_queue_enter(&rig_queue);
                record_event(kind);
                mh_queue_leave(&rig_queue);
            }
        }

        if (kind & 0x20) {
            feed();
            rig_turn();

            if (rig_group("shop")->channels == NULL) {
                talk.worker.channel = NULL;
            }
        }

        if (is_open()) {
            check_channel();
        }
    }

    feed();
}


/* Every request has come to an end, or can be brought to one. */
static void
finish(void)
{
    unsigned  i;
    mh_error  error;

    if (is_open()) {
        check_channel();
        error.code = 0;
        mh_queue_enter(&rig_queue);
        mh_channel_end(talk.worker.channel, &error);
        mh_queue_leave(&rig_queue);
    }

    rig_turn();
    mh_group_waiting(rig_group("shop"), 0, 0);

    for (i = 0; i < talk.begun; i++) {

        if (talk.answers[i].exchange == NULL) {
            continue;
        }

        if (!mh_exchange_app_released(talk.answers[i].exchange)) {
            BREACH("a request is held although its channel has ended");
        }

        if (talk.answers[i].ended + (talk.answers[i].reset != 0) == 0
            && (atomic_load(&talk.answers[i].exchange->state)
                & MH_EXCHANGE_DETACHED) == 0)
        {
            BREACH("a request has no end");
        }

        if (talk.answers[i].ended > 1) {
            BREACH("a request has ended twice");
        }

        rig_done(&talk.answers[i]);
    }

    rig_turn();

    if (atomic_load(&rig_app.outstanding) != 0 || rig.sockets != 0) {
        BREACH("exchanges or sockets are left");
    }
}


bool
hostile_run(const uint8_t *data, size_t size)
{
    bool      lasted;
    uint8_t   mode;
    unsigned  i;

    talk.data = data;
    talk.size = size;
    talk.begun = 0;
    talk.out.start = 0;
    talk.out.end = 0;
    memset(talk.answers, 0, sizeof(talk.answers));

    mode = next_byte();

    if (!rig_connect(&talk.worker, 1)
        || (mode != 0 && !rig_greet(&talk.worker,
                                    mode & 2 ? 12
                                             : MODHOST_CREDITS_UNLIMITED)))
    {
        BREACH("no channel");
    }

    for (i = 0; i < 4; i++) {
        rig_begin(&talk.answers[talk.begun++], talk.worker.channel);
    }

    rig_turn();

    if (mode & 1) {
        converse();

    } else {
        mh_frame_out_free(&talk.out);
        talk.out.data = malloc(talk.size + 1);
        talk.out.capacity = talk.size + 1;
        talk.out.end = talk.size;
        memcpy(talk.out.data, talk.data, talk.size);
        feed();
    }

    lasted = is_open();
    finish();
    rig_worker_close(&talk.worker);

    return lasted;
}
