/*
 * Writing head blocks: count, then fill. What does not fit into what was
 * counted is not written and marks the writer, so a mistake in counting can
 * never become an overflow.
 */

#include "head.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "head blocks are little-endian and written as they are");


size_t
mh_head_measure(size_t headers, size_t variables, size_t text)
{
    return sizeof(modhost_request_head)
           + headers * sizeof(modhost_field)
           + variables * sizeof(modhost_variable)
           + text;
}


void
mh_head_start(mh_head_writer *writer, void *block, size_t headers,
    size_t variables, size_t text)
{
    modhost_request_head  *head;

    head = block;
    memset(head, 0, sizeof(*head));

    head->version = MODHOST_HEAD_VERSION;
    head->fixed_size = sizeof(*head);
    head->content_length = -1;
    head->header_count = (uint16_t) headers;
    head->variable_count = (uint16_t) variables;
    head->headers_offset = sizeof(*head);
    head->variables_offset = (uint32_t)
        (head->headers_offset + headers * sizeof(modhost_field));
    head->size = (uint32_t) mh_head_measure(headers, variables, text);

    writer->block = block;
    writer->head = head;
    writer->next_field = (modhost_field *)
        (writer->block + head->headers_offset);
    writer->next_variable = (modhost_variable *)
        (writer->block + head->variables_offset);
    writer->last_field = writer->next_field + headers;
    writer->last_variable = writer->next_variable + variables;
    writer->end = (uint32_t) (head->variables_offset
                              + variables * sizeof(modhost_variable));
    writer->size = head->size;
    writer->overflow = headers > UINT16_MAX || variables > UINT16_MAX;
}


modhost_slice
mh_head_text(mh_head_writer *writer, mh_str text)
{
    modhost_slice  slice;

    slice.offset = writer->end;
    slice.length = 0;

    if (text.length == 0) {
        slice.offset = 0;
        return slice;
    }

    if (text.length > writer->size - writer->end) {
        writer->overflow = true;
        return slice;
    }

    memcpy(writer->block + writer->end, text.data, text.length);

    slice.length = (uint32_t) text.length;
    writer->end += slice.length;

    return slice;
}


void
mh_head_field(mh_head_writer *writer, unsigned known, mh_str name,
    mh_str value)
{
    modhost_slice   slice;
    modhost_field  *field;

    field = writer->next_field;

    if (field == writer->last_field) {
        writer->overflow = true;
        return;
    }

    memset(field, 0, sizeof(*field));

    if (known != MODHOST_HEADER_OTHER) {
        field->known = (uint16_t) known;

    } else {
        slice = mh_head_text(writer, name);

        if (slice.length > UINT16_MAX) {
            writer->overflow = true;
            return;
        }

        field->name_offset = slice.offset;
        field->name_length = (uint16_t) slice.length;
    }

    slice = mh_head_text(writer, value);

    field->value_offset = slice.offset;
    field->value_length = slice.length;

    writer->next_field++;
}


void
mh_head_variable(mh_head_writer *writer, mh_str name, mh_str value)
{
    if (writer->next_variable == writer->last_variable) {
        writer->overflow = true;
        return;
    }

    writer->next_variable->name = mh_head_text(writer, name);
    writer->next_variable->value = mh_head_text(writer, value);
    writer->next_variable++;
}


int
mh_head_finish(mh_head_writer *writer)
{
    modhost_request_head  *head;

    head = writer->head;

    if (writer->overflow) {
        return -1;
    }

    /* Entries that were counted but not written: cut the tables short. */

    head->header_count = (uint16_t) (head->header_count
        - (writer->last_field - writer->next_field));
    head->variable_count = (uint16_t) (head->variable_count
        - (writer->last_variable - writer->next_variable));
    head->size = writer->end;

    return 0;
}
