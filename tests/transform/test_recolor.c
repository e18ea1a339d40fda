/* Colour conversion in a recipe: the source of the colours, the conversion of the samples, and the
 * description in the result. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memo.h"
#include "codec/part.h"
#include "color/pipeline.h"
#include "color/plain_space.h"
#include "color/target.h"
#include "image/exif.h"
#include "image/tiff_maker.h"
#include "pictures.h"
#include "transform/chunked.h"
#include "transform/plan.h"
#include "transform/recolor.h"
#include "transform/transform.h"
#include "transform/transformed.h"

static const uint8_t pixels[6] = {220, 30, 30, 30, 220, 30};

/* Compares the two pixels of a result with the same conversion in double precision; `from` NULL: unchanged.
 */
static void expect_converted(const struct outcome *outcome, const struct color_space *from,
                             enum color_target target, const char *about)
{
    struct color_space to;
    color_target_space(target, false, &to);
    for (unsigned x = 0; x < 2; x++) {
        double given[3], expected[3];
        for (int c = 0; c < 3; c++)
            expected[c] = given[c] = pixels[3 * x + c] / 255.0;
        if (from != NULL)
            plain_convert(from, &to, given, expected);
        for (unsigned c = 0; c < 3; c++) {
            const unsigned got = sample_at(&outcome->image.plane[0], 8, x, 0, c);
            cr_expect_leq(fabs(got - 255 * expected[c]), from != NULL ? 0.56 : 0,
                          "%s: pixel %u, channel %u is %u, not %g", about, x, c, got, 255 * expected[c]);
        }
    }
}

static struct color_space space_of(unsigned primaries, unsigned transfer)
{
    struct color_description description;
    struct color_space space;
    cr_assert(color_from_cicp((const uint8_t[]){(uint8_t)primaries, (uint8_t)transfer, 0, 1}, &description));
    cr_assert(color_space_of(&description, false, &space));
    return space;
}

/* The profile of Display P3, as an iCCP chunk. */
static struct added p3_chunk(void)
{
    uint8_t profile[MATRIX_PROFILE_MAX];
    struct added added = {.type = "iCCP"};
    const size_t size = color_target_profile(COLOR_P3, false, profile);
    added.data = profile_chunk(profile, size, &added.size);
    return added;
}

/* An eXIf chunk whose InteroperabilityIndex is R03. */
static struct added adobe_chunk(void)
{
    static struct tiff_maker maker;
    tiff_maker_begin(&maker, true);
    const size_t interop =
        tiff_maker_ifd(&maker, (const struct made_entry[]){{1, TIFF_ASCII, 4, "R03", {0}}}, 1, 0);
    const size_t exif =
        tiff_maker_ifd(&maker,
                       (const struct made_entry[]){{0xA001, TIFF_SHORT, 1, NULL, {0xFFFF}},
                                                   {0xA005, TIFF_LONG, 1, NULL, {(uint32_t)interop}}},
                       2, 0);
    tiff_maker_end(&maker,
                   tiff_maker_ifd(&maker,
                                  (const struct made_entry[]){{0x8769, TIFF_LONG, 1, NULL, {(uint32_t)exif}}},
                                  1, 0));
    return (struct added){"eXIf", (const char *)maker.bytes, maker.size};
}

static void expect_source(const struct added *added, const struct color_space *from, const char *about)
{
    struct outcome outcome;
    put_through(&outcome, added, "profile=srgb");
    const struct pm_metadata *meta = &outcome.image.meta;
    expect_converted(&outcome, from, COLOR_SRGB, about);
    cr_expect_eq(outcome.warnings.count, 0, "%s: %s", about, outcome.warnings.text);
    cr_expect(meta->has_srgb && meta->icc.data == NULL && !meta->has_cicp && !meta->has_gamma &&
                  !meta->has_chromaticities,
              "%s", about);
    outcome_free(&outcome);
}

