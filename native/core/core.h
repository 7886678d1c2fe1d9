/*
 * The core's few common types. POSIX and C11 only: nothing under core/ knows
 * nginx or Apache.
 */

#ifndef MH_CORE_H
#define MH_CORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "modhost/abi.h"

/* Bytes that somebody else owns; not terminated. */
typedef struct mh_str {
    const uint8_t  *data;
    size_t          length;
} mh_str;

/* An error that a person will read: "MHnnnn" and one sentence. */
typedef struct mh_error {
    unsigned  code;              /* the number after "MH"; 0: no error        */
    char      text[1024];        /* without the tag; always terminated        */
} mh_error;

/* MH_E_APP_MISSING = 101, ...: the numbers that C code writes. */
enum mh_error_code {
    MH_E_NONE = 0,
#define MH_ERROR(number, symbol, cause)  MH_E_##symbol = number,
#include "errors.def"
#undef MH_ERROR
    MH_E_END
};

/* The short cause of errors.def, or NULL. */
const char *mh_error_cause(unsigned code);

/* Sets *error, unless it is NULL. No argument may point into *error. */
void mh_error_set(mh_error *error, unsigned code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * The same, and is -1, so that a function can `return mh_fail(...)`; a macro so
 * that compilers and analysers see the -1.
 */
#define mh_fail(...)  (mh_error_set(__VA_ARGS__), -1)

#endif /* MH_CORE_H */
