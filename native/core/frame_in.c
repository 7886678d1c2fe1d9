/*
 * Frames as they arrive, and the descriptors that come with them.
 *
 * The kernel gives descriptors no later than the first byte of the message that
 * carried them, and never those of two messages in one call; but bytes that
 * were sent before may come in the same call. So descriptors wait in a queue
 * and each frame takes as many as it says.
 */

#include "frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>


#define IN_ROOM  131072u             /* of a buffer; more for a long frame    */

/* More in one message is cut off by the kernel, and then refused here. */
#define CONTROL_FDS  16u

typedef union control_room {
    struct cmsghdr  header;
    char            bytes[CMSG_SPACE(CONTROL_FDS * sizeof(int))];
} control_room;


/* Moves what is left to the front; grows, or shrinks an empty buffer. */
static bool
in_room(mh_frame_in *in, size_t size)
{
    size_t    capacity;
    uint8_t  *data;

    if (in->start != 0) {
        memmove(in->data, in->data + in->start, in->end - in->start);
        in->end -= in->start;
        in->start = 0;
    }

    capacity = size > IN_ROOM ? size : IN_ROOM;

    if (capacity <= in->capacity && (in->end != 0 || in->capacity == IN_ROOM))
    {
        return true;
    }

    if (in->end == 0) {
        free(in->data);
        in->data = NULL;
        in->capacity = 0;
    }

    data = realloc(in->data, capacity);

    if (data == NULL) {
        return false;
    }

    in->data = data;
    in->capacity = capacity;

    return true;
}


/* Bytes that the frame at `start` has in all, as far as is known. */
static size_t
in_wanted(const mh_frame_in *in)
{
    modhost_frame  frame;

    if (in->end - in->start < sizeof(frame)) {
        return sizeof(frame);
    }

    memcpy(&frame, in->data + in->start, sizeof(frame));

    return sizeof(frame) + MH_FRAME_PAD(frame.length);
}


/* Takes over what came; false: more than there may be. */
static bool
take_fds(mh_frame_in *in, struct msghdr *message)
{
    int              fd;
    bool             good;
    size_t           i, count;
    struct cmsghdr  *control;

    good = (message->msg_flags & MSG_CTRUNC) == 0;

    for (control = CMSG_FIRSTHDR(message); control != NULL;
         control = CMSG_NXTHDR(message, control))
    {
        if (control->cmsg_level != SOL_SOCKET
            || control->cmsg_type != SCM_RIGHTS)
        {
            continue;
        }

        count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        for (i = 0; i < count; i++) {
            memcpy(&fd, CMSG_DATA(control) + i * sizeof(int), sizeof(int));

            if (in->fd_count < MH_FRAME_FDS_MAX) {
                in->fds[in->fd_count++] = fd;

            } else {
                (void) close(fd);
                good = false;
            }
        }
    }

    return good;
}


enum mh_receive_result
mh_frame_receive(mh_frame_in *in, int fd, mh_error *error)
{
    ssize_t        n;
    size_t         room;
    unsigned       before;
    control_room   control;
    struct iovec   piece;
    struct msghdr  message;

    if (!in_room(in, in_wanted(in))) {
        (void) mh_fail(error, MH_E_MEMORY, "out of memory for a frame");
        return MH_RECEIVE_BAD;
    }

    room = in->capacity - in->end;
    before = in->fd_count;

    memset(&message, 0, sizeof(message));
    piece.iov_base = in->data + in->end;
    piece.iov_len = room;
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof(control);

    do {
        n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (n == -1 && errno == EINTR);

    if (n == -1) {
        return errno == EAGAIN || errno == EWOULDBLOCK ? MH_RECEIVE_EMPTY
                                                       : MH_RECEIVE_END;
    }

    if (message.msg_controllen != 0 && !take_fds(in, &message)) {
        (void) mh_fail(error, MH_E_FRAME, "too many descriptors came");
        return MH_RECEIVE_BAD;
    }

    if (n == 0) {
        return MH_RECEIVE_END;
    }

    in->end += (size_t) n;

    /* A message with descriptors is given alone, however much follows it. */

    return (size_t) n == room || in->fd_count != before ? MH_RECEIVE_SOME
                                                        : MH_RECEIVE_ALL;
}


bool
mh_frame_append(mh_frame_in *in, const void *bytes, size_t length)
{
    if (!in_room(in, in->end - in->start + length)) {
        return false;
    }

    if (length != 0) {
        memcpy(in->data + in->end, bytes, length);
        in->end += length;
    }

    return true;
}


static enum mh_frame_result
bad(mh_error *error, const char *what, unsigned number)
{
    mh_error_set(error, MH_E_FRAME, "a frame %s (%u)", what, number);
    return MH_FRAME_BAD;
}


static bool
is_zero(const uint8_t *bytes, size_t length)
{
    size_t  i;

    for (i = 0; i < length; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }

    return true;
}


static enum mh_frame_result
nothing(const mh_frame_in *in, mh_error *error)
{
    if (in->start == in->end && in->fd_count != 0) {
        mh_error_set(error, MH_E_FRAME,
                     "%u descriptors belong to no frame", in->fd_count);
        return MH_FRAME_BAD;
    }

    return MH_FRAME_NONE;
}


static void
view_take_fds(mh_frame_in *in, mh_frame_view *view)
{
    unsigned  i, count;

    count = view->frame.descriptors;

    for (i = 0; i < MH_FRAME_FDS; i++) {
        view->fds[i] = i < count ? in->fds[i] : -1;
    }

    if (count != 0) {
        in->fd_count -= count;
        memmove(in->fds, in->fds + count, in->fd_count * sizeof(int));
    }
}


enum mh_frame_result
mh_frame_next(mh_frame_in *in, mh_frame_view *view, mh_error *error)
{
    size_t          size, padded;
    const uint8_t  *at;

    size = in->end - in->start;

    if (size < sizeof(modhost_frame)) {
        return nothing(in, error);
    }

    at = in->data + in->start;
    memcpy(&view->frame, at, sizeof(modhost_frame));
    at += sizeof(modhost_frame);

    if (view->frame.length > MODHOST_FRAME_LENGTH_MAX) {
        return bad(error, "is too long", view->frame.length);
    }

    if (view->frame.descriptors > MH_FRAME_FDS) {
        return bad(error, "has too many descriptors",
                   view->frame.descriptors);
    }

    padded = MH_FRAME_PAD(view->frame.length);

    if (size - sizeof(modhost_frame) < padded) {
        return MH_FRAME_NONE;
    }

    if (!is_zero(at + view->frame.length, padded - view->frame.length)) {
        return bad(error, "does not end in zeros", view->frame.type);
    }

    if (view->frame.descriptors > in->fd_count) {
        return bad(error, "came without its descriptors", view->frame.type);
    }

    view->payload = at;
    view_take_fds(in, view);

    in->start += sizeof(modhost_frame) + padded;

    return MH_FRAME_THERE;
}


void
mh_frame_view_close(mh_frame_view *view)
{
    unsigned  i;

    for (i = 0; i < MH_FRAME_FDS; i++) {
        if (view->fds[i] != -1) {
            (void) close(view->fds[i]);
            view->fds[i] = -1;
        }
    }
}


void
mh_frame_in_free(mh_frame_in *in)
{
    unsigned  i;

    for (i = 0; i < in->fd_count; i++) {
        (void) close(in->fds[i]);
    }

    free(in->data);
    memset(in, 0, sizeof(*in));
}
