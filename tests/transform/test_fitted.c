/* Alpha and grey in the result's format: kept, or composited over a background. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "codec/codec.h"
#include "filter/filter.h"
#include "pictures.h"
#include "pixmill/transform.h"
#include "transform/transform.h"
#include "transform/transformed.h"

enum { WIDTH = 37, HEIGHT = 29 };

/* A picture whose alpha is opaque everywhere. */
static struct pm_image opaque_picture(struct lent *lent, enum pm_color color, unsigned depth)
{
    struct pm_image image = picture(lent, WIDTH, HEIGHT, color, true, depth);
    const size_t pixel = image.plane[0].channels * (depth / 8), alpha = depth / 8;
    for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
        memset(plane_row(&image.plane[0], i / WIDTH) + (i % WIDTH + 1) * pixel - alpha, 255, alpha);
    return image;
}

/* A step for each filter; two for filters that have several code paths. */
static const char *const steps[] = {"resize=12x",
                                    "resize=90x",
                                    "resize=37x29,kernel=nearest",
                                    "blur=2",
                                    "blur=40",
                                    "sharpen=1",
                                    "crop=9x8+2+1",
                                    "rotate=90",
                                    "rotate=20,color=808080",
                                    "flip",
                                    "flop",
                                    "pad=50x40,color=808080",
                                    "trim",
                                    "watermark=logo.png,opacity=0.5",
                                    "gray",
                                    "brightness=1.2",
                                    "contrast=0.9",
                                    "saturation=1.5",
                                    "hue=90",
                                    "gamma=1.4",
                                    "normalize",
                                    "negate",
                                    "pixelate=4",
                                    "median=3",
                                    "median=7",
                                    "blur=3,region=9x9+2+2",
                                    "crop=9x8,gravity=smart",
                                    "tint=teal",
                                    "threshold=90",
                                    "blur=1/resize=20x/sharpen=2"};

Test(fitted, the_steps_of_these_tests_are_all_filters)
{
    for (const struct filter *const *filter = filters; *filter != NULL; filter++) {
        unsigned uses = 0;
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
            uses += strncmp(steps[i], (*filter)->name, strlen((*filter)->name)) == 0;
        cr_expect_gt(uses, 0, "%s", (*filter)->name);
    }
}

/* Filters may compute without alpha, however they get their rows; the result has it all the same, also with a
 * palette. */
Test(fitted, opaque_alpha_is_kept_by_every_filter)
{
    for (unsigned kind = 0; kind < 4; kind++) {
        const unsigned depth = kind & 1 ? 16 : 8;
        for (size_t i = 0; i <= sizeof steps / sizeof *steps; i++) {
            const char *step = i > 0 ? steps[i - 1] : "";
            struct lent lent;
            lent_init(&lent);
            struct pm_image image = opaque_picture(&lent, kind & 2 ? PM_COLOR_RGB : PM_COLOR_GRAY, depth);
            struct buffer file = encoded(&lent, "png", &image);
            struct pm_image png = result_of(&lent, step, &file);
            cr_expect(png.format.alpha && png.format.depth == depth, "%s", step);
            for (uint32_t y = 0; png.format.alpha && y < png.height; y++) {
                for (uint32_t x = 0; x < png.width; x++)
                    cr_assert_eq(sample_at(&png.plane[0], depth, x, y, png.plane[0].channels - 1),
                                 depth == 8 ? 255 : 65535, "%s", step);
            }
            char text[80];
            snprintf(text, sizeof text, "%s%sformat=jpeg", step, *step != '\0' ? "/" : "");
            struct pm_image jpeg = result_of(&lent, text, &file);
            cr_expect(!jpeg.format.alpha &&
                          (jpeg.format.color == PM_COLOR_GRAY) == (png.format.color == PM_COLOR_GRAY),
                      "%s", step);
            buffer_free(&file);
            lent_free(&lent);
        }
    }
}

/* A band of grey, half of it transparent, over red. */
static struct buffer grey_file(struct lent *lent, unsigned depth)
{
    struct pm_image image = picture(lent, WIDTH, HEIGHT, PM_COLOR_GRAY, true, depth);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        uint8_t *row = plane_row(&image.plane[0], y);
        for (uint32_t x = 0; x < WIDTH; x++) {
            memset(row + x * 2 * (depth / 8), 100, depth / 8);
            memset(row + (x * 2 + 1) * (depth / 8), x < WIDTH / 2 ? 0 : 255, depth / 8);
        }
    }
    return encoded(lent, "png", &image);
}

