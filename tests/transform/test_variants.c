/* Several results from one decode are equal to what each recipe gives alone, or differ less than by encoding.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pictures.h"
#include "transform/transformed.h"
#include "transform/variants.h"

struct several {
    struct variants variants;
    struct pictures *logos[VARIANTS_MAX];
};

static void several_init(struct several *several, const char *const *texts, size_t count)
{
    struct pm_error error = {0};
    *several =
        (struct several){.variants = {.count = count, .variant = calloc(count, sizeof(struct variant))}};
    for (size_t i = 0; i < count; i++) {
        struct pm_recipe *recipe = pm_recipe_parse(texts[i], &error);
        cr_assert_not_null(recipe, "%s: %s", texts[i], error.message);
        give_logo(recipe);
        several->variants.variant[i].recipe = *recipe;
        free(recipe);
    }
}

static void several_free(struct several *several)
{
    for (size_t i = 0; i < several->variants.count; i++) {
        struct pm_recipe *recipe = malloc(sizeof *recipe);
        *recipe = several->variants.variant[i].recipe;
        pm_recipe_free(recipe);
    }
    free(several->variants.variant);
}

/* Sets the widths 8, 16, ... of "resize=8x>": such variants may be made from one another. */
static void set_widths(struct several *several, const uint32_t *widths)
{
    for (size_t i = 0; i < several->variants.count; i++)
        several->variants.variant[i].width = widths[i];
}

static void plan_several(const struct several *several, const struct buffer *file, struct variants_plan *plan)
{
    struct pm_error error = {0};
    struct pm_info info;
    struct memory_source memory;
    memory_source_init(&memory, file->data, file->size);
    const struct codec *codec = codec_probe(&memory.source, &info, &error);
    cr_assert_not_null(codec);
    cr_assert_eq(variants_plan_make(&several->variants, codec, &info, 0, plan, &error), 0, "%s",
                 error.message);
}

/* Runs them in the memory that was forecast. */
static struct buffer run_several(const struct several *several, const struct buffer *file,
                                 struct job_part *parts)
{
    static struct variants_plan plan;
    struct lent lent;
    lent_init(&lent);
    struct buffer out = {0};
    struct transform_result result;
    plan_several(several, file, &plan);
    cr_assert_eq(transform_variants(&several->variants, &plan, file->data, file->size, NULL, &lent.context,
                                    &out, parts, &result),
                 0, "%s", lent.error.message);
    cr_assert_leq(out.size, plan.result_bytes);
    cr_assert_eq(lent.context.arena, &lent.arena);
    cr_assert_eq(lent.context.spare, &lent.spare);
    cr_assert_eq(result.width, parts[0].width);
    lent_free(&lent);
    return out;
}

static void assert_as_alone(const char *const *texts, size_t count, const struct buffer *file)
{
    struct several several;
    struct job_part parts[VARIANTS_MAX];
    several_init(&several, texts, count);
    struct buffer out = run_several(&several, file, parts);
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        struct buffer alone = transformed_well(texts[i], file);
        cr_assert_leq(parts[i].offset + parts[i].size, out.size, "%s", texts[i]);
        cr_expect(parts[i].size == alone.size &&
                      memcmp(out.data + parts[i].offset, alone.data, alone.size) == 0,
                  "'%s' differs from the one made alone", texts[i]);
        total += parts[i].size;
        buffer_free(&alone);
    }
    cr_expect_eq(total, out.size);
    buffer_free(&out);
    several_free(&several);
}

static const char *const trees[] = {
    "",
    "format=jpeg",
    "format=webp",
    "format=png",
    "resize=12x",
    "resize=12x/format=jpeg",
    "resize=12x/format=webp/lossless",
    "blur=2",
    "blur=2/resize=20x",
    "blur=2/resize=20x/format=jpeg",
    "blur=2/resize=20x/format=gif",
    "blur=2/resize=20x/flip",
    "blur=2/gray/format=tiff",
    "crop=20x20+3+3/trim",
    "crop=20x20+3+3/rotate=90/format=jpeg/quality=95",
    "watermark=logo.png",
    "watermark=logo.png,opacity=0.5",
    "rotate=90/pad=80x80",
    "no-autorotate/flop",
    "keep=all",
    "profile=p3/resize=9x",
    "profile=p3/resize=9x/format=jpeg",
};
enum { TREES = sizeof trees / sizeof *trees };

Test(variants, each_result_is_what_its_recipe_gives_alone)
{
    for (unsigned kind = 0; kind < 8; kind++) {
        struct lent lent;
        lent_init(&lent);
        struct pm_image image = picture(&lent, 53, 41, kind & 1 ? PM_COLOR_GRAY : PM_COLOR_RGB,
                                        (kind & 2) != 0, kind & 4 ? 16 : 8);
        struct buffer file = encoded(&lent, "png", &image);
        assert_as_alone(trees, TREES, &file);
        buffer_free(&file);
        lent_free(&lent);
    }
}

