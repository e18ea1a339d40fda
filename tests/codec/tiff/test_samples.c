/* TIFF of samples that no screen shows as they are: signed integers, numbers of 24 bits, logarithms. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "codec/tiff/maker.h"

static void begin(void)
{
    struct pm_error error = {0};
    if (codec_part_find(&codec_tiff, &error) != 0)
        cr_skip_test("%s", error.message);
}

TestSuite(tiff_samples, .init = begin);

#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
#define ROW_16(...) (const uint16_t[]){__VA_ARGS__}, sizeof((const uint16_t[]){__VA_ARGS__})

enum { UNSIGNED = 1, SIGNED = 2, FLOATING = 3 };

static struct maker samples_of(unsigned width, unsigned bits, unsigned format, bool big_endian)
{
    struct maker maker = maker_of(width, 1, bits, 1, 1);
    maker.big_endian = big_endian;
    set(&maker, 339, format);
    return maker;
}

/* The least becomes 0 and the greatest white. 16 bits are what ImageMagick 7.1 makes of them, too. */
Test(tiff_samples, signed_integers_are_moved_up)
{
    struct maker maker = samples_of(4, 8, SIGNED, false);
    finish(&maker, BYTES(0x80, 0xFF, 0, 0x7F));
    expect_row(&maker, PM_COLOR_GRAY, PM_ALPHA_NONE, 8, BYTES(0, 127, 128, 255));
    maker = samples_of(4, 16, SIGNED, false);
    finish(&maker, BYTES(0, 0x80, 0x18, 0xFC, 0, 0, 0xB8, 0x0B)); /* -32768, -1000, 0, 3000 */
    expect_row(&maker, PM_COLOR_GRAY, PM_ALPHA_NONE, 16, ROW_16(0, 31768, 32768, 35768));
    maker = samples_of(3, 16, SIGNED, true);
    finish(&maker, BYTES(0x80, 1, 0xFF, 0xFF, 0x7F, 0xFF));
    expect_row(&maker, PM_COLOR_GRAY, PM_ALPHA_NONE, 16, ROW_16(1, 32767, 65535));
    maker = samples_of(3, 32, SIGNED, false);
    finish(&maker, BYTES(0, 0, 0, 0x80, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F));
    expect_row(&maker, PM_COLOR_GRAY, PM_ALPHA_NONE, 16, ROW_16(0, 32768, 65535));
    maker = samples_of(2, 4, SIGNED, false);
    finish(&maker, BYTES(0x8F)); /* -8, -1 */
    expect_row(&maker, PM_COLOR_GRAY, PM_ALPHA_NONE, 8, BYTES(0, 7 * 17));
    set(&maker, 262, 0); /* white is zero */
    finish(&maker, BYTES(0x8F));
    expect_row(&maker, PM_COLOR_GRAY, PM_ALPHA_NONE, 8, BYTES(255, 8 * 17));
}

Test(tiff_samples, signed_rgb_is_read)
{
    for (unsigned planar = 1; planar <= 2; planar++) {
        struct maker maker = maker_of(1, 1, 8, 3, 2);
        set_tags(&maker, 258, 3, 3, (const uint32_t[]){8, 8, 8});
        set_tags(&maker, 339, 3, 3, (const uint32_t[]){SIGNED, SIGNED, SIGNED});
        set(&maker, 284, planar);
        if (planar == 2) {
            set_tags(&maker, 273, 4, 3, (const uint32_t[]){8, 9, 10});
            set_tags(&maker, 279, 4, 3, (const uint32_t[]){1, 1, 1});
        }
        finish(&maker, BYTES(0x80, 0xFF, 0x7F));
        expect_row(&maker, PM_COLOR_RGB, PM_ALPHA_NONE, 8, BYTES(0, 127, 255));
    }
}

