/*
 * What exchange_send takes, what it refuses, and what becomes of the pieces.
 */

#include "check.h"
#include "side.h"

#include <fcntl.h>
#include <unistd.h>

#define HEAD     MODHOST_SEND_HEAD
#define END      MODHOST_SEND_END
#define FILE_    MODHOST_SEND_FILE
#define TRAILERS MODHOST_SEND_TRAILERS
#define UPGRADE  MODHOST_SEND_UPGRADE
#define DEFER    MODHOST_SEND_DEFER
#define FLUSH    MODHOST_SEND_FLUSH

/* Not put together with others. */
#define LARGE    2000

static mh_app        app;
static mh_queue      queue;
static mh_exchange  *exchange;
static int           token;


static void
open_exchange(void)
{
    side_open(&app, &queue);
    exchange = side_begin(&app, &queue, &token);
}


static void
close_exchange(void)
{
    side_drain(&queue);
    mh_exchange_done(exchange);
    mh_server_table()->exchange_release(&exchange->pub);
    CHECK(side_close(&app, &queue));
}


static int32_t
send_it(const modhost_send *piece)
{
    return mh_server_table()->exchange_send(&exchange->pub, piece);
}


/* Takes a log line and the reset that a refused send leaves behind. */
static void
expect_refusal(const char *text)
{
    unsigned     logs, resets;
    mh_message  *message, *next;

    logs = 0;
    resets = 0;

    for (message = mh_queue_take(&queue); message != NULL; message = next) {
        next = message->next;

        if (message->kind == MH_MESSAGE_LOG) {
            logs++;
            CHECK_HAS(message->text + message->category_length, text);
            CHECK_INT(message->state, MODHOST_LOG_ERROR);

        } else if (message->kind == MH_MESSAGE_RESET) {
            resets++;
            CHECK_INT(message->reason, MODHOST_RESET_APP);
        }

        mh_message_done(message);
    }

    CHECK_INT(logs, 1);
    CHECK_INT(resets, 1);
}


/* One refused first send on a fresh exchange. */
static void
refuse(modhost_send piece, int32_t result, const char *text)
{
    open_exchange();
    piece.blocks = side_block("lost");
    CHECK_INT(send_it(&piece), result);
    expect_refusal(text);

    /* From now on nothing is taken. */

    CHECK_INT(side_send(exchange, HEAD | END, 200, "x"), MODHOST_E_STATE);
    CHECK(mh_queue_take(&queue) == NULL);
    close_exchange();
}


CASE(The_usual_response_is_one_message_without_copies)
{
    mh_message  *message;

    open_exchange();
    CHECK_INT(side_send(exchange, HEAD | END, 200, "hello"), MODHOST_OK);

    message = mh_queue_take(&queue);
    REQUIRE(message != NULL);
    CHECK(message == &exchange->message);
    CHECK((const uint8_t *) message->head == exchange->pub.response_head);
    CHECK_INT(message->kind, MH_MESSAGE_SEND);
    CHECK_INT(message->flags, HEAD | END);
    CHECK_INT(message->head->status, 200);
    CHECK(message->trailers == NULL);
    CHECK_INT(message->file, -1);
    CHECK_INT(message->blocks->length, 5);
    CHECK(memcmp(message->blocks->data, "hello", 5) == 0);
    CHECK(mh_queue_take(&queue) == NULL);

    mh_message_done(message);
    close_exchange();
}


CASE(Pieces_arrive_in_order_and_the_own_message_is_used_again)
{
    char         text[LARGE + 1];
    unsigned     i, round;
    mh_message  *message, *next;

    memset(text, 'x', LARGE);
    text[LARGE] = '\0';

    open_exchange();
    CHECK_INT(side_send(exchange, HEAD, 200, NULL), MODHOST_OK);

    for (round = 0; round < 3; round++) {

        for (i = 0; i < 5; i++) {
            text[0] = (char) ('0' + i);
            CHECK_INT(side_send(exchange, 0, 0, text), MODHOST_OK);
        }

        i = round == 0 ? -1u : 0;

        for (message = mh_queue_take(&queue); message; message = next, i++) {
            next = message->next;

            if (i == -1u) {
                CHECK(message->head != NULL);

            } else {
                CHECK(message->head == NULL);
                CHECK_INT(message->blocks->data[0], '0' + i);
            }

            CHECK((message == &exchange->message)
                  == (i == (round == 0 ? -1u : 0)));
            mh_message_done(message);
        }

        CHECK_INT(i, 5);
    }

    CHECK_INT(side_send(exchange, END, 0, NULL), MODHOST_OK);
    close_exchange();
}


