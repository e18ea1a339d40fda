#include "color/lab.h"

#include "color/curve.h"

double lab_f(double fraction)
{
    return fraction > 216.0 / 24389 ? color_power(fraction, 1.0 / 3)
                                    : fraction * (24389.0 / 27 / 116) + 16.0 / 116;
}

double lab_fraction(double f)
{
    return f > 6.0 / 29 ? f * f * f : (f - 16.0 / 116) * (27 * 116.0 / 24389);
}

double srgb_light(double sample)
{
    return sample <= 0.04045 ? sample / 12.92 : color_power((sample + 0.055) / 1.055, 2.4);
}

double srgb_sample(double light)
{
    return light <= 0.0031308 ? light * 12.92 : 1.055 * color_power(light, 1 / 2.4) - 0.055;
}
