/*
 * Head blocks: writing requests, checking and reading responses.
 *
 * Writing takes two passes. The shim counts (how many headers and variables,
 * how many bytes of text), asks for a block of that size, and then fills it;
 * the writer never allocates and never writes past what was counted.
 */

#ifndef MH_HEAD_H
#define MH_HEAD_H

#include "core.h"

/* Defaults of the limits on a head; 431 or 400 past them. */
#define MH_HEAD_SIZE_MAX     65536u
#define MH_HEAD_HEADERS_MAX  200u

typedef struct mh_head_writer {
    uint8_t                *block;
    modhost_request_head   *head;        /* fixed part; scalars set directly  */
    modhost_field          *next_field;
    modhost_variable       *next_variable;
    modhost_field          *last_field;  /* one past the end                  */
    modhost_variable       *last_variable;
    uint32_t                end;         /* offset of the next free byte      */
    uint32_t                size;        /* as measured                       */
    bool                    overflow;    /* more was written than counted     */
} mh_head_writer;

/* Size of a block with so many entries and so many bytes of text. */
size_t mh_head_measure(size_t headers, size_t variables, size_t text);

/*
 * `block` is 8-aligned and mh_head_measure() bytes long. The fixed part is
 * zeroed, with size, version, counts and table offsets set and
 * content_length -1.
 */
void mh_head_start(mh_head_writer *writer, void *block, size_t headers,
    size_t variables, size_t text);

/* Copies bytes in; gives the slice that names them. */
modhost_slice mh_head_text(mh_head_writer *writer, mh_str text);

/* `known` is mh_header_known(name); the name is stored only where it is 0. */
void mh_head_field(mh_head_writer *writer, unsigned known, mh_str name,
    mh_str value);
void mh_head_variable(mh_head_writer *writer, mh_str name, mh_str value);

/*
 * The last call: sets the block's size and counts to what was written, which
 * may be less than was counted. 0; -1 if more was written than counted: then
 * the block is not to be used (a mistake of the caller: answer 500).
 */
int mh_head_finish(mh_head_writer *writer);

/* MODHOST_HEADER_* of a name in any case, or 0. */
unsigned mh_header_known(mh_str name);

/* Canonical name; { NULL, 0 } where the number is not one. */
mh_str mh_header_name(unsigned known);

/* MODHOST_METHOD_* or 0 */
unsigned mh_method_known(mh_str method);

/*
 * Checks everything about a request head block: sizes, offsets, counts,
 * numbers, so that a reader needs no further check; not the characters of what
 * the client sent. The core's own tests and the daemon side use it. `block` is
 * 8-aligned. 0, or -1 with *error (MH0301).
 */
int mh_request_head_check(const void *block, size_t size, mh_error *error);

/*
 * The same for a response head or a trailer block (status 0), and besides:
 * status 0 or 100..599, names are tokens, values hold no NUL, CR, LF or other
 * control character but TAB (MH0302). `size` may be more than the block's own
 * size, never less.
 */
int mh_response_head_check(const void *block, size_t size, mh_error *error);

/*
 * Access to a checked block, without a copy: lives as long as the block; name
 * resolves known numbers.
 */
mh_str mh_head_slice(const void *block, modhost_slice slice);
mh_str mh_request_field_name(const void *block, unsigned index);
mh_str mh_request_field_value(const void *block, unsigned index);
/* The number also of a known name that was given as text, or 0. */
unsigned mh_response_field_known(const void *block, unsigned index);
mh_str mh_response_field_name(const void *block, unsigned index);
mh_str mh_response_field_value(const void *block, unsigned index);

#endif /* MH_HEAD_H */