/* Its bytes, as a checksum that knows their order; and how many. */
static uint32_t
sum_of(const mh_message *message, size_t *length)
{
    uint32_t              i, sum;
    const modhost_block  *block;

    sum = 0;
    *length = 0;

    for (block = message->blocks; block != NULL; block = block->next) {
        for (i = 0; i < block->length; i++) {
            sum = sum * 31 + block->data[i];
        }

        *length += block->length;
    }

    return sum;
}


CASE(Small_pieces_that_nobody_has_taken_become_one)
{
    char         text[2] = "";
    size_t       length;
    unsigned     i, blocks;
    uint32_t     sum;
    mh_message  *message;
    const modhost_block  *block;

    open_exchange();
    CHECK_INT(side_send(exchange, HEAD, 200, NULL), MODHOST_OK);

    for (sum = 0, i = 0; i < 20000; i++) {
        text[0] = (char) ('a' + i % 26);
        sum = sum * 31 + (uint8_t) text[0];
        CHECK_INT(side_send(exchange, i == 7 ? FLUSH : DEFER, 0, text),
                  MODHOST_OK);
    }

    message = mh_queue_take(&queue);
    REQUIRE(message != NULL);
    CHECK(message->next == NULL);
    CHECK(message->head != NULL);
    CHECK_INT(message->flags, HEAD | FLUSH);
    CHECK_INT(sum_of(message, &length), sum);
    CHECK_INT(length, 20000);

    blocks = 0;

    for (block = message->blocks; block != NULL; block = block->next) {
        blocks++;
    }

    CHECK(blocks <= 6);

    /* what was taken stays as it is */

    CHECK_INT(side_send(exchange, 0, 0, "later"), MODHOST_OK);
    CHECK_INT(sum_of(message, &length), sum);
    mh_message_done(message);

    message = mh_queue_take(&queue);
    REQUIRE(message != NULL);
    (void) sum_of(message, &length);
    CHECK_INT(length, 5);
    mh_message_done(message);

    close_exchange();
}


CASE(An_end_a_file_and_trailers_are_not_put_together_with_bytes)
{
    modhost_send  piece = { .flags = FILE_, .file_length = 4 };
    mh_message   *message;

    open_exchange();
    piece.file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CHECK_INT(side_send(exchange, HEAD, 200, "a"), MODHOST_OK);
    CHECK_INT(send_it(&piece), MODHOST_OK);
    close(piece.file);
    CHECK_INT(side_send(exchange, 0, 0, "b"), MODHOST_OK);
    CHECK_INT(side_send(exchange, 0, 0, "c"), MODHOST_OK);
    CHECK_INT(side_send(exchange, END, 0, "d"), MODHOST_OK);

    message = mh_queue_take(&queue);
    REQUIRE(message != NULL && message->next != NULL
            && message->next->next != NULL);
    CHECK_INT(message->blocks->length, 1);
    CHECK(message->next->file != -1 && message->next->blocks == NULL);
    CHECK_INT(message->next->next->blocks->length, 2);
    REQUIRE(message->next->next->next != NULL);
    CHECK_INT(message->next->next->next->flags, END);

    while (message != NULL) {
        mh_message  *next = message->next;

        mh_message_done(message);
        message = next;
    }

    close_exchange();
}


CASE(A_head_from_other_memory_is_copied)
{
    uint64_t      memory[16];
    mh_message   *message;
    modhost_send  piece = { .flags = HEAD | END, .file = -1 };

    open_exchange();
    piece.head = memory;
    piece.head_size = side_response(memory, 404);
    CHECK_INT(send_it(&piece), MODHOST_OK);
    memset(memory, 0xff, sizeof(memory));

    message = mh_queue_take(&queue);
    REQUIRE(message != NULL);
    CHECK((const void *) message->head != (const void *) memory);
    CHECK_INT(message->head->status, 404);
    mh_message_done(message);
    close_exchange();
}


