/*
 * How many requests a channel takes: the credits that its worker lends.
 */

#include "daemon_private.h"


/* A worker that has so much unread gets no further requests. */
#define BACKLOG_MAX  262144u

/* Idle credits go back after this. */
#define CREDIT_IDLE_MS  1000u


static bool
is_limited(const mh_channel *channel)
{
    return channel->credits != MODHOST_CREDITS_UNLIMITED;
}


bool
mh_channel_serves(const mh_channel *channel)
{
    return channel->wire.greeted && !channel->draining && !channel->avoided;
}


bool
mh_channel_takes(const mh_channel *channel)
{
    return mh_channel_serves(channel)
           && channel->used < channel->credits
           && channel->used < MODHOST_STREAM_SLOTS
           && mh_wire_backlog(&channel->wire) <= BACKLOG_MAX;
}


void
mh_channel_want(mh_channel *channel, uint32_t count, bool again)
{
    if (!mh_channel_serves(channel) || !is_limited(channel)
        || channel->used < channel->credits
        || (channel->wanted != 0 && !again)
        || mh_wire_backlog(&channel->wire) != 0)
    {
        return;
    }

    channel->wanted = count;
    mh_wire_put(&channel->wire, MODHOST_FRAME_WANT, 0, count);
}


/* Credits beyond those that were in use of late, and one. */
static void
channel_give_back(mh_channel *channel)
{
    uint32_t  spare;

    spare = channel->credits > channel->peak
            ? channel->credits - channel->peak : 0;

    if (spare > 1 && channel->group->waiting == 0) {
        channel->credits -= spare - 1;
        mh_wire_put(&channel->wire, MODHOST_FRAME_RETURN, 0, spare - 1);
    }
}


void
mh_channel_tick(mh_channel *channel)
{
    if (!mh_channel_serves(channel) || !is_limited(channel)) {
        return;
    }

    if (channel->group->waiting != 0) {
        mh_channel_want(channel, channel->group->waiting, true);

    } else if (channel->wanted != 0) {
        channel->wanted = 0;
        mh_wire_put(&channel->wire, MODHOST_FRAME_WANT, 0, 0);
    }

    if (mh_daemon_now.now - channel->looked >= CREDIT_IDLE_MS) {
        channel_give_back(channel);
        channel->looked = mh_daemon_now.now;
        channel->peak = channel->used;
    }
}
