/*
 * A hundred thousand hostile conversations, the same ones every time; a million
 * where MODHOST_FULL is in the environment. MODHOST_MUTATIONS: another number.
 */

#include "baseline.h"
#include "check.h"
#include "hostile.h"

#define CASES  100000u
#define FULL   1000000u

static uint64_t  random_state = 0x2545f4914f6cdd1du;


static uint64_t
next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;

    return random_state;
}


static unsigned
wanted_cases(void)
{
    const char  *wanted;

    wanted = getenv("MODHOST_MUTATIONS");

    return wanted != NULL ? (unsigned) strtoul(wanted, NULL, 10)
           : getenv("MODHOST_FULL") != NULL ? FULL : CASES;
}


/* Records; most of them nearly as they should be. */
static size_t
make_records(uint8_t *data, size_t size)
{
    size_t  i, length;

    length = 2 + next_random() % (size - 2);

    for (i = 0; i < length; i++) {
        data[i] = (uint8_t) next_random();

        if (next_random() % 4 == 0) {
            data[i] &= 0x07;
        }
    }

    data[0] |= 1;

    return length;
}


/* The stored conversation of a worker, spoilt; or only its beginning. */
static size_t
make_bytes(uint8_t *data, const char *vector, size_t size)
{
    unsigned  count;

    data[0] = 0;
    memcpy(data + 1, vector, size);

    for (count = next_random() % 6; count != 0; count--) {
        data[1 + next_random() % size] = (uint8_t) next_random();
    }

    return next_random() % 4 ? size + 1 : 1 + next_random() % size;
}


CASE(No_worker_confuses_the_books)
{
    char      *path, *vector;
    size_t     length, size;
    uint8_t    data[4096];
    unsigned   i, cases, lasted;

    path = baseline_path("vectors/frames", "channel-to-web-server", ".bin");
    vector = baseline_read(path, &length);
    free(path);
    REQUIRE(vector != NULL && length < sizeof(data));
    REQUIRE(hostile_open());

    cases = wanted_cases();
    lasted = 0;

    for (i = 0; i < cases; i++) {
        size = i % 4 == 3 ? make_bytes(data, vector, length)
                          : make_records(data, i % 2 ? 40 : 400);
        lasted += hostile_run(data, size);
    }

    printf("%u conversations, %u channels lasted, %u ended\n", cases, lasted,
           cases - lasted);
    CHECK(lasted > cases / 100);
    CHECK(cases - lasted > cases / 100);

    free(vector);
    CHECK(hostile_close());
}

CHECK_MAIN
