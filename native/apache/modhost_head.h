/*
 * A request head while it is counted and written; the handler thread's stack.
 */

#ifndef MODHOST_HEAD_H
#define MODHOST_HEAD_H

#include "modhost_request.h"

/* What both passes need. */
typedef struct mod_modhost_head {
    mod_modhost_ctx     *ctx;
    mh_str               base;
    mh_str               path;
    mh_str               target;         /* as the client sent it             */
    mh_str              *names;          /* of the variables                  */
    mh_str              *values;
    size_t               variables;
    size_t               headers;
    size_t               text;
    mod_modhost_client   client;
} mod_modhost_head;

/* Adds the fields of the request to what was counted. */
void mod_modhost_head_count_fields(mod_modhost_head *head);
void mod_modhost_head_fields(mod_modhost_head *head, mh_head_writer *w);

/* ---- modhost_path.c ---------------------------------------------------- */

/* OK with target, base and path, or the status to answer with. */
int mod_modhost_head_path(mod_modhost_head *head);

#endif /* MODHOST_HEAD_H */
