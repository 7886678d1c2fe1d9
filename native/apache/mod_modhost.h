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
#include <http_main.h>
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
#include "counters.h"
#include "daemon.h"
#include "exchange.h"
#include "head.h"
#include "path.h"
#include "supervisor.h"

#if !AP_MODULE_MAGIC_AT_LEAST(20120211, 110)
#error "ModHost needs Apache httpd 2.4.49 or newer"
#endif

typedef struct mod_modhost_app       mod_modhost_app;
typedef struct mod_modhost_app_conf  mod_modhost_app_conf;
typedef struct mod_modhost_ctx       mod_modhost_ctx;

#include "modhost_conf.h"

extern module  modhost_module __attribute__((visibility("default")));

APLOG_USE_MODULE(modhost);

/* What a time of 0 means: 24 days, in ms. */
#define MOD_MODHOST_NO_LIMIT  INT32_MAX

/* Names of handlers, as SetHandler takes them. */
#define MOD_MODHOST_HANDLER         "modhost"
#define MOD_MODHOST_STATUS_HANDLER  "modhost-status"

/* Milliseconds that never go back; any thread. */
uint64_t mod_modhost_now(void);


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
    mh_count                   *count;       /* never NULL                    */
    _Atomic(uint64_t)           rest_until;  /* ms; it held up a handler
                                                thread, and gets none         */
    uint64_t                    rest;        /* ms; the last; the monitor's   */
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
    atomic_bool                 changed;     /* a group: requests that wait may
                                                be able to begin              */
};

/* What a request that was admitted may begin on. */
typedef struct mod_modhost_ticket {
    mod_modhost_app            *app;
    uint32_t                    number;      /* of the start: mh_app.number   */
    modhost_app_table          *table;       /* a group: channel_table        */
    mh_channel                 *channel;     /* a group: chosen, its credit is
                                                held until it is routed       */
    unsigned                    tries;       /* workers that did not begin it:
                                                it goes before the others     */
} mod_modhost_ticket;


/* ---- modhost_parent.c: what outlives configurations -------------------- */

/* The parent's, in the pool of the process; its children have a copy. */
typedef struct mod_modhost_parent {
    mh_counters                *counters;    /* NULL: no memory               */
    mh_supervisor               supervisor;
    mh_daemon_config            known;       /* its own part, without groups  */
    apr_pool_t                 *known_pool;
    pid_t                       pid;         /* whose supervisor; 0: none yet */
    unsigned                    patience;    /* ms; for its end               */
    char                        place[4096]; /* lib/modhost                   */
} mod_modhost_parent;

/* Made in post_config. */
mod_modhost_parent *mod_modhost_parent_of(server_rec *server);
int mod_modhost_post_config(apr_pool_t *pconf, apr_pool_t *plog,
    apr_pool_t *ptemp, server_rec *server);


/* ---- modhost_daemon.c: the supervisor, in the parent ------------------- */

/* post_config: starts it, or tells it of the new configuration. */
int mod_modhost_daemon_configure(apr_pool_t *ptemp, server_rec *server,
    mod_modhost_parent *parent);


/* ---- modhost_link.c: process groups in a child ------------------------- */

/*
 * child_init: the groups, and the link to the supervisor, whose sockets are
 * watched by `epoll` with numbers from 1 on. 0, or -1, logged.
 */
int mod_modhost_link_open(server_rec *server, int epoll);
/* The monitor: a watched socket is ready (which may be gone by now); what has
   to happen by time, and when next, in ms; at most `most`. */
void mod_modhost_link_ready(uint64_t id, bool readable, bool writable);
unsigned mod_modhost_link_tick(uint64_t now, unsigned most);
void mod_modhost_link_close(void);
/* Any thread. The supervisor's part of the status; as mh_daemon_status. */
bool mod_modhost_link_status(mh_daemon_status_text *text);


/* ---- modhost_map.c: from URL to place ---------------------------------- */

/* Hooks: before and after other modules have had a look at the URL. */
int mod_modhost_translate_first(request_rec *r);
int mod_modhost_translate_name(request_rec *r);
int mod_modhost_map_to_storage(request_rec *r);
int mod_modhost_type_checker(request_rec *r);
/* Handler thread. Whose request this is; NULL: no application's. */
const mod_modhost_place *mod_modhost_place_of(request_rec *r);


