#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "filter/filter.h"
#include "filter/gaussian.h"
#include "filter/reference.h"

static struct pm_plane blurred(const struct pm_plane *in, unsigned depth, double sigma_x, double sigma_y,
                               struct lent *lent, int level)
{
    unsigned seed = 1;
    struct pm_plane out = make_plane(in->width, in->height, in->channels, depth, 0, PATTERN_NOISE, &seed);
    const struct gaussian gaussian = {.sigma_x = sigma_x, .sigma_y = sigma_y, .use = GAUSSIAN_BLUR};
    lent->context.simd = (enum simd_level)level;
    cr_assert_eq(gaussian_plane(&gaussian, in, depth, &out, &lent->context), 0);
    return out;
}

/* Compares one picture at every SIMD level: each close to the reference, all equal, and equal with many bands
 * in reverse order. `allowed` is in 8-bit levels. */
static void check(const struct pm_plane *in, unsigned depth, double sigma_x, double sigma_y, double allowed)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_plane base = blurred(in, depth, sigma_x, sigma_y, &lent, SIMD_BASE);
    double *reference = reference_blur(in, depth, sigma_x, sigma_y);
    double distance = reference_distance(&base, depth, reference) / (depth == 8 ? 1 : 257);
    double psnr = reference_psnr(&base, depth, reference);
    cr_expect(distance <= allowed, "%ux%ux%u of %u bits, sigma %g %g, is off by %g", in->width, in->height,
              in->channels, depth, sigma_x, sigma_y, distance);
    cr_expect(psnr >= 50, "%ux%ux%u of %u bits, sigma %g %g: %g dB", in->width, in->height, in->channels,
              depth, sigma_x, sigma_y, psnr);
    lent.context.ops = &backward_ops;
    lent.context.lanes = 64;
    for (int level = SIMD_BASE; level < SIMD_LEVELS; level++) {
        if (!simd_available((enum simd_level)level))
            continue;
        struct pm_plane other = blurred(in, depth, sigma_x, sigma_y, &lent, level);
        cr_expect(same_samples(&base, &other, depth), "%ux%ux%u of %u bits, sigma %g %g, differs at level %s",
                  in->width, in->height, in->channels, depth, sigma_x, sigma_y,
                  simd_name((enum simd_level)level));
        free(other.data);
    }
    free(reference);
    free(base.data);
    lent_free(&lent);
}

Test(blur, agrees_with_the_reference_at_random_sizes)
{
    unsigned seed = 7;
    for (unsigned i = 0; i < 160; i++) {
        srand(i);
        unsigned depth = i % 2 ? 16 : 8, channels = 1 + i / 2 % 4;
        uint32_t width = 1 + (uint32_t)rand() % 130, height = 1 + (uint32_t)rand() % 130;
        double sigma_x = 0.3 + pow(rand() / (double)RAND_MAX, 2) * 12;
        double sigma_y = i % 3 ? sigma_x : 0.15 + rand() / (double)RAND_MAX * 12;
        struct pm_plane in = make_plane(width, height, channels, depth, (size_t)(rand() % 20 * 2),
                                        (enum pattern)(i / 3 % PATTERNS), &seed);
        check(&in, depth, sigma_x, sigma_y, 0.75);
        free(in.data);
    }
}

Test(blur, agrees_with_the_reference_on_large_steps_at_every_sigma)
{
    static const double sigmas[] = {0.3, 0.5, 0.8, 1, 1.5, 2, 2.9, 3, 3.5, 4, 5, 6, 8, 10, 20, 50};
    unsigned seed = 7;
    for (unsigned i = 0; i < sizeof sigmas / sizeof *sigmas; i++) {
        for (unsigned depth = 8; depth <= 16; depth += 8) {
            struct pm_plane in = make_plane(211, 97, 1, depth, 0, PATTERN_STEPS, &seed);
            for (uint32_t y = 0; y < in.height / 2; y++)
                memset(plane_row(&in, y), 255, 100u * depth / 8); /* and one large corner */
            check(&in, depth, sigmas[i], sigmas[i], 0.75);
            free(in.data);
        }
    }
}

