/*
 * A channel as docs/protocol.md has it: every row of the table of a stream as
 * the web server sees it, windows, credits, draining.
 */

#include "check.h"
#include "rig.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define END   MODHOST_SEND_END

static rig_worker  worker;
static rig_answer  answer, answers[600];


static bool
open_with(uint32_t credits)
{
    return rig_open(NULL) && rig_worker_open(&worker, 1, credits);
}


static void
close_all(void)
{
    CHECK(rig_close());
    rig_worker_close(&worker);
}


/* A request that the worker has got; its stream. */
static uint32_t
begin(rig_answer *one)
{
    rig_begin(one, worker.channel);
    rig_turn();
    CHECK(rig_hear(&worker));
    CHECK_INT(worker.heard.frame.type, MODHOST_FRAME_REQUEST);

    return worker.heard.frame.stream;
}


static void
say(unsigned type, uint32_t stream, uint32_t value)
{
    rig_say(&worker, type, 0, stream, value, NULL, 0);
    rig_turn();
}


static void
respond(uint32_t stream)
{
    rig_say_response(&worker, stream, END, 200, "hello");
    rig_turn();
}


/* ---- idle, REQUEST ----------------------------------------------------- */

CASE(A_request_is_one_frame_with_its_head)
{
    modhost_hello                 hello;
    modhost_request_start         start;
    const modhost_request_head   *head;

    REQUIRE(rig_open(NULL));
    REQUIRE(rig_connect(&worker, 1));
    rig_turn();
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_HELLO, 0));

    memcpy(&hello, worker.heard.payload, sizeof(hello));
    CHECK_INT(worker.heard.frame.length, sizeof(hello));
    CHECK_INT(hello.magic, MODHOST_PROTOCOL_MAGIC);
    CHECK_INT(hello.protocol, MODHOST_PROTOCOL_VERSION);
    CHECK_INT(hello.head_version, MODHOST_HEAD_VERSION);
    CHECK_INT(hello.kind, MODHOST_PEER_NGINX);
    CHECK_INT(hello.pid, getpid());
    CHECK_INT(hello.generation, 3);
    CHECK_INT(hello.number, 1);
    CHECK_INT(hello.count, 2);
    CHECK_INT(hello.credits, 0);

    (void) begin(&answer);

    memcpy(&start, worker.heard.payload, sizeof(start));
    CHECK_INT(start.flags, MODHOST_EXCHANGE_DETAIL);
    CHECK_INT(start.send_window, 262144);
    CHECK_INT(start.max_request_body, 12345);

    head = (const void *) (worker.heard.payload + sizeof(start));
    CHECK_INT(worker.heard.frame.length, sizeof(start) + head->size);
    CHECK_INT(mh_request_head_check(head, head->size, NULL), 0);
    CHECK(memcmp(head, answer.exchange->pub.head, head->size) == 0);
    CHECK(rig_silent(&worker));

    rig_done(&answer);
    close_all();
}


CASE(The_requests_of_a_turn_leave_together_and_answers_come_together)
{
    unsigned  i;

    REQUIRE(open_with(MODHOST_CREDITS_UNLIMITED));

    for (i = 0; i < 64; i++) {
        rig_begin(&answers[i], worker.channel);
    }

    mh_apps_flush();
    CHECK(rig.flush);
    CHECK(rig_silent(&worker));
    rig_turn();

    for (i = 0; i < 64; i++) {
        REQUIRE(rig_hears(&worker, MODHOST_FRAME_REQUEST, 0x10000 + i));
    }

    for (i = 0; i < 64; i++) {
        rig_say_response(&worker, 0x10000 + i, END, 200, "hello");
    }

    CHECK_INT(worker.channel->used, 64);
    rig_turn();
    CHECK_INT(worker.channel->used, 0);

    for (i = 0; i < 64; i++) {
        CHECK_INT(answers[i].sends, 1);
        CHECK_INT(answers[i].status, 200);
        CHECK_INT(answers[i].ended, 1);
        CHECK_TEXT(answers[i].body, "hello");
        rig_done(&answers[i]);
    }

    CHECK_INT(rig.logs, 1);              /* that there is no supervisor       */
    close_all();
}


