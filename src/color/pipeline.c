#include "color/pipeline.h"

#include <string.h>

#include "base/bytes.h"
#include "color/curve_tables.h"
#include "color/pipeline_rows.h"

SIMD_TABLE(struct pipeline_rows, pipeline_rows)

struct color_stage *pipeline_add(struct pipeline *pipeline, enum stage_kind kind, unsigned in, unsigned out)
{
    if (pipeline->count == sizeof pipeline->stage / sizeof *pipeline->stage)
        return NULL;
    struct color_stage *stage = &pipeline->stage[pipeline->count++];
    *stage = (struct color_stage){.kind = kind, .in = in, .out = out};
    return stage;
}

bool pipeline_add_scale(struct pipeline *pipeline, unsigned channels, const double factor[],
                        const double offset[])
{
    struct color_stage *stage = pipeline_add(pipeline, STAGE_MATRIX, channels, channels);
    for (unsigned c = 0; stage != NULL && c < channels; c++) {
        stage->matrix[c][c] = (float)factor[c];
        stage->offset[c] = (float)offset[c];
    }
    return stage != NULL;
}

static bool add_matrix(struct pipeline *pipeline, const struct color_matrix *matrix, const double offset[3])
{
    struct color_stage *stage = pipeline_add(pipeline, STAGE_MATRIX, 3, 3);
    for (int i = 0; stage != NULL && i < 3; i++) {
        for (int k = 0; k < 3; k++)
            stage->matrix[i][k] = (float)matrix->at[i][k];
        stage->offset[i] = (float)offset[i];
    }
    return stage != NULL;
}

static const double zero[3];

static float *make_even(const struct tone_curve *curve, struct arena *arena)
{
    float *points = arena_alloc_array(arena, curve->count + 1, sizeof *points);
    for (uint32_t i = 0; points != NULL && i <= curve->count; i++) {
        const uint32_t at = i < curve->count ? i : curve->count - 1;
        points[i] = get_be16(curve->points + (size_t)2 * at) * (1.0f / 65535);
    }
    return points;
}

/* Do the curves change nothing of 16-bit samples? */
static bool all_identities(const struct tone_curve *curve, bool one_curve, unsigned channels)
{
    for (unsigned c = 0; c < (one_curve ? 1 : channels); c++) {
        if (curve[c].points == NULL || curve[c].is_lightness || curve[c].count != 2 ||
            get_be16(curve[c].points) != 0 || get_be16(curve[c].points + 2) != 65535)
            return false;
    }
    return true;
}

enum pipeline_result pipeline_add_curves(struct pipeline *pipeline, const struct tone_curve *curve,
                                         bool one_curve, unsigned channels,
                                         double (*value)(const struct tone_curve *, double),
                                         struct arena *arena)
{
    if (value == tone_curve_light && pipeline->count > 0 &&
        pipeline->stage[pipeline->count - 1].kind == STAGE_TABLE &&
        all_identities(curve, one_curve, channels))
        return PIPELINE_MADE;
    struct color_stage *stage = pipeline_add(pipeline, STAGE_CURVES, channels, channels);
    if (stage == NULL)
        return PIPELINE_NO_MEMORY;
    for (unsigned c = 0; c < channels; c++) {
        const struct tone_curve *own = &curve[one_curve ? 0 : c];
        const bool even = own->points != NULL && value == tone_curve_light && !own->is_lightness;
        float *points = even ? make_even(own, arena) : arena_alloc_array(arena, POINTS + 1, sizeof *points);
        if (points == NULL)
            return PIPELINE_NO_MEMORY;
        if (!even)
            curve_table_points(own, value, 1, points);
        stage->curve[c] = points;
        stage->count[c] = even ? own->count : 0;
    }
    return PIPELINE_MADE;
}

/* l = 1.16 f - 0.16 for 2x (CIE 15:2004, 8.2.1): X and Z may exceed those of white. */
static double lightness_of_double(const struct tone_curve *curve, double x)
{
    (void)curve;
    const double light = 2 * x;
    return light > 216.0 / 24389 ? 1.16 * color_power(light, 1.0 / 3) - 0.16 : light * (24389 / 2700.0);
}

