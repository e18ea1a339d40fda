/* Row kernels for colour model conversions, in integers. */
#include <math.h>
#include <string.h>

#include "base/simd.h"
#include "image/image.h"
#include "image/inks.h"
#include "image/rows.h"

#if defined(__SSE4_1__)
#include <immintrin.h>
#endif

static inline uint8_t clamp_8(int v)
{
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* JFIF 1.02 with libjpeg's 16-bit fixed-point factors and roundings (jdcolor.c). */
static void ycc_to_rgb(const uint8_t *restrict luma, const uint8_t *restrict cb, const uint8_t *restrict cr,
                       uint8_t *restrict out, size_t width)
{
    enum { R_CR = 91881, G_CB = 22554, G_CR = 46802, B_CB = 116130, HALF = 32768 };
    for (size_t x = 0; x < width; x++) {
        int y = luma[x], b = cb[x] - 128, r = cr[x] - 128;
        out[3 * x] = clamp_8(y + ((R_CR * r + HALF) >> 16));
        out[3 * x + 1] = clamp_8(y + ((HALF - G_CB * b - G_CR * r) >> 16));
        out[3 * x + 2] = clamp_8(y + ((B_CB * b + HALF) >> 16));
    }
}

/* The same from wide samples, to RGB with WIDE_BITS fraction bits, not clamped. The factors have 14 bits, so
 * that products with 16-bit values fit 31 bits. */
struct wide_rgb {
    int r, g, b;
};

enum { FACTOR_BITS = 14, FACTOR_HALF = 1 << (FACTOR_BITS - 1), WIDE_GRAY = WIDE_ZERO + (128 << WIDE_BITS) };

static inline struct wide_rgb wide_rgb_of(int luma, int blue, int red, int half, int shift)
{
    enum { R_CR = 22970, G_CB = 5638, G_CR = 11700, B_CB = 29032 };
    const int y = (luma - WIDE_ZERO) * (1 << FACTOR_BITS) + half, b = blue - WIDE_GRAY, r = red - WIDE_GRAY;
    return (struct wide_rgb){
        .r = (y + R_CR * r) >> shift,
        .g = (y - G_CB * b - G_CR * r) >> shift,
        .b = (y + B_CB * b) >> shift,
    };
}

static void wide_to_rgb(const uint16_t *restrict luma, const uint16_t *restrict cb,
                        const uint16_t *restrict cr, uint8_t *restrict out, size_t width)
{
    enum { SHIFT = FACTOR_BITS + WIDE_BITS };
    for (size_t x = 0; x < width; x++) {
        const struct wide_rgb rgb = wide_rgb_of(luma[x], cb[x], cr[x], 1 << (SHIFT - 1), SHIFT);
        out[3 * x] = clamp_8(rgb.r);
        out[3 * x + 1] = clamp_8(rgb.g);
        out[3 * x + 2] = clamp_8(rgb.b);
    }
}

static inline int clamp_wide(int v)
{
    return v < 0 ? 0 : v > 255 << WIDE_BITS ? 255 << WIDE_BITS : v;
}

/* To RGB and back; a colour within RGB is reproduced to less than one fraction bit. */
static void wide_to_ycc(const uint16_t *restrict luma, const uint16_t *restrict cb,
                        const uint16_t *restrict cr, uint8_t *restrict y, uint8_t *restrict b,
                        uint8_t *restrict r, size_t width)
{
    enum {
        SHIFT = FACTOR_BITS + WIDE_BITS,
        HALF = 1 << (SHIFT - 1),
        GRAY = (128 << SHIFT) + HALF,
        Y_R = 4899, /* each row of factors sums to 1 << FACTOR_BITS or 0, so grey stays grey */
        Y_G = 9617,
        Y_B = 1868,
        CB_R = 2765,
        CB_G = 5427,
        CR_G = 6860,
        CR_B = 1332,
        C_HALF = 8192,
    };
    for (size_t x = 0; x < width; x++) {
        const struct wide_rgb rgb = wide_rgb_of(luma[x], cb[x], cr[x], FACTOR_HALF, FACTOR_BITS);
        const int red = clamp_wide(rgb.r), green = clamp_wide(rgb.g), blue = clamp_wide(rgb.b);
        y[x] = clamp_8((Y_R * red + Y_G * green + Y_B * blue + HALF) >> SHIFT);
        b[x] = clamp_8((C_HALF * blue - CB_R * red - CB_G * green + GRAY) >> SHIFT);
        r[x] = clamp_8((C_HALF * red - CR_G * green - CR_B * blue + GRAY) >> SHIFT);
    }
}

static void ycc_to_rgb_by(const struct ycc_factors *restrict f, const uint8_t *restrict luma,
                          const uint8_t *restrict cb, const uint8_t *restrict cr, uint8_t *restrict out,
                          size_t width)
{
    const struct ycc_factors by = *f;
    for (size_t x = 0; x < width; x++) {
        const int y = by.luma * (luma[x] - by.luma_zero) + (1 << (YCC_BITS - 1)), b = cb[x] - 128,
                  r = cr[x] - 128;
        out[3 * x] = clamp_8((y + by.r_cr * r) >> YCC_BITS);
        out[3 * x + 1] = clamp_8((y - by.g_cb * b - by.g_cr * r) >> YCC_BITS);
        out[3 * x + 2] = clamp_8((y + by.b_cb * b) >> YCC_BITS);
    }
}

static void wide_to_rgb_by(const struct ycc_factors *restrict f, const uint16_t *restrict luma,
                           const uint16_t *restrict cb, const uint16_t *restrict cr, uint8_t *restrict out,
                           size_t width)
{
    enum { SHIFT = YCC_WIDE_BITS + WIDE_BITS };
    const struct ycc_factors by = *f;
    const int zero = WIDE_ZERO + (by.luma_zero << WIDE_BITS);
    for (size_t x = 0; x < width; x++) {
        const int y = by.luma * (luma[x] - zero) + (1 << (SHIFT - 1)), b = cb[x] - WIDE_GRAY,
                  r = cr[x] - WIDE_GRAY;
        out[3 * x] = clamp_8((y + by.r_cr * r) >> SHIFT);
        out[3 * x + 1] = clamp_8((y - by.g_cb * b - by.g_cr * r) >> SHIFT);
        out[3 * x + 2] = clamp_8((y + by.b_cb * b) >> SHIFT);
    }
}

static void rescale(const uint8_t *restrict in, uint8_t *restrict out, size_t width, int from_zero,
                    int factor, int to_zero)
{
    for (size_t x = 0; x < width; x++)
        out[x] = clamp_8((((in[x] - from_zero) * factor + 32768) >> 16) + to_zero);
}

static void join_alpha(const uint8_t *restrict rgb, const uint8_t *restrict alpha, uint8_t *restrict out,
                       size_t width)
{
    for (size_t x = 0; x < width; x++) {
        for (unsigned c = 0; c < 3; c++)
            out[4 * x + c] = rgb[3 * x + c];
        out[4 * x + 3] = alpha[x];
    }
}

typedef float pixel_vector __attribute__((vector_size(16)));

static inline pixel_vector load_pixel(const float from[4])
{
    pixel_vector v;
    memcpy(&v, from, sizeof v);
    return v;
}

/* Correctly rounded, as IEEE 754 demands: the same on every machine. */
static inline pixel_vector square_root(pixel_vector v)
{
#if defined(__SSE4_1__)
    return (pixel_vector)_mm_sqrt_ps((__m128)v);
#else
    for (int i = 0; i < 4; i++)
        v[i] = sqrtf(v[i]);
    return v;
#endif
}

/* Averages the colours of all combinations of inks, one ink at a time: those with and without it. */
static inline pixel_vector ink_average(pixel_vector share)
{
    pixel_vector mean[8];
    for (int i = 0; i < 8; i++) {
        const pixel_vector without = load_pixel(ink_colors[2 * i]), with = load_pixel(ink_colors[2 * i + 1]);
        mean[i] = without + (with - without) * share[3];
    }
    for (int i = 0; i < 4; i++)
        mean[i] = mean[2 * i] + (mean[2 * i + 1] - mean[2 * i]) * share[2];
    for (int i = 0; i < 2; i++)
        mean[i] = mean[2 * i] + (mean[2 * i + 1] - mean[2 * i]) * share[1];
    return mean[0] + (mean[1] - mean[0]) * share[0];
}

static void cmyk_to_rgb(const uint8_t *restrict in, uint8_t *restrict out, size_t width)
{
    const pixel_vector gain = load_pixel(ink_gain);
    for (size_t x = 0; x < width; x++, in += 4) {
        const pixel_vector inks = (pixel_vector){in[0], in[1], in[2], in[3]} * (1.0f / 255);
        pixel_vector color = ink_average(inks + gain * inks * (1 - inks));
        for (int i = 0; i < 3; i++)
            color[i] = color[i] > 0 ? (color[i] < 1 ? color[i] : 1) : 0;
        color = square_root(color) * 255 + 0.5f;
        for (int i = 0; i < 3; i++)
            out[3 * x + i] = (uint8_t)color[i];
    }
}

static void to_8bit(const uint16_t *restrict in, uint8_t *restrict out, size_t samples)
{
    for (size_t i = 0; i < samples; i++)
        out[i] = sample_to_8bit(in[i]);
}

static void gray_8(const uint8_t *restrict in, uint8_t *restrict out, size_t width, unsigned channels)
{
    if (channels == 3) {
        for (size_t x = 0; x < width; x++)
            out[x] = (uint8_t)luma_bt601(in[3 * x], in[3 * x + 1], in[3 * x + 2]);
        return;
    }
    for (size_t x = 0; x < width; x++) {
        out[2 * x] = (uint8_t)luma_bt601(in[4 * x], in[4 * x + 1], in[4 * x + 2]);
        out[2 * x + 1] = in[4 * x + 3];
    }
}

static void gray_16(const uint16_t *restrict in, uint16_t *restrict out, size_t width, unsigned channels)
{
    if (channels == 3) {
        for (size_t x = 0; x < width; x++)
            out[x] = (uint16_t)luma_bt601(in[3 * x], in[3 * x + 1], in[3 * x + 2]);
        return;
    }
    for (size_t x = 0; x < width; x++) {
        out[2 * x] = (uint16_t)luma_bt601(in[4 * x], in[4 * x + 1], in[4 * x + 2]);
        out[2 * x + 1] = in[4 * x + 3];
    }
}

static void spread_8(const uint8_t *restrict in, uint8_t *restrict out, size_t width, unsigned channels)
{
    if (channels == 1) {
        for (size_t x = 0; x < width; x++)
            out[3 * x] = out[3 * x + 1] = out[3 * x + 2] = in[x];
        return;
    }
    for (size_t x = 0; x < width; x++) {
        out[4 * x] = out[4 * x + 1] = out[4 * x + 2] = in[2 * x];
        out[4 * x + 3] = in[2 * x + 1];
    }
}

static void spread_16(const uint16_t *restrict in, uint16_t *restrict out, size_t width, unsigned channels)
{
    if (channels == 1) {
        for (size_t x = 0; x < width; x++)
            out[3 * x] = out[3 * x + 1] = out[3 * x + 2] = in[x];
        return;
    }
    for (size_t x = 0; x < width; x++) {
        out[4 * x] = out[4 * x + 1] = out[4 * x + 2] = in[2 * x];
        out[4 * x + 3] = in[2 * x + 1];
    }
}

const struct color_rows SIMD_NAME(color_rows) = {
    .ycc_to_rgb = ycc_to_rgb,
    .wide_to_rgb = wide_to_rgb,
    .wide_to_ycc = wide_to_ycc,
    .ycc_to_rgb_by = ycc_to_rgb_by,
    .wide_to_rgb_by = wide_to_rgb_by,
    .rescale = rescale,
    .join_alpha = join_alpha,
    .cmyk_to_rgb = cmyk_to_rgb,
    .to_8bit = to_8bit,
    .gray_8 = gray_8,
    .gray_16 = gray_16,
    .spread_8 = spread_8,
    .spread_16 = spread_16,
};
