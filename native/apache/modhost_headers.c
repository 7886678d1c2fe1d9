/*
 * Response fields: what Apache must know of itself, and what belongs to the
 * connection and not to the application.
 */

#include "modhost_request.h"

#include <http_connection.h>


typedef void (*header_pt)(mod_modhost_ctx *ctx, const char *name,
    const char *value, apr_table_t *to);

static void header_plain(mod_modhost_ctx *ctx, const char *name,
    const char *value, apr_table_t *to);
static void header_drop(mod_modhost_ctx *ctx, const char *name,
    const char *value, apr_table_t *to);
static void header_connection(mod_modhost_ctx *ctx, const char *name,
    const char *value, apr_table_t *to);
static void header_upgrade(mod_modhost_ctx *ctx, const char *name,
    const char *value, apr_table_t *to);
static void header_content_type(mod_modhost_ctx *ctx, const char *name,
    const char *value, apr_table_t *to);

static const header_pt  header_rules[MODHOST_HEADER_COUNT] = {
    [MODHOST_HEADER_CONNECTION] = header_connection,
    [MODHOST_HEADER_CONTENT_LENGTH] = header_drop,
    [MODHOST_HEADER_CONTENT_TYPE] = header_content_type,
    [MODHOST_HEADER_KEEP_ALIVE] = header_drop,
    [MODHOST_HEADER_TRANSFER_ENCODING] = header_drop,
    [MODHOST_HEADER_UPGRADE] = header_upgrade,
    [MODHOST_HEADER_X_ACCEL_BUFFERING] = header_drop,
    [MODHOST_HEADER_X_ACCEL_REDIRECT] = header_drop,
};


static void
header_plain(mod_modhost_ctx *ctx, const char *name, const char *value,
    apr_table_t *to)
{
    (void) ctx;

    apr_table_addn(to, name, value);
}


static void
header_drop(mod_modhost_ctx *ctx, const char *name, const char *value,
    apr_table_t *to)
{
    (void) ctx;
    (void) name;
    (void) value;
    (void) to;
}


static void
header_connection(mod_modhost_ctx *ctx, const char *name, const char *value,
    apr_table_t *to)
{
    if (ap_find_token(ctx->r->pool, value, "close")) {
        apr_table_setn(to, name, "close");
    }
}


/* 426 must say what to upgrade to; HTTP/2 knows no such header. */
static void
header_upgrade(mod_modhost_ctx *ctx, const char *name, const char *value,
    apr_table_t *to)
{
    if (ctx->r->proto_num < HTTP_VERSION(2, 0)
        && (ctx->r->status == HTTP_SWITCHING_PROTOCOLS
            || ctx->r->status == HTTP_UPGRADE_REQUIRED))
    {
        apr_table_addn(to, name, value);
    }
}


static void
header_content_type(mod_modhost_ctx *ctx, const char *name, const char *value,
    apr_table_t *to)
{
    (void) name;
    (void) to;

    ap_set_content_type(ctx->r, value);
}


static bool
header_hidden(const mod_modhost_dir_conf *conf, unsigned known,
    const char *name)
{
    int           i;
    const char  **hidden;

    if (conf->hide_headers == NULL) {
        return false;
    }

    if (known != MODHOST_HEADER_OTHER) {
        return conf->hide_known != NULL && conf->hide_known[known] != 0;
    }

    hidden = (const char **) conf->hide_headers->elts;

    for (i = 0; i < conf->hide_headers->nelts; i++) {
        if (strcasecmp(hidden[i], name) == 0) {
            return true;
        }
    }

    return false;
}


/* An empty value has no bytes to copy from. */
static const char *
header_text(apr_pool_t *pool, mh_str text)
{
    return text.length == 0 ? ""
           : apr_pstrmemdup(pool, (const char *) text.data, text.length);
}


/* Names that have a number live as long as the process. */
static const char *
header_name(apr_pool_t *pool, const modhost_response_head *head,
    unsigned known, unsigned i)
{
    mh_str  name;

    if (known != MODHOST_HEADER_OTHER) {
        return (const char *) mh_header_name(known).data;
    }

    name = mh_response_field_name(head, i);

    return apr_pstrmemdup(pool, (const char *) name.data, name.length);
}


void
mod_modhost_copy_headers(mod_modhost_ctx *ctx,
    const modhost_response_head *head, apr_table_t *to)
{
    mh_str       value;
    unsigned     i, known;
    header_pt    rule;
    apr_pool_t  *pool;
    const char  *name;

    pool = ctx->r->pool;

    for (i = 0; i < head->header_count; i++) {

        known = mh_response_field_known(head, i);
        name = header_name(pool, head, known, i);

        if (header_hidden(ctx->conf, known, name)) {
            continue;
        }

        value = mh_response_field_value(head, i);
        rule = header_rules[known] != NULL ? header_rules[known]
                                           : header_plain;

        rule(ctx, name, header_text(pool, value), to);
    }
}


/* Of 103: what says nothing of the connection. */
void
mod_modhost_copy_hints(mod_modhost_ctx *ctx,
    const modhost_response_head *head, apr_table_t *to)
{
    mh_str    value;
    unsigned  i, known;

    for (i = 0; i < head->header_count; i++) {

        known = mh_response_field_known(head, i);

        if (header_rules[known] != NULL) {
            continue;
        }

        value = mh_response_field_value(head, i);

        apr_table_addn(to, header_name(ctx->r->pool, head, known, i),
                       header_text(ctx->r->pool, value));
    }
}


void
mod_modhost_copy_some(mod_modhost_ctx *ctx,
    const modhost_response_head *head, const uint16_t *which, apr_table_t *to)
{
    mh_str           value;
    unsigned         i, known;
    const uint16_t  *p;

    for (i = 0; i < head->header_count; i++) {

        known = mh_response_field_known(head, i);

        for (p = which; *p != 0 && *p != known; p++) { /* void */ }

        if (*p == 0) {
            continue;
        }

        value = mh_response_field_value(head, i);

        apr_table_addn(to, header_name(ctx->r->pool, head, known, i),
                       header_text(ctx->r->pool, value));
    }
}


void
mod_modhost_copy_trailers(mod_modhost_ctx *ctx,
    const modhost_response_head *trailers)
{
    unsigned  known;
    unsigned  i;
    mh_str    value;

    for (i = 0; i < trailers->header_count; i++) {

        known = mh_response_field_known(trailers, i);

        /* framing, and what belongs to the connection: too late for those */

        if (header_rules[known] != NULL || known == MODHOST_HEADER_TRAILER) {
            continue;
        }

        value = mh_response_field_value(trailers, i);

        apr_table_addn(ctx->r->trailers_out,
                       header_name(ctx->r->pool, trailers, known, i),
                       header_text(ctx->r->pool, value));
    }
}
