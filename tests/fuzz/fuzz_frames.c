/*
 * A worker that says anything to a channel; see tests/native/hostile.h. The
 * conversations of tests/vectors/frames, with a zero byte before each, make a
 * good first folder.
 */

#include "fuzz.h"
#include "hostile.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool  opened;

    if (!opened) {
        opened = hostile_open();
    }

    if (size != 0) {
        (void) hostile_run(data, size);
    }

    return 0;
}
