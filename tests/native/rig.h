/*
 * A web server's process in daemon mode, made up: a shim that notes what the
 * core asks of it, a group with one application, and a worker that does what a
 * test says, at the other end of a channel.
 */

#ifndef RIG_H
#define RIG_H

#include "daemon_private.h"
#include "frame.h"
#include "side.h"

/* What has come back for one request. */
typedef struct rig_answer {
    mh_exchange  *exchange;          /* NULL: done with                       */
    unsigned      sends;
    unsigned      status;            /* of the last head                      */
    unsigned      ended;
    unsigned      trailers;
    unsigned      upgraded;
    unsigned      files;
    int64_t       file_length;
    uint64_t      window;            /* of all READs                          */
    unsigned      reads;
    uint32_t      reset;             /* reason; 0: none                       */
    size_t        length;
    char          body[4096];        /* what fits                             */
} rig_answer;

/* The worker's end. */
typedef struct rig_worker {
    mh_channel           *channel;   /* the other end; as long as it lasts    */
    int                   fd;
    mh_frame_in           in;
    mh_frame_out          out;
    _Atomic(uint32_t)    *begun;
    mh_frame_view         heard;     /* the last frame                        */
} rig_worker;

/* What the shim was told. */
typedef struct rig_notes {
    unsigned   sockets;              /* added and not removed                 */
    unsigned   changed;
    unsigned   logs;
    uint32_t   level;                /* of the last line                      */
    uint32_t   code;
    bool       flush;                /* flush_later was called                */
    bool       refuse_sockets;
    char       text[1100];           /* of the last line                      */
} rig_notes;

extern rig_notes  rig;
extern mh_app     rig_app;
extern mh_queue   rig_queue;

/* `path` of the supervisor's socket; NULL: nobody is there. */
bool rig_open(const char *path);
/* Closes, and checks that nothing is left: false, with a message, if not. */
bool rig_close(void);

/* A memory file of `size` bytes with the seals; -1: no. */
int rig_page(size_t size, int seals);
#define RIG_SEALS  (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

/* A channel of the group "shop"; no HELLO from the worker yet. */
bool rig_connect(rig_worker *worker, uint32_t id);
/* The worker says HELLO, and has heard the web server's. */
bool rig_greet(rig_worker *worker, uint32_t credits);
/* Both. */
bool rig_worker_open(rig_worker *worker, uint32_t id, uint32_t credits);
void rig_worker_close(rig_worker *worker);

/* The worker sends a frame; it is not handled before rig_turn. */
void rig_say(rig_worker *worker, unsigned type, unsigned flags,
    uint32_t stream, uint32_t value, const void *payload, size_t length);
/* With descriptors, which pass. */
void rig_say_fds(rig_worker *worker, const modhost_frame *frame,
    const void *payload, const int *fds);
/* SEND of a head of this status and a body. */
void rig_say_response(rig_worker *worker, uint32_t stream, unsigned flags,
    unsigned status, const char *body);

/* The next frame that the worker gets, in worker->heard; false: none. */
bool rig_hear(rig_worker *worker);
/* The next frame is of this type and stream. */
bool rig_hears(rig_worker *worker, unsigned type, uint32_t stream);
/* Nothing is to be heard. */
bool rig_silent(rig_worker *worker);
/* The web server has closed; *code: what its CLOSE said, or 0. */
bool rig_closed(rig_worker *worker, uint32_t *code);

/* One turn of the loop: what is readable is read, messages are acted on, what
   was gathered is sent. */
void rig_turn(void);

/* A request for this channel; what comes is noted in `answer`. */
void rig_begin(rig_answer *answer, mh_channel *channel);
/* Chosen by the group; false: it has to wait. */
bool rig_begin_any(rig_answer *answer, const char *group);
/* The web server is done with it. */
void rig_done(rig_answer *answer);

mh_group *rig_group(const char *name);

#endif /* RIG_H */
