/*
 * transform as a whole, on files that the codecs themselves make: the effect of each kind of step on
 * geometry, colour, alpha and metadata, and that the order in which a picture is decoded, rotated and merged
 * does not change the result.
 */
#include <criterion/criterion.h>
#include <libdeflate.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"
#include "image/image.h"
#include "lent.h"
#include "pixmill/transform.h"
#include "transform/transform.h"
#include "transform/transformed.h"

/* A smooth picture: red rises to the right, green to the bottom, blue is constant; alpha falls to the right.
 */
static struct pm_image picture(struct lent *lent, struct shape shape)
{
    struct pm_image image = {0};
    cr_assert_eq(image_alloc(&image, &shape, &lent->context), 0);
    unsigned channels = pm_channels(&image.format);
    for (uint32_t y = 0; y < shape.height; y++) {
        for (uint32_t x = 0; x < shape.width; x++) {
            unsigned right = x * 255 / shape.width, down = y * 255 / shape.height;
            unsigned samples[4] = {right, down, 128, 255};
            if (shape.format.alpha)
                samples[channels - 1] = 255 - right;
            for (unsigned c = 0; c < channels; c++) {
                if (shape.format.depth == 16)
                    ((uint16_t *)(void *)plane_row(&image.plane[0], y))[x * channels + c] =
                        (uint16_t)(samples[c] * 257);
                else
                    plane_row(&image.plane[0], y)[x * channels + c] = (uint8_t)samples[c];
            }
        }
    }
    return image;
}

static struct buffer made(struct lent *lent, const char *format, struct shape shape)
{
    struct pm_image image = picture(lent, shape);
    return encoded(lent, format, &image);
}

/* The max difference of any sample of two interleaved 8-bit images of the same size. */
static int difference(const struct pm_image *a, const struct pm_image *b)
{
    cr_assert_eq(a->width, b->width);
    cr_assert_eq(a->height, b->height);
    cr_assert_eq(pm_channels(&a->format), pm_channels(&b->format));
    int largest = 0;
    for (uint32_t y = 0; y < a->height; y++) {
        for (uint32_t i = 0; i < a->width * pm_channels(&a->format); i++) {
            int d = abs(plane_row(&a->plane[0], y)[i] - plane_row(&b->plane[0], y)[i]);
            largest = d > largest ? d : largest;
        }
    }
    return largest;
}

static const struct shape rgb = {
    .width = 203, .height = 101, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8)};

Test(transform, empty_recipe_keeps_a_png_exact)
{
    struct lent lent;
    lent_init(&lent);
    struct buffer file = made(&lent, "png", rgb);
    struct pm_image before = decoded(&lent, &file), after = result_of(&lent, "", &file);
    cr_assert_eq(difference(&before, &after), 0);
    buffer_free(&file);
    lent_free(&lent);
}

Test(transform, same_bytes_every_time)
{
    struct lent lent;
    lent_init(&lent);
    struct buffer file = made(&lent, "jpeg", rgb);
    struct pm_error error;
    struct buffer one = transformed("resize=90x/blur=2", &file, &error),
                  two = transformed("resize=90x/blur=2", &file, &error);
    cr_assert_gt(one.size, 0);
    cr_assert_eq(one.size, two.size);
    cr_assert_eq(memcmp(one.data, two.data, one.size), 0);
    buffer_free(&one);
    buffer_free(&two);
    buffer_free(&file);
    lent_free(&lent);
}

/* Resizing planes separately and merging them late gives the same picture as resizing RGB. */
Test(transform, planes_apart_look_like_rgb)
{
    struct lent lent;
    lent_init(&lent);
    struct buffer jpeg = made(&lent, "jpeg", rgb);
    struct pm_error error;
    struct buffer png = transformed("format=png", &jpeg, &error);
    static const char *const recipes[] = {
        "resize=100x50!/format=png",
        "resize=60x/blur=1.2/format=png",
        "rotate=90/resize=x77/format=png",
        "flop/resize=150x150!/format=png",
        "crop=99x77+13+11/resize=50x/format=png",
        "resize=400x/sharpen=1/format=png",
    };
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++) {
        struct pm_image apart = result_of(&lent, recipes[i], &jpeg),
                        merged = result_of(&lent, recipes[i], &png);
        cr_expect_leq(difference(&apart, &merged), 6, "%s: %d", recipes[i], difference(&apart, &merged));
    }
    buffer_free(&png);
    buffer_free(&jpeg);
    lent_free(&lent);
}

