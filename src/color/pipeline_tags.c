/* Tags with colour tables, converted to stages of a pipeline. Offsets are those of ICC.1:2022, 10.10
 * to 10.13. */
#include <string.h>

#include "base/bytes.h"
#include "color/pipeline.h"

/* Max number of grid points; the largest in use are 33^3 and 23^4. */
enum { GRID_POINTS_MAX = 1 << 19 };

/* A tag's direction and type. */
struct tag {
    const uint8_t *data;
    uint32_t size;
    unsigned in, out;
    bool from_lab;
    struct pipeline *pipeline;
    struct arena *arena;
};

static enum pipeline_result add_tone_curves(const struct tag *tag, const struct tone_curve *curve,
                                            unsigned channels)
{
    return pipeline_add_curves(tag->pipeline, curve, false, channels, tone_curve_light, tag->arena);
}

/* Curves of lut8 and lut16, with `bytes` bytes per entry. */
static enum pipeline_result add_tables(const struct tag *tag, const uint8_t *entries, unsigned count,
                                       unsigned bytes, unsigned channels)
{
    struct tone_curve curve[PIPELINE_CHANNELS] = {{.points = NULL}};
    for (unsigned c = 0; c < channels; c++) {
        const uint8_t *from = entries + (size_t)c * count * bytes;
        uint8_t *wide = NULL;
        if (bytes == 1) {
            wide = arena_alloc_array(tag->arena, count, 2);
            if (wide == NULL)
                return PIPELINE_NO_MEMORY;
            for (unsigned i = 0; i < count; i++)
                wide[2 * i] = wide[2 * i + 1] = from[i];
        }
        curve[c] = (struct tone_curve){.points = wide != NULL ? wide : from, .count = count};
    }
    return add_tone_curves(tag, curve, channels);
}

/* Number of grid points; 0: too many, or an axis with fewer than two. */
static uint64_t count_points(const unsigned points[PIPELINE_CHANNELS], unsigned axes)
{
    uint64_t count = 1;
    for (unsigned axis = 0; axis < axes; axis++) {
        if (points[axis] < 2 || count > GRID_POINTS_MAX)
            return 0;
        count *= points[axis];
    }
    return count <= GRID_POINTS_MAX ? count : 0;
}

static enum pipeline_result add_grid(const struct tag *tag, const unsigned points[PIPELINE_CHANNELS],
                                     uint32_t at, unsigned bytes)
{
    const uint64_t count = count_points(points, tag->in) * tag->out;
    for (unsigned axis = 0; axis < tag->in; axis++) {
        if (points[axis] < 2)
            return PIPELINE_BROKEN;
    }
    if (count == 0)
        return PIPELINE_TOO_LARGE;
    if (at > tag->size || (tag->size - at) / bytes < count)
        return PIPELINE_BROKEN;
    struct color_stage *stage = pipeline_add(tag->pipeline, STAGE_TABLE, tag->in, tag->out);
    const size_t nodes = (size_t)count / tag->out;
    float(*values)[PIPELINE_CHANNELS] = arena_alloc_array(tag->arena, nodes, sizeof *values);
    if (stage == NULL || values == NULL)
        return PIPELINE_NO_MEMORY;
    const uint8_t *from = tag->data + at;
    for (size_t i = 0; i < nodes; i++) {
        for (unsigned c = 0; c < PIPELINE_CHANNELS; c++)
            values[i][c] = 0;
        for (unsigned c = 0; c < tag->out; c++, from += bytes)
            values[i][c] = bytes == 1 ? (float)(from[0] * 257) : get_be16(from);
    }
    memcpy(stage->points, points, sizeof stage->points);
    stage->values = (const float(*)[PIPELINE_CHANNELS])values;
    stage->trilinear = tag->from_lab;
    return PIPELINE_MADE;
}

/* e1 to e9, and the offsets of lutAToB and lutBToA. */
static bool add_matrix(const struct tag *tag, const uint8_t *numbers, bool has_offset)
{
    struct color_stage *stage = pipeline_add(tag->pipeline, STAGE_MATRIX, 3, 3);
    for (int i = 0; stage != NULL && i < 9; i++)
        stage->matrix[i / 3][i % 3] = (float)profile_fixed(numbers + 4 * i);
    for (int i = 0; stage != NULL && has_offset && i < 3; i++)
        stage->offset[i] = (float)profile_fixed(numbers + 36 + 4 * i);
    return stage != NULL;
}

/* lut8 and lut16. */
static enum pipeline_result add_lut(const struct tag *tag, unsigned bytes, bool from_xyz)
{
    const uint32_t head = bytes == 1 ? 48 : 52;
    if (tag->size < head)
        return PIPELINE_BROKEN;
    const uint8_t *data = tag->data;
    const unsigned entries_in = bytes == 1 ? 256 : get_be16(data + 48),
                   entries_out = bytes == 1 ? 256 : get_be16(data + 50), grid = data[10];
    const unsigned points[PIPELINE_CHANNELS] = {grid, grid, grid, grid};
    const uint64_t nodes = count_points(points, tag->in);
    if (entries_in < 2 || entries_in > 4096 || entries_out < 2 || entries_out > 4096)
        return PIPELINE_BROKEN;
    const uint64_t grid_at = head + (uint64_t)tag->in * entries_in * bytes,
                   out_at = grid_at + nodes * tag->out * bytes;
    if (nodes > 0 && out_at + (uint64_t)tag->out * entries_out * bytes > tag->size)
        return PIPELINE_BROKEN;
    if (from_xyz && !add_matrix(tag, data + 12, false))
        return PIPELINE_NO_MEMORY;
    enum pipeline_result result = nodes > 0  ? add_tables(tag, data + head, entries_in, bytes, tag->in)
                                  : grid < 2 ? PIPELINE_BROKEN
                                             : PIPELINE_TOO_LARGE;
    if (result == PIPELINE_MADE)
        result = add_grid(tag, points, (uint32_t)grid_at, bytes);
    return result == PIPELINE_MADE ? add_tables(tag, data + out_at, entries_out, bytes, tag->out) : result;
}

