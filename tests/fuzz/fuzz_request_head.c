/*
 * A request head block of any bytes is refused, or can be read to its end.
 */

#include "fuzz.h"
#include "head.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void                    *block;
    unsigned                 i;
    mh_error                 error;
    const modhost_slice     *slice;
    const modhost_variable  *variable;
    modhost_request_head    *head;

    block = fuzz_copy(data, size);
    head = block;

    if (block != NULL && mh_request_head_check(block, size, &error) == 0) {

        for (slice = &head->method_name;
             slice <= &head->tls_client_certificate; slice++)
        {
            fuzz_touch(mh_head_slice(block, *slice));
        }

        for (i = 0; i < head->header_count; i++) {
            fuzz_touch(mh_request_field_name(block, i));
            fuzz_touch(mh_request_field_value(block, i));
        }

        variable = (const modhost_variable *)
            ((const uint8_t *) block + head->variables_offset);

        for (i = 0; i < head->variable_count; i++) {
            fuzz_touch(mh_head_slice(block, variable[i].name));
            fuzz_touch(mh_head_slice(block, variable[i].value));
        }
    }

    free(block);

    return 0;
}
