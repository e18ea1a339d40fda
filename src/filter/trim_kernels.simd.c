/* Comparing pixels with a background. Without early exits within a block, so that compilers vectorise. */
#include "filter/trim_kernels.h"
#include "base/simd.h"

#define INLINE static inline __attribute__((always_inline))

static bool differs_8(const uint8_t *in, size_t pixels, const struct trim_background *background)
{
    uint8_t any = 0;
    for (size_t i = 0; i < pixels * background->channels; i++)
        any |= (uint8_t)((in[i] < background->narrow[0][i]) | (in[i] > background->narrow[1][i]));
    return any != 0;
}

static bool differs_16(const uint16_t *in, size_t pixels, const struct trim_background *background)
{
    uint16_t any = 0;
    for (size_t i = 0; i < pixels * background->channels; i++)
        any |= (uint16_t)((in[i] < background->wide[0][i]) | (in[i] > background->wide[1][i]));
    return any != 0;
}

INLINE uint32_t distance(uint32_t a, uint32_t b)
{
    return a > b ? a - b : b - a;
}

INLINE uint32_t far_pixel(const uint32_t *pixel, unsigned channels, const struct trim_background *background)
{
    const uint32_t alpha = pixel[channels - 1];
    uint32_t any = distance(alpha, background->alpha) > background->alpha_distance;
    for (unsigned c = 0; c + 1 < channels; c++)
        any |= distance(pixel[c] * alpha, background->product[c]) > background->product_distance;
    return any;
}

INLINE bool differs_any_8(const uint8_t *in, size_t pixels, unsigned channels,
                          const struct trim_background *background)
{
    uint32_t any = 0;
    for (size_t x = 0; x < pixels; x++) {
        uint32_t pixel[TRIM_CHANNELS_MAX];
        for (unsigned c = 0; c < channels; c++)
            pixel[c] = in[x * channels + c];
        any |= far_pixel(pixel, channels, background);
    }
    return any != 0;
}

static bool differs_8_alpha(const uint8_t *in, size_t pixels, const struct trim_background *background)
{
    return background->channels == 2 ? differs_any_8(in, pixels, 2, background)
                                     : differs_any_8(in, pixels, 4, background);
}

INLINE bool differs_any_16(const uint16_t *in, size_t pixels, unsigned channels,
                           const struct trim_background *background)
{
    uint32_t any = 0;
    for (size_t x = 0; x < pixels; x++) {
        uint32_t pixel[TRIM_CHANNELS_MAX];
        for (unsigned c = 0; c < channels; c++)
            pixel[c] = in[x * channels + c];
        any |= far_pixel(pixel, channels, background);
    }
    return any != 0;
}

static bool differs_16_alpha(const uint16_t *in, size_t pixels, const struct trim_background *background)
{
    return background->channels == 2 ? differs_any_16(in, pixels, 2, background)
                                     : differs_any_16(in, pixels, 4, background);
}

const struct trim_kernels SIMD_NAME(trim_kernels) = {
    .differs_8 = differs_8,
    .differs_16 = differs_16,
    .differs_8_alpha = differs_8_alpha,
    .differs_16_alpha = differs_16_alpha,
};
