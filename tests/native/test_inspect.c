/*
 * Inspection of applications, on made-up installations and publish folders.
 */

#include "app.h"
#include "check.h"
#include "images.h"

#include <limits.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG                                                                \
    "{ \"runtimeOptions\": { \"tfm\": \"net10.0\", \"frameworks\": ["         \
    "{ \"name\": \"Microsoft.NETCore.App\", \"version\": \"10.0.0\" },"       \
    "{ \"name\": \"Microsoft.AspNetCore.App\", \"version\": \"10.0.0\" }],"   \
    "\"configProperties\": { \"System.GC.Server\": true } } }"

static char         root[64];            /* a fresh folder for each case      */
static char         dotnet[128];
static mh_app_spec  spec;
static mh_error     error;


static const char *
path_of(const char *format, ...)
{
    va_list      args;
    static char  path[PATH_MAX];
    char         relative[512];

    va_start(args, format);
    vsnprintf(relative, sizeof(relative), format, args);
    va_end(args);
    snprintf(path, sizeof(path), "%s/%s", root, relative);

    return path;
}


static void
make_folder(const char *relative)
{
    char  *path, *slash;

    path = strdup(path_of("%s", relative));

    for (slash = path + strlen(root); slash != NULL; /* void */) {
        slash = strchr(slash + 1, '/');

        if (slash != NULL) {
            *slash = '\0';
        }

        mkdir(path, 0755);

        if (slash != NULL) {
            *slash = '/';
        }
    }

    free(path);
}


static void
make_file(const char *relative, const void *data, size_t size)
{
    FILE  *file;

    file = fopen(path_of("%s", relative), "wb");

    if (file == NULL || fwrite(data, 1, size, file) != size) {
        CHECK_FAIL("%s cannot be written", relative);
    }

    if (file != NULL) {
        fclose(file);
    }
}


static void
make_text(const char *relative, const char *text)
{
    make_file(relative, text, strlen(text));
}


static void
make_assembly(const char *relative)
{
    uint64_t  memory[IMAGE_MAX / 8];

    make_file(relative, memory, image_assembly(memory));
}


static void
make_library(const char *relative, bool exports, bool foreign)
{
    uint64_t  memory[IMAGE_MAX / 8];
    size_t    size;

    size = image_library(memory);

    if (!exports) {
        ((char *) memory)[640 + 7] = 'X';
    }

    if (foreign) {
        ((char *) memory)[18] = 22;      /* S/390 */
    }

    make_file(relative, memory, size);
}


static void
start(void)
{
    strcpy(root, "/tmp/modhost-inspect-XXXXXX");

    if (mkdtemp(root) == NULL) {
        abort();
    }

    snprintf(dotnet, sizeof(dotnet), "%s/dotnet", root);
    make_folder("dotnet/host/fxr/10.0.12");
    make_folder("dotnet/shared/Microsoft.NETCore.App/10.0.12");
    make_folder("dotnet/shared/Microsoft.NETCore.App/9.0.1");
    make_folder("dotnet/shared/Microsoft.AspNetCore.App/10.0.12");
    make_folder("dotnet/shared/Microsoft.AspNetCore.App/10.0.3");
    make_folder("dotnet/shared/Microsoft.AspNetCore.App/not-a-version");
    make_folder("shop");
}


static void
end(void)
{
    char  command[128];

    mh_app_spec_free(&spec);
    snprintf(command, sizeof(command), "rm -rf '%s'", root);

    if (system(command) != 0) {
        CHECK_FAIL("%s failed", command);
    }
}


static int
inspect(const char *relative)
{
    mh_app_spec_free(&spec);
    error.code = 0;
    error.text[0] = '\0';

    return mh_app_inspect(path_of("%s", relative), dotnet, &spec, &error);
}


static void
refused(const char *relative, unsigned code, const char *text)
{
    CHECK_INT(inspect(relative), -1);
    CHECK_INT(error.code, code);
    CHECK_HAS(error.text, text);
    CHECK(spec.path == NULL);
}


static void
expect_shop(enum mh_app_kind kind, const char *file)
{
    char  *real;

    CHECK_TEXT(error.text, "");
    REQUIRE(spec.path != NULL);
    real = realpath(path_of("shop/%s", file), NULL);
    CHECK_INT(spec.kind, kind);
    CHECK_TEXT(spec.path, real);
    CHECK_TEXT(spec.name, "Shop");
    *strrchr(real, '/') = '\0';
    CHECK_TEXT(spec.content_root, real);
    free(real);
}


