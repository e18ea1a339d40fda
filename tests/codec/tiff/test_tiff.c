/* TIFF files built here as various writers make them, damaged ones, and files that pixmill writes. */
#include <criterion/criterion.h>
#include <stdalign.h>
#include <string.h>

#include "codec/options.h"
#include "codec/part.h"
#include "codec/reader.h"
#include "codec/tiff/maker.h"
#include "pictures.h"

static void begin(void)
{
    struct pm_error error = {0};
    if (codec_part_find(&codec_tiff, &error) != 0)
        cr_skip_test("%s", error.message);
}

TestSuite(tiff, .init = begin);

#define ROW(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
#define ROW_16(...) (const uint16_t[]){__VA_ARGS__}, sizeof((const uint16_t[]){__VA_ARGS__})

Test(tiff, grey_of_few_bits_is_scaled_to_8)
{
    static const uint8_t strip[] = {0xB1, 0x40};
    struct maker maker = maker_of(4, 1, 1, 1, 1);
    finish(&maker, strip, 1);
    expect_row(&maker, PM_COLOR_GRAY, PM_ALPHA_NONE, 8, ROW(255, 0, 255, 255));
    maker = maker_of(4, 1, 2, 1, 1);
    finish(&maker, strip, 1);
    expect_row(&maker, PM_COLOR_GRAY, PM_ALPHA_NONE, 8, ROW(170, 255, 0, 85));
    maker = maker_of(3, 1, 4, 1, 1);
    finish(&maker, strip, 2);
    expect_row(&maker, PM_COLOR_GRAY, PM_ALPHA_NONE, 8, ROW(187, 17, 68));
    maker = maker_of(2, 1, 6, 1, 1); /* 101100 010100 */
    finish(&maker, strip, 2);
    expect_row(&maker, PM_COLOR_GRAY, PM_ALPHA_NONE, 8, ROW(178, 81));
}

Test(tiff, grey_of_more_than_8_bits_becomes_16)
{
    struct maker maker = maker_of(2, 1, 12, 1, 1);
    finish(&maker, (const uint8_t[]){0xFF, 0xF8, 0x00}, 3);
    expect_row(&maker, PM_COLOR_GRAY, PM_ALPHA_NONE, 16, ROW_16(65535, 32776));
    maker = maker_of(2, 1, 16, 1, 1);
    maker.big_endian = true;
    finish(&maker, (const uint8_t[]){0x12, 0x34, 0xAB, 0xCD}, 4);
    expect_row(&maker, PM_COLOR_GRAY, PM_ALPHA_NONE, 16, ROW_16(0x1234, 0xABCD));
}

Test(tiff, white_may_be_zero)
{
    struct maker maker = maker_of(3, 1, 8, 1, 0);
    finish(&maker, (const uint8_t[]){0, 255, 10}, 3);
    expect_row(&maker, PM_COLOR_GRAY, PM_ALPHA_NONE, 8, ROW(255, 0, 245));
}

Test(tiff, floats_are_clipped_to_0_and_1)
{
    /* Little-endian: 0.5, 2, -1, NaN. */
    static const uint8_t single[] = {0, 0, 0, 0x3F, 0, 0, 0, 0x40, 0, 0, 0x80, 0xBF, 0, 0, 0xC0, 0x7F};
    struct maker maker = maker_of(4, 1, 32, 1, 1);
    set(&maker, 339, 3);
    finish(&maker, single, sizeof single);
    expect_row(&maker, PM_COLOR_GRAY, PM_ALPHA_NONE, 16, ROW_16(32768, 65535, 0, 0));
    maker = maker_of(2, 1, 16, 1, 1);
    set(&maker, 339, 3);
    finish(&maker, (const uint8_t[]){0, 0x38, 0, 0x3C}, 4); /* binary16: 0.5, 1 */
    expect_row(&maker, PM_COLOR_GRAY, PM_ALPHA_NONE, 16, ROW_16(32768, 65535));
}

