/*
 * Reference heads. Response blocks are built by hand here, as the C# encoder
 * builds them: fixed part, table, then for each field its name and its value.
 */

#include "heads.h"

#include <string.h>


typedef struct pair {
    const char  *name;
    const char  *value;
} pair;


static mh_str
str(const char *text)
{
    return (mh_str) { (const uint8_t *) text, strlen(text) };
}


/* ---- requests ---------------------------------------------------------- */

typedef struct sample_request {
    const pair  *headers;
    size_t       header_count;
    const pair  *variables;
    size_t       variable_count;
    const char  *method;
    const char  *target;
    const char  *path_base;
    const char  *path;
    const char  *query;
    uint32_t     flags;
    uint16_t     http_version;
    int64_t      content_length;
} sample_request;


static size_t
text_length(const pair *pairs, size_t count, bool headers)
{
    size_t  i, length;

    for (i = 0, length = 0; i < count; i++) {
        length += strlen(pairs[i].value);

        if (!headers || mh_header_known(str(pairs[i].name)) == 0) {
            length += strlen(pairs[i].name);
        }
    }

    return length;
}


static void
request_start(mh_head_writer *writer, void *block,
    const sample_request *request, size_t more)
{
    size_t                 i, text;
    modhost_request_head  *head;

    text = text_length(request->headers, request->header_count, true)
           + text_length(request->variables, request->variable_count, false)
           + strlen(request->method) + strlen(request->target)
           + strlen(request->path_base) + strlen(request->path)
           + strlen(request->query) + more;

    mh_head_start(writer, block, request->header_count,
                  request->variable_count, text);

    head = writer->head;
    head->flags = request->flags;
    head->http_version = request->http_version;
    head->content_length = request->content_length;
    head->method = (uint16_t) mh_method_known(str(request->method));

    if (head->method == 0) {
        head->method_name = mh_head_text(writer, str(request->method));
    }

    head->target = mh_head_text(writer, str(request->target));
    head->path_base = mh_head_text(writer, str(request->path_base));
    head->path = mh_head_text(writer, str(request->path));
    head->query = mh_head_text(writer, str(request->query));

    for (i = 0; i < request->header_count; i++) {
        mh_head_field(writer, mh_header_known(str(request->headers[i].name)),
                      str(request->headers[i].name),
                      str(request->headers[i].value));
    }

    for (i = 0; i < request->variable_count; i++) {
        mh_head_variable(writer, str(request->variables[i].name),
                         str(request->variables[i].value));
    }
}


static size_t
request_end(mh_head_writer *writer)
{
    return mh_head_finish(writer) == 0 ? writer->head->size : 0;
}


static size_t
request_minimal(void *block)
{
    mh_head_writer  writer;

    static const sample_request  minimal = {
        .method = "GET", .target = "/", .path_base = "", .path = "/",
        .query = "", .http_version = 0x0100, .content_length = -1
    };

    request_start(&writer, block, &minimal, 0);

    return request_end(&writer);
}


