/* Sums in linear light, beside a twin in double precision that knows the curves by pow(). */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "color/light.h"
#include "color/target.h"
#include "filter/filter.h"
#include "filter/reference.h"
#include "image/resample.h"

/* A picture whose samples a test makes, in the arena. */
static struct pm_image make_image(uint32_t width, uint32_t height, enum pm_color color, bool alpha,
                                  unsigned depth, struct lent *lent)
{
    const struct shape shape = {
        .width = width,
        .height = height,
        .format = PIXELS(color, alpha ? PM_ALPHA_STRAIGHT : PM_ALPHA_NONE, depth),
    };
    struct pm_image image;
    cr_assert_eq(image_alloc(&image, &shape, &lent->context), 0);
    return image;
}

static void set_sample(const struct pm_image *image, uint32_t x, uint32_t y, unsigned c, unsigned value)
{
    const struct pm_plane *plane = &image->plane[0];
    const size_t at = (size_t)x * plane->channels + c;
    if (image->format.depth == 8)
        plane_row(plane, y)[at] = (uint8_t)value;
    else
        ((uint16_t *)(void *)plane_row(plane, y))[at] = (uint16_t)value;
}

static void fill(const struct pm_image *image, unsigned seed, bool dark)
{
    srand(seed);
    const unsigned max = image->format.depth == 8 ? 255 : 65535, most = dark ? max / 16 : max;
    for (uint32_t y = 0; y < image->height; y++)
        for (uint32_t x = 0; x < image->width; x++)
            for (unsigned c = 0; c < image->plane[0].channels; c++)
                set_sample(image, x, y, c, (unsigned)rand() % (most + 1));
}

static void fill_checkerboard(const struct pm_image *image)
{
    const unsigned max = image->format.depth == 8 ? 255 : 65535;
    for (uint32_t y = 0; y < image->height; y++)
        for (uint32_t x = 0; x < image->width; x++)
            for (unsigned c = 0; c < image->plane[0].channels; c++)
                set_sample(image, x, y, c, (x + y) % 2 == 0 ? max : 0);
}

/* --- the twin ---------------------------------------------------------------------------------------- */

static double light_of(double sample, double gamma)
{
    if (gamma > 0)
        return pow(sample, gamma);
    return sample <= 0.04045 ? sample / 12.92 : pow((sample + 0.055) / 1.055, 2.4);
}

static double sample_of(double light, double gamma)
{
    light = fmin(fmax(light, 0), 1);
    if (gamma > 0)
        return pow(light, 1 / gamma);
    return light <= 0.0031308 ? light * 12.92 : 1.055 * pow(light, 1 / 2.4) - 0.055;
}

/* Premultiplied light of the whole image, and alpha. */
static double *twin_light(const struct pm_image *image, double gamma)
{
    const unsigned channels = image->plane[0].channels, depth = image->format.depth;
    const unsigned colors = image->format.color == PM_COLOR_GRAY ? 1 : 3;
    const double max = depth == 8 ? 255 : 65535;
    double *light = malloc((size_t)image->width * image->height * channels * sizeof *light), *at = light;
    for (uint32_t y = 0; y < image->height; y++)
        for (uint32_t x = 0; x < image->width; x++, at += channels) {
            const double alpha =
                channels > colors ? reference_sample(&image->plane[0], depth, x, y, colors) / max : 1;
            for (unsigned c = 0; c < colors; c++)
                at[c] = alpha * light_of(reference_sample(&image->plane[0], depth, x, y, c) / max, gamma);
            if (channels > colors)
                at[colors] = alpha;
        }
    return light;
}

/* Light to samples of 0 to max, in place. */
static void twin_samples(double *light, const struct pm_image *out, double gamma)
{
    const unsigned channels = out->plane[0].channels, colors = out->format.color == PM_COLOR_GRAY ? 1 : 3;
    const double max = out->format.depth == 8 ? 255 : 65535;
    for (size_t i = 0; i < (size_t)out->width * out->height; i++, light += channels) {
        double scale = 1;
        if (channels > colors) {
            light[colors] = fmin(fmax(light[colors], 0), 1);
            scale = light[colors] * max >= 0.5 ? 1 / light[colors] : 0;
            light[colors] *= max;
        }
        for (unsigned c = 0; c < colors; c++)
            light[c] = max * sample_of(light[c] * scale, gamma);
    }
}

