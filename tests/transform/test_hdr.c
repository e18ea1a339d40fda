/* HDR (PQ, HLG) through recipes: kept in full depth where the result's format can, else mapped to SDR. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "color/pipeline.h"
#include "color/target.h"
#include "pictures.h"
#include "pixmill/transform.h"
#include "secrets.h"
#include "transform/transformed.h"

/* A gradient of 16 bits whose low bits matter. */
static struct pm_image gradient(struct lent *lent, enum pm_color color, bool alpha, uint8_t transfer)
{
    const struct shape shape = {
        .width = 64, .height = 48, .format = PIXELS(color, alpha ? PM_ALPHA_STRAIGHT : PM_ALPHA_NONE, 16)};
    struct pm_image image;
    cr_assert_eq(image_alloc(&image, &shape, &lent->context), 0);
    const unsigned channels = image.plane[0].channels;
    for (uint32_t y = 0; y < shape.height; y++) {
        uint16_t *row = (uint16_t *)(void *)plane_row(&image.plane[0], y);
        for (uint32_t i = 0; i < shape.width * channels; i++)
            row[i] = (uint16_t)(10000 + 700 * (i / channels) + 37 * y + 3001 * (i % channels));
    }
    image.meta.has_cicp = true;
    memcpy(image.meta.cicp, (const uint8_t[]){9, transfer, 0, 1}, 4);
    return image;
}

struct told {
    unsigned count;
    char text[512];
};

static void note(void *user, const char *message)
{
    struct told *told = user;
    told->count++;
    snprintf(told->text, sizeof told->text, "%s", message);
}

/* The result of `text`, and what the user was told. */
static struct buffer told_result(const char *text, const struct buffer *file,
                                 const struct pm_secrets *secrets, struct told *told)
{
    struct buffer out = {0};
    struct pm_error error = {0};
    struct pm_recipe *recipe = pm_recipe_parse(text, &error);
    cr_assert_not_null(recipe, "%s: %s", text, error.message);
    *told = (struct told){0};
    const struct pm_listener listener = {.warning = note, .user = told};
    cr_assert_eq(pm_transform_with(recipe, file->data, file->size, NULL, secrets, &listener, &out.data,
                                   &out.size, &error),
                 0, "%s: %s", text, error.message);
    out.capacity = out.size;
    pm_recipe_free(recipe);
    return out;
}

static const uint8_t transfers[] = {CICP_PQ, CICP_HLG};

/* Every filter that moves or averages samples keeps 16 bits and the description, without a word. */
Test(hdr_recipes, filters_keep_depth_and_description)
{
    static const char *const recipes[] = {"resize=32x24",
                                          "resize=32x24,linear",
                                          "resize=100x80!,kernel=mitchell",
                                          "blur=2",
                                          "blur=2,linear",
                                          "sharpen=1",
                                          "crop=20x20+3+4",
                                          "rotate=90",
                                          "flip",
                                          "flop",
                                          "pad=80x60",
                                          "trim",
                                          "gray",
                                          "blur=12"};
    static const char *const formats[] = {"png", "avif"};
    for (int t = 0; t < 2; t++) {
        for (int f = 0; f < 2; f++) {
            struct lent lent;
            lent_init(&lent);
            const struct pm_image image = gradient(&lent, PM_COLOR_RGB, false, transfers[t]);
            struct buffer file = encoded(&lent, "png", &image);
            for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++) {
                char text[96];
                struct told told;
                snprintf(text, sizeof text, "%s/format=%s", recipes[i], formats[f]);
                struct buffer result = told_result(text, &file, NULL, &told);
                const struct pm_image out = decoded(&lent, &result);
                unsigned low = 0;
                for (uint32_t x = 0; x < out.width; x++)
                    low += sample_at(&out.plane[0], 16, x, out.height / 2, 0) % 257 != 0;
                cr_expect(out.format.depth == 16 && low > out.width / 2, "%s: %u bits, %u samples", text,
                          out.format.depth, low);
                cr_expect(out.meta.has_cicp && memcmp(out.meta.cicp, image.meta.cicp, 4) == 0, "%s", text);
                cr_expect_eq(told.count, 0, "%s: %s", text, told.text);
                buffer_free(&result);
            }
            buffer_free(&file);
            lent_free(&lent);
        }
    }
}

