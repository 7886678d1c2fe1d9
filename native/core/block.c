/*
 * Blocks of response memory.
 */

#include "exchange.h"
#include "cache.h"

#include <string.h>

/* The block's own part of a piece; its data follows, 16-aligned. */
#define BLOCK_HEADER  48u

_Static_assert(sizeof(modhost_block) <= BLOCK_HEADER, "modhost_block");


static modhost_block *
block_alloc(enum mh_cache_class lowest, uint32_t capacity)
{
    modhost_block  *block;

    if (capacity > MH_BLOCK_MAX) {
        return NULL;
    }

    block = mh_cache_alloc(lowest, BLOCK_HEADER + capacity);

    if (block == NULL) {
        return NULL;
    }

    block->next = NULL;
    block->data = (uint8_t *) block + BLOCK_HEADER;
    block->capacity = (uint32_t) (mh_cache_size(block) - BLOCK_HEADER);
    block->length = 0;

    return block;
}


modhost_block *
mh_block_alloc(uint32_t capacity)
{
    return block_alloc(MH_CACHE_BLOCK_4K,
                       capacity < MH_BLOCK_USUAL ? MH_BLOCK_USUAL : capacity);
}


modhost_block *
mh_block_alloc_for(uint32_t length)
{
    return block_alloc(MH_CACHE_MESSAGE, length);
}


void
mh_block_free(modhost_block *chain)
{
    modhost_block  *next;

    for (/* void */; chain != NULL; chain = next) {
        next = chain->next;
        mh_cache_free(chain);
    }
}


/* What was allocated is asked of the cache: the app may have written here. */
bool
mh_block_check(const modhost_block *chain)
{
    for (/* void */; chain != NULL; chain = chain->next) {
        if (chain->data != (const uint8_t *) chain + BLOCK_HEADER
            || chain->length > mh_cache_size(chain) - BLOCK_HEADER)
        {
            return false;
        }
    }

    return true;
}


/* As above: whatever the app makes of `capacity`. */
uint32_t
mh_block_room(const modhost_block *block)
{
    return (uint32_t) (mh_cache_size(block) - BLOCK_HEADER) - block->length;
}


void
mh_block_append(modhost_block *block, const uint8_t *data, uint32_t length)
{
    if (length != 0) {
        memcpy(block->data + block->length, data, length);
        block->length += length;
    }
}
