/* Light of samples of 16 bits, compared with double precision. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "color/light_tables.h"
#include "color/target.h"
#include "lent.h"

enum { SAMPLES = 65536 };

static double srgb_light(double sample)
{
    return sample <= 0.04045 ? sample / 12.92 : pow((sample + 0.055) / 1.055, 2.4);
}

/* The inverse of SMPTE 240M's camera curve. */
static double smpte_light(double sample)
{
    return sample <= 4 * 0.022821585529445 ? sample / 4
                                           : pow((sample + 0.111572195921731) / 1.111572195921731, 1 / 0.45);
}

static double gamma_light(double sample)
{
    return pow(sample, 2.2);
}

/* A straight line that is too short for a polynomial of its own. */
static double short_light(double sample)
{
    return sample <= 1.0 / 512 ? sample / 16 : pow(sample, 1.8);
}

static void expect_light(const struct color_curve *power, double (*exact)(double sample), bool fits)
{
    struct lent lent;
    struct color_space space = {.gray = true, .curve = {{.power = *power}}};
    uint16_t *in = malloc(SAMPLES * sizeof *in);
    float *base = malloc(SAMPLES * sizeof *base), *out = malloc(SAMPLES * sizeof *out);
    lent_init(&lent);
    const struct light *light = light_make(&space, 16, &lent.arena);
    cr_assert_not_null(light);
    cr_expect_eq(((const struct light_16 *)light)->fits, fits);
    for (int i = 0; i < SAMPLES; i++)
        in[i] = (uint16_t)i;
    light_read_row(light, SIMD_BASE, in, base, SAMPLES, 1, false);
    double worst = 0;
    for (int i = 0; i < SAMPLES; i++) {
        const double sample = i / 65535.0,
                     distance = i > 0 ? exact(sample) - exact((i - 1) / 65535.0) : exact(1 / 65535.0);
        worst = fmax(worst, fabs(base[i] - exact(sample)) / distance);
    }
    cr_expect_leq(worst, 0.25, "off by %g of the distance of two samples", worst);
    for (int level = SIMD_BASE; level < SIMD_LEVELS; level++) {
        if (!simd_available((enum simd_level)level))
            continue;
        light_read_row(light, (enum simd_level)level, in, out, SAMPLES, 1, false);
        cr_expect_arr_eq(out, base, SAMPLES * sizeof *out, "at %s", simd_name((enum simd_level)level));
    }
    free(in);
    free(base);
    free(out);
    lent_free(&lent);
}

Test(light, of_all_samples_of_16_bits_is_that_of_their_curve)
{
    expect_light(&(struct color_curve){2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045}, srgb_light, true);
    expect_light(&(struct color_curve){1 / 0.45, 1 / 1.111572195921731, 0.111572195921731 / 1.111572195921731,
                                       0.25, 4 * 0.022821585529445},
                 smpte_light, true);
    expect_light(&(struct color_curve){.g = 2.2, .a = 1}, gamma_light, false);
    expect_light(&(struct color_curve){1.8, 1, 0, 1.0 / 16, 1.0 / 512}, short_light, false);
}

/* The last samples of a row are no whole vector. */
Test(light, is_written_for_the_samples_of_a_row_alone)
{
    enum { WIDTH = 70 };
    struct lent lent;
    struct color_space space;
    uint16_t in[WIDTH];
    float base[WIDTH], out[WIDTH + 1];
    lent_init(&lent);
    color_target_space(COLOR_SRGB, true, &space);
    const struct light *light = light_make(&space, 16, &lent.arena);
    for (int i = 0; i < WIDTH; i++)
        in[i] = (uint16_t)(i * 937);
    light_read_row(light, SIMD_BASE, in, base, WIDTH, 1, false);
    for (size_t width = 0; width <= WIDTH; width++) {
        for (int level = SIMD_BASE; level < SIMD_LEVELS; level++) {
            if (!simd_available((enum simd_level)level))
                continue;
            out[width] = -1;
            light_read_row(light, (enum simd_level)level, in, out, width, 1, false);
            cr_expect_arr_eq(out, base, width * sizeof *out);
            cr_expect_eq(out[width], -1);
        }
    }
    lent_free(&lent);
}
