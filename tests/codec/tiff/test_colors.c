/* TIFF of YCbCr, CIELAB and old-style JPEG, which become RGB. */
#include <criterion/criterion.h>
#include <string.h>

#include "codec/options.h"
#include "codec/tiff/maker.h"
#include "pictures.h"

static void begin(void)
{
    struct pm_error error = {0};
    if (codec_part_find(&codec_tiff, &error) != 0)
        cr_skip_test("%s", error.message);
}

TestSuite(tiff_colors, .init = begin);

extern const struct codec codec_jpeg;

#define ROW(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

/* As of lcms2's transicc, for the same Lab; white has no tint. */
Test(tiff_colors, cielab_becomes_srgb)
{
    static const uint16_t cie[] = {32768, 60 * 256, 20 * 256, UINT16_MAX, 0, 0, 32768, 0, 0},
                          icc[] = {32640,  188 * 256, 148 * 256, 0xFF00, 0x8000,
                                   0x8000, 32640,     0x8000,    0x8000};
    static const double rgb[] = {210.6063, 61.3206, 89.0929, 255, 255, 255, 118.9133, 118.9133, 118.9133};
    for (unsigned photometric = 8; photometric <= 9; photometric++) {
        struct maker maker = maker_of(3, 1, 16, 3, photometric);
        struct lent lent;
        struct pm_image image;
        set_tags(&maker, 258, 3, 3, (const uint32_t[]){16, 16, 16});
        finish(&maker, photometric == 8 ? cie : icc, sizeof cie);
        cr_assert_eq(decode(maker.file, maker.size, false, &lent, &image), 0, "%s", lent.error.message);
        cr_expect(image.format.color == PM_COLOR_RGB && image.format.depth == 16);
        const uint16_t *row = (const uint16_t *)(const void *)plane_row(&image.plane[0], 0);
        for (unsigned i = 0; i < 9; i++)
            cr_expect_leq(abs((int)row[i] - (int)(rgb[i] * 257)), 40, "%u: %u", i, row[i]);
        lent_free(&lent);
    }
    struct maker maker = maker_of(1, 1, 8, 3, 8);
    set_tags(&maker, 258, 3, 3, (const uint32_t[]){8, 8, 8});
    finish(&maker, (const uint8_t[]){255, 0, 0}, 3);
    expect_row(&maker, PM_COLOR_RGB, PM_ALPHA_NONE, 8, ROW(255, 255, 255));
    set_tags(&maker, 258, 3, 3, (const uint32_t[]){4, 4, 4});
    finish(&maker, (const uint8_t[]){255, 0}, 2);
    expect_error(maker.file, maker.size, PM_ERROR_UNSUPPORTED, "CIELAB of other than 8 or 16 bits");
    maker = maker_of(1, 1, 8, 4, 8);
    set_tags(&maker, 258, 3, 4, (const uint32_t[]){8, 8, 8, 8});
    set(&maker, 338, 1);
    finish(&maker, (const uint8_t[]){255, 0, 0, 128}, 4);
    expect_error(maker.file, maker.size, PM_ERROR_UNSUPPORTED, "multiplied by its alpha");
}

/* What info shows. */
static void expect_sampling(const struct maker *maker, unsigned x, unsigned y)
{
    struct pm_info info;
    struct pm_error error = {0};
    cr_assert_eq(pm_probe(maker->file, maker->size, &info, &error), 0, "%s", error.message);
    cr_expect(info.stored_x == x && info.stored_y == y, "%u, %u", info.stored_x, info.stored_y);
}

