/*
 * ModHost's Apache module: what its files share.
 *
 * Threads. The configuration is made in the parent and only read in children.
 * A child has
 *
 *   handler threads   the MPM's; each is "the loop" of the exchange that it
 *                     serves, with a lane of its own (one queue, and one mh_app
 *                     for each start of an application), so that the core's
 *                     rules hold without a lock. They alone touch request_rec,
 *                     conn_rec, buckets and filters.
 *   the monitor       one thread of ours: takes messages of no exchange (states
 *                     and log lines), keeps the time of starts, holds the link
 *                     to the supervisor. It touches no request.
 *   app threads       the runtime's; they push to queues and nothing else.
 *
 * Three lifetimes:
 *
 *   mod_modhost_app_conf   the configuration's: an application as configured
 *   mod_modhost_app        the child's, never freed: as it runs
 *   mod_modhost_ctx        the request pool's: one request; what the
 *                          application can reach is in mh_exchange
 */

#ifndef MOD_MODHOST_H
#define MOD_MODHOST_H

#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <ap_expr.h>
#include <ap_mpm.h>
#include <apr_buckets.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include <pthread.h>

#include "app.h"
#include "core.h"
#include "daemon.h"
#include "exchange.h"
#include "head.h"
#include "path.h"

#if !AP_MODULE_MAGIC_AT_LEAST(20120211, 47)
#error "ModHost needs Apache httpd 2.4.17 or newer"
#endif

typedef struct mod_modhost_app       mod_modhost_app;
typedef struct mod_modhost_app_conf  mod_modhost_app_conf;
typedef struct mod_modhost_ctx       mod_modhost_ctx;

#include "modhost_conf.h"

extern module AP_MODULE_DECLARE_DATA  modhost_module;

APLOG_USE_MODULE(modhost);

/* What a time of 0 means: 24 days, in ms. */
#define MOD_MODHOST_NO_LIMIT  INT32_MAX

/* Names of handlers, as SetHandler takes them. */
#define MOD_MODHOST_HANDLER         "modhost"
#define MOD_MODHOST_STATUS_HANDLER  "modhost-status"

/* Milliseconds that never go back; any thread. */
uint64_t mod_modhost_now(void);


/* ---- counters, in shared memory ---------------------------------------- */

#define MOD_MODHOST_CLASSES  5           /* of status: 1xx .. 5xx             */
#define MOD_MODHOST_STATES   5           /* MODHOST_APP_*                     */

/* Of one application in one child; milliseconds where it says so. */
typedef struct mod_modhost_count {
    _Atomic(uint64_t)   requests[MOD_MODHOST_CLASSES];
    _Atomic(uint64_t)   in_flight;           /* now                           */
    _Atomic(uint64_t)   waiting;             /* now                           */
    _Atomic(uint64_t)   queue_ms;
    _Atomic(uint64_t)   app_ms;
    _Atomic(uint64_t)   queue_full;
    _Atomic(uint64_t)   queue_timeouts;
    _Atomic(uint64_t)   unavailable;
    _Atomic(uint64_t)   request_timeouts;
    _Atomic(uint64_t)   lost;
    _Atomic(uint64_t)   retried;
    _Atomic(uint64_t)   failures;            /* embedded: of starts           */
    _Atomic(uint64_t)   states[MOD_MODHOST_STATES];
} mod_modhost_count;


/* ---- applications of this child ---------------------------------------- */

/* Beside MODHOST_APP_*: not started yet, because children kept crashing. */
#define MOD_MODHOST_APP_HELD  100

/*
 * Everything but `conf`, `name`, `count` and `group` is guarded by `lock`. A
 * start has a number of its own, and exchanges are of a start.
 */
