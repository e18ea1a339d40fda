/* Rotation by any angle, compared with a plain reference: each pixel by itself, in double precision. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "filter/filter.h"
#include "filter/reference.h"
#include "image/convert.h"
#include "pictures.h"

static double keys(double x)
{
    x = fabs(x);
    if (x < 1)
        return 1.5 * x * x * x - 2.5 * x * x + 1;
    return x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0;
}

static double clamped_sample(const struct pm_image *in, int x, int y, unsigned channel)
{
    const int right = (int)in->width - 1, bottom = (int)in->height - 1;
    return sample_at(&in->plane[0], in->format.depth,
                     (uint32_t)(x < 0       ? 0
                                : x > right ? right
                                            : x),
                     (uint32_t)(y < 0        ? 0
                                : y > bottom ? bottom
                                             : y),
                     channel);
}

/* The interpolated sample at (x, y), in pixels from the upper left corner, clamped. */
static double interpolated(const struct pm_image *in, double x, double y, unsigned channel)
{
    const int left = (int)floor(x - 0.5), top = (int)floor(y - 0.5);
    double sum = 0;
    for (int j = top - 1; j <= top + 2; j++) {
        for (int i = left - 1; i <= left + 2; i++)
            sum += keys(x - 0.5 - i) * keys(y - 0.5 - j) * clamped_sample(in, i, j, channel);
    }
    return fmin(fmax(sum, 0), in->format.depth == 8 ? 255 : 65535);
}

static double share(double centre, double size)
{
    return fmin(fmax(fmin(centre + 0.5, size - centre + 0.5), 0), 1);
}

struct turned {
    const char *argument;
    double degrees;
    double rgba[4]; /* of the border, 0 to 1; alpha -1: the default */
};

static const struct turned turns[] = {
    {"10", 10, {0, 0, 0, -1}},
    {"45,color=teal", 45, {0, 128 / 255., 128 / 255., 1}},
    {"-100.5,color=#808080", -100.5, {128 / 255., 128 / 255., 128 / 255., 1}},
    {"181,color=#ff000080", 181, {1, 0, 0, 128 / 255.}},
    {"0.01,color=transparent", 0.01, {0, 0, 0, 0}},
    {"300,color=white", 300, {1, 1, 1, 1}},
};

/* Samples of the result: of the input's, and of the border's; the first, straight or not, times its alpha. */
static void expect_pixel(const struct turned *turned, const struct pm_image *in, const struct pm_image *out,
                         uint32_t at_x, uint32_t at_y)
{
    const struct pm_pixel_format *format = &out->format;
    const unsigned channels = pm_channels(format), depth = format->depth;
    const bool has_alpha = pixels_have_alpha(format), had_alpha = pixels_have_alpha(&in->format);
    const double white = depth == 8 ? 255 : 65535, angle = turned->degrees * M_PI / 180;
    const double dx = at_x + 0.5 - out->width / 2., dy = at_y + 0.5 - out->height / 2.;
    const double x = cos(angle) * dx + sin(angle) * dy + in->width / 2.,
                 y = -sin(angle) * dx + cos(angle) * dy + in->height / 2.;
    const double covered = share(x, in->width) * share(y, in->height);
    double border[4] = {1, 1, 1, in->format.alpha != PM_ALPHA_NONE ? 0 : 1};
    if (turned->rgba[3] >= 0)
        memcpy(border, turned->rgba, sizeof border);
    const double own = had_alpha ? interpolated(in, x, y, in->plane[0].channels - 1) / white : 1;
    const double alpha = own * covered + border[3] * (1 - covered);
    for (unsigned c = 0; c < channels; c++) {
        const bool is_alpha = has_alpha && c + 1 == channels;
        const unsigned from = in->format.color == PM_COLOR_GRAY ? 0 : c;
        double want = alpha * white;
        if (!is_alpha) /* the input's colour is premultiplied if it has alpha */
            want = interpolated(in, x, y, from) * covered + border[c] * border[3] * (1 - covered) * white;
        if (!is_alpha && has_alpha && !had_alpha)
            want = alpha > 0 ? want / alpha : 0;
        const double got = sample_at(&out->plane[0], depth, at_x, at_y, c);
        /* 8 bits: positions at multiples of 1/1024, and 6 bits between the directions; 16: shares of 16 bits,
         * divided by an alpha of at least a 1/256 */
        const double tolerance = depth == 8 ? 1.1 : has_alpha && !had_alpha ? 4 / fmax(alpha, 1 / 256.) : 4;
        cr_assert(alpha * white < 0.51 || fabs(got - want) <= tolerance,
                  "rotate=%s of %ux%u, depth %u, %u channels: (%u, %u) channel %u is %g, not %g",
                  turned->argument, in->width, in->height, depth, channels, at_x, at_y, c, got, want);
    }
}

static void expect_turned(const struct turned *turned, const struct pm_image *in, struct lent *lent)
{
    const double angle = turned->degrees * M_PI / 180;
    const struct pm_image out = run_filter("rotate", turned->argument, in, lent);
    cr_assert_eq(out.width, (uint32_t)fmax(1, floor(fabs(in->width * cos(angle)) +
                                                    fabs(in->height * sin(angle)) + 0.5)));
    cr_assert_eq(out.height, (uint32_t)fmax(1, floor(fabs(in->width * sin(angle)) +
                                                     fabs(in->height * cos(angle)) + 0.5)));
    cr_assert_eq(out.format.depth, in->format.depth);
    for (uint32_t i = 0; i < out.width * out.height; i++)
        expect_pixel(turned, in, &out, i % out.width, i / out.width);
}

