/*
 * Scenarios, by path. Each runs on a thread of its own and may block.
 */

#include "stub.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>


static const stub_header  text_plain[] = { { "Content-Type", "text/plain" } };


static void
run_plaintext(stub_exchange *x)
{
    stub_text(x, 200, "Hello, World!", 13);
}


static void
run_empty(stub_exchange *x)
{
    stub_text(x, 200, "", 0);
}


/* Everything of the head, as text. */
static void
run_info(stub_exchange *x)
{
    char                        *text;
    size_t                       size;
    FILE                        *out;
    unsigned                     i;
    const char                  *name;
    const modhost_field         *f;
    const modhost_variable      *v;
    const modhost_request_head  *h = x->exchange->head;

    static const char *const  names[] = {
        "",
#define STUB_X(number, symbol, text)  text,
        MODHOST_KNOWN_HEADERS(STUB_X)
#undef STUB_X
    };
    static const char *const  methods[] = {
        "", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH",
        "TRACE", "CONNECT"
    };

#define SLICE(s)  (int) h->s.length, (const char *) h + h->s.offset

    out = open_memstream(&text, &size);

    if (h->method != 0) {
        fprintf(out, "method: %s\n", methods[h->method]);
    } else {
        fprintf(out, "method: %.*s\n", SLICE(method_name));
    }

    fprintf(out, "target: %.*s\n", SLICE(target));
    fprintf(out, "base: %.*s\n", SLICE(path_base));
    fprintf(out, "path: %.*s\n", SLICE(path));
    fprintf(out, "query: %.*s\n", SLICE(query));
    fprintf(out, "version: %04x\n", h->http_version);
    fprintf(out, "flags: %04x\n", h->flags);
    fprintf(out, "length: %lld\n", (long long) h->content_length);
    fprintf(out, "inline: %u\n",
            (x->exchange->flags & MODHOST_EXCHANGE_INLINE) != 0);
    fprintf(out, "remote: %.*s %u\n", SLICE(remote_address), h->remote_port);
    fprintf(out, "local: %.*s %u\n", SLICE(local_address), h->local_port);
    fprintf(out, "number: %llu\n", (unsigned long long) h->request_number);
    fprintf(out, "user: %.*s\n", SLICE(remote_user));
    fprintf(out, "auth: %.*s\n", SLICE(auth_type));
    fprintf(out, "tls: %.*s %.*s %.*s\n", SLICE(tls_protocol),
            SLICE(tls_cipher), SLICE(tls_server_name));
    fprintf(out, "certificate: %u\n", h->tls_client_certificate.length);
    fprintf(out, "detail: %d\n",
            (x->exchange->flags & MODHOST_EXCHANGE_DETAIL) != 0);
    fprintf(out, "max: %lld\n", (long long) x->exchange->max_request_body);

    f = (const modhost_field *) ((const char *) h + h->headers_offset);

    for (i = 0; i < h->header_count; i++) {
        name = names[f[i].known];

        if (f[i].known != 0) {
            fprintf(out, "header: %s", name);
        } else {
            fprintf(out, "header: %.*s", f[i].name_length,
                    (const char *) h + f[i].name_offset);
        }

        fprintf(out, "=%.*s\n", (int) f[i].value_length,
                (const char *) h + f[i].value_offset);
    }

    v = (const modhost_variable *) ((const char *) h + h->variables_offset);

    for (i = 0; i < h->variable_count; i++) {
        fprintf(out, "variable: %.*s=%.*s\n",
                (int) v[i].name.length, (const char *) h + v[i].name.offset,
                (int) v[i].value.length, (const char *) h + v[i].value.offset);
    }

    fclose(out);

    stub_text(x, 200, text, size);
    free(text);
}


static void
run_counters(stub_exchange *x)
{
    int   n;
    char  text[512];

    n = snprintf(text, sizeof(text),
                 "begun %llu\nlive %lld\naborts %llu\noverflow %llu\n"
                 "late %llu\npeak %llu\npid %d\n",
                 (unsigned long long) stub_count.begun,
                 (long long) (stub_count.begun - stub_count.released) - 1,
                 (unsigned long long) stub_count.aborts,
                 (unsigned long long) stub_count.overflow,
                 (unsigned long long) stub_count.after_release,
                 (unsigned long long) stub_count.peak_body,
                 (int) getpid());

    stub_text(x, 200, text, (size_t) n);
}


