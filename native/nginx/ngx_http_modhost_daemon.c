/*
 * The supervisor, as nginx's master starts it, tells it of reloads, and waits
 * for its end. Process groups only: without any, nothing here does anything.
 */

#include "ngx_http_modhost.h"

#include "supervisor.h"


/* Beyond the longest shutdown-timeout: what the supervisor itself needs. */
#define NGX_HTTP_MODHOST_MASTER_GRACE  5000      /* ms                        */

/* Where a group has no limit: as long as the watchdog waits. */
#define NGX_HTTP_MODHOST_MASTER_MOST   60000     /* ms                        */


static ngx_int_t ngx_http_modhost_daemon_run(ngx_cycle_t *cycle,
    ngx_http_modhost_main_conf_t *mmcf, mh_error *error);
static void ngx_http_modhost_daemon_dismiss(void *data);
static ngx_int_t ngx_http_modhost_daemon_watch(ngx_cycle_t *cycle);


/*
 * The master's, for all its configurations; its workers inherit a copy. A
 * module that was replaced on disk is not loaded again at a reload, so this
 * stays the only one.
 */
static mh_supervisor   ngx_http_modhost_supervisor = { .lifeline = -1 };

/* The last configuration that has this module. */
static ngx_cycle_t    *ngx_http_modhost_supervisor_cycle;


ngx_int_t
ngx_http_modhost_daemon_init(ngx_cycle_t *cycle,
    ngx_http_modhost_main_conf_t *mmcf)
{
    mh_error  error;

    if (ngx_http_modhost_supervisor.directory[0] == '\0'
        && (mmcf == NULL || ngx_http_modhost_groups_used(mmcf) == 0))
    {
        return NGX_OK;
    }

    ngx_memzero(&error, sizeof(mh_error));

    if (ngx_http_modhost_daemon_watch(cycle) != NGX_OK) {
        (void) mh_fail(&error, MH_E_MEMORY, "out of memory");

    } else if (ngx_http_modhost_daemon_run(cycle, mmcf, &error) == NGX_OK) {
        return NGX_OK;
    }

    if (ngx_is_init_cycle(cycle->old_cycle)) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0, "MH0%ui: %s",
                      (ngx_uint_t) error.code, error.text);
        return NGX_ERROR;
    }

    /* a reload must not fail here: nginx would end */

    ngx_log_error(NGX_LOG_ERR, cycle->log, 0, "MH0%ui: %s",
                  (ngx_uint_t) error.code, error.text);

    return NGX_OK;
}


static ngx_int_t
ngx_http_modhost_daemon_run(ngx_cycle_t *cycle,
    ngx_http_modhost_main_conf_t *mmcf, mh_error *error)
{
    int                      log;
    mh_daemon_config         config;
    mh_supervisor_programs   programs;

    if (ngx_http_modhost_daemon_config(cycle, mmcf, &config) != NGX_OK) {
        (void) mh_fail(error, MH_E_MEMORY, "out of memory");
        return NGX_ERROR;
    }

    if (mh_supervisor_lives(&ngx_http_modhost_supervisor)) {
        return mh_supervisor_configure(&ngx_http_modhost_supervisor, &config,
                                       error);
    }

    if (config.group_count == 0) {
        (void) mh_supervisor_stop(&ngx_http_modhost_supervisor, 0);
        return NGX_OK;
    }

    if (ngx_http_modhost_supervisor.lifeline != -1
        && !ngx_http_modhost_supervisor.dismissed)
    {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "MH0%d: watchdog and supervisor are gone, or their "
                      "sockets in \"%s\" are; a new pair is started",
                      MH_E_SUPERVISOR_START,
                      ngx_http_modhost_supervisor.directory);
    }

    log = cycle->log->file != NULL
          && cycle->log->file->fd != NGX_INVALID_FILE
          ? cycle->log->file->fd : STDERR_FILENO;

    if (mh_supervisor_find(config.managed_directory, &programs, error) != 0) {
        return NGX_ERROR;
    }

    return mh_supervisor_start(&ngx_http_modhost_supervisor,
                               (char *) mmcf->run_directory.data, &programs,
                               log, &config, error);
}


/*
 * nginx has no hook for a module that a new configuration does not load: this
 * module's next init_module, which comes before the end of the old cycle's
 * pool, stays away.
 */
static ngx_int_t
ngx_http_modhost_daemon_watch(ngx_cycle_t *cycle)
{
    ngx_pool_cleanup_t  *cln;

    ngx_http_modhost_supervisor_cycle = cycle;

    cln = ngx_pool_cleanup_add(cycle->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_modhost_daemon_dismiss;
    cln->data = cycle;

    return NGX_OK;
}


/* The supervisor ends when the requests have that old workers still serve. */
static void
ngx_http_modhost_daemon_dismiss(void *data)
{
    ngx_cycle_t  *cycle = data;

    mh_daemon_config  config;

    /* the second: in workers, and in a master that ends */

    if (ngx_http_modhost_supervisor_cycle != cycle
        || ngx_http_modhost_supervisor.lifeline == -1)
    {
        return;
    }

    if (ngx_http_modhost_daemon_config(cycle, NULL, &config) == NGX_OK) {
        mh_supervisor_dismiss(&ngx_http_modhost_supervisor, &config);
    }
}


void
ngx_http_modhost_daemon_let_go(void)
{
    mh_supervisor_let_go(&ngx_http_modhost_supervisor);
}


const char *
ngx_http_modhost_daemon_directory(void)
{
    return ngx_http_modhost_supervisor.directory;
}


ngx_uint_t
ngx_http_modhost_daemon_generation(void)
{
    return ngx_http_modhost_supervisor.generation;
}


/*
 * nginx's workers are gone. Every worker of every group is now stopped; nobody
 * may think that nginx has ended before that.
 */
void
ngx_http_modhost_exit_master(ngx_cycle_t *cycle)
{
    ngx_uint_t                       i;
    ngx_msec_t                       wait, limit;
    ngx_http_modhost_main_conf_t    *mmcf;
    ngx_http_modhost_group_conf_t  **groups;

    if (ngx_http_modhost_supervisor.lifeline == -1) {
        return;
    }

    /* as nginx would after this: nobody may connect to a server that waits for
       its end, and the next one needs the ports */

    ngx_close_listening_sockets(cycle);

    mmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_modhost_module);
    wait = 0;

    if (mmcf != NULL) {
        groups = mmcf->groups.elts;

        for (i = 0; i < mmcf->groups.nelts; i++) {
            limit = groups[i]->settings.values[MH_DAEMON_shutdown_timeout]
                        .number;

            if (limit == 0) {
                limit = NGX_HTTP_MODHOST_MASTER_MOST;
            }

            wait = ngx_max(wait, limit);
        }
    }

    wait += NGX_HTTP_MODHOST_MASTER_GRACE;

    if (mh_supervisor_stop(&ngx_http_modhost_supervisor, wait) != 0) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "MH0%d: the supervisor had not stopped its workers after "
                      "%M ms", MH_E_SUPERVISOR_STOP, wait);
    }
}
