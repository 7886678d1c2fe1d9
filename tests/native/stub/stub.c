/*
 * The tables' two ends, the threads, the application's life.
 */

#include "stub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>


#define STUB_THREADS  96


const modhost_server_table  *stub_server;
stub_counters                stub_count;

static pthread_mutex_t   queue_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t    queue_filled = PTHREAD_COND_INITIALIZER;
static stub_exchange    *queue_first;
static stub_exchange   **queue_last = &queue_first;

/* Of the newest start; one application for each copy of the library. */
static struct {
    pthread_mutex_t  lock;
    pthread_cond_t   changed;
    uint32_t         number;
    char             name[256];
    char             path[1024];
    char             addresses[1024];
    bool             stopping;
    bool             drained;
} app = { .lock = PTHREAD_MUTEX_INITIALIZER,
          .changed = PTHREAD_COND_INITIALIZER };


static void
stub_log(uint32_t level, const char *text)
{
    stub_server->log(app.number, level, "Stub", 4, text,
                     (uint32_t) strlen(text));
}


static void
copy_slice(const modhost_request_head *head, modhost_slice slice, char *out,
    size_t room)
{
    size_t  length = slice.length < room - 1 ? slice.length : room - 1;

    memcpy(out, (const char *) head + slice.offset, length);
    out[length] = '\0';
}


static stub_exchange *
context_get(modhost_exchange *exchange)
{
    stub_exchange  *x = exchange->app_context;

    if (x == NULL) {
        x = calloc(1, sizeof(stub_exchange));
        pthread_mutex_init(&x->lock, NULL);
        pthread_cond_init(&x->changed, NULL);
        exchange->app_context = x;
    }

    pthread_mutex_lock(&x->lock);

    x->exchange = exchange;
    x->body_length = 0;
    x->window = 0;
    x->granted = 0;
    x->body_end = (exchange->head->flags & MODHOST_REQUEST_BODY) == 0;
    x->aborted = 0;
    x->in_flight = 0;
    x->released = false;
    x->next = NULL;

    copy_slice(exchange->head, exchange->head->path, x->path,
               sizeof(x->path));
    copy_slice(exchange->head, exchange->head->query, x->query,
               sizeof(x->query));

    pthread_mutex_unlock(&x->lock);

    return x;
}


static void *
stub_thread(void *unused)
{
    stub_exchange  *x;

    (void) unused;

    for ( ;; ) {
        pthread_mutex_lock(&queue_lock);

        while (queue_first == NULL) {
            pthread_cond_wait(&queue_filled, &queue_lock);
        }

        x = queue_first;
        queue_first = x->next;

        if (queue_first == NULL) {
            queue_last = &queue_first;
        }

        pthread_mutex_unlock(&queue_lock);

        stub_run(x);
    }

    return NULL;
}


static void
stub_begin(modhost_exchange *const *exchanges, uint32_t count)
{
    uint32_t        i;
    stub_exchange  *x;

    for (i = 0; i < count; i++) {
        x = context_get(exchanges[i]);
        stub_count.begun++;

        if (exchanges[i]->flags & MODHOST_EXCHANGE_INLINE
            && (strcmp(x->path, "/plaintext") == 0
                || strcmp(x->path, "/hold") == 0))
        {
            stub_run(x);
            continue;
        }

        pthread_mutex_lock(&queue_lock);
        *queue_last = x;
        queue_last = &x->next;
        pthread_cond_signal(&queue_filled);
        pthread_mutex_unlock(&queue_lock);
    }
}


static void
stub_body(modhost_exchange *exchange, const uint8_t *data, uint32_t length,
    uint32_t flags)
{
    uint64_t        peak;
    stub_exchange  *x = exchange->app_context;

    pthread_mutex_lock(&x->lock);

    if (x->released) {
        stub_count.after_release++;
        pthread_mutex_unlock(&x->lock);
        return;
    }

    if (length > x->window) {
        stub_count.overflow++;
        x->window = length;
    }

    x->window -= length;

    if (x->body_length + length > x->body_capacity) {
        x->body_capacity = x->body_length + length;
        x->body = realloc(x->body, x->body_capacity);
    }

    if (length != 0 && (flags & MODHOST_BODY_TRAILERS) == 0) {
        memcpy(x->body + x->body_length, data, length);
        x->body_length += length;
    }

    peak = stub_count.peak_body;
    if (x->body_length > peak) {
        stub_count.peak_body = x->body_length;
    }

    if (flags & MODHOST_BODY_END) {
        x->body_end = true;
    }

    pthread_cond_broadcast(&x->changed);
    pthread_mutex_unlock(&x->lock);
}


static void
stub_sent(modhost_exchange *exchange, uint32_t bytes)
{
    stub_exchange  *x = exchange->app_context;

    pthread_mutex_lock(&x->lock);
    x->in_flight = bytes < x->in_flight ? x->in_flight - bytes : 0;
    pthread_cond_broadcast(&x->changed);
    pthread_mutex_unlock(&x->lock);
}


