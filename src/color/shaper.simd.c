/* Kernels for shapers. With 8 bits, the light of a pixel, all channels, is one vector of four floats,
 * whatever the machine's vector width: tables are read pixel by pixel. */
#include <string.h>

#include "color/shaper_tables.h"

#if defined(__SSE4_1__)
#include <immintrin.h>
#endif

typedef float light_vector __attribute__((vector_size(16)));
typedef int32_t int_vector __attribute__((vector_size(16)));

static inline int_vector clamp(int_vector v, int32_t low, int32_t high)
{
#if defined(__SSE4_1__)
    return (int_vector)_mm_min_epi32(_mm_max_epi32((__m128i)v, _mm_set1_epi32(low)), _mm_set1_epi32(high));
#else
    for (int i = 0; i < 4; i++)
        v[i] = v[i] < low ? low : v[i] > high ? high : v[i];
    return v;
#endif
}

static void gray_8(const struct shaper *shaper, const uint8_t *in, uint8_t *out, size_t width,
                   unsigned channels)
{
    const uint8_t *sample = ((const struct gray_shaper_8 *)shaper)->sample;
    for (size_t x = 0; x < width; x++) {
        out[x * channels] = sample[in[x * channels]];
        if (channels == 2)
            out[2 * x + 1] = in[2 * x + 1];
    }
}

/* Positive floats have the same order as their bits; negative floats have negative bits. */
static inline void rgb_8_pixels(const struct rgb_shaper_8 *rgb, const uint8_t *in, uint8_t *out, size_t width,
                                unsigned channels)
{
    const uint8_t *const r = rgb->sample[rgb->table[0]], *const g = rgb->sample[rgb->table[1]],
                         *const b = rgb->sample[rgb->table[2]];
    for (size_t x = 0; x < width; x++, in += channels, out += channels) {
        const light_vector sum = *(const light_vector *)(const void *)rgb->light[0][in[0]] +
                                 *(const light_vector *)(const void *)rgb->light[1][in[1]] +
                                 *(const light_vector *)(const void *)rgb->light[2][in[2]];
        const int_vector at =
            (clamp((int_vector)sum, BYTE_FIRST, FLOAT_ONE) - BYTE_FIRST) >> (MANTISSA_BITS - BYTE_BITS);
        out[0] = r[at[0]];
        out[1] = g[at[1]];
        out[2] = b[at[2]];
        if (channels == 4)
            out[3] = in[3];
    }
}

static void rgb_8(const struct shaper *shaper, const uint8_t *in, uint8_t *out, size_t width,
                  unsigned channels)
{
    if (channels == 4)
        rgb_8_pixels((const void *)shaper, in, out, width, 4);
    else
        rgb_8_pixels((const void *)shaper, in, out, width, 3);
}

/* Samples of a block, one channel after the other, so that SIMD can look up several at once. */
enum { BLOCK = 128 };

/* Replaces each x by the curve's value, interpolated between two points. */
static inline void look_up(const float *restrict value, float *restrict x, size_t count)
{
    enum { BITS = MANTISSA_BITS - POINT_BITS, MASK = (1 << BITS) - 1 };
    int32_t at[BLOCK];
    memcpy(at, x, count * sizeof *at);
    for (size_t i = 0; i < count; i++) {
        const int32_t low = at[i] < POINT_FIRST ? POINT_FIRST : at[i],
                      place = (low > FLOAT_ONE ? FLOAT_ONE : low) - POINT_FIRST;
        const float left = value[place >> BITS], right = value[(place >> BITS) + 1];
        x[i] = left + (right - left) * ((float)(place & MASK) * (1.0f / (1 << BITS)));
    }
}

static inline void block_16(const struct shaper_16 *deep, const uint16_t *in, uint16_t *out, size_t width,
                            unsigned colors, unsigned channels)
{
    float light[3][BLOCK], sum[BLOCK];
    for (unsigned c = 0; c < colors; c++) {
        for (size_t x = 0; x < width; x++)
            light[c][x] = in[x * channels + c] * (1.0f / 65535);
        look_up(deep->value[deep->from[c]], light[c], width);
    }
    for (unsigned c = 0; c < colors; c++) {
        const float *matrix = deep->matrix[c];
        for (size_t x = 0; x < width; x++)
            sum[x] = colors == 1
                         ? matrix[0] * light[0][x]
                         : matrix[0] * light[0][x] + matrix[1] * light[1][x] + matrix[2] * light[2][x];
        look_up(deep->value[deep->to[c]], sum, width);
        for (size_t x = 0; x < width; x++)
            out[x * channels + c] = (uint16_t)(int32_t)(sum[x] + 0.5f);
    }
    for (size_t x = 0; channels > colors && x < width; x++)
        out[x * channels + colors] = in[x * channels + colors];
}

static inline void pixels_16(const struct shaper_16 *deep, const uint16_t *in, uint16_t *out, size_t width,
                             unsigned colors, unsigned channels)
{
    for (size_t x = 0; x < width; x += BLOCK)
        block_16(deep, in + x * channels, out + x * channels, width - x < BLOCK ? width - x : BLOCK, colors,
                 channels);
}

static void gray_16(const struct shaper *shaper, const uint16_t *in, uint16_t *out, size_t width,
                    unsigned channels)
{
    pixels_16((const void *)shaper, in, out, width, 1, channels);
}

static void rgb_16(const struct shaper *shaper, const uint16_t *in, uint16_t *out, size_t width,
                   unsigned channels)
{
    if (channels == 4)
        pixels_16((const void *)shaper, in, out, width, 3, 4);
    else
        pixels_16((const void *)shaper, in, out, width, 3, 3);
}

const struct shaper_rows SIMD_NAME(shaper_rows) = {
    .gray_8 = gray_8, .rgb_8 = rgb_8, .gray_16 = gray_16, .rgb_16 = rgb_16};
