/* Compositing "over" (Porter and Duff, Compositing Digital Images, 1984), the mark premultiplied. */
#include "filter/watermark_kernels.h"
#include "base/simd.h"
#include "image/rows.h"

#define INLINE static inline __attribute__((always_inline))

static void over_8(uint8_t *restrict out, const uint16_t *restrict color, const uint16_t *restrict keep,
                   size_t samples)
{
    for (size_t i = 0; i < samples; i++)
        out[i] = (uint8_t)scale_65535((uint32_t)color[i] * UINT8_MAX + (uint32_t)out[i] * keep[i]);
}

static void over_16(uint16_t *restrict out, const uint16_t *restrict color, const uint16_t *restrict keep,
                    size_t samples)
{
    for (size_t i = 0; i < samples; i++)
        out[i] = (uint16_t)scale_65535((uint32_t)color[i] * UINT16_MAX + (uint32_t)out[i] * keep[i]);
}

/*
 * With all values as shares of their maximum, the result's alpha is a = mark + alpha * keep, and its colour
 * (color + sample * alpha * keep) / a. `sum` is a in units of 1 / 65535^2.
 */
INLINE uint32_t over_alpha(uint32_t keep, uint32_t alpha)
{
    return (UINT16_MAX - keep) * UINT16_MAX + alpha * keep;
}

INLINE uint64_t over_color(uint64_t color, uint64_t sample, uint64_t alpha, uint64_t keep, uint64_t white,
                           uint32_t sum)
{
    const uint64_t over = (color * UINT16_MAX * UINT16_MAX + sample * alpha * keep) * white;
    const uint64_t unit = (uint64_t)sum * UINT16_MAX;
    return (over + unit / 2) / unit;
}

static void over_alpha_8(uint8_t *out, const uint16_t *color, const uint16_t *keep, size_t pixels,
                         unsigned colors)
{
    for (size_t x = 0; x < pixels; x++) {
        uint8_t *pixel = out + x * (colors + 1);
        const uint32_t kept = keep[x * colors], alpha = pixel[colors] * 257u;
        const uint32_t sum = over_alpha(kept, alpha);
        if (kept == UINT16_MAX)
            continue; /* the mark is transparent here */
        for (unsigned c = 0; c < colors; c++)
            pixel[c] =
                (uint8_t)over_color(color[x * colors + c], pixel[c] * 257u, alpha, kept, UINT8_MAX, sum);
        pixel[colors] = (uint8_t)(((uint64_t)sum * UINT8_MAX + UINT16_MAX * (uint64_t)UINT16_MAX / 2) /
                                  (UINT16_MAX * (uint64_t)UINT16_MAX));
    }
}

static void over_alpha_16(uint16_t *out, const uint16_t *color, const uint16_t *keep, size_t pixels,
                          unsigned colors)
{
    for (size_t x = 0; x < pixels; x++) {
        uint16_t *pixel = out + x * (colors + 1);
        const uint32_t kept = keep[x * colors], alpha = pixel[colors];
        const uint32_t sum = over_alpha(kept, alpha);
        if (kept == UINT16_MAX)
            continue;
        for (unsigned c = 0; c < colors; c++)
            pixel[c] = (uint16_t)over_color(color[x * colors + c], pixel[c], alpha, kept, UINT16_MAX, sum);
        pixel[colors] = (uint16_t)scale_65535(sum);
    }
}

const struct watermark_kernels SIMD_NAME(watermark_kernels) = {
    .over_8 = over_8,
    .over_16 = over_16,
    .over_alpha_8 = over_alpha_8,
    .over_alpha_16 = over_alpha_16,
};
