/*
 * What outlives a worker: the applications' folders, and the record of
 * workers that crashed.
 */

#include "ngx_http_modhost.h"


#define NGX_HTTP_MODHOST_SLOTS       256

/* A worker that lived this long starts with a clean record. */
#define NGX_HTTP_MODHOST_STEADY      60          /* seconds                   */
#define NGX_HTTP_MODHOST_LONGEST     60000       /* ms between two tries      */


/* One for each worker index, in shared memory. */
typedef struct {
    ngx_pid_t    pid;            /* of the worker that has it; 0: none        */
    ngx_uint_t   generation;     /* of the configuration it ran with          */
    time_t       started;
    ngx_uint_t   crashes;        /* in a row                                  */
} ngx_http_modhost_slot_t;

typedef struct {
    ngx_atomic_t             generation;
    ngx_http_modhost_slot_t  slots[NGX_HTTP_MODHOST_SLOTS];
} ngx_http_modhost_record_t;


static ngx_int_t ngx_http_modhost_crash_zone_init(ngx_shm_zone_t *zone,
    void *data);
static void ngx_http_modhost_make_directory(ngx_cycle_t *cycle,
    ngx_str_t *path, ngx_uint_t own);

static ngx_http_modhost_slot_t  *ngx_http_modhost_slot;


/*
 * <state directory>/<name>-<hash of the path>, so that two applications of one
 * name keep apart and an application keeps its folder when others come or go.
 */
