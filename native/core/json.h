/*
 * A small JSON reader for runtimeconfig.json: what .NET's own host accepts,
 * that is with comments and a byte order mark.
 */

#ifndef MH_JSON_H
#define MH_JSON_H

#include "core.h"

#define MH_JSON_DEPTH_MAX  64u
#define MH_JSON_NODES_MAX  65536u

enum mh_json_type {
    MH_JSON_NULL = 1,
    MH_JSON_FALSE,
    MH_JSON_TRUE,
    MH_JSON_NUMBER,
    MH_JSON_STRING,
    MH_JSON_ARRAY,
    MH_JSON_OBJECT           /* children: name, value, name, value, ...       */
};

typedef struct mh_json_node {
    uint32_t  type;
    uint32_t  offset;        /* in the text; of a string: after its quote     */
    uint32_t  length;        /* of a string: as written, with escapes         */
    uint32_t  next;          /* index after this node and all below it        */
} mh_json_node;

/* A parsed text; node 0 is the root. Refers to the text, which must stay. */
typedef struct mh_json {
    const char    *text;
    mh_json_node  *nodes;
    uint32_t       count;
    uint32_t       capacity;
} mh_json;

/* 0, or -1 with error->text only (no code): what is wrong, in which line. */
int mh_json_parse(mh_json *json, const char *text, size_t length,
    mh_error *error);
void mh_json_free(mh_json *json);

/*
 * NULL is a fine argument for a node: it has no children and no value, so paths
 * can be followed without checks.
 */
const mh_json_node *mh_json_root(const mh_json *json);
const mh_json_node *mh_json_member(const mh_json *json,
    const mh_json_node *object, const char *name);
/* The names of an object one after the other; their values: nodes[->next]. */
const mh_json_node *mh_json_name(const mh_json *json,
    const mh_json_node *object, const mh_json_node *previous);
/* The children of an array one after the other; `previous` NULL: the first. */
const mh_json_node *mh_json_element(const mh_json *json,
    const mh_json_node *array, const mh_json_node *previous);

/*
 * The text of a string, decoded, terminated. False if it is not a string, has
 * a NUL or a half surrogate in it, or does not fit.
 */
bool mh_json_string(const mh_json *json, const mh_json_node *node,
    char *buffer, size_t size);

#endif /* MH_JSON_H */
