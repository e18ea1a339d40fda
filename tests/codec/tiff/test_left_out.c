/* What a page of a TIFF has beside its pixels: it is kept, or a warning names it. */
#include "codec/tiff/maker.h"

static void begin(void)
{
    struct pm_error error = {0};
    if (codec_part_find(&codec_tiff, &error) != 0)
        cr_skip_test("%s", error.message);
}

TestSuite(tiff_left_out, .init = begin);

static void expect_warnings(const struct maker *maker, unsigned keep, const char *expected)
{
    const struct decode_request request = {.keep = keep};
    struct lent lent;
    struct pm_image image;
    cr_assert_eq(decode_by(&request, maker->file, maker->size, &lent, &image), 0, "%s", lent.error.message);
    cr_expect_str_eq(warnings, expected);
    lent_free(&lent);
}

Test(tiff_left_out, tags_that_no_result_has_are_named)
{
    static const struct {
        unsigned tag;
        const char *kept, *all; /* warnings with --keep=exif, and with --keep=all */
    } rows[] = {
        {34377, "", "Photoshop's image resources are left out, but for IPTC\n"},
        {33550, "", "its place on the earth (GeoTIFF) is left out\n"},
        {33922, "", "its place on the earth (GeoTIFF) is left out\n"},
        {34264, "", "its place on the earth (GeoTIFF) is left out\n"},
        {34735, "", "its place on the earth (GeoTIFF) is left out\n"},
        {34737, "", "its place on the earth (GeoTIFF) is left out\n"},
        {42112, "", "its place on the earth (GeoTIFF) is left out\n"},
        {286, "", "tags about the printed page (position, number, inks) are left out\n"},
        {37724, "Photoshop's layers are left out: the result is the picture that they make\n", NULL},
        {301, "its transfer function is ignored, and colours may change\n", NULL},
        {50838, "its tag 50838, of unknown contents, is left out\n", NULL},
        {33432, "", ""},
        {34850, "", ""},
        {266, "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct maker maker = maker_of(2, 2, 8, 1, 1);
        set(&maker, rows[i].tag, 1);
        finish(&maker, (const uint8_t[]){1, 2, 3, 4}, 4);
        expect_warnings(&maker, KEEP_EXIF, rows[i].kept);
        expect_warnings(&maker, KEEP_ALL, rows[i].all != NULL ? rows[i].all : rows[i].kept);
    }
}

Test(tiff_left_out, a_crowd_of_unknown_tags_is_counted)
{
    struct maker maker = maker_of(2, 2, 8, 1, 1);
    for (unsigned i = 0; i < 10; i++)
        set(&maker, 60000 + i, 1);
    finish(&maker, (const uint8_t[]){1, 2, 3, 4}, 4);
    struct lent lent;
    struct pm_image image;
    cr_assert_eq(decode(maker.file, maker.size, false, &lent, &image), 0);
    cr_expect_eq(warned, 9);
    cr_expect_not_null(strstr(warnings, "tag 60007,"), "%s", warnings);
    cr_expect_not_null(strstr(warnings, "2 further tags of unknown contents are left out\n"), "%s", warnings);
    lent_free(&lent);
}

/* Photoshop's resources: number 0x0404 has IPTC, here a by-line. */
Test(tiff_left_out, iptc_is_found_in_photoshops_resources)
{
    static const char resources[] = "8BIM\4\4\0\0\0\0\0\x8\x1c\2\x50\0\3Ann";
    const uint8_t *iptc = (const uint8_t *)resources + 12;
    struct maker maker = maker_of(2, 2, 8, 1, 1);
    uint32_t words[5];
    struct lent lent;
    struct pm_image image;
    memcpy(words, resources, sizeof words);
    set_tags(&maker, 34377, 4, 5, words);
    finish(&maker, (const uint8_t[]){1, 2, 3, 4}, 4);
    cr_assert_eq(decode(maker.file, maker.size, false, &lent, &image), 0, "%s", lent.error.message);
    cr_assert_eq(image.meta.iptc.size, 8);
    cr_expect_arr_eq(image.meta.iptc.data, iptc, 8);
    cr_expect_str_eq(warnings, "");
    lent_free(&lent);
}

Test(tiff_left_out, white_point_and_primaries_say_what_colours_mean)
{
    static const uint32_t white[] = {345704, 1000000, 358540, 1000000}; /* ROMM RGB */
    static const uint32_t primaries[] = {7347, 10000, 2653, 10000, 1596, 10000,
                                         8404, 10000, 366,  10000, 1,    10000};
    struct maker maker = maker_of(1, 1, 8, 3, 2);
    struct lent lent;
    struct pm_image image;
    set_tags(&maker, 258, 3, 3, (const uint32_t[]){8, 8, 8});
    set_rationals(&maker, 318, 2, white);
    set_rationals(&maker, 319, 6, primaries);
    finish(&maker, (const uint8_t[]){1, 2, 3}, 3);
    cr_assert_eq(decode(maker.file, maker.size, false, &lent, &image), 0, "%s", lent.error.message);
    cr_assert(image.meta.has_chromaticities);
    cr_expect_float_eq(image.meta.chromaticities[0], 0.345704, 1e-9);
    cr_expect_float_eq(image.meta.chromaticities[2], 0.7347, 1e-9);
    cr_expect_float_eq(image.meta.chromaticities[7], 0.0001, 1e-9);
    lent_free(&lent);
}
