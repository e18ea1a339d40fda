#include "color/plain_pipeline.h"

#include <math.h>
#include <string.h>

#include "color/curve_tables.h"

static float clamp_1(float x)
{
    return x > 0 ? (x < 1 ? x : 1) : 0;
}

static float word(float x)
{
    return (float)(int)(clamp_1(x) * 65535 + 0.5f) * (1.0f / 65535);
}

static float curve_of_words(const float *value, unsigned count, float x)
{
    const float at = word(x) * (float)(count - 1);
    const int low = (int)at;
    return word(value[low] + (value[low + 1] - value[low]) * (at - (float)low));
}

static float precise_curve(const float *value, unsigned count, float x)
{
    const float at = clamp_1(x) * (float)(count - 1);
    const int low = (int)at;
    return value[low] + (value[low + 1] - value[low]) * (at - (float)low);
}

static float curve_of_octaves(const float *value, float x)
{
    enum { BITS = MANTISSA_BITS - POINT_BITS };
    const float clamped = clamp_1(x);
    int32_t bits;
    memcpy(&bits, &clamped, sizeof bits);
    const int32_t place = (bits < POINT_FIRST ? POINT_FIRST : bits) - POINT_FIRST;
    const float left = value[place >> BITS], right = value[(place >> BITS) + 1];
    return left + (right - left) * ((float)(place % (1 << BITS)) * (1.0f / (1 << BITS)));
}

static void apply_matrix(const struct color_stage *stage, float v[])
{
    float sum[PIPELINE_CHANNELS];
    for (unsigned o = 0; o < stage->out; o++) {
        sum[o] = stage->offset[o];
        for (unsigned c = 0; c < stage->in; c++)
            sum[o] += v[c] * stage->matrix[o][c];
    }
    memcpy(v, sum, stage->out * sizeof *v);
}

static void apply_gain(const struct color_stage *stage, float v[])
{
    float of = stage->kind == STAGE_GAIN_OF_MAX ? v[0] : v[0] * stage->matrix[0][0];
    for (unsigned c = 1; c < stage->in; c++)
        of = stage->kind == STAGE_GAIN_OF_MAX ? fmaxf(of, v[c]) : of + v[c] * stage->matrix[0][c];
    const float gain = curve_of_octaves(stage->curve[0], of);
    for (unsigned c = 0; c < stage->in; c++)
        v[c] *= gain;
}

/* One channel of the point of the grid with this number. */
static float point(const struct color_stage *stage, size_t at, unsigned channel)
{
    return stage->values[at][channel];
}

static float round_up(float share)
{
    return (float)(int)(share * 65536 + 0.5f) * (1.0f / 65535);
}

/* Adds the edges in the order of their shares. */
static float tetrahedron(const struct color_stage *stage, size_t at, const size_t step[3],
                         const float share[3], unsigned channel)
{
    float weight[3], sum = point(stage, at, channel), from = sum;
    bool used[3] = {false};
    for (unsigned i = 0; i < 3; i++)
        weight[i] = round_up(share[i]);
    for (unsigned i = 0; i < 3; i++) {
        unsigned best = 3;
        for (unsigned axis = 0; axis < 3; axis++) {
            if (!used[axis] && (best == 3 || weight[axis] > weight[best]))
                best = axis;
        }
        used[best] = true;
        at += step[best];
        sum += (point(stage, at, channel) - from) * weight[best];
        from = point(stage, at, channel);
    }
    return sum;
}

static float between(float a, float b, float share)
{
    return a + (b - a) * share;
}

/* Linear on the axes from `axis` on, the first of them varying fastest in the order of rounding. */
static float box(const struct color_stage *stage, size_t at, const size_t step[3], const float share[3],
                 unsigned channel)
{
    float edge[4];
    for (unsigned i = 0; i < 4; i++) {
        const size_t from = at + (i % 2) * step[1] + (i / 2) * step[2];
        edge[i] =
            rintf(between(point(stage, from, channel), point(stage, from + step[0], channel), share[0]));
    }
    return between(rintf(between(edge[0], edge[1], share[1])), rintf(between(edge[2], edge[3], share[1])),
                   share[2]);
}

static void apply_table(const struct color_stage *stage, float v[])
{
    const unsigned n = stage->in;
    size_t step[PIPELINE_CHANNELS] = {0}, at = 0, stride = 1;
    float share[PIPELINE_CHANNELS] = {0};
    for (unsigned axis = n; axis-- > 0;) {
        const float place = word(v[axis]) * (float)(stage->points[axis] - 1);
        const unsigned low =
            place < (float)(stage->points[axis] - 1) ? (unsigned)place : stage->points[axis] - 2;
        share[axis] = place - (float)low;
        at += low * stride;
        step[axis] = stride;
        stride *= stage->points[axis];
    }
    for (unsigned c = 0; c < stage->out; c++) {
        float sum;
        if (n == 1)
            sum = between(point(stage, at, c), point(stage, at + 1, c), share[0]);
        else if (n == 3 && stage->trilinear)
            sum = box(stage, at, step, share, c);
        else if (n == 3)
            sum = tetrahedron(stage, at, step, share, c);
        else
            sum = between(rintf(tetrahedron(stage, at, step + 1, share + 1, c)),
                          rintf(tetrahedron(stage, at + step[0], step + 1, share + 1, c)), share[0]);
        v[c] = clamp_1((float)(int)(sum + 0.5f) * (1.0f / 65535));
    }
}

