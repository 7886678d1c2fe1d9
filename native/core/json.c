/*
 * Reading JSON; see json.h. Recursion is bounded by MH_JSON_DEPTH_MAX.
 */

#include "json.h"

#include <stdlib.h>
#include <string.h>


typedef struct parser {
    mh_json     *json;
    const char  *text;
    size_t       length;
    size_t       at;
    unsigned     depth;
    mh_error    *error;
} parser;

static int parse_value(parser *p);


static int
fail(parser *p, const char *what)
{
    size_t    i;
    unsigned  line;

    line = 1;

    for (i = 0; i < p->at && i < p->length; i++) {
        line += p->text[i] == '\n';
    }

    return mh_fail(p->error, MH_E_NONE, "%s in line %u", what, line);
}


/* The next character, or -1 at the end. */
static inline int
peek(const parser *p)
{
    return p->at < p->length ? (unsigned char) p->text[p->at] : -1;
}


static bool
starts(const parser *p, const char *word, size_t length)
{
    return length <= p->length - p->at
           && memcmp(p->text + p->at, word, length) == 0;
}


static int
skip_comment(parser *p)
{
    const char  *end;

    if (starts(p, "//", 2)) {
        end = memchr(p->text + p->at, '\n', p->length - p->at);
        p->at = end != NULL ? (size_t) (end - p->text) : p->length;
        return 0;
    }

    if (!starts(p, "/*", 2)) {
        return fail(p, "unexpected '/'");
    }

    end = memmem(p->text + p->at + 2, p->length - p->at - 2, "*/", 2);

    if (end == NULL) {
        return fail(p, "unterminated comment");
    }

    p->at = (size_t) (end - p->text) + 2;

    return 0;
}


static int
skip_space(parser *p)
{
    for ( ;; ) {
        switch (peek(p)) {

        case ' ':
        case '\t':
        case '\r':
        case '\n':
            p->at++;
            continue;

        case '/':
            if (skip_comment(p) != 0) {
                return -1;
            }
            continue;

        default:
            return 0;
        }
    }
}


/* Index of a new node; UINT32_MAX with the error set. */
static uint32_t
add_node(parser *p, uint32_t type, size_t offset)
{
    mh_json       *json;
    uint32_t       capacity;
    mh_json_node  *nodes;

    json = p->json;

    if (json->count == json->capacity) {

        capacity = json->capacity ? json->capacity * 2 : 64;

        nodes = capacity > MH_JSON_NODES_MAX
                ? NULL
                : realloc(json->nodes, capacity * sizeof(*nodes));

        if (nodes == NULL) {
            (void) fail(p, "too many values");
            return UINT32_MAX;
        }

        json->nodes = nodes;
        json->capacity = capacity;
    }

    json->nodes[json->count].type = type;
    json->nodes[json->count].offset = (uint32_t) offset;
    json->nodes[json->count].length = 0;
    json->nodes[json->count].next = json->count + 1;

    return json->count++;
}


static int
hex_value(int c)
{
    return c >= '0' && c <= '9' ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : -1;
}


/* At the backslash; leaves `at` behind the escape. */
static int
skip_escape(parser *p)
{
    unsigned  i;

    p->at++;

    switch (peek(p)) {

    case '"': case '\\': case '/': case 'b':
    case 'f': case 'n': case 'r': case 't':
        p->at++;
        return 0;

    case 'u':
        p->at++;

        for (i = 0; i < 4; i++) {
            if (hex_value(peek(p)) < 0) {
                return fail(p, "bad \\u escape");
            }
            p->at++;
        }
        return 0;

    default:
        return fail(p, "bad escape");
    }
}


static int
parse_string(parser *p)
{
    int       c;
    size_t    start;
    uint32_t  node;

    p->at++;
    start = p->at;

    node = add_node(p, MH_JSON_STRING, start);

    if (node == UINT32_MAX) {
        return -1;
    }

    for ( ;; ) {
        c = peek(p);

        if (c == '"') {
            p->json->nodes[node].length = (uint32_t) (p->at - start);
            p->at++;
            return 0;
        }

        if (c == '\\') {
            if (skip_escape(p) != 0) {
                return -1;
            }
            continue;
        }

        if (c < 0x20) {
            return fail(p, c == -1 ? "unterminated string"
                                   : "control character in a string");
        }

        p->at++;
    }
}


