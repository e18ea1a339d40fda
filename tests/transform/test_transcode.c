/* When a JPEG is transcoded, and what its result then is. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "codec/jpeg/maker.h"
#include "transform/transform.h"
#include "transform/transformed.h"

static struct buffer make_file(void)
{
    return make_jpeg(&(struct jpeg_recipe){JPEG_YCC(96, 64, 2, 2)});
}

static bool is_transcoded(const char *text, const struct buffer *file)
{
    struct plan plan;
    struct pm_error error = {0};
    struct pm_recipe *recipe = pm_recipe_parse(text, &error);
    cr_assert_not_null(recipe, "%s: %s", text, error.message);
    cr_assert_eq(plan_make_for(recipe, file->data, file->size, 0, &plan, &error), 0, "%s: %s", text,
                 error.message);
    pm_recipe_free(recipe);
    return plan.transcodes;
}

Test(transcode, happens_where_nothing_but_turns_is_asked_for)
{
    static const char *const yes[] = {"",         "rotate=90",    "flip/rotate=180/flop", "keep=all",
                                      "keep=xmp", "profile=none", "no-autorotate",        "format=same",
                                      "effort=3", "lossless"};
    static const char *const no[] = {"quality=80", "subsampling=444",        "format=jpeg",
                                     "format=png", "resize=96x64!",          "crop=96x64+0+0",
                                     "gray",       "rotate=90/blur=1",       "target-size=9K",
                                     "profile=p3", "profile=srgb/quality=90"};
    struct buffer file = make_file();
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        cr_expect(is_transcoded(yes[i], &file), "%s", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        cr_expect_not(is_transcoded(no[i], &file), "%s", no[i]);
    buffer_free(&file);
}

static void expect_equal(const char *text, const struct buffer *file, const char *other,
                         const struct buffer *other_file)
{
    struct buffer one = transformed_well(text, file), two = transformed_well(other, other_file);
    cr_assert_eq(one.size, two.size, "%s and %s", text, other);
    cr_assert_arr_eq(one.data, two.data, one.size, "%s and %s", text, other);
    buffer_free(&one);
    buffer_free(&two);
}

/* Nothing is lost: turned back, a file is as it was. */
Test(transcode, turns_there_and_back)
{
    struct buffer file = make_file();
    for (size_t i = 0; i < 3; i++) {
        static const char *const there[] = {"rotate=90/flip", "rotate=180", "flop"};
        static const char *const back[] = {"flip/rotate=270", "rotate=180", "flop"};
        struct buffer turned = transformed_well(there[i], &file);
        expect_equal(back[i], &turned, "", &file);
        buffer_free(&turned);
    }
    expect_equal("rotate=90/rotate=90", &file, "rotate=180", &file);
    buffer_free(&file);
}

/* As an ordinary decode and rotate does, by a sample's value or two. */
Test(transcode, turns_in_the_right_direction)
{
    static const char *const turns[] = {"rotate=90", "rotate=180", "rotate=270",
                                        "flip",      "flop",       "flop/rotate=90"};
    struct buffer file = make_file();
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
        struct lent lent;
        char text[64];
        lent_init(&lent);
        struct buffer turned = transformed_well(turns[i], &file);
        snprintf(text, sizeof text, "%s/format=png", turns[i]);
        struct pm_image made = decoded(&lent, &turned), expected = result_of(&lent, text, &file);
        cr_assert_eq(made.width, expected.width);
        cr_assert_eq(made.height, expected.height);
        for (uint32_t y = 0; y < made.height; y++) {
            for (size_t x = 0; x < 3 * (size_t)made.width; x++)
                cr_assert_leq(abs(plane_row(&made.plane[0], y)[x] - plane_row(&expected.plane[0], y)[x]), 4,
                              "%s: %zu, %u", turns[i], x, y);
        }
        buffer_free(&turned);
        lent_free(&lent);
    }
    buffer_free(&file);
}

static struct pm_info info_of(const struct buffer *file)
{
    struct pm_info info;
    struct pm_error error = {0};
    cr_assert_eq(pm_probe(file->data, file->size, &info, &error), 0, "%s", error.message);
    return info;
}