static void
stub_abort(modhost_exchange *exchange, uint32_t reason)
{
    stub_exchange  *x = exchange->app_context;

    pthread_mutex_lock(&x->lock);

    if (!x->released) {
        stub_count.aborts++;
        x->aborted = reason;
        pthread_cond_broadcast(&x->changed);
    }

    pthread_mutex_unlock(&x->lock);
}


static void
stub_forget(modhost_exchange *exchange)
{
    stub_exchange  *x = exchange->app_context;

    free(x->body);
    free(x);
    exchange->app_context = NULL;
}


/* "Main": ready after STUB_START_MS, or failed (STUB_FAIL), then waits. */
static void *
stub_main(void *unused)
{
    const char  *ms, *fail;

    (void) unused;

    ms = getenv("STUB_START_MS");

    if (ms != NULL) {
        usleep((useconds_t) atoi(ms) * 1000);
    }

    fail = getenv("STUB_FAIL");

    if (fail != NULL && strstr(app.name, fail) != NULL) {
        stub_server->app_state(app.number, MODHOST_APP_FAILED, 501,
                               "the stub was told to fail\n   at Stub.Main()",
                               43);
        return NULL;
    }

    if (getenv("STUB_CRASH") != NULL) {
        abort();
    }

    stub_log(MODHOST_LOG_INFO, "started");
    stub_server->app_state(app.number, MODHOST_APP_READY, 0, NULL, 0);

    pthread_mutex_lock(&app.lock);

    while (!app.drained) {
        pthread_cond_wait(&app.changed, &app.lock);
    }

    pthread_mutex_unlock(&app.lock);

    ms = getenv("STUB_STOP_MS");

    if (ms != NULL) {
        usleep((useconds_t) atoi(ms) * 1000);
    }

    stub_log(MODHOST_LOG_INFO, "stopped");
    stub_server->app_state(app.number, MODHOST_APP_STOPPED, 0, NULL, 0);

    return NULL;
}


static int32_t
stub_start(const modhost_app_config *config)
{
    uint32_t   i;
    pthread_t  thread;

    app.number = config->app;
    app.stopping = false;
    app.drained = false;
    snprintf(app.name, sizeof(app.name), "%s", config->name);
    snprintf(app.path, sizeof(app.path), "%s", config->path);
    app.addresses[0] = '\0';

    for (i = 0; i < config->address_count; i++) {
        strncat(app.addresses, config->addresses[i],
                sizeof(app.addresses) - strlen(app.addresses) - 2);
        strncat(app.addresses, " ", 2);
    }

    stub_log(MODHOST_LOG_INFO, app.addresses);

    if (pthread_create(&thread, NULL, stub_main, NULL) != 0) {
        return MODHOST_E_FAULT;
    }

    pthread_detach(thread);

    return MODHOST_OK;
}


/* ApplicationStopping: what waits for it is /upgrade-echo?stop=1. */
static void
stub_stop(uint32_t number)
{
    (void) number;

    stub_log(MODHOST_LOG_INFO, "stopping");

    pthread_mutex_lock(&app.lock);
    app.stopping = true;
    pthread_cond_broadcast(&app.changed);
    pthread_mutex_unlock(&app.lock);
}


static void
stub_drained(uint32_t number)
{
    (void) number;

    pthread_mutex_lock(&app.lock);
    app.drained = true;
    pthread_cond_broadcast(&app.changed);
    pthread_mutex_unlock(&app.lock);
}


bool
stub_is_stopping(void)
{
    bool  stopping;

    pthread_mutex_lock(&app.lock);
    stopping = app.stopping;
    pthread_mutex_unlock(&app.lock);

    return stopping;
}


static void
stub_stats(modhost_runtime_stats *stats)
{
    stats->pool_threads = STUB_THREADS;
}


__attribute__((visibility("default")))
int32_t modhost_initialize(const modhost_server_table *server,
    modhost_app_table *table);

int32_t
modhost_initialize(const modhost_server_table *server,
    modhost_app_table *table)
{
    int        i;
    pthread_t  thread;

    if (server->abi_version != MODHOST_ABI_VERSION
        || server->size < sizeof(modhost_server_table)
        || table->size < sizeof(modhost_app_table))
    {
        return MODHOST_E_VERSION;
    }

    stub_server = server;

    table->size = sizeof(modhost_app_table);
    table->abi_version = MODHOST_ABI_VERSION;
    table->app_start = stub_start;
    table->app_stop = stub_stop;
    table->app_drained = stub_drained;
    table->exchange_begin = stub_begin;
    table->exchange_body = stub_body;
    table->exchange_sent = stub_sent;
    table->exchange_abort = stub_abort;
    table->exchange_forget = stub_forget;
    table->runtime_stats = stub_stats;

    for (i = 0; i < STUB_THREADS; i++) {
        if (pthread_create(&thread, NULL, stub_thread, NULL) != 0) {
            return MODHOST_E_MEMORY;
        }
        pthread_detach(thread);
    }

    return MODHOST_OK;
}
