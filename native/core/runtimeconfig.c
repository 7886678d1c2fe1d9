/*
 * Reading Name.runtimeconfig.json.
 */

#include "runtimeconfig.h"

#include "file.h"
#include "framework.h"
#include "json.h"

#include <stdlib.h>
#include <string.h>


#define CONFIG_SIZE_MAX  ((size_t) 1024 * 1024)

/* One reading. */
typedef struct config_reading {
    const char          *path;
    mh_json              json;
    const mh_json_node  *options;
    mh_app_spec         *spec;
    mh_error            *error;
} config_reading;


static int
bad(const config_reading *reading, const char *what)
{
    return mh_fail(reading->error, MH_E_APP_RUNTIMECONFIG, "\"%s\": %s",
                   reading->path, what);
}


/* The policy of `object`, or `inherited` where it has none. */
static int
roll_forward_of(const config_reading *reading, const mh_json_node *object,
    int inherited)
{
    char                 text[32];
    const mh_json_node  *value;

    value = mh_json_member(&reading->json, object, "rollForward");

    if (value == NULL) {
        return inherited;
    }

    return mh_json_string(&reading->json, value, text, sizeof(text))
           ? mh_roll_forward_parse(text)
           : -1;
}


static int
framework_add(const config_reading *reading, const mh_json_node *object)
{
    int            roll_forward;
    mh_version     version;
    mh_framework  *framework;

    if (reading->spec->framework_count == MH_FRAMEWORKS_MAX) {
        return bad(reading, "it asks for too many frameworks");
    }

    framework = &reading->spec->frameworks[reading->spec->framework_count];
    memset(framework, 0, sizeof(*framework));

    if (!mh_json_string(&reading->json,
                        mh_json_member(&reading->json, object, "name"),
                        framework->name, sizeof(framework->name))
        || framework->name[0] == '\0'
        || framework->name[0] == '.'
        || strchr(framework->name, '/') != NULL)
    {
        return bad(reading, "a framework has no name, or a bad one");
    }

    if (!mh_json_string(&reading->json,
                        mh_json_member(&reading->json, object, "version"),
                        framework->version, sizeof(framework->version))
        || !mh_version_parse(framework->version, &version))
    {
        return bad(reading, "a framework has no version, or a bad one");
    }

    roll_forward = roll_forward_of(reading, reading->options, MH_ROLL_MINOR);
    roll_forward = roll_forward_of(reading, object, roll_forward);

    if (roll_forward == -1) {
        return bad(reading, "the value of rollForward is not known");
    }

    framework->roll_forward = (enum mh_roll_forward) roll_forward;
    reading->spec->framework_count++;

    return 0;
}


static bool
uses_aspnetcore(const mh_app_spec *spec)
{
    unsigned  i;

    for (i = 0; i < spec->framework_count; i++) {
        if (strcmp(spec->frameworks[i].name, MH_ASPNETCORE_FRAMEWORK) == 0) {
            return true;
        }
    }

    return false;
}


static int
frameworks_read(const config_reading *reading)
{
    const mh_json_node  *one, *list, *element;

    one = mh_json_member(&reading->json, reading->options, "framework");
    list = mh_json_member(&reading->json, reading->options, "frameworks");

    if (one != NULL && framework_add(reading, one) != 0) {
        return -1;
    }

    for (element = mh_json_element(&reading->json, list, NULL);
         element != NULL;
         element = mh_json_element(&reading->json, list, element))
    {
        if (framework_add(reading, element) != 0) {
            return -1;
        }
    }

    if (reading->spec->framework_count != 0) {
        return 0;
    }

    if (mh_json_member(&reading->json, reading->options, "includedFrameworks"))
    {
        return mh_fail(reading->error, MH_E_APP_SELF_CONTAINED,
                       "\"%s\" is of a self-contained application, which "
                       "brings its own runtime; embedded mode needs one that "
                       "is published framework-dependent "
                       "(--self-contained false)", reading->path);
    }

    return bad(reading, "it names no framework");
}


/* A copy of a value that may go into another file: a scalar, well formed. */
static char *
property_value(const mh_json *json, const mh_json_node *node)
{
    const char  *text;

    text = json->text + node->offset;

    switch (node->type) {

    case MH_JSON_TRUE:
        return strdup("true");

    case MH_JSON_FALSE:
        return strdup("false");

    case MH_JSON_STRING:
        /* With its quotes. */
        return strndup(text - 1, (size_t) node->length + 2);

    case MH_JSON_NUMBER:
        return strspn(text, "0123456789") >= node->length
               ? strndup(text, node->length)
               : NULL;

    default:
        return NULL;
    }
}


/* Those of other kinds, or with escapes in their names, are left out. */
static int
properties_read(const config_reading *reading)
{
    char                *value;
    mh_app_spec         *spec;
    mh_property         *property;
    const mh_json       *json;
    const mh_json_node  *object, *name;

    spec = reading->spec;
    json = &reading->json;
    object = mh_json_member(json, reading->options, "configProperties");

    spec->properties = calloc(MH_PROPERTIES_MAX, sizeof(mh_property));

    if (spec->properties == NULL) {
        return mh_fail(reading->error, MH_E_MEMORY, "out of memory");
    }

    for (name = mh_json_name(json, object, NULL);
         name != NULL && spec->property_count < MH_PROPERTIES_MAX;
         name = mh_json_name(json, object, name))
    {
        value = property_value(json, &json->nodes[name->next]);

        if (value == NULL) {
            continue;
        }

        property = &spec->properties[spec->property_count];
        property->value = value;
        property->name = strndup(json->text + name->offset, name->length);

        if (property->name == NULL
            || strchr(property->name, '\\') != NULL)
        {
            free(property->name);
            free(value);
            memset(property, 0, sizeof(*property));
            continue;
        }

        spec->property_count++;
    }

    return 0;
}


static int
config_read(config_reading *reading, const mh_file *file)
{
    int       rc;
    char     *text;
    mh_error  reason;

    text = mh_file_part(file, 0, file->size, CONFIG_SIZE_MAX);

    if (text == NULL) {
        return bad(reading, "it cannot be read, or is longer than 1 MiB");
    }

    if (mh_json_parse(&reading->json, text, (size_t) file->size, &reason)
        != 0)
    {
        free(text);
        return bad(reading, reason.text);
    }

    reading->options = mh_json_member(&reading->json,
                                      mh_json_root(&reading->json),
                                      "runtimeOptions");

    rc = frameworks_read(reading);

    if (rc == 0) {
        rc = properties_read(reading);
    }

    mh_json_free(&reading->json);
    free(text);

    return rc;
}


int
mh_runtimeconfig_read(const char *path, mh_app_spec *spec, mh_error *error)
{
    int             rc;
    mh_file         file;
    mh_error        reason;
    config_reading  reading;

    reading.path = path;
    reading.spec = spec;
    reading.error = error;

    spec->framework_count = 0;

    if (mh_file_open(&file, path, &reason) != 0) {
        return mh_fail(error, MH_E_APP_RUNTIMECONFIG, "%s%s", reason.text,
                       reason.code == MH_E_APP_MISSING
                       ? "; dotnet publish puts it next to an application's "
                         ".dll" : "");
    }

    rc = config_read(&reading, &file);

    mh_file_close(&file);

    if (rc == 0 && !uses_aspnetcore(spec)) {
        return mh_fail(error, MH_E_APP_NOT_WEB,
                       "\"%s\" does not ask for %s: it is no web application",
                       path, MH_ASPNETCORE_FRAMEWORK);
    }

    return rc;
}
