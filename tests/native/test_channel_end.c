/*
 * Channels that end: whatever a worker may not do closes its channel with a
 * reason, and every request on it is lost or sent elsewhere exactly as the
 * begun page says.
 */

#include "check.h"
#include "page.h"
#include "rig.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD  MODHOST_SEND_HEAD
#define END   MODHOST_SEND_END
#define FIRST    0x00010000u         /* begun; its head was sent              */
#define SECOND   0x00010001u         /* not begun                             */
#define THIRD    0x00010002u         /* aborted                               */
#define NOBODY   0x00010003u         /* not open                              */

static rig_worker  worker;
static rig_answer  first, second, third;


/* ---- violations -------------------------------------------------------- */

typedef struct violation {
    const char  *what;
    uint32_t     code;               /* of CLOSE                              */
    uint32_t     type;
    uint32_t     flags;
    uint32_t     stream;
    uint32_t     value;
    uint32_t     length;             /* of a payload of spaces, unless `head` */
    uint32_t     descriptors;        /* of a regular file                     */
    uint32_t     head;               /* status of a head at its start         */
    uint32_t     begun;              /* a number in the begun page            */
} violation;

#define P   MH_E_PROTOCOL

static const violation  violations[] = {

    { "type 0", P, .type = 0 },
    { "an unknown type", P, .type = 200 },
    { "a type of the other direction", P, .type = MODHOST_FRAME_REQUEST,
      .stream = NOBODY, .length = 200 },
    { "BODY", P, .type = MODHOST_FRAME_BODY, .stream = FIRST, .length = 5 },
    { "SENT", P, .type = MODHOST_FRAME_SENT, .stream = FIRST, .value = 5 },
    { "ABORT", P, .type = MODHOST_FRAME_ABORT, .stream = FIRST, .value = 1 },
    { "WANT", P, .type = MODHOST_FRAME_WANT, .value = 1 },
    { "RETURN", P, .type = MODHOST_FRAME_RETURN },
    { "DRAINED", P, .type = MODHOST_FRAME_DRAINED },
    { "a type of another connection", P, .type = MODHOST_FRAME_CONFIG,
      .length = 2 },

    { "a second HELLO", P, .type = MODHOST_FRAME_HELLO,
      .length = sizeof(modhost_hello) },
    { "a HELLO of another length", P, .type = MODHOST_FRAME_HELLO,
      .length = 16 },
    { "PING with a payload", P, .type = MODHOST_FRAME_PING, .length = 1 },
    { "PING with a stream", P, .type = MODHOST_FRAME_PING, .stream = FIRST },
    { "PING with flags", P, .type = MODHOST_FRAME_PING, .flags = 1 },
    { "PING with a descriptor", P, .type = MODHOST_FRAME_PING,
      .descriptors = 1 },

    { "SEND for an idle stream", P, .type = MODHOST_FRAME_SEND,
      .stream = NOBODY, .length = 5 },
    { "SEND for an older use", P, .type = MODHOST_FRAME_SEND,
      .stream = FIRST + 0x10000, .length = 5 },
    { "SEND for a slot that was never used", P, .type = MODHOST_FRAME_SEND,
      .stream = 0x0001ffff, .length = 5 },
    { "SEND for stream 0", P, .type = MODHOST_FRAME_SEND, .length = 5 },
    { "SEND with an unknown flag", P, .type = MODHOST_FRAME_SEND,
      .flags = MODHOST_SEND_DEFER, .stream = FIRST, .length = 5 },
    { "SEND with a second head", P, .type = MODHOST_FRAME_SEND, .flags = HEAD,
      .stream = FIRST, .value = 40, .length = 40, .head = 200 },
    { "SEND with a value and no head", P, .type = MODHOST_FRAME_SEND,
      .stream = FIRST, .value = 8, .length = 40 },
    { "SEND with a head past its end", P, .type = MODHOST_FRAME_SEND,
      .flags = HEAD, .stream = SECOND, .value = 41, .length = 40,
      .head = 200 },
    { "SEND with a head of 4 GiB", P, .type = MODHOST_FRAME_SEND,
      .flags = HEAD, .stream = SECOND, .value = 0xffffffff, .length = 40,
      .head = 200 },
    { "SEND with a head that is not padded", P, .type = MODHOST_FRAME_SEND,
      .flags = HEAD, .stream = SECOND, .value = 41, .length = 43,
      .head = 200 },
    { "SEND with a malformed head", MH_E_HEAD_BLOCK,
      .type = MODHOST_FRAME_SEND, .flags = HEAD, .stream = SECOND,
      .value = 40, .length = 40 },
    { "SEND with a head that is half there", MH_E_HEAD_BLOCK,
      .type = MODHOST_FRAME_SEND, .flags = HEAD, .stream = SECOND,
      .value = 39, .length = 39, .head = 200 },
    { "SEND with a head of status 600", MH_E_HEAD_BLOCK,
      .type = MODHOST_FRAME_SEND, .flags = HEAD, .stream = SECOND,
      .value = 40, .length = 40, .head = 600 },
    { "SEND with trailers and no end", P, .type = MODHOST_FRAME_SEND,
      .flags = MODHOST_SEND_TRAILERS, .stream = FIRST, .value = 40,
      .length = 40, .head = 0xffff },
    { "SEND with trailers and a body", P, .type = MODHOST_FRAME_SEND,
      .flags = MODHOST_SEND_TRAILERS | END, .stream = FIRST, .value = 40,
      .length = 48, .head = 0xffff },
    { "SEND with trailers and a head", P, .type = MODHOST_FRAME_SEND,
      .flags = HEAD | MODHOST_SEND_TRAILERS | END, .stream = SECOND,
      .value = 40, .length = 40, .head = 0xffff },
    { "SEND with malformed trailers", MH_E_HEAD_BLOCK,
      .type = MODHOST_FRAME_SEND, .flags = MODHOST_SEND_TRAILERS | END,
      .stream = FIRST, .value = 40, .length = 40 },
    { "SEND of a file without a descriptor", P, .type = MODHOST_FRAME_SEND,
      .flags = MODHOST_SEND_FILE, .stream = FIRST, .length = 16 },
    { "SEND of a file without a range", P, .type = MODHOST_FRAME_SEND,
      .flags = MODHOST_SEND_FILE, .stream = FIRST, .length = 8,
      .descriptors = 1 },
    { "SEND of a file with a body", P, .type = MODHOST_FRAME_SEND,
      .flags = MODHOST_SEND_FILE, .stream = FIRST, .length = 24,
      .descriptors = 1 },
    { "SEND of two files", P, .type = MODHOST_FRAME_SEND,
      .flags = MODHOST_SEND_FILE, .stream = FIRST, .length = 16,
      .descriptors = 2 },
    { "SEND with a descriptor and no file", P, .type = MODHOST_FRAME_SEND,
      .stream = FIRST, .length = 16, .descriptors = 1 },
    { "SEND of a file from an impossible place", P,
      .type = MODHOST_FRAME_SEND, .flags = MODHOST_SEND_FILE,
      .stream = FIRST, .length = 16, .descriptors = 1, .head = 0xfffe },

    { "READ for an idle stream", P, .type = MODHOST_FRAME_READ,
      .stream = NOBODY, .value = 5 },
    { "READ with a payload", P, .type = MODHOST_FRAME_READ, .stream = FIRST,
      .value = 5, .length = 1 },
    { "RESET for an idle stream", P, .type = MODHOST_FRAME_RESET,
      .stream = NOBODY, .value = 4 },
    { "RESET for no reason", P, .type = MODHOST_FRAME_RESET,
      .stream = FIRST },
    { "RESET for a reason of channels", P, .type = MODHOST_FRAME_RESET,
      .stream = FIRST, .value = MH_RESET_RETRY },
    { "RELEASE for an idle stream", P, .type = MODHOST_FRAME_RELEASE,
      .stream = NOBODY },
    { "RELEASE for one that was not aborted", P,
      .type = MODHOST_FRAME_RELEASE, .stream = FIRST },
    { "REFUSE for an idle stream", P, .type = MODHOST_FRAME_REFUSE,
      .stream = NOBODY },
    { "REFUSE after a SEND", P, .type = MODHOST_FRAME_REFUSE,
      .stream = FIRST },
    { "REFUSE of what was begun", P, .type = MODHOST_FRAME_REFUSE,
      .stream = SECOND, .begun = SECOND },
    { "CREDIT beyond all numbers", P, .type = MODHOST_FRAME_CREDIT,
      .value = 0xfffffff0 },
    { "RECALL for a stream", P, .type = MODHOST_FRAME_RECALL,
      .stream = FIRST },
    { "DRAIN with a value", P, .type = MODHOST_FRAME_DRAIN, .value = 1 },
};

