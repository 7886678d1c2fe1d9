/*
 * Values of a process group's keys, read and checked one by one.
 */

#include "daemon_value.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>


#define COUNT_MOST  100000000
#define CORES_MOST  10000
#define TIME_MOST   2147483647           /* ms: the other side has 32 bits    */


/* Digits only, and no more than `most`; moves *text behind them. */
static bool
read_number(const char **text, int64_t most, int64_t *number)
{
    const char  *p;

    p = *text;
    *number = 0;

    while (*p >= '0' && *p <= '9') {
        *number = *number * 10 + (*p++ - '0');

        if (*number > most) {
            return false;
        }
    }

    if (p == *text) {
        return false;
    }

    *text = p;

    return true;
}


/* Parts from long to short, as "1h30m"; a bare number is seconds. */
static bool
read_time(const char *text, int64_t *ms)
{
    size_t   unit, first;
    int64_t  number;

    static const struct {
        const char  *name;
        int64_t      ms;
    } units[] = {
        { "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 },
        { "ms", 1 },
    };

    *ms = 0;
    first = 0;

    do {
        if (!read_number(&text, TIME_MOST, &number)) {
            return false;
        }

        if (*text == '\0') {
            unit = 3;

        } else {
            for (unit = 4; unit > first; unit--) {
                if (strncmp(text, units[unit].name, strlen(units[unit].name))
                    == 0)
                {
                    break;
                }
            }

            if (strncmp(text, units[unit].name, strlen(units[unit].name))
                != 0)
            {
                return false;
            }

            text += strlen(units[unit].name);
        }

        if (unit < first) {
            return false;
        }

        first = unit + 1;
        *ms += number * units[unit].ms;

        if (*ms > TIME_MOST) {
            return false;
        }

    } while (*text != '\0' && first < 5);

    return *text == '\0';
}


static bool
read_size(const char *text, int64_t *bytes)
{
    int          shift;
    const char  *unit;

    static const char  units[] = "kKmMgG";

    if (!read_number(&text, INT64_MAX >> 34, bytes)) {
        return false;
    }

    if (*text == '\0') {
        return true;
    }

    unit = strchr(units, *text);

    if (unit == NULL || text[1] != '\0') {
        return false;
    }

    shift = 10 * (1 + (int) (unit - units) / 2);
    *bytes <<= shift;

    return true;
}


static bool
read_whole(const char *text, int64_t most, int64_t *number)
{
    return read_number(&text, most, number) && *text == '\0';
}


static bool
read_mode(const char *text, int64_t *mode)
{
    char  *end;

    *mode = strtol(text, &end, 8);

    return *text >= '0' && *text <= '7' && *end == '\0' && *mode <= 0777
           && (size_t) (end - text) <= 4;
}


static bool
read_nice(const char *text, int64_t *number)
{
    bool  negative;

    negative = *text == '-';

    if (!read_whole(text + negative, 20, number)) {
        return false;
    }

    if (negative) {
        *number = -*number;
    }

    return *number <= 19;
}


/* "supplementary-groups=adm,nosuch names "nosuch", which is not a group" */
static int
groups_check(const char *list, mh_error *error)
{
    char     name[256];
    size_t   length;
    int64_t  unused;

    do {
        length = strcspn(list, ",");

        if (length == 0) {
            return mh_fail(error, MH_E_GROUP_USER, "has an empty name in it");
        }

        if (length >= sizeof(name)) {
            return mh_fail(error, MH_E_GROUP_USER, "has too long a name in it");
        }

        memcpy(name, list, length);
        name[length] = '\0';

        if (!read_whole(name, UINT32_MAX - 1, &unused)
            && getgrnam(name) == NULL)
        {
            return mh_fail(error, MH_E_GROUP_USER,
                           "names \"%s\", which is not a group", name);
        }

        list += length;

    } while (*list++ == ',');

    return 0;
}


static int
read_affinity(const char *text, int64_t *number, mh_error *error)
{
    static const char *const  names[] = { "none", "cookie", "client" };

    for (*number = 0; *number < 3; (*number)++) {
        if (strcmp(text, names[*number]) == 0) {
            return 0;
        }
    }

    return mh_fail(error, MH_E_GROUP_VALUE,
                   "is neither \"none\", nor \"cookie\", nor \"client\"");
}


static int
read_flag(const char *text, int64_t *number, mh_error *error)
{
    *number = strcmp(text, "on") == 0;

    return *number || strcmp(text, "off") == 0 ? 0
           : mh_fail(error, MH_E_GROUP_VALUE, "is neither \"on\" nor \"off\"");
}


static int
read_cores(const char *text, int64_t *number, mh_error *error)
{
    if (strcmp(text, "auto") == 0) {
        *number = MH_DAEMON_AUTO;
        return 0;
    }

    return read_whole(text, CORES_MOST, number) && *number > 0 ? 0
           : mh_fail(error, MH_E_GROUP_VALUE,
                     "is neither a number from 1 to %d nor \"auto\"",
                     CORES_MOST);
}


static int
accounts_check(enum mh_daemon_type type, const char *text, mh_error *error)
{
    int64_t  unused;

    if (type == MH_DAEMON_TYPE_USER) {
        return read_whole(text, UINT32_MAX - 1, &unused)
               || getpwnam(text) != NULL ? 0
               : mh_fail(error, MH_E_GROUP_USER, "is not a user");
    }

    return type == MH_DAEMON_TYPE_GROUP && strchr(text, ',') != NULL
           ? mh_fail(error, MH_E_GROUP_USER, "is more than one group")
           : groups_check(text, error);
}


static int
text_check(enum mh_daemon_type type, const char *text, mh_error *error)
{
    if (text[0] == '\0') {
        return mh_fail(error, MH_E_GROUP_VALUE, "is empty");
    }

    if (type == MH_DAEMON_TYPE_PAIR) {
        return text[0] != '=' && strchr(text, '=') != NULL ? 0
               : mh_fail(error, MH_E_GROUP_VALUE, "is not NAME=VALUE");
    }

    if (type == MH_DAEMON_TYPE_URL) {
        return text[0] == '/' && strpbrk(text, " \t\r\n") == NULL ? 0
               : mh_fail(error, MH_E_GROUP_VALUE,
                         "does not begin with \"/\", or has a space in it");
    }

    return 0;
}


int
mh_daemon_value_read(enum mh_daemon_type type, const char *text,
    int64_t *number, mh_error *error)
{
    *number = 0;

    switch (type) {

    case MH_DAEMON_TYPE_COUNT:
        return read_whole(text, COUNT_MOST, number) ? 0
               : mh_fail(error, MH_E_GROUP_VALUE,
                         "is not a number from 0 to %d", COUNT_MOST);

    case MH_DAEMON_TYPE_CORES:
        return read_cores(text, number, error);

    case MH_DAEMON_TYPE_TIME:
        return read_time(text, number) ? 0
               : mh_fail(error, MH_E_GROUP_VALUE,
                         "is not a time of at most 24 days");

    case MH_DAEMON_TYPE_SIZE:
        return read_size(text, number) ? 0
               : mh_fail(error, MH_E_GROUP_VALUE, "is not a size");

    case MH_DAEMON_TYPE_MODE:
        return read_mode(text, number) ? 0
               : mh_fail(error, MH_E_GROUP_VALUE,
                         "is not three octal digits");

    case MH_DAEMON_TYPE_NICE:
        return read_nice(text, number) ? 0
               : mh_fail(error, MH_E_GROUP_VALUE, "is not in -20 .. 19");

    case MH_DAEMON_TYPE_AFFINITY:
        return read_affinity(text, number, error);

    case MH_DAEMON_TYPE_FLAG:
        return read_flag(text, number, error);

    case MH_DAEMON_TYPE_USER:
    case MH_DAEMON_TYPE_GROUP:
    case MH_DAEMON_TYPE_GROUPS:
        return accounts_check(type, text, error);

    default:
        return text_check(type, text, error);
    }
}
