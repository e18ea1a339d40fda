#include "color/curve.h"

#include <math.h>
#include <stddef.h>

#include "base/bytes.h"

/* log2 x = e + log2 m for x = m 2^e, m from sqrt(1/2) to sqrt 2; ln m = 2 artanh z, z = (m - 1) / (m + 1), by
 * its series. */
static double log_2(double x)
{
    int exponent;
    double m = frexp(x, &exponent);
    if (m < 0.70710678118654752) {
        m *= 2;
        exponent--;
    }
    const double z = (m - 1) / (m + 1), s = z * z;
    double p = 1.0 / 17;
    p = p * s + 1.0 / 15;
    p = p * s + 1.0 / 13;
    p = p * s + 1.0 / 11;
    p = p * s + 1.0 / 9;
    p = p * s + 1.0 / 7;
    p = p * s + 1.0 / 5;
    p = p * s + 1.0 / 3;
    p = p * s + 1;
    return exponent + 2.88539008177792681 * z * p; /* 2 / ln 2 */
}

/* 2^x = 2^n e^t, n the nearest whole number, t = (x - n) ln 2, at most 0.35; Taylor polynomial of degree
 * 11. */
static double exp_2(double x)
{
    const double whole = floor(x + 0.5), t = (x - whole) * 0.693147180559945309;
    double p = 1.0 / 39916800;
    p = p * t + 1.0 / 3628800;
    p = p * t + 1.0 / 362880;
    p = p * t + 1.0 / 40320;
    p = p * t + 1.0 / 5040;
    p = p * t + 1.0 / 720;
    p = p * t + 1.0 / 120;
    p = p * t + 1.0 / 24;
    p = p * t + 1.0 / 6;
    p = p * t + 1.0 / 2;
    p = p * t + 1;
    return ldexp(p * t + 1, (int)whole);
}

double color_power(double x, double g)
{
    enum { EXPONENT_MAX = 1000 }; /* of 2, within a double's range */
    if (x <= 0)
        return 0;
    const double exponent = g * log_2(x);
    return exponent < -EXPONENT_MAX ? 0 : exp_2(exponent < EXPONENT_MAX ? exponent : EXPONENT_MAX);
}

static double clamp_1(double x)
{
    return x > 0 ? (x < 1 ? x : 1) : 0; /* 0 if x is NaN */
}

static unsigned point(const struct tone_curve *curve, uint32_t i)
{
    return get_be16(curve->points + (size_t)2 * i);
}

static double table_light(const struct tone_curve *curve, double sample)
{
    const double at = sample * (curve->count - 1);
    uint32_t i = (uint32_t)at;
    if (i > curve->count - 2)
        i = curve->count - 2;
    const double left = point(curve, i), right = point(curve, i + 1);
    return (left + (right - left) * (at - i)) / 65535;
}

/* CIE 15:2004, 8.2.1, with exact fractions; both 0 to 1. */
static double light_of_lightness(double lightness)
{
    const double root = (lightness + 0.16) / 1.16;
    return lightness > 0.08 ? root * root * root : lightness * (2700.0 / 24389);
}

static double lightness_of_light(double light)
{
    return light > 216.0 / 24389 ? 1.16 * color_power(light, 1.0 / 3) - 0.16 : light * (24389 / 2700.0);
}

/* ITU-R BT.2100-2, table 4. */
static const double pq_m1 = 2610.0 / 16384, pq_m2 = 2523.0 / 32, pq_c1 = 3424.0 / 4096, pq_c2 = 2413.0 / 128,
                    pq_c3 = 2392.0 / 128;

static double pq_light(double sample)
{
    const double root = color_power(sample, 1 / pq_m2);
    return color_power((root - pq_c1) / (pq_c2 - pq_c3 * root), 1 / pq_m1); /* a base below 0 gives 0 */
}

static double pq_sample(double light)
{
    const double power = color_power(light, pq_m1);
    return color_power((pq_c1 + pq_c2 * power) / (1 + pq_c3 * power), pq_m2);
}

/* ITU-R BT.2100-2, table 5. */
static const double hlg_a = 0.17883277, hlg_b = 1 - 4 * 0.17883277, hlg_c = 0.55991072952956202;

static double hlg_light(double sample)
{
    const double e = 2.71828182845904524;
    return sample <= 0.5 ? sample * sample / 3 : (color_power(e, (sample - hlg_c) / hlg_a) + hlg_b) / 12;
}

static double hlg_sample(double light)
{
    const double ln_2 = 0.693147180559945309;
    return light <= 1.0 / 12 ? color_power(3 * light, 0.5) : hlg_a * ln_2 * log_2(12 * light - hlg_b) + hlg_c;
}

double tone_curve_light(const struct tone_curve *curve, double sample)
{
    const struct color_curve *p = &curve->power;
    double value;
    sample = clamp_1(sample);
    if (curve->transfer != TONE_POWER)
        return clamp_1(curve->transfer == TONE_PQ ? pq_light(sample) : hlg_light(sample));
    if (curve->points != NULL)
        value = table_light(curve, sample);
    else if (sample >= p->d)
        value = color_power(p->a * sample + p->b, p->g) + curve->e;
    else
        value = p->c * sample + curve->f;
    value = clamp_1(value);
    return curve->is_lightness ? light_of_lightness(value) : value;
}

/* The sample between the last point below `light` and the next. */
static double table_sample(const struct tone_curve *curve, double light)
{
    const double value = light * 65535;
    uint32_t low = 0, high = curve->count - 1;
    if (value <= point(curve, 0))
        return 0;
    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;
        if (point(curve, middle) < value)
            low = middle;
        else
            high = middle;
    }
    const double left = point(curve, low), right = point(curve, high);
    return clamp_1((low + (right > left ? (value - left) / (right - left) : 0)) / (curve->count - 1));
}

double tone_curve_sample(const struct tone_curve *curve, double light)
{
    const struct color_curve *p = &curve->power;
    light = clamp_1(light);
    if (curve->transfer != TONE_POWER)
        return clamp_1(curve->transfer == TONE_PQ ? pq_sample(light) : hlg_sample(light));
    if (curve->is_lightness)
        light = lightness_of_light(light);
    if (curve->points != NULL)
        return table_sample(curve, light);
    if (light >= color_power(p->a * p->d + p->b, p->g) + curve->e)
        return clamp_1((color_power(light - curve->e, 1 / p->g) - p->b) / p->a);
    return clamp_1(p->c > 0 ? fmin((light - curve->f) / p->c, p->d) : p->d);
}

bool tone_curve_rises(const struct tone_curve *curve)
{
    enum { STEPS = 1024 };
    if (tone_curve_light(curve, 0) >= 0.5 || tone_curve_light(curve, 1) <= 0.5)
        return false;
    const uint32_t steps = curve->points != NULL ? curve->count - 1 : STEPS;
    double last = 0;
    for (uint32_t i = 0; i <= steps; i++) {
        const double light = tone_curve_light(curve, (double)i / steps);
        if (light < last)
            return false;
        last = light;
    }
    return curve->points != NULL || (curve->power.a > 0 && curve->power.g > 0);
}
