/*
 * Frames on their way out: one buffer, sent with one call, unless descriptors
 * are in between: they leave with the first byte of their frame.
 */

#include "frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>


#define OUT_ROOM_MIN   16384u        /* first size of a buffer                */
#define OUT_ROOM_KEEP  262144u       /* more is given back when it is empty   */

/* Room for the descriptors of one call. */
typedef union control_room {
    struct cmsghdr  header;
    char            bytes[CMSG_SPACE(MH_FRAME_FDS * sizeof(int))];
} control_room;


/* What was sent makes room; whole words only, so that frames stay aligned. */
static void
out_compact(mh_frame_out *out)
{
    size_t    gone;
    unsigned  i;

    gone = out->start & ~(size_t) 7;

    memmove(out->data, out->data + gone, out->end - gone);

    out->start -= gone;
    out->end -= gone;

    for (i = out->mark_start; i < out->mark_end; i++) {
        out->marks[i].at -= gone;
    }
}


static bool
out_room(mh_frame_out *out, size_t size)
{
    size_t    capacity;
    uint8_t  *data;

    if (out->failed) {
        return false;
    }

    if (size <= out->capacity - out->end) {
        return true;
    }

    if (out->start >= out->capacity / 2 && out->start != 0) {
        out_compact(out);
    }

    capacity = out->capacity ? out->capacity : OUT_ROOM_MIN;

    while (size > capacity - out->end) {
        capacity *= 2;
    }

    if (capacity != out->capacity) {
        data = realloc(out->data, capacity);

        if (data == NULL) {
            out->failed = true;
            return false;
        }

        out->data = data;
        out->capacity = capacity;
    }

    return true;
}


uint8_t *
mh_frame_put(mh_frame_out *out, const modhost_frame *frame)
{
    size_t    padded;
    uint8_t  *at;

    padded = MH_FRAME_PAD(frame->length);

    if (!out_room(out, sizeof(*frame) + padded)) {
        return NULL;
    }

    at = out->data + out->end;
    out->end += sizeof(*frame) + padded;

    memcpy(at, frame, sizeof(*frame));
    at += sizeof(*frame);

    if (padded != 0) {
        memset(at + padded - 8, 0, 8);
    }

    return at;
}


void
mh_frame_put_copy(mh_frame_out *out, const modhost_frame *frame,
    const void *payload)
{
    uint8_t  *at;

    at = mh_frame_put(out, frame);

    if (at != NULL && frame->length != 0) {
        memcpy(at, payload, frame->length);
    }
}


static mh_frame_mark *
out_mark(mh_frame_out *out)
{
    unsigned        capacity;
    mh_frame_mark  *marks;

    if (out->mark_end == out->mark_capacity) {
        capacity = out->mark_capacity ? out->mark_capacity * 2 : 8;
        marks = realloc(out->marks, capacity * sizeof(*marks));

        if (marks == NULL) {
            out->failed = true;
            return NULL;
        }

        out->marks = marks;
        out->mark_capacity = capacity;
    }

    return &out->marks[out->mark_end];
}


void
mh_frame_put_fds(mh_frame_out *out, const int *fds, unsigned count)
{
    unsigned        i;
    mh_frame_mark  *mark;

    mark = count <= MH_FRAME_FDS ? out_mark(out) : NULL;

    if (mark == NULL) {
        for (i = 0; i < count; i++) {
            (void) close(fds[i]);
        }

        out->failed = true;
        return;
    }

    mark->at = out->end;
    mark->count = count;
    memcpy(mark->fds, fds, count * sizeof(int));

    out->mark_end++;
}


static void
mark_close(mh_frame_mark *mark)
{
    unsigned  i;

    for (i = 0; i < mark->count; i++) {
        (void) close(mark->fds[i]);
    }
}


static void
control_fill(struct msghdr *message, control_room *room,
    const mh_frame_mark *mark)
{
    struct cmsghdr  *control;

    memset(room, 0, sizeof(*room));

    message->msg_control = room;
    message->msg_controllen = CMSG_SPACE(mark->count * sizeof(int));

    control = CMSG_FIRSTHDR(message);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(mark->count * sizeof(int));
    memcpy(CMSG_DATA(control), mark->fds, mark->count * sizeof(int));
}


/* Up to the next mark, and with the descriptors of one that is due. */
static ssize_t
send_piece(mh_frame_out *out, int fd)
{
    ssize_t         n;
    struct iovec    piece;
    control_room    room;
    mh_frame_mark  *mark, *next;
    struct msghdr   message;

    mark = out->mark_start != out->mark_end ? &out->marks[out->mark_start]
                                            : NULL;
    if (mark == NULL) {
        return send(fd, out->data + out->start, out->end - out->start,
                    MSG_DONTWAIT | MSG_NOSIGNAL);
    }

    memset(&message, 0, sizeof(message));
    message.msg_iov = &piece;
    message.msg_iovlen = 1;

    piece.iov_base = out->data + out->start;
    piece.iov_len = mark->at - out->start;

    if (piece.iov_len == 0) {
        control_fill(&message, &room, mark);

        next = mark + 1;
        piece.iov_len = (out->mark_start + 1 != out->mark_end
                         ? next->at : out->end) - out->start;
    }

    n = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (n > 0 && message.msg_control != NULL) {
        mark_close(mark);
        out->mark_start++;
    }

    return n;
}


static void
out_empty(mh_frame_out *out)
{
    out->start = 0;
    out->end = 0;
    out->mark_start = 0;
    out->mark_end = 0;

    if (out->capacity > OUT_ROOM_KEEP) {
        free(out->data);
        out->data = NULL;
        out->capacity = 0;
    }
}


int
mh_frame_send(mh_frame_out *out, int fd)
{
    ssize_t  n;

    if (out->failed) {
        errno = ENOMEM;
        return -1;
    }

    while (out->start != out->end) {

        n = send_piece(out, fd);

        if (n > 0) {
            out->start += (size_t) n;

        } else if (n == -1 && errno == EINTR) {
            continue;

        } else {
            return n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)
                   ? 0 : -1;
        }
    }

    out_empty(out);

    return 1;
}


void
mh_frame_out_free(mh_frame_out *out)
{
    unsigned  i;

    for (i = out->mark_start; i < out->mark_end; i++) {
        mark_close(&out->marks[i]);
    }

    free(out->marks);
    free(out->data);
    memset(out, 0, sizeof(*out));
}