/* The coefficients are written in another order. */
Test(transcode, makes_a_file_progressive)
{
    struct buffer file = make_file();
    cr_expect(is_transcoded("progressive", &file));
    struct buffer out = transformed_well("progressive", &file), back = {0};
    cr_expect(info_of(&out).interlaced);
    back = transformed_well("rotate=90", &out);
    cr_expect(info_of(&back).interlaced, "it stays so");
    struct lent lent;
    lent_init(&lent);
    struct pm_image one = decoded(&lent, &file), other = decoded(&lent, &out);
    for (uint32_t y = 0; y < one.height; y++)
        cr_assert_arr_eq(plane_row(&one.plane[0], y), plane_row(&other.plane[0], y), 3 * (size_t)one.width);
    lent_free(&lent);
    buffer_free(&out);
    buffer_free(&back);
    buffer_free(&file);
}

/* Orientation 6, big endian. */
static const uint8_t exif[] = "Exif\0\0MM\0*\0\0\0\10\0\1\1\22\0\3\0\0\0\1\0\6\0\0\0\0\0\0";

static struct buffer make_oriented(void)
{
    struct buffer file = make_file();
    insert_segment(&file, 0xE1, exif, sizeof exif - 1);
    insert_segment(&file, 0xFE, "a secret", 8);
    return file;
}

Test(transcode, applies_the_orientation_and_the_metadata_policy)
{
    struct buffer file = make_oriented();
    struct buffer out = transformed_well("", &file);
    struct pm_info info = info_of(&out);
    cr_expect_eq(info.width, 64);
    cr_expect_eq(info.height, 96);
    cr_expect_eq(info.orientation, 1);
    cr_expect_eq(info.exif_size, 0);
    cr_expect_null(memmem(out.data, out.size, "a secret", 8));
    buffer_free(&out);
    out = transformed_well("keep=all", &file);
    info = info_of(&out);
    cr_expect_eq(info.orientation, 1);
    cr_expect_gt(info.exif_size, 0);
    cr_expect_not_null(memmem(out.data, out.size, "a secret", 8));
    buffer_free(&out);
    out = transformed_well("no-autorotate", &file);
    info = info_of(&out);
    cr_expect_eq(info.width, 96);
    cr_expect_eq(info.orientation, 6);
    buffer_free(&out);
    /* The orientation's turn and the step's are none together. */
    out = transformed_well("rotate=270", &file);
    info = info_of(&out);
    cr_expect_eq(info.width, 96);
    cr_expect_eq(info.orientation, 1);
    buffer_free(&out);
    buffer_free(&file);
}

/* Decoded and encoded, as with a quality that is given. */
Test(transcode, encodes_what_cannot_be_turned_without_loss)
{
    struct buffer file = make_jpeg(&(struct jpeg_recipe){JPEG_YCC(90, 64, 2, 2)});
    cr_assert(is_transcoded("flop", &file), "only the file's sampling tells");
    expect_equal("flop", &file, "flop/quality=80", &file);
    buffer_free(&file);
}

/* 8 x 8 grey samples with a comment, whose one AC coefficient is 2047: of 11
 * bits, where libjpeg writes 10. */
static const uint8_t large_coefficient[] = {
    0xFF, 0xD8, 0xFF, 0xFE, 0x00, 0x0A, 'a',  ' ',  's',  'e',  'c',  'r',  'e',  't',  0xFF, 0xDB,
    0x00, 0x43, 0x00, 1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,
    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,
    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,
    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,
    1,    1,    1,    0xFF, 0xC0, 0x00, 0x0B, 8,    0,    8,    0,    8,    1,    1,    0x11, 0,
    0xFF, 0xC4, 0x00, 0x14, 0x00, 1,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
    0,    0,    0,    0,    0,    0x00, 0xFF, 0xC4, 0x00, 0x15, 0x10, 1,    1,    0,    0,    0,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x0B, 0x00, 0xFF, 0xDA, 0x00,
    0x08, 1,    1,    0x00, 0,    63,   0,    0x3F, 0xFD, 0xFF, 0xD9};

Test(transcode, decodes_what_no_encoder_writes)
{
    struct buffer file = {0};
    cr_assert_eq(buffer_append(&file, large_coefficient, sizeof large_coefficient), 0);
    cr_assert(is_transcoded("", &file));
    struct buffer out = transformed_well("", &file);
    cr_expect_null(memmem(out.data, out.size, "a secret", 8), "metadata are those of the recipe");
    expect_equal("flip", &file, "flip/quality=80", &file);
    buffer_free(&out);
    out = transformed_well("keep=text", &file);
    cr_expect_not_null(memmem(out.data, out.size, "a secret", 8));
    buffer_free(&out);
    buffer_free(&file);
}
