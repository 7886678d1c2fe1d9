/*
 * The private protocol of daemon mode: every message on every socket between
 * the web server's processes, the supervisor, its watchdog and the workers.
 *
 *   channel      web-server process <-> worker: requests and responses
 *   shim         web-server process <-> supervisor: which workers there are
 *   control      supervisor <-> worker: configuration, state, logs
 *   watchdog     supervisor <-> watchdog: what outlives a supervisor
 *
 * All four are Unix stream sockets with the same frames. Both ends are always
 * of one version: the first frame says so, and nothing else is spoken. The
 * receiver treats the sender as hostile: a frame that is not allowed, in this
 * state, with this length, ends the connection with CLOSE and its reason.
 * docs/protocol.md has the states. ModHost.Protocol repeats the numbers in C#;
 * a test compares them with this file.
 *
 * Everything is little-endian. Like abi.h this file includes only stddef.h
 * and stdint.h.
 */

#ifndef MODHOST_PROTOCOL_H
#define MODHOST_PROTOCOL_H

#include "abi.h"

#define MODHOST_PROTOCOL_MAGIC    0x3150484du     /* "MHP1"                   */
#define MODHOST_PROTOCOL_VERSION  1u


/* ---- frames ------------------------------------------------------------ */

/*
 * A frame is this header, then `length` bytes, then zeros up to a multiple of
 * 8: so every payload is aligned to 8 wherever the first frame is. Descriptors
 * travel with the first byte of their frame; the receiver keeps them in the
 * order of arrival and each frame takes as many as it says. Descriptors are
 * received close-on-exec.
 */
typedef struct modhost_frame {
    uint32_t  length;
    uint8_t   type;                /* MODHOST_FRAME_*                         */
    uint8_t   flags;
    uint16_t  descriptors;         /* 0, 1 or 2: as the type demands          */
    uint32_t  stream;              /* of a request; else 0 or as said         */
    uint32_t  value;               /* as the type says; else 0                */
} modhost_frame;

/* Longest payload: a body piece; heads may be up to their own limit. */
#define MODHOST_FRAME_LENGTH_MAX  1048576u
/* Longest body piece that a sender makes of one. */
#define MODHOST_FRAME_BODY_MAX    65536u

/* any connection */
#define MODHOST_FRAME_HELLO     1    /* first in each direction               */
#define MODHOST_FRAME_CLOSE     2    /* last; value: MHnnnn; payload: why     */
#define MODHOST_FRAME_PING      3    /* value: any; answered by PONG          */
#define MODHOST_FRAME_PONG      4

/* channel, web server -> worker */
#define MODHOST_FRAME_REQUEST   8    /* opens `stream`; modhost_request_start,
                                        then the request head block           */
#define MODHOST_FRAME_BODY      9    /* flags: MODHOST_BODY_*; within what
                                        READ granted, but for trailers; also
                                        after an upgrade                      */
#define MODHOST_FRAME_SENT     10    /* value: bytes that left for the client */
#define MODHOST_FRAME_ABORT    11    /* value: MODHOST_RESET_*                */
#define MODHOST_FRAME_WANT     12    /* value: requests that wait for credit;
                                        0: none does any more                 */
#define MODHOST_FRAME_RETURN   13    /* value: credits given back, also 0, as
                                        the answer to RECALL                  */
#define MODHOST_FRAME_DRAINED  14    /* answer to DRAIN: no REQUEST follows   */

/* channel, worker -> web server */
#define MODHOST_FRAME_SEND     16    /* a piece of the response, see below    */
#define MODHOST_FRAME_READ     17    /* value: more request-body bytes        */
#define MODHOST_FRAME_RESET    18    /* value: MODHOST_RESET_*; ends `stream` */
#define MODHOST_FRAME_RELEASE  19    /* answer to ABORT; ends `stream`        */
#define MODHOST_FRAME_REFUSE   20    /* `stream` was not begun and will not be:
                                        send it elsewhere; ends it            */
#define MODHOST_FRAME_CREDIT   21    /* value: credits more                   */
#define MODHOST_FRAME_RECALL   22    /* value: credits wanted back            */
#define MODHOST_FRAME_DRAIN    23    /* no further REQUEST, please            */

/*
 * SEND. flags: MODHOST_SEND_* but DEFER. The payload is
 *   with HEAD      a response head block of `value` bytes, zeros up to 8;
 *   without FILE   then body bytes, as many as are left;
 *   with FILE      then modhost_file_range; the frame has one descriptor, of a
 *                  regular file;
 *   with TRAILERS  (and END, and nothing else) a trailer block of `value`
 *                  bytes.
 * SEND with END ends the stream on the worker's side. So does RESET, REFUSE, or
 * RELEASE. The web server may use the stream's slot again from then on; what
 * it still sent for the old stream is ignored by the worker.
 */
typedef struct modhost_file_range {
    int64_t   offset;
    int64_t   length;
} modhost_file_range;

