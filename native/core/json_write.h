/*
 * Writing JSON: one growing text. Commas and escapes are the writer's business;
 * whether braces match is the caller's.
 */

#ifndef MH_JSON_WRITE_H
#define MH_JSON_WRITE_H

#include "core.h"

typedef struct mh_json_writer {
    char    *text;               /* terminated; NULL before the first call    */
    size_t   length;
    size_t   capacity;
    bool     comma;              /* the next value needs one                  */
    bool     failed;             /* out of memory: the text is not whole      */
} mh_json_writer;

/* Begin with a zeroed writer; free when done, also after a failure. */
void mh_json_writer_free(mh_json_writer *writer);

/*
 * `name` is that of a member, or NULL in an array and for the outermost value.
 * Text that is no UTF-8 is written as if it were Latin-1, byte for byte, so
 * that the result is always valid.
 */
void mh_json_begin_object(mh_json_writer *writer, const char *name);
void mh_json_end_object(mh_json_writer *writer);
void mh_json_begin_array(mh_json_writer *writer, const char *name);
void mh_json_end_array(mh_json_writer *writer);
void mh_json_text(mh_json_writer *writer, const char *name, mh_str text);
/* `text` is terminated; NULL: null. */
void mh_json_cstring(mh_json_writer *writer, const char *name,
    const char *text);
void mh_json_number(mh_json_writer *writer, const char *name, int64_t number);
void mh_json_bool(mh_json_writer *writer, const char *name, bool value);
/* A value that is JSON already. */
void mh_json_raw(mh_json_writer *writer, const char *name, mh_str value);

#endif /* MH_JSON_WRITE_H */
