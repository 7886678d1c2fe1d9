/*
 * The queue: order, and a descriptor that is readable when it must be and
 * quiet when it can be.
 */

#include "check.h"
#include "side.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

static mh_queue  queue;


static void
open_queue(void)
{
    mh_error  error;

    CHECK_INT(mh_queue_open(&queue, &error), 0);
}


/* A message that mh_message_done leaves alone. */
static mh_message *
plain(mh_message *message, unsigned number)
{
    memset(message, 0, sizeof(*message));
    message->home = MH_HOME_EXCHANGE;
    message->code = number;

    return message;
}


static unsigned
take_all(unsigned *first)
{
    unsigned     count;
    mh_message  *message;

    count = 0;

    for (message = mh_queue_take(&queue); message; message = message->next) {
        if (count++ == 0 && first != NULL) {
            *first = message->code;
        }
    }

    return count;
}


CASE(Messages_come_out_in_the_order_in_which_they_went_in)
{
    unsigned     i;
    mh_message   messages[100], *message;

    open_queue();

    for (i = 0; i < 100; i++) {
        mh_queue_push(&queue, plain(&messages[i], i), true);
    }

    for (i = 0, message = mh_queue_take(&queue); message; i++) {
        CHECK_INT(message->code, i);
        message = message->next;
    }

    CHECK_INT(i, 100);
    CHECK(mh_queue_take(&queue) == NULL);
    mh_queue_close(&queue);
}


CASE(The_descriptor_is_readable_from_the_first_push_to_the_take)
{
    mh_message  a, b;

    open_queue();
    CHECK(!side_readable(&queue));
    mh_queue_push(&queue, plain(&a, 1), true);
    CHECK(side_readable(&queue));
    mh_queue_push(&queue, plain(&b, 2), true);
    CHECK_INT(take_all(NULL), 2);
    CHECK(!side_readable(&queue));
    mh_queue_push(&queue, plain(&a, 3), true);
    CHECK(side_readable(&queue));
    CHECK_INT(take_all(NULL), 1);
    mh_queue_close(&queue);
}


CASE(A_second_push_does_not_signal_again)
{
    uint64_t    count;
    mh_message  a, b;

    open_queue();
    mh_queue_push(&queue, plain(&a, 1), true);
    mh_queue_push(&queue, plain(&b, 2), true);
    CHECK_INT(read(queue.fd, &count, sizeof(count)), sizeof(count));
    CHECK_INT(count, 1);
    CHECK_INT(take_all(NULL), 2);
    mh_queue_close(&queue);
}


CASE(A_push_with_a_wake_after_one_without_signals)
{
    mh_message  a, b;

    open_queue();
    mh_queue_push(&queue, plain(&a, 1), false);
    CHECK(!side_readable(&queue));
    mh_queue_push(&queue, plain(&b, 2), true);
    CHECK(side_readable(&queue));
    CHECK_INT(take_all(NULL), 2);
    mh_queue_close(&queue);
}


CASE(A_wake_of_an_empty_queue_does_nothing)
{
    open_queue();
    mh_queue_wake(&queue);
    CHECK(!side_readable(&queue));
    mh_queue_close(&queue);
}


CASE(While_the_taker_is_at_work_nobody_signals)
{
    unsigned    first = 0;
    mh_message  a, b;

    open_queue();
    mh_queue_enter(&queue);
    mh_queue_push(&queue, plain(&a, 1), true);
    mh_queue_wake(&queue);
    CHECK(!side_readable(&queue));
    CHECK_INT(take_all(&first), 1);
    CHECK_INT(first, 1);
    mh_queue_leave(&queue);
    CHECK(!side_readable(&queue));
    mh_queue_push(&queue, plain(&b, 2), true);
    CHECK(side_readable(&queue));
    CHECK_INT(take_all(NULL), 1);
    mh_queue_close(&queue);
}


CASE(What_the_taker_leaves_behind_is_signalled)
{
    mh_message  a;

    open_queue();
    mh_queue_enter(&queue);
    mh_queue_push(&queue, plain(&a, 1), true);
    mh_queue_leave(&queue);
    CHECK(side_readable(&queue));
    CHECK_INT(take_all(NULL), 1);
    CHECK(!side_readable(&queue));
    mh_queue_close(&queue);
}


CASE(A_signal_from_before_the_work_is_cleared_by_the_take)
{
    mh_message  a;

    open_queue();
    mh_queue_push(&queue, plain(&a, 1), true);
    mh_queue_enter(&queue);
    CHECK_INT(take_all(NULL), 1);
    CHECK(!side_readable(&queue));
    mh_queue_leave(&queue);
    CHECK(!side_readable(&queue));
    mh_queue_close(&queue);
}


CASE(An_edge_triggered_descriptor_is_never_read)
{
    uint64_t    count;
    mh_message  a;

    open_queue();
    queue.edge = true;
    mh_queue_push(&queue, plain(&a, 1), true);
    CHECK_INT(take_all(NULL), 1);
    mh_queue_push(&queue, plain(&a, 2), true);
    CHECK_INT(take_all(NULL), 1);
    CHECK_INT(read(queue.fd, &count, sizeof(count)), sizeof(count));
    CHECK_INT(count, 2);
    mh_queue_close(&queue);
}