/*
 * Streams are numbered by the web server: the low 16 bits are a slot, the high
 * 16 count the slot's uses, from 1, and wrap from 65535 to 1. A REQUEST for a
 * slot in use, or with another count than the next, is an error.
 */
#define MODHOST_STREAM_SLOTS      65536u
#define MODHOST_STREAM_SLOT(s)    ((s) & 0xffffu)

/*
 * The begun page: a memory file of this size, sealed against any change of size
 * (F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_SEAL), shared by both ends of a channel.
 * Before the worker calls the app for a request, it puts the stream's number at
 * its slot (uint32_t, compare-and-swap with what it read there). When the
 * channel ends, the web server exchanges MODHOST_BEGUN_TAKEN for what is there:
 * a stream whose number that was was begun, and must not be sent again. A
 * worker that reads MODHOST_BEGUN_TAKEN begins nothing in this slot any more:
 * the request runs elsewhere.
 */
#define MODHOST_BEGUN_SIZE        (MODHOST_STREAM_SLOTS * 4u)
#define MODHOST_BEGUN_TAKEN       1u   /* no stream's number: its count is 0  */

typedef struct modhost_request_start {
    uint32_t  flags;               /* MODHOST_EXCHANGE_DETAIL                 */
    uint32_t  send_window;         /* response bytes that may be under way
                                      before SENT; 4096 at least              */
    int64_t   max_request_body;    /* -1: the app's own                       */
} modhost_request_start;

/*
 * HELLO of every connection. Credits are loans: a web-server process may have
 * as many requests at a worker as it holds credits. MODHOST_CREDITS_UNLIMITED:
 * this worker sets no limit, and the credit frames are not used.
 */
typedef struct modhost_hello {
    uint32_t  magic;
    uint16_t  protocol;            /* MODHOST_PROTOCOL_VERSION                */
    uint16_t  head_version;        /* MODHOST_HEAD_VERSION                    */
    uint32_t  kind;                /* MODHOST_PEER_*                          */
    uint32_t  pid;
    uint32_t  generation;          /* of the web server's configuration       */
    uint32_t  number;              /* worker id; web-server worker: its index */
    uint32_t  credits;             /* worker, on a channel; else 0            */
    uint32_t  count;               /* web-server worker: how many there are   */
} modhost_hello;

#define MODHOST_CREDITS_UNLIMITED  0xffffffffu

#define MODHOST_PEER_NGINX       1
#define MODHOST_PEER_APACHE      2
#define MODHOST_PEER_WORKER      3
#define MODHOST_PEER_SUPERVISOR  4
#define MODHOST_PEER_WATCHDOG    5
#define MODHOST_PEER_COMMAND     6


/* ---- shim: web-server process <-> supervisor --------------------------- */

/* web server -> supervisor, after HELLO */
#define MODHOST_FRAME_HAVE        32  /* payload: uint32_t worker ids to which
                                         this process has channels (none at
                                         first; some after a supervisor died);
                                         the supervisor answers with all else */
#define MODHOST_FRAME_DEMAND      33  /* payload: modhost_demand, group name */
#define MODHOST_FRAME_STUCK       34  /* value: worker id; a request timed out
                                         and the app did not let go of it    */
#define MODHOST_FRAME_LOST        35  /* value: worker id; its channel broke  */

/* supervisor -> web server */
#define MODHOST_FRAME_STATUS      40  /* descriptor: the status page          */
#define MODHOST_FRAME_GROUP       41  /* modhost_group_state, name, text      */
#define MODHOST_FRAME_WORKER      42  /* modhost_worker_offer, group name; two
                                         descriptors: channel, begun page     */
#define MODHOST_FRAME_DRAINING    43  /* value: worker id; choose others      */
#define MODHOST_FRAME_GONE        44  /* value: worker id; payload: why       */

typedef struct modhost_demand {
    uint32_t  waiting;             /* requests of this process in the queue   */
    uint32_t  oldest;              /* ms the oldest has waited                */
} modhost_demand;

/* state: MODHOST_APP_*, for the group as a whole: READY while any worker is. */
typedef struct modhost_group_state {
    uint32_t  state;
    uint32_t  code;                /* MHnnnn of the failure; 0                */
    uint32_t  name_length;
    uint32_t  text_length;
} modhost_group_state;

#define MODHOST_AFFINITY_LENGTH  32u  /* hex digits, 128 random bits          */

typedef struct modhost_worker_offer {
    uint32_t  worker;              /* id, never used twice by one supervisor
                                      or its successors                       */
    uint32_t  pid;
    uint32_t  index;               /* within its group, from 0                */
    uint32_t  name_length;
    uint8_t   affinity[MODHOST_AFFINITY_LENGTH];
} modhost_worker_offer;