enum pipeline_result pipeline_add_lab_of_xyz(struct pipeline *pipeline, struct arena *arena)
{
    static const struct tone_curve none = {.points = NULL};
    /* With l = 1.16 f - 0.16: L* = 100 l(Y), a* = 500 (f(X) - f(Y)), b* = 200 (f(Y) - f(Z)). */
    static const struct color_matrix to_lab = {
        {{0, 100, 0}, {500 / 1.16, -500 / 1.16, 0}, {0, 200 / 1.16, -200 / 1.16}}};
    const double shares[3] = {0.5 / color_d50.at[0], 0.5 / color_d50.at[1], 0.5 / color_d50.at[2]};
    if (!pipeline_add_scale(pipeline, 3, shares, zero) ||
        pipeline_add_curves(pipeline, &none, true, 3, lightness_of_double, arena) != PIPELINE_MADE ||
        !add_matrix(pipeline, &to_lab, zero))
        return PIPELINE_NO_MEMORY;
    return PIPELINE_MADE;
}

bool pipeline_add_xyz_of_lab(struct pipeline *pipeline)
{
    static const struct color_matrix to_f = {
        {{1 / 116.0, 1 / 500.0, 0}, {1 / 116.0, 0, 0}, {1 / 116.0, 0, -1 / 200.0}}};
    static const double offset[3] = {16 / 116.0, 16 / 116.0, 16 / 116.0};
    return add_matrix(pipeline, &to_f, offset) && pipeline_add(pipeline, STAGE_CUBES, 3, 3) != NULL &&
           pipeline_add_scale(pipeline, 3, color_d50.at, zero);
}

bool pipeline_add_xyz(struct pipeline *pipeline, const struct color_matrix *to_xyz, unsigned channels)
{
    if (channels == 3)
        return add_matrix(pipeline, to_xyz, zero);
    struct color_stage *stage = pipeline_add(pipeline, STAGE_MATRIX, 1, 3);
    for (int i = 0; stage != NULL && i < 3; i++)
        stage->matrix[i][0] = (float)color_d50.at[i];
    return stage != NULL;
}

/* Tables of samples for the curves of the last stage. */
static bool add_samples(struct pipeline *pipeline, const struct color_space *space, struct arena *arena)
{
    struct color_stage *last = &pipeline->stage[pipeline->count - 1];
    unsigned table[3];
    const unsigned tables = space->gray ? 1 : curve_tables_assign(space, 0, table);
    uint8_t(*sample)[BYTES + BYTE_PAST] = arena_alloc_array(arena, tables, sizeof *sample);
    for (unsigned c = 0; sample != NULL && c < last->out; c++) {
        const unsigned own = space->gray ? 0 : table[c];
        last->sample[c] = sample[own];
        curve_table_bytes(&space->curve[c], sample[own]);
    }
    return sample != NULL;
}

static enum pipeline_result add_space(struct pipeline *pipeline, const struct color_space *space, bool to_xyz,
                                      struct arena *arena)
{
    const unsigned channels = space->gray ? 1 : 3;
    struct color_stage *stage;
    if (to_xyz) {
        const enum pipeline_result result =
            pipeline_add_curves(pipeline, space->curve, false, channels, tone_curve_light, arena);
        if (result != PIPELINE_MADE)
            return result;
        return pipeline_add_xyz(pipeline, &space->to_xyz, channels) ? PIPELINE_MADE : PIPELINE_NO_MEMORY;
    }
    struct color_matrix from_xyz;
    if (!color_space_is_invertible(space))
        return PIPELINE_BROKEN;
    if (space->gray) {
        stage = pipeline_add(pipeline, STAGE_MATRIX, 3, 1);
        if (stage == NULL)
            return PIPELINE_NO_MEMORY;
        stage->matrix[0][1] = 1; /* Y */
    } else if (!color_matrix_invert(&space->to_xyz, &from_xyz) || !add_matrix(pipeline, &from_xyz, zero)) {
        return PIPELINE_NO_MEMORY;
    }
    const enum pipeline_result result =
        pipeline_add_curves(pipeline, space->curve, false, channels, tone_curve_sample, arena);
    return result == PIPELINE_MADE && !add_samples(pipeline, space, arena) ? PIPELINE_NO_MEMORY : result;
}

