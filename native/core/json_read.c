/*
 * Looking into a parsed JSON text.
 */

#include "json.h"

#include <string.h>


const mh_json_node *
mh_json_root(const mh_json *json)
{
    return json->count ? &json->nodes[0] : NULL;
}


const mh_json_node *
mh_json_element(const mh_json *json, const mh_json_node *array,
    const mh_json_node *previous)
{
    uint32_t  next;

    if (array == NULL || array->type != MH_JSON_ARRAY) {
        return NULL;
    }

    next = previous != NULL ? previous->next
                            : (uint32_t) (array - json->nodes) + 1;

    return next < array->next ? &json->nodes[next] : NULL;
}


const mh_json_node *
mh_json_name(const mh_json *json, const mh_json_node *object,
    const mh_json_node *previous)
{
    uint32_t  next;

    if (object == NULL || object->type != MH_JSON_OBJECT) {
        return NULL;
    }

    next = previous != NULL ? json->nodes[previous->next].next
                            : (uint32_t) (object - json->nodes) + 1;

    return next < object->next ? &json->nodes[next] : NULL;
}


/* As .NET's host does it: names with escapes are compared as written. */
const mh_json_node *
mh_json_member(const mh_json *json, const mh_json_node *object,
    const char *name)
{
    size_t               length;
    const mh_json_node  *key;

    length = strlen(name);

    for (key = mh_json_name(json, object, NULL); key != NULL;
         key = mh_json_name(json, object, key))
    {
        if (key->length == length
            && memcmp(json->text + key->offset, name, length) == 0)
        {
            return &json->nodes[key->next];
        }
    }

    return NULL;
}


static unsigned
hex4(const char *text)
{
    unsigned  c, i, value;

    for (i = 0, value = 0; i < 4; i++) {
        c = (unsigned char) text[i];
        value = value * 16 + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }

    return value;
}


/* UTF-8 of a code point into 4 bytes; how many. */
static size_t
utf8(unsigned c, char *out)
{
    if (c < 0x80) {
        out[0] = (char) c;
        return 1;
    }

    if (c < 0x800) {
        out[0] = (char) (0xc0 | c >> 6);
        out[1] = (char) (0x80 | (c & 0x3f));
        return 2;
    }

    if (c < 0x10000) {
        out[0] = (char) (0xe0 | c >> 12);
        out[1] = (char) (0x80 | (c >> 6 & 0x3f));
        out[2] = (char) (0x80 | (c & 0x3f));
        return 3;
    }

    out[0] = (char) (0xf0 | c >> 18);
    out[1] = (char) (0x80 | (c >> 12 & 0x3f));
    out[2] = (char) (0x80 | (c >> 6 & 0x3f));
    out[3] = (char) (0x80 | (c & 0x3f));
    return 4;
}


/* Length of the \u escape (or pair) at `text`, 0 if it is half a pair. */
static size_t
unicode_escape(const char *text, size_t length, unsigned *c)
{
    unsigned  low;

    *c = hex4(text + 2);

    if (*c < 0xd800 || *c > 0xdfff) {
        return 6;
    }

    if (*c > 0xdbff || length < 12 || text[6] != '\\' || text[7] != 'u') {
        return 0;
    }

    low = hex4(text + 8);

    if (low < 0xdc00 || low > 0xdfff) {
        return 0;
    }

    *c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00);

    return 12;
}


/* Decodes one character, escaped or not; how much text it took, 0: bad. */
static size_t
decode(const char *text, size_t length, char *out, size_t *out_length)
{
    size_t       taken;
    unsigned     c;
    const char  *at;

    static const char  escapes[] = "\"\\/bfnrt";
    static const char  values[] = "\"\\/\b\f\n\r\t";

    if (text[0] != '\\') {
        out[0] = text[0];
        *out_length = 1;
        return 1;
    }

    if (text[1] != 'u') {
        at = strchr(escapes, text[1]);
        out[0] = values[at - escapes];
        *out_length = 1;
        return 2;
    }

    taken = unicode_escape(text, length, &c);

    if (c == 0) {
        return 0;
    }

    *out_length = utf8(c, out);

    return taken;
}


bool
mh_json_string(const mh_json *json, const mh_json_node *node, char *buffer,
    size_t size)
{
    char         out[4];
    size_t       length, left, taken, n, used;
    const char  *text;

    if (node == NULL || node->type != MH_JSON_STRING || size == 0) {
        return false;
    }

    text = json->text + node->offset;
    length = node->length;

    for (used = 0, left = length; left != 0; left -= taken, text += taken) {

        taken = decode(text, left, out, &n);

        if (taken == 0 || n >= size - used) {
            return false;
        }

        memcpy(buffer + used, out, n);
        used += n;
    }

    buffer[used] = '\0';

    return true;
}
