/*
 * Which worker a request goes to.
 */

#include "check.h"
#include "rig.h"

#define WORKERS  4u
#define CLIENTS  1000u

static rig_worker  workers[WORKERS];
static rig_answer  answers[400];


static bool
open_workers(unsigned count, uint32_t credits)
{
    unsigned  i;

    if (!rig_open(NULL)) {
        return false;
    }

    for (i = 0; i < count; i++) {
        if (!rig_worker_open(&workers[i], i + 1, credits)) {
            return false;
        }
    }

    return true;
}


static void
close_workers(unsigned count)
{
    unsigned  i;

    CHECK(rig_close());

    for (i = 0; i < count; i++) {
        rig_worker_close(&workers[i]);
    }
}


static mh_channel *
choose(const char *affinity, uint64_t client)
{
    mh_str       text;
    mh_channel  *channel;

    text.data = (const uint8_t *) affinity;
    text.length = affinity != NULL ? strlen(affinity) : 0;

    channel = mh_group_choose(rig_group("shop"), text, client);

    if (channel != NULL) {
        mh_channel_cancel(channel);
    }

    return channel;
}


CASE(The_least_loaded_worker_is_chosen)
{
    unsigned  i;

    REQUIRE(open_workers(3, MODHOST_CREDITS_UNLIMITED));

    workers[0].channel->used = 5;
    workers[1].channel->used = 3;
    workers[2].channel->used = 4;
    CHECK(choose(NULL, 0) == workers[1].channel);

    workers[1].channel->used = 6;
    CHECK(choose(NULL, 0) == workers[2].channel);

    for (i = 0; i < 3; i++) {
        workers[i].channel->used = 0;
    }

    close_workers(3);
}


CASE(Equals_take_turns)
{
    unsigned  i, counts[WORKERS + 1] = { 0 };

    REQUIRE(open_workers(WORKERS, MODHOST_CREDITS_UNLIMITED));

    for (i = 0; i < 400; i++) {
        counts[mh_channel_worker(choose(NULL, 0))]++;
    }

    for (i = 1; i <= WORKERS; i++) {
        CHECK_INT(counts[i], 100);
    }

    close_workers(WORKERS);
}


CASE(Load_spreads_over_all_workers_up_to_their_credits)
{
    unsigned  i;

    REQUIRE(open_workers(WORKERS, 10));

    for (i = 0; i < 40; i++) {
        REQUIRE(rig_begin_any(&answers[i], "shop"));
    }

    CHECK(!rig_begin_any(&answers[40], "shop"));
    rig_turn();

    for (i = 0; i < WORKERS; i++) {
        CHECK_INT(workers[i].channel->used, 10);
    }

    for (i = 0; i < 40; i++) {
        rig_done(&answers[i]);
    }

    close_workers(WORKERS);
}


CASE(Who_drains_or_is_avoided_or_does_not_read_is_passed_over)
{
    REQUIRE(open_workers(3, MODHOST_CREDITS_UNLIMITED));

    workers[0].channel->used = 9;
    workers[1].channel->draining = true;
    workers[2].channel->avoided = true;
    CHECK(choose(NULL, 0) == workers[0].channel);

    workers[0].channel->wire.socket.write_wanted = true;
    workers[0].channel->wire.out.end += 300000;
    CHECK(choose(NULL, 0) == NULL);

    workers[0].channel->wire.socket.write_wanted = false;
    workers[0].channel->wire.out.end -= 300000;
    workers[0].channel->used = 0;
    workers[1].channel->draining = false;
    close_workers(3);
}


