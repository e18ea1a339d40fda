/* Results with the input's coded data: where only the encoding would change, and it would make them larger.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "codec/jpeg/maker.h"
#include "codec/png/pngs.h"
#include "pictures.h"
#include "transform/transform.h"
#include "transform/transformed.h"

enum { SIDE = 64, ROW = 3 * SIDE + 1, FILTER = 2 /* Up */ };

/* A PNG that pixmill's encoder makes much larger: each row is the one above plus the same noise. With a time,
 * a text and a density, and the given chunk before or after its pixels. */
static struct buffer make_png_with(const char *before, const void *data, size_t size, const char *after)
{
    const struct png_header header = {.width = SIDE, .height = SIDE, .depth = 8, .color_type = 2};
    uint8_t rows[SIDE * ROW];
    struct buffer file = {0};
    uint64_t seed = 5;
    for (size_t i = 0; i < sizeof rows; i++) {
        const bool filter = i % ROW == 0;
        rows[i] = filter ? FILTER : i < (size_t)2 * ROW ? (uint8_t)random_next(&seed) : rows[i - ROW];
    }
    made_begin(&file, &header);
    made_chunk(&file, "tIME", "\x07\xea\1\2\3\4\5", 7);
    made_chunk(&file, "tEXt", "Author\0somebody", 15);
    made_chunk(&file, "pHYs", "\0\0\1\0\0\0\1\0\1", 9);
    if (before != NULL)
        made_chunk(&file, before, data, size);
    made_pixels(&file, rows, sizeof rows, 100);
    if (after != NULL)
        made_chunk(&file, after, data, size);
    made_chunk(&file, "IEND", "", 0);
    return file;
}

static struct buffer make_png(void)
{
    return make_png_with(NULL, NULL, 0, NULL);
}

static bool holds(const struct buffer *file, const void *bytes, size_t size)
{
    return memmem(file->data, file->size, bytes, size) != NULL;
}

static void expect_equal_pixels(const struct buffer *one, const struct buffer *other)
{
    struct lent lent;
    lent_init(&lent);
    const struct pm_image a = decoded(&lent, one), b = decoded(&lent, other);
    cr_assert(a.width == b.width && a.height == b.height && a.plane[0].channels == b.plane[0].channels);
    for (uint32_t y = 0; y < a.height; y++)
        cr_assert_arr_eq(plane_row(&a.plane[0], y), plane_row(&b.plane[0], y),
                         (size_t)a.plane[0].channels * a.width);
    lent_free(&lent);
}

Test(keep_smaller, a_png_is_never_larger_than_its_input)
{
    struct buffer file = make_png(), out = transformed_well("", &file);
    cr_expect_lt(out.size, file.size);
    cr_expect(holds(&out, "pHYs", 4));
    cr_expect_not(holds(&out, "tIME", 4));
    cr_expect_not(holds(&out, "somebody", 8));
    expect_equal_pixels(&file, &out);
    buffer_free(&out);
    out = transformed_well("keep=text", &file);
    cr_expect(holds(&out, "somebody", 8));
    cr_expect_leq(out.size, file.size);
    buffer_free(&out);
    /* Not if anything else is asked for. */
    out = transformed_well("flip/flip/progressive", &file);
    cr_expect_gt(out.size, file.size, "progressive");
    buffer_free(&out);
    out = transformed_well("flip", &file);
    cr_expect_gt(out.size, file.size, "flip");
    buffer_free(&out);
    out = transformed_well("progressive/keep-smaller", &file);
    cr_expect_lt(out.size, file.size, "on request");
    buffer_free(&out);
    buffer_free(&file);
}

/* All kinds of pixels, the file's own palette and transparency. */
Test(keep_smaller, a_png_keeps_palette_and_depth)
{
    static const uint8_t palette[] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, alpha[] = {0, 128};
    const struct png_header header = {.width = 9, .height = 2, .depth = 2, .color_type = 3};
    static const uint8_t rows[] = {0, 0x1b, 0x1a, 0x40, 0, 0x1b, 0x1a, 0x40};
    struct buffer file = {0};
    made_begin(&file, &header);
    made_chunk(&file, "PLTE", palette, sizeof palette);
    made_chunk(&file, "tRNS", alpha, sizeof alpha);
    made_pixels(&file, rows, sizeof rows, 100);
    made_chunk(&file, "IEND", "", 0);
    struct buffer out = transformed_well("", &file);
    cr_expect_leq(out.size, file.size);
    expect_equal_pixels(&file, &out);
    buffer_free(&out);
    buffer_free(&file);
}

