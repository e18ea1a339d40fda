/* Interpolation in a grid of points. The cell and the weights are computed for as many pixels as a vector has
 * elements; then each lane of a vector is all channels of a point, so that a load gets them at once. */
#include "color/float_vector.h"
#include "color/pipeline_rows.h"

enum { LANE_PIXELS = 4 };

/* Of as many pixels as a vector has elements. */
struct cells {
    vi32 at;                         /* number of the cell's first point */
    vf32 share[PIPELINE_CHANNELS];   /* weight of the far side, for each axis */
    int32_t step[PIPELINE_CHANNELS]; /* from one point to the next of the axis */
};

/* The edges of a tetrahedron in a cell, from its first to its last corner. */
struct edges {
    int32_t first[VECTOR_DWORDS], second[VECTOR_DWORDS], third[VECTOR_DWORDS]; /* numbers of the points */
    int32_t all;                                                               /* from first to last */
    vf32 weight[3];                                                            /* never rising */
};

/* Samples are rounded to 16 bits before and after a table, as in lcms2: near black, where a step of 16 bits
 * in light is many in a sample, only the same rounding gives the same result. */
static inline vf32 word(vf32 v)
{
    return float_of(whole_of(clamp_1(v) * 65535 + 0.5f)) * (1.0f / 65535);
}

static inline void find_cells(const struct color_stage *stage, unsigned in,
                              float v[PIPELINE_CHANNELS][PIPELINE_BLOCK], size_t i, struct cells *cells)
{
    int32_t step = 1;
    cells->at = broadcast_32(0);
    for (unsigned axis = in; axis-- > 0;) {
        const int32_t last = (int32_t)stage->points[axis] - 1;
        const vf32 at = word(load_floats(v[axis] + i)) * (float)last;
        const vi32 low = clamp_32(whole_of(at), 0, last - 1);
        cells->share[axis] = at - float_of(low);
        cells->at += low * step;
        cells->step[axis] = step;
        step *= last + 1;
    }
}

/* lcms2's weight for the edges of a tetrahedron: of 16 bits, divided by 65535 instead of 65536. */
static inline vf32 edge_weight(vf32 share)
{
    return float_of(whole_of(share * 65536 + 0.5f)) * (1.0f / 65535);
}

/* The edges go along the last three axes in the order of their shares, the largest first. */
static inline void find_edges(const struct cells *cells, unsigned axis, struct edges *edges)
{
    const vf32 a = edge_weight(cells->share[axis]), b = edge_weight(cells->share[axis + 1]),
               c = edge_weight(cells->share[axis + 2]), high = larger(a, b), low = smaller(a, b);
    const vi32 x = broadcast_32(cells->step[axis]), y = broadcast_32(cells->step[axis + 1]),
               z = broadcast_32(cells->step[axis + 2]), all = x + y + z;
    edges->weight[0] = larger(high, c);
    edges->weight[1] = larger(low, smaller(high, c));
    edges->weight[2] = smaller(low, c);
    edges->all = all[0];
    store(edges->first, cells->at);
    store(edges->second, cells->at + if_below(high, c, z, if_below(a, b, y, x)));
    store(edges->third, cells->at + all - if_below(low, c, if_below(a, b, x, y), z));
}

/* For each lane, one point: that of pixel k of the four whose numbers it has. */
static inline vf32 load_points(const float (*values)[PIPELINE_CHANNELS], const int32_t *at, int k)
{
    const float *const p = values[at[k]];
#if defined(__AVX512BW__)
    __m512 v = _mm512_castps128_ps512(_mm_load_ps(p));
    v = _mm512_insertf32x4(v, _mm_load_ps(values[at[k + LANE_PIXELS]]), 1);
    v = _mm512_insertf32x4(v, _mm_load_ps(values[at[k + 2 * LANE_PIXELS]]), 2);
    return (vf32)_mm512_insertf32x4(v, _mm_load_ps(values[at[k + 3 * LANE_PIXELS]]), 3);
#elif defined(__AVX2__)
    return (vf32)_mm256_insertf128_ps(_mm256_castps128_ps256(_mm_load_ps(p)),
                                      _mm_load_ps(values[at[k + LANE_PIXELS]]), 1);
#else
    return load_floats(p);
#endif
}

static inline vf32 between(vf32 a, vf32 b, vf32 share)
{
    return a + (b - a) * share;
}

static inline vf32 tetrahedron(const float (*values)[PIPELINE_CHANNELS], const struct edges *edges, int k)
{
    const vf32 a = load_points(values, edges->first, k), b = load_points(values, edges->second, k),
               c = load_points(values, edges->third, k),
               d = load_points(values + edges->all, edges->first, k);
    return a + (b - a) * spread(edges->weight[0], k) + (c - b) * spread(edges->weight[1], k) +
           (d - c) * spread(edges->weight[2], k);
}

/* The weighted mean of the eight corners of a cell, rounded on every axis. */
static inline vf32 box(const float (*values)[PIPELINE_CHANNELS], const struct cells *cells,
                       const int32_t *first, int k)
{
    const vf32 share[3] = {spread(cells->share[0], k), spread(cells->share[1], k),
                           spread(cells->share[2], k)};
    vf32 edge[4];
    for (int e = 0; e < 4; e++) {
        const float(*from)[PIPELINE_CHANNELS] =
            values + (e & 1 ? cells->step[1] : 0) + (e & 2 ? cells->step[2] : 0);
        edge[e] = round_floats(
            between(load_points(from, first, k), load_points(from + cells->step[0], first, k), share[0]));
    }
    return between(round_floats(between(edge[0], edge[1], share[1])),
                   round_floats(between(edge[2], edge[3], share[1])), share[2]);
}

/* Rounds, and stores the channels of VECTOR_DWORDS pixels from pixel i on. */
static inline void store_words(vf32 result[LANE_PIXELS], unsigned channels,
                               float v[PIPELINE_CHANNELS][PIPELINE_BLOCK], size_t i)
{
    vi32 channel[PIPELINE_CHANNELS];
    for (int k = 0; k < LANE_PIXELS; k++)
        channel[k] = (vi32)result[k];
    transpose_lanes(channel);
    for (unsigned c = 0; c < channels; c++)
        store_floats(v[c] + i, clamp_1(float_of(whole_of((vf32)channel[c] + 0.5f)) * (1.0f / 65535)));
}

static inline __attribute__((always_inline)) void run_as(const struct color_stage *stage,
                                                         float v[PIPELINE_CHANNELS][PIPELINE_BLOCK],
                                                         unsigned in, bool trilinear)
{
    const float(*values)[PIPELINE_CHANNELS] = stage->values;
    for (size_t i = 0; i < PIPELINE_BLOCK; i += VECTOR_DWORDS) {
        struct cells cells;
        struct edges edges = {.all = 0};
        int32_t first[VECTOR_DWORDS];
        vf32 result[LANE_PIXELS];
        find_cells(stage, in, v, i, &cells);
        store(first, cells.at);
        if (in >= 3 && !trilinear)
            find_edges(&cells, in - 3, &edges);
        for (int k = 0; k < LANE_PIXELS; k++) {
            if (in == 1)
                result[k] = between(load_points(values, first, k), load_points(values + 1, first, k),
                                    spread(cells.share[0], k));
            else if (trilinear)
                result[k] = box(values, &cells, first, k);
            else if (in == 3)
                result[k] = tetrahedron(values, &edges, k);
            else
                result[k] = between(round_floats(tetrahedron(values, &edges, k)),
                                    round_floats(tetrahedron(values + cells.step[0], &edges, k)),
                                    spread(cells.share[0], k));
        }
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
