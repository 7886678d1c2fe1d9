#include "keep.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static kept      table[KEEP_MAX];
static size_t    count;

static uint8_t  *blob;
static size_t    blob_length;
static size_t    blob_mapped;


static kept *
find(mh_str key)
{
    size_t  i;

    for (i = 0; i < count; i++) {
        if (table[i].key_length == key.length
            && memcmp(table[i].key, key.data, key.length) == 0)
        {
            return &table[i];
        }
    }

    return NULL;
}


bool
keep_store(mh_str key, int fd, uint32_t told)
{
    kept  *entry;

    entry = find(key);

    if (entry != NULL) {
        (void) close(entry->fd);

    } else if (count < KEEP_MAX) {
        entry = &table[count++];
        entry->key_length = (uint32_t) key.length;
        memcpy(entry->key, key.data, key.length);

    } else {
        (void) close(fd);
        return false;
    }

    entry->fd = fd;
    entry->told = told;

    return true;
}


void
keep_drop(mh_str key)
{
    kept  *entry;

    entry = find(key);

    if (entry != NULL) {
        (void) close(entry->fd);
        *entry = table[--count];
    }
}


int
keep_find(const char *key)
{
    mh_str  name = { (const uint8_t *) key, strlen(key) };
    kept   *entry;

    entry = find(name);

    return entry != NULL ? entry->fd : -1;
}


kept *
keep_untold(uint32_t supervisor)
{
    size_t  i;

    for (i = 0; i < count; i++) {
        if (table[i].told != supervisor) {
            return &table[i];
        }
    }

    return NULL;
}


void
keep_each(const char *begin, const char *end, void (*call)(int fd))
{
    size_t  i, b, e;

    b = strlen(begin);
    e = strlen(end);

    for (i = 0; i < count; i++) {
        if (table[i].key_length >= b + e
            && memcmp(table[i].key, begin, b) == 0
            && memcmp(table[i].key + table[i].key_length - e, end, e) == 0)
        {
            call(table[i].fd);
        }
    }
}


bool
keep_blob(mh_str state)
{
    void    *memory;
    size_t   page, size;

    page = (size_t) sysconf(_SC_PAGESIZE);
    size = (state.length + page - 1) / page * page;

    if (size != blob_mapped) {
        memory = NULL;

        if (size != 0) {
            memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

            if (memory == MAP_FAILED) {
                return false;
            }
        }

        if (blob != NULL) {
            (void) munmap(blob, blob_mapped);
        }

        blob = memory;
        blob_mapped = size;
    }

    if (state.length != 0) {
        memcpy(blob, state.data, state.length);
    }

    blob_length = state.length;

    return true;
}


mh_str
keep_blob_get(void)
{
    return (mh_str) { blob, blob_length };
}