CASE(A_head_from_memory_that_is_not_aligned_is_fine)
{
    uint64_t      memory[16];
    mh_message   *message;
    modhost_send  piece = { .flags = HEAD | END, .file = -1 };

    open_exchange();
    piece.head = (char *) memory + 1;
    piece.head_size = side_response(memory, 404);
    memmove((char *) memory + 1, memory, piece.head_size);
    CHECK_INT(send_it(&piece), MODHOST_OK);

    message = mh_queue_take(&queue);
    REQUIRE(message != NULL);
    CHECK_INT(message->head->status, 404);
    mh_message_done(message);
    close_exchange();
}


CASE(Informational_heads_are_copied_and_a_final_one_follows)
{
    mh_message  *first, *second;

    open_exchange();
    CHECK_INT(side_send(exchange, HEAD, 103, NULL), MODHOST_OK);
    CHECK_INT(side_send(exchange, HEAD | END, 200, "x"), MODHOST_OK);

    first = mh_queue_take(&queue);
    REQUIRE(first != NULL && first->next != NULL);
    second = first->next;
    CHECK_INT(first->head->status, 103);
    CHECK_INT(second->head->status, 200);
    mh_message_done(first);
    mh_message_done(second);
    close_exchange();
}


CASE(Trailers_are_copied_with_the_end)
{
    uint64_t      memory[16];
    mh_message   *message;
    modhost_send  piece = { .flags = END | TRAILERS, .file = -1 };

    open_exchange();
    CHECK_INT(side_send(exchange, HEAD, 200, NULL), MODHOST_OK);
    piece.trailers = memory;
    piece.trailers_size = side_response(memory, 0);
    CHECK_INT(send_it(&piece), MODHOST_OK);
    memset(memory, 0xff, sizeof(memory));

    message = mh_queue_take(&queue)->next;
    REQUIRE(message != NULL);
    CHECK(message->head == NULL);
    CHECK(message->trailers != NULL && message->trailers->status == 0);
    mh_message_done(&exchange->message);
    mh_message_done(message);
    close_exchange();
}


CASE(A_file_is_sent_by_a_descriptor_of_its_own)
{
    int           file, kept;
    mh_message   *message;
    modhost_send  piece = { .flags = FILE_ | END };

    open_exchange();
    file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CHECK_INT(side_send(exchange, HEAD, 200, NULL), MODHOST_OK);
    piece.file = file;
    piece.file_offset = 3;
    piece.file_length = 4;
    CHECK_INT(send_it(&piece), MODHOST_OK);
    close(file);

    message = mh_queue_take(&queue)->next;
    REQUIRE(message != NULL);
    CHECK(message->file >= 3 && message->file != -1);
    CHECK_INT(message->file_offset, 3);
    CHECK_INT(message->file_length, 4);
    CHECK(fcntl(message->file, F_GETFD) & FD_CLOEXEC);
    kept = message->file;
    mh_message_done(&exchange->message);
    mh_message_done(message);
    CHECK_INT(fcntl(kept, F_GETFD), -1);
    close_exchange();
}


CASE(What_was_taken_out_of_a_message_stays)
{
    mh_message     *message;
    modhost_block  *blocks;

    open_exchange();
    CHECK_INT(side_send(exchange, HEAD | END, 200, "kept"), MODHOST_OK);
    message = mh_queue_take(&queue);
    REQUIRE(message != NULL);
    blocks = message->blocks;
    message->blocks = NULL;
    mh_message_done(message);
    CHECK(memcmp(blocks->data, "kept", 4) == 0);
    mh_block_free(blocks);
    close_exchange();
}