/* Wider than JSON's grammar: nobody here reads a number. */
static int
parse_number(parser *p)
{
    size_t    start;
    uint32_t  node;

    start = p->at;

    while (peek(p) != -1 && strchr("+-.0123456789eE", peek(p)) != NULL
           && peek(p) != 0)
    {
        p->at++;
    }

    node = add_node(p, MH_JSON_NUMBER, start);

    if (node == UINT32_MAX) {
        return -1;
    }

    p->json->nodes[node].length = (uint32_t) (p->at - start);

    return 0;
}


static int
parse_word(parser *p, const char *word, uint32_t type)
{
    size_t  length;

    length = strlen(word);

    if (!starts(p, word, length)) {
        return fail(p, "unexpected character");
    }

    if (add_node(p, type, p->at) == UINT32_MAX) {
        return -1;
    }

    p->at += length;

    return 0;
}


static int
parse_name(parser *p)
{
    if (peek(p) != '"') {
        return fail(p, "a name was expected");
    }

    if (parse_string(p) != 0 || skip_space(p) != 0) {
        return -1;
    }

    if (peek(p) != ':') {
        return fail(p, "':' was expected");
    }

    p->at++;

    return skip_space(p);
}


static int
parse_items(parser *p, bool object, char end)
{
    if (skip_space(p) != 0) {
        return -1;
    }

    if (peek(p) == end) {
        p->at++;
        return 0;
    }

    for ( ;; ) {
        if ((object && parse_name(p) != 0)
            || parse_value(p) != 0 || skip_space(p) != 0)
        {
            return -1;
        }

        if (peek(p) == end) {
            p->at++;
            return 0;
        }

        if (peek(p) != ',') {
            return fail(p, "',' or the end of a list was expected");
        }

        p->at++;

        if (skip_space(p) != 0) {
            return -1;
        }
    }
}


static int
parse_container(parser *p, bool object)
{
    int       rc;
    uint32_t  node;

    if (p->depth == MH_JSON_DEPTH_MAX) {
        return fail(p, "too deep nesting");
    }

    node = add_node(p, object ? MH_JSON_OBJECT : MH_JSON_ARRAY, p->at);

    if (node == UINT32_MAX) {
        return -1;
    }

    p->depth++;
    p->at++;

    rc = parse_items(p, object, object ? '}' : ']');

    p->depth--;
    p->json->nodes[node].next = p->json->count;
    p->json->nodes[node].length = (uint32_t) p->at
                                  - p->json->nodes[node].offset;

    return rc;
}


static int
parse_value(parser *p)
{
    int  c;

    c = peek(p);

    switch (c) {

    case '{':
        return parse_container(p, true);

    case '[':
        return parse_container(p, false);

    case '"':
        return parse_string(p);

    case 't':
        return parse_word(p, "true", MH_JSON_TRUE);

    case 'f':
        return parse_word(p, "false", MH_JSON_FALSE);

    case 'n':
        return parse_word(p, "null", MH_JSON_NULL);

    default:
        if (c == '-' || (c >= '0' && c <= '9')) {
            return parse_number(p);
        }

        return fail(p, c == -1 ? "unexpected end" : "unexpected character");
    }
}


int
mh_json_parse(mh_json *json, const char *text, size_t length, mh_error *error)
{
    parser  p;

    memset(json, 0, sizeof(*json));
    memset(&p, 0, sizeof(p));

    json->text = text;

    p.json = json;
    p.text = text;
    p.length = length;
    p.error = error;

    if (length > INT32_MAX) {
        return fail(&p, "too much text");
    }

    if (starts(&p, "\xef\xbb\xbf", 3)) {
        p.at = 3;
    }

    if (skip_space(&p) == 0 && parse_value(&p) == 0 && skip_space(&p) == 0) {

        if (p.at == length) {
            return 0;
        }

        (void) fail(&p, "something follows the end");
    }

    mh_json_free(json);

    return -1;
}


void
mh_json_free(mh_json *json)
{
    free(json->nodes);
    json->nodes = NULL;
    json->count = 0;
    json->capacity = 0;
}
