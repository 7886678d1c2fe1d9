/*
 * Daemon mode in a worker of nginx: the core's sockets as connections, its
 * clock, and the process groups as applications that requests are passed to.
 */

#include "ngx_http_modhost.h"


#define NGX_HTTP_MODHOST_TICK  200               /* ms                        */


static ngx_http_modhost_app_t *ngx_http_modhost_group_create(
    ngx_cycle_t *cycle, ngx_http_modhost_group_conf_t *conf);
static void ngx_http_modhost_socket_event(ngx_event_t *ev);
static void ngx_http_modhost_tick(ngx_event_t *ev);

static int ngx_http_modhost_socket_add(mh_socket *socket);
static void ngx_http_modhost_socket_update(mh_socket *socket);
static void ngx_http_modhost_socket_remove(mh_socket *socket);
static void ngx_http_modhost_group_changed(mh_group *group);
static void ngx_http_modhost_group_log(mh_group *group, uint32_t level,
    const mh_error *error);


static const mh_daemon_shim  ngx_http_modhost_shim = {
    .socket_add = ngx_http_modhost_socket_add,
    .socket_update = ngx_http_modhost_socket_update,
    .socket_remove = ngx_http_modhost_socket_remove,
    .flush_later = ngx_http_modhost_loop_flush_later,
    .group_changed = ngx_http_modhost_group_changed,
    .log = ngx_http_modhost_group_log
};

static ngx_event_t       ngx_http_modhost_tick_event;
static ngx_uint_t        ngx_http_modhost_link_opened;

/* A log at level debug prints the descriptor of each timer's connection. */
static ngx_connection_t  ngx_http_modhost_tick_dummy;


/* Groups first: the supervisor may tell of them as soon as there is a link. */
ngx_int_t
ngx_http_modhost_link_open(ngx_cycle_t *cycle,
    ngx_http_modhost_main_conf_t *mmcf)
{
    char                             path[NGX_MAX_PATH];
    mh_error                         error;
    ngx_uint_t                       i;
    ngx_core_conf_t                 *ccf;
    mh_daemon_options                options;
    ngx_http_modhost_app_t          *app;
    ngx_http_modhost_group_conf_t  **groups;

    groups = mmcf->groups.elts;

    for (i = 0; i < mmcf->groups.nelts; i++) {

        if (groups[i]->app == NULL) {
            continue;
        }

        app = ngx_http_modhost_group_create(cycle, groups[i]);
        if (app == NULL) {
            return NGX_ERROR;
        }

        groups[i]->app->app = app;
    }

    if (ngx_http_modhost_daemon_directory()[0] == '\0') {
        return NGX_OK;                       /* groups say that it failed     */
    }

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    ngx_memzero(&options, sizeof(mh_daemon_options));
    ngx_sprintf((u_char *) path, "%s/shim.sock%Z",
                ngx_http_modhost_daemon_directory());

    options.socket_path = path;
    options.kind = MODHOST_PEER_NGINX;
    options.generation = ngx_http_modhost_daemon_generation();
    options.index = ngx_process == NGX_PROCESS_WORKER ? ngx_worker : 0;
    options.count = ngx_process == NGX_PROCESS_WORKER ? ccf->worker_processes
                                                      : 1;

    if (mh_daemon_open(&options, &ngx_http_modhost_shim, &error) != 0) {
        ngx_log_error(NGX_LOG_CRIT, cycle->log, 0, "MH0%ui: %s",
                      (ngx_uint_t) error.code, error.text);
        return NGX_ERROR;
    }

    ngx_http_modhost_link_opened = 1;

    ngx_http_modhost_tick_dummy.fd = (ngx_socket_t) -1;

    ngx_http_modhost_tick_event.handler = ngx_http_modhost_tick;
    ngx_http_modhost_tick_event.data = &ngx_http_modhost_tick_dummy;
    ngx_http_modhost_tick_event.log = cycle->log;
    ngx_http_modhost_tick_event.cancelable = 1;

    ngx_add_timer(&ngx_http_modhost_tick_event, NGX_HTTP_MODHOST_TICK);

    return NGX_OK;
}


static ngx_http_modhost_app_t *
ngx_http_modhost_group_create(ngx_cycle_t *cycle,
    ngx_http_modhost_group_conf_t *conf)
{
    ngx_http_modhost_app_t  *app;

    app = ngx_http_modhost_app_create(cycle, conf->app);
    if (app == NULL) {
        return NULL;
    }

    app->group = mh_group_named((char *) conf->name.data);
    if (app->group == NULL) {
        return NULL;
    }

    app->name = (char *) conf->name.data;
    app->table = mh_channel_table();
    app->state = MODHOST_APP_STARTING;
    app->max_concurrency = 0;                /* credits limit it              */

    if (ngx_http_modhost_daemon_directory()[0] == '\0') {
        app->state = MODHOST_APP_FAILED;
        app->code = MH_E_SUPERVISOR_START;
        app->reason = "there is no supervisor";
    }

    mh_group_set_context(app->group, app);

    return ngx_http_modhost_number(app) == NGX_OK ? app : NULL;
}


