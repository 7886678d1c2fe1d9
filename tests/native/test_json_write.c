/*
 * Writing JSON: what comes out is valid, whatever goes in, and the reader gets
 * the same back.
 */

#include "check.h"
#include "json.h"
#include "json_write.h"

#include <stdlib.h>
#include <string.h>


static mh_str
str(const char *text)
{
    return (mh_str) { (const uint8_t *) text, strlen(text) };
}


CASE(Objects_arrays_and_values_have_their_commas)
{
    mh_json_writer  writer;

    memset(&writer, 0, sizeof(writer));

    mh_json_begin_object(&writer, NULL);
    mh_json_number(&writer, "version", 1);
    mh_json_cstring(&writer, "server", "nginx");
    mh_json_cstring(&writer, "none", NULL);
    mh_json_bool(&writer, "yes", true);
    mh_json_begin_array(&writer, "groups");
    mh_json_begin_object(&writer, NULL);
    mh_json_end_object(&writer);
    mh_json_begin_array(&writer, NULL);
    mh_json_number(&writer, NULL, INT64_MIN);
    mh_json_bool(&writer, NULL, false);
    mh_json_raw(&writer, NULL, str("[1]"));
    mh_json_text(&writer, NULL, str("a"));
    mh_json_end_array(&writer);
    mh_json_end_array(&writer);
    mh_json_begin_object(&writer, "empty");
    mh_json_end_object(&writer);
    mh_json_end_object(&writer);

    CHECK(!writer.failed);
    CHECK_TEXT(writer.text,
               "{\"version\":1,\"server\":\"nginx\",\"none\":null,"
               "\"yes\":true,\"groups\":[{},[-9223372036854775808,false,"
               "[1],\"a\"]],\"empty\":{}}");
    CHECK_INT(writer.length, strlen(writer.text));

    mh_json_writer_free(&writer);
    CHECK(writer.text == NULL);
}


static void
written_as(const char *text, size_t length, const char *expected)
{
    mh_json_writer  writer;

    memset(&writer, 0, sizeof(writer));
    mh_json_text(&writer, NULL,
                 (mh_str) { (const uint8_t *) text, length });
    CHECK_TEXT(writer.text, expected);
    mh_json_writer_free(&writer);
}


CASE(Text_is_escaped_and_always_UTF_8)
{
    written_as("", 0, "\"\"");
    written_as("a\"b\\c/d", 7, "\"a\\\"b\\\\c/d\"");
    written_as("\n\t\0\x1f\x7f", 5,
               "\"\\u000a\\u0009\\u0000\\u001f\\u007f\"");
    written_as("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 9,
               "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"");

    /* Latin-1, halves, overlong forms, surrogates, beyond Unicode */

    written_as("\xe4x", 2, "\"\\u00e4x\"");
    written_as("\xe2\x82", 2, "\"\\u00e2\\u0082\"");
    written_as("\xc0\xaf", 2, "\"\\u00c0\\u00af\"");
    written_as("\xe0\x80\x80", 3, "\"\\u00e0\\u0080\\u0080\"");
    written_as("\xed\xa0\x80", 3, "\"\\u00ed\\u00a0\\u0080\"");
    written_as("\xf4\x90\x80\x80", 4, "\"\\u00f4\\u0090\\u0080\\u0080\"");
    written_as("\x80\xff", 2, "\"\\u0080\\u00ff\"");
}


CASE(The_reader_gets_back_what_was_written)
{
    char                 text[300], back[400];
    size_t               i;
    mh_json              json;
    mh_error             error;
    mh_json_writer       writer;
    const mh_json_node  *value;

    for (i = 1; i < 128; i++) {
        text[i - 1] = (char) i;
    }

    text[127] = '\0';
    memset(&writer, 0, sizeof(writer));

    mh_json_begin_object(&writer, NULL);
    mh_json_cstring(&writer, "key", text);
    mh_json_end_object(&writer);

    REQUIRE(mh_json_parse(&json, writer.text, writer.length, &error) == 0);
    value = mh_json_member(&json, mh_json_root(&json), "key");
    REQUIRE(value != NULL);
    REQUIRE(mh_json_string(&json, value, back, sizeof(back)));
    CHECK_TEXT(back, text);

    mh_json_free(&json);
    mh_json_writer_free(&writer);
}


CASE(A_long_text_grows)
{
    size_t          i;
    mh_json_writer  writer;

    memset(&writer, 0, sizeof(writer));
    mh_json_begin_array(&writer, NULL);

    for (i = 0; i < 10000; i++) {
        mh_json_number(&writer, NULL, 12345);
    }

    mh_json_end_array(&writer);
    CHECK_INT(writer.length, 60001);
    CHECK_INT(strlen(writer.text), 60001);
    mh_json_writer_free(&writer);
}

CHECK_MAIN
