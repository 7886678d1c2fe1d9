/*
 * The options as a table, and reading the values of those that are numbers.
 */

#include "option.h"

#include "daemon_value.h"

#include <string.h>
#include <strings.h>


#define M  MH_OPTION_MAIN
#define S  MH_OPTION_SERVER
#define L  MH_OPTION_LOCATION

const mh_option_entry  mh_options[MH_OPTIONS] = {
#define MH_OPTION(name, type, preset, contexts, meaning)                      \
    { #name, MH_OPTION_TYPE_##type, preset, contexts, meaning },
#include "options.def"
#undef MH_OPTION
};


/* Tighter than what the type itself allows; a maximum of 0 is none. */
static const struct {
    int64_t  least;
    int64_t  most;
} ranges[MH_OPTIONS] = {
    [MH_OPTION_max_concurrency] = { 0, 1000000 },
    [MH_OPTION_queue_size] = { 0, 1000000 },

    /* a head block has 32-bit offsets and a 16-bit count */

    [MH_OPTION_max_head_size] = { 1024, 16777216 },
    [MH_OPTION_max_headers] = { 1, 65000 },
};


/* A time, a size and a count are typed alike here and in a process group. */
static enum mh_daemon_type
value_type(enum mh_option_type type)
{
    switch (type) {

    case MH_OPTION_TYPE_FLAG:
        return MH_DAEMON_TYPE_FLAG;

    case MH_OPTION_TYPE_SIZE:
        return MH_DAEMON_TYPE_SIZE;

    case MH_OPTION_TYPE_TIME:
    case MH_OPTION_TYPE_SLOW:
        return MH_DAEMON_TYPE_TIME;

    default:
        return MH_DAEMON_TYPE_COUNT;
    }
}


int
mh_option_read(enum mh_option option, const char *text, int64_t *number,
    mh_error *error)
{
    enum mh_daemon_type  type;

    type = value_type(mh_options[option].type);

    if (type == MH_DAEMON_TYPE_FLAG) {
        text = strcasecmp(text, "on") == 0 ? "on"
               : strcasecmp(text, "off") == 0 ? "off" : text;
    }

    if (mh_daemon_value_read(type, text, number, error) != 0) {
        if (error != NULL) {
            error->code = MH_E_VALUE_RANGE;
        }
        return -1;
    }

    if (ranges[option].most != 0
        && (*number < ranges[option].least || *number > ranges[option].most))
    {
        return mh_fail(error, MH_E_VALUE_RANGE, "is not in %lld .. %lld",
                       (long long) ranges[option].least,
                       (long long) ranges[option].most);
    }

    return 0;
}


int64_t
mh_option_preset(enum mh_option option)
{
    int64_t  number;

    if (mh_options[option].preset[0] == '\0'
        || mh_option_read(option, mh_options[option].preset, &number, NULL)
           != 0)
    {
        return -1;
    }

    return number;
}
