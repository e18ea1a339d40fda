/* Edits of tones and colours, each compared with a function of one pixel in double precision. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "filter/filter.h"
#include "filter/reference.h"
#include "pictures.h"

/* A pixel's red, green and blue, 0 to 1. */
struct rgb {
    double v[3];
};

typedef struct rgb twin_function(struct rgb in);

static struct rgb each(struct rgb in, double factor, double offset)
{
    for (unsigned c = 0; c < 3; c++)
        in.v[c] = in.v[c] * factor + offset;
    return in;
}

static struct rgb times(const double m[9], struct rgb in)
{
    struct rgb out;
    for (unsigned c = 0; c < 3; c++)
        out.v[c] = m[3 * c] * in.v[0] + m[3 * c + 1] * in.v[1] + m[3 * c + 2] * in.v[2];
    return out;
}

static struct rgb brightness_of_1_3(struct rgb in)
{
    return each(in, 1.3, 0);
}

static struct rgb contrast_of_0_6(struct rgb in)
{
    return each(in, 0.6, 0.5 - 0.3);
}

static struct rgb contrast_of_7(struct rgb in)
{
    return each(in, 7, -3);
}

static struct rgb gamma_of_2_2(struct rgb in)
{
    for (unsigned c = 0; c < 3; c++)
        in.v[c] = pow(in.v[c], 1 / 2.2);
    return in;
}

static struct rgb gamma_of_0_5(struct rgb in)
{
    for (unsigned c = 0; c < 3; c++)
        in.v[c] *= in.v[c];
    return in;
}

static struct rgb negative(struct rgb in)
{
    return each(in, -1, 1);
}

/* Filter Effects Module Level 1, 9.6, as printed there: saturate, then hueRotate. */
static struct rgb saturation(struct rgb in, double s)
{
    const double m[9] = {0.213 + 0.787 * s, 0.715 - 0.715 * s, 0.072 - 0.072 * s,
                         0.213 - 0.213 * s, 0.715 + 0.285 * s, 0.072 - 0.072 * s,
                         0.213 - 0.213 * s, 0.715 - 0.715 * s, 0.072 + 0.928 * s};
    return times(m, in);
}

static struct rgb hue(struct rgb in, double degrees)
{
    const double c = cos(degrees * M_PI / 180), s = sin(degrees * M_PI / 180);
    const double m[9] = {
        0.213 + c * 0.787 - s * 0.213, 0.715 - c * 0.715 - s * 0.715, 0.072 - c * 0.072 + s * 0.928,
        0.213 - c * 0.213 + s * 0.143, 0.715 + c * 0.285 + s * 0.140, 0.072 - c * 0.072 - s * 0.283,
        0.213 - c * 0.213 - s * 0.787, 0.715 - c * 0.715 + s * 0.715, 0.072 + c * 0.928 + s * 0.072};
    return times(m, in);
}

static struct rgb saturation_of_0(struct rgb in)
{
    return saturation(in, 0);
}

static struct rgb saturation_of_100(struct rgb in)
{
    return saturation(in, 100);
}

static struct rgb saturation_of_1_5(struct rgb in)
{
    return saturation(in, 1.5);
}

static struct rgb hue_of_33_5(struct rgb in)
{
    return hue(in, 33.5);
}

static struct rgb hue_of_minus_120(struct rgb in)
{
    return hue(in, -120);
}

static struct rgb same(struct rgb in)
{
    return in;
}

static const struct edit {
    const char *filter, *argument;
    twin_function *twin;
} edits[] = {
    {"brightness", "1.3", brightness_of_1_3},
    {"brightness", "1", same},
    {"contrast", "0.6", contrast_of_0_6},
    {"contrast", "7", contrast_of_7},
    {"gamma", "2.2", gamma_of_2_2},
    {"gamma", "0.5", gamma_of_0_5},
    {"gamma", "1", same},
    {"negate", NULL, negative},
    {"saturation", "0", saturation_of_0},
    {"saturation", "1.5", saturation_of_1_5},
    {"saturation", "100", saturation_of_100},
    {"saturation", "1", same},
    {"hue", "33.5", hue_of_33_5},
    {"hue", "-120", hue_of_minus_120},
    {"hue", "360", same},
};

