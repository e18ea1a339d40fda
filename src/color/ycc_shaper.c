#include "color/ycc_shaper.h"

#include <math.h>

#include "color/ycc_shaper_tables.h"

SIMD_TABLE(struct ycc_shaper_kernels, ycc_shaper_kernels)

typedef double curve_value(const struct tone_curve *curve, double x);

/* The cubic through the curve's values at the Chebyshev nodes of low to high, by Newton's divided
 * differences. */
static void fit(const struct tone_curve *curve, curve_value *value, double low, double high,
                double cubic[YCC_ORDER])
{
    static const double nodes[YCC_ORDER] = {0.92387953251128674, 0.38268343236508977, -0.38268343236508977,
                                            -0.92387953251128674}; /* cos(pi (2 k + 1) / 8) */
    double x[YCC_ORDER], difference[YCC_ORDER];
    for (int i = 0; i < YCC_ORDER; i++) {
        x[i] = (low + high) / 2 + (high - low) / 2 * nodes[i];
        difference[i] = value(curve, x[i]);
        cubic[i] = 0;
    }
    for (int order = 1; order < YCC_ORDER; order++) {
        for (int i = YCC_ORDER - 1; i >= order; i--)
            difference[i] = (difference[i] - difference[i - 1]) / (x[i] - x[i - order]);
    }
    for (int i = YCC_ORDER - 1; i >= 0; i--) { /* cubic = cubic (X - x[i]) + difference[i] */
        for (int k = YCC_ORDER - 1; k > 0; k--)
            cubic[k] = cubic[k - 1] - x[i] * cubic[k];
        cubic[0] = difference[i] - x[i] * cubic[0];
    }
}

static void set_segment(ycc_polynomials polynomials, unsigned segment, const double cubic[YCC_ORDER])
{
    for (int k = 0; k < YCC_ORDER; k++)
        polynomials[k][segment] = polynomials[k][segment + YCC_SEGMENTS] = (float)cubic[k];
}

static double evaluate(float (*polynomials)[YCC_ENTRIES], int segment, double x)
{
    double sum = 0;
    for (int k = YCC_ORDER - 1; k >= 0; k--)
        sum = sum * x + polynomials[k][segment];
    return sum < 0 ? 0 : sum > 1 ? 1 : sum;
}

/* Is the light of all samples right, measured in samples of the result? */
static bool fit_light(const struct tone_curve *from, const struct tone_curve *to, ycc_polynomials light)
{
    enum { STEPS = 4 * 255 };
    for (int s = 0; s < YCC_SEGMENTS; s++) {
        double cubic[YCC_ORDER];
        fit(from, tone_curve_light, (double)s / YCC_SEGMENTS, (s + 1.0) / YCC_SEGMENTS, cubic);
        set_segment(light, (unsigned)s, cubic);
    }
    for (int i = 0; i <= STEPS; i++) {
        const double x = (double)i / STEPS,
                     got = evaluate(light, i < STEPS ? i * YCC_SEGMENTS / STEPS : YCC_SEGMENTS - 1, x);
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
        double cubic[YCC_ORDER];
        const bool first = e == -YCC_OCTAVES;
        const double high = ldexp(1, e + 1), low = first ? shaper->straight : high / 2;
        if (first && (low <= 0 || low >= high / 2))
            return false;
        fit(to, tone_curve_sample, low, high, cubic);
        set_segment(shaper->sample, (unsigned)(e + YCC_OCTAVES) % YCC_SEGMENTS, cubic);
        for (int i = 0; i <= STEPS; i++) {
            const double x = low + (high - low) * i / STEPS;
            if (fabs(evaluate(shaper->sample, (e + YCC_OCTAVES) % YCC_SEGMENTS, x) -
                     tone_curve_sample(to, x)) > 0.05 / 255)
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
        if (!fit_light(&from->curve[c], &to->curve[0], shaper->light[c]))
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