CASE(A_slot_counts_its_uses_and_goes_on_from_1)
{
    uint32_t  i;

    REQUIRE(open_with(MODHOST_CREDITS_UNLIMITED));

    for (i = 1; i <= 3; i++) {
        CHECK_INT(begin(&answer), i << 16);
        respond(i << 16);
        CHECK_INT(answer.ended, 1);
        rig_done(&answer);
    }

    worker.channel->slots[0].count = 0xfffe;
    CHECK_INT(begin(&answer), 0xffff0000);
    respond(0xffff0000);
    rig_done(&answer);
    CHECK_INT(begin(&answer), 0x10000);
    respond(0x10000);
    rig_done(&answer);

    close_all();
}


CASE(The_budget_is_shared_out_among_streams)
{
    uint32_t               i;
    modhost_request_start  start;

    REQUIRE(open_with(MODHOST_CREDITS_UNLIMITED));

    for (i = 0; i < 512; i++) {
        (void) begin(&answers[i]);
        memcpy(&start, worker.heard.payload, sizeof(start));

        CHECK_INT(start.send_window, i < 256 ? 262144 : 67108864 / (i + 1));
    }

    worker.channel->used += 10000;
    (void) begin(&answer);
    memcpy(&start, worker.heard.payload, sizeof(start));
    CHECK_INT(start.send_window, 16384);
    worker.channel->used -= 10000;

    for (i = 0; i < 512; i++) {
        rig_done(&answers[i]);
    }

    rig_done(&answer);
    close_all();
}


CASE(The_web_servers_own_smaller_window_holds)
{
    modhost_request_start  start;

    REQUIRE(open_with(MODHOST_CREDITS_UNLIMITED));

    rig_begin(&answer, worker.channel);
    answer.exchange->pub.send_window = 5000;
    rig_turn();
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_REQUEST, 0x10000));
    memcpy(&start, worker.heard.payload, sizeof(start));
    CHECK_INT(start.send_window, 5000);

    rig_done(&answer);
    close_all();
}


/* ---- open -------------------------------------------------------------- */

CASE(Open_sends_the_body_as_far_as_it_was_granted)
{
    uint32_t  stream;
    uint8_t   data[3] = { 'a', 'b', 'c' };

    REQUIRE(open_with(MODHOST_CREDITS_UNLIMITED));
    stream = begin(&answer);

    say(MODHOST_FRAME_READ, stream, 1000);
    CHECK_INT(answer.window, 1000);

    mh_exchange_body(answer.exchange, data, 3, 0);
    mh_exchange_body(answer.exchange, data, 2, MODHOST_BODY_END);
    rig_turn();

    REQUIRE(rig_hears(&worker, MODHOST_FRAME_BODY, stream));
    CHECK_INT(worker.heard.frame.length, 3);
    CHECK_INT(worker.heard.frame.flags, 0);
    CHECK(memcmp(worker.heard.payload, "abc", 3) == 0);
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_BODY, stream));
    CHECK_INT(worker.heard.frame.length, 2);
    CHECK_INT(worker.heard.frame.flags, MODHOST_BODY_END);

    /* nothing after the end */

    mh_exchange_body(answer.exchange, data, 3, 0);
    rig_turn();
    CHECK(rig_silent(&worker));

    respond(stream);
    CHECK_INT(answer.ended, 1);
    rig_done(&answer);
    close_all();
}


CASE(A_body_may_end_without_bytes)
{
    uint32_t  stream;

    REQUIRE(open_with(MODHOST_CREDITS_UNLIMITED));
    stream = begin(&answer);
    say(MODHOST_FRAME_READ, stream, 10);
    mh_exchange_body(answer.exchange, NULL, 0, MODHOST_BODY_END);
    rig_turn();
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_BODY, stream));
    CHECK_INT(worker.heard.frame.length, 0);
    CHECK_INT(worker.heard.frame.flags, MODHOST_BODY_END);
    rig_done(&answer);
    close_all();
}