/* ---- modhost_child.c: a child's life ----------------------------------- */

void mod_modhost_child_init(apr_pool_t *pool, server_rec *server);
void mod_modhost_child_stopping(apr_pool_t *pool, int graceful);

/*
 * Handler threads, around all that a request does with an application: a
 * child that ends waits for them (as long as it may).
 */
void mod_modhost_stay(void);
void mod_modhost_go(void);
/* Any thread. How many do. */
unsigned mod_modhost_staying(void);
/* Whether requests in flight of an application are to be broken off with
   RESET_SHUTDOWN: the child has waited long enough (for those of process groups
   it waits as long as Apache does). Handlers look at it when they are woken,
   and all lanes are woken when it changes. */
bool mod_modhost_broken_off(const mod_modhost_app *app);
/* The child is to end; no application is started any more. */
bool mod_modhost_stop_asked(void);
/* The monitor. When requests will be broken off, in ms; at most `most`. */
unsigned mod_modhost_stop_tick(uint64_t now, unsigned most);
/* The monitor. Applications are to stop, whatever still runs. */
bool mod_modhost_drain_due(uint64_t now);
/* Of the counters; -1: none. */
int mod_modhost_slot(void);


/* ---- modhost_monitor.c: the thread beside the handlers ----------------- */

/* child_init: its queue, which runtimes are given, and the link; then the
   thread. 0, or -1, logged. */
int mod_modhost_monitor_open(server_rec *server);
int mod_modhost_monitor_start(void);
/* Any thread. Makes it look at what has changed. */
void mod_modhost_monitor_wake(void);
/* The child's main thread, at its end: no request will come any more. 0 when
   every application has stopped; -1: some had not by then (mod_modhost_now). */
int mod_modhost_monitor_stop(uint64_t until);


/* ---- modhost_apps.c, _app.c: what this child runs ---------------------- */

/* child_init. One for each that is configured; 0, or -1: no memory. */
int mod_modhost_apps_create(server_rec *server);
/* Held, without a runtime; NULL: no memory. */
mod_modhost_app *mod_modhost_app_make(mod_modhost_app_conf *conf,
    mh_counters *counters);
/* A new start: a number of its own, for good. 0, or -1: no memory. */
int mod_modhost_app_number(mod_modhost_app *app);
/* Runtimes, then the applications; not before `wait` ms have passed. */
void mod_modhost_apps_start(unsigned wait);

/*
 * The monitor, from child_init on (or the main thread before there is one).
 * What has to happen by time: starts that are too late, or due again. When the
 * next of it is due, in ms; at most `most`.
 */
unsigned mod_modhost_apps_tick(uint64_t now, unsigned most);
/* ApplicationStopping, once; requests go on. */
void mod_modhost_apps_stop(void);
/* No request will come any more. */
void mod_modhost_apps_drained(void);
/* Applications whose end has not been heard of; requests of theirs. */
unsigned mod_modhost_apps_running(void);
unsigned mod_modhost_apps_active(void);
/* States into counters, and what runtimes use. */
void mod_modhost_apps_usage(mh_usage *usage);

void mod_modhost_app_start(mod_modhost_app *app);
void mod_modhost_app_failed(mod_modhost_app *app, unsigned code,
    const char *text, size_t length);
void mod_modhost_app_state(const mh_message *message);
void mod_modhost_app_stop(mod_modhost_app *app);
void mod_modhost_app_drained(mod_modhost_app *app);
/* Any thread. Tells a start that stopped by itself when nothing is left. */
void mod_modhost_app_idle(mod_modhost_app *app);
unsigned mod_modhost_app_tick(mod_modhost_app *app, uint64_t now,
    unsigned most);
/* The application of a start, or NULL. */
mod_modhost_app *mod_modhost_app_numbered(uint32_t number);


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
/* app->lock is held: those that may begin now do, or are refused if nothing
   will let them. */
void mod_modhost_queue_advance(mod_modhost_app *app);
/* The same for a process group, without the lock: they look for themselves. */
void mod_modhost_group_advance(mod_modhost_app *app);

