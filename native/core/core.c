/*
 * Errors.
 */

#include "core.h"

#include <stdarg.h>
#include <stdio.h>


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