CASE(Trailers_end_a_body_and_need_no_window)
{
    uint32_t         stream, size;
    mh_head_writer   writer;
    static uint64_t  block[64];
    const mh_str     name = { (const uint8_t *) "x-sum", 5 };
    const mh_str     value = { (const uint8_t *) "42", 2 };

    REQUIRE(mh_head_measure(1, 0, 7) <= sizeof(block));

    mh_head_start(&writer, block, 1, 0, 7);
    writer.head->method = MODHOST_METHOD_GET;
    writer.head->http_version = 0x0101;
    mh_head_field(&writer, 0, name, value);
    REQUIRE(mh_head_finish(&writer) == 0);

    size = writer.head->size;

    REQUIRE(open_with(MODHOST_CREDITS_UNLIMITED));
    stream = begin(&answer);
    mh_exchange_trailers(answer.exchange, block, size);
    rig_turn();

    REQUIRE(rig_hears(&worker, MODHOST_FRAME_BODY, stream));
    CHECK_INT(worker.heard.frame.flags,
              MODHOST_BODY_END | MODHOST_BODY_TRAILERS);
    CHECK_INT(worker.heard.frame.length, size);
    CHECK(memcmp(worker.heard.payload, block, size) == 0);

    rig_done(&answer);
    close_all();
}


CASE(Of_a_large_window_a_quantum_is_passed_on_at_a_time)
{
    uint32_t  stream;
    uint8_t   data[65536];

    memset(data, 'x', sizeof(data));
    REQUIRE(open_with(MODHOST_CREDITS_UNLIMITED));
    stream = begin(&answer);

    say(MODHOST_FRAME_READ, stream, 100000);
    CHECK_INT(answer.window, 65536);
    say(MODHOST_FRAME_READ, stream, 100000);
    CHECK_INT(answer.window, 65536);

    mh_exchange_body(answer.exchange, data, 65536, 0);
    CHECK_INT(answer.window, 65536);
    rig_turn();
    CHECK_INT(answer.window, 131072);
    mh_exchange_body(answer.exchange, data, 65536, 0);
    rig_turn();
    CHECK_INT(answer.window, 196608);
    mh_exchange_body(answer.exchange, data, 65536, 0);
    rig_turn();
    CHECK_INT(answer.window, 200000);

    /* while the worker does not read nothing more is asked for */

    mh_exchange_body(answer.exchange, data, 3392, 0);
    say(MODHOST_FRAME_READ, stream, 1000000);
    mh_exchange_body(answer.exchange, data, 65536, 0);
    rig_turn();
    mh_exchange_body(answer.exchange, data, 65536, 0);
    rig_turn();
    CHECK(worker.channel->wire.socket.write_wanted);
    CHECK(answer.window < 400000);

    while (rig_hear(&worker)) {
        CHECK_INT(worker.heard.frame.type, MODHOST_FRAME_BODY);
        CHECK(worker.heard.frame.length <= MODHOST_FRAME_BODY_MAX);
        rig_turn();
    }

    CHECK(!worker.channel->wire.socket.write_wanted);
    rig_done(&answer);
    close_all();
}


CASE(A_response_in_pieces_keeps_its_order)
{
    uint32_t  stream, size;
    uint64_t  trailers[32];

    REQUIRE(open_with(MODHOST_CREDITS_UNLIMITED));
    stream = begin(&answer);

    rig_say_response(&worker, stream, 0, 103, NULL);
    rig_say_response(&worker, stream, MODHOST_SEND_FLUSH, 200, "one ");
    rig_say(&worker, MODHOST_FRAME_SEND, 0, stream, 0, "two ", 4);
    rig_say(&worker, MODHOST_FRAME_SEND, MODHOST_SEND_FLUSH, stream, 0,
            "three", 5);
    size = side_response(trailers, 0);
    rig_say(&worker, MODHOST_FRAME_SEND, END | MODHOST_SEND_TRAILERS, stream,
            size, trailers, size);
    rig_turn();

    CHECK_INT(answer.sends, 3);
    CHECK_INT(answer.status, 200);
    CHECK_TEXT(answer.body, "one two three");
    CHECK_INT(answer.trailers, 1);
    CHECK_INT(answer.ended, 1);
    CHECK(mh_exchange_app_released(answer.exchange));
    CHECK_INT(worker.channel->used, 0);

    rig_done(&answer);
    close_all();
}