Test(tiff, samples_may_be_planar)
{
    struct maker maker = maker_of(2, 1, 8, 3, 2);
    set(&maker, 284, 2);
    set_tags(&maker, 258, 3, 3, (const uint32_t[]){8, 8, 8});
    set_tags(&maker, 273, 4, 3, (const uint32_t[]){8, 10, 12});
    set_tags(&maker, 279, 4, 3, (const uint32_t[]){2, 2, 2});
    finish(&maker, (const uint8_t[]){1, 2, 3, 4, 5, 6}, 6);
    expect_row(&maker, PM_COLOR_RGB, PM_ALPHA_NONE, 8, ROW(1, 3, 5, 2, 4, 6));
}

/* Of a tag that is there twice the first counts, as in libtiff: the second one would have samples taken from
 * behind a row. */
Test(tiff, the_first_of_two_equal_tags_counts)
{
    struct maker maker = maker_of(2, 1, 8, 3, 2);
    set(&maker, 284, 2);
    set_tags(&maker, 258, 3, 3, (const uint32_t[]){8, 8, 8});
    set_tags(&maker, 273, 4, 3, (const uint32_t[]){8, 10, 12});
    set_tags(&maker, 279, 4, 3, (const uint32_t[]){2, 2, 2});
    maker.tags[maker.ntags] = maker.tags[9];
    maker.tags[maker.ntags++].value[0] = 1;
    finish(&maker, (const uint8_t[]){1, 2, 3, 4, 5, 6}, 6);
    expect_row(&maker, PM_COLOR_RGB, PM_ALPHA_NONE, 8, ROW(1, 3, 5, 2, 4, 6));
}

/* A width of tiles alone makes tiles for libtiff, and strips for pixmill. */
Test(tiff, tiles_for_libtiff_alone_are_refused)
{
    struct maker maker = maker_of(3, 2, 8, 1, 1);
    set(&maker, 322, 16);
    finish(&maker, (const uint8_t[]){1, 2, 3, 4, 5, 6}, 6);
    expect_error(maker.file, maker.size, PM_ERROR_CORRUPT, "has a damaged header");
}

Test(tiff, tiles_may_reach_beyond_the_picture)
{
    uint8_t tile[256];
    for (unsigned i = 0; i < sizeof tile; i++)
        tile[i] = (uint8_t)i;
    struct maker maker = maker_of(3, 2, 8, 1, 1);
    maker.tags[5].tag = 324;
    maker.tags[7].tag = 322;
    maker.tags[7].value[0] = 16;
    maker.tags[8].tag = 325;
    maker.tags[8].value[0] = sizeof tile;
    set(&maker, 323, 16);
    finish(&maker, tile, sizeof tile);
    expect_row(&maker, PM_COLOR_GRAY, PM_ALPHA_NONE, 8, ROW(0, 1, 2));
}

Test(tiff, a_palette_becomes_rgb)
{
    struct maker maker = maker_of(4, 1, 1, 1, 3);
    set_tags(&maker, 320, 3, 6, (const uint32_t[]){0, 65535, 257, 257 * 9, 0, 257 * 200});
    finish(&maker, (const uint8_t[]){0x50}, 1);
    expect_row(&maker, PM_COLOR_RGB, PM_ALPHA_NONE, 8, ROW(0, 1, 0, 255, 9, 200, 0, 1, 0, 255, 9, 200));
    set_tags(&maker, 320, 3, 6, (const uint32_t[]){0, 255, 1, 9, 0, 200}); /* as old writers store it */
    finish(&maker, (const uint8_t[]){0x50}, 1);
    expect_row(&maker, PM_COLOR_RGB, PM_ALPHA_NONE, 8, ROW(0, 1, 0, 255, 9, 200, 0, 1, 0, 255, 9, 200));
}