static void
run_echo(stub_exchange *x)
{
    bool     started = false;
    char     data[16384];
    ssize_t  n;

    while ((n = stub_read(x, data, sizeof(data))) > 0) {

        if (!started) {
            started = true;

            if (stub_respond(x, 200, text_plain, 1,
                             x->exchange->head->content_length, NULL, 0, 0)
                != MODHOST_OK)
            {
                return;
            }
        }

        if (stub_write(x, data, (size_t) n, MODHOST_SEND_FLUSH) != MODHOST_OK) {
            return;
        }
    }

    if (n < 0) {
        return;
    }

    if (!started) {
        stub_text(x, 200, "", 0);
        return;
    }

    (void) stub_end(x, NULL, 0);
}


/* Reads the whole body, slowly if told to; says how long it was. */
static void
run_upload(stub_exchange *x)
{
    int       n;
    long      ms = stub_number(x, "ms", 0);
    char      text[64];
    static _Thread_local char  data[65536];
    size_t    chunk = (size_t) stub_number(x, "chunk", sizeof(data));
    ssize_t   got;
    uint64_t  total = 0, sum = 0;

    if (chunk > sizeof(data)) {
        chunk = sizeof(data);
    }

    while ((got = stub_read(x, data, chunk)) > 0) {
        total += (uint64_t) got;

        for (n = 0; n < got; n++) {
            sum += (unsigned char) data[n];
        }

        if (ms) {
            usleep((useconds_t) ms * 1000);
        }
    }

    if (got < 0) {
        return;
    }

    n = snprintf(text, sizeof(text), "%llu %llu\n",
                 (unsigned long long) total, (unsigned long long) sum);
    stub_text(x, 200, text, (size_t) n);
}


static void
run_stream(stub_exchange *x)
{
    long      n = stub_number(x, "n", 10), size = stub_number(x, "size", 100);
    long      ms = stub_number(x, "ms", 0), i;
    char     *data;
    uint32_t  flags;

    flags = stub_number(x, "flush", 1) ? MODHOST_SEND_FLUSH : 0;
    data = malloc((size_t) size + 1);

    for (i = 0; i < size; i++) {
        data[i] = (char) ('a' + i % 26);
    }

    if (stub_respond(x, 200, text_plain, 1,
                     stub_number(x, "length", 0) ? n * size : -1, NULL, 0, 0)
        == MODHOST_OK)
    {
        for (i = 0; i < n; i++) {
            if (stub_write(x, data, (size_t) size, flags) != MODHOST_OK) {
                free(data);
                return;
            }

            if (ms) {
                usleep((useconds_t) ms * 1000);
            }
        }

        (void) stub_end(x, NULL, 0);
    }

    free(data);
}


static void
run_big(stub_exchange *x)
{
    long   size = stub_number(x, "size", 65536), i;
    char  *data = malloc((size_t) size + 1);

    for (i = 0; i < size; i++) {
        data[i] = (char) ('a' + i % 26);
    }

    stub_text(x, 200, data, (size_t) size);
    free(data);
}


static void
run_sleep(stub_exchange *x)
{
    usleep((useconds_t) stub_number(x, "ms", 100) * 1000);
    stub_text(x, 200, "slept\n", 6);
}


/* Where it may, on the web server's own thread: asleep, or at work. */
static void
run_hold(stub_exchange *x)
{
    uint64_t         until;
    struct timespec  now;

    if (stub_number(x, "work", 0) == 0) {
        run_sleep(x);
        return;
    }

    until = 0;

    do {
        (void) clock_gettime(CLOCK_MONOTONIC, &now);

        if (until == 0) {
            until = (uint64_t) now.tv_sec * 1000
                    + (uint64_t) stub_number(x, "ms", 100)
                    + (uint64_t) now.tv_nsec / 1000000;
        }

    } while ((uint64_t) now.tv_sec * 1000 + (uint64_t) now.tv_nsec / 1000000
             < until);

    stub_text(x, 200, "worked\n", 7);
}


