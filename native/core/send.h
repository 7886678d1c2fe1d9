/*
 * The table's exchange_send: its parts.
 */

#ifndef MH_SEND_H
#define MH_SEND_H

#include "exchange.h"

/* One call. */
typedef struct mh_send_call {
    mh_exchange                  *exchange;
    const modhost_send           *send;
    const modhost_response_head  *head;
    const modhost_response_head  *trailers;
    mh_message                   *message;   /* with the copies, or NULL      */
    int                           file;
    bool                          own_file;  /* send->file is taken, not
                                                duplicated                    */
    mh_error                     *error;
} mh_send_call;

/* As abi.h says of modhost_server_table.exchange_send. */
int32_t mh_exchange_send(modhost_exchange *pub, const modhost_send *send);

/*
 * Loop. The same for an app side that is part of the core: what is wrong is
 * said in *error and nothing else happens; error->code stays as it is where
 * nothing is. send->file passes as the blocks do, whatever the result.
 */
int32_t mh_exchange_send_own(mh_exchange *exchange, const modhost_send *send,
    mh_error *error);

/*
 * Checks and copies all that a call brings; `state` is the exchange's before
 * it, *gained gets the bits that it sets. MODHOST_OK, or the result of the call
 * with *call->error set (but for E_MEMORY); call->message is then to be freed.
 */
int32_t mh_send_check(mh_send_call *call, unsigned state, unsigned *gained);

/* Whether the table's `wake` wakes this queue. */
bool mh_server_owns_queue(const mh_queue *queue);

#endif /* MH_SEND_H */
