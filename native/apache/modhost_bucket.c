/*
 * Buckets over blocks of response memory. The bytes are sent from where the
 * application wrote them; the block is freed when the last bucket over it goes,
 * on whatever thread that is.
 */

#include "modhost_request.h"


/* Shared by the buckets that a split makes. */
typedef struct block_data {
    apr_bucket_refcount   refcount;        /* first: as APR wants it          */
    modhost_block        *block;
} block_data;


static apr_status_t
block_read(apr_bucket *e, const char **data, apr_size_t *length,
    apr_read_type_e block)
{
    block_data  *shared = e->data;

    (void) block;

    *data = (const char *) shared->block->data + e->start;
    *length = e->length;

    return APR_SUCCESS;
}


static void
block_destroy(void *data)
{
    block_data  *shared = data;

    if (apr_bucket_shared_destroy(shared)) {
        mh_block_free(shared->block);
        apr_bucket_free(shared);
    }
}


static const apr_bucket_type_t  block_type = {
    "MODHOST", 5, APR_BUCKET_DATA,
    block_destroy,
    block_read,
    apr_bucket_setaside_noop,
    apr_bucket_shared_split,
    apr_bucket_shared_copy
};


apr_bucket *
mod_modhost_block_bucket(modhost_block *block, apr_bucket_alloc_t *list)
{
    apr_bucket  *e;
    block_data  *shared;

    e = apr_bucket_alloc(sizeof(*e), list);

    APR_BUCKET_INIT(e);
    e->free = apr_bucket_free;
    e->list = list;

    shared = apr_bucket_alloc(sizeof(*shared), list);
    shared->block = block;

    e = apr_bucket_shared_make(e, shared, 0, block->length);
    e->type = &block_type;

    return e;
}
