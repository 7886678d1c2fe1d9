/*
 * Threads against one loop. Each thread is an app side: it answers exchanges in
 * pieces, in one go, with trailers, with resets, with reads, and lets go of
 * them; the loop begins them, takes messages, aborts some, and is done with
 * them in either order. At the end nothing may be outstanding and every byte
 * must have arrived, in order.
 *
 * Arguments: seconds (3), threads (8). Meant to run under ThreadSanitizer.
 */

#include "side.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX  64u
#define IN_FLIGHT    256u

#define HEAD  MODHOST_SEND_HEAD
#define END   MODHOST_SEND_END

/* What the loop knows of a request. */
typedef struct request {
    mh_exchange  *exchange;
    unsigned      serial;            /* of the next piece                     */
    bool          head;
    bool          ended;
    bool          reset;
    bool          aborted;
} request;

/* Work for a thread: exchanges handed over, a stack. */
typedef struct worker {
    pthread_t                thread;
    unsigned                 number;
    uint64_t                 random;
    _Atomic(mh_exchange *)   inbox;
    atomic_uint              waiting;
    unsigned                 answered;
} worker;

static mh_app       app;
static mh_queue     queue;
static worker       workers[THREADS_MAX];
static unsigned     worker_count = 8;
static atomic_bool  stopping;
static request      requests[IN_FLIGHT];
static unsigned     in_flight;
static unsigned     errors;
static unsigned     counts[4];       /* ended, reset, aborted, log lines      */


static void
wrong(const char *what)
{
    if (errors++ < 10) {
        fprintf(stderr, "%s\n", what);
    }
}


static uint64_t
next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;

    return *state;
}


/* ---- the app's side ---------------------------------------------------- */

static modhost_block *
piece(unsigned serial, uint64_t random)
{
    uint32_t        capacity;
    modhost_block  *block;

    capacity = random % 16 == 0 ? 20000 : random % 64 == 1 ? 100000 : 0;
    block = mh_server_table()->block_alloc(capacity);

    memcpy(block->data, &serial, sizeof(serial));
    block->length = sizeof(serial);

    return block;
}


static int32_t
send_piece(worker *self, mh_exchange *exchange, uint32_t flags,
    unsigned serial)
{
    uint64_t      trailers[8];
    modhost_send  send;

    memset(&send, 0, sizeof(send));
    send.file = -1;
    send.flags = flags;

    if (next_random(&self->random) % 4 == 0) {
        send.flags |= MODHOST_SEND_DEFER;
    }

    if (flags & HEAD) {
        send.head = exchange->pub.response_head;
        send.head_size = side_response(exchange->pub.response_head, 200);
    }

    if ((flags & END) && next_random(&self->random) % 4 == 0) {
        send.flags |= MODHOST_SEND_TRAILERS;
        send.trailers = trailers;
        send.trailers_size = side_response(trailers, 0);
    }

    send.blocks = piece(serial, next_random(&self->random));

    return mh_server_table()->exchange_send(&exchange->pub, &send);
}


static void
answer(worker *self, mh_exchange *exchange)
{
    int32_t                      rc;
    unsigned                     serial, count;
    const modhost_server_table  *server;

    server = mh_server_table();

    /* Kept from use to use, by whatever thread. */

    if (exchange->pub.app_context == NULL) {
        exchange->pub.app_context = calloc(1, 16);
    }

    ++*(unsigned *) exchange->pub.app_context;

    if (next_random(&self->random) % 3 == 0) {
        server->exchange_read(&exchange->pub, 100);
        server->exchange_read(&exchange->pub, 10);
    }

    count = (unsigned) (next_random(&self->random) % 5);
    rc = MODHOST_OK;

    for (serial = 0; serial < count && rc == MODHOST_OK; serial++) {
        rc = send_piece(self, exchange, serial == 0 ? HEAD : 0, serial);
    }

    switch (next_random(&self->random) % 16) {
    case 0:
        server->exchange_reset(&exchange->pub, MODHOST_RESET_APP);
        break;
    case 1:
        break;                           /* released without an end           */
    case 2:
        server->log(7, MODHOST_LOG_INFO, "c", 1, "text", 4);
        /* fall through */
    default:
        (void) send_piece(self, exchange, serial == 0 ? HEAD | END : END,
                          serial);
    }

    server->exchange_release(&exchange->pub);
    self->answered++;
}


static void *
work(void *data)
{
    worker       *self;
    mh_exchange  *exchange, *next;

    self = data;

    while (!atomic_load(&stopping)) {

        exchange = atomic_exchange(&self->inbox, NULL);

        if (exchange == NULL) {
            mh_server_table()->wake();
            usleep(50);
            continue;
        }

        for (/* void */; exchange != NULL; exchange = next) {
            memcpy(&next, exchange->pub.response_head + 1024, sizeof(next));
            answer(self, exchange);
        }

        mh_server_table()->wake();
    }

    return NULL;
}


/* The loop's call: hands each exchange to a thread. */
static void
begin(modhost_exchange *const *exchanges, uint32_t count)
{
    worker           *one;
    uint32_t          i;
    mh_exchange      *exchange, *head;
    static unsigned   turn;

    for (i = 0; i < count; i++) {
        exchange = (mh_exchange *) exchanges[i];
        one = &workers[turn++ % worker_count];
        head = atomic_load(&one->inbox);

        do {
            memcpy(exchange->pub.response_head + 1024, &head, sizeof(head));
        } while (!atomic_compare_exchange_weak(&one->inbox, &head, exchange));
    }
}


