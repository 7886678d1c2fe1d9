/*
 * ModHost's nginx module: what its files share.
 *
 * Everything here runs on the worker's event-loop thread (or, for the
 * configuration, in the master before any worker is there). Three lifetimes:
 *
 *   ngx_http_modhost_app_conf_t   the cycle's: an application as configured
 *   ngx_http_modhost_app_t        the process's, never freed: as it runs
 *   ngx_http_modhost_ctx_t        the request pool's: one request; what the
 *                                 application can reach is in mh_exchange
 */

#ifndef NGX_HTTP_MODHOST_H
#define NGX_HTTP_MODHOST_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>

#include "app.h"
#include "core.h"
#include "counters.h"
#include "daemon.h"
#include "daemon_config.h"
#include "exchange.h"
#include "head.h"
#include "path.h"

#if (nginx_version < 1020000)
#error "ModHost needs nginx 1.20 or newer"
#endif

typedef struct ngx_http_modhost_app_s       ngx_http_modhost_app_t;
typedef struct ngx_http_modhost_app_conf_s  ngx_http_modhost_app_conf_t;
typedef struct ngx_http_modhost_ctx_s       ngx_http_modhost_ctx_t;

#include "ngx_http_modhost_conf.h"

/* What a time of 0 means: 24 days, in ms. */
#define NGX_HTTP_MODHOST_NO_LIMIT  NGX_MAX_INT32_VALUE


/* ---- applications of this process -------------------------------------- */

/* Beside MODHOST_APP_*: not started yet, because workers kept crashing. */
#define NGX_HTTP_MODHOST_APP_HELD  100

struct ngx_http_modhost_app_s {
    mh_app                       *core;      /* of the last start; or NULL    */
    mh_group                     *group;     /* NULL: embedded                */
    ngx_uint_t                    state;     /* MODHOST_APP_* or HELD         */
    modhost_app_table            *table;     /* of its runtime; NULL: none    */
    char                         *name;
    ngx_http_modhost_app_conf_t  *conf;
    mh_count                     *count;     /* never NULL                    */
    ngx_uint_t                    max_concurrency;
    ngx_uint_t                    queue_size;
    ngx_uint_t                    active;    /* begun and not ended           */
    ngx_uint_t                    waiting;   /* in `queue`                    */
    ngx_queue_t                   queue;     /* ngx_http_modhost_ctx_t        */
    ngx_event_t                   advance;   /* posted: look at the queue     */
    ngx_event_t                   start_timer;   /* start-up limit, or retry  */
    ngx_msec_t                    ready_at;  /* 0: not ready                  */
    ngx_uint_t                    failures;  /* starts that failed in a row   */
    ngx_uint_t                    code;      /* MHnnnn of the last failure    */
    char                         *reason;    /* its text, or NULL; a group's  */
                                             /* is the core's                 */
    unsigned                      started:1; /* app_start was called, and     */
                                             /* STOPPED or FAILED not heard   */
    unsigned                      stopping:1;    /* the worker is to end      */
    unsigned                      stop_called:1; /* and the app has been told */
};


/* ---- a request --------------------------------------------------------- */

/* A piece of the response on its way through nginx's filters. */
typedef struct ngx_http_modhost_piece_s  ngx_http_modhost_piece_t;

struct ngx_http_modhost_piece_s {
    ngx_buf_t                     buf;
    ngx_chain_t                   link;
    modhost_block                *block;     /* freed when sent; NULL: none   */
    ngx_file_t                   *file;      /* closed when sent; NULL: none  */
    off_t                         left;      /* bytes not yet sent            */
    ngx_http_modhost_piece_t     *next;
    unsigned                      spooled:1; /* in the temporary file; has    */
                                             /* been reported                 */
    unsigned                      gathers:1; /* the block is the module's own */
};

