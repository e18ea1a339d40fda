#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "filter/filter.h"
#include "filter/reference.h"
#include "image/convert.h"
#include "image/resample.h"

static const struct {
    const char *name;
    const struct kernel *kernel;
} kernels[] = {
    {"lanczos3", &kernel_lanczos3}, {"mitchell", &kernel_mitchell}, {"catmullrom", &kernel_catmullrom},
    {"linear", &kernel_linear},     {"box", &kernel_box},           {"nearest", &kernel_nearest},
};

enum { KERNELS = sizeof kernels / sizeof *kernels };

/* Resizes at one level, into a plane with exactly sized memory. */
static struct pm_plane resized(const struct pm_plane *in, unsigned depth, uint32_t width, uint32_t height,
                               const struct kernel *kernel, struct lent *lent, int level)
{
    unsigned seed = 1;
    struct pm_plane out = make_plane(width, height, in->channels, depth, 0, PATTERN_NOISE, &seed);
    lent->context.simd = (enum simd_level)level;
    cr_assert_eq(resize_plane(in, NULL, depth, &out, kernel, &lent->context), 0);
    return out;
}

/* Compares one picture at every SIMD level: each close to the reference, all equal, and equal with many bands
 * in reverse order. */
static void check(const struct pm_plane *in, unsigned depth, uint32_t width, uint32_t height, unsigned k,
                  double allowed)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_plane base = resized(in, depth, width, height, kernels[k].kernel, &lent, SIMD_BASE);
    double *reference = reference_resize(in, depth, &base, kernels[k].name);
    double distance = reference_distance(&base, depth, reference);
    cr_expect(distance <= allowed, "%s %ux%ux%u of %u bits to %ux%u is off by %g", kernels[k].name, in->width,
              in->height, in->channels, depth, width, height, distance);
    lent.context.ops = &backward_ops;
    lent.context.lanes = 64;
    for (int level = SIMD_BASE; level < SIMD_LEVELS; level++) {
        if (!simd_available((enum simd_level)level))
            continue;
        struct pm_plane other = resized(in, depth, width, height, kernels[k].kernel, &lent, level);
        cr_expect(same_samples(&base, &other, depth), "%s %ux%ux%u of %u bits to %ux%u differs at level %s",
                  kernels[k].name, in->width, in->height, in->channels, depth, width, height,
                  simd_name((enum simd_level)level));
        free(other.data);
    }
    free(reference);
    free(base.data);
    lent_free(&lent);
}

Test(resize, agrees_with_the_reference_at_random_sizes)
{
    unsigned seed = 7;
    for (unsigned i = 0; i < 240; i++) {
        srand(i);
        unsigned depth = i % 2 ? 16 : 8, channels = 1 + i / 2 % 4, k = i % KERNELS;
        uint32_t width = 1 + (uint32_t)rand() % 150, height = 1 + (uint32_t)rand() % 90;
        uint32_t to_width = 1 + (uint32_t)rand() % 120, to_height = 1 + (uint32_t)rand() % 150;
        struct pm_plane in = make_plane(width, height, channels, depth, (size_t)(rand() % 20 * 2),
                                        (enum pattern)(i / 3 % PATTERNS), &seed);
        check(&in, depth, to_width, to_height, k, depth == 8 ? 0.6 : 1);
        free(in.data);
    }
}

Test(resize, agrees_with_the_reference_on_single_rows_columns_and_pixels)
{
    static const uint32_t sizes[][4] = {{1, 1, 1, 1},   {1, 1, 40, 30},  {1, 300, 1, 17}, {300, 1, 17, 1},
                                        {1, 17, 9, 70}, {1200, 2, 3, 1}, {2, 1200, 1, 3}, {500, 3, 501, 3},
                                        {63, 5, 64, 5}, {65, 5, 64, 5}};
    unsigned seed = 11;
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes * 8; i++) {
        const uint32_t *size = sizes[i / 8];
        unsigned depth = i % 2 ? 16 : 8, channels = 1 + i / 2 % 4;
        struct pm_plane in = make_plane(size[0], size[1], channels, depth, 0, PATTERN_NOISE, &seed);
        check(&in, depth, size[2], size[3], 0, depth == 8 ? 0.6 : 1);
        free(in.data);
    }
}