#define VIOLATIONS  (sizeof(violations) / sizeof(violations[0]))


/* What an application can bring about; the code is that of the log. */
static const violation  mistakes[] = {
    { "SEND before its head", MH_E_SEND_MISUSE, .type = MODHOST_FRAME_SEND,
      .stream = SECOND, .length = 5 },
    { "SEND with an empty head", MH_E_SEND_MISUSE,
      .type = MODHOST_FRAME_SEND, .flags = HEAD, .stream = SECOND },
    { "SEND with an informational end", MH_E_SEND_MISUSE,
      .type = MODHOST_FRAME_SEND, .flags = HEAD | END, .stream = SECOND,
      .value = 40, .length = 40, .head = 103 },
    { "SEND with 101 and no upgrade", MH_E_SEND_MISUSE,
      .type = MODHOST_FRAME_SEND, .flags = HEAD, .stream = SECOND,
      .value = 40, .length = 40, .head = 101 },
    { "SEND with an upgrade of 200", MH_E_SEND_MISUSE,
      .type = MODHOST_FRAME_SEND, .flags = HEAD | MODHOST_SEND_UPGRADE,
      .stream = SECOND, .value = 40, .length = 40, .head = 200 },
    { "SEND with trailers that have a status", MH_E_SEND_MISUSE,
      .type = MODHOST_FRAME_SEND, .flags = MODHOST_SEND_TRAILERS | END,
      .stream = FIRST, .value = 40, .length = 40, .head = 200 },
};

