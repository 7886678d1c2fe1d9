/*
 * The handler thread while its application works elsewhere: one poll for the
 * lane's queue and the client together, so that an answer, a piece of the
 * request body, a client that leaves and a time that is over are all seen at
 * once.
 */

#include "modhost_request.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>


/* One stream of several has no socket that tells when it is given up. */
#define STREAM_LOOK  50              /* ms                                    */

/* For an answer that comes soon; a client that leaves is seen thereafter. */
#define DOZE         20u             /* ms                                    */


bool
mod_modhost_hung_up(int fd)
{
    struct pollfd  pfd;

    if (fd == -1) {
        return false;
    }

    pfd.fd = fd;
    pfd.events = POLLRDHUP;
    pfd.revents = 0;

    return poll(&pfd, 1, 0) == 1
           && (pfd.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}


/* Milliseconds from `now`; -1: for ever. */
static int
wait_time(const mod_modhost_ctx *ctx, uint64_t now)
{
    uint64_t  until, stall;

    until = ctx->deadline != 0 ? ctx->deadline : UINT64_MAX;

    if (ctx->stalled_at != 0) {
        stall = ctx->stalled_at
                + (uint64_t) apr_time_as_msec(ctx->r->server->timeout);

        until = stall < until ? stall : until;
    }

    if (ctx->fd == -1 && now + STREAM_LOOK < until) {
        until = now + STREAM_LOOK;
    }

    if (until == UINT64_MAX) {
        return -1;
    }

    return until <= now ? 0
           : until - now > INT32_MAX ? INT32_MAX : (int) (until - now);
}


/* Milliseconds count only where a limit is set or the client is late. */
static uint64_t
wait_now(mod_modhost_ctx *ctx)
{
    if (mod_modhost_body_wanted(ctx) && !ctx->upgraded) {
        if (ctx->stalled_at == 0) {
            ctx->stalled_at = mod_modhost_now();
        }

    } else {
        ctx->stalled_at = 0;
    }

    return ctx->deadline != 0 || ctx->stalled_at != 0 || ctx->fd == -1
           ? mod_modhost_now() : 0;
}


/*
 * The client's end of the connection is closed, and nobody reads. One that has
 * sent all of its request has left, for a web server as for Kestrel; so has one
 * of whose body a part is missing. Behind a whole body that is still to be
 * read, it may wait.
 */
static void
wait_hung_up(mod_modhost_ctx *ctx, short revents)
{
    if ((revents & (POLLHUP | POLLERR)) != 0) {
        mod_modhost_gone(ctx);

    } else if (ctx->upgraded) {
        mod_modhost_upgrade_hung_up(ctx);

    } else if (ctx->body_ended || mod_modhost_body_cut_off(ctx)) {
        mod_modhost_gone(ctx);
    }

    ctx->half_closed = 1;
}


/* A notice is worth nothing but the look that follows. One read: it is there,
   and a second one might wait. */
static void
wait_drain(int pipe)
{
    char     bytes[64];
    ssize_t  n;

    do {
        n = read(pipe, bytes, sizeof(bytes));
    } while (n == -1 && errno == EINTR);
}


/* The end of the connection that was seen before the body was read. */
static bool
wait_left(const mod_modhost_ctx *ctx)
{
    return ctx->half_closed && ctx->body_ended && !ctx->upgraded;
}


static int
wait_poll(mod_modhost_ctx *ctx, struct pollfd *pfd, uint64_t now)
{
    int     n;
    nfds_t  count;

    pfd[0].fd = ctx->lane->queue.fd;
    pfd[0].events = POLLIN;
    pfd[1].revents = 0;
    count = 1;

    if (ctx->fd != -1) {
        pfd[1].fd = ctx->fd;
        pfd[1].events = ctx->half_closed ? 0 : POLLRDHUP;
        pfd[1].events |= mod_modhost_body_wanted(ctx) ? POLLIN : 0;
        pfd[1].events |= mod_modhost_spool_waits(ctx) ? POLLOUT : 0;
        count = 2;

    } else if (ctx->pipe != -1 && mod_modhost_body_wanted(ctx)) {
        pfd[1].fd = ctx->pipe;
        pfd[1].events = POLLIN;
        count = 2;
    }

    do {
        n = poll(pfd, count, wait_time(ctx, now));
    } while (n == -1 && errno == EINTR);

    return n;
}


/* Whether nothing is expected of the client. */
static bool
wait_for_app(const mod_modhost_ctx *ctx)
{
    return !ctx->upgraded && !mod_modhost_body_wanted(ctx)
           && !mod_modhost_spool_waits(ctx);
}


static void
wait_times(mod_modhost_ctx *ctx)
{
    uint64_t  now;

    if (ctx->deadline == 0 && ctx->stalled_at == 0) {
        return;
    }

    now = mod_modhost_now();

    if (ctx->deadline != 0 && now >= ctx->deadline) {
        mod_modhost_timeout(ctx);

    } else if (ctx->stalled_at != 0
               && now - ctx->stalled_at
                  >= (uint64_t) apr_time_as_msec(ctx->r->server->timeout))
    {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, APR_TIMEUP, ctx->r,
                      "the client did not send its request body in time");
        mod_modhost_fail(ctx, HTTP_REQUEST_TIME_OUT, MODHOST_RESET_BODY);
    }
}


void
mod_modhost_wait(mod_modhost_ctx *ctx)
{
    int            n;
    uint64_t       now;
    struct pollfd  pfd[2];

    if (mod_modhost_broken_off(ctx->ticket.app)) {
        mod_modhost_fail(ctx, HTTP_SERVICE_UNAVAILABLE,
                         MODHOST_RESET_SHUTDOWN);
        return;
    }

    if (ctx->c->aborted || wait_left(ctx)) {
        mod_modhost_gone(ctx);
        return;
    }

    /* not when a poll runs out: an app may never cease to send */

    wait_times(ctx);

    if (ctx->finished) {
        return;
    }

    if (wait_for_app(ctx) && mh_queue_doze(&ctx->lane->queue, DOZE)) {
        return;
    }

    now = wait_now(ctx);
    n = wait_poll(ctx, pfd, now);

    if (n <= 0 || pfd[1].revents == 0) {
        return;
    }

    if (ctx->fd == -1) {
        wait_drain(ctx->pipe);
        return;
    }

    if ((pfd[1].revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0
        && !mod_modhost_body_wanted(ctx))
    {
        wait_hung_up(ctx, pfd[1].revents);
        return;
    }

    if ((pfd[1].revents & POLLOUT) != 0) {
        mod_modhost_spool_pump(ctx);
    }
}
