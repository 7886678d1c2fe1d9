/*
 * Exchanges on a channel: the application table whose calls become frames, the
 * numbers of streams, and their windows.
 */

#include "daemon_private.h"

#include "app.h"
#include "exchange_private.h"

#include <stdlib.h>
#include <string.h>


/* Response memory that the streams of a channel share. */
#define WINDOW_BUDGET  67108864u
#define WINDOW_MIN     16384u
#define WINDOW_MAX     262144u

/* Request-body bytes of one stream in one turn. */
#define QUANTUM  65536u

#define FIRST_SLOTS  64u


/* ---- slots ------------------------------------------------------------- */

/* The lowest are used again and again, so few are touched. */
static bool
slots_grow(mh_channel *channel)
{
    uint32_t  capacity;
    mh_slot  *slots;

    capacity = channel->slot_capacity ? channel->slot_capacity * 2
                                      : FIRST_SLOTS;

    if (capacity > MODHOST_STREAM_SLOTS) {
        return false;
    }

    slots = realloc(channel->slots, capacity * sizeof(mh_slot));

    if (slots == NULL) {
        return false;
    }

    channel->slots = slots;
    channel->slot_capacity = capacity;

    return true;
}


static mh_slot *
slot_take(mh_channel *channel)
{
    mh_slot  *slot;

    if (channel->free_slot != MH_SLOT_NONE) {
        slot = &channel->slots[channel->free_slot];
        channel->free_slot = slot->next_free;
        return slot;
    }

    if (channel->slot_count == channel->slot_capacity
        && !slots_grow(channel))
    {
        return NULL;
    }

    slot = &channel->slots[channel->slot_count++];
    slot->stream = NULL;
    slot->count = 0;

    return slot;
}


static void
slot_give(mh_channel *channel, uint32_t number)
{
    uint32_t  index;
    mh_slot  *slot;

    index = MODHOST_STREAM_SLOT(number);
    slot = &channel->slots[index];

    slot->stream = NULL;
    slot->next_free = channel->free_slot;
    channel->free_slot = index;
}


mh_stream *
mh_stream_find(const mh_channel *channel, uint32_t number)
{
    uint32_t    index;
    mh_stream  *stream;

    index = MODHOST_STREAM_SLOT(number);

    if (index >= channel->slot_count) {
        return NULL;
    }

    stream = channel->slots[index].stream;

    return stream != NULL && stream->number == number ? stream : NULL;
}


/* ---- begin ------------------------------------------------------------- */

static mh_stream *
stream_of(mh_exchange *exchange)
{
    mh_stream  *stream;

    stream = exchange->pub.app_context;

    if (stream == NULL) {
        stream = calloc(1, sizeof(mh_stream));

        if (stream == NULL) {
            return NULL;
        }

        stream->exchange = exchange;
        exchange->pub.app_context = stream;
    }

    return stream;
}


/* The more streams there are, the less has each. */
static uint32_t
stream_window(const mh_channel *channel, const mh_exchange *exchange)
{
    uint32_t  window;

    window = WINDOW_BUDGET / (channel->used ? channel->used : 1);

    if (window > WINDOW_MAX) {
        window = WINDOW_MAX;
    }

    if (window < WINDOW_MIN) {
        window = WINDOW_MIN;
    }

    return exchange->pub.send_window < window ? exchange->pub.send_window
                                              : window;
}


static void
stream_open(mh_channel *channel, mh_stream *stream, mh_slot *slot)
{
    slot->stream = stream;
    slot->count = slot->count < 0xffff ? slot->count + 1 : 1;

    stream->channel = channel;
    stream->number = slot->count << 16 | (uint32_t) (slot - channel->slots);
    stream->aborted = false;
    stream->touched = false;
    stream->body_ended = false;
    stream->hungry = false;
    stream->send_window = stream_window(channel, stream->exchange);
    stream->under_way = 0;
    stream->owed = 0;
    stream->window = 0;
}


static void
put_request(mh_channel *channel, const mh_stream *stream)
{
    uint8_t                 *at;
    modhost_frame            frame;
    modhost_request_start    start;
    const modhost_exchange  *pub;

    pub = &stream->exchange->pub;

    memset(&frame, 0, sizeof(frame));
    frame.type = MODHOST_FRAME_REQUEST;
    frame.length = (uint32_t) sizeof(start) + pub->head->size;
    frame.stream = stream->number;

    start.flags = pub->flags & MODHOST_EXCHANGE_DETAIL;
    start.send_window = stream->send_window;
    start.max_request_body = pub->max_request_body;

    at = mh_frame_put(&channel->wire.out, &frame);

    if (at != NULL) {
        memcpy(at, &start, sizeof(start));
        memcpy(at + sizeof(start), pub->head, pub->head->size);
    }

    mh_wire_touch(&channel->wire);
}


