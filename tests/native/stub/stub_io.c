/*
 * Blocking reads and writes for scenarios.
 */

#include "stub.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>


size_t
stub_head(void *block, size_t room, unsigned status,
    const stub_header *headers, unsigned count, int64_t content_length,
    const char *reason)
{
    size_t                  end, length;
    unsigned                i;
    modhost_field          *field;
    modhost_response_head  *head = block;

    end = sizeof(modhost_response_head) + count * sizeof(modhost_field);

    if (end > room) {
        return 0;
    }

    memset(block, 0, end);

    head->version = MODHOST_HEAD_VERSION;
    head->fixed_size = sizeof(modhost_response_head);
    head->status = (uint16_t) status;
    head->header_count = (uint16_t) count;
    head->content_length = content_length;
    head->headers_offset = sizeof(modhost_response_head);

    field = (modhost_field *) (head + 1);

    for (i = 0; i < count; i++) {
        length = strlen(headers[i].name);

        if (end + length + strlen(headers[i].value) > room) {
            return 0;
        }

#define STUB_X(number, symbol, text)                                          \
        if (strcmp(headers[i].name, text) == 0) {                             \
            field[i].known = number;                                          \
        }
        MODHOST_KNOWN_HEADERS(STUB_X)
#undef STUB_X

        if (field[i].known == 0) {
            field[i].name_offset = (uint32_t) end;
            field[i].name_length = (uint16_t) length;
            memcpy((char *) block + end, headers[i].name, length);
            end += length;
        }

        length = strlen(headers[i].value);
        field[i].value_offset = (uint32_t) end;
        field[i].value_length = (uint32_t) length;
        memcpy((char *) block + end, headers[i].value, length);
        end += length;
    }

    if (reason != NULL) {
        length = strlen(reason);
        head->reason.offset = (uint32_t) end;
        head->reason.length = (uint32_t) length;
        memcpy((char *) block + end, reason, length);
        end += length;
    }

    end = (end + 7) & ~(size_t) 7;
    head->size = (uint32_t) end;

    return end;
}


static modhost_block *
blocks_of(const void *data, size_t length)
{
    size_t           n;
    const uint8_t   *p = data;
    modhost_block   *first = NULL, **last = &first, *block;

    while (length != 0) {
        block = stub_server->block_alloc(length > 4096 ? 16384 : 0);

        if (block == NULL) {
            stub_server->block_free(first);
            return NULL;
        }

        n = length < block->capacity ? length : block->capacity;
        memcpy(block->data, p, n);
        block->length = (uint32_t) n;
        block->next = NULL;

        p += n;
        length -= n;

        *last = block;
        last = &block->next;
    }

    return first;
}


int
stub_respond(stub_exchange *x, unsigned status, const stub_header *headers,
    unsigned header_count, int64_t content_length, const void *body,
    size_t length, uint32_t flags)
{
    modhost_send  send;

    memset(&send, 0, sizeof(send));

    send.flags = MODHOST_SEND_HEAD | flags;
    send.head = x->exchange->response_head;
    send.head_size = (uint32_t) stub_head(x->exchange->response_head,
                                   x->exchange->response_head_capacity,
                                   status, headers, header_count,
                                   content_length, NULL);
    send.blocks = blocks_of(body, length);
    send.file = -1;

    pthread_mutex_lock(&x->lock);
    x->in_flight += length;
    pthread_mutex_unlock(&x->lock);

    return stub_server->exchange_send(x->exchange, &send);
}


void
stub_text(stub_exchange *x, unsigned status, const char *text, size_t length)
{
    const stub_header  headers[] = { { "Content-Type", "text/plain" } };

    (void) stub_respond(x, status, headers, 1, (int64_t) length, text, length,
                        MODHOST_SEND_END);
}


int
stub_write(stub_exchange *x, const void *data, size_t length, uint32_t flags)
{
    int            rc;
    size_t         n;
    modhost_send   send;
    const uint8_t *p = data;

    do {
        pthread_mutex_lock(&x->lock);

        while (x->in_flight >= x->exchange->send_window && x->aborted == 0) {
            pthread_cond_wait(&x->changed, &x->lock);
        }

        n = length < 16384 ? length : 16384;
        x->in_flight += n;

        if (x->aborted) {
            pthread_mutex_unlock(&x->lock);
            return MODHOST_E_DETACHED;
        }

        pthread_mutex_unlock(&x->lock);

        memset(&send, 0, sizeof(send));
        send.flags = flags;
        send.blocks = blocks_of(p, n);
        send.file = -1;

        p += n;
        length -= n;

        rc = stub_server->exchange_send(x->exchange, &send);

        if (rc != MODHOST_OK) {
            return rc;
        }

    } while (length != 0);

    return MODHOST_OK;
}