CASE(An_upgrade_carries_bytes_both_ways)
{
    uint32_t  stream;

    REQUIRE(open_with(MODHOST_CREDITS_UNLIMITED));
    stream = begin(&answer);
    mh_exchange_body(answer.exchange, NULL, 0, MODHOST_BODY_END);
    rig_turn();
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_BODY, stream));

    rig_say_response(&worker, stream, MODHOST_SEND_UPGRADE, 101, NULL);
    say(MODHOST_FRAME_READ, stream, 100);
    CHECK_INT(answer.upgraded, 1);
    CHECK_INT(answer.window, 100);

    mh_exchange_body(answer.exchange, (const uint8_t *) "ping", 4, 0);
    rig_turn();
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_BODY, stream));

    rig_say(&worker, MODHOST_FRAME_SEND, 0, stream, 0, "pong", 4);
    rig_turn();
    CHECK_TEXT(answer.body, "pong");
    mh_exchange_sent(answer.exchange, 4);
    rig_turn();
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_SENT, stream));
    CHECK_INT(worker.heard.frame.value, 4);

    rig_say(&worker, MODHOST_FRAME_SEND, END, stream, 0, NULL, 0);
    rig_turn();
    CHECK_INT(answer.ended, 1);

    rig_done(&answer);
    close_all();
}


CASE(A_long_head_and_a_long_body_arrive_whole)
{
    uint32_t                stream, head;
    uint8_t                *payload;
    modhost_response_head  *response;

    payload = calloc(1, MODHOST_FRAME_LENGTH_MAX);
    REQUIRE(payload != NULL && open_with(MODHOST_CREDITS_UNLIMITED));
    stream = begin(&answer);

    /* a head beyond the room in the exchange, of an odd size */

    (void) side_response(payload, 200);
    response = (modhost_response_head *) payload;
    head = 3001;
    response->size = head;
    memset(payload + 3008, 'y', 200000);

    rig_say(&worker, MODHOST_FRAME_SEND, MODHOST_SEND_HEAD | END, stream,
            head, payload, 3008 + 200000);
    rig_turn();

    CHECK_INT(answer.status, 200);
    CHECK_INT(answer.length, 200000);
    CHECK_INT(answer.ended, 1);

    free(payload);
    rig_done(&answer);
    close_all();
}


CASE(A_file_passes_with_its_descriptor)
{
    int                  fd;
    uint32_t             stream, head;
    uint64_t             payload[64];
    modhost_frame        frame;
    modhost_file_range   range = { 10, 5000000 };

    REQUIRE(open_with(MODHOST_CREDITS_UNLIMITED));
    stream = begin(&answer);

    head = side_response(payload, 200);
    memcpy((uint8_t *) payload + head, &range, sizeof(range));

    memset(&frame, 0, sizeof(frame));
    frame.type = MODHOST_FRAME_SEND;
    frame.flags = MODHOST_SEND_HEAD | MODHOST_SEND_FILE;
    frame.descriptors = 1;
    frame.stream = stream;
    frame.value = head;
    frame.length = head + (uint32_t) sizeof(range);

    fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    rig_say_fds(&worker, &frame, payload, &fd);
    rig_turn();
    CHECK_INT(answer.files, 1);
    CHECK_INT(answer.file_length, 5000000);

    /* longer than the window, and counted */

    mh_exchange_sent(answer.exchange, 4900000);
    rig_turn();
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_SENT, stream));
    CHECK_INT(worker.heard.frame.value, 4900000);

    rig_say(&worker, MODHOST_FRAME_SEND, END, stream, 0, "end", 3);
    rig_turn();
    CHECK_TEXT(answer.body, "end");
    CHECK_INT(answer.ended, 1);

    rig_done(&answer);
    close_all();
}


