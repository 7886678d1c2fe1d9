/*
 * What an app can get wrong in a send.
 */

#include "send.h"

#include "cache.h"
#include "head.h"

#include <string.h>


#define SEND_FLAGS                                                            \
    (MODHOST_SEND_HEAD | MODHOST_SEND_END | MODHOST_SEND_FLUSH                \
     | MODHOST_SEND_TRAILERS | MODHOST_SEND_FILE | MODHOST_SEND_UPGRADE       \
     | MODHOST_SEND_DEFER)

/* A copied head, with its trailers; what web servers take is far less. */
#define SEND_COPY_MAX  1048576u

#define ALIGN8(n)  (((size_t) (n) + 7) & ~(size_t) 7)


static int32_t
misuse(mh_send_call *call, int32_t result, const char *what)
{
    mh_error_set(call->error, MH_E_SEND_MISUSE, "%s", what);
    return result;
}


static int32_t
check_flags(mh_send_call *call)
{
    uint32_t             flags;
    const modhost_send  *send;

    send = call->send;
    flags = send->flags;

    if (flags & ~SEND_FLAGS) {
        return misuse(call, MODHOST_E_ARGUMENT, "a send has unknown flags");
    }

    if ((flags & MODHOST_SEND_HEAD) && send->head == NULL) {
        return misuse(call, MODHOST_E_ARGUMENT, "a head is missing");
    }

    if ((flags & MODHOST_SEND_TRAILERS)
        && (send->trailers == NULL || (flags & MODHOST_SEND_END) == 0))
    {
        return misuse(call, MODHOST_E_ARGUMENT,
                      "trailers come with the end of a response only");
    }

    if ((flags & MODHOST_SEND_FILE)
        && (send->file < 0 || send->file_offset < 0 || send->file_length < 0
            || send->file_length > INT64_MAX - send->file_offset))
    {
        return misuse(call, MODHOST_E_ARGUMENT,
                      "a file has no descriptor, or an impossible range");
    }

    if ((flags & MODHOST_SEND_UPGRADE)
        && (flags & (MODHOST_SEND_HEAD | MODHOST_SEND_END
                     | MODHOST_SEND_FILE)) != MODHOST_SEND_HEAD)
    {
        return misuse(call, MODHOST_E_ARGUMENT,
                      "an upgrade is a head and no end");
    }

    if (!mh_block_check(send->blocks)) {
        return misuse(call, MODHOST_E_ARGUMENT,
                      "a block is longer than it was allocated");
    }

    return MODHOST_OK;
}


/*
 * A final head that was written into the exchange's own room stays where it is.
 * All else is copied first and then checked, so nobody can change it later; an
 * informational head too, because the app will use the room again at once.
 */
static bool
head_stays(const mh_send_call *call)
{
    const modhost_response_head  *head;

    if (call->send->head != call->exchange->pub.response_head
        || call->send->head_size > MH_RESPONSE_HEAD_ROOM
        || call->send->head_size < sizeof(*head))
    {
        return false;
    }

    head = call->send->head;

    return head->status >= 200;
}


static int32_t
copy_heads(mh_send_call *call)
{
    size_t               head, trailers;
    uint8_t             *room;
    const modhost_send  *send;

    send = call->send;
    head = 0;
    trailers = 0;

    if (send->flags & MODHOST_SEND_HEAD) {
        if (head_stays(call)) {
            call->head = send->head;
        } else {
            head = send->head_size;
        }
    }

    if (send->flags & MODHOST_SEND_TRAILERS) {
        trailers = send->trailers_size;
    }

    if (head == 0 && trailers == 0) {
        return MODHOST_OK;
    }

    if (head > SEND_COPY_MAX || trailers > SEND_COPY_MAX) {
        return misuse(call, MODHOST_E_ARGUMENT,
                      "a response head is longer than 1 MiB");
    }

    call->message = mh_cache_alloc(MH_CACHE_MESSAGE, sizeof(mh_message)
                                   + ALIGN8(head) + ALIGN8(trailers));
    if (call->message == NULL) {
        return MODHOST_E_MEMORY;
    }

    room = (uint8_t *) (call->message + 1);

    if (head != 0) {
        memcpy(room, send->head, head);
        call->head = (const modhost_response_head *) room;
        room += ALIGN8(head);
    }

    if (trailers != 0) {
        memcpy(room, send->trailers, trailers);
        call->trailers = (const modhost_response_head *) room;
    }

    return MODHOST_OK;
}