Test(variants, results_of_a_jpeg_that_is_decoded_at_full_size_are_the_same)
{
    static const char *const texts[] = {"",          "crop=9x9+1+1",   "sharpen=1/format=png", "flip",
                                        "flip/gray", "sharpen=1/flop", "format=webp",          "resize=52x"};
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture(&lent, 53, 41, PM_COLOR_RGB, false, 8);
    struct buffer file = encoded(&lent, "jpeg", &image);
    assert_as_alone(texts, sizeof texts / sizeof *texts, &file);
    buffer_free(&file);
    lent_free(&lent);
}

Test(variants, every_frame_of_an_animation_is_in_every_result_that_has_frames)
{
    static const char *const texts[] = {
        "",
        "resize=20x",
        "resize=20x/format=gif",
        "resize=20x/format=png",
        "frames=2/format=png",
        "resize=20x/format=jpeg",
        "resize=10x/format=jpeg",
        "profile=p3/flip",
        "profile=p3/flip/format=png",
        "flip/profile=p3/quality=30",
        "keep=all/pad=90x90/format=gif",
        "crop=3x3+1+1/rotate=30",
        "watermark=logo.png/lossless",
        "trim/format=png",
        "normalize",
        "crop=3x3,gravity=smart/format=gif",
    };
    static const char *const suffixes[] = {"webp", "gif"};
    for (size_t i = 0; i < 2; i++) {
        const struct pm_blob *sample = codec_of_suffix(suffixes[i])->samples;
        const struct buffer file = {.data = (uint8_t *)(uintptr_t)sample->data, .size = sample->size};
        assert_as_alone(texts, sizeof texts / sizeof *texts, &file);
    }
}

static double psnr(const struct pm_image *a, const struct pm_image *b)
{
    double sum = 0;
    cr_assert(a->width == b->width && a->height == b->height && a->format.depth == b->format.depth);
    for (uint32_t y = 0; y < a->height; y++) {
        for (uint32_t x = 0; x < a->width; x++) {
            for (unsigned c = 0; c < 3; c++) {
                const double difference =
                    (double)sample_at(&a->plane[0], 8, x, y, c) - sample_at(&b->plane[0], 8, x, y, c);
                sum += difference * difference;
            }
        }
    }
    return 10 * log10(255.0 * 255 * 3 * a->width * a->height / sum);
}

/* The PSNR against the result that the recipe gives alone, without lossy encoding. */
static double quality(const struct buffer *file, uint32_t width, const uint8_t *bytes, size_t size)
{
    char text[64];
    struct lent lent, other;
    lent_init(&lent);
    lent_init(&other);
    snprintf(text, sizeof text, "resize=%ux>/format=png", width);
    struct buffer reference = transformed_well(text, file);
    struct buffer result = {.data = (uint8_t *)bytes, .size = size};
    struct pm_recipe *plain;
    struct pm_error error = {0};
    plain = pm_recipe_parse("format=png", &error);
    struct buffer png = {0};
    cr_assert_eq(pm_transform(plain, result.data, result.size, NULL, NULL, &png.data, &png.size, &error), 0);
    struct pm_image a = decoded(&lent, &reference), b = decoded(&other, &png);
    const double decibels = psnr(&a, &b);
    pm_recipe_free(plain);
    free(png.data);
    buffer_free(&reference);
    lent_free(&lent);
    lent_free(&other);
    return decibels;
}

/* A smooth picture with edges and fine detail, as PNG, so that the decoder can't reduce its size. */
static struct buffer scene(struct lent *lent, uint32_t width, uint32_t height)
{
    struct pm_image image = picture(lent, width, height, PM_COLOR_RGB, false, 8);
    for (uint32_t y = 0; y < height; y++) {
        uint8_t *row = plane_row(&image.plane[0], y);
        for (uint32_t x = 0; x < width; x++) {
            const double r = hypot(x - width / 2.0, y - height / 2.0);
            const double rings = 60 * sin(r * r / width / 3), ramp = 128.0 * x / width;
            const int bar = (x / 37 + y / 29) % 2 * 50, noise = row[3 * x] % 9;
            for (unsigned c = 0; c < 3; c++)
                row[3 * x + c] =
                    (uint8_t)fmin(255, fmax(0, 40 + rings * (c + 1) / 3 + ramp * (3 - c) / 3 + bar + noise));
        }
    }
    return encoded(lent, "png", &image);
}

/* Made from a larger result, a smaller one loses 0.1 dB at most after encoding; a result is never made from a
 * smaller one. */
