/*
 * SEND, a piece of a response from a worker: taken apart, checked, and given to
 * the exchange with one copy of its body.
 */

#include "daemon_private.h"

#include "exchange_private.h"
#include "send.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>


#define SMALL_FILE  4096


/* The parts of one. */
typedef struct send_parts {
    modhost_send    send;
    const uint8_t  *body;
    uint32_t        body_length;
} send_parts;


static int
split_trailers(const mh_frame_view *view, send_parts *parts, mh_error *error)
{
    if (view->frame.flags != (MODHOST_SEND_TRAILERS | MODHOST_SEND_END)
        || view->frame.value != view->frame.length)
    {
        return mh_fail(error, MH_E_PROTOCOL,
                       "trailers came with flags 0x%02x, %u of %u bytes",
                       view->frame.flags, view->frame.value,
                       view->frame.length);
    }

    parts->send.trailers = view->payload;
    parts->send.trailers_size = view->frame.value;

    return 0;
}


/* Where what follows the head begins. */
static int
split_head(const mh_frame_view *view, send_parts *parts, size_t *at,
    mh_error *error)
{
    size_t  size;

    size = view->frame.value;
    *at = 0;

    if ((view->frame.flags & MODHOST_SEND_HEAD) == 0) {

        if (size != 0) {
            return mh_fail(error, MH_E_PROTOCOL,
                           "a piece without a head has one of %zu bytes",
                           size);
        }

        return 0;
    }

    if (size > view->frame.length) {
        return mh_fail(error, MH_E_PROTOCOL,
                       "a head of %zu bytes came in a frame of %u", size,
                       view->frame.length);
    }

    parts->send.head = view->payload;
    parts->send.head_size = (uint32_t) size;

    *at = MH_FRAME_PAD(size);

    /* Without anything behind it, its padding may be the frame's. */

    if (*at > view->frame.length) {
        *at = view->frame.length;
        return size == view->frame.length ? 0
               : mh_fail(error, MH_E_PROTOCOL, "a head is not padded");
    }

    return 0;
}


static int
split_file(const mh_frame_view *view, send_parts *parts, size_t at,
    mh_error *error)
{
    struct stat         st;
    modhost_file_range  range;

    if (view->frame.descriptors != 1
        || view->frame.length - at != sizeof(range))
    {
        return mh_fail(error, MH_E_PROTOCOL,
                       "a file came with %u descriptors and %zu bytes",
                       view->frame.descriptors, view->frame.length - at);
    }

    memcpy(&range, view->payload + at, sizeof(range));

    if (range.offset < 0 || range.length < 0
        || range.length > INT64_MAX - range.offset)
    {
        return mh_fail(error, MH_E_PROTOCOL,
                       "a file is to be sent from %lld, %lld bytes",
                       (long long) range.offset, (long long) range.length);
    }

    if (fstat(view->fds[0], &st) == -1 || !S_ISREG(st.st_mode)) {
        return mh_fail(error, MH_E_PROTOCOL,
                       "a descriptor is not that of a regular file");
    }

    parts->send.file = view->fds[0];
    parts->send.file_offset = range.offset;
    parts->send.file_length = range.length;

    return 0;
}


static int
split_send(const mh_frame_view *view, send_parts *parts, mh_error *error)
{
    size_t  at;

    memset(parts, 0, sizeof(*parts));
    parts->send.flags = view->frame.flags;
    parts->send.file = -1;

    if (view->frame.flags & MODHOST_SEND_TRAILERS) {
        return split_trailers(view, parts, error);
    }

    if (split_head(view, parts, &at, error) != 0) {
        return -1;
    }

    if (view->frame.flags & MODHOST_SEND_FILE) {
        return split_file(view, parts, at, error);
    }

    if (view->frame.descriptors != 0) {
        return mh_fail(error, MH_E_PROTOCOL,
                       "a descriptor came with a piece that is no file");
    }

    parts->body = view->payload + at;
    parts->body_length = view->frame.length - (uint32_t) at;

    return 0;
}


/*
 * Counted is what the client has not got, so a worker that keeps to the window
 * as SENT tells it is always within. A file may be longer than that, because it
 * takes no memory, but nothing follows it until enough has left.
 */
static int
check_window(mh_stream *stream, const send_parts *parts, mh_error *error)
{
    uint64_t  under_way;

    under_way = stream->under_way + parts->body_length;

    if (under_way > stream->send_window
        && (parts->body_length != 0 || parts->send.file != -1))
    {
        return mh_fail(error, MH_E_PROTOCOL,
                       "%llu bytes of response are under way, %u are allowed",
                       (unsigned long long) under_way, stream->send_window);
    }

    stream->under_way = under_way + (uint64_t) parts->send.file_length;

    return 0;
}


/*
 * A final head goes to where an embedded runtime would have written it, so that
 * it need not be copied again; not over one that is there.
 */
