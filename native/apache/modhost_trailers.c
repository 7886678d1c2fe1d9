/*
 * Trailers of a chunked response. Apache's own chunk filter ends a body with a
 * last chunk and no trailers; this filter stands behind it and writes that end
 * anew. (mod_http2 sends r->trailers_out itself.)
 */

#include "modhost_request.h"

#include <util_filter.h>


#define LAST_CHUNK  "0\r\n\r\n"

static const char  filter_name[] = "MODHOST_TRAILERS";


static int
trailer_write(void *data, const char *name, const char *value)
{
    apr_bucket_brigade  *bb = data;

    /* without a flush function a brigade does not fail */

    (void) apr_brigade_putstrs(bb, NULL, NULL, name, ": ", value, "\r\n",
                               NULL);
    return 1;
}


static bool
trailer_is_last_chunk(apr_bucket *e)
{
    apr_size_t   length;
    const char  *data;

    return !APR_BUCKET_IS_METADATA(e)
           && apr_bucket_read(e, &data, &length, APR_NONBLOCK_READ)
              == APR_SUCCESS
           && length == sizeof(LAST_CHUNK) - 1
           && memcmp(data, LAST_CHUNK, length) == 0;
}


/* The chunk filter puts its end right before the EOS, in its own bucket. */
static apr_status_t
trailer_filter(ap_filter_t *f, apr_bucket_brigade *bb)
{
    apr_bucket          *e, *end;
    apr_bucket_brigade  *trailers;

    for (e = APR_BRIGADE_FIRST(bb);
         e != APR_BRIGADE_SENTINEL(bb) && !APR_BUCKET_IS_EOS(e);
         e = APR_BUCKET_NEXT(e))
    {
        /* void */
    }

    if (e == APR_BRIGADE_SENTINEL(bb)) {
        return ap_pass_brigade(f->next, bb);
    }

    end = APR_BUCKET_PREV(e);

    ap_remove_output_filter(f);

    if (end != APR_BRIGADE_SENTINEL(bb) && f->r->chunked
        && !apr_is_empty_table(f->r->trailers_out)
        && trailer_is_last_chunk(end))
    {
        trailers = apr_brigade_create(f->r->pool, f->c->bucket_alloc);

        (void) apr_brigade_puts(trailers, NULL, NULL, "0\r\n");
        (void) apr_table_do(trailer_write, trailers, f->r->trailers_out, NULL);
        (void) apr_brigade_puts(trailers, NULL, NULL, "\r\n");

        apr_bucket_delete(end);

        while (!APR_BRIGADE_EMPTY(trailers)) {
            end = APR_BRIGADE_FIRST(trailers);
            APR_BUCKET_REMOVE(end);
            APR_BUCKET_INSERT_BEFORE(e, end);
        }
    }

    return ap_pass_brigade(f->next, bb);
}


void
mod_modhost_register_filters(void)
{
    (void) ap_register_output_filter(filter_name, trailer_filter, NULL,
                                     (ap_filter_type) (AP_FTYPE_TRANSCODE + 5));
}


/* Whether this module writes the trailers itself. */
static bool
trailer_applies(const request_rec *r)
{
    return r->main == NULL && r->proto_num >= HTTP_VERSION(1, 1)
           && r->proto_num < HTTP_VERSION(2, 0);
}


/*
 * HTTP/1.1 has trailers behind chunks only, so the length has to go. HTTP/2 may
 * have both, but there are clients that read no further than the length: only
 * an application may give them one.
 */
void
mod_modhost_expect_trailers(mod_modhost_ctx *ctx)
{
    ap_filter_t      *f, *next;
    request_rec      *r;
    ap_filter_rec_t  *length;

    r = ctx->r;

    if (r->main != NULL || r->proto_num < HTTP_VERSION(1, 1)) {
        return;
    }

    length = ap_get_output_filter_handle("CONTENT_LENGTH");

    for (f = r->output_filters; f != NULL; f = next) {
        next = f->next;

        if (f->frec == length) {
            ap_remove_output_filter(f);
        }
    }

    if (trailer_applies(r)) {
        apr_table_unset(r->headers_out, "Content-Length");
    }
}


void
mod_modhost_add_trailers(mod_modhost_ctx *ctx)
{
    if (trailer_applies(ctx->r)
        && !apr_is_empty_table(ctx->r->trailers_out))
    {
        (void) ap_add_output_filter(filter_name, NULL, ctx->r, ctx->c);
    }
}
