/*
 * Exchanges, the blocks of their responses, and the queue by which threads
 * that the web server does not know reach the thread that may touch it.
 *
 * Ownership. An exchange is held by two sides: the server's (the loop) and
 * the app's (exchange_release of the table). Each release may come first; the
 * last one puts it back into its app's pool. Whatever the app side can still
 * reach (head, response head, app_context) lives in the exchange's own memory
 * and never in a request or cycle pool.
 *
 * Locks: none. Pools are stacks that any thread pushes to and only the loop
 * takes from, whole, so there is no ABA. Blocks are got and given back by any
 * thread through a small per-thread cache over shared slots (cache.h).
 */

#ifndef MH_EXCHANGE_H
#define MH_EXCHANGE_H

#include "core.h"

typedef struct mh_exchange  mh_exchange;
typedef struct mh_message   mh_message;
typedef struct mh_queue     mh_queue;
typedef struct mh_app       mh_app;

/*
 * What a message asks the loop to do. Of one exchange: SENDs arrive in order,
 * small ones together where the loop is late; none after an END or a RESET; one
 * RESET at most, and it may follow an END (the app gave up while the end was
 * still under way). READs are gathered: one
 * is in the queue at most, and its window is what had been granted by the time
 * it is taken (which may be 0, if an earlier one took it along).
 */
enum mh_message_kind {
    MH_MESSAGE_SEND = 1,     /* a piece of the response                       */
    MH_MESSAGE_READ,         /* the app can take `window` more bytes          */
    MH_MESSAGE_RESET,        /* end it; `reason`                              */
    MH_MESSAGE_APP_STATE,
    MH_MESSAGE_LOG
};

/* Where a message's memory is; the core's own business. */
enum mh_message_home {
    MH_HOME_CACHE = 0,       /* of its own                                    */
    MH_HOME_EXCHANGE         /* part of its exchange                          */
};

/*
 * The taker owns a message until mh_message_done. What it wants to keep it
 * takes: `blocks` and `file` become its own if it sets them to NULL and -1.
 * `head` and `trailers` live until mh_message_done; a final head that is
 * pub.response_head, until mh_exchange_done.
 */
struct mh_message {
    mh_message    *next;
    mh_exchange   *exchange;       /* NULL for APP_STATE and LOG              */
    uint16_t       kind;
    uint16_t       home;           /* enum mh_message_home                    */
    uint32_t       flags;          /* MODHOST_SEND_*                          */
    const modhost_response_head  *head;       /* checked; or NULL             */
    const modhost_response_head  *trailers;   /* checked; or NULL             */
    modhost_block *blocks;         /* lengths checked; empty ones may occur   */
    modhost_block *last;           /* sender: one near their end, or NULL     */
    int            file;           /* own descriptor, -1: none                */
    int64_t        file_offset;
    int64_t        file_length;
    uint32_t       window;         /* READ */
    uint32_t       reason;         /* RESET: MODHOST_RESET_*                  */
    uint32_t       app;            /* APP_STATE, LOG                          */
    uint32_t       state;          /* APP_STATE: MODHOST_APP_*; LOG: level    */
    uint32_t       code;           /* APP_STATE                               */
    uint32_t       category_length;  /* LOG: text = category then line        */
    uint32_t       text_length;
    char          *text;
};

/*
 * Many threads push, one takes. The descriptor becomes readable once after the
 * queue went from empty to not empty, unless the wake was deferred, or the
 * taker is at work anyway (mh_queue_enter).
 */
struct mh_queue {
    _Atomic(mh_message *)  head;
    atomic_uint            signalled;
    int32_t                unread;    /* taker: signals seen but not read     */
    bool                   edge;      /* watched edge-triggered: take does not
                                         read it. Set right after open.       */
    int                    fd;        /* eventfd, close-on-exec, non-blocking */
};

/* A thread that is to poke in a signal handler opens one before. */
int  mh_queue_open(mh_queue *queue, mh_error *error);
/* No thread may push any more. Messages that are left are done with. */
void mh_queue_close(mh_queue *queue);
/* Any thread. `wake` false: the caller calls mh_queue_wake itself. */
void mh_queue_push(mh_queue *queue, mh_message *message, bool wake);
/* Any thread. Signals if something waits and nobody has signalled yet. */
void mh_queue_wake(mh_queue *queue);
/* Any thread. Signals though nothing is there: the taker is to look elsewhere.
   Not to one that is at work, which looks there before it leaves off. */
void mh_queue_poke(mh_queue *queue);
/*
 * Any thread. Between the two its signals wait, for a while in which it holds a
 * lock that those who wake would want. They do not nest; no queue may be closed
 * meanwhile.
 */
void mh_queues_hold(void);
void mh_queues_let(void);
/* Taker. All messages, oldest first; resets the descriptor. */
mh_message *mh_queue_take(mh_queue *queue);
/*
 * Taker. Between enter and leave no push signals, from whatever thread: the
 * taker is going to look. So take before leave, until NULL or until it is
 * enough for one turn; leave signals if something is there, so nothing is ever
 * left lying. They do not nest.
 * The wider the bracket, the fewer system calls.
 */
void mh_queue_enter(mh_queue *queue);
void mh_queue_leave(mh_queue *queue);
/*
 * Taker, after leave. Sleeps until something is pushed, or somebody pokes, but
 * for so many milliseconds at most; cheaper than to wait for the descriptor,
 * where nothing else is to be waited for. False: the time is over.
 */
