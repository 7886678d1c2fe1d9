/*
 * The conversations; see frames.h.
 */

#include "frames.h"

#include "heads.h"

#include <stdlib.h>
#include <string.h>

#define STREAM  0x00010000u


/* ---- building ---------------------------------------------------------- */

static void
put_all(mh_frame_out *out, const modhost_frame *frame, const void *payload)
{
    mh_frame_put_copy(out, frame, payload);

    if (out->failed) {
        abort();
    }
}


static void
put(mh_frame_out *out, unsigned type, uint32_t stream, uint32_t value)
{
    modhost_frame  frame;

    memset(&frame, 0, sizeof(frame));
    frame.type = (uint8_t) type;
    frame.stream = stream;
    frame.value = value;
    put_all(out, &frame, NULL);
}


static void
put_flags(mh_frame_out *out, unsigned type, unsigned flags,
    unsigned descriptors, uint32_t stream, uint32_t value,
    const void *payload, size_t length)
{
    modhost_frame  frame;

    memset(&frame, 0, sizeof(frame));
    frame.length = (uint32_t) length;
    frame.type = (uint8_t) type;
    frame.flags = (uint8_t) flags;
    frame.descriptors = (uint16_t) descriptors;
    frame.stream = stream;
    frame.value = value;
    put_all(out, &frame, payload);
}


static void
put_text(mh_frame_out *out, unsigned type, uint32_t stream, uint32_t value,
    const char *text)
{
    put_flags(out, type, 0, 0, stream, value, text, strlen(text));
}


void
frame_put_hello(mh_frame_out *out, unsigned kind, uint32_t credits)
{
    modhost_hello  hello;

    hello.magic = MODHOST_PROTOCOL_MAGIC;
    hello.protocol = MODHOST_PROTOCOL_VERSION;
    hello.head_version = MODHOST_HEAD_VERSION;
    hello.kind = kind;
    hello.pid = 4711;
    hello.generation = 2;
    hello.number = 1;
    hello.credits = credits;
    hello.count = 4;

    put_flags(out, MODHOST_FRAME_HELLO, 0, 0, 0, 0, &hello, sizeof(hello));
}


/* A head of heads.c, as the stored vector has it; its size. */
static size_t
head_of(const char *name, void *memory)
{
    size_t  i;

    for (i = 0; i < head_sample_count; i++) {
        if (strcmp(head_samples[i].name, name) == 0) {
            return head_samples[i].build(memory);
        }
    }

    abort();
}


static void
put_request(mh_frame_out *out, uint32_t stream, const char *name)
{
    size_t                  size;
    static uint64_t         memory[(HEAD_MAX + 16) / 8];
    modhost_request_start   start;

    memset(memory, 0, sizeof(memory));
    start.flags = MODHOST_EXCHANGE_DETAIL;
    start.send_window = 262144;
    start.max_request_body = -1;
    memcpy(memory, &start, sizeof(start));
    size = head_of(name, memory + 2);

    put_flags(out, MODHOST_FRAME_REQUEST, 0, 0, stream, 0, memory,
              sizeof(start) + size);
}


/* A response head, then what follows it. */
static void
put_send(mh_frame_out *out, uint32_t stream, unsigned flags,
    unsigned descriptors, const char *name, const void *rest, size_t length)
{
    size_t           size, at;
    static uint64_t  memory[(HEAD_MAX + 4096) / 8];

    memset(memory, 0, sizeof(memory));
    size = head_of(name, memory);
    at = MH_FRAME_PAD(size);
    memcpy((uint8_t *) memory + at, rest, length);

    put_flags(out, MODHOST_FRAME_SEND, flags, descriptors, stream,
              (uint32_t) size, memory, length ? at + length : size);
}


/* ---- what may be said -------------------------------------------------- */

static void
channel_to_worker(mh_frame_out *out)
{
    frame_put_hello(out, MODHOST_PEER_NGINX, 0);
    put_request(out, STREAM, "request-upload");
    put_flags(out, MODHOST_FRAME_BODY, 0, 0, STREAM, 0, "hello ", 6);
    put_flags(out, MODHOST_FRAME_BODY, MODHOST_BODY_END, 0, STREAM, 0,
              "world", 5);
    put_request(out, STREAM + 1, "request-browser");
    put(out, MODHOST_FRAME_SENT, STREAM, 65536);
    put(out, MODHOST_FRAME_ABORT, STREAM + 1, MODHOST_RESET_CLIENT);
    put(out, MODHOST_FRAME_WANT, 0, 12);
    put(out, MODHOST_FRAME_RETURN, 0, 3);
    put(out, MODHOST_FRAME_PING, 0, 99);
    put(out, MODHOST_FRAME_DRAINED, 0, 0);
}


