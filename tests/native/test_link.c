/*
 * The link to the supervisor, against a made-up one.
 */

#include "check.h"
#include "rig.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char        folder[] = "/tmp/modhost-link-XXXXXX";
static char        path[sizeof(folder) + 16];
static int         listener = -1;
static rig_worker  supervisor;       /* only its mouth and ears               */
static rig_answer  answer;


static bool
listen_at_path(void)
{
    struct sockaddr_un  address;

    if (path[0] == '\0') {
        if (mkdtemp(folder) == NULL) {
            return false;
        }

        snprintf(path, sizeof(path), "%s/shim.sock", folder);
    }

    memset(&address, 0, sizeof(address));
    address.sun_family = AF_UNIX;
    strcpy(address.sun_path, path);

    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    return bind(listener, (struct sockaddr *) &address, sizeof(address)) == 0
           && listen(listener, 5) == 0;
}


static void
stop_listening(void)
{
    close(listener);
    unlink(path);
    listener = -1;
}


static void
say_hello(void)
{
    modhost_hello  hello;

    memset(&hello, 0, sizeof(hello));
    hello.magic = MODHOST_PROTOCOL_MAGIC;
    hello.protocol = MODHOST_PROTOCOL_VERSION;
    hello.head_version = MODHOST_HEAD_VERSION;
    hello.kind = MODHOST_PEER_SUPERVISOR;

    rig_say(&supervisor, MODHOST_FRAME_HELLO, 0, 0, 0, &hello, sizeof(hello));
    rig_turn();
}


static bool
accept_link(void)
{
    memset(&supervisor, 0, sizeof(supervisor));
    supervisor.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

    if (supervisor.fd == -1) {
        return false;
    }

    rig_turn();

    return rig_hears(&supervisor, MODHOST_FRAME_HELLO, 0);
}


static void
hang_up(void)
{
    mh_frame_in_free(&supervisor.in);
    mh_frame_out_free(&supervisor.out);
    close(supervisor.fd);
}


/* A link that has exchanged its greetings. */
static bool
open_link(void)
{
    if (!listen_at_path() || !rig_open(path) || !accept_link()) {
        return false;
    }

    say_hello();

    return rig_hears(&supervisor, MODHOST_FRAME_HAVE, 0)
           && supervisor.heard.frame.length == 0;
}


static void
close_link(void)
{
    CHECK(rig_close());
    hang_up();
    stop_listening();
}


/* Offers a worker whose other ends stay here. */
static void
offer(rig_worker *worker, uint32_t id, const char *group)
{
    int                    ends[2], fds[2];
    uint8_t                payload[128];
    modhost_frame          frame;
    modhost_worker_offer   said;

    memset(worker, 0, sizeof(*worker));
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);

    fds[0] = ends[0];
    fds[1] = rig_page(MODHOST_BEGUN_SIZE, RIG_SEALS);
    worker->fd = ends[1];
    worker->begun = mmap(NULL, MODHOST_BEGUN_SIZE, PROT_READ | PROT_WRITE,
                         MAP_SHARED, fds[1], 0);

    said.worker = id;
    said.pid = 1000 + id;
    said.index = id - 1;
    said.name_length = (uint32_t) strlen(group);
    memcpy(said.affinity, "0123456789abcdef0123456789abcdef", 32);
    memcpy(payload, &said, sizeof(said));
    memcpy(payload + sizeof(said), group, said.name_length);

    memset(&frame, 0, sizeof(frame));
    frame.type = MODHOST_FRAME_WORKER;
    frame.descriptors = 2;
    frame.length = (uint32_t) sizeof(said) + said.name_length;
    rig_say_fds(&supervisor, &frame, payload, fds);
    rig_turn();
}


static void
say_group(const char *name, uint32_t state, uint32_t code, const char *text)
{
    uint8_t              payload[256];
    modhost_group_state  said;

    said.state = state;
    said.code = code;
    said.name_length = (uint32_t) strlen(name);
    said.text_length = (uint32_t) strlen(text);
    memcpy(payload, &said, sizeof(said));
    memcpy(payload + sizeof(said), name, said.name_length);
    memcpy(payload + sizeof(said) + said.name_length, text,
           said.text_length);

    rig_say(&supervisor, MODHOST_FRAME_GROUP, 0, 0, 0, payload,
            sizeof(said) + said.name_length + said.text_length);
    rig_turn();
}


static void
say(unsigned type, uint32_t value)
{
    rig_say(&supervisor, type, 0, 0, value, NULL, 0);
    rig_turn();
}


