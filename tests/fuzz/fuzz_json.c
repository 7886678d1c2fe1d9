/*
 * Any text parses or is refused; what parsed can be walked and decoded.
 */

#include "fuzz.h"
#include "json.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char      *text, decoded[64];
    mh_json    json;
    uint32_t   i;
    mh_error   error;

    text = fuzz_copy(data, size);

    if (text != NULL && mh_json_parse(&json, text, size, &error) == 0) {

        for (i = 0; i < json.count; i++) {
            (void) mh_json_string(&json, &json.nodes[i], decoded,
                                  sizeof(decoded));
            (void) mh_json_member(&json, &json.nodes[i], "name");
            (void) mh_json_element(&json, &json.nodes[i], NULL);
        }

        mh_json_free(&json);
    }

    free(text);

    return 0;
}