static void
channel_to_worker_wrap(mh_frame_out *out)
{
    frame_put_hello(out, MODHOST_PEER_APACHE, 0);
    put_request(out, 0xffff0000, "request-minimal");
    put(out, MODHOST_FRAME_ABORT, 0xffff0000, MODHOST_RESET_SHUTDOWN);
    put_request(out, 0x00010000, "request-minimal");
}


static void
channel_to_web_server(mh_frame_out *out)
{
    static const modhost_file_range  range = { 4096, 1000000 };

    frame_put_hello(out, MODHOST_PEER_WORKER, 16);
    put_send(out, STREAM, MODHOST_SEND_HEAD | MODHOST_SEND_END, 0,
             "response-plaintext", "Hello, World!", 13);
    put(out, MODHOST_FRAME_READ, STREAM + 1, 65536);
    put_send(out, STREAM + 1, MODHOST_SEND_HEAD | MODHOST_SEND_FLUSH, 0,
             "response-rich", "", 0);
    put_flags(out, MODHOST_FRAME_SEND, 0, 0, STREAM + 1, 0, "data", 4);
    put_send(out, STREAM + 1,
             MODHOST_SEND_TRAILERS | MODHOST_SEND_END, 0, "response-trailers",
             "", 0);
    put_send(out, STREAM + 2, MODHOST_SEND_HEAD | MODHOST_SEND_FILE
             | MODHOST_SEND_FLUSH, 1, "response-minimal", &range,
             sizeof(range));
    put_flags(out, MODHOST_FRAME_SEND, MODHOST_SEND_END, 0, STREAM + 2, 0, "",
              0);
    put_send(out, STREAM + 3, MODHOST_SEND_HEAD | MODHOST_SEND_UPGRADE, 0,
             "response-upgrade", "", 0);
    put(out, MODHOST_FRAME_RESET, STREAM + 3, MODHOST_RESET_APP);
    put(out, MODHOST_FRAME_RELEASE, STREAM + 4, 0);
    put(out, MODHOST_FRAME_REFUSE, STREAM + 5, 0);
    put(out, MODHOST_FRAME_CREDIT, 0, 8);
    put(out, MODHOST_FRAME_RECALL, 0, 4);
    put(out, MODHOST_FRAME_DRAIN, 0, 0);
    put(out, MODHOST_FRAME_PONG, 0, 99);
    put_text(out, MODHOST_FRAME_CLOSE, 0, 602, "a frame has no place here");
}


static void
shim_to_supervisor(mh_frame_out *out)
{
    uint8_t         bytes[64];
    modhost_demand  demand = { 17, 250 };

    static const uint32_t  ids[] = { 1, 2, 70000 };

    frame_put_hello(out, MODHOST_PEER_NGINX, 0);
    put_flags(out, MODHOST_FRAME_HAVE, 0, 0, 0, 0, ids, sizeof(ids));
    memcpy(bytes, &demand, sizeof(demand));
    memcpy(bytes + sizeof(demand), "shop", 4);
    put_flags(out, MODHOST_FRAME_DEMAND, 0, 0, 0, 0, bytes,
              sizeof(demand) + 4);
    put(out, MODHOST_FRAME_STUCK, 0, 2);
    put(out, MODHOST_FRAME_LOST, 0, 70000);
}


static void
shim_to_web_server(mh_frame_out *out)
{
    uint8_t               bytes[128];
    modhost_group_state   state = { MODHOST_APP_FAILED, 501, 4, 9 };
    modhost_worker_offer  offer = { 7, 4712, 1, 4, { 0 } };

    frame_put_hello(out, MODHOST_PEER_SUPERVISOR, 0);
    put_flags(out, MODHOST_FRAME_STATUS, 0, 1, 0, 0, "", 0);

    memcpy(bytes, &state, sizeof(state));
    memcpy(bytes + sizeof(state), "shopit throws", 13);
    put_flags(out, MODHOST_FRAME_GROUP, 0, 0, 0, 0, bytes,
              sizeof(state) + 13);

    memcpy(offer.affinity, "0123456789abcdef0123456789abcdef", 32);
    memcpy(bytes, &offer, sizeof(offer));
    memcpy(bytes + sizeof(offer), "shop", 4);
    put_flags(out, MODHOST_FRAME_WORKER, 0, 2, 0, 0, bytes,
              sizeof(offer) + 4);

    put(out, MODHOST_FRAME_DRAINING, 0, 7);
    put_text(out, MODHOST_FRAME_GONE, 0, 7, "killed by signal 9");
}