/* The default is 2 by 2; numbers that may not be there are taken as 1; RGB has none. */
Test(tiff_colors, chroma_sampling_is_shown)
{
    struct maker maker = maker_of(4, 2, 8, 3, 6);
    set_tags(&maker, 258, 3, 3, (const uint32_t[]){8, 8, 8});
    finish(&maker, (const uint8_t[12]){0}, 12);
    expect_sampling(&maker, 2, 2);
    set_tags(&maker, 530, 3, 2, (const uint32_t[]){4, 1});
    finish(&maker, (const uint8_t[12]){0}, 12);
    expect_sampling(&maker, 4, 1);
    set_tags(&maker, 530, 3, 2, (const uint32_t[]){3, 65535});
    finish(&maker, (const uint8_t[12]){0}, 12);
    expect_sampling(&maker, 1, 1);
    set(&maker, 262, 2);
    finish(&maker, (const uint8_t[12]){0}, 12);
    expect_sampling(&maker, 0, 0);
}

/* 4 x 2 pixels in two units: four luma samples, then both chroma samples. Grey, then a red. */
Test(tiff_colors, subsampled_ycbcr_becomes_rgb)
{
    static const uint8_t strip[] = {0, 50, 100, 255, 128, 128, 100, 100, 100, 100, 90, 200};
    static const uint8_t rgb[2][12] = {{0, 0, 0, 50, 50, 50, 201, 62, 33, 201, 62, 33},
                                       {100, 100, 100, 255, 255, 255, 201, 62, 33, 201, 62, 33}};
    struct maker maker = maker_of(4, 2, 8, 3, 6);
    struct lent lent;
    struct pm_image image;
    set_tags(&maker, 258, 3, 3, (const uint32_t[]){8, 8, 8});
    set_tags(&maker, 530, 3, 2, (const uint32_t[]){2, 2});
    set_rationals(&maker, 532, 6, (const uint32_t[]){0, 1, 255, 1, 128, 1, 255, 1, 128, 1, 255, 1});
    finish(&maker, strip, sizeof strip);
    expect_sampling(&maker, 2, 2);
    cr_assert_eq(decode(maker.file, maker.size, false, &lent, &image), 0, "%s", lent.error.message);
    cr_expect(image.format.color == PM_COLOR_RGB && image.format.depth == 8);
    for (unsigned i = 0; i < 24; i++)
        cr_expect_leq(abs(plane_row(&image.plane[0], i / 12)[i % 12] - rgb[i / 12][i % 12]), 1, "%u", i);
    lent_free(&lent);
    set(&maker, 274, 3); /* rows stay as they are stored */
    finish(&maker, strip, sizeof strip);
    cr_assert_eq(decode(maker.file, maker.size, false, &lent, &image), 0, "%s", lent.error.message);
    cr_expect_eq(image.orientation, 3);
    cr_expect_leq(plane_row(&image.plane[0], 0)[0], 1);
    lent_free(&lent);
    set(&maker, 284, 2); /* planes: which libtiff does not read subsampled */
    set_tags(&maker, 273, 4, 3, (const uint32_t[]){8, 16, 18});
    set_tags(&maker, 279, 4, 3, (const uint32_t[]){8, 2, 2});
    finish(&maker, strip, sizeof strip);
    expect_error(maker.file, maker.size, PM_ERROR_UNSUPPORTED, "of a kind that libtiff does not read");
}

/* 36 bytes of a profile that says which colours it has. */
static void set_profile(struct maker *maker, const char *space)
{
    uint32_t words[9] = {0};
    memcpy(&words[4], space, 4);
    set_tags(maker, 34675, 4, 9, words);
}

/* TIFF 6.0, section 22: a whole JPEG, with its place and size in tags of their own. 16 x 16 pixels of 90. */
static struct maker old_jpeg(enum pm_color color, const char *profile)
{
    struct lent lent;
    struct buffer jpeg = {0};
    const bool grey = color == PM_COLOR_GRAY;
    lent_init(&lent);
    const struct pm_image plain = picture(&lent, 16, 16, color, false, 8);
    for (uint32_t y = 0; y < 16; y++)
        memset(plane_row(&plain.plane[0], y), 90, (size_t)plain.plane[0].channels * 16);
    unsigned char options[CODEC_OPTIONS_BYTES];
    codec_options_init(&codec_jpeg, options);
    cr_assert_eq(codec_encode(&codec_jpeg, &plain, options, &jpeg, &lent.context), 0);
    lent_free(&lent);
    struct maker maker = maker_of(16, 16, 8, grey ? 1 : 3, grey ? 1 : 6);
    if (!grey)
        set_tags(&maker, 258, 3, 3, (const uint32_t[]){8, 8, 8});
    set(&maker, 259, 6);
    set_tags(&maker, 513, 4, 1, (const uint32_t[]){8});
    set_tags(&maker, 514, 4, 1, (const uint32_t[]){(uint32_t)jpeg.size});
    set_tags(&maker, 530, 3, 2, (const uint32_t[]){2, 2});
    if (profile != NULL)
        set_profile(&maker, profile);
    finish(&maker, jpeg.data, jpeg.size);
    buffer_free(&jpeg);
    return maker;
}

