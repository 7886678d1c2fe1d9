/*
 * The queue from any thread to the loop: a stack that is taken whole and
 * turned round, and an eventfd.
 *
 * `signalled` is IDLE when nobody has promised that the taker will look, SET
 * when the descriptor was written (or is about to be), BUSY while the taker is
 * at work, DOZE while it sleeps on `signalled` itself, WOKEN when it has been
 * (or is about to be) woken from that. A pusher pushes, then looks at
 * `signalled`; the taker clears `signalled`, then looks at the stack; both in
 * sequentially consistent order, so one of them sees the other.
 */

#include "exchange_private.h"
#include "gather.h"

#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>


#define QUEUE_IDLE  0u
#define QUEUE_SET   1u
#define QUEUE_BUSY  2u
#define QUEUE_DOZE  3u
#define QUEUE_WOKEN 4u

/* Signals that wait; what is more goes at once. */
#define HELD_MAX    128u

static _Thread_local struct {
    bool       on;
    unsigned   count;
    struct {
        mh_queue  *queue;
        bool       dozes;
    } signals[HELD_MAX];
} held;


int
mh_queue_open(mh_queue *queue, mh_error *error)
{
    atomic_init(&queue->head, NULL);
    atomic_init(&queue->signalled, QUEUE_IDLE);
    queue->unread = 0;
    queue->edge = false;

    /* a thread's first use of it takes memory: not in a signal handler */

    held.on = false;

    queue->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (queue->fd == -1) {
        return mh_fail(error, MH_E_SYSTEM, "eventfd() failed: %s",
                       strerror(errno));
    }

    return 0;
}


void
mh_queue_close(mh_queue *queue)
{
    mh_message  *message, *next;

    for (message = mh_queue_take(queue); message != NULL; message = next) {
        next = message->next;
        mh_message_done(message);
    }

    (void) close(queue->fd);
    queue->fd = -1;
}


static void
queue_write(mh_queue *queue, bool dozes)
{
    ssize_t         n;
    const uint64_t  one = 1;

    if (dozes) {
        (void) syscall(SYS_futex, &queue->signalled, FUTEX_WAKE_PRIVATE, 1,
                       NULL, NULL, 0);
        return;
    }

    /* The counter cannot overflow, and would be readable if it did. */

    do {
        n = write(queue->fd, &one, sizeof(one));
    } while (n == -1 && errno == EINTR);
}


static void
queue_signal(mh_queue *queue, bool dozes)
{
    if (!held.on || held.count == HELD_MAX) {
        queue_write(queue, dozes);
        return;
    }

    held.signals[held.count].queue = queue;
    held.signals[held.count].dozes = dozes;
    held.count++;
}


void
mh_queues_hold(void)
{
    held.on = true;
}


void
mh_queues_let(void)
{
    unsigned  i;

    for (i = 0; i < held.count; i++) {
        queue_write(held.signals[i].queue, held.signals[i].dozes);
    }

    held.count = 0;
    held.on = false;
}


static void
queue_promise(mh_queue *queue)
{
    bool      dozes;
    unsigned  state;

    state = atomic_load(&queue->signalled);

    while (state == QUEUE_IDLE || state == QUEUE_DOZE) {

        dozes = state == QUEUE_DOZE;

        if (atomic_compare_exchange_strong(&queue->signalled, &state,
                                           dozes ? QUEUE_WOKEN : QUEUE_SET))
        {
            queue_signal(queue, dozes);
            return;
        }
    }
}


void
mh_queue_push(mh_queue *queue, mh_message *message, bool wake)
{
    mh_message  *head;

    head = atomic_load_explicit(&queue->head, memory_order_relaxed);

    do {
        message->next = head;
    } while (!atomic_compare_exchange_weak(&queue->head, &head, message));

    /* From here on the message is the taker's. */

    if (wake) {
        queue_promise(queue);
    }
}


void
mh_queue_wake(mh_queue *queue)
{
    if (atomic_load(&queue->head) != NULL) {
        queue_promise(queue);
    }
}


void
mh_queue_poke(mh_queue *queue)
{
    queue_promise(queue);
}


/*
 * A promise comes before its write, so a read may come too early; `unread`
 * counts the promises that were seen and whose writes were not read. The read
 * must come before the promise is cleared: the other way round it could bring
 * the write of the next promise, and then nobody would signal again.
 */
static void
queue_unset(mh_queue *queue)
{
    uint64_t  count;

    if (queue->edge
        || (queue->unread == 0 && atomic_load(&queue->signalled) != QUEUE_SET))
    {
        return;
    }

    if (read(queue->fd, &count, sizeof(count)) == (ssize_t) sizeof(count)) {
        queue->unread -= (int32_t) count;
    }
}


mh_message *
mh_queue_take(mh_queue *queue)
{
    unsigned      set;
    mh_message   *message, *next, *list;

    queue_unset(queue);

    set = QUEUE_SET;

    if (atomic_compare_exchange_strong(&queue->signalled, &set, QUEUE_IDLE)) {
        queue->unread += !queue->edge;
    }

    list = NULL;
    message = atomic_exchange(&queue->head, NULL);

    for (/* void */; message != NULL; message = next) {
        next = message->next;

        if (message->kind == MH_MESSAGE_SEND) {
            mh_gather_take(message);

        } else if (message->kind == MH_MESSAGE_READ) {
            mh_exchange_read_take(message);
        }

        message->next = list;
        list = message;
    }

    return list;
}


void
mh_queue_enter(mh_queue *queue)
{
    if (atomic_exchange(&queue->signalled, QUEUE_BUSY) == QUEUE_SET) {
        queue->unread += !queue->edge;
    }
}


void
mh_queue_leave(mh_queue *queue)
{
    atomic_store(&queue->signalled, QUEUE_IDLE);
    mh_queue_wake(queue);
}


/* Whoever pushes after the look at the stack sees DOZE. */
bool
mh_queue_doze(mh_queue *queue, unsigned ms)
{
    unsigned         state;
    struct timespec  limit;

    state = QUEUE_IDLE;

    if (!atomic_compare_exchange_strong(&queue->signalled, &state,
                                        QUEUE_DOZE))
    {
        return true;
    }

    limit.tv_sec = ms / 1000;
    limit.tv_nsec = (long) (ms % 1000) * 1000000;

    if (atomic_load(&queue->head) == NULL) {
        (void) syscall(SYS_futex, &queue->signalled, FUTEX_WAIT_PRIVATE,
                       QUEUE_DOZE, &limit, NULL, 0);
    }

    return atomic_exchange(&queue->signalled, QUEUE_IDLE) == QUEUE_WOKEN
           || atomic_load(&queue->head) != NULL;
}
