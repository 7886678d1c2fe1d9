/*
 * Writing and checking head blocks.
 */

#include "check.h"
#include "heads.h"

static uint64_t  memory[HEAD_MAX / 8];
static mh_error  error;


static mh_str
str(const char *text)
{
    return (mh_str) { (const uint8_t *) text, strlen(text) };
}


/* Fresh blocks, which a case then spoils. */
static modhost_request_head *
good_request(void)
{
    (void) head_samples[1].build(memory);

    return (modhost_request_head *) memory;
}


static modhost_response_head *
good_response(void)
{
    (void) head_samples[9].build(memory);

    return (modhost_response_head *) memory;
}


static modhost_field *
request_field(unsigned index)
{
    modhost_request_head  *head;

    head = (modhost_request_head *) memory;

    return (modhost_field *) ((uint8_t *) memory + head->headers_offset)
           + index;
}


static modhost_field *
response_field(unsigned index)
{
    modhost_response_head  *head;

    head = (modhost_response_head *) memory;

    return (modhost_field *) ((uint8_t *) memory + head->headers_offset)
           + index;
}


static void
refused_request(const char *text)
{
    error.code = 0;
    CHECK_INT(mh_request_head_check(memory, sizeof(memory), &error), -1);
    CHECK_INT(error.code, 301);
    CHECK_HAS(error.text, text);
}


static void
refused_response(unsigned code, const char *text)
{
    error.code = 0;
    CHECK_INT(mh_response_head_check(memory, sizeof(memory), &error), -1);
    CHECK_INT(error.code, code);
    CHECK_HAS(error.text, text);
}


CASE(Every_sample_passes_its_check)
{
    size_t  i, size;

    for (i = 0; i < head_sample_count; i++) {
        size = head_samples[i].build(memory);
        CHECK(size != 0);

        error.text[0] = '\0';
        CHECK_INT(head_samples[i].response
                  ? mh_response_head_check(memory, size, &error)
                  : mh_request_head_check(memory, size, &error), 0);
        CHECK_TEXT(error.text, "");
    }
}


CASE(What_was_written_is_what_is_read)
{
    mh_str                 text;
    modhost_request_head  *head;

    head = good_request();
    text = mh_head_slice(head, head->path);
    CHECK_INT(text.length, 13);
    CHECK(memcmp(text.data, "/caf\xc3\xa9%2Fmenu", 13) == 0);
    CHECK(mh_head_slice(head, head->method_name).data == NULL);

    text = mh_request_field_name(head, 2);
    CHECK(text.length == 6 && memcmp(text.data, "Accept", 6) == 0);
    CHECK_INT(request_field(2)->known, MODHOST_HEADER_ACCEPT);
    CHECK_INT(request_field(2)->name_length, 0);

    text = mh_request_field_name(head, 6);
    CHECK(text.length == 8 && memcmp(text.data, "X-Custom", 8) == 0);
    text = mh_request_field_value(head, 6);
    CHECK(text.length == 5 && memcmp(text.data, "seven", 5) == 0);
    CHECK_INT(mh_request_field_value(head, 8).length, 0);
}


CASE(Less_than_counted_is_cut_and_the_block_is_sound)
{
    mh_head_writer  writer;

    mh_head_start(&writer, memory, 10, 5, 1000);
    writer.head->method = MODHOST_METHOD_GET;
    writer.head->http_version = 0x0101;
    mh_head_field(&writer, MODHOST_HEADER_HOST, str("Host"), str("x"));
    mh_head_variable(&writer, str("A"), str("b"));
    CHECK_INT(mh_head_finish(&writer), 0);

    CHECK_INT(writer.head->header_count, 1);
    CHECK_INT(writer.head->variable_count, 1);
    CHECK_INT(writer.head->size, 168 + 160 + 80 + 3);
    CHECK_INT(mh_request_head_check(memory, writer.head->size, &error), 0);
}


