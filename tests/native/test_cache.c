/*
 * Blocks and the per-thread caches under them.
 */

#include "cache.h"
#include "check.h"
#include "exchange.h"

#include <pthread.h>


CASE(A_block_has_at_least_the_size_that_was_asked_for)
{
    size_t          i;
    modhost_block  *block;

    static const uint32_t  sizes[] = {
        0, 1, 4096, 4097, 16384, 16385, 65536, 65537, 1048576
    };

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        block = mh_block_alloc(sizes[i]);
        REQUIRE(block != NULL);
        CHECK(block->capacity >= sizes[i] && block->capacity >= 4096);
        CHECK(block->next == NULL);
        CHECK_INT(block->length, 0);
        CHECK_INT((uintptr_t) block->data % 16, 0);
        memset(block->data, 0xa5, block->capacity);
        block->length = block->capacity;
        CHECK(mh_block_check(block));
        block->length++;
        CHECK(!mh_block_check(block));
        mh_block_free(block);
    }
}


CASE(A_block_over_1_MiB_is_refused)
{
    CHECK(mh_block_alloc(1048577) == NULL);
    CHECK(mh_block_alloc(UINT32_MAX) == NULL);
}


CASE(A_block_whose_data_was_moved_is_refused)
{
    modhost_block  *block;

    block = mh_block_alloc(0);
    block->data++;
    CHECK(!mh_block_check(block));
    mh_block_free(block);
}


CASE(A_chain_is_freed_whole)
{
    unsigned        i;
    modhost_block  *block, *chain;

    for (i = 0, chain = NULL; i < 1000; i++) {
        block = mh_block_alloc(i % 2 ? 0 : 20000);
        block->next = chain;
        chain = block;
    }

    CHECK(mh_block_check(chain));
    mh_block_free(chain);
    mh_block_free(NULL);
    mh_cache_trim();
}


CASE(No_two_owners_have_the_same_block)
{
    unsigned        i;
    modhost_block  *blocks[200];

    for (i = 0; i < 200; i++) {
        blocks[i] = mh_block_alloc(0);
        memcpy(blocks[i]->data, &i, sizeof(i));
    }

    for (i = 0; i < 200; i++) {
        CHECK(memcmp(blocks[i]->data, &i, sizeof(i)) == 0);
        mh_block_free(blocks[i]);
    }

    mh_cache_trim();
}


/* ---- one thread allocates, another frees ------------------------------- */

#define ROUNDS  20000u
#define RING    64u

static _Atomic(modhost_block *)  ring[RING];


static void *
allocate(void *unused)
{
    unsigned        i;
    modhost_block  *block, *empty;

    (void) unused;

    for (i = 0; i < ROUNDS; i++) {
        block = mh_block_alloc(i % 7 == 0 ? 30000 : 0);
        memset(block->data, (int) (i & 0xff), 64);
        block->length = i & 0xff;

        do {
            empty = NULL;
        } while (!atomic_compare_exchange_weak(&ring[i % RING], &empty,
                                               block));
    }

    return NULL;
}


static void *
give_back(void *unused)
{
    unsigned        i, k, wrong;
    modhost_block  *block;

    (void) unused;

    for (i = 0, wrong = 0; i < ROUNDS; i++) {

        while ((block = atomic_exchange(&ring[i % RING], NULL)) == NULL) {
            /* void */
        }

        for (k = 0; k < 64; k++) {
            wrong += block->data[k] != block->length;
        }

        mh_block_free(block);
    }

    CHECK_INT(wrong, 0);

    return NULL;
}


CASE(Blocks_flow_from_the_thread_that_frees_to_the_one_that_allocates)
{
    unsigned   round;
    pthread_t  one, other;

    /* Threads exit with caches that are not empty; leaks would be seen. */

    for (round = 0; round < 3; round++) {
        pthread_create(&one, NULL, allocate, NULL);
        pthread_create(&other, NULL, give_back, NULL);
        pthread_join(one, NULL);
        pthread_join(other, NULL);
    }

    mh_cache_trim();
}


CASE(Messages_have_room_for_what_was_asked)
{
    void    *memory;
    size_t   size;

    for (size = 1; size < 100000; size = size * 3 + 1) {
        memory = mh_cache_alloc(MH_CACHE_MESSAGE, size);
        REQUIRE(memory != NULL);
        CHECK(mh_cache_size(memory) >= size);
        memset(memory, 1, size);
        mh_cache_free(memory);
    }

    CHECK(mh_cache_alloc(MH_CACHE_MESSAGE, SIZE_MAX) == NULL);
    mh_cache_free(NULL);
    mh_cache_trim();
}

CHECK_MAIN
