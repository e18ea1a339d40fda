#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "color/curve.h"

Test(curve, powers_are_exact)
{
    for (double g = 0.3; g < 3.1; g += 0.1) {
        for (double x = 1e-9; x < 4; x *= 1.07)
            cr_assert_leq(fabs(color_power(x, g) / pow(x, g) - 1), 1e-12, "%g ^ %g", x, g);
    }
    cr_assert_eq(color_power(0, 2), 0);
    cr_assert_eq(color_power(-1, 2), 0);
    cr_assert_eq(color_power(1, 2.4), 1);
    cr_assert_eq(color_power(1e-9, 500), 0);
    cr_assert(isfinite(color_power(1e9, 500)));
}

static void expect_inverse(const struct tone_curve *curve, double tolerance)
{
    for (int i = 0; i <= 1000; i++) {
        const double sample = i / 1000.0;
        cr_assert_leq(fabs(tone_curve_sample(curve, tone_curve_light(curve, sample)) - sample), tolerance,
                      "%g", sample);
    }
}

Test(curve, every_kind_has_its_inverse)
{
    static const uint8_t points[] = {0, 0, 0x10, 0, 0x30, 0, 0x80, 0, 0xff, 0xff};
    const struct tone_curve srgb = {.power = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045}};
    const struct tone_curve power = {.power = {.g = 2.2, .a = 1}};
    const struct tone_curve offset = {.power = {2, 0.8, 0.1, 0.2, 0.25}, .e = 0.01, .f = 0.05};
    const struct tone_curve table = {.points = points, .count = 5};
    expect_inverse(&srgb, 1e-7); /* its two parts meet at 0.04045 but for 1e-8 */
    expect_inverse(&power, 1e-9);
    expect_inverse(&table, 1e-9);
    cr_assert(tone_curve_rises(&srgb) && tone_curve_rises(&power) && tone_curve_rises(&table));
    expect_inverse(&offset, 1e-9);
    cr_assert(tone_curve_rises(&offset));
    cr_assert_float_eq(tone_curve_light(&table, 0.3125), (0x1000 + 0x2000 * 0.25) / 65535, 1e-12);
}

/* CIE 15: L* is 50 at 18.4 % of white, and 903.3 Y in the dark. */
Test(curve, lightness_becomes_light)
{
    const struct tone_curve lightness = {.power = {.g = 1, .a = 1}, .is_lightness = true};
    cr_assert_float_eq(tone_curve_light(&lightness, 0.5), 0.184187, 1e-6);
    cr_assert_float_eq(tone_curve_light(&lightness, 0.04), 4 / 903.2963, 1e-7);
    cr_assert_eq(tone_curve_light(&lightness, 1), 1);
    expect_inverse(&lightness, 1e-9);
}

Test(curve, what_does_not_rise_has_none)
{
    static const uint8_t falling[] = {0xff, 0xff, 0x80, 0, 0, 0},
                         dip[] = {0, 0, 0x80, 0, 0x70, 0, 0xff, 0xff}, flat[] = {0x20, 0, 0x20, 0},
                         steps[] = {0, 0, 0x40, 0, 0x40, 0, 0xff, 0xff};
    cr_assert_not(tone_curve_rises(&(struct tone_curve){.points = falling, .count = 3}));
    cr_assert_not(tone_curve_rises(&(struct tone_curve){.points = dip, .count = 4}));
    cr_assert_not(tone_curve_rises(&(struct tone_curve){.points = flat, .count = 2}));
    const struct tone_curve stepped = {.points = steps, .count = 4};
    cr_assert(tone_curve_rises(&stepped));
    const double sample = tone_curve_sample(&stepped, 0x4000 / 65535.0);
    cr_assert(sample >= 1 / 3.0 - 1e-9 && sample <= 2 / 3.0 + 1e-9);
}

Test(curve, light_and_samples_are_clamped)
{
    const struct tone_curve high = {.power = {.g = 1, .a = 3}},
                            low = {.power = {.g = 1, .a = 1, .b = -0.5}, .e = -1};
    cr_assert_eq(tone_curve_light(&high, 0.9), 1);
    cr_assert_eq(tone_curve_light(&low, 0.9), 0);
    cr_assert_eq(tone_curve_light(&high, -1), 0);
    cr_assert_eq(tone_curve_light(&high, NAN), 0);
    cr_assert_eq(tone_curve_sample(&high, 2), 1 / 3.0);
}