CASE(The_link_says_who_it_is)
{
    modhost_hello  hello;

    REQUIRE(listen_at_path() && rig_open(path) && accept_link());
    memcpy(&hello, supervisor.heard.payload, sizeof(hello));
    CHECK_INT(hello.kind, MODHOST_PEER_NGINX);
    CHECK_INT(hello.pid, getpid());
    CHECK_INT(hello.generation, 3);
    CHECK_INT(hello.number, 1);
    CHECK_INT(hello.count, 2);
    CHECK_INT(rig.logs, 0);
    close_link();
}


CASE(A_worker_that_is_offered_takes_requests)
{
    rig_worker     worker;
    mh_group_view  view;

    REQUIRE(open_link());
    offer(&worker, 7, "cart");
    REQUIRE(rig_greet(&worker, 5));

    mh_group_look(rig_group("cart"), &view);
    CHECK_INT(view.channels, 1);

    REQUIRE(rig_begin_any(&answer, "cart"));
    rig_turn();
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_REQUEST, 0x10000));
    CHECK_INT(mh_channel_worker(rig_group("cart")->channels), 7);
    CHECK_INT(mh_channel_pid(rig_group("cart")->channels), 1007);
    CHECK_INT(mh_channel_index(rig_group("cart")->channels), 6);

    rig_say_response(&worker, 0x10000, MODHOST_SEND_END, 200, "ok");
    rig_turn();
    CHECK_TEXT(answer.body, "ok");

    /* the channel breaks: the supervisor is told */

    close(worker.fd);
    worker.fd = -1;
    rig_turn();
    REQUIRE(rig_hears(&supervisor, MODHOST_FRAME_LOST, 0));
    CHECK_INT(supervisor.heard.frame.value, 7);

    rig_done(&answer);
    close_link();
    rig_worker_close(&worker);
}


CASE(A_group_has_the_state_that_the_supervisor_says)
{
    mh_group_view  view;

    REQUIRE(open_link());
    rig.changed = 0;

    say_group("state", MODHOST_APP_FAILED, 701, "it throws");
    mh_group_look(rig_group("state"), &view);
    CHECK_INT(view.state, MODHOST_APP_FAILED);
    CHECK_INT(view.code, 701);
    CHECK_TEXT(view.text, "it throws");
    CHECK_INT(rig.changed, 1);

    say_group("state", MODHOST_APP_READY, 0, "");
    mh_group_look(rig_group("state"), &view);
    CHECK_INT(view.state, MODHOST_APP_READY);
    CHECK(view.text == NULL);
    CHECK_INT(rig.changed, 2);

    close_link();
}


CASE(A_draining_worker_is_passed_over_and_one_that_is_gone_ends)
{
    uint32_t    code;
    rig_worker  worker;

    REQUIRE(open_link());
    offer(&worker, 8, "drain");
    REQUIRE(rig_greet(&worker, MODHOST_CREDITS_UNLIMITED));
    REQUIRE(rig_begin_any(&answer, "drain"));
    rig_turn();

    say(MODHOST_FRAME_DRAINING, 8);
    CHECK(!rig_begin_any(&answer, "drain"));
    CHECK_INT(rig_group("drain")->channels->used, 1);
    say(MODHOST_FRAME_DRAINING, 99);

    say(MODHOST_FRAME_GONE, 99);
    say(MODHOST_FRAME_GONE, 8);
    CHECK_INT(answer.reset, MH_RESET_RETRY);
    CHECK(rig_closed(&worker, &code));
    CHECK(rig_group("drain")->channels == NULL);

    rig_done(&answer);
    close_link();
    rig_worker_close(&worker);
}


CASE(Demand_is_told_when_requests_begin_to_wait_while_they_do_and_after)
{
    mh_group        *group;
    modhost_demand   demand;

    REQUIRE(open_link());
    group = rig_group("demand");

    mh_group_waiting(group, 1, 0);
    mh_group_waiting(group, 2, 7);
    rig_turn();
    REQUIRE(rig_hears(&supervisor, MODHOST_FRAME_DEMAND, 0));
    memcpy(&demand, supervisor.heard.payload, sizeof(demand));
    CHECK_INT(demand.waiting, 1);
    CHECK_INT(supervisor.heard.frame.length, sizeof(demand) + 6);
    CHECK(memcmp(supervisor.heard.payload + sizeof(demand), "demand", 6)
          == 0);
    CHECK(rig_silent(&supervisor));

    mh_daemon_tick(10000);
    rig_turn();
    REQUIRE(rig_hears(&supervisor, MODHOST_FRAME_DEMAND, 0));
    memcpy(&demand, supervisor.heard.payload, sizeof(demand));
    CHECK_INT(demand.waiting, 2);
    CHECK_INT(demand.oldest, 7);

    mh_daemon_tick(10100);
    rig_turn();
    CHECK(rig_silent(&supervisor));

    mh_group_waiting(group, 0, 0);
    rig_turn();
    CHECK(rig_silent(&supervisor));
    mh_daemon_tick(10300);
    rig_turn();
    REQUIRE(rig_hears(&supervisor, MODHOST_FRAME_DEMAND, 0));
    memcpy(&demand, supervisor.heard.payload, sizeof(demand));
    CHECK_INT(demand.waiting, 0);

    mh_daemon_tick(11000);
    rig_turn();
    CHECK(rig_silent(&supervisor));
    close_link();
}