/*
 * The status page: a memory file of MODHOST_STATUS_SIZE, sealed as above and
 * written by the supervisor alone. Two texts behind the header, one after the
 * other; a reader copies them, and begins again where `sequence` was odd or has
 * changed.
 */
#define MODHOST_STATUS_SIZE  1048576u

typedef struct modhost_status_page {
    uint32_t  magic;               /* MODHOST_PROTOCOL_MAGIC                  */
    uint32_t  sequence;
    uint32_t  json_length;         /* the value of "groups": a JSON array     */
    uint32_t  metrics_length;      /* OpenMetrics lines, without "# EOF"      */
} modhost_status_page;


/* ---- control: supervisor <-> worker ------------------------------------ */

/* supervisor -> worker */
#define MODHOST_FRAME_CONFIG      48  /* after HELLO; payload: JSON           */
#define MODHOST_FRAME_CHANNEL     49  /* two descriptors: channel, begun page;
                                         stream: the channel's number; value:
                                         pid of the web-server process        */
#define MODHOST_FRAME_HEARTBEAT   50  /* value: any; answered by ALIVE from a
                                         thread of the application's pool     */
#define MODHOST_FRAME_WARMUP      51  /* payload: path and query              */
#define MODHOST_FRAME_DRAIN_ALL   52  /* DRAIN on every channel               */
#define MODHOST_FRAME_STOP        53  /* value: ms for ApplicationStopping ...
                                         ApplicationStopped; then exit        */
#define MODHOST_FRAME_LOG_LEVEL   54  /* value: MODHOST_LOG_*                 */

/* worker -> supervisor */
#define MODHOST_FRAME_STATE       56  /* value: MODHOST_APP_*; stream: MHnnnn or
                                         0; payload: text                     */
#define MODHOST_FRAME_LOG         57  /* value: MODHOST_LOG_*; stream: length of
                                         the category; payload: category,
                                         line                                */
#define MODHOST_FRAME_ALIVE       58  /* value: as in HEARTBEAT; payload:
                                         modhost_worker_load                  */
#define MODHOST_FRAME_WARMED      59  /* value: status of the answer          */

typedef struct modhost_worker_load {
    uint32_t  in_flight;           /* requests and upgraded connections       */
    uint32_t  pool_threads;
    uint64_t  requests;            /* begun since the start                   */
    uint64_t  heap_bytes;
    uint64_t  committed_bytes;
    uint64_t  allocated_bytes;
    uint64_t  pool_queue;
    uint64_t  collections[3];
    uint32_t  median_us;           /* of requests of the last few heartbeats,
                                      from REQUEST to RELEASE; 0: there were
                                      none, as for an upgraded connection     */
    uint32_t  percentile_99_us;
} modhost_worker_load;


/* ---- watchdog: supervisor <-> watchdog --------------------------------- */

/* supervisor -> watchdog */
#define MODHOST_FRAME_STORE       64  /* one descriptor; payload: its key     */
#define MODHOST_FRAME_DROP        65  /* payload: key                         */
#define MODHOST_FRAME_BLOB        66  /* payload: the state, whole            */
#define MODHOST_FRAME_READY       67  /* up; the web server's start goes on   */
#define MODHOST_FRAME_FAILED      68  /* payload: "MHnnnn: why"; no restart   */
#define MODHOST_FRAME_DONE        69  /* all is stopped; both go              */
#define MODHOST_FRAME_LIMIT       70  /* value: ms, from 1 to a day, from
                                         SHUTDOWN to the end of what is left  */

/* watchdog -> supervisor */
#define MODHOST_FRAME_KEPT        72  /* one descriptor; payload: its key     */
#define MODHOST_FRAME_KEPT_BLOB   73  /* payload: the state                   */
#define MODHOST_FRAME_KEPT_ALL    74  /* end of what was kept; value: how often
                                         a supervisor was started before      */
#define MODHOST_FRAME_EXITED      75  /* stream: pid; value: wait status; of a
                                         process that this supervisor did not
                                         start itself                         */
#define MODHOST_FRAME_SHUTDOWN    76  /* the web server's master is gone      */

#define MODHOST_KEY_MAX  255u

#ifndef __cplusplus
_Static_assert(sizeof(modhost_frame) == 16, "modhost_frame");
_Static_assert(sizeof(modhost_file_range) == 16, "modhost_file_range");
_Static_assert(sizeof(modhost_request_start) == 16, "modhost_request_start");
_Static_assert(sizeof(modhost_hello) == 32, "modhost_hello");
_Static_assert(sizeof(modhost_demand) == 8, "modhost_demand");
_Static_assert(sizeof(modhost_group_state) == 16, "modhost_group_state");
_Static_assert(sizeof(modhost_worker_offer) == 48, "modhost_worker_offer");
_Static_assert(sizeof(modhost_status_page) == 16, "modhost_status_page");
_Static_assert(sizeof(modhost_worker_load) == 80, "modhost_worker_load");
#endif

#endif /* MODHOST_PROTOCOL_H */
