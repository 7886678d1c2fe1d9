/*
 * Frames from a worker: each is checked against the state of its stream, and
 * then becomes a call of the server's table, as an embedded runtime would make
 * it.
 */

#include "daemon_private.h"

#include "exchange_private.h"


#define SEND_FLAGS                                                            \
    (MODHOST_SEND_HEAD | MODHOST_SEND_END | MODHOST_SEND_FLUSH                \
     | MODHOST_SEND_TRAILERS | MODHOST_SEND_FILE | MODHOST_SEND_UPGRADE)


mh_stream *
mh_channel_frame_stream(mh_wire *wire, const mh_frame_view *view,
    mh_error *error)
{
    mh_stream  *stream;

    stream = mh_stream_find((mh_channel *) wire, view->frame.stream);

    if (stream == NULL) {
        (void) mh_fail(error, MH_E_PROTOCOL,
                       "a frame of type %u came for stream 0x%08x, which is "
                       "not open", view->frame.type, view->frame.stream);
    }

    return stream;
}


/* ---- frames of a stream ------------------------------------------------ */

static int
take_read(mh_wire *wire, mh_frame_view *view, mh_error *error)
{
    mh_stream  *stream;

    stream = mh_channel_frame_stream(wire, view, error);

    if (stream == NULL) {
        return -1;
    }

    stream->touched = true;

    if (!stream->aborted) {
        mh_stream_grant(stream, view->frame.value);
    }

    return 0;
}


static int
take_reset(mh_wire *wire, mh_frame_view *view, mh_error *error)
{
    mh_stream  *stream;

    stream = mh_channel_frame_stream(wire, view, error);

    if (stream == NULL) {
        return -1;
    }

    if (view->frame.value < MODHOST_RESET_CLIENT
        || view->frame.value > MODHOST_RESET_TOO_LARGE)
    {
        return mh_fail(error, MH_E_PROTOCOL,
                       "a stream is reset for the unknown reason %u",
                       view->frame.value);
    }

    if (!stream->aborted) {
        mh_exchange_push_reset(stream->exchange, view->frame.value);
    }

    mh_stream_end(stream);

    return 0;
}


static int
take_release(mh_wire *wire, mh_frame_view *view, mh_error *error)
{
    mh_stream  *stream;

    stream = mh_channel_frame_stream(wire, view, error);

    if (stream == NULL) {
        return -1;
    }

    if (!stream->aborted) {
        return mh_fail(error, MH_E_PROTOCOL,
                       "a stream was released before its response ended");
    }

    mh_stream_end(stream);

    return 0;
}


static int
take_refuse(mh_wire *wire, mh_frame_view *view, mh_error *error)
{
    mh_stream   *stream;
    mh_channel  *channel;

    channel = (mh_channel *) wire;
    stream = mh_channel_frame_stream(wire, view, error);

    if (stream == NULL) {
        return -1;
    }

    if (stream->touched
        || atomic_load(&channel->begun[MODHOST_STREAM_SLOT(stream->number)])
           == stream->number)
    {
        return mh_fail(error, MH_E_PROTOCOL,
                       "a request was refused after it had begun");
    }

    if (!stream->aborted) {
        mh_exchange_push_reset(stream->exchange, MH_RESET_RETRY);
    }

    mh_stream_end(stream);

    return 0;
}


/* ---- frames of the channel --------------------------------------------- */

static int
check_limited(const mh_channel *channel, const mh_frame_view *view,
    mh_error *error)
{
    return channel->credits != MODHOST_CREDITS_UNLIMITED ? 0
           : mh_fail(error, MH_E_PROTOCOL,
                     "a frame of type %u came, but the worker has no limit",
                     view->frame.type);
}


static int
take_credit(mh_wire *wire, mh_frame_view *view, mh_error *error)
{
    mh_channel  *channel;

    channel = (mh_channel *) wire;

    if (check_limited(channel, view, error) != 0) {
        return -1;
    }

    if (view->frame.value
        >= MODHOST_CREDITS_UNLIMITED - channel->credits)
    {
        return mh_fail(error, MH_E_PROTOCOL, "there are %u credits more",
                       view->frame.value);
    }

    channel->credits += view->frame.value;
    channel->wanted = 0;
    channel->group->changed = true;

    return 0;
}


static int
take_recall(mh_wire *wire, mh_frame_view *view, mh_error *error)
{
    uint32_t     spare;
    mh_channel  *channel;

    channel = (mh_channel *) wire;

    if (check_limited(channel, view, error) != 0) {
        return -1;
    }

    if (mh_wire_backlog(wire) > MODHOST_FRAME_LENGTH_MAX) {
        return mh_fail(error, MH_E_PROTOCOL,
                       "the worker recalls credits and does not read");
    }

    spare = channel->credits > channel->used
            ? channel->credits - channel->used : 0;

    if (spare > view->frame.value) {
        spare = view->frame.value;
    }

    channel->credits -= spare;
    mh_wire_put(wire, MODHOST_FRAME_RETURN, 0, spare);

    return 0;
}


static int
take_drain(mh_wire *wire, mh_frame_view *view, mh_error *error)
{
    mh_channel  *channel;

    (void) view;

    channel = (mh_channel *) wire;

    if (channel->draining) {
        return mh_fail(error, MH_E_PROTOCOL, "a second DRAIN came");
    }

    channel->draining = true;
    channel->group->changed = true;
    mh_wire_put(wire, MODHOST_FRAME_DRAINED, 0, 0);

    return 0;
}


const mh_wire_rule  mh_channel_rules[] = {
    { .type = MODHOST_FRAME_SEND, .flags = SEND_FLAGS, .max_descriptors = 1,
      .stream = true, .value = true, .max_length = MODHOST_FRAME_LENGTH_MAX,
      .take = mh_channel_take_send },
    { .type = MODHOST_FRAME_READ, .stream = true, .value = true,
      .take = take_read },
    { .type = MODHOST_FRAME_RESET, .stream = true, .value = true,
      .take = take_reset },
    { .type = MODHOST_FRAME_RELEASE, .stream = true, .take = take_release },
    { .type = MODHOST_FRAME_REFUSE, .stream = true, .take = take_refuse },
    { .type = MODHOST_FRAME_CREDIT, .value = true, .take = take_credit },
    { .type = MODHOST_FRAME_RECALL, .value = true, .take = take_recall },
    { .type = MODHOST_FRAME_DRAIN, .take = take_drain },
    { .type = 0 },
};
