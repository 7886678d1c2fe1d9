/*
 * The option table and what nginx makes of it: the same names in the same
 * contexts with the same defaults.
 */

#include "baseline.h"
#include "check.h"

#include <ctype.h>

#define M  1u
#define S  2u
#define L  4u

typedef struct option {
    const char  *name;
    const char  *type;
    const char  *preset;
    unsigned     contexts;
    const char  *meaning;
} option;

static const option  options[] = {
#define MH_OPTION(name, type, preset, contexts, meaning)                      \
    { #name, #type, preset, contexts, meaning },
#include "options.def"
#undef MH_OPTION
};

#define OPTIONS  (sizeof(options) / sizeof(options[0]))


static char *
source(const char *name)
{
    char    *path, *text;
    size_t   length;

    path = baseline_path("../native/nginx", name, "");
    text = baseline_read(path, &length);
    free(path);

    return text;
}


CASE(Every_option_is_well_formed)
{
    size_t  i, k;

    for (i = 0; i < OPTIONS; i++) {

        for (k = 0; options[i].name[k] != '\0'; k++) {
            CHECK(islower((unsigned char) options[i].name[k])
                  || options[i].name[k] == '_');
        }

        CHECK(options[i].contexts != 0 && options[i].contexts <= 7);
        CHECK(strlen(options[i].meaning) > 10);
        CHECK(options[i].meaning[strlen(options[i].meaning) - 1] != '.');

        for (k = 0; k < i; k++) {
            CHECK(strcmp(options[i].name, options[k].name) != 0);
        }
    }
}


CASE(Nginx_has_every_option_in_its_contexts)
{
    char    *text, wanted[128];
    size_t   i;

    text = source("ngx_http_modhost_module.c");
    REQUIRE(text != NULL);

    for (i = 0; i < OPTIONS; i++) {

        snprintf(wanted, sizeof(wanted), "%s(\"modhost_%s\"",
                 options[i].contexts == (M | S | L) ? "MODHOST_LOC"
                 : options[i].contexts == M ? "MODHOST_MAIN" : "ngx_string",
                 options[i].name);

        CHECK_HAS(text, wanted);
    }

    free(text);
}


CASE(Nginx_has_no_other_directive)
{
    char    *text, *at, name[64];
    size_t   i;

    text = source("ngx_http_modhost_module.c");
    REQUIRE(text != NULL);

    for (at = text; (at = strstr(at, "(\"modhost_")) != NULL; at++) {

        CHECK_INT(sscanf(at, "(\"modhost_%63[a-z_]\"", name), 1);

        for (i = 0; i < OPTIONS && strcmp(options[i].name, name) != 0; i++) {
            /* void */
        }

        if (i == OPTIONS) {
            CHECK_FAIL("modhost_%s is not in options.def", name);
        }
    }

    free(text);
}


/* A number as nginx's sources have it. */
static void
preset_in_source(const option *one, char *buffer, size_t size)
{
    size_t              length;
    unsigned long long  number;

    number = strtoull(one->preset, NULL, 10);
    length = strlen(one->preset);

    if (strcmp(one->type, "FLAG") == 0) {
        number = strcmp(one->preset, "on") == 0;

    } else if (strcmp(one->type, "TIME") == 0) {
        number *= one->preset[length - 1] == 's' ? 1000 : 1;
    }

    snprintf(buffer, size, ", %llu);", number);

    if (strcmp(one->name, "max_head_size") == 0) {
        strcpy(buffer, ", MH_HEAD_SIZE_MAX);");

    } else if (strcmp(one->name, "max_headers") == 0) {
        strcpy(buffer, ", MH_HEAD_HEADERS_MAX);");
    }
}


/* Spaces and line ends become one space. */
static void
squeeze(char *text)
{
    char  *to;

    for (to = text; *text != '\0'; text++) {
        if (isspace((unsigned char) *text)) {
            if (to[-1] != ' ') {
                *to++ = ' ';
            }
        } else {
            *to++ = *text;
        }
    }

    *to = '\0';
}


CASE(Nginx_has_the_defaults)
{
    char    *text, wanted[256], preset[64];
    size_t   i;

    text = source("ngx_http_modhost_conf.c");
    REQUIRE(text != NULL);
    squeeze(text);

    for (i = 0; i < OPTIONS; i++) {

        if (strcmp(options[i].type, "FLAG") != 0
            && strcmp(options[i].type, "TIME") != 0
            && (strcmp(options[i].type, "NUMBER") != 0
                && strcmp(options[i].type, "SIZE") != 0))
        {
            continue;
        }

        if (options[i].preset[0] == '\0') {
            continue;
        }

        preset_in_source(&options[i], preset, sizeof(preset));

        snprintf(wanted, sizeof(wanted), "prev->%s%s", options[i].name,
                 preset);

        if (strstr(text, wanted) == NULL) {
            snprintf(wanted, sizeof(wanted), "prev->settings.%s%s",
                     options[i].name, preset);
            if (strstr(text, wanted) == NULL) {
                CHECK_FAIL("modhost_%s: no \"%s\"", options[i].name, wanted);
            }
        }
    }

    free(text);
}

CASE(The_documentation_has_every_option_with_its_default)
{
    char    *text, *path, wanted[256], *entry, *next;
    size_t   i, length;

    path = baseline_path("../docs", "directives", ".md");
    text = baseline_read(path, &length);
    free(path);
    REQUIRE(text != NULL);

    for (i = 0; i < OPTIONS; i++) {

        snprintf(wanted, sizeof(wanted), "## modhost_%s\n",
                 options[i].name);
        entry = strstr(text, wanted);

        if (entry == NULL) {
            CHECK_FAIL("modhost_%s is not in docs/directives.md",
                       options[i].name);
            continue;
        }

        snprintf(wanted, sizeof(wanted), "| Default | `modhost_%s %s;` |",
                 options[i].name, options[i].preset);

        if (options[i].preset[0] == '\0') {
            strcpy(wanted, "| Default |");
        }

        next = strstr(entry + 1, "\n## ");
        entry = strstr(entry, wanted);

        if (entry == NULL || (next != NULL && entry > next)) {
            CHECK_FAIL("modhost_%s: no \"%s\" in docs/directives.md",
                       options[i].name, wanted);
        }
    }

    free(text);
}

CHECK_MAIN
