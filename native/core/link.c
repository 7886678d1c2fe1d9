/*
 * The link: this process's connection to the supervisor, which says what groups
 * there are and hands over channels to their workers. While there is none the
 * channels go on; it is tried again and again.
 */

#include "daemon_private.h"

#include "link.h"
#include "status.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>


#define RETRY_MIN  250u              /* ms                                    */
#define RETRY_MAX  2000u

#define DEMAND_MS  250u

static int  link_greeted(mh_wire *wire, const modhost_hello *hello,
    mh_error *error);
static void link_flushed(mh_wire *wire, bool was_full);
static void link_settled(mh_wire *wire);
static void link_ended(mh_wire *wire, const mh_error *error);

static const mh_wire_kind  link_kind = {
    .rules = mh_link_rules,
    .peer = MODHOST_PEER_SUPERVISOR,
    .greeted = link_greeted,
    .flushed = link_flushed,
    .settled = link_settled,
    .ended = link_ended,
};

static struct {
    mh_wire    wire;                 /* socket.fd -1: not connected           */
    uint64_t   retry_at;             /* ms                                    */
    uint32_t   delay;
    uint64_t   demanded_at;
    bool       complained;           /* that there is none                    */
} daemon_link = { .wire = { .socket = { .fd = -1 } } };


static bool
link_is_open(void)
{
    return daemon_link.wire.socket.fd != -1;
}


/* ---- connecting -------------------------------------------------------- */

static int
link_socket(mh_error *error)
{
    int                 fd;
    struct sockaddr_un  address;

    memset(&address, 0, sizeof(address));
    address.sun_family = AF_UNIX;

    if (strlen(mh_daemon_now.options.socket_path) >= sizeof(address.sun_path))
    {
        return mh_fail(error, MH_E_LINK, "the socket's path \"%s\" is longer "
                       "than %zu bytes", mh_daemon_now.options.socket_path,
                       sizeof(address.sun_path) - 1);
    }

    strcpy(address.sun_path, mh_daemon_now.options.socket_path);

    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd == -1) {
        return mh_fail(error, MH_E_LINK, "socket() failed: %s",
                       strerror(errno));
    }

    /* Never "in progress": a Unix socket connects at once or not at all. */

    if (connect(fd, (struct sockaddr *) &address, sizeof(address)) == -1) {
        (void) mh_fail(error, MH_E_LINK, "the supervisor cannot be reached at "
                       "\"%s\": %s", mh_daemon_now.options.socket_path,
                       strerror(errno));
        (void) close(fd);
        return -1;
    }

    return fd;
}


/* The workers that need not be offered. */
static void
link_put_have(void)
{
    uint8_t        *at;
    uint32_t        count;
    mh_group       *group;
    mh_channel     *channel;
    modhost_frame   frame;

    count = 0;

    for (group = mh_daemon_now.groups; group != NULL; group = group->next) {
        for (channel = group->channels; channel != NULL;
             channel = channel->next)
        {
            count++;
        }
    }

    memset(&frame, 0, sizeof(frame));
    frame.type = MODHOST_FRAME_HAVE;
    frame.length = count * (uint32_t) sizeof(uint32_t);

    at = mh_frame_put(&daemon_link.wire.out, &frame);

    for (group = mh_daemon_now.groups; at != NULL && group != NULL;
         group = group->next)
    {
        for (channel = group->channels; channel != NULL;
             channel = channel->next)
        {
            memcpy(at, &channel->worker, sizeof(uint32_t));
            at += sizeof(uint32_t);
        }
    }

    mh_wire_touch(&daemon_link.wire);
}


static void
link_complain(const mh_error *error)
{
    if (!daemon_link.complained) {
        daemon_link.complained = true;
        mh_daemon_log(NULL, MODHOST_LOG_ERROR, error);
    }
}


