/*
 * Lanes: each handler thread is a loop of the core's.
 *
 * What the core calls "loop only" (an app's pool, its batch, the taking end of
 * a queue) belongs to one thread at a time here, without a lock. Lanes are for
 * requests, not for threads: as many as there are requests at once, and the one
 * that was used last is used next, because its memory is still at hand.
 */

#include "modhost_request.h"

#include <http_main.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>


/*
 * An application that blocked runs on its runtime's threads for so long, and
 * for twice as long each time: nothing of what it writes meanwhile reaches the
 * client whose thread it holds.
 */
#define REST_FIRST  60000u           /* ms                                    */
#define REST_LAST   3600000u


static pthread_mutex_t    lanes_lock = PTHREAD_MUTEX_INITIALIZER;
static mod_modhost_lane  *lanes;         /* guarded by it, as below           */
static mod_modhost_lane  *idle_lanes;
static __thread bool      unblocked;     /* this thread hears of signals      */
static __thread pid_t     own_thread;    /* its number; 0: not asked yet      */


static mod_modhost_lane *
lane_create(void)
{
    mh_error           error;
    mod_modhost_lane  *lane;

    lane = calloc(1, sizeof(*lane));

    if (lane == NULL) {
        return NULL;
    }

    if (mh_queue_open(&lane->queue, &error) != 0) {
        ap_log_error(APLOG_MARK, APLOG_ALERT, 0, ap_server_conf,
                     "MH%04u: %s", error.code, error.text);
        free(lane);
        return NULL;
    }

    (void) pthread_mutex_init(&lane->lock, NULL);

    return lane;
}


mod_modhost_lane *
mod_modhost_lane_get(void)
{
    mod_modhost_lane  *lane;

    if (!unblocked && mod_modhost_main->apps->nelts != 0) {
        unblocked = true;
        mh_signals_unblock(NULL);
    }

    (void) pthread_mutex_lock(&lanes_lock);

    lane = idle_lanes;

    if (lane != NULL) {
        idle_lanes = lane->idle_next;

    } else if ((lane = lane_create()) != NULL) {
        lane->next = lanes;
        lanes = lane;
    }

    (void) pthread_mutex_unlock(&lanes_lock);

    return lane;
}


void
mod_modhost_lane_put(mod_modhost_lane *lane)
{
    (void) pthread_mutex_lock(&lanes_lock);
    lane->idle_next = idle_lanes;
    idle_lanes = lane;
    (void) pthread_mutex_unlock(&lanes_lock);
}


static int
lane_grow(mod_modhost_lane *lane, uint32_t number)
{
    mh_app    **apps;
    uint32_t    count;

    for (count = 8; count <= number; count *= 2) {
        /* void */
    }

    apps = realloc(lane->apps, count * sizeof(*apps));

    if (apps == NULL) {
        return -1;
    }

    memset(apps + lane->app_count, 0,
           (count - lane->app_count) * sizeof(*apps));

    lane->apps = apps;
    lane->app_count = count;

    return 0;
}


/* A new start: of the ones before only what the app side still holds stays. */
static void
lane_trim(mod_modhost_lane *lane, const mod_modhost_app *app)
{
    uint32_t  i;

    for (i = 0; i < lane->app_count; i++) {
        if (lane->apps[i] != NULL && lane->apps[i]->context == app) {
            mh_app_trim(lane->apps[i], 0);
        }
    }
}


mh_app *
mod_modhost_lane_app(mod_modhost_lane *lane, const mod_modhost_ticket *ticket)
{
    mh_app  *core;

    if (ticket->number < lane->app_count
        && lane->apps[ticket->number] != NULL)
    {
        return lane->apps[ticket->number];
    }

    if (ticket->number >= lane->app_count
        && lane_grow(lane, ticket->number) != 0)
    {
        return NULL;
    }

    core = calloc(1, sizeof(*core));

    if (core == NULL) {
        return NULL;
    }

    lane_trim(lane, ticket->app);

    core->number = ticket->number;
    core->table = ticket->table;
    core->context = ticket->app;

    lane->apps[ticket->number] = core;

    return core;
}


void
mod_modhost_lane_lend(mod_modhost_lane *lane, mod_modhost_ctx *ctx)
{
    if (own_thread == 0) {
        own_thread = (pid_t) syscall(SYS_gettid);
    }

    (void) pthread_mutex_lock(&lane->lock);
    lane->thread = own_thread;
    lane->served = ctx;
    (void) pthread_mutex_unlock(&lane->lock);
}