#define MOD_MODHOST_CLIENT_CLOSED  499


/* ---- modhost_refusal.c: requests that an application does not get ------ */

/* app->lock is held, and is released. 503 with Retry-After; DONE: and with the
   reason as a page, where that is allowed. */
int mod_modhost_turn_away(request_rec *r, const mod_modhost_dir_conf *conf,
    mod_modhost_app *app);
/* The same, logged and counted. */
int mod_modhost_not_running(request_rec *r, const mod_modhost_dir_conf *conf,
    mod_modhost_app *app);


/* ---- modhost_log.c ----------------------------------------------------- */

/*
 * Any thread that is not the runtime's. An event of any number of lines, in
 * the log of the application's server; `app` may be NULL; `level`:
 * MODHOST_LOG_*.
 */
void mod_modhost_log_event(mod_modhost_app *app, uint32_t level,
    mh_str category, mh_str text);
/* The same for one that begins with a tag. */
void mod_modhost_log_tagged(mod_modhost_app *app, uint32_t level,
    unsigned code, const char *text);
/* A tagged line; `level`: APLOG_*; `server` may be NULL. */
void mod_modhost_log_error(server_rec *server, int level,
    const mh_error *error);
/* Any such thread. A tagged line of ours about a request. */
#define mod_modhost_log_request(r, level, code, ...)                          \
    mod_modhost_log_request_(APLOG_MARK, r, level, code, __VA_ARGS__)
void mod_modhost_log_request_(const char *file, int line, int module,
    request_rec *r, int level, unsigned code, const char *format, ...)
    __attribute__((format(printf, 7, 8)));


/* ---- modhost_status.c, _slow.c ----------------------------------------- */

int mod_modhost_status_handler(request_rec *r);

/* When things happened to a request (mod_modhost_now; 0: they did not). */
typedef struct mod_modhost_times {
    uint64_t                    arrived;
    uint64_t                    begun;
    uint64_t                    ended;       /* END was taken                 */
    uint64_t                    client_ms;   /* waited for the client since   */
    const char                 *worker;      /* "group/index/pid", or NULL    */
} mod_modhost_times;

/* Handler thread, when a request is over: notes for the access log. */
void mod_modhost_notes(request_rec *r, const mod_modhost_app_conf *app,
    const mod_modhost_times *times);
/* The same, for one that was no upgrade: one line if it was slow. */
void mod_modhost_slow(request_rec *r, const mod_modhost_dir_conf *conf,
    const mod_modhost_app_conf *app, const mod_modhost_times *times);


/* ---- modhost_lane.c: a handler thread's share of the core -------------- */

/* Any thread. Makes every handler thread that waits in a lane look. */
void mod_modhost_lanes_wake(void);
/* The monitor, ten times a second: tells applications that block a handler
   thread what that thread cannot; drops what came too late for its request. */
void mod_modhost_lanes_look(uint64_t now);


/* ---- modhost_channels.c: process groups, as requests see them ---------- */

/*
 * Daemon mode has one loop for all threads: whoever holds this lock. All of
 * daemon.h is called under it, and the shim's functions are, on whatever thread
 * that is; so group_changed may only note what changed and wake the monitor.
 * It may be taken while an app->lock is held, never the other way round.
 */
void mod_modhost_daemon_lock(void);
void mod_modhost_daemon_unlock(void);

/* The table of applications that are groups: mh_channel_table under the lock,
   and what it gathers is sent. */
modhost_app_table *mod_modhost_channel_table(void);

/* Handler thread. Takes a credit of a worker: ticket->channel. False: none has
   one for this client now. */
bool mod_modhost_choose(request_rec *r, mod_modhost_ticket *ticket);
/* Gives one back that was not used. */
void mod_modhost_unchoose(mod_modhost_ticket *ticket);

/* The monitor, once in a while: requests that timed out, and of which the app
   has not let go. */
void mod_modhost_stuck_tick(uint64_t now);


/* ---- modhost_handler.c: the request path ------------------------------- */

int mod_modhost_handler(request_rec *r);

#endif /* MOD_MODHOST_H */
