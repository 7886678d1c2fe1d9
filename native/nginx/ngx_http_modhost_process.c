/*
 * The life of a worker that hosts applications.
 *
 *   running ──quit──► stopping ──nothing in flight──► drained ──all stopped──►
 *                     (app_stop at once;              (app_drained)     gone
 *                      requests go on)
 *
 * nginx leaves as soon as no timer but cancelable ones is left, and requests
 * in flight need not have one. So from the quit on there is one of ours, which
 * looks every few milliseconds whether the next step can be made.
 */

#include "ngx_http_modhost.h"

#include <poll.h>


#define NGX_HTTP_MODHOST_DRAIN_TICK  10          /* ms                        */
#define NGX_HTTP_MODHOST_DRAIN_LATER 100         /* ms; after a second        */

/* nginx's master kills a worker that needs more than a second for TERM. */
#define NGX_HTTP_MODHOST_TERM_WAIT   800         /* ms                        */

/* Beyond the shutdown time-out: what the managed side needs to say so. */
#define NGX_HTTP_MODHOST_STOP_GRACE  1000        /* ms                        */


typedef enum {
    ngx_http_modhost_idle = 0,       /* hosts nothing                         */
    ngx_http_modhost_running,
    ngx_http_modhost_stopping,
    ngx_http_modhost_drained,
    ngx_http_modhost_over
} ngx_http_modhost_phase_e;


static void ngx_http_modhost_quit(ngx_event_t *ev);
static void ngx_http_modhost_drain(ngx_event_t *ev);
static void ngx_http_modhost_terminate(ngx_cycle_t *cycle);


ngx_uint_t                       ngx_http_modhost_live;
ngx_uint_t                       ngx_http_modhost_away;

static ngx_http_modhost_phase_e  ngx_http_modhost_phase;
static ngx_event_t               ngx_http_modhost_drain_timer;
static ngx_connection_t          ngx_http_modhost_drain_dummy;
static ngx_msec_t                ngx_http_modhost_quit_at;
static ngx_msec_t                ngx_http_modhost_patience;
static ngx_uint_t                ngx_http_modhost_aborted;


ngx_int_t
ngx_http_modhost_init_module(ngx_cycle_t *cycle)
{
    ngx_http_modhost_main_conf_t  *mmcf;

    /* "nginx -t" comes here too, and must leave no trace */

    if (ngx_test_config) {
        return NGX_OK;
    }

    mmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_modhost_module);

    if (mmcf != NULL
        && (mmcf->apps.nelts != 0 || ngx_http_modhost_groups_used(mmcf) != 0))
    {
        ngx_http_modhost_state_create(cycle, mmcf);
        ngx_http_modhost_counters_prepare(cycle, mmcf);
    }

    return ngx_http_modhost_daemon_init(cycle, mmcf);
}


/* Never fails because of an app: nginx would not start the worker again. */
ngx_int_t
ngx_http_modhost_init_process(ngx_cycle_t *cycle)
{
    ngx_uint_t                      i, embedded, groups;
    ngx_msec_t                      wait, hold;
    ngx_http_modhost_app_conf_t   **apps;
    ngx_http_modhost_main_conf_t   *mmcf;

    if (ngx_process != NGX_PROCESS_SINGLE) {
        ngx_http_modhost_daemon_let_go();
    }

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    mmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_modhost_module);

    embedded = mmcf != NULL ? mmcf->apps.nelts : 0;
    groups = mmcf != NULL ? ngx_http_modhost_groups_used(mmcf) : 0;

    if (embedded == 0 && groups == 0) {
        return NGX_OK;
    }

    hold = ngx_http_modhost_counters_enter(cycle, mmcf);

    if (embedded != 0) {
        mh_signals_save();

        umask(027);

        ngx_http_modhost_setenv(cycle, mmcf);
    }

    if (ngx_http_modhost_loop_open(cycle, ngx_http_modhost_quit) != NGX_OK
        || ngx_http_modhost_apps_create(cycle, mmcf) != NGX_OK
        || ngx_http_modhost_link_open(cycle, mmcf) != NGX_OK)
    {
        ngx_log_error(NGX_LOG_CRIT, cycle->log, 0,
                      "MH0%d: this worker hosts no applications", MH_E_LOOP);
        return NGX_OK;
    }

    apps = mmcf->apps.elts;

    for (i = 0; i < mmcf->apps.nelts; i++) {
        wait = apps[i]->settings.shutdown_timeout;
        wait = wait ? wait : NGX_HTTP_MODHOST_NO_LIMIT;

        ngx_http_modhost_patience = ngx_max(ngx_http_modhost_patience, wait);
    }

    ngx_http_modhost_phase = ngx_http_modhost_running;

    if (embedded != 0) {
        ngx_http_modhost_close_on_exec(cycle);

        ngx_http_modhost_apps_start(cycle, hold);
    }

    return NGX_OK;
}


/* nginx closes idle connections, of which the queue's is one. */
static void
ngx_http_modhost_quit(ngx_event_t *ev)
{
    if (ngx_http_modhost_phase != ngx_http_modhost_running) {
        return;
    }

    ngx_http_modhost_phase = ngx_http_modhost_stopping;
    ngx_http_modhost_quit_at = ngx_current_msec;

    ngx_http_modhost_drain_dummy.fd = (ngx_socket_t) -1;

    ngx_http_modhost_drain_timer.handler = ngx_http_modhost_drain;
    ngx_http_modhost_drain_timer.data = &ngx_http_modhost_drain_dummy;
    ngx_http_modhost_drain_timer.log = ngx_cycle->log;

    ngx_add_timer(&ngx_http_modhost_drain_timer, NGX_HTTP_MODHOST_DRAIN_TICK);

    ngx_http_modhost_apps_stop();
}


