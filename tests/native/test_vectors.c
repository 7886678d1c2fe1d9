/*
 * The golden vectors of tests/vectors: what C writes is what is stored, and
 * what is stored, by C or by C#, reads as its text says.
 */

#include "baseline.h"
#include "check.h"
#include "heads.h"

#include <dirent.h>

static uint64_t  memory[HEAD_MAX / 8];


static bool
ends_with(const char *text, const char *end)
{
    size_t  length, end_length;

    length = strlen(text);
    end_length = strlen(end);

    return length > end_length
           && strcmp(text + length - end_length, end) == 0;
}


CASE(C_writes_the_stored_bytes)
{
    char    *path;
    size_t   i, size;

    for (i = 0; i < head_sample_count; i++) {
        memset(memory, 0xee, sizeof(memory));
        size = head_samples[i].build(memory);
        path = baseline_path("vectors", head_samples[i].name, ".bin");
        CHECK(baseline_matches(path, memory, size));
        free(path);
    }
}


/* The stem tells what it is: request-*, response-*. */
static void
check_text(const char *name)
{
    char      *path, *data, *text;
    bool       response;
    FILE      *out;
    size_t     length, text_length;
    mh_error   error;

    response = strncmp(name, "response-", 9) == 0;
    path = baseline_path("vectors", name, "");
    data = baseline_read(path, &length);
    free(path);

    REQUIRE(data != NULL && length <= sizeof(memory));
    memcpy(memory, data, length);
    free(data);

    error.text[0] = '\0';

    if ((response ? mh_response_head_check(memory, length, &error)
                  : mh_request_head_check(memory, length, &error)) != 0)
    {
        CHECK_FAIL("%s: %s", name, error.text);
        return;
    }

    out = open_memstream(&text, &text_length);

    if (response) {
        head_dump_response(out, memory);
    } else {
        head_dump_request(out, memory);
    }

    fclose(out);

    path = baseline_path("vectors", name, "");
    strcpy(strrchr(path, '.'), ".txt");
    CHECK(baseline_matches(path, text, text_length));
    free(path);
    free(text);
}


CASE(C_reads_every_vector_as_its_text_says)
{
    DIR            *dir;
    char           *path;
    unsigned        count;
    struct dirent  *entry;

    path = baseline_path("vectors", "", "");
    dir = opendir(path);
    free(path);
    REQUIRE(dir != NULL);

    for (count = 0; (entry = readdir(dir)) != NULL; /* void */) {
        if (ends_with(entry->d_name, ".bin")) {
            check_text(entry->d_name);
            count++;
        }
    }

    closedir(dir);
    CHECK(count >= head_sample_count);
}


/* ---- blocks that must be refused --------------------------------------- */

typedef struct bad_sample {
    const char  *name;
    const char  *base;               /* the sample that is spoilt             */
    unsigned     offset;             /* of a little-endian number ...         */
    unsigned     width;              /* ... of so many bytes                  */
    uint64_t     value;
} bad_sample;

#define REQ(member)   offsetof(modhost_request_head, member),                 \
                      sizeof(((modhost_request_head *) 0)->member)
#define RES(member)   offsetof(modhost_response_head, member),                \
                      sizeof(((modhost_response_head *) 0)->member)
#define FIELD(head, index, member)                                            \
    sizeof(head) + (index) * sizeof(modhost_field)                            \
        + offsetof(modhost_field, member),                                    \
    sizeof(((modhost_field *) 0)->member)
#define REQ_FIELD(index, member)  FIELD(modhost_request_head, index, member)
#define RES_FIELD(index, member)  FIELD(modhost_response_head, index, member)
#define OUTSIDE  0xfffffff0u