static void
control_to_worker(mh_frame_out *out)
{
    frame_put_hello(out, MODHOST_PEER_SUPERVISOR, 0);
    put_text(out, MODHOST_FRAME_CONFIG, 0, 0, "{\"name\":\"Shop\"}");
    put_flags(out, MODHOST_FRAME_CHANNEL, 0, 2, 3, 4711, "", 0);
    put(out, MODHOST_FRAME_HEARTBEAT, 0, 5);
    put_text(out, MODHOST_FRAME_WARMUP, 0, 0, "/ready?deep=1");
    put(out, MODHOST_FRAME_LOG_LEVEL, 0, MODHOST_LOG_DEBUG);
    put(out, MODHOST_FRAME_DRAIN_ALL, 0, 0);
    put(out, MODHOST_FRAME_STOP, 0, 10000);
}


static void
control_to_supervisor(mh_frame_out *out)
{
    modhost_worker_load  load = {
        3, 8, 1000, 20000000, 30000000, 40000000, 2, { 10, 5, 1 },
        1500, 90000
    };

    frame_put_hello(out, MODHOST_PEER_WORKER, 0);
    put_text(out, MODHOST_FRAME_STATE, 501, MODHOST_APP_FAILED, "it throws");
    put_text(out, MODHOST_FRAME_LOG, 4, MODHOST_LOG_WARNING,
             "Shopa line\nand another");
    put_flags(out, MODHOST_FRAME_ALIVE, 0, 0, 0, 5, &load, sizeof(load));
    put(out, MODHOST_FRAME_WARMED, 0, 204);
}


static void
keeping_to_watchdog(mh_frame_out *out)
{
    put_flags(out, MODHOST_FRAME_STORE, 0, 1, 0, 0, "listen:shim", 11);
    put_text(out, MODHOST_FRAME_DROP, 0, 0, "worker:3:pidfd");
    put_text(out, MODHOST_FRAME_BLOB, 0, 0, "{\"workers\":[]}");
    put(out, MODHOST_FRAME_LIMIT, 0, 65000);
    put(out, MODHOST_FRAME_READY, 0, 0);
    put_text(out, MODHOST_FRAME_FAILED, 0, 0, "MH0701: no");
    put(out, MODHOST_FRAME_DONE, 0, 0);
}


static void
keeping_to_supervisor(mh_frame_out *out)
{
    put_flags(out, MODHOST_FRAME_KEPT, 0, 1, 0, 0, "lifeline", 8);
    put_text(out, MODHOST_FRAME_KEPT_BLOB, 0, 0, "{\"workers\":[]}");
    put(out, MODHOST_FRAME_KEPT_ALL, 0, 1);
    put(out, MODHOST_FRAME_EXITED, 4713, 9);
    put(out, MODHOST_FRAME_SHUTDOWN, 0, 0);
}


const frame_sample  frame_samples[] = {
    { "channel-to-worker", channel_to_worker },
    { "channel-to-worker-wrap", channel_to_worker_wrap },
    { "channel-to-web-server", channel_to_web_server },
    { "shim-to-supervisor", shim_to_supervisor },
    { "shim-to-web-server", shim_to_web_server },
    { "control-to-worker", control_to_worker },
    { "control-to-supervisor", control_to_supervisor },
    { "keeping-to-watchdog", keeping_to_watchdog },
    { "keeping-to-supervisor", keeping_to_supervisor },
};

const size_t  frame_sample_count =
    sizeof(frame_samples) / sizeof(frame_samples[0]);


/* ---- what may not ------------------------------------------------------ */

static void
bad_to_worker_first(mh_frame_out *out)
{
    put_request(out, STREAM, "request-minimal");
}


static void
bad_to_worker_hello_twice(mh_frame_out *out)
{
    frame_put_hello(out, MODHOST_PEER_NGINX, 0);
    frame_put_hello(out, MODHOST_PEER_NGINX, 0);
}


static void
bad_to_worker_magic(mh_frame_out *out)
{
    frame_put_hello(out, MODHOST_PEER_NGINX, 0);
    out->data[sizeof(modhost_frame)] ^= 1;
}


static void
bad_to_worker_direction(mh_frame_out *out)
{
    frame_put_hello(out, MODHOST_PEER_NGINX, 0);
    put(out, MODHOST_FRAME_READ, STREAM, 5);
}


static void
bad_to_worker_count(mh_frame_out *out)
{
    frame_put_hello(out, MODHOST_PEER_NGINX, 0);
    put_request(out, STREAM + 0x10000, "request-minimal");
}