static void
stream_refuse(mh_channel *channel, mh_exchange *exchange, uint32_t reason)
{
    mh_exchange_push_reset(exchange, reason);
    mh_server_table()->exchange_release(&exchange->pub);
    mh_channel_unuse(channel);
}


static void
stream_begin(mh_channel *channel, mh_exchange *exchange)
{
    mh_slot    *slot;
    mh_error    error;
    mh_stream  *stream;

    channel->routed--;

    /* Since it was chosen it may have ended, or been asked to drain. */

    if (channel->wire.socket.fd == -1 || channel->draining) {
        stream_refuse(channel, exchange, MH_RESET_RETRY);
        return;
    }

    if (exchange->pub.head->size
        > MODHOST_FRAME_LENGTH_MAX - sizeof(modhost_request_start))
    {
        mh_error_set(&error, MH_E_REQUEST_LENGTH,
                     "a request head of %u bytes does not fit into a frame",
                     exchange->pub.head->size);
        mh_daemon_log(channel->group, MODHOST_LOG_ERROR, &error);
        stream_refuse(channel, exchange, MODHOST_RESET_APP);
        return;
    }

    stream = stream_of(exchange);
    slot = stream != NULL ? slot_take(channel) : NULL;

    if (slot == NULL) {
        mh_error_set(&error, MH_E_MEMORY, "out of memory for a request");
        mh_daemon_log(channel->group, MODHOST_LOG_ERROR, &error);
        stream_refuse(channel, exchange, MODHOST_RESET_APP);
        return;
    }

    stream_open(channel, stream, slot);
    put_request(channel, stream);
}


void
mh_exchange_route(mh_exchange *exchange, mh_channel *channel)
{
    exchange->route = channel;
}


static void
channel_exchange_begin(modhost_exchange *const *exchanges, uint32_t count)
{
    uint32_t      i;
    mh_channel   *channel;
    mh_exchange  *exchange;

    for (i = 0; i < count; i++) {
        exchange = (mh_exchange *) exchanges[i];
        channel = exchange->route;
        exchange->route = NULL;

        stream_begin(channel, exchange);
    }
}


/* ---- the request body -------------------------------------------------- */

/* Passes on what the worker granted, a quantum at a time. */
static void
stream_feed(mh_stream *stream)
{
    uint64_t  window;

    if (stream->owed == 0 || stream->window >= QUANTUM) {
        return;
    }

    window = QUANTUM - stream->window;

    if (window > stream->owed) {
        window = stream->owed;
    }

    stream->owed -= window;
    stream->window += (uint32_t) window;

    mh_server_table()->exchange_read(&stream->exchange->pub,
                                     (uint32_t) window);
}


void
mh_stream_grant(mh_stream *stream, uint32_t bytes)
{
    stream->owed += bytes;

    if (!stream->hungry && !stream->body_ended) {
        stream_feed(stream);
    }
}


/* Has used its quantum: the next one when the socket has taken this. */
static void
stream_hunger(mh_stream *stream)
{
    mh_channel  *channel;

    channel = stream->channel;

    if (!stream->hungry) {
        stream->hungry = true;
        stream->next_hungry = channel->hungry;
        channel->hungry = stream;
    }
}


void
mh_streams_feed(mh_channel *channel)
{
    mh_stream  *stream;

    while (channel->hungry != NULL) {
        stream = channel->hungry;
        channel->hungry = stream->next_hungry;
        stream->hungry = false;

        if (!stream->body_ended && !stream->aborted) {
            stream_feed(stream);
        }
    }
}


static void
stream_use_window(mh_stream *stream, uint32_t length)
{
    if (length <= stream->window) {
        stream->window -= length;

    } else {
        length -= stream->window;
        stream->window = 0;
        stream->owed -= length < stream->owed ? length : stream->owed;
    }

    if (stream->window == 0) {
        stream_hunger(stream);
    }
}


static mh_stream *
stream_listening(modhost_exchange *pub)
{
    mh_stream  *stream;

    stream = pub->app_context;

    return stream != NULL && stream->channel != NULL && !stream->aborted
           ? stream : NULL;
}


