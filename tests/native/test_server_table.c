/*
 * Log lines and states of apps on their way to the loop.
 */

#include "check.h"
#include "side.h"

static mh_app    app;
static mh_queue  queue;


static void
log_it(const char *category, const char *text)
{
    mh_server_table()->log(3, MODHOST_LOG_WARNING, category,
                           category ? (uint32_t) strlen(category) : 0, text,
                           text ? (uint32_t) strlen(text) : 0);
}


CASE(The_table_is_complete)
{
    const modhost_server_table  *table;

    table = mh_server_table();
    CHECK_INT(table->size, sizeof(*table));
    CHECK_INT(table->abi_version, MODHOST_ABI_VERSION);
    CHECK(table->block_alloc && table->block_free && table->exchange_send
          && table->exchange_read && table->exchange_reset
          && table->exchange_release && table->wake && table->app_state
          && table->log);
}


CASE(A_log_line_is_copied)
{
    char         text[] = "two\nlines";
    mh_message  *message;

    side_open(&app, &queue);
    log_it("Category", text);
    memset(text, 'x', sizeof(text) - 1);

    message = mh_queue_take(&queue);
    REQUIRE(message != NULL);
    CHECK_INT(message->kind, MH_MESSAGE_LOG);
    CHECK_INT(message->app, 3);
    CHECK_INT(message->state, MODHOST_LOG_WARNING);
    CHECK(message->exchange == NULL);
    CHECK_INT(message->category_length, 8);
    CHECK_INT(message->text_length, 9);
    CHECK_TEXT(message->text, "Categorytwo\nlines");
    mh_message_done(message);
    CHECK(side_close(&app, &queue));
}


CASE(A_log_line_may_be_empty_and_a_level_too_high)
{
    mh_message  *message;

    side_open(&app, &queue);
    mh_server_table()->log(MODHOST_NO_APP, 77, NULL, 5, NULL, 5);
    message = mh_queue_take(&queue);
    REQUIRE(message != NULL);
    CHECK_INT(message->text_length, 0);
    CHECK_INT(message->category_length, 0);
    CHECK_INT(message->state, MODHOST_LOG_CRITICAL);
    mh_message_done(message);
    CHECK(side_close(&app, &queue));
}


CASE(A_huge_line_is_cut)
{
    char        *text;
    mh_message  *message;

    side_open(&app, &queue);
    text = malloc(1 << 20);
    memset(text, 'x', 1 << 20);
    mh_server_table()->log(0, 0, text, 1 << 20, text, 1 << 20);
    free(text);

    message = mh_queue_take(&queue);
    REQUIRE(message != NULL);
    CHECK_INT(message->category_length, 1024);
    CHECK_INT(message->text_length, 65536);
    mh_message_done(message);
    CHECK(side_close(&app, &queue));
}


CASE(A_state_carries_code_and_text)
{
    mh_message  *message;

    side_open(&app, &queue);
    mh_server_table()->app_state(2, MODHOST_APP_FAILED, 501, "why", 3);
    mh_server_table()->app_state(2, MODHOST_APP_STOPPED, 0, NULL, 0);

    message = mh_queue_take(&queue);
    REQUIRE(message != NULL && message->next != NULL);
    CHECK_INT(message->kind, MH_MESSAGE_APP_STATE);
    CHECK_INT(message->app, 2);
    CHECK_INT(message->state, MODHOST_APP_FAILED);
    CHECK_INT(message->code, 501);
    CHECK_TEXT(message->text, "why");
    CHECK_INT(message->next->state, MODHOST_APP_STOPPED);
    mh_message_done(message->next);
    mh_message_done(message);
    CHECK(side_close(&app, &queue));
}


CASE(Lines_past_the_bound_are_dropped_counted_and_told_once)
{
    unsigned     i, lines, states;
    mh_message  *message, *next;

    side_open(&app, &queue);

    for (i = 0; i < 5000; i++) {
        log_it("c", "line");
    }

    /* A change of state still gets through. */

    mh_server_table()->app_state(2, MODHOST_APP_READY, 0, NULL, 0);

    lines = 0;
    states = 0;

    for (message = mh_queue_take(&queue); message; message = next) {
        next = message->next;
        lines += message->kind == MH_MESSAGE_LOG;
        states += message->kind == MH_MESSAGE_APP_STATE;
        mh_message_done(message);
    }

    CHECK_INT(lines, 4096);
    CHECK_INT(states, 1);

    message = mh_queue_take(&queue);
    REQUIRE(message != NULL && message->next == NULL);
    CHECK_HAS(message->text, "MH0306: 904 log lines were dropped");
    CHECK_INT(message->state, MODHOST_LOG_WARNING);
    mh_message_done(message);

    log_it("c", "line");
    CHECK_INT(side_drain(&queue), 1);
    CHECK(side_close(&app, &queue));
}


CASE(Bytes_of_lines_are_bounded_too)
{
    char        *text;
    unsigned     i, lines;
    mh_message  *message, *next;

    side_open(&app, &queue);
    text = malloc(65536);
    memset(text, 'x', 65536);

    for (i = 0; i < 1000; i++) {
        mh_server_table()->log(0, 0, NULL, 0, text, 65536);
    }

    free(text);

    for (lines = 0, message = mh_queue_take(&queue); message; message = next)
    {
        next = message->next;
        lines++;
        mh_message_done(message);
    }

    CHECK_INT(lines, 256);
    side_drain(&queue);
    CHECK(side_close(&app, &queue));
}


CASE(Without_a_queue_lines_go_nowhere)
{
    mh_server_set_queue(NULL);
    log_it("c", "line");
    mh_server_table()->wake();
    mh_server_table()->app_state(0, 0, 0, NULL, 0);
}

CHECK_MAIN