ngx_int_t
ngx_http_modhost_state_paths(ngx_conf_t *cf, ngx_http_modhost_main_conf_t *mmcf)
{
    size_t                         len;
    ngx_uint_t                     i;
    ngx_http_modhost_app_conf_t   *app, **apps;

    if (mmcf->state_directory.len == 0) {
        if (geteuid() == 0) {
            ngx_str_set(&mmcf->state_directory, "/var/lib/modhost");
        } else {
            ngx_str_set(&mmcf->state_directory, "modhost_state");
        }
    }

    if (ngx_conf_full_name(cf->cycle, &mmcf->state_directory, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    apps = mmcf->apps.elts;

    for (i = 0; i < mmcf->apps.nelts; i++) {
        app = apps[i];
        len = mmcf->state_directory.len + 1 + app->name.len + 1 + 8;

        app->state_directory.data = ngx_pnalloc(cf->pool, len + 1);
        if (app->state_directory.data == NULL) {
            return NGX_ERROR;
        }

        app->state_directory.len =
            ngx_sprintf(app->state_directory.data, "%V/%V-%08xD%Z",
                        &mmcf->state_directory, &app->name,
                        ngx_crc32_long((u_char *) app->spec.path,
                                       ngx_strlen(app->spec.path)))
            - app->state_directory.data - 1;
    }

    if (mmcf->apps.nelts == 0) {
        return NGX_OK;
    }

    if (mmcf->apps.nelts == 1) {
        mmcf->home = apps[0]->state_directory;
        return NGX_OK;
    }

    mmcf->home.data = ngx_pnalloc(cf->pool, mmcf->state_directory.len
                                            + sizeof("/home"));
    if (mmcf->home.data == NULL) {
        return NGX_ERROR;
    }

    mmcf->home.len = ngx_sprintf(mmcf->home.data, "%V/home%Z",
                                 &mmcf->state_directory)
                     - mmcf->home.data - 1;

    return NGX_OK;
}


/* In the master, often root. What fails is logged: apps can do without it. */
void
ngx_http_modhost_state_create(ngx_cycle_t *cycle,
    ngx_http_modhost_main_conf_t *mmcf)
{
    ngx_uint_t                     i;
    ngx_http_modhost_app_conf_t  **apps;

    ngx_http_modhost_make_directory(cycle, &mmcf->state_directory, 0);

    if (mmcf->apps.nelts > 1) {
        ngx_http_modhost_make_directory(cycle, &mmcf->home, 1);
    }

    apps = mmcf->apps.elts;

    for (i = 0; i < mmcf->apps.nelts; i++) {
        ngx_http_modhost_make_directory(cycle, &apps[i]->state_directory, 1);
    }
}


static void
ngx_http_modhost_make_directory(ngx_cycle_t *cycle, ngx_str_t *path,
    ngx_uint_t own)
{
    int               fd;
    mode_t            mode, mask;
    struct stat       st;
    ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    mode = own ? 0700 : 0711;
    mask = umask(0);

    if (mkdir((char *) path->data, mode) == -1 && ngx_errno != NGX_EEXIST) {
        umask(mask);
        goto failed;
    }

    umask(mask);

    /* by descriptor: nobody can put a link there in between */

    fd = open((char *) path->data, O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC);
    if (fd == -1) {
        goto failed;
    }

    if (own && fstat(fd, &st) == 0) {

        if (geteuid() == 0 && ccf->user != (ngx_uid_t) NGX_CONF_UNSET_UINT
            && st.st_uid != ccf->user && fchown(fd, ccf->user, -1) == -1)
        {
            close(fd);
            goto failed;
        }

        if ((st.st_mode & 0777) != mode && fchmod(fd, mode) == -1) {
            close(fd);
            goto failed;
        }
    }

    close(fd);

    return;

failed:

    ngx_log_error(NGX_LOG_WARN, cycle->log, ngx_errno,
                  "MH0%d: the state directory \"%V\" cannot be used",
                  MH_E_STATE_DIRECTORY, path);
}


ngx_int_t
ngx_http_modhost_crash_zone(ngx_conf_t *cf, ngx_http_modhost_main_conf_t *mmcf)
{
    ngx_str_t  name = ngx_string("modhost_crash_record");

    mmcf->zone = ngx_shared_memory_add(cf, &name, 16 * ngx_pagesize,
                                       &ngx_http_modhost_module);
    if (mmcf->zone == NULL) {
        return NGX_ERROR;
    }

    mmcf->zone->init = ngx_http_modhost_crash_zone_init;
    mmcf->zone->data = mmcf;

    return NGX_OK;
}


/* Each configuration is a new chance: it starts with its own generation. */
static ngx_int_t
ngx_http_modhost_crash_zone_init(ngx_shm_zone_t *zone, void *data)
{
    ngx_slab_pool_t            *pool;
    ngx_http_modhost_record_t  *record;

    pool = (ngx_slab_pool_t *) zone->shm.addr;

    if (data != NULL || zone->shm.exists) {
        record = pool->data;

    } else {
        record = ngx_slab_calloc(pool, sizeof(ngx_http_modhost_record_t));
        if (record == NULL) {
            return NGX_ERROR;
        }
        pool->data = record;
    }

    if (record != NULL && !ngx_test_config) {
        (void) ngx_atomic_fetch_add(&record->generation, 1);
    }

    return NGX_OK;
}


ngx_msec_t
ngx_http_modhost_crash_enter(ngx_cycle_t *cycle,
    ngx_http_modhost_main_conf_t *mmcf)
{
    ngx_msec_t                  wait;
    ngx_pid_t                   before;
    ngx_slab_pool_t            *pool;
    ngx_http_modhost_slot_t    *slot;
    ngx_http_modhost_record_t  *record;

    if (mmcf->zone == NULL || ngx_worker >= NGX_HTTP_MODHOST_SLOTS) {
        return 0;
    }

    pool = (ngx_slab_pool_t *) mmcf->zone->shm.addr;
    record = pool->data;

    if (record == NULL) {
        return 0;
    }

    slot = &record->slots[ngx_worker];
    before = slot->generation == record->generation ? slot->pid : 0;

    if (before == 0 || ngx_time() - slot->started > NGX_HTTP_MODHOST_STEADY) {
        slot->crashes = 0;
    }

    if (before != 0) {
        slot->crashes++;
    }

    slot->generation = record->generation;
    slot->pid = ngx_pid;
    slot->started = ngx_time();
    ngx_http_modhost_slot = slot;

    if (before == 0) {
        return 0;
    }

    /* one crash may happen; from the second in a row on it is a habit */

    wait = slot->crashes < 2 ? 0
           : (ngx_msec_t) 1000 << ngx_min(slot->crashes - 2, 6);
    wait = ngx_min(wait, NGX_HTTP_MODHOST_LONGEST);

    ngx_log_error(NGX_LOG_ERR, cycle->log, 0,
                  "MH0%d: worker process %P ended unexpectedly, %ui in a row; "
                  "applications start in %M ms", MH_E_WORKER_CRASHED, before,
                  slot->crashes, wait);

    return wait;
}


void
ngx_http_modhost_crash_leave(void)
{
    if (ngx_http_modhost_slot != NULL && ngx_http_modhost_slot->pid == ngx_pid)
    {
        ngx_http_modhost_slot->pid = 0;
        ngx_http_modhost_slot = NULL;
    }
}
