/*
 * The event loop's two ends of the bridge to application threads: messages
 * come in through the queue and its descriptor, batches of requests go out at
 * the end of a turn.
 */

#include "ngx_http_modhost.h"


/* Requests that run inline before the first of them is answered. */
#define NGX_HTTP_MODHOST_INLINE_BATCH  32

/*
 * Messages in one go. Applications that never stop talking must not keep the
 * loop: what they sent meanwhile has its turn after nginx's other events.
 */
#define NGX_HTTP_MODHOST_TAKE_MAX  512


static void ngx_http_modhost_readable(ngx_event_t *ev);
static void ngx_http_modhost_flush(ngx_event_t *ev);
static void ngx_http_modhost_take(void);


mh_queue                     ngx_http_modhost_queue;

static ngx_connection_t     *ngx_http_modhost_wakeup;
static ngx_event_handler_pt  ngx_http_modhost_quit_handler;
static ngx_event_t           ngx_http_modhost_flush_event;
static ngx_uint_t            ngx_http_modhost_taking;
static ngx_connection_t     *ngx_http_modhost_inline_connection;
static ngx_uint_t            ngx_http_modhost_inline_count;


ngx_int_t
ngx_http_modhost_loop_open(ngx_cycle_t *cycle, ngx_event_handler_pt quit)
{
    mh_error           error;
    ngx_connection_t  *c;

    if (mh_queue_open(&ngx_http_modhost_queue, &error) != 0) {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, 0, "MH0%ui: %s",
                      (ngx_uint_t) error.code, error.text);
        return NGX_ERROR;
    }

    c = ngx_get_connection(ngx_http_modhost_queue.fd, cycle->log);
    if (c == NULL) {
        mh_queue_close(&ngx_http_modhost_queue);
        return NGX_ERROR;
    }

    c->read->handler = ngx_http_modhost_readable;
    c->read->log = cycle->log;
    c->write->log = cycle->log;

    /* nginx tells idle connections when it is asked to quit */

    c->idle = 1;

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        ngx_free_connection(c);
        c->fd = (ngx_socket_t) -1;
        mh_queue_close(&ngx_http_modhost_queue);
        return NGX_ERROR;
    }

    ngx_http_modhost_queue.edge = (ngx_event_flags & NGX_USE_CLEAR_EVENT) != 0;
    ngx_http_modhost_wakeup = c;
    ngx_http_modhost_quit_handler = quit;

    ngx_http_modhost_flush_event.handler = ngx_http_modhost_flush;
    ngx_http_modhost_flush_event.log = cycle->log;
    ngx_http_modhost_flush_event.data = c;

    mh_server_set_queue(&ngx_http_modhost_queue);

    return NGX_OK;
}


/* The descriptor stays open: app threads may write to it until the very end. */
void
ngx_http_modhost_loop_close(void)
{
    ngx_connection_t  *c;

    c = ngx_http_modhost_wakeup;

    if (c == NULL) {
        return;
    }

    ngx_http_modhost_wakeup = NULL;

    if (ngx_http_modhost_flush_event.posted) {
        ngx_delete_posted_event(&ngx_http_modhost_flush_event);
    }

    (void) ngx_del_event(c->read, NGX_READ_EVENT, 0);
    ngx_free_connection(c);
    c->fd = (ngx_socket_t) -1;
}


static void
ngx_http_modhost_readable(ngx_event_t *ev)
{
    ngx_connection_t  *c;

    c = ev->data;

    if (c->close) {
        c->close = 0;
        c->error = 0;
        ngx_http_modhost_quit_handler(ev);
        return;
    }

    ngx_http_modhost_loop_run();
}


void
ngx_http_modhost_loop_run(void)
{
    if (ngx_http_modhost_taking) {
        return;
    }

    mh_queue_enter(&ngx_http_modhost_queue);
    ngx_http_modhost_take();
    mh_queue_leave(&ngx_http_modhost_queue);
}


void
ngx_http_modhost_loop_enter(void)
{
    mh_queue_enter(&ngx_http_modhost_queue);
}


void
ngx_http_modhost_loop_leave(void)
{
    ngx_http_modhost_take();
    mh_queue_leave(&ngx_http_modhost_queue);
}


static void
ngx_http_modhost_take(void)
{
    ngx_uint_t              n;
    mh_message             *message, *next;
    ngx_http_modhost_ctx_t *ctx;

    ngx_http_modhost_taking = 1;

    n = 0;

    while (n < NGX_HTTP_MODHOST_TAKE_MAX
           && (message = mh_queue_take(&ngx_http_modhost_queue)) != NULL)
    {
        for ( /* void */ ; message != NULL; message = next) {
            next = message->next;
            n++;

            if (message->exchange == NULL) {

                if (message->kind == MH_MESSAGE_LOG) {
                    ngx_http_modhost_log_message(message);
                } else {
                    ngx_http_modhost_app_state(message);
                }

            } else {
                ctx = message->exchange->request;

                if (ctx != NULL) {
                    ngx_http_modhost_message(ctx, message);
                }
            }

            mh_message_done(message);
        }
    }

    ngx_http_modhost_taking = 0;
}


void
ngx_http_modhost_loop_flush_later(void)
{
    if (!ngx_http_modhost_flush_event.posted) {
        ngx_post_event(&ngx_http_modhost_flush_event, &ngx_posted_events);
    }
}


static void
ngx_http_modhost_flush(ngx_event_t *ev)
{
    ngx_http_modhost_inline_count = 0;

    /* answers that come while the batch is handed over need no wake-up */

    mh_queue_enter(&ngx_http_modhost_queue);
    mh_apps_flush();
    ngx_http_modhost_link_flush();
    ngx_http_modhost_take();
    mh_queue_leave(&ngx_http_modhost_queue);
}


/*
 * Not each request at once: the application runs those of a turn one after the
 * other, which the processor's caches like better. But an answer never waits
 * for more than so many.
 */
void
ngx_http_modhost_loop_begin_inline(mh_exchange *exchange, ngx_connection_t *c)
{
    ngx_connection_t  *saved;

    exchange->pub.flags |= MODHOST_EXCHANGE_INLINE;
    mh_exchange_begin(exchange);
    ngx_http_modhost_loop_flush_later();

    if (ngx_http_modhost_taking
        || ++ngx_http_modhost_inline_count < NGX_HTTP_MODHOST_INLINE_BATCH)
    {
        return;
    }

    saved = ngx_http_modhost_inline_connection;
    ngx_http_modhost_inline_connection = c;

    ngx_http_modhost_flush(&ngx_http_modhost_flush_event);

    ngx_http_modhost_inline_connection = saved;
}


/*
 * Not on a connection whose content handler is on the stack: nginx runs the
 * posted requests after that, and until then the request must live.
 */
void
ngx_http_modhost_run_posted(ngx_connection_t *c)
{
    if (c != ngx_http_modhost_inline_connection) {
        ngx_http_run_posted_requests(c);
    }
}