static size_t
request_browser(void *block)
{
    mh_head_writer         writer;
    modhost_request_head  *head;

    static const pair  headers[] = {
        { "Host", "shop.example:8443" },
        { "User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101" },
        { "accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8" },
        { "Accept-Encoding", "gzip, deflate, br" },
        { "Cookie", "a=1" },
        { "Cookie", "b=2; c=\"3\"" },
        { "X-Custom", "seven" },
        { "sec-ch-ua-mobile", "?0" },
        { "Referer", "" },
        { "traceparent",
          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
    };

    static const pair  variables[] = {
        { "DOCUMENT_ROOT", "/var/www" },
        { "EMPTY", "" },
    };

    static const sample_request  browser = {
        .headers = headers, .header_count = 10,
        .variables = variables, .variable_count = 2,
        .method = "GET", .target = "/shop/caf%C3%A9%2Fmenu?q=a%20b&q=c",
        .path_base = "/shop", .path = "/caf\xc3\xa9%2Fmenu",
        .query = "?q=a%20b&q=c", .flags = MODHOST_REQUEST_TLS,
        .http_version = 0x0200, .content_length = -1
    };

    request_start(&writer, block, &browser, 400);
    head = writer.head;

    head->connection_id = 0x0123456789abcdefu;
    head->request_number = 42;
    head->remote_port = 54321;
    head->local_port = 8443;
    head->remote_address = mh_head_text(&writer, str("2001:db8::1"));
    head->local_address = mh_head_text(&writer, str("2001:db8::2"));
    head->request_id = mh_head_text(&writer,
                                    str("444535f9378a3dfa1b8604bc9e05a303"));
    head->remote_user = mh_head_text(&writer, str("alice"));
    head->auth_type = mh_head_text(&writer, str("Basic"));
    head->tls_protocol = mh_head_text(&writer, str("TLSv1.3"));
    head->tls_cipher = mh_head_text(&writer, str("TLS_AES_256_GCM_SHA384"));
    head->tls_server_name = mh_head_text(&writer, str("shop.example"));
    head->tls_client_certificate = mh_head_text(&writer,
        str("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"));

    return request_end(&writer);
}


static size_t
request_upload(void *block)
{
    mh_head_writer  writer;

    static const pair  headers[] = {
        { "Host", "localhost" },
        { "Content-Type", "application/octet-stream" },
        { "Content-Length", "1073741824" },
        { "Expect", "100-continue" },
    };

    static const sample_request  upload = {
        .headers = headers, .header_count = 4,
        .method = "POST", .target = "/upload", .path_base = "",
        .path = "/upload", .query = "", .flags = MODHOST_REQUEST_BODY,
        .http_version = 0x0101, .content_length = 1073741824
    };

    request_start(&writer, block, &upload, 0);

    return request_end(&writer);
}


static size_t
request_chunked(void *block)
{
    mh_head_writer  writer;

    static const pair  headers[] = {
        { "Host", "localhost" },
        { "Transfer-Encoding", "chunked" },
    };

    static const sample_request  chunked = {
        .headers = headers, .header_count = 2,
        .method = "PATCH", .target = "/x", .path_base = "", .path = "/x",
        .query = "", .http_version = 0x0101, .content_length = -1,
        .flags = MODHOST_REQUEST_BODY | MODHOST_REQUEST_CHUNKED
    };

    request_start(&writer, block, &chunked, 0);

    return request_end(&writer);
}


static size_t
request_websocket(void *block)
{
    mh_head_writer  writer;

    static const pair  headers[] = {
        { "Host", "localhost" },
        { "Connection", "Upgrade" },
        { "Upgrade", "websocket" },
        { "Sec-WebSocket-Version", "13" },
        { "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==" },
    };

    static const sample_request  websocket = {
        .headers = headers, .header_count = 5,
        .method = "GET", .target = "/hub", .path_base = "", .path = "/hub",
        .query = "", .http_version = 0x0101, .content_length = -1,
        .flags = MODHOST_REQUEST_UPGRADABLE | MODHOST_REQUEST_EARLY_DATA
                 | MODHOST_REQUEST_TLS
    };

    request_start(&writer, block, &websocket, 0);

    return request_end(&writer);
}


/* A method that is not known, no path, and bytes that are not UTF-8. */
static size_t
request_odd(void *block)
{
    mh_head_writer  writer;

    static const pair  headers[] = {
        { "Host", "localhost" },
        { "X-Latin-1", "caf\xe9" },
        { "X-Utf-8", "caf\xc3\xa9 \xf0\x9f\x98\x80" },
        { "X-Tab", "a\tb\\c" },
    };

    static const sample_request  odd = {
        .headers = headers, .header_count = 4,
        .method = "PROPFIND", .target = "*", .path_base = "", .path = "",
        .query = "", .http_version = 0x0101, .content_length = 0
    };

    request_start(&writer, block, &odd, 0);

    return request_end(&writer);
}


/* 200 headers, the largest count that is allowed unless configured. */
static size_t
request_many(void *block)
{
    char            names[200][16], values[200][16];
    pair            headers[200];
    sample_request  many;
    unsigned        i;
    mh_head_writer  writer;

    memset(&many, 0, sizeof(many));

    for (i = 0; i < 200; i++) {
        (void) snprintf(names[i], sizeof(names[i]), "x-header-%u", i);
        (void) snprintf(values[i], sizeof(values[i]), "value %u", i * 7);
        headers[i].name = names[i];
        headers[i].value = values[i];
    }

    many.headers = headers;
    many.header_count = 200;
    many.method = "DELETE";
    many.target = "/many";
    many.path_base = "/many";
    many.path = "";
    many.query = "";
    many.http_version = 0x0300;
    many.content_length = -1;

    request_start(&writer, block, &many, 0);

    return request_end(&writer);
}


/* ---- responses --------------------------------------------------------- */

static uint32_t
append(uint8_t *block, uint32_t *end, const char *text, uint32_t *offset)
{
    uint32_t  length;

    length = (uint32_t) strlen(text);
    *offset = length ? *end : 0;
    memcpy(block + *end, text, length);
    *end += length;

    return length;
}


static size_t
response(void *memory, unsigned status, int64_t content_length,
    uint32_t flags, const char *reason, const pair *headers, unsigned count)
{
    uint8_t                *block;
    uint32_t                end;
    unsigned                i;
    modhost_field          *fields;
    modhost_response_head  *head;

    block = memory;
    head = memory;
    fields = (modhost_field *) (block + sizeof(*head));
    end = (uint32_t) (sizeof(*head) + count * sizeof(*fields));

    memset(block, 0, end);

    head->version = MODHOST_HEAD_VERSION;
    head->fixed_size = sizeof(*head);
    head->flags = flags;
    head->status = (uint16_t) status;
    head->header_count = (uint16_t) count;
    head->content_length = content_length;
    head->headers_offset = sizeof(*head);
    head->reason.length = append(block, &end, reason, &head->reason.offset);

    for (i = 0; i < count; i++) {
        fields[i].known = (uint16_t) mh_header_known(str(headers[i].name));

        if (fields[i].known == 0) {
            fields[i].name_length = (uint16_t)
                append(block, &end, headers[i].name, &fields[i].name_offset);
        }

        fields[i].value_length = append(block, &end, headers[i].value,
                                        &fields[i].value_offset);
    }

    head->size = end;

    return end;
}


static size_t
response_minimal(void *block)
{
    return response(block, 200, -1, 0, "", NULL, 0);
}


static size_t
response_plaintext(void *block)
{
    static const pair  headers[] = {
        { "Content-Type", "text/plain; charset=utf-8" },
        { "Date", "Fri, 01 Jan 2027 00:00:00 GMT" },
    };

    return response(block, 200, 13, 0, "", headers, 2);
}


static size_t
response_rich(void *block)
{
    static const pair  headers[] = {
        { "Set-Cookie", "a=1; path=/; secure; httponly" },
        { "Set-Cookie", "b=2" },
        { "X-Custom", "caf\xc3\xa9\tand \xe9" },
        { "X-Empty", "" },
        { "Location", "https://example.org/?a=b" },
        { "Retry-After", "120" },
    };

    return response(block, 503, 0, 0, "Gone Fishing", headers, 6);
}


static size_t
response_not_modified(void *block)
{
    static const pair  headers[] = {
        { "ETag", "\"abc\"" },
    };

    return response(block, 304, -1, MODHOST_RESPONSE_NO_BODY, "", headers, 1);
}


static size_t
response_upgrade(void *block)
{
    static const pair  headers[] = {
        { "Connection", "Upgrade" },
        { "Upgrade", "websocket" },
        { "Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" },
    };

    return response(block, 101, -1, MODHOST_RESPONSE_NO_BODY, "", headers, 3);
}


static size_t
response_trailers(void *block)
{
    static const pair  headers[] = {
        { "grpc-status", "0" },
        { "x-checksum", "d41d8cd9" },
    };

    return response(block, 0, -1, 0, "", headers, 2);
}


const head_sample  head_samples[] = {
    { "request-minimal", false, request_minimal },
    { "request-browser", false, request_browser },
    { "request-upload", false, request_upload },
    { "request-chunked", false, request_chunked },
    { "request-websocket", false, request_websocket },
    { "request-odd", false, request_odd },
    { "request-many", false, request_many },
    { "response-minimal", true, response_minimal },
    { "response-plaintext", true, response_plaintext },
    { "response-rich", true, response_rich },
    { "response-not-modified", true, response_not_modified },
    { "response-upgrade", true, response_upgrade },
    { "response-trailers", true, response_trailers },
};

const size_t  head_sample_count = sizeof(head_samples)
                                  / sizeof(head_samples[0]);
