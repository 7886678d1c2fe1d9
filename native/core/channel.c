/*
 * A channel's life: from the supervisor's offer to its end, and which of its
 * requests may be sent again.
 */

#include "daemon_private.h"

#include "exchange_private.h"
#include "page.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>


static int channel_greeted(mh_wire *wire, const modhost_hello *hello,
    mh_error *error);
static void channel_flushed(mh_wire *wire, bool was_full);
static void channel_settled(mh_wire *wire);
static void channel_ended(mh_wire *wire, const mh_error *error);


static const mh_wire_kind  channel_kind = {
    .rules = mh_channel_rules,
    .peer = MODHOST_PEER_WORKER,
    .greeted = channel_greeted,
    .flushed = channel_flushed,
    .settled = channel_settled,
    .ended = channel_ended,
};


mh_channel *
mh_channel_open(const mh_channel_offer *offer, mh_error *error)
{
    mh_channel  *channel;

    channel = calloc(1, sizeof(mh_channel));

    if (channel == NULL) {
        (void) mh_fail(error, MH_E_MEMORY, "out of memory for a channel");
        (void) close(offer->page);
        (void) close(offer->socket);
        return NULL;
    }

    channel->begun = mh_page_map(offer->page, MODHOST_BEGUN_SIZE, true,
                                 error);
    (void) close(offer->page);

    if (channel->begun == NULL) {
        (void) close(offer->socket);
        free(channel);
        return NULL;
    }

    if (mh_wire_open(&channel->wire, &channel_kind, offer->socket, error)
        != 0)
    {
        mh_page_unmap(channel->begun, MODHOST_BEGUN_SIZE);
        free(channel);
        return NULL;
    }

    channel->group = offer->group;
    channel->worker = offer->worker;
    channel->pid = offer->pid;
    channel->index = offer->index;
    channel->free_slot = MH_SLOT_NONE;
    memcpy(channel->affinity, offer->affinity, MODHOST_AFFINITY_LENGTH);

    channel->next = offer->group->channels;
    offer->group->channels = channel;

    return channel;
}


/* ---- the end ----------------------------------------------------------- */

static void
channel_free(mh_channel *channel)
{
    mh_page_unmap(channel->begun, MODHOST_BEGUN_SIZE);
    free(channel->slots);
    free(channel);
}


void
mh_channel_unuse(mh_channel *channel)
{
    channel->used--;

    if (channel->wire.socket.fd != -1) {

        if (channel->group->waiting != 0) {
            channel->group->changed = true;
        }

        if (channel->draining && channel->used == 0) {
            mh_wire_touch(&channel->wire);
        }

    } else if (channel->used == 0) {
        channel_free(channel);
    }
}


/*
 * Whether the worker has called, or will call, the application for this
 * stream. The exchange leaves a mark, so that a worker which still lives does
 * not begin it after this look.
 */
static bool
was_begun(mh_channel *channel, const mh_stream *stream)
{
    return atomic_exchange(&channel->begun[MODHOST_STREAM_SLOT(stream->number)],
                           MODHOST_BEGUN_TAKEN)
           == stream->number;
}


typedef struct losses {
    unsigned  lost;
    unsigned  retried;
} losses;


static void
channel_lose_streams(mh_channel *channel, losses *count)
{
    bool        begun;
    uint32_t    i;
    mh_stream  *stream;

    for (i = 0; i < channel->slot_count; i++) {

        stream = channel->slots[i].stream;

        if (stream == NULL) {
            continue;
        }

        begun = was_begun(channel, stream) || stream->touched;

        if (!stream->aborted) {

            if (begun || mh_daemon_now.closing) {
                count->lost++;
                mh_exchange_push_reset(stream->exchange, MH_RESET_LOST);

            } else {
                count->retried++;
                mh_exchange_push_reset(stream->exchange, MH_RESET_RETRY);
            }
        }

        mh_stream_end(stream);
    }
}


static void
channel_unlink(mh_channel *channel)
{
    mh_group    *group;
    mh_channel **at;

    group = channel->group;

    for (at = &group->channels; *at != channel; at = &(*at)->next) {
        /* void */
    }

    *at = channel->next;
    channel->next = NULL;
    group->last = NULL;
    group->changed = true;
}


