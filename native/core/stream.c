/*
 * Exchanges on a channel: the numbers of streams, and their windows.
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


mh_stream *
mh_stream_open(mh_channel *channel, mh_exchange *exchange)
{
    mh_slot    *slot;
    mh_stream  *stream;

    stream = stream_of(exchange);
    slot = stream != NULL ? slot_take(channel) : NULL;

    if (slot == NULL) {
        return NULL;
    }

    slot->stream = stream;
    slot->count = slot->count < 0xffff ? slot->count + 1 : 1;

    stream->channel = channel;
    stream->number = slot->count << 16 | (uint32_t) (slot - channel->slots);
    stream->aborted = false;
    stream->touched = false;
    stream->body_ended = false;
    stream->hungry = false;
    stream->send_window = stream_window(channel, exchange);
    stream->under_way = 0;
    stream->owed = 0;
    stream->window = 0;

    return stream;
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


void
mh_stream_use_window(mh_stream *stream, uint32_t length)
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


/* ---- the end ----------------------------------------------------------- */

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