static void expect_level(const struct pm_image *image, int level, int tolerance)
{
    for (uint32_t y = 0; y < image->height; y++) {
        for (uint32_t i = 0; i < 3 * image->width; i++)
            cr_assert_leq(abs(plane_row(&image->plane[0], y)[i] - level), tolerance, "%u, %u", y, i);
    }
}

Test(tiff_colors, old_style_jpeg_is_read)
{
    struct lent lent;
    struct pm_image image;
    struct maker maker = old_jpeg(PM_COLOR_RGB, NULL);
    cr_assert_eq(decode(maker.file, maker.size, false, &lent, &image), 0, "%s", lent.error.message);
    expect_level(&image, 90, 2);
    lent_free(&lent);
    maker = maker_of(2, 2, 4, 1, 1);
    set(&maker, 259, 6);
    finish(&maker, (const uint8_t[]){1, 2}, 2);
    expect_error(maker.file, maker.size, PM_ERROR_UNSUPPORTED,
                 "is old-style JPEG (compression 6) of 4 bits (8 are read)");
}

/* libtiff has two lines for it: subsampled, and not YCbCr. */
Test(tiff_colors, an_error_is_one_line)
{
    struct lent lent;
    struct pm_image image;
    struct maker maker = old_jpeg(PM_COLOR_RGB, NULL);
    uint8_t jpeg[FILE_MAX];
    const size_t size = maker.tags[8].value[0]; /* of the strip */
    memcpy(jpeg, maker.file + 8, size);
    set(&maker, 259, 7);
    set(&maker, 262, 8);
    finish(&maker, jpeg, size);
    cr_assert_eq(decode(maker.file, maker.size, false, &lent, &image), -1, "it was read");
    cr_expect_eq(lent.error.kind, PM_ERROR_CORRUPT);
    cr_expect_null(strchr(lent.error.message, '\n'), "%s", lent.error.message);
    cr_expect_not_null(strstr(lent.error.message, "sampling factors"), "%s", lent.error.message);
    lent_free(&lent);
}

/* --- missing rows ------------------------------------------------------------------------------------ */

/* Strips or tiles of one unit of 2 x 2 pixels: the first is white, the second is past the end. */
Test(tiff_colors, missing_ycbcr_is_grey)
{
    enum { TILE = 16 };
    struct lent lent;
    struct pm_image image;
    for (int tiled = 0; tiled <= 1; tiled++) {
        uint8_t piece[TILE * TILE * 3 / 2];
        const uint32_t size = tiled ? sizeof piece : 6;
        struct maker maker = maker_of(tiled ? 2 * TILE : 2, tiled ? TILE : 4, 8, 3, 6);
        for (unsigned i = 0; i < sizeof piece; i++)
            piece[i] = i % 6 < 4 ? 255 : 128;
        set_tags(&maker, 258, 3, 3, (const uint32_t[]){8, 8, 8});
        set_tags(&maker, 530, 3, 2, (const uint32_t[]){2, 2});
        set_rationals(&maker, 532, 6, (const uint32_t[]){0, 1, 255, 1, 128, 1, 255, 1, 128, 1, 255, 1});
        set(&maker, 278, 2);
        if (tiled) {
            set(&maker, 322, TILE);
            set(&maker, 323, TILE);
        }
        set_tags(&maker, 273, 4, 2, (const uint32_t[]){8, 5000});
        set_tags(&maker, 279, 4, 2, (const uint32_t[]){size, size});
        finish(&maker, piece, size);
        expect_error(maker.file, maker.size, PM_ERROR_TRUNCATED, "ends too early");
        cr_assert_eq(decode(maker.file, maker.size, true, &lent, &image), 0, "%s", lent.error.message);
        cr_expect_str_eq(warnings, "ends too early; the missing rows are grey\n");
        const struct pm_plane *plane = &image.plane[0];
        for (uint32_t y = 0; y < image.height; y++) {
            for (uint32_t i = 0; i < 3 * image.width; i++) {
                const bool there = tiled ? i < 3 * TILE : y < 2;
                cr_assert_eq(plane_row(plane, y)[i], there ? 255 : 0x80, "%d: %u, %u", tiled, y, i);
            }
        }
        lent_free(&lent);
    }
}

