#include "color/plain_space.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

static double clamp(double x)
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

static double light_of(const struct tone_curve *curve, double v)
{
    if (curve->points != NULL)
        return tone_curve_light(curve, v);
    const struct color_curve *p = &curve->power;
    return clamp(v >= p->d ? pow(fmax(p->a * v + p->b, 0), p->g) + curve->e : p->c * v + curve->f);
}

/* By bisection. */
static double sample_of(const struct tone_curve *curve, double light)
{
    double low = 0, high = 1;
    for (int i = 0; i < 60; i++) {
        const double middle = (low + high) / 2;
        if (light_of(curve, middle) < light)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

void plain_convert(const struct color_space *from, const struct color_space *to, const double rgb[3],
                   double out[3])
{
    struct color_vector light = {{0}};
    struct color_matrix back;
    for (int c = 0; c < (from->gray ? 1 : 3); c++)
        light.at[c] = light_of(&from->curve[c], rgb[c]);
    if (!from->gray) {
        cr_assert(color_matrix_invert(&to->to_xyz, &back));
        light = color_matrix_apply(&back, color_matrix_apply(&from->to_xyz, light));
    }
    for (int c = 0; c < (from->gray ? 1 : 3); c++)
        out[c] = sample_of(&to->curve[c], clamp(light.at[c]));
}

struct color_space plain_space(int which, bool gray)
{
    static const struct color_description spaces[PLAIN_SPACES] = {
        {{0.3127, 0.3290}, {0.64, 0.33}, {0.21, 0.71}, {0.15, 0.06}, {.g = 2.19921875, .a = 1}},
        {{0.3127, 0.3290}, {0.64, 0.33}, {0.30, 0.60}, {0.15, 0.06}, {.g = 1, .a = 1}},
        {{0.3127, 0.3290}, {0.708, 0.292}, {0.170, 0.797}, {0.131, 0.046}, {.g = 2.4, .a = 1}},
        {{0.3457, 0.3585}, {0.7347, 0.2653}, {0.1596, 0.8404}, {0.0366, 0.0001}, {.g = 1.8, .a = 1}},
        {{0.310, 0.316},
         {0.67, 0.33},
         {0.21, 0.71},
         {0.14, 0.08},
         {1 / 0.45, 1 / 1.099296826809442, 0.099296826809442 / 1.099296826809442, 1 / 4.5,
          4.5 * 0.018053968510807}},
    };
    struct color_space space;
    cr_assert(color_space_of(&spaces[which], gray, &space));
    return space;
}

void plain_profile_read(struct plain_profile *profile, const char *path)
{
    FILE *file = fopen(path, "rb");
    profile->size = file != NULL ? fread(profile->bytes, 1, sizeof profile->bytes, file) : 0;
    if (file != NULL)
        fclose(file);
}