CASE(More_than_counted_is_refused_and_never_written)
{
    size_t          size;
    mh_head_writer  writer;

    size = mh_head_measure(1, 1, 10);

    memset(memory, 0xee, sizeof(memory));
    mh_head_start(&writer, memory, 1, 1, 10);
    mh_head_text(&writer, str("12345678901"));
    CHECK_INT(mh_head_finish(&writer), -1);

    mh_head_start(&writer, memory, 1, 1, 10);
    mh_head_field(&writer, 0, str("a"), str("b"));
    mh_head_field(&writer, 0, str("a"), str("b"));
    CHECK_INT(mh_head_finish(&writer), -1);

    mh_head_start(&writer, memory, 1, 1, 10);
    mh_head_variable(&writer, str("a"), str("b"));
    mh_head_variable(&writer, str("a"), str("b"));
    CHECK_INT(mh_head_finish(&writer), -1);

    CHECK_INT(((uint8_t *) memory)[size], 0xee);
}


CASE(A_block_of_the_wrong_size_or_version_is_refused)
{
    size_t  size;

    good_request();
    size = ((modhost_request_head *) memory)->size;
    CHECK_INT(mh_request_head_check(memory, size - 1, &error), -1);
    CHECK_INT(mh_request_head_check(memory, 167, &error), -1);
    CHECK_INT(mh_request_head_check(memory, 0, &error), -1);
    CHECK_INT(mh_response_head_check(memory, 39, &error), -1);

    good_request()->size = 167;
    refused_request("says it has 167 bytes");
    good_request()->size = UINT32_MAX;
    refused_request("says it has");
    good_request()->version = 2;
    refused_request("version 2");
    good_request()->fixed_size = 160;
    refused_request("fixed part of 160");
    good_response()->fixed_size = 48;
    refused_response(301, "fixed part of 48");
}


CASE(Scalars_of_a_request_are_checked)
{
    good_request()->flags |= 0x8000;
    refused_request("unknown flags");
    good_request()->method = 10;
    refused_request("method 10");
    good_request()->method = 0;
    refused_request("method 0");
    good_request()->method_name = (modhost_slice) { 200, 3 };
    refused_request("a method name of 3");
    good_request()->http_version = 0x0102;
    refused_request("HTTP version 0x0102");
    good_request()->content_length = -2;
    refused_request("content length -2");
    good_request()->content_length = 5;
    refused_request("content length 5");
    good_request()->flags |= MODHOST_REQUEST_CHUNKED;
    refused_request("flags");
}


CASE(Offsets_of_a_request_are_checked)
{
    uint32_t               size;
    modhost_request_head  *head;

    head = good_request();
    size = head->size;

    head->target = (modhost_slice) { size - 1, 2 };
    refused_request("text 1 ");
    good_request()->target = (modhost_slice) { UINT32_MAX, UINT32_MAX };
    refused_request("text 1 ");
    good_request()->tls_client_certificate = (modhost_slice) { size, 1 };
    refused_request("text 13 ");
    good_request()->headers_offset = 160;
    refused_request("table of 10 headers");
    good_request()->headers_offset += 4;
    refused_request("table of 10 headers");
    good_request()->header_count = UINT16_MAX;
    refused_request("table of 65535 headers");
    good_request()->headers_offset = UINT32_MAX & ~7u;
    refused_request("table of 10 headers");
    good_request()->variables_offset = size & ~7u;
    refused_request("table of 2 variables");

    head = good_request();
    head->header_count = 0;
    head->headers_offset = UINT32_MAX;
    CHECK_INT(mh_request_head_check(memory, size, &error), 0);

    head = good_request();
    head->auth_type = (modhost_slice) { UINT32_MAX, 0 };
    CHECK_INT(mh_request_head_check(memory, size, &error), 0);
}


CASE(Fields_are_checked)
{
    good_request();
    request_field(0)->known = MODHOST_HEADER_COUNT;
    refused_request("header 0 has the unknown number");

    good_request();
    request_field(0)->name_length = 1;
    refused_request("header 0 has a number and a name");

    good_request();
    request_field(6)->name_length = 0;
    refused_request("header 6 has no name");

    good_request();
    request_field(6)->name_offset = UINT32_MAX;
    refused_request("header 6 is outside");

    good_request();
    request_field(9)->value_length = UINT32_MAX;
    refused_request("header 9 is outside");
}


