/*
 * The watchdog's connection to the supervisor: frames that come whole and
 * checked, and frames that leave in order. There is one at a time, and one
 * thread. Nothing here blocks.
 *
 * While what is kept is being told, nothing is read: the supervisor has nothing
 * to say before it knows. So the state cannot change while it is on its way.
 */

#ifndef MODHOST_LINK_H
#define MODHOST_LINK_H

#include "core.h"
#include "modhost/protocol.h"

/* What the watchdog does. */
typedef struct link_handler {
    /* About a frame; `descriptor`: of STORE, now the handler's. NULL; or why it
       may not come now, which ends the connection. */
    const char  *(*frame)(const modhost_frame *frame, mh_str payload,
        int descriptor);
    /* The connection is closed already: for this reason; NULL: the supervisor
       closed it. */
    void         (*ended)(const char *reason);
} link_handler;

/*
 * Takes the descriptor. `supervisor` numbers the supervisors of this process
 * from 1. `tell`: what is kept is told, as a supervisor's start asks for.
 */
void link_open(int fd, uint32_t supervisor, bool tell,
    const link_handler *handler);

/* Without a word to the handler. */
void link_close(void);

/* The descriptor to poll, or -1, and for what. */
int link_poll(short *events);

/* Sends and receives what can be. */
void link_ready(void);

/*
 * Its process is gone: what it had said is handled, nothing is sent any more
 * (others may still hold its end), and the connection is closed.
 */
void link_last_words(void);

/* To be told, in this or a later life of the supervisor. */
void link_exited(int pid, int status);
void link_shutdown(void);

#endif /* MODHOST_LINK_H */