/* A head of no bytes at all was not copied. */
static int32_t
check_blocks(mh_send_call *call)
{
    const modhost_send  *send;

    send = call->send;

    if ((send->flags & MODHOST_SEND_HEAD)
        && (call->head == NULL
            || mh_response_head_check(call->head, send->head_size,
                                      call->error) != 0))
    {
        return call->error->code ? MODHOST_E_ARGUMENT
                                 : misuse(call, MODHOST_E_ARGUMENT,
                                          "a head is missing");
    }

    if ((send->flags & MODHOST_SEND_TRAILERS)
        && (call->trailers == NULL
            || mh_response_head_check(call->trailers, send->trailers_size,
                                      call->error) != 0))
    {
        return call->error->code ? MODHOST_E_ARGUMENT
                                 : misuse(call, MODHOST_E_ARGUMENT,
                                          "trailers are missing");
    }

    if (call->trailers != NULL && call->trailers->status != 0) {
        return misuse(call, MODHOST_E_ARGUMENT, "trailers have a status");
    }

    return MODHOST_OK;
}


static int32_t
check_upgrade(mh_send_call *call)
{
    bool  upgrade;

    upgrade = (call->send->flags & MODHOST_SEND_UPGRADE) != 0;

    if (upgrade != (call->head->status == 101)) {
        return misuse(call, MODHOST_E_ARGUMENT,
                      "an upgrade has status 101, and nothing else has");
    }

    if (upgrade && (call->exchange->pub.head->flags
                    & MODHOST_REQUEST_UPGRADABLE) == 0)
    {
        return misuse(call, MODHOST_E_STATE,
                      "the request did not ask for an upgrade");
    }

    return MODHOST_OK;
}


/* What fits the state; *gained are the bits that this send sets. */
static int32_t
check_order(mh_send_call *call, unsigned state, unsigned *gained)
{
    unsigned             status;
    const modhost_send  *send;

    send = call->send;

    if (send->flags & MODHOST_SEND_END) {
        *gained |= MH_EXCHANGE_ENDED;
    }

    if (call->head == NULL) {
        return (state & MH_EXCHANGE_HEAD_SENT)
               ? MODHOST_OK
               : misuse(call, MODHOST_E_STATE, "a body came before its head");
    }

    if (state & MH_EXCHANGE_HEAD_SENT) {
        return misuse(call, MODHOST_E_STATE, "a response has a second head");
    }

    status = call->head->status;

    if (status == 0) {
        return misuse(call, MODHOST_E_ARGUMENT,
                      "a response head has no status");
    }

    if (status >= 200 || status == 101) {
        *gained |= MH_EXCHANGE_HEAD_SENT;
        return check_upgrade(call);
    }

    if (send->blocks != NULL
        || (send->flags & (MODHOST_SEND_END | MODHOST_SEND_FILE
                           | MODHOST_SEND_UPGRADE)))
    {
        return misuse(call, MODHOST_E_ARGUMENT,
                      "an informational response has nothing but a head");
    }

    return MODHOST_OK;
}


int32_t
mh_send_check(mh_send_call *call, unsigned state, unsigned *gained)
{
    int32_t  result;

    *gained = 0;

    if ((result = check_flags(call)) != MODHOST_OK
        || (result = copy_heads(call)) != MODHOST_OK
        || (result = check_blocks(call)) != MODHOST_OK)
    {
        return result;
    }

    return check_order(call, state, gained);
}
