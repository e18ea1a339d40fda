/* The inner loops of median.c for small windows, compiled for each instruction set (median_kernels.simd.c).
 */
#ifndef FILTER_MEDIAN_KERNELS_H
#define FILTER_MEDIAN_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Makes a row of `samples` samples from `size` rows, 3 or 5, that have size / 2 pixels more at both ends.
 * `sorted` has room for `size` such rows.
 */
typedef void median_row_8(const uint8_t *const *rows, size_t samples, unsigned channels, uint8_t *sorted,
                          uint8_t *out);
typedef void median_row_16(const uint16_t *const *rows, size_t samples, unsigned channels, uint16_t *sorted,
                           uint16_t *out);

/* The same for any odd size up to MEDIAN_SEARCHED: reads up to MEDIAN_EXCESS bytes past the rows' ends. */
enum { MEDIAN_SEARCHED = 15, MEDIAN_EXCESS = 64 };
typedef void median_search_8(const uint8_t *const *rows, unsigned size, size_t samples, unsigned channels,
                             uint8_t *out);
typedef void median_search_16(const uint16_t *const *rows, unsigned size, size_t samples, unsigned channels,
                              uint16_t *out);

struct median_kernels {
    median_row_8 *three_8, *five_8;
    median_row_16 *three_16, *five_16;
    median_search_8 *search_8;
    median_search_16 *search_16;
};

#endif
