#include <criterion/criterion.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "transform/plan.h"

/* The canonical text of `text`, or "error: " and the error message. */
static const char *canonical(const char *text)
{
    static char out[RECIPE_TEXT_MAX];
    struct pm_error error = {0};
    struct pm_recipe *recipe = pm_recipe_parse(text, &error);
    if (recipe == NULL) {
        snprintf(out, sizeof out, "error: %s", error.message);
        return out;
    }
    cr_assert_geq(pm_recipe_text(recipe, out, sizeof out), 0);
    pm_recipe_free(recipe);
    return out;
}

Test(recipe, steps_keep_their_order_and_settings_follow)
{
    cr_assert_str_eq(canonical("format=jpg"), "format=jpeg");
    cr_assert_str_eq(canonical("format=jpeg/blur=2/quality=75/resize=800x600"),
                     "blur=2/resize=800x600/format=jpeg/quality=75");
    cr_assert_str_eq(canonical("keep=all/decrypt/flip/background=#123/gray/encrypt"),
                     "decrypt/flip/gray/encrypt/background=112233/keep=all");
}

Test(recipe, empty_text_is_the_recipe_that_re_encodes)
{
    cr_assert_str_eq(canonical(""), "");
}

Test(recipe, defaults_are_left_out_of_the_canonical_text)
{
    cr_assert_str_eq(canonical("background=#FFFFFF/subsampling=auto/format=same/frames=all/jpeg=fast"), "");
    cr_assert_str_eq(canonical("format=jpeg/quality=80"), "format=jpeg");
    cr_assert_str_eq(canonical("page=1"), "");
    cr_assert_str_eq(canonical("page=12"), "page=12");
    cr_assert_str_eq(canonical("format=avif/quality=60/effort=4"), "format=avif");
}

/* The canonical text also omits options that the result's format does not have. */
Test(recipe, options_that_the_format_lacks_are_left_out_of_the_canonical_text)
{
    cr_assert_str_eq(canonical("quality=75/format=png/subsampling=444"), "format=png");
    cr_assert_str_eq(canonical("quality=75/encrypt"), "encrypt");
    cr_assert_str_eq(canonical("quality=75"), "quality=75");
}

Test(recipe, options_that_no_format_of_the_results_has_are_found)
{
    const uint32_t jpeg = 1u << codec_index(codec_of_suffix("jpeg")),
                   png = 1u << codec_index(codec_of_suffix("png"));
    struct pm_recipe recipe;
    struct pm_error error = {0};
    size_t at = 0;
    recipe_init(&recipe);
    cr_assert_null(recipe_next_unused(&recipe, png, &at));
    cr_assert_eq(recipe_add(&recipe, "quality", "80", &error), 0);
    cr_assert_eq(recipe_add(&recipe, "subsampling", "auto", &error), 0);
    at = 0;
    cr_assert_null(recipe_next_unused(&recipe, jpeg | png, &at));
    at = 0;
    cr_assert_str_eq(recipe_next_unused(&recipe, png, &at), "quality");
    cr_assert_str_eq(recipe_next_unused(&recipe, png, &at), "subsampling");
    cr_assert_null(recipe_next_unused(&recipe, png, &at));
}

Test(recipe, who_decodes_jpeg_is_a_word_of_the_recipe_and_of_its_plan)
{
    struct pm_error error = {0};
    struct plan plan;
    struct pm_info info = codec_blank_info("jpeg");
    info.width = info.height = 9;
    info.depth = 8;
    info.pixels = (struct pm_pixel_format)PIXELS_YCC(2, 2);
    cr_assert_str_eq(canonical("jpeg=libjpeg"), "jpeg=libjpeg");
    cr_assert_str_eq(canonical("jpeg=turbo"), "error: jpeg 'turbo' is unknown (fast or libjpeg)");
    for (int libjpeg = 0; libjpeg < 2; libjpeg++) {
        struct pm_recipe *recipe = pm_recipe_parse(libjpeg ? "gray/jpeg=libjpeg" : "gray", &error);
        cr_assert_not_null(recipe);
        cr_assert_eq(plan_make(recipe, codec_of_suffix("jpeg"), &info, 0, &plan, &error), 0, "%s",
                     error.message);
        cr_expect_eq(plan.request.libjpeg, libjpeg);
        pm_recipe_free(recipe);
    }
}

Test(recipe, a_colour_may_be_of_three_digits_or_a_name)
{
    cr_assert_str_eq(canonical("background=#2a8"), "background=22aa88");
    cr_assert_str_eq(canonical("background=red"), "background=ff0000");
}

Test(recipe, every_filter_has_a_help_line_and_a_round_trip)
{
    for (const struct filter *const *filter = filters; *filter != NULL; filter++) {
        char text[160];
        cr_assert_not_null((*filter)->help, "%s", (*filter)->name);
        snprintf(text, sizeof text, "%s%s%s", (*filter)->name, (*filter)->example != NULL ? "=" : "",
                 (*filter)->example != NULL ? (*filter)->example : "");
        cr_assert_eq((*filter)->example == NULL, (*filter)->argument == NULL, "%s", (*filter)->name);
        cr_assert_str_eq(canonical(text), text);
    }
}

