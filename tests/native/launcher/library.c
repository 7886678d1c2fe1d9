/*
 * Stands in for a NativeAOT application: says who it is, by the control
 * connection that it was given.
 */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

int32_t modhost_worker_main(int32_t control_fd);


__attribute__((visibility("default"))) int32_t
modhost_worker_main(int32_t control_fd)
{
    int   length;
    char  text[256], name[16];

    if (prctl(PR_GET_NAME, name) != 0) {
        return 1;
    }

    length = snprintf(text, sizeof(text), "%d %u %u %d %s", getpid(), getuid(),
                      getgid(), prctl(PR_GET_DUMPABLE), name);

    if (write(control_fd, text, (size_t) length) != length) {
        return 1;
    }

    /* Until the test has looked. */

    return read(control_fd, text, 1) == 1 ? text[0] : 2;
}
