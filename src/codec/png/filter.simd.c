/*
 * PNG's row filters for encoding (section 9.2). All predictions use input samples only, so plain loops
 * vectorise. Left of the first pixel of a row, samples are zero.
 */
#include <string.h>

#include "base/simd.h"
#include "codec/png/rows.h"

typedef void filter_function(const uint8_t *in, const uint8_t *above, uint8_t *out, size_t bytes,
                             unsigned pixel);

static void filter_none(const uint8_t *in, const uint8_t *above, uint8_t *out, size_t bytes, unsigned pixel)
{
    (void)above;
    (void)pixel;
    memcpy(out, in, bytes);
}

static void filter_sub(const uint8_t *restrict in, const uint8_t *restrict above, uint8_t *restrict out,
                       size_t bytes, unsigned pixel)
{
    (void)above;
    memcpy(out, in, pixel);
    for (size_t i = pixel; i < bytes; i++)
        out[i] = (uint8_t)(in[i] - in[i - pixel]);
}

static void filter_up(const uint8_t *restrict in, const uint8_t *restrict above, uint8_t *restrict out,
                      size_t bytes, unsigned pixel)
{
    (void)pixel;
    for (size_t i = 0; i < bytes; i++)
        out[i] = (uint8_t)(in[i] - above[i]);
}

static void filter_average(const uint8_t *restrict in, const uint8_t *restrict above, uint8_t *restrict out,
                           size_t bytes, unsigned pixel)
{
    for (size_t i = 0; i < pixel; i++)
        out[i] = (uint8_t)(in[i] - (above[i] >> 1));
    for (size_t i = pixel; i < bytes; i++)
        out[i] = (uint8_t)(in[i] - ((in[i - pixel] + above[i]) >> 1));
}

/* Paeth's predictor of a (left), b (above), c (above left), as a choice by how c lies between the other two:
 * the same as section 9.4's, ties included, and all in bytes. With lo <= hi the two of a and b, u = c - lo
 * and v = hi - c, at least 0: hi when 2u <= v, lo when u >= 2v, else c. */
static inline uint8_t paeth(uint8_t a, uint8_t b, uint8_t c)
{
    uint8_t lo = a < b ? a : b, hi = a < b ? b : a;
    int16_t u = (int16_t)(c > lo ? c - lo : 0), v = (int16_t)(hi > c ? hi - c : 0);
    uint8_t not_hi = u >= 2 * v ? lo : c;
    return 2 * u <= v ? hi : not_hi;
}

static void filter_paeth(const uint8_t *restrict in, const uint8_t *restrict above, uint8_t *restrict out,
                         size_t bytes, unsigned pixel)
{
    for (size_t i = 0; i < pixel; i++)
        out[i] = (uint8_t)(in[i] - above[i]);
    for (size_t i = pixel; i < bytes; i++)
        out[i] = (uint8_t)(in[i] - paeth(in[i - pixel], above[i], above[i - pixel]));
}

static void swap_bytes(const uint8_t *in, uint8_t *out, size_t samples)
{
    for (size_t i = 0; i < samples; i++) {
        uint16_t sample;
        memcpy(&sample, in + 2 * i, 2);
        sample = (uint16_t)(sample << 8 | sample >> 8);
        memcpy(out + 2 * i, &sample, 2);
    }
}

const struct png_filter_kernels SIMD_NAME(png_filter_kernels) = {
    .filter = {[FILTER_NONE] = filter_none,
               [FILTER_SUB] = filter_sub,
               [FILTER_UP] = filter_up,
               [FILTER_AVERAGE] = filter_average,
               [FILTER_PAETH] = filter_paeth},
    .swap = swap_bytes,
};
