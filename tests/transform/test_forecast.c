/* What is forecast of a result and of memory bounds both, and limits are found in the header. */
#include <criterion/criterion.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"
#include "image/image.h"
#include "lent.h"
#include "pixmill/transform.h"
#include "transform/made.h"
#include "transform/transform.h"
#include "transform/transformed.h"

Test(transform, limits_are_found_in_the_header)
{
    struct lent lent;
    lent_init(&lent);
    struct buffer file = made(&lent, "png", rgb);
    struct pm_error error;
    static const struct {
        const char *recipe;
        enum pm_error_kind kind;
    } cases[] = {
        {"resize=60000x60000!", PM_ERROR_LIMIT}, /* exceeds max_pixels */
        {"crop=300x10+0+0", PM_ERROR_USAGE},
        {"decrypt", PM_ERROR_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer out = transformed(cases[i].recipe, &file, &error);
        cr_expect_eq(out.size, 0);
        cr_expect_eq(error.kind, cases[i].kind, "%s: %s", cases[i].recipe, error.message);
    }
    buffer_free(&file);
    lent_free(&lent);
}

Test(transform, jpeg_results_end_at_65500)
{
    struct lent lent;
    lent_init(&lent);
    struct shape line = {.width = 1, .height = 1, .format = PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8)};
    struct buffer file = made(&lent, "png", line);
    struct pm_error error;
    struct buffer too_wide = transformed("resize=65501x1!/format=jpeg", &file, &error);
    cr_assert_eq(too_wide.size, 0);
    cr_assert_eq(error.kind, PM_ERROR_LIMIT);
    cr_assert_eq(error.limit, 65500);
    struct pm_image widest = result_of(&lent, "resize=65500x1!/format=jpeg", &file);
    cr_assert_eq(widest.width, 65500);
    struct pm_image png = result_of(&lent, "resize=65535x1!", &file);
    cr_assert_eq(png.width, 65535);
    buffer_free(&file);
    lent_free(&lent);
}

Test(transform, forecast_bounds_the_result)
{
    struct lent lent;
    lent_init(&lent);
    static const char *const formats[] = {"jpeg", "png"};
    for (int f = 0; f < 2; f++) {
        struct buffer file = made(&lent, formats[f], rgb);
        static const char *const recipes[] = {"", "resize=300x", "format=png", "format=jpeg/quality=100",
                                              "blur=2/rotate=90"};
        for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++) {
            struct pm_info info;
            struct plan forecast;
            struct pm_error error = {0};
            cr_assert_eq(pm_probe(file.data, file.size, &info, &error), 0);
            struct pm_recipe *recipe = pm_recipe_parse(recipes[i], &error);
            cr_assert_eq(plan_make(recipe, codec_of_suffix(info.format), &info, 0, &forecast, &error), 0);
            struct buffer out = transformed(recipes[i], &file, &error);
            struct pm_image image = decoded(&lent, &out);
            cr_expect_leq(out.size, forecast.result_bytes);
            cr_expect_eq(image.width, forecast.result.width);
            cr_expect_eq(image.height, forecast.result.height);
            cr_expect_gt(forecast.work_bytes, 0);
            buffer_free(&out);
            pm_recipe_free(recipe);
        }
        buffer_free(&file);
    }
    lent_free(&lent);
}

static struct plan forecast_of(const char *text, const struct buffer *file)
{
    struct pm_info info;
    struct plan forecast;
    struct pm_error error = {0};
    struct pm_recipe *recipe = pm_recipe_parse(text, &error);
    cr_assert_eq(pm_probe(file->data, file->size, &info, &error), 0);
    cr_assert_eq(plan_make(recipe, codec_of_suffix(info.format), &info, 0, &forecast, &error), 0, "%s",
                 error.message);
    pm_recipe_free(recipe);
    return forecast;
}