Test(resize, keeps_its_accuracy_when_a_long_row_becomes_a_few_pixels)
{
    unsigned seed = 3;
    for (unsigned depth = 8; depth <= 16; depth += 8) {
        struct pm_plane row = make_plane(65535, 1, 1, depth, 0, PATTERN_NOISE, &seed);
        check(&row, depth, 3, 1, 0, depth == 8 ? 1 : 2);
        free(row.data);
        struct pm_plane column = make_plane(1, 65535, 1, depth, 0, PATTERN_EXTREMES, &seed);
        check(&column, depth, 1, 2, 0, depth == 8 ? 1 : 2);
        free(column.data);
    }
}

Test(resize, agrees_with_the_reference_on_rows_longer_than_it_works_on_at_a_time)
{
    unsigned seed = 13;
    for (unsigned i = 0; i < 8; i++) {
        unsigned depth = i % 2 ? 16 : 8, channels = 1 + i / 2;
        struct pm_plane in = make_plane(12500 / channels, 37, channels, depth, 0, PATTERN_NOISE, &seed);
        check(&in, depth, 61, 19, 0, depth == 8 ? 0.6 : 1);
        free(in.data);
    }
}

Test(resize, maps_fractional_frames)
{
    unsigned seed = 5;
    struct lent lent;
    lent_init(&lent);
    for (unsigned i = 0; i < 8; i++) {
        unsigned depth = i % 2 ? 16 : 8;
        struct pm_plane in = make_plane(51, 38, 1, depth, 3 * (depth / 8), PATTERN_NOISE, &seed);
        struct pm_plane out = make_plane(20, 71, 1, depth, 0, PATTERN_NOISE, &seed);
        in.frame = (struct pm_frame){.x0 = 0.5, .y0 = 0.25, .extent_x = 50.5, .extent_y = 37.125};
        out.frame = (struct pm_frame){.x0 = 0, .y0 = 0.5, .extent_x = 19.5, .extent_y = 70};
        cr_assert_eq(resize_plane(&in, NULL, depth, &out, kernels[i / 2].kernel, &lent.context), 0);
        double *reference = reference_resize(&in, depth, &out, kernels[i / 2].name);
        cr_expect(reference_distance(&out, depth, reference) <= 1);
        free(reference);
        free(in.data);
        free(out.data);
    }
    lent_free(&lent);
}

/* Rows with straight alpha are premultiplied, or lose it, piece by piece while reading. */
static void check_alpha(const struct pm_plane *plane, unsigned depth, uint32_t width, uint32_t height,
                        struct lent *lent)
{
    const unsigned channels = plane->channels;
    const struct pm_image in = {
        .width = plane->width,
        .height = plane->height,
        .format = PIXELS(channels > 2 ? PM_COLOR_RGB : PM_COLOR_GRAY, PM_ALPHA_STRAIGHT, depth),
        .orientation = 1,
        .nplanes = 1,
        .plane = {*plane}};
    struct pm_image read;
    struct alpha_reading reading;
    cr_assert_eq(image_premultiply(&in, NULL, &read, &lent->context), 0);
    cr_assert_eq(alpha_reading_init(&reading, &in, &lent->context), 0);
    struct pm_plane plain = resized(&read.plane[0], read.format.depth, width, height, &kernel_lanczos3, lent,
                                    (int)lent->context.simd);
    unsigned seed = 1;
    struct pm_plane out =
        make_plane(width, height, read.plane[0].channels, read.format.depth, 0, PATTERN_NOISE, &seed);
    cr_assert_eq(resize_plane(plane, &reading, read.format.depth, &out, &kernel_lanczos3, &lent->context), 0);
    cr_expect(same_samples(&plain, &out, read.format.depth), "%ux%ux%u of %u bits to %ux%u at level %s",
              plane->width, plane->height, channels, depth, width, height, simd_name(lent->context.simd));
    free(plain.data);
    free(out.data);
}

