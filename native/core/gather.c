/*
 * Small pieces of a response on their way to the loop, put together.
 *
 * A loop that is busy (an Apache thread that waits for a slow client) takes no
 * messages meanwhile. An application that writes a few bytes at a time would
 * else have a message and a block lie there for each, many times the send
 * window.
 *
 * exchange->open is the message that may be added to: the last one that was
 * pushed, as long as it is in the queue. Whoever adds sets BUSY, and the taker,
 * which takes the message off here before it touches it, waits for that; it is
 * never longer than a copy of GATHERED bytes takes.
 */

#include "gather.h"

#include <sched.h>


#define BUSY      ((uintptr_t) 1)

/* Longer ones are as well off alone. */
#define GATHERED  1024u


/* An end, a file and a change of protocols come after all blocks. */
static bool
may_follow(uint32_t flags)
{
    return (flags & (MODHOST_SEND_END | MODHOST_SEND_FILE
                     | MODHOST_SEND_TRAILERS | MODHOST_SEND_UPGRADE)) == 0;
}


void
mh_gather_open(mh_message *message)
{
    uintptr_t  open;

    open = atomic_load_explicit(&message->exchange->open,
                                memory_order_relaxed);

    if ((open & BUSY) == 0) {
        (void) atomic_compare_exchange_strong_explicit(
                   &message->exchange->open, &open,
                   may_follow(message->flags) ? (uintptr_t) message : 0,
                   memory_order_release, memory_order_relaxed);
    }
}


/* Of a chain that is to be added; more than GATHERED: too much. */
static uint32_t
gather_length(const modhost_block *block)
{
    uint32_t  length;

    for (length = 0; block != NULL && length <= GATHERED; block = block->next)
    {
        length += block->length <= GATHERED ? block->length : GATHERED + 1;
    }

    return length;
}


/* The block with room for so much at the end of the message; NULL: no memory.
   The caller is the one who adds. */
static modhost_block *
gather_room(mh_message *message, uint32_t length)
{
    modhost_block  *block, *last;

    last = message->last != NULL ? message->last : message->blocks;

    while (last != NULL && last->next != NULL) {
        last = last->next;
    }

    if (last == NULL || mh_block_room(last) < length) {

        block = mh_block_alloc(MH_BLOCK_USUAL);

        if (block == NULL) {
            return NULL;
        }

        if (last != NULL) {
            last->next = block;
        } else {
            message->blocks = block;
        }

        last = block;
    }

    message->last = last;

    return last;
}


static bool
gather_copy(mh_message *message, const modhost_block *from, uint32_t length)
{
    modhost_block  *to;

    if (length == 0) {
        return true;
    }

    to = gather_room(message, length);

    if (to == NULL) {
        return false;
    }

    for (/* void */; from != NULL; from = from->next) {
        mh_block_append(to, from->data, from->length);
    }

    return true;
}


bool
mh_gather_add(const mh_send_call *call)
{
    bool          added;
    uint32_t      flags, length;
    uintptr_t     open;
    mh_message   *message;
    mh_exchange  *exchange;

    exchange = call->exchange;
    flags = call->send->flags;
    open = atomic_load_explicit(&exchange->open, memory_order_relaxed);

    if (open == 0 || (open & BUSY) != 0 || !may_follow(flags)
        || (flags & MODHOST_SEND_HEAD) != 0)
    {
        return false;
    }

    length = gather_length(call->send->blocks);

    if (length > GATHERED
        || !atomic_compare_exchange_strong_explicit(
               &exchange->open, &open, open | BUSY,
               memory_order_acquire, memory_order_relaxed))
    {
        return false;
    }

    message = (mh_message *) open;
    added = gather_copy(message, call->send->blocks, length);

    if (added) {
        message->flags |= flags & MODHOST_SEND_FLUSH;
    }

    atomic_store_explicit(&exchange->open, open, memory_order_release);

    if (added) {
        mh_block_free(call->send->blocks);
    }

    return added;
}


void
mh_gather_take(mh_message *message)
{
    uintptr_t            open, own;
    _Atomic(uintptr_t)  *at;

    at = &message->exchange->open;
    own = (uintptr_t) message;

    /* whatever is there now was stored after the last addition */

    open = atomic_load_explicit(at, memory_order_acquire);

    while ((open & ~BUSY) == own) {

        if ((open & BUSY) != 0) {
            (void) sched_yield();
            open = atomic_load_explicit(at, memory_order_acquire);

        } else if (atomic_compare_exchange_weak_explicit(at, &open, 0,
                       memory_order_acquire, memory_order_acquire))
        {
            return;
        }
    }
}
