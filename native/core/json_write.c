/*
 * Writing JSON.
 */

#include "json_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define FIRST_ROOM  1024u


void
mh_json_writer_free(mh_json_writer *writer)
{
    free(writer->text);
    memset(writer, 0, sizeof(*writer));
}


static void
put(mh_json_writer *writer, const char *text, size_t length)
{
    char    *memory;
    size_t   capacity;

    if (writer->failed) {
        return;
    }

    capacity = writer->capacity ? writer->capacity : FIRST_ROOM;

    while (length >= capacity - writer->length) {
        capacity *= 2;
    }

    if (capacity != writer->capacity) {
        memory = realloc(writer->text, capacity);

        if (memory == NULL) {
            writer->failed = true;
            return;
        }

        writer->text = memory;
        writer->capacity = capacity;
    }

    memcpy(writer->text + writer->length, text, length);
    writer->length += length;
    writer->text[writer->length] = '\0';
}


static void
put_cstring(mh_json_writer *writer, const char *text)
{
    put(writer, text, strlen(text));
}


/*
 * Length of the UTF-8 character that begins here, as RFC 3629 allows it: none
 * is longer than it need be, none is half of a pair. 0: not one.
 */
static size_t
character_length(const uint8_t *text, size_t left)
{
    size_t   i, length;
    uint8_t  least, most;

    least = 0x80;
    most = 0xbf;

    if (text[0] < 0x80) {
        return 1;

    } else if (text[0] >= 0xc2 && text[0] <= 0xdf) {
        length = 2;

    } else if ((text[0] & 0xf0) == 0xe0) {
        length = 3;
        least = text[0] == 0xe0 ? 0xa0 : 0x80;
        most = text[0] == 0xed ? 0x9f : 0xbf;

    } else if (text[0] >= 0xf0 && text[0] <= 0xf4) {
        length = 4;
        least = text[0] == 0xf0 ? 0x90 : 0x80;
        most = text[0] == 0xf4 ? 0x8f : 0xbf;

    } else {
        return 0;
    }

    if (length > left || text[1] < least || text[1] > most) {
        return 0;
    }

    for (i = 2; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
    }

    return length;
}


static void
put_escape(mh_json_writer *writer, unsigned character)
{
    char  text[8];

    (void) snprintf(text, sizeof(text), "\\u%04x", character);
    put(writer, text, 6);
}


static void
put_quoted(mh_json_writer *writer, mh_str text)
{
    size_t  i, length;

    put(writer, "\"", 1);

    for (i = 0; i < text.length; i += length ? length : 1) {

        length = character_length(text.data + i, text.length - i);

        if (length == 1 && (text.data[i] == '"' || text.data[i] == '\\')) {
            put(writer, "\\", 1);
            put(writer, (const char *) text.data + i, 1);

        } else if (length == 0 || text.data[i] < 0x20
                   || text.data[i] == 0x7f)
        {
            put_escape(writer, text.data[i]);

        } else {
            put(writer, (const char *) text.data + i, length);
        }
    }

    put(writer, "\"", 1);
}


static mh_str
str(const char *text)
{
    return (mh_str) { (const uint8_t *) text, strlen(text) };
}


/* What comes before a value. */
static void
put_name(mh_json_writer *writer, const char *name)
{
    if (writer->comma) {
        put(writer, ",", 1);
    }

    writer->comma = true;

    if (name != NULL) {
        put_quoted(writer, str(name));
        put(writer, ":", 1);
    }
}


static void
begin(mh_json_writer *writer, const char *name, const char *bracket)
{
    put_name(writer, name);
    put_cstring(writer, bracket);
    writer->comma = false;
}


static void
end(mh_json_writer *writer, const char *bracket)
{
    put_cstring(writer, bracket);
    writer->comma = true;
}


void
mh_json_begin_object(mh_json_writer *writer, const char *name)
{
    begin(writer, name, "{");
}


void
mh_json_end_object(mh_json_writer *writer)
{
    end(writer, "}");
}


void
mh_json_begin_array(mh_json_writer *writer, const char *name)
{
    begin(writer, name, "[");
}


void
mh_json_end_array(mh_json_writer *writer)
{
    end(writer, "]");
}


void
mh_json_text(mh_json_writer *writer, const char *name, mh_str text)
{
    put_name(writer, name);
    put_quoted(writer, text);
}


void
mh_json_cstring(mh_json_writer *writer, const char *name, const char *text)
{
    put_name(writer, name);

    if (text == NULL) {
        put_cstring(writer, "null");
    } else {
        put_quoted(writer, str(text));
    }
}


void
mh_json_number(mh_json_writer *writer, const char *name, int64_t number)
{
    char  text[24];

    put_name(writer, name);
    (void) snprintf(text, sizeof(text), "%lld", (long long) number);
    put_cstring(writer, text);
}


void
mh_json_bool(mh_json_writer *writer, const char *name, bool value)
{
    put_name(writer, name);
    put_cstring(writer, value ? "true" : "false");
}


void
mh_json_raw(mh_json_writer *writer, const char *name, mh_str value)
{
    put_name(writer, name);
    put(writer, (const char *) value.data, value.length);
}
