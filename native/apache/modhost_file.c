/*
 * Pieces of a response that are parts of files: buckets, and the descriptors
 * behind them.
 */

#include "modhost_request.h"

#include <apr_file_io.h>
#include <apr_portable.h>
#include <unistd.h>
#include <util_filter.h>


/* So many are kept for a response, and no more. */
#define FILES_MOST  16u


static apr_status_t
file_close(void *data)
{
    (void) close((int) (intptr_t) data);

    return APR_SUCCESS;
}


/*
 * Where the descriptor of a bucket goes when that is gone. Apache may still
 * have the bucket when the request is over, but not when the request's pool is;
 * where no filter may keep one, not when everything has been sent either.
 */
static apr_pool_t *
file_pool(mod_modhost_ctx *ctx)
{
    request_rec  *r;

    r = ctx->r;

    if (ctx->fd == -1 || r->main != NULL
        || r->output_filters->frec->ftype < AP_FTYPE_PROTOCOL)
    {
        return r->pool;
    }

    if (ctx->files == NULL
        && apr_pool_create(&ctx->files, r->pool) != APR_SUCCESS)
    {
        return r->pool;
    }

    ctx->file_count++;

    return ctx->files;
}


bool
mod_modhost_files_enough(const mod_modhost_ctx *ctx)
{
    return ctx->file_count >= FILES_MOST;
}


void
mod_modhost_files_done(mod_modhost_ctx *ctx)
{
    if (ctx->files != NULL && !ctx->c->data_in_output_filters) {
        apr_pool_destroy(ctx->files);
        ctx->files = NULL;
        ctx->file_count = 0;
    }
}


/* A mapping would be a crash where somebody shortens the file. */
void
mod_modhost_file_insert(mod_modhost_ctx *ctx, mh_message *message)
{
    apr_file_t       *file;
    apr_int32_t       flags;
    apr_bucket       *e;
    apr_pool_t       *pool;
    apr_os_file_t     fd;
    core_dir_config  *dir;

    pool = file_pool(ctx);
    fd = message->file;
    message->file = -1;

    dir = ap_get_core_module_config(ctx->r->per_dir_config);
    flags = APR_FOPEN_READ | APR_FOPEN_BINARY;

#if APR_HAS_SENDFILE
    if (dir->enable_sendfile == ENABLE_SENDFILE_ON) {
        flags |= APR_FOPEN_SENDFILE_ENABLED;
    }
#else
    (void) dir;
#endif

    (void) apr_os_file_put(&file, &fd, flags, pool);
    apr_pool_cleanup_register(pool, (void *) (intptr_t) fd, file_close,
                              apr_pool_cleanup_null);

    e = apr_brigade_insert_file(ctx->out, file, message->file_offset,
                                message->file_length, pool);

    for (e = APR_BRIGADE_FIRST(ctx->out);
         e != APR_BRIGADE_SENTINEL(ctx->out);
         e = APR_BUCKET_NEXT(e))
    {
        if (APR_BUCKET_IS_FILE(e)) {
            (void) apr_bucket_file_enable_mmap(e, 0);
        }
    }
}