/* Answers only where nobody can hear it. */
static void
run_abort(stub_exchange *x)
{
    if (!stub_wait_abort(x, (unsigned) stub_number(x, "ms", 30000))) {
        stub_text(x, 200, "not aborted\n", 12);
        return;
    }

    (void) stub_respond(x, 200, NULL, 0, 4, "late", 4, MODHOST_SEND_END);
}


static void
run_reset(stub_exchange *x)
{
    stub_server->exchange_reset(x->exchange, MODHOST_RESET_APP);
}


static void
run_reset_after_head(stub_exchange *x)
{
    if (stub_respond(x, 200, text_plain, 1, stub_number(x, "length", -1),
                     "begun...\n", 9, MODHOST_SEND_FLUSH) == MODHOST_OK)
    {
        usleep((useconds_t) stub_number(x, "ms", 20) * 1000);
        stub_server->exchange_reset(x->exchange, MODHOST_RESET_APP);
    }
}


/* 101; everything that comes goes back; "bye" or app_stop ends it. */
static void
run_upgrade_echo(stub_exchange *x)
{
    char               data[8192];
    ssize_t            n;
    const stub_header  headers[] = { { "Upgrade", "stub" },
                                     { "Connection", "Upgrade" } };

    if (stub_number(x, "first", 0)) {
        pthread_mutex_lock(&x->lock);
        x->window += sizeof(data);
        pthread_mutex_unlock(&x->lock);

        stub_server->exchange_read(x->exchange, sizeof(data));
    }

    if (stub_respond(x, 101, headers, 2, -1, NULL, 0,
                     MODHOST_SEND_UPGRADE | MODHOST_SEND_FLUSH)
        != MODHOST_OK)
    {
        return;
    }

    pthread_mutex_lock(&x->lock);
    x->body_end = false;
    pthread_mutex_unlock(&x->lock);

    while ((n = stub_read(x, data, sizeof(data))) > 0) {

        if (stub_write(x, data, (size_t) n, MODHOST_SEND_FLUSH) != MODHOST_OK) {
            return;
        }

        if (n == 3 && memcmp(data, "bye", 3) == 0) {
            break;
        }
    }

    if (n < 0) {
        return;
    }

    (void) stub_write(x, "end", 3, MODHOST_SEND_FLUSH);
    (void) stub_end(x, NULL, 0);
}


/* 101, and nothing is read: has the client left? */
static void
run_upgrade_mute(stub_exchange *x)
{
    bool               ended;
    struct timespec    until;
    const stub_header  headers[] = { { "Upgrade", "stub" } };

    pthread_mutex_lock(&x->lock);
    x->body_end = false;
    pthread_mutex_unlock(&x->lock);

    if (stub_respond(x, 101, headers, 1, -1, NULL, 0,
                     MODHOST_SEND_UPGRADE | MODHOST_SEND_FLUSH)
        != MODHOST_OK)
    {
        return;
    }

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 5;

    pthread_mutex_lock(&x->lock);

    while (!x->body_end && x->aborted == 0
           && pthread_cond_timedwait(&x->changed, &x->lock, &until) == 0)
    {
        /* void */
    }

    ended = x->body_end;
    pthread_mutex_unlock(&x->lock);

    (void) stub_write(x, ended ? "heard" : "deaf", ended ? 5 : 4,
                      MODHOST_SEND_FLUSH);
    (void) stub_end(x, NULL, 0);
}


static void
run_sendfile(stub_exchange *x)
{
    int      fd;
    char     path[1024];
    long     offset = stub_number(x, "offset", 0);
    long     length = stub_number(x, "length", -1);

    if (stub_query(x, "file", path, sizeof(path)) == NULL) {
        stub_text(x, 400, "file?\n", 6);
        return;
    }

    fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd == -1) {
        stub_text(x, 404, "no file\n", 8);
        return;
    }

    if (length < 0) {
        length = (long) lseek(fd, 0, SEEK_END) - offset;
    }

    if (stub_respond(x, 200, text_plain, 1, length, NULL, 0, 0)
        == MODHOST_OK)
    {
        (void) stub_send_file(x, fd, offset, length, MODHOST_SEND_END);
    }

    close(fd);
}