static struct pm_image edited(const struct edit *edit, const struct pm_image *in, struct lent *lent)
{
    const struct filter *filter = filter_find(edit->filter);
    const struct shape shape = image_shape(in);
    struct pm_image out;
    if (edit->argument != NULL)
        return run_filter(edit->filter, edit->argument, in, lent);
    cr_assert_eq(filter->apply(NULL, in, &shape, &out, &lent->context), 0);
    return out;
}

/* Rounding of a sample, and of the factors that it is made of: those of `saturation=100` add up. */
static double tolerance_of(const struct edit *edit)
{
    return strcmp(edit->argument != NULL ? edit->argument : "", "100") == 0 ? 0.51 : 0.505;
}

static void expect_edited(const struct edit *edit, const struct pm_image *in, struct lent *lent)
{
    const unsigned depth = in->format.depth, channels = in->plane[0].channels;
    const bool gray = in->format.color == PM_COLOR_GRAY;
    const double white = depth == 8 ? 255 : 65535;
    const struct pm_image out = edited(edit, in, lent);
    cr_assert(pixels_equal(&out.format, &in->format) && out.width == in->width && out.height == in->height);
    for (uint32_t y = 0; y < in->height; y++) {
        for (uint32_t x = 0; x < in->width; x++) {
            struct rgb rgb;
            for (unsigned c = 0; c < 3; c++)
                rgb.v[c] = sample_at(&in->plane[0], depth, x, y, gray ? 0 : c) / white;
            rgb = edit->twin(rgb);
            for (unsigned c = 0; c < channels; c++) {
                const bool is_alpha = in->format.alpha == PM_ALPHA_STRAIGHT && c + 1 == channels;
                const double want =
                    is_alpha ? sample_at(&in->plane[0], depth, x, y, c) : fmin(fmax(rgb.v[c], 0), 1) * white;
                const double got = sample_at(&out.plane[0], depth, x, y, c);
                cr_assert(fabs(got - want) <= (is_alpha ? 0 : tolerance_of(edit)),
                          "%s=%s, depth %u, %u channels: %g, not %g", edit->filter,
                          edit->argument != NULL ? edit->argument : "", depth, channels, got, want);
            }
        }
    }
}

Test(tones, are_the_twins_in_every_format)
{
    for (unsigned kind = 0; kind < 8; kind++) {
        for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
            struct lent lent;
            lent_init(&lent);
            lent.context.lanes = kind & 1 ? 4 : 1;
            lent.context.ops = kind & 1 ? &backward_ops : NULL;
            struct pm_image in =
                picture(&lent, 61, 83, kind & 1 ? PM_COLOR_RGB : PM_COLOR_GRAY, kind & 2, kind & 4 ? 16 : 8);
            expect_edited(&edits[i], &in, &lent);
            in = picture(&lent, 1, 1, PM_COLOR_RGB, kind & 2, kind & 4 ? 16 : 8);
            expect_edited(&edits[i], &in, &lent);
            lent_free(&lent);
        }
    }
}

Test(tones, negate_takes_inks)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 21, 9, PM_COLOR_CMYK, false, 8);
    const struct pm_image out = edited(&(struct edit){.filter = "negate"}, &in, &lent);
    cr_assert_eq(out.format.color, PM_COLOR_CMYK);
    for (size_t i = 0; i < 21 * 4; i++)
        cr_assert_eq(plane_row(&out.plane[0], 3)[i], 255 - plane_row(&in.plane[0], 3)[i]);
    lent_free(&lent);
}

/* libjpeg's rgb_gray_convert, for any depth. */
static unsigned luma_at(const struct pm_image *in, uint32_t x, uint32_t y)
{
    const unsigned depth = in->format.depth;
    const struct pm_plane *plane = &in->plane[0];
    if (in->format.color == PM_COLOR_GRAY)
        return sample_at(plane, depth, x, y, 0);
    return (unsigned)((19595ull * sample_at(plane, depth, x, y, 0) +
                       38470ull * sample_at(plane, depth, x, y, 1) +
                       7471ull * sample_at(plane, depth, x, y, 2) + 32768) >>
                      16);
}