CASE(Variables_are_checked)
{
    modhost_variable      *variable;
    modhost_request_head  *head;

    head = good_request();
    variable = (modhost_variable *)
        ((uint8_t *) memory + head->variables_offset);
    variable[1].value = (modhost_slice) { head->size, 1 };
    refused_request("server variable 1");

    good_request();
    variable[0].name.length = 0;
    refused_request("server variable 0");
}


CASE(Paths_begin_with_a_slash_and_queries_with_a_question_mark)
{
    modhost_request_head  *head;

    head = good_request();
    head->path.offset++;
    refused_request("begins with the wrong character");
    head = good_request();
    head->path_base.offset++;
    refused_request("begins with the wrong character");
    head = good_request();
    head->query.offset++;
    refused_request("begins with the wrong character");
}


CASE(A_method_name_is_a_token)
{
    modhost_request_head  *head;

    (void) head_samples[5].build(memory);
    head = (modhost_request_head *) memory;
    ((uint8_t *) memory)[head->method_name.offset + 2] = ' ';
    refused_request("not a token");
}


CASE(Scalars_of_a_response_are_checked)
{
    static const unsigned  good[] = { 100, 101, 103, 199, 200, 404, 599 };
    static const unsigned  bad[] = { 1, 99, 600, 999, 65535 };
    size_t                 i;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        good_response()->status = (uint16_t) good[i];
        ((modhost_response_head *) memory)->content_length = -1;
        CHECK_INT(mh_response_head_check(memory, sizeof(memory), &error), 0);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        good_response()->status = (uint16_t) bad[i];
        refused_response(301, "status");
    }

    good_response()->flags = 2;
    refused_response(301, "unknown flags");
    good_response()->reserved = 1;
    refused_response(301, "unknown flags");
    good_response()->content_length = -2;
    refused_response(301, "content length -2");
    good_response()->reason = (modhost_slice) { UINT32_MAX, 8 };
    refused_response(301, "reason phrase");
    good_response()->status = 0;
    refused_response(301, "status 0");
}


CASE(A_value_may_hold_any_byte_but_control_characters)
{
    unsigned        c, at, length;
    uint8_t        *bytes;
    modhost_field  *field;

    bytes = (uint8_t *) memory;

    /* At every place of a value of every length up to 20, each character. */

    for (length = 1; length <= 20; length++) {
        for (at = 0; at < length; at++) {
            good_response();
            field = response_field(0);
            field->value_length = length;

            for (c = 0; c < 256; c++) {
                bytes[field->value_offset + at] = (uint8_t) c;

                CHECK_INT(mh_response_head_check(memory, sizeof(memory),
                                                 &error),
                          (c < 0x20 && c != '\t') || c == 0x7f ? -1 : 0);
            }
        }
    }

    CHECK_INT(error.code, 302);
    CHECK_HAS(error.text, "response header \"Set-Cookie\"");
}


CASE(A_name_is_a_token)
{
    unsigned        c;
    uint8_t        *bytes;
    modhost_field  *field;

    good_response();
    bytes = (uint8_t *) memory;
    field = response_field(2);

    for (c = 0; c < 256; c++) {
        bytes[field->name_offset + 1] = (uint8_t) c;

        CHECK_INT(mh_response_head_check(memory, sizeof(memory), &error),
                  c != 0 && (strchr("!#$%&'*+-.^_`|~", (int) c) != NULL
                             || (c >= '0' && c <= '9')
                             || (c >= 'A' && c <= 'Z')
                             || (c >= 'a' && c <= 'z')) ? 0 : -1);
    }

    CHECK_INT(error.code, 302);
}


CASE(A_reason_holds_no_control_character)
{
    modhost_response_head  *head;

    head = good_response();
    ((uint8_t *) memory)[head->reason.offset + 4] = '\n';
    refused_response(302, "reason phrase");
}

CHECK_MAIN