/* Sums one axis. */
static double *twin_axis(const double *from, uint32_t in_width, uint32_t in_height, uint32_t width,
                         uint32_t height, unsigned channels, bool across)
{
    double radius;
    reference_kernel *kernel = reference_find("lanczos3", &radius);
    const uint32_t in = across ? in_width : in_height, out = across ? width : height;
    const double step = (double)in / out, unit = step > 1 ? step : 1;
    double *to = calloc((size_t)width * height * channels, sizeof *to);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            const double centre = ((across ? x : y) + 0.5) * step - 0.5;
            double sum = 0, *at = to + ((size_t)y * width + x) * channels;
            for (uint32_t k = 0; k < in; k++) {
                const double w = fabs(k - centre) / unit < radius ? kernel(fabs(k - centre) / unit) : 0;
                const double *sample =
                    from + (across ? (size_t)y * in_width + k : (size_t)k * in_width + x) * channels;
                for (unsigned c = 0; w != 0 && c < channels; c++)
                    at[c] += w * sample[c];
                sum += w;
            }
            for (unsigned c = 0; c < channels; c++)
                at[c] /= sum;
        }
    return to;
}

static double *twin_resize(const struct pm_image *in, const struct pm_image *out, double gamma)
{
    const unsigned channels = in->plane[0].channels;
    double *light = twin_light(in, gamma);
    double *down = twin_axis(light, in->width, in->height, in->width, out->height, channels, false);
    double *across = twin_axis(down, in->width, out->height, out->width, out->height, channels, true);
    free(light);
    free(down);
    twin_samples(across, out, gamma);
    return across;
}

/* --- tests ------------------------------------------------------------------------------------------- */

static void set_gamma(struct pm_image *image, double gamma)
{
    image->meta.has_gamma = gamma > 0;
    image->meta.gamma = gamma > 0 ? 1 / gamma : 0;
}

/* One picture at every level and in many bands run backwards: near the twin, and all alike. */
static void check(const struct pm_image *in, const char *argument, double gamma, double allowed,
                  double *(*twin)(const struct pm_image *in, const struct pm_image *out, double gamma))
{
    struct lent lent;
    const char *filter = twin == twin_resize ? "resize" : "blur";
    lent_init(&lent);
    lent.context.simd = SIMD_BASE;
    const struct pm_image base = run_filter(filter, argument, in, &lent);
    cr_assert_eq(base.format.alpha, in->format.alpha);
    double *expected = twin(in, &base, gamma);
    const double distance = reference_distance(&base.plane[0], in->format.depth, expected);
    cr_expect(distance <= allowed, "%s of %ux%u, %u channels of %u bits, gamma %g, is off by %g", argument,
              in->width, in->height, in->plane[0].channels, in->format.depth, gamma, distance);
    lent.context.ops = &backward_ops;
    lent.context.lanes = 64;
    for (int level = SIMD_BASE; level < SIMD_LEVELS; level++) {
        if (!simd_available((enum simd_level)level))
            continue;
        lent.context.simd = (enum simd_level)level;
        const struct pm_image other = run_filter(filter, argument, in, &lent);
        cr_expect(same_samples(&base.plane[0], &other.plane[0], in->format.depth), "%s differs at %s",
                  argument, simd_name((enum simd_level)level));
    }
    free(expected);
    lent_free(&lent);
}

Test(linear, agrees_with_the_reference_at_random_sizes)
{
    static const double gammas[] = {0, 2.4, 1.8, 1};
    for (unsigned i = 0; i < 96; i++) {
        struct lent lent;
        char argument[64];
        lent_init(&lent);
        srand(i);
        const unsigned depth = i % 2 ? 16 : 8;
        const bool alpha = i / 2 % 2, gray = i / 4 % 2;
        const double gamma = gammas[i / 8 % 4];
        const uint32_t width = 1 + (uint32_t)rand() % 200, height = 1 + (uint32_t)rand() % 120;
        snprintf(argument, sizeof argument, "%dx%d!,linear", 1 + rand() % 90, 1 + rand() % 120);
        struct pm_image in =
            make_image(width, height, gray ? PM_COLOR_GRAY : PM_COLOR_RGB, alpha, depth, &lent);
        set_gamma(&in, gamma);
        fill(&in, i, false);
        check(&in, argument, gamma, depth == 8 ? 0.75 : alpha ? 4 : 2, twin_resize);
        lent_free(&lent);
    }
}