/* A small piece of a file, again and again; then the end is some time off. */
static void
run_files(stub_exchange *x)
{
    int   fd;
    char  path[1024];
    long  i, count;

    count = stub_number(x, "count", 100);
    fd = stub_query(x, "file", path, sizeof(path)) != NULL
         ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (fd == -1
        || stub_respond(x, 200, text_plain, 1, -1, NULL, 0, 0) != MODHOST_OK)
    {
        return;
    }

    for (i = 1; i <= count; i++) {
        (void) stub_send_file(x, fd, 0, 10, i == count ? MODHOST_SEND_FLUSH
                                                       : 0);
    }

    close(fd);

    (void) stub_wait_abort(x, (unsigned) stub_number(x, "ms", 0));
    (void) stub_end(x, NULL, 0);
}


static void
run_double_end(stub_exchange *x)
{
    stub_text(x, 200, "once\n", 5);

    if (stub_end(x, NULL, 0) == MODHOST_OK) {
        abort();
    }
}


static void
run_bad_head(stub_exchange *x)
{
    long               kind = stub_number(x, "kind", 0);
    modhost_send       send;
    const stub_header  bad_value[] = { { "X-Bad", "a\r\nX-Evil: 1" } };
    const stub_header  bad_name[] = { { "X Bad", "a" } };

    memset(&send, 0, sizeof(send));

    send.flags = MODHOST_SEND_HEAD | MODHOST_SEND_END;
    send.head = x->exchange->response_head;
    send.file = -1;
    send.head_size = (uint32_t) stub_head(x->exchange->response_head,
                                   x->exchange->response_head_capacity, 200,
                                   kind == 2 ? bad_name : bad_value, 1, 0,
                                   NULL);

    if (kind == 1) {
        ((modhost_response_head *) x->exchange->response_head)->header_count =
            60000;
    }

    (void) stub_server->exchange_send(x->exchange, &send);
}


static void
run_trailers(stub_exchange *x)
{
    const stub_header  trailers[] = { { "Grpc-Status", "0" },
                                      { "X-Sum", "abc" } };

    if (stub_respond(x, 200, text_plain, 1, -1, "body\n", 5,
                     MODHOST_SEND_FLUSH) == MODHOST_OK)
    {
        (void) stub_end(x, trailers, 2);
    }
}


static void
run_big_headers(stub_exchange *x)
{
    long         n = stub_number(x, "n", 32), i;
    char        *value;
    uint64_t    *block;
    stub_header *headers;
    modhost_send send;

    value = malloc(1001);
    memset(value, 'v', 1000);
    value[1000] = '\0';
    headers = calloc((size_t) n, sizeof(stub_header));

    for (i = 0; i < n; i++) {
        headers[i].name = "X-Big";
        headers[i].value = value;
    }

    block = malloc((size_t) n * 1100 + 4096);

    memset(&send, 0, sizeof(send));
    send.flags = MODHOST_SEND_HEAD | MODHOST_SEND_END;
    send.head = block;
    send.head_size = (uint32_t) stub_head(block, (size_t) n * 1100 + 4096, 200,
                                          headers, (unsigned) n, 0, NULL);
    send.file = -1;

    (void) stub_server->exchange_send(x->exchange, &send);

    free(block);
    free(headers);
    free(value);
}


