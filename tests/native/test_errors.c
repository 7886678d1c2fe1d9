/*
 * docs/errors.md and the tags that the code writes, in C and in C#, are the
 * same list.
 */

#include "baseline.h"
#include "check.h"
#include "core.h"

#include <ctype.h>
#include <ftw.h>

#define TAGS  1000u

static bool  documented[TAGS];
static bool  used[TAGS];


/* Every "MHnnnn" in a text. */
static void
collect(const char *text, const char *end, bool *tags)
{
    unsigned  number;

    for (/* void */; (text = strstr(text, "MH0")) != NULL && text < end;
         text++)
    {
        if (isdigit((unsigned char) text[3])
            && isdigit((unsigned char) text[4])
            && isdigit((unsigned char) text[5])
            && !isdigit((unsigned char) text[6]))
        {
            number = (unsigned) strtoul(text + 2, NULL, 10);
            tags[number] = true;
        }
    }
}


/* The first column of the tables. */
static void
collect_documented(void)
{
    char    *path, *text, *line, *end;
    size_t   length;

    path = baseline_path("../docs", "errors", ".md");
    text = baseline_read(path, &length);
    free(path);
    REQUIRE(text != NULL);

    for (line = text; line != NULL; line = end ? end + 1 : NULL) {
        end = strchr(line, '\n');

        if (strncmp(line, "| MH", 4) == 0) {
            collect(line, strchr(line + 1, '|'), documented);
        }
    }

    free(text);
}


static int
visit(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    char    *text;
    size_t   length;

    (void) st;

    if (kind == FTW_D && (strcmp(path + ftw->base, "obj") == 0
                          || strcmp(path + ftw->base, "bin") == 0))
    {
        return FTW_SKIP_SUBTREE;
    }

    length = strlen(path);

    if (kind == FTW_F && length > 3 && strcmp(path + length - 3, ".cs") == 0)
    {
        text = baseline_read(path, &length);

        if (text != NULL) {
            collect(text, text + length, used);
            free(text);
        }
    }

    return FTW_CONTINUE;
}


CASE(Every_tag_in_the_code_is_documented_and_the_other_way_round)
{
    char      *path;
    unsigned   i;

    collect_documented();

#define MH_ERROR(number, symbol, cause)  used[number] = true;
#include "errors.def"
#undef MH_ERROR

    path = baseline_path("../managed", "", "");
    path[strlen(path) - 1] = '\0';
    CHECK_INT(nftw(path, visit, 16, FTW_ACTIONRETVAL | FTW_PHYS), 0);
    free(path);

    for (i = 0; i < TAGS; i++) {
        if (used[i] && !documented[i]) {
            CHECK_FAIL("MH%04u is not in docs/errors.md", i);
        }

        if (documented[i] && !used[i]) {
            CHECK_FAIL("MH%04u is in docs/errors.md, but nowhere else", i);
        }
    }
}


CASE(Every_C_tag_has_a_cause_and_a_number_in_its_range)
{
    size_t  i;

    static const struct {
        unsigned     number;
        const char  *symbol;
    } all[] = {
#define MH_ERROR(number, symbol, cause)  { number, #symbol },
#include "errors.def"
#undef MH_ERROR
    };

    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        CHECK(all[i].number > 100 && all[i].number < 1000);
        CHECK(i == 0 || all[i].number > all[i - 1].number);
        CHECK(mh_error_cause(all[i].number) != NULL);
    }

    CHECK(mh_error_cause(0) == NULL);
    CHECK(mh_error_cause(999) == NULL);
}


CASE(An_error_is_always_terminated)
{
    char       text[3000];
    mh_error   error;

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';

    CHECK_INT(mh_fail(&error, 101, "%s", text), -1);
    CHECK_INT(error.code, 101);
    CHECK_INT(strlen(error.text), sizeof(error.text) - 1);
    CHECK_INT(mh_fail(NULL, 101, "%s", text), -1);
}

CHECK_MAIN
