#include "color/light.h"

#include <math.h>
#include <string.h>

#include "color/light_tables.h"

SIMD_TABLE(struct light_rows, light_rows)

enum { SEGMENT = 256 / LIGHT_SEGMENTS }; /* samples */

/* --- integers ---------------------------------------------------------------------------------------- */

struct quadratic {
    int base, slope, bend;
};

static int multiply_q15(int a, int b)
{
    return (a * b + (1 << 14)) >> 15;
}

/* The polynomial's value, computed as the kernels do. */
static int quadratic_at(const struct quadratic *q, int t)
{
    const int fraction = t << 11; /* t/16 in Q15 */
    return q->base + multiply_q15(q->slope + multiply_q15(q->bend, fraction), fraction);
}

/* The max distance from the exact light in a segment; infinite if the numbers do not fit. */
static double quadratic_error(const struct quadratic *q, const double exact[SEGMENT])
{
    double worst = 0;
    if (q->base < 0 || q->slope < 0 || q->bend < 0 || q->bend > UINT8_MAX || q->slope + q->bend > INT16_MAX)
        return INFINITY;
    for (int t = 0; t < SEGMENT; t++) {
        const int value = quadratic_at(q, t);
        if (value > LIGHT_ONE)
            return INFINITY;
        worst = fmax(worst, fabs(value - exact[t]));
    }
    return worst;
}

/* Finds the best polynomial near the one through three points. Returns its error. */
static double fit(const double exact[SEGMENT], struct quadratic *best)
{
    const double half = (exact[8] - exact[0]) / 8, whole = (exact[15] - exact[0]) / 15;
    const double bend = (whole - half) / 7, slope = half - 8 * bend;
    double least = INFINITY;
    *best = (struct quadratic){0};
    for (int i = 0; i < 3 * 9 * 9; i++) {
        const struct quadratic q = {(int)floor(exact[0] + 0.5) + i / 81 - 1,
                                    (int)floor(16 * slope + 0.5) + i / 9 % 9 - 4,
                                    (int)floor(256 * bend + 0.5) + i % 9 - 4};
        const double error = quadratic_error(&q, exact);
        if (error < least) {
            least = error;
            *best = q;
        }
    }
    return least;
}

static void make_sample_of(const struct tone_curve *curve, uint8_t sample_of[LIGHT_ONE + 1])
{
    int k = 0;
    for (int i = 0; i <= LIGHT_ONE; i++) {
        while (k < 255 && LIGHT_ONE * tone_curve_light(curve, (k + 0.5) / 255) <= i)
            k++;
        sample_of[i] = (uint8_t)k;
    }
}

/* Does every level survive the round trip through 14-bit sums, with a margin for their errors? */
static bool survives(const struct light_8 *light)
{
    enum { STEP_MIN = 8 };
    int last = -STEP_MIN;
    for (int v = 0; v < 256; v++) {
        const struct light_segments *segments = &light->segments;
        const int s = v / SEGMENT;
        const struct quadratic q = {segments->base_low[s] | segments->base_high[s] << 8,
                                    segments->slope_low[s] | segments->slope_high[s] << 8, segments->bend[s]};
        const int value = quadratic_at(&q, v % SEGMENT), back = (value + 1) / 2 * 2;
        if (value < last + STEP_MIN || light->sample_of[back < LIGHT_ONE ? back : LIGHT_ONE] != v)
            return false;
        last = value;
    }
    return true;
}

static bool make_integers(const struct tone_curve *curve, struct light_8 *light)
{
    const double error_max = 1.6; /* a sixth of the step between dark samples of sRGB */
    struct light_segments *segments = &light->segments;
    for (int s = 0; s < LIGHT_SEGMENTS; s++) {
        double exact[SEGMENT];
        struct quadratic q;
        for (int t = 0; t < SEGMENT; t++)
            exact[t] = LIGHT_ONE * tone_curve_light(curve, (s * SEGMENT + t) / 255.0);
        if (fit(exact, &q) > error_max)
            return false;
        segments->base_low[s] = (uint8_t)q.base;
        segments->base_high[s] = (uint8_t)(q.base >> 8);
        segments->slope_low[s] = (uint8_t)q.slope;
        segments->slope_high[s] = (uint8_t)(q.slope >> 8);
        segments->bend[s] = (uint8_t)q.bend;
    }
    make_sample_of(curve, light->sample_of);
    return survives(light);
}

const struct light_segments *light_segments(const struct light *light)
{
    return &((const struct light_8 *)light)->segments;
}

void light_write_integers(const struct light *light, const uint16_t *in, uint8_t *out, size_t samples)
{
    const uint8_t *sample_of = ((const struct light_8 *)light)->sample_of;
    for (size_t i = 0; i < samples; i++)
        out[i] = sample_of[in[i]];
}

/* --- floats ------------------------------------------------------------------------------------------ */

static void *alloc(struct arena *arena, size_t bytes, const struct color_space *space, unsigned depth)
{
    struct light *light = arena_alloc(arena, bytes);
    if (light == NULL)
        return NULL;
    memset(light, 0, bytes);
    *light = (struct light){.bytes = bytes, .colors = space->gray ? 1 : 3, .depth = depth};
    return light;
}