/* ?status= &reason= &name= &value= &body= */
static void
run_custom(stub_exchange *x)
{
    char          name[256], value[2048], reason[256], body[1024];
    unsigned      count = 0;
    stub_header   header;
    modhost_send  send;

    if (stub_query(x, "name", name, sizeof(name)) != NULL
        && stub_query(x, "value", value, sizeof(value)) != NULL)
    {
        header.name = name;
        header.value = value;
        count = 1;
    }

    if (stub_query(x, "body", body, sizeof(body)) == NULL) {
        body[0] = '\0';
    }

    memset(&send, 0, sizeof(send));
    send.flags = MODHOST_SEND_HEAD;
    send.head = x->exchange->response_head;
    send.head_size = (uint32_t) stub_head(x->exchange->response_head,
                                   x->exchange->response_head_capacity,
                                   (unsigned) stub_number(x, "status", 200),
                                   &header, count,
                                   stub_number(x, "length",
                                               (long) strlen(body)),
                                   stub_query(x, "reason", reason,
                                              sizeof(reason)));
    send.file = -1;

    if (stub_server->exchange_send(x->exchange, &send) == MODHOST_OK
        && (body[0] == '\0'
            || stub_write(x, body, strlen(body), 0) == MODHOST_OK))
    {
        (void) stub_end(x, NULL, 0);
    }
}


static void
run_cookies(stub_exchange *x)
{
    const stub_header  headers[] = {
        { "Set-Cookie", "a=1; path=/" },
        { "Set-Cookie", "b=2; path=/" },
        { "WWW-Authenticate", "Basic realm=\"x\"" },
        { "WWW-Authenticate", "Bearer" },
        { "Content-Type", "text/html; charset=utf-8" },
        { "Server", "stub" },
        { "Date", "Thu, 01 Jan 1970 00:00:00 GMT" },
        { "Keep-Alive", "timeout=5" },
        { "Transfer-Encoding", "chunked" },
        { "X-Custom", "c" },
    };

    (void) stub_respond(x, 401, headers, 10, 2, "no", 2, MODHOST_SEND_END);
}


/* Answers without reading, lets go of it, and the rest is the server's. */
static void
run_no_read(stub_exchange *x)
{
    stub_text(x, 403, "no\n", 3);
}


/* Head, then nothing for a while: the head must be with the client. */
static void
run_head_first(stub_exchange *x)
{
    if (stub_respond(x, 200, text_plain, 1, -1, NULL, 0, MODHOST_SEND_FLUSH)
        == MODHOST_OK)
    {
        usleep((useconds_t) stub_number(x, "ms", 300) * 1000);
        (void) stub_write(x, "then\n", 5, 0);
        (void) stub_end(x, NULL, 0);
    }
}


static void
run_informational(stub_exchange *x)
{
    const stub_header  hints[] = {
        { "Link", "</a.css>; rel=preload" },
        { "Content-Type", "text/hint" },
        { "ETag", "\"hint\"" },
    };

    (void) stub_respond(x, 103, hints, 3, -1, NULL, 0, MODHOST_SEND_FLUSH);
    (void) stub_respond(x, 200, NULL, 0, 7, "hinted\n", 7, MODHOST_SEND_END);
}


static void
run_unfinished(stub_exchange *x)
{
    (void) stub_respond(x, 200, text_plain, 1, -1, "half", 4,
                        MODHOST_SEND_FLUSH);
    usleep(20000);
}


static void
run_log(stub_exchange *x)
{
    char  text[8192];
    long  size = stub_number(x, "size", 5000), i;

    for (i = 0; i < size && i < (long) sizeof(text); i++) {
        text[i] = i % 80 == 79 ? '\n' : (char) ('a' + i / 80 % 26);
    }

    stub_server->log(x->exchange->app, MODHOST_LOG_ERROR, "Stub.Long", 9, text,
                     (uint32_t) i);
    stub_server->log(x->exchange->app, MODHOST_LOG_WARNING,
                     "evil\n2020/01/01 category", 24, "text", 4);
    stub_server->log(x->exchange->app, MODHOST_LOG_WARNING, "", 0,
                     "evil\n2020/01/01 00:00:00 [error] forged\x01", 40);
    stub_text(x, 200, "logged\n", 7);
}


/* Lines without a pause, for so long. */
static void
run_flood(stub_exchange *x)
{
    struct timespec  now, end;

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += stub_number(x, "s", 1);

    do {
        stub_server->log(x->exchange->app, MODHOST_LOG_INFO, "Stub.Flood", 10,
                         "and on, and on", 14);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec < end.tv_sec
             || (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec));

    stub_text(x, 200, "done\n", 5);
}


