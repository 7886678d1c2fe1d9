/*
 * A file of any bytes is a managed assembly, or is refused.
 */

#include "fuzz.h"
#include "image.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mh_file   file;
    mh_error  error;

    file.fd = fuzz_file(data, size);
    file.size = size;
    file.path = "fuzz";

    if (file.fd != -1) {
        (void) mh_pe_check(&file, &error);
        mh_file_close(&file);
    }

    return 0;
}
