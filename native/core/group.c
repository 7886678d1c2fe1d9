/*
 * Process groups, and which of its workers a request goes to.
 */

#include "daemon_private.h"

#include <stdlib.h>
#include <string.h>


mh_group *
mh_group_find(mh_str name)
{
    mh_group  *group;

    for (group = mh_daemon_now.groups; group != NULL; group = group->next) {
        if (strlen(group->name) == name.length
            && memcmp(group->name, name.data, name.length) == 0)
        {
            return group;
        }
    }

    group = calloc(1, sizeof(mh_group));

    if (group == NULL) {
        return NULL;
    }

    group->name = malloc(name.length + 1);

    if (group->name == NULL) {
        free(group);
        return NULL;
    }

    memcpy(group->name, name.data, name.length);
    group->name[name.length] = '\0';
    group->state = MODHOST_APP_STARTING;

    group->next = mh_daemon_now.groups;
    mh_daemon_now.groups = group;

    return group;
}


mh_group *
mh_group_named(const char *name)
{
    return mh_group_find((mh_str) { (const uint8_t *) name, strlen(name) });
}


void
mh_group_look(const mh_group *group, mh_group_view *view)
{
    const mh_channel  *channel;

    view->state = group->state;
    view->code = group->code;
    view->text = group->text;
    view->channels = 0;
    view->in_flight = 0;

    for (channel = group->channels; channel != NULL; channel = channel->next)
    {
        view->channels += mh_channel_serves(channel);
        view->in_flight += channel->used;
    }
}


void *
mh_group_context(const mh_group *group)
{
    return group->context;
}


void
mh_group_set_context(mh_group *group, void *context)
{
    group->context = context;
}


void
mh_group_set_state(mh_group *group, uint32_t state, uint32_t code,
    mh_str text)
{
    group->state = state;
    group->code = code;
    group->changed = true;

    free(group->text);
    group->text = NULL;

    if (text.length != 0) {
        group->text = malloc(text.length + 1);

        if (group->text != NULL) {
            memcpy(group->text, text.data, text.length);
            group->text[text.length] = '\0';
        }
    }
}


void
mh_group_settle(mh_group *group)
{
    if (group->changed) {
        group->changed = false;
        mh_daemon_now.shim.group_changed(group);
    }
}


void
mh_group_waiting(mh_group *group, uint32_t count, uint32_t oldest_ms)
{
    mh_channel  *channel;

    group->waiting = count;
    group->oldest = oldest_ms;

    if (count == 0) {
        return;
    }

    for (channel = group->channels; channel != NULL; channel = channel->next)
    {
        mh_channel_want(channel, count, false);
    }

    /* That none waits any more is told at the next tick, so that a queue which
       fills and empties all the time costs little. */

    if (!group->told) {
        group->told = true;
        mh_link_demand(group);
    }
}


/* ---- the choice -------------------------------------------------------- */

/* A good mixer of 64 bits (the finaliser of MurmurHash3). */
static uint64_t
mix(uint64_t x)
{
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdu;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53u;
    x ^= x >> 33;

    return x;
}


static mh_channel *
choose_by_affinity(mh_group *group, mh_str affinity)
{
    mh_channel  *channel;

    if (affinity.length != MODHOST_AFFINITY_LENGTH) {
        return NULL;
    }

    for (channel = group->channels; channel != NULL; channel = channel->next)
    {
        if (mh_channel_serves(channel)
            && memcmp(channel->affinity, affinity.data,
                      MODHOST_AFFINITY_LENGTH) == 0)
        {
            return channel;
        }
    }

    return NULL;
}


/*
 * Rendezvous hashing: of all workers the one that fits best; the others' coming
 * and going changes nothing.
 */
static mh_channel *
choose_by_client(mh_group *group, uint64_t client)
{
    uint64_t     weight, heaviest;
    mh_channel  *channel, *best;

    best = NULL;
    heaviest = 0;

    for (channel = group->channels; channel != NULL; channel = channel->next)
    {
        if (!mh_channel_serves(channel)) {
            continue;
        }

        weight = mix(client ^ mix(channel->worker + 1));

        if (best == NULL || weight > heaviest) {
            best = channel;
            heaviest = weight;
        }
    }

    return best;
}


/* The search begins after the one chosen last: equals take turns. */
static mh_channel *
choose_by_load(mh_group *group)
{
    mh_channel  *channel, *first, *best;

    first = group->last != NULL && group->last->next != NULL
            ? group->last->next : group->channels;
    channel = first;
    best = NULL;

    if (channel == NULL) {
        return NULL;
    }

    do {
        if (mh_channel_takes(channel)
            && (best == NULL || channel->used < best->used))
        {
            best = channel;
        }

        channel = channel->next != NULL ? channel->next : group->channels;

    } while (channel != first);

    return best;
}


mh_channel *
mh_group_choose(mh_group *group, mh_str affinity, uint64_t client)
{
    mh_channel  *channel;

    channel = choose_by_affinity(group, affinity);

    if (channel == NULL && client != 0) {
        channel = choose_by_client(group, client);
    }

    if (channel == NULL) {
        channel = choose_by_load(group);

    } else if (!mh_channel_takes(channel)) {

        /* its own worker, or none: the session is there */

        return NULL;
    }

    if (channel == NULL) {
        return NULL;
    }

    group->last = channel;
    channel->used++;
    channel->routed++;

    if (channel->used > channel->peak) {
        channel->peak = channel->used;
    }

    return channel;
}