Test(transform, forecast_knows_which_pictures_are_turned)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = made_picture(&lent, rgb);
    for (unsigned orientation = 1; orientation <= 8; orientation++) {
        image.orientation = orientation;
        struct buffer file = encoded(&lent, "png", &image);
        struct pm_image result = result_of(&lent, "resize=50x", &file);
        struct plan forecast = forecast_of("resize=50x", &file);
        cr_expect_eq(forecast.result.width, result.width, "orientation %u", orientation);
        cr_expect_eq(forecast.result.height, result.height, "orientation %u", orientation);
        buffer_free(&file);
    }
    lent_free(&lent);
}

Test(transform, chroma_is_halved_below_a_quality_of_90)
{
    static const struct {
        const char *recipe;
        unsigned sampling;
    } cases[] = {{"format=jpeg/quality=89", 2},
                 {"format=jpeg/quality=90", 1},
                 {"format=jpeg/quality=89/subsampling=444", 1},
                 {"format=jpeg/quality=90/subsampling=420", 2}};
    struct lent lent;
    lent_init(&lent);
    struct buffer file = made(&lent, "png", rgb);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pm_info info;
        struct buffer out = transformed(cases[i].recipe, &file, &lent.error);
        cr_assert_eq(pm_probe(out.data, out.size, &info, &lent.error), 0);
        cr_expect_eq(info.pixels.sampling_x, cases[i].sampling, "%s", cases[i].recipe);
        cr_expect_eq(info.pixels.sampling_y, cases[i].sampling, "%s", cases[i].recipe);
        buffer_free(&out);
    }
    buffer_free(&file);
    lent_free(&lent);
}

/* The max usage of each arena at any checkpoint or stage. */
static struct {
    size_t arena, spare;
} most;

static void meter(const struct context *context)
{
    const struct lent *lent = context->lender; /* the context's own two arenas swap roles */
    most.arena = lent->arena.peak > most.arena ? lent->arena.peak : most.arena;
    most.spare = lent->spare.peak > most.spare ? lent->spare.peak : most.spare;
}

static int meter_checkpoint(struct context *context)
{
    (void)context->error;
    meter(context);
    return 0;
}

static void meter_stage(struct context *context, enum pm_stage stage)
{
    (void)stage;
    meter(context);
}

/* A job's charge must cover its use: the arenas' peaks are compared with the forecast. */
Test(transform, forecast_bounds_the_memory)
{
    static const struct context_ops metering = {.checkpoint = meter_checkpoint, .enter = meter_stage};
    struct lent lent;
    lent_init(&lent);
    static const struct shape shapes[] = {
        {.width = 1200, .height = 800, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8)},
        {.width = 1200, .height = 800, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8)},
        {.width = 900, .height = 700, .format = PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 16)},
        {.width = 900, .height = 700, .format = PIXELS(PM_COLOR_GRAY, PM_ALPHA_STRAIGHT, 16)},
    };
    static const char *const recipes[] = {"blur=3",
                                          "blur=40",
                                          "sharpen=6",
                                          "rotate=90/blur=5/rotate=90",
                                          "resize=1500x",
                                          "resize=90x",
                                          "flip/flop/gray",
                                          "format=jpeg",
                                          "sharpen=1",
                                          "resize=2500x/blur=1/format=png",
                                          "resize=700x/sharpen=6/format=png",
                                          "resize=2000x/quality=95",
                                          "trim=0",
                                          "trim=255/resize=1500x",
                                          "pad=1500x1600>",
                                          "pad=1500x1600,color=#ff000080/format=png",
                                          "trim/pad=700x1200/blur=2",
                                          "watermark=logo.png,scale=90,opacity=0.5",
                                          "watermark=logo.png,scale=100,tile/resize=50%",
                                          "background=ff0000/format=jpeg"};
    const size_t count = sizeof shapes / sizeof *shapes;
    for (size_t s = 0; s < count + 2; s++) { /* the first one also as JPEG, the second also as WebP */
        const char *const format = s < count ? "png" : s == count ? "jpeg" : "webp";
        struct buffer file = made(&lent, format, shapes[s % count]);
        for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++) {
            struct lent metered;
            lent_init(&metered);
            struct pm_info info;
            struct plan forecast;
            struct transform_result ignored;
            struct buffer out = {0};
            cr_assert_eq(pm_probe(file.data, file.size, &info, &metered.error), 0);
            struct pm_recipe *recipe = pm_recipe_parse(recipes[i], &metered.error);
            give_logo(recipe);
            cr_assert_eq(plan_make(recipe, codec_of_suffix(info.format), &info, 0, &forecast, &metered.error),
                         0);
            most.arena = most.spare = 0;
            metered.context.ops = &metering;
            metered.context.lender = &metered;
            cr_assert_eq(
                transform(recipe, &forecast, file.data, file.size, NULL, &metered.context, &out, &ignored),
                0);
            size_t touched = most.arena + most.spare;
            cr_expect_leq(touched, forecast.work_bytes + (1 << 20), "shape %zu, %s: %zu of %zu", s,
                          recipes[i], touched, (size_t)forecast.work_bytes);
            buffer_free(&out);
            pm_recipe_free(recipe);
            lent_free(&metered);
        }
        buffer_free(&file);
    }
    lent_free(&lent);
}

