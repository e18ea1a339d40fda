/* A plan and its recipe sent to another process, and a file that differs from the planned one. */
#include <criterion/criterion.h>
#include <string.h>

#include "pictures.h"
#include "transform/transform.h"
#include "transform/transformed.h"

static void plan_for(const struct pm_recipe *recipe, const struct buffer *file, struct plan *plan)
{
    struct pm_error error = {0};
    cr_assert_eq(plan_make_for(recipe, file->data, file->size, 0, plan, &error), 0, "%s", error.message);
}

Test(plan_message, says_in_another_process_what_it_said_here)
{
    struct lent lent;
    struct plan plan, again;
    struct plan_message message;
    struct pm_error error = {0};
    lent_init(&lent);
    struct pm_image image = picture(&lent, 70, 50, PM_COLOR_RGB, false, 8);
    struct buffer file = encoded(&lent, "png", &image);
    struct pm_recipe *recipe = pm_recipe_parse("resize=30x/format=jpeg", &error);
    plan_for(recipe, &file, &plan);
    plan_pack(&plan, &message);
    cr_assert_null(message.plan.input, "no pointer leaves this process");
    cr_assert_null(message.plan.format);
    cr_assert_null(message.plan.info.format);
    cr_assert_eq(plan_unpack(&message, &again, &error), 0);
    cr_expect_eq(again.input, codec_of_suffix("png"));
    cr_expect_eq(again.format, codec_of_suffix("jpeg"));
    cr_expect_str_eq(again.info.format, "png");
    cr_expect_eq(again.info.width, 70);
    cr_expect_eq(again.request.window, plan.request.window);
    cr_expect_eq(again.result.width, 30);
    cr_expect_eq(again.work_bytes, plan.work_bytes);
    message.input = UINT8_MAX;
    cr_expect_eq(plan_unpack(&message, &again, &error), -1);
    cr_expect_eq(error.kind, PM_ERROR_INTERNAL);
    pm_recipe_free(recipe);
    buffer_free(&file);
    lent_free(&lent);
}

#if defined(__has_builtin) && __has_builtin(__builtin_clear_padding)
Test(plan_message, holds_nothing_of_what_was_in_its_memory_before)
{
    struct lent lent;
    struct plan plan;
    struct plan_message messages[2];
    struct pm_error error = {0};
    lent_init(&lent);
    struct pm_image image = picture(&lent, 70, 50, PM_COLOR_RGB, false, 8);
    struct buffer file = encoded(&lent, "png", &image);
    struct pm_recipe *recipe = pm_recipe_parse("resize=30x/format=jpeg", &error);
    for (int i = 0; i < 2; i++) {
        memset(&plan, 0x55 * (i + 1), sizeof plan);
        memset(&messages[i], 0x55 * (i + 1), sizeof messages[i]);
        plan_for(recipe, &file, &plan);
        plan_pack(&plan, &messages[i]);
    }
    cr_expect_arr_eq(&messages[0], &messages[1], sizeof messages[0]);
    pm_recipe_free(recipe);
    buffer_free(&file);
    lent_free(&lent);
}
#endif

/* Both texts are equal: every setting is transferred. */
Test(recipe_message, says_in_another_process_what_it_said_here)
{
    static const char *const texts[] = {
        "",
        "decrypt/resize=20x20",
        "resize=30x20,kernel=mitchell/blur=1.5/gray/format=jpeg/quality=60",
        "crop=10x10,gravity=north/rotate=90/flip/encrypt",
        "format=webp/lossless/keep=exif/background=#102030/allow-truncated/no-autorotate",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[RECIPE_TEXT_MAX], again[RECIPE_TEXT_MAX];
        struct recipe_message message;
        struct pm_recipe unpacked;
        struct pm_error error = {0};
        struct pm_recipe *recipe = pm_recipe_parse(texts[i], &error);
        cr_assert_not_null(recipe, "%s", error.message);
        recipe->frame = 2; /* which is not part of the text */
        const size_t size = recipe_pack(recipe, &message);
        cr_assert_leq(size, sizeof message);
        cr_assert_null(message.recipe.format, "no pointer leaves this process");
        for (size_t k = 0; k < RECIPE_STEPS_MAX; k++)
            cr_assert_null(message.recipe.steps[k].filter);
        memset((char *)&message + size, 0x55, sizeof message - size);
        cr_assert_eq(recipe_unpack(&message, size, &unpacked, &error), 0, "%s", error.message);
        cr_assert_geq(pm_recipe_text(recipe, text, sizeof text), 0);
        cr_assert_geq(pm_recipe_text(&unpacked, again, sizeof again), 0);
        cr_expect_str_eq(again, text);
        cr_expect_eq(unpacked.frame, 2);
        cr_expect_eq(recipe_unpack(&message, size - 1, &unpacked, &error), -1);
        pm_recipe_free(recipe);
    }
}