CASE(A_worker_that_is_stuck_is_named)
{
    rig_worker  worker;

    REQUIRE(open_link());
    offer(&worker, 9, "stuck");
    mh_channel_stuck(rig_group("stuck")->channels);
    rig_turn();
    REQUIRE(rig_hears(&supervisor, MODHOST_FRAME_STUCK, 0));
    CHECK_INT(supervisor.heard.frame.value, 9);
    close_link();
    rig_worker_close(&worker);
}


CASE(When_the_supervisor_dies_channels_go_on_and_the_next_one_hears_of_them)
{
    uint32_t    ids[2];
    unsigned    logs;
    rig_worker  worker, second;

    REQUIRE(open_link());
    offer(&worker, 21, "alive");
    offer(&second, 22, "alive");
    REQUIRE(rig_greet(&worker, MODHOST_CREDITS_UNLIMITED));

    hang_up();
    stop_listening();
    rig_turn();
    CHECK_INT(rig.code, MH_E_LINK_LOST);
    logs = rig.logs;

    REQUIRE(rig_begin_any(&answer, "alive"));
    rig_turn();
    REQUIRE(rig_hears(&worker, MODHOST_FRAME_REQUEST, 0x10000));
    rig_say_response(&worker, 0x10000, MODHOST_SEND_END, 200, "ok");
    rig_turn();
    CHECK_INT(answer.ended, 1);
    rig_done(&answer);

    /* nobody is there: tried again, and one line is enough */

    mh_group_waiting(rig_group("alive"), 3, 1);
    mh_daemon_tick(1000);
    mh_daemon_tick(2000);
    mh_daemon_tick(9000);
    CHECK_INT(rig.logs, logs);

    REQUIRE(listen_at_path());
    mh_daemon_tick(12000);
    REQUIRE(accept_link());
    REQUIRE(rig_hears(&supervisor, MODHOST_FRAME_HAVE, 0));
    CHECK_INT(supervisor.heard.frame.length, sizeof(ids));
    memcpy(ids, supervisor.heard.payload, sizeof(ids));
    CHECK_INT(ids[0] + ids[1], 43);
    REQUIRE(rig_hears(&supervisor, MODHOST_FRAME_DEMAND, 0));
    say_hello();

    /* the next death is worth a line again */

    hang_up();
    rig_turn();
    CHECK_INT(rig.logs, logs + 1);
    mh_daemon_tick(12001);
    CHECK_INT(rig.logs, logs + 1);
    REQUIRE(accept_link());

    mh_group_waiting(rig_group("alive"), 0, 0);
    close_link();
    rig_worker_close(&worker);
    rig_worker_close(&second);
}


CASE(The_status_page_is_copied)
{
    int                     fd;
    uint8_t                *page;
    modhost_frame           frame;
    modhost_status_page    *head;
    mh_daemon_status_text   text;

    REQUIRE(open_link());
    CHECK(!mh_daemon_status(&text));

    fd = rig_page(MODHOST_STATUS_SIZE, RIG_SEALS);
    page = mmap(NULL, MODHOST_STATUS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
                fd, 0);
    REQUIRE(page != MAP_FAILED);
    head = (modhost_status_page *) page;
    head->magic = MODHOST_PROTOCOL_MAGIC;
    head->sequence = 4;
    head->json_length = 4;
    head->metrics_length = 3;
    memcpy(page + sizeof(*head), "[{}]m 1", 7);

    memset(&frame, 0, sizeof(frame));
    frame.type = MODHOST_FRAME_STATUS;
    frame.descriptors = 1;
    rig_say_fds(&supervisor, &frame, NULL, &fd);
    rig_turn();

    REQUIRE(mh_daemon_status(&text));
    CHECK_INT(text.json.length, 4);
    CHECK(memcmp(text.json.data, "[{}]", 4) == 0);
    CHECK_INT(text.metrics.length, 3);
    CHECK(memcmp(text.metrics.data, "m 1", 3) == 0);
    free(text.memory);

    /* while it is written, and where it lies about its lengths: none */

    head->sequence = 5;
    CHECK(!mh_daemon_status(&text));
    head->sequence = 6;
    head->json_length = MODHOST_STATUS_SIZE;
    CHECK(!mh_daemon_status(&text));
    head->json_length = 0xffffffff;
    head->metrics_length = 0xffffffff;
    CHECK(!mh_daemon_status(&text));

    munmap(page, MODHOST_STATUS_SIZE);
    close_link();
}