struct ngx_http_modhost_ctx_s {
    ngx_http_request_t           *request;
    ngx_http_modhost_loc_conf_t  *conf;
    ngx_http_modhost_app_t       *app;
    mh_exchange                  *exchange;  /* NULL once this side is done   */

    /* in a process group */
    mh_channel                   *channel;   /* chosen, credit taken; or NULL */
    mh_channel                   *routed;    /* while the app side holds it   */
    uint32_t                      worker;
    uint32_t                      worker_index;
    uint32_t                      worker_pid;
    ngx_uint_t                    tries;     /* workers that did not begin it */
    ngx_str_t                     cookie;    /* affinity, as the client sent  */
    ngx_str_t                     affinity;  /* to be set; len 0: not         */

    ngx_http_cleanup_t            detach;    /* with the request              */
    ngx_pool_cleanup_t            release;   /* with its pool                 */
    ngx_event_t                   timer;     /* queue, then request time-out  */
    ngx_queue_t                   link;      /* in the queue, or among the    */
                                             /* requests in flight            */
    ngx_msec_t                    arrived;
    ngx_msec_t                    begun_at;
    ngx_msec_t                    ended_at;
    ngx_msec_t                    client_since;  /* with client_waits         */
    ngx_msec_t                    client_ms; /* waited for the client         */

    /* the request body */
    uint64_t                      window;    /* bytes the app will take       */
    ngx_chain_t                  *in;        /* read and not handed over      */
    off_t                         offset;    /* within the first buffer of it */
    off_t                         received;  /* handed over                   */

    /* the response */
    ngx_http_modhost_piece_t     *pending;   /* to be given to the filters    */
    ngx_http_modhost_piece_t     *last_pending;
    ngx_http_modhost_piece_t     *busy;      /* given to them, in that order  */
    ngx_http_modhost_piece_t     *last_busy;
    off_t                         busy_bytes;
    ngx_http_modhost_piece_t     *free;
    ngx_http_modhost_piece_t     *marks;     /* had no bytes; may be nginx's  */
    ngx_http_modhost_piece_t      first;     /* the usual only piece          */
    off_t                         rest;      /* of Content-Length; -1         */
    uint64_t                      sent;      /* not yet told to the app       */
    ngx_temp_file_t              *spool;     /* with modhost_buffering        */
    ngx_str_t                     redirect;  /* X-Accel-Redirect              */

    unsigned                      begun:1;
    unsigned                      stuck:1;       /* timed out in a group      */
    unsigned                      client_waits:1;
    unsigned                      queued:1;
    unsigned                      has_body:1;
    unsigned                      body_started:1;  /* reading has begun       */
    unsigned                      body_ended:1;    /* the end was handed over */
    unsigned                      body_whole:1;    /* all of it is in `in`    */
    unsigned                      body_coming:1;   /* ... will be, shortly    */
    unsigned                      head_sent:1;
    unsigned                      ended:1;       /* END was taken             */
    unsigned                      upgraded:1;
    unsigned                      buffering:1;
    unsigned                      first_used:1;
    unsigned                      finalized:1;
    unsigned                      flushing:1;    /* pieces go without delay   */
    unsigned                      flushed:1;     /* the last that was given   */
    unsigned                      nodelay_set:1;
};


/* ---- ngx_http_modhost_module.c ----------------------------------------- */

extern ngx_module_t  ngx_http_modhost_module;


/* ---- ngx_http_modhost_state.c: directories ----------------------------- */

ngx_int_t ngx_http_modhost_state_paths(ngx_conf_t *cf,
    ngx_http_modhost_main_conf_t *mmcf);
void ngx_http_modhost_state_create(ngx_cycle_t *cycle,
    ngx_http_modhost_main_conf_t *mmcf);


/* ---- ngx_http_modhost_counters.c: counters, the crash record ----------- */

/* Master: a configuration begins. */
void ngx_http_modhost_counters_prepare(ngx_cycle_t *cycle,
    ngx_http_modhost_main_conf_t *mmcf);