void
mod_modhost_lane_return(mod_modhost_lane *lane)
{
    (void) pthread_mutex_lock(&lane->lock);
    lane->served = NULL;
    (void) pthread_mutex_unlock(&lane->lock);
}


void
mod_modhost_lanes_wake(void)
{
    mod_modhost_lane  *lane;

    (void) pthread_mutex_lock(&lanes_lock);

    for (lane = lanes; lane != NULL; lane = lane->next) {
        mh_queue_poke(&lane->queue);
    }

    (void) pthread_mutex_unlock(&lanes_lock);
}


/* Not one that computes, or that waits for a processor. */
static bool
thread_sleeps(pid_t thread)
{
    int          fd;
    char         path[64], text[256];
    ssize_t      length;
    const char  *end;

    (void) snprintf(path, sizeof(path), "/proc/self/task/%d/stat",
                    (int) thread);

    fd = open(path, O_RDONLY | O_CLOEXEC);
    length = fd != -1 ? read(fd, text, sizeof(text) - 1) : -1;

    if (fd != -1) {
        (void) close(fd);
    }

    if (length <= 0) {
        return true;
    }

    text[length] = '\0';
    end = strrchr(text, ')');

    return end == NULL || end[1] == '\0' || end[2] != 'R';
}


static void
app_rest(mod_modhost_app *app, uint64_t now)
{
    if (now >= atomic_load(&app->rest_until)) {
        app->rest = app->rest == 0 ? REST_FIRST
                    : app->rest * 2 < REST_LAST ? app->rest * 2 : REST_LAST;
    }

    atomic_store(&app->rest_until, now + app->rest);
}


/*
 * An application that blocks holds up the thread that would tell it that its
 * client has left or that what it wrote has gone: so the monitor tells it, at
 * the second look.
 */
static void
lane_stand_in(const mod_modhost_lane *lane, uint64_t now)
{
    mod_modhost_ctx  *ctx;

    ctx = lane->served;

    if (ctx->looked_at != ctx->begun_at) {
        ctx->looked_at = ctx->begun_at;
        return;
    }

    if (thread_sleeps(lane->thread)) {
        app_rest(ctx->ticket.app, now);
    }

    if (ctx->broken != 0) {
        return;
    }

    if (mod_modhost_broken_off(ctx->ticket.app)) {
        ctx->broken = MODHOST_RESET_SHUTDOWN;

    } else if (ctx->c->aborted || mod_modhost_hung_up(ctx->fd)) {
        ctx->broken = MODHOST_RESET_CLIENT;
    }

    if (ctx->broken != 0) {
        mh_exchange_abort(ctx->exchange, ctx->broken);

    } else {

        /* more than is under way may be reported, never less: at worst the app
           writes somewhat ahead of its client */

        mh_exchange_sent(ctx->exchange, ctx->exchange->pub.send_window);
    }
}


/*
 * In lanes that may not be used soon: what came too late for its request, and
 * what an earlier start of an application has left.
 */
static void
lanes_tidy(void)
{
    uint32_t                i;
    mh_app                 *core;
    mh_message             *message, *next;
    mod_modhost_lane       *lane;
    const mod_modhost_app  *app;

    for (lane = idle_lanes; lane != NULL; lane = lane->idle_next) {

        message = atomic_load(&lane->queue.head) != NULL
                  ? mh_queue_take(&lane->queue) : NULL;

        for (/* void */; message != NULL; message = next) {
            next = message->next;
            mh_message_done(message);
        }

        for (i = 0; i < lane->app_count; i++) {
            core = lane->apps[i];
            app = core != NULL ? core->context : NULL;

            if (app != NULL && app->number != core->number) {
                mh_app_trim(core, 0);
            }
        }
    }
}


void
mod_modhost_lanes_look(uint64_t now)
{
    mod_modhost_lane  *lane, *first;

    (void) pthread_mutex_lock(&lanes_lock);

    lanes_tidy();
    first = lanes;

    (void) pthread_mutex_unlock(&lanes_lock);

    for (lane = first; lane != NULL; lane = lane->next) {

        (void) pthread_mutex_lock(&lane->lock);

        if (lane->served != NULL) {
            lane_stand_in(lane, now);
        }

        (void) pthread_mutex_unlock(&lane->lock);
    }
}
