/* The row filters alone, compared with the reference; including data that libpng never writes. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/simd.h"
#include "codec/png/plain_rows.h"
#include "codec/png/pngs.h"

SIMD_TABLE(struct png_filter_kernels, png_filter_kernels)
SIMD_TABLE(struct png_unfilter_kernels, png_unfilter_kernels)
SIMD_TABLE(struct png_wave_kernels, png_wave_kernels)

enum { PIXELS_MOST = 300, PIXEL_MOST = 8, ROW_MOST = PIXELS_MOST * PIXEL_MOST };

static const unsigned pixels[] = {1, 2, 3, 4, 6, 8};

/* Noise, samples near zero, or samples near full: sums wrap and predictions tie. */
static void fill(uint8_t *bytes, size_t size, uint64_t *seed)
{
    const unsigned kind = (unsigned)random_next(seed) % 3;
    for (size_t i = 0; i < size; i++) {
        uint8_t r = (uint8_t)random_next(seed);
        bytes[i] = kind == 0 ? r : kind == 1 ? r % 3 : (uint8_t)(255 - r % 3);
    }
}

Test(png_rows, are_filtered_and_unfiltered_as_by_their_reference)
{
    uint64_t seed = 5;
    for (unsigned round = 0; round < 3000; round++) {
        uint8_t in[ROW_MOST], above[ROW_MOST + UNFILTER_MARGIN] = {0}, plain[ROW_MOST], out[ROW_MOST],
                                               back[ROW_MOST + UNFILTER_MARGIN];
        const enum png_filter filter = (enum png_filter)(round % FILTERS);
        const unsigned pixel = pixels[random_next(&seed) % 6];
        const size_t size = pixel * (1 + random_next(&seed) % PIXELS_MOST);
        fill(in, size, &seed);
        fill(above, size, &seed);
        plain_filter(filter, in, above, plain, size, pixel);
        for (enum simd_level level = SIMD_BASE; level < SIMD_LEVELS; level++) {
            if (!simd_available(level))
                continue;
            png_filter_kernels(level)->filter[filter](in, above, out, size, pixel);
            cr_assert_arr_eq(out, plain, size, "filter %d, %zu bytes of %u at %s", filter, size, pixel,
                             simd_name(level));
            memcpy(back, plain, size);
            png_unfilter_kernels(level)->unfilter(back, above, size, filter, pixel);
            cr_assert_arr_eq(back, in, size, "unfilter %d, %zu bytes of %u at %s", filter, size, pixel,
                             simd_name(level));
        }
        memcpy(back, plain, size);
        plain_unfilter(filter, back, above, size, pixel);
        cr_assert_arr_eq(back, in, size);
    }
}

Test(png_rows, go_together_as_they_go_alone)
{
    static const enum png_filter filters[] = {FILTER_NONE, FILTER_SUB, FILTER_UP, FILTER_PAETH};
    uint64_t seed = 9;
    for (unsigned round = 0; round < 4000; round++) {
        uint8_t rows[WAVE_ROWS * (1 + ROW_MOST) + UNFILTER_MARGIN], plain[sizeof rows];
        uint8_t above[ROW_MOST + UNFILTER_MARGIN] = {0};
        const unsigned pixel = pixels[random_next(&seed) % WAVE_PIXEL_MAX];
        const unsigned count = random_next(&seed) % 2 ? WAVE_ROWS : WAVE_FEW;
        const size_t size = pixel * (count + random_next(&seed) % (PIXELS_MOST - count));
        fill(rows, count * (1 + size), &seed);
        fill(above, size, &seed);
        for (unsigned r = 0; r < count; r++)
            rows[r * (1 + size)] = (uint8_t)(round % 2 ? FILTER_PAETH : filters[random_next(&seed) % 4]);
        memcpy(plain, rows, sizeof rows);
        for (unsigned r = 0; r < count; r++) {
            uint8_t *row = plain + r * (1 + size);
            plain_unfilter((enum png_filter)row[0], row + 1, r == 0 ? above : row - size, size, pixel);
        }
        for (enum simd_level level = SIMD_BASE; level < SIMD_LEVELS; level++) {
            uint8_t fast[sizeof rows];
            if (!simd_available(level))
                continue;
            memcpy(fast, rows, sizeof rows);
            png_wave_kernels(level)->unfilter(fast, above, size, pixel, count);
            for (size_t at = 1; at < count * (1 + size); at += 1 + size) /* filters are used up */
                cr_assert_arr_eq(fast + at, plain + at, size, "%u rows of %zu bytes of %u at %s", count, size,
                                 pixel, simd_name(level));
        }
    }
}
