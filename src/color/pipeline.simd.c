/* The stages of a pipeline, on blocks of pixels, one array for each channel. */
#include "color/curve_tables.h"
#include "color/float_vector.h"
#include "color/pipeline_rows.h"

#define INLINE static inline __attribute__((always_inline))

extern const struct table_rows SIMD_NAME(table_rows);

typedef float channels_block[PIPELINE_CHANNELS][PIPELINE_BLOCK];

/* Rounded to 16 bits, 0 to 1 (as for tables: color/table.simd.c). */
static inline vf32 word(vf32 x)
{
    return float_of(whole_of(clamp_1(x) * 65535 + 0.5f)) * (1.0f / 65535);
}

/* Equally spaced points of 16 bits. */
static void run_words(const float *value, float last, float *x)
{
    for (size_t i = 0; i < PIPELINE_BLOCK; i += VECTOR_DWORDS) {
        const vf32 at = word(load_floats(x + i)) * last;
        const vi32 low = whole_of(at);
        vf32 left, right;
        look_up_neighbours(value, low, &left, &right);
        store_floats(x + i, word(left + (right - left) * (at - float_of(low))));
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
        else if (stage->count[c] > 0)
            run_words(stage->curve[c], (float)(stage->count[c] - 1), v[c]);
        else
            run_octaves(stage->curve[c], v[c]);
    }
}