struct mod_modhost_app {
    mod_modhost_app_conf       *conf;
    const char                 *name;
    mh_group                   *group;       /* NULL: embedded                */
    mod_modhost_count          *count;       /* never NULL                    */
    pthread_mutex_t             lock;
    struct mod_modhost_waiter  *first;       /* requests that wait, in order  */
    struct mod_modhost_waiter  *last;
    unsigned                    waiting;
    unsigned                    active;      /* admitted and not left         */
    unsigned                    state;       /* MODHOST_APP_* or HELD         */
    uint32_t                    number;      /* of the last start             */
    modhost_app_table          *table;       /* of its runtime; NULL: none    */
    uint64_t                    ready_at;    /* ms; 0: not ready              */
    uint64_t                    start_limit; /* when the start is too late; 0 */
    uint64_t                    retry_at;    /* when it is tried again; 0     */
    unsigned                    failures;    /* starts that failed in a row   */
    unsigned                    code;        /* MHnnnn of the last failure    */
    char                       *reason;      /* its text, or NULL             */
    bool                        started;     /* app_start was called, STOPPED
                                                and FAILED not heard          */
    bool                        stopping;    /* the child is to end           */
    bool                        stop_called; /* and the app has been told     */
};

/* What a request that was admitted may begin on. */
typedef struct mod_modhost_ticket {
    mod_modhost_app            *app;
    uint32_t                    number;      /* of the start: mh_app.number   */
    modhost_app_table          *table;
} mod_modhost_ticket;


/* ---- mod_modhost.c: the module, hooks ---------------------------------- */

/* ---- modhost_map.c: from URL to place ---------------------------------- */

int mod_modhost_translate_name(request_rec *r);
int mod_modhost_map_to_storage(request_rec *r);
int mod_modhost_fixups(request_rec *r);
/* Handler thread. Whose request this is; NULL: no application's. */
const mod_modhost_place *mod_modhost_place_of(request_rec *r);


/* ---- modhost_child.c, _apps.c, _app.c: a child's life ------------------ */

void mod_modhost_child_init(apr_pool_t *pool, server_rec *server);
void mod_modhost_child_stopping(apr_pool_t *pool, int graceful);

/*
 * Handler threads, around all that a request does with an application: a
 * child that ends waits for them (as long as it may).
 */
void mod_modhost_stay(void);
void mod_modhost_go(void);
/* Whether requests in flight are to be broken off with RESET_SHUTDOWN: the
   child has waited long enough. Handlers look at it when they are woken, and
   all lanes are woken when it changes. */
bool mod_modhost_broken_off(void);


/* ---- modhost_queue.c: requests that wait ------------------------------- */

/*
 * Handler thread. A request's turn: waits until the application is ready and
 * has room. OK with *ticket; else the status to answer with, logged and
 * counted, Retry-After set (DONE: it was answered). `since`: when the request
 * came (mod_modhost_now). Watches the client, too: HTTP_CLIENT_CLOSED_REQUEST
 * if it left.
 */
int mod_modhost_admit(request_rec *r, const mod_modhost_dir_conf *conf,
    mod_modhost_app *app, uint64_t since, mod_modhost_ticket *ticket);
/* Handler thread. The request of an admitted ticket is over. */
void mod_modhost_leave(const mod_modhost_ticket *ticket);

#define MOD_MODHOST_CLIENT_CLOSED  499


/* ---- modhost_log.c ----------------------------------------------------- */

/* The monitor. Acts on LOG and APP_STATE; the message stays the caller's. */
void mod_modhost_log_message(mh_message *message);
/* Any thread that is not the runtime's. `app` may be NULL; `level`:
   MODHOST_LOG_*. */
void mod_modhost_log_event(mod_modhost_app *app, uint32_t level,
    mh_str category, mh_str text);
/* Any such thread. A tagged line of ours about a request. */
#define mod_modhost_log_request(r, level, code, ...)                          \
    mod_modhost_log_request_(APLOG_MARK, r, level, code, __VA_ARGS__)
void mod_modhost_log_request_(const char *file, int line, int module,
    request_rec *r, int level, unsigned code, const char *format, ...)
    __attribute__((format(printf, 7, 8)));


/* ---- modhost_counters.c, _status.c, _slow.c ---------------------------- */

int mod_modhost_status_handler(request_rec *r);


/* ---- modhost_lane.c: a handler thread's share of the core -------------- */

/* Any thread. Makes every handler thread that waits in a lane look. */
void mod_modhost_lanes_wake(void);


/* ---- modhost_handler.c: the request path ------------------------------- */

int mod_modhost_handler(request_rec *r);

#endif /* MOD_MODHOST_H */
