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


static const mh_property *
property_named(const mh_app_spec *app, const char *name)
{
    unsigned  i;

    for (i = 0; i < app->property_count; i++) {
        if (strcmp(app->properties[i].name, name) == 0) {
            return &app->properties[i];
        }
    }

    return NULL;
}


/*
 * Whether a property of the first app may hold for the whole process. Names
 * without a dot are the host's own, such as APP_CONTEXT_BASE_DIRECTORY.
 */
static bool
property_agreed(const mh_runtime_options *options,
    const mh_property *property)
{
    unsigned            i;
    const mh_property  *other;

    if (strchr(property->name, '.') == NULL
        || strcmp(property->name, "System.GC.Server") == 0
        || property_named(options->apps[0], property->name) != property)
    {
        return false;
    }

    for (i = 1; i < options->app_count; i++) {
        other = property_named(options->apps[i], property->name);

        if (other == NULL || strcmp(other->value, property->value) != 0) {
            return false;
        }
    }

    return true;
}


/* Server GC, which web projects ask for, is wrong in one of many workers. */
static void
properties_print(FILE *out, const mh_runtime_options *options)
{
    bool                concurrent;
    unsigned            i;
    const mh_property  *property;

    concurrent = false;

    (void) fputs("      \"System.GC.Server\": false", out);

    for (i = 0;
         options->app_count != 0 && i < options->apps[0]->property_count;
         i++)
    {
        property = &options->apps[0]->properties[i];

        if (!property_agreed(options, property)) {
            continue;
        }

        (void) fprintf(out, ",\n      \"%s\": %s", property->name,
                       property->value);

        if (strcmp(property->name, "System.GC.Concurrent") == 0) {
            concurrent = true;
        }
    }

    if (!concurrent) {
        (void) fputs(",\n      \"System.GC.Concurrent\": true", out);
    }
}


/*
 * Versions are those that were found installed; "Minor" lets a patch that an
 * update put in their place serve as well.
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
                 "    \"configProperties\": {\n", out);

    properties_print(out, options);

    (void) fputs("\n    }\n  }\n}\n", out);
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