static int
place_head(mh_stream *stream, send_parts *parts, mh_error *error)
{
    mh_exchange                  *exchange;
    const modhost_response_head  *head;

    if (parts->send.head == NULL) {
        return 0;
    }

    exchange = stream->exchange;
    head = parts->send.head;

    if (atomic_load_explicit(&exchange->state, memory_order_relaxed)
        & MH_EXCHANGE_HEAD_SENT)
    {
        return mh_fail(error, MH_E_PROTOCOL, "a response has a second head");
    }

    if (parts->send.head_size >= sizeof(*head) && head->status >= 200
        && parts->send.head_size <= exchange->pub.response_head_capacity)
    {
        memcpy(exchange->pub.response_head, head, parts->send.head_size);
        parts->send.head = exchange->pub.response_head;
    }

    return 0;
}


/*
 * A file that is no longer than this is read at once: so every descriptor that
 * is held stands for more than this many bytes of the window, and a worker
 * cannot use up the web server's descriptors.
 */
static int
read_small_file(send_parts *parts, mh_error *error)
{
    ssize_t         n;
    modhost_block  *block;
    modhost_send   *send;

    send = &parts->send;

    if (send->file == -1 || send->file_length > SMALL_FILE) {
        return 0;
    }

    block = mh_block_alloc_for((uint32_t) send->file_length);

    if (block == NULL) {
        return mh_fail(error, MH_E_MEMORY, "out of memory for a file");
    }

    n = pread(send->file, block->data, (size_t) send->file_length,
              send->file_offset);

    if (n != send->file_length) {
        mh_block_free(block);
        return mh_fail(error, MH_E_SEND_FILE,
                       "a file is shorter than what is to be sent of it");
    }

    block->length = (uint32_t) n;
    send->blocks = block;
    send->file = -1;
    send->flags &= ~(uint32_t) MODHOST_SEND_FILE;

    return 0;
}


/* The one copy of the body. False: no memory. */
static bool
copy_body(send_parts *parts)
{
    if (parts->body_length == 0) {
        return true;
    }

    parts->send.blocks = mh_block_alloc_for(parts->body_length);

    if (parts->send.blocks == NULL) {
        return false;
    }

    memcpy(parts->send.blocks->data, parts->body, parts->body_length);
    parts->send.blocks->length = parts->body_length;

    return true;
}


/*
 * What only this response has to suffer for: its header fields are the
 * application's, and so are its status and its files; memory for it may be
 * missing.
 */
static bool
is_of_stream(const mh_error *error)
{
    return error->code == MH_E_RESPONSE_HEADER
           || error->code == MH_E_SEND_MISUSE
           || error->code == MH_E_SEND_FILE || error->code == MH_E_MEMORY;
}


static void
stream_fail(mh_stream *stream, const mh_error *error, bool ended)
{
    mh_daemon_log(stream->channel->group, MODHOST_LOG_ERROR, error);
    mh_exchange_push_reset(stream->exchange, MODHOST_RESET_APP);

    if (!ended) {
        mh_stream_abort(stream, MODHOST_RESET_APP);
    }
}


static int
deliver(mh_stream *stream, mh_frame_view *view, send_parts *parts,
    mh_error *error)
{
    bool      ended;
    mh_error  refused;

    refused.code = MH_E_NONE;
    ended = (view->frame.flags & MODHOST_SEND_END) != 0;

    if (check_window(stream, parts, error) != 0
        || place_head(stream, parts, error) != 0)
    {
        return -1;
    }

    if (!copy_body(parts)) {
        mh_error_set(&refused, MH_E_MEMORY,
                     "out of memory for a piece of response");

    } else if (read_small_file(parts, &refused) == 0) {

        if (parts->send.file != -1) {
            view->fds[0] = -1;       /* it passes                             */
        }

        (void) mh_exchange_send_own(stream->exchange, &parts->send, &refused);
    }

    if (refused.code == MH_E_NONE) {

        if (parts->send.flags & MODHOST_SEND_UPGRADE) {
            stream->body_ended = false;    /* another begins                  */
        }

        return 0;
    }

    if (!is_of_stream(&refused)) {
        *error = refused;
        return -1;
    }

    stream_fail(stream, &refused, ended);

    return 0;
}


int
mh_channel_take_send(mh_wire *wire, mh_frame_view *view, mh_error *error)
{
    mh_stream   *stream;
    send_parts   parts;

    stream = mh_channel_frame_stream(wire, view, error);

    if (stream == NULL || split_send(view, &parts, error) != 0) {
        return -1;
    }

    stream->touched = true;

    if (!stream->aborted && deliver(stream, view, &parts, error) != 0) {
        return -1;
    }

    if (view->frame.flags & MODHOST_SEND_END) {
        mh_stream_end(stream);
    }

    return 0;
}