Test(recolor, colors_are_taken_in_order)
{
    const struct color_space p3 = space_of(12, 13), rec2020 = space_of(9, 1), linear = space_of(1, 8),
                             adobe = plain_space(0, false);
    const struct added icc = p3_chunk(), exif = adobe_chunk();
    expect_source((struct added[ADDED_MAX]){CICP(9, 1), icc, GAMMA_1, exif}, &rec2020, "cICP before iCCP");
    expect_source((struct added[ADDED_MAX]){icc, GAMMA_1, CHRM_SRGB, exif}, &p3, "iCCP before gAMA");
    expect_source((struct added[ADDED_MAX]){SRGB, GAMMA_1, CHRM_SRGB, exif}, NULL, "sRGB before gAMA");
    expect_source((struct added[ADDED_MAX]){GAMMA_1, CHRM_SRGB, exif}, &linear, "gAMA before EXIF");
    expect_source((struct added[ADDED_MAX]){GAMMA_SRGB, CHRM_P3}, &p3, "cHRM");
    expect_source((struct added[ADDED_MAX]){exif}, &adobe, "EXIF");
    expect_source((struct added[ADDED_MAX]){{0}}, NULL, "nothing");
    free((char *)icc.data);
}

/* Kept EXIF must not describe the old colours. */
Test(recolor, kept_exif_says_the_new_colors)
{
    static const enum pm_exif_color expected[COLOR_TARGETS] = {PM_EXIF_COLOR_ADOBE_RGB, PM_EXIF_COLOR_SRGB,
                                                               PM_EXIF_COLOR_NONE};
    for (enum color_target target = COLOR_KEEP; target < COLOR_TARGETS; target++) {
        struct outcome outcome;
        char recipe[64];
        snprintf(recipe, sizeof recipe, "keep=exif/profile=%s", color_target_name(target));
        put_through(&outcome, (struct added[ADDED_MAX]){adobe_chunk()}, recipe);
        const struct pm_image image = decoded(&outcome.lent, &outcome.result);
        cr_assert_not_null(image.meta.exif.data);
        cr_expect_eq(exif_color(image.meta.exif.data, image.meta.exif.size), expected[target], "%s", recipe);
        outcome_free(&outcome);
    }
}

/* A description that can't be used is reported, and the next in order is used. */
Test(recolor, a_broken_profile_is_passed_over)
{
    const struct color_space linear = space_of(1, 8);
    uint8_t gray[MATRIX_PROFILE_MAX], broken[MATRIX_PROFILE_MAX];
    const size_t sizes[2] = {color_target_profile(COLOR_SRGB, true, gray),
                             color_target_profile(COLOR_P3, false, broken)};
    memcpy(broken + 132 + 12 * 4, "????", 4); /* overwrites a primary */
    for (int i = 0; i < 2; i++) {
        struct added added[ADDED_MAX] = {{.type = "iCCP"}, GAMMA_1, CHRM_SRGB};
        struct outcome outcome;
        added[0].data = profile_chunk(i == 0 ? gray : broken, sizes[i], &added[0].size);
        put_through(&outcome, added, "profile=srgb");
        cr_assert_eq(outcome.warnings.count, 1, "%d: %s", i, outcome.warnings.text);
        cr_assert_not_null(strstr(outcome.warnings.text, "is ignored"));
        expect_converted(&outcome, &linear, COLOR_SRGB, "broken");
        outcome_free(&outcome);
        free((char *)added[0].data);
    }
}

Test(recolor, unknown_colors_stay_with_their_description)
{
    uint8_t profile[MATRIX_PROFILE_MAX];
    const size_t size = color_target_profile(COLOR_P3, false, profile);
    memcpy(profile + 132, "A2B0", 4);
    struct added table = {.type = "iCCP"};
    table.data = profile_chunk(profile, size, &table.size);
    struct outcome outcome;
    put_through(&outcome, (struct added[ADDED_MAX]){table}, "profile=srgb");
    cr_assert_eq(outcome.warnings.count, 1);
    cr_assert_not_null(strstr(outcome.warnings.text, "not converted"));
    expect_converted(&outcome, NULL, COLOR_SRGB, "a table");
    cr_assert(outcome.image.meta.icc.size == size && !outcome.image.meta.has_srgb);
    outcome_free(&outcome);
    free((char *)table.data);
}

