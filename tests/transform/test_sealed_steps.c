/* Recipes that decrypt or encrypt a file: the processing between the container and the steps. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "codec/codec.h"
#include "codec/png/pngs.h"
#include "pictures.h"
#include "pixmill/transform.h"
#include "secrets.h"
#include "transform/plan.h"
#include "transform/transformed.h"

/* Secrets to decrypt the image of one ID and to encrypt one of another. */
static struct pm_secrets make_secrets(uint8_t input, uint8_t result)
{
    return (struct pm_secrets){.has_decrypt = true,
                               .has_encrypt = true,
                               .decrypt = secret_for(1, input, NULL),
                               .encrypt = secret_for(1, result, NULL)};
}

/* The result of `text` on `file` with these secrets; empty, with *error filled, if it fails. The caller frees
 * it. */
static struct pm_blob result(const char *text, struct pm_blob file, const struct pm_secrets *secrets,
                             struct pm_error *error)
{
    uint8_t *data = NULL;
    size_t size = 0;
    *error = (struct pm_error){0};
    struct pm_recipe *recipe = pm_recipe_parse(text, error);
    cr_assert_not_null(recipe, "%s: %s", text, error->message);
    pm_transform(recipe, file.data, file.size, NULL, secrets, &data, &size, error);
    pm_recipe_free(recipe);
    return (struct pm_blob){data, size};
}

static struct pm_blob good_result(const char *text, struct pm_blob file, const struct pm_secrets *secrets)
{
    struct pm_error error;
    struct pm_blob made = result(text, file, secrets, &error);
    cr_assert_not_null(made.data, "%s: %s", text, error.message);
    return made;
}

static void forget(struct pm_blob blob)
{
    free((void *)(uintptr_t)blob.data);
}

static struct pm_blob plain_file(struct lent *lent, uint32_t width, uint32_t height)
{
    struct pm_image image = picture(lent, width, height, PM_COLOR_RGB, true, 8);
    struct buffer file = encoded(lent, "png", &image);
    return (struct pm_blob){file.data, file.size};
}

/* The noise of an encrypted file is decoded in full, even where the first step would need less of a plain
 * file. */
Test(sealed_steps, are_done_on_the_decrypted_picture)
{
    static const char *const steps[] = {"resize=20x20",
                                        "resize=20x20!,kernel=nearest/blur=1",
                                        "crop=9x7+3+5/flip",
                                        "rotate=90/gray",
                                        "blur=3",
                                        "sharpen=1/format=jpeg"};
    const struct pm_secrets secrets = make_secrets(2, 2);
    struct lent lent;
    lent_init(&lent);
    struct pm_blob plain = plain_file(&lent, 200, 170), sealed = good_result("encrypt", plain, &secrets);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        char text[128];
        snprintf(text, sizeof text, "decrypt/%s", steps[i]);
        struct pm_blob one = good_result(steps[i], plain, NULL), other = good_result(text, sealed, &secrets);
        cr_assert_eq(one.size, other.size, "%s", steps[i]);
        cr_assert_arr_eq(one.data, other.data, one.size, "%s", steps[i]);
        forget(one), forget(other);
    }
    forget(plain), forget(sealed);
    lent_free(&lent);
}

Test(sealed_steps, steps_come_before_encryption)
{
    const struct pm_secrets secrets = make_secrets(2, 2);
    struct lent lent;
    lent_init(&lent);
    struct pm_blob plain = plain_file(&lent, 40, 30), expected = good_result("resize=50%/gray", plain, NULL);
    struct pm_blob sealed = good_result("resize=50%/gray/encrypt", plain, &secrets);
    struct pm_blob back = good_result("decrypt", sealed, &secrets);
    cr_assert_eq(back.size, expected.size);
    cr_assert_arr_eq(back.data, expected.data, back.size);
    forget(plain), forget(expected), forget(sealed), forget(back);
    lent_free(&lent);
}

/* Without a step, an encrypted file may be written as PNG again: that PNG can be decrypted. */
Test(sealed_steps, noise_is_not_changed)
{
    static const char *const refused[] = {"flip", "format=jpeg", "encrypt", "resize=10x10/encrypt"};
    const struct pm_secrets secrets = make_secrets(2, 2);
    struct lent lent;
    lent_init(&lent);
    struct pm_blob plain = plain_file(&lent, 40, 30), sealed = good_result("encrypt", plain, &secrets);
    struct pm_error error;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        cr_expect_null(result(refused[i], sealed, &secrets, &error).data, "%s", refused[i]);
        cr_expect(error.kind == PM_ERROR_UNSUPPORTED && error.hint == PM_HINT_DECRYPT, "%s: %s", refused[i],
                  error.message);
    }
    struct pm_blob again = good_result("", sealed, NULL), back = good_result("decrypt", again, &secrets);
    struct pm_blob expected = good_result("", plain, NULL);
    cr_assert_eq(back.size, expected.size);
    cr_assert_arr_eq(back.data, expected.data, back.size);
    forget(plain), forget(sealed), forget(again), forget(back), forget(expected);
    lent_free(&lent);
}

