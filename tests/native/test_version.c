/*
 * Versions of frameworks, and .NET's roll-forward rules.
 */

#include "check.h"
#include "framework.h"


static mh_version
version(const char *text)
{
    mh_version  result;

    if (!mh_version_parse(text, &result)) {
        CHECK_FAIL("\"%s\" is no version", text);
    }

    return result;
}


/* What is chosen for `asked` among words of `installed`; "" is nothing. */
static const char *
chosen(const char *asked, enum mh_roll_forward policy, const char *installed)
{
    int          best;
    char         words[256], *word, *rest;
    unsigned     count;
    mh_version   wanted, versions[16];
    static char  text[64];

    strcpy(words, installed);
    count = 0;

    for (word = strtok_r(words, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest))
    {
        versions[count++] = version(word);
    }

    wanted = version(asked);
    best = mh_version_choose(&wanted, policy, versions, count);
    text[0] = '\0';

    if (best != -1) {
        mh_version_print(&versions[best], text, sizeof(text));
    }

    return text;
}


CASE(Versions_parse_or_do_not)
{
    size_t      i;
    mh_version  parsed;

    static const char *const  good[] = {
        "0.0.0", "10.0.12", "11.0.0-preview.1.26104.118", "1.2.3+build",
        "1.2.3-rc.1+build"
    };

    static const char *const  bad[] = {
        "", "1", "1.2", "1.2.", "1.2.3.4", "a.b.c", "1.2.3-", "1.2.x", "-1.0.0",
        " 1.2.3", "99999999999.0.0",
        "1.2.3-0123456789012345678901234567890123456789012345678901234"
    };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        CHECK(mh_version_parse(good[i], &parsed));
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (mh_version_parse(bad[i], &parsed)) {
            CHECK_FAIL("\"%s\" is taken for a version", bad[i]);
        }
    }
}


CASE(Versions_are_ordered)
{
    size_t      i, k;
    int         rc;
    mh_version  a, b;

    static const char *const  ascending[] = {
        "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
        "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1",
        "1.2.0", "1.10.0", "9.0.10", "10.0.0-preview.7", "10.0.0", "10.0.9",
        "10.0.12"
    };

    for (i = 0; i < sizeof(ascending) / sizeof(ascending[0]); i++) {
        for (k = 0; k < sizeof(ascending) / sizeof(ascending[0]); k++) {
            a = version(ascending[i]);
            b = version(ascending[k]);
            rc = mh_version_compare(&a, &b);

            if ((rc < 0) != (i < k) || (rc > 0) != (i > k)) {
                CHECK_FAIL("%s against %s gives %d", ascending[i],
                           ascending[k], rc);
            }
        }
    }

    a = version("1.0.0+x");
    b = version("1.0.0+y");
    CHECK_INT(mh_version_compare(&a, &b), 0);
}


CASE(Minor_takes_the_patch_or_else_the_nearest_minor)
{
    static const char  all[] =
        "8.0.1 9.0.5 10.0.3 10.0.12 10.2.1 10.2.4 11.0.0";

    CHECK_TEXT(chosen("10.0.0", MH_ROLL_MINOR, all), "10.0.12");
    CHECK_TEXT(chosen("10.1.0", MH_ROLL_MINOR, all), "10.2.4");
    CHECK_TEXT(chosen("10.0.13", MH_ROLL_MINOR, all), "10.2.4");
    CHECK_TEXT(chosen("10.3.0", MH_ROLL_MINOR, all), "");
    CHECK_TEXT(chosen("7.0.0", MH_ROLL_MINOR, all), "");
    CHECK_TEXT(chosen("9.0.6", MH_ROLL_MINOR, all), "");
    CHECK_TEXT(chosen("9.0.6", MH_ROLL_MINOR, ""), "");
}


