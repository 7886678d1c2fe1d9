/*
 * A made-up app side; see side.h.
 */

#include "side.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>


side_notes  side;


static int32_t
side_app_start(const modhost_app_config *config)
{
    (void) config;
    return MODHOST_OK;
}


static void
side_app_event(uint32_t app)
{
    (void) app;
}


static void
side_exchange_begin(modhost_exchange *const *exchanges, uint32_t count)
{
    side.batches++;
    side.begun += count;
    side.last = exchanges[count - 1];
}


static void
side_exchange_body(modhost_exchange *exchange, const uint8_t *data,
    uint32_t length, uint32_t flags)
{
    (void) data;
    (void) length;

    side.bodies++;
    side.body_flags = flags;
    side.last = exchange;
}


static void
side_exchange_sent(modhost_exchange *exchange, uint32_t bytes)
{
    side.sent += bytes;
    side.last = exchange;
}


static void
side_exchange_abort(modhost_exchange *exchange, uint32_t reason)
{
    side.aborts++;
    side.abort_reason = reason;
    side.last = exchange;
}


static void
side_exchange_forget(modhost_exchange *exchange)
{
    (void) exchange;
    side.forgotten++;
}


static void
side_runtime_stats(modhost_runtime_stats *stats)
{
    (void) stats;
}


modhost_app_table  side_table = {
    .size = sizeof(modhost_app_table),
    .abi_version = MODHOST_ABI_VERSION,
    .app_start = side_app_start,
    .app_stop = side_app_event,
    .app_drained = side_app_event,
    .exchange_begin = side_exchange_begin,
    .exchange_body = side_exchange_body,
    .exchange_sent = side_exchange_sent,
    .exchange_abort = side_exchange_abort,
    .exchange_forget = side_exchange_forget,
    .runtime_stats = side_runtime_stats,
};


void
side_open(mh_app *app, mh_queue *queue)
{
    mh_error  error;

    memset(app, 0, sizeof(*app));
    memset(&side, 0, sizeof(side));

    app->number = 7;
    app->table = &side_table;

    if (mh_queue_open(queue, &error) != 0) {
        fprintf(stderr, "%s\n", error.text);
    }

    mh_server_set_queue(queue);
}


bool
side_close(mh_app *app, mh_queue *queue)
{
    unsigned  outstanding;

    side_drain(queue);

    outstanding = atomic_load(&app->outstanding);

    mh_app_trim(app, 0);
    mh_server_set_queue(NULL);
    mh_queue_close(queue);

    if (outstanding != 0 || app->live != 0 || app->pooled != 0) {
        fprintf(stderr, "%u outstanding, %u live, %u pooled\n", outstanding,
                app->live, app->pooled);
        return false;
    }

    return true;
}


mh_exchange *
side_begin(mh_app *app, mh_queue *queue, void *token)
{
    mh_exchange           *exchange;
    mh_head_writer         writer;
    modhost_request_head  *head;

    exchange = mh_exchange_get(app, queue, mh_head_measure(0, 0, 2));

    mh_head_start(&writer, mh_exchange_head(exchange), 0, 0, 2);
    head = writer.head;
    head->method = MODHOST_METHOD_GET;
    head->http_version = 0x0101;
    head->flags = MODHOST_REQUEST_UPGRADABLE;
    head->target = mh_head_text(&writer,
                                (mh_str) { (const uint8_t *) "/", 1 });
    head->path = head->target;
    (void) mh_head_finish(&writer);

    exchange->request = token;
    mh_exchange_begin(exchange);
    mh_apps_flush();

    return exchange;
}


uint32_t
side_response(void *memory, unsigned status)
{
    modhost_response_head  *head;

    head = memory;
    memset(head, 0, sizeof(*head));

    head->size = sizeof(*head);
    head->version = MODHOST_HEAD_VERSION;
    head->fixed_size = sizeof(*head);
    head->status = (uint16_t) status;
    head->content_length = -1;
    head->headers_offset = sizeof(*head);

    return head->size;
}


modhost_block *
side_block(const char *text)
{
    modhost_block  *block;

    block = mh_server_table()->block_alloc(0);
    block->length = (uint32_t) strlen(text);
    memcpy(block->data, text, block->length);

    return block;
}


int32_t
side_send(mh_exchange *exchange, uint32_t flags, unsigned status,
    const char *body)
{
    modhost_send  send;

    memset(&send, 0, sizeof(send));
    send.flags = flags;
    send.file = -1;

    if (flags & MODHOST_SEND_HEAD) {
        send.head = exchange->pub.response_head;
        send.head_size = side_response(exchange->pub.response_head, status);
    }

    if (body != NULL) {
        send.blocks = side_block(body);
    }

    return mh_server_table()->exchange_send(&exchange->pub, &send);
}


unsigned
side_drain(mh_queue *queue)
{
    unsigned     count;
    mh_message  *message, *next;

    count = 0;

    while ((message = mh_queue_take(queue)) != NULL) {

        for (/* void */; message != NULL; message = next) {
            next = message->next;
            mh_message_done(message);
            count++;
        }
    }

    return count;
}


bool
side_readable(const mh_queue *queue)
{
    struct pollfd  fd;

    fd.fd = queue->fd;
    fd.events = POLLIN;

    return poll(&fd, 1, 0) == 1;
}
