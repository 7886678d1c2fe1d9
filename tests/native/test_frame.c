/*
 * The frame codec: pieces, sizes, descriptors, and what is refused.
 */

#include "check.h"
#include "frame.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int            ends[2];
static mh_frame_in    in;
static mh_frame_out   out;
static mh_frame_view  view;
static mh_error       error;


static bool
open_pair(void)
{
    memset(&in, 0, sizeof(in));
    memset(&out, 0, sizeof(out));

    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0;
}


static void
close_pair(void)
{
    mh_frame_in_free(&in);
    mh_frame_out_free(&out);
    close(ends[0]);
    close(ends[1]);
}


static modhost_frame
frame_of(unsigned type, uint32_t length)
{
    modhost_frame  frame;

    memset(&frame, 0, sizeof(frame));
    frame.type = (uint8_t) type;
    frame.length = length;
    frame.stream = 0x00010002;
    frame.value = 77;

    return frame;
}


static void
put(uint32_t length, int fill)
{
    uint8_t        *at;
    modhost_frame   frame;

    frame = frame_of(MODHOST_FRAME_BODY, length);
    at = mh_frame_put(&out, &frame);
    REQUIRE(at != NULL);
    memset(at, fill, length);
}


static int
file_fd(void)
{
    return open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
}


static unsigned
open_fds(void)
{
    int       fd;
    unsigned  count;

    for (count = 0, fd = 0; fd < 256; fd++) {
        count += fcntl(fd, F_GETFD) != -1;
    }

    return count;
}


CASE(A_frame_comes_out_as_it_went_in)
{
    uint32_t  i, length;

    static const uint32_t  lengths[] = {
        0, 1, 7, 8, 9, 100, 65536, 1048575, 1048576
    };

    REQUIRE(open_pair());

    for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        length = lengths[i];
        put(length, (int) i + 1);

        while (mh_frame_send(&out, ends[0]) == 0) {
            CHECK(mh_frame_next(&in, &view, &error) == MH_FRAME_NONE);
            CHECK(mh_frame_receive(&in, ends[1], &error) >= MH_RECEIVE_SOME);
        }

        while (mh_frame_next(&in, &view, &error) == MH_FRAME_NONE) {
            REQUIRE(mh_frame_receive(&in, ends[1], &error)
                    >= MH_RECEIVE_SOME);
        }

        CHECK_INT(view.frame.length, length);
        CHECK_INT(view.frame.type, MODHOST_FRAME_BODY);
        CHECK_INT(view.frame.stream, 0x00010002);
        CHECK_INT(view.frame.value, 77);
        CHECK_INT((uintptr_t) view.payload % 8, 0);
        CHECK(length == 0 || (view.payload[0] == i + 1
                              && view.payload[length - 1] == i + 1));
        CHECK_INT(mh_frame_next(&in, &view, &error), MH_FRAME_NONE);
        CHECK_INT(mh_frame_out_size(&out), 0);
    }

    CHECK_INT(mh_frame_receive(&in, ends[1], &error), MH_RECEIVE_EMPTY);
    close_pair();
}


CASE(Frames_may_come_in_pieces_of_any_size)
{
    size_t    piece, at, size;
    uint8_t   bytes[512];
    unsigned  count;

    memset(&out, 0, sizeof(out));
    put(0, 0);
    put(13, 1);
    put(200, 2);
    put(8, 3);

    size = mh_frame_out_size(&out);
    REQUIRE(size <= sizeof(bytes));
    memcpy(bytes, out.data, size);
    mh_frame_out_free(&out);

    for (piece = 1; piece <= size; piece++) {

        memset(&in, 0, sizeof(in));
        count = 0;

        for (at = 0; at < size; at += piece) {
            REQUIRE(mh_frame_append(&in, bytes + at,
                                    size - at < piece ? size - at : piece));

            while (mh_frame_next(&in, &view, &error) == MH_FRAME_THERE) {
                count++;
                CHECK_INT((uintptr_t) view.payload % 8, 0);
            }
        }

        CHECK_INT(count, 4);
        CHECK_INT(in.end - in.start, 0);
        mh_frame_in_free(&in);
    }
}


CASE(Many_frames_leave_in_one_call_and_arrive_in_one)
{
    unsigned  i, count;

    REQUIRE(open_pair());

    for (i = 0; i < 100; i++) {
        put(i, (int) i);
    }

    CHECK_INT(mh_frame_send(&out, ends[0]), 1);
    CHECK_INT(mh_frame_receive(&in, ends[1], &error), MH_RECEIVE_ALL);

    for (count = 0; mh_frame_next(&in, &view, &error) == MH_FRAME_THERE;
         count++)
    {
        CHECK_INT(view.frame.length, count);
    }

    CHECK_INT(count, 100);
    close_pair();
}