Test(fitted, a_coloured_background_under_grey_is_that_colour)
{
    static const char *const recipes[] = {"", "blur=0.3/", "crop=30x20+1+1/", "gray/", "flip/sharpen=0.5/"};
    for (unsigned i = 0; i < 2 * sizeof recipes / sizeof *recipes; i++) {
        struct lent lent;
        char text[80];
        lent_init(&lent);
        snprintf(text, sizeof text, "%sformat=jpeg/quality=100/background=ff0000", recipes[i / 2]);
        struct buffer file = grey_file(&lent, i & 1 ? 16 : 8);
        struct pm_image image = result_of(&lent, text, &file);
        cr_assert_eq(image.format.color, PM_COLOR_RGB, "%s", text);
        static const uint8_t expected[2][3] = {{255, 0, 0}, {100, 100, 100}};
        for (unsigned side = 0; side < 2; side++) {
            const uint8_t *pixel = plane_row(&image.plane[0], 9) + 3 * (side == 0 ? 4 : 25);
            for (unsigned c = 0; c < 3; c++)
                cr_expect(pixel[c] + 4 >= expected[side][c] && pixel[c] <= expected[side][c] + 4,
                          "%s: channel %u on side %u is %u", text, c, side, pixel[c]);
        }
        buffer_free(&file);
        lent_free(&lent);
    }
}

/* Whether the result has colour is known before its pixels are computed. */
Test(fitted, a_forecast_knows_the_format_and_the_background)
{
    static const struct {
        const char *recipe;
        enum pm_color color;
        bool alpha;
    } cases[] = {
        {"", PM_COLOR_GRAY, true},
        {"background=ff0000", PM_COLOR_GRAY, true}, /* PNG: no background is needed */
        {"format=jpeg", PM_COLOR_GRAY, false},
        {"format=jpeg/background=808080", PM_COLOR_GRAY, false},
        {"format=jpeg/background=808081", PM_COLOR_RGB, false},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        struct lent lent;
        lent_init(&lent);
        struct pm_info info;
        struct plan forecast;
        struct pm_image image = opaque_picture(&lent, PM_COLOR_GRAY, i & 1 ? 16 : 8);
        struct buffer file = encoded(&lent, "png", &image);
        struct pm_recipe *recipe = pm_recipe_parse(cases[i / 2].recipe, &lent.error);
        cr_assert_eq(pm_probe(file.data, file.size, &info, &lent.error), 0);
        cr_assert_eq(plan_make(recipe, codec_of_suffix(info.format), &info, 0, &forecast, &lent.error), 0);
        cr_expect_eq(forecast.result.format.color, cases[i / 2].color, "%s", cases[i / 2].recipe);
        cr_expect_eq(pixels_have_alpha(&forecast.result.format), cases[i / 2].alpha, "%s",
                     cases[i / 2].recipe);
        struct pm_image result = result_of(&lent, cases[i / 2].recipe, &file);
        cr_expect_eq(result.format.color, forecast.result.format.color, "%s", cases[i / 2].recipe);
        cr_expect_eq(result.format.alpha, forecast.result.format.alpha, "%s", cases[i / 2].recipe);
        cr_expect_eq(result.format.depth, forecast.result.format.depth, "%s", cases[i / 2].recipe);
        pm_recipe_free(recipe);
        buffer_free(&file);
        lent_free(&lent);
    }
}

static const struct pm_pixel_format *accepts_rgb(const void *options)
{
    static const struct pm_pixel_format accepts[] = {PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8), {.depth = 0}};
    (void)options;
    return accepts;
}

/* An encoder that accepts only opaque 8-bit RGB gets that from every picture, after any steps, and as
 * planned. */
Test(fitted, an_encoder_of_rgb_alone_gets_it_of_every_picture)
{
    struct codec rgb_alone = *codec_of_suffix("png");
    rgb_alone.accepts = accepts_rgb;
    for (unsigned kind = 0; kind < 8; kind++) {
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            struct lent lent;
            lent_init(&lent);
            struct pm_image image = picture(&lent, WIDTH, HEIGHT, kind & 2 ? PM_COLOR_RGB : PM_COLOR_GRAY,
                                            kind & 4, kind & 1 ? 16 : 8);
            struct buffer file = encoded(&lent, "png", &image), out = {0};
            struct pm_recipe *recipe = pm_recipe_parse(steps[i], &lent.error);
            struct transform_result result;
            struct plan plan;
            cr_assert_not_null(recipe);
            give_logo(recipe);
            recipe->format = &rgb_alone;
            cr_assert_eq(plan_make_for(recipe, file.data, file.size, 0, &plan, &lent.error), 0);
            cr_assert(pixels_equal(&plan.result.format, accepts_rgb(NULL)), "%s", steps[i]);
            cr_assert_eq(transform(recipe, &plan, file.data, file.size, NULL, &lent.context, &out, &result),
                         0, "%s: %s", steps[i], lent.error.message);
            const struct pm_image got = decoded(&lent, &out);
            cr_assert(pixels_equal(&got.format, accepts_rgb(NULL)), "%s", steps[i]);
            pm_recipe_free(recipe);
            buffer_free(&file);
            buffer_free(&out);
            lent_free(&lent);
        }
    }
}