/* Is the profile for a device or colour space with this number of channels, and of a supported version? */
static bool is_usable(const struct color_side *side)
{
    static const char classes[][5] = {"scnr", "mntr", "prtr", "spac"};
    const struct profile *profile = &side->profile;
    const char *space = side->channels == 1 ? "GRAY" : side->channels == 3 ? "RGB " : "CMYK";
    bool is_known = false;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        is_known = is_known || profile_class_is(profile, classes[i]);
    return is_known && profile_version(profile) <= 4 && profile_space_is(profile, space) &&
           (profile_connection_is(profile, "XYZ ") || profile_connection_is(profile, "Lab "));
}

static enum pipeline_result add_side(struct pipeline *pipeline, const struct color_side *side,
                                     enum color_intent intent, bool to_xyz, struct arena *arena)
{
    static const char tags[2][4][5] = {{"B2A0", "B2A1", "B2A2", "B2A1"}, {"A2B0", "A2B1", "A2B2", "A2B1"}};
    struct color_space space;
    if (side->hdr != NULL)
        return (to_xyz ? pipeline_add_hdr : pipeline_add_to_hdr)(pipeline, side->hdr, side->channels, arena);
    if (side->space != NULL)
        return add_space(pipeline, side->space, to_xyz, arena);
    if (!is_usable(side))
        return PIPELINE_BROKEN;
    if (color_space_read(side->profile.bytes, side->profile.size, &space) == COLOR_SPACE_READ)
        return add_space(pipeline, &space, to_xyz, arena);
    const char *tag = tags[to_xyz][intent];
    if (!profile_has_tag(&side->profile, tag))
        tag = tags[to_xyz][INTENT_PERCEPTUAL];
    return pipeline_add_tag(pipeline, &side->profile, tag, to_xyz, side->channels, arena);
}

/* Display profiles of version 2 have their white at D50, whatever their tag says, as in lcms2. */
static void media_white(const struct color_side *side, double white[3])
{
    const struct profile *profile = &side->profile;
    memcpy(white, color_d50.at, sizeof color_d50.at);
    if (side->profile.bytes != NULL &&
        (profile_version(profile) >= 4 || !profile_class_is(profile, "mntr")) &&
        (!profile_xyz(profile, "wtpt", white) || white[0] <= 0 || white[1] <= 0 || white[2] <= 0))
        memcpy(white, color_d50.at, sizeof color_d50.at);
}

/* To 16 bits. */
static float round_sample(float sample)
{
    const float clamped = sample > 0 ? sample < 1 ? sample : 1 : 0;
    return (float)(int32_t)(clamped * UINT16_MAX + 0.5f) * (1.0f / UINT16_MAX);
}

void pipeline_pixel(const struct pipeline *pipeline, const float *in, float *out)
{
    float v[PIPELINE_CHANNELS][PIPELINE_BLOCK] = {{0}};
    for (unsigned c = 0; c < pipeline->stage[0].in; c++)
        v[c][0] = pipeline->stage[0].rounded ? round_sample(in[c]) : in[c];
    pipeline_rows(SIMD_BASE)->run(pipeline->stage, pipeline->count, v);
    for (unsigned c = 0; c < pipeline->stage[pipeline->count - 1].out; c++)
        out[c] = v[c][0];
}

void pipeline_color(const struct pipeline *pipeline, uint8_t rgb[3])
{
    float in[PIPELINE_CHANNELS], out[PIPELINE_CHANNELS] = {0};
    const unsigned channels = pipeline->stage[0].in;
    if (channels == 1 && (rgb[0] != rgb[1] || rgb[1] != rgb[2]))
        return;
    for (unsigned c = 0; c < channels; c++)
        in[c] = rgb[c] * (1.0f / UINT8_MAX);
    pipeline_pixel(pipeline, in, out);
    for (unsigned c = 0; c < 3; c++) {
        const float sample = out[channels == 1 ? 0 : c];
        rgb[c] = (uint8_t)((sample > 0 ? sample < 1 ? sample : 1 : 0) * UINT8_MAX + 0.5f);
    }
}

enum { PERCEPTUAL_VERSION = 4 }; /* from this version on, perceptual black is that of 6.3.3 */
/* ICC.1:2022, 6.3.3 */
static const double perceptual_black = 0.0034731, perceptual_black_xyz[3] = {0.00336, 0.0034731, 0.00287};

