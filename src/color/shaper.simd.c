/* Kernels of shapers. A pixel's light, of all channels, is one vector of four floats, whatever the machine's
 * width: tables are read pixel by pixel, and wider gathers are no faster. */
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

/* Positive floats are ordered as their bits; negative ones have negative bits. */
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

static inline float look_up(const float *value, float x)
{
    enum { BITS = MANTISSA_BITS - POINT_BITS };
    int32_t at;
    memcpy(&at, &x, sizeof at);
    at = (at < POINT_FIRST ? POINT_FIRST : at > FLOAT_ONE ? FLOAT_ONE : at) - POINT_FIRST;
    const float *left = value + (at >> BITS);
    return left[0] + (left[1] - left[0]) * ((float)(at & ((1 << BITS) - 1)) * (1.0f / (1 << BITS)));
}

static inline void pixels_16(const struct shaper_16 *deep, const uint16_t *in, uint16_t *out, size_t width,
                             unsigned colors, unsigned channels)
{
    for (size_t x = 0; x < width; x++, in += channels, out += channels) {
        float light[3];
        for (unsigned c = 0; c < colors; c++)
            light[c] = look_up(deep->value[deep->from[c]], in[c] * (1.0f / 65535));
        for (unsigned c = 0; c < colors; c++) {
            float sum = deep->matrix[c][0] * light[0];
            for (unsigned i = 1; i < colors; i++)
                sum += deep->matrix[c][i] * light[i];
            out[c] = (uint16_t)(look_up(deep->value[deep->to[c]], sum) + 0.5f);
        }
        if (channels > colors)
            out[colors] = in[colors];
    }
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
