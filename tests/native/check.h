/*
 * A tiny test frame. A test file holds cases and ends with one CHECK_MAIN:
 *
 *     CASE(A_release_may_come_before_the_end) { CHECK(1 + 1 == 2); }
 *     CHECK_MAIN
 *
 * Each case's name is a sentence. A failed check prints where and what, and the
 * case goes on. An argument runs only the cases whose names contain it. The
 * last line is "N passed, N failed".
 */

#ifndef CHECK_H
#define CHECK_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct check_case {
    const char         *name;
    void              (*run)(void);
    struct check_case  *next;
} check_case;

static check_case  *check_first, **check_last = &check_first;
static unsigned     check_failures;

#define CASE(sentence)                                                        \
    static void sentence(void);                                               \
    __attribute__((constructor)) static void check_add_##sentence(void)       \
    {                                                                         \
        static check_case  self = { #sentence, sentence, NULL };              \
                                                                              \
        *check_last = &self;                                                  \
        check_last = &self.next;                                              \
    }                                                                         \
    static void sentence(void)

#define CHECK_FAIL(...)                                                       \
    (check_failures++, fprintf(stderr, "%s:%d: ", __FILE__, __LINE__),        \
     fprintf(stderr, __VA_ARGS__), fputc('\n', stderr))

#define CHECK(condition)                                                      \
    do {                                                                      \
        if (!(condition)) {                                                   \
            CHECK_FAIL("%s", #condition);                                     \
        }                                                                     \
    } while (0)

/* Goes no further in this function. */
#define REQUIRE(condition)                                                    \
    do {                                                                      \
        if (!(condition)) {                                                   \
            CHECK_FAIL("%s", #condition);                                     \
            return;                                                           \
        }                                                                     \
    } while (0)

#define CHECK_INT(actual, expected)                                           \
    do {                                                                      \
        long long  check_a = (long long) (actual);                            \
        long long  check_e = (long long) (expected);                          \
                                                                              \
        if (check_a != check_e) {                                             \
            CHECK_FAIL("%s is %lld, not %lld", #actual, check_a, check_e);    \
        }                                                                     \
    } while (0)

#define CHECK_TEXT(actual, expected)                                          \
    do {                                                                      \
        const char  *check_a = (actual);                                      \
        const char  *check_e = (expected);                                    \
                                                                              \
        if (strcmp(check_a, check_e) != 0) {                                  \
            CHECK_FAIL("%s is \"%s\", not \"%s\"", #actual, check_a,          \
                       check_e);                                              \
        }                                                                     \
    } while (0)

#define CHECK_HAS(text, part)                                                 \
    do {                                                                      \
        const char  *check_a = (text);                                        \
        const char  *check_e = (part);                                        \
                                                                              \
        if (strstr(check_a, check_e) == NULL) {                               \
            CHECK_FAIL("\"%s\" does not contain \"%s\"", check_a, check_e);   \
        }                                                                     \
    } while (0)

static int
check_run(int argc, char **argv)
{
    unsigned     before, failed, passed;
    check_case  *one;

    failed = 0;
    passed = 0;

    for (one = check_first; one != NULL; one = one->next) {

        if (argc > 1 && strstr(one->name, argv[1]) == NULL) {
            continue;
        }

        before = check_failures;
        one->run();

        if (check_failures == before) {
            passed++;
            printf("ok      %s\n", one->name);

        } else {
            failed++;
            printf("FAILED  %s\n", one->name);
        }

        fflush(stdout);
    }

    printf("%u passed, %u failed\n", passed, failed);
    fflush(stdout);              /* the process may end by _exit */

    return failed != 0 || passed == 0;
}

#define CHECK_MAIN                                                            \
    int                                                                       \
    main(int argc, char **argv)                                               \
    {                                                                         \
        return check_run(argc, argv);                                         \
    }

#endif /* CHECK_H */
