/*
 * Semantic versions, and which one .NET's host would choose.
 */

#include "framework.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>


static bool
number_parse(const char **text, uint32_t *number)
{
    uint32_t     value;
    const char  *p;

    for (p = *text, value = 0; isdigit((unsigned char) *p); p++) {
        if (value > 99999999) {
            return false;
        }
        value = value * 10 + (uint32_t) (*p - '0');
    }

    if (p == *text) {
        return false;
    }

    *text = p;
    *number = value;

    return true;
}


bool
mh_version_parse(const char *text, mh_version *version)
{
    size_t    length;
    unsigned  i;

    memset(version, 0, sizeof(*version));

    for (i = 0; i < 3; i++) {
        if ((i != 0 && *text++ != '.')
            || !number_parse(&text, &version->part[i]))
        {
            return false;
        }
    }

    if (*text == '-') {
        text++;
        length = strcspn(text, "+");

        if (length == 0 || length >= sizeof(version->pre)) {
            return false;
        }

        memcpy(version->pre, text, length);
        text += length;
    }

    return *text == '\0' || *text == '+';
}


int
mh_version_print(const mh_version *version, char *text, size_t size)
{
    return snprintf(text, size, "%u.%u.%u%s%s", version->part[0],
                    version->part[1], version->part[2],
                    version->pre[0] ? "-" : "", version->pre);
}


static int
order(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}


/* One identifier each: numbers below words, numbers by value. */
static int
identifier_compare(const char *a, size_t a_length, const char *b,
    size_t b_length)
{
    int     rc;
    bool    a_number, b_number;
    size_t  shorter;

    a_number = strspn(a, "0123456789") >= a_length;
    b_number = strspn(b, "0123456789") >= b_length;

    if (a_number != b_number) {
        return a_number ? -1 : 1;
    }

    if (a_number && a_length != b_length) {
        return order(a_length, b_length);
    }

    shorter = a_length < b_length ? a_length : b_length;
    rc = memcmp(a, b, shorter);

    return rc != 0 ? rc : order(a_length, b_length);
}


static int
pre_compare(const char *a, const char *b)
{
    int     rc;
    size_t  a_length, b_length;

    /* No pre-release text is the release itself, which is the highest. */

    if (*a == '\0' || *b == '\0') {
        return order(*a == '\0', *b == '\0');
    }

    for ( ;; ) {
        a_length = strcspn(a, ".");
        b_length = strcspn(b, ".");

        rc = identifier_compare(a, a_length, b, b_length);

        if (rc != 0) {
            return rc;
        }

        a += a_length;
        b += b_length;

        if (*a == '\0' || *b == '\0') {
            return order(*a != '\0', *b != '\0');
        }

        a++;
        b++;
    }
}


int
mh_version_compare(const mh_version *a, const mh_version *b)
{
    int       rc;
    unsigned  i;

    for (i = 0; i < 3; i++) {
        rc = order(a->part[i], b->part[i]);

        if (rc != 0) {
            return rc;
        }
    }

    return pre_compare(a->pre, b->pre);
}


int
mh_roll_forward_parse(const char *text)
{
    size_t  i;

    static const struct {
        const char           *name;
        enum mh_roll_forward  value;
    } names[] = {
        { "", MH_ROLL_MINOR },
        { "Minor", MH_ROLL_MINOR },
        { "Disable", MH_ROLL_DISABLE },
        { "LatestPatch", MH_ROLL_LATEST_PATCH },
        { "Major", MH_ROLL_MAJOR },
        { "LatestMinor", MH_ROLL_LATEST_MINOR },
        { "LatestMajor", MH_ROLL_LATEST_MAJOR },
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcasecmp(text, names[i].name) == 0) {
            return (int) names[i].value;
        }
    }

    return -1;
}


/* Whether the policy lets `version` stand in for `asked` at all. */
static bool
version_fits(const mh_version *asked, enum mh_roll_forward roll_forward,
    const mh_version *version)
{
    if (roll_forward == MH_ROLL_DISABLE) {
        return mh_version_compare(version, asked) == 0;
    }

    if (mh_version_compare(version, asked) < 0) {
        return false;
    }

    switch (roll_forward) {

    case MH_ROLL_LATEST_PATCH:
        return version->part[0] == asked->part[0]
               && version->part[1] == asked->part[1];

    case MH_ROLL_MINOR:
    case MH_ROLL_LATEST_MINOR:
        return version->part[0] == asked->part[0];

    default:
        return true;
    }
}


/*
 * Of two that fit, whether `a` is to be preferred. Up to the digit that the
 * policy rolls, the nearest wins; behind it, the highest.
 */
static bool
version_preferred(enum mh_roll_forward roll_forward, const mh_version *a,
    const mh_version *b)
{
    bool  nearest_minor, nearest_major;

    nearest_major = roll_forward == MH_ROLL_MAJOR;
    nearest_minor = nearest_major || roll_forward == MH_ROLL_MINOR;

    if (nearest_major && a->part[0] != b->part[0]) {
        return a->part[0] < b->part[0];
    }

    if (nearest_minor && a->part[0] == b->part[0]
        && a->part[1] != b->part[1])
    {
        return a->part[1] < b->part[1];
    }

    return mh_version_compare(a, b) > 0;
}


static int
choose(const mh_version *asked, enum mh_roll_forward roll_forward,
    const mh_version *versions, unsigned count, bool releases_only)
{
    int       best;
    unsigned  i;

    for (i = 0, best = -1; i < count; i++) {

        if ((releases_only && versions[i].pre[0] != '\0')
            || !version_fits(asked, roll_forward, &versions[i]))
        {
            continue;
        }

        if (best == -1
            || version_preferred(roll_forward, &versions[i], &versions[best]))
        {
            best = (int) i;
        }
    }

    return best;
}


int
mh_version_choose(const mh_version *asked, enum mh_roll_forward roll_forward,
    const mh_version *versions, unsigned count)
{
    int  best;

    best = -1;

    /* Who asks for a release gets a preview only where nothing else fits. */

    if (asked->pre[0] == '\0') {
        best = choose(asked, roll_forward, versions, count, true);
    }

    return best != -1 ? best
                      : choose(asked, roll_forward, versions, count, false);
}
