/* Kernels for light: pixel by pixel for tables of bytes, by blocks of one channel for tables of interpolated
 * points. */
#include <string.h>

#include "color/float_vector.h"
#include "color/light_tables.h"

static inline void read_8_pixels(const struct light_8 *light, const uint8_t *in, float *out, size_t width,
                                 unsigned colors, unsigned channels, bool drop)
{
    const unsigned kept = drop ? colors : channels;
    for (size_t x = 0; x < width; x++, in += channels, out += kept) {
        const float alpha = kept > colors ? in[colors] * (1.0f / 255) : 1;
        for (unsigned c = 0; c < colors; c++)
            out[c] = light->light_of[c][in[c]] * alpha;
        if (kept > colors)
            out[colors] = alpha;
    }
}

static void read_8(const struct light *light, const uint8_t *in, float *out, size_t width, unsigned channels,
                   bool drop)
{
    const struct light_8 *tables = (const void *)light;
    switch (channels) {
    case 1:
        read_8_pixels(tables, in, out, width, 1, 1, false);
        return;
    case 2:
        read_8_pixels(tables, in, out, width, 1, 2, drop);
        return;
    case 3:
        read_8_pixels(tables, in, out, width, 3, 3, false);
        return;
    default:
        read_8_pixels(tables, in, out, width, 3, 4, drop);
    }
}

static inline float clamp(float x)
{
    return x > 0 ? (x < 1 ? x : 1) : 0;
}

/* Positive floats have the same order as their bits. */
static inline uint8_t byte_of(const uint8_t *sample, float light)
{
    int32_t bits;
    memcpy(&bits, &light, sizeof bits);
    return sample[((bits < BYTE_FIRST ? BYTE_FIRST : bits) - BYTE_FIRST) >> (MANTISSA_BITS - BYTE_BITS)];
}

static inline void write_8_pixels(const struct light_8 *light, const float *in, uint8_t *out, size_t width,
                                  unsigned colors, unsigned channels)
{
    for (size_t x = 0; x < width; x++, in += channels, out += channels) {
        float scale = 1;
        if (channels > colors) {
            const float alpha = clamp(in[colors]);
            out[colors] = (uint8_t)(int)(alpha * 255 + 0.5f);
            scale = out[colors] > 0 ? 1 / alpha : 0;
        }
        for (unsigned c = 0; c < colors; c++)
            out[c] = byte_of(light->sample[light->table[c]], clamp(in[c] * scale));
    }
}

static void write_8(const struct light *light, const float *in, uint8_t *out, size_t width, unsigned channels)
{
    const struct light_8 *tables = (const void *)light;
    switch (channels) {
    case 1:
        write_8_pixels(tables, in, out, width, 1, 1);
        return;
    case 2:
        write_8_pixels(tables, in, out, width, 1, 2);
        return;
    case 3:
        write_8_pixels(tables, in, out, width, 3, 3);
        return;
    default:
        write_8_pixels(tables, in, out, width, 3, 4);
    }
}

/* The curve's value at x, 0 to 1, interpolated between two points. */
static inline float value_at(const float *value, float x)
{
    enum { BITS = MANTISSA_BITS - POINT_BITS, MASK = (1 << BITS) - 1 };
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const int32_t place = (bits < POINT_FIRST ? POINT_FIRST : bits) - POINT_FIRST;
    const float left = value[place >> BITS], right = value[(place >> BITS) + 1];
    return left + (right - left) * ((float)(place & MASK) * (1.0f / (1 << BITS)));
}

/* value_at of several x. */
static inline vf32 values_at(const float *value, vf32 x)
{
    enum { BITS = MANTISSA_BITS - POINT_BITS, MASK = (1 << BITS) - 1 };
    const vi32 place = clamp_32((vi32)x, POINT_FIRST, FLOAT_ONE) - POINT_FIRST, low = place >> BITS;
    vf32 left, right;
    look_up_neighbours(value, low, &left, &right);
    return left + (right - left) * (float_of(place & MASK) * (1.0f / (1 << BITS)));
}

