/*
 * Checking head blocks that came from the other side.
 */

#include "head.h"

#include <string.h>

#define REQUEST_FLAGS                                                         \
    (MODHOST_REQUEST_BODY | MODHOST_REQUEST_TLS | MODHOST_REQUEST_UPGRADABLE  \
     | MODHOST_REQUEST_EARLY_DATA | MODHOST_REQUEST_CHUNKED)

#define RESPONSE_FLAGS  MODHOST_RESPONSE_NO_BODY

/* RFC 9110: tchar. */
static const uint8_t token_chars[256] = {
    ['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1, ['&'] = 1, ['\''] = 1,
    ['*'] = 1, ['+'] = 1, ['-'] = 1, ['.'] = 1, ['^'] = 1, ['_'] = 1,
    ['`'] = 1, ['|'] = 1, ['~'] = 1,
    ['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1,
};

/* The members that both kinds of block begin with. */
typedef struct head_prefix {
    uint32_t  size;
    uint16_t  version;
    uint16_t  fixed_size;
} head_prefix;


static inline bool
slice_fits(uint32_t size, uint32_t offset, uint32_t length)
{
    return length == 0 || (uint64_t) offset + length <= size;
}


static int
prefix_check(const void *block, size_t size, size_t fixed_size,
    mh_error *error)
{
    const head_prefix  *prefix;

    if (size < fixed_size) {
        return mh_fail(error, MH_E_HEAD_BLOCK,
                       "head block of %zu bytes is shorter than %zu",
                       size, fixed_size);
    }

    prefix = block;

    if (prefix->version != MODHOST_HEAD_VERSION) {
        return mh_fail(error, MH_E_HEAD_BLOCK,
                       "head block has version %u, not %u",
                       prefix->version, MODHOST_HEAD_VERSION);
    }

    if (prefix->fixed_size != fixed_size) {
        return mh_fail(error, MH_E_HEAD_BLOCK,
                       "head block has a fixed part of %u bytes, not %zu",
                       prefix->fixed_size, fixed_size);
    }

    if (prefix->size < fixed_size || prefix->size > size) {
        return mh_fail(error, MH_E_HEAD_BLOCK,
                       "head block says it has %u bytes, but there are %zu",
                       prefix->size, size);
    }

    return 0;
}


static int
table_check(uint32_t size, uint32_t fixed_size, uint32_t offset,
    unsigned count, size_t entry, const char *what, mh_error *error)
{
    if (count == 0) {
        return 0;
    }

    if (offset < fixed_size || offset % 8 != 0
        || offset + (uint64_t) count * entry > size)
    {
        return mh_fail(error, MH_E_HEAD_BLOCK,
                       "table of %u %s at offset %u is outside the head block",
                       count, what, offset);
    }

    return 0;
}


static int
fields_check(const void *block, uint32_t size, uint32_t offset,
    unsigned count, mh_error *error)
{
    unsigned              i;
    const modhost_field  *field;

    field = (const modhost_field *) ((const uint8_t *) block + offset);

    for (i = 0; i < count; i++, field++) {

        if (field->known >= MODHOST_HEADER_COUNT) {
            return mh_fail(error, MH_E_HEAD_BLOCK,
                           "header %u has the unknown number %u",
                           i, field->known);
        }

        if ((field->known == 0) != (field->name_length != 0)) {
            return mh_fail(error, MH_E_HEAD_BLOCK,
                           "header %u has %s", i,
                           field->known ? "a number and a name" : "no name");
        }

        if (!slice_fits(size, field->name_offset, field->name_length)
            || !slice_fits(size, field->value_offset, field->value_length))
        {
            return mh_fail(error, MH_E_HEAD_BLOCK,
                           "header %u is outside the head block", i);
        }
    }

    return 0;
}


static bool
is_token(const uint8_t *text, size_t length)
{
    size_t  i;

    for (i = 0; i < length; i++) {
        if (!token_chars[text[i]]) {
            return false;
        }
    }

    return length != 0;
}


/*
 * No control character but TAB. Eight bytes are looked at together; the test
 * may be wrong towards "maybe" (never towards "none"), then byte by byte.
 */
static bool
is_value(const uint8_t *text, size_t length)
{
    size_t    i, end;
    uint64_t  word, low, del;

    const uint64_t  ones = 0x0101010101010101u;

    for (i = 0; i < length; i = end) {
        end = length;

        if (i + 8 <= length) {
            end = i + 8;
            memcpy(&word, text + i, 8);

            low = (word - ones * 0x20) & ~word & ones * 0x80;
            del = word ^ ones * 0x7f;
            del = (del - ones) & ~del & ones * 0x80;

            if ((low | del) == 0) {
                continue;
            }
        }

        for (/* void */; i < end; i++) {
            if ((text[i] < 0x20 && text[i] != '\t') || text[i] == 0x7f) {
                return false;
            }
        }
    }

    return true;
}


static bool
is_http_version(unsigned version)
{
    return version == 0x0009 || version == 0x0100 || version == 0x0101
           || version == 0x0200 || version == 0x0300;
}


static int
request_scalars_check(const modhost_request_head *head, mh_error *error)
{
    bool  body, unknown;

    if (head->flags & ~REQUEST_FLAGS) {
        return mh_fail(error, MH_E_HEAD_BLOCK,
                       "request head has unknown flags 0x%x", head->flags);
    }

    if (head->method > MODHOST_METHOD_CONNECT
        || (head->method == MODHOST_METHOD_OTHER)
           != (head->method_name.length != 0))
    {
        return mh_fail(error, MH_E_HEAD_BLOCK,
                       "request head has method %u and a method name of %u "
                       "bytes", head->method, head->method_name.length);
    }

    if (!is_http_version(head->http_version)) {
        return mh_fail(error, MH_E_HEAD_BLOCK,
                       "request head has the HTTP version 0x%04x",
                       head->http_version);
    }

    body = (head->flags & MODHOST_REQUEST_BODY) != 0;
    unknown = (head->flags & MODHOST_REQUEST_CHUNKED) != 0;

    if (head->content_length < -1
        || (unknown && (!body || head->content_length != -1))
        || (!body && head->content_length > 0))
    {
        return mh_fail(error, MH_E_HEAD_BLOCK,
                       "request head has content length %lld and flags 0x%x",
                       (long long) head->content_length, head->flags);
    }

    return 0;
}


static int
request_slices_check(const modhost_request_head *head, mh_error *error)
{
    size_t                i;
    const uint8_t        *block;
    const modhost_slice  *slices;

    /* The slices are the end of the fixed part. */

    const size_t  count = (sizeof(*head)
                           - offsetof(modhost_request_head, method_name))
                          / sizeof(modhost_slice);

    block = (const uint8_t *) head;
    slices = (const modhost_slice *)
        (block + offsetof(modhost_request_head, method_name));

    for (i = 0; i < count; i++) {
        if (!slice_fits(head->size, slices[i].offset, slices[i].length)) {
            return mh_fail(error, MH_E_HEAD_BLOCK,
                           "text %zu of the request head is outside the block",
                           i);
        }
    }

    if ((head->path_base.length != 0 && block[head->path_base.offset] != '/')
        || (head->path.length != 0 && block[head->path.offset] != '/')
        || (head->query.length != 0 && block[head->query.offset] != '?'))
    {
        return mh_fail(error, MH_E_HEAD_BLOCK,
                       "path or query of the request head begins with the "
                       "wrong character");
    }

    if (head->method == MODHOST_METHOD_OTHER
        && !is_token(block + head->method_name.offset,
                     head->method_name.length))
    {
        return mh_fail(error, MH_E_HEAD_BLOCK,
                       "the request method is not a token");
    }

    return 0;
}


static int
variables_check(const modhost_request_head *head, mh_error *error)
{
    unsigned                 i;
    const modhost_variable  *variable;

    variable = (const modhost_variable *)
        ((const uint8_t *) head + head->variables_offset);

    for (i = 0; i < head->variable_count; i++, variable++) {
        if (variable->name.length == 0
            || !slice_fits(head->size, variable->name.offset,
                           variable->name.length)
            || !slice_fits(head->size, variable->value.offset,
                           variable->value.length))
        {
            return mh_fail(error, MH_E_HEAD_BLOCK,
                           "server variable %u is outside the head block", i);
        }
    }

    return 0;
}


int
mh_request_head_check(const void *block, size_t size, mh_error *error)
{
    const modhost_request_head  *head;

    head = block;

    if (prefix_check(block, size, sizeof(*head), error) != 0
        || request_scalars_check(head, error) != 0
        || request_slices_check(head, error) != 0
        || table_check(head->size, sizeof(*head), head->headers_offset,
                       head->header_count, sizeof(modhost_field), "headers",
                       error) != 0
        || table_check(head->size, sizeof(*head), head->variables_offset,
                       head->variable_count, sizeof(modhost_variable),
                       "variables", error) != 0)
    {
        return -1;
    }

    if (head->header_count != 0
        && fields_check(block, head->size, head->headers_offset,
                        head->header_count, error) != 0)
    {
        return -1;
    }

    return head->variable_count != 0 ? variables_check(head, error) : 0;
}


static int
response_text_check(const modhost_response_head *head, mh_error *error)
{
    mh_str                name;
    unsigned              i;
    const uint8_t        *block;
    const modhost_field  *field;

    block = (const uint8_t *) head;

    if (!is_value(block + (head->reason.length ? head->reason.offset : 0),
                  head->reason.length))
    {
        return mh_fail(error, MH_E_RESPONSE_HEADER,
                       "the reason phrase holds a control character");
    }

    field = (const modhost_field *) (block + head->headers_offset);

    for (i = 0; i < head->header_count; i++, field++) {

        if (field->known == 0
            && !is_token(block + field->name_offset, field->name_length))
        {
            return mh_fail(error, MH_E_RESPONSE_HEADER,
                           "the name of response header %u is not a token",
                           i);
        }

        if (field->value_length != 0
            && !is_value(block + field->value_offset, field->value_length))
        {
            name = mh_response_field_name(block, i);

            return mh_fail(error, MH_E_RESPONSE_HEADER,
                           "the value of response header \"%.*s\" holds a "
                           "control character", (int) name.length, name.data);
        }
    }

    return 0;
}


int
mh_response_head_check(const void *block, size_t size, mh_error *error)
{
    const modhost_response_head  *head;

    head = block;

    if (prefix_check(block, size, sizeof(*head), error) != 0) {
        return -1;
    }

    if ((head->flags & ~RESPONSE_FLAGS) || head->reserved != 0) {
        return mh_fail(error, MH_E_HEAD_BLOCK,
                       "response head has unknown flags 0x%x", head->flags);
    }

    if (head->status != 0 && (head->status < 100 || head->status > 599)) {
        return mh_fail(error, MH_E_HEAD_BLOCK,
                       "response head has the status %u", head->status);
    }

    if (head->content_length < -1
        || (head->status < 200 && head->content_length != -1)
        || (head->status == 0 && head->reason.length != 0))
    {
        return mh_fail(error, MH_E_HEAD_BLOCK,
                       "response head with status %u has content length %lld",
                       head->status, (long long) head->content_length);
    }

    if (!slice_fits(head->size, head->reason.offset, head->reason.length)) {
        return mh_fail(error, MH_E_HEAD_BLOCK,
                       "the reason phrase is outside the head block");
    }

    if (table_check(head->size, sizeof(*head), head->headers_offset,
                    head->header_count, sizeof(modhost_field), "headers",
                    error) != 0)
    {
        return -1;
    }

    if (head->header_count != 0
        && fields_check(block, head->size, head->headers_offset,
                        head->header_count, error) != 0)
    {
        return -1;
    }

    return response_text_check(head, error);
}
