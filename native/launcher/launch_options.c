/*
 * The launcher's command line:
 *
 *     modhost-worker [OPTION VALUE]... --library FILE
 *     modhost-worker [OPTION VALUE]... -- PROGRAM [ARGUMENT]...
 */

#include "launch.h"
#include "report.h"

#include "daemon_options.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* (uid_t) -1 means "leave it" to system calls, so it is nobody's id. */
#define ID_MAX  4294967294

static const struct {
    const char  *name;
    size_t       offset;         /* of an int64_t                             */
    int64_t      min;
    int64_t      max;
    int          base;
} numbers[] = {
    { "--user", offsetof(launch_options, user), 0, ID_MAX, 10 },
    { "--group", offsetof(launch_options, group), 0, ID_MAX, 10 },
    { "--umask", offsetof(launch_options, umask), 0, 0777, 8 },
    { "--nofile", offsetof(launch_options, nofile), MH_DAEMON_FILES_LEAST,
      INT32_MAX, 10 },
    { "--nice", offsetof(launch_options, nice), -20, 19, 10 },
};

static const struct {
    const char  *name;
    size_t       offset;         /* of a const char *                         */
} texts[] = {
    { "--groups", offsetof(launch_options, groups) },
    { "--directory", offsetof(launch_options, directory) },
    { "--title", offsetof(launch_options, title) },
    { "--library", offsetof(launch_options, library) },
};


static bool
number_parse(const char *text, int base, int64_t *value)
{
    char  *end;

    if (!isdigit((unsigned char) text[0])
        && (text[0] != '-' || !isdigit((unsigned char) text[1])))
    {
        return false;
    }

    errno = 0;
    *value = strtoll(text, &end, base);

    return errno == 0 && *end == '\0';
}


/* 1: it was one; 0: no such option; -1: with a bad value. */
static int
number_option(launch_options *options, const char *name, const char *text)
{
    size_t    i;
    int64_t  *value;

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {

        if (strcmp(name, numbers[i].name) != 0) {
            continue;
        }

        value = (int64_t *) ((char *) options + numbers[i].offset);

        if (!number_parse(text, numbers[i].base, value)
            || *value < numbers[i].min || *value > numbers[i].max)
        {
            report(MH_E_LAUNCH_USAGE, "%s: bad value \"%s\"", name, text);
            return -1;
        }

        return 1;
    }

    return 0;
}


static int
text_option(launch_options *options, const char *name, const char *text)
{
    size_t  i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {

        if (strcmp(name, texts[i].name) == 0) {
            *(const char **) ((char *) options + texts[i].offset) = text;
            return 1;
        }
    }

    return 0;
}


static int
options_check(const launch_options *options)
{
    const char  *file;

    if ((options->library == NULL) == (options->program == NULL)) {
        report(MH_E_LAUNCH_USAGE, "either --library, or -- and a program");
        return -1;
    }

    file = options->library != NULL ? options->library : options->program[0];

    if (file[0] != '/') {
        report(MH_E_LAUNCH_USAGE, "\"%s\" is no absolute path", file);
        return -1;
    }

    return 0;
}


int
launch_parse(int argc, char **argv, launch_options *options)
{
    int  i, rc;

    memset(options, 0, sizeof(*options));
    options->user = LAUNCH_UNSET;
    options->group = LAUNCH_UNSET;
    options->umask = LAUNCH_UNSET;
    options->nofile = LAUNCH_UNSET;
    options->nice = LAUNCH_UNSET;

    for (i = 1; i < argc; i += 2) {

        if (strcmp(argv[i], "--") == 0) {
            options->program = i + 1 < argc ? &argv[i + 1] : NULL;
            break;
        }

        if (i + 1 == argc) {
            report(MH_E_LAUNCH_USAGE, "\"%s\" has no value", argv[i]);
            return -1;
        }

        rc = number_option(options, argv[i], argv[i + 1]);

        if (rc == 0) {
            rc = text_option(options, argv[i], argv[i + 1]);
        }

        if (rc == 0) {
            report(MH_E_LAUNCH_USAGE, "\"%s\" is no option", argv[i]);
        }

        if (rc != 1) {
            return -1;
        }
    }

    return options_check(options);
}