#define MISTAKES  (sizeof(mistakes) / sizeof(mistakes[0]))


/* Three requests: begun, not begun, aborted. */
static bool
open_three(uint32_t credits)
{
    if (!rig_open(NULL) || !rig_worker_open(&worker, 1, credits)) {
        return false;
    }

    rig_begin(&first, worker.channel);
    rig_begin(&second, worker.channel);
    rig_begin(&third, worker.channel);
    rig_turn();

    if (!rig_hears(&worker, MODHOST_FRAME_REQUEST, FIRST)
        || !rig_hears(&worker, MODHOST_FRAME_REQUEST, SECOND)
        || !rig_hears(&worker, MODHOST_FRAME_REQUEST, THIRD))
    {
        return false;
    }

    atomic_store(&worker.begun[0], FIRST);
    rig_say_response(&worker, FIRST, 0, 200, NULL);
    mh_exchange_abort(third.exchange, MODHOST_RESET_CLIENT);
    rig_turn();

    return rig_hears(&worker, MODHOST_FRAME_ABORT, THIRD)
           && first.status == 200;
}


static void
close_all(void)
{
    rig_done(&first);
    rig_done(&second);
    rig_done(&third);
    CHECK(rig_close());
    rig_worker_close(&worker);
}


/* What all ends have in common. */
static void
check_ended(uint32_t second_reset)
{
    CHECK_INT(rig.sockets, 0);
    CHECK_INT(first.reset, MH_RESET_LOST);
    CHECK_INT(second.reset, second_reset);
    CHECK_INT(third.reset, 0);
    CHECK(mh_exchange_app_released(first.exchange));
    CHECK(mh_exchange_app_released(second.exchange));
    CHECK(mh_exchange_app_released(third.exchange));
    CHECK_INT(atomic_load(&worker.begun[0]), MODHOST_BEGUN_TAKEN);
    CHECK_INT(atomic_load(&worker.begun[1]), MODHOST_BEGUN_TAKEN);
    CHECK(rig_group("shop")->channels == NULL);
}


