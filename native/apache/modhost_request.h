/*
 * A request on its way through the module: what the files of the request path
 * share. Everything here is the handler thread's, unless it says otherwise, and
 * ends before the handler returns.
 */

#ifndef MODHOST_REQUEST_H
#define MODHOST_REQUEST_H

#include "mod_modhost.h"

/*
 * A handler thread's share of the core, for one request: nobody else is its
 * loop meanwhile. App threads may push to its queue until the child is gone, so
 * it is never freed.
 */
typedef struct mod_modhost_lane {
    struct mod_modhost_lane  *next;        /* all lanes; never changes        */
    struct mod_modhost_lane  *idle_next;   /* serves nobody                   */
    mh_queue                  queue;
    mh_app                  **apps;        /* by number of the start; NULL    */
    uint32_t                  app_count;
    pthread_mutex_t           lock;        /* guards what follows             */
    pid_t                     thread;      /* that app code runs on           */
    mod_modhost_ctx          *served;      /* whose app code runs on this
                                              thread at the moment; or NULL   */
} mod_modhost_lane;

struct mod_modhost_ctx {
    request_rec                 *r;
    conn_rec                    *c;
    const mod_modhost_place     *place;
    const mod_modhost_dir_conf  *conf;
    mod_modhost_ticket           ticket;
    mod_modhost_lane            *lane;
    mh_exchange                 *exchange;   /* NULL once this side is done   */
    int                          fd;         /* the client's socket; -1: one
                                                stream of several             */
    int                          pipe;       /* what tells of such a stream's
                                                body; -1: nothing does        */
    int                          status;     /* what the handler returns      */
    const char                  *redirect;   /* to be served instead; or NULL */

    /* in a process group */
    mh_channel                  *routed;     /* while the app side holds it   */
    uint32_t                     worker;
    uint32_t                     worker_index;
    uint32_t                     worker_pid;
    const char                  *affinity;   /* for a cookie; or NULL         */

    uint64_t                     arrived;    /* mod_modhost_now()             */
    uint64_t                     begun_at;   /* 0: not                        */
    uint64_t                     ended_at;   /* END was taken                 */
    uint64_t                     deadline;   /* of the app; 0: none           */
    uint64_t                     stalled_at; /* since when the client keeps
                                                the app waiting; 0: not       */
    uint64_t                     client_ms;  /* waited for it; with `timed`   */

    /* guarded by lane->lock while lane->served is this */
    uint64_t                     looked_at;  /* by the monitor                */
    uint32_t                     broken;     /* MODHOST_RESET_*, with which it
                                                told the app in our place     */

    /* the request body */
    int64_t                      length;     /* declared; -1: unknown         */
    apr_bucket_brigade          *in;         /* read and not handed over      */
    uint64_t                     window;     /* bytes the app will take       */
    uint64_t                     received;   /* handed over                   */

    /* the response */
    apr_bucket_brigade          *out;
    int64_t                      rest;       /* of Content-Length; -1         */
    uint64_t                     sent;       /* not yet told to the app       */
    apr_pool_t                  *files;      /* descriptors of buckets that
                                                are under way; or NULL        */
    unsigned                     file_count; /* in it                         */
    apr_file_t                  *spool;      /* with ModHostBuffering; NULL   */
    apr_off_t                    spool_written;
    apr_off_t                    spool_passed;

    unsigned                     timed:1;    /* for the slow log              */
    unsigned                     begun:1;
    unsigned                     has_body:1;
    unsigned                     body_started:1; /* reading has begun         */
    unsigned                     body_ended:1;   /* the end was handed over,
                                                    or there is no body       */
    unsigned                     half_closed:1;  /* client sends no more      */
    unsigned                     head_sent:1;
    unsigned                     own_server:1;   /* the app sets Date, Server */
    unsigned                     ended:1;        /* END was taken             */
    unsigned                     upgraded:1;
    unsigned                     buffering:1;
    unsigned                     admitted:1;     /* the ticket is ours        */
    unsigned                     stuck:1;        /* timed out in a group      */
    unsigned                     again:1;        /* to begin once more        */
    unsigned                     finished:1;     /* `status` is final         */
};


/* ---- modhost_lane.c ---------------------------------------------------- */

/*
 * Handler thread. One for a request, also for one within another (a part that a
 * filter includes). NULL: no memory, or descriptor.
 */
