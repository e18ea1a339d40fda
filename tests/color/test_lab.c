#include "color/lab.h"

#include <criterion/criterion.h>
#include <math.h>

Test(lab, curves_are_the_standards_and_each_others_inverse)
{
    for (int i = 0; i <= 4096; i++) {
        const double t = i / 4096.0, f = t > 216.0 / 24389 ? cbrt(t) : t * 841 / 108 + 4.0 / 29;
        const double light = t <= 0.04045 ? t / 12.92 : pow((t + 0.055) / 1.055, 2.4);
        cr_assert_float_eq(lab_f(t), f, 1e-12, "%f", t);
        cr_assert_float_eq(lab_fraction(f), t, 1e-12, "%f", t);
        cr_assert_float_eq(srgb_light(t), light, 1e-12, "%f", t);
        cr_assert_float_eq(srgb_sample(light), t, 1e-5, "%f", t); /* the standard's limits are rounded */
    }
}