typedef uint16_t words __attribute__((vector_size(VECTOR_BYTES / 2)));

static inline vf32 light_of_words(const struct light_cubics *read, vi32 samples)
{
    const vf32 w = float_of(samples) * read->scale + read->offset;
    return cubic(&read->cubics, (vi32)w >> (MANTISSA_BITS - 2), w);
}

static void read_by_cubics(const struct light_cubics *read, const uint16_t *in, float *out, size_t samples)
{
    size_t i = 0;
    for (; i + VECTOR_DWORDS <= samples; i += VECTOR_DWORDS)
        store_floats(out + i, light_of_words(read, load_words(in + i)));
    if (i < samples) {
        uint16_t rest[VECTOR_DWORDS] = {0};
        float light[VECTOR_DWORDS];
        memcpy(rest, in + i, (samples - i) * sizeof *in);
        store_floats(light, light_of_words(read, load_words(rest)));
        memcpy(out + i, light, (samples - i) * sizeof *out);
    }
}

/* Samples of one curve. */
static void read_16_samples(const struct light_16 *light, const uint16_t *in, float *out, size_t samples)
{
    const float *value = light->value[light->from[0]];
    size_t i = 0;
    if (light->fits) {
        read_by_cubics(&light->read, in, out, samples);
        return;
    }
    for (; i + VECTOR_DWORDS <= samples; i += VECTOR_DWORDS)
        store_floats(out + i, values_at(value, float_of(load_words(in + i)) * (1.0f / 65535)));
    for (; i < samples; i++)
        out[i] = value_at(value, in[i] * (1.0f / 65535));
}

static inline void write_16_samples(const float *value, const float *in, uint16_t *out, size_t samples)
{
    size_t i = 0;
    for (; i + VECTOR_DWORDS <= samples; i += VECTOR_DWORDS) {
        const words v =
            __builtin_convertvector(whole_of(values_at(value, clamp_1(load_floats(in + i))) + 0.5f), words);
        memcpy(out + i, &v, sizeof v);
    }
    for (; i < samples; i++)
        out[i] = (uint16_t)(int32_t)(value_at(value, clamp(in[i])) + 0.5f);
}

static void read_16(const struct light *light, const uint16_t *in, float *out, size_t width,
                    unsigned channels, bool drop)
{
    const struct light_16 *tables = (const void *)light;
    const unsigned colors = light->colors, kept = drop ? colors : channels;
    if (channels == colors && tables->curves == 1) {
        read_16_samples(tables, in, out, width * colors);
        return;
    }
    for (size_t x = 0; x < width; x++, in += channels, out += kept) {
        const float alpha = kept > colors ? in[colors] * (1.0f / 65535) : 1;
        for (unsigned c = 0; c < colors; c++)
            out[c] = value_at(tables->value[tables->from[c]], in[c] * (1.0f / 65535)) * alpha;
        if (kept > colors)
            out[colors] = alpha;
    }
}

static void write_16(const struct light *light, const float *in, uint16_t *out, size_t width,
                     unsigned channels)
{
    const struct light_16 *tables = (const void *)light;
    const unsigned colors = light->colors;
    if (channels == colors && tables->curves == 1) {
        write_16_samples(tables->value[tables->to[0]], in, out, width * colors);
        return;
    }
    for (size_t x = 0; x < width; x++, in += channels, out += channels) {
        float scale = 1;
        if (channels > colors) {
            const float alpha = clamp(in[colors]);
            out[colors] = (uint16_t)(int32_t)(alpha * 65535 + 0.5f);
            scale = out[colors] > 0 ? 1 / alpha : 0;
        }
        for (unsigned c = 0; c < colors; c++)
            out[c] = (uint16_t)(int32_t)(value_at(tables->value[tables->to[c]], clamp(in[c] * scale)) + 0.5f);
    }
}

const struct light_rows SIMD_NAME(light_rows) = {
    .read_8 = read_8, .read_16 = read_16, .write_8 = write_8, .write_16 = write_16};