static const bad_sample  bad_samples[] = {
    { "request-size-small", "request-browser", REQ(size), 100 },
    { "request-size-large", "request-browser", REQ(size), 1000000 },
    { "request-version", "request-browser", REQ(version), 2 },
    { "request-fixed-size", "request-browser", REQ(fixed_size), 160 },
    { "request-flags", "request-browser", REQ(flags), 0x8000 },
    { "request-method", "request-browser", REQ(method), 10 },
    { "request-method-nameless", "request-browser", REQ(method), 0 },
    { "request-http-version", "request-browser", REQ(http_version), 0x0102 },
    { "request-content-length", "request-upload", REQ(content_length),
      (uint64_t) -2 },
    { "request-length-and-chunked", "request-chunked", REQ(content_length),
      5 },
    { "request-length-without-body", "request-browser", REQ(content_length),
      5 },
    { "request-header-count", "request-browser", REQ(header_count), 65535 },
    { "request-headers-offset", "request-browser", REQ(headers_offset),
      OUTSIDE },
    { "request-headers-unaligned", "request-browser", REQ(headers_offset),
      172 },
    { "request-headers-in-fixed-part", "request-browser",
      REQ(headers_offset), 160 },
    { "request-variables-offset", "request-browser", REQ(variables_offset),
      OUTSIDE },
    { "request-target-outside", "request-browser", REQ(target.offset),
      OUTSIDE },
    { "request-certificate-outside", "request-browser",
      REQ(tls_client_certificate.length), OUTSIDE },
    { "request-path-no-slash", "request-browser", REQ(path.length), 1 },
    { "request-query-no-mark", "request-browser", REQ(query.offset), 0 },
    { "request-field-known", "request-browser", REQ_FIELD(0, known), 9999 },
    { "request-field-two-names", "request-browser",
      REQ_FIELD(0, name_length), 3 },
    { "request-field-nameless", "request-browser", REQ_FIELD(6, name_length),
      0 },
    { "request-field-name-outside", "request-browser",
      REQ_FIELD(6, name_offset), OUTSIDE },
    { "request-field-value-outside", "request-browser",
      REQ_FIELD(9, value_length), OUTSIDE },
    { "response-size-large", "response-rich", RES(size), 1000000 },
    { "response-version", "response-rich", RES(version), 2 },
    { "response-fixed-size", "response-rich", RES(fixed_size), 48 },
    { "response-flags", "response-rich", RES(flags), 2 },
    { "response-reserved", "response-rich", RES(reserved), 1 },
    { "response-status-low", "response-rich", RES(status), 99 },
    { "response-status-high", "response-rich", RES(status), 600 },
    { "response-content-length", "response-rich", RES(content_length),
      (uint64_t) -2 },
    { "response-headers-offset", "response-rich", RES(headers_offset),
      OUTSIDE },
    { "response-reason-outside", "response-rich", RES(reason.offset),
      OUTSIDE },
    { "response-field-value-outside", "response-rich",
      RES_FIELD(5, value_offset), OUTSIDE },
    { "response-trailers-with-reason", "response-rich", RES(status), 0 },
};


static size_t
build_bad(const bad_sample *bad)
{
    size_t         i, size;
    unsigned       at;
    const uint8_t  *value;

    size = 0;

    for (i = 0; i < head_sample_count; i++) {
        if (strcmp(head_samples[i].name, bad->base) == 0) {
            size = head_samples[i].build(memory);
        }
    }

    value = (const uint8_t *) &bad->value;

    for (at = 0; at < bad->width; at++) {
        ((uint8_t *) memory)[bad->offset + at] = value[at];
    }

    /* A path that is one byte long, and that byte no slash. */

    if (strcmp(bad->name, "request-path-no-slash") == 0) {
        ((uint8_t *) memory)
            [((modhost_request_head *) memory)->path.offset] = 'x';
    }

    return size;
}


CASE(C_refuses_every_bad_vector)
{
    char      *path, *data;
    size_t     i, size, length;
    mh_error   error;

    for (i = 0; i < sizeof(bad_samples) / sizeof(bad_samples[0]); i++) {

        size = build_bad(&bad_samples[i]);
        path = baseline_path("vectors/bad", bad_samples[i].name, ".bin");
        CHECK(baseline_matches(path, memory, size));

        data = baseline_read(path, &length);
        free(path);

        if (data == NULL || length > sizeof(memory)) {
            continue;
        }

        memcpy(memory, data, length);
        free(data);

        if ((strncmp(bad_samples[i].name, "response-", 9) == 0
             ? mh_response_head_check(memory, length, &error)
             : mh_request_head_check(memory, length, &error)) == 0)
        {
            CHECK_FAIL("%s is not refused", bad_samples[i].name);
        }
    }
}

CHECK_MAIN