mod_modhost_lane *mod_modhost_lane_get(void);
void mod_modhost_lane_put(mod_modhost_lane *lane);
/* The lane's mh_app of what was admitted; NULL: no memory. */
mh_app *mod_modhost_lane_app(mod_modhost_lane *lane,
    const mod_modhost_ticket *ticket);
/* Around a call in which app code may run on this thread. */
void mod_modhost_lane_lend(mod_modhost_lane *lane, mod_modhost_ctx *ctx);
void mod_modhost_lane_return(mod_modhost_lane *lane);


/* ---- modhost_begin.c --------------------------------------------------- */

/* Hands the request over. OK, or the status to answer with; what the app says
   is in the lane's queue. */
int mod_modhost_request_begin(mod_modhost_ctx *ctx);


/* ---- modhost_end.c: the end of a request ------------------------------- */

/* Ends the request with a status (before the head) or breaks it off. `reason`
   is MODHOST_RESET_*; 0: the app knows. */
void mod_modhost_fail(mod_modhost_ctx *ctx, int status, uint32_t reason);
/* The application took too long. */
void mod_modhost_timeout(mod_modhost_ctx *ctx);
/* The client is gone. */
void mod_modhost_gone(mod_modhost_ctx *ctx);
/* The response is complete, or another one takes its place. */
void mod_modhost_finish(mod_modhost_ctx *ctx, int status);
/* Makes room for the next: the app is done with this one, whatever the client
   takes its time for. */
void mod_modhost_release(mod_modhost_ctx *ctx);
/* The exchange is no longer this request's; the app hears `reason`, if any. */
void mod_modhost_detach(mod_modhost_ctx *ctx, uint32_t reason);


/* ---- modhost_channels.c, _worker.c: process groups --------------------- */

/* The request is its worker's now; before begin. */
void mod_modhost_route(mod_modhost_ctx *ctx);
/* Set-Cookie, so that the client comes back to the same worker. */
void mod_modhost_affinity_cookie(mod_modhost_ctx *ctx);
/* MH_RESET_LOST or _RETRY: another worker, or 502. */
void mod_modhost_lost(mod_modhost_ctx *ctx, uint32_t reason);
/* Takes over the exchange of a request that timed out. */
void mod_modhost_stuck(mod_modhost_ctx *ctx);
/* Of the cookie that says which worker a client belongs to; or empty. */
mh_str mod_modhost_affinity_of(request_rec *r);


/* ---- modhost_wait.c: until something happens --------------------------- */

/* Waits for messages, for the client, or for a time; acts on the latter two. */
void mod_modhost_wait(mod_modhost_ctx *ctx);
/* Any thread that may look at `fd`: the client's end said that it is over. */
bool mod_modhost_hung_up(int fd);


/* ---- modhost_connection.c: what the connection says of the client ------ */

/* Hook. Numbers the connections of this process. */
int mod_modhost_pre_connection(conn_rec *c, void *socket);
void mod_modhost_optional_functions(void);

typedef struct mod_modhost_client {
    uint64_t                     connection;     /* number, from 1            */
    uint64_t                     request;        /* of it, from 1             */
    bool                         tls;
    bool                         early_data;
    const char                  *tls_protocol;   /* NULL: none, as below      */
    const char                  *tls_cipher;
    const char                  *tls_server_name;
    const char                  *tls_certificate;    /* PEM                   */
} mod_modhost_client;

bool mod_modhost_is_tls(conn_rec *c);
void mod_modhost_client_of(request_rec *r, mod_modhost_client *client);
/* The client's socket, and what tells of a stream's body; -1: none. */
void mod_modhost_client_sockets(mod_modhost_ctx *ctx);


/* ---- modhost_head.c, _fields.c: the request head ----------------------- */

/* OK with ctx->exchange, or the status to answer with. */
int mod_modhost_request_head(mod_modhost_ctx *ctx);
/* A block with the trailers of the request, in its pool; or NULL. */
const void *mod_modhost_trailer_block(request_rec *r, uint32_t *size);


/* ---- modhost_body.c, _buffer.c, _discard.c: the request body ----------- */

/* Whether this request has a body that goes to the app, and how long. */
void mod_modhost_body_find(mod_modhost_ctx *ctx);
/* The app waits for bytes, or for the end. */
bool mod_modhost_body_wanted(const mod_modhost_ctx *ctx);
/* One without a name, gone with the pool. */
apr_status_t mod_modhost_temporary_file(apr_pool_t *pool, apr_file_t **file);
/* With request buffering: reads all of it. OK, or the status to answer with. */
int mod_modhost_body_buffer(mod_modhost_ctx *ctx);
/* Hands over what is there, as the window allows. */
void mod_modhost_body_pump(mod_modhost_ctx *ctx);
/* Reading it failed: the request is finished. */
void mod_modhost_body_failed(mod_modhost_ctx *ctx, apr_status_t rv);
/* The client has closed its end: whether before all of the body was sent. */
bool mod_modhost_body_cut_off(mod_modhost_ctx *ctx);
/* The response ends: what of the body was not asked for must not be taken for
   the next request. The request may be finished afterwards. */