Test(resize, reads_straight_alpha_as_if_it_had_been_premultiplied_before)
{
    static const uint32_t widths[] = {1, 7, 150, 1343, 1345, 2017, 2689, 4033, 5000, 8065};
    unsigned seed = 17;
    for (unsigned i = 0; i < sizeof widths / sizeof *widths * 8; i++) {
        const unsigned depth = i % 2 ? 16 : 8, channels = i / 2 % 2 ? 4 : 2;
        struct pm_plane in =
            make_plane(widths[i / 8], 11 + i, channels, depth, i % 3 * 2, PATTERN_NOISE, &seed);
        if (i / 4 % 2)
            make_opaque(&in, depth, in.height);
        for (int level = SIMD_BASE; level < SIMD_LEVELS; level++) {
            struct lent lent;
            lent_init(&lent);
            lent.context.simd = (enum simd_level)level;
            if (simd_available((enum simd_level)level))
                check_alpha(&in, depth, 13 + i % 5, 9 + i % 31, &lent);
            lent_free(&lent);
        }
        free(in.data);
    }
}

static struct pm_image gray_image(struct pm_plane plane)
{
    return (struct pm_image){
        .width = plane.width,
        .height = plane.height,
        .format = PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8),
        .orientation = 1,
        .nplanes = 1,
        .plane = {plane},
    };
}

Test(resize, leaves_a_flat_picture_flat)
{
    struct lent lent;
    lent_init(&lent);
    for (unsigned value = 0; value < 256; value += 5) {
        unsigned seed = 1;
        struct pm_plane plane = make_plane(97, 61, 1, 8, 0, PATTERN_NOISE, &seed);
        memset(plane.data, (int)value, plane.stride * plane.height);
        struct pm_image in = gray_image(plane), out = run_filter("resize", "40x200!", &in, &lent);
        for (uint32_t y = 0; y < 200; y++) {
            for (uint32_t x = 0; x < 40; x++)
                cr_assert_eq(plane_row(&out.plane[0], y)[x], value);
        }
        free(plane.data);
        arena_reset(&lent.arena);
    }
    lent_free(&lent);
}

Test(resize, to_the_same_size_shares_the_samples)
{
    struct lent lent;
    lent_init(&lent);
    unsigned seed = 1;
    struct pm_plane plane = make_plane(30, 20, 1, 8, 0, PATTERN_NOISE, &seed);
    struct pm_image in = gray_image(plane), out = run_filter("resize", "30x20", &in, &lent);
    cr_assert_eq(out.plane[0].data, plane.data);
    free(plane.data);
    lent_free(&lent);
}

Test(resize, makes_chroma_in_the_planned_sampling_from_a_shrunk_picture)
{
    struct lent lent;
    lent_init(&lent);
    unsigned seed = 1;
    struct pm_image in = {
        .width = 101, .height = 67, .format = PIXELS_YCC(1, 1), .orientation = 1, .nplanes = 3};
    for (unsigned i = 0; i < 3; i++)
        in.plane[i] = make_plane(i ? 51 : 101, i ? 34 : 67, 1, 8, 0, PATTERN_NOISE, &seed);
    for (unsigned i = 1; i < 3; i++)
        in.plane[i].frame = (struct pm_frame){.extent_x = 50.5, .extent_y = 33.5};
    struct filter_params params = parse_filter("resize", "33");
    struct shape shape = {.width = 202, .height = 134, .format = PIXELS_YCC(2, 1)};
    struct pm_image out = {0};
    const struct filter *resize = filter_find("resize");
    cr_assert_eq(resize->plan(params.bytes, &shape, &lent.error), 0);
    cr_assert_eq(resize->apply(params.bytes, &in, &shape, &out, &lent.context), 0);
    cr_assert(out.width == 33 && out.height == 22);
    cr_assert(out.plane[0].width == 33 && out.plane[0].height == 22 && plane_is_full(&out.plane[0]));
    for (unsigned i = 0; i < 3; i++) {
        double *reference = reference_resize(&in.plane[i], 8, &out.plane[i], "lanczos3");
        cr_assert(i == 0 || (out.plane[i].width == 17 && out.plane[i].height == 22));
        cr_assert(i == 0 || (out.plane[i].frame.extent_x == 16.5 && out.plane[i].frame.extent_y == 22));
        cr_assert(reference_distance(&out.plane[i], 8, reference) <= 0.6);
        free(reference);
        free(in.plane[i].data);
    }
    lent_free(&lent);
}