/* A PNG of 16 bits becomes an AVIF of 12, and back within half a level of 12 bits; one of 10 stays at 10. */
Test(hdr_recipes, avif_has_the_bits)
{
    static const struct {
        const char *text;
        unsigned depth;
    } cases[] = {{"format=avif/lossless", 12}, {"format=avif/bitdepth=10/lossless", 10}, {"format=avif", 12}};
    struct lent lent;
    lent_init(&lent);
    const struct pm_image image = gradient(&lent, PM_COLOR_RGB, true, CICP_PQ);
    struct buffer file = encoded(&lent, "png", &image);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pm_error error = {0};
        struct pm_info info;
        struct told told;
        struct buffer first = told_result(cases[i].text, &file, NULL, &told),
                      second = told_result("format=avif/lossless", &first, NULL, &told);
        const struct buffer *const files[] = {&first, &second};
        for (int k = 0; k < 2; k++) {
            cr_assert_eq(pm_probe(files[k]->data, files[k]->size, &info, &error), 0);
            cr_expect_eq(info.depth, cases[i].depth, "%s, %d: %u bits", cases[i].text, k, info.depth);
            cr_expect(info.has_cicp && info.cicp[0] == 9 && info.cicp[1] == 16);
        }
        const struct pm_image out = decoded(&lent, &second);
        const int allowed = i < 2 ? (65535 >> cases[i].depth) / 2 + 2 : 4000;
        for (uint32_t x = 0; x < 64; x++)
            for (unsigned c = 0; c < 4; c++)
                cr_assert(abs((int)sample_at(&out.plane[0], 16, x, 20, c) -
                              (int)sample_at(&image.plane[0], 16, x, 20, c)) <= allowed,
                          "%s: %u", cases[i].text, x);
        buffer_free(&first);
        buffer_free(&second);
    }
    buffer_free(&file);
    lent_free(&lent);
}

/* The samples of `image` by the pipeline that test_hdr.c of color checks. */
static void expect_mapped(struct lent *lent, const struct pm_image *image, enum color_target target,
                          const struct pm_image *out, int tolerance, const char *about)
{
    struct color_hdr hdr;
    struct color_space space;
    struct pipeline pipeline;
    const unsigned colors = image->format.color == PM_COLOR_GRAY ? 1 : 3, depth = out->format.depth;
    cr_assert(color_hdr_of(&image->meta, &hdr));
    color_target_space(target, colors == 1, &space);
    const struct color_side from = {.hdr = &hdr, .channels = colors},
                            to = {.space = &space, .channels = colors};
    cr_assert_eq(pipeline_make(&from, &to, INTENT_PERCEPTUAL, false, &lent->job_arena, &pipeline),
                 PIPELINE_MADE);
    for (uint32_t y = 0; y < out->height; y += 5) {
        for (uint32_t x = 0; x < out->width; x++) {
            uint16_t given[3], expected[3];
            for (unsigned c = 0; c < colors; c++)
                given[c] = (uint16_t)sample_at(&image->plane[0], 16, x, y, c);
            pipeline_row(&pipeline, SIMD_BASE, 16, false, given, expected, 1);
            for (unsigned c = 0; c < colors; c++)
                cr_assert(abs((int)sample_at(&out->plane[0], depth, x, y, c) * (depth == 8 ? 257 : 1) -
                              expected[c]) <= tolerance,
                          "%s: %u, %u, channel %u is %u, not %u", about, x, y, c,
                          sample_at(&out->plane[0], depth, x, y, c), expected[c]);
        }
    }
}

