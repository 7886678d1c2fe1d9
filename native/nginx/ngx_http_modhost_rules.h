/*
 * Response headers that nginx has to know of.
 */

#ifndef NGX_HTTP_MODHOST_RULES_H
#define NGX_HTTP_MODHOST_RULES_H

#include "ngx_http_modhost.h"

typedef ngx_int_t (*ngx_http_modhost_header_pt)(ngx_http_modhost_ctx_t *ctx,
    mh_str name, mh_str value);

/* By number. A header that is not named here goes to the client as it is. */
typedef struct {
    ngx_http_modhost_header_pt   handler;
    ngx_uint_t                   redirect;   /* stays with X-Accel-Redirect   */
} ngx_http_modhost_rule_t;

/* Never NULL, and neither is its handler. */
const ngx_http_modhost_rule_t *ngx_http_modhost_header_rule(unsigned known);

#endif /* NGX_HTTP_MODHOST_RULES_H */