static unsigned alpha_at(const struct pm_image *image, uint32_t x, uint32_t y)
{
    return image->format.alpha == PM_ALPHA_STRAIGHT
               ? sample_at(&image->plane[0], image->format.depth, x, y, image->plane[0].channels - 1)
               : UINT16_MAX;
}

Test(tones, threshold_is_of_luma)
{
    for (unsigned kind = 0; kind < 8; kind++) {
        struct lent lent;
        lent_init(&lent);
        const unsigned depth = kind & 4 ? 16 : 8, white = depth == 8 ? 255 : 65535;
        struct pm_image in = picture(&lent, 61, 83, kind & 1 ? PM_COLOR_RGB : PM_COLOR_GRAY, kind & 2, depth);
        const struct pm_image out = run_filter("threshold", "100", &in, &lent);
        cr_assert(out.format.color == PM_COLOR_GRAY && out.format.alpha == in.format.alpha &&
                  out.format.depth == depth);
        for (uint32_t i = 0; i < 61 * 83; i++) {
            const bool is_white = luma_at(&in, i % 61, i / 61) * 255. / white >= 100;
            cr_assert_eq(sample_at(&out.plane[0], depth, i % 61, i / 61, 0), is_white ? white : 0);
            cr_assert_eq(alpha_at(&out, i % 61, i / 61), alpha_at(&in, i % 61, i / 61));
        }
        lent_free(&lent);
    }
}

/* CIE L*a*b* of sRGB's white by the C library. */
static double lab_f(double t)
{
    return t > 216.0 / 24389 ? cbrt(t) : t * 841 / 108 + 4.0 / 29;
}

static double lab_t(double f)
{
    return f > 6.0 / 29 ? f * f * f : (f - 4.0 / 29) * 108 / 841;
}

