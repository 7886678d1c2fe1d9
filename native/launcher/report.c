#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>


size_t
report_format(char line[REPORT_LINE_MAX + 1], unsigned code,
    const char *format, va_list args)
{
    int     n;
    size_t  i, length;

    n = code != 0 ? snprintf(line, REPORT_LINE_MAX, "MH%04u: ", code) : 0;
    length = (size_t) n;

    n = vsnprintf(line + length, REPORT_LINE_MAX - length, format, args);
    length += n < 0 ? 0 : (size_t) n;

    if (length > REPORT_LINE_MAX - 1) {
        length = REPORT_LINE_MAX - 1;
    }

    for (i = 0; i < length; i++) {
        if ((unsigned char) line[i] < ' ' || line[i] == 127) {
            line[i] = ' ';
        }
    }

    line[length++] = '\n';
    line[length] = '\0';

    return length;
}


void
report_write(int fd, const char *data, size_t length)
{
    ssize_t  n;

    while (length != 0) {
        n = write(fd, data, length);

        if (n < 0 && errno == EINTR) {
            continue;
        }

        if (n <= 0) {
            return;
        }

        data += n;
        length -= (size_t) n;
    }
}


void
report(unsigned code, const char *format, ...)
{
    char     line[REPORT_LINE_MAX + 1];
    size_t   length;
    va_list  args;

    va_start(args, format);
    length = report_format(line, code, format, args);
    va_end(args);

    report_write(STDERR_FILENO, line, length);
}


void
report_log(const char *level, unsigned code, const char *format, ...)
{
    int        n;
    char       line[96 + REPORT_LINE_MAX + 1];
    size_t     length;
    time_t     now;
    va_list    args;
    struct tm  tm;

    now = time(NULL);

    if (localtime_r(&now, &tm) == NULL) {
        memset(&tm, 0, sizeof(tm));
    }

    n = snprintf(line, 96, "%4d/%02d/%02d %02d:%02d:%02d [%s] %d#0: ",
                 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
                 tm.tm_min, tm.tm_sec, level, (int) getpid());
    length = (size_t) n;

    va_start(args, format);
    length += report_format(line + length, code, format, args);
    va_end(args);

    report_write(STDERR_FILENO, line, length);
}