void
ngx_http_modhost_stay(void)
{
    if (ngx_http_modhost_phase >= ngx_http_modhost_stopping
        && !ngx_http_modhost_drain_timer.timer_set)
    {
        ngx_http_modhost_phase = ngx_min(ngx_http_modhost_phase,
                                         ngx_http_modhost_drained);
        ngx_add_timer(&ngx_http_modhost_drain_timer,
                      NGX_HTTP_MODHOST_DRAIN_TICK);
    }
}


/*
 * Our timer is out of nginx's tree while it runs: what is left is others'.
 * Requests in process groups have no limit here: their workers go on, and
 * worker_shutdown_timeout is what nginx has for that.
 */
static void
ngx_http_modhost_drain(ngx_event_t *ev)
{
    ngx_uint_t      embedded;
    ngx_msec_int_t  waited;

    embedded = ngx_http_modhost_live - ngx_http_modhost_away;
    waited = (ngx_msec_int_t) (ngx_current_msec - ngx_http_modhost_quit_at);

    /* connections without a request, or other modules', may stay for long */

    if (ngx_http_modhost_phase == ngx_http_modhost_stopping
        && embedded == 0
        && (waited >= (ngx_msec_int_t) ngx_http_modhost_patience
            || ngx_event_no_timers_left() == NGX_OK))
    {
        ngx_http_modhost_phase = ngx_http_modhost_drained;
        ngx_http_modhost_apps_drained();
    }

    if (ngx_http_modhost_phase == ngx_http_modhost_stopping
        && waited >= (ngx_msec_int_t) ngx_http_modhost_patience
        && embedded != 0)
    {
        if (!ngx_http_modhost_aborted) {
            ngx_http_modhost_aborted = 1;

            ngx_log_error(NGX_LOG_WARN, ev->log, 0,
                          "MH0%d: %ui requests were still running after %M ms "
                          "of shutdown, and are broken off",
                          MH_E_SHUTDOWN_TIMEOUT, embedded,
                          ngx_http_modhost_patience);
        }

        /* and those, later, that had waited for their turn */

        ngx_http_modhost_abort_all(MODHOST_RESET_SHUTDOWN, 0);
    }

    if (ngx_http_modhost_phase == ngx_http_modhost_drained) {

        if (ngx_http_modhost_apps_running() == 0) {

            if (ngx_http_modhost_live == 0) {
                ngx_http_modhost_phase = ngx_http_modhost_over;
                return;
            }

        } else if (waited >= (ngx_msec_int_t) (ngx_http_modhost_patience
                                        + NGX_HTTP_MODHOST_STOP_GRACE))
        {
            ngx_log_error(NGX_LOG_WARN, ev->log, 0,
                          "MH0%d: %ui applications had not stopped after %M ms",
                          MH_E_SHUTDOWN_TIMEOUT,
                          ngx_http_modhost_apps_running(), (ngx_msec_t) waited);

            ngx_http_modhost_phase = ngx_http_modhost_over;
            return;
        }
    }

    ngx_add_timer(ev, waited < 1000 ? NGX_HTTP_MODHOST_DRAIN_TICK
                                    : NGX_HTTP_MODHOST_DRAIN_LATER);
}


void
ngx_http_modhost_exit_process(ngx_cycle_t *cycle)
{
    if (ngx_http_modhost_phase == ngx_http_modhost_idle) {
        return;
    }

    if (ngx_http_modhost_phase != ngx_http_modhost_over) {
        ngx_http_modhost_terminate(cycle);
    }

    ngx_http_modhost_phase = ngx_http_modhost_idle;

    ngx_http_modhost_link_close();
    ngx_http_modhost_loop_close();
    ngx_http_modhost_counters_leave();
}


/* For a message, without the event loop, which does not read the counter. */
static void
ngx_http_modhost_wait(int ms)
{
    uint64_t       count;
    struct pollfd  p;

    p.fd = ngx_http_modhost_queue.fd;
    p.events = POLLIN;

    while (poll(&p, 1, ms) == 1
           && read(p.fd, &count, sizeof(count)) == -1
           && ngx_errno == NGX_EINTR)
    {
        /* void */
    }
}


/* TERM, or "master_process off": a short wait, and the loop is over. */
static void
ngx_http_modhost_terminate(ngx_cycle_t *cycle)
{
    ngx_msec_t  now, until;

    ngx_http_modhost_abort_all(MODHOST_RESET_SHUTDOWN, 1);

    if (ngx_http_modhost_phase == ngx_http_modhost_running) {
        ngx_http_modhost_apps_stop();
    }

    ngx_http_modhost_apps_drained();

    ngx_time_update();
    now = ngx_current_msec;
    until = now + NGX_HTTP_MODHOST_TERM_WAIT;

    while (ngx_http_modhost_apps_running() != 0
           && (ngx_msec_int_t) (until - now) > 0)
    {
        ngx_http_modhost_wait((int) ngx_min(until - now, 10));

        ngx_http_modhost_loop_run();

        ngx_time_update();
        now = ngx_current_msec;
    }

    if (ngx_http_modhost_apps_running() != 0) {
        ngx_log_error(NGX_LOG_NOTICE, cycle->log, 0,
                      "MH0%d: %ui applications had no time to stop",
                      MH_E_SHUTDOWN_TIMEOUT, ngx_http_modhost_apps_running());
    }
}
