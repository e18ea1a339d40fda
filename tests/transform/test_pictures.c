/* Recipes that name additional pictures: their text, and pictures that are present or missing. */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>

#include "color/target.h"
#include "filter/reference.h"
#include "pictures.h"
#include "pixmill/transform.h"
#include "transform/pictures.h"
#include "transform/recipe.h"
#include "transform/transformed.h"

static void expect_text(const char *text, const char *canonical, const char *name)
{
    char printed[RECIPE_TEXT_MAX];
    struct pm_error error = {0};
    struct pm_recipe *recipe = pm_recipe_parse(text, &error);
    cr_assert_not_null(recipe, "%s: %s", text, error.message);
    cr_expect_geq(pm_recipe_text(recipe, printed, sizeof printed), 0);
    cr_expect_str_eq(printed, canonical);
    cr_expect_str_eq(recipe_picture_name(recipe, 0), name);
    pm_recipe_free(recipe);
}

Test(pictures, names_are_in_the_recipe)
{
    expect_text("watermark=logo.png", "watermark=logo.png", "logo.png");
    expect_text("watermark=a%2fb%2Cc%25.png,scale=10/flip", "watermark=a%2Fb%2Cc%25.png,scale=10/flip",
                "a/b,c%.png");
    expect_text("watermark=50%.png,opacity=1", "watermark=50%25.png", "50%.png");
    expect_text("watermark=%252F.png", "watermark=%252F.png", "%2F.png");
    struct pm_error error = {0};
    struct pm_recipe recipe;
    recipe_init(&recipe);
    cr_expect_eq(recipe_add(&recipe, "watermark", "/home/me/logo.png,tile", &error), 0);
    cr_expect_eq(recipe_add(&recipe, "watermark", ",tile", &error), -1);
    cr_expect_not_null(strstr(error.message, "needs a file"), "%s", error.message);
    cr_expect_str_eq(recipe_picture_name(&recipe, 0), "/home/me/logo.png");
    char text[RECIPE_TEXT_MAX], name[RECIPE_NAMES_MAX + 8] = {0};
    pm_recipe_text(&recipe, text, sizeof text);
    cr_expect_str_eq(text, "watermark=%2Fhome%2Fme%2Flogo.png,tile");
    memset(name, 'x', RECIPE_NAMES_MAX);
    error = (struct pm_error){0};
    cr_expect_eq(recipe_add(&recipe, "watermark", name, &error), -1);
    cr_expect_eq(error.kind, PM_ERROR_LIMIT);
    cr_expect_eq(recipe.nsteps, 1u);
}

Test(pictures, one_that_was_not_given_is_an_error_before_decoding)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_error error;
    struct pm_image image = picture(&lent, 20, 10, PM_COLOR_RGB, false, 8);
    struct buffer file = encoded(&lent, "png", &image);
    struct buffer out = transformed("watermark=other.png", &file, &error);
    cr_expect_eq(out.size, 0u);
    cr_expect_eq(error.kind, PM_ERROR_USAGE);
    cr_expect_not_null(strstr(error.message, "'other.png' of watermark was not given"), "%s", error.message);
    image = result_of(&lent, "watermark=logo.png", &file);
    cr_expect(image.width == 20 && image.format.color == PM_COLOR_RGB);
    buffer_free(&file);
    lent_free(&lent);
}

/* Any kind of picture becomes grey or RGB, with or without straight alpha. */
Test(pictures, are_decoded_once_and_replaced_by_name)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image cmyk = picture(&lent, 9, 7, PM_COLOR_CMYK, false, 8);
    struct pm_image gray = picture(&lent, 5, 3, PM_COLOR_GRAY, true, 16);
    struct buffer jpeg = encoded(&lent, "jpeg", &cmyk), png = encoded(&lent, "png", &gray);
    struct pictures *pictures = pictures_new();
    cr_expect_null(pictures_find(NULL, "a"));
    cr_assert_eq(pictures_add(pictures, "a", jpeg.data, jpeg.size, 0, &lent.error), 0, "%s",
                 lent.error.message);
    const struct filter_picture *a = pictures_find(pictures, "a");
    uint8_t digest[FILTER_DIGEST_BYTES];
    memcpy(digest, a->digest, sizeof digest);
    cr_expect(a->image->format.color == PM_COLOR_RGB && a->image->width == 9 && a->image->height == 7);
    cr_assert_eq(pictures_add(pictures, "a", png.data, png.size, 0, &lent.error), 0);
    a = pictures_find(pictures, "a");
    cr_expect(a->image->format.color == PM_COLOR_GRAY && a->image->format.alpha == PM_ALPHA_STRAIGHT &&
              a->image->format.depth == 16 && a->image->width == 5);
    cr_expect_neq(memcmp(digest, a->digest, sizeof digest), 0);
    cr_expect_eq(pictures_add(pictures, "b", png.data, png.size / 2, 0, &lent.error), -1);
    lent.error = (struct pm_error){0};
    cr_expect_eq(pictures_add(pictures, "b", png.data, png.size, 14, &lent.error), -1);
    cr_expect_eq(lent.error.kind, PM_ERROR_LIMIT);
    cr_expect_null(pictures_find(pictures, "b"));
    pictures_free(pictures);
    buffer_free(&jpeg);
    buffer_free(&png);
    lent_free(&lent);
}