/* An XMP packet with `count` descriptions of about 40 kB each; free with free(). */
static char *large_packet(unsigned count, size_t *size)
{
    enum { VALUE = 40000 };
    static const char begin[] = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF "
                                "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>",
                      open[] = "<rdf:Description rdf:about='' xmlns:a='urn:a'><a:p>",
                      close[] = "</a:p></rdf:Description>", end[] = "</rdf:RDF></x:xmpmeta>";
    char *packet = malloc(sizeof begin + sizeof end + count * (sizeof open + VALUE + sizeof close)),
         *at = mempcpy(packet, begin, sizeof begin - 1);
    for (unsigned i = 0; i < count; i++) {
        at = mempcpy(at, open, sizeof open - 1);
        for (unsigned n = 0; n < VALUE; n += 2)
            at = mempcpy(at, "x ", 2);
        at = mempcpy(at, close, sizeof close - 1);
    }
    *size = (size_t)((char *)mempcpy(at, end, sizeof end - 1) - packet);
    return packet;
}

/* Metadata is joined, updated and split, and each time there is one more copy. */
Test(transform, forecast_bounds_the_memory_of_metadata)
{
    static const char *const formats[] = {"jpeg", "png"};
    size_t size;
    char *packet = large_packet(60, &size);
    for (unsigned i = 0; i < 4; i++) {
        const char *from = formats[i / 2], *to = formats[i % 2];
        struct lent lent, metered;
        lent_init(&lent);
        lent_init(&metered);
        struct pm_image image = made_picture(&lent, rgb);
        image.meta.xmp = (struct pm_blob){(const uint8_t *)packet, size};
        struct buffer file = encoded(&lent, from, &image), out = {0};
        char text[64];
        snprintf(text, sizeof text, "keep=xmp/format=%s", to);
        struct pm_recipe *recipe = pm_recipe_parse(text, &metered.error);
        cr_assert_not_null(recipe, "%s", metered.error.message);
        const struct plan forecast = forecast_of(text, &file);
        struct transform_result ignored;
        cr_assert_eq(
            transform(recipe, &forecast, file.data, file.size, NULL, &metered.context, &out, &ignored), 0,
            "%s", metered.error.message);
        cr_assert_gt(metered.job_arena.peak, size);
        cr_expect_leq(metered.job_arena.peak + out.size, forecast.work_bytes + forecast.result_bytes,
                      "%s to %s: %zu and %zu of %zu", from, to, metered.job_arena.peak, out.size,
                      (size_t)(forecast.work_bytes + forecast.result_bytes));
        pm_recipe_free(recipe);
        buffer_free(&out);
        buffer_free(&file);
        lent_free(&metered);
        lent_free(&lent);
    }
    free(packet);
}