CASE(A_full_socket_keeps_the_rest_in_order)
{
    int       sent, full;
    unsigned  i, count;

    REQUIRE(open_pair());
    full = 0;
    count = 0;

    for (i = 0; i < 100; i++) {
        put(20000, (int) i);
        sent = mh_frame_send(&out, ends[0]);
        CHECK(sent != -1);
        full += sent == 0;
    }

    CHECK(full != 0);

    do {
        sent = mh_frame_send(&out, ends[0]);
        (void) mh_frame_receive(&in, ends[1], &error);

        while (mh_frame_next(&in, &view, &error) == MH_FRAME_THERE) {
            CHECK_INT(view.payload[19999], count);
            count++;
        }

    } while (sent == 0 || count < 100);

    CHECK_INT(count, 100);
    CHECK_INT(out.capacity, 0);          /* a large buffer is given back      */
    close_pair();
}


CASE(Descriptors_belong_to_their_frames)
{
    int             fds[2];
    unsigned        i, before;
    struct stat     st;
    modhost_frame   frame;

    before = open_fds();
    REQUIRE(open_pair());

    /* none, one, two, none, one: all are sent before any is received */

    for (i = 0; i < 5; i++) {
        frame = frame_of(MODHOST_FRAME_WORKER, i);
        frame.descriptors = (uint16_t) (i % 3);

        fds[0] = file_fd();
        fds[1] = file_fd();

        if (frame.descriptors < 2) {
            close(fds[1]);
        }

        if (frame.descriptors == 0) {
            close(fds[0]);
        } else {
            mh_frame_put_fds(&out, fds, frame.descriptors);
        }

        mh_frame_put_copy(&out, &frame, "abcdef");
    }

    CHECK_INT(mh_frame_send(&out, ends[0]), 1);

    for (i = 0; i < 5; /* void */) {

        if (mh_frame_next(&in, &view, &error) == MH_FRAME_NONE) {
            REQUIRE(mh_frame_receive(&in, ends[1], &error)
                    >= MH_RECEIVE_SOME);
            continue;
        }

        CHECK_INT(view.frame.length, i);
        CHECK_INT(view.frame.descriptors, i % 3);
        CHECK((view.fds[0] != -1) == (i % 3 > 0));
        CHECK((view.fds[1] != -1) == (i % 3 > 1));

        if (view.fds[0] != -1) {
            CHECK_INT(fstat(view.fds[0], &st), 0);
            CHECK(S_ISREG(st.st_mode));
            CHECK(fcntl(view.fds[0], F_GETFD) & FD_CLOEXEC);
        }

        mh_frame_view_close(&view);
        i++;
    }

    close_pair();
    CHECK_INT(open_fds(), before);
}


CASE(Descriptors_that_are_never_sent_or_taken_are_closed)
{
    int             fd;
    unsigned        before;
    modhost_frame   frame;

    before = open_fds();
    REQUIRE(open_pair());

    frame = frame_of(MODHOST_FRAME_STORE, 0);
    frame.descriptors = 1;
    fd = file_fd();
    mh_frame_put_fds(&out, &fd, 1);
    mh_frame_put_copy(&out, &frame, NULL);
    CHECK_INT(mh_frame_send(&out, ends[0]), 1);
    CHECK(mh_frame_receive(&in, ends[1], &error) >= MH_RECEIVE_SOME);

    fd = file_fd();
    mh_frame_put_fds(&out, &fd, 1);
    mh_frame_put_copy(&out, &frame, NULL);

    close_pair();
    CHECK_INT(open_fds(), before);
}


/* ---- what is refused --------------------------------------------------- */

static void
refused(const void *bytes, size_t length, const char *why)
{
    memset(&in, 0, sizeof(in));
    error.text[0] = '\0';

    REQUIRE(mh_frame_append(&in, bytes, length));
    CHECK_INT(mh_frame_next(&in, &view, &error), MH_FRAME_BAD);
    CHECK_INT(error.code, MH_E_FRAME);
    CHECK_HAS(error.text, why);
    mh_frame_in_free(&in);
}


CASE(A_frame_that_is_too_long_is_refused_by_its_header)
{
    modhost_frame  frame;

    frame = frame_of(MODHOST_FRAME_BODY, MODHOST_FRAME_LENGTH_MAX + 1);
    refused(&frame, sizeof(frame), "too long");

    frame.length = 0xffffffff;
    refused(&frame, sizeof(frame), "too long");
}


CASE(Padding_that_is_not_zero_is_refused)
{
    uint8_t        bytes[24];
    modhost_frame  frame;

    memset(bytes, 0, sizeof(bytes));
    frame = frame_of(MODHOST_FRAME_BODY, 3);
    memcpy(bytes, &frame, sizeof(frame));
    bytes[23] = 1;

    refused(bytes, sizeof(bytes), "zeros");
}