/* Decoders ignore chunks after the end of the pixels' stream: nothing of them is copied. */
Test(keep_smaller, a_png_with_data_after_its_stream_is_encoded)
{
    struct buffer file = make_png_with(NULL, "a secret", 8, "IDAT"), out = transformed_well("", &file);
    cr_expect_not(holds(&out, "a secret", 8));
    expect_equal_pixels(&file, &out);
    buffer_free(&out);
    buffer_free(&file);
}

/* Neither the profile's name in the file nor what follows its stream. */
Test(keep_smaller, of_a_png_s_profile_only_the_profile_is_kept)
{
    static const char name[] = "a secret\0", tail[] = "another secret";
    for (int surplus = 0; surplus < 2; surplus++) {
        uint8_t profile[200] = {0};
        put_be32(profile, sizeof profile);
        memcpy(profile + 16, "RGB ", 4);
        memcpy(profile + 36, "acsp", 4);
        uLongf packed = compressBound(sizeof profile);
        uint8_t *chunk = malloc(sizeof name + packed + sizeof tail);
        memcpy(chunk, name, sizeof name);
        cr_assert_eq(compress2(chunk + sizeof name, &packed, profile, sizeof profile, 0), Z_OK);
        memcpy(chunk + sizeof name + packed, tail, sizeof tail);
        const size_t size = sizeof name + packed + (surplus == 1 ? sizeof tail : 0);
        struct buffer file = make_png_with("iCCP", chunk, size, NULL), out = transformed_well("", &file);
        cr_expect_leq(out.size, file.size + 64, "the pixels are copied");
        cr_expect(holds(&out, "iCCP", 4));
        cr_expect_eq(holds(&out, chunk + sizeof name, packed), surplus == 0, "its own packed data");
        cr_expect_not(holds(&out, "secret", 6));
        expect_equal_pixels(&file, &out);
        buffer_free(&out);
        buffer_free(&file);
        free(chunk);
    }
}

/* A wrong Adler-32 must not be handed on. */
Test(keep_smaller, a_faulty_png_is_encoded)
{
    struct buffer file = make_png();
    uint8_t *idat = file.data + file.size;
    while (memcmp(idat, "IDAT", 4) != 0)
        idat--;
    idat[4 + png_get_be32(idat - 4) - 1] ^= 1;
    fix_checksums(file.data, file.size);
    struct buffer out = transformed_well("", &file);
    cr_expect_gt(out.size, file.size);
    buffer_free(&out);
    buffer_free(&file);
}

Test(keep_smaller, a_jpeg_is_kept_as_it_is_coded)
{
    struct buffer file =
        make_jpeg(&(struct jpeg_recipe){JPEG_YCC(96, 64, 2, 2), .quality = 60, .progressive = true});
    insert_segment(&file, 0xFE, "a secret", 8);
    const size_t half = file.size / 2 + 8;
    struct buffer larger = transformed_well("quality=98", &file),
                  out = transformed_well("quality=98/keep-smaller", &file);
    cr_expect_gt(larger.size, file.size);
    cr_expect_leq(out.size, file.size - 12);
    cr_expect(holds(&out, file.data + half, file.size - half), "the scans' own bytes");
    cr_expect_not(holds(&out, "a secret", 8));
    expect_equal_pixels(&file, &out);
    buffer_free(&out);
    out = transformed_well("quality=98/keep-smaller/keep=text", &file);
    cr_expect(holds(&out, "a secret", 8));
    buffer_free(&out);
    out = transformed_well("quality=20/keep-smaller", &file);
    cr_expect_lt(out.size, file.size, "the encoded one is smaller");
    buffer_free(&out);
    buffer_free(&larger);
    buffer_free(&file);
}

