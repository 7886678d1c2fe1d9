/*
 * Frames from the supervisor. It is trusted more than a worker is, and checked
 * the same.
 */

#include "daemon_private.h"

#include "link.h"
#include "status.h"

#include <string.h>


#define NAME_MAX_LENGTH  255u


static mh_str
text_at(const mh_frame_view *view, size_t at, size_t length)
{
    return (mh_str) { view->payload + at, length };
}


static int
check_name(mh_str name, mh_error *error)
{
    if (name.length == 0 || name.length > NAME_MAX_LENGTH
        || memchr(name.data, '\0', name.length) != NULL)
    {
        return mh_fail(error, MH_E_PROTOCOL,
                       "a group has a name of %zu bytes", name.length);
    }

    return 0;
}


/* NULL: *error. */
static mh_group *
find_group(mh_str name, mh_error *error)
{
    mh_group  *group;

    if (check_name(name, error) != 0) {
        return NULL;
    }

    group = mh_group_find(name);

    if (group == NULL) {
        (void) mh_fail(error, MH_E_MEMORY, "out of memory for a group");
    }

    return group;
}


static mh_channel *
find_channel(uint32_t worker)
{
    mh_group    *group;
    mh_channel  *channel;

    for (group = mh_daemon_now.groups; group != NULL; group = group->next) {
        for (channel = group->channels; channel != NULL;
             channel = channel->next)
        {
            if (channel->worker == worker) {
                return channel;
            }
        }
    }

    return NULL;
}


static int
take_status(mh_wire *wire, mh_frame_view *view, mh_error *error)
{
    (void) wire;

    return mh_status_set(view->fds[0], error);
}


static int
take_group(mh_wire *wire, mh_frame_view *view, mh_error *error)
{
    mh_group             *group;
    modhost_group_state   state;

    (void) wire;

    memcpy(&state, view->payload, sizeof(state));

    if ((uint64_t) state.name_length + state.text_length
            != view->frame.length - sizeof(state)
        || state.state > MODHOST_APP_STOPPED || state.code > 9999)
    {
        return mh_fail(error, MH_E_PROTOCOL,
                       "the state of a group is not well formed");
    }

    group = find_group(text_at(view, sizeof(state), state.name_length),
                       error);
    if (group == NULL) {
        return -1;
    }

    mh_group_set_state(group, state.state, state.code,
                       text_at(view, sizeof(state) + state.name_length,
                               state.text_length));
    return 0;
}


static bool
is_hexadecimal(const uint8_t *text, size_t length)
{
    size_t  i;

    for (i = 0; i < length; i++) {
        if ((text[i] < '0' || text[i] > '9')
            && (text[i] < 'a' || text[i] > 'f'))
        {
            return false;
        }
    }

    return true;
}


static int
take_worker(mh_wire *wire, mh_frame_view *view, mh_error *error)
{
    mh_error              problem;
    mh_group             *group;
    mh_channel_offer      offer;
    modhost_worker_offer  said;

    (void) wire;

    memcpy(&said, view->payload, sizeof(said));

    if (said.name_length != view->frame.length - sizeof(said)
        || !is_hexadecimal(said.affinity, sizeof(said.affinity)))
    {
        return mh_fail(error, MH_E_PROTOCOL,
                       "the offer of a worker is not well formed");
    }

    if (find_channel(said.worker) != NULL) {
        return mh_fail(error, MH_E_PROTOCOL,
                       "worker %u is offered twice", said.worker);
    }

    group = find_group(text_at(view, sizeof(said), said.name_length), error);

    if (group == NULL) {
        return -1;
    }

    offer.group = group;
    offer.worker = said.worker;
    offer.pid = said.pid;
    offer.index = said.index;
    offer.affinity = said.affinity;
    offer.socket = view->fds[0];
    offer.page = view->fds[1];

    view->fds[0] = -1;
    view->fds[1] = -1;

    /* One channel that cannot be is no reason to give up the others. */

    if (mh_channel_open(&offer, &problem) == NULL) {
        mh_daemon_log(group, MODHOST_LOG_ERROR, &problem);
        mh_link_lost(said.worker);
    }

    return 0;
}


/* The worker may have gone, and its channel with it, before this came. */
static int
take_draining(mh_wire *wire, mh_frame_view *view, mh_error *error)
{
    mh_channel  *channel;

    (void) wire;
    (void) error;

    channel = find_channel(view->frame.value);

    if (channel != NULL) {
        channel->avoided = true;
        channel->group->changed = true;
    }

    return 0;
}


static int
take_gone(mh_wire *wire, mh_frame_view *view, mh_error *error)
{
    mh_channel  *channel;

    (void) wire;
    (void) error;

    channel = find_channel(view->frame.value);

    if (channel != NULL) {
        mh_channel_gone(channel);
    }

    return 0;
}


const mh_wire_rule  mh_link_rules[] = {
    { .type = MODHOST_FRAME_STATUS, .min_descriptors = 1,
      .max_descriptors = 1, .take = take_status },
    { .type = MODHOST_FRAME_GROUP,
      .min_length = sizeof(modhost_group_state),
      .max_length = MODHOST_FRAME_LENGTH_MAX, .take = take_group },
    { .type = MODHOST_FRAME_WORKER, .min_descriptors = 2,
      .max_descriptors = 2, .min_length = sizeof(modhost_worker_offer),
      .max_length = sizeof(modhost_worker_offer) + NAME_MAX_LENGTH,
      .take = take_worker },
    { .type = MODHOST_FRAME_DRAINING, .value = true, .take = take_draining },
    { .type = MODHOST_FRAME_GONE, .value = true,
      .max_length = MODHOST_FRAME_LENGTH_MAX, .take = take_gone },
    { .type = 0 },
};
