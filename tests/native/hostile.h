/*
 * A worker that says anything at all. Whatever it is, the web server's process
 * must keep its books: each request has an end, nothing is left, and no more is
 * believed than was checked. A breach ends the process.
 */

#ifndef HOSTILE_H
#define HOSTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One conversation. The first byte of `data` chooses: bytes as they are, or
 * records of which frames are made, with the web server's own doings between
 * them. True: the channel was still there at the end.
 */
bool hostile_run(const uint8_t *data, size_t size);

/* Opens and closes the process's daemon side around all runs. */
bool hostile_open(void);
bool hostile_close(void);

#endif /* HOSTILE_H */