CASE(Other_policies_roll_as_documented)
{
    static const char  all[] =
        "8.0.1 9.0.5 10.0.3 10.0.12 10.2.1 10.2.4 11.0.0";

    CHECK_TEXT(chosen("10.0.0", MH_ROLL_DISABLE, all), "");
    CHECK_TEXT(chosen("10.0.3", MH_ROLL_DISABLE, all), "10.0.3");
    CHECK_TEXT(chosen("10.0.0", MH_ROLL_LATEST_PATCH, all), "10.0.12");
    CHECK_TEXT(chosen("10.1.0", MH_ROLL_LATEST_PATCH, all), "");
    CHECK_TEXT(chosen("7.0.0", MH_ROLL_MAJOR, all), "8.0.1");
    CHECK_TEXT(chosen("9.0.6", MH_ROLL_MAJOR, all), "10.0.12");
    CHECK_TEXT(chosen("10.1.0", MH_ROLL_MAJOR, all), "10.2.4");
    CHECK_TEXT(chosen("10.0.0", MH_ROLL_LATEST_MINOR, all), "10.2.4");
    CHECK_TEXT(chosen("8.0.0", MH_ROLL_LATEST_MAJOR, all), "11.0.0");
    CHECK_TEXT(chosen("12.0.0", MH_ROLL_LATEST_MAJOR, all), "");
}


CASE(A_preview_is_taken_only_where_nothing_else_fits)
{
    CHECK_TEXT(chosen("10.0.0", MH_ROLL_MINOR, "10.0.1 10.0.2-rc.1"),
               "10.0.1");
    CHECK_TEXT(chosen("10.0.0", MH_ROLL_MINOR, "10.0.2-rc.1 9.0.0"),
               "10.0.2-rc.1");
    CHECK_TEXT(chosen("10.0.0", MH_ROLL_MINOR, "10.0.0-rc.1"), "");
    CHECK_TEXT(chosen("10.0.0-rc.1", MH_ROLL_MINOR, "10.0.0-rc.2 10.0.0"),
               "10.0.0");
}


CASE(Policies_are_known_in_any_case)
{
    CHECK_INT(mh_roll_forward_parse(""), MH_ROLL_MINOR);
    CHECK_INT(mh_roll_forward_parse("minor"), MH_ROLL_MINOR);
    CHECK_INT(mh_roll_forward_parse("LatestMajor"), MH_ROLL_LATEST_MAJOR);
    CHECK_INT(mh_roll_forward_parse("LATESTPATCH"), MH_ROLL_LATEST_PATCH);
    CHECK_INT(mh_roll_forward_parse("Disable"), MH_ROLL_DISABLE);
    CHECK_INT(mh_roll_forward_parse("Major"), MH_ROLL_MAJOR);
    CHECK_INT(mh_roll_forward_parse("LatestMinor"), MH_ROLL_LATEST_MINOR);
    CHECK_INT(mh_roll_forward_parse("Whatever"), -1);
}


CASE(The_highest_of_each_framework_wins)
{
    unsigned      count;
    mh_error      error;
    mh_app_spec   a, b;
    mh_framework  list[MH_FRAMEWORKS_MAX];

    memset(&a, 0, sizeof(a));
    memset(&b, 0, sizeof(b));
    a.framework_count = 2;
    strcpy(a.frameworks[0].name, "Microsoft.NETCore.App");
    strcpy(a.frameworks[0].resolved, "9.0.10");
    strcpy(a.frameworks[1].name, "Microsoft.AspNetCore.App");
    strcpy(a.frameworks[1].resolved, "9.0.10");
    b.framework_count = 2;
    strcpy(b.frameworks[0].name, "Microsoft.AspNetCore.App");
    strcpy(b.frameworks[0].resolved, "10.0.2");
    strcpy(b.frameworks[1].name, "Another.App");
    strcpy(b.frameworks[1].resolved, "1.0.0");

    count = 0;
    CHECK_INT(mh_frameworks_merge(list, &count, &a, &error), 0);
    CHECK_INT(mh_frameworks_merge(list, &count, &b, &error), 0);
    CHECK_INT(mh_frameworks_merge(list, &count, &a, &error), 0);
    CHECK_INT(count, 3);
    CHECK_TEXT(list[0].resolved, "9.0.10");
    CHECK_TEXT(list[1].name, "Microsoft.AspNetCore.App");
    CHECK_TEXT(list[1].resolved, "10.0.2");
    CHECK_TEXT(list[2].name, "Another.App");

    count = MH_FRAMEWORKS_MAX;
    strcpy(b.frameworks[1].name, "One.Too.Many");
    CHECK_INT(mh_frameworks_merge(list, &count, &b, &error), -1);
    CHECK_INT(error.code, MH_E_APP_FRAMEWORK);
}

CHECK_MAIN