static void
forget(modhost_exchange *exchange)
{
    free(exchange->app_context);
    exchange->app_context = NULL;
}


/* ---- the loop's side --------------------------------------------------- */

static void
finish(request *one)
{
    mh_exchange  *exchange;

    exchange = one->exchange;
    one->exchange = NULL;
    in_flight--;
    mh_exchange_done(exchange);
}


static void
act_on_send(request *one, const mh_message *message)
{
    uint32_t              at;
    unsigned              serial;
    const modhost_block  *block;

    if (one->ended || one->reset) {
        wrong("a send after the end");
    }

    if (message->head != NULL) {
        if (one->head || message->head->status != 200) {
            wrong("a head that is wrong");
        }
        one->head = true;
    }

    if (message->trailers != NULL && message->trailers->status != 0) {
        wrong("trailers that are wrong");
    }

    for (block = message->blocks; block != NULL; block = block->next) {
        for (at = 0; at < block->length; at += sizeof(serial)) {
            memcpy(&serial, block->data + at, sizeof(serial));

            if (serial != one->serial++) {
                wrong("a piece that is out of order");
            }
        }
    }

    if (message->flags & END) {
        one->ended = true;
    }
}


/* In either order: the message first, or the exchange. */
static void
act(mh_message *message, uint64_t random)
{
    bool      early;
    request  *one;

    if (message->exchange == NULL) {
        counts[3]++;
        mh_message_done(message);
        return;
    }

    one = message->exchange->request;

    if (one == NULL) {
        mh_message_done(message);
        return;
    }

    if (message->kind == MH_MESSAGE_SEND) {
        act_on_send(one, message);

    } else if (message->kind == MH_MESSAGE_RESET) {
        one->reset = true;

    } else if (message->window % 10 != 0) {
        wrong("a window that is wrong");
    }

    early = random % 2 == 0;

    if (early) {
        mh_message_done(message);
    }

    if (one->ended || one->reset) {
        counts[one->ended ? 0 : 1]++;
        finish(one);

    } else if (random % 32 == 5) {
        mh_exchange_abort(one->exchange, MODHOST_RESET_CLIENT);
        counts[2]++;
        finish(one);

    } else if (random % 4 == 1) {
        mh_exchange_body(one->exchange, NULL, 0, MODHOST_BODY_END);
        mh_exchange_sent(one->exchange, 4);
    }

    if (!early) {
        mh_message_done(message);
    }
}


static void
begin_more(uint64_t *random)
{
    unsigned        i;
    mh_exchange    *exchange;
    mh_head_writer  writer;

    for (i = 0;
         i < IN_FLIGHT && (in_flight == 0 || next_random(random) % 256 != 0);
         i++)
    {
        if (requests[i].exchange != NULL) {
            continue;
        }

        exchange = mh_exchange_get(&app, &queue, 256);
        mh_head_start(&writer, mh_exchange_head(exchange), 0, 0, 0);
        (void) mh_head_finish(&writer);

        memset(&requests[i], 0, sizeof(requests[i]));
        requests[i].exchange = exchange;
        exchange->request = &requests[i];
        in_flight++;
        mh_exchange_begin(exchange);
    }
}


static void
turn(uint64_t *random, bool more)
{
    mh_message     *message, *next;
    struct pollfd   fd;

    fd.fd = queue.fd;
    fd.events = POLLIN;

    if (poll(&fd, 1, 5000) == 0 && in_flight != 0) {
        wrong("nothing came for five seconds");
    }

    mh_queue_enter(&queue);

    while ((message = mh_queue_take(&queue)) != NULL) {
        for (/* void */; message != NULL; message = next) {
            next = message->next;
            act(message, next_random(random));
        }
    }

    if (more) {
        begin_more(random);
        mh_apps_flush();
    }

    mh_queue_leave(&queue);
}


static double
now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (double) ts.tv_sec + (double) ts.tv_nsec / 1e9;
}


static void
join_workers(void)
{
    unsigned  i;

    /* Aborted exchanges may still be with their threads. */

    while (atomic_load(&app.outstanding) != 0 && errors == 0) {
        (void) side_drain(&queue);
        usleep(1000);
    }

    atomic_store(&stopping, true);

    for (i = 0; i < worker_count; i++) {
        pthread_join(workers[i].thread, NULL);
    }
}


int
main(int argc, char **argv)
{
    double    end;
    uint64_t  random;
    unsigned  i, answered;

    end = now() + (argc > 1 ? atof(argv[1]) : 3);
    worker_count = argc > 2 ? (unsigned) atoi(argv[2]) : 8;

    if (worker_count == 0 || worker_count > THREADS_MAX) {
        return 2;
    }

    side_table.exchange_begin = begin;
    side_table.exchange_forget = forget;
    side_open(&app, &queue);

    for (i = 0; i < worker_count; i++) {
        workers[i].number = i;
        workers[i].random = 0x1234567 + i * 977;
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }

    random = 42;
    begin_more(&random);
    mh_apps_flush();

    while (now() < end && errors == 0) {
        turn(&random, true);
    }

    while (in_flight != 0 && errors == 0) {
        turn(&random, false);
    }

    join_workers();

    for (i = 0, answered = 0; i < worker_count; i++) {
        answered += workers[i].answered;
    }

    if (!side_close(&app, &queue)) {
        wrong("something is left");
    }

    printf("%u answered: %u ended, %u reset, %u aborted; %u log lines\n",
           answered, counts[0], counts[1], counts[2], counts[3]);
    printf("%u passed, %u failed\n", errors == 0, errors != 0);

    return errors != 0;
}
