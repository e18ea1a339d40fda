#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "filter/filter.h"
#include "filter/gaussian.h"
#include "filter/reference.h"
#include "image/image.h"

static struct pm_plane sharpened(const struct pm_plane *in, unsigned depth, double sigma, double amount,
                                 struct lent *lent, int level)
{
    unsigned seed = 1;
    struct pm_plane out = make_plane(in->width, in->height, in->channels, depth, 0, PATTERN_NOISE, &seed);
    const struct gaussian gaussian = {
        .sigma_x = sigma, .sigma_y = sigma, .use = GAUSSIAN_SHARPEN, .amount = (float)amount};
    lent->context.simd = (enum simd_level)level;
    cr_assert_eq(gaussian_plane(&gaussian, in, depth, &out, &lent->context), 0);
    return out;
}

static void check(const struct pm_plane *in, unsigned depth, double sigma, double amount)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_plane base = sharpened(in, depth, sigma, amount, &lent, SIMD_BASE);
    double *reference = reference_sharpen(in, depth, sigma, amount);
    double distance = reference_distance(&base, depth, reference) / (depth == 8 ? 1 : 257);
    cr_expect(distance <= (depth == 8 ? 1 : 0.5), "%ux%ux%u of %u bits, sigma %g amount %g, is off by %g",
              in->width, in->height, in->channels, depth, sigma, amount, distance);
    lent.context.ops = &backward_ops;
    lent.context.lanes = 64;
    for (int level = SIMD_BASE; level < SIMD_LEVELS; level++) {
        if (!simd_available((enum simd_level)level))
            continue;
        struct pm_plane other = sharpened(in, depth, sigma, amount, &lent, level);
        cr_expect(same_samples(&base, &other, depth), "differs at level %s",
                  simd_name((enum simd_level)level));
        free(other.data);
    }
    free(reference);
    free(base.data);
    lent_free(&lent);
}

Test(sharpen, agrees_with_the_reference)
{
    static const double amounts[] = {0, 0.5, 1, 10};
    unsigned seed = 7;
    for (unsigned i = 0; i < 96; i++) {
        srand(i);
        unsigned depth = i % 2 ? 16 : 8;
        struct pm_plane in =
            make_plane(1 + (uint32_t)rand() % 130, 1 + (uint32_t)rand() % 130, 1 + i / 2 % 4, depth,
                       (size_t)(rand() % 20 * 2), (enum pattern)(i / 3 % PATTERNS), &seed);
        check(&in, depth, 0.3 + pow(rand() / (double)RAND_MAX, 2) * 20, amounts[i / 8 % 4]);
        free(in.data);
    }
}

/* Errors of the smoothed picture are multiplied by ten; the result's error must still be little more than
 * rounding. */
Test(sharpen, agrees_with_the_reference_on_a_large_corner_at_every_sigma)
{
    static const double sigmas[] = {0.5, 1, 2, 3, 3.5, 5, 5.9, 6, 8, 10, 20, 50};
    unsigned seed = 1;
    for (size_t i = 0; i < sizeof sigmas / sizeof *sigmas; i++) {
        struct lent lent;
        lent_init(&lent);
        struct pm_plane in = make_plane(211, 97, 1, 8, 0, PATTERN_NOISE, &seed);
        for (uint32_t y = 0; y < in.height; y++) {
            memset(plane_row(&in, y), 64, in.width);
            memset(plane_row(&in, y), 192, y < 50 ? 100 : 0);
        }
        struct pm_plane out = sharpened(&in, 8, sigmas[i], 10, &lent, SIMD_BASE);
        double *reference = reference_sharpen(&in, 8, sigmas[i], 10);
        double distance = reference_distance(&out, 8, reference);
        cr_expect(distance <= 0.55, "sigma %g is off by %g", sigmas[i], distance);
        free(reference);
        free(in.data);
        free(out.data);
        lent_free(&lent);
    }
}

Test(sharpen, by_nothing_changes_nothing)
{
    unsigned seed = 3;
    struct lent lent;
    lent_init(&lent);
    struct pm_plane in = make_plane(90, 60, 3, 8, 5, PATTERN_NOISE, &seed);
    struct pm_plane out = sharpened(&in, 8, 2, 0, &lent, SIMD_BASE);
    cr_assert(same_samples(&in, &out, 8));
    free(in.data);
    free(out.data);
    lent_free(&lent);
}

Test(sharpen, arguments_have_one_canonical_form)
{
    check_round_trip("sharpen", "1.50,amount=1.0", "1.5");
    check_round_trip("sharpen", "1.5,amount=0.80", "1.5,amount=0.8");
    check_round_trip("sharpen", "2,amount=0", "2,amount=0");
}

Test(sharpen, refuses_what_is_out_of_range)
{
    static const char *const wrong[] = {"1,amount=", "1,amount=-1", "1,amount=1x", "1px"};
    check_refused("sharpen", "", "is not a number");
    check_refused("sharpen", "x", "is not a number");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        check_refused("sharpen", wrong[i], "is not a number");
    check_refused("sharpen", "0x1.5,amount=1", "is not a number (0.3 to 500 pixels; one number, not two)");
    check_refused("sharpen", "1,", "after the comma, use amount=");
    check_refused("sharpen", "1,0.5", "after the comma, use amount=");
    check_refused("sharpen", "1.5,amont=2",
                  "'amont=2' of sharpen=1.5,amont=2 is unknown (did you mean amount=?)");
    check_refused("sharpen", "0.2", "out of range");
    check_refused("sharpen", "501", "out of range");
    check_refused("sharpen", "1,amount=10.5", "out of range");
}
