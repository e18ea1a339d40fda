/* target-size: the best quality that fits. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "pictures.h"
#include "transform/target.h"
#include "transform/transformed.h"

static size_t size_at(const char *format, int quality, const struct buffer *file)
{
    char text[64];
    snprintf(text, sizeof text, "format=%s/quality=%d", format, quality);
    struct buffer out = transformed_well(text, file);
    const size_t size = out.size;
    buffer_free(&out);
    return size;
}

/* The result fits, and either uses most of the target or the next quality does not fit. */
static void check_target(const char *format, int highest, size_t target, const struct buffer *file)
{
    char text[96];
    snprintf(text, sizeof text, "format=%s/quality=%d/target-size=%zu", format, highest, target);
    struct buffer out = transformed_well(text, file);
    cr_assert_leq(out.size, target, "%s: %zu bytes", text, out.size);
    if ((double)out.size < 0.9 * (double)target) {
        int quality = highest;
        while (quality > 1 && size_at(format, quality, file) > target)
            quality--;
        cr_expect_eq(out.size, size_at(format, quality, file), "%s: %zu bytes at best, not %zu", text,
                     size_at(format, quality, file), out.size);
    }
    buffer_free(&out);
}

Test(target, the_best_quality_that_fits_is_found)
{
    static const char *const formats[] = {"jpeg", "webp"};
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture(&lent, 160, 120, PM_COLOR_RGB, false, 8);
    struct buffer file = encoded(&lent, "png", &image);
    for (int i = 0; i < 2; i++) {
        const size_t largest = size_at(formats[i], 85, &file), least = size_at(formats[i], 1, &file);
        check_target(formats[i], 85, largest, &file);
        check_target(formats[i], 85, largest + 1, &file);
        check_target(formats[i], 85, largest - 1, &file);
        check_target(formats[i], 85, (largest + least) / 2, &file);
        check_target(formats[i], 85, least + (largest - least) / 5, &file);
        check_target(formats[i], 85, least, &file);
        check_target(formats[i], 95, largest, &file);
    }
    buffer_free(&file);
    lent_free(&lent);
}

Test(target, a_result_that_fits_is_not_changed)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture(&lent, 40, 30, PM_COLOR_RGB, false, 8);
    struct buffer file = encoded(&lent, "png", &image);
    struct buffer plain = transformed_well("format=jpeg", &file);
    struct buffer fitted = transformed_well("format=jpeg/target-size=100K", &file);
    cr_assert(plain.size == fitted.size && memcmp(plain.data, fitted.data, plain.size) == 0);
    buffer_free(&plain);
    buffer_free(&fitted);
    buffer_free(&file);
    lent_free(&lent);
}

Test(target, what_fits_at_no_quality_fails)
{
    struct lent lent;
    struct pm_error error;
    lent_init(&lent);
    struct pm_image image = picture(&lent, 160, 120, PM_COLOR_RGB, false, 8);
    struct buffer file = encoded(&lent, "png", &image);
    struct buffer out = transformed("format=jpeg/target-size=300", &file, &error);
    cr_expect_eq(out.size, 0);
    cr_expect_eq(error.kind, PM_ERROR_LIMIT);
    cr_expect_not_null(strstr(error.message, "even at quality 1"));
    out = transformed("target-size=1K", &file, &error);
    cr_expect_eq(error.kind, PM_ERROR_UNSUPPORTED, "a PNG has no quality: %s", error.message);
    struct pm_error usage = {0};
    cr_expect_null(pm_recipe_parse("format=png/target-size=1K", &usage));
    cr_expect_null(pm_recipe_parse("format=webp/lossless/target-size=1K", &usage));
    cr_expect_null(pm_recipe_parse("format=jpeg/target-size=x", &usage));
    buffer_free(&file);
    lent_free(&lent);
}
