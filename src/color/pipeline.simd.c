/* The stages of a pipeline, on blocks of pixels, one array for each channel. */
#include <math.h>
#include <string.h>

#include "color/curve_tables.h"
#include "color/pipeline_rows.h"

typedef float channels_block[PIPELINE_CHANNELS][PIPELINE_BLOCK];

static inline float clamp_1(float x)
{
    return x > 0 ? (x < 1 ? x : 1) : 0;
}

/* Rounded to 16 bits, 0 to 1. lcms2 does this before and after each table: near black, where a step of 16
 * bits in light is many in a sample, only the same rounding gives the same result. */
static inline float word(float x)
{
    return (float)(int32_t)(clamp_1(x) * 65535 + 0.5f) * (1.0f / 65535);
}

/* Equally spaced points of 16 bits. */
static void run_words(const float *restrict value, float last, float *restrict x)
{
    for (size_t i = 0; i < PIPELINE_BLOCK; i++) {
        const float at = word(x[i]) * last;
        const int32_t low = (int32_t)at;
        x[i] = word(value[low] + (value[low + 1] - value[low]) * (at - (float)low));
    }
}

/* Points with the same number per octave. */
static void run_octaves(const float *restrict value, float *restrict x)
{
    enum { BITS = MANTISSA_BITS - POINT_BITS, MASK = (1 << BITS) - 1 };
    for (size_t i = 0; i < PIPELINE_BLOCK; i++) {
        const float clamped = clamp_1(x[i]);
        int32_t bits;
        memcpy(&bits, &clamped, sizeof bits);
        const int32_t place = (bits < POINT_FIRST ? POINT_FIRST : bits) - POINT_FIRST;
        const float left = value[place >> BITS], right = value[(place >> BITS) + 1];
        x[i] = left + (right - left) * ((float)(place & MASK) * (1.0f / (1 << BITS)));
    }
}

static void run_curves(const struct color_stage *stage, channels_block v)
{
    for (unsigned c = 0; c < stage->in; c++) {
        if (stage->count[c] > 0)
            run_words(stage->curve[c], (float)(stage->count[c] - 1), v[c]);
        else
            run_octaves(stage->curve[c], v[c]);
    }
}

static void run_matrix(const struct color_stage *stage, channels_block v)
{
    channels_block sum;
    for (unsigned o = 0; o < stage->out; o++) {
        for (size_t i = 0; i < PIPELINE_BLOCK; i++)
            sum[o][i] = stage->offset[o];
        for (unsigned c = 0; c < stage->in; c++) {
            const float factor = stage->matrix[o][c];
            for (size_t i = 0; i < PIPELINE_BLOCK; i++)
                sum[o][i] += factor * v[c][i];
        }
    }
    memcpy(v, sum, stage->out * sizeof sum[0]);
}

/* f^3, with a straight line near 0 (CIE 15:2004, 8.2.1). */
static void run_cubes(const struct color_stage *stage, channels_block v)
{
    for (unsigned c = 0; c < stage->in; c++) {
        for (size_t i = 0; i < PIPELINE_BLOCK; i++) {
            const float f = v[c][i];
            v[c][i] = f > 6.0f / 29 ? f * f * f : (f - 4.0f / 29) * (108.0f / 841);
        }
    }
}

/* The largest channel, or the weighted sum of the channels. */
static void run_gain(const struct color_stage *stage, channels_block v)
{
    float gain[PIPELINE_BLOCK];
    if (stage->kind == STAGE_GAIN_OF_MAX) {
        memcpy(gain, v[0], sizeof gain);
        for (unsigned c = 1; c < stage->in; c++) {
            for (size_t i = 0; i < PIPELINE_BLOCK; i++)
                gain[i] = v[c][i] > gain[i] ? v[c][i] : gain[i];
        }
    } else {
        for (size_t i = 0; i < PIPELINE_BLOCK; i++)
            gain[i] = stage->matrix[0][0] * v[0][i];
        for (unsigned c = 1; c < stage->in; c++) {
            for (size_t i = 0; i < PIPELINE_BLOCK; i++)
                gain[i] += stage->matrix[0][c] * v[c][i];
        }
    }
    run_octaves(stage->curve[0], gain);
    for (unsigned c = 0; c < stage->in; c++) {
        for (size_t i = 0; i < PIPELINE_BLOCK; i++)
            v[c][i] *= gain[i];
    }
}

