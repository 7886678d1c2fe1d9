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
 * thread through a small per-thread cache over a shared stack.
 */

#ifndef MH_EXCHANGE_H
#define MH_EXCHANGE_H

#include "core.h"

typedef struct mh_exchange  mh_exchange;
typedef struct mh_message   mh_message;
typedef struct mh_queue     mh_queue;
typedef struct mh_app       mh_app;

/* What a message asks the loop to do. */
enum mh_message_kind {
    MH_MESSAGE_SEND = 1,     /* a piece of the response                       */
    MH_MESSAGE_READ,         /* the app can take `window` more bytes          */
    MH_MESSAGE_RESET,        /* end it; `reason`                              */
    MH_MESSAGE_APP_STATE,
    MH_MESSAGE_LOG
};

struct mh_message {
    mh_message    *next;
    mh_exchange   *exchange;       /* NULL for APP_STATE and LOG              */
    uint16_t       kind;
    uint16_t       embedded;       /* part of the exchange: not freed         */
    uint32_t       flags;          /* MODHOST_SEND_*                          */
    const modhost_response_head  *head;       /* checked; or NULL             */
    const modhost_response_head  *trailers;   /* checked; or NULL             */
    modhost_block *blocks;
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
 * Many threads push, one takes. The descriptor becomes readable when the
 * queue goes from empty to not empty, unless the pusher is the taker itself
 * (mh_queue_enter) or deferred the wake.
 */
struct mh_queue {
    _Atomic(mh_message *)  head;
    atomic_uint            signalled;
    int                    fd;        /* eventfd, close-on-exec, non-blocking */
};

int  mh_queue_open(mh_queue *queue, mh_error *error);
void mh_queue_close(mh_queue *queue);
/* Any thread. `wake` false: the caller calls mh_queue_wake itself. */
void mh_queue_push(mh_queue *queue, mh_message *message, bool wake);
void mh_queue_wake(mh_queue *queue);
/* Taker. All messages, oldest first; resets the descriptor. */
mh_message *mh_queue_take(mh_queue *queue);
/* Taker. Between enter and leave, pushes from this thread do not signal. */
void mh_queue_enter(mh_queue *queue);
void mh_queue_leave(mh_queue *queue);

struct mh_exchange {
    modhost_exchange   pub;            /* first: what the app side sees       */
    atomic_uint        refs;           /* 2, 1, 0                             */
    atomic_uint        state;          /* bits below                          */
    mh_app            *app;            /* whose pool it belongs to            */
    mh_queue          *queue;          /* where its messages go               */
    void              *request;        /* the shim's; loop only               */
    mh_exchange       *next;           /* in the pool, or in the batch        */
    uint8_t           *head_memory;    /* pub.head; grown as needed           */
    size_t             head_capacity;
    mh_message         message;        /* for the usual single send           */
};

/* mh_exchange.state */
#define MH_EXCHANGE_DETACHED       0x1u  /* server side has ended: drop sends */
#define MH_EXCHANGE_HEAD_SENT      0x2u
#define MH_EXCHANGE_ENDED          0x4u  /* END or reset was queued           */
#define MH_EXCHANGE_MESSAGE_USED   0x8u
#define MH_EXCHANGE_APP_RELEASED  0x10u

/*
 * Loop. A fresh exchange of this app with room for a head of `head_size`, held
 * by both sides; NULL: no memory. mh_exchange_head() is where to write it.
 */
mh_exchange *mh_exchange_get(mh_app *app, mh_queue *queue, size_t head_size);
void *mh_exchange_head(mh_exchange *exchange);

/*
 * Loop. Puts it into the app's batch; mh_app_flush (once a turn) hands the
 * batch over. mh_exchange_begin_inline hands over at once and runs the app's
 * synchronous part before it returns.
 */
void mh_exchange_begin(mh_exchange *exchange);
void mh_exchange_begin_inline(mh_exchange *exchange);

/* Loop. Gives back one that was got and never begun. */
void mh_exchange_cancel(mh_exchange *exchange);

/* Loop. Events for the app side; silently nothing once it has released. */
void mh_exchange_body(mh_exchange *exchange, const uint8_t *data,
    uint32_t length, uint32_t flags);
void mh_exchange_sent(mh_exchange *exchange, uint32_t bytes);
void mh_exchange_abort(mh_exchange *exchange, uint32_t reason);

/*
 * Loop. The server side's last call: later sends are dropped. Messages of it
 * that are still in the queue hold the exchange; mh_message_done skips them
 * (exchange->request is NULL then).
 */
void mh_exchange_done(mh_exchange *exchange);

/* Loop. After a message was acted on; blocks that were not taken are freed. */
void mh_message_done(mh_message *message);

/* Any thread. */
modhost_block *mh_block_alloc(uint32_t capacity);
void mh_block_free(modhost_block *chain);

#endif /* MH_EXCHANGE_H */
