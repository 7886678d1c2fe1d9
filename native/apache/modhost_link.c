/*
 * Daemon mode in a child: the core's sockets among what the monitor watches,
 * its clock, and the process groups as applications that requests are passed
 * to. The shim's functions are called under the daemon lock, on any thread.
 */

#include "mod_modhost.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>


#define TICK  200u                   /* ms                                    */


/* A socket of the core's; guarded by the daemon lock. */
typedef struct watched {
    struct watched  *next;
    mh_socket       *socket;
    uint64_t         id;             /* never used again                      */
} watched;

static int                 epoll_fd = -1;
static watched            *watched_first;
static uint64_t            last_id;
static mod_modhost_app   **groups;
static unsigned            group_count;
static bool                opened;   /* the link                              */
static uint64_t            tick_at;


static int
watch(int operation, const watched *item)
{
    struct epoll_event  event;

    event.events = EPOLLIN
                   | (item->socket->write_wanted ? (uint32_t) EPOLLOUT : 0);
    event.data.u64 = item->id;

    return epoll_ctl(epoll_fd, operation, item->socket->fd, &event);
}


/* Level-triggered: a worker that never stops sending is read in turns. */
static int
socket_add(mh_socket *socket)
{
    watched  *item;

    item = malloc(sizeof(*item));

    if (item == NULL) {
        return -1;
    }

    item->socket = socket;
    item->id = ++last_id;

    if (watch(EPOLL_CTL_ADD, item) == -1) {
        free(item);
        return -1;
    }

    item->next = watched_first;
    watched_first = item;

    socket->context = item;
    socket->level = true;

    return 0;
}


static void
socket_update(mh_socket *socket)
{
    (void) watch(EPOLL_CTL_MOD, socket->context);
}


static void
socket_remove(mh_socket *socket)
{
    watched  *item, **at;

    item = socket->context;
    socket->context = NULL;

    (void) epoll_ctl(epoll_fd, EPOLL_CTL_DEL, socket->fd, NULL);

    for (at = &watched_first; *at != item; at = &(*at)->next) {
        /* void */
    }

    *at = item->next;
    free(item);
}


/* Whoever gathers frames sends them before it gives the lock back. */
static void
flush_later(void)
{
    /* void */
}


/* Not now: whoever says so may be in the middle of a request. */
static void
group_changed(mh_group *group)
{
    mod_modhost_app  *app;

    app = mh_group_context(group);

    if (app != NULL && !atomic_exchange(&app->changed, true)) {
        mod_modhost_monitor_wake();
    }
}


static void
group_log(mh_group *group, uint32_t level, const mh_error *error)
{
    mod_modhost_log_tagged(group != NULL ? mh_group_context(group) : NULL,
                           level, error->code, error->text);
}


static const mh_daemon_shim  shim = {
    .socket_add = socket_add,
    .socket_update = socket_update,
    .socket_remove = socket_remove,
    .flush_later = flush_later,
    .group_changed = group_changed,
    .log = group_log
};


void
mod_modhost_link_ready(uint64_t id, bool readable, bool writable)
{
    watched  *item;

    mh_queues_hold();
    mod_modhost_daemon_lock();

    for (item = watched_first; item != NULL; item = item->next) {

        if (item->id == id) {
            mh_socket_ready(item->socket, readable, writable);
            mh_daemon_flush();
            break;
        }
    }

    mod_modhost_daemon_unlock();
    mh_queues_let();
}


unsigned
mod_modhost_link_tick(uint64_t now, unsigned most)
{
    unsigned  i;

    for (i = 0; i < group_count; i++) {
        if (atomic_exchange(&groups[i]->changed, false)) {
            mod_modhost_group_advance(groups[i]);
        }
    }

    if (!opened) {
        return most;
    }

    if (now >= tick_at) {
        tick_at = now + TICK;

        mod_modhost_daemon_lock();
        mh_daemon_tick(now);
        mh_daemon_flush();
        mod_modhost_daemon_unlock();

        mod_modhost_stuck_tick(now);
    }

    return tick_at - now < most ? (unsigned) (tick_at - now) : most;
}