static void check_widths(const char *format)
{
    static const uint32_t widths[] = {90, 180, 200, 400, 800, 5000};
    enum { WIDTHS = sizeof widths / sizeof *widths };
    char texts[WIDTHS][64];
    const char *list[WIDTHS];
    struct several several;
    struct job_part parts[VARIANTS_MAX];
    static struct variants_plan plan;
    struct lent lent;
    lent_init(&lent);
    struct buffer file = scene(&lent, 900, 700);
    for (int i = 0; i < WIDTHS; i++) {
        snprintf(texts[i], sizeof texts[i], "resize=%ux>/format=%s", widths[i], format);
        list[i] = texts[i];
    }
    several_init(&several, list, WIDTHS);
    set_widths(&several, widths);
    plan_several(&several, &file, &plan);
    cr_assert_eq(plan.parent[0], 1);
    cr_assert_eq(plan.parent[1], 3);
    cr_assert_eq(plan.parent[2], 3);
    cr_assert_eq(plan.parent[3], 4);
    cr_assert_eq(plan.parent[4], -1);
    cr_assert_eq(plan.parent[5], -1);
    struct buffer out = run_several(&several, &file, parts);
    cr_assert_eq(parts[5].width, 900);
    for (int i = 0; i < WIDTHS; i++) {
        struct buffer alone = transformed_well(texts[i], &file);
        const double best = quality(&file, widths[i], alone.data, alone.size);
        const double made = quality(&file, widths[i], out.data + parts[i].offset, parts[i].size);
        printf("%s %u: alone %.2f dB, from a larger one %.2f dB\n", format, widths[i], best, made);
        cr_expect_geq(made, best - 0.1, "%s, %u wide: %.2f dB instead of %.2f", format, widths[i], made,
                      best);
        buffer_free(&alone);
    }
    buffer_free(&out);
    several_free(&several);
    buffer_free(&file);
    lent_free(&lent);
}

Test(variants, a_smaller_result_made_from_a_larger_one_loses_a_tenth_of_a_decibel_at_most)
{
    check_widths("jpeg");
    check_widths("webp");
}

static unsigned count_files(const struct variants_plan *plan, unsigned count)
{
    unsigned files = 0;
    for (unsigned i = 0; i < count; i++)
        files += plan->twin[i] < 0;
    return files;
}

/* Of widths 20, 60 and 80 in two formats, a picture of 53 pixels reaches only the first. */
Test(variants, widths_that_an_image_does_not_reach_are_encoded_once)
{
    static const uint32_t widths[] = {20, 60, 80, 20, 60, 80};
    enum { COUNT = sizeof widths / sizeof *widths };
    struct lent lent;
    struct pm_error error = {0};
    struct variant variant[COUNT];
    struct several several = {.variants = {.count = COUNT, .variant = variant}};
    struct job_part parts[VARIANTS_MAX];
    static struct variants_plan plan;
    lent_init(&lent);
    struct pm_image image = picture(&lent, 53, 41, PM_COLOR_RGB, false, 8);
    struct buffer file = encoded(&lent, "png", &image);
    struct pm_recipe *base = pm_recipe_parse("blur=1", &error);
    for (unsigned i = 0; i < COUNT; i++) {
        char width[16];
        snprintf(width, sizeof width, "%ux>", widths[i]);
        variant[i] = (struct variant){.width = widths[i], .recipe = *base};
        cr_assert_eq(recipe_add(&variant[i].recipe, "format", i < COUNT / 2 ? "jpeg" : "webp", &error), 0);
        cr_assert_eq(recipe_add(&variant[i].recipe, "resize", width, &error), 0);
    }
    plan_several(&several, &file, &plan);
    cr_expect_eq(count_files(&plan, COUNT), 4);
    struct buffer out = run_several(&several, &file, parts);
    for (unsigned i = 0; i < COUNT; i++) {
        char text[64];
        snprintf(text, sizeof text, "blur=1/resize=%ux>/format=%s", widths[i],
                 i < COUNT / 2 ? "jpeg" : "webp");
        struct buffer alone = transformed_well(text, &file);
        cr_expect_eq(parts[i].width, widths[i] < 53 ? widths[i] : 53);
        cr_expect(parts[i].size == alone.size &&
                      memcmp(out.data + parts[i].offset, alone.data, alone.size) == 0,
                  "%s", text);
        buffer_free(&alone);
    }
    cr_expect_eq(parts[1].offset, parts[2].offset);
    cr_expect_eq(parts[4].offset, parts[5].offset);
    buffer_free(&out);
    pm_recipe_free(base);
    buffer_free(&file);
    lent_free(&lent);
}

/* Arenas without reserved memory: usage is bounded by the forecast. */
Test(variants, they_need_no_more_memory_than_planned)
{
    struct several several;
    struct job_part parts[VARIANTS_MAX];
    static struct variants_plan plan;
    struct lent lent;
    struct buffer out = {0};
    struct transform_result result;
    lent_init(&lent);
    struct buffer file = scene(&lent, 500, 400);
    lent_free(&lent);
    lent_init(&lent);
    several_init(&several, trees, TREES);
    plan_several(&several, &file, &plan);
    cr_assert_eq(transform_variants(&several.variants, &plan, file.data, file.size, NULL, &lent.context, &out,
                                    parts, &result),
                 0, "%s", lent.error.message);
    cr_assert_leq(lent.arena.committed + lent.spare.committed, plan.work_bytes * 5 / 4 + (4 << 20));
    buffer_free(&out);
    several_free(&several);
    lent_free(&lent);
    buffer_free(&file);
}
