/*
 * Errors.
 */

#include "core.h"

#include <stdarg.h>
#include <stdio.h>


int
mh_fail(mh_error *error, unsigned code, const char *format, ...)
{
    va_list  args;

    if (error == NULL) {
        return -1;
    }

    error->code = code;

    va_start(args, format);
    (void) vsnprintf(error->text, sizeof(error->text), format, args);
    va_end(args);

    return -1;
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
