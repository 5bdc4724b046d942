/* Checks of the tests in C. A failed check prints its place and ends the program. */

#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            exit(1);                                                           \
        }                                                                      \
    } while (0)

#define CHECK_INT(actual, expected)                                            \
    do {                                                                       \
        long long actual_value = (actual);                                     \
        long long expected_value = (expected);                                 \
                                                                               \
        if (actual_value != expected_value) {                                  \
            fprintf(stderr,                                                    \
                    "%s:%d: %s is %lld, not %lld\n",                           \
                    __FILE__,                                                  \
                    __LINE__,                                                  \
                    #actual,                                                   \
                    actual_value,                                              \
                    expected_value);                                           \
            exit(1);                                                           \
        }                                                                      \
    } while (0)

#endif
