/*
 * What the files of the exchange share among themselves.
 */

#ifndef MH_EXCHANGE_PRIVATE_H
#define MH_EXCHANGE_PRIVATE_H

#include "app.h"
#include "exchange.h"

/*
 * Takes a reference for the message and queues it. The caller holds the
 * exchange by another reference.
 */
void mh_exchange_push(mh_exchange *exchange, mh_message *message, bool wake);

/* Drops one. `loop`: the caller is the loop, so the pool is at hand. */
void mh_exchange_unref(mh_exchange *exchange, bool loop);

/* Back to its app: nobody holds it any more. `loop` as above. */
void mh_exchange_return(mh_exchange *exchange, bool loop);

/* Any thread that holds the exchange. Queues a reset, once per use. */
void mh_exchange_push_reset(mh_exchange *exchange, uint32_t reason);

/* Any thread that holds the exchange. Queues a READ if none is queued. */
void mh_exchange_push_read(mh_exchange *exchange);

/* Taker. Moves what was granted into the message. */
void mh_exchange_read_take(mh_message *message);

/* Any thread. A line of the core's own, tagged, about `app`. */
void mh_server_report(uint32_t app, uint32_t level, const mh_error *error);

/* Taker. An APP_STATE or LOG message is done with; not its memory. */
void mh_server_text_done(const mh_message *message);

#endif /* MH_EXCHANGE_PRIVATE_H */
