/* The stages of a pipeline, on blocks of pixels, one array for each channel. */
#include "color/curve_tables.h"
#include "color/float_vector.h"
#include "color/pipeline_rows.h"
#include "color/pixel_vectors.h"

#define INLINE static inline __attribute__((always_inline))

extern const struct table_rows SIMD_NAME(table_rows);

typedef float channels_block[PIPELINE_CHANNELS][PIPELINE_BLOCK];

/* Equally spaced points of 16 bits. `rounded`: so is x. */
INLINE void run_words(const float *value, float last, bool rounded, float *x)
{
    for (size_t i = 0; i < PIPELINE_BLOCK; i += VECTOR_DWORDS) {
        const vf32 in = load_floats(x + i), at = (rounded ? in : word(in)) * last;
        const vi32 low = whole_of(at);
        vf32 left, right;
        look_up_neighbours(value, low, &left, &right);
        store_floats(x + i, round_to_word(left + (right - left) * (at - float_of(low))));
    }
}

/* The same without rounding. */
static void run_even(const float *value, float last, float *x)
{
    for (size_t i = 0; i < PIPELINE_BLOCK; i += VECTOR_DWORDS) {
        const vf32 at = clamp_1(load_floats(x + i)) * last;
        const vi32 low = whole_of(at);
        vf32 left, right;
        look_up_neighbours(value, low, &left, &right);
        store_floats(x + i, left + (right - left) * (at - float_of(low)));
    }
}

/* Points with the same number per octave. */
static void run_octaves(const float *value, float *x)
{
    enum { BITS = MANTISSA_BITS - POINT_BITS, MASK = (1 << BITS) - 1 };
    for (size_t i = 0; i < PIPELINE_BLOCK; i += VECTOR_DWORDS) {
        const vi32 place = clamp_32((vi32)load_floats(x + i), POINT_FIRST, FLOAT_ONE) - POINT_FIRST,
                   low = place >> BITS;
        vf32 left, right;
        look_up_neighbours(value, low, &left, &right);
        store_floats(x + i, left + (right - left) * (float_of(place & MASK) * (1.0f / (1 << BITS))));
    }
}

static void run_curves(const struct color_stage *stage, channels_block v)
{
    for (unsigned c = 0; c < stage->in; c++) {
        if (stage->precise)
            run_even(stage->curve[c], (float)(stage->count[c] - 1), v[c]);
        else if (stage->count[c] > 0 && stage->rounded)
            run_words(stage->curve[c], (float)(stage->count[c] - 1), true, v[c]);
        else if (stage->count[c] > 0)
            run_words(stage->curve[c], (float)(stage->count[c] - 1), false, v[c]);
        else
            run_octaves(stage->curve[c], v[c]);
    }
}

INLINE void multiply(const struct color_stage *stage, unsigned in, unsigned out, channels_block v)
{
    for (size_t i = 0; i < PIPELINE_BLOCK; i += VECTOR_DWORDS) {
        vf32 x[PIPELINE_CHANNELS];
        for (unsigned c = 0; c < in; c++)
            x[c] = load_floats(v[c] + i);
        for (unsigned o = 0; o < out; o++) {
            vf32 sum = broadcast_float(stage->offset[o]);
            for (unsigned c = 0; c < in; c++)
                sum += x[c] * stage->matrix[o][c];
            store_floats(v[o] + i, sum);
        }
    }
}

static void run_matrix(const struct color_stage *stage, channels_block v)
{
    if (stage->in == 3 && stage->out == 3)
        multiply(stage, 3, 3, v);
    else
        multiply(stage, stage->in, stage->out, v);
}

/* f^3, with a straight line near 0 (CIE 15:2004, 8.2.1). */
static void run_cubes(const struct color_stage *stage, channels_block v)
{
    for (unsigned c = 0; c < stage->in; c++) {
        for (size_t i = 0; i < PIPELINE_BLOCK; i += VECTOR_DWORDS) {
            const vf32 f = load_floats(v[c] + i), line = (f - 4.0f / 29) * (108.0f / 841);
            store_floats(v[c] + i,
                         (vf32)if_below(broadcast_float(6.0f / 29), f, (vi32)(f * f * f), (vi32)line));
        }
    }
}