Test(tiff_colors, missing_old_style_jpeg_is_grey)
{
    struct lent lent;
    struct pm_image image;
    struct maker maker = maker_of(16, 16, 8, 3, 6);
    set_tags(&maker, 258, 3, 3, (const uint32_t[]){8, 8, 8});
    set(&maker, 259, 6);
    set(&maker, 273, 5000);
    set_tags(&maker, 513, 4, 1, (const uint32_t[]){5000});
    set_tags(&maker, 514, 4, 1, (const uint32_t[]){600});
    set_tags(&maker, 530, 3, 2, (const uint32_t[]){2, 2});
    finish(&maker, (const uint8_t[]){1, 2}, 2);
    expect_error(maker.file, maker.size, PM_ERROR_TRUNCATED, "ends too early");
    cr_assert_eq(decode(maker.file, maker.size, true, &lent, &image), 0, "%s", lent.error.message);
    cr_expect_eq(warned, 1);
    expect_level(&image, 0x80, 0);
    lent_free(&lent);
}

Test(tiff_colors, missing_cielab_is_grey)
{
    static const uint32_t white[2][2][2] = {{{0x0000FF, 0}, {0x8080FF, 0}},
                                            {{0x0000FFFF, 0}, {0x8000FF00, 0x8000}}};
    for (unsigned i = 0; i < 4; i++) {
        struct lent lent;
        struct pm_image image;
        const unsigned bits = i & 1 ? 16 : 8, icc = i >> 1;
        struct maker maker = maker_of(1, 2, bits, 3, 8 + icc);
        set_tags(&maker, 258, 3, 3, (const uint32_t[]){bits, bits, bits});
        set(&maker, 278, 1);
        set_tags(&maker, 273, 4, 2, (const uint32_t[]){8, 5000});
        set_tags(&maker, 279, 4, 2, (const uint32_t[]){3 * bits / 8, 3 * bits / 8});
        finish(&maker, white[i & 1][icc], 3 * bits / 8);
        cr_assert_eq(decode(maker.file, maker.size, true, &lent, &image), 0, "%s", lent.error.message);
        for (unsigned y = 0; y < 2; y++) {
            const uint8_t *row = plane_row(&image.plane[0], y);
            unsigned rgb[3];
            for (unsigned c = 0; c < 3; c++)
                rgb[c] = bits == 8 ? row[c] : ((const uint16_t *)(const void *)row)[c] / 257;
            cr_expect(y == 0 || (rgb[0] == rgb[1] && rgb[1] == rgb[2]), "%u: %u %u %u", i, rgb[0], rgb[1],
                      rgb[2]);
            cr_expect(y == 0 ? rgb[0] >= 254 : rgb[0] > 110 && rgb[0] < 130, "%u, %u: %u", i, y, rgb[0]);
        }
        lent_free(&lent);
    }
}

/* --- limits ------------------------------------------------------------------------------------------ */