static void
link_connect(void)
{
    int        fd;
    mh_error   error;
    mh_group  *group;

    daemon_link.retry_at = mh_daemon_now.now + daemon_link.delay;
    daemon_link.delay = daemon_link.delay * 2 < RETRY_MAX
                        ? daemon_link.delay * 2 : RETRY_MAX;

    fd = link_socket(&error);

    if (fd == -1
        || mh_wire_open(&daemon_link.wire, &link_kind, fd, &error) != 0)
    {
        link_complain(&error);
        return;
    }

    link_put_have();

    /* It may be another supervisor, which knows of none that waits. */

    for (group = mh_daemon_now.groups; group != NULL; group = group->next) {
        group->told = group->waiting != 0;

        if (group->told) {
            mh_link_demand(group);
        }
    }
}


void
mh_link_open(void)
{
    memset(&daemon_link, 0, sizeof(daemon_link));
    daemon_link.wire.socket.fd = -1;
    daemon_link.delay = RETRY_MIN;

    link_connect();
}


void
mh_link_close(void)
{
    mh_wire_close(&daemon_link.wire);
    mh_status_set(-1, NULL);
}


void
mh_link_tick(void)
{
    mh_group  *group;

    if (!link_is_open()) {

        if (mh_daemon_now.now >= daemon_link.retry_at) {
            link_connect();
        }

        return;
    }

    if (mh_daemon_now.now - daemon_link.demanded_at < DEMAND_MS) {
        return;
    }

    daemon_link.demanded_at = mh_daemon_now.now;

    for (group = mh_daemon_now.groups; group != NULL; group = group->next) {
        if (group->waiting != 0 || group->told) {
            group->told = group->waiting != 0;
            mh_link_demand(group);
        }
    }
}


/* ---- what this side says ----------------------------------------------- */

void
mh_link_demand(const mh_group *group)
{
    size_t           length;
    uint8_t         *at;
    modhost_frame    frame;
    modhost_demand   demand;

    if (!link_is_open()) {
        return;
    }

    length = strlen(group->name);
    demand.waiting = group->waiting;
    demand.oldest = group->waiting != 0 ? group->oldest : 0;

    memset(&frame, 0, sizeof(frame));
    frame.type = MODHOST_FRAME_DEMAND;
    frame.length = (uint32_t) (sizeof(demand) + length);

    at = mh_frame_put(&daemon_link.wire.out, &frame);

    if (at != NULL) {
        memcpy(at, &demand, sizeof(demand));
        memcpy(at + sizeof(demand), group->name, length);
    }

    mh_wire_touch(&daemon_link.wire);
}


void
mh_link_stuck(uint32_t worker)
{
    if (link_is_open()) {
        mh_wire_put(&daemon_link.wire, MODHOST_FRAME_STUCK, 0, worker);
    }
}


void
mh_link_lost(uint32_t worker)
{
    if (link_is_open()) {
        mh_wire_put(&daemon_link.wire, MODHOST_FRAME_LOST, 0, worker);
    }
}


/* ---- what the wire tells ----------------------------------------------- */

static int
link_greeted(mh_wire *wire, const modhost_hello *hello, mh_error *error)
{
    (void) wire;
    (void) hello;
    (void) error;

    daemon_link.delay = RETRY_MIN;
    daemon_link.complained = false;

    return 0;
}


static void
link_flushed(mh_wire *wire, bool was_full)
{
    (void) wire;
    (void) was_full;
}


static void
link_settled(mh_wire *wire)
{
    mh_group  *group;

    (void) wire;

    for (group = mh_daemon_now.groups; group != NULL; group = group->next) {
        mh_group_settle(group);
    }
}


static void
link_ended(mh_wire *wire, const mh_error *error)
{
    mh_error  report;

    mh_error_set(&report, error->code ? error->code : MH_E_LINK_LOST,
                 "the connection to the supervisor ended: %.700s; what runs "
                 "goes on, and it is connected again",
                 error->code ? error->text : "it was closed");
    link_complain(&report);

    mh_wire_say_close(wire, error);
    mh_wire_close(wire);

    /* At once if it had been good, else with the usual delay. */

    if (wire->greeted) {
        daemon_link.retry_at = mh_daemon_now.now;
    }

    link_settled(wire);
}