/* The grid cell that contains x, 0 to 1, on one axis, and the weight of its far side. */
static inline size_t cell(float x, unsigned points, float *share)
{
    const float at = clamp_1(x) * (float)(points - 1);
    unsigned low = (unsigned)(int)at;
    if (low > points - 2)
        low = points - 2;
    *share = at - (float)low;
    return low;
}

/* Interpolates on three axes with strides `step`, along the edges of a tetrahedron, largest weight first. */
static inline void tetrahedron(const float *corner, const size_t step[3], const float share[3], unsigned out,
                               float *result)
{
    unsigned first = 0, second = 1, third = 2, t;
    if (share[first] < share[second])
        t = first, first = second, second = t;
    if (share[second] < share[third])
        t = second, second = third, third = t;
    if (share[first] < share[second])
        t = first, first = second, second = t;
    const float *a = corner + step[first], *b = a + step[second], *c = b + step[third];
    for (unsigned o = 0; o < out; o++)
        result[o] = corner[o] + (a[o] - corner[o]) * share[first] + (b[o] - a[o]) * share[second] +
                    (c[o] - b[o]) * share[third];
}

/* The weighted mean of the eight corners of a cell, rounded on every axis. */
static inline void box(const float *corner, const size_t step[3], const float share[3], unsigned out,
                       float *result)
{
    for (unsigned o = 0; o < out; o++) {
        float edge[4];
        for (unsigned i = 0; i < 4; i++) {
            const float *at = corner + (i & 1 ? step[1] : 0) + (i & 2 ? step[2] : 0) + o;
            edge[i] = word(at[0] + (at[step[0]] - at[0]) * share[0]);
        }
        const float near = word(edge[0] + (edge[1] - edge[0]) * share[1]),
                    far = word(edge[2] + (edge[3] - edge[2]) * share[1]);
        result[o] = near + (far - near) * share[2];
    }
}

/* lcms2's weight for the edges of a tetrahedron: of 16 bits, divided by 65535 instead of 65536. */
static inline float edge_weight(float share)
{
    return (float)(int32_t)(share * 65536 + 0.5f) * (1.0f / 65535);
}

static inline void look_up(const struct color_stage *stage, const float *x, float *result)
{
    const unsigned n = stage->in, out = stage->out;
    size_t step[PIPELINE_CHANNELS], at = 0, stride = out;
    float share[PIPELINE_CHANNELS], far[PIPELINE_CHANNELS];
    for (unsigned axis = n; axis-- > 0;) {
        at += stride * cell(x[axis], stage->points[axis], &share[axis]);
        step[axis] = stride;
        stride *= stage->points[axis];
    }
    const float *corner = stage->values + at;
    if (n == 1) {
        for (unsigned o = 0; o < out; o++)
            result[o] = corner[o] + (corner[step[0] + o] - corner[o]) * share[0];
        return;
    }
    if (n == 3 && stage->trilinear) {
        box(corner, step, share, out, result);
        return;
    }
    for (unsigned axis = n - 3; axis < n; axis++)
        share[axis] = edge_weight(share[axis]);
    if (n == 3) {
        tetrahedron(corner, step, share, out, result);
        return;
    }
    tetrahedron(corner, step + 1, share + 1, out, result);
    tetrahedron(corner + step[0], step + 1, share + 1, out, far);
    for (unsigned o = 0; o < out; o++) {
        const float near = word(result[o]);
        result[o] = near + (word(far[o]) - near) * share[0];
    }
}

static void run_table(const struct color_stage *stage, channels_block v)
{
    for (size_t i = 0; i < PIPELINE_BLOCK; i++) {
        float x[PIPELINE_CHANNELS], result[PIPELINE_CHANNELS];
        for (unsigned c = 0; c < stage->in; c++)
            x[c] = word(v[c][i]);
        look_up(stage, x, result);
        for (unsigned c = 0; c < stage->out; c++)
            v[c][i] = word(result[c]);
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
            run_table(stage, v);
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

const struct pipeline_rows SIMD_NAME(pipeline_rows) = {.run = run};