CASE(An_assembly_is_found_with_its_frameworks)
{
    start();
    make_assembly("shop/Shop.dll");
    make_text("shop/Shop.runtimeconfig.json", CONFIG);
    CHECK_INT(inspect("shop/Shop.dll"), 0);
    expect_shop(MH_APP_IL, "Shop.dll");
    CHECK_INT(spec.framework_count, 2);
    CHECK_TEXT(spec.frameworks[1].name, "Microsoft.AspNetCore.App");
    CHECK_TEXT(spec.frameworks[1].version, "10.0.0");
    CHECK_TEXT(spec.frameworks[1].resolved, "10.0.12");
    CHECK_INT(spec.property_count, 1);
    CHECK_TEXT(spec.properties[0].name, "System.GC.Server");
    CHECK_TEXT(spec.properties[0].value, "true");
    end();
}


CASE(Properties_are_kept_if_they_are_plain)
{
    start();
    make_assembly("shop/Shop.dll");
    make_text("shop/Shop.runtimeconfig.json",
              "{\"runtimeOptions\":{\"framework\":{\"name\":"
              "\"Microsoft.AspNetCore.App\",\"version\":\"10.0.0\"},"
              "\"configProperties\":{\"A.B\":\"x\\u0041\",\"C\":12,"
              "\"D\":1.5,\"E\":{\"F\":1},\"G\":[1],\"H\":null,"
              "\"I\\u0041\":1,\"J\":false}}}");
    CHECK_INT(inspect("shop/Shop.dll"), 0);
    REQUIRE(spec.property_count == 3);
    CHECK_TEXT(spec.properties[0].name, "A.B");
    CHECK_TEXT(spec.properties[0].value, "\"x\\u0041\"");
    CHECK_TEXT(spec.properties[1].name, "C");
    CHECK_TEXT(spec.properties[1].value, "12");
    CHECK_TEXT(spec.properties[2].name, "J");
    CHECK_TEXT(spec.properties[2].value, "false");
    end();
}


CASE(A_library_is_found)
{
    start();
    make_library("shop/Shop.so", true, false);
    CHECK_INT(inspect("shop/Shop.so"), 0);
    expect_shop(MH_APP_NATIVE, "Shop.so");
    CHECK_INT(spec.framework_count, 0);
    end();
}


CASE(A_publish_folder_is_searched)
{
    start();
    make_assembly("shop/Shop.dll");
    make_assembly("shop/Other.dll");
    make_text("shop/Shop.runtimeconfig.json", CONFIG);
    make_text("shop/Shop.runtimeconfig.dev.json", "{}");
    make_library("shop/libnative.so", false, false);
    CHECK_INT(inspect("shop"), 0);
    expect_shop(MH_APP_IL, "Shop.dll");
    CHECK_INT(inspect("shop/"), 0);
    expect_shop(MH_APP_IL, "Shop.dll");
    end();

    start();
    make_library("shop/Shop.so", true, false);
    make_library("shop/libnative.so", false, false);
    CHECK_INT(inspect("shop"), 0);
    expect_shop(MH_APP_NATIVE, "Shop.so");
    end();
}


CASE(A_link_leads_to_one_release)
{
    start();
    make_assembly("shop/Shop.dll");
    make_text("shop/Shop.runtimeconfig.json", CONFIG);
    CHECK_INT(symlink("shop", path_of("current")), 0);
    CHECK_INT(inspect("current/Shop.dll"), 0);
    expect_shop(MH_APP_IL, "Shop.dll");
    CHECK_INT(inspect("current"), 0);
    expect_shop(MH_APP_IL, "Shop.dll");
    end();
}


CASE(What_is_not_there_or_no_application_is_named)
{
    start();
    refused("missing/Shop.dll", MH_E_APP_MISSING, "missing/Shop.dll");
    make_text("shop/Shop.dll", "text");
    refused("shop/Shop.dll", MH_E_APP_NOT_ASSEMBLY, "not a .NET assembly");
    refused("shop/Shop.dll/x", MH_E_APP_MISSING, "Not a directory");
    make_text("shop/Shop", "text");
    refused("shop/Shop", MH_E_APP_KIND, "name \"");
    CHECK_HAS(error.text, "/shop/Shop.dll\" instead");
    make_text("shop/Text", "text");
    refused("shop/Text", MH_E_APP_KIND, "neither a .dll");
    make_text("shop/Shop.so", "text");
    refused("shop/Shop.so", MH_E_APP_ARCHITECTURE, "not an ELF library");
    CHECK_INT(mkfifo(path_of("shop/Pipe.dll"), 0600), 0);
    refused("shop/Pipe.dll", MH_E_APP_UNREADABLE, "not a regular file");
    end();
}