void mod_modhost_body_discard(mod_modhost_ctx *ctx);


/* ---- modhost_response.c, _headers.c: the response head ----------------- */

/* Whether the response goes on; the request may be finished otherwise. */
bool mod_modhost_response_head(mod_modhost_ctx *ctx,
    const modhost_response_head *head, uint32_t flags);
void mod_modhost_copy_headers(mod_modhost_ctx *ctx,
    const modhost_response_head *head, apr_table_t *to);
/* Those of an informational response. */
void mod_modhost_copy_hints(mod_modhost_ctx *ctx,
    const modhost_response_head *head, apr_table_t *to);
/* Those with these numbers; 0 ends them. */
void mod_modhost_copy_some(mod_modhost_ctx *ctx,
    const modhost_response_head *head, const uint16_t *which,
    apr_table_t *to);
void mod_modhost_copy_trailers(mod_modhost_ctx *ctx,
    const modhost_response_head *trailers);


/* ---- modhost_send.c, _bucket.c, _file.c, _trailers.c: the response body  */

void mod_modhost_send(mod_modhost_ctx *ctx, mh_message *message);
/* Tells the app what has gone and was not told; before a wait. */
void mod_modhost_report(mod_modhost_ctx *ctx);
/* Passes ctx->out on; false: the client is gone, the request finished. */
bool mod_modhost_pass(mod_modhost_ctx *ctx);
/* Hook. The filter that writes trailers behind chunks. */
void mod_modhost_register_filters(void);
/* Before the head: trailers will or may follow. */
void mod_modhost_expect_trailers(mod_modhost_ctx *ctx);
/* Before the end: those of r->trailers_out go with it. */
void mod_modhost_add_trailers(mod_modhost_ctx *ctx);
/* Takes the descriptor of a message and puts a bucket into ctx->out. */
void mod_modhost_file_insert(mod_modhost_ctx *ctx, mh_message *message);
/* Whether it is time for a flush, and after one. */
bool mod_modhost_files_enough(const mod_modhost_ctx *ctx);
void mod_modhost_files_done(mod_modhost_ctx *ctx);
/* One with the bytes of a block, which it owns. */
apr_bucket *mod_modhost_block_bucket(modhost_block *block,
    apr_bucket_alloc_t *list);


/* ---- modhost_spool.c: for clients that are slow ------------------------ */

/* Whether this response is buffered, as configuration and head say. */
void mod_modhost_spool_find(mod_modhost_ctx *ctx,
    const modhost_response_head *head);
/* Sees to ctx->out without waiting for the client, by way of the file if need
   be; false: it is to be passed on as usual. */
bool mod_modhost_spool(mod_modhost_ctx *ctx);
/* Whether something waits for the client to take it. */
bool mod_modhost_spool_waits(const mod_modhost_ctx *ctx);
/* Puts what is in the file before what is in ctx->out. */
void mod_modhost_spool_prepend(mod_modhost_ctx *ctx);
/* The client can take some. */
void mod_modhost_spool_pump(mod_modhost_ctx *ctx);


/* ---- modhost_upgrade.c ------------------------------------------------- */

/* Sends "101 Switching Protocols"; false: the request is finished. */
bool mod_modhost_upgrade(mod_modhost_ctx *ctx,
    const modhost_response_head *head);
/* Bytes that came, as the window allows. */
void mod_modhost_upgrade_pump(mod_modhost_ctx *ctx);
/* The client has closed its end while nobody reads. */
void mod_modhost_upgrade_hung_up(mod_modhost_ctx *ctx);
/* Whether the client asked for an upgrade, and may get one. */
bool mod_modhost_upgradable(const mod_modhost_ctx *ctx);


/* Strings of Apache (NULL: none) as the core wants them. */
static inline mh_str
mod_modhost_str(const char *text)
{
    mh_str  str;

    str.data = (const uint8_t *) text;
    str.length = text != NULL ? strlen(text) : 0;

    return str;
}

#endif /* MODHOST_REQUEST_H */
