/*
 * Lines for a person, on standard error, from programs that have nothing but
 * that: no stdio, no allocation, one write for each line.
 */

#ifndef MODHOST_REPORT_H
#define MODHOST_REPORT_H

#include "core.h"

#include <stdarg.h>

/* Longest line, with its tag and its newline; what is longer is cut. */
#define REPORT_LINE_MAX  1024u

/*
 * Makes "MHnnnn: text\n" of it, control characters replaced. Returns the length
 * without a terminator; the text is terminated.
 */
size_t report_format(char line[REPORT_LINE_MAX + 1], unsigned code,
    const char *format, va_list args);

/* Writes all of it to a descriptor; what cannot be written is lost. */
void report_write(int fd, const char *data, size_t length);

/* The line alone, for a reader that puts time and level before it. */
void report(unsigned code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * The same as a line of nginx's error log, which is where this process's
 * standard error leads: time, [level] and pid before it. A code of 0: no tag.
 */
void report_log(const char *level, unsigned code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif /* MODHOST_REPORT_H */