CASE(A_library_without_exports_or_for_another_machine_is_refused)
{
    start();
    make_library("shop/Shop.so", false, false);
    refused("shop/Shop.so", MH_E_APP_EXPORTS, "-p:ModHostLibrary=true");
    refused("shop", MH_E_APP_FOLDER, "no library (.so) that exports");
    make_library("shop/Shop.so", true, true);
    refused("shop/Shop.so", MH_E_APP_ARCHITECTURE, "S/390");
    refused("shop", MH_E_APP_ARCHITECTURE, "S/390");
    end();
}


CASE(A_folder_with_none_or_several_applications_is_refused)
{
    start();
    refused("shop", MH_E_APP_FOLDER, "holds no application");
    make_text("shop/Shop.runtimeconfig.json", CONFIG);
    refused("shop", MH_E_APP_FOLDER, "no \"Shop.dll\"");
    make_assembly("shop/Shop.dll");
    make_assembly("shop/Admin.dll");
    make_text("shop/Admin.runtimeconfig.json", CONFIG);
    refused("shop", MH_E_APP_FOLDER, "holds 2 applications");
    CHECK_HAS(error.text, "Shop.dll");
    CHECK_HAS(error.text, "Admin.dll");
    end();
}


CASE(A_copy_that_was_broken_off_is_refused)
{
    uint64_t  memory[IMAGE_MAX / 8];

    start();
    make_text("shop/Shop.runtimeconfig.json", CONFIG);
    make_file("shop/Shop.dll", memory, image_assembly(memory) - 100);
    refused("shop", MH_E_APP_UNREADABLE, "cut short");
    CHECK_HAS(error.text, "has 924 bytes of 1016");
    end();
}


/* An ELF program of this machine. */
static void
make_program(const char *relative)
{
    char  command[512];

    snprintf(command, sizeof(command), "cp /bin/true '%s'", path_of("%s",
             relative));

    if (system(command) != 0) {
        CHECK_FAIL("%s failed", command);
    }
}


static void
refused_daemon(const char *relative, unsigned code, const char *text)
{
    mh_app_spec_free(&spec);
    CHECK_INT(mh_app_inspect_daemon(path_of("%s", relative), dotnet, &spec,
                                    &error), -1);
    CHECK_INT(error.code, code);
    CHECK_HAS(error.text, text);
}


CASE(A_group_runs_a_program_that_is_all_of_an_application)
{
    start();
    make_program("shop/Shop");
    make_text("shop/Shop.dbg", "text");
    make_text("shop/appsettings.json", "{}");
    mh_app_spec_free(&spec);
    CHECK_INT(mh_app_inspect_daemon(path_of("shop"), dotnet, &spec, &error),
              0);
    CHECK_INT(spec.kind, MH_APP_EXECUTABLE);
    CHECK_TEXT(spec.name, "Shop");
    end();
}


CASE(A_group_does_not_run_the_program_of_half_a_folder)
{
    start();
    make_program("shop/Shop");
    make_assembly("shop/Shop.dll");
    refused_daemon("shop", MH_E_APP_RUNTIMECONFIG,
                   "/Shop.runtimeconfig.json\" is missing");
    refused_daemon("shop/Shop", MH_E_APP_RUNTIMECONFIG, "is missing");
    unlink(path_of("shop/Shop.dll"));
    make_text("shop/Shop.deps.json", "{}");
    refused_daemon("shop", MH_E_APP_RUNTIMECONFIG, "is missing");
    make_text("shop/Shop.runtimeconfig.json", CONFIG);
    refused_daemon("shop", MH_E_APP_MISSING, "/Shop.dll\" is missing");
    end();
}


CASE(A_link_to_a_program_makes_no_application_of_a_folder)
{
    start();
    CHECK_INT(symlink("/bin/true", path_of("shop/true")), 0);
    refused_daemon("shop", MH_E_APP_FOLDER, "holds no application");
    end();
}


/* Embedded mode refuses `relative`; the reason, once it is explained. */
static void
explained(const char *relative, unsigned code, const char *text)
{
    char  path[PATH_MAX];

    snprintf(path, sizeof(path), "%s", path_of("%s", relative));
    mh_app_spec_free(&spec);
    CHECK_INT(mh_app_inspect(path, dotnet, &spec, &error), -1);
    mh_app_inspect_explain(path, dotnet, "process_group=", &error);
    CHECK_INT(error.code, code);
    CHECK_HAS(error.text, text);
}


CASE(What_embedded_mode_refuses_may_do_in_a_process_group)
{
    start();
    explained("shop", MH_E_APP_FOLDER, "holds no application");
    make_program("shop/Shop");
    explained("shop", MH_E_APP_NEEDS_GROUP, "give it process_group=");
    make_assembly("shop/Shop.dll");
    explained("shop", MH_E_APP_RUNTIMECONFIG,
              "/Shop.runtimeconfig.json\" is missing");
    explained("nowhere", MH_E_APP_MISSING, "nowhere");
    end();
}


