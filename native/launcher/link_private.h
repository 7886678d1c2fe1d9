/*
 * The two directions of the watchdog's connection: link.c owns the socket and
 * receives, link_send.c knows what there is to tell.
 */

#ifndef MODHOST_LINK_PRIVATE_H
#define MODHOST_LINK_PRIVATE_H

#include "link.h"

/* A buffer that a long state has made larger than this is given back. */
#define LINK_BUFFER_MAX  262144u

/* Sends what there is, as far as the socket takes it; false: it is broken. */
bool link_send(int fd);
void link_send_reset(uint32_t supervisor, bool tell);

/* What is kept is not told yet, or an answer is owed: do not read. */
bool link_send_first(void);
bool link_send_pending(void);
void link_send_pong(uint32_t value);

/* The last frame: tries to say why. */
void link_send_close(int fd, const mh_error *error);

#endif /* MODHOST_LINK_PRIVATE_H */
