/*
 * What a request waited for: as notes, which an access log can have
 * (%{modhost_app_time}n), and as a line where ModHostSlowLog says that it took
 * longer than it should.
 *
 *   queue    until a worker, or the application, began
 *   app      while the application worked
 *   client   the rest: while the client sent its body or took the response
 */

#include "mod_modhost.h"

#include <stdlib.h>


mod_modhost_slow_file *
mod_modhost_slow_file_named(apr_pool_t *pool, const char *path)
{
    int                     i;
    apr_array_header_t     *files;
    mod_modhost_slow_file  *file;

    path = *path != '\0' ? ap_server_root_relative(pool, path) : NULL;

    if (path == NULL) {
        return NULL;
    }

    files = mod_modhost_main->slow_files;

    for (i = 0; i < files->nelts; i++) {
        file = APR_ARRAY_IDX(files, i, mod_modhost_slow_file *);

        if (strcmp(file->path, path) == 0) {
            return file;
        }
    }

    file = apr_pcalloc(pool, sizeof(*file));
    file->path = path;

    APR_ARRAY_PUSH(files, mod_modhost_slow_file *) = file;

    return file;
}


int
mod_modhost_slow_files_open(void)
{
    int                     i;
    apr_status_t            rv;
    mod_modhost_slow_file  *file;

    for (i = 0; i < mod_modhost_main->slow_files->nelts; i++) {
        file = APR_ARRAY_IDX(mod_modhost_main->slow_files, i,
                             mod_modhost_slow_file *);

        rv = apr_file_open(&file->file, file->path,
                           APR_WRITE | APR_APPEND | APR_CREATE
                           | APR_LARGEFILE, APR_OS_DEFAULT,
                           mod_modhost_main->pool);

        if (rv != APR_SUCCESS) {
            ap_log_error(APLOG_MARK, APLOG_EMERG, rv, NULL,
                         "MH%04u: the slow log \"%s\" cannot be opened",
                         MH_E_SLOW, file->path);
            return HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    return OK;
}


static void
write_file(const mod_modhost_slow_file *file, request_rec *r,
    const char *line)
{
    char            stamp[APR_RFC822_DATE_LEN + 32];
    apr_size_t      length;
    apr_time_exp_t  time;
    const char     *text;

    (void) apr_time_exp_lt(&time, apr_time_now());
    (void) apr_strftime(stamp, &length, sizeof(stamp), "%Y-%m-%dT%H:%M:%S",
                        &time);
    text = apr_psprintf(r->pool,
                        "%s%c%02d:%02d %s status=%d from=%s \"%.700s\"\n",
                        stamp, time.tm_gmtoff < 0 ? '-' : '+',
                        abs(time.tm_gmtoff) / 3600,
                        abs(time.tm_gmtoff) / 60 % 60, line, r->status,
                        r->useragent_ip,
                        ap_escape_logitem(r->pool, r->the_request));
    length = strlen(text);

    (void) apr_file_write(file->file, text, &length);
}


/* For every request: a printf would be the dearest part of the notes. */
static const char *
seconds(apr_pool_t *pool, uint64_t ms)
{
    char      text[24], *p;
    unsigned  digits;

    p = text + sizeof(text);
    *--p = '\0';

    for (digits = 0; digits < 4 || ms != 0; digits++, ms /= 10) {

        if (digits == 3) {
            *--p = '.';
        }

        *--p = (char) ('0' + ms % 10);
    }

    return apr_pstrmemdup(pool, p, (size_t) (text + sizeof(text) - 1 - p));
}


void
mod_modhost_notes(request_rec *r, const mod_modhost_app_conf *app,
    const mod_modhost_times *times)
{
    uint64_t  now;

    now = mod_modhost_now();

    apr_table_setn(r->notes, "modhost_app", app->name);
    apr_table_setn(r->notes, "modhost_queue_time",
                   seconds(r->pool, (times->begun ? times->begun : now)
                                    - times->arrived));

    if (times->begun) {
        apr_table_setn(r->notes, "modhost_app_time",
                       seconds(r->pool, (times->ended ? times->ended : now)
                                        - times->begun));
    }

    if (times->worker != NULL) {
        apr_table_setn(r->notes, "modhost_worker", times->worker);
    }
}


void
mod_modhost_slow(request_rec *r, const mod_modhost_dir_conf *conf,
    const mod_modhost_app_conf *app, const mod_modhost_times *times)
{
    int64_t      limit;
    uint64_t     now, total, queue, work, client;
    const char  *line;

    limit = mod_modhost_number(conf, MH_OPTION_slow_log);

    if (limit == 0) {
        return;
    }

    now = mod_modhost_now();
    total = now - times->arrived;

    if (total < (uint64_t) limit) {
        return;
    }

    queue = (times->begun ? times->begun : now) - times->arrived;
    work = 0;

    if (times->begun) {
        work = (times->ended ? times->ended : now) - times->begun;
        work -= work < times->client_ms ? work : times->client_ms;
    }

    client = total - (total < queue + work ? total : queue + work);

    line = apr_psprintf(r->pool,
                        "app \"%s\"%s%s took=%s queue=%s app=%s client=%s",
                        app->name, times->worker != NULL ? " worker=" : "",
                        times->worker != NULL ? times->worker : "",
                        seconds(r->pool, total), seconds(r->pool, queue),
                        seconds(r->pool, work), seconds(r->pool, client));

    if (conf->slow_file != NULL && conf->slow_file->file != NULL) {
        write_file(conf->slow_file, r, line);

    } else {
        mod_modhost_log_request(r, APLOG_WARNING, MH_E_SLOW, "%s", line);
    }
}
