/*
 * Request fields, and server variables.
 *
 * Framing that the application does not get, or not so, is left out: what
 * Apache has undone (chunks), and what says the length of a body that is not
 * there, or that an input filter changes.
 */

#include "modhost_head.h"


static bool
field_frames(const mod_modhost_ctx *ctx, unsigned known, const char *value)
{
    switch (known) {

    case MODHOST_HEADER_TRANSFER_ENCODING:
        return !ctx->has_body || ctx->r->proto_num >= HTTP_VERSION(2, 0);

    case MODHOST_HEADER_CONTENT_LENGTH:
        return ctx->has_body ? ctx->length < 0 : strcmp(value, "0") != 0;

    default:
        return false;
    }
}


void
mod_modhost_head_count_fields(mod_modhost_head *head)
{
    int                        i;
    apr_table_entry_t         *entry;
    const apr_array_header_t  *fields;

    fields = apr_table_elts(head->ctx->r->headers_in);
    entry = (apr_table_entry_t *) fields->elts;

    for (i = 0; i < fields->nelts; i++) {
        head->headers++;
        head->text += strlen(entry[i].key) + strlen(entry[i].val);
    }
}


void
mod_modhost_head_fields(mod_modhost_head *head, mh_head_writer *w)
{
    int                        i;
    size_t                     n;
    mh_str                     name;
    unsigned                   known;
    apr_table_entry_t         *entry;
    const apr_array_header_t  *fields;

    fields = apr_table_elts(head->ctx->r->headers_in);
    entry = (apr_table_entry_t *) fields->elts;

    for (i = 0; i < fields->nelts; i++) {
        name = mod_modhost_str(entry[i].key);
        known = mh_header_known(name);

        if (!field_frames(head->ctx, known, entry[i].val)) {
            mh_head_field(w, known, name, mod_modhost_str(entry[i].val));
        }
    }

    for (n = 0; n < head->variables; n++) {
        mh_head_variable(w, head->names[n], head->values[n]);
    }
}


/* As a request's head, of which the other parts say nothing. */
const void *
mod_modhost_trailer_block(request_rec *r, uint32_t *size)
{
    int                        i;
    void                      *block;
    size_t                     text;
    mh_str                     name;
    mh_head_writer             writer;
    apr_table_entry_t         *entry;
    const apr_array_header_t  *fields;

    text = 0;
    fields = apr_table_elts(r->trailers_in);
    entry = (apr_table_entry_t *) fields->elts;

    for (i = 0; i < fields->nelts; i++) {
        text += strlen(entry[i].key) + strlen(entry[i].val);
    }

    block = apr_palloc(r->pool,
                       mh_head_measure((size_t) fields->nelts, 0, text));

    mh_head_start(&writer, block, (size_t) fields->nelts, 0, text);
    writer.head->method = MODHOST_METHOD_GET;
    writer.head->http_version = 0x0101;

    for (i = 0; i < fields->nelts; i++) {
        name = mod_modhost_str(entry[i].key);
        mh_head_field(&writer, mh_header_known(name), name,
                      mod_modhost_str(entry[i].val));
    }

    if (mh_head_finish(&writer) != 0) {
        return NULL;
    }

    *size = writer.head->size;

    return block;
}