static struct light *make_8(const struct color_space *space, struct arena *arena)
{
    unsigned table[3] = {0};
    const unsigned tables = space->gray ? 1 : curve_tables_assign(space, 0, table);
    struct light_8 *light = alloc(arena, sizeof *light + tables * sizeof light->sample[0], space, 8);
    if (light == NULL)
        return NULL;
    for (unsigned c = 0; c < light->light.colors; c++) {
        for (int v = 0; v < 256; v++)
            light->light_of[c][v] = (float)tone_curve_light(&space->curve[c], v / 255.0);
        light->table[c] = table[c];
        curve_table_bytes(&space->curve[c], light->sample[table[c]]);
    }
    light->light.integers = tables == 1 && make_integers(&space->curve[0], light);
    return &light->light;
}

/* Light by w (struct light_cubics). Floats, not doubles of the same values: gcc 12 forgets to round such a
 * pair when it converts both at once. */
struct word_curve {
    const struct tone_curve *curve;
    float scale, offset;
};

static double word_light(const void *argument, double w)
{
    const struct word_curve *word = argument;
    return tone_curve_light(word->curve, (w - word->offset) / word->scale / 65535);
}

/* Is the polynomial right, to a part of the distance of samples? The first samples of both ends are left out,
 * as the next ones may be another polynomial's. */
static bool is_near(const struct cubics *cubics, unsigned i, const struct word_curve *word, double low,
                    double high)
{
    enum { STEPS = 48 };
    const double sample = word->scale, part = 0.35;
    low += sample;
    high -= sample;
    for (int k = 0; k <= STEPS; k++) {
        const double w = low + (high - low) * k / STEPS,
                     distance = word_light(word, w + sample / 2) - word_light(word, w - sample / 2);
        if (!(fabs(cubics_at(cubics, i, w) - word_light(word, w)) <= part * distance))
            return false;
    }
    return true;
}

/* Does the curve begin with a straight line, of the length that make_cubics needs? Others rise from 0 so
 * slowly that tables, which are exact in every octave, are better. */
static bool begins_straight(const struct tone_curve *curve)
{
    const struct color_curve *power = &curve->power;
    return curve->transfer == TONE_POWER && curve->points == NULL && !curve->is_lightness && curve->f == 0 &&
           power->c > 0 && power->d > 0.035 && power->d < 0.125;
}

/* Returns false if the curve is another. */
static bool make_cubics(const struct tone_curve *curve, struct light_cubics *read)
{
    static const double starts[CUBICS + 1] = {1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 5};
    if (!begins_straight(curve))
        return false;
    /* The line ends at w = 1.5, and is all of its polynomial or what all samples have room for. */
    const double bend = curve->power.d, scale = fmin(0.25 / bend, 3.49 / (1 - bend));
    read->scale = (float)(scale / 65535);
    read->offset = (float)(1.5 - 65535 * bend * read->scale);
    const struct word_curve word = {curve, read->scale, read->offset};
    const double end = 65535 * word.scale + word.offset, slope = curve->power.c / 65535 / word.scale;
    for (unsigned s = 0; s < CUBICS && starts[s] < end; s++) {
        const double high = fmin(starts[s + 1], end);
        const unsigned i = (4 * EXPONENT_BIAS + 1 + s) % CUBICS;
        if (s == 0) {
            cubics_set_line(&read->cubics, i, -slope * word.offset, slope);
            continue;
        }
        cubics_fit(&read->cubics, i, starts[s], high, word_light, &word);
        if (!is_near(&read->cubics, i, &word, starts[s], high))
            return false;
    }
    return true;
}

static struct light *make_16(const struct color_space *space, struct arena *arena)
{
    unsigned from[3] = {0};
    const unsigned tables = space->gray ? 1 : curve_tables_assign(space, 0, from);
    struct light_16 *light = alloc(arena, sizeof *light + 2 * tables * sizeof light->value[0], space, 16);
    for (unsigned c = 0; light != NULL && c < light->light.colors; c++) {
        light->from[c] = from[c];
        light->to[c] = tables + from[c];
        curve_table_points(&space->curve[c], tone_curve_light, 1, light->value[light->from[c]]);
        curve_table_points(&space->curve[c], tone_curve_sample, 65535, light->value[light->to[c]]);
    }
    if (light == NULL)
        return NULL;
    light->curves = tables;
    light->fits = tables == 1 && make_cubics(&space->curve[0], &light->read);
    return &light->light;
}

struct light *light_make(const struct color_space *space, unsigned depth, struct arena *arena)
{
    return depth == 8 ? make_8(space, arena) : make_16(space, arena);
}

void light_read_row(const struct light *light, enum simd_level simd, const void *in, float *out, size_t width,
                    unsigned channels, bool drop)
{
    const struct light_rows *rows = light_rows(simd);
    if (light->depth == 8)
        rows->read_8(light, in, out, width, channels, drop);
    else
        rows->read_16(light, in, out, width, channels, drop);
}

void light_write_row(const struct light *light, enum simd_level simd, const float *in, void *out,
                     size_t width, unsigned channels)
{
    const struct light_rows *rows = light_rows(simd);
    if (light->depth == 8)
        rows->write_8(light, in, out, width, channels);
    else
        rows->write_16(light, in, out, width, channels);
}