/* That a worker closes is to be expected where it is being replaced. */
static uint32_t
channel_level(const mh_channel *channel, const mh_error *error,
    const losses *count)
{
    if (count->lost != 0
        || (error->code != MH_E_NONE && error->code != MH_E_PEER_CLOSED))
    {
        return MODHOST_LOG_ERROR;
    }

    return channel->draining || channel->avoided ? MODHOST_LOG_INFO
                                                 : MODHOST_LOG_WARNING;
}


static void
channel_report(mh_channel *channel, const mh_error *error,
    const losses *count)
{
    mh_error  report;

    mh_error_set(&report, error->code ? error->code : MH_E_CHANNEL_LOST,
                 "the channel to worker %u of group \"%s\" (index %u, pid %u) "
                 "ended: %.400s; of its requests it had begun, and lost, %u; "
                 "%u that it had not begun go to another worker",
                 channel->worker, channel->group->name, channel->index,
                 channel->pid, error->code ? error->text : "it was closed",
                 count->lost, count->retried);

    mh_daemon_log(channel->group, channel_level(channel, error, count),
                  &report);
}


void
mh_channel_end(mh_channel *channel, const mh_error *error)
{
    losses     count;
    mh_group  *group;

    group = channel->group;
    memset(&count, 0, sizeof(count));

    mh_wire_say_close(&channel->wire, error);
    mh_wire_close(&channel->wire);
    channel_unlink(channel);

    channel->used++;                 /* so that it is still there below       */
    channel_lose_streams(channel, &count);

    if (!mh_daemon_now.closing) {
        channel_report(channel, error, &count);
        mh_link_lost(channel->worker);
    }

    mh_channel_unuse(channel);

    if (!mh_daemon_now.closing) {
        mh_group_settle(group);
    }
}


static void
channel_ended(mh_wire *wire, const mh_error *error)
{
    mh_channel_end((mh_channel *) wire, error);
}


/* As agreed, and nothing is lost by it: the supervisor is not told. */
static void
channel_end_drained(mh_channel *channel)
{
    mh_group  *group;

    group = channel->group;

    mh_wire_close(&channel->wire);
    channel_unlink(channel);

    channel->used++;
    mh_channel_unuse(channel);

    mh_group_settle(group);
}


void
mh_channel_gone(mh_channel *channel)
{
    mh_error  error;

    error.code = MH_E_NONE;

    mh_wire_drain(&channel->wire, &error);
    mh_channel_end(channel, &error);
}


/* ---- what the wire tells ----------------------------------------------- */

static int
channel_greeted(mh_wire *wire, const modhost_hello *hello, mh_error *error)
{
    mh_channel  *channel;

    (void) error;

    channel = (mh_channel *) wire;

    channel->credits = hello->credits;
    channel->looked = mh_daemon_now.now;
    channel->group->changed = true;

    if (channel->group->waiting != 0) {
        mh_channel_want(channel, channel->group->waiting, false);
    }

    return 0;
}


static bool
has_drained(const mh_channel *channel)
{
    return channel->draining && channel->used == 0
           && mh_frame_out_size(&channel->wire.out) == 0;
}


static void
channel_flushed(mh_wire *wire, bool was_full)
{
    mh_channel  *channel;

    channel = (mh_channel *) wire;

    if (channel->hungry != NULL) {
        mh_streams_feed(channel);
    }

    if (was_full) {
        channel->group->changed = true;    /* it takes requests again         */
    }

    channel_settled(wire);
}


static void
channel_settled(mh_wire *wire)
{
    mh_channel  *channel;

    channel = (mh_channel *) wire;

    if (has_drained(channel)) {
        channel_end_drained(channel);
    } else {
        mh_group_settle(channel->group);
    }
}


/* ---- for the shim ------------------------------------------------------ */

mh_str
mh_channel_affinity(const mh_channel *channel)
{
    return (mh_str) { channel->affinity, MODHOST_AFFINITY_LENGTH };
}


uint32_t
mh_channel_worker(const mh_channel *channel)
{
    return channel->worker;
}


uint32_t
mh_channel_index(const mh_channel *channel)
{
    return channel->index;
}


uint32_t
mh_channel_pid(const mh_channel *channel)
{
    return channel->pid;
}


void
mh_channel_cancel(mh_channel *channel)
{
    channel->routed--;
    mh_channel_unuse(channel);
}


void
mh_channel_stuck(mh_channel *channel)
{
    mh_link_stuck(channel->worker);
}
