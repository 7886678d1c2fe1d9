/*
 * The options of a process group: what was typed becomes numbers.
 */

#include "daemon_options.h"

#include <string.h>


#define COUNT_MAX   1000000000
#define CORES_MAX   1024
#define TIME_MAX    ((int64_t) 24 * 24 * 3600 * 1000)
#define SIZE_MAX_   ((int64_t) 1 << 50)
#define TEXT_LENGTH_MAX  4095u
#define NAME_LENGTH_MAX  64u

#define LITERAL(text)  (mh_str) { (const uint8_t *) (text), strlen(text) }


#define MH_DAEMON_OPTION(name, type, preset, meaning)                         \
    { #name, MH_DAEMON_TYPE_##type, preset, meaning },

/* With '_' as in daemon.def; the canonical names are made of them below. */
static const struct {
    const char           *name;
    enum mh_daemon_type   type;
    const char           *preset;
    const char           *meaning;
} definitions[] = {
#include "daemon.def"
};

#undef MH_DAEMON_OPTION


const mh_daemon_option *
mh_daemon_option_at(enum mh_daemon_key key)
{
    (void) key;
    return NULL;
}