CASE(An_upgrade_needs_101_and_a_request_that_asked)
{
    mh_message    *message;
    modhost_send   piece = { .flags = HEAD | UPGRADE, .file = -1 };
    modhost_request_head  *head;

    open_exchange();
    CHECK_INT(side_send(exchange, HEAD | UPGRADE, 101, NULL), MODHOST_OK);
    CHECK_INT(side_send(exchange, 0, 0, "after"), MODHOST_OK);
    message = mh_queue_take(&queue);
    CHECK_INT(message->flags, HEAD | UPGRADE);
    mh_message_done(message->next);
    mh_message_done(message);
    close_exchange();

    open_exchange();
    CHECK_INT(side_send(exchange, HEAD | UPGRADE, 200, NULL),
              MODHOST_E_ARGUMENT);
    expect_refusal("MH0303: an upgrade has status 101");
    close_exchange();

    open_exchange();
    CHECK_INT(side_send(exchange, HEAD, 101, NULL), MODHOST_E_ARGUMENT);
    expect_refusal("MH0303: an upgrade has status 101");
    close_exchange();

    open_exchange();
    head = mh_exchange_head(exchange);
    head->flags = 0;
    CHECK_INT(side_send(exchange, HEAD | UPGRADE, 101, NULL),
              MODHOST_E_STATE);
    expect_refusal("MH0303: the request did not ask for an upgrade");
    close_exchange();

    refuse(piece, MODHOST_E_ARGUMENT, "MH0303: a head is missing");
}


CASE(Misuse_is_refused_logged_and_resets)
{
    modhost_send  piece = { .file = -1 };

    piece.flags = 0x8000;
    refuse(piece, MODHOST_E_ARGUMENT, "unknown flags");

    piece.flags = 0;
    refuse(piece, MODHOST_E_STATE, "a body came before its head");

    piece.flags = END;
    refuse(piece, MODHOST_E_STATE, "a body came before its head");

    piece.flags = HEAD;
    piece.head = "";
    piece.head_size = 0;
    refuse(piece, MODHOST_E_ARGUMENT, "MH0303: a head is missing");

    piece.head = "x";
    piece.head_size = 1;
    refuse(piece, MODHOST_E_ARGUMENT, "MH0301: ");

    piece.head_size = 0x7fffffff;
    refuse(piece, MODHOST_E_ARGUMENT, "longer than 1 MiB");

    piece.head = NULL;
    piece.flags = TRAILERS;
    refuse(piece, MODHOST_E_ARGUMENT, "trailers come with the end");

    piece.flags = FILE_;
    refuse(piece, MODHOST_E_ARGUMENT, "a file has no descriptor");

    piece.file = 0;
    piece.file_offset = INT64_MAX;
    piece.file_length = 1;
    refuse(piece, MODHOST_E_ARGUMENT, "impossible range");

    piece.flags = UPGRADE;
    refuse(piece, MODHOST_E_ARGUMENT, "an upgrade is a head and no end");
}


CASE(A_head_is_checked)
{
    uint64_t                memory[16];
    modhost_send            piece = { .flags = HEAD, .file = -1 };
    modhost_response_head  *head;

    head = (modhost_response_head *) memory;
    piece.head = memory;

    piece.head_size = side_response(memory, 600);
    refuse(piece, MODHOST_E_ARGUMENT, "MH0301: ");

    piece.head_size = side_response(memory, 0);
    refuse(piece, MODHOST_E_ARGUMENT, "MH0303: a response head has no status");

    piece.head_size = side_response(memory, 200);
    head->reason.offset = 40;
    head->reason.length = 1;
    refuse(piece, MODHOST_E_ARGUMENT, "MH0301: ");

    piece.head_size = side_response(memory, 200);
    head->size += 8;
    refuse(piece, MODHOST_E_ARGUMENT, "MH0301: ");

    piece.head_size = side_response(memory, 103);
    refuse(piece, MODHOST_E_ARGUMENT, "informational");
}


CASE(A_bad_head_in_the_own_room_is_refused_too)
{
    modhost_send            piece = { .flags = HEAD | END, .file = -1 };
    modhost_response_head  *head;

    open_exchange();
    piece.head = exchange->pub.response_head;
    piece.head_size = side_response(exchange->pub.response_head, 200);
    head = (modhost_response_head *) exchange->pub.response_head;
    head->header_count = 9000;
    CHECK_INT(send_it(&piece), MODHOST_E_ARGUMENT);
    expect_refusal("MH0301: ");
    close_exchange();
}


CASE(Trailers_with_a_status_are_refused)
{
    uint64_t      memory[16];
    modhost_send  piece = { .flags = END | TRAILERS, .file = -1 };

    open_exchange();
    CHECK_INT(side_send(exchange, HEAD, 200, NULL), MODHOST_OK);
    side_drain(&queue);
    piece.trailers = memory;
    piece.trailers_size = side_response(memory, 200);
    CHECK_INT(send_it(&piece), MODHOST_E_ARGUMENT);
    expect_refusal("MH0303: trailers have a status");
    close_exchange();
}