Test(tiff_samples, signed_samples_with_another_meaning_are_refused)
{
    static const char message[] = "has signed samples that are not grey or RGB alone (not supported)";
    struct maker maker = maker_of(1, 1, 8, 1, 3);
    set(&maker, 339, SIGNED);
    finish(&maker, BYTES(1));
    expect_error(maker.file, maker.size, PM_ERROR_UNSUPPORTED, message);
    maker = maker_of(1, 1, 8, 2, 1);
    set_tags(&maker, 258, 3, 2, (const uint32_t[]){8, 8});
    set(&maker, 338, 2);
    set_tags(&maker, 339, 3, 2, (const uint32_t[]){SIGNED, SIGNED});
    finish(&maker, BYTES(1, 2));
    expect_error(maker.file, maker.size, PM_ERROR_UNSUPPORTED, message);
    maker = maker_of(1, 1, 8, 4, 5);
    set_tags(&maker, 258, 3, 4, (const uint32_t[]){8, 8, 8, 8});
    set_tags(&maker, 339, 3, 4, (const uint32_t[]){SIGNED, SIGNED, SIGNED, SIGNED});
    finish(&maker, BYTES(1, 2, 3, 4));
    expect_error(maker.file, maker.size, PM_ERROR_UNSUPPORTED, message);
    maker = samples_of(1, 8, 5, false);
    finish(&maker, BYTES(1));
    expect_error(maker.file, maker.size, PM_ERROR_UNSUPPORTED, "has complex samples (not supported)");
}

Test(tiff_samples, integers_of_24_bits_become_16)
{
    struct maker maker = samples_of(3, 24, UNSIGNED, false);
    finish(&maker, BYTES(0, 0, 0, 0x56, 0x34, 0x12, 0xFF, 0xFF, 0xFF));
    expect_row(&maker, PM_COLOR_GRAY, PM_ALPHA_NONE, 16, ROW_16(0, 0x1234, 65535));
    maker = samples_of(2, 24, UNSIGNED, true);
    finish(&maker, BYTES(0x12, 0x34, 0x56, 0x80, 0, 0));
    expect_row(&maker, PM_COLOR_GRAY, PM_ALPHA_NONE, 16, ROW_16(0x1234, 0x8000));
    maker = samples_of(2, 24, SIGNED, false);
    finish(&maker, BYTES(0, 0, 0x80, 0xFF, 0xFF, 0x7F));
    expect_row(&maker, PM_COLOR_GRAY, PM_ALPHA_NONE, 16, ROW_16(0, 65535));
}

Test(tiff_samples, floats_of_24_bits_are_clipped_to_0_and_1)
{
    /* 0.5, 1, 2, -1, infinity, NaN, 0.25 + 1/1024, the least above 0 */
    static const uint8_t numbers[] = {0, 0, 0x3E, 0, 0, 0x3F, 0, 0,    0x40, 0,    0, 0xBF,
                                      0, 0, 0x7F, 1, 0, 0x7F, 0, 0x01, 0x3D, 0x01, 0, 0};
    struct maker maker = samples_of(8, 24, FLOATING, false);
    finish(&maker, numbers, sizeof numbers);
    expect_row(&maker, PM_COLOR_GRAY, PM_ALPHA_NONE, 16, ROW_16(32768, 65535, 65535, 0, 65535, 0, 16448, 0));
    maker = samples_of(1, 24, FLOATING, true);
    finish(&maker, BYTES(0x3E, 0, 0));
    expect_row(&maker, PM_COLOR_GRAY, PM_ALPHA_NONE, 16, ROW_16(32768));
}

enum { LOGL = 32844, LOGLUV = 32845, SGILOG = 34676, SGILOG24 = 34677 };