/* The head goes out before anything of the body is asked for. */
static void
run_head_then_body(stub_exchange *x)
{
    char     data[4096];
    ssize_t  n;

    if (stub_respond(x, 200, text_plain, 1, -1, "head\n", 5,
                     MODHOST_SEND_FLUSH) != MODHOST_OK)
    {
        return;
    }

    while ((n = stub_read(x, data, sizeof(data))) > 0) {
        (void) stub_write(x, data, (size_t) n, MODHOST_SEND_FLUSH);
    }

    if (n == 0) {
        (void) stub_end(x, NULL, 0);
    }
}


/* What a child that is started now would inherit, beyond 0, 1 and 2. */
static void
run_spawn(stub_exchange *x)
{
    char    text[4096];
    FILE   *child;
    size_t  n;

    child = popen("for f in /proc/$$/fd/*; do n=${f##*/}; "
                  "[ $n -gt 2 ] && readlink $f; done | "
                  "grep -v '^/proc/\\|^pipe:'", "re");
    n = child != NULL ? fread(text, 1, sizeof(text), child) : 0;

    if (child != NULL) {
        pclose(child);
    }

    stub_text(x, 200, text, n);
}


static void
run_environment(stub_exchange *x)
{
    int      n;
    char     text[4096];
    mode_t   mask;

    mask = umask(0);
    umask(mask);

    if (write(STDOUT_FILENO, "raw line\n", 9) != 9) {
        abort();
    }

    n = snprintf(text, sizeof(text),
                 "HOME=%s\nCOLOUR=%s\nSHAPE=%s\numask=%04o\n",
                 getenv("HOME"), getenv("COLOUR"), getenv("SHAPE"),
                 (unsigned) mask);
    stub_text(x, 200, text, (size_t) n);
}


static void
run_crash(stub_exchange *x)
{
    (void) x;
    abort();
}


static const struct {
    const char  *path;
    void       (*run)(stub_exchange *x);
    bool         release_first;
} scenarios[] = {
    { "/plaintext", run_plaintext, false },
    { "/empty", run_empty, false },
    { "/info", run_info, false },
    { "/counters", run_counters, false },
    { "/echo", run_echo, false },
    { "/upload", run_upload, false },
    { "/stream", run_stream, false },
    { "/big", run_big, false },
    { "/sleep", run_sleep, false },
    { "/hold", run_hold, false },
    { "/abort", run_abort, false },
    { "/reset", run_reset, false },
    { "/reset-after-head", run_reset_after_head, false },
    { "/upgrade-echo", run_upgrade_echo, false },
    { "/upgrade-mute", run_upgrade_mute, false },
    { "/sendfile", run_sendfile, false },
    { "/files", run_files, false },
    { "/double-end", run_double_end, false },
    { "/bad-head", run_bad_head, false },
    { "/trailers", run_trailers, false },
    { "/big-headers", run_big_headers, false },
    { "/custom", run_custom, false },
    { "/cookies", run_cookies, false },
    { "/no-read", run_no_read, false },
    { "/head-first", run_head_first, false },
    { "/informational", run_informational, false },
    { "/unfinished", run_unfinished, false },
    { "/log", run_log, false },
    { "/flood", run_flood, false },
    { "/head-then-body", run_head_then_body, false },
    { "/spawn", run_spawn, false },
    { "/environment", run_environment, false },
    { "/crash", run_crash, false },
    { "/early-release", run_unfinished, true },
};


void
stub_run(stub_exchange *x)
{
    size_t  i, length;

    for (i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        length = strlen(scenarios[i].path);

        if (strncmp(x->path, scenarios[i].path, length) == 0
            && (x->path[length] == '\0' || x->path[length] == '/'))
        {
            if (!scenarios[i].release_first) {
                scenarios[i].run(x);
            }

            stub_release(x);
            return;
        }
    }

    /* whatever else: the path, so that mapping can be seen */

    run_info(x);
    stub_release(x);
}
