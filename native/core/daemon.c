/*
 * Daemon mode in a web-server process: beginning, end, and the shim's regular
 * calls.
 */

#include "daemon_private.h"

#include <stdlib.h>
#include <string.h>


mh_daemon  mh_daemon_now;


void
mh_daemon_log(mh_group *group, uint32_t level, const mh_error *error)
{
    mh_daemon_now.shim.log(group, level, error);
}


int
mh_daemon_open(const mh_daemon_options *options, const mh_daemon_shim *shim,
    mh_error *error)
{
    char  *path;

    path = strdup(options->socket_path);

    if (path == NULL) {
        return mh_fail(error, MH_E_MEMORY, "out of memory for daemon mode");
    }

    mh_daemon_now.open = true;
    mh_daemon_now.closing = false;
    mh_daemon_now.now = 0;
    mh_daemon_now.shim = *shim;
    mh_daemon_now.options = *options;
    mh_daemon_now.options.socket_path = path;

    mh_link_open();

    return 0;
}


void
mh_daemon_close(void)
{
    mh_error   error;
    mh_group  *group;

    if (!mh_daemon_now.open) {
        return;
    }

    mh_daemon_now.closing = true;
    error.code = MH_E_NONE;

    for (group = mh_daemon_now.groups; group != NULL; group = group->next) {

        while (group->channels != NULL) {
            mh_channel_end(group->channels, &error);
        }
    }

    mh_link_close();

    free((char *) mh_daemon_now.options.socket_path);
    mh_daemon_now.options.socket_path = NULL;
    mh_daemon_now.open = false;
}


static void
settle_all(void)
{
    mh_group  *group;

    for (group = mh_daemon_now.groups; group != NULL; group = group->next) {
        mh_group_settle(group);
    }
}


void
mh_daemon_flush(void)
{
    if (mh_daemon_now.open) {
        mh_wires_flush();
        settle_all();
    }
}


void
mh_daemon_tick(uint64_t now_ms)
{
    mh_group    *group;
    mh_channel  *channel;

    if (!mh_daemon_now.open) {
        return;
    }

    mh_daemon_now.now = now_ms;

    for (group = mh_daemon_now.groups; group != NULL; group = group->next) {
        for (channel = group->channels; channel != NULL;
             channel = channel->next)
        {
            mh_channel_tick(channel);
        }
    }

    mh_link_tick();
    settle_all();
}