CASE(A_second_head_is_refused_and_resets)
{
    open_exchange();
    CHECK_INT(side_send(exchange, HEAD, 200, "x"), MODHOST_OK);
    side_drain(&queue);
    CHECK_INT(side_send(exchange, HEAD | END, 200, "y"), MODHOST_E_STATE);
    expect_refusal("MH0303: a response has a second head");
    close_exchange();
}


CASE(After_the_end_nothing_is_taken_and_nothing_is_reset)
{
    open_exchange();
    CHECK_INT(side_send(exchange, HEAD | END, 200, "x"), MODHOST_OK);
    CHECK_INT(side_send(exchange, 0, 0, "y"), MODHOST_E_STATE);
    CHECK_INT(side_send(exchange, END, 0, NULL), MODHOST_E_STATE);
    CHECK_INT(side_drain(&queue), 1);
    close_exchange();
}


CASE(A_reset_is_queued_once_even_after_the_end)
{
    mh_message  *message;

    open_exchange();
    CHECK_INT(side_send(exchange, HEAD | END, 200, "x"), MODHOST_OK);
    mh_server_table()->exchange_reset(&exchange->pub, 99);
    mh_server_table()->exchange_reset(&exchange->pub, MODHOST_RESET_CLIENT);

    message = mh_queue_take(&queue);
    REQUIRE(message != NULL && message->next != NULL);
    CHECK(message->next->next == NULL);
    CHECK_INT(message->next->kind, MH_MESSAGE_RESET);
    CHECK_INT(message->next->reason, MODHOST_RESET_APP);
    mh_message_done(message->next);
    mh_message_done(message);
    CHECK_INT(side_send(exchange, 0, 0, "y"), MODHOST_E_STATE);
    close_exchange();
}


CASE(Sends_after_the_client_left_are_dropped_silently)
{
    open_exchange();
    CHECK_INT(side_send(exchange, HEAD, 200, "x"), MODHOST_OK);
    mh_exchange_abort(exchange, MODHOST_RESET_CLIENT);
    CHECK_INT(side_send(exchange, 0, 0, "y"), MODHOST_E_DETACHED);
    CHECK_INT(side_send(exchange, END, 0, NULL), MODHOST_E_DETACHED);
    mh_server_table()->exchange_reset(&exchange->pub, MODHOST_RESET_APP);
    CHECK_INT(side_drain(&queue), 1);
    close_exchange();
}


CASE(A_block_that_claims_more_than_it_has_is_refused)
{
    modhost_send  piece = { .flags = 0, .file = -1 };

    open_exchange();
    CHECK_INT(side_send(exchange, HEAD, 200, NULL), MODHOST_OK);
    side_drain(&queue);
    piece.blocks = side_block("x");
    piece.blocks->next = side_block("y");
    piece.blocks->next->capacity = 1u << 20;
    piece.blocks->next->length = 4097;
    CHECK_INT(send_it(&piece), MODHOST_E_ARGUMENT);
    expect_refusal("MH0303: a block is longer");
    close_exchange();
}


CASE(A_deferred_send_waits_for_wake)
{
    open_exchange();
    CHECK_INT(side_send(exchange, HEAD | END | DEFER, 200, "x"), MODHOST_OK);
    CHECK(!side_readable(&queue));
    mh_server_table()->wake();
    CHECK(side_readable(&queue));
    CHECK_INT(side_drain(&queue), 1);
    CHECK(!side_readable(&queue));
    mh_server_table()->wake();
    CHECK(!side_readable(&queue));
    close_exchange();
}


CASE(A_deferred_send_to_a_queue_that_wake_does_not_know_wakes_at_once)
{
    mh_queue  other;
    mh_error  error;

    open_exchange();
    CHECK_INT(mh_queue_open(&other, &error), 0);
    exchange->queue = &other;
    CHECK_INT(side_send(exchange, HEAD | END | DEFER, 200, "x"), MODHOST_OK);
    CHECK(side_readable(&other));
    CHECK_INT(side_drain(&other), 1);
    mh_queue_close(&other);
    close_exchange();
}

CHECK_MAIN