/* Black of a profile with tables: from its darkest samples; for print inks and relative colorimetry, from the
 * samples that the perceptual table has for black. */
static enum pipeline_result measure_black(const struct color_side *side, enum color_intent intent,
                                          struct arena *arena, double *luminance)
{
    const double max = 0.18418651851244416; /* luminance of L* = 50 */
    float dark[PIPELINE_CHANNELS] = {0}, xyz[PIPELINE_CHANNELS] = {0};
    struct pipeline pipeline = {.count = 0};
    enum pipeline_result result = PIPELINE_MADE;
    if (side->channels == 4 && intent == INTENT_RELATIVE && profile_class_is(&side->profile, "prtr") &&
        profile_has_tag(&side->profile, "B2A0")) {
        for (int i = 0; profile_version(&side->profile) >= PERCEPTUAL_VERSION && i < 3; i++)
            dark[i] = (float)(color_d50.at[i] * perceptual_black);
        result = add_side(&pipeline, side, INTENT_PERCEPTUAL, false, arena);
    } else {
        dark[0] = dark[1] = dark[2] = dark[3] = side->channels == 4;
    }
    if (result == PIPELINE_MADE)
        result = add_side(&pipeline, side, intent, true, arena);
    if (result == PIPELINE_MADE) {
        pipeline_pixel(&pipeline, dark, xyz);
        *luminance = xyz[1] > 0 ? (xyz[1] < max ? xyz[1] : max) : 0;
    }
    return result;
}

/* The luminance of a side's black, computed as in lcms2: 0 for spaces, and if there is no table for the
 * intent. */
static enum pipeline_result find_black(const struct color_side *side, enum color_intent intent,
                                       struct arena *arena, double *luminance)
{
    static const char tags[][5] = {"A2B0", "A2B1", "A2B2"};
    const struct profile *profile = &side->profile;
    struct color_space space;
    *luminance = 0;
    if (profile->bytes == NULL || color_space_read(profile->bytes, profile->size, &space) == COLOR_SPACE_READ)
        return PIPELINE_MADE;
    if (profile_version(profile) >= PERCEPTUAL_VERSION && intent != INTENT_RELATIVE) {
        *luminance = perceptual_black;
        return PIPELINE_MADE;
    }
    const bool inks = side->channels == 4 && intent == INTENT_RELATIVE && profile_class_is(profile, "prtr");
    if (!profile_has_tag(profile, tags[inks ? INTENT_PERCEPTUAL : intent]))
        return PIPELINE_MADE;
    const struct arena_mark mark = arena_mark(arena);
    const enum pipeline_result result = measure_black(side, intent, arena, luminance);
    arena_release(arena, mark);
    return result;
}

/* Black point compensation: scales XYZ so that one black maps to the other and white is unchanged. */
static enum pipeline_result add_compensation(struct pipeline *pipeline, const struct color_side *from,
                                             const struct color_side *to, enum color_intent intent,
                                             struct arena *arena)
{
    double black[2], factor[3], offset[3], xyz[2];
    enum pipeline_result result = find_black(from, intent, arena, &black[0]);
    if (result == PIPELINE_MADE)
        result = find_black(to, intent, arena, &black[1]);
    if (result != PIPELINE_MADE || black[0] == black[1])
        return result;
    for (int i = 0; i < 3; i++) {
        const double white = color_d50.at[i];
        for (int k = 0; k < 2; k++) /* measured blacks are neutral: fractions of white */
            xyz[k] = black[k] == perceptual_black ? perceptual_black_xyz[i] : black[k] * white;
        factor[i] = (white - xyz[1]) / (white - xyz[0]);
        offset[i] = white * (1 - factor[i]);
    }
    return pipeline_add_scale(pipeline, 3, factor, offset) ? PIPELINE_MADE : PIPELINE_NO_MEMORY;
}

static bool always_compensates(const struct color_side *to, enum color_intent intent)
{
    return (intent == INTENT_PERCEPTUAL || intent == INTENT_SATURATION) &&
           (to->profile.bytes == NULL || profile_version(&to->profile) >= 4);
}