/* The largest channel, or the weighted sum of the channels. */
static void run_gain(const struct color_stage *stage, channels_block v)
{
    float gain[PIPELINE_BLOCK];
    for (size_t i = 0; i < PIPELINE_BLOCK; i += VECTOR_DWORDS) {
        const bool of_max = stage->kind == STAGE_GAIN_OF_MAX;
        vf32 sum = load_floats(v[0] + i) * (of_max ? 1 : stage->matrix[0][0]);
        for (unsigned c = 1; c < stage->in; c++) {
            const vf32 x = load_floats(v[c] + i);
            sum = of_max ? larger(x, sum) : sum + x * stage->matrix[0][c];
        }
        store_floats(gain + i, sum);
    }
    run_octaves(stage->curve[0], gain);
    for (unsigned c = 0; c < stage->in; c++) {
        for (size_t i = 0; i < PIPELINE_BLOCK; i += VECTOR_DWORDS)
            store_floats(v[c] + i, load_floats(v[c] + i) * load_floats(gain + i));
    }
}

static void run(const struct color_stage *stage, unsigned count, channels_block v)
{
    for (; count > 0; count--, stage++) {
        switch (stage->kind) {
        case STAGE_CURVES:
            run_curves(stage, v);
            break;
        case STAGE_MATRIX:
            run_matrix(stage, v);
            break;
        case STAGE_TABLE:
            SIMD_NAME(table_rows).run(stage, v);
            break;
        case STAGE_CUBES:
            run_cubes(stage, v);
            break;
        case STAGE_GAIN_OF_LUMA:
        case STAGE_GAIN_OF_MAX:
            run_gain(stage, v);
            break;
        }
    }
}

/* --- samples: blocks are always whole ------------------------------------------------------------------- */

/* Of greys, with or without alpha. */
static void read_grays(const float *first, const void *in, unsigned depth, unsigned stride, float *v)
{
    for (size_t i = 0; i < PIPELINE_BLOCK; i++) {
        if (depth == 8)
            v[i] = first[((const uint8_t *)in)[i * stride]];
        else
            v[i] = (float)((const uint16_t *)in)[i * stride] * (1.0f / 65535);
    }
}

static void read_8(float (*first)[256], const uint8_t *in, unsigned channels, unsigned stride,
                   channels_block v)
{
    for (size_t i = 0; i < PIPELINE_BLOCK; i += VECTOR_DWORDS) {
        const vi32 pixels = load_pixels_8(in + i * stride, stride);
        for (unsigned c = 0; c < channels; c++)
            store_floats(v[c] + i, look_up_floats(first[c], sample_8(pixels, c)));
    }
}

static void read_16(const uint16_t *in, unsigned channels, unsigned stride, channels_block v)
{
    for (size_t i = 0; i < PIPELINE_BLOCK; i += VECTOR_DWORDS) {
        vi32 samples[PIPELINE_CHANNELS];
        load_pixels_16(in + i * stride, stride, samples);
        for (unsigned c = 0; c < channels; c++)
            store_floats(v[c] + i, float_of(samples[c]) * (1.0f / 65535));
    }
}

/* From light to the nearest samples of 8 bits. */
static inline vi32 find_light(const uint8_t *sample, vf32 light)
{
    return look_up_bytes_at(sample, (clamp_32((vi32)light, BYTE_FIRST, FLOAT_ONE) - BYTE_FIRST) >>
                                        (MANTISSA_BITS - BYTE_BITS));
}

static inline vi32 find_samples(const struct color_stage *last, unsigned channel, unsigned depth, vf32 v)
{
    if (depth == 8 && last->sample[channel] != NULL)
        return find_light(last->sample[channel], v);
    return whole_of(clamp_1(v) * (depth == 8 ? 255.0f : 65535.0f) + 0.5f);
}

static void write_grays(const struct color_stage *last, unsigned depth, unsigned stride, const float *v,
                        void *out)
{
    int32_t samples[PIPELINE_BLOCK];
    for (size_t i = 0; i < PIPELINE_BLOCK; i += VECTOR_DWORDS)
        store(samples + i, find_samples(last, 0, depth, load_floats(v + i)));
    for (size_t i = 0; i < PIPELINE_BLOCK; i++) {
        if (depth == 8)
            ((uint8_t *)out)[i * stride] = (uint8_t)samples[i];
        else
            ((uint16_t *)out)[i * stride] = (uint16_t)samples[i];
    }
}