Test(tiff, only_some_extra_samples_are_alpha)
{
    static const uint8_t strip[] = {100, 50, 0, 128};
    struct maker maker = maker_of(1, 1, 8, 4, 2);
    set_tags(&maker, 258, 3, 4, (const uint32_t[]){8, 8, 8, 8});
    set(&maker, 338, 0);
    finish(&maker, strip, 4);
    expect_row(&maker, PM_COLOR_RGB, PM_ALPHA_NONE, 8, ROW(100, 50, 0));
    set(&maker, 338, 2);
    finish(&maker, strip, 4);
    expect_row(&maker, PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8, ROW(100, 50, 0, 128));
    set(&maker, 338, 1); /* premultiplied */
    finish(&maker, strip, 4);
    expect_row(&maker, PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8, ROW(199, 100, 0, 128));
}

Test(tiff, integers_of_32_bits_become_16)
{
    static const uint32_t strip[] = {0, UINT32_MAX, 0x12345678};
    struct maker maker = maker_of(3, 1, 32, 1, 1);
    finish(&maker, strip, sizeof strip);
    expect_row(&maker, PM_COLOR_GRAY, PM_ALPHA_NONE, 16, ROW_16(0, 65535, 0x1234));
}

/* By the tags of strips, as in files of the 1990s. */
Test(tiff, tiles_may_be_listed_as_strips)
{
    uint8_t tile[16 * 16] = {7, 8};
    struct maker maker = maker_of(2, 1, 8, 1, 1);
    set(&maker, 322, 16);
    set(&maker, 323, 16);
    finish(&maker, tile, sizeof tile);
    expect_row(&maker, PM_COLOR_GRAY, PM_ALPHA_NONE, 8, ROW(7, 8));
}

Test(tiff, inks_stay_inks)
{
    struct maker maker = maker_of(1, 1, 8, 4, 5);
    set_tags(&maker, 258, 3, 4, (const uint32_t[]){8, 8, 8, 8});
    finish(&maker, (const uint8_t[]){1, 2, 3, 4}, 4);
    expect_row(&maker, PM_COLOR_CMYK, PM_ALPHA_NONE, 8, ROW(1, 2, 3, 4));
}

