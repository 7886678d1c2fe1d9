/*
 * Request buffering: all of the body is there before the application begins.
 * A small one stays in memory, a larger one goes to a temporary file without a
 * name. Reads wait for the client, as those of Apache's own handlers do.
 */

#include "modhost_request.h"

#include <apr_file_io.h>


/* In memory, and asked of the filters at a time. */
#define MEMORY_MAX  65536


static int
buffer_failed(mod_modhost_ctx *ctx, apr_status_t rv, const char *what)
{
    char  text[128];

    mod_modhost_log_request(ctx->r, APLOG_ERR, MH_E_SPOOL, "%s: %s", what,
                            apr_strerror(rv, text, sizeof(text)));

    return HTTP_INTERNAL_SERVER_ERROR;
}


apr_status_t
mod_modhost_temporary_file(apr_pool_t *pool, apr_file_t **file)
{
    char          *name;
    const char    *folder;
    apr_status_t   rv;

    rv = apr_temp_dir_get(&folder, pool);

    if (rv != APR_SUCCESS) {
        return rv;
    }

    name = apr_pstrcat(pool, folder, "/modhost-XXXXXX", NULL);

    rv = apr_file_mktemp(file, name,
                         APR_FOPEN_CREATE | APR_FOPEN_READ | APR_FOPEN_WRITE
                         | APR_FOPEN_EXCL | APR_FOPEN_LARGEFILE, pool);

    if (rv == APR_SUCCESS) {
        (void) apr_file_remove(name, pool);
    }

    return rv;
}


/* What is in memory goes to the file; an EOS stays. */
static apr_status_t
buffer_write(apr_file_t *file, apr_bucket_brigade *bb, apr_off_t *total)
{
    apr_size_t     length;
    apr_bucket    *e, *next;
    const char    *data;
    apr_status_t   rv;

    for (e = APR_BRIGADE_FIRST(bb); e != APR_BRIGADE_SENTINEL(bb); e = next) {

        if (APR_BUCKET_IS_EOS(e)) {
            break;
        }

        rv = apr_bucket_read(e, &data, &length, APR_BLOCK_READ);

        if (rv == APR_SUCCESS) {
            rv = apr_file_write_full(file, data, length, NULL);
        }

        if (rv != APR_SUCCESS) {
            return rv;
        }

        *total += (apr_off_t) length;

        next = APR_BUCKET_NEXT(e);
        apr_bucket_delete(e);
    }

    return APR_SUCCESS;
}


static int
buffer_spill(mod_modhost_ctx *ctx, apr_file_t **file, apr_off_t *total)
{
    apr_status_t  rv;

    if (*file == NULL) {
        rv = mod_modhost_temporary_file(ctx->r->pool, file);

        if (rv != APR_SUCCESS) {
            return buffer_failed(ctx, rv, "a temporary file for a request "
                                 "body cannot be made");
        }
    }

    rv = buffer_write(*file, ctx->in, total);

    return rv == APR_SUCCESS
           ? OK
           : buffer_failed(ctx, rv, "a request body cannot be written to a "
                           "temporary file");
}


static bool
buffer_ended(const mod_modhost_ctx *ctx)
{
    apr_bucket  *last;

    last = APR_BRIGADE_LAST(ctx->in);

    return last != APR_BRIGADE_SENTINEL(ctx->in) && APR_BUCKET_IS_EOS(last);
}


/* The file before the end that is in the brigade. */
static void
buffer_insert(mod_modhost_ctx *ctx, apr_file_t *file, apr_off_t total)
{
    apr_bucket  *eos;

    eos = APR_BRIGADE_LAST(ctx->in);
    APR_BUCKET_REMOVE(eos);

    (void) apr_brigade_insert_file(ctx->in, file, 0, total, ctx->r->pool);
    APR_BRIGADE_INSERT_TAIL(ctx->in, eos);
}


int
mod_modhost_body_buffer(mod_modhost_ctx *ctx)
{
    int                  rc;
    apr_off_t            length, total;
    apr_file_t          *file;
    apr_status_t         rv;
    apr_bucket_brigade  *bb;

    file = NULL;
    total = 0;
    ctx->body_started = 1;

    bb = apr_brigade_create(ctx->r->pool, ctx->c->bucket_alloc);

    while (!buffer_ended(ctx)) {

        rv = ap_get_brigade(ctx->r->input_filters, bb, AP_MODE_READBYTES,
                            APR_BLOCK_READ, MEMORY_MAX);

        if (rv == APR_SUCCESS) {
            rv = ap_save_brigade(NULL, &ctx->in, &bb, ctx->r->pool);
        }

        if (rv != APR_SUCCESS) {
            return ap_map_http_request_error(rv, HTTP_BAD_REQUEST);
        }

        (void) apr_brigade_length(ctx->in, 1, &length);

        if (file != NULL || length > MEMORY_MAX) {
            rc = buffer_spill(ctx, &file, &total);

            if (rc != OK) {
                return rc;
            }
        }
    }

    if (file != NULL) {
        buffer_insert(ctx, file, total);
    }

    return OK;
}
