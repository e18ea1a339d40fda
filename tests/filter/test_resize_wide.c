/* Planes of 8 bits to wide samples, where chroma may be coarser than luma. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "filter/reference.h"
#include "image/resample.h"

static const struct {
    const char *name;
    const struct kernel *kernel;
} kernels[] = {
    {"lanczos3", &kernel_lanczos3}, {"mitchell", &kernel_mitchell}, {"catmullrom", &kernel_catmullrom},
    {"linear", &kernel_linear},     {"box", &kernel_box},           {"nearest", &kernel_nearest},
};

enum { KERNELS = sizeof kernels / sizeof *kernels };

/* How far a wide plane is from the reference, at most, in units of 8 bits. */
static double distance(const struct pm_plane *plane, const double *reference)
{
    double most = 0;
    for (uint32_t y = 0; y < plane->height; y++) {
        for (uint32_t x = 0; x < plane->width; x++) {
            const double sample = reference_sample(plane, 16, x, y, 0) / (1 << WIDE_BITS) - 256;
            most = fmax(most, fabs(sample - reference[(size_t)y * plane->width + x]));
        }
    }
    return most;
}

/* A plane of width x height, beside a luma x times as wide and y times as high, into a smaller picture. The
 * plane may be no whole number of samples. */
static void check(uint32_t width, uint32_t height, unsigned x, unsigned y, uint32_t to_width,
                  uint32_t to_height, unsigned k)
{
    struct lent lent;
    lent_init(&lent);
    unsigned seed = width * 1000 + height;
    struct pm_plane in = make_plane(width, height, 1, 8, seed % 5, (enum pattern)(seed % PATTERNS), &seed);
    struct pm_plane out = make_plane(to_width, to_height, 1, 16, 0, PATTERN_NOISE, &seed);
    in.frame.extent_x -= rand() % (int)x / (double)x;
    in.frame.extent_y -= rand() % (int)y / (double)y;
    const struct pm_plane luma = {
        .frame = {.extent_x = in.frame.extent_x * x, .extent_y = in.frame.extent_y * y}};
    cr_assert_eq(resize_plane_wide(&in, &luma, &out, kernels[k].kernel, &lent.context), 0);
    double *reference = reference_resize_wide(&in, &luma, &out, kernels[k].name);
    const double off = distance(&out, reference);
    cr_expect(off <= 0.1, "%s %ux%u beside luma of %u x %u times its size to %ux%u is off by %g",
              kernels[k].name, width, height, x, y, to_width, to_height, off);
    free(reference);
    free(in.data);
    free(out.data);
    lent_free(&lent);
}

Test(resize_wide, agrees_with_the_reference_at_random_sizes)
{
    static const unsigned factors[][2] = {{1, 1}, {2, 1}, {1, 2}, {2, 2}, {4, 1}, {4, 2}};
    for (unsigned i = 0; i < 300; i++) {
        srand(i);
        const unsigned *factor = factors[i % (sizeof factors / sizeof *factors)];
        check(2 + (uint32_t)rand() % 150, 2 + (uint32_t)rand() % 90, factor[0], factor[1],
              1 + (uint32_t)rand() % 150, 1 + (uint32_t)rand() % 100, (unsigned)rand() % KERNELS);
    }
}

Test(resize_wide, agrees_with_the_reference_at_the_same_size_and_near_it)
{
    for (uint32_t size = 56; size <= 74; size++)
        check(64, 64, 2, 2, size, 130 - size, 0);
}

/* If a picture is halved and its chroma already has half of luma's size, chroma must still be filtered. */
Test(resize_wide, takes_noise_out_of_chroma_that_keeps_its_size)
{
    struct lent lent;
    lent_init(&lent);
    enum { SIDE = 64 };
    unsigned seed = 3;
    struct pm_plane in = make_plane(SIDE, SIDE, 1, 8, 0, PATTERN_DARK, &seed);
    struct pm_plane out = make_plane(SIDE, SIDE, 1, 16, 0, PATTERN_DARK, &seed);
    const struct pm_plane luma = {.frame = {.extent_x = 2 * SIDE, .extent_y = 2 * SIDE}};
    for (uint32_t y = 0; y < SIDE; y++) {
        for (uint32_t x = 0; x < SIDE; x++)
            plane_row(&in, y)[x] = (x + y) % 2 ? 100 : 140;
    }
    cr_assert_eq(resize_plane_wide(&in, &luma, &out, &kernel_lanczos3, &lent.context), 0);
    const double middle = reference_sample(&out, 16, SIDE / 2, SIDE / 2, 0) / (1 << WIDE_BITS) - 256;
    cr_expect(middle > 128 && middle < 133, "%g", middle);
    free(in.data);
    free(out.data);
    lent_free(&lent);
}