void plain_pipeline(const struct pipeline *pipeline, float v[PIPELINE_CHANNELS])
{
    for (const struct color_stage *stage = pipeline->stage; stage < pipeline->stage + pipeline->count;
         stage++) {
        switch (stage->kind) {
        case STAGE_CURVES:
            for (unsigned c = 0; c < stage->in; c++)
                v[c] = stage->precise        ? precise_curve(stage->curve[c], stage->count[c], v[c])
                       : stage->count[c] > 0 ? curve_of_words(stage->curve[c], stage->count[c], v[c])
                                             : curve_of_octaves(stage->curve[c], v[c]);
            break;
        case STAGE_MATRIX:
            apply_matrix(stage, v);
            break;
        case STAGE_TABLE:
            apply_table(stage, v);
            break;
        case STAGE_CUBES:
            for (unsigned c = 0; c < stage->in; c++)
                v[c] = v[c] > 6.0f / 29 ? v[c] * v[c] * v[c] : (v[c] - 4.0f / 29) * (108.0f / 841);
            break;
        case STAGE_GAIN_OF_LUMA:
        case STAGE_GAIN_OF_MAX:
            apply_gain(stage, v);
            break;
        }
    }
}

/* --- in doubles ----------------------------------------------------------------------------------------- */

static double clamp(double x)
{
    return x > 0 ? (x < 1 ? x : 1) : 0;
}

static double exact_curve(const struct color_stage *stage, unsigned channel, double x)
{
    const float *value = stage->curve[channel];
    if (stage->count[channel] == 0) /* its points are near enough */
        return curve_of_octaves(value, (float)x);
    const double at = clamp(x) * (stage->count[channel] - 1);
    const int low = (int)at;
    return value[low] + ((double)value[low + 1] - value[low]) * (at - low);
}

/* All corners of the cell, or the tetrahedron's: `trilinear` decides for the last three axes, the first of
 * four is linear. */
static double exact_point(const struct color_stage *stage, const size_t *step, const double *share,
                          unsigned n, size_t at, unsigned channel)
{
    if (n == 0)
        return point(stage, at, channel);
    if (n != 3 || stage->trilinear)
        return (1 - share[0]) * exact_point(stage, step + 1, share + 1, n - 1, at, channel) +
               share[0] * exact_point(stage, step + 1, share + 1, n - 1, at + step[0], channel);
    double sum = point(stage, at, channel), from = sum;
    bool used[3] = {false};
    for (unsigned i = 0; i < 3; i++) {
        unsigned best = 3;
        for (unsigned axis = 0; axis < 3; axis++) {
            if (!used[axis] && (best == 3 || share[axis] > share[best]))
                best = axis;
        }
        used[best] = true;
        at += step[best];
        sum += (point(stage, at, channel) - from) * share[best];
        from = point(stage, at, channel);
    }
    return sum;
}

static void exact_table(const struct color_stage *stage, double v[])
{
    size_t step[PIPELINE_CHANNELS] = {0}, at = 0, stride = 1;
    double share[PIPELINE_CHANNELS] = {0};
    for (unsigned axis = stage->in; axis-- > 0;) {
        const double place = clamp(v[axis]) * (stage->points[axis] - 1);
        const unsigned low = place < stage->points[axis] - 1 ? (unsigned)place : stage->points[axis] - 2;
        share[axis] = place - low;
        at += low * stride;
        step[axis] = stride;
        stride *= stage->points[axis];
    }
    for (unsigned c = 0; c < stage->out; c++)
        v[c] = exact_point(stage, step, share, stage->in, at, c) / 65535;
}

void plain_pipeline_exact(const struct pipeline *pipeline, double v[PIPELINE_CHANNELS])
{
    for (const struct color_stage *stage = pipeline->stage; stage < pipeline->stage + pipeline->count;
         stage++) {
        double sum[PIPELINE_CHANNELS];
        switch (stage->kind) {
        case STAGE_CURVES:
            for (unsigned c = 0; c < stage->in; c++)
                v[c] = exact_curve(stage, c, v[c]);
            break;
        case STAGE_MATRIX:
            for (unsigned o = 0; o < stage->out; o++) {
                sum[o] = stage->offset[o];
                for (unsigned c = 0; c < stage->in; c++)
                    sum[o] += v[c] * stage->matrix[o][c];
            }
            memcpy(v, sum, stage->out * sizeof *v);
            break;
        case STAGE_TABLE:
            exact_table(stage, v);
            break;
        case STAGE_CUBES:
            for (unsigned c = 0; c < stage->in; c++)
                v[c] = v[c] > 6.0 / 29 ? v[c] * v[c] * v[c] : (v[c] - 4.0 / 29) * (108.0 / 841);
            break;
        case STAGE_GAIN_OF_LUMA:
        case STAGE_GAIN_OF_MAX:
            break; /* of HDR: no profile has them */
        }
    }
}