/* Worker start; how long to wait before apps are started. */
ngx_msec_t ngx_http_modhost_counters_enter(ngx_cycle_t *cycle,
    ngx_http_modhost_main_conf_t *mmcf);
/* A proper end. */
void ngx_http_modhost_counters_leave(void);
/* This process's, of an application. */
mh_count *ngx_http_modhost_count(ngx_http_modhost_app_conf_t *conf);
/* NULL: there are none. */
mh_counters *ngx_http_modhost_counters(void);


/* ---- ngx_http_modhost_status.c, _slow.c -------------------------------- */

char *ngx_http_modhost_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_modhost_slow_log(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
/* A request ends: one line if it was slow. */
void ngx_http_modhost_slow(ngx_http_modhost_ctx_t *ctx);
void ngx_http_modhost_client_wait(ngx_http_modhost_ctx_t *ctx,
    ngx_uint_t waits);


/* ---- ngx_http_modhost_process.c: a worker's life ----------------------- */

extern mh_queue    ngx_http_modhost_queue;
extern ngx_uint_t  ngx_http_modhost_live;    /* exchanges held by this side   */
extern ngx_uint_t  ngx_http_modhost_away;    /* of these: in process groups   */

ngx_int_t ngx_http_modhost_init_module(ngx_cycle_t *cycle);
ngx_int_t ngx_http_modhost_init_process(ngx_cycle_t *cycle);
void ngx_http_modhost_exit_process(ngx_cycle_t *cycle);
/* A request begins: a worker that is leaving waits for it. */
void ngx_http_modhost_stay(void);

/* The environment of a worker that hosts apps. */
void ngx_http_modhost_setenv(ngx_cycle_t *cycle,
    ngx_http_modhost_main_conf_t *mmcf);
/* Close-on-exec on what is open now, and on connections to come. */
void ngx_http_modhost_close_on_exec(ngx_cycle_t *cycle);
/* Standard output goes on with a log that was reopened. */
void ngx_http_modhost_follow_log(void);


/* ---- ngx_http_modhost_daemon.c: the supervisor, in the master ---------- */

ngx_int_t ngx_http_modhost_daemon_init(ngx_cycle_t *cycle,
    ngx_http_modhost_main_conf_t *mmcf);
void ngx_http_modhost_exit_master(ngx_cycle_t *cycle);
/* In every process but the master: it must not keep the supervisor alive. */
void ngx_http_modhost_daemon_let_go(void);
/* "": there is no supervisor. */
const char *ngx_http_modhost_daemon_directory(void);
ngx_uint_t ngx_http_modhost_daemon_generation(void);


/* ---- ngx_http_modhost_daemon_config.c ---------------------------------- */

/*
 * `mmcf`: NULL for a configuration without groups. What *config points to lives
 * as long as the cycle does. NGX_OK or ERROR.
 */
ngx_int_t ngx_http_modhost_daemon_config(ngx_cycle_t *cycle,
    ngx_http_modhost_main_conf_t *mmcf, mh_daemon_config *config);


/* ---- ngx_http_modhost_loop.c: messages, batches ------------------------ */

ngx_int_t ngx_http_modhost_loop_open(ngx_cycle_t *cycle,
    ngx_event_handler_pt quit);
void ngx_http_modhost_loop_close(void);
/* Takes and acts on all messages. */
void ngx_http_modhost_loop_run(void);
/* Around calls of the core that push messages: they are taken at once. */
void ngx_http_modhost_loop_enter(void);
void ngx_http_modhost_loop_leave(void);
/* The batch goes at the end of this turn. */
void ngx_http_modhost_loop_flush_later(void);
/*
 * The synchronous part of the app runs on this thread, at the end of this turn
 * or, where many have begun in it, now; then what it sent is acted on, as far
 * as it can be done here. `c`: the connection whose content handler this is.
 */
void ngx_http_modhost_loop_begin_inline(mh_exchange *exchange,
    ngx_connection_t *c);
/* After a request was acted on outside of its own events. */
void ngx_http_modhost_run_posted(ngx_connection_t *c);


/* ---- ngx_http_modhost_apps.c, _app.c: what this process runs ----------- */

extern ngx_array_t  ngx_http_modhost_apps;   /* ngx_http_modhost_app_t *      */
extern ngx_uint_t   ngx_http_modhost_stop_asked;

ngx_int_t ngx_http_modhost_apps_create(ngx_cycle_t *cycle,
    ngx_http_modhost_main_conf_t *mmcf);
ngx_http_modhost_app_t *ngx_http_modhost_app_create(ngx_cycle_t *cycle,
    ngx_http_modhost_app_conf_t *conf);
/* A new start: an mh_app and a number of its own. */
ngx_int_t ngx_http_modhost_number(ngx_http_modhost_app_t *app);
/* Runtimes, then app_start for each; `wait`: not before. */
void ngx_http_modhost_apps_start(ngx_cycle_t *cycle, ngx_msec_t wait);
void ngx_http_modhost_apps_stop(void);
void ngx_http_modhost_apps_drained(void);
ngx_uint_t ngx_http_modhost_apps_running(void);
/* States of embedded applications into their counters; what runtimes use. */
void ngx_http_modhost_apps_usage(mh_usage *usage);

void ngx_http_modhost_app_start(ngx_http_modhost_app_t *app);
void ngx_http_modhost_app_failed(ngx_http_modhost_app_t *app,
    ngx_uint_t code, const char *text, size_t len);
void ngx_http_modhost_app_state(mh_message *message);
void ngx_http_modhost_app_stop(ngx_http_modhost_app_t *app);
/* A request of it has ended. */
void ngx_http_modhost_app_idle(ngx_http_modhost_app_t *app);
/* The application of a start, or NULL. */
ngx_http_modhost_app_t *ngx_http_modhost_app_numbered(uint32_t number);


/* ---- ngx_http_modhost_log.c -------------------------------------------- */

void ngx_http_modhost_log_message(mh_message *message);
/* `app` may be NULL; `level`: MODHOST_LOG_*. */
void ngx_http_modhost_log_event(ngx_http_modhost_app_t *app, uint32_t level,
    mh_str category, mh_str text);
/* Any number of lines, as one event; `category` may be empty. */
void ngx_http_modhost_log_text(ngx_log_t *log, ngx_uint_t level,
    const char *app, mh_str category, mh_str text);
void ngx_http_modhost_log_failure(ngx_http_modhost_app_t *app);
ngx_int_t ngx_http_modhost_add_variables(ngx_conf_t *cf);


/* ---- ngx_http_modhost_handler.c, _end.c: a request's life -------------- */

ngx_int_t ngx_http_modhost_handler(ngx_http_request_t *r);
/* The body is there, or is not waited for: now, or when it may begin. */
void ngx_http_modhost_start(ngx_http_request_t *r);
/* nginx has answered in the application's place, and the client takes it. */
ngx_uint_t ngx_http_modhost_answered(ngx_http_modhost_ctx_t *ctx);
/* It holds an exchange from now on. */
void ngx_http_modhost_fly(ngx_http_modhost_ctx_t *ctx);
/* Of ctx->timer; with the request (`data` is ctx); with its pool. */
void ngx_http_modhost_timeout(ngx_event_t *ev);
void ngx_http_modhost_cleanup(void *data);
void ngx_http_modhost_release(void *data);
/* Requests in flight: the app hears it, the client is told no more. */
void ngx_http_modhost_abort_all(uint32_t reason, ngx_uint_t groups);
/* Hands the request to the app. It may be over when this returns. */
void ngx_http_modhost_begin(ngx_http_modhost_ctx_t *ctx);
/* The exchange is no longer this request's; the app hears `reason`, if any. */
void ngx_http_modhost_detach(ngx_http_modhost_ctx_t *ctx, uint32_t reason);
/* Ends the request with a status (before the head) or breaks it off. */
void ngx_http_modhost_fail(ngx_http_modhost_ctx_t *ctx, ngx_int_t status,
    uint32_t reason);
void ngx_http_modhost_finalize(ngx_http_modhost_ctx_t *ctx, ngx_int_t rc);
void ngx_http_modhost_message(ngx_http_modhost_ctx_t *ctx,
    mh_message *message);


/* ---- ngx_http_modhost_queue.c: requests that wait ---------------------- */

/* NGX_OK: begin now; NGX_AGAIN: waits; NGX_DECLINED: neither. */
ngx_int_t ngx_http_modhost_admit(ngx_http_modhost_ctx_t *ctx);
void ngx_http_modhost_queue_remove(ngx_http_modhost_ctx_t *ctx);
/* Begins what may begin now, or refuses it if the app has failed. */
void ngx_http_modhost_queue_advance(ngx_http_modhost_app_t *app);
/* 503 with Retry-After, and the reason as a page where that is allowed. */
ngx_int_t ngx_http_modhost_unavailable(ngx_http_modhost_ctx_t *ctx);


/* ---- ngx_http_modhost_link.c, _route.c: process groups ----------------- */

/* The groups of this process, and its link to the supervisor. */
ngx_int_t ngx_http_modhost_link_open(ngx_cycle_t *cycle,
    ngx_http_modhost_main_conf_t *mmcf);
void ngx_http_modhost_link_flush(void);
void ngx_http_modhost_link_close(void);

/* state, code and reason of a group as they are now. */
void ngx_http_modhost_group_refresh(ngx_http_modhost_app_t *app);
/* Takes a credit of a worker: ctx->channel. 0: none has one. */
ngx_uint_t ngx_http_modhost_choose(ngx_http_modhost_ctx_t *ctx);
/* Binds the exchange to ctx->channel. */
ngx_int_t ngx_http_modhost_route(ngx_http_modhost_ctx_t *ctx);
/* Set-Cookie, so that the client comes back to ctx->affinity. */
ngx_int_t ngx_http_modhost_affinity_cookie(ngx_http_modhost_ctx_t *ctx);
/* MH_RESET_LOST or _RETRY: another worker, or 502. */
void ngx_http_modhost_lost(ngx_http_modhost_ctx_t *ctx, uint32_t reason);
/* Takes an exchange that was aborted for its time. */
void ngx_http_modhost_watch_stuck(ngx_http_modhost_ctx_t *ctx);


/* ---- ngx_http_modhost_request.c, _client.c: the head ------------------- */

/* NGX_OK with ctx->exchange, or the status to answer with. */
ngx_int_t ngx_http_modhost_request_head(ngx_http_modhost_ctx_t *ctx);

/* What the connection says; counted with the texts, then written. */
typedef struct {
    ngx_str_t                     local_address;
    ngx_str_t                     tls_protocol;
    ngx_str_t                     tls_cipher;
    ngx_str_t                     tls_server_name;
    ngx_str_t                     certificate;
    in_port_t                     local_port;
    in_port_t                     remote_port;
    unsigned                      early_data:1;
    u_char                        local[NGX_SOCKADDR_STRLEN];
} ngx_http_modhost_client_t;

ngx_int_t ngx_http_modhost_client(ngx_http_request_t *r,
    ngx_http_modhost_client_t *client);

/* NGX_OK, or the status to answer with. */
ngx_int_t ngx_http_modhost_path(ngx_http_modhost_ctx_t *ctx, mh_str *base,
    mh_str *path);


/* ---- ngx_http_modhost_body.c ------------------------------------------- */

/* Whether this request has a body that goes to the app. */
ngx_uint_t ngx_http_modhost_has_body(ngx_http_request_t *r);
/* The app takes `window` more bytes. */
void ngx_http_modhost_body_read(ngx_http_modhost_ctx_t *ctx, uint64_t window);
/* Reads while the window allows; the request may be over afterwards. */
void ngx_http_modhost_body_pump(ngx_http_modhost_ctx_t *ctx);
/* What the client may do while nothing of it is wanted. */
void ngx_http_modhost_watch_client(ngx_http_modhost_ctx_t *ctx);


/* ---- ngx_http_modhost_response.c, _headers.c: the head ----------------- */

/* NGX_OK: sent; NGX_DONE: the request is no longer the app's; NGX_ERROR. */
ngx_int_t ngx_http_modhost_send_head(ngx_http_modhost_ctx_t *ctx,
    const modhost_response_head *head, uint32_t flags);
ngx_int_t ngx_http_modhost_copy_headers(ngx_http_modhost_ctx_t *ctx,
    const modhost_response_head *head);
/* Text is not copied. NULL: no memory. */
ngx_table_elt_t *ngx_http_modhost_push(ngx_list_t *list, mh_str name,
    mh_str value);
/* Those of 103 that say nothing of the response: nginx keeps none of them. */
ngx_int_t ngx_http_modhost_copy_hints(ngx_http_modhost_ctx_t *ctx,
    const modhost_response_head *head);
/* The few that stay when the answer comes from somewhere else. */
ngx_int_t ngx_http_modhost_copy_some_headers(ngx_http_modhost_ctx_t *ctx,
    const modhost_response_head *head);
ngx_int_t ngx_http_modhost_copy_challenges(ngx_http_modhost_ctx_t *ctx,
    const modhost_response_head *head);
ngx_int_t ngx_http_modhost_copy_trailers(ngx_http_modhost_ctx_t *ctx,
    const modhost_response_head *head);


/* ---- ngx_http_modhost_send.c, _pump.c: the response body --------------- */

void ngx_http_modhost_send(ngx_http_modhost_ctx_t *ctx, mh_message *message);

/* A piece at the end of `pending`, zeroed. */
ngx_http_modhost_piece_t *ngx_http_modhost_piece(ngx_http_modhost_ctx_t *ctx);
void ngx_http_modhost_piece_done(ngx_http_modhost_piece_t *piece);
/* Sends what can be sent; the request may be over when this returns. */
void ngx_http_modhost_pump(ngx_http_modhost_ctx_t *ctx);
void ngx_http_modhost_write_handler(ngx_http_request_t *r);
/* What was sent is told to the application. */
void ngx_http_modhost_report(ngx_http_modhost_ctx_t *ctx);
void ngx_http_modhost_release_pieces(ngx_http_modhost_ctx_t *ctx);


/* ---- ngx_http_modhost_gather.c ----------------------------------------- */

/* The client takes nothing just now: what is given would only lie in nginx. */
ngx_uint_t ngx_http_modhost_waits(ngx_http_modhost_ctx_t *ctx);
/* Copies a small block to others that wait; 0: it is to be a piece itself. */
ngx_uint_t ngx_http_modhost_gather(ngx_http_modhost_ctx_t *ctx,
    const modhost_block *block);


/* ---- ngx_http_modhost_spool.c ------------------------------------------ */

/* `pending` goes to a file, as far as it may; clears ctx->buffering if not. */
void ngx_http_modhost_spool(ngx_http_modhost_ctx_t *ctx);


/* ---- ngx_http_modhost_upgrade.c ---------------------------------------- */

void ngx_http_modhost_upgrade(ngx_http_modhost_ctx_t *ctx);
void ngx_http_modhost_upgrade_pump(ngx_http_modhost_ctx_t *ctx);


/* Slices of the core and strings of nginx. */

static ngx_inline mh_str
ngx_http_modhost_str(ngx_str_t *s)
{
    mh_str  text;

    text.data = s->data;
    text.length = s->len;

    return text;
}

#endif /* NGX_HTTP_MODHOST_H */