static double light(double v)
{
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static double sample(double v)
{
    return v <= 0.0031308 ? v * 12.92 : 1.055 * pow(v, 1 / 2.4) - 0.055;
}

static struct rgb tinted(double luma, struct rgb color)
{
    static const double xyz[9] = {0.4124564, 0.3575761, 0.1804375, 0.2126729, 0.7151522,
                                  0.0721750, 0.0193339, 0.1191920, 0.9503041};
    static const double rgb[9] = {3.2404542, -1.5371385, -0.4985314, -0.9692660, 1.8760108,
                                  0.0415560, 0.0556434,  -0.2040259, 1.0572252};
    static const double white[3] = {0.95047, 1, 1.08883};
    struct rgb t = {{light(color.v[0]), light(color.v[1]), light(color.v[2])}};
    t = times(xyz, t);
    const double fx = lab_f(t.v[0] / white[0]), fy = lab_f(t.v[1]), fz = lab_f(t.v[2] / white[2]);
    const double f = lab_f(light(luma)), l = 1.16 * f - 0.16, weight = 1 - 4 * (l - 0.5) * (l - 0.5);
    struct rgb made = {
        {lab_t(f + weight * (fx - fy)) * white[0], lab_t(f), lab_t(f - weight * (fy - fz)) * white[2]}};
    made = times(rgb, made);
    for (unsigned c = 0; c < 3; c++)
        made.v[c] = fmin(fmax(sample(made.v[c]), 0), 1);
    return made;
}

Test(tones, tint_keeps_lightness)
{
    for (unsigned kind = 0; kind < 8; kind++) {
        struct lent lent;
        lent_init(&lent);
        const unsigned depth = kind & 4 ? 16 : 8;
        const double white = depth == 8 ? 255 : 65535;
        struct pm_image in = picture(&lent, 61, 83, kind & 1 ? PM_COLOR_RGB : PM_COLOR_GRAY, kind & 2, depth);
        const struct pm_image out = run_filter("tint", "#20a0c0", &in, &lent);
        cr_assert(out.format.color == PM_COLOR_RGB && out.format.alpha == in.format.alpha);
        for (uint32_t i = 0; i < 61 * 83; i++) {
            const struct rgb want = tinted(luma_at(&in, i % 61, i / 61) / white,
                                           (struct rgb){{32 / 255., 160 / 255., 192 / 255.}});
            for (unsigned c = 0; c < 3; c++)
                cr_assert(fabs(sample_at(&out.plane[0], depth, i % 61, i / 61, c) - want.v[c] * white) <=
                          0.5001);
            cr_assert_eq(alpha_at(&out, i % 61, i / 61), alpha_at(&in, i % 61, i / 61));
        }
        lent_free(&lent);
    }
}

static int by_value(const void *a, const void *b)
{
    return (int)*(const unsigned *)a - (int)*(const unsigned *)b;
}

/* The rule by a sorted list of all lumas. */
static void expect_normalized(const struct pm_image *in, double low, double high, const char *argument,
                              struct lent *lent)
{
    static unsigned lumas[61 * 83];
    const unsigned depth = in->format.depth;
    const double white = depth == 8 ? 255 : 65535;
    size_t n = 0;
    for (uint32_t i = 0; i < 61 * 83; i++) {
        if (alpha_at(in, i % 61, i / 61) > 0)
            lumas[n++] = luma_at(in, i % 61, i / 61);
    }
    qsort(lumas, n, sizeof *lumas, by_value);
    double from = lumas[(size_t)((double)n * low / 100)],
           to = lumas[n - 1 - (size_t)((double)n * (100 - high) / 100)];
    if (from >= to) {
        from = 0;
        to = white;
    }
    const struct pm_image out = run_filter("normalize", argument, in, lent);
    for (uint32_t i = 0; i < 61 * 83; i++) {
        for (unsigned c = 0; c < in->plane[0].channels - (in->format.alpha == PM_ALPHA_STRAIGHT); c++) {
            const double want =
                (sample_at(&in->plane[0], depth, i % 61, i / 61, c) - from) / (to - from) * white;
            const double got = sample_at(&out.plane[0], depth, i % 61, i / 61, c);
            cr_assert(fabs(got - fmin(fmax(want, 0), white)) <= 0.5001, "%s: %g, not %g", argument, got,
                      want);
        }
        cr_assert_eq(alpha_at(&out, i % 61, i / 61), alpha_at(in, i % 61, i / 61));
    }
}

Test(tones, normalize_stretches_between_percentiles)
{
    for (unsigned kind = 0; kind < 8; kind++) {
        struct lent lent;
        lent_init(&lent);
        lent.context.lanes = kind & 1 ? 4 : 1;
        lent.context.ops = kind & 1 ? &backward_ops : NULL;
        struct pm_image in =
            picture(&lent, 61, 83, kind & 1 ? PM_COLOR_RGB : PM_COLOR_GRAY, kind & 2, kind & 4 ? 16 : 8);
        expect_normalized(&in, 1, 99, "1", &lent);
        expect_normalized(&in, 20, 70, "20,high=70", &lent);
        expect_normalized(&in, 0, 100, "0,high=100", &lent);
        memset(in.plane[0].data, 90, in.plane[0].stride * 83);
        expect_normalized(&in, 1, 99, "1", &lent);
        lent_free(&lent);
    }
}

Test(tones, arguments)
{
    check_round_trip("brightness", "1.50", "1.5");
    check_round_trip("hue", "-90", "-90");
    check_round_trip("hue", "-0", "0");
    check_round_trip("gamma", "0.1", "0.1");
    check_round_trip("normalize", "1", "1");
    check_round_trip("normalize", "2,high=98", "2,high=98");
    check_round_trip("tint", "Teal", "008080");
    check_round_trip("tint", "#00808040", "008080");
    check_round_trip("threshold", "128", "128");
    check_refused("brightness", "-1", "is not a number (0 to 100)");
    check_refused("brightness", "101", "out of range");
    check_refused("hue", "361", "out of range (-360 to 360 degrees)");
    check_refused("hue", "--1", "is not a number");
    check_refused("hue", "-", "is not a number");
    check_refused("gamma", "0", "out of range");
    check_refused("normalize", "50,high=50", "below the high one");
    check_refused("tint", "reddish", "is not a colour");
    check_refused("threshold", "256", "out of range");
}