Test(linear, agrees_with_the_reference_in_the_dark_and_on_long_rows)
{
    for (unsigned i = 0; i < 8; i++) {
        struct lent lent;
        lent_init(&lent);
        struct pm_image in =
            make_image(i < 4 ? 150 : 3100, i < 4 ? 110 : 37, PM_COLOR_RGB, i % 2, i / 2 % 2 ? 16 : 8, &lent);
        fill(&in, i, i < 4);
        check(&in, i < 4 ? "31x29!,linear" : "61x19!,linear", 0, i / 2 % 2 ? 4 : 0.75, twin_resize);
        lent_free(&lent);
    }
}

static void expect_flat(const struct pm_image *image, unsigned from, unsigned to, unsigned value)
{
    for (uint32_t y = from; y < image->height - from; y++)
        for (uint32_t x = from; x < image->width - from; x++)
            for (unsigned c = 0; c < image->plane[0].channels; c++) {
                const double sample = reference_sample(&image->plane[0], image->format.depth, x, y, c);
                cr_assert(fabs(sample - value) <= to, "%u, %u, channel %u is %g", x, y, c, sample);
            }
}

/* A display shows half of the light of white as 188 of 255. */
Test(linear, gives_a_checkerboard_the_brightness_of_its_light)
{
    for (unsigned depth = 8; depth <= 16; depth += 8) {
        const unsigned value = depth == 8 ? 188 : 48192;
        for (int gray = 0; gray < 2; gray++) {
            struct lent lent;
            lent_init(&lent);
            struct pm_image in =
                make_image(240, 160, gray ? PM_COLOR_GRAY : PM_COLOR_RGB, false, depth, &lent);
            fill_checkerboard(&in);
            const struct pm_image small = run_filter("resize", "60x40,linear", &in, &lent);
            expect_flat(&small, 4, depth == 8 ? 0 : 60, value);
            const struct pm_image smooth = run_filter("blur", "3,linear", &in, &lent);
            expect_flat(&smooth, 12, depth == 8 ? 1 : 200, value);
            const struct pm_image plain = run_filter("resize", "60x40", &in, &lent);
            expect_flat(&plain, 4, depth == 8 ? 1 : 200, depth == 8 ? 128 : 32768);
            lent_free(&lent);
        }
    }
}

/* Samples that are light already are summed as they are. */
Test(linear, takes_the_curve_of_the_picture)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = make_image(240, 160, PM_COLOR_RGB, false, 8, &lent);
    fill_checkerboard(&in);
    set_gamma(&in, 1);
    const struct pm_image small = run_filter("resize", "60x40,linear", &in, &lent);
    expect_flat(&small, 4, 1, 128);
    const struct pm_image smooth = run_filter("blur", "3,linear", &in, &lent);
    expect_flat(&smooth, 12, 1, 128);
    lent_free(&lent);
}

/* Every level of a flat picture stays what it is. */
Test(linear, keeps_flat_colours)
{
    static const double gammas[] = {0, 2.4, 1.8};
    for (unsigned v = 0; v < 256; v++) {
        struct lent lent;
        lent_init(&lent);
        struct pm_image in = make_image(40, 24, PM_COLOR_GRAY, false, 8, &lent);
        set_gamma(&in, gammas[v % 3]);
        for (uint32_t y = 0; y < in.height; y++)
            memset(plane_row(&in.plane[0], y), (int)v, in.width);
        for (unsigned g = 0; g < 3; g++) {
            set_gamma(&in, gammas[g]);
            const struct pm_image small = run_filter("resize", "13x7!,linear", &in, &lent),
                                  large = run_filter("resize", "70x41!,linear", &in, &lent),
                                  smooth = run_filter("blur", "1.5,linear", &in, &lent);
            expect_flat(&small, 0, 0, v);
            expect_flat(&large, 0, 0, v);
            expect_flat(&smooth, 0, 0, v);
        }
        lent_free(&lent);
    }
}

