/*
 * Memory that one thread gets and another gives back: response blocks and
 * messages. An app thread allocates, the loop frees, so the loop's surplus must
 * flow back to the app threads cheaply.
 *
 * Each thread keeps up to two bundles of free pieces of every class. A third
 * bundle goes to the class's depot, an array of atomic slots that hold one
 * bundle each: given by compare-and-swap of an empty slot, taken by exchange
 * with NULL. Nothing is ever dereferenced in a slot, so there is no ABA; no
 * thread waits for another; a full depot frees; a thread that exits gives its
 * bundles to the depot.
 *
 * Under AddressSanitizer every piece is malloc'ed and freed, so that a use
 * after the release is seen.
 */

#ifndef MH_CACHE_H
#define MH_CACHE_H

#include "core.h"

enum mh_cache_class {
    MH_CACHE_MESSAGE = 0,
    MH_CACHE_BLOCK_4K,
    MH_CACHE_BLOCK_16K,
    MH_CACHE_BLOCK_64K,
    MH_CACHE_CLASSES,
    MH_CACHE_NONE = MH_CACHE_CLASSES     /* malloc and free                   */
};

/* Before every piece. */
typedef struct mh_piece {
    struct mh_piece  *next;              /* while it is free                  */
    uint32_t          size;              /* usable bytes after this header    */
    uint32_t          cache_class;
} mh_piece;

/*
 * Any thread. At least `size` bytes, 16-aligned, of the smallest class from
 * `lowest` on that has room, or by malloc; NULL: no memory.
 */
void *mh_cache_alloc(enum mh_cache_class lowest, size_t size);
void mh_cache_free(void *memory);

/* Usable size of what mh_cache_alloc gave. */
static inline size_t
mh_cache_size(const void *memory)
{
    return ((const mh_piece *) memory - 1)->size;
}

/* Any thread. Gives the calling thread's bundles back; frees the depots. */
void mh_cache_trim(void);

#endif /* MH_CACHE_H */
