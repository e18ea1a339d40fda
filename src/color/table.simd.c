/* Interpolation in a grid of points. First the cells and the weights of a block are found, with as many
 * pixels in a vector as it has elements: then each lane of a vector is all channels of a point, so that a
 * load gets them at once. Two loops, so that the processor works on several vectors of each at the same time.
 */
#include "color/float_vector.h"
#include "color/pipeline_rows.h"
#include "color/pixel_vectors.h"

#define INLINE static inline __attribute__((always_inline))

enum { POINT_PAIRS = 2, CORNERS = 4 }; /* a point is two pairs of floats: places are numbers of pairs */

/* Of a block: */
struct cells {
    uint32_t corner[CORNERS][PIPELINE_BLOCK]; /* places of points: without a tetrahedron only the first */
    float weight[PIPELINE_CHANNELS]
                [PIPELINE_BLOCK];     /* of a tetrahedron's edges, never rising, or of an axis */
    uint32_t step[PIPELINE_CHANNELS]; /* from one point to the next of the axis */
};

/* The shares of the far sides of cells: weights, before they are those of a tetrahedron's edges. */
struct shares {
    vf32 axis[PIPELINE_CHANNELS];
};

INLINE vi32 find_place(const struct color_stage *stage, unsigned in,
                       float v[PIPELINE_CHANNELS][PIPELINE_BLOCK], size_t i, const uint32_t *step,
                       struct shares *shares)
{
    vf32 place = broadcast_float(0); /* whole, and below 2^24 */
    for (unsigned axis = 0; axis < in; axis++) {
        const float last = (float)(stage->points[axis] - 1);
        const vf32 sample = load_floats(v[axis] + i), at = (stage->rounded ? sample : word(sample)) * last,
                   low = smaller(float_of(whole_of(at)), broadcast_float(last - 1));
        shares->axis[axis] = at - low;
        place += low * (float)step[axis];
    }
    return whole_of(place);
}

/* lcms2's weight for the edges of a tetrahedron: of 16 bits, divided by 65535 instead of 65536. */
INLINE vf32 edge_weight(vf32 share)
{
    return float_of(whole_of(share * 65536 + 0.5f)) * (1.0f / 65535);
}

/* The edges go along the last three axes in the order of their shares, the largest first. */
INLINE void find_edges(vi32 at, const vf32 *share, const uint32_t *step, float *weight, struct cells *cells,
                       size_t i)
{
    const vf32 a = edge_weight(share[0]), b = edge_weight(share[1]), c = edge_weight(share[2]),
               high = larger(a, b), low = smaller(a, b);
    const vi32 x = broadcast_32((int32_t)step[0]), y = broadcast_32((int32_t)step[1]),
               z = broadcast_32((int32_t)step[2]), last = at + (x + y + z);
    store_floats(weight + i, larger(high, c));
    store_floats(weight + PIPELINE_BLOCK + i, larger(low, smaller(high, c)));
    store_floats(weight + 2 * PIPELINE_BLOCK + i, smaller(low, c));
    store(cells->corner[1] + i, at + if_below(high, c, z, if_below(a, b, y, x)));
    store(cells->corner[2] + i, last - if_below(low, c, if_below(a, b, x, y), z));
    store(cells->corner[3] + i, last);
}

INLINE void find_cells(const struct color_stage *stage, unsigned in,
                       float v[PIPELINE_CHANNELS][PIPELINE_BLOCK], bool edges, struct cells *cells)
{
    uint32_t step = POINT_PAIRS;
    for (unsigned axis = in; axis-- > 0;) {
        cells->step[axis] = step;
        step *= stage->points[axis];
    }
    for (size_t i = 0; i < PIPELINE_BLOCK; i += VECTOR_DWORDS) {
        struct shares shares;
        const vi32 at = find_place(stage, in, v, i, cells->step, &shares);
        store(cells->corner[0] + i, at);
        for (unsigned axis = 0; axis < (edges ? in - 3 : in); axis++)
            store_floats(cells->weight[axis] + i, shares.axis[axis]);
        if (edges)
            find_edges(at, shares.axis + in - 3, cells->step + in - 3, cells->weight[in - 3], cells, i);
    }
}

