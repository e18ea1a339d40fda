/* The stages from samples of PQ or HLG to light of standard dynamic range (color/hdr.h). */
#include "color/curve_tables.h"
#include "color/pipeline.h"

enum { HDR_POINTS = 4097 }; /* of a transfer curve: below a 16-bit level between them */

/* Equally spaced: PQ is as steep near white as it is near black. */
static bool add_transfer(struct pipeline *pipeline, const struct color_hdr *hdr, unsigned channels,
                         struct arena *arena)
{
    const struct tone_curve curve = {.transfer = hdr->transfer};
    struct color_stage *stage = pipeline_add(pipeline, STAGE_CURVES, channels, channels);
    float *points = arena_alloc_array(arena, HDR_POINTS + 1, sizeof *points);
    if (stage == NULL || points == NULL)
        return false;
    for (int i = 0; i < HDR_POINTS; i++)
        points[i] = (float)tone_curve_light(&curve, (double)i / (HDR_POINTS - 1));
    points[HDR_POINTS] = points[HDR_POINTS - 1];
    for (unsigned c = 0; c < channels; c++) {
        stage->curve[c] = points;
        stage->count[c] = HDR_POINTS;
    }
    return true;
}

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

static bool add_ootf(struct pipeline *pipeline, const struct color_hdr *hdr, unsigned channels,
                     struct arena *arena)
{
    float *points;
    struct color_stage *stage = add_gain(pipeline, STAGE_GAIN_OF_LUMA, channels, arena, &points);
    if (stage == NULL)
        return false;
    for (unsigned c = 0; c < channels; c++)
        stage->matrix[0][c] = channels == 1 ? 1 : (float)hdr->luma[c];
    for (int i = 0; i <= POINTS; i++)
        points[i] = (float)color_hdr_ootf(curve_table_light(i));
    return true;
}

enum pipeline_result pipeline_add_hdr(struct pipeline *pipeline, const struct color_hdr *hdr,
                                      unsigned channels, struct arena *arena)
{
    float *points;
    if (!add_transfer(pipeline, hdr, channels, arena) ||
        (hdr->transfer == TONE_HLG && !add_ootf(pipeline, hdr, channels, arena)) ||
        add_gain(pipeline, STAGE_GAIN_OF_MAX, channels, arena, &points) == NULL)
        return PIPELINE_NO_MEMORY;
    for (int i = 0; i <= POINTS; i++)
        points[i] = (float)color_hdr_factor(hdr, curve_table_light(i));
    return pipeline_add_xyz(pipeline, &hdr->to_xyz, channels) ? PIPELINE_MADE : PIPELINE_NO_MEMORY;
}
