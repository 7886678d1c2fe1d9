/*
 * Counters in shared memory, so that any process can tell of all. Each worker
 * process has a slot of its own and adds without locks; what a slot has
 * gathered goes to the sum of the past when its process ends, or is found dead.
 */

#include "ngx_http_modhost_counters.h"


#define NGX_HTTP_MODHOST_ZONE_SIZE   (4 * 1024 * 1024)
#define NGX_HTTP_MODHOST_STATS_TICK  1000        /* ms                        */


static ngx_int_t ngx_http_modhost_counters_init(ngx_shm_zone_t *zone,
    void *data);
static void ngx_http_modhost_counters_fold(
    ngx_http_modhost_counters_t *counters,
    ngx_http_modhost_process_t *process);
static void ngx_http_modhost_stats_timer(ngx_event_t *ev);


/* Where there is no slot: counted, and never read. */
static ngx_http_modhost_count_t      ngx_http_modhost_uncounted;

static ngx_http_modhost_process_t   *ngx_http_modhost_process;
static ngx_slab_pool_t              *ngx_http_modhost_counters_pool;
static ngx_event_t                   ngx_http_modhost_stats_event;


ngx_int_t
ngx_http_modhost_counters_zone(ngx_conf_t *cf,
    ngx_http_modhost_main_conf_t *mmcf)
{
    ngx_str_t  name = ngx_string("modhost_counters");

    mmcf->counters_zone = ngx_shared_memory_add(cf, &name,
                                                NGX_HTTP_MODHOST_ZONE_SIZE,
                                                &ngx_http_modhost_module);
    if (mmcf->counters_zone == NULL) {
        return NGX_ERROR;
    }

    mmcf->counters_zone->init = ngx_http_modhost_counters_init;
    mmcf->counters_zone->data = mmcf;

    return NGX_OK;
}


static ngx_int_t
ngx_http_modhost_counters_init(ngx_shm_zone_t *zone, void *data)
{
    ngx_slab_pool_t               *pool;
    ngx_http_modhost_counters_t   *counters;
    ngx_http_modhost_main_conf_t  *mmcf;

    mmcf = zone->data;
    pool = (ngx_slab_pool_t *) zone->shm.addr;

    if (data != NULL || zone->shm.exists) {
        counters = pool->data;

    } else {
        counters = ngx_slab_calloc(pool, sizeof(ngx_http_modhost_counters_t));
        pool->data = counters;
    }

    if (counters == NULL) {
        return NGX_ERROR;
    }

    mmcf->counters = counters;

    ngx_shmtx_lock(&pool->mutex);

    mmcf->counters_load = ++counters->loads;
    ngx_http_modhost_counters_entries(mmcf);

    ngx_shmtx_unlock(&pool->mutex);

    return NGX_OK;
}


ngx_uint_t
ngx_http_modhost_is_gone(ngx_pid_t pid)
{
    return pid == 0 || (kill(pid, 0) == -1 && ngx_errno == ESRCH);
}


void
ngx_http_modhost_counters_enter(ngx_cycle_t *cycle,
    ngx_http_modhost_main_conf_t *mmcf)
{
    ngx_uint_t                    i;
    ngx_slab_pool_t              *pool;
    ngx_http_modhost_process_t   *process;

    if (mmcf->counters == NULL) {
        return;
    }

    pool = (ngx_slab_pool_t *) mmcf->counters_zone->shm.addr;

    ngx_shmtx_lock(&pool->mutex);

    for (i = 0; i < NGX_HTTP_MODHOST_PROCESSES; i++) {
        process = &mmcf->counters->processes[i];

        if (!ngx_http_modhost_is_gone(process->pid)) {
            continue;
        }

        ngx_http_modhost_counters_fold(mmcf->counters, process);

        if (process->counts == NULL) {
            process->counts = ngx_slab_calloc_locked(pool,
                                    NGX_HTTP_MODHOST_ENTRIES
                                    * sizeof(ngx_http_modhost_count_t));
        }

        if (process->counts != NULL) {
            process->pid = ngx_pid;
            process->load = mmcf->counters_load;
            ngx_http_modhost_process = process;
            ngx_http_modhost_counters_pool = pool;
        }

        break;
    }

    ngx_shmtx_unlock(&pool->mutex);

    if (ngx_http_modhost_process == NULL) {
        ngx_log_error(NGX_LOG_NOTICE, cycle->log, 0,
                      "modhost: no room for the counters of this process");
        return;
    }

    if (mmcf->status) {
        ngx_http_modhost_stats_event.handler = ngx_http_modhost_stats_timer;
        ngx_http_modhost_stats_event.log = cycle->log;
        ngx_http_modhost_stats_event.cancelable = 1;

        ngx_add_timer(&ngx_http_modhost_stats_event,
                      NGX_HTTP_MODHOST_STATS_TICK);
    }
}


