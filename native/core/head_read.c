/*
 * Reading head blocks that have been checked.
 */

#include "head.h"


mh_str
mh_head_slice(const void *block, modhost_slice slice)
{
    if (slice.length == 0) {
        return (mh_str) { NULL, 0 };
    }

    return (mh_str) { (const uint8_t *) block + slice.offset, slice.length };
}


static mh_str
field_name(const void *block, uint32_t table, unsigned index)
{
    const modhost_field  *field;

    field = (const modhost_field *) ((const uint8_t *) block + table) + index;

    if (field->known != 0) {
        return mh_header_name(field->known);
    }

    return mh_head_slice(block, (modhost_slice) { field->name_offset,
                                                  field->name_length });
}


static mh_str
field_value(const void *block, uint32_t table, unsigned index)
{
    const modhost_field  *field;

    field = (const modhost_field *) ((const uint8_t *) block + table) + index;

    return mh_head_slice(block, (modhost_slice) { field->value_offset,
                                                  field->value_length });
}


mh_str
mh_request_field_name(const void *block, unsigned index)
{
    return field_name(block,
                      ((const modhost_request_head *) block)->headers_offset,
                      index);
}


mh_str
mh_request_field_value(const void *block, unsigned index)
{
    return field_value(block,
                       ((const modhost_request_head *) block)->headers_offset,
                       index);
}


unsigned
mh_response_field_known(const void *block, unsigned index)
{
    const modhost_field          *field;
    const modhost_response_head  *head;

    head = block;
    field = (const modhost_field *) ((const uint8_t *) block
                                     + head->headers_offset) + index;

    return field->known != MODHOST_HEADER_OTHER
           ? field->known
           : mh_header_known(mh_response_field_name(block, index));
}


mh_str
mh_response_field_name(const void *block, unsigned index)
{
    return field_name(block,
                      ((const modhost_response_head *) block)->headers_offset,
                      index);
}


mh_str
mh_response_field_value(const void *block, unsigned index)
{
    return field_value(block,
                       ((const modhost_response_head *) block)->headers_offset,
                       index);
}
