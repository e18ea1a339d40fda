/* What the fuzz targets share. Each is a file of its own with libFuzzer's two or three entry points; `make
 * fuzz-smoke` builds them by clang with AddressSanitizer and UndefinedBehaviorSanitizer, and runs each
 * shortly. A target checks more than "no crash": see the comment at its top. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most); /* libFuzzer's own */

/* Ends the program, which libFuzzer reports with the input. */
#define FUZZ_ASSERT(holds)                                                                                   \
    do {                                                                                                     \
        if (!(holds)) {                                                                                      \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #holds);                       \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

/* Waits for one of these. libFuzzer's clock interrupts with a signal. */
static inline void fuzz_wait_for(struct pollfd *list, nfds_t count)
{
    int ready;
    do {
        ready = poll(list, count, -1);
    } while (ready < 0 && errno == EINTR);
    FUZZ_ASSERT(ready > 0);
}

#endif
