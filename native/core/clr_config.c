/*
 * Writing a runtimeconfig.json.
 */

#include "clr_config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


#define CONFIG_NAME  "modhost-XXXXXX.runtimeconfig.json"
#define CONFIG_END   ".runtimeconfig.json"


static void
string_print(FILE *out, const char *text)
{
    (void) fputc('"', out);

    for (/* void */; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            (void) fprintf(out, "\\%c", *text);

        } else if ((unsigned char) *text < 0x20) {
            (void) fprintf(out, "\\u%04x", *text);

        } else {
            (void) fputc(*text, out);
        }
    }

    (void) fputc('"', out);
}


/*
 * Versions are those that were found installed; "Minor" lets a patch that an
 * update put in their place serve as well. Server GC, which web projects ask
 * for, is wrong in one of several worker processes.
 */
static void
config_print(FILE *out, const mh_runtime_options *options)
{
    unsigned             i;
    const mh_framework  *framework;

    (void) fputs("{\n  \"runtimeOptions\": {\n"
                 "    \"rollForward\": \"Minor\",\n"
                 "    \"frameworks\": [", out);

    for (i = 0; i < options->framework_count; i++) {
        framework = &options->frameworks[i];

        (void) fputs(i ? ",\n      { \"name\": " : "\n      { \"name\": ",
                     out);
        string_print(out, framework->name);
        (void) fputs(", \"version\": ", out);
        string_print(out, framework->resolved[0] ? framework->resolved
                                                 : framework->version);
        (void) fputs(" }", out);
    }

    (void) fputs("\n    ],\n"
                 "    \"configProperties\": {\n"
                 "      \"System.GC.Server\": false,\n"
                 "      \"System.GC.Concurrent\": true\n"
                 "    }\n  }\n}\n", out);
}


int
mh_clr_config_write(const mh_runtime_options *options, char *path,
    size_t size, mh_error *error)
{
    int          fd, e;
    FILE        *out;
    const char  *directory;

    directory = options->temporary_directory != NULL
                ? options->temporary_directory : "/tmp";

    if (snprintf(path, size, "%s/%s", directory, CONFIG_NAME) >= (int) size) {
        return mh_fail(error, MH_E_SYSTEM, "\"%s\" is too long a path",
                       directory);
    }

    fd = mkostemps(path, sizeof(CONFIG_END) - 1, O_CLOEXEC);

    if (fd == -1) {
        e = errno;
        return mh_fail(error, MH_E_SYSTEM, "no temporary file can be made in "
                       "\"%s\": %s", directory, strerror(e));
    }

    out = fdopen(fd, "w");

    if (out == NULL) {
        (void) close(fd);
        (void) unlink(path);
        return mh_fail(error, MH_E_MEMORY, "out of memory");
    }

    config_print(out, options);

    if (ferror(out) | fclose(out)) {
        e = errno;
        (void) unlink(path);
        return mh_fail(error, MH_E_SYSTEM, "\"%s\" cannot be written: %s",
                       path, strerror(e));
    }

    return 0;
}
