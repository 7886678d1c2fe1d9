/*
 * Lines in Apache's error log: applications', the core's and our own.
 */

#include "mod_modhost.h"

#include <stdarg.h>
#include <stdio.h>


/* Apache cuts a message at 8192 bytes, time stamp and prefix included. */
#define LINE_MOST      7000u
#define CATEGORY_MOST  200u


static const int  levels[] = {
    APLOG_TRACE1,                            /* MODHOST_LOG_TRACE             */
    APLOG_DEBUG,                             /* MODHOST_LOG_DEBUG             */
    APLOG_INFO,                              /* MODHOST_LOG_INFO              */
    APLOG_WARNING,                           /* MODHOST_LOG_WARNING           */
    APLOG_ERR,                               /* MODHOST_LOG_ERROR             */
    APLOG_CRIT                               /* MODHOST_LOG_CRITICAL          */
};


int
mod_modhost_refuse(unsigned code, const char *format, ...)
{
    char     text[2048];
    va_list  args;

    va_start(args, format);
    (void) vsnprintf(text, sizeof(text), format, args);
    va_end(args);

    ap_log_error(APLOG_MARK, APLOG_EMERG, 0, NULL, "MH%04u: %s", code, text);

    return HTTP_INTERNAL_SERVER_ERROR;
}


void
mod_modhost_log_error(server_rec *server, int level, const mh_error *error)
{
    ap_log_error(APLOG_MARK, level, 0, server, "MH%04u: %s", error->code,
                 error->text);
}


void
mod_modhost_log_request_(const char *file, int line, int module,
    request_rec *r, int level, unsigned code, const char *format, ...)
{
    char     text[2048];
    va_list  args;

    if (!APLOG_R_MODULE_IS_LEVEL(r, module, level)) {
        return;
    }

    va_start(args, format);
    (void) vsnprintf(text, sizeof(text), format, args);
    va_end(args);

    ap_log_rerror(file, line, module, level, 0, r, "MH%04u: %s", code, text);
}


/* Length of the next line, without its end; *taken: with it. */
static size_t
line_length(mh_str text, size_t *taken)
{
    size_t          length;
    const uint8_t  *end;

    end = memchr(text.data, '\n', text.length);
    length = end != NULL ? (size_t) (end - text.data) : text.length;
    *taken = end != NULL ? length + 1 : length;

    if (length > LINE_MOST) {
        length = LINE_MOST;
        *taken = length;
    }

    while (length != 0 && text.data[length - 1] == '\r') {
        length--;
    }

    return length;
}


/*
 * A line of the log for each line of an event, those after the first with white
 * space before them, so that no text of a client can pass for a line of
 * Apache's own; control characters are escaped by Apache.
 */
static void
log_lines(server_rec *server, int level, const char *app, mh_str category,
    mh_str text)
{
    int     length;
    bool    first;
    size_t  taken;

    while (text.length != 0 && (text.data[text.length - 1] == '\n'
                                || text.data[text.length - 1] == '\r'))
    {
        text.length--;
    }

    if (category.length > CATEGORY_MOST) {
        category.length = CATEGORY_MOST;
    }

    first = true;

    do {
        length = (int) line_length(text, &taken);

        ap_log_error(APLOG_MARK, level, 0, server, "%s%s%s%.*s%s%.*s",
                     app != NULL ? "app \"" : "", app != NULL ? app : "",
                     app != NULL ? "\": " : "",
                     first ? (int) category.length : 0,
                     (const char *) category.data,
                     !first ? "    " : category.length != 0 ? ": " : "",
                     length, (const char *) text.data);

        text.data += taken;
        text.length -= taken;
        first = false;

    } while (text.length != 0);
}


void
mod_modhost_log_event(mod_modhost_app *app, uint32_t level, mh_str category,
    mh_str text)
{
    int          apache;
    server_rec  *server;

    server = app != NULL ? app->conf->server : ap_server_conf;
    apache = levels[level <= MODHOST_LOG_CRITICAL ? level
                                                  : MODHOST_LOG_CRITICAL];

    if (APLOG_IS_LEVEL(server, apache)) {
        log_lines(server, apache, app != NULL ? app->name : NULL, category,
                  text);
    }
}


void
mod_modhost_log_tagged(mod_modhost_app *app, uint32_t level, unsigned code,
    const char *text)
{
    char    tag[sizeof("MH0000")];
    mh_str  category, event;

    (void) snprintf(tag, sizeof(tag), "MH%04u", code % 10000);

    category.data = (const uint8_t *) tag;
    category.length = strlen(tag);
    event.data = (const uint8_t *) text;
    event.length = strlen(text);

    mod_modhost_log_event(app, level, category, event);
}