/* A file of ten bytes, of which so many are sent, from the second on. */
static void
say_small_file(uint32_t stream, int64_t length)
{
    int                  fd;
    uint32_t             head;
    uint64_t             payload[64];
    modhost_frame        frame;
    modhost_file_range   range = { 1, length };

    fd = memfd_create("small", MFD_CLOEXEC);
    REQUIRE(fd != -1 && write(fd, "0123456789", 10) == 10);

    head = side_response(payload, 200);
    memcpy((uint8_t *) payload + head, &range, sizeof(range));

    memset(&frame, 0, sizeof(frame));
    frame.type = MODHOST_FRAME_SEND;
    frame.flags = MODHOST_SEND_HEAD | MODHOST_SEND_FILE | END;
    frame.descriptors = 1;
    frame.stream = stream;
    frame.value = head;
    frame.length = head + (uint32_t) sizeof(range);
    rig_say_fds(&worker, &frame, payload, &fd);
    rig_turn();
}


CASE(A_small_file_is_read_at_once_and_its_descriptor_not_kept)
{
    REQUIRE(open_with(MODHOST_CREDITS_UNLIMITED));

    say_small_file(begin(&answer), 5);
    CHECK_INT(answer.files, 0);
    CHECK_INT(answer.length, 5);
    CHECK_TEXT(answer.body, "12345");
    CHECK_INT(answer.ended, 1);
    rig_done(&answer);

    say_small_file(begin(&answer), 0);
    CHECK_INT(answer.length, 0);
    CHECK_INT(answer.ended, 1);
    rig_done(&answer);

    say_small_file(begin(&answer), 10);
    CHECK_INT(answer.ended, 0);
    CHECK_INT(answer.reset, MODHOST_RESET_APP);
    CHECK_INT(rig.code, MH_E_SEND_FILE);
    CHECK_INT(worker.channel->used, 0);
    rig_done(&answer);

    close_all();
}


CASE(Open_is_reset_for_every_reason)
{
    uint32_t  reason, stream;

    REQUIRE(open_with(MODHOST_CREDITS_UNLIMITED));

    for (reason = MODHOST_RESET_CLIENT; reason <= MODHOST_RESET_TOO_LARGE;
         reason++)
    {
        stream = begin(&answer);
        say(MODHOST_FRAME_RESET, stream, reason);
        CHECK_INT(answer.reset, reason);
        CHECK(mh_exchange_app_released(answer.exchange));
        CHECK_INT(worker.channel->used, 0);
        rig_done(&answer);
    }

    close_all();
}


CASE(Open_is_refused_and_goes_elsewhere)
{
    uint32_t  stream;

    REQUIRE(open_with(MODHOST_CREDITS_UNLIMITED));
    stream = begin(&answer);
    say(MODHOST_FRAME_REFUSE, stream, 0);

    CHECK_INT(answer.reset, MH_RESET_RETRY);
    CHECK(mh_exchange_app_released(answer.exchange));
    CHECK_INT(worker.channel->used, 0);

    rig_done(&answer);
    close_all();
}


/* ---- aborted ----------------------------------------------------------- */

static uint32_t
begin_and_abort(void)
{
    uint32_t  stream;

    stream = begin(&answer);
    mh_exchange_abort(answer.exchange, MODHOST_RESET_TIMEOUT);
    rig_done(&answer);
    rig_turn();

    CHECK(rig_hears(&worker, MODHOST_FRAME_ABORT, stream));
    CHECK_INT(worker.heard.frame.value, MODHOST_RESET_TIMEOUT);
    CHECK_INT(worker.channel->used, 1);

    return stream;
}


CASE(Aborted_drops_what_comes_until_it_is_released)
{
    uint32_t  stream;

    REQUIRE(open_with(MODHOST_CREDITS_UNLIMITED));
    stream = begin_and_abort();

    say(MODHOST_FRAME_READ, stream, 1000);
    rig_say_response(&worker, stream, 0, 200, "dropped");
    rig_say(&worker, MODHOST_FRAME_SEND, 0, stream, 0, "dropped", 7);
    rig_turn();
    CHECK_INT(answer.sends + answer.reads, 0);
    CHECK_INT(worker.channel->used, 1);

    say(MODHOST_FRAME_RELEASE, stream, 0);
    CHECK_INT(worker.channel->used, 0);
    CHECK_INT(atomic_load(&rig_app.outstanding), 0);
    close_all();
}


