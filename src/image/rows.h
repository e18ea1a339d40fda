/*
 * The inner loops of the conversions: one row, any number of pixels, compiled for each instruction set
 * (alpha.simd.c, color.simd.c). The name gives the depth; `channels` includes alpha. Rows may not overlap.
 */
#ifndef IMAGE_ROWS_H
#define IMAGE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rows with alpha: 2 or 4 channels. */
struct alpha_rows {
    bool (*opaque_8)(const uint8_t *in, size_t width, unsigned channels);
    bool (*opaque_16)(const uint16_t *in, size_t width, unsigned channels);
    void (*drop_8)(const uint8_t *in, uint8_t *out, size_t width, unsigned channels);
    void (*drop_16)(const uint16_t *in, uint16_t *out, size_t width, unsigned channels);
    void (*add_8)(const uint8_t *in, uint8_t *out, size_t width, unsigned channels); /* opaque */
    void (*add_16)(const uint16_t *in, uint16_t *out, size_t width, unsigned channels);
    void (*premultiply_8)(const uint8_t *in, uint16_t *out, size_t width, unsigned channels);
    void (*premultiply_16)(const uint16_t *in, uint16_t *out, size_t width, unsigned channels);
    void (*unpremultiply_8)(const uint16_t *in, uint8_t *out, size_t width, unsigned channels);
    void (*unpremultiply_16)(const uint16_t *in, uint16_t *out, size_t width, unsigned channels);
    /* background: one sample per colour channel. */
    void (*flatten_8)(const uint8_t *in, uint8_t *out, size_t width, unsigned channels,
                      const uint16_t background[3]);
    void (*flatten_16)(const uint16_t *in, uint16_t *out, size_t width, unsigned channels,
                       const uint16_t background[3]);
};

/* Factors from Y, Cb and Cr to R, G and B for a matrix and range: r = luma * (Y - luma_zero) + r_cr * (Cr -
 * 128), and so on, in fixed point of YCC_BITS or, for wide samples, YCC_WIDE_BITS. */
struct ycc_factors {
    int luma_zero, luma, r_cr, g_cb, g_cr, b_cb;
};
enum { YCC_BITS = 16, YCC_WIDE_BITS = 13 };

struct color_rows {
    /* JFIF's matrix, same results as libjpeg. */
    void (*ycc_to_rgb)(const uint8_t *luma, const uint8_t *cb, const uint8_t *cr, uint8_t *out, size_t width);
    /* From wide samples (image/image.h). */
    void (*wide_to_rgb)(const uint16_t *luma, const uint16_t *cb, const uint16_t *cr, uint8_t *out,
                        size_t width);
    void (*wide_to_ycc)(const uint16_t *luma, const uint16_t *cb, const uint16_t *cr, uint8_t *out_luma,
                        uint8_t *out_cb, uint8_t *out_cr, size_t width);
    /* The same two with other factors. */
    void (*ycc_to_rgb_by)(const struct ycc_factors *factors, const uint8_t *luma, const uint8_t *cb,
                          const uint8_t *cr, uint8_t *out, size_t width);
    void (*wide_to_rgb_by)(const struct ycc_factors *factors, const uint16_t *luma, const uint16_t *cb,
                           const uint16_t *cr, uint8_t *out, size_t width);
    /* out = (in - from_zero) * factor / 65536 + to_zero. */
    void (*rescale)(const uint8_t *in, uint8_t *out, size_t width, int from_zero, int factor, int to_zero);
    /* RGB and alpha to RGBA. */
    void (*join_alpha)(const uint8_t *rgb, const uint8_t *alpha, uint8_t *out, size_t width);
    void (*cmyk_to_rgb)(const uint8_t *in, uint8_t *out, size_t width);
    void (*to_8bit)(const uint16_t *in, uint8_t *out, size_t samples);
    /* RGB(A) to grey(A) by libjpeg's integer formula: channels is 3, or 4 with alpha. */
    void (*gray_8)(const uint8_t *in, uint8_t *out, size_t width, unsigned channels);
    void (*gray_16)(const uint16_t *in, uint16_t *out, size_t width, unsigned channels);
    /* Grey(A) to RGB(A): channels is 1, or 2 with alpha. */
    void (*spread_8)(const uint8_t *in, uint8_t *out, size_t width, unsigned channels);
    void (*spread_16)(const uint16_t *in, uint16_t *out, size_t width, unsigned channels);
};

/* round(a * b / 255) for a, b <= 255, exactly; 255 is odd, so there are no ties. */
static inline uint32_t scale_255(uint32_t product)
{
    product += 128;
    return (product + (product >> 8)) >> 8;
}

/* round(a * b / 65535) for a, b <= 65535, exactly; the largest sum fits 32 bits. */
static inline uint32_t scale_65535(uint32_t product)
{
    product += 32768;
    return (product + (product >> 16)) >> 16;
}

/* round(v / 257) for a 16-bit sample v. */
static inline uint8_t sample_to_8bit(uint32_t v)
{
    return (uint8_t)((v * 255 + 32895) >> 16);
}

/* BT.601 luma in libjpeg's 16-bit fixed point; the factors sum to 65536, so grey is unchanged. With all
 * samples 65535 the sum is 65536 * 65535 + 32768, which fits 32 bits. */
static inline uint32_t luma_bt601(uint32_t r, uint32_t g, uint32_t b)
{
    return (19595 * r + 38470 * g + 7471 * b + 32768) >> 16;
}

#endif
