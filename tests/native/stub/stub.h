/*
 * An application library in C, with the interface of a NativeAOT one: what the
 * web-server modules are tested against without a runtime.
 *
 * Each exchange is handled by a thread of a pool, in blocking style. The calls
 * of the loop (body, sent, abort) only change counters under the exchange's
 * lock and wake that thread.
 */

#ifndef STUB_H
#define STUB_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "modhost/abi.h"

extern const modhost_server_table  *stub_server;

/* The app side of an exchange; kept from one use to the next. */
typedef struct stub_exchange {
    modhost_exchange      *exchange;
    pthread_mutex_t        lock;
    pthread_cond_t         changed;
    uint8_t               *body;           /* received and not read           */
    size_t                 body_length;
    size_t                 body_capacity;
    uint64_t               window;         /* granted and not received        */
    uint64_t               granted;        /* in all                          */
    bool                   body_end;
    uint32_t               aborted;        /* MODHOST_RESET_*, or 0           */
    uint64_t               in_flight;      /* sent and not reported           */
    bool                   released;
    struct stub_exchange  *next;           /* in the pool's queue             */
    char                   path[4096];     /* base and path                   */
    char                   query[4096];
} stub_exchange;

/* Counters that the tests look at (/counters). */
typedef struct stub_counters {
    _Atomic(uint64_t)  begun;
    _Atomic(uint64_t)  released;
    _Atomic(uint64_t)  aborts;
    _Atomic(uint64_t)  overflow;           /* body beyond the window          */
    _Atomic(uint64_t)  after_release;      /* calls that came too late        */
    _Atomic(uint64_t)  peak_body;
} stub_counters;

extern stub_counters  stub_count;

/* ---- stub_io.c: what scenarios are written with ------------------------- */

typedef struct stub_header {
    const char  *name;
    const char  *value;
} stub_header;

/* One send with a head; `body` is copied into blocks. */
int stub_respond(stub_exchange *x, unsigned status, const stub_header *headers,
    unsigned header_count, int64_t content_length, const void *body,
    size_t length, uint32_t flags);
/* "200", text/plain, Content-Length, END, in one send. */
void stub_text(stub_exchange *x, unsigned status, const char *text,
    size_t length);
/* Waits for the send window; copies. A MODHOST_E_* code. */
int stub_write(stub_exchange *x, const void *data, size_t length,
    uint32_t flags);
int stub_end(stub_exchange *x, const stub_header *trailers, unsigned count);
int stub_send_file(stub_exchange *x, int fd, int64_t offset, int64_t length,
    uint32_t flags);

/* Blocks; 0: the end, -1: aborted. Grants `size` first. */
ssize_t stub_read(stub_exchange *x, void *data, size_t size);
/* Blocks until the exchange is aborted, or `ms` have passed. */
bool stub_wait_abort(stub_exchange *x, unsigned ms);
void stub_release(stub_exchange *x);

/* Builds a response head block; its size. */
size_t stub_head(void *block, size_t room, unsigned status,
    const stub_header *headers, unsigned count, int64_t content_length,
    const char *reason);

const char *stub_query(stub_exchange *x, const char *name, char *value,
    size_t size);
long stub_number(stub_exchange *x, const char *name, long otherwise);

/* ---- stub_scenarios.c ---------------------------------------------------- */

/* Whether app_stop was called. */
bool stub_is_stopping(void);

/* Runs the scenario of x->path; releases. */
void stub_run(stub_exchange *x);

#endif /* STUB_H */