static void
channel_exchange_body(modhost_exchange *pub, const uint8_t *data,
    uint32_t length, uint32_t flags)
{
    uint32_t        piece;
    mh_stream      *stream;
    modhost_frame   frame;

    stream = stream_listening(pub);

    if (stream == NULL || stream->body_ended
        || (length == 0 && (flags & MODHOST_BODY_END) == 0))
    {
        return;
    }

    memset(&frame, 0, sizeof(frame));
    frame.type = MODHOST_FRAME_BODY;
    frame.stream = stream->number;

    stream->body_ended = (flags & MODHOST_BODY_END) != 0;
    stream_use_window(stream, length);

    do {
        piece = length < MODHOST_FRAME_BODY_MAX ? length
                                                : MODHOST_FRAME_BODY_MAX;
        frame.length = piece;
        frame.flags = piece == length ? (uint8_t) flags & MODHOST_BODY_END
                                      : 0;

        mh_frame_put_copy(&stream->channel->wire.out, &frame, data);

        data += piece;
        length -= piece;

    } while (length != 0);

    mh_wire_touch(&stream->channel->wire);
}


/* ---- the response, and the end ----------------------------------------- */

static void
channel_exchange_sent(modhost_exchange *pub, uint32_t bytes)
{
    mh_stream  *stream;

    stream = stream_listening(pub);

    if (stream == NULL) {
        return;
    }

    if (bytes > stream->under_way) {
        bytes = (uint32_t) stream->under_way;
    }

    if (bytes != 0) {
        stream->under_way -= bytes;
        mh_wire_put(&stream->channel->wire, MODHOST_FRAME_SENT,
                    stream->number, bytes);
    }
}


void
mh_stream_abort(mh_stream *stream, uint32_t reason)
{
    if (reason < MODHOST_RESET_CLIENT || reason > MODHOST_RESET_TOO_LARGE) {
        reason = MODHOST_RESET_SHUTDOWN;
    }

    stream->aborted = true;
    mh_wire_put(&stream->channel->wire, MODHOST_FRAME_ABORT, stream->number,
                reason);
}


static void
channel_exchange_abort(modhost_exchange *pub, uint32_t reason)
{
    mh_stream  *stream;

    stream = stream_listening(pub);

    if (stream != NULL) {
        mh_stream_abort(stream, reason);
    }
}


static void
stream_sate(mh_stream *stream)
{
    mh_stream  **at;

    at = &stream->channel->hungry;

    while (*at != stream) {
        at = &(*at)->next_hungry;
    }

    *at = stream->next_hungry;
    stream->hungry = false;
}


void
mh_stream_end(mh_stream *stream)
{
    mh_channel   *channel;
    mh_exchange  *exchange;

    channel = stream->channel;
    exchange = stream->exchange;

    if (stream->hungry) {
        stream_sate(stream);
    }

    slot_give(channel, stream->number);
    stream->channel = NULL;

    mh_server_table()->exchange_release(&exchange->pub);
    mh_channel_unuse(channel);
}


/* The memory of an idle exchange goes. */
static void
channel_exchange_forget(modhost_exchange *pub)
{
    free(pub->app_context);
    pub->app_context = NULL;
}


/* ---- the table --------------------------------------------------------- */

/* Applications behind channels are started by the supervisor. */

static int32_t
channel_app_start(const modhost_app_config *config)
{
    (void) config;
    return MODHOST_E_REFUSED;
}


static void
channel_app_nothing(uint32_t app)
{
    (void) app;
}


static void
channel_runtime_stats(modhost_runtime_stats *stats)
{
    uint32_t  size;

    size = stats->size;
    memset(stats, 0, size);
    stats->size = size;
}


static modhost_app_table  channel_table = {
    .size = sizeof(modhost_app_table),
    .abi_version = MODHOST_ABI_VERSION,
    .app_start = channel_app_start,
    .app_stop = channel_app_nothing,
    .app_drained = channel_app_nothing,
    .exchange_begin = channel_exchange_begin,
    .exchange_body = channel_exchange_body,
    .exchange_sent = channel_exchange_sent,
    .exchange_abort = channel_exchange_abort,
    .exchange_forget = channel_exchange_forget,
    .runtime_stats = channel_runtime_stats,
};


modhost_app_table *
mh_channel_table(void)
{
    return &channel_table;
}
