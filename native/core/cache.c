/*
 * Per-thread caches over shared slots; see cache.h.
 */

#include "cache.h"

#include <pthread.h>
#include <stdlib.h>


#if defined(__SANITIZE_ADDRESS__)
#define CACHE_OFF  1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CACHE_OFF  1
#endif
#endif

#ifndef CACHE_OFF
#define CACHE_OFF  0
#endif

#define DEPOT_SLOTS  32u

/* A depot holds up to DEPOT_SLOTS bundles: 1 MiB of 4 KiB blocks. */
static const struct {
    uint32_t  size;
    uint32_t  bundle;
} classes[MH_CACHE_CLASSES] = {
    [MH_CACHE_MESSAGE] = { 240, 32 },
    [MH_CACHE_BLOCK_4K] = { 4096 + 48, 8 },
    [MH_CACHE_BLOCK_16K] = { 16384 + 48, 4 },
    [MH_CACHE_BLOCK_64K] = { 65536 + 48, 1 },
};

/* Free pieces of one class in one thread: one bundle in use, one whole. */
typedef struct cache_list {
    mh_piece  *current;
    mh_piece  *spare;                /* NULL, or exactly one bundle           */
    uint32_t   count;                /* of `current`                          */
} cache_list;

typedef struct cache {
    cache_list  lists[MH_CACHE_CLASSES];
} cache;

static _Atomic(mh_piece *)  depots[MH_CACHE_CLASSES][DEPOT_SLOTS];
static __thread cache      *own_cache;
static pthread_key_t        cache_key;
static pthread_once_t       cache_once = PTHREAD_ONCE_INIT;


static void
pieces_free(mh_piece *piece)
{
    mh_piece  *next;

    for (/* void */; piece != NULL; piece = next) {
        next = piece->next;
        free(piece);
    }
}


static void
depot_give(unsigned cache_class, mh_piece *bundle)
{
    unsigned   i;
    mh_piece  *empty;

    for (i = 0; i < DEPOT_SLOTS; i++) {
        empty = NULL;

        if (atomic_load_explicit(&depots[cache_class][i],
                                 memory_order_relaxed) == NULL
            && atomic_compare_exchange_strong_explicit(
                   &depots[cache_class][i], &empty, bundle,
                   memory_order_release, memory_order_relaxed))
        {
            return;
        }
    }

    pieces_free(bundle);
}


static mh_piece *
depot_take(unsigned cache_class)
{
    unsigned   i;
    mh_piece  *bundle;

    for (i = 0; i < DEPOT_SLOTS; i++) {

        if (atomic_load_explicit(&depots[cache_class][i],
                                 memory_order_relaxed) == NULL)
        {
            continue;
        }

        bundle = atomic_exchange_explicit(&depots[cache_class][i], NULL,
                                          memory_order_acquire);
        if (bundle != NULL) {
            return bundle;
        }
    }

    return NULL;
}


/* Runs in the thread that exits, or in one that trims. */
static void
cache_destroy(void *data)
{
    cache     *self;
    unsigned   i;

    self = data;
    own_cache = NULL;

    for (i = 0; i < MH_CACHE_CLASSES; i++) {
        if (self->lists[i].spare != NULL) {
            depot_give(i, self->lists[i].spare);
        }

        /* Not a whole bundle, and bundles must be whole. */
        pieces_free(self->lists[i].current);
    }

    free(self);
}


static void
cache_key_create(void)
{
    (void) pthread_key_create(&cache_key, cache_destroy);
}


/* NULL: no memory; then pieces are malloc'ed and freed. */
static cache *
cache_create(void)
{
    cache  *self;

    (void) pthread_once(&cache_once, cache_key_create);

    self = calloc(1, sizeof(cache));

    if (self != NULL && pthread_setspecific(cache_key, self) != 0) {
        free(self);
        self = NULL;
    }

    own_cache = self;

    return self;
}


static void *
piece_malloc(size_t size, unsigned cache_class)
{
    mh_piece  *piece;

    if (size > UINT32_MAX - sizeof(mh_piece)) {
        return NULL;
    }

    piece = malloc(sizeof(mh_piece) + size);

    if (piece == NULL) {
        return NULL;
    }

    piece->next = NULL;
    piece->size = (uint32_t) size;
    piece->cache_class = cache_class;

    return piece + 1;
}


void *
mh_cache_alloc(enum mh_cache_class lowest, size_t size)
{
    cache       *self;
    unsigned     i;
    mh_piece    *piece;
    cache_list  *list;

    for (i = lowest; i < MH_CACHE_CLASSES && size > classes[i].size; i++) {
        /* void */
    }

    if (CACHE_OFF || i == MH_CACHE_CLASSES) {
        return piece_malloc(size, MH_CACHE_NONE);
    }

    self = own_cache;

    if (self == NULL && (self = cache_create()) == NULL) {
        return piece_malloc(size, MH_CACHE_NONE);
    }

    list = &self->lists[i];

    if (list->current == NULL) {

        list->current = list->spare;
        list->spare = NULL;

        if (list->current == NULL) {
            list->current = depot_take(i);
        }

        if (list->current == NULL) {
            return piece_malloc(classes[i].size, i);
        }

        list->count = classes[i].bundle;
    }

    piece = list->current;
    list->current = piece->next;
    list->count--;

    return piece + 1;
}


void
mh_cache_free(void *memory)
{
    cache       *self;
    mh_piece    *piece;
    cache_list  *list;

    if (memory == NULL) {
        return;
    }

    piece = (mh_piece *) memory - 1;

    if (piece->cache_class >= MH_CACHE_CLASSES) {
        free(piece);
        return;
    }

    self = own_cache;

    if (self == NULL && (self = cache_create()) == NULL) {
        free(piece);
        return;
    }

    list = &self->lists[piece->cache_class];

    if (list->count == classes[piece->cache_class].bundle) {

        if (list->spare != NULL) {
            depot_give(piece->cache_class, list->spare);
        }

        list->spare = list->current;
        list->current = NULL;
        list->count = 0;
    }

    piece->next = list->current;
    list->current = piece;
    list->count++;
}


void
mh_cache_trim(void)
{
    unsigned   i, slot;
    mh_piece  *bundle;

    if (own_cache != NULL) {
        (void) pthread_setspecific(cache_key, NULL);
        cache_destroy(own_cache);
    }

    for (i = 0; i < MH_CACHE_CLASSES; i++) {
        for (slot = 0; slot < DEPOT_SLOTS; slot++) {
            bundle = atomic_exchange_explicit(&depots[i][slot], NULL,
                                              memory_order_acquire);
            pieces_free(bundle);
        }
    }
}