Test(resize, plans_the_sizes_that_imagemagick_gives)
{
    static const struct {
        const char *geometry;
        uint32_t width, height;
    } cases[] = {
        /* of 101x57; from `convert -size 101x57 xc: -resize GEOM info:` (6.9.11) */
        {"50%", 51, 29},
        {"50%x30%", 51, 17},
        {"50x30%", 51, 17},
        {"80x", 80, 45},
        {"80x!", 80, 57},
        {"80x^", 142, 80},
        {"x80^", 142, 80},
        {"80x60^>", 101, 57},
        {"80x60<", 101, 57},
        {"33%", 33, 19},
        {"1x1", 1, 1},
        {"7x", 7, 4},
        {"800", 800, 451},
        {"10x10!<", 101, 57},
        {"200x10!>", 101, 10},
        {"200%", 202, 114},
        {"101x57", 101, 57},
        /* where `>` and `<` mean what they say */
        {"200%>", 101, 57},
        {"50%<", 101, 57},
        {"50%>", 51, 29},
        /* the same as words */
        {"80x60^,shrink", 101, 57},
        {"80x60,enlarge", 101, 57},
        {"200x10!,shrink", 101, 10},
        {"200x,enlarge", 200, 113},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct filter_params params = parse_filter("resize", cases[i].geometry);
        struct shape shape = {.width = 101, .height = 57};
        struct pm_error error = {0};
        cr_assert_eq(filter_find("resize")->plan(params.bytes, &shape, &error), 0);
        cr_expect(shape.width == cases[i].width && shape.height == cases[i].height, "%s gives %ux%u",
                  cases[i].geometry, shape.width, shape.height);
    }
}

Test(resize, refuses_sides_over_the_limit)
{
    struct filter_params params = parse_filter("resize", "60000x");
    struct shape shape = {.width = 10, .height = 20};
    struct pm_error error = {0};
    cr_assert_eq(filter_find("resize")->plan(params.bytes, &shape, &error), -1);
    cr_assert_eq(error.kind, PM_ERROR_LIMIT);
    cr_assert_eq(error.limit, 65535);
    cr_assert_eq(error.value, 120000);
}

Test(resize, arguments_have_one_canonical_form)
{
    check_round_trip("resize", "800x600", "800x600");
    check_round_trip("resize", "800", "800x");
    check_round_trip("resize", "0800x", "800x");
    check_round_trip("resize", "x600,kernel=lanczos3", "x600");
    check_round_trip("resize", "800x600>!", "800x600!>");
    check_round_trip("resize", "800x600^<,kernel=box", "800x600^<,kernel=box");
    check_round_trip("resize", "800x600,shrink", "800x600,shrink");
    check_round_trip("resize", "800x600>,shrink", "800x600>,shrink");
    check_round_trip("resize", "800x600^,kernel=box,enlarge", "800x600^,kernel=box,enlarge");
    check_refused("resize", "800x600,shrink,enlarge", "either only shrink");
    check_refused("resize", "800x600<,shrink", "either only shrink");
    check_round_trip("resize", "12.50%", "12.5%");
    check_round_trip("resize", "50x30%", "50%x30%");
    check_round_trip("resize", "50%x50%!", "50%");
    check_round_trip("resize", "33.333333333333336%<", "33.333333333333336%<");
}

Test(resize, refuses_what_is_no_size)
{
    static const char *const wrong[] = {"",          "x",     "800y600", "-5x5",  "800x600!!",
                                        "800x600><", "1e3x",  "0x600",   "800x0", "800x600 ",
                                        "800x600!^", "0x1p3", "nan",     "%",     "1.2.3%"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        check_refused("resize", wrong[i], "is not a valid size");
    check_refused("resize", "65536x", "from 1 to 65535");
    check_refused("resize", "10.5x20", "whole number");
    check_refused("resize", "0.00001%", "percentages");
    check_refused("resize", "800x600,kernel=sinc",
                  "can't be 'sinc' (lanczos3, mitchell, catmullrom, linear, box or nearest)");
    check_refused(
        "resize", "800x600,box",
        "'box' of resize=800x600,box is unknown (did you mean kernel=box?)");
}

Test(resize, lets_a_decoder_shrink_unless_it_picks_samples)
{
    const struct filter *resize = filter_find("resize");
    struct filter_params smooth = parse_filter("resize", "50%"),
                         point = parse_filter("resize", "5%,kernel=nearest");
    cr_assert_eq(resize->margin(smooth.bytes, &(struct shape){.width = 10, .height = 10}), 1.5);
    cr_assert_eq(resize->margin(point.bytes, &(struct shape){.width = 10, .height = 10}), 0);
}