CASE(Descriptors_that_did_not_come_are_refused)
{
    modhost_frame  frame;

    frame = frame_of(MODHOST_FRAME_WORKER, 0);
    frame.descriptors = 1;
    refused(&frame, sizeof(frame), "without its descriptors");

    frame.descriptors = 3;
    refused(&frame, sizeof(frame), "too many descriptors");
}


CASE(Descriptors_without_a_frame_are_refused)
{
    int             fd;
    unsigned        before;
    modhost_frame   frame;

    before = open_fds();
    REQUIRE(open_pair());

    frame = frame_of(MODHOST_FRAME_PING, 0);
    fd = file_fd();
    mh_frame_put_fds(&out, &fd, 1);
    mh_frame_put_copy(&out, &frame, NULL);
    CHECK_INT(mh_frame_send(&out, ends[0]), 1);

    CHECK(mh_frame_receive(&in, ends[1], &error) >= MH_RECEIVE_SOME);
    CHECK_INT(mh_frame_next(&in, &view, &error), MH_FRAME_THERE);
    CHECK_INT(mh_frame_next(&in, &view, &error), MH_FRAME_BAD);
    CHECK_HAS(error.text, "belong to no frame");

    close_pair();
    CHECK_INT(open_fds(), before);
}


/* Two bytes with as many descriptors as a message may have. */
static bool
send_many(unsigned count)
{
    char             byte[2] = { 0, 0 };
    unsigned         i;
    struct iovec     piece = { byte, sizeof(byte) };
    struct msghdr    message;
    struct cmsghdr  *header;

    union {
        struct cmsghdr  header;
        char            bytes[CMSG_SPACE(250 * sizeof(int))];
    } control;

    memset(&message, 0, sizeof(message));
    memset(&control, 0, sizeof(control));
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));

    header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));

    for (i = 0; i < count; i++) {
        memcpy(CMSG_DATA(header) + i * sizeof(int), &ends[0], sizeof(int));
    }

    return sendmsg(ends[0], &message, MSG_NOSIGNAL) == sizeof(byte);
}


CASE(A_flood_of_descriptors_is_refused_and_closed)
{
    unsigned                i, before;
    enum mh_receive_result  result;

    before = open_fds();

    /* more than fit into one message */

    REQUIRE(open_pair());
    REQUIRE(send_many(250));
    CHECK_INT(mh_frame_receive(&in, ends[1], &error), MH_RECEIVE_BAD);
    close_pair();
    CHECK_INT(open_fds(), before);

    /* more than may wait */

    REQUIRE(open_pair());

    for (i = 0; i < 7; i++) {
        REQUIRE(send_many(16));
    }

    for (i = 0; i < 7; i++) {
        result = mh_frame_receive(&in, ends[1], &error);

        if (result == MH_RECEIVE_BAD) {
            break;
        }

        CHECK_INT(result, MH_RECEIVE_SOME);
    }

    CHECK_INT(i, MH_FRAME_FDS_MAX / 16);
    CHECK_INT(error.code, MH_E_FRAME);
    close_pair();
    CHECK_INT(open_fds(), before);
}


CASE(The_end_is_told_after_what_came_before_it)
{
    REQUIRE(open_pair());

    put(5, 1);
    CHECK_INT(mh_frame_send(&out, ends[0]), 1);
    shutdown(ends[0], SHUT_WR);

    CHECK_INT(mh_frame_receive(&in, ends[1], &error), MH_RECEIVE_ALL);
    CHECK_INT(mh_frame_next(&in, &view, &error), MH_FRAME_THERE);
    CHECK_INT(mh_frame_next(&in, &view, &error), MH_FRAME_NONE);
    CHECK_INT(mh_frame_receive(&in, ends[1], &error), MH_RECEIVE_END);
    close_pair();
}


CASE(A_peer_that_is_gone_is_an_error_and_no_signal)
{
    REQUIRE(open_pair());

    put(5, 1);
    close(ends[1]);
    ends[1] = -1;
    CHECK_INT(mh_frame_send(&out, ends[0]), -1);
    CHECK_INT(errno, EPIPE);
    close_pair();
}


CASE(A_buffer_without_memory_sends_nothing)
{
    REQUIRE(open_pair());

    put(5, 1);
    out.failed = true;
    CHECK_INT(mh_frame_send(&out, ends[0]), -1);
    CHECK_INT(errno, ENOMEM);
    CHECK_INT(mh_frame_receive(&in, ends[1], &error), MH_RECEIVE_EMPTY);
    close_pair();
}

CHECK_MAIN
