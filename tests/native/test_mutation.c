/*
 * A million spoilt head blocks, the same ones every time. A block that passes
 * its check is then read to its last byte. It lies before a page that cannot be
 * read, so that a reader which goes past its end crashes.
 *
 * MODHOST_MUTATIONS: another number of cases.
 */

#include "check.h"
#include "heads.h"

#include <sys/mman.h>
#include <unistd.h>

#define CASES  1000000u

static uint64_t       random_state = 0x9e3779b97f4a7c15u;
static uint64_t       sample[HEAD_MAX / 8];
static uint8_t       *guard;            /* first byte that cannot be read     */
static volatile unsigned  sum;          /* so that reading is not left out    */


static uint64_t
next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;

    return random_state;
}


static bool
make_room(void)
{
    size_t    page;
    uint8_t  *room;

    page = (size_t) sysconf(_SC_PAGESIZE);
    room = mmap(NULL, HEAD_MAX + page, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (room == MAP_FAILED || mprotect(room + HEAD_MAX, page, PROT_NONE)) {
        return false;
    }

    guard = room + HEAD_MAX;

    return true;
}


/* Numbers at which size arithmetic goes wrong. */
static uint32_t
odd_number(size_t size)
{
    static const uint32_t  numbers[] = {
        0, 1, 7, 8, 39, 40, 167, 168, 0x7fffffff, 0x80000000, 0xfffffff8,
        0xffffffff, 0xffff, 0x10000
    };

    uint64_t  random;

    random = next_random();

    switch (random % 4) {
    case 0:
        return (uint32_t) (random >> 32);
    case 1:
        return (uint32_t) (size + (random >> 8) % 17 - 8);
    default:
        return numbers[(random >> 8) % (sizeof(numbers) / sizeof(numbers[0]))];
    }
}


static void
spoil(uint8_t *block, size_t size, size_t fixed)
{
    size_t    at, within;
    uint32_t  number;
    unsigned  count;

    for (count = 1 + next_random() % 4; count != 0; count--) {

        /* Mostly where numbers are. */

        within = next_random() % 8 ? fixed + 64 : size;
        within = within < size ? within : size;
        at = next_random() % within;

        switch (next_random() % 4) {

        case 0:
            block[at] = (uint8_t) next_random();
            break;

        case 1:
            block[at] ^= (uint8_t) (1u << next_random() % 8);
            break;

        default:
            at &= ~(size_t) 3;

            if (at + 4 <= size) {
                number = odd_number(size);
                memcpy(block + at, &number, next_random() % 2 ? 4 : 2);
            }
        }
    }
}


static void
touch(mh_str text)
{
    size_t  i;

    for (i = 0; i < text.length; i++) {
        sum += text.data[i];
    }
}


static void
read_request(const modhost_request_head *head)
{
    unsigned                 i;
    const modhost_slice     *slice;
    const modhost_variable  *variable;

    for (slice = &head->method_name; slice <= &head->tls_client_certificate;
         slice++)
    {
        touch(mh_head_slice(head, *slice));
    }

    for (i = 0; i < head->header_count; i++) {
        touch(mh_request_field_name(head, i));
        touch(mh_request_field_value(head, i));
    }

    variable = (const modhost_variable *)
        ((const uint8_t *) head + head->variables_offset);

    for (i = 0; i < head->variable_count; i++) {
        touch(mh_head_slice(head, variable[i].name));
        touch(mh_head_slice(head, variable[i].value));
    }
}


static void
read_response(const modhost_response_head *head)
{
    unsigned  i;

    touch(mh_head_slice(head, head->reason));

    for (i = 0; i < head->header_count; i++) {
        touch(mh_response_field_name(head, i));
        touch(mh_response_field_value(head, i));
    }
}


/* Whether the spoilt block was taken. */
static bool
run_case(bool response, const void *original, size_t size)
{
    uint8_t   *block;
    mh_error   error;

    /* Now and then the end is missing. */

    block = guard - ((size + 7) & ~(size_t) 7);
    memcpy(block, original, size);
    spoil(block, size, response ? sizeof(modhost_response_head)
                                : sizeof(modhost_request_head));

    if (next_random() % 16 == 0) {
        size = next_random() % size;
        memmove(guard - ((size + 7) & ~(size_t) 7), block, size);
        block = guard - ((size + 7) & ~(size_t) 7);
    }

    if (response) {
        if (mh_response_head_check(block, size, &error) != 0) {
            return false;
        }

        read_response((const modhost_response_head *) block);

    } else {
        if (mh_request_head_check(block, size, &error) != 0) {
            return false;
        }

        read_request((const modhost_request_head *) block);
    }

    return true;
}


CASE(No_spoilt_block_is_read_past_its_end)
{
    size_t       k, size;
    unsigned     i, cases, taken;
    const char  *wanted;

    REQUIRE(make_room());

    wanted = getenv("MODHOST_MUTATIONS");
    cases = wanted ? (unsigned) strtoul(wanted, NULL, 10) : CASES;
    taken = 0;
    size = 0;

    for (i = 0; i < cases; i++) {

        /* The same sample for a while: building it takes longest. */

        k = i / 1024 % head_sample_count;

        if (i % 1024 == 0) {
            size = head_samples[k].build(sample);
        }

        taken += run_case(head_samples[k].response, sample, size);
    }

    printf("%u blocks, %u taken, %u refused\n", cases, taken, cases - taken);
    CHECK(taken > cases / 100);
    CHECK(cases - taken > cases / 100);
}

CHECK_MAIN