/* Changing a decrypted picture and encrypting it under the same keys would reveal both. */
Test(sealed_steps, what_is_encrypted_again_needs_an_id_of_its_own)
{
    const struct pm_secrets same = make_secrets(2, 2), other = make_secrets(2, 3), back = make_secrets(3, 3);
    struct lent lent;
    lent_init(&lent);
    struct pm_blob plain = plain_file(&lent, 40, 30), sealed = good_result("encrypt", plain, &same);
    struct pm_error error;
    cr_assert_null(result("decrypt/flip/encrypt", sealed, &same, &error).data);
    cr_assert_eq(error.kind, PM_ERROR_USAGE);
    struct pm_blob flipped = good_result("decrypt/flip/encrypt", sealed, &other);
    struct pm_blob one = good_result("decrypt", flipped, &back), expected = good_result("flip", plain, NULL);
    cr_assert_eq(one.size, expected.size);
    cr_assert_arr_eq(one.data, expected.data, one.size);
    forget(plain), forget(sealed), forget(flipped), forget(one), forget(expected);
    lent_free(&lent);
}

Test(sealed_steps, planes_and_inks_are_forecast_as_rgb_in_a_png)
{
    static const struct pm_pixel_format formats[] = {PIXELS_YCC(2, 2),
                                                     PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8)};
    struct pm_error error = {0};
    struct pm_recipe *recipe = pm_recipe_parse("encrypt", &error);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        const struct pm_info info = {.format = "jpeg",
                                     .width = 30,
                                     .height = 20,
                                     .depth = 8,
                                     .pixels = formats[i],
                                     .orientation = 6,
                                     .frames = 1};
        const struct pm_pixel_format rgb = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8);
        struct plan plan;
        cr_assert_eq(plan_make(recipe, codec_of_suffix("jpeg"), &info, 0, &plan, &error), 0, "%s",
                     error.message);
        cr_assert(pixels_equal(&plan.result.format, &rgb));
        cr_assert(plan.result.width == 30 && plan.result.height == 20, "it is not rotated");
        cr_assert_str_eq(plan.format->name, "png");
    }
    pm_recipe_free(recipe);
}

/* The file, with chunks between its seal and its pixels that contradict the seal. */
static struct buffer with_foreign_chunks(struct pm_blob file)
{
    static const char exif[] = "MM\0*\0\0\0\10\0\1\1\22\0\3\0\0\0\1\0\6\0\0\0\0\0\0"; /* orientation 6 */
    struct buffer out = {0};
    const uint8_t *type = memmem(file.data, file.size, "pmEN", 4);
    const size_t pixels = (size_t)(type - file.data) + 8 + get_be32(type - 4);
    cr_assert_eq(buffer_append(&out, file.data, pixels), 0);
    made_chunk(&out, "gAMA", "\0\1\206\240", 4);
    made_chunk(&out, "cICP", "\11\20\0\1", 4);
    made_chunk(&out, "pHYs", "\0\0\0\1\0\0\0\2\1", 9);
    made_chunk(&out, "eXIf", exif, sizeof exif - 1);
    made_chunk(&out, "tEXt", "Title\0foreign", 13);
    cr_assert_eq(buffer_append(&out, file.data + pixels, file.size - pixels), 0);
    return out;
}

Test(sealed_steps, nothing_is_taken_from_chunks_beside_the_seal)
{
    struct lent lent;
    lent_init(&lent);
    const struct pm_secrets there = make_secrets(1, 2), back = make_secrets(2, 3);
    const struct pm_blob plain = plain_file(&lent, 40, 30);
    const struct pm_blob safe = good_result("encrypt", plain, &there);
    struct buffer foreign = with_foreign_chunks(safe);
    const struct pm_blob file = {foreign.data, foreign.size};
    const struct pm_blob expected = good_result("decrypt/resize=20x/keep=exif,text", safe, &back);
    const struct pm_blob got = good_result("decrypt/resize=20x/keep=exif,text", file, &back);
    cr_assert(got.size == expected.size && memcmp(got.data, expected.data, got.size) == 0);
    buffer_free(&foreign);
    forget(plain);
    forget(safe);
    forget(expected);
    forget(got);
    lent_free(&lent);
}