/* A machine may have only the first of these locales; the others write numbers with a comma. */
Test(recipe, numbers_have_a_point_whatever_the_programs_locale)
{
    static const char *const locales[] = {"C", "de_DE.utf8", "fr_FR.utf8", "ru_RU.utf8"};
    for (size_t i = 0; i < sizeof locales / sizeof *locales; i++) {
        if (setlocale(LC_ALL, locales[i]) == NULL)
            continue;
        cr_expect_str_eq(canonical("blur=1.50"), "blur=1.5", "%s", locales[i]);
        cr_expect_str_eq(canonical("resize=33.3%x12.5%/sharpen=0.75,amount=1.25"),
                         "resize=33.3%x12.5%/sharpen=0.75,amount=1.25", "%s", locales[i]);
        cr_expect(strncmp(canonical("blur=1,5"), "error: ", 7) == 0, "%s", locales[i]);
    }
}

Test(recipe, every_setting_has_a_help_line_and_a_round_trip)
{
    struct recipe_setting setting;
    for (size_t i = 0; recipe_setting_at(i, &setting); i++) {
        char text[160];
        cr_assert_not_null(setting.help, "%s", setting.name);
        snprintf(text, sizeof text, "%s%s%s", setting.name, setting.example != NULL ? "=" : "",
                 setting.example != NULL ? setting.example : "");
        cr_assert_str_eq(canonical(text), text);
    }
}

Test(recipe, mistakes_are_named)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"resise=3x3", "error: unknown step 'resise'"},
        {"resize", "error: resize needs an argument"},
        {"resize=", "error: resize needs an argument"},
        {"trim=", "error: trim needs a value after = (trim alone, or trim=TOLERANCE)"},
        {"flip=1", "error: flip takes no argument"},
        {"quality", "error: quality needs an argument"},
        {"quality=0", "error: quality '0' is out of range (1 to 100)"},
        {"quality=101", "error: quality '101' is out of range (1 to 100)"},
        {"quality=80%", "error: quality '80%' is not a whole number (1 to 100)"},
        {"no-autorotate=1", "error: no-autorotate takes no argument"},
        {"format=tga", "error: format 'tga' is unknown"},
        {"background=reddish", "error: background 'reddish' is not a colour"},
        {"background=transparent", "error: background 'transparent' is not opaque"},
        {"background=#12345678", "error: background '#12345678' is not opaque"},
        {"background=#12345g", "error: background '#12345g' is not a colour"},
        {"keep=exif,dates", "error: keep 'exif,dates' is unknown"},
        {"keep=exif,", "error: keep 'exif,' is unknown"},
        {"subsampling=411", "error: subsampling '411' is unknown"},
        {"frames=0", "error: frames '0' is unknown (all, first, or a number from 1 to 1000000)"},
        {"page=0", "error: page '0' is unknown (a number from 1 to 1000000)"},
        {"page=2x", "error: page '2x' is unknown"},
        {"frames=2-3", "error: frames '2-3' is unknown"},
        {"frames=", "error: frames '' is unknown"},
        {"near-lossless=100", "error: near-lossless '100' is out of range (0 to 99)"},
        {"format=jpeg/lossless", "error: lossless is not an option of jpeg (only of: avif, jxl, webp)"},
        {"lossless/encrypt", "error: lossless is not an option of png (only of: avif, jxl, webp)"},
        {"encrypt/resize=3x3", "error: encrypt must be the last step"},
        {"resize=3x3/decrypt", "error: decrypt must be the first step"},
        {"decrypt/decrypt", "error: decrypt must be the first step"},
        {"encrypt/encrypt", "error: encrypt must be the last step"},
        {"encrypt/decrypt", "error: encrypt must be the last step"},
        {"flip/decrypt/encrypt/flop", "error: decrypt must be the first step"},
        {"encrypt=1", "error: encrypt takes no argument"},
        {"encrypt/format=jpeg", "error: encrypt writes PNG, not jpeg"},
        {"flip//flop", "error: unknown step ''"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = canonical(cases[i].text);
        cr_expect_eq(strncmp(got, cases[i].message, strlen(cases[i].message)), 0, "%s: %s", cases[i].text,
                     got);
    }
}

Test(recipe, too_many_steps_are_refused)
{
    char text[(RECIPE_STEPS_MAX + 1) * 5 + 1] = "";
    for (int i = 0; i < RECIPE_STEPS_MAX + 1; i++)
        strcat(text, i == 0 ? "flip" : "/flip");
    cr_assert_str_eq(canonical(text), "error: too many steps (at most 32)");
}

Test(recipe, a_text_that_does_not_fit_is_refused)
{
    struct pm_error error = {0};
    struct pm_recipe *recipe = pm_recipe_parse("flip/flop", &error);
    char text[9];
    cr_assert_eq(pm_recipe_text(recipe, text, 0), -1);
    cr_assert_eq(pm_recipe_text(recipe, text, sizeof text), -1);
    char enough[10];
    cr_assert_eq(pm_recipe_text(recipe, enough, sizeof enough), 9);
    pm_recipe_free(recipe);
}