/* Orientation by the tag and by a filter are equal; for each of the eight, all results are the same. */
Test(transform, every_orientation_comes_out_upright)
{
    static const char *const undo[] = {
        [1] = "",
        [2] = "flop/",
        [3] = "rotate=180/",
        [4] = "flip/",
        [5] = "rotate=90/flop/",
        [6] = "rotate=90/",
        [7] = "rotate=270/flop/",
        [8] = "rotate=270/",
    };
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture(&lent, rgb);
    struct buffer plain = encoded(&lent, "png", &image);
    for (unsigned orientation = 1; orientation <= 8; orientation++) {
        image.orientation = orientation;
        struct buffer tagged = encoded(&lent, "png", &image);
        char text[64];
        snprintf(text, sizeof text, "%sresize=64x64", undo[orientation]);
        struct pm_image by_tag = result_of(&lent, "resize=64x64", &tagged),
                        by_hand = result_of(&lent, text, &plain);
        cr_expect_eq(by_tag.orientation, 1);
        cr_expect_eq(difference(&by_tag, &by_hand), 0, "orientation %u", orientation);
        struct pm_image left = result_of(&lent, "no-autorotate", &tagged);
        cr_expect_eq(left.orientation, orientation);
        cr_expect_eq(left.width, rgb.width);
        buffer_free(&tagged);
    }
    buffer_free(&plain);
    lent_free(&lent);
}

Test(transform, a_turned_jpeg_is_resized_as_seen)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture(&lent, rgb);
    image.orientation = 6;
    struct buffer file = encoded(&lent, "jpeg", &image);
    struct pm_image result = result_of(&lent, "resize=50x", &file);
    cr_assert_eq(result.width, 50);
    cr_assert_eq(result.height,
                 100); /* 203 * 50 / 101 = 100.5, and the tie's binary value rounds as ImageMagick's */
    cr_assert_eq(result.orientation, 1);
    buffer_free(&file);
    lent_free(&lent);
}

Test(transform, transparent_colour_does_not_bleed)
{
    struct lent lent;
    lent_init(&lent);
    struct shape shape = {.width = 64, .height = 8, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8)};
    struct pm_image image = picture(&lent, shape);
    /* Left half: opaque red. Right half: transparent green, which must never become visible. */
    for (uint32_t y = 0; y < shape.height; y++) {
        for (uint32_t x = 0; x < shape.width; x++)
            memcpy(plane_row(&image.plane[0], y) + 4 * x, x < 32 ? "\xff\x00\x00\xff" : "\x00\xff\x00\x00",
                   4);
    }
    struct buffer file = encoded(&lent, "png", &image);
    static const char *const recipes[] = {"resize=13x", "blur=3", "sharpen=2"};
    for (size_t i = 0; i < 3; i++) {
        struct pm_image result = result_of(&lent, recipes[i], &file);
        cr_assert(result.format.alpha);
        cr_assert_eq(result.format.depth, 8);
        for (uint32_t x = 0; x < result.width; x++)
            cr_expect_eq(plane_row(&result.plane[0], 0)[4 * x + 1], 0, "%s: green at %u", recipes[i], x);
    }
    buffer_free(&file);
    lent_free(&lent);
}

Test(transform, sixteen_bits_stay_sixteen)
{
    struct lent lent;
    lent_init(&lent);
    struct shape shape = rgb;
    shape.format.depth = 16;
    struct buffer file = made(&lent, "png", shape);
    static const char *const recipes[] = {"resize=50x", "blur=2", "sharpen=1", "crop=10x10+1+1",
                                          "rotate=90",  "gray",   "flip"};
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++)
        cr_expect_eq(result_of(&lent, recipes[i], &file).format.depth, 16, "%s", recipes[i]);
    cr_expect_eq(result_of(&lent, "format=jpeg", &file).format.depth, 8);
    buffer_free(&file);
    lent_free(&lent);
}

Test(transform, alpha_is_laid_over_the_background_for_jpeg)
{
    struct lent lent;
    lent_init(&lent);
    struct shape shape = {.width = 32, .height = 32, .format = PIXELS(PM_COLOR_GRAY, PM_ALPHA_STRAIGHT, 8)};
    struct pm_image image = picture(&lent, shape);
    for (uint32_t y = 0; y < shape.height; y++)
        memset(plane_row(&image.plane[0], y), 0, 2 * shape.width);
    struct buffer file = encoded(&lent, "png", &image);
    struct pm_image white = result_of(&lent, "format=jpeg", &file),
                    grey = result_of(&lent, "format=jpeg/background=404040", &file),
                    blue = result_of(&lent, "format=jpeg/background=404080/quality=95", &file);
    cr_expect_eq(plane_row(&white.plane[0], 9)[9], 255);
    cr_expect_eq(plane_row(&grey.plane[0], 9)[9], 0x40);
    cr_expect_eq(grey.format.color, PM_COLOR_GRAY);
    cr_assert_eq(blue.format.color, PM_COLOR_RGB);
    cr_expect_leq(abs(plane_row(&blue.plane[0], 9)[3 * 9 + 2] - 0x80), 2);
    buffer_free(&file);
    lent_free(&lent);
}