/* The curves at an offset of lutAToB or lutBToA; 0: none there. */
static enum pipeline_result add_curves_at(const struct tag *tag, uint32_t at, unsigned channels)
{
    struct tone_curve curve[PIPELINE_CHANNELS];
    if (at == 0)
        return PIPELINE_MADE;
    for (unsigned c = 0; c < channels; c++) {
        uint32_t used;
        if (at > tag->size || !profile_curve(tag->data + at, tag->size - at, &curve[c], &used))
            return PIPELINE_BROKEN;
        at += (used + 3) / 4 * 4;
    }
    return add_tone_curves(tag, curve, channels);
}

static enum pipeline_result add_matrix_at(const struct tag *tag, uint32_t at)
{
    if (at == 0)
        return PIPELINE_MADE;
    if (at > tag->size || tag->size - at < 48)
        return PIPELINE_BROKEN;
    return add_matrix(tag, tag->data + at, true) ? PIPELINE_MADE : PIPELINE_NO_MEMORY;
}

static enum pipeline_result add_grid_at(const struct tag *tag, uint32_t at)
{
    enum { POINTS_OF_AXES = 16, HEAD = 20 };
    if (at == 0)
        return tag->in == tag->out ? PIPELINE_MADE : PIPELINE_BROKEN;
    if (at > tag->size || tag->size - at < HEAD)
        return PIPELINE_BROKEN;
    unsigned points[PIPELINE_CHANNELS] = {0};
    for (unsigned axis = 0; axis < tag->in; axis++)
        points[axis] = tag->data[at + axis];
    const unsigned bytes = tag->data[at + POINTS_OF_AXES];
    return bytes == 1 || bytes == 2 ? add_grid(tag, points, at + HEAD, bytes) : PIPELINE_BROKEN;
}

/* The elements are stored in the order of their use, or in reverse. */
static enum pipeline_result add_elements(const struct tag *tag, bool a_to_b)
{
    enum { B, MATRIX, M, GRID, A, ELEMENTS };
    uint32_t at[ELEMENTS];
    enum pipeline_result result = PIPELINE_MADE;
    if (tag->size < 32)
        return PIPELINE_BROKEN;
    for (int i = 0; i < ELEMENTS; i++)
        at[i] = get_be32(tag->data + 12 + 4 * i);
    for (int i = 0; i < ELEMENTS && result == PIPELINE_MADE; i++) {
        const int element = a_to_b ? ELEMENTS - 1 - i : i;
        if (element == GRID)
            result = add_grid_at(tag, at[GRID]);
        else if (element == MATRIX)
            result = add_matrix_at(tag, at[MATRIX]);
        else
            result = add_curves_at(tag, at[element], (element == A) == a_to_b ? tag->in : tag->out);
    }
    return result;
}

/* From the values in a tag, 0 to 1, to those of the connection space (6.3.4), or back. */
static bool add_connection(struct pipeline *pipeline, bool lab, bool legacy, bool to_xyz)
{
    double factor[3], offset[3] = {0};
    for (int i = 0; i < 3; i++) {
        if (!lab)
            factor[i] = 1 + 32767.0 / 32768;
        else if (i == 0)
            factor[i] = legacy ? 100 * 65535.0 / 65280 : 100;
        else
            factor[i] = legacy ? 65535.0 / 256 : 255;
        offset[i] = lab && i > 0 ? -128 : 0;
        if (!to_xyz) {
            factor[i] = 1 / factor[i];
            offset[i] *= -factor[i];
        }
    }
    return pipeline_add_scale(pipeline, 3, factor, offset);
}

enum pipeline_result pipeline_add_tag(struct pipeline *pipeline, const struct profile *profile,
                                      const char *signature, bool to_xyz, unsigned channels,
                                      struct arena *arena)
{
    struct tag tag = {.pipeline = pipeline, .arena = arena};
    tag.data = profile_tag(profile, signature, &tag.size);
    if (tag.data == NULL || tag.size < 12)
        return PIPELINE_BROKEN;
    tag.in = tag.data[8];
    tag.out = tag.data[9];
    if (tag.in != (to_xyz ? channels : 3) || tag.out != (to_xyz ? 3 : channels))
        return PIPELINE_BROKEN;
    const bool lab = profile_connection_is(profile, "Lab ");
    tag.from_lab = lab && !to_xyz;
    const bool lut8 = profile_word_is(tag.data, "mft1"), lut16 = profile_word_is(tag.data, "mft2");
    if (!lut8 && !lut16 && !profile_word_is(tag.data, to_xyz ? "mAB " : "mBA "))
        return PIPELINE_BROKEN;
    enum pipeline_result result = PIPELINE_MADE;
    if (!to_xyz && lab)
        result = pipeline_add_lab_of_xyz(pipeline, arena);
    if (result == PIPELINE_MADE && !to_xyz && !add_connection(pipeline, lab, lut16, false))
        result = PIPELINE_NO_MEMORY;
    if (result == PIPELINE_MADE)
        result = lut8 || lut16 ? add_lut(&tag, lut8 ? 1 : 2, !to_xyz && !lab) : add_elements(&tag, to_xyz);
    if (result == PIPELINE_MADE && to_xyz &&
        (!add_connection(pipeline, lab, lut16, true) || (lab && !pipeline_add_xyz_of_lab(pipeline))))
        result = PIPELINE_NO_MEMORY;
    return result;
}