Test(tiff, what_is_not_read_is_refused_with_its_reason)
{
    static const struct {
        unsigned tag;
        uint32_t value;
        enum pm_error_kind kind;
        const char *message;
    } rows[] = {
        {262, 10, PM_ERROR_UNSUPPORTED, "photometric interpretation 10"},
        {262, 6, PM_ERROR_CORRUPT, "too few samples"},
        {259, 6, PM_ERROR_CORRUPT, "Missing JPEG tables"},
        {259, 9, PM_ERROR_UNSUPPORTED, "compression 9"},
        {258, 20, PM_ERROR_UNSUPPORTED, "samples of 20 bits"},
        {339, 5, PM_ERROR_UNSUPPORTED, "complex samples"},
        {254, 1, PM_ERROR_UNSUPPORTED, "camera's raw"},
        {277, 65529, PM_ERROR_LIMIT, "65529 samples a pixel"},
        {262, 2, PM_ERROR_CORRUPT, "too few samples"},
        {256, 0, PM_ERROR_CORRUPT, "no width"},
        {278, 1, PM_ERROR_CORRUPT, "no offset for some"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct maker maker = maker_of(2, 2, 8, 1, 1);
        set(&maker, rows[i].tag, rows[i].value);
        finish(&maker, (const uint8_t[]){1, 2, 3, 4}, 4);
        expect_error(maker.file, maker.size, rows[i].kind, rows[i].message);
    }
}

Test(tiff, every_cut_file_is_truncated)
{
    struct maker maker = maker_of(2, 2, 8, 1, 1);
    finish(&maker, (const uint8_t[]){1, 2, 3, 4}, 4);
    for (size_t size = 8; size < maker.size; size++)
        expect_error(maker.file, size, PM_ERROR_TRUNCATED, "fetch or copy it again");
}

/* libtiff returns zeros for a strip past the end. */
Test(tiff, missing_strips_are_an_error_or_grey)
{
    struct maker maker = maker_of(2, 2, 8, 1, 1);
    struct lent lent;
    struct pm_image image;
    set(&maker, 278, 1);
    set_tags(&maker, 273, 4, 2, (const uint32_t[]){8, 5000});
    set_tags(&maker, 279, 4, 2, (const uint32_t[]){2, 2});
    finish(&maker, (const uint8_t[]){1, 2}, 2);
    expect_error(maker.file, maker.size, PM_ERROR_TRUNCATED, "ends too early");
    cr_assert_eq(decode(maker.file, maker.size, true, &lent, &image), 0, "%s", lent.error.message);
    cr_expect_eq(memcmp(plane_row(&image.plane[0], 0), (const uint8_t[]){1, 2}, 2), 0);
    cr_expect_eq(memcmp(plane_row(&image.plane[0], 1), (const uint8_t[]){0x80, 0x80}, 2), 0);
    cr_expect_eq(warned, 1);
    lent_free(&lent);
}

Test(tiff, a_loop_of_directories_ends)
{
    struct maker maker = maker_of(2, 2, 8, 1, 1);
    finish(&maker, (const uint8_t[]){1, 2, 3, 4}, 4);
    memcpy(maker.file + maker.size - 4, maker.file + 4, 4);
    expect_error(maker.file, maker.size, PM_ERROR_LIMIT, "their list is a loop");
}

Test(tiff, the_orientation_is_known)
{
    struct maker maker = maker_of(2, 1, 8, 1, 1);
    struct lent lent;
    struct pm_image image;
    set(&maker, 274, 6);
    finish(&maker, (const uint8_t[]){1, 2}, 2);
    cr_assert_eq(decode(maker.file, maker.size, false, &lent, &image), 0);
    cr_expect_eq(image.orientation, 6);
    lent_free(&lent);
}

/* --- what pixmill writes ------------------------------------------------------------------------------- */

Test(tiff, what_is_written_comes_back_exactly)
{
    static const char *const compressions[] = {"deflate", "lzw", "none"};
    for (int i = 0; i < 3 * 8; i++) {
        struct lent lent, other;
        struct pm_image back;
        struct buffer file = {0};
        alignas(8) unsigned char options[CODEC_OPTIONS_BYTES];
        lent_init(&lent);
        struct pm_image image =
            picture(&lent, 301, 97, i & 1 ? PM_COLOR_RGB : PM_COLOR_GRAY, (i & 2) != 0, i & 4 ? 16 : 8);
        image.meta.icc = (struct pm_blob){(const uint8_t *)"not really a profile", 20};
        image.meta.xmp = (struct pm_blob){(const uint8_t *)"<x/>", 4};
        image.meta.has_density = true;
        image.meta.density_unit = 1;
        image.meta.density_x = 11811;
        image.meta.density_y = 5906;
        codec_options_init(&codec_tiff, options);
        cr_assert_eq(codec_option_set(&codec_tiff, options, "compression", compressions[i / 8], &lent.error),
                     0);
        cr_assert_eq(codec_encode(&codec_tiff, &image, options, &file, &lent.context), 0, "%s",
                     lent.error.message);
        cr_assert_eq(decode(file.data, file.size, false, &other, &back), 0, "%s", other.error.message);
        cr_expect(back.format.color == image.format.color && back.format.alpha == image.format.alpha &&
                  back.format.depth == image.format.depth);
        const size_t row = (size_t)image.width * image.plane[0].channels * (image.format.depth / 8);
        for (uint32_t y = 0; y < image.height; y++)
            cr_assert_eq(memcmp(plane_row(&image.plane[0], y), plane_row(&back.plane[0], y), row), 0);
        cr_expect(back.meta.icc.size == 20 && memcmp(back.meta.icc.data, image.meta.icc.data, 20) == 0);
        cr_expect(back.meta.xmp.size == 4 && memcmp(back.meta.xmp.data, "<x/>", 4) == 0);
        cr_expect(back.meta.has_density && back.meta.density_x == 11811 && back.meta.density_y == 5906);
        buffer_free(&file);
        lent_free(&other);
        lent_free(&lent);
    }
}
