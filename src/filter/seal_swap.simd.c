/* Samples to big-endian bytes and back. */
#include <string.h>

#include "base/simd.h"
#include "filter/seal_cipher.h"

/* Plain, and without a word of aliasing between the two: the compiler makes shuffles of it. */
static void swap(const uint8_t *restrict in, uint8_t *restrict out, size_t size)
{
    for (size_t i = 0; i + 2 <= size; i += 2) {
        uint16_t sample;
        memcpy(&sample, in + i, 2);
        sample = (uint16_t)(sample << 8 | sample >> 8);
        memcpy(out + i, &sample, 2);
    }
}

const struct seal_kernels SIMD_NAME(seal_kernels) = {.swap = swap};