static mod_modhost_app *
group_make(const mod_modhost_group_conf *conf, mh_counters *counters,
    bool supervised)
{
    mod_modhost_app  *app;

    app = mod_modhost_app_make(conf->app, counters);

    if (app == NULL) {
        return NULL;
    }

    app->group = mh_group_named(conf->name);

    if (app->group == NULL || mod_modhost_app_number(app) != 0) {
        return NULL;
    }

    app->name = conf->name;
    app->table = mod_modhost_channel_table();
    app->state = MODHOST_APP_STARTING;

    if (!supervised) {
        app->state = MODHOST_APP_FAILED;
        app->code = MH_E_SUPERVISOR_START;
        app->reason = strdup("there is no supervisor");
    }

    mh_group_set_context(app->group, app);

    return app;
}


static int
groups_make(const mod_modhost_parent *parent)
{
    int                      i;
    apr_array_header_t      *list;
    mod_modhost_app         *app;
    mod_modhost_group_conf  *conf;

    list = mod_modhost_main->groups;
    groups = calloc((size_t) list->nelts + 1, sizeof(*groups));

    if (groups == NULL) {
        return -1;
    }

    for (i = 0; i < list->nelts; i++) {
        conf = APR_ARRAY_IDX(list, i, mod_modhost_group_conf *);

        if (conf->app == NULL) {
            continue;
        }

        app = group_make(conf, parent->counters,
                         parent->supervisor.directory[0] != '\0');
        if (app == NULL) {
            return -1;
        }

        groups[group_count++] = app;
    }

    return 0;
}


/* Groups first: the supervisor may tell of them as soon as there is a link. */
int
mod_modhost_link_open(server_rec *server, int epoll)
{
    int                  daemons, rc;
    char                 path[MH_INSTANCE_MAX + sizeof("/shim.sock")];
    mh_error             error;
    mh_daemon_options    options;
    mod_modhost_parent  *parent;

    epoll_fd = epoll;
    parent = mod_modhost_parent_of(server);

    if (groups_make(parent) != 0) {
        return -1;
    }

    if (group_count == 0 || parent->supervisor.directory[0] == '\0') {
        return 0;
    }

    daemons = 1;
    (void) ap_mpm_query(AP_MPMQ_MAX_DAEMONS, &daemons);
    (void) snprintf(path, sizeof(path), "%s/shim.sock",
                    parent->supervisor.directory);

    memset(&options, 0, sizeof(options));

    options.socket_path = path;
    options.kind = MODHOST_PEER_APACHE;
    options.generation = parent->supervisor.generation;
    options.count = daemons > 0 ? (uint32_t) daemons : 1;
    options.index = mod_modhost_slot() > 0
                    ? (uint32_t) mod_modhost_slot() % options.count : 0;

    mod_modhost_daemon_lock();
    rc = mh_daemon_open(&options, &shim, &error);

    if (rc == 0) {
        mh_daemon_flush();
    }

    mod_modhost_daemon_unlock();

    if (rc != 0) {
        mod_modhost_log_error(server, APLOG_CRIT, &error);
        return -1;
    }

    opened = true;

    return 0;
}


/* Every exchange that is left ends as lost; nothing is heard of it any more. */
void
mod_modhost_link_close(void)
{
    if (!opened) {
        return;
    }

    opened = false;

    mod_modhost_daemon_lock();
    mh_daemon_flush();
    mh_daemon_close();
    mod_modhost_daemon_unlock();
}


bool
mod_modhost_link_status(mh_daemon_status_text *text)
{
    bool  is;

    mod_modhost_daemon_lock();
    is = opened && mh_daemon_status(text);
    mod_modhost_daemon_unlock();

    return is;
}
