#include "report.h"
#include "watchdog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SHUTDOWN_MS  60000

static const struct {
    const char  *name;
    size_t       offset;
    int          min;
    int          max;            /* 0: a text                                 */
} table[] = {
    { "--supervisor", offsetof(watchdog_options, supervisor), 0, 0 },
    { "--instance", offsetof(watchdog_options, instance), 0, 0 },
    { "--lifeline-fd", offsetof(watchdog_options, lifeline_fd), 3, 65535 },
    { "--ready-fd", offsetof(watchdog_options, ready_fd), 3, 65535 },
    { "--adopt-fd", offsetof(watchdog_options, adopt_fd), 3, 65535 },
    { "--shutdown-timeout", offsetof(watchdog_options, shutdown_ms), 1,
      WATCHDOG_SHUTDOWN_MAX },
};


static bool
option_set(watchdog_options *options, const char *name, const char *text)
{
    char    *end, *target;
    long     value;
    size_t   i;

    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {

        if (strcmp(name, table[i].name) != 0) {
            continue;
        }

        target = (char *) options + table[i].offset;

        if (table[i].max == 0) {
            *(const char **) target = text;
            return text[0] == '/';
        }

        errno = 0;
        value = strtol(text, &end, 10);

        if (errno != 0 || end == text || *end != '\0' || value < table[i].min
            || value > table[i].max)
        {
            return false;
        }

        *(int *) target = (int) value;

        return true;
    }

    return false;
}


int
watchdog_parse(int argc, char **argv, watchdog_options *options)
{
    int  i;

    memset(options, 0, sizeof(*options));
    options->lifeline_fd = -1;
    options->ready_fd = -1;
    options->adopt_fd = -1;
    options->shutdown_ms = SHUTDOWN_MS;

    for (i = 1; i < argc; i += 2) {
        if (i + 1 == argc || !option_set(options, argv[i], argv[i + 1])) {
            report_log("error", MH_E_WATCHDOG_USAGE, "bad option: %s %s",
                       argv[i], i + 1 == argc ? "" : argv[i + 1]);
            return -1;
        }
    }

    if (options->supervisor == NULL || options->instance == NULL
        || (options->ready_fd == -1) == (options->adopt_fd == -1))
    {
        report_log("error", MH_E_WATCHDOG_USAGE, "--supervisor, --instance, "
                   "and either --ready-fd or --adopt-fd have to be given");
        return -1;
    }

    return 0;
}
