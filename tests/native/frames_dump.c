/*
 * Frames as text; see tests/vectors/README.md.
 */

#include "frames.h"

#include <inttypes.h>
#include <string.h>


static void
dump_text(FILE *to, const char *key, const uint8_t *text, size_t length)
{
    size_t  i;

    fprintf(to, "%s=", key);

    for (i = 0; i < length; i++) {
        if (text[i] < 0x20 || text[i] > 0x7e || text[i] == '\\') {
            fprintf(to, "\\x%02x", text[i]);
        } else {
            fputc(text[i], to);
        }
    }

    fputc('\n', to);
}


static void
dump_hello(FILE *to, const uint8_t *payload)
{
    modhost_hello  hello;

    memcpy(&hello, payload, sizeof(hello));

    fprintf(to, "hello.magic=0x%08x\nhello.protocol=%u\n"
            "hello.head_version=%u\nhello.kind=%u\nhello.pid=%u\n"
            "hello.generation=%u\nhello.number=%u\nhello.credits=%u\n"
            "hello.count=%u\n", hello.magic, hello.protocol,
            hello.head_version, hello.kind, hello.pid, hello.generation,
            hello.number, hello.credits, hello.count);
}


static void
dump_request(FILE *to, const uint8_t *payload)
{
    modhost_request_start  start;

    memcpy(&start, payload, sizeof(start));

    fprintf(to, "start.flags=0x%04x\nstart.send_window=%u\n"
            "start.max_request_body=%" PRId64 "\n", start.flags,
            start.send_window, start.max_request_body);
}


static void
dump_demand(FILE *to, const uint8_t *payload, size_t length)
{
    modhost_demand  demand;

    memcpy(&demand, payload, sizeof(demand));

    fprintf(to, "demand.waiting=%u\ndemand.oldest=%u\n", demand.waiting,
            demand.oldest);
    dump_text(to, "demand.name", payload + sizeof(demand),
              length - sizeof(demand));
}


static void
dump_group(FILE *to, const uint8_t *payload)
{
    modhost_group_state  state;

    memcpy(&state, payload, sizeof(state));

    fprintf(to, "group.state=%u\ngroup.code=%u\n", state.state, state.code);
    dump_text(to, "group.name", payload + sizeof(state), state.name_length);
    dump_text(to, "group.text", payload + sizeof(state) + state.name_length,
              state.text_length);
}


static void
dump_offer(FILE *to, const uint8_t *payload)
{
    modhost_worker_offer  offer;

    memcpy(&offer, payload, sizeof(offer));

    fprintf(to, "offer.worker=%u\noffer.pid=%u\noffer.index=%u\n",
            offer.worker, offer.pid, offer.index);
    dump_text(to, "offer.affinity", offer.affinity, sizeof(offer.affinity));
    dump_text(to, "offer.name", payload + sizeof(offer), offer.name_length);
}


static void
dump_load(FILE *to, const uint8_t *payload)
{
    modhost_worker_load  load;

    memcpy(&load, payload, sizeof(load));

    fprintf(to, "load.in_flight=%u\nload.pool_threads=%u\n"
            "load.requests=%" PRIu64 "\nload.heap_bytes=%" PRIu64 "\n"
            "load.committed_bytes=%" PRIu64 "\n"
            "load.allocated_bytes=%" PRIu64 "\nload.pool_queue=%" PRIu64 "\n"
            "load.collections=%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n"
            "load.times=%u,%u\n",
            load.in_flight, load.pool_threads, load.requests, load.heap_bytes,
            load.committed_bytes, load.allocated_bytes, load.pool_queue,
            load.collections[0], load.collections[1], load.collections[2],
            load.median_us, load.percentile_99_us);
}


static void
dump_send(FILE *to, const mh_frame_view *view)
{
    size_t              at;
    modhost_file_range  range;

    at = view->frame.flags & MODHOST_SEND_HEAD
         ? MH_FRAME_PAD(view->frame.value) : 0;

    if (at > view->frame.length
        || (view->frame.flags & MODHOST_SEND_TRAILERS))
    {
        at = view->frame.length;
    }

    if (view->frame.flags & MODHOST_SEND_FILE) {
        memcpy(&range, view->payload + at, sizeof(range));
        fprintf(to, "file.offset=%" PRId64 "\nfile.length=%" PRId64 "\n",
                range.offset, range.length);
        return;
    }

    dump_text(to, "body", view->payload + at, view->frame.length - at);
}


static void
dump_payload(FILE *to, const mh_frame_view *view)
{
    switch (view->frame.type) {

    case MODHOST_FRAME_HELLO:
        dump_hello(to, view->payload);
        break;

    case MODHOST_FRAME_REQUEST:
        dump_request(to, view->payload);
        break;

    case MODHOST_FRAME_SEND:
        dump_send(to, view);
        break;

    case MODHOST_FRAME_DEMAND:
        dump_demand(to, view->payload, view->frame.length);
        break;

    case MODHOST_FRAME_GROUP:
        dump_group(to, view->payload);
        break;

    case MODHOST_FRAME_WORKER:
        dump_offer(to, view->payload);
        break;

    case MODHOST_FRAME_ALIVE:
        dump_load(to, view->payload);
        break;

    default:
        dump_text(to, "payload", view->payload, view->frame.length);
    }
}


void
frame_dump(FILE *to, unsigned index, const mh_frame_view *view)
{
    fprintf(to, "frame=%u\ntype=%u\nflags=0x%02x\ndescriptors=%u\n"
            "stream=0x%08x\nvalue=%u\nlength=%u\n", index, view->frame.type,
            view->frame.flags, view->frame.descriptors, view->frame.stream,
            view->frame.value, view->frame.length);

    dump_payload(to, view);
}