/* Tiles that are far higher than the page: only what is shown is converted. */
Test(tiff_colors, a_tile_beyond_the_page_takes_no_memory)
{
    enum { TILE = 16, HIGH = 1 << 18 };
    struct lent lent;
    struct pm_image image;
    struct maker maker = maker_of(TILE * 8, TILE, 8, 3, 6);
    uint32_t zero[8] = {0};
    set_tags(&maker, 258, 3, 3, (const uint32_t[]){8, 8, 8});
    set_tags(&maker, 530, 3, 2, (const uint32_t[]){1, 1});
    set(&maker, 322, TILE);
    set_tags(&maker, 323, 4, 1, (const uint32_t[]){HIGH});
    set_tags(&maker, 273, 4, 8, zero);
    set_tags(&maker, 279, 4, 8, zero);
    finish(&maker, (const uint8_t[]){1}, 1);
    cr_expect_eq(decode(maker.file, maker.size, false, &lent, &image), -1);
    cr_expect_leq(lent.job_arena.peak, 1 << 20, "%zu", lent.job_arena.peak);
    lent_free(&lent);
    set(&maker, 284, 2); /* planes, which libtiff holds together to convert them */
    set_tags(&maker, 323, 4, 1, (const uint32_t[]){2 * HIGH});
    set(&maker, 256, TILE);
    set_tags(&maker, 273, 4, 3, zero);
    set_tags(&maker, 279, 4, 3, zero);
    finish(&maker, (const uint8_t[]){1}, 1);
    expect_error(maker.file, maker.size, PM_ERROR_LIMIT, "has tiles of more than 16 MiB");
}

/* A power of each sample takes long: a job can be stopped while they are converted. */
Test(tiff_colors, cielab_can_be_stopped)
{
    static uint8_t strip[3 * 200];
    unsigned counts[2];
    for (unsigned i = 0; i < 2; i++) {
        struct lent lent;
        struct pm_image image;
        struct maker maker = maker_of(1, 200, 8, 3, i == 0 ? 2 : 8);
        set_tags(&maker, 258, 3, 3, (const uint32_t[]){8, 8, 8});
        finish(&maker, strip, sizeof strip);
        cr_assert_eq(decode(maker.file, maker.size, false, &lent, &image), 0, "%s", lent.error.message);
        counts[i] = checked;
        lent_free(&lent);
    }
    cr_expect_eq(counts[1], counts[0] + 4);
}

/* --- what describes other samples -------------------------------------------------------------------- */

static void expect_profile(const struct maker *maker, bool kept, const char *warning)
{
    struct lent lent;
    struct pm_image image;
    cr_assert_eq(decode(maker->file, maker->size, false, &lent, &image), 0, "%s", lent.error.message);
    cr_expect_eq(image.meta.icc.size, kept ? 36 : 0);
    cr_expect_str_eq(warnings, warning);
    cr_expect_not(image.meta.has_chromaticities);
    lent_free(&lent);
}

Test(tiff_colors, a_profile_of_other_samples_is_left_out)
{
    static const char warning[] = "its ICC profile is left out: the picture is converted to RGB without it\n";
    static const uint32_t white[] = {345704, 1000000, 358540, 1000000};
    static const uint32_t primaries[] = {7347, 10000, 2653, 10000, 1596, 10000,
                                         8404, 10000, 366,  10000, 1,    10000};
    for (unsigned photometric = 8; photometric <= 9; photometric++) {
        struct maker maker = maker_of(1, 1, 8, 3, photometric);
        set_tags(&maker, 258, 3, 3, (const uint32_t[]){8, 8, 8});
        set_rationals(&maker, 318, 2, white);
        set_rationals(&maker, 319, 6, primaries);
        set_profile(&maker, "Lab ");
        finish(&maker, (const uint8_t[]){1, 2, 3}, 3);
        expect_profile(&maker, false, warning);
    }
    struct maker maker = old_jpeg(PM_COLOR_RGB, "RGB ");
    expect_profile(&maker, true, "");
    maker = old_jpeg(PM_COLOR_GRAY, "GRAY"); /* which libtiff makes RGB of */
    expect_profile(&maker, false, warning);
}