/* Joins matrices that follow each other. */
static void join_matrices(struct pipeline *pipeline)
{
    unsigned count = 0;
    for (unsigned i = 0; i < pipeline->count; i++) {
        struct color_stage *last = &pipeline->stage[count > 0 ? count - 1 : 0];
        const struct color_stage *next = &pipeline->stage[i];
        if (count == 0 || last->kind != STAGE_MATRIX || next->kind != STAGE_MATRIX) {
            pipeline->stage[count++] = *next;
            continue;
        }
        const struct color_stage first = *last;
        last->out = next->out;
        for (unsigned o = 0; o < next->out; o++) {
            double offset = next->offset[o];
            for (unsigned k = 0; k < next->in; k++)
                offset += (double)next->matrix[o][k] * first.offset[k];
            last->offset[o] = (float)offset;
            for (unsigned c = 0; c < first.in; c++) {
                double factor = 0;
                for (unsigned k = 0; k < next->in; k++)
                    factor += (double)next->matrix[o][k] * first.matrix[k][c];
                last->matrix[o][c] = (float)factor;
            }
        }
    }
    pipeline->count = count;
}

/* The values after curves at the beginning, or at once, for each sample of 8 bits. */
static bool add_first(struct pipeline *pipeline, struct arena *arena)
{
    float v[PIPELINE_CHANNELS][PIPELINE_BLOCK];
    const unsigned channels = pipeline->stage[0].in;
    pipeline->begun = pipeline->stage[0].kind == STAGE_CURVES;
    pipeline->first = arena_alloc_array(arena, channels, sizeof *pipeline->first);
    for (unsigned from = 0; pipeline->first != NULL && from < 256; from += PIPELINE_BLOCK) {
        for (unsigned c = 0; c < channels; c++) {
            for (unsigned i = 0; i < PIPELINE_BLOCK; i++)
                v[c][i] = (float)(257 * (from + i)) * (1.0f / UINT16_MAX);
        }
        pipeline_rows(SIMD_BASE)->run(pipeline->stage, pipeline->begun, v);
        for (unsigned c = 0; c < channels; c++)
            memcpy(pipeline->first[c] + from, v[c], sizeof v[c]);
    }
    return pipeline->first != NULL;
}

/* Tables and curves of equally spaced points take and give 16 bits. */
static bool rounds(const struct color_stage *stage)
{
    bool even = stage->kind == STAGE_CURVES && !stage->precise;
    for (unsigned c = 0; even && c < stage->in; c++)
        even = stage->count[c] > 0;
    return even || stage->kind == STAGE_TABLE;
}

/* Nothing is rounded twice; samples of 16 bits never are. */
static void find_rounded(struct pipeline *pipeline)
{
    pipeline->stage[0].rounded = rounds(&pipeline->stage[0]);
    for (unsigned i = 1; i < pipeline->count; i++)
        pipeline->stage[i].rounded = rounds(&pipeline->stage[i - 1]);
}

enum pipeline_result pipeline_make(const struct color_side *from, const struct color_side *to,
                                   enum color_intent intent, bool compensate, struct arena *arena,
                                   struct pipeline *pipeline)
{
    pipeline->count = 0;
    enum pipeline_result result = add_side(pipeline, from, intent, true, arena);
    if (result == PIPELINE_MADE && intent == INTENT_ABSOLUTE) {
        double white[2][3], factor[3];
        media_white(from, white[0]);
        media_white(to, white[1]);
        for (int i = 0; i < 3; i++)
            factor[i] = white[0][i] / white[1][i];
        if (!pipeline_add_scale(pipeline, 3, factor, zero))
            result = PIPELINE_NO_MEMORY;
    } else if (result == PIPELINE_MADE && (compensate || always_compensates(to, intent))) {
        result = add_compensation(pipeline, from, to, intent, arena);
    }
    if (result == PIPELINE_MADE)
        result = add_side(pipeline, to, intent, false, arena);
    if (result != PIPELINE_MADE)
        return result;
    join_matrices(pipeline);
    find_rounded(pipeline);
    return add_first(pipeline, arena) ? PIPELINE_MADE : PIPELINE_NO_MEMORY;
}

void pipeline_row(const struct pipeline *pipeline, enum simd_level simd, unsigned depth, bool alpha,
                  const void *in, void *out, size_t width)
{
    pipeline_rows(simd)->row(pipeline, depth, alpha, in, out, width);
}