Test(recipe_message, what_no_packing_made_is_refused)
{
    struct recipe_message message;
    struct pm_recipe unpacked;
    struct pm_error error = {0};
    struct pm_recipe *recipe = pm_recipe_parse("resize=30x/format=jpeg", &error);
    const size_t size = recipe_pack(recipe, &message);
    const struct recipe_message whole = message;
    message.recipe.nsteps = RECIPE_STEPS_MAX + 1;
    cr_expect_eq(recipe_unpack(&message, sizeof message, &unpacked, &error), -1);
    cr_expect_eq(error.kind, PM_ERROR_INTERNAL);
    message = whole;
    message.filters[0] = UINT8_MAX;
    cr_expect_eq(recipe_unpack(&message, size, &unpacked, &error), -1, "no filter");
    message = whole;
    message.format = UINT8_MAX - 1;
    cr_expect_eq(recipe_unpack(&message, size, &unpacked, &error), -1, "no codec");
    cr_expect_eq(recipe_unpack(&whole, size, &unpacked, &error), 0);
    pm_recipe_free(recipe);
}

/* Transforms a file with the plan for another. */
static void expect_changed(const struct buffer *planned, const struct buffer *file)
{
    struct lent lent;
    struct plan plan;
    struct buffer out = {0};
    struct transform_result result;
    struct pm_error error = {0};
    struct pm_recipe *recipe = pm_recipe_parse("resize=30x", &error);
    lent_init(&lent);
    lent.context.error = &error;
    plan_for(recipe, planned, &plan);
    cr_expect_eq(transform(recipe, &plan, file->data, file->size, NULL, &lent.context, &out, &result), -1);
    cr_expect_eq(error.kind, PM_ERROR_IO, "%s", error.message);
    cr_expect_eq(error.stage, PM_STAGE_DECODE);
    cr_expect_not_null(strstr(error.message, "changed while it was read"), "%s", error.message);
    cr_expect_eq(out.size, 0);
    pm_recipe_free(recipe);
    lent_free(&lent);
}

Test(plan_message, a_file_that_changed_since_is_refused)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image images[] = {
        picture(&lent, 70, 50, PM_COLOR_RGB, false, 8), picture(&lent, 70, 50, PM_COLOR_GRAY, false, 8),
        picture(&lent, 70, 50, PM_COLOR_RGB, true, 8), picture(&lent, 70, 50, PM_COLOR_RGB, false, 16),
        picture(&lent, 50, 70, PM_COLOR_RGB, false, 8)};
    enum { COUNT = sizeof images / sizeof *images };
    struct buffer files[COUNT];
    for (int i = 0; i < COUNT; i++)
        files[i] = encoded(&lent, "png", &images[i]);
    for (int i = 0; i < COUNT; i++)
        expect_changed(&files[i], &files[(i + 1) % COUNT]);
    struct buffer jpegs[] = {encoded(&lent, "jpeg", &images[0]), encoded(&lent, "jpeg", &images[1]),
                             encoded(&lent, "jpeg", &images[4])};
    for (int i = 0; i < 3; i++)
        expect_changed(&jpegs[i], &jpegs[(i + 1) % 3]);
    for (int i = 0; i < 3; i++)
        buffer_free(&jpegs[i]);
    for (int i = 0; i < COUNT; i++)
        buffer_free(&files[i]);
    lent_free(&lent);
}
