/*
 * The monitor: one thread of a child, beside the handlers. It takes what
 * belongs to no exchange (states of applications, log lines), keeps the time of
 * starts and of the end, and looks after handler threads that an application
 * holds up. It touches no request.
 */

#include "mod_modhost.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <time.h>


#define TICK_BUSY   100u             /* ms; with requests on their way        */
#define TICK_IDLE   500u             /* ms                                    */
#define TICK_USAGE  1000u            /* ms                                    */

#define EVENTS      64               /* taken at once                         */


static mh_queue         queue;
static int              epoll_fd;
static pthread_t        thread;
static bool             running;     /* the thread was started                */

/* guarded by `lock` */
static pthread_mutex_t  lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t   changed;
static bool             drained;     /* no request will come any more         */
static bool             over;        /* the thread has done its work          */


int
mod_modhost_monitor_open(server_rec *server)
{
    mh_error            error;
    pthread_condattr_t  attributes;
    struct epoll_event  event;

    if (mh_queue_open(&queue, &error) != 0) {
        mod_modhost_log_error(server, APLOG_ALERT, &error);
        return -1;
    }

    event.events = EPOLLIN;
    event.data.u64 = 0;
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);

    if (epoll_fd == -1
        || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, queue.fd, &event) == -1)
    {
        ap_log_error(APLOG_MARK, APLOG_ALERT, errno, server,
                     "MH%04u: epoll cannot be used", MH_E_SYSTEM);
        return -1;
    }

    (void) pthread_condattr_init(&attributes);
    (void) pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void) pthread_cond_init(&changed, &attributes);
    (void) pthread_condattr_destroy(&attributes);

    mh_server_set_queue(&queue);

    return mod_modhost_link_open(server, epoll_fd);
}


static void
log_message(const mh_message *message)
{
    mh_str  category, text;

    category.data = (const uint8_t *) message->text;
    category.length = message->category_length;
    text.data = category.data + category.length;
    text.length = message->text_length;

    mod_modhost_log_event(mod_modhost_app_numbered(message->app),
                          message->state, category, text);
}


static void
messages_take(void)
{
    mh_message  *message, *next;

    for (message = mh_queue_take(&queue); message != NULL; message = next) {
        next = message->next;

        if (message->kind == MH_MESSAGE_LOG) {
            log_message(message);
        } else {
            mod_modhost_app_state(message);
        }

        mh_message_done(message);
    }
}


static void
usage_tell(uint64_t now)
{
    mh_usage  usage;

    static uint64_t  due;

    if (now < due || mod_modhost_slot() == -1) {
        return;
    }

    due = now + TICK_USAGE;

    mh_usage_resident(&usage);
    mod_modhost_apps_usage(&usage);

    mh_counters_use(mod_modhost_parent_of(ap_server_conf)->counters,
                    mod_modhost_slot(), &usage);
}


/* However often something else wakes it. */
static void
lanes_look(uint64_t now)
{
    static uint64_t  due;

    if (now >= due) {
        due = now + TICK_BUSY;
        mod_modhost_lanes_look(now);
    }
}


static bool
is_drained(void)
{
    bool  is;

    (void) pthread_mutex_lock(&lock);
    is = drained;
    (void) pthread_mutex_unlock(&lock);

    return is;
}


/* One turn; how long the next may be away. */
static unsigned
turn(void)
{
    uint64_t  now;
    unsigned  wait;

    messages_take();

    now = mod_modhost_now();
    wait = mod_modhost_staying() != 0 ? TICK_BUSY : TICK_IDLE;

    if (mod_modhost_stop_asked()) {
        mod_modhost_apps_stop();
    }

    wait = mod_modhost_apps_tick(now, wait);
    wait = mod_modhost_link_tick(now, wait);
    wait = mod_modhost_stop_tick(now, wait);

    lanes_look(now);
    usage_tell(now);

    return wait;
}


/* Sockets of daemon mode; the queue is looked at in any case. */
static void
events_wait(unsigned ms)
{
    int                 i, count;
    struct epoll_event  events[EVENTS];

    count = epoll_wait(epoll_fd, events, EVENTS, (int) ms);

    for (i = 0; i < count; i++) {
        if (events[i].data.u64 != 0) {
            mod_modhost_link_ready(events[i].data.u64,
                                   (events[i].events & ~EPOLLOUT) != 0,
                                   (events[i].events & EPOLLOUT) != 0);
        }
    }
}


static void *
monitor_run(void *unused)
{
    bool      told;
    unsigned  wait;

    (void) unused;

    told = false;

    for ( ;; ) {
        wait = turn();

        if (!told && (is_drained()
                      || mod_modhost_drain_due(mod_modhost_now())))
        {
            told = true;
            mod_modhost_apps_drained();
        }

        if (is_drained() && mod_modhost_apps_running() == 0) {
            break;
        }

        events_wait(wait);
    }

    messages_take();
    mod_modhost_link_close();

    (void) pthread_mutex_lock(&lock);
    over = true;
    (void) pthread_cond_signal(&changed);
    (void) pthread_mutex_unlock(&lock);

    return NULL;
}


int
mod_modhost_monitor_start(void)
{
    int       rc;
    sigset_t  all, saved;

    (void) sigfillset(&all);
    (void) pthread_sigmask(SIG_SETMASK, &all, &saved);

    rc = pthread_create(&thread, NULL, monitor_run, NULL);

    (void) pthread_sigmask(SIG_SETMASK, &saved, NULL);

    if (rc != 0) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, rc, ap_server_conf,
                     "MH%04u: a thread cannot be started", MH_E_LOOP);
        return -1;
    }

    running = true;

    return 0;
}


void
mod_modhost_monitor_wake(void)
{
    mh_queue_poke(&queue);
}


int
mod_modhost_monitor_stop(uint64_t until)
{
    int              rc;
    struct timespec  limit;

    if (!running) {
        return 0;
    }

    running = false;

    limit.tv_sec = (time_t) (until / 1000);
    limit.tv_nsec = (long) (until % 1000) * 1000000;

    (void) pthread_mutex_lock(&lock);

    drained = true;
    mod_modhost_monitor_wake();

    for (rc = 0; !over && rc == 0; ) {
        rc = pthread_cond_timedwait(&changed, &lock, &limit);
    }

    rc = over ? 0 : -1;

    (void) pthread_mutex_unlock(&lock);

    if (rc == 0) {
        (void) pthread_join(thread, NULL);
    }

    return rc;
}