static void expect_light(const struct maker *maker, enum pm_color color, const double *light, unsigned count)
{
    struct lent lent;
    struct pm_image image;
    cr_assert_eq(decode(maker->file, maker->size, false, &lent, &image), 0, "%s", lent.error.message);
    cr_expect(image.format.color == color && image.format.depth == 16);
    const uint16_t *row = (const uint16_t *)(const void *)plane_row(&image.plane[0], 0);
    for (unsigned i = 0; i < count; i++)
        cr_expect_lt(fabs(row[i] / 65535.0 - light[i]), 0.008, "%u: %u", i, row[i]);
    lent_free(&lent);
}

/* A byte of each pixel after the other, in runs. Light of 1 and 0.5, as sRGB's curve has it. */
Test(tiff_samples, logl_grey_becomes_16_bits)
{
    struct maker maker = maker_of(3, 1, 16, 1, LOGL);
    set(&maker, 259, SGILOG);
    set(&maker, 339, SIGNED);
    finish(&maker, BYTES(3, 0x40, 0x3F, 0x50, 129, 0));
    expect_light(&maker, PM_COLOR_GRAY, (const double[]){1, 0.7356, 1}, 3);
    set(&maker, 259, SGILOG24);
    finish(&maker, BYTES(1, 2, 3));
    expect_error(maker.file, maker.size, PM_ERROR_UNSUPPORTED, "is LogLuv of an unsupported kind");
    set(&maker, 259, 1);
    finish(&maker, BYTES(1, 2, 3, 4, 5, 6));
    expect_error(maker.file, maker.size, PM_ERROR_UNSUPPORTED, "is LogLuv of an unsupported kind");
    set(&maker, 259, SGILOG);
    set(&maker, 262, 1);
    finish(&maker, BYTES(1, 2, 3));
    expect_error(maker.file, maker.size, PM_ERROR_UNSUPPORTED, "is LogLuv of an unsupported kind");
}

/* White, BT.709's red, and a grey of a quarter of white's light. */
Test(tiff_samples, logluv_becomes_srgb)
{
    static const double srgb[] = {1, 1, 1, 1, 0, 0, 0.5371, 0.5371, 0.5371};
    struct maker maker = maker_of(3, 1, 16, 3, LOGLUV);
    set_tags(&maker, 258, 3, 3, (const uint32_t[]){16, 16, 16});
    set(&maker, 259, SGILOG);
    finish(&maker, BYTES(3, 0x40, 0x3D, 0x3E, 3, 0, 0xC4, 0, 3, 86, 184, 86, 3, 194, 214, 194));
    expect_light(&maker, PM_COLOR_RGB, srgb, 3); /* the others differ by the steps of u and v */
    struct lent lent;
    struct pm_image image;
    cr_assert_eq(decode(maker.file, maker.size, false, &lent, &image), 0, "%s", lent.error.message);
    const uint16_t *row = (const uint16_t *)(const void *)plane_row(&image.plane[0], 0);
    for (unsigned i = 3; i < 9; i++)
        cr_expect_lt(fabs(row[i] / 65535.0 - srgb[i]), 0.12, "%u: %u", i, row[i]);
    lent_free(&lent);
    maker = maker_of(2, 1, 16, 3, LOGLUV); /* 24 bits: 10 of light, then a colour, which if unknown is grey */
    set_tags(&maker, 258, 3, 3, (const uint32_t[]){16, 16, 16});
    set(&maker, 259, SGILOG24);
    finish(&maker, BYTES(0xC0, 0x3F, 0xFF, 0xB0, 0x3F, 0xFF));
    expect_light(&maker, PM_COLOR_RGB, (const double[]){1, 1, 1, 0.7356, 0.7356, 0.7356}, 6);
    maker = maker_of(60000, 200, 16, 3, LOGLUV);
    set_tags(&maker, 258, 3, 3, (const uint32_t[]){16, 16, 16});
    set(&maker, 259, SGILOG);
    finish(&maker, BYTES(1, 2));
    expect_error(maker.file, maker.size, PM_ERROR_LIMIT, "is LogLuv with strips of more than 16 MiB");
}
