/*
 * The application table of a group: what the web server tells an exchange
 * becomes frames to its worker.
 */

#include "daemon_private.h"

#include "app.h"
#include "exchange_private.h"

#include <stdlib.h>
#include <string.h>


/* ---- begin ------------------------------------------------------------- */

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
    mh_error    error;
    mh_stream  *stream;

    channel->routed--;

    /* Since it was chosen it may have ended, or been asked to drain. */

    if (channel->wire.socket.fd == -1 || channel->draining) {
        stream_refuse(channel, exchange, MH_RESET_RETRY);
        return;
    }

    if (exchange->pub.head->size > MH_HEAD_SIZE_GROUP_MAX) {
        mh_error_set(&error, MH_E_REQUEST_LENGTH,
                     "a request head of %u bytes does not fit into a frame",
                     exchange->pub.head->size);
        mh_daemon_log(channel->group, MODHOST_LOG_ERROR, &error);
        stream_refuse(channel, exchange, MODHOST_RESET_APP);
        return;
    }

    stream = mh_stream_open(channel, exchange);

    if (stream == NULL) {
        mh_error_set(&error, MH_E_MEMORY, "out of memory for a request");
        mh_daemon_log(channel->group, MODHOST_LOG_ERROR, &error);
        stream_refuse(channel, exchange, MODHOST_RESET_APP);
        return;
    }

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


/* ---- while it runs ----------------------------------------------------- */

static mh_stream *
stream_listening(modhost_exchange *pub)
{
    mh_stream  *stream;

    stream = pub->app_context;

    return stream != NULL && stream->channel != NULL && !stream->aborted
           ? stream : NULL;
}


/* In one frame, and past the window; what does not fit is left out. */
static void
put_trailers(mh_stream *stream, const uint8_t *block, uint32_t size)
{
    modhost_frame  frame;

    memset(&frame, 0, sizeof(frame));
    frame.type = MODHOST_FRAME_BODY;
    frame.stream = stream->number;
    frame.flags = MODHOST_BODY_END;

    if (size <= MODHOST_FRAME_LENGTH_MAX) {
        frame.flags |= MODHOST_BODY_TRAILERS;
        frame.length = size;
    }

    mh_frame_put_copy(&stream->channel->wire.out, &frame, block);
    mh_wire_touch(&stream->channel->wire);
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

    if ((flags & MODHOST_BODY_TRAILERS) != 0) {
        put_trailers(stream, data, length);
        return;
    }

    mh_stream_use_window(stream, length);

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


static void
channel_exchange_abort(modhost_exchange *pub, uint32_t reason)
{
    mh_stream  *stream;

    stream = stream_listening(pub);

    if (stream != NULL) {
        mh_stream_abort(stream, reason);
    }
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
