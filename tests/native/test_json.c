/*
 * The JSON reader.
 */

#include "check.h"
#include "json.h"

static mh_json   json;
static mh_error  error;


static bool
parses(const char *text)
{
    if (mh_json_parse(&json, text, strlen(text), &error) != 0) {
        return false;
    }

    mh_json_free(&json);

    return true;
}


/* The text of member "a", or "(none)". */
static const char *
member_a(const char *text)
{
    static char  value[64];

    if (mh_json_parse(&json, text, strlen(text), &error) != 0) {
        return error.text;
    }

    if (!mh_json_string(&json, mh_json_member(&json, mh_json_root(&json),
                                              "a"), value, sizeof(value)))
    {
        strcpy(value, "(none)");
    }

    mh_json_free(&json);

    return value;
}


CASE(Every_kind_of_value_parses)
{
    CHECK(parses("{}"));
    CHECK(parses("[]"));
    CHECK(parses(" [ 1 , -2.5e+7 , true , false , null , \"x\" , {} ] "));
    CHECK(parses("{\"a\":{\"b\":[{\"c\":[[]]}]}}"));
    CHECK(parses("\"text\""));
    CHECK(parses("3"));
}


CASE(Comments_and_a_byte_order_mark_are_allowed)
{
    CHECK(parses("\xef\xbb\xbf{}"));
    CHECK(parses("// first\n{ /* in */ \"a\" /**/ : 1 // last\n}\n//"));
    CHECK(!parses("/* open {}"));
    CHECK(!parses("/ {}"));
    CHECK(!parses("{} /"));
}


CASE(Broken_text_is_refused_with_its_line)
{
    size_t  i;

    static const char *const  broken[] = {
        "", " ", "{", "[", "}", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}",
        "[1,]", "[1 2]", "{\"a\":1 \"b\":2}", "tru", "nul", "\"", "\"\\",
        "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\n\"", "{} x", "[1]]",
        "\x01", "{\"a\":1", "[\"a\"", "'a'"
    };

    for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        if (parses(broken[i])) {
            CHECK_FAIL("\"%s\" is accepted", broken[i]);
        }
    }

    CHECK(!parses("{\n\n\"a\": x\n}"));
    CHECK_HAS(error.text, "line 3");
}


CASE(Text_is_bounded_by_its_length)
{
    static const char  text[] = { '[', '"', 'a', '"', ']', ']' };
    size_t             length;

    for (length = 0; length < 5; length++) {
        CHECK_INT(mh_json_parse(&json, text, length, &error), -1);
    }

    CHECK_INT(mh_json_parse(&json, text, 5, &error), 0);
    mh_json_free(&json);
    CHECK_INT(mh_json_parse(&json, text, 6, &error), -1);
    CHECK_INT(mh_json_parse(&json, "\"a\0b\"", 5, &error), -1);
}


CASE(Strings_are_decoded)
{
    CHECK_TEXT(member_a("{\"a\":\"x\"}"), "x");
    CHECK_TEXT(member_a("{\"b\":{\"a\":\"no\"},\"a\":\"yes\"}"), "yes");
    CHECK_TEXT(member_a("{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}"),
               "\"\\/\b\f\n\r\t");
    CHECK_TEXT(member_a("{\"a\":\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\"}"),
               "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    CHECK_TEXT(member_a("{\"a\":\"caf\xc3\xa9\"}"), "caf\xc3\xa9");
}


CASE(A_string_that_cannot_be_one_in_C_is_none)
{
    CHECK_TEXT(member_a("{\"a\":\"x\\u0000y\"}"), "(none)");
    CHECK_TEXT(member_a("{\"a\":\"\\ud83d\"}"), "(none)");
    CHECK_TEXT(member_a("{\"a\":\"\\ud83dxxxxxxx\"}"), "(none)");
    CHECK_TEXT(member_a("{\"a\":\"\\ud83d\\u0041\"}"), "(none)");
    CHECK_TEXT(member_a("{\"a\":\"\\ude00\"}"), "(none)");
    CHECK_TEXT(member_a("{\"a\":1}"), "(none)");
    CHECK_TEXT(member_a("[\"a\"]"), "(none)");
    CHECK_TEXT(member_a("{\"a\":\"0123456789012345678901234567890123456789"
                        "01234567890123456789012\"}"),
               "012345678901234567890123456789012345678901234567890123456789"
               "012");
    CHECK_TEXT(member_a("{\"a\":\"0123456789012345678901234567890123456789"
                        "012345678901234567890123\"}"), "(none)");
}


CASE(Arrays_are_walked)
{
    char                 text[8], all[64];
    const mh_json_node  *element, *root;

    static const char  source[] = "[\"a\",[\"x\"],{\"y\":[1]},\"b\",\"c\"]";

    CHECK_INT(mh_json_parse(&json, source, sizeof(source) - 1, &error), 0);
    root = mh_json_root(&json);
    all[0] = '\0';

    for (element = mh_json_element(&json, root, NULL); element != NULL;
         element = mh_json_element(&json, root, element))
    {
        strcat(all, mh_json_string(&json, element, text, sizeof(text))
                    ? text : "-");
    }

    CHECK_TEXT(all, "a--bc");
    CHECK(mh_json_element(&json, NULL, NULL) == NULL);
    CHECK(mh_json_member(&json, root, "a") == NULL);
    mh_json_free(&json);
}


CASE(Nesting_and_size_are_bounded)
{
    char    *text;
    size_t   i;

    text = malloc(400001);
    memset(text, '[', 400000);
    text[400000] = '\0';
    CHECK(!parses(text));
    CHECK_HAS(error.text, "nesting");

    text[0] = '[';

    for (i = 1; i < 399998; i += 2) {
        text[i] = '1';
        text[i + 1] = ',';
    }

    text[399999] = ']';
    CHECK(!parses(text));
    CHECK_HAS(error.text, "too many values");
    free(text);
}

CHECK_MAIN