/* The colour description in each format; a profile has a few hundred bytes. */
Test(recolor, results_are_described)
{
    static const struct {
        const char *recipe;
        bool srgb, cicp;
        const char *profile; /* NULL: none */
    } cases[] = {
        {"profile=srgb/format=png", true, false, NULL},
        {"profile=p3/format=png", false, true, "RGB "},
        {"gray/profile=p3/format=png", true, false, NULL},
        {"profile=srgb/format=jpeg", false, false, "RGB "},
        {"profile=p3/format=jpeg", false, false, "RGB "},
        {"gray/profile=p3/format=jpeg", false, false, "GRAY"},
        {"profile=p3/format=webp", false, false, "RGB "},
        {"profile=p3/format=avif", false, true, NULL},
        {"profile=p3,none/format=jpeg", false, false, NULL},
        {"profile=srgb,none/format=png", false, false, NULL},
        {"profile=none/format=png", false, false, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct outcome outcome;
        put_through(&outcome, (struct added[ADDED_MAX]){CICP(9, 1), GAMMA_1, CHRM_P3}, cases[i].recipe);
        const struct pm_metadata *meta = &outcome.image.meta;
        const char *about = cases[i].recipe;
        cr_expect_eq(outcome.warnings.count, 0, "%s: %s", about, outcome.warnings.text);
        cr_expect_eq(meta->has_srgb, cases[i].srgb, "%s", about);
        cr_expect_eq(meta->has_cicp, cases[i].cicp, "%s", about);
        cr_expect(!meta->has_cicp || memcmp(meta->cicp, "\14\15\0\1", 4) == 0, "%s", about);
        cr_expect(!meta->has_gamma && !meta->has_chromaticities, "%s", about);
        cr_expect_eq(meta->icc.data != NULL, cases[i].profile != NULL, "%s", about);
        if (meta->icc.data != NULL && cases[i].profile != NULL)
            cr_expect(meta->icc.size < 500 && memcmp(meta->icc.data + 16, cases[i].profile, 4) == 0, "%s",
                      about);
        outcome_free(&outcome);
    }
}

Test(recolor, none_alone_changes_no_sample)
{
    struct outcome outcome;
    const struct added icc = p3_chunk();
    put_through(&outcome, (struct added[ADDED_MAX]){icc}, "profile=none");
    expect_converted(&outcome, NULL, COLOR_SRGB, "none");
    cr_assert_null(outcome.image.meta.icc.data);
    outcome_free(&outcome);
    put_through(&outcome, (struct added[ADDED_MAX]){icc}, "profile=srgb/profile=none");
    const struct color_space p3 = space_of(12, 13);
    expect_converted(&outcome, &p3, COLOR_SRGB, "srgb, then none");
    cr_assert(outcome.image.meta.icc.data == NULL && !outcome.image.meta.has_srgb);
    outcome_free(&outcome);
    put_through(&outcome, (struct added[ADDED_MAX]){icc}, "profile=none/profile=srgb/profile=keep");
    expect_converted(&outcome, NULL, COLOR_SRGB, "keep");
    cr_assert_not_null(outcome.image.meta.icc.data);
    outcome_free(&outcome);
    free((char *)icc.data);
}

static size_t place_of(const char *text, struct pm_info *info)
{
    struct plan plan;
    struct pm_error error = {0};
    struct pm_recipe *recipe = pm_recipe_parse(text, &error);
    cr_assert_not_null(recipe, "%s", error.message);
    give_logo(recipe);
    cr_assert_eq(plan_make(recipe, codec_of_suffix("jpeg"), info, 0, &plan, &error), 0, "%s", error.message);
    pm_recipe_free(recipe);
    return plan.recolor_at;
}

/* Where there are the fewest pixels, but before the conversion to grey; nowhere if there is nothing to do. */
Test(recolor, the_plan_chooses_the_place)
{
    struct pm_info info = codec_blank_info("jpeg");
    info.width = 1000;
    info.height = 600;
    info.depth = 8;
    info.pixels = (struct pm_pixel_format)PIXELS_YCC(2, 2);
    cr_expect_eq(place_of("resize=100/profile=srgb", &info), PLAN_NEVER);
    cr_expect_eq(place_of("resize=100/profile=p3", &info), 1);
    info.icc_size = 500;
    cr_expect_eq(place_of("resize=100", &info), PLAN_NEVER);
    cr_expect_eq(place_of("profile=none", &info), PLAN_NEVER);
    cr_expect_eq(place_of("profile=srgb", &info), 0);
    cr_expect_eq(place_of("resize=100/profile=srgb", &info), 1);
    cr_expect_eq(place_of("resize=100/sharpen=1/profile=srgb", &info), 2);
    cr_expect_eq(place_of("resize=200%/profile=srgb", &info), 0);
    cr_expect_eq(place_of("blur=2/resize=100/resize=300/profile=srgb", &info), 2);
    cr_expect_eq(place_of("gray/resize=100/profile=srgb", &info), 0);
    cr_expect_eq(place_of("crop=10x10+0+0/gray/resize=5/profile=srgb", &info), 1);
    cr_expect_eq(place_of("crop=300x300+0+0/pad=100x200,color=red/profile=srgb", &info), 1);
    cr_expect_eq(place_of("crop=300x300+0+0/watermark=logo.png/resize=9x/profile=srgb", &info), 1);
    info.icc_size = 0;
    info.exif_color = PM_EXIF_COLOR_ADOBE_RGB;
    cr_expect_eq(place_of("resize=100/profile=srgb", &info), 1);
    info.has_srgb = true;
    cr_expect_eq(place_of("resize=100/profile=srgb", &info), PLAN_NEVER);
    info.has_cicp = true;
    memcpy(info.cicp, "\1\15\0\1", 4);
    cr_expect_eq(place_of("resize=100/profile=srgb", &info), PLAN_NEVER);
    info.cicp[0] = 12;
    cr_expect_eq(place_of("resize=100/profile=srgb", &info), 1);
}

/* Runs the recipe on a picture with the colour description in `meta`; compares its samples before and after.
 */
static struct pm_image converted(struct lent *lent, const struct pm_image *image, const char *format,
                                 const char *text)
{
    struct buffer file = encoded(lent, format, image);
    const struct pm_image result = result_of(lent, text, &file);
    buffer_free(&file);
    return result;
}

/* Grey, alpha and 16 bits. */
Test(recolor, every_pixel_format_is_converted)
{
    static const double adobe[8] = {.3127, .329, .64, .33, .21, .71, .15, .06};
    struct color_description description;
    struct color_space from[2], to[2];
    cr_assert(color_from_gamma(0.5, adobe, &description));
    for (int gray = 0; gray < 2; gray++) {
        color_space_of(&description, gray, &from[gray]);
        color_target_space(COLOR_SRGB, gray, &to[gray]);
    }
    for (unsigned i = 0; i < 8; i++) {
        const bool gray = i & 1, alpha = i & 2;
        const unsigned depth = i & 4 ? 16 : 8, colors = gray ? 1 : 3, max = depth == 8 ? 255 : 65535;
        struct lent lent;
        lent_init(&lent);
        struct pm_image image = picture(&lent, 20, 30, gray ? PM_COLOR_GRAY : PM_COLOR_RGB, alpha, depth);
        struct pm_metadata *meta = &image.meta;
        meta->has_gamma = meta->has_chromaticities = true;
        meta->gamma = 0.5;
        memcpy(meta->chromaticities, adobe, sizeof adobe);
        const struct pm_image result = converted(&lent, &image, "png", "flip/profile=srgb");
        for (unsigned p = 0; p < 600; p++) {
            double given[3], expected[3];
            for (unsigned c = 0; c < colors; c++)
                given[c] = (double)sample_at(&image.plane[0], depth, p % 20, p / 20, c) / max;
            plain_convert(&from[gray], &to[gray], given, expected);
            for (unsigned c = 0; c < colors; c++)
                cr_assert_leq(
                    fabs(sample_at(&result.plane[0], depth, p % 20, 29 - p / 20, c) - max * expected[c]),
                    depth == 8 ? 0.56 : 1, "kind %u", i);
            if (alpha)
                cr_assert_eq(sample_at(&result.plane[0], depth, p % 20, 29 - p / 20, colors),
                             sample_at(&image.plane[0], depth, p % 20, p / 20, colors));
        }
        cr_assert(result.meta.has_srgb && !result.meta.has_gamma);
        lent_free(&lent);
    }
}

/* A profile recognized as sRGB changes no sample. */
Test(recolor, srgb_to_srgb_is_exact)
{
    struct lent lent;
    uint8_t profile[MATRIX_PROFILE_MAX];
    lent_init(&lent);
    struct pm_image image = picture(&lent, 40, 30, PM_COLOR_RGB, false, 8);
    image.meta.icc = (struct pm_blob){profile, color_target_profile(COLOR_SRGB, false, profile)};
    const struct pm_image result = converted(&lent, &image, "png", "profile=srgb");
    for (unsigned y = 0; y < 30; y++)
        cr_assert_arr_eq(plane_row(&result.plane[0], y), plane_row(&image.plane[0], y), 120);
    cr_assert(result.meta.has_srgb && result.meta.icc.data == NULL);
    lent_free(&lent);
}

/* PSNR in dB of luma and of each chroma, which is compared in blocks of 2 x 2 pixels: of the result against
 * double precision. */
static void measure_planes(const struct pm_image *result, double (*reference)[3], double psnr[3])
{
    double sum[3] = {0};
    for (unsigned y = 0; y < result->height; y += 2) {
        for (unsigned x = 0; x < result->width; x += 2) {
            double error[3] = {0};
            for (unsigned i = 0; i < 4; i++) {
                const unsigned column = x + i % 2, row = y + i / 2;
                const double *expected = reference[row * result->width + column];
                double e[3];
                for (unsigned c = 0; c < 3; c++)
                    e[c] = sample_at(&result->plane[0], 8, column, row, c) - expected[c];
                const double luma = .299 * e[0] + .587 * e[1] + .114 * e[2];
                sum[0] += luma * luma / 4;
                error[1] += (e[2] - luma) / 1.772 / 4;
                error[2] += (e[0] - luma) / 1.402 / 4;
            }
            sum[1] += error[1] * error[1];
            sum[2] += error[2] * error[2];
        }
    }
    for (int i = 0; i < 3; i++)
        psnr[i] = 10 * log10(255.0 * 255 / (sum[i] / (result->width * result->height / 4)));
}

/* Planes are converted as planes from a JPEG to a JPEG, at its full size or reduced: the result is compared
 * with double precision on a picture of slowly changing colours, most of them saturated. */
Test(recolor, planes_stay_planes)
{
    enum { SIZE = 256, SMALL = 64 };
    static double whole[SIZE * SIZE][3], small[SMALL * SMALL][3];
    struct lent lent;
    uint8_t profile[MATRIX_PROFILE_MAX];
    struct color_space p3, srgb;
    lent_init(&lent);
    color_target_space(COLOR_P3, false, &p3);
    color_target_space(COLOR_SRGB, false, &srgb);
    struct pm_image image = picture(&lent, SIZE, SIZE, PM_COLOR_RGB, false, 8);
    image.meta.icc = (struct pm_blob){profile, color_target_profile(COLOR_P3, false, profile)};
    for (unsigned i = 0; i < SIZE * SIZE; i++) {
        const double x = i % SIZE, y = i / SIZE;
        uint8_t *to = plane_row(&image.plane[0], i / SIZE) + (size_t)3 * (i % SIZE);
        double given[3], converted_to[3];
        for (int c = 0; c < 3; c++) {
            to[c] = (uint8_t)(128 + 60 * sin(x / 40 + 2 * c) + 60 * cos(y / 50 - c));
            given[c] = to[c] / 255.0;
        }
        plain_convert(&p3, &srgb, given, converted_to);
        for (int c = 0; c < 3; c++) {
            whole[i][c] = 255 * converted_to[c];
            small[i / SIZE / 4 * SMALL + i % SIZE / 4][c] += whole[i][c] / 16;
        }
    }
    for (int k = 0; k < 2; k++) {
        double psnr[3];
        struct buffer file = encoded(&lent, "jpeg", &image),
                      best = transformed_well("quality=98/subsampling=420/format=jpeg", &file),
                      made = transformed_well(k == 0 ? "profile=srgb/quality=98/subsampling=420"
                                                     : "resize=64/profile=srgb/quality=98/subsampling=420",
                                              &best);
        const struct pm_image result = decoded(&lent, &made);
        measure_planes(&result, k == 0 ? whole : small, psnr);
        cr_expect(psnr[0] > 44 && psnr[1] > 44 && psnr[2] > 44, "%d: %.1f, %.1f, %.1f dB", k, psnr[0],
                  psnr[1], psnr[2]);
        buffer_free(&file);
        buffer_free(&best);
        buffer_free(&made);
    }
    lent_free(&lent);
}

Test(recolor, every_frame_of_an_animation_is_converted)
{
    const struct pm_blob *sample = codec_of_suffix("gif")->samples; /* a GIF of two frames */
    const struct buffer gif = {.data = (uint8_t *)(uintptr_t)sample->data, .size = sample->size};
    struct lent lent;
    struct pm_error error;
    lent_init(&lent);
    struct buffer webp = transformed("profile=p3/format=webp/lossless", &gif, &error);
    cr_assert_gt(webp.size, 0, "%s", error.message);
    expect_same_result(&lent, "frames=1/format=png", &webp, "frames=1/profile=p3/format=png", &gif);
    expect_same_result(&lent, "frames=2/format=png", &webp, "frames=2/profile=p3/format=png", &gif);
    buffer_free(&webp);
    lent_free(&lent);
}

/* A profile of RGB has no meaning for greys: they are those of its colours in sRGB, and say so. */
Test(recolor, greys_are_those_of_the_profiles_colors)
{
    static const char *const steps[] = {"gray", "threshold=80", "resize=1x1!/gray", "flip/gray/resize=4x4!"};
    const struct added icc = p3_chunk(), cicp = CICP(12, 13);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct outcome kept, converted, unprofiled;
        char text[64];
        snprintf(text, sizeof text, "profile=srgb/%s", steps[i]);
        put_through(&kept, (struct added[ADDED_MAX]){icc}, steps[i]);
        put_through(&converted, (struct added[ADDED_MAX]){icc}, text);
        put_through(&unprofiled, (struct added[ADDED_MAX]){cicp}, steps[i]);
        cr_expect_eq(kept.warnings.count, 0, "%s: %s", text, kept.warnings.text);
        cr_expect(kept.result.size == converted.result.size &&
                      memcmp(kept.result.data, converted.result.data, kept.result.size) == 0,
                  "%s", text);
        cr_expect(kept.image.meta.has_srgb && kept.image.meta.icc.data == NULL, "%s", text);
        cr_expect(unprofiled.image.meta.has_cicp, "%s: cICP has a meaning for greys", text);
        outcome_free(&kept);
        outcome_free(&converted);
        outcome_free(&unprofiled);
    }
    free((char *)icc.data);
}

