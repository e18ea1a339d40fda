#include "transform/transformed.h"
#include "codec/reader.h"

#include <criterion/criterion.h>
#include <stdalign.h>

#include "codec/options.h"
#include "pictures.h"
#include "pixmill/transform.h"

struct buffer encoded(struct lent *lent, const char *format, const struct pm_image *image)
{
    struct buffer file = {0};
    const struct codec *codec = codec_of_suffix(format);
    alignas(8) unsigned char options[CODEC_OPTIONS_BYTES];
    codec_options_init(codec, options);
    cr_assert_eq(codec_option_set(codec, options, "quality", "95", &lent->error), 0);
    cr_assert_eq(codec_option_set(codec, options, "subsampling", "420", &lent->error), 0);
    cr_assert_eq(codec_encode(codec, image, options, &file, &lent->context), 0, "%s", lent->error.message);
    return file;
}

struct pm_image decoded(struct lent *lent, const struct buffer *file)
{
    struct pm_image image = {0};
    struct decode_request request = {.keep = KEEP_ALL};
    const struct codec *codec = codec_sniff(file->data, file->size);
    cr_assert_not_null(codec);
    cr_assert_eq(reader_decode(codec, file->data, file->size, &request, &image, &lent->context), 0, "%s",
                 lent->error.message);
    return image;
}

void give_logo(struct pm_recipe *recipe)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture(&lent, 5, 4, PM_COLOR_GRAY, true, 8);
    struct buffer file = encoded(&lent, "png", &image);
    cr_assert_eq(pm_recipe_set_picture(recipe, "logo.png", file.data, file.size, &lent.error), 0, "%s",
                 lent.error.message);
    buffer_free(&file);
    lent_free(&lent);
}

struct buffer transformed(const char *text, const struct buffer *file, struct pm_error *error)
{
    struct buffer out = {0};
    *error = (struct pm_error){0};
    struct pm_recipe *recipe = pm_recipe_parse(text, error);
    cr_assert_not_null(recipe, "%s: %s", text, error->message);
    give_logo(recipe);
    struct pm_limits limits = {.max_pixels = 100000000};
    if (pm_transform(recipe, file->data, file->size, &limits, NULL, &out.data, &out.size, error) == 0)
        out.capacity = out.size;
    pm_recipe_free(recipe);
    return out;
}

struct buffer transformed_well(const char *text, const struct buffer *file)
{
    struct pm_error error;
    struct buffer out = transformed(text, file, &error);
    cr_assert_eq(error.kind, PM_OK, "%s: %s", text, error.message);
    return out;
}

struct pm_image result_of(struct lent *lent, const char *text, const struct buffer *file)
{
    struct pm_error error;
    struct buffer out = transformed(text, file, &error);
    cr_assert_gt(out.size, 0, "%s: %s", text, error.message);
    struct pm_image image = decoded(lent, &out);
    buffer_free(&out);
    return image;
}

void expect_same_result(struct lent *lent, const char *one, const struct buffer *one_file, const char *other,
                        const struct buffer *other_file)
{
    const struct pm_image a = result_of(lent, one, one_file), b = result_of(lent, other, other_file);
    const size_t row = (size_t)a.width * a.plane[0].channels;
    cr_assert(a.width == b.width && a.height == b.height && pixels_equal(&a.format, &b.format));
    for (uint32_t y = 0; y < a.height; y++)
        cr_assert_arr_eq(plane_row(&a.plane[0], y), plane_row(&b.plane[0], y), row, "row %u of %s", y, one);
}
