/*
 * A made-up web server's process in daemon mode; see rig.h.
 */

#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>


#define SOCKETS_MAX  64u

rig_notes  rig;
mh_app     rig_app;
mh_queue   rig_queue;

static mh_socket  *sockets[SOCKETS_MAX];


/* ---- the shim ---------------------------------------------------------- */

static int
shim_add(mh_socket *socket)
{
    unsigned  i;

    for (i = 0; !rig.refuse_sockets && i < SOCKETS_MAX; i++) {
        if (sockets[i] == NULL) {
            sockets[i] = socket;
            socket->context = &sockets[i];
            socket->level = true;
            rig.sockets++;
            return 0;
        }
    }

    return -1;
}


static void
shim_update(mh_socket *socket)
{
    (void) socket;
}


static void
shim_remove(mh_socket *socket)
{
    *(mh_socket **) socket->context = NULL;
    rig.sockets--;
}


static void
shim_flush_later(void)
{
    rig.flush = true;
}


static void
shim_group_changed(mh_group *group)
{
    (void) group;
    rig.changed++;
}


static void
shim_log(mh_group *group, uint32_t level, const mh_error *error)
{
    (void) group;

    rig.logs++;
    rig.level = level;
    rig.code = error->code;
    (void) snprintf(rig.text, sizeof(rig.text), "%s", error->text);
}


static const mh_daemon_shim  shim = {
    .socket_add = shim_add,
    .socket_update = shim_update,
    .socket_remove = shim_remove,
    .flush_later = shim_flush_later,
    .group_changed = shim_group_changed,
    .log = shim_log,
};


/* ---- opening, closing -------------------------------------------------- */

bool
rig_open(const char *path)
{
    mh_error           error;
    mh_daemon_options  options;

    memset(&rig, 0, sizeof(rig));
    memset(&rig_app, 0, sizeof(rig_app));
    rig_app.table = mh_channel_table();

    memset(&options, 0, sizeof(options));
    options.socket_path = path != NULL ? path : "/nonexistent/shim.sock";
    options.kind = MODHOST_PEER_NGINX;
    options.generation = 3;
    options.index = 1;
    options.count = 2;

    if (mh_queue_open(&rig_queue, &error) != 0) {
        return false;
    }

    mh_server_set_queue(&rig_queue);

    return mh_daemon_open(&options, &shim, &error) == 0;
}


bool
rig_close(void)
{
    unsigned  outstanding;

    mh_daemon_close();
    rig_turn();

    outstanding = atomic_load(&rig_app.outstanding);
    mh_app_trim(&rig_app, 0);
    mh_server_set_queue(NULL);
    mh_queue_close(&rig_queue);

    if (outstanding != 0 || rig_app.live != 0 || rig.sockets != 0) {
        fprintf(stderr, "%u exchanges outstanding, %u live, %u sockets\n",
                outstanding, rig_app.live, rig.sockets);
        return false;
    }

    return true;
}


int
rig_page(size_t size, int seals)
{
    int  fd;

    fd = memfd_create("page", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd != -1 && (ftruncate(fd, (off_t) size) == -1
                     || (seals != 0 && fcntl(fd, F_ADD_SEALS, seals) == -1)))
    {
        (void) close(fd);
        fd = -1;
    }

    return fd;
}


mh_group *
rig_group(const char *name)
{
    return mh_group_named(name);
}