/* A Gaussian by its formula, on the mirrored picture. */
static double *twin_blur(const struct pm_image *in, const struct pm_image *out, double gamma)
{
    enum { REACH = 20 };
    const double sigma = 2.5;
    const unsigned channels = in->plane[0].channels;
    double *light = twin_light(in, gamma);
    for (int axis = 0; axis < 2; axis++) {
        double *to = calloc((size_t)in->width * in->height * channels, sizeof *to), *at = to;
        for (uint32_t y = 0; y < in->height; y++)
            for (uint32_t x = 0; x < in->width; x++, at += channels) {
                double sum = 0;
                for (int k = -REACH; k <= REACH; k++) {
                    const double w = exp(-k * k / (2 * sigma * sigma));
                    const uint32_t from_x = axis == 0 ? reflect_index((int64_t)x + k, in->width) : x,
                                   from_y = axis == 1 ? reflect_index((int64_t)y + k, in->height) : y;
                    for (unsigned c = 0; c < channels; c++)
                        at[c] += w * light[((size_t)from_y * in->width + from_x) * channels + c];
                    sum += w;
                }
                for (unsigned c = 0; c < channels; c++)
                    at[c] /= sum;
            }
        free(light);
        light = to;
    }
    twin_samples(light, out, gamma);
    return light;
}

Test(linear, blurs_as_the_reference_does)
{
    for (unsigned i = 0; i < 16; i++) {
        struct lent lent;
        lent_init(&lent);
        const unsigned depth = i % 2 ? 16 : 8;
        struct pm_image in =
            make_image(70 + i, 50, i / 4 % 2 ? PM_COLOR_GRAY : PM_COLOR_RGB, i / 2 % 2, depth, &lent);
        const double gamma = i / 8 ? 2.4 : 0;
        set_gamma(&in, gamma);
        fill(&in, i, false);
        check(&in, "2.5,linear", gamma, depth == 8 ? 0.75 : 40, twin_blur);
        lent_free(&lent);
    }
}

/* With ever more memory, until it is enough: each allocation of the resize fails once. */
Test(linear, says_that_memory_is_missing)
{
    enum { STEP = 256, MEMORY = 1 << 22 };
    uint8_t *memory = aligned_alloc(64, MEMORY);
    for (unsigned depth = 8; depth <= 16; depth += 8) {
        struct lent lent;
        lent_init(&lent);
        const struct pm_image in = make_image(90, 70, PM_COLOR_RGB, false, depth, &lent),
                              out = make_image(30, 20, PM_COLOR_RGB, false, depth, &lent);
        fill(&in, depth, false);
        struct color_space space;
        struct alpha_reading reading;
        color_target_space(COLOR_SRGB, false, &space);
        alpha_reading_suppose(&reading, 3, depth, false, &lent.context);
        reading.light = light_make(&space, depth, &lent.job_arena);
        unsigned failures = 0;
        int status = -1;
        for (size_t size = 64; status != 0; size += STEP) {
            struct arena arena;
            cr_assert_leq(size, (size_t)MEMORY);
            arena_init_in(&arena, memory, size);
            lent.context.arena = &arena;
            lent.error = (struct pm_error){0};
            status =
                resize_plane(&in.plane[0], &reading, depth, &out.plane[0], &kernel_lanczos3, &lent.context);
            failures += status != 0;
            cr_expect(status == 0 || lent.error.kind == PM_ERROR_MEMORY, "%s", lent.error.message);
        }
        cr_expect_geq(failures, 10u);
        lent.context.arena = &lent.arena;
        lent_free(&lent);
    }
    free(memory);
}

Test(linear, is_a_word_of_both_filters)
{
    check_round_trip("resize", "800x600,linear", "800x600,linear");
    check_round_trip("resize", "50%,linear,kernel=mitchell", "50%,kernel=mitchell,linear");
    check_round_trip("resize", "50%,kernel=linear", "50%,kernel=linear");
    check_round_trip("blur", "2,linear", "2,linear");
}
