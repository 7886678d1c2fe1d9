/*
 * What the files of daemon mode share among themselves. Loop only.
 */

#ifndef MH_DAEMON_PRIVATE_H
#define MH_DAEMON_PRIVATE_H

#include "daemon.h"
#include "wire.h"

typedef struct mh_stream  mh_stream;

/* One at most, from mh_daemon_open to mh_daemon_close. */
typedef struct mh_daemon {
    bool               open;
    bool               closing;
    mh_daemon_shim     shim;
    mh_daemon_options  options;      /* socket_path: own memory               */
    uint64_t           now;          /* ms; of the last tick                  */
    mh_group          *groups;       /* live as long as the process           */
} mh_daemon;

extern mh_daemon  mh_daemon_now;

/* A tagged line. */
void mh_daemon_log(mh_group *group, uint32_t level, const mh_error *error);


/* ---- groups ------------------------------------------------------------ */

struct mh_group {
    mh_group    *next;
    char        *name;
    void        *context;            /* the shim's                            */
    mh_channel  *channels;           /* open ones, newest first               */
    mh_channel  *last;               /* the one chosen last                   */
    uint32_t     state;              /* MODHOST_APP_*                         */
    uint32_t     code;
    char        *text;
    uint32_t     waiting;            /* requests, as the shim says            */
    uint32_t     oldest;             /* ms                                    */
    bool         told;               /* the supervisor knows that some wait   */
    bool         changed;            /* the shim is to be told                */
};

/* Tells the shim what has changed. */
void mh_group_settle(mh_group *group);

/* Takes what the supervisor says of a group; the texts are copied. */
void mh_group_set_state(mh_group *group, uint32_t state, uint32_t code,
    mh_str text);

/* As mh_group_named. */
mh_group *mh_group_find(mh_str name);


/* ---- channels ---------------------------------------------------------- */

/* Where a stream is; the numbers of a slot go up by one with each use. */
typedef struct mh_slot {
    mh_stream  *stream;              /* NULL: idle                            */
    uint32_t    count;               /* of the last use; 0: none              */
    uint32_t    next_free;
} mh_slot;

struct mh_channel {
    mh_wire           wire;          /* first                                 */
    mh_group         *group;
    mh_channel       *next;          /* in the group                          */
    uint32_t          worker;
    uint32_t          pid;
    uint32_t          index;
    bool              draining;      /* the worker said DRAIN                 */
    bool              avoided;       /* the supervisor said DRAINING          */
    uint8_t           affinity[MODHOST_AFFINITY_LENGTH];
    _Atomic(uint32_t) *begun;        /* the begun page                        */
    uint32_t          credits;       /* or MODHOST_CREDITS_UNLIMITED          */
    uint32_t          used;          /* streams, and those that will be       */
    uint32_t          routed;        /* chosen, REQUEST not sent yet          */
    uint32_t          peak;          /* most used since `looked`              */
    uint64_t          looked;        /* when credits were given back          */
    uint32_t          wanted;        /* as WANT said; 0: nothing              */
    mh_slot          *slots;
    uint32_t          slot_count;
    uint32_t          slot_capacity;
    uint32_t          free_slot;     /* MH_SLOT_NONE: none                    */
    mh_stream        *hungry;        /* have more window than was passed on   */
};

#define MH_SLOT_NONE  0xffffffffu

/* What the supervisor offers; the descriptors pass. */
typedef struct mh_channel_offer {
    mh_group        *group;
    uint32_t         worker;
    uint32_t         pid;
    uint32_t         index;
    const uint8_t   *affinity;       /* MODHOST_AFFINITY_LENGTH bytes         */
    int              socket;
    int              page;
} mh_channel_offer;

mh_channel *mh_channel_open(const mh_channel_offer *offer, mh_error *error);

/*
 * Ends it: what was not begun goes elsewhere, the rest is lost (when the daemon
 * side closes: all). `error`: why, told to the worker and the log; code 0: the
 * worker closed. The channel may be gone afterwards.
 */
void mh_channel_end(mh_channel *channel, const mh_error *error);

/* The worker is dead: reads what it had said before, then ends the channel. */
void mh_channel_gone(mh_channel *channel);

/* Whether it takes another request now. */
bool mh_channel_takes(const mh_channel *channel);
/* Whether it takes requests when it has credit. */
bool mh_channel_serves(const mh_channel *channel);

/* Asks for credit for `count` requests; `again`: although it has asked. */
void mh_channel_want(mh_channel *channel, uint32_t count, bool again);

/* Once a tick. */
void mh_channel_tick(mh_channel *channel);

/* A stream or a routed exchange is no more; frees a channel that has ended. */
void mh_channel_unuse(mh_channel *channel);

/* Frames from workers. */
extern const mh_wire_rule  mh_channel_rules[];

/* The rule of SEND. */
int mh_channel_take_send(mh_wire *wire, mh_frame_view *view,
    mh_error *error);

/* The open stream of a frame; NULL: *error. */
mh_stream *mh_channel_frame_stream(mh_wire *wire, const mh_frame_view *view,
    mh_error *error);


/* ---- streams ----------------------------------------------------------- */

/*
 * An exchange on a channel: its app_context, kept for its next use.
 */
struct mh_stream {
    mh_exchange  *exchange;
    mh_channel   *channel;           /* NULL: idle                            */
    uint32_t      number;
    bool          aborted;           /* ABORT was sent                        */
    bool          touched;           /* READ or SEND has come                 */
    bool          body_ended;
    bool          hungry;            /* in the channel's list                 */
    uint32_t      send_window;
    uint64_t      under_way;         /* response bytes the client has not got */
    uint64_t      owed;              /* window of READs, not passed on        */
    uint32_t      window;            /* passed on, not used                   */
    mh_stream    *next_hungry;
};

/* NULL: no such stream is open. */
mh_stream *mh_stream_find(const mh_channel *channel, uint32_t number);

/* Opens one for an exchange that was routed to the channel. NULL: no memory. */
mh_stream *mh_stream_open(mh_channel *channel, mh_exchange *exchange);

/* Idle from now on, and the exchange released: neither is touched again. */
void mh_stream_end(mh_stream *stream);

/* READ came. */
void mh_stream_grant(mh_stream *stream, uint32_t bytes);

/* So many bytes of body are sent. */
void mh_stream_use_window(mh_stream *stream, uint32_t length);

/* The socket has taken all: passes the next windows on. */
void mh_streams_feed(mh_channel *channel);

/* Sends ABORT; what comes for the stream is dropped from now on. */
void mh_stream_abort(mh_stream *stream, uint32_t reason);


/* ---- the link ---------------------------------------------------------- */

void mh_link_open(void);
void mh_link_close(void);
void mh_link_tick(void);

/* Silently nothing while there is no connection. */
void mh_link_demand(const mh_group *group);
void mh_link_stuck(uint32_t worker);
void mh_link_lost(uint32_t worker);

#endif /* MH_DAEMON_PRIVATE_H */
