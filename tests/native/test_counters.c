/*
 * Counters that processes share, the record of those that crashed, and the
 * folders and texts that are made of them.
 */

#include "check.h"
#include "counters.h"
#include "state.h"
#include "status_text.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>


/* A process that enters, counts, and ends: properly, or by a signal. */
static pid_t
process_run(mh_counters *counters, int entry, bool properly)
{
    pid_t                pid;
    mh_count            *count;
    mh_counters_entered  entered;

    pid = fork();

    if (pid != 0) {
        (void) waitpid(pid, NULL, 0);
        return pid;
    }

    mh_counters_enter(counters, true, &entered);
    count = mh_counters_count(counters, entered.slot, entry);

    count->requests[1] += 3;
    count->in_flight = 1;

    if (!properly) {
        (void) raise(SIGKILL);
    }

    mh_counters_leave(counters, entered.slot);
    _exit(0);
}


CASE(What_a_process_counted_stays_when_it_has_ended)
{
    int           entry;
    mh_counters  *counters;
    mh_count_sum  sum;

    counters = mh_counters_open();
    REQUIRE(counters != NULL);

    entry = mh_counters_entry(counters, NULL, "/srv/shop/Shop.dll");

    (void) process_run(counters, entry, true);
    (void) process_run(counters, entry, false);

    mh_counters_sum(counters, entry, &sum);

    CHECK_INT(sum.requests[1], 6);
    CHECK_INT(sum.in_flight, 0);
}


CASE(No_two_processes_give_a_connection_the_same_number)
{
    int           status;
    pid_t         pid;
    uint64_t      number, alone;
    mh_counters  *counters;

    counters = mh_counters_open();
    REQUIRE(counters != NULL);

    number = mh_counters_connection(counters);

    pid = fork();

    if (pid == 0) {
        _exit(mh_counters_connection(counters) == number + 1 ? 0 : 1);
    }

    REQUIRE(pid > 0 && waitpid(pid, &status, 0) == pid);

    CHECK_INT(status, 0);
    CHECK_INT(mh_counters_connection(counters), number + 2);

    alone = mh_counters_connection(NULL);
    CHECK_INT(mh_counters_connection(NULL), alone + 1);
}


CASE(An_application_keeps_its_entry)
{
    int           shop, group;
    mh_counters  *counters;

    counters = mh_counters_open();
    REQUIRE(counters != NULL);

    shop = mh_counters_entry(counters, NULL, "/srv/shop/Shop.dll");
    group = mh_counters_entry(counters, "shop", "/srv/shop/Shop.dll");

    CHECK(shop != group);
    CHECK_INT(mh_counters_entry(counters, NULL, "/srv/shop/Shop.dll"), shop);
    CHECK_INT(mh_counters_entry(counters, "shop", "/elsewhere"), group);
}


/* Groups of a configuration beside "shop"; two such do not fit together. */
#define NAMES  100

static int
names_enter(mh_counters *counters, char letter, int *entries)
{
    int   i, without;
    char  name[16];

    mh_counters_generation(counters);
    mh_counters_keep(counters, "shop", "");

    without = 0;

    for (i = 0; i < NAMES; i++) {
        (void) snprintf(name, sizeof(name), "%c%d", letter, i);
        entries[i] = mh_counters_entry(counters, name, "");
        without += entries[i] == -1;
    }

    return without;
}


CASE(Entries_that_no_configuration_names_are_given_to_others)
{
    int                   shop, entries[NAMES];
    unsigned              i;
    mh_counters          *counters;
    mh_count_sum          sum;
    mh_counters_entered   entered;

    counters = mh_counters_open();
    REQUIRE(counters != NULL);

    shop = mh_counters_entry(counters, "shop", "");
    CHECK_INT(names_enter(counters, 'a', entries), 0);

    for (i = 0; i < NAMES; i++) {
        (void) process_run(counters, entries[i], i % 2 == 0);
    }

    (void) process_run(counters, shop, true);

    /* as long as a process is there that may count in them, they are not */

    mh_counters_enter(counters, true, &entered);
    CHECK(names_enter(counters, 'b', entries) > 0);
    mh_counters_leave(counters, entered.slot);

    CHECK_INT(names_enter(counters, 'b', entries), 0);

    for (i = 0; i < NAMES; i++) {
        mh_counters_sum(counters, entries[i], &sum);
        CHECK_INT(sum.requests[1], 0);
    }

    /* and who was named all the time has lost nothing */

    CHECK_INT(mh_counters_entry(counters, "shop", ""), shop);
    mh_counters_sum(counters, shop, &sum);
    CHECK_INT(sum.requests[1], 3);
}


CASE(What_has_no_place_is_counted_and_never_read)
{
    mh_counters  *counters;

    counters = mh_counters_open();
    REQUIRE(counters != NULL);

    CHECK(mh_counters_count(counters, -1, 0) != NULL);
    CHECK(mh_counters_count(NULL, 0, 0) != NULL);
}