/* ---- threads ----------------------------------------------------------- */

#define THREADS  4u
#define EACH     50000u

typedef struct producer {
    pthread_t    thread;
    unsigned     number;
    mh_message  *messages;
} producer;


static void *
produce(void *data)
{
    unsigned   i;
    producer  *self;

    self = data;

    for (i = 0; i < EACH; i++) {
        plain(&self->messages[i], i)->app = self->number;
        mh_queue_push(&queue, &self->messages[i], i % 3 != 0);

        if (i % 3 == 0) {
            mh_queue_wake(&queue);
        }
    }

    return NULL;
}


/*
 * The taker sleeps in poll and would sleep for ever if a wake were lost; every
 * thread's messages keep their order.
 */
enum manner {
    POLLS,
    WORKS,               /* between enter and leave                           */
    DOZES                /* sleeps on the queue; now and then in poll         */
};


/* Whether something is there within ten seconds. */
static bool
run_wait(enum manner manner, unsigned turn)
{
    struct pollfd  fd;

    if (manner == DOZES && mh_queue_doze(&queue, turn % 8 != 0 ? 10000 : 0)) {
        return true;
    }

    fd.fd = queue.fd;
    fd.events = POLLIN;

    return poll(&fd, 1, 10000) == 1;
}


static void
run_threads(enum manner manner)
{
    unsigned       i, total, wakes, next[THREADS];
    producer       producers[THREADS];
    mh_message    *message;

    open_queue();
    memset(next, 0, sizeof(next));

    for (i = 0; i < THREADS; i++) {
        producers[i].number = i;
        producers[i].messages = calloc(EACH, sizeof(mh_message));
        pthread_create(&producers[i].thread, NULL, produce, &producers[i]);
    }

    for (total = 0, wakes = 0; total < THREADS * EACH; wakes++) {

        if (!run_wait(manner, wakes)) {
            CHECK_FAIL("a wake was lost after %u messages", total);
            break;
        }

        if (manner != POLLS) {
            mh_queue_enter(&queue);
        }

        for (message = mh_queue_take(&queue); message;
             message = message->next)
        {
            if (message->code != next[message->app]++) {
                CHECK_FAIL("message %u of thread %u is out of order",
                           message->code, message->app);
            }
            total++;
        }

        if (manner != POLLS) {
            mh_queue_leave(&queue);
        }
    }

    for (i = 0; i < THREADS; i++) {
        pthread_join(producers[i].thread, NULL);
    }

    CHECK_INT(total, THREADS * EACH);

    /* No leftover may keep the descriptor readable for ever. */

    (void) mh_queue_take(&queue);
    (void) mh_queue_take(&queue);
    CHECK(!side_readable(&queue));
    mh_queue_close(&queue);

    for (i = 0; i < THREADS; i++) {
        free(producers[i].messages);
    }
}


CASE(No_wake_is_lost_between_threads)
{
    run_threads(POLLS);
}


CASE(No_wake_is_lost_while_the_taker_enters_and_leaves)
{
    run_threads(WORKS);
}


CASE(No_wake_is_lost_while_the_taker_dozes)
{
    run_threads(DOZES);
}


CASE(A_doze_ends_when_its_time_is_over_or_something_is_there)
{
    mh_message  a;

    open_queue();
    CHECK(!mh_queue_doze(&queue, 1));

    mh_queue_push(&queue, plain(&a, 1), false);
    CHECK(mh_queue_doze(&queue, 10000));
    CHECK_INT(take_all(NULL), 1);

    mh_queue_push(&queue, plain(&a, 2), true);
    CHECK(mh_queue_doze(&queue, 10000));
    CHECK_INT(take_all(NULL), 1);

    mh_queue_poke(&queue);
    CHECK(mh_queue_doze(&queue, 10000));
    CHECK_INT(take_all(NULL), 0);
    CHECK(!side_readable(&queue));

    CHECK(!mh_queue_doze(&queue, 1));
    mh_queue_close(&queue);
}


CASE(Signals_that_are_held_come_when_they_are_let_go)
{
    mh_message  a;

    open_queue();
    mh_queues_hold();
    mh_queue_push(&queue, plain(&a, 1), true);
    CHECK(!side_readable(&queue));
    mh_queues_let();
    CHECK(side_readable(&queue));
    CHECK_INT(take_all(NULL), 1);

    /* one that was taken meanwhile is still read, once */

    mh_queues_hold();
    mh_queue_push(&queue, plain(&a, 2), true);
    CHECK_INT(take_all(NULL), 1);
    mh_queues_let();
    CHECK_INT(take_all(NULL), 0);
    CHECK(!side_readable(&queue));
    mh_queue_close(&queue);
}

CHECK_MAIN