static void run_matrix(const struct color_stage *stage, channels_block v)
{
    for (size_t i = 0; i < PIPELINE_BLOCK; i += VECTOR_DWORDS) {
        vf32 x[PIPELINE_CHANNELS];
        for (unsigned c = 0; c < stage->in; c++)
            x[c] = load_floats(v[c] + i);
        for (unsigned o = 0; o < stage->out; o++) {
            vf32 sum = broadcast_float(stage->offset[o]);
            for (unsigned c = 0; c < stage->in; c++)
                sum += x[c] * stage->matrix[o][c];
            store_floats(v[o] + i, sum);
        }
    }
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

INLINE void read_pixels_8(float (*first)[256], const uint8_t *in, unsigned channels, unsigned stride,
                          channels_block v)
{
    for (size_t i = 0; i < PIPELINE_BLOCK; i++, in += stride) {
        for (unsigned c = 0; c < channels; c++)
            v[c][i] = first[c][in[c]];
    }
}

static void read_8(float (*first)[256], const uint8_t *in, unsigned channels, unsigned stride,
                   channels_block v)
{
    if (channels == 4)
        read_pixels_8(first, in, 4, 4, v);
    else if (channels == 3 && stride == 3)
        read_pixels_8(first, in, 3, 3, v);
    else if (channels == 3)
        read_pixels_8(first, in, 3, 4, v);
    else
        read_pixels_8(first, in, 1, stride, v);
}

INLINE void read_pixels_16(const uint16_t *in, unsigned channels, unsigned stride, channels_block v)
{
    for (size_t i = 0; i < PIPELINE_BLOCK; i++, in += stride) {
        for (unsigned c = 0; c < channels; c++)
            v[c][i] = in[c] * (1.0f / 65535);
    }
}

static void read_16(const uint16_t *in, unsigned channels, unsigned stride, channels_block v)
{
    if (channels == 4)
        read_pixels_16(in, 4, 4, v);
    else if (channels == 3 && stride == 3)
        read_pixels_16(in, 3, 3, v);
    else if (channels == 3)
        read_pixels_16(in, 3, 4, v);
    else
        read_pixels_16(in, 1, stride, v);
}

typedef int32_t numbers_block[PIPELINE_CHANNELS][PIPELINE_BLOCK];

/* Places of light in the tables of the last stage's curves. */
static void find_light(unsigned channels, channels_block v, numbers_block at)
{
    for (unsigned c = 0; c < channels; c++) {
        for (size_t i = 0; i < PIPELINE_BLOCK; i += VECTOR_DWORDS)
            store(at[c] + i, (clamp_32((vi32)load_floats(v[c] + i), BYTE_FIRST, FLOAT_ONE) - BYTE_FIRST) >>
                                 (MANTISSA_BITS - BYTE_BITS));
    }
}

static void find_samples(unsigned channels, channels_block v, float max, numbers_block sample)
{
    for (unsigned c = 0; c < channels; c++) {
        for (size_t i = 0; i < PIPELINE_BLOCK; i += VECTOR_DWORDS)
            store(sample[c] + i, whole_of(clamp_1(load_floats(v[c] + i)) * max + 0.5f));
    }
}

INLINE void look_up_pixels(const uint8_t *const sample[PIPELINE_CHANNELS], numbers_block at,
                           unsigned channels, unsigned stride, uint8_t *out)
{
    for (size_t i = 0; i < PIPELINE_BLOCK; i++, out += stride) {
        for (unsigned c = 0; c < channels; c++)
            out[c] = sample[c][at[c][i]];
    }
}

/* From light to the nearest samples. */
static void write_light(const struct color_stage *last, channels_block v, unsigned stride, uint8_t *out)
{
    numbers_block at;
    const uint8_t *const sample[PIPELINE_CHANNELS] = {last->sample[0], last->sample[1], last->sample[2]};
    find_light(last->out, v, at);
    if (last->out == 3 && stride == 3)
        look_up_pixels(sample, at, 3, 3, out);
    else if (last->out == 3)
        look_up_pixels(sample, at, 3, 4, out);
    else
        look_up_pixels(sample, at, 1, stride, out);
}

INLINE void write_pixels_8(numbers_block sample, unsigned channels, unsigned stride, uint8_t *out)
{
    for (size_t i = 0; i < PIPELINE_BLOCK; i++, out += stride) {
        for (unsigned c = 0; c < channels; c++)
            out[c] = (uint8_t)sample[c][i];
    }
}

static void write_8(unsigned channels, channels_block v, unsigned stride, uint8_t *out)
{
    numbers_block sample;
    find_samples(channels, v, 255, sample);
    if (channels == 4)
        write_pixels_8(sample, 4, 4, out);
    else if (channels == 3 && stride == 3)
        write_pixels_8(sample, 3, 3, out);
    else if (channels == 3)
        write_pixels_8(sample, 3, 4, out);
    else
        write_pixels_8(sample, 1, stride, out);
}

INLINE void write_pixels_16(numbers_block sample, unsigned channels, unsigned stride, uint16_t *out)
{
    for (size_t i = 0; i < PIPELINE_BLOCK; i++, out += stride) {
        for (unsigned c = 0; c < channels; c++)
            out[c] = (uint16_t)sample[c][i];
    }
}

static void write_16(unsigned channels, channels_block v, unsigned stride, uint16_t *out)
{
    numbers_block sample;
    find_samples(channels, v, 65535, sample);
    if (channels == 4)
        write_pixels_16(sample, 4, 4, out);
    else if (channels == 3 && stride == 3)
        write_pixels_16(sample, 3, 3, out);
    else if (channels == 3)
        write_pixels_16(sample, 3, 4, out);
    else
        write_pixels_16(sample, 1, stride, out);
}

/* --- rows ----------------------------------------------------------------------------------------------- */

/* Of one conversion: samples per pixel, alpha included. */
struct strides {
    unsigned from, to;
};

static void block_8(const struct pipeline *pipeline, struct strides strides, bool alpha, const uint8_t *in,
                    uint8_t *out)
{
    const struct color_stage *last = pipeline->stage + pipeline->count - 1;
    const bool light = last->sample[0] != NULL;
    channels_block v;
    read_8(pipeline->first, in, pipeline->stage[0].in, strides.from, v);
    run(pipeline->stage + pipeline->begun, pipeline->count - pipeline->begun - light, v);
    uint8_t alphas[PIPELINE_BLOCK] = {0};
    for (size_t i = 0; alpha && i < PIPELINE_BLOCK; i++)
        alphas[i] = in[i * strides.from + strides.from - 1];
    if (light)
        write_light(last, v, strides.to, out);
    else
        write_8(last->out, v, strides.to, out);
    for (size_t i = 0; alpha && i < PIPELINE_BLOCK; i++)
        out[i * strides.to + strides.to - 1] = alphas[i];
}

static void block_16(const struct pipeline *pipeline, struct strides strides, bool alpha, const uint16_t *in,
                     uint16_t *out)
{
    channels_block v;
    read_16(in, pipeline->stage[0].in, strides.from, v);
    run(pipeline->stage, pipeline->count, v);
    uint16_t alphas[PIPELINE_BLOCK] = {0};
    for (size_t i = 0; alpha && i < PIPELINE_BLOCK; i++)
        alphas[i] = in[i * strides.from + strides.from - 1];
    write_16(pipeline->stage[pipeline->count - 1].out, v, strides.to, out);
    for (size_t i = 0; alpha && i < PIPELINE_BLOCK; i++)
        out[i * strides.to + strides.to - 1] = alphas[i];
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
        const size_t n = width - x;
        const bool whole = n >= PIPELINE_BLOCK;
        if (!whole)
            memcpy(rest, from, n * read);
        if (depth == 8)
            block_8(pipeline, strides, alpha, whole ? from : (uint8_t *)rest,
                    whole ? to : (uint8_t *)results);
        else
            block_16(pipeline, strides, alpha, whole ? (const void *)from : rest,
                     whole ? (void *)to : results);
        if (!whole)
            memcpy(to, results, n * write);
    }
}

const struct pipeline_rows SIMD_NAME(pipeline_rows) = {.run = run, .row = row};