CASE(Aborted_ends_with_whatever_crossed)
{
    uint32_t  stream;

    REQUIRE(open_with(MODHOST_CREDITS_UNLIMITED));

    stream = begin_and_abort();
    respond(stream);
    CHECK_INT(worker.channel->used, 0);

    stream = begin_and_abort();
    say(MODHOST_FRAME_RESET, stream, MODHOST_RESET_APP);
    CHECK_INT(worker.channel->used, 0);

    stream = begin_and_abort();
    say(MODHOST_FRAME_REFUSE, stream, 0);
    CHECK_INT(worker.channel->used, 0);

    CHECK_INT(answer.sends + answer.reset, 0);
    close_all();
}


CASE(Body_and_sent_after_an_abort_are_not_sent)
{
    mh_exchange  *exchange;

    REQUIRE(open_with(MODHOST_CREDITS_UNLIMITED));
    (void) begin(&answer);
    exchange = answer.exchange;

    mh_exchange_abort(exchange, MODHOST_RESET_CLIENT);
    mh_exchange_body(exchange, (const uint8_t *) "x", 1, 0);
    mh_exchange_sent(exchange, 5);
    mh_exchange_abort(exchange, MODHOST_RESET_CLIENT);
    rig_turn();
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_ABORT, 0x10000));
    CHECK(rig_silent(&worker));

    rig_done(&answer);
    close_all();
}


/* ---- windows ----------------------------------------------------------- */

CASE(The_window_is_what_the_client_has_not_got)
{
    uint32_t  stream, i;
    uint8_t   data[4096];

    memset(data, 'x', sizeof(data));
    REQUIRE(open_with(MODHOST_CREDITS_UNLIMITED));
    rig_begin(&answer, worker.channel);
    answer.exchange->pub.send_window = 8192;
    rig_turn();
    REQUIRE(rig_hear(&worker));
    stream = worker.heard.frame.stream;

    rig_say_response(&worker, stream, 0, 200, NULL);

    for (i = 0; i < 100; i++) {
        rig_say(&worker, MODHOST_FRAME_SEND, 0, stream, 0, data, 4096);
        rig_say(&worker, MODHOST_FRAME_SEND, 0, stream, 0, data, 4096);
        rig_turn();
        CHECK_INT(answer.length, 8192 * (i + 1));

        mh_exchange_sent(answer.exchange, 8192);
        rig_turn();
        REQUIRE(rig_hears(&worker, MODHOST_FRAME_SENT, stream));
    }

    /* more than is under way is never told */

    mh_exchange_sent(answer.exchange, 5);
    rig_turn();
    CHECK(rig_silent(&worker));

    rig_done(&answer);
    close_all();
}


/* ---- the application's faults ------------------------------------------ */

CASE(A_forbidden_field_resets_its_exchange_and_nothing_else)
{
    uint32_t                stream, other;
    uint64_t                payload[64];
    modhost_field          *field;
    modhost_response_head  *head;

    REQUIRE(open_with(MODHOST_CREDITS_UNLIMITED));
    stream = begin(&answer);
    other = begin(&answers[0]);

    (void) side_response(payload, 200);
    head = (modhost_response_head *) payload;
    field = (modhost_field *) (head + 1);
    memset(field, 0, sizeof(*field));
    field->known = MODHOST_HEADER_SERVER;
    field->value_offset = sizeof(*head) + sizeof(*field);
    field->value_length = 3;
    memcpy((char *) payload + field->value_offset, "a\nb", 3);
    head->header_count = 1;
    head->size = field->value_offset + 3;

    rig_say(&worker, MODHOST_FRAME_SEND, MODHOST_SEND_HEAD, stream,
            head->size, payload, head->size);
    rig_turn();

    CHECK_INT(answer.sends, 0);
    CHECK_INT(answer.reset, MODHOST_RESET_APP);
    CHECK_INT(rig.code, MH_E_RESPONSE_HEADER);
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_ABORT, stream));
    CHECK_INT(worker.heard.frame.value, MODHOST_RESET_APP);

    /* it goes on, in the dark */

    rig_say(&worker, MODHOST_FRAME_SEND, END, stream, 0, "body", 4);
    rig_turn();
    CHECK_INT(worker.channel->used, 1);
    respond(other);
    CHECK_INT(answers[0].ended, 1);

    rig_done(&answer);
    rig_done(&answers[0]);
    close_all();
}


