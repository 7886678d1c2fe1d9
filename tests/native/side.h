/*
 * A made-up app side: a table that notes what it was called with, and the
 * server's table as an app uses it. And small builders of heads.
 */

#ifndef SIDE_H
#define SIDE_H

#include "app.h"
#include "exchange.h"
#include "head.h"

/* What the app side was told; loop calls only, so without locks. */
typedef struct side_notes {
    unsigned           begun;
    unsigned           batches;
    unsigned           bodies;
    unsigned           sent;
    unsigned           aborts;
    unsigned           forgotten;
    uint32_t           abort_reason;
    uint32_t           body_flags;
    modhost_exchange  *last;
} side_notes;

extern side_notes         side;
extern modhost_app_table  side_table;

/* A fresh app with a fresh queue, which is also the server's. */
void side_open(mh_app *app, mh_queue *queue);
/* Checks that nothing is left, and closes. False, with a message, if not. */
bool side_close(mh_app *app, mh_queue *queue);

/* Got, with a small request head, and begun; `request` is `token`. */
mh_exchange *side_begin(mh_app *app, mh_queue *queue, void *token);

/* A response head with no headers, written to `memory`; its size. */
uint32_t side_response(void *memory, unsigned status);

/* A block that holds `text`. */
modhost_block *side_block(const char *text);

/* Sends with the table. */
int32_t side_send(mh_exchange *exchange, uint32_t flags, unsigned status,
    const char *body);

/* Takes everything and is done with it; how many messages. */
unsigned side_drain(mh_queue *queue);

/* Whether the queue's descriptor is readable. */
bool side_readable(const mh_queue *queue);

#endif /* SIDE_H */
