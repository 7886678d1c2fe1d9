/*
 * The life of exchanges: releases in every order, the pool, batches, events.
 */

#include "check.h"
#include "side.h"

#define END   (MODHOST_SEND_HEAD | MODHOST_SEND_END)

static mh_app    app;
static mh_queue  queue;
static int       token;


static void
release(mh_exchange *exchange)
{
    mh_server_table()->exchange_release(&exchange->pub);
}


static mh_message *
take_one(void)
{
    mh_message  *message;

    message = mh_queue_take(&queue);
    CHECK(message != NULL && message->next == NULL);

    return message;
}


/*
 * Steps that end an exchange: S the app sends the whole response, R the app
 * releases, M the loop is done with the message, D the loop is done with the
 * exchange. M needs S before it; R and D may be anywhere.
 */
static void
run_order(const char *order)
{
    unsigned      state;
    mh_message   *message;
    mh_exchange  *exchange;

    side_open(&app, &queue);
    exchange = side_begin(&app, &queue, &token);
    message = NULL;

    for (/* void */; *order != '\0'; order++) {

        state = atomic_load(&exchange->state);

        switch (*order) {
        case 'S':
            CHECK_INT(side_send(exchange, END, 200, "hello"),
                      state & MH_EXCHANGE_DETACHED ? MODHOST_E_DETACHED
                                                   : MODHOST_OK);
            break;

        case 'R':
            release(exchange);
            break;

        case 'T':
            message = mh_queue_take(&queue);
            break;

        case 'M':
            if (message != NULL) {
                CHECK(message->exchange == exchange);
                mh_message_done(message);
            }
            break;

        default:
            mh_exchange_done(exchange);
            CHECK(exchange->request == NULL);
            break;
        }
    }

    CHECK(side_close(&app, &queue));
    CHECK_INT(side.forgotten, 0);
}


CASE(Every_order_of_releases_brings_the_exchange_back)
{
    size_t  i;

    static const char *const  orders[] = {
        "SRTMD", "SRTDM", "STRMD", "STRDM", "STMRD", "STMDR", "STDRM",
        "STDMR", "SDRTM", "SDTRM", "SDTMR", "SRDTM", "DSR", "DR"
    };

    for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        run_order(orders[i]);
    }
}


CASE(An_exchange_is_reused_with_its_app_context)
{
    mh_exchange  *first, *second;

    side_open(&app, &queue);

    first = side_begin(&app, &queue, &token);
    CHECK(first->pub.app_context == NULL);
    first->pub.app_context = &token;

    CHECK_INT(side_send(first, END, 200, NULL), MODHOST_OK);
    release(first);
    side_drain(&queue);
    mh_exchange_done(first);

    second = side_begin(&app, &queue, &token);
    CHECK(second == first);
    CHECK(second->pub.app_context == &token);
    CHECK_INT(atomic_load(&second->state), 0);
    CHECK_INT(second->pub.flags, 0);
    CHECK_INT(second->pub.app, 7);

    mh_exchange_done(second);
    release(second);
    mh_app_trim(&app, 0);
    CHECK_INT(side.forgotten, 1);

    CHECK(side_close(&app, &queue));
}


CASE(An_exchange_that_another_thread_gave_back_is_reused)
{
    mh_exchange  *first, *second;

    side_open(&app, &queue);

    first = side_begin(&app, &queue, &token);
    mh_exchange_done(first);
    CHECK_INT(atomic_load(&app.outstanding), 1);
    release(first);
    CHECK_INT(atomic_load(&app.outstanding), 0);

    second = side_begin(&app, &queue, &token);
    CHECK(second == first);
    mh_exchange_done(second);
    release(second);

    CHECK(side_close(&app, &queue));
}


CASE(A_cancelled_exchange_tells_the_app_side_nothing)
{
    mh_exchange  *exchange;

    side_open(&app, &queue);

    exchange = mh_exchange_get(&app, &queue, 200);
    mh_exchange_body(exchange, NULL, 0, MODHOST_BODY_END);
    mh_exchange_abort(exchange, MODHOST_RESET_CLIENT);
    mh_exchange_cancel(exchange);

    exchange = mh_exchange_get(&app, &queue, 200);
    mh_exchange_done(exchange);

    CHECK_INT(side.begun + side.bodies + side.aborts, 0);
    CHECK(side_close(&app, &queue));
}


