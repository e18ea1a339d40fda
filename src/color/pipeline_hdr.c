/* The stages from samples of PQ or HLG to light of standard dynamic range (color/hdr.h), and back. */
#include "color/curve_tables.h"
#include "color/pipeline.h"

/* A stage of gains; *points are to be filled. */
static struct color_stage *add_gain(struct pipeline *pipeline, enum stage_kind kind, unsigned channels,
                                    struct arena *arena, float **points)
{
    struct color_stage *stage = pipeline_add(pipeline, kind, channels, channels);
    *points = arena_alloc_array(arena, POINTS + 1, sizeof **points);
    if (stage == NULL || *points == NULL)
        return NULL;
    stage->curve[0] = *points;
    return stage;
}

/* Bright saturated colours may be nearly black in a channel of the result, where a step of light is many of
 * samples: so the curve has more points there than one of octaves. */
static enum pipeline_result add_curve(struct pipeline *pipeline, const struct color_hdr *hdr,
                                      unsigned channels, struct arena *arena)
{
    enum { STEPS = 8192 };
    const struct tone_curve curve = {.transfer = hdr->transfer};
    struct color_stage *stage = pipeline_add(pipeline, STAGE_CURVES, channels, channels);
    float *points = arena_alloc_array(arena, STEPS + 2, sizeof *points);
    if (stage == NULL || points == NULL)
        return PIPELINE_NO_MEMORY;
    for (int i = 0; i <= STEPS; i++)
        points[i] = (float)tone_curve_light(&curve, (double)i / STEPS);
    points[STEPS + 1] = points[STEPS];
    stage->precise = true;
    for (unsigned c = 0; c < channels; c++) {
        stage->curve[c] = points;
        stage->count[c] = STEPS + 1;
    }
    return PIPELINE_MADE;
}

/* `value`: of the luminance, above 0. */
static bool add_ootf(struct pipeline *pipeline, const struct color_hdr *hdr, unsigned channels,
                     double (*value)(double y), struct arena *arena)
{
    float *points;
    struct color_stage *stage = add_gain(pipeline, STAGE_GAIN_OF_LUMA, channels, arena, &points);
    if (stage == NULL)
        return false;
    for (unsigned c = 0; c < channels; c++)
        stage->matrix[0][c] = channels == 1 ? 1 : (float)hdr->luma[c];
    for (int i = 0; i <= POINTS; i++)
        points[i] = (float)value(curve_table_light(i > 0 ? i : 1));
    return true;
}

enum pipeline_result pipeline_add_hdr(struct pipeline *pipeline, const struct color_hdr *hdr,
                                      unsigned channels, struct arena *arena)
{
    float *points;
    if (add_curve(pipeline, hdr, channels, arena) != PIPELINE_MADE ||
        (hdr->transfer == TONE_HLG && !add_ootf(pipeline, hdr, channels, color_hdr_ootf, arena)) ||
        add_gain(pipeline, STAGE_GAIN_OF_MAX, channels, arena, &points) == NULL)
        return PIPELINE_NO_MEMORY;
    for (int i = 0; i <= POINTS; i++)
        points[i] = (float)color_hdr_factor(hdr, curve_table_light(i));
    return pipeline_add_xyz(pipeline, &hdr->to_xyz, channels) ? PIPELINE_MADE : PIPELINE_NO_MEMORY;
}

enum pipeline_result pipeline_add_to_hdr(struct pipeline *pipeline, const struct color_hdr *hdr,
                                         unsigned channels, struct arena *arena)
{
    const struct tone_curve curve = {.transfer = hdr->transfer};
    struct color_matrix from_xyz;
    if (!color_matrix_invert(&hdr->to_xyz, &from_xyz))
        return PIPELINE_BROKEN;
    struct color_stage *stage = pipeline_add(pipeline, STAGE_MATRIX, 3, channels);
    if (stage == NULL)
        return PIPELINE_NO_MEMORY;
    for (unsigned o = 0; o < channels; o++) {
        for (unsigned c = 0; c < 3; c++)
            stage->matrix[o][c] =
                (float)(color_hdr_white(hdr) * (channels == 1 ? c == 1 : from_xyz.at[o][c])); /* grey: Y */
    }
    if (hdr->transfer == TONE_HLG && !add_ootf(pipeline, hdr, channels, color_hdr_inverse_ootf, arena))
        return PIPELINE_NO_MEMORY;
    return pipeline_add_curves(pipeline, &curve, true, channels, tone_curve_sample, arena);
}