static void
say_violation(const violation *v)
{
    int                     fds[2];
    uint8_t                *payload;
    uint32_t                i;
    modhost_frame           frame;
    modhost_response_head  *head;

    memset(&frame, 0, sizeof(frame));
    frame.type = (uint8_t) v->type;
    frame.flags = (uint8_t) v->flags;
    frame.stream = v->stream;
    frame.value = v->value;
    frame.length = v->length;
    frame.descriptors = (uint16_t) v->descriptors;

    payload = malloc(v->length + 64);
    REQUIRE(payload != NULL);
    memset(payload, ' ', v->length + 64);

    if (v->head == 0xfffe) {
        memset(payload, 0x7f, v->length);    /* offset and length             */

    } else if (v->head != 0) {
        (void) side_response(payload, v->head == 0xffff ? 0 : v->head);
        head = (modhost_response_head *) payload;
        head->content_length = -1;
    }

    if (v->type == MODHOST_FRAME_SEND && v->descriptors != 0
        && v->head != 0xfffe)
    {
        memset(payload, 0, v->length);
    }

    for (i = 0; i < v->descriptors; i++) {
        fds[i] = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    }

    rig_say_fds(&worker, &frame, payload, fds);
    free(payload);
}


CASE(Whatever_is_not_allowed_closes_the_channel_with_its_reason)
{
    bool        touched;
    size_t      i;
    uint32_t    code;
    unsigned    before;

    for (i = 0; i < VIOLATIONS; i++) {

        before = check_failures;
        REQUIRE(open_three(100));

        /* a SEND that got through to its stream shows that it has begun */

        touched = violations[i].begun
                  || (violations[i].stream == SECOND
                      && violations[i].code != P);

        if (violations[i].begun) {
            atomic_store(&worker.begun[1], violations[i].begun);
        }

        say_violation(&violations[i]);
        rig_turn();

        CHECK(rig_closed(&worker, &code));
        CHECK_INT(code, violations[i].code);
        CHECK_INT(rig.code, violations[i].code);
        CHECK_INT(rig.level, MODHOST_LOG_ERROR);
        CHECK_HAS(rig.text, "\"shop\"");
        CHECK_HAS(rig.text, touched ? "it had begun, and lost, 2;"
                                    : "it had begun, and lost, 1;");
        check_ended(touched ? MH_RESET_LOST : MH_RESET_RETRY);
        close_all();

        if (check_failures != before) {
            fprintf(stderr, "    with %s\n", violations[i].what);
        }
    }
}


CASE(A_response_that_does_not_fit_together_is_reset_alone)
{
    bool              ended;
    size_t            i;
    unsigned          before;
    const violation  *one;

    for (i = 0; i < MISTAKES; i++) {

        before = check_failures;
        one = &mistakes[i];
        ended = (one->flags & END) != 0;
        REQUIRE(open_three(100));

        say_violation(one);
        rig_turn();

        CHECK_INT(rig.sockets, 1);
        CHECK_INT(rig.code, one->code);
        CHECK_INT(first.reset, one->stream == FIRST ? MODHOST_RESET_APP : 0);
        CHECK_INT(second.reset, one->stream == SECOND ? MODHOST_RESET_APP : 0);
        CHECK_INT(worker.channel->used, ended ? 2 : 3);

        if (ended) {
            CHECK(rig_silent(&worker));
        } else {
            CHECK(rig_hears(&worker, MODHOST_FRAME_ABORT, one->stream));
            CHECK_INT(worker.heard.frame.value, MODHOST_RESET_APP);
        }

        close_all();

        if (check_failures != before) {
            fprintf(stderr, "    with %s\n", one->what);
        }
    }
}


CASE(A_broken_frame_closes_the_channel)
{
    uint32_t        code;
    modhost_frame   frame;

    REQUIRE(open_three(100));

    memset(&frame, 0, sizeof(frame));
    frame.type = MODHOST_FRAME_SEND;
    frame.stream = FIRST;
    frame.length = MODHOST_FRAME_LENGTH_MAX + 1;
    REQUIRE(write(worker.fd, &frame, sizeof(frame)) == sizeof(frame));
    rig_turn();

    CHECK(rig_closed(&worker, &code));
    CHECK_INT(code, MH_E_FRAME);
    check_ended(MH_RESET_RETRY);
    close_all();
}


