/*
 * Reading the status page: what all groups do, written by the supervisor at any
 * time. A copy counts only if the page's sequence was even and is the same
 * before and after.
 */

#include "status.h"

#include "daemon.h"
#include "page.h"

#include <stdlib.h>
#include <string.h>


#define TRIES  100u

#define TEXT_MAX  (MODHOST_STATUS_SIZE - sizeof(modhost_status_page))

static uint8_t  *page;


int
mh_status_set(int fd, mh_error *error)
{
    void  *fresh;

    fresh = NULL;

    if (fd != -1) {
        fresh = mh_page_map(fd, MODHOST_STATUS_SIZE, false, error);

        if (fresh == NULL) {
            return -1;
        }
    }

    mh_page_unmap(page, MODHOST_STATUS_SIZE);
    page = fresh;

    return 0;
}


static uint32_t
page_sequence(void)
{
    const modhost_status_page  *head;

    head = (const modhost_status_page *) page;

    return __atomic_load_n(&head->sequence, __ATOMIC_ACQUIRE);
}


/* Each word is read before what follows, and so before the second look at the
   sequence. */
static void
words_copy(uint64_t *to, size_t length)
{
    size_t           i;
    const uint64_t  *from;

    from = (const uint64_t *) (page + sizeof(modhost_status_page));

    for (i = 0; i < (length + 7) / 8; i++) {
        to[i] = __atomic_load_n(&from[i], __ATOMIC_ACQUIRE);
    }
}


/* Whether the copy is of one moment. */
static bool
page_copy(void *copy, modhost_status_page *head)
{
    uint32_t  sequence;

    sequence = page_sequence();

    if (sequence & 1) {
        return false;
    }

    memcpy(head, page, sizeof(*head));

    if (head->json_length > TEXT_MAX
        || head->metrics_length > TEXT_MAX - head->json_length)
    {
        return false;
    }

    words_copy(copy, (size_t) head->json_length + head->metrics_length);

    return page_sequence() == sequence
           && head->magic == MODHOST_PROTOCOL_MAGIC;
}


bool
mh_daemon_status(mh_daemon_status_text *text)
{
    unsigned              tries;
    modhost_status_page   head;

    memset(text, 0, sizeof(*text));

    if (page == NULL) {
        return false;
    }

    text->memory = malloc(TEXT_MAX);

    if (text->memory == NULL) {
        return false;
    }

    for (tries = 0; tries < TRIES; tries++) {

        if (page_copy(text->memory, &head)) {
            text->json.data = text->memory;
            text->json.length = head.json_length;
            text->metrics.data = (uint8_t *) text->memory + head.json_length;
            text->metrics.length = head.metrics_length;

            return true;
        }
    }

    free(text->memory);
    text->memory = NULL;

    return false;
}