/* All workers share what a conversion is made of. */
Test(recolor, tables_are_made_once)
{
    enum { RED_X = 375 }; /* the last byte of red's X in the profile */
    static const struct pm_pixel_format formats[] = {PIXELS_YCC(2, 2),
                                                     PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8)};
    struct lent lent;
    struct memo memo;
    struct pm_recipe recipe = {.color = COLOR_SRGB};
    uint8_t p3[MATRIX_PROFILE_MAX];
    const struct pm_info info = codec_blank_info("jpeg");
    lent_init(&lent);
    memo_init(&memo);
    memo.hold.shared = shared_new(SHARED_BYTES);
    cr_assert_not_null(memo.hold.shared);
    lent.context.memo = &memo;
    struct pm_image image = {.meta.icc = {p3, color_target_profile(COLOR_P3, false, p3)}};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct recolor first = {.begun = false}, second = first, other = first;
        image.format = formats[i];
        cr_assert_eq(recolor_begin(&first, &recipe, COLOR_SRGB, &info, &image, &lent.context), 0);
        memo_end_job(&memo);
        arena_reset(&lent.job_arena);
        cr_assert_eq(recolor_begin(&second, &recipe, COLOR_SRGB, &info, &image, &lent.context), 0);
        cr_expect(first.ycc == second.ycc && first.shaper == second.shaper);
        cr_expect_eq(first.ycc != NULL, i == 0);
        cr_expect_eq(first.shaper != NULL, i == 1);
        p3[RED_X]++; /* another profile */
        cr_assert_eq(recolor_begin(&other, &recipe, COLOR_SRGB, &info, &image, &lent.context), 0);
        cr_expect(i == 0 ? other.ycc != NULL && other.ycc != first.ycc
                         : other.shaper != NULL && other.shaper != first.shaper);
        memo_end_job(&memo);
        p3[RED_X]--;
    }
    shared_free(memo.hold.shared);
    memo_free(&memo);
    lent_free(&lent);
}
