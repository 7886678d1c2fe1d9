/*
 * The two texts of modhost_status.
 */

#ifndef NGX_HTTP_MODHOST_STATUS_H
#define NGX_HTTP_MODHOST_STATUS_H

#include "ngx_http_modhost.h"

#include "json_write.h"

/* A text that grows; zeroed to begin with, `data` is freed by free(). */
typedef struct {
    char     *data;
    size_t    length;
    size_t    capacity;
    unsigned  failed:1;
} ngx_http_modhost_text_t;

/* By MODHOST_APP_*. */
extern const char  *ngx_http_modhost_state_names[NGX_HTTP_MODHOST_STATES];

ngx_int_t ngx_http_modhost_status_handler(ngx_http_request_t *r);

/* `groups`: the supervisor's, a JSON array or empty. */
void ngx_http_modhost_status_json(ngx_http_request_t *r, mh_str groups,
    mh_json_writer *json);

/* `groups`: the supervisor's, whole lines or empty. */
void ngx_http_modhost_status_metrics(ngx_http_request_t *r, mh_str groups,
    ngx_http_modhost_text_t *lines);

#endif /* NGX_HTTP_MODHOST_STATUS_H */