Test(rotate, any_angle_is_the_twin_in_every_format)
{
    static const uint32_t sizes[][2] = {{41, 33}, {1, 1}, {70, 2}, {6, 5}, {9, 40}};
    for (unsigned kind = 0; kind < 8; kind++) {
        for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
            for (size_t size = 0; size < sizeof sizes / sizeof *sizes; size++) {
                struct lent lent;
                lent_init(&lent);
                lent.context.lanes = i & 1 ? 4 : 1;
                lent.context.ops = i & 1 ? &backward_ops : NULL;
                struct pm_image in =
                    picture(&lent, sizes[size][0], sizes[size][1], kind & 1 ? PM_COLOR_RGB : PM_COLOR_GRAY,
                            kind & 2, kind & 4 ? 16 : 8);
                if (kind & 2)
                    cr_assert_eq(image_premultiply(&in, NULL, &in, &lent.context), 0);
                expect_turned(&turns[i], &in, &lent);
                lent_free(&lent);
            }
        }
    }
}

/* After an alpha that was opaque, corners are transparent. */
Test(rotate, corners_of_opaque_alpha_are_transparent)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 41, 33, PM_COLOR_RGB, false, 8);
    in.format.alpha = PM_ALPHA_OPAQUE;
    expect_turned(&turns[0], &in, &lent);
    const struct pm_image out = run_filter("rotate", "10", &in, &lent);
    cr_assert_eq(out.format.alpha, PM_ALPHA_STRAIGHT);
    cr_expect_eq(sample_at(&out.plane[0], 8, 0, 0, 3), 0);
    cr_expect_eq(sample_at(&out.plane[0], 8, 23, 20, 3), 255);
    lent_free(&lent);
}

/* The colour of corners is made of inks. */
Test(rotate, takes_inks)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 41, 33, PM_COLOR_CMYK, false, 8), rgb;
    const struct pm_image out = run_filter("rotate", "45,color=#102030", &in, &lent);
    cr_assert_eq(out.format.color, PM_COLOR_CMYK);
    cr_assert_eq(image_cmyk_to_rgb(&out, NULL, &rgb, &lent.context), 0);
    for (unsigned c = 0; c < 3; c++)
        cr_expect(fabs(sample_at(&rgb.plane[0], 8, 0, 0, c) - 16. * (c + 1)) <= 2);
    for (uint32_t i = 0; i < out.width * out.height; i++) {
        const double dx = i % out.width + 0.5 - out.width / 2., dy = i / out.width + 0.5 - out.height / 2.;
        const double x = M_SQRT1_2 * (dx + dy) + 20.5, y = M_SQRT1_2 * (dy - dx) + 16.5;
        for (unsigned c = 0; c < 4 && share(x, 41) * share(y, 33) >= 1; c++)
            cr_assert(fabs(sample_at(&out.plane[0], 8, i % out.width, i / out.width, c) -
                           interpolated(&in, x, y, c)) <= 1.1);
    }
    lent_free(&lent);
}

Test(rotate, every_instruction_set_makes_the_same_image)
{
    for (unsigned kind = 0; kind < 8; kind++) {
        struct lent lent;
        lent_init(&lent);
        struct pm_image in =
            picture(&lent, 90, 70, kind & 1 ? PM_COLOR_RGB : PM_COLOR_GRAY, kind & 2, kind & 4 ? 16 : 8);
        if (kind & 2)
            cr_assert_eq(image_premultiply(&in, NULL, &in, &lent.context), 0);
        lent.context.simd = SIMD_BASE;
        const struct pm_image base = run_filter("rotate", "33.3,color=#123456", &in, &lent);
        for (int level = 0; level < SIMD_LEVELS; level++) {
            if (!simd_available((enum simd_level)level))
                continue;
            lent.context.simd = (enum simd_level)level;
            const struct pm_image out = run_filter("rotate", "33.3,color=#123456", &in, &lent);
            cr_assert(same_samples(&base.plane[0], &out.plane[0], in.format.depth));
        }
        lent_free(&lent);
    }
}

/* However it is written. */
Test(rotate, quarter_turns_are_lossless)
{
    static const struct {
        const char *argument;
        unsigned turn;
    } cases[] = {{"0", 1},   {"90", 6},  {"-270", 6}, {"180.0", 3}, {"-180", 3},
                 {"270", 8}, {"-90", 8}, {"360", 1},  {"-360", 1},  {"90.1", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct filter_params params = parse_filter("rotate", cases[i].argument);
        cr_expect_eq(filter_find("rotate")->turn(params.bytes), cases[i].turn, "%s", cases[i].argument);
        cr_expect_eq(filter_paints(filter_find("rotate"), params.bytes), cases[i].turn == 0);
    }
}

Test(rotate, arguments)
{
    check_round_trip("rotate", "90", "90");
    check_round_trip("rotate", "-07.50", "-7.5");
    check_round_trip("rotate", "5,color=Teal", "5,color=008080");
    check_refused("rotate", "360.5", "out of range (-360 to 360 degrees)");
    check_refused("rotate", "5,color=reddish", "is not a colour");
    check_refused("rotate", "left", "is not a number");
}
