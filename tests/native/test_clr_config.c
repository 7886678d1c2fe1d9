/*
 * The runtimeconfig.json that is made up for a process.
 */

#include "baseline.h"
#include "check.h"
#include "clr_config.h"

#include <sys/stat.h>
#include <unistd.h>

static mh_error     error;
static char         path[4096];
#define P(name, value)  { (char *) (name), (char *) (value) }

static mh_property  first[] = {
    P("System.GC.Server", "true"),
    P("System.Globalization.Invariant", "true"),
    P("Only.In.First", "\"a\\\"b\""),
    P("APP_CONTEXT_BASE_DIRECTORY", "\"/x\""),
    P("Differs", "1"),
    P("Some.Number", "3"),
};
static mh_property  second[] = {
    P("Some.Number", "3"),
    P("System.Globalization.Invariant", "false"),
    P("System.GC.Concurrent", "false"),
};


/* The text that is written, or NULL. */
static char *
written(const mh_app_spec *const *apps, unsigned count)
{
    char                *text;
    size_t               length;
    mh_framework         framework;
    mh_runtime_options   options;

    memset(&framework, 0, sizeof(framework));
    memset(&options, 0, sizeof(options));
    strcpy(framework.name, "Odd\"Name");
    strcpy(framework.version, "10.0.0");
    strcpy(framework.resolved, "10.0.12");
    options.frameworks = &framework;
    options.framework_count = 1;
    options.apps = apps;
    options.app_count = count;

    if (mh_clr_config_write(&options, path, sizeof(path), &error) != 0) {
        return NULL;
    }

    text = baseline_read(path, &length);

    return text;
}


CASE(One_application_has_its_own_properties_but_not_server_GC)
{
    char               *text;
    mh_app_spec         app;
    struct stat         st;
    const mh_app_spec  *apps[] = { &app };

    memset(&app, 0, sizeof(app));
    app.properties = first;
    app.property_count = sizeof(first) / sizeof(first[0]);

    text = written(apps, 1);
    REQUIRE(text != NULL);
    CHECK_HAS(text, "{ \"name\": \"Odd\\\"Name\", \"version\": \"10.0.12\" }");
    CHECK_HAS(text, "\"System.GC.Server\": false");
    CHECK_HAS(text, "\"System.GC.Concurrent\": true");
    CHECK_HAS(text, "\"System.Globalization.Invariant\": true");
    CHECK_HAS(text, "\"Only.In.First\": \"a\\\"b\"");
    CHECK_HAS(text, "\"Some.Number\": 3");
    CHECK(strstr(text, "\"System.GC.Server\": true") == NULL);
    CHECK(strstr(text, "APP_CONTEXT") == NULL);
    CHECK_INT(stat(path, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    CHECK_HAS(path, ".runtimeconfig.json");
    free(text);
    unlink(path);
}


CASE(Several_applications_have_what_they_agree_on)
{
    char               *text;
    mh_app_spec         a, b;
    const mh_app_spec  *apps[] = { &a, &b };

    memset(&a, 0, sizeof(a));
    memset(&b, 0, sizeof(b));
    a.properties = first;
    a.property_count = sizeof(first) / sizeof(first[0]);
    b.properties = second;
    b.property_count = sizeof(second) / sizeof(second[0]);

    text = written(apps, 2);
    REQUIRE(text != NULL);
    CHECK_HAS(text, "\"Some.Number\": 3");
    CHECK_HAS(text, "\"System.GC.Concurrent\": true");
    CHECK(strstr(text, "Invariant") == NULL);
    CHECK(strstr(text, "Only.In.First") == NULL);
    free(text);
    unlink(path);

    /* The second alone. */

    apps[0] = &b;
    text = written(apps, 1);
    REQUIRE(text != NULL);
    CHECK_HAS(text, "\"System.GC.Concurrent\": false");
    CHECK_HAS(text, "\"System.Globalization.Invariant\": false");
    free(text);
    unlink(path);
}


CASE(A_folder_that_cannot_be_written_is_named)
{
    mh_runtime_options  options;

    memset(&options, 0, sizeof(options));
    options.temporary_directory = "/nowhere";
    CHECK_INT(mh_clr_config_write(&options, path, sizeof(path), &error), -1);
    CHECK_INT(error.code, MH_E_SYSTEM);
    CHECK_HAS(error.text, "/nowhere");
}

CHECK_MAIN
