/*
 * The functions of the fake web server that the managed side calls without a
 * transition of its garbage collector: managed code cannot stand in for them.
 */

#include <stdatomic.h>
#include <stdlib.h>

#include "modhost/abi.h"

#define USUAL_SIZE  4096u

/* An exchange as the tests make it. */
typedef struct fake_exchange {
    modhost_exchange  pub;
    atomic_int        released;
} fake_exchange;

static atomic_int live_blocks;


modhost_block *
fake_block_alloc(uint32_t capacity)
{
    uint32_t        size = capacity > USUAL_SIZE ? capacity : USUAL_SIZE;
    modhost_block  *block = malloc(sizeof(modhost_block) + size);

    if (block != NULL) {
        block->next = NULL;
        block->data = (uint8_t *) (block + 1);
        block->capacity = size;
        block->length = 0;
        atomic_fetch_add(&live_blocks, 1);
    }

    return block;
}


void
fake_block_free(modhost_block *chain)
{
    while (chain != NULL) {
        modhost_block  *next = chain->next;

        free(chain);
        atomic_fetch_sub(&live_blocks, 1);
        chain = next;
    }
}


int
fake_live_blocks(void)
{
    return atomic_load(&live_blocks);
}


modhost_exchange *
fake_exchange_new(void)
{
    return calloc(1, sizeof(fake_exchange));
}


void
fake_exchange_release(modhost_exchange *exchange)
{
    atomic_store(&((fake_exchange *) exchange)->released, 1);
}


/* Whether it was released since the last call. */
int
fake_exchange_take_release(modhost_exchange *exchange)
{
    return atomic_exchange(&((fake_exchange *) exchange)->released, 0);
}