/* Whatever its colours, a second picture is that of the file converted to sRGB. */
Test(pictures, become_srgb)
{
    static uint8_t profile[MATRIX_PROFILE_MAX];
    const struct {
        enum pm_color color;
        bool alpha;
        unsigned depth;
        struct pm_metadata meta;
        const char *format;
    } cases[] = {
        {PM_COLOR_RGB, false, 8, {.has_cicp = true, .cicp = {12, 13, 0, 1}}, "png"},
        {PM_COLOR_RGB, true, 16, {.icc = {profile, color_target_profile(COLOR_P3, false, profile)}}, "png"},
        {PM_COLOR_GRAY, true, 8, {.has_gamma = true, .gamma = 1}, "png"},
        {PM_COLOR_RGB, false, 8, {.icc = {profile, color_target_profile(COLOR_P3, false, profile)}}, "jpeg"},
        {PM_COLOR_RGB, false, 16, {.has_cicp = true, .cicp = {9, 16, 0, 1}}, "png"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lent lent;
        lent_init(&lent);
        struct pm_image image = picture(&lent, 12, 9, cases[i].color, cases[i].alpha, cases[i].depth);
        image.meta = cases[i].meta;
        struct buffer file = encoded(&lent, cases[i].format, &image);
        struct pictures *pictures = pictures_new();
        cr_assert_eq(pictures_add(pictures, "a", file.data, file.size, 0, &lent.error), 0, "%s",
                     lent.error.message);
        const struct pm_image *mark = pictures_find(pictures, "a")->image,
                              expected = result_of(&lent, "profile=srgb/format=png", &file);
        cr_expect(same_samples(&mark->plane[0], &expected.plane[0], mark->format.depth), "case %zu", i);
        uint64_t bytes;
        cr_expect_eq(pictures_forecast(file.data, file.size, 0, &bytes, &lent.error), 0);
        cr_expect_geq(bytes, (uint64_t)1 << 20, "tables of colours need memory");
        pictures_free(pictures);
        buffer_free(&file);
        lent_free(&lent);
    }
}

/* A malicious picture may have taken over the worker process that decoded it. */
Test(pictures, from_a_worker_are_checked)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture(&lent, 6, 5, PM_COLOR_RGB, true, 8);
    struct buffer png = encoded(&lent, "png", &image), good = {0};
    struct pictures *pictures = pictures_new();
    uint64_t bytes;
    cr_assert_eq(pictures_forecast(png.data, png.size, 0, &bytes, &lent.error), 0);
    cr_expect_geq(bytes, 6u * 5 * 4 * 2);
    cr_assert_eq(pictures_decode(png.data, png.size, &good, &lent.context), 0);
    const size_t head = good.size - 6 * 5 * 4;
    static const struct {
        size_t word;
        uint32_t value;
    } wrong[] = {{0, 0}, {0, 7}, {0, 0x40000006}, {1, 0}, {1, UINT32_MAX}, {2, 2},
                 {2, 0}, {3, 2}, {3, 0},          {4, 0}, {4, 16},         {4, 32}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        uint32_t before;
        memcpy(&before, good.data + 4 * wrong[i].word, 4);
        memcpy(good.data + 4 * wrong[i].word, &wrong[i].value, 4);
        lent.error = (struct pm_error){0};
        cr_expect_eq(pictures_take(pictures, "a", png.data, png.size, &good, &lent.error), -1, "%zu", i);
        cr_expect_eq(lent.error.kind, PM_ERROR_WORKER);
        memcpy(good.data + 4 * wrong[i].word, &before, 4);
    }
    for (size_t size = 0; size < good.size; size += size < head ? 1 : 13) {
        const struct buffer cut = {.data = good.data, .size = size};
        lent.error = (struct pm_error){0};
        cr_expect_eq(pictures_take(pictures, "a", png.data, png.size, &cut, &lent.error), -1, "%zu", size);
    }
    cr_expect_null(pictures_find(pictures, "a"));
    lent.error = (struct pm_error){0};
    cr_expect_eq(pictures_take(pictures, "a", png.data, png.size, &good, &lent.error), 0);
    const struct filter_picture *a = pictures_find(pictures, "a");
    cr_assert_not_null(a);
    uint8_t *samples = a->image->plane[0].data; /* a worker that was taken over can't change it for others */
    cr_expect_eq(mprotect(samples, 4096, PROT_READ | PROT_WRITE), -1);
    cr_expect_eq(pictures_bytes(pictures), a->image->plane[0].stride * 5);
    pictures_free(pictures);
    buffer_free(&good);
    buffer_free(&png);
    lent_free(&lent);
}