bool mh_queue_doze(mh_queue *queue, unsigned ms);

struct mh_exchange {
    modhost_exchange   pub;            /* first: what the app side sees       */
    atomic_uint        refs;           /* sides that hold it, and messages    */
    atomic_uint        state;          /* bits below                          */
    mh_app            *app;            /* whose pool it belongs to            */
    mh_queue          *queue;          /* where its messages go               */
    void              *request;        /* the shim's; loop only               */
    void              *route;          /* loop only: the channel to begin on  */
    mh_exchange       *next;           /* in the pool, or in the batch        */
    uint8_t           *head_memory;    /* pub.head; grown as needed           */
    size_t             head_capacity;
    bool               begun;          /* loop only: the app side has it      */
    bool               batched;        /* loop only: waits for the flush      */
    _Atomic(uint64_t)  read_window;    /* granted, not taken yet              */
    _Atomic(uintptr_t) open;           /* a SEND that is not taken: gather.h  */
    mh_message         message;        /* for the usual single send           */
    mh_message         read_message;   /* so that these two never fail        */
    mh_message         reset_message;
};

/* mh_exchange.state */
#define MH_EXCHANGE_DETACHED       0x01u  /* aborted or done: drop sends      */
#define MH_EXCHANGE_HEAD_SENT      0x02u
#define MH_EXCHANGE_ENDED          0x04u  /* END was queued                   */
#define MH_EXCHANGE_MESSAGE_USED   0x08u
#define MH_EXCHANGE_APP_RELEASED   0x10u
#define MH_EXCHANGE_RESET          0x20u  /* a reset was queued               */
#define MH_EXCHANGE_READ_QUEUED    0x40u

/* Room for a response head in every exchange; larger heads are copied. */
#define MH_RESPONSE_HEAD_ROOM      2048u

/* pub.send_window, unless the shim sets it between get and begin. */
#define MH_SEND_WINDOW             262144u

/*
 * Loop. A fresh exchange of this app with room for a head of `head_size`, held
 * by both sides; NULL: no memory. mh_exchange_head() is where to write it; it
 * is pub.head. Set `request` and, where the defaults (0, MH_SEND_WINDOW, -1) do
 * not fit, pub.flags, pub.send_window and pub.max_request_body before begin.
 */
mh_exchange *mh_exchange_get(mh_app *app, mh_queue *queue, size_t head_size);
void *mh_exchange_head(mh_exchange *exchange);

/*
 * Loop. Puts it into the app's batch; mh_apps_flush (once a turn) hands the
 * batch over, and, for those with MODHOST_EXCHANGE_INLINE, runs the app's
 * synchronous part before it returns. So do other calls for an exchange that
 * still waits in a batch.
 */
void mh_exchange_begin(mh_exchange *exchange);

/* Loop. Gives back one that was got and never begun. */
void mh_exchange_cancel(mh_exchange *exchange);

/*
 * Loop. Events for the app side; silently nothing once it has released, or
 * after an abort. If the exchange still waits in a batch, the batch is handed
 * over first. After abort the app's sends are dropped (E_DETACHED), but those
 * that were queued before still arrive; the shim may answer the client itself.
 */
void mh_exchange_body(mh_exchange *exchange, const uint8_t *data,
    uint32_t length, uint32_t flags);
/* The end of the body; `block` is a request head block of its trailers. */
void mh_exchange_trailers(mh_exchange *exchange, const void *block,
    uint32_t size);
void mh_exchange_sent(mh_exchange *exchange, uint32_t bytes);
void mh_exchange_abort(mh_exchange *exchange, uint32_t reason);

/*
 * Loop. The server side's last call: later sends are dropped, and `request` is
 * NULL from now on. Messages of it that are still in the queue hold the
 * exchange; the taker skips those whose exchange->request is NULL (it gives
 * them to mh_message_done like any other). The app side is told nothing by
 * this: abort first if it may still be working.
 */
void mh_exchange_done(mh_exchange *exchange);

/*
 * The same of one that has begun, in two steps: `leave` on the loop, `drop` on
 * any thread. In between it is held, to see when the app side lets go of it.
 */
void mh_exchange_leave(mh_exchange *exchange);
void mh_exchange_drop(mh_exchange *exchange);

/* Any thread that holds it. Whether the app side has let go of it: nothing more
   will come from it. */
bool mh_exchange_app_released(const mh_exchange *exchange);

/*
 * Loop. After a message was acted on; frees blocks and closes a file that were
 * not taken. Call it for a message before mh_exchange_done of its exchange, or
 * after: both are fine.
 */
void mh_message_done(mh_message *message);

/*
 * Any thread. As block_alloc and block_free of the table. Usual sizes come from
 * a small cache of the calling thread, over shared ones.
 */
modhost_block *mh_block_alloc(uint32_t capacity);
void mh_block_free(modhost_block *chain);

/* Any thread. One for data whose length is known: a small one takes less. */
modhost_block *mh_block_alloc_for(uint32_t length);

/* Any thread. Whether `length` is within what was allocated, for a chain. */
bool mh_block_check(const modhost_block *chain);

/* The owner. Bytes that can be appended to a block that was checked. */
uint32_t mh_block_room(const modhost_block *block);
void mh_block_append(modhost_block *block, const uint8_t *data,
    uint32_t length);

#define MH_BLOCK_USUAL  4096u
#define MH_BLOCK_MAX    1048576u

#endif /* MH_EXCHANGE_H */
