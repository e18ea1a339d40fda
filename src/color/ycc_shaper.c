#include "color/ycc_shaper.h"

#include <math.h>

#include "color/ycc_shaper_tables.h"

SIMD_TABLE(struct ycc_shaper_kernels, ycc_shaper_kernels)

/* A curve's values for cubics_fit. */
static double light_value(const void *curve, double sample)
{
    return tone_curve_light(curve, sample);
}

static double sample_value(const void *curve, double light)
{
    return tone_curve_sample(curve, light);
}

/* Clamped to 0 to 1. */
static double evaluate(const struct cubics *cubics, unsigned segment, double x)
{
    const double sum = cubics_at(cubics, segment, x);
    return sum < 0 ? 0 : sum > 1 ? 1 : sum;
}

/* Is the light of all samples right, measured in samples of the result? */
static bool fit_light(const struct tone_curve *from, const struct tone_curve *to, struct cubics *light)
{
    enum { STEPS = 4 * 255 };
    for (unsigned s = 0; s < CUBICS; s++)
        cubics_fit(light, s, (double)s / CUBICS, (s + 1.0) / CUBICS, light_value, from);
    for (unsigned i = 0; i <= STEPS; i++) {
        const double x = (double)i / STEPS,
                     got = evaluate(light, i < STEPS ? i * CUBICS / STEPS : CUBICS - 1, x);
        if (fabs(tone_curve_sample(to, got) - tone_curve_sample(to, tone_curve_light(from, x))) > 0.2 / 255)
            return false;
    }
    return true;
}

/* Are the samples of all light right? */
static bool fit_samples(const struct tone_curve *to, struct ycc_shaper *shaper)
{
    enum { STEPS = 64 };
    shaper->slope = (float)to->power.c > 0 ? (float)(1 / to->power.c) : 0;
    shaper->straight = (float)(to->power.c * to->power.d);
    for (int e = -YCC_OCTAVES; e < 0; e++) {
        const bool first = e == -YCC_OCTAVES;
        const double high = ldexp(1, e + 1), low = first ? shaper->straight : high / 2;
        const unsigned segment = (unsigned)(e + YCC_OCTAVES) % CUBICS;
        if (first && (low <= 0 || low >= high / 2))
            return false;
        cubics_fit(&shaper->sample, segment, low, high, sample_value, to);
        for (int i = 0; i <= STEPS; i++) {
            const double x = low + (high - low) * i / STEPS;
            if (fabs(evaluate(&shaper->sample, segment, x) - tone_curve_sample(to, x)) > 0.05 / 255)
                return false;
        }
    }
    return fabs(tone_curve_sample(to, shaper->straight / 2) - shaper->straight / 2 * shaper->slope) <
           0.05 / 255;
}

struct ycc_shaper *ycc_shaper_make(const struct color_space *from, const struct color_space *to,
                                   struct arena *arena)
{
    struct color_matrix from_xyz;
    if (from->gray || to->gray || to->curve[0].points != NULL || to->curve[0].transfer != TONE_POWER ||
        !color_matrix_invert(&to->to_xyz, &from_xyz))
        return NULL;
    struct ycc_shaper *shaper = arena_alloc(arena, sizeof *shaper);
    if (shaper == NULL || !fit_samples(&to->curve[0], shaper))
        return NULL;
    const struct color_matrix matrix = color_matrix_multiply(&from_xyz, &from->to_xyz);
    for (int c = 0; c < 3; c++) {
        for (int i = 0; i < 3; i++)
            shaper->matrix[c][i] = (float)matrix.at[c][i];
        if (!fit_light(&from->curve[c], &to->curve[0], &shaper->light[c]))
            return NULL;
    }
    return shaper;
}

size_t ycc_shaper_bytes(void)
{
    return sizeof(struct ycc_shaper);
}

void ycc_shaper_rows(const struct ycc_shaper *shaper, enum simd_level simd, const struct ycc_rows *in,
                     const struct ycc_rows *out, size_t width)
{
    ycc_shaper_kernels(simd)->rows(shaper, in, out, width);
}
