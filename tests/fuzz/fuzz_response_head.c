/*
 * A response head block of any bytes is refused, or can be read to its end, and
 * then nothing in it could split a response.
 */

#include "fuzz.h"
#include "head.h"


static void
check_value(mh_str text)
{
    fuzz_touch(text);

    if (text.length != 0
        && (memchr(text.data, '\r', text.length) != NULL
            || memchr(text.data, '\n', text.length) != NULL
            || memchr(text.data, '\0', text.length) != NULL))
    {
        abort();
    }
}


static void
check_name(mh_str text)
{
    check_value(text);

    if (text.length == 0 || memchr(text.data, ':', text.length) != NULL) {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void                   *block;
    unsigned                i;
    mh_error                error;
    modhost_response_head  *head;

    block = fuzz_copy(data, size);
    head = block;

    if (block != NULL && mh_response_head_check(block, size, &error) == 0) {

        check_value(mh_head_slice(block, head->reason));

        for (i = 0; i < head->header_count; i++) {
            check_name(mh_response_field_name(block, i));
            check_value(mh_response_field_value(block, i));
        }
    }

    free(block);

    return 0;
}
