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
