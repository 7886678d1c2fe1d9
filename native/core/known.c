/*
 * Names that travel as numbers: headers and methods.
 *
 * Headers are found through a small open-addressed table that is filled once,
 * when the library is loaded; after that it is read only. A name is compared
 * eight bytes at a time, its letters folded by a mask that has the case bit
 * where the canonical name has a letter, so nothing but case is ignored.
 */

#include "head.h"

#include <string.h>


#define KNOWN_TABLE      512u        /* a power of two, sparsely used         */
#define KNOWN_NAME_MAX   40u         /* longest name, a multiple of 8         */

typedef struct known_header {
    const char  *name;
    uint8_t      length;
    uint8_t      lower[KNOWN_NAME_MAX];
    uint8_t      fold[KNOWN_NAME_MAX];
} known_header;

static known_header known_headers[MODHOST_HEADER_COUNT] = {
#define KNOWN(number, symbol, text)                                           \
    [number] = { .name = text, .length = sizeof(text) - 1 },
    MODHOST_KNOWN_HEADERS(KNOWN)
#undef KNOWN
};

#define KNOWN(number, symbol, text)                                           \
    _Static_assert(sizeof(text) - 1 <= KNOWN_NAME_MAX, text);
MODHOST_KNOWN_HEADERS(KNOWN)
#undef KNOWN

_Static_assert(MODHOST_HEADER_COUNT <= 256, "the table holds bytes");

static uint8_t known_table[KNOWN_TABLE];


static inline unsigned
known_hash(const uint8_t *name, size_t length)
{
    unsigned  hash;

    hash = (unsigned) length * 0x2f3u;
    hash += (name[0] | 0x20u) * 0x6d7u;
    hash += (name[length / 2] | 0x20u) * 0x1c9bu;
    hash += (name[length - 1] | 0x20u) * 0x45d3u;

    return (hash ^ (hash >> 9)) & (KNOWN_TABLE - 1);
}


__attribute__((constructor))
static void
known_fill(void)
{
    size_t         i;
    uint8_t        c;
    unsigned       number, slot;
    known_header  *header;

    for (number = 1; number < MODHOST_HEADER_COUNT; number++) {
        header = &known_headers[number];

        if (header->name == NULL) {
            continue;
        }

        for (i = 0; i < header->length; i++) {
            c = (uint8_t) header->name[i];

            header->fold[i] = 0;

            if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) {
                header->fold[i] = 0x20;
            }

            header->lower[i] = c | header->fold[i];
        }

        slot = known_hash(header->lower, header->length);

        while (known_table[slot] != 0) {
            slot = (slot + 1) & (KNOWN_TABLE - 1);
        }

        known_table[slot] = (uint8_t) number;
    }
}


static inline bool
same8(const known_header *header, const uint8_t *name, size_t at)
{
    uint64_t  text, fold, lower;

    memcpy(&text, name + at, 8);
    memcpy(&fold, header->fold + at, 8);
    memcpy(&lower, header->lower + at, 8);

    return (text | fold) == lower;
}


/* The last eight bytes overlap those before: no loop over single ones. */
static inline bool
known_same(const known_header *header, const uint8_t *name, size_t length)
{
    size_t  i;

    if (length >= 8) {
        for (i = 0; i + 8 < length; i += 8) {
            if (!same8(header, name, i)) {
                return false;
            }
        }

        return same8(header, name, length - 8);
    }

    for (i = 0; i < length; i++) {
        if ((name[i] | header->fold[i]) != header->lower[i]) {
            return false;
        }
    }

    return true;
}


unsigned
mh_header_known(mh_str name)
{
    unsigned             number, slot;
    const known_header  *header;

    if (name.length == 0 || name.length > KNOWN_NAME_MAX) {
        return MODHOST_HEADER_OTHER;
    }

    slot = known_hash(name.data, name.length);

    while ((number = known_table[slot]) != 0) {
        header = &known_headers[number];

        if (header->length == name.length
            && known_same(header, name.data, name.length))
        {
            return number;
        }

        slot = (slot + 1) & (KNOWN_TABLE - 1);
    }

    return MODHOST_HEADER_OTHER;
}


mh_str
mh_header_name(unsigned known)
{
    if (known == 0 || known >= MODHOST_HEADER_COUNT
        || known_headers[known].name == NULL)
    {
        return (mh_str) { NULL, 0 };
    }

    return (mh_str) {
        (const uint8_t *) known_headers[known].name,
        known_headers[known].length
    };
}


unsigned
mh_method_known(mh_str method)
{
#define IS(text)  (memcmp(method.data, text, sizeof(text) - 1) == 0)

    switch (method.length) {

    case 3:
        return IS("GET") ? MODHOST_METHOD_GET
               : IS("PUT") ? MODHOST_METHOD_PUT
               : MODHOST_METHOD_OTHER;

    case 4:
        return IS("POST") ? MODHOST_METHOD_POST
               : IS("HEAD") ? MODHOST_METHOD_HEAD
               : MODHOST_METHOD_OTHER;

    case 5:
        return IS("PATCH") ? MODHOST_METHOD_PATCH
               : IS("TRACE") ? MODHOST_METHOD_TRACE
               : MODHOST_METHOD_OTHER;

    case 6:
        return IS("DELETE") ? MODHOST_METHOD_DELETE : MODHOST_METHOD_OTHER;

    case 7:
        return IS("OPTIONS") ? MODHOST_METHOD_OPTIONS
               : IS("CONNECT") ? MODHOST_METHOD_CONNECT
               : MODHOST_METHOD_OTHER;

    default:
        return MODHOST_METHOD_OTHER;
    }

#undef IS
}