CASE(One_turn_hands_over_one_batch)
{
    unsigned      i;
    mh_exchange  *exchanges[100];

    side_open(&app, &queue);

    for (i = 0; i < 100; i++) {
        exchanges[i] = mh_exchange_get(&app, &queue, 200);
        mh_exchange_begin(exchanges[i]);
    }

    CHECK_INT(app.live, 100);
    CHECK_INT(side.begun, 0);
    mh_apps_flush();
    CHECK_INT(side.begun, 100);
    CHECK_INT(side.batches, 2);
    CHECK(side.last == &exchanges[99]->pub);
    mh_apps_flush();
    CHECK_INT(side.batches, 2);

    for (i = 0; i < 100; i++) {
        mh_exchange_done(exchanges[i]);
        release(exchanges[i]);
    }

    CHECK(side_close(&app, &queue));
}


CASE(An_event_for_a_batched_exchange_hands_the_batch_over_first)
{
    mh_exchange  *exchange;

    side_open(&app, &queue);

    exchange = mh_exchange_get(&app, &queue, 200);
    mh_exchange_begin(exchange);
    mh_exchange_abort(exchange, MODHOST_RESET_CLIENT);

    CHECK_INT(side.begun, 1);
    CHECK_INT(side.aborts, 1);
    CHECK_INT(side.abort_reason, MODHOST_RESET_CLIENT);
    CHECK_INT(side_send(exchange, END, 200, "x"), MODHOST_E_DETACHED);

    mh_exchange_done(exchange);
    release(exchange);
    CHECK(side_close(&app, &queue));
}


CASE(An_abort_is_told_once_and_nothing_follows_it)
{
    mh_exchange  *exchange;

    side_open(&app, &queue);
    exchange = side_begin(&app, &queue, &token);

    mh_exchange_abort(exchange, MODHOST_RESET_TIMEOUT);
    mh_exchange_abort(exchange, MODHOST_RESET_CLIENT);
    mh_exchange_body(exchange, (const uint8_t *) "x", 1, 0);
    mh_exchange_sent(exchange, 5);

    CHECK_INT(side.aborts, 1);
    CHECK_INT(side.abort_reason, MODHOST_RESET_TIMEOUT);
    CHECK_INT(side.bodies, 0);
    CHECK_INT(side.sent, 0);

    mh_exchange_done(exchange);
    release(exchange);
    CHECK(side_close(&app, &queue));
}


CASE(Events_after_the_app_released_are_silent)
{
    mh_exchange  *exchange;

    side_open(&app, &queue);
    exchange = side_begin(&app, &queue, &token);

    mh_exchange_body(exchange, (const uint8_t *) "x", 1, MODHOST_BODY_END);
    CHECK_INT(side.bodies, 1);
    CHECK_INT(side.body_flags, MODHOST_BODY_END);

    CHECK_INT(side_send(exchange, END, 200, "x"), MODHOST_OK);
    CHECK(!mh_exchange_app_released(exchange));
    release(exchange);
    CHECK(mh_exchange_app_released(exchange));

    mh_exchange_sent(exchange, 5);
    mh_exchange_abort(exchange, MODHOST_RESET_CLIENT);
    CHECK_INT(side.sent, 0);
    CHECK_INT(side.aborts, 0);

    mh_exchange_done(exchange);
    CHECK(side_close(&app, &queue));
}


CASE(A_second_release_is_reported_and_changes_nothing)
{
    mh_message   *message;
    mh_exchange  *exchange;

    side_open(&app, &queue);
    exchange = side_begin(&app, &queue, &token);

    CHECK_INT(side_send(exchange, END, 200, "x"), MODHOST_OK);
    release(exchange);
    mh_message_done(take_one());
    release(exchange);

    message = take_one();
    CHECK_INT(message->kind, MH_MESSAGE_LOG);
    CHECK_INT(message->app, 7);
    CHECK_HAS(message->text + message->category_length, "MH0304: ");
    mh_message_done(message);

    mh_exchange_done(exchange);
    CHECK(side_close(&app, &queue));
}


