/*
 * The table's exchange_send.
 */

#ifndef MH_SEND_H
#define MH_SEND_H

#include "exchange.h"

/* As abi.h says of modhost_server_table.exchange_send. */
int32_t mh_exchange_send(modhost_exchange *pub, const modhost_send *send);

/* Whether the table's `wake` wakes this queue. */
bool mh_server_owns_queue(const mh_queue *queue);

#endif /* MH_SEND_H */
