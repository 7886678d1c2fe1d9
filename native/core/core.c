/*
 * Errors.
 */

#include "core.h"

#include <stdarg.h>
#include <stdio.h>


#ifdef MODHOST_VERSION
/* In every file that has this in it, for "modhost check" to find. */
static const char  mh_version_mark[] __attribute__((used)) =
    "modhost-version=" MODHOST_VERSION;
#endif


void
mh_error_set(mh_error *error, unsigned code, const char *format, ...)
{
    va_list  args;

    if (error == NULL) {
        return;
    }

    error->code = code;

    va_start(args, format);
    (void) vsnprintf(error->text, sizeof(error->text), format, args);
    va_end(args);
}


const char *
mh_error_cause(unsigned code)
{
    switch (code) {
#define MH_ERROR(number, symbol, cause)  case number: return cause;
#include "errors.def"
#undef MH_ERROR
    default:
        return NULL;
    }
}