bool
rig_connect(rig_worker *worker, uint32_t id)
{
    int               ends[2], page;
    mh_error          error;
    mh_channel_offer  offer;

    static const uint8_t  affinity[] = "0123456789abcdef0123456789abcdef";

    memset(worker, 0, sizeof(*worker));

    page = rig_page(MODHOST_BEGUN_SIZE, RIG_SEALS);

    if (page == -1
        || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
    {
        return false;
    }

    worker->fd = ends[1];
    worker->begun = mmap(NULL, MODHOST_BEGUN_SIZE, PROT_READ | PROT_WRITE,
                         MAP_SHARED, page, 0);

    memset(&offer, 0, sizeof(offer));
    offer.group = rig_group("shop");
    offer.worker = id;
    offer.pid = 1000 + id;
    offer.index = id;
    offer.affinity = affinity;
    offer.socket = ends[0];
    offer.page = page;

    worker->channel = mh_channel_open(&offer, &error);

    return worker->begun != MAP_FAILED && worker->channel != NULL;
}


bool
rig_greet(rig_worker *worker, uint32_t credits)
{
    modhost_hello  hello;

    memset(&hello, 0, sizeof(hello));
    hello.magic = MODHOST_PROTOCOL_MAGIC;
    hello.protocol = MODHOST_PROTOCOL_VERSION;
    hello.head_version = MODHOST_HEAD_VERSION;
    hello.kind = MODHOST_PEER_WORKER;
    hello.credits = credits;

    rig_say(worker, MODHOST_FRAME_HELLO, 0, 0, 0, &hello, sizeof(hello));
    rig_turn();

    return rig_hears(worker, MODHOST_FRAME_HELLO, 0);
}


bool
rig_worker_open(rig_worker *worker, uint32_t id, uint32_t credits)
{
    return rig_connect(worker, id) && rig_greet(worker, credits);
}


void
rig_worker_close(rig_worker *worker)
{
    (void) munmap(worker->begun, MODHOST_BEGUN_SIZE);
    mh_frame_in_free(&worker->in);
    mh_frame_out_free(&worker->out);
    (void) close(worker->fd);
}


/* ---- the worker's mouth and ears --------------------------------------- */

void
rig_say_fds(rig_worker *worker, const modhost_frame *frame,
    const void *payload, const int *fds)
{
    if (frame->descriptors != 0) {
        mh_frame_put_fds(&worker->out, fds, frame->descriptors);
    }

    mh_frame_put_copy(&worker->out, frame, payload);

    if (mh_frame_send(&worker->out, worker->fd) != 1) {
        fprintf(stderr, "the worker cannot send: %s\n", strerror(errno));
    }
}


void
rig_say(rig_worker *worker, unsigned type, unsigned flags, uint32_t stream,
    uint32_t value, const void *payload, size_t length)
{
    modhost_frame  frame;

    memset(&frame, 0, sizeof(frame));
    frame.length = (uint32_t) length;
    frame.type = (uint8_t) type;
    frame.flags = (uint8_t) flags;
    frame.stream = stream;
    frame.value = value;

    rig_say_fds(worker, &frame, payload, NULL);
}


void
rig_say_response(rig_worker *worker, uint32_t stream, unsigned flags,
    unsigned status, const char *body)
{
    size_t    length;
    uint32_t  head;
    uint64_t  payload[1024];

    length = body != NULL ? strlen(body) : 0;
    head = side_response(payload, status);
    memcpy((char *) payload + head, body != NULL ? body : "", length);

    rig_say(worker, MODHOST_FRAME_SEND, flags | MODHOST_SEND_HEAD, stream,
            head, payload, head + length);
}


bool
rig_hear(rig_worker *worker)
{
    mh_error  error;

    for ( ;; ) {
        switch (mh_frame_next(&worker->in, &worker->heard, &error)) {

        case MH_FRAME_THERE:
            return true;

        case MH_FRAME_BAD:
            fprintf(stderr, "the worker got a bad frame: %s\n", error.text);
            return false;

        default:
            break;
        }

        switch (mh_frame_receive(&worker->in, worker->fd, &error)) {

        case MH_RECEIVE_SOME:
        case MH_RECEIVE_ALL:
            break;

        default:
            return false;
        }
    }
}


bool
rig_hears(rig_worker *worker, unsigned type, uint32_t stream)
{
    if (!rig_hear(worker)) {
        fprintf(stderr, "no frame of type %u came\n", type);
        return false;
    }

    if (worker->heard.frame.type != type
        || worker->heard.frame.stream != stream)
    {
        fprintf(stderr, "a frame of type %u for 0x%x came, not %u for 0x%x\n",
                worker->heard.frame.type, worker->heard.frame.stream, type,
                stream);
        return false;
    }

    return true;
}


bool
rig_silent(rig_worker *worker)
{
    return !rig_hear(worker);
}


bool
rig_closed(rig_worker *worker, uint32_t *code)
{
    mh_error                error;
    enum mh_receive_result  result;

    *code = 0;

    while (rig_hear(worker)) {
        if (worker->heard.frame.type == MODHOST_FRAME_CLOSE) {
            *code = worker->heard.frame.value;
        }
    }

    result = mh_frame_receive(&worker->in, worker->fd, &error);

    return result == MH_RECEIVE_END;
}


/* ---- the loop ---------------------------------------------------------- */

static void
note_send(rig_answer *answer, const mh_message *message)
{
    size_t                length;
    const modhost_block  *block;

    answer->sends++;
    answer->ended += (message->flags & MODHOST_SEND_END) != 0;
    answer->upgraded += (message->flags & MODHOST_SEND_UPGRADE) != 0;
    answer->trailers += message->trailers != NULL;

    if (message->head != NULL) {
        answer->status = message->head->status;
    }

    if (message->file != -1) {
        answer->files++;
        answer->file_length += message->file_length;
    }

    for (block = message->blocks; block != NULL; block = block->next) {
        length = block->length;

        if (answer->length + length < sizeof(answer->body)) {
            memcpy(answer->body + answer->length, block->data, length);
        }

        answer->length += length;
    }
}


static void
note(const mh_message *message)
{
    rig_answer  *answer;

    answer = message->exchange != NULL ? message->exchange->request : NULL;

    if (answer == NULL) {
        return;
    }

    switch (message->kind) {

    case MH_MESSAGE_SEND:
        note_send(answer, message);
        break;

    case MH_MESSAGE_READ:
        answer->reads++;
        answer->window += message->window;
        break;

    case MH_MESSAGE_RESET:
        answer->reset = message->reason;
        break;

    default:
        break;
    }
}


static void
take_all(void)
{
    mh_message  *message, *next;

    while ((message = mh_queue_take(&rig_queue)) != NULL) {
        for (/* void */; message != NULL; message = next) {
            next = message->next;
            note(message);
            mh_message_done(message);
        }
    }
}


static bool
ready(mh_socket *socket)
{
    struct pollfd  fd;

    fd.fd = socket->fd;
    fd.events = (short) (POLLIN | (socket->write_wanted ? POLLOUT : 0));
    fd.revents = 0;

    if (poll(&fd, 1, 0) != 1) {
        return false;
    }

    mh_socket_ready(socket, (fd.revents & ~POLLOUT) != 0,
                    (fd.revents & POLLOUT) != 0);
    return true;
}


void
rig_turn(void)
{
    bool      more;
    unsigned  i, turns;

    mh_queue_enter(&rig_queue);
    turns = 0;

    do {
        more = false;

        for (i = 0; i < SOCKETS_MAX; i++) {
            if (sockets[i] != NULL && ready(sockets[i])) {
                more = true;
            }
        }

        mh_apps_flush();

        if (rig.flush) {
            rig.flush = false;
            more = true;
            mh_daemon_flush();
        }

        take_all();

    } while (more && ++turns < 1000);

    mh_queue_leave(&rig_queue);
}


static mh_exchange *
make_exchange(void)
{
    mh_exchange           *exchange;
    mh_head_writer         writer;
    modhost_request_head  *head;

    exchange = mh_exchange_get(&rig_app, &rig_queue,
                               mh_head_measure(0, 0, 2));

    mh_head_start(&writer, mh_exchange_head(exchange), 0, 0, 2);
    head = writer.head;
    head->method = MODHOST_METHOD_POST;
    head->http_version = 0x0101;
    head->flags = MODHOST_REQUEST_BODY | MODHOST_REQUEST_UPGRADABLE;
    head->target = mh_head_text(&writer,
                                (mh_str) { (const uint8_t *) "/", 1 });
    head->path = head->target;
    (void) mh_head_finish(&writer);

    return exchange;
}


static void
begin_on(rig_answer *answer, mh_channel *channel)
{
    memset(answer, 0, sizeof(*answer));

    answer->exchange = make_exchange();
    answer->exchange->request = answer;
    answer->exchange->pub.flags = MODHOST_EXCHANGE_DETAIL;
    answer->exchange->pub.max_request_body = 12345;

    mh_exchange_route(answer->exchange, channel);
    mh_exchange_begin(answer->exchange);
}


void
rig_begin(rig_answer *answer, mh_channel *channel)
{
    channel->used++;
    channel->routed++;
    channel->peak = channel->used > channel->peak ? channel->used
                                                  : channel->peak;
    begin_on(answer, channel);
}


bool
rig_begin_any(rig_answer *answer, const char *group)
{
    mh_channel  *channel;

    channel = mh_group_choose(rig_group(group), (mh_str) { NULL, 0 }, 0);

    if (channel == NULL) {
        return false;
    }

    begin_on(answer, channel);

    return true;
}


void
rig_done(rig_answer *answer)
{
    mh_exchange_done(answer->exchange);
    answer->exchange = NULL;
}