/* ---- what a supervisor may not do -------------------------------------- */

static void
refused(unsigned type, uint32_t value, const void *payload, size_t length)
{
    uint32_t  code;

    REQUIRE(open_link());
    rig_say(&supervisor, type, 0, 0, value, payload, length);
    rig_turn();
    CHECK(rig_closed(&supervisor, &code));
    CHECK_INT(code, MH_E_PROTOCOL);
    CHECK_INT(rig.code, MH_E_PROTOCOL);
    CHECK_INT(rig.sockets, 0);
    close_link();
}


CASE(What_is_not_allowed_closes_the_link)
{
    uint32_t  words[8] = { 0 };

    refused(MODHOST_FRAME_REQUEST, 0, words, 32);
    refused(MODHOST_FRAME_HAVE, 0, NULL, 0);
    refused(MODHOST_FRAME_STATUS, 0, NULL, 0);
    refused(MODHOST_FRAME_WORKER, 0, words, 32);
    refused(MODHOST_FRAME_GROUP, 0, words, 8);
    refused(MODHOST_FRAME_GROUP, 0, words, 16);        /* no name             */
    words[2] = 17;
    refused(MODHOST_FRAME_GROUP, 0, words, 32);        /* past its end        */
    words[2] = 16;
    refused(MODHOST_FRAME_GROUP, 0, words, 32);        /* NULs in its name    */
    words[2] = 0xffffffff;
    words[3] = 17;
    refused(MODHOST_FRAME_GROUP, 0, words, 32);
    memset(words, 'a', sizeof(words));
    refused(MODHOST_FRAME_GROUP, 0, words, 32);        /* no such state       */
    refused(MODHOST_FRAME_DRAINING, 1, words, 1);
}


CASE(A_worker_offered_twice_closes_the_link_and_keeps_the_channel)
{
    uint32_t    code;
    rig_worker  worker, again;

    REQUIRE(open_link());
    offer(&worker, 31, "twice");
    REQUIRE(rig_greet(&worker, 1));
    offer(&again, 31, "twice");

    CHECK(rig_closed(&supervisor, &code));
    CHECK_INT(code, MH_E_PROTOCOL);
    CHECK(rig_group("twice")->channels != NULL);
    CHECK(rig_group("twice")->channels->next == NULL);

    close_link();
    rig_worker_close(&worker);
    rig_worker_close(&again);
}


CASE(A_channel_that_cannot_be_is_reported_and_the_link_goes_on)
{
    uint32_t    code;
    rig_worker  worker;

    REQUIRE(open_link());
    rig.refuse_sockets = true;
    offer(&worker, 32, "full");
    rig.refuse_sockets = false;

    CHECK_INT(rig.code, MH_E_CHANNEL);
    REQUIRE(rig_hears(&supervisor, MODHOST_FRAME_LOST, 0));
    CHECK_INT(supervisor.heard.frame.value, 32);
    CHECK(rig_closed(&worker, &code));
    CHECK_INT(rig.sockets, 1);

    close_link();
    rig_worker_close(&worker);
}


CASE(No_supervisor_is_no_failure)
{
    REQUIRE(rig_open("/nonexistent/shim.sock"));
    CHECK_INT(rig.code, MH_E_LINK);
    CHECK_INT(rig.logs, 1);
    mh_daemon_tick(5000);
    mh_daemon_tick(15000);
    CHECK_INT(rig.logs, 1);
    CHECK(rig_close());

    REQUIRE(rig_open("/a-path-that-is-much-too-long-for-a-unix-socket-because-"
                     "its-address-has-room-for-one-hundred-and-eight-bytes-"
                     "only/shim.sock"));
    CHECK_INT(rig.code, MH_E_LINK);
    CHECK(rig_close());

    if (path[0] != '\0') {
        (void) rmdir(folder);
    }
}

CHECK_MAIN
