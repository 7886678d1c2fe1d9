/*
 * A request head while it is counted and written; the loop's stack.
 */

#ifndef NGX_HTTP_MODHOST_HEAD_H
#define NGX_HTTP_MODHOST_HEAD_H

#include "ngx_http_modhost.h"

/* What both passes need. */
typedef struct {
    ngx_http_request_t         *request;
    mh_str                      base;
    mh_str                      path;
    mh_str                      target;
    mh_str                      host;        /* where the client sent none    */
    ngx_str_t                  *values;      /* of the variables              */
    ngx_uint_t                  variables;
    ngx_uint_t                  headers;
    size_t                      text;
    unsigned                    has_body:1;
    unsigned                    query_mark:1;    /* an empty query was sent   */
    ngx_http_modhost_client_t   client;      /* last: clears itself           */
} ngx_http_modhost_head_t;

/* Before counting: the target as it was sent; Host, where none was. */
void ngx_http_modhost_head_host(ngx_http_modhost_head_t *head);
void ngx_http_modhost_head_target(ngx_http_modhost_head_t *head);

void ngx_http_modhost_head_fields(ngx_http_modhost_head_t *head,
    mh_head_writer *w);
/* Whether the client asked for an upgrade, and may get one. */
ngx_uint_t ngx_http_modhost_upgradable(ngx_http_request_t *r);

#endif /* NGX_HTTP_MODHOST_HEAD_H */