int
stub_end(stub_exchange *x, const stub_header *trailers, unsigned count)
{
    uint64_t      block[512];
    modhost_send  send;

    memset(&send, 0, sizeof(send));

    send.flags = MODHOST_SEND_END;
    send.file = -1;

    if (count != 0) {
        send.flags |= MODHOST_SEND_TRAILERS;
        send.trailers = block;
        send.trailers_size = (uint32_t) stub_head(block, sizeof(block), 0,
                                                  trailers, count, -1, NULL);
    }

    return stub_server->exchange_send(x->exchange, &send);
}


int
stub_send_file(stub_exchange *x, int fd, int64_t offset, int64_t length,
    uint32_t flags)
{
    modhost_send  send;

    memset(&send, 0, sizeof(send));

    send.flags = MODHOST_SEND_FILE | flags;
    send.file = fd;
    send.file_offset = offset;
    send.file_length = length;

    return stub_server->exchange_send(x->exchange, &send);
}


ssize_t
stub_read(stub_exchange *x, void *data, size_t size)
{
    size_t           n;
    bool             grant;
    struct timespec  until;
    int64_t          length = x->exchange->head->content_length;

    pthread_mutex_lock(&x->lock);

    /* as ModHost.Server: never more than there is to come */

    grant = x->body_length == 0 && !x->body_end && x->window == 0
            && (length < 0 || x->granted < (uint64_t) length);

    if (grant) {
        x->window += size;
        x->granted += size;
        pthread_mutex_unlock(&x->lock);

        stub_server->exchange_read(x->exchange, (uint32_t) size);

        pthread_mutex_lock(&x->lock);
    }

    while (x->body_length == 0 && !x->body_end && x->aborted == 0) {

        if (stub_is_stopping() && strstr(x->query, "stop=1") != NULL) {
            break;
        }

        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec++;
        (void) pthread_cond_timedwait(&x->changed, &x->lock, &until);
    }

    if (x->aborted) {
        pthread_mutex_unlock(&x->lock);
        return -1;
    }

    n = x->body_length < size ? x->body_length : size;

    if (n != 0) {
        memcpy(data, x->body, n);
        memmove(x->body, x->body + n, x->body_length - n);
        x->body_length -= n;
    }

    pthread_mutex_unlock(&x->lock);

    return (ssize_t) n;
}


bool
stub_wait_abort(stub_exchange *x, unsigned ms)
{
    bool             aborted;
    struct timespec  until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long) (ms % 1000) * 1000000;

    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }

    pthread_mutex_lock(&x->lock);

    while (x->aborted == 0
           && pthread_cond_timedwait(&x->changed, &x->lock, &until) == 0)
    {
        /* again */
    }

    aborted = x->aborted != 0;
    pthread_mutex_unlock(&x->lock);

    return aborted;
}


void
stub_release(stub_exchange *x)
{
    pthread_mutex_lock(&x->lock);
    x->released = true;
    pthread_mutex_unlock(&x->lock);

    stub_count.released++;
    stub_server->exchange_release(x->exchange);
}


const char *
stub_query(stub_exchange *x, const char *name, char *value, size_t size)
{
    size_t       length = strlen(name), n;
    const char  *p = x->query;

    while (*p != '\0') {
        p++;                                           /* '?' or '&'          */

        if (strncmp(p, name, length) == 0 && p[length] == '=') {
            p += length + 1;
            n = strcspn(p, "&");
            n = n < size - 1 ? n : size - 1;
            memcpy(value, p, n);
            value[n] = '\0';
            return value;
        }

        p += strcspn(p, "&");
    }

    return NULL;
}


long
stub_number(stub_exchange *x, const char *name, long otherwise)
{
    char  value[64];

    return stub_query(x, name, value, sizeof(value)) != NULL
           ? strtol(value, NULL, 10) : otherwise;
}