/* --- points --------------------------------------------------------------------------------------------- */

INLINE const float *point(const double *values, const uint32_t *at, size_t i)
{
    return (const float *)(const void *)(values + at[i]);
}

/* For each lane, one point: that of the first of four pixels whose places it has. */
INLINE vf32 load_points(const double *values, const uint32_t *at)
{
#if defined(__AVX512BW__)
    __m512 v = _mm512_castps128_ps512(_mm_load_ps(point(values, at, 0)));
    v = _mm512_insertf32x4(v, _mm_load_ps(point(values, at, LANE_PIXELS)), 1);
    v = _mm512_insertf32x4(v, _mm_load_ps(point(values, at, 2 * LANE_PIXELS)), 2);
    return (vf32)_mm512_insertf32x4(v, _mm_load_ps(point(values, at, 3 * LANE_PIXELS)), 3);
#elif defined(__AVX2__)
    return (vf32)_mm256_insertf128_ps(_mm256_castps128_ps256(_mm_load_ps(point(values, at, 0))),
                                      _mm_load_ps(point(values, at, LANE_PIXELS)), 1);
#else
    return load_floats(point(values, at, 0));
#endif
}

INLINE vf32 between(vf32 a, vf32 b, vf32 share)
{
    return a + (b - a) * share;
}

/* `at`: of the first of a lane's four pixels; k: which of them. */
INLINE vf32 tetrahedron(const double *values, const struct cells *cells, const float *weight, size_t i,
                        unsigned k)
{
    vf32 from = load_points(values, cells->corner[0] + i + k), sum = from;
    for (unsigned e = 0; e < 3; e++) {
        const vf32 to = load_points(values, cells->corner[e + 1] + i + k);
        sum += (to - from) * spread(load_floats(weight + e * PIPELINE_BLOCK + i), k);
        from = to;
    }
    return sum;
}

/* Of neighbours on the last axis, whose points are one after the other: of the pixels of a vector, the points
 * on both sides. */
struct both {
    vf32 half[2];
};

INLINE struct both load_both(const double *values, const uint32_t *at)
{
#if defined(__AVX512BW__)
    const __m512 a = _mm512_castps256_ps512(_mm256_loadu_ps(point(values, at, 0))),
                 b = _mm512_castps256_ps512(_mm256_loadu_ps(point(values, at, 2 * LANE_PIXELS)));
    return (struct both){
        {(vf32)_mm512_insertf32x8(a, _mm256_loadu_ps(point(values, at, LANE_PIXELS)), 1),
         (vf32)_mm512_insertf32x8(b, _mm256_loadu_ps(point(values, at, 3 * LANE_PIXELS)), 1)}};
#elif defined(__AVX2__)
    return (struct both){{load_floats(point(values, at, 0)), load_floats(point(values, at, LANE_PIXELS))}};
#else
    return (struct both){
        {load_floats(point(values, at, 0)), load_floats(point(values + POINT_PAIRS, at, 0))}};
#endif
}

/* A weight for the points of each pixel. */
INLINE struct both for_both(vf32 weight)
{
#if defined(__AVX512BW__)
    const __m512 w = (__m512)weight;
    return (struct both){{(vf32)_mm512_shuffle_f32x4(w, w, 0x50), (vf32)_mm512_shuffle_f32x4(w, w, 0xfa)}};
#elif defined(__AVX2__)
    const __m256 w = (__m256)weight;
    return (struct both){
        {(vf32)_mm256_permute2f128_ps(w, w, 0x00), (vf32)_mm256_permute2f128_ps(w, w, 0x11)}};
#else
    return (struct both){{weight, weight}};
#endif
}

