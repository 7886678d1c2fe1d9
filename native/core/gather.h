/*
 * Small pieces of a response on their way to the loop, put together.
 */

#ifndef MH_GATHER_H
#define MH_GATHER_H

#include "send.h"

/*
 * All for the exchange's one sender, but `take`. `open` comes before the push
 * of a message: what follows may be added to it until it is taken.
 */
void mh_gather_open(mh_message *message);

/* True: the blocks of the call have become part of the message before them, and
   are freed; there is nothing to push. */
bool mh_gather_add(const mh_send_call *call);

/* Taker. Nothing is added to this message any more. */
void mh_gather_take(mh_message *message);

#endif /* MH_GATHER_H */