CASE(Garbage_closes_the_channel)
{
    uint32_t  code;
    char      text[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

    REQUIRE(open_three(100));
    REQUIRE(write(worker.fd, text, sizeof(text)) == sizeof(text));
    rig_turn();
    CHECK(rig_closed(&worker, &code));
    CHECK_INT(code, MH_E_FRAME);
    check_ended(MH_RESET_RETRY);
    close_all();
}


CASE(A_file_that_is_no_regular_file_closes_the_channel)
{
    int                  fd;
    uint32_t             code;
    modhost_frame        frame;
    modhost_file_range   range = { 0, 10 };

    REQUIRE(open_three(100));

    memset(&frame, 0, sizeof(frame));
    frame.type = MODHOST_FRAME_SEND;
    frame.flags = MODHOST_SEND_FILE;
    frame.descriptors = 1;
    frame.stream = FIRST;
    frame.length = sizeof(range);
    fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    rig_say_fds(&worker, &frame, &range, &fd);
    rig_turn();

    CHECK(rig_closed(&worker, &code));
    CHECK_INT(code, MH_E_PROTOCOL);
    check_ended(MH_RESET_RETRY);
    close_all();
}


CASE(Credit_frames_of_a_worker_without_a_limit_close_the_channel)
{
    size_t    i;
    uint32_t  code;

    static const unsigned  types[] = {
        MODHOST_FRAME_CREDIT, MODHOST_FRAME_RECALL
    };

    for (i = 0; i < 2; i++) {
        REQUIRE(open_three(MODHOST_CREDITS_UNLIMITED));
        rig_say(&worker, types[i], 0, 0, 1, NULL, 0);
        rig_turn();
        CHECK(rig_closed(&worker, &code));
        CHECK_INT(code, MH_E_PROTOCOL);
        check_ended(MH_RESET_RETRY);
        close_all();
    }
}


CASE(A_second_DRAIN_closes_the_channel)
{
    uint32_t  code;

    REQUIRE(open_three(100));
    rig_say(&worker, MODHOST_FRAME_DRAIN, 0, 0, 0, NULL, 0);
    rig_say(&worker, MODHOST_FRAME_DRAIN, 0, 0, 0, NULL, 0);
    rig_turn();
    CHECK(rig_closed(&worker, &code));
    CHECK_INT(code, MH_E_PROTOCOL);
    check_ended(MH_RESET_RETRY);
    close_all();
}


CASE(Body_beyond_the_window_closes_the_channel_in_whatever_pieces)
{
    int       i;
    char      data[65536];
    uint32_t  code;

    memset(data, 'x', sizeof(data));
    REQUIRE(open_three(100));

    for (i = 0; i < 4; i++) {
        rig_say(&worker, MODHOST_FRAME_SEND, 0, FIRST, 0, data, 65536);
        rig_turn();
    }

    CHECK_INT(rig.sockets, 1);
    CHECK_INT(first.length, 262144);

    mh_exchange_sent(first.exchange, 10);
    rig_say(&worker, MODHOST_FRAME_SEND, 0, FIRST, 0, data, 10);
    rig_turn();
    CHECK_INT(rig.sockets, 1);

    rig_say(&worker, MODHOST_FRAME_SEND, 0, FIRST, 0, data, 1);
    rig_turn();
    CHECK(rig_closed(&worker, &code));
    CHECK_INT(code, MH_E_PROTOCOL);
    check_ended(MH_RESET_RETRY);
    close_all();
}


CASE(A_worker_that_pings_and_does_not_read_is_closed)
{
    int       i, k;
    uint32_t  code;

    REQUIRE(open_three(100));

    for (i = 0; i < 1000 && rig.sockets != 0; i++) {
        for (k = 0; k < 200; k++) {
            rig_say(&worker, MODHOST_FRAME_PING, 0, 0, 1, NULL, 0);
        }

        rig_turn();
    }

    CHECK(i < 1000);
    CHECK_INT(rig.code, MH_E_PROTOCOL);
    CHECK_HAS(rig.text, "does not read");
    CHECK(rig_closed(&worker, &code));
    check_ended(MH_RESET_RETRY);
    close_all();
}


/* ---- HELLO ------------------------------------------------------------- */

static void
hello_refused(const modhost_hello *hello, uint32_t code)
{
    uint32_t  said;

    REQUIRE(rig_open(NULL));
    REQUIRE(rig_connect(&worker, 1));
    rig_say(&worker, MODHOST_FRAME_HELLO, 0, 0, 0, hello, sizeof(*hello));
    rig_turn();
    CHECK(rig_closed(&worker, &said));
    CHECK_INT(said, code);
    CHECK_INT(rig.code, code);
    CHECK(rig_close());
    rig_worker_close(&worker);
}


CASE(A_HELLO_that_does_not_fit_closes_the_channel)
{
    modhost_hello  good, hello;

    memset(&good, 0, sizeof(good));
    good.magic = MODHOST_PROTOCOL_MAGIC;
    good.protocol = MODHOST_PROTOCOL_VERSION;
    good.head_version = MODHOST_HEAD_VERSION;
    good.kind = MODHOST_PEER_WORKER;

    hello = good;
    hello.magic = 0;
    hello_refused(&hello, MH_E_PROTOCOL_VERSION);

    hello = good;
    hello.protocol++;
    hello_refused(&hello, MH_E_PROTOCOL_VERSION);

    hello = good;
    hello.head_version++;
    hello_refused(&hello, MH_E_PROTOCOL_VERSION);

    hello = good;
    hello.kind = MODHOST_PEER_SUPERVISOR;
    hello_refused(&hello, MH_E_PROTOCOL);
}


CASE(Nothing_comes_before_HELLO_and_nobody_is_chosen)
{
    uint32_t  code;

    REQUIRE(rig_open(NULL));
    REQUIRE(rig_connect(&worker, 1));
    CHECK(mh_group_choose(rig_group("shop"), (mh_str) { NULL, 0 }, 0)
          == NULL);
    rig_say(&worker, MODHOST_FRAME_PING, 0, 0, 0, NULL, 0);
    rig_turn();
    CHECK(rig_closed(&worker, &code));
    CHECK_INT(code, MH_E_PROTOCOL);
    CHECK_HAS(rig.text, "before HELLO");
    CHECK(rig_close());
    rig_worker_close(&worker);
}


/* ---- other ends -------------------------------------------------------- */

CASE(The_worker_dies)
{
    REQUIRE(open_three(100));
    close(worker.fd);
    worker.fd = -1;
    rig_turn();

    CHECK_INT(rig.code, MH_E_CHANNEL_LOST);
    check_ended(MH_RESET_RETRY);
    close_all();
}


CASE(What_the_worker_said_before_it_died_counts)
{
    REQUIRE(open_three(100));
    rig_say(&worker, MODHOST_FRAME_SEND, END, FIRST, 0, "whole", 5);
    close(worker.fd);
    worker.fd = -1;

    /* this process notices by writing, not by reading */

    mh_wire_put(&worker.channel->wire, MODHOST_FRAME_PING, 0, 0);
    mh_queue_enter(&rig_queue);
    mh_daemon_flush();
    mh_queue_leave(&rig_queue);
    rig_turn();

    CHECK_INT(first.ended, 1);
    CHECK_INT(first.reset, 0);
    CHECK_TEXT(first.body, "whole");
    CHECK_INT(second.reset, MH_RESET_RETRY);
    close_all();
}


CASE(The_worker_dies_within_a_frame)
{
    modhost_frame  frame;

    REQUIRE(open_three(100));

    memset(&frame, 0, sizeof(frame));
    frame.type = MODHOST_FRAME_SEND;
    frame.flags = END;
    frame.stream = FIRST;
    frame.length = 100;
    REQUIRE(write(worker.fd, &frame, sizeof(frame)) == sizeof(frame));
    close(worker.fd);
    worker.fd = -1;
    rig_turn();

    CHECK_INT(first.ended, 0);
    check_ended(MH_RESET_RETRY);
    close_all();
}


CASE(The_supervisor_says_that_the_worker_is_gone)
{
    uint32_t  code;

    REQUIRE(open_three(100));
    rig_say(&worker, MODHOST_FRAME_SEND, END, FIRST, 0, "whole", 5);

    mh_queue_enter(&rig_queue);
    mh_channel_gone(worker.channel);
    mh_queue_leave(&rig_queue);
    rig_turn();

    CHECK(rig_closed(&worker, &code));
    CHECK_INT(first.ended, 1);
    CHECK_INT(second.reset, MH_RESET_RETRY);
    close_all();
}


CASE(The_worker_says_why_it_closes)
{
    char      text[] = "I am\x01 tired";
    uint32_t  code;

    REQUIRE(open_three(100));
    rig_say(&worker, MODHOST_FRAME_CLOSE, 0, 0, 640, text, sizeof(text) - 1);
    rig_turn();

    CHECK(rig_closed(&worker, &code));
    CHECK_INT(code, 0);
    CHECK_INT(rig.code, MH_E_PEER_CLOSED);
    CHECK_HAS(rig.text, "MH0640: I am  tired");
    check_ended(MH_RESET_RETRY);
    close_all();
}


CASE(A_worker_that_is_replaced_may_close_without_a_fuss)
{
    REQUIRE(rig_open(NULL) && rig_worker_open(&worker, 1, 5));
    rig_say(&worker, MODHOST_FRAME_CLOSE, 0, 0, 0, "done", 4);
    rig_turn();
    CHECK_INT(rig.level, MODHOST_LOG_WARNING);
    CHECK(rig_close());
    rig_worker_close(&worker);

    REQUIRE(rig_open(NULL) && rig_worker_open(&worker, 1, 5));
    worker.channel->avoided = true;
    rig_say(&worker, MODHOST_FRAME_CLOSE, 0, 0, 0, "done", 4);
    rig_turn();
    CHECK_INT(rig.code, MH_E_PEER_CLOSED);
    CHECK_INT(rig.level, MODHOST_LOG_INFO);
    CHECK(rig_close());
    rig_worker_close(&worker);
}


CASE(A_request_that_was_asked_for_its_body_is_not_sent_again)
{
    REQUIRE(open_three(100));
    rig_say(&worker, MODHOST_FRAME_READ, 0, SECOND, 100, NULL, 0);
    rig_turn();
    close(worker.fd);
    worker.fd = -1;
    rig_turn();

    CHECK_INT(second.window, 100);
    check_ended(MH_RESET_LOST);
    close_all();
}


CASE(A_mark_of_an_earlier_use_is_none_of_this_one)
{
    REQUIRE(open_three(100));
    atomic_store(&worker.begun[1], SECOND + 0x10000);
    close(worker.fd);
    worker.fd = -1;
    rig_turn();
    check_ended(MH_RESET_RETRY);
    close_all();
}


CASE(What_waits_for_its_turn_goes_elsewhere_when_the_channel_has_ended)
{
    rig_answer  waiting;

    REQUIRE(open_three(100));
    rig_begin(&waiting, worker.channel);
    close(worker.fd);
    worker.fd = -1;

    /* the channel's end comes before the batch is handed over */

    mh_queue_enter(&rig_queue);
    mh_socket_ready(&worker.channel->wire.socket, true, false);
    mh_queue_leave(&rig_queue);
    CHECK_INT(rig.sockets, 0);
    rig_turn();

    CHECK_INT(waiting.reset, MH_RESET_RETRY);
    CHECK(mh_exchange_app_released(waiting.exchange));
    check_ended(MH_RESET_RETRY);
    rig_done(&waiting);
    close_all();
}


CASE(When_the_web_server_ends_everything_is_lost)
{
    uint32_t  code;

    REQUIRE(open_three(100));

    mh_queue_enter(&rig_queue);
    mh_daemon_close();
    mh_queue_leave(&rig_queue);
    rig_turn();

    CHECK(rig_closed(&worker, &code));
    check_ended(MH_RESET_LOST);
    close_all();
}


CASE(Out_of_memory_for_frames_ends_the_channel)
{
    REQUIRE(open_three(100));
    worker.channel->wire.out.failed = true;
    mh_wire_touch(&worker.channel->wire);
    rig_turn();
    CHECK_INT(rig.code, MH_E_MEMORY);
    check_ended(MH_RESET_RETRY);
    close_all();
}


CASE(A_page_that_could_shrink_or_has_another_size_is_refused)
{
    int       fd;
    mh_error  error;

    fd = rig_page(MODHOST_BEGUN_SIZE, F_SEAL_GROW | F_SEAL_SEAL);
    CHECK(mh_page_map(fd, MODHOST_BEGUN_SIZE, true, &error) == NULL);
    CHECK_INT(error.code, MH_E_SHARED_PAGE);
    close(fd);

    fd = rig_page(MODHOST_BEGUN_SIZE / 2, RIG_SEALS);
    CHECK(mh_page_map(fd, MODHOST_BEGUN_SIZE, true, &error) == NULL);
    CHECK_INT(error.code, MH_E_SHARED_PAGE);
    close(fd);

    fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    CHECK(mh_page_map(fd, MODHOST_BEGUN_SIZE, true, &error) == NULL);
    close(fd);
}

CHECK_MAIN