/* Bytes that no decoder reads: after the fields of a segment, between segments. */
Test(keep_smaller, of_a_jpeg_s_header_only_what_decoders_read_is_kept)
{
    static const char adobe[] = "Adobe\0\144\0\0\0\0\1a secret";
    struct buffer file =
        make_jpeg(&(struct jpeg_recipe){JPEG_YCC(96, 64, 2, 2), .quality = 60, .progressive = true});
    insert_segment(&file, 0xEE, adobe, sizeof adobe - 1);
    insert_segment(&file, 0xDC, "a secret", 8);
    struct buffer out = transformed_well("quality=98/keep-smaller", &file);
    cr_expect_leq(out.size, file.size);
    cr_expect(holds(&out, "\xFF\xEE\0\16Adobe", 9));
    cr_expect_not(holds(&out, "a secret", 8));
    expect_equal_pixels(&file, &out);
    buffer_free(&out);
    buffer_free(&file);
}

/* Markers that say what the components are must stay. */
Test(keep_smaller, a_jpeg_of_inks_keeps_its_meaning)
{
    static const struct jpeg_recipe recipes[] = {
        {.width = 40, .height = 24, .in = JCS_CMYK, .out = JCS_YCCK, .quality = 40, .optimize = true},
        {.width = 40, .height = 24, .in = JCS_RGB, .out = JCS_RGB, .quality = 40, .optimize = true},
        {JPEG_GREY(40, 24), .quality = 40, .optimize = true},
        {JPEG_YCC(40, 24, 1, 1), .quality = 40, .optimize = true, .no_jfif = true},
        {JPEG_YCC(40, 24, 1, 1), .quality = 40, .optimize = true, .restart_rows = 1},
    };
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++) {
        struct buffer file = make_jpeg(&recipes[i]),
                      out = transformed_well("quality=100/keep-smaller", &file);
        cr_expect_leq(out.size, file.size, "%zu", i);
        expect_equal_pixels(&file, &out);
        buffer_free(&out);
        buffer_free(&file);
    }
}

Test(keep_smaller, a_webp_is_kept_as_it_is_coded)
{
    for (int alpha = 0; alpha < 2; alpha++) {
        struct lent lent;
        lent_init(&lent);
        struct pm_image image = picture(&lent, 60, 40, PM_COLOR_RGB, alpha == 1, 8);
        struct buffer png = encoded(&lent, "png", &image),
                      file = transformed_well("format=webp/quality=30", &png);
        struct buffer larger = transformed_well("quality=98", &file),
                      out = transformed_well("quality=98/keep-smaller", &file);
        cr_expect_gt(larger.size, file.size);
        cr_expect_eq(out.size, file.size);
        expect_equal_pixels(&file, &out);
        buffer_free(&larger);
        buffer_free(&out);
        buffer_free(&file);
        buffer_free(&png);
        lent_free(&lent);
    }
}

/* EXIF with an orientation, kept and left out. */
Test(keep_smaller, a_webp_has_the_metadata_that_is_asked_for)
{
    static const uint8_t exif[] = "MM\0*\0\0\0\10\0\1\1\16\0\2\0\0\0\5\0\0\0\32\0\0\0\0text";
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture(&lent, 60, 40, PM_COLOR_RGB, true, 8);
    image.meta.exif = (struct pm_blob){exif, sizeof exif};
    struct buffer png = encoded(&lent, "png", &image),
                  file = transformed_well("format=webp/quality=30/keep=exif", &png);
    struct buffer out = transformed_well("quality=98/keep-smaller/keep=exif", &file);
    cr_expect(holds(&out, "text", 4));
    cr_expect_eq(out.size, file.size);
    expect_equal_pixels(&file, &out);
    buffer_free(&out);
    out = transformed_well("quality=98/keep-smaller", &file);
    cr_expect_not(holds(&out, "text", 4));
    cr_expect_lt(out.size, file.size);
    expect_equal_pixels(&file, &out);
    buffer_free(&out);
    buffer_free(&file);
    buffer_free(&png);
    lent_free(&lent);
}

/* The text says so, too. */
Test(keep_smaller, is_a_word_of_recipes)
{
    struct pm_error error = {0};
    char text[64];
    struct pm_recipe *recipe = pm_recipe_parse("keep-smaller/quality=70", &error);
    cr_assert_not_null(recipe, "%s", error.message);
    pm_recipe_text(recipe, text, sizeof text);
    cr_expect_str_eq(text, "quality=70/keep-smaller");
    pm_recipe_free(recipe);
}