Test(blur, works_on_single_rows_columns_and_pixels_with_sigma_beyond_them)
{
    static const uint32_t sizes[][2] = {{1, 1},   {1, 2}, {2, 1},   {1, 200},
                                        {200, 1}, {3, 3}, {600, 2}, {40, 33}};
    static const double sigmas[] = {0.3, 2, 17, 500};
    unsigned seed = 11;
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes * 4 * 2; i++) {
        unsigned depth = i % 2 ? 16 : 8;
        struct pm_plane in =
            make_plane(sizes[i / 8][0], sizes[i / 8][1], 1 + i / 8 % 4, depth, 0, PATTERN_EXTREMES, &seed);
        check(&in, depth, sigmas[i / 2 % 4], sigmas[i / 2 % 4], 0.75);
        free(in.data);
    }
}

/* Rows are processed in pieces of 2048 samples, a few rows at a time. */
Test(blur, agrees_with_the_reference_where_pieces_and_blocks_meet)
{
    static const uint32_t samples[] = {2047, 2048, 2049, 2061, 4095, 4100, 6200};
    static const double sigmas[] = {0.6, 1, 2.9};
    unsigned seed = 5;
    for (unsigned i = 0; i < sizeof samples / sizeof *samples * 3; i++) {
        const unsigned channels = i % 2 ? 1 : 3;
        struct pm_plane in = make_plane(samples[i / 3] / channels, 7 + i % 11, channels, 8, 0,
                                        i % 4 ? PATTERN_NOISE : PATTERN_EXTREMES, &seed);
        check(&in, 8, sigmas[i % 3], sigmas[i % 3], 0.75);
        free(in.data);
    }
}

Test(blur, leaves_a_flat_picture_flat)
{
    static const double sigmas[] = {0.3, 1, 2.5, 7, 100};
    struct lent lent;
    lent_init(&lent);
    for (unsigned i = 0; i < 5 * 52; i++) {
        unsigned seed = 1;
        struct pm_plane in = make_plane(67, 41, 1, 8, 0, PATTERN_NOISE, &seed);
        memset(in.data, (int)(i / 5 * 5), in.stride * in.height);
        struct pm_plane out = blurred(&in, 8, sigmas[i % 5], sigmas[i % 5], &lent, SIMD_BASE);
        cr_assert(same_samples(&in, &out, 8), "%u at sigma %g", i / 5 * 5, sigmas[i % 5]);
        free(in.data);
        free(out.data);
    }
    lent_free(&lent);
}

Test(blur, scales_sigma_to_each_plane)
{
    struct lent lent;
    lent_init(&lent);
    unsigned seed = 1;
    struct pm_image in = {
        .width = 101, .height = 67, .format = PIXELS_YCC(1, 1), .orientation = 1, .nplanes = 3};
    for (unsigned i = 0; i < 3; i++)
        in.plane[i] = make_plane(i ? 51 : 101, 67, 1, 8, 0, PATTERN_NOISE, &seed);
    in.plane[1].frame.extent_x = in.plane[2].frame.extent_x = 50.5;
    struct pm_image out = run_filter("blur", "4", &in, &lent);
    for (unsigned i = 0; i < 3; i++) {
        double *reference = reference_blur(&in.plane[i], 8, i ? 2 : 4, 4);
        cr_assert(reference_distance(&out.plane[i], 8, reference) <= 0.75);
        cr_assert_eq(out.plane[i].frame.extent_x, in.plane[i].frame.extent_x);
        free(reference);
        free(in.plane[i].data);
    }
    lent_free(&lent);
}

Test(blur, arguments_have_one_canonical_form)
{
    check_round_trip("blur", "1.50", "1.5");
    check_round_trip("blur", "0.3", "0.3");
    check_round_trip("blur", "500", "500");
    check_round_trip("blur", "2.3333333333333335", "2.3333333333333335");
}

Test(blur, refuses_what_is_no_sigma)
{
    static const char *const wrong[] = {"", "x", "-1", "nan", "inf", "1e1", " 1", "1px"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        check_refused("blur", wrong[i], "is not a number (0.3 to 500 pixels)");
    check_refused("blur", "0x8",
                  "the sigma of blur=0x8 is not a number (0.3 to 500 pixels; one number, not two)");
    check_refused("blur", "1,5", "'5' of blur=1,5 is unknown (after the comma, use linear, region=)");
    check_refused("blur", "0.29", "out of range");
    check_refused("blur", "500.01", "out of range");
}