INLINE void write_colors(const struct color_stage *last, unsigned depth, unsigned channels, unsigned stride,
                         channels_block v, void *out)
{
    for (size_t i = 0; i < PIPELINE_BLOCK; i += VECTOR_DWORDS) {
        vi32 samples[PIPELINE_CHANNELS] = {broadcast_32(0)};
        for (unsigned c = 0; c < channels; c++)
            samples[c] = find_samples(last, c, depth, load_floats(v[c] + i));
        if (depth == 8)
            store_pixels_8((uint8_t *)out + i * stride, stride, samples);
        else
            store_pixels_16((uint16_t *)out + i * stride, stride, samples);
    }
}

/* --- rows ----------------------------------------------------------------------------------------------- */

/* Of one conversion: samples per pixel, alpha included. */
struct strides {
    unsigned from, to;
};

static void read_block(const struct pipeline *pipeline, unsigned depth, unsigned stride, const void *in,
                       channels_block v)
{
    const unsigned channels = pipeline->stage[0].in;
    if (channels == 1)
        read_grays(pipeline->first[0], in, depth, stride, v[0]);
    else if (depth == 8 && stride == 3)
        read_8(pipeline->first, in, 3, 3, v);
    else if (depth == 8)
        read_8(pipeline->first, in, channels, 4, v);
    else if (stride == 3)
        read_16(in, 3, 3, v);
    else
        read_16(in, channels, 4, v);
}

static void write_block(const struct color_stage *last, unsigned depth, unsigned stride, channels_block v,
                        void *out)
{
    if (last->out == 1)
        write_grays(last, depth, stride, v[0], out);
    else if (depth == 8 && stride == 3)
        write_colors(last, 8, 3, 3, v, out);
    else if (depth == 8)
        write_colors(last, 8, last->out, 4, v, out);
    else if (stride == 3)
        write_colors(last, 16, 3, 3, v, out);
    else
        write_colors(last, 16, last->out, 4, v, out);
}

INLINE void block(const struct pipeline *pipeline, unsigned depth, struct strides strides, bool alpha,
                  const void *in, void *out)
{
    const struct color_stage *last = pipeline->stage + pipeline->count - 1;
    const unsigned begun = depth == 8 ? pipeline->begun : 0, ended = depth == 8 && last->sample[0] != NULL;
    uint16_t alphas[PIPELINE_BLOCK] = {0};
    channels_block v;
    for (size_t i = 0; alpha && i < PIPELINE_BLOCK; i++) {
        const size_t at = i * strides.from + strides.from - 1;
        alphas[i] = depth == 8 ? ((const uint8_t *)in)[at] : ((const uint16_t *)in)[at];
    }
    read_block(pipeline, depth, strides.from, in, v);
    run(pipeline->stage + begun, pipeline->count - begun - ended, v);
    write_block(last, depth, strides.to, v, out);
    for (size_t i = 0; alpha && i < PIPELINE_BLOCK; i++) {
        const size_t at = i * strides.to + strides.to - 1;
        if (depth == 8)
            ((uint8_t *)out)[at] = (uint8_t)alphas[i];
        else
            ((uint16_t *)out)[at] = alphas[i];
    }
}

static void row(const struct pipeline *pipeline, unsigned depth, bool alpha, const void *in, void *out,
                size_t width)
{
    const struct strides strides = {pipeline->stage[0].in + alpha,
                                    pipeline->stage[pipeline->count - 1].out + alpha};
    const size_t bytes = depth / 8, read = strides.from * bytes, write = strides.to * bytes;
    uint16_t rest[PIPELINE_BLOCK * (PIPELINE_CHANNELS + 1)] = {0}, results[sizeof rest / sizeof *rest];
    for (size_t x = 0; x < width; x += PIPELINE_BLOCK) {
        const uint8_t *from = (const uint8_t *)in + x * read;
        uint8_t *to = (uint8_t *)out + x * write;
        const size_t left = width - x, n = left < PIPELINE_BLOCK ? left : PIPELINE_BLOCK;
        const bool whole = n == PIPELINE_BLOCK, apart = left * read < PIPELINE_BLOCK * read + PIXEL_READ_PAST;
        if (apart)
            memcpy(rest, from, n * read);
        if (depth == 8)
            block(pipeline, 8, strides, alpha, apart ? rest : (const void *)from,
                  whole ? to : (void *)results);
        else
            block(pipeline, 16, strides, alpha, apart ? rest : (const void *)from,
                  whole ? to : (void *)results);
        if (!whole)
            memcpy(to, results, n * write);
    }
}

const struct pipeline_rows SIMD_NAME(pipeline_rows) = {.run = run, .row = row};