/* ---- credits ----------------------------------------------------------- */

CASE(There_are_as_many_streams_as_credits)
{
    REQUIRE(open_with(2));

    CHECK(rig_begin_any(&answers[0], "shop"));
    CHECK(rig_begin_any(&answers[1], "shop"));
    CHECK(!rig_begin_any(&answers[2], "shop"));
    rig_turn();
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_REQUEST, 0x10000));
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_REQUEST, 0x10001));

    mh_group_waiting(rig_group("shop"), 1, 0);
    mh_group_waiting(rig_group("shop"), 3, 5);
    rig_turn();
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_WANT, 0));
    CHECK_INT(worker.heard.frame.value, 1);
    CHECK(rig_silent(&worker));

    /* that all have gone is told at the next tick */

    mh_group_waiting(rig_group("shop"), 0, 0);
    mh_daemon_tick(mh_daemon_now.now + 1);
    rig_turn();
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_WANT, 0));
    CHECK_INT(worker.heard.frame.value, 0);
    mh_group_waiting(rig_group("shop"), 3, 5);
    rig_turn();
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_WANT, 0));
    CHECK_INT(worker.heard.frame.value, 3);

    /* a stream that ends makes room, and credit does */

    rig.changed = 0;
    respond(0x10000);
    CHECK_INT(rig.changed, 1);
    CHECK(rig_begin_any(&answers[2], "shop"));

    rig.changed = 0;
    say(MODHOST_FRAME_CREDIT, 0, 5);
    CHECK_INT(rig.changed, 1);
    CHECK_INT(worker.channel->credits, 7);
    CHECK(rig_begin_any(&answers[3], "shop"));
    rig_turn();
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_REQUEST, 0x20000));
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_REQUEST, 0x10002));

    mh_group_waiting(rig_group("shop"), 0, 0);
    rig_done(&answers[0]);
    rig_done(&answers[1]);
    rig_done(&answers[2]);
    rig_done(&answers[3]);
    close_all();
}


CASE(What_was_recalled_and_is_idle_goes_back)
{
    REQUIRE(open_with(5));
    (void) begin(&answer);

    say(MODHOST_FRAME_RECALL, 0, 3);
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_RETURN, 0));
    CHECK_INT(worker.heard.frame.value, 3);
    CHECK_INT(worker.channel->credits, 2);

    say(MODHOST_FRAME_RECALL, 0, 3);
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_RETURN, 0));
    CHECK_INT(worker.heard.frame.value, 1);

    say(MODHOST_FRAME_RECALL, 0, 3);
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_RETURN, 0));
    CHECK_INT(worker.heard.frame.value, 0);
    CHECK_INT(worker.channel->credits, 1);

    rig_done(&answer);
    close_all();
}


CASE(Idle_credits_but_one_go_back_after_a_second)
{
    REQUIRE(open_with(10));
    mh_daemon_tick(100000);
    rig_turn();

    while (rig_hear(&worker)) {
        CHECK_INT(worker.heard.frame.type, MODHOST_FRAME_RETURN);
    }

    worker.channel->credits = 10;
    (void) begin(&answers[0]);
    (void) begin(&answers[1]);
    respond(0x10000);

    mh_daemon_tick(100900);
    rig_turn();
    CHECK(rig_silent(&worker));

    /* two were in use within that second */

    mh_daemon_tick(101000);
    rig_turn();
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_RETURN, 0));
    CHECK_INT(worker.heard.frame.value, 7);
    CHECK_INT(worker.channel->credits, 3);

    mh_daemon_tick(102000);
    rig_turn();
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_RETURN, 0));
    CHECK_INT(worker.heard.frame.value, 1);
    CHECK_INT(worker.channel->credits, 2);

    mh_daemon_tick(103000);
    rig_turn();
    CHECK(rig_silent(&worker));

    rig_done(&answers[0]);
    rig_done(&answers[1]);
    close_all();
}