/* The header of a profile with a colour space; the rest is never read. */
static struct pm_blob profile(const char *space)
{
    static uint8_t bytes[200];
    memset(bytes, 0, sizeof bytes);
    bytes[3] = sizeof bytes;
    memcpy(bytes + 12, "mntr", 4);
    memcpy(bytes + 16, space, 4);
    memcpy(bytes + 20, "XYZ ", 4);
    memcpy(bytes + 36, "acsp", 4);
    return (struct pm_blob){bytes, sizeof bytes};
}

Test(transform, profile_is_kept_while_it_matches)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture(&lent, rgb);
    image.meta.icc = profile("RGB ");
    struct buffer file = encoded(&lent, "jpeg", &image);
    struct pm_image kept = result_of(&lent, "resize=64x", &file), dropped = result_of(&lent, "gray", &file);
    cr_assert_eq(kept.meta.icc.size, image.meta.icc.size);
    cr_assert_eq(memcmp(kept.meta.icc.data, image.meta.icc.data, kept.meta.icc.size), 0);
    cr_assert_gt(dropped.meta.icc.size, 0);
    cr_assert_eq(memcmp(dropped.meta.icc.data + 16, "GRAY", 4), 0);
    cr_assert_eq(dropped.format.color, PM_COLOR_GRAY);
    buffer_free(&file);
    lent_free(&lent);
}

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
    struct pm_image image = picture(&lent, rgb);
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
        struct pm_image image = picture(&lent, rgb);
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

/* A step that reads rows as they are decoded finds the damage; the error belongs to the decoder. */
Test(transform, damage_found_while_resizing_is_an_error_of_decoding)
{
    struct lent lent;
    lent_init(&lent);
    struct buffer file =
        made(&lent, "png",
             (struct shape){.width = 300, .height = 200, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8)});
    struct pm_recipe *recipe = pm_recipe_parse("resize=50x", &lent.error);
    /* The zlib stream's checksum is at the end, before the chunk's own CRC and IEND. */
    uint8_t *sum = file.data + file.size - 12 - 4;
    const uint8_t *chunk = memmem(file.data, file.size, "IDAT", 4);
    cr_assert_not_null(chunk);
    uint8_t *deflated = file.data + (chunk + 4 - file.data) + 2;
    *deflated |= 6; /* an invalid block type */
    uint32_t crc = libdeflate_crc32(0, chunk, (size_t)(sum - chunk));
    for (int i = 0; i < 4; i++)
        sum[i] = (uint8_t)(crc >> (24 - 8 * i));
    struct buffer out = {0};
    struct transform_result result;
    cr_expect_eq(transform(recipe, NULL, file.data, file.size, NULL, &lent.context, &out, &result), -1);
    cr_expect_eq(lent.error.stage, PM_STAGE_DECODE);
    cr_expect_eq(lent.error.kind, PM_ERROR_CORRUPT, "%s", lent.error.message);
    buffer_free(&out);
    buffer_free(&file);
    pm_recipe_free(recipe);
    lent_free(&lent);
}

static void hear(void *user, const char *message)
{
    snprintf(user, 256, "%s", message);
}

/* Through the public function: the file is truncated, and missing rows are grey. */
Test(transform, a_listener_hears_the_warnings)
{
    struct lent lent;
    lent_init(&lent);
    struct buffer file =
        made(&lent, "png",
             (struct shape){.width = 300, .height = 200, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8)});
    struct pm_recipe *recipe = pm_recipe_parse("allow-truncated/flip", &lent.error);
    char heard[256] = "";
    const struct pm_listener listener = {.warning = hear, .user = heard}, deaf = {.user = heard};
    uint8_t *whole, *cut, *silent, *unheard;
    size_t whole_size, cut_size, silent_size, unheard_size;
    cr_assert_eq(pm_transform_with(recipe, file.data, file.size, NULL, NULL, &listener, &whole, &whole_size,
                                   &lent.error),
                 0);
    cr_expect_str_eq(heard, "");
    cr_assert_eq(pm_transform_with(recipe, file.data, file.size / 2, NULL, NULL, &listener, &cut, &cut_size,
                                   &lent.error),
                 0);
    cr_expect_neq(heard[0], '\0');
    cr_assert_eq(pm_transform_with(recipe, file.data, file.size / 2, NULL, NULL, &deaf, &silent, &silent_size,
                                   &lent.error),
                 0);
    cr_assert_eq(
        pm_transform(recipe, file.data, file.size / 2, NULL, NULL, &unheard, &unheard_size, &lent.error), 0);
    cr_expect_eq(cut_size, silent_size);
    cr_expect_eq(cut_size, unheard_size);
    cr_expect_arr_eq(cut, unheard, cut_size);
    free(whole);
    free(cut);
    free(silent);
    free(unheard);
    buffer_free(&file);
    pm_recipe_free(recipe);
    lent_free(&lent);
}