CASE(A_release_before_the_end_resets)
{
    mh_message   *log, *reset;
    mh_exchange  *exchange;

    side_open(&app, &queue);
    exchange = side_begin(&app, &queue, &token);
    release(exchange);

    log = mh_queue_take(&queue);
    REQUIRE(log != NULL && log->next != NULL);
    CHECK_HAS(log->text + log->category_length, "MH0305: ");

    reset = log->next;
    CHECK_INT(reset->kind, MH_MESSAGE_RESET);
    CHECK_INT(reset->reason, MODHOST_RESET_APP);
    CHECK(reset->exchange == exchange);

    mh_message_done(log);
    mh_message_done(reset);
    mh_exchange_done(exchange);
    CHECK(side_close(&app, &queue));
}


CASE(Reads_are_gathered_and_none_is_lost)
{
    mh_message   *message;
    mh_exchange  *exchange;

    side_open(&app, &queue);
    exchange = side_begin(&app, &queue, &token);

    mh_server_table()->exchange_read(&exchange->pub, 10);
    mh_server_table()->exchange_read(&exchange->pub, 5);

    message = take_one();
    CHECK_INT(message->kind, MH_MESSAGE_READ);
    CHECK_INT(message->window, 15);

    /* While it is being dealt with: comes with the next one. */

    mh_server_table()->exchange_read(&exchange->pub, 7);
    CHECK(mh_queue_take(&queue) == NULL);
    mh_message_done(message);

    message = take_one();
    CHECK_INT(message->window, 7);
    mh_message_done(message);
    CHECK(mh_queue_take(&queue) == NULL);

    mh_server_table()->exchange_read(&exchange->pub, UINT32_MAX);
    mh_server_table()->exchange_read(&exchange->pub, UINT32_MAX);
    message = take_one();
    CHECK_INT(message->window, UINT32_MAX);
    mh_message_done(message);

    mh_exchange_done(exchange);
    mh_server_table()->exchange_read(&exchange->pub, 1);
    CHECK(mh_queue_take(&queue) == NULL);
    release(exchange);
    CHECK(side_close(&app, &queue));
}


CASE(A_message_of_a_finished_exchange_can_be_skipped)
{
    mh_message   *message;
    mh_exchange  *exchange;

    side_open(&app, &queue);
    exchange = side_begin(&app, &queue, &token);

    CHECK_INT(side_send(exchange, END, 200, "x"), MODHOST_OK);
    mh_exchange_done(exchange);
    release(exchange);
    CHECK_INT(atomic_load(&app.outstanding), 1);

    message = take_one();
    CHECK(message->exchange->request == NULL);
    mh_message_done(message);
    CHECK_INT(atomic_load(&app.outstanding), 0);

    CHECK(side_close(&app, &queue));
}


CASE(A_large_head_gets_room_and_the_room_is_given_back)
{
    mh_exchange  *exchange;

    side_open(&app, &queue);

    exchange = mh_exchange_get(&app, &queue, 100000);
    CHECK(exchange->head_capacity >= 100000);
    memset(mh_exchange_head(exchange), 0xff, 100000);
    mh_exchange_cancel(exchange);

    exchange = mh_exchange_get(&app, &queue, 100);
    CHECK(exchange->head_capacity <= 16384);
    mh_exchange_cancel(exchange);

    CHECK(mh_exchange_get(&app, &queue, SIZE_MAX) == NULL);
    CHECK(side_close(&app, &queue));
}


CASE(The_pool_is_bounded)
{
    unsigned             i;
    static mh_exchange  *exchanges[3000];

    side_open(&app, &queue);

    for (i = 0; i < 3000; i++) {
        exchanges[i] = side_begin(&app, &queue, &token);
        exchanges[i]->pub.app_context = &token;
    }

    /* Half come back by the loop, half by the app. */

    for (i = 0; i < 3000; i++) {
        if (i % 2) {
            mh_exchange_abort(exchanges[i], MODHOST_RESET_CLIENT);
            release(exchanges[i]);
            mh_exchange_done(exchanges[i]);
        } else {
            mh_exchange_done(exchanges[i]);
            release(exchanges[i]);
        }
    }

    CHECK_INT(atomic_load(&app.outstanding), 0);
    mh_app_trim(&app, 1024);
    CHECK_INT(app.pooled, 1024);
    CHECK_INT(side.forgotten, 3000 - 1024);

    CHECK(side_close(&app, &queue));
    CHECK_INT(side.forgotten, 3000);
}

CHECK_MAIN