CASE(Without_a_limit_no_credit_is_spoken_of)
{
    REQUIRE(open_with(MODHOST_CREDITS_UNLIMITED));
    mh_group_waiting(rig_group("shop"), 10, 0);
    mh_daemon_tick(100000);
    mh_daemon_tick(105000);
    rig_turn();
    CHECK(rig_silent(&worker));
    mh_group_waiting(rig_group("shop"), 0, 0);
    close_all();
}


CASE(A_choice_that_is_taken_back_gives_its_credit_back)
{
    mh_channel  *channel;

    REQUIRE(open_with(1));
    channel = mh_group_choose(rig_group("shop"), (mh_str) { NULL, 0 }, 0);
    REQUIRE(channel == worker.channel);
    CHECK(mh_group_choose(rig_group("shop"), (mh_str) { NULL, 0 }, 0)
          == NULL);
    mh_channel_cancel(channel);
    CHECK(rig_begin_any(&answer, "shop"));
    rig_turn();
    rig_done(&answer);
    close_all();
}


/* ---- draining ---------------------------------------------------------- */

CASE(A_drained_channel_is_closed_when_its_streams_have_ended)
{
    uint32_t  stream, code;

    REQUIRE(open_with(MODHOST_CREDITS_UNLIMITED));
    stream = begin(&answer);

    say(MODHOST_FRAME_DRAIN, 0, 0);
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_DRAINED, 0));
    CHECK(!rig_begin_any(&answers[0], "shop"));

    respond(stream);
    CHECK_INT(answer.ended, 1);
    CHECK(rig_closed(&worker, &code));
    CHECK_INT(code, 0);
    CHECK_INT(rig.sockets, 0);
    CHECK_INT(rig.logs, 1);              /* of the supervisor                 */

    rig_done(&answer);
    close_all();
}


CASE(An_idle_channel_that_drains_is_closed_at_once)
{
    uint32_t  code;

    REQUIRE(open_with(MODHOST_CREDITS_UNLIMITED));
    say(MODHOST_FRAME_DRAIN, 0, 0);
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_DRAINED, 0));
    CHECK(rig_closed(&worker, &code));
    CHECK_INT(rig.sockets, 0);
    close_all();
}


CASE(What_was_chosen_before_a_drain_goes_elsewhere)
{
    uint32_t  code;

    REQUIRE(open_with(MODHOST_CREDITS_UNLIMITED));
    rig_say(&worker, MODHOST_FRAME_DRAIN, 0, 0, 0, NULL, 0);
    CHECK(rig_begin_any(&answer, "shop"));
    rig_turn();
    CHECK_INT(answer.reset, MH_RESET_RETRY);
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_DRAINED, 0));
    CHECK(rig_closed(&worker, &code));
    rig_done(&answer);
    close_all();
}


CASE(A_worker_that_drains_may_refuse_what_it_has_not_begun)
{
    uint32_t  stream, code;

    REQUIRE(open_with(MODHOST_CREDITS_UNLIMITED));
    stream = begin(&answer);
    rig_say(&worker, MODHOST_FRAME_DRAIN, 0, 0, 0, NULL, 0);
    say(MODHOST_FRAME_REFUSE, stream, 0);
    CHECK_INT(answer.reset, MH_RESET_RETRY);
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_DRAINED, 0));
    CHECK(rig_closed(&worker, &code));
    rig_done(&answer);
    close_all();
}


/* ---- PING -------------------------------------------------------------- */

CASE(Ping_is_answered_at_any_time)
{
    REQUIRE(open_with(MODHOST_CREDITS_UNLIMITED));
    say(MODHOST_FRAME_PING, 0, 4711);
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_PONG, 0));
    CHECK_INT(worker.heard.frame.value, 4711);
    say(MODHOST_FRAME_PONG, 0, 1);
    CHECK(rig_silent(&worker));
    CHECK_INT(rig.sockets, 1);
    close_all();
}

CHECK_MAIN