void
ngx_http_modhost_counters_leave(ngx_http_modhost_main_conf_t *mmcf)
{
    if (ngx_http_modhost_process == NULL) {
        return;
    }

    ngx_shmtx_lock(&ngx_http_modhost_counters_pool->mutex);

    ngx_http_modhost_counters_fold(mmcf->counters, ngx_http_modhost_process);
    ngx_http_modhost_process->pid = 0;

    ngx_shmtx_unlock(&ngx_http_modhost_counters_pool->mutex);

    ngx_http_modhost_process = NULL;

    if (ngx_http_modhost_stats_event.timer_set) {
        ngx_del_timer(&ngx_http_modhost_stats_event);
    }
}


ngx_http_modhost_count_t *
ngx_http_modhost_count(ngx_http_modhost_app_conf_t *conf)
{
    return ngx_http_modhost_process != NULL && conf->entry >= 0
           ? &ngx_http_modhost_process->counts[conf->entry]
           : &ngx_http_modhost_uncounted;
}


static void
ngx_http_modhost_count_add(ngx_http_modhost_count_t *sum,
    const ngx_http_modhost_count_t *part, ngx_uint_t lives)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_MODHOST_CLASSES; i++) {
        sum->requests[i] += part->requests[i];
    }

    sum->queue_ms += part->queue_ms;
    sum->app_ms += part->app_ms;
    sum->queue_full += part->queue_full;
    sum->queue_timeouts += part->queue_timeouts;
    sum->unavailable += part->unavailable;
    sum->request_timeouts += part->request_timeouts;
    sum->lost += part->lost;
    sum->retried += part->retried;
    sum->failures += part->failures;

    if (lives) {
        sum->in_flight += part->in_flight;
        sum->waiting += part->waiting;

        for (i = 0; i < NGX_HTTP_MODHOST_STATES; i++) {
            sum->states[i] += part->states[i];
        }
    }
}


/* Locked. What a process counted is the past's; it begins with nothing. */
static void
ngx_http_modhost_counters_fold(ngx_http_modhost_counters_t *counters,
    ngx_http_modhost_process_t *process)
{
    ngx_uint_t  i;

    if (process->counts == NULL || process->pid == 0) {
        return;
    }

    for (i = 0; i < NGX_HTTP_MODHOST_ENTRIES; i++) {
        ngx_http_modhost_count_add(&counters->entries[i].past,
                                   &process->counts[i], 0);
    }

    ngx_memzero(process->counts, NGX_HTTP_MODHOST_ENTRIES
                                 * sizeof(ngx_http_modhost_count_t));
    ngx_memzero(&process->stats, sizeof(ngx_http_modhost_stats_t));
}


/* Without a lock: numbers may be a request apart, and are whole each. */
void
ngx_http_modhost_counters_sum(ngx_http_modhost_main_conf_t *mmcf,
    ngx_http_modhost_app_conf_t *conf, ngx_http_modhost_count_t *sum)
{
    ngx_uint_t                   i;
    ngx_http_modhost_process_t  *process;

    ngx_memzero(sum, sizeof(ngx_http_modhost_count_t));

    if (mmcf->counters == NULL || conf->entry < 0) {
        return;
    }

    ngx_http_modhost_count_add(sum, &mmcf->counters->entries[conf->entry].past,
                               0);

    for (i = 0; i < NGX_HTTP_MODHOST_PROCESSES; i++) {
        process = &mmcf->counters->processes[i];

        if (process->pid != 0 && process->counts != NULL) {
            ngx_http_modhost_count_add(sum, &process->counts[conf->entry],
                                    !ngx_http_modhost_is_gone(process->pid));
        }
    }
}


ngx_http_modhost_process_t *
ngx_http_modhost_counters_next(ngx_http_modhost_main_conf_t *mmcf,
    ngx_uint_t *i)
{
    ngx_http_modhost_process_t  *process;

    while (mmcf->counters != NULL && *i < NGX_HTTP_MODHOST_PROCESSES) {
        process = &mmcf->counters->processes[(*i)++];

        if (!ngx_http_modhost_is_gone(process->pid)) {
            return process;
        }
    }

    return NULL;
}


/* What this process uses, for all to read. */
static void
ngx_http_modhost_stats_timer(ngx_event_t *ev)
{
    FILE                       *file;
    unsigned long               size, resident;
    ngx_http_modhost_stats_t    stats;

    ngx_memzero(&stats, sizeof(ngx_http_modhost_stats_t));

    file = fopen("/proc/self/statm", "re");

    if (file != NULL) {
        if (fscanf(file, "%lu %lu", &size, &resident) == 2) {
            stats.resident_bytes = (uint64_t) resident * ngx_pagesize;
        }

        (void) fclose(file);
    }

    ngx_http_modhost_apps_stats(&stats);

    ngx_http_modhost_process->stats = stats;

    ngx_add_timer(ev, NGX_HTTP_MODHOST_STATS_TICK);
}
