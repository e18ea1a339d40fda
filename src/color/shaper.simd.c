/* Kernels for shapers. With 8 bits, the light of a pixel, all channels, is one vector of four floats,
 * whatever the machine's vector width: tables are read pixel by pixel. */
#include <string.h>

#include "color/float_vector.h"
#include "color/shaper_tables.h"

typedef float light_vector __attribute__((vector_size(16)));
typedef int32_t int_vector __attribute__((vector_size(16)));
typedef uint32_t number_vector __attribute__((vector_size(16)));

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
        /* Unsigned: numbers from a vector need no extension to 64 bits then. */
        const number_vector at =
            (number_vector)(clamp((int_vector)sum, BYTE_FIRST, FLOAT_ONE) - BYTE_FIRST) >>
            (MANTISSA_BITS - BYTE_BITS);
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

/* Samples of a block, one channel after the other; whole vectors. */
enum { BLOCK = 128 };
_Static_assert(BLOCK % VECTOR_DWORDS == 0, "a block must be whole vectors");

/* Replaces each x by the curve's value, interpolated between two points. */
static inline void look_up(const float *value, float x[BLOCK], size_t count)
{
    enum { BITS = MANTISSA_BITS - POINT_BITS, MASK = (1 << BITS) - 1 };
    for (size_t i = 0; i < count; i += VECTOR_DWORDS) {
        const vi32 place = clamp_32((vi32)load_floats(x + i), POINT_FIRST, FLOAT_ONE) - POINT_FIRST;
        vf32 left, right;
        look_up_neighbours(value, place >> BITS, &left, &right);
        store_floats(x + i, left + (right - left) * (float_of(place & MASK) * (1.0f / (1 << BITS))));
    }
}

/* `sum` becomes a row of the matrix times light. */
static inline void multiply(const float row[3], float light[3][BLOCK], unsigned colors, size_t count,
                            float sum[BLOCK])
{
    for (size_t i = 0; i < count; i += VECTOR_DWORDS) {
        vf32 v = load_floats(light[0] + i) * row[0];
        if (colors == 3)
            v = v + load_floats(light[1] + i) * row[1] + load_floats(light[2] + i) * row[2];
        store_floats(sum + i, v);
    }
}

static inline void block_16(const struct shaper_16 *deep, const uint16_t *in, uint16_t *out, size_t width,
                            unsigned colors, unsigned channels)
{
    float light[3][BLOCK], sum[BLOCK];
    int32_t samples[BLOCK];
    const size_t count = (width + VECTOR_DWORDS - 1) / VECTOR_DWORDS * VECTOR_DWORDS;
    for (unsigned c = 0; c < colors; c++) {
        for (size_t x = 0; x < width; x++)
            light[c][x] = in[x * channels + c] * (1.0f / 65535);
        for (size_t x = width; x < count; x++)
            light[c][x] = 0;
        look_up(deep->value[deep->from[c]], light[c], count);
    }
    for (unsigned c = 0; c < colors; c++) {
        multiply(deep->matrix[c], light, colors, count, sum);
        look_up(deep->value[deep->to[c]], sum, count);
        for (size_t i = 0; i < count; i += VECTOR_DWORDS)
            store(samples + i, whole_of(load_floats(sum + i) + 0.5f));
        for (size_t x = 0; x < width; x++)
            out[x * channels + c] = (uint16_t)samples[x];
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
