/*
 * Names that travel as numbers.
 */

#include "check.h"
#include "head.h"

#include <ctype.h>


static unsigned
known(const char *name)
{
    return mh_header_known((mh_str) { (const uint8_t *) name, strlen(name) });
}


CASE(Every_known_header_is_found_in_any_case)
{
    size_t       i, k;
    char         name[64];

    static const struct {
        unsigned     number;
        const char  *name;
    } all[] = {
#define X(number, symbol, text)  { number, text },
        MODHOST_KNOWN_HEADERS(X)
#undef X
    };

    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {

        CHECK_INT(known(all[i].name), all[i].number);
        CHECK_INT(mh_header_name(all[i].number).length, strlen(all[i].name));
        CHECK(memcmp(mh_header_name(all[i].number).data, all[i].name,
                     strlen(all[i].name)) == 0);

        for (k = 0; all[i].name[k]; k++) {
            name[k] = (char) tolower(all[i].name[k]);
        }

        name[k] = '\0';
        CHECK_INT(known(name), all[i].number);

        for (k = 0; name[k]; k++) {
            name[k] = (char) toupper(name[k]);
        }

        CHECK_INT(known(name), all[i].number);
    }
}


CASE(Nothing_but_case_is_ignored)
{
    size_t       i, k;
    char         name[64];

    static const char *const  all[] = {
#define X(number, symbol, text)  text,
        MODHOST_KNOWN_HEADERS(X)
#undef X
    };

    /* Every other bit of every character matters. */

    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        for (k = 0; k < strlen(all[i]) * 8; k++) {

            strcpy(name, all[i]);
            name[k / 8] ^= (char) (1 << k % 8);

            if ((k % 8 == 5 && isalpha((unsigned char) all[i][k / 8]))
                || name[k / 8] == '\0')
            {
                continue;
            }

            if (known(name) != 0) {
                CHECK_FAIL("\"%s\" is taken for %u", name, known(name));
            }
        }
    }
}


CASE(Other_names_are_not_known)
{
    CHECK_INT(known("X-Custom"), 0);
    CHECK_INT(known("Hos"), 0);
    CHECK_INT(known("Hostt"), 0);
    CHECK_INT(known(""), 0);
    CHECK_INT(known("An-Extremely-Long-Header-Name-That-Nobody-Knows-At-All"),
              0);
    CHECK(mh_header_name(0).data == NULL);
    CHECK(mh_header_name(MODHOST_HEADER_COUNT).data == NULL);
    CHECK(mh_header_name(65535).data == NULL);
}


CASE(Methods_are_known_in_their_own_case_only)
{
    size_t  i;

    static const struct {
        const char  *name;
        unsigned     number;
    } all[] = {
        { "GET", MODHOST_METHOD_GET }, { "HEAD", MODHOST_METHOD_HEAD },
        { "POST", MODHOST_METHOD_POST }, { "PUT", MODHOST_METHOD_PUT },
        { "DELETE", MODHOST_METHOD_DELETE },
        { "OPTIONS", MODHOST_METHOD_OPTIONS },
        { "PATCH", MODHOST_METHOD_PATCH }, { "TRACE", MODHOST_METHOD_TRACE },
        { "CONNECT", MODHOST_METHOD_CONNECT },
        { "get", 0 }, { "", 0 }, { "GETS", 0 }, { "PROPFIND", 0 },
        { "HEADS", 0 }, { "OPTION", 0 }
    };

    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        CHECK_INT(mh_method_known((mh_str) { (const uint8_t *) all[i].name,
                                             strlen(all[i].name) }),
                  all[i].number);
    }
}

CHECK_MAIN