/* Every exchange that is left ends as lost; nothing is heard of it any more. */
void
ngx_http_modhost_link_close(void)
{
    if (!ngx_http_modhost_link_opened) {
        return;
    }

    ngx_http_modhost_link_opened = 0;

    if (ngx_http_modhost_tick_event.timer_set) {
        ngx_del_timer(&ngx_http_modhost_tick_event);
    }

    ngx_http_modhost_loop_enter();

    mh_apps_flush();
    mh_daemon_flush();
    mh_daemon_close();

    ngx_http_modhost_loop_leave();
}


void
ngx_http_modhost_link_flush(void)
{
    if (ngx_http_modhost_link_opened) {
        mh_daemon_flush();
    }
}


static void
ngx_http_modhost_tick(ngx_event_t *ev)
{
    ngx_http_modhost_loop_enter();
    mh_daemon_tick(ngx_current_msec);
    ngx_http_modhost_loop_leave();

    ngx_add_timer(ev, NGX_HTTP_MODHOST_TICK);
}


/* Level-triggered: a worker that never stops sending is read in turns. */
static int
ngx_http_modhost_socket_add(mh_socket *socket)
{
    ngx_connection_t  *c;

    c = ngx_get_connection(socket->fd, ngx_cycle->log);
    if (c == NULL) {
        return -1;
    }

    c->data = socket;
    c->log = ngx_cycle->log;
    c->read->log = c->log;
    c->write->log = c->log;
    c->read->handler = ngx_http_modhost_socket_event;
    c->write->handler = ngx_http_modhost_socket_event;

    if (ngx_add_event(c->read, NGX_READ_EVENT, NGX_LEVEL_EVENT) != NGX_OK) {
        ngx_free_connection(c);
        c->fd = (ngx_socket_t) -1;
        return -1;
    }

    socket->level = true;
    socket->context = c;

    ngx_http_modhost_socket_update(socket);

    return 0;
}


static void
ngx_http_modhost_socket_update(mh_socket *socket)
{
    ngx_event_t  *wev;

    wev = ((ngx_connection_t *) socket->context)->write;

    if (socket->write_wanted && !wev->active) {
        (void) ngx_add_event(wev, NGX_WRITE_EVENT, NGX_LEVEL_EVENT);

    } else if (!socket->write_wanted && wev->active) {
        (void) ngx_del_event(wev, NGX_WRITE_EVENT, 0);
    }
}


static void
ngx_http_modhost_socket_remove(mh_socket *socket)
{
    ngx_connection_t  *c;

    c = socket->context;

    if (c->write->active) {
        (void) ngx_del_event(c->write, NGX_WRITE_EVENT, 0);
    }

    if (c->read->active) {
        (void) ngx_del_event(c->read, NGX_READ_EVENT, 0);
    }

    if (c->read->posted) {
        ngx_delete_posted_event(c->read);
    }

    if (c->write->posted) {
        ngx_delete_posted_event(c->write);
    }

    ngx_free_connection(c);
    c->fd = (ngx_socket_t) -1;

    socket->context = NULL;
}


static void
ngx_http_modhost_socket_event(ngx_event_t *ev)
{
    ngx_connection_t  *c;

    c = ev->data;
    ev->ready = 0;

    ngx_http_modhost_loop_enter();
    mh_socket_ready(c->data, !ev->write, ev->write);
    ngx_http_modhost_loop_leave();
}


/* Not now: whoever says so may be in the middle of a request. */
static void
ngx_http_modhost_group_changed(mh_group *group)
{
    ngx_http_modhost_app_t  *app;

    app = mh_group_context(group);

    if (app != NULL && !app->advance.posted) {
        ngx_post_event(&app->advance, &ngx_posted_events);
    }
}


static void
ngx_http_modhost_group_log(mh_group *group, uint32_t level,
    const mh_error *error)
{
    mh_str                   tag, text;
    u_char                   buf[sizeof("MH0000")];
    ngx_http_modhost_app_t  *app;

    app = group != NULL ? mh_group_context(group) : NULL;

    tag.data = buf;
    tag.length = ngx_sprintf(buf, "MH%04ud", error->code % 10000) - buf;

    text.data = (uint8_t *) error->text;
    text.length = ngx_strlen(error->text);

    ngx_http_modhost_log_event(app, level, tag, text);
}