/* The first of each pixel's two points, and the second. */
INLINE void part(struct both both, vf32 *near, vf32 *far)
{
#if defined(__AVX512BW__)
    const __m512 a = (__m512)both.half[0], b = (__m512)both.half[1];
    *near = (vf32)_mm512_shuffle_f32x4(a, b, 0x88);
    *far = (vf32)_mm512_shuffle_f32x4(a, b, 0xdd);
#elif defined(__AVX2__)
    const __m256 a = (__m256)both.half[0], b = (__m256)both.half[1];
    *near = (vf32)_mm256_permute2f128_ps(a, b, 0x20);
    *far = (vf32)_mm256_permute2f128_ps(a, b, 0x31);
#else
    *near = both.half[0];
    *far = both.half[1];
#endif
}

INLINE struct both rounded_between(struct both a, struct both b, struct both share)
{
    for (int i = 0; i < 2; i++)
        a.half[i] = round_floats(between(a.half[i], b.half[i], share.half[i]));
    return a;
}

/* The weighted mean of the eight corners of a cell, rounded on every axis. */
INLINE vf32 box(const double *values, const struct cells *cells, size_t i, unsigned k)
{
    const struct both share[2] = {for_both(spread(load_floats(cells->weight[0] + i), k)),
                                  for_both(spread(load_floats(cells->weight[1] + i), k))};
    const uint32_t *at = cells->corner[0] + i + k;
    struct both edge[2];
    for (int e = 0; e < 2; e++) {
        const double *from = values + (e > 0 ? cells->step[1] : 0);
        edge[e] = rounded_between(load_both(from, at), load_both(from + cells->step[0], at), share[0]);
    }
    vf32 near, far;
    part(rounded_between(edge[0], edge[1], share[1]), &near, &far);
    return between(near, far, spread(load_floats(cells->weight[2] + i), k));
}

INLINE vf32 interpolate(const double *values, const struct cells *cells, unsigned in, bool trilinear,
                        size_t i, unsigned k)
{
    if (in == 1)
        return between(load_points(values, cells->corner[0] + i + k),
                       load_points(values + POINT_PAIRS, cells->corner[0] + i + k),
                       spread(load_floats(cells->weight[0] + i), k));
    if (trilinear)
        return box(values, cells, i, k);
    if (in == 3)
        return tetrahedron(values, cells, cells->weight[0], i, k);
    return between(round_floats(tetrahedron(values, cells, cells->weight[1], i, k)),
                   round_floats(tetrahedron(values + cells->step[0], cells, cells->weight[1], i, k)),
                   spread(load_floats(cells->weight[0] + i), k));
}

/* Rounds, and stores the channels of VECTOR_DWORDS pixels from pixel i on. */
INLINE void store_words(vf32 result[LANE_PIXELS], unsigned channels,
                        float v[PIPELINE_CHANNELS][PIPELINE_BLOCK], size_t i)
{
    vi32 channel[PIPELINE_CHANNELS];
    for (int k = 0; k < LANE_PIXELS; k++)
        channel[k] = (vi32)result[k];
    transpose_lanes(channel);
    for (unsigned c = 0; c < channels; c++)
        store_floats(v[c] + i, clamp_1(float_of(whole_of((vf32)channel[c] + 0.5f)) * (1.0f / 65535)));
}

INLINE void run_as(const struct color_stage *stage, float v[PIPELINE_CHANNELS][PIPELINE_BLOCK], unsigned in,
                   bool trilinear)
{
    const double *values = (const double *)(const void *)stage->values;
    struct cells cells;
    find_cells(stage, in, v, in >= 3 && !trilinear, &cells);
    for (size_t i = 0; i < PIPELINE_BLOCK; i += VECTOR_DWORDS) {
        vf32 result[LANE_PIXELS];
        for (unsigned k = 0; k < LANE_PIXELS; k++)
            result[k] = interpolate(values, &cells, in, trilinear, i, k);
        store_words(result, stage->out, v, i);
    }
}

static void run(const struct color_stage *stage, float v[PIPELINE_CHANNELS][PIPELINE_BLOCK])
{
    if (stage->in == 1)
        run_as(stage, v, 1, false);
    else if (stage->in == 4)
        run_as(stage, v, 4, false);
    else if (stage->trilinear)
        run_as(stage, v, 3, true);
    else
        run_as(stage, v, 3, false);
}

const struct table_rows SIMD_NAME(table_rows) = {.run = run};