CASE(A_bad_runtimeconfig_is_refused_and_named)
{
    size_t  i;

    static const struct {
        const char  *config;
        unsigned     code;
        const char  *text;
    } cases[] = {
        { "{", MH_E_APP_RUNTIMECONFIG, "Shop.runtimeconfig.json\": " },
        { "", MH_E_APP_RUNTIMECONFIG, "unexpected end in line 1" },
        { "[]", MH_E_APP_RUNTIMECONFIG, "names no framework" },
        { "{}", MH_E_APP_RUNTIMECONFIG, "names no framework" },
        { "{\"runtimeOptions\":{\"framework\":1}}", MH_E_APP_RUNTIMECONFIG,
          "no name" },
        { "{\"runtimeOptions\":{\"framework\":{\"name\":\"../x\","
          "\"version\":\"1.0.0\"}}}", MH_E_APP_RUNTIMECONFIG, "bad one" },
        { "{\"runtimeOptions\":{\"framework\":{\"name\":\"X\"}}}",
          MH_E_APP_RUNTIMECONFIG, "no version" },
        { "{\"runtimeOptions\":{\"rollForward\":\"Often\",\"framework\":"
          "{\"name\":\"X\",\"version\":\"1.0.0\"}}}",
          MH_E_APP_RUNTIMECONFIG, "rollForward" },
        { "{\"runtimeOptions\":{\"includedFrameworks\":[{\"name\":"
          "\"Microsoft.AspNetCore.App\",\"version\":\"10.0.0\"}]}}",
          MH_E_APP_SELF_CONTAINED, "self-contained" },
        { "{\"runtimeOptions\":{\"framework\":{\"name\":"
          "\"Microsoft.NETCore.App\",\"version\":\"10.0.0\"}}}",
          MH_E_APP_NOT_WEB, "no web application" },
        { "{\"runtimeOptions\":{\"framework\":{\"name\":"
          "\"Microsoft.AspNetCore.App\",\"version\":\"11.0.0\"}}}",
          MH_E_APP_FRAMEWORK,
          "Microsoft.AspNetCore.App 11.0.0 is not installed" },
        { "{\"runtimeOptions\":{\"frameworks\":[{\"name\":"
          "\"Microsoft.AspNetCore.App\",\"version\":\"10.0.0\"},{\"name\":"
          "\"Another.App\",\"version\":\"1.0.0\"}]}}",
          MH_E_APP_FRAMEWORK, "has no version of it" },
    };

    start();
    make_assembly("shop/Shop.dll");
    refused("shop/Shop.dll", MH_E_APP_RUNTIMECONFIG, "No such file");

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        make_text("shop/Shop.runtimeconfig.json", cases[i].config);
        refused("shop/Shop.dll", cases[i].code, cases[i].text);
    }

    /* What is there is named, highest first. */

    make_text("shop/Shop.runtimeconfig.json", cases[10].config);
    refused("shop/Shop.dll", MH_E_APP_FRAMEWORK, "10.0.12, 10.0.3");
    end();
}


CASE(Roll_forward_of_a_config_is_heeded)
{
    start();
    make_assembly("shop/Shop.dll");
    make_text("shop/Shop.runtimeconfig.json",
              "{\"runtimeOptions\":{\"rollForward\":\"Major\","
              "\"framework\":{\"name\":\"Microsoft.AspNetCore.App\","
              "\"version\":\"8.0.0\"}}}");
    CHECK_INT(inspect("shop/Shop.dll"), 0);
    CHECK_TEXT(spec.frameworks[0].resolved, "10.0.12");
    make_text("shop/Shop.runtimeconfig.json",
              "{\"runtimeOptions\":{\"framework\":{\"name\":"
              "\"Microsoft.AspNetCore.App\",\"version\":\"10.0.1\","
              "\"rollForward\":\"Disable\"}}}");
    refused("shop/Shop.dll", MH_E_APP_FRAMEWORK, "10.0.1 is not installed");
    end();
}


CASE(A_missing_installation_is_named)
{
    char  found[PATH_MAX];

    start();
    make_assembly("shop/Shop.dll");
    make_text("shop/Shop.runtimeconfig.json", CONFIG);
    CHECK_INT(mh_dotnet_root(dotnet, found, sizeof(found), &error), 0);
    CHECK_TEXT(found, dotnet);
    strcat(dotnet, "///");
    CHECK_INT(mh_dotnet_root(dotnet, found, sizeof(found), &error), 0);
    CHECK(found[strlen(found) - 1] != '/');
    strcat(dotnet, "x");
    refused("shop/Shop.dll", MH_E_DOTNET_MISSING, "no folder host/fxr");
    end();
}

CHECK_MAIN
