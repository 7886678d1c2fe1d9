/*
 * Daemon mode as a web-server process sees it: its connection to the
 * supervisor (the link), the process groups that it knows, and its channels to
 * their workers.
 *
 * A group's application is an mh_app whose table is mh_channel_table(): begin,
 * body, sent and abort become frames, and frames that arrive become calls of
 * mh_server_table(), as an embedded runtime would make them. So what is checked
 * and queued is the same in both modes.
 *
 * Everything here is called on the loop's thread, and calls back on it. The
 * shim watches the sockets and keeps the time; the core never blocks.
 *
 * mh_socket_ready, mh_daemon_flush, mh_daemon_tick and mh_daemon_close push to
 * the queues of exchanges. So call them between mh_queue_enter and
 * mh_queue_leave, with a take before the leave: then no push writes to the
 * queue's descriptor, and what was pushed is acted on at once.
 */

#ifndef MH_DAEMON_H
#define MH_DAEMON_H

#include "app.h"
#include "modhost/protocol.h"

typedef struct mh_socket   mh_socket;
typedef struct mh_channel  mh_channel;
typedef struct mh_group    mh_group;

/* Reasons of MH_MESSAGE_RESET that only channels give. */
#define MH_RESET_LOST   100u     /* the worker died after the request began   */
#define MH_RESET_RETRY  101u     /* it died, or refused, before: send the
                                    request elsewhere; the app side is done
                                    with the exchange, nothing of the body was
                                    read                                      */

/* Bytes; the longest request head that a group can be given: it is a frame. */
#define MH_HEAD_SIZE_GROUP_MAX                                                \
    (MODHOST_FRAME_LENGTH_MAX - (uint32_t) sizeof(modhost_request_start))

/*
 * A socket of the core's. The shim watches `fd` for reading from add to remove,
 * and for writing while `write_wanted`. When it is ready the shim calls
 * mh_socket_ready; the socket may be gone afterwards.
 *
 * Reading may be watched edge-triggered: each call then reads until nothing is
 * left. Level-triggered is better, said by `level` (set in socket_add): a call
 * reads once, and a peer that never stops sending gets its turn like others.
 */
struct mh_socket {
    int     fd;
    bool    write_wanted;
    bool    level;               /* the shim's                                */
    void   *context;             /* the shim's                                */
    void  (*ready)(mh_socket *socket, bool readable, bool writable);
};

void mh_socket_ready(mh_socket *socket, bool readable, bool writable);

/* What the shim does for the core. */
typedef struct mh_daemon_shim {
    /* Watch; 0, or -1: out of connections, the core closes it again. */
    int   (*socket_add)(mh_socket *socket);
    /* write_wanted has changed. */
    void  (*socket_update)(mh_socket *socket);
    /* The core is about to close it. */
    void  (*socket_remove)(mh_socket *socket);
    /* Call mh_daemon_flush at the end of this turn of the loop. */
    void  (*flush_later)(void);
    /* Requests that wait for this group may be able to begin, or its state or
       that of the last failure changed. Must not free the group. */
    void  (*group_changed)(mh_group *group);
    /* A tagged line; `group` may be NULL. */
    void  (*log)(mh_group *group, uint32_t level, const mh_error *error);
} mh_daemon_shim;

typedef struct mh_daemon_options {
    const char  *socket_path;    /* of the supervisor; copied                 */
    uint32_t     kind;           /* MODHOST_PEER_NGINX or _APACHE             */
    uint32_t     generation;
    uint32_t     index;          /* of this process among its siblings        */
    uint32_t     count;
} mh_daemon_options;

/*
 * Once per process, after the fork. Begins to connect; whatever goes wrong is
 * tried again. mh_daemon_close closes every channel (their exchanges end as
 * lost) and the link.
 */
int  mh_daemon_open(const mh_daemon_options *options,
    const mh_daemon_shim *shim, mh_error *error);
void mh_daemon_close(void);

/* Sends what was gathered in this turn: one system call for each channel. */
void mh_daemon_flush(void);

/*
 * Every 100 to 250 ms while the process lives (a cancelable timer): connects
 * again, tells of waiting requests, gives idle credits back. `now`: monotonic.
 */
void mh_daemon_tick(uint64_t now_ms);

/* The group of this name, made at the first call; lives as long as the
   process. NULL: no memory. */
mh_group *mh_group_named(const char *name);

/* What requests may expect. */
typedef struct mh_group_view {
    uint32_t     state;          /* MODHOST_APP_*                             */
    uint32_t     code;           /* MHnnnn of the last failure, or 0          */
    const char  *text;           /* of it, or NULL; until the next change     */
    uint32_t     channels;       /* that take requests                        */
    uint32_t     in_flight;      /* of this process                           */
} mh_group_view;

void  mh_group_look(const mh_group *group, mh_group_view *view);
/* The shim's own. */
void *mh_group_context(const mh_group *group);
void  mh_group_set_context(mh_group *group, void *context);

/* Tells how many requests of this process wait for the group, and how long the
   oldest has waited; cheap, may be called for each. */
void mh_group_waiting(mh_group *group, uint32_t count, uint32_t oldest_ms);

/*
 * The least loaded channel that has a credit free, which is taken; NULL: none
 * has. `affinity`: from the client's cookie, or empty. `client`: a number that
 * stays the same for a client, or 0; with it the choice is the same as long as
 * the workers are. Where one of them leads to a worker that takes requests but
 * has no credit now, the answer is NULL: the client's session is there.
 */
mh_channel *mh_group_choose(mh_group *group, mh_str affinity, uint64_t client);

/* What the cookie that leads to this channel's worker says: 32 hex digits. */
mh_str mh_channel_affinity(const mh_channel *channel);
uint32_t mh_channel_worker(const mh_channel *channel);    /* its id           */
uint32_t mh_channel_index(const mh_channel *channel);     /* in its group     */
uint32_t mh_channel_pid(const mh_channel *channel);

/*
 * Binds the exchange, which must be of an app with mh_channel_table(), to a
 * chosen channel; mh_exchange_begin is next. Or gives the credit back.
 */
void mh_exchange_route(mh_exchange *exchange, mh_channel *channel);
void mh_channel_cancel(mh_channel *channel);

/* A request that timed out was not let go of: the supervisor shall look. */
void mh_channel_stuck(mh_channel *channel);

modhost_app_table *mh_channel_table(void);

/*
 * A copy of the status page: two texts, and the memory that they are in, to be
 * freed. False: there is none (yet).
 */
typedef struct mh_daemon_status_text {
    void   *memory;
    mh_str  json;                /* an array, the value of "groups"           */
    mh_str  metrics;             /* OpenMetrics lines without "# EOF"         */
} mh_daemon_status_text;

bool mh_daemon_status(mh_daemon_status_text *text);

#endif /* MH_DAEMON_H */
