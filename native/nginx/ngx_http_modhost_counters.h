/*
 * The counters' shared memory.
 */

#ifndef NGX_HTTP_MODHOST_COUNTERS_H
#define NGX_HTTP_MODHOST_COUNTERS_H

#include "ngx_http_modhost.h"


#define NGX_HTTP_MODHOST_PROCESSES   128
#define NGX_HTTP_MODHOST_ENTRIES     128
#define NGX_HTTP_MODHOST_KEY         112


typedef struct {
    u_char                       key[NGX_HTTP_MODHOST_KEY];   /* "": free     */
    ngx_uint_t                   load;       /* the last that named it        */
    ngx_http_modhost_count_t     past;
} ngx_http_modhost_entry_t;

struct ngx_http_modhost_counters_s {
    ngx_uint_t                   loads;      /* of configurations             */
    ngx_http_modhost_process_t   processes[NGX_HTTP_MODHOST_PROCESSES];
    ngx_http_modhost_entry_t     entries[NGX_HTTP_MODHOST_ENTRIES];
};


/* Whether there is no such process; that of a free slot is gone. */
ngx_uint_t ngx_http_modhost_is_gone(ngx_pid_t pid);

/*
 * Of a new configuration, in the master, with the zone locked: each application
 * gets the entry that it had, or another one, or -1.
 */
void ngx_http_modhost_counters_entries(ngx_http_modhost_main_conf_t *mmcf);

#endif /* NGX_HTTP_MODHOST_COUNTERS_H */