CASE(Crashes_in_a_row_hold_the_next_process_back)
{
    pid_t                lost;
    mh_counters         *counters;
    mh_counters_entered  entered;

    counters = mh_counters_open();
    REQUIRE(counters != NULL);

    lost = process_run(counters, -1, false);
    mh_counters_enter(counters, true, &entered);

    CHECK_INT(entered.crashed, lost);
    CHECK_INT(entered.crashes, 1);
    CHECK_INT(entered.wait, 0);

    mh_counters_leave(counters, entered.slot);

    (void) process_run(counters, -1, false);
    mh_counters_enter(counters, true, &entered);

    CHECK_INT(entered.crashes, 2);
    CHECK_INT(entered.wait, 1000);

    mh_counters_leave(counters, entered.slot);
}


CASE(A_proper_end_is_no_crash_and_a_new_configuration_a_new_chance)
{
    mh_counters         *counters;
    mh_counters_entered  entered;

    counters = mh_counters_open();
    REQUIRE(counters != NULL);

    (void) process_run(counters, -1, true);
    mh_counters_enter(counters, true, &entered);

    CHECK_INT(entered.crashed, 0);

    mh_counters_leave(counters, entered.slot);

    (void) process_run(counters, -1, false);
    mh_counters_generation(counters);
    mh_counters_enter(counters, true, &entered);

    CHECK_INT(entered.crashed, 0);
    CHECK_INT(entered.wait, 0);

    mh_counters_leave(counters, entered.slot);
}


CASE(Processes_that_live_are_listed)
{
    pid_t                pid;
    unsigned             i;
    mh_usage             usage;
    mh_counters         *counters;
    mh_counters_entered  entered;

    counters = mh_counters_open();
    REQUIRE(counters != NULL);

    (void) process_run(counters, -1, false);

    mh_counters_enter(counters, false, &entered);
    mh_counters_use(counters, entered.slot, &(mh_usage) { 4096, 0, 0, 0, 0 });

    i = 0;
    CHECK(mh_counters_next(counters, &i, &pid, &usage));
    CHECK_INT(pid, getpid());
    CHECK_INT(usage.resident_bytes, 4096);
    CHECK(!mh_counters_next(counters, &i, &pid, &usage));

    mh_counters_leave(counters, entered.slot);
}


CASE(The_status_has_two_texts)
{
    char            *text;
    size_t           length;
    mh_status_app    apps[2];
    mh_json_writer   json;
    mh_status_view   view;

    memset(apps, 0, sizeof(apps));
    memset(&view, 0, sizeof(view));
    memset(&json, 0, sizeof(json));

    apps[0].name = "Sh\"op";
    apps[0].path = "/srv/shop/Shop.dll";
    apps[0].sum.requests[1] = 7;
    apps[0].sum.queue_ms = 1500;
    apps[1].name = "Blog";
    apps[1].path = "/srv/blog/Blog.dll";
    apps[1].group = "blog";

    view.server = "apache";
    view.apps = apps;
    view.app_count = 2;

    mh_status_json(&view, &json);
    REQUIRE(!json.failed);

    CHECK_HAS(json.text, "\"server\":\"apache\"");
    CHECK_HAS(json.text, "\"name\":\"Sh\\\"op\"");
    CHECK_HAS(json.text, "\"2xx\":7");
    CHECK_HAS(json.text, "\"group\":\"blog\"");

    text = mh_status_metrics(&view, &length);
    REQUIRE(text != NULL);

    CHECK_HAS(text, "modhost_web_requests_total{app=\"Sh\\\"op\",class=\"2xx\"}"
                    " 7\n");
    CHECK_HAS(text, "modhost_web_queue_seconds_total{app=\"Sh\\\"op\"} "
                    "1.500\n");
    CHECK_HAS(text, "{app=\"Blog\",group=\"blog\"}");
    CHECK(length > 6 && strcmp(text + length - 6, "# EOF\n") == 0);

    free(text);
    mh_json_writer_free(&json);
}


CASE(State_folders_are_told_apart_and_private)
{
    char         folder[] = "/tmp/modhost-state-XXXXXX";
    char         a[128], b[128];
    mh_error     error;
    struct stat  st;

    REQUIRE(mkdtemp(folder) != NULL);

    CHECK(mh_state_path(a, sizeof(a), folder, "Shop", "/srv/a/Shop.dll"));
    CHECK(mh_state_path(b, sizeof(b), folder, "Shop", "/srv/b/Shop.dll"));
    CHECK(strcmp(a, b) != 0);
    CHECK(!mh_state_path(a, 8, folder, "Shop", "/srv/a/Shop.dll"));

    CHECK_INT(mh_state_make(b, true, getuid(), &error), 0);
    CHECK_INT(mh_state_make(b, true, getuid(), &error), 0);
    REQUIRE(stat(b, &st) == 0);
    CHECK_INT(st.st_mode & 0777, 0700);

    (void) rmdir(b);

    REQUIRE(symlink("/tmp", b) == 0);
    CHECK_INT(mh_state_make(b, true, getuid(), &error), -1);
    CHECK_INT(error.code, MH_E_STATE_DIRECTORY);

    (void) unlink(b);
    (void) rmdir(folder);
}


CHECK_MAIN