CASE(A_cookie_leads_to_its_worker_and_waits_for_it)
{
    const char  *cookie = "ffffffffffffffffffffffffffffffff";

    REQUIRE(open_workers(3, 2));
    memcpy(workers[1].channel->affinity, cookie, 32);

    CHECK(choose(cookie, 0) == workers[1].channel);
    workers[1].channel->used = 1;
    CHECK(choose(cookie, 0) == workers[1].channel);
    CHECK(choose(cookie, 77) == workers[1].channel);
    CHECK_INT(mh_channel_affinity(workers[1].channel).length, 32);

    workers[1].channel->used = 2;
    CHECK(choose(cookie, 0) == NULL);

    /* when it drains the session has to move */

    workers[1].channel->draining = true;
    CHECK(choose(cookie, 0) != NULL);
    workers[1].channel->draining = false;
    workers[1].channel->used = 0;

    /* what is no cookie of ours chooses as if there were none */

    CHECK(choose("00000000000000000000000000000000", 0) != NULL);
    CHECK(choose("short", 0) != NULL);
    close_workers(3);
}


CASE(A_client_stays_while_the_workers_do_and_few_move_when_one_goes)
{
    unsigned     i, moved, counts[WORKERS + 1] = { 0 };
    uint64_t     client;
    mh_channel  *before[CLIENTS], *after;

    REQUIRE(open_workers(WORKERS, MODHOST_CREDITS_UNLIMITED));

    for (i = 0; i < CLIENTS; i++) {
        client = i * 2654435761u + 1;
        before[i] = choose(NULL, client);
        CHECK(choose(NULL, client) == before[i]);
        counts[mh_channel_worker(before[i])]++;
    }

    for (i = 1; i <= WORKERS; i++) {
        CHECK(counts[i] > CLIENTS / WORKERS / 2);
    }

    workers[2].channel->avoided = true;
    moved = 0;

    for (i = 0; i < CLIENTS; i++) {
        client = i * 2654435761u + 1;
        after = choose(NULL, client);
        CHECK(after != workers[2].channel);
        moved += after != before[i];
    }

    CHECK_INT(moved, counts[3]);
    close_workers(WORKERS);
}


CASE(A_client_waits_for_its_worker)
{
    mh_channel  *own;

    REQUIRE(open_workers(3, 1));
    own = choose(NULL, 4711);
    REQUIRE(own != NULL);
    own->used = 1;
    CHECK(choose(NULL, 4711) == NULL);
    CHECK(choose(NULL, 0) != NULL);
    own->used = 0;
    CHECK(choose(NULL, 4711) == own);
    close_workers(3);
}


CASE(A_group_without_workers_has_nobody_to_choose)
{
    mh_group_view  view;

    REQUIRE(rig_open(NULL));
    CHECK(mh_group_choose(mh_group_named("other"), (mh_str) { NULL, 0 }, 5)
          == NULL);
    CHECK(mh_group_named("other") == mh_group_named("other"));
    CHECK(mh_group_named("other") != mh_group_named("others"));

    mh_group_look(mh_group_named("other"), &view);
    CHECK_INT(view.state, MODHOST_APP_STARTING);
    CHECK_INT(view.channels, 0);
    CHECK_INT(view.in_flight, 0);
    CHECK(view.text == NULL);

    mh_group_set_context(mh_group_named("other"), &view);
    CHECK(mh_group_context(mh_group_named("other")) == &view);
    CHECK(rig_close());
}


CASE(Without_a_daemon_side_a_group_just_has_nobody)
{
    mh_group_waiting(mh_group_named("none"), 5, 10);
    mh_daemon_flush();
    mh_daemon_tick(1000);
    mh_group_waiting(mh_group_named("none"), 0, 0);
    CHECK(mh_group_choose(mh_group_named("none"), (mh_str) { NULL, 0 }, 0)
          == NULL);
    mh_daemon_close();
}


CASE(A_group_shows_its_channels_and_what_is_in_flight)
{
    mh_group_view  view;

    REQUIRE(open_workers(2, 10));
    REQUIRE(rig_begin_any(&answers[0], "shop"));
    REQUIRE(rig_begin_any(&answers[1], "shop"));
    REQUIRE(rig_begin_any(&answers[2], "shop"));
    rig_turn();

    mh_group_look(rig_group("shop"), &view);
    CHECK_INT(view.channels, 2);
    CHECK_INT(view.in_flight, 3);

    rig_done(&answers[0]);
    rig_done(&answers[1]);
    rig_done(&answers[2]);
    close_workers(2);
}

CHECK_MAIN