static void
bad_to_worker_slot_in_use(mh_frame_out *out)
{
    frame_put_hello(out, MODHOST_PEER_NGINX, 0);
    put_request(out, STREAM, "request-minimal");
    put_request(out, STREAM + 0x10000, "request-minimal");
}


static void
bad_to_worker_short_request(mh_frame_out *out)
{
    frame_put_hello(out, MODHOST_PEER_NGINX, 0);
    put_flags(out, MODHOST_FRAME_REQUEST, 0, 0, STREAM, 0,
              "0123456789012345", 16);
}


static void
bad_to_worker_window(mh_frame_out *out)
{
    frame_put_hello(out, MODHOST_PEER_NGINX, 0);
    put_request(out, STREAM, "request-upload");
    put_flags(out, MODHOST_FRAME_BODY, 0, 0, STREAM, 0, "not granted", 11);
}


static void
bad_to_worker_reason(mh_frame_out *out)
{
    frame_put_hello(out, MODHOST_PEER_NGINX, 0);
    put_request(out, STREAM, "request-minimal");
    put(out, MODHOST_FRAME_ABORT, STREAM, 7);
}


static void
bad_to_web_server_type(mh_frame_out *out)
{
    frame_put_hello(out, MODHOST_PEER_WORKER, 1);
    put(out, 255, 0, 0);
}


static void
bad_to_web_server_kind(mh_frame_out *out)
{
    frame_put_hello(out, MODHOST_PEER_NGINX, 1);
}


static void
bad_to_web_server_flags(mh_frame_out *out)
{
    frame_put_hello(out, MODHOST_PEER_WORKER, 1);
    put_flags(out, MODHOST_FRAME_DRAIN, 1, 0, 0, 0, "", 0);
}


static void
bad_to_web_server_length(mh_frame_out *out)
{
    frame_put_hello(out, MODHOST_PEER_WORKER, 1);
    put_text(out, MODHOST_FRAME_READ, STREAM, 1, "x");
}


static void
bad_to_web_server_too_long(mh_frame_out *out)
{
    uint32_t  length;

    frame_put_hello(out, MODHOST_PEER_WORKER, 1);
    put(out, MODHOST_FRAME_SEND, STREAM, 0);
    length = MODHOST_FRAME_LENGTH_MAX + 1;
    memcpy(out->data + out->end - sizeof(modhost_frame), &length, 4);
}


static void
bad_to_web_server_padding(mh_frame_out *out)
{
    frame_put_hello(out, MODHOST_PEER_WORKER, 1);
    put_text(out, MODHOST_FRAME_CLOSE, 0, 602, "odd");
    out->data[out->end - 1] = 1;
}


static void
bad_to_web_server_idle_stream(mh_frame_out *out)
{
    frame_put_hello(out, MODHOST_PEER_WORKER, 1);
    put(out, MODHOST_FRAME_RELEASE, STREAM, 0);
}


static void
bad_shim_to_web_server_name(mh_frame_out *out)
{
    modhost_group_state  state = { MODHOST_APP_READY, 0, 5, 0 };

    frame_put_hello(out, MODHOST_PEER_SUPERVISOR, 0);
    put_flags(out, MODHOST_FRAME_GROUP, 0, 0, 0, 0, &state, sizeof(state));
}


const frame_sample  frame_bad_samples[] = {
    { "channel-to-worker-first", bad_to_worker_first },
    { "channel-to-worker-hello-twice", bad_to_worker_hello_twice },
    { "channel-to-worker-magic", bad_to_worker_magic },
    { "channel-to-worker-direction", bad_to_worker_direction },
    { "channel-to-worker-count", bad_to_worker_count },
    { "channel-to-worker-slot-in-use", bad_to_worker_slot_in_use },
    { "channel-to-worker-short-request", bad_to_worker_short_request },
    { "channel-to-worker-window", bad_to_worker_window },
    { "channel-to-worker-reason", bad_to_worker_reason },
    { "channel-to-web-server-type", bad_to_web_server_type },
    { "channel-to-web-server-kind", bad_to_web_server_kind },
    { "channel-to-web-server-flags", bad_to_web_server_flags },
    { "channel-to-web-server-length", bad_to_web_server_length },
    { "channel-to-web-server-too-long", bad_to_web_server_too_long },
    { "channel-to-web-server-padding", bad_to_web_server_padding },
    { "channel-to-web-server-idle-stream", bad_to_web_server_idle_stream },
    { "shim-to-web-server-name", bad_shim_to_web_server_name },
};

const size_t  frame_bad_sample_count =
    sizeof(frame_bad_samples) / sizeof(frame_bad_samples[0]);