Test(hdr_recipes, others_get_sdr)
{
    static const struct {
        const char *text;
        enum color_target target;
        int tolerance;
    } cases[] = {
        {"format=tiff", COLOR_SRGB, 0},
        {"profile=srgb", COLOR_SRGB, 0},
        {"profile=p3", COLOR_P3, 0},
        {"format=webp/lossless", COLOR_SRGB, 129},
        {"format=gif/dither=none", COLOR_SRGB, 0},
        {"format=jpeg/quality=100", COLOR_SRGB, 4 * 257},
        {"format=jpeg/quality=100/profile=none", COLOR_SRGB, 4 * 257},
        {"profile=p3/format=avif/lossless", COLOR_P3, 64},
    };
    for (int t = 0; t < 2; t++) {
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            struct lent lent;
            struct told told;
            lent_init(&lent);
            const struct pm_image image = gradient(&lent, PM_COLOR_RGB, false, transfers[t]);
            struct buffer file = encoded(&lent, "png", &image),
                          result = told_result(cases[i].text, &file, NULL, &told);
            const struct pm_image out = decoded(&lent, &result);
            cr_expect_eq(told.count, 1, "%s", cases[i].text);
            cr_expect_not_null(strstr(told.text, t == 0 ? "(PQ, up to 1000 cd/m2) is tone-mapped"
                                                        : "(HLG, up to 1000 cd/m2) is tone-mapped"),
                               "%s: %s", cases[i].text, told.text);
            cr_expect(!out.meta.has_cicp || out.meta.cicp[1] == 13, "%s", cases[i].text);
            cr_expect_eq(out.meta.icc.data == NULL && !out.meta.has_srgb && !out.meta.has_cicp,
                         strstr(cases[i].text, "profile=none") != NULL, "%s", cases[i].text);
            if (strstr(cases[i].text, "gif") == NULL) /* 256 colours are too few for more than the warning */
                expect_mapped(&lent, &image, cases[i].target, &out, cases[i].tolerance, cases[i].text);
            buffer_free(&file);
            buffer_free(&result);
            lent_free(&lent);
        }
    }
}

Test(hdr_recipes, grey_and_alpha_are_mapped)
{
    for (int gray = 0; gray < 2; gray++) {
        struct lent lent;
        struct told told;
        lent_init(&lent);
        const struct pm_image image = gradient(&lent, gray ? PM_COLOR_GRAY : PM_COLOR_RGB, true, CICP_PQ);
        struct buffer file = encoded(&lent, "png", &image),
                      result = told_result("profile=srgb", &file, NULL, &told);
        const struct pm_image out = decoded(&lent, &result);
        const unsigned alpha = gray ? 1 : 3;
        cr_assert_eq(out.plane[0].channels, alpha + 1);
        for (uint32_t x = 0; x < 64; x++)
            cr_assert_eq(sample_at(&out.plane[0], 16, x, 7, alpha),
                         sample_at(&image.plane[0], 16, x, 7, alpha));
        expect_mapped(&lent, &image, COLOR_SRGB, &out, 0, gray ? "grey" : "RGB");
        buffer_free(&file);
        buffer_free(&result);
        lent_free(&lent);
    }
}

/* What the encrypted file is, only its decryption tells. */
Test(hdr_recipes, an_encrypted_picture_is_restored_or_mapped)
{
    struct lent lent;
    struct told told;
    struct pm_secrets secrets = {.has_encrypt = true,
                                 .has_decrypt = true,
                                 .encrypt = secret_for(1, 7, NULL),
                                 .decrypt = secret_for(1, 7, NULL)};
    lent_init(&lent);
    for (int hdr = 0; hdr < 2; hdr++) {
        struct pm_image image = gradient(&lent, PM_COLOR_RGB, false, CICP_PQ);
        image.meta.cicp[1] = hdr ? CICP_PQ : 1;
        struct buffer file = encoded(&lent, "png", &image),
                      noise = told_result("encrypt", &file, &secrets, &told),
                      png = told_result("decrypt", &noise, &secrets, &told);
        struct pm_image out = decoded(&lent, &png);
        cr_expect_eq(told.count, 0, "%s", told.text);
        cr_assert(out.meta.has_cicp && memcmp(out.meta.cicp, image.meta.cicp, 4) == 0);
        for (uint32_t y = 0; y < 48; y++)
            cr_assert_eq(memcmp(plane_row(&out.plane[0], y), plane_row(&image.plane[0], y), 64 * 6), 0);
        struct buffer tiff = told_result("decrypt/format=tiff", &noise, &secrets, &told);
        out = decoded(&lent, &tiff);
        cr_expect_eq(told.count, hdr, "%s", told.text);
        if (hdr)
            expect_mapped(&lent, &image, COLOR_SRGB, &out, 0, "decrypted");
        else
            for (uint32_t y = 0; y < 48; y++)
                cr_assert_eq(memcmp(plane_row(&out.plane[0], y), plane_row(&image.plane[0], y), 64 * 6), 0);
        buffer_free(&file);
        buffer_free(&noise);
        buffer_free(&png);
        buffer_free(&tiff);
    }
    lent_free(&lent);
}
