/* Reading BMP files that are built here byte by byte. */
#include <criterion/criterion.h>
#include <string.h>

#include "codec/reader.h"
#include "image/row_source.h"
#include "lent.h"

extern const struct codec codec_bmp;

enum { INFO = 40, V4 = 108, V5 = 124, RGB = 0, RLE8 = 1, RLE4 = 2, BITFIELDS = 3 };

/* A file as it grows. */
struct file {
    uint8_t bytes[4096];
    size_t size;
};

static void put16(struct file *file, size_t at, unsigned value)
{
    file->bytes[at] = (uint8_t)value;
    file->bytes[at + 1] = (uint8_t)(value >> 8);
}

static void put32(struct file *file, size_t at, uint32_t value)
{
    put16(file, at, value & 0xFFFF);
    put16(file, at + 2, value >> 16);
}

static void append(struct file *file, const void *bytes, size_t size)
{
    memcpy(file->bytes + file->size, bytes, size);
    file->size += size;
}

/* Headers; the pixels begin after a further `tail` bytes, appended next. */
static struct file begin(uint32_t header, int32_t width, int32_t height, unsigned bits, uint32_t coding,
                         size_t tail)
{
    struct file file = {.size = 14 + header};
    file.bytes[0] = 'B';
    file.bytes[1] = 'M';
    put32(&file, 10, (uint32_t)(14 + header + tail));
    put32(&file, 14, header);
    if (header == 12) {
        put16(&file, 18, (unsigned)width);
        put16(&file, 20, (unsigned)height);
        put16(&file, 22, 1);
        put16(&file, 24, bits);
        return file;
    }
    put32(&file, 18, (uint32_t)width);
    put32(&file, 22, (uint32_t)height);
    put16(&file, 26, 1);
    put16(&file, 28, bits);
    put32(&file, 30, coding);
    return file;
}

struct heard {
    unsigned count;
    char last[160];
};

static void hear(struct context *context, const char *message)
{
    struct heard *heard = context->lender;
    heard->count++;
    strncpy(heard->last, message, sizeof heard->last - 1);
}

static const struct context_ops ops = {.warn = hear};

static int decode_with(struct lent *lent, const struct file *file, const struct decode_request *request,
                       struct heard *heard, struct pm_image *image)
{
    *heard = (struct heard){0};
    lent->error = (struct pm_error){0};
    lent->context.ops = &ops;
    lent->context.lender = heard;
    return reader_decode(&codec_bmp, file->bytes, file->size, request, image, &lent->context);
}

/* Checks the samples, and that there was no warning. */
static void expect_samples(const char *what, const struct file *file, const uint8_t *samples,
                           unsigned channels, uint32_t width, uint32_t height)
{
    struct lent lent;
    struct heard heard;
    struct pm_image image = {0};
    const struct decode_request request = {0};
    lent_init(&lent);
    cr_assert_eq(decode_with(&lent, file, &request, &heard, &image), 0, "%s: %s", what, lent.error.message);
    cr_expect_eq(heard.count, 0, "%s: %s", what, heard.last);
    cr_assert_eq(image.width, width, "%s", what);
    cr_assert_eq(image.height, height, "%s", what);
    cr_assert_eq(image.plane[0].channels, channels, "%s: %u", what, image.plane[0].channels);
    for (uint32_t y = 0; y < height; y++)
        cr_expect_arr_eq(plane_row(&image.plane[0], y), samples + (size_t)y * width * channels,
                         (size_t)width * channels, "%s, row %u", what, y);
    lent_free(&lent);
}

static int error_of(const struct file *file, bool allow, struct pm_error *error)
{
    struct lent lent;
    struct heard heard;
    struct pm_image image;
    const struct decode_request request = {.allow_truncated = allow};
    lent_init(&lent);
    int kind = PM_OK;
    if (decode_with(&lent, file, &request, &heard, &image) != 0)
        kind = lent.error.kind;
    *error = lent.error;
    lent_free(&lent);
    return kind;
}

/* --- pixels ---------------------------------------------------------------------------------------- */

/* Blue, green, red, 0. */
static const uint8_t colors[] = {10, 20, 30, 0, 40, 50, 60, 0, 70, 80, 90, 0, 1, 2, 3, 0};

Test(bmp, palettes_of_every_depth)
{
    static const uint8_t expected[] = {30, 20, 10, 60, 50, 40, 30, 20, 10};
    static const struct {
        unsigned bits;
        uint8_t row[4];
    } depths[] = {{1, {0x40}}, {2, {0x10}}, {4, {0x01, 0x00}}, {8, {0, 1, 0}}};
    for (size_t i = 0; i < 4; i++) {
        struct file file = begin(INFO, 3, 1, depths[i].bits, RGB, 8);
        put32(&file, 46, 2);
        append(&file, colors, 8);
        append(&file, depths[i].row, 4);
        expect_samples("a palette", &file, expected, 3, 3, 1);
    }
}

Test(bmp, a_grey_palette_makes_a_grey_picture)
{
    static const uint8_t gray[] = {0, 0, 0, 0, 200, 200, 200, 0}, row[] = {0x80, 0, 0, 0};
    static const uint8_t expected[] = {200, 0};
    struct file file = begin(INFO, 2, 1, 1, RGB, sizeof gray);
    append(&file, gray, sizeof gray);
    append(&file, row, sizeof row);
    expect_samples("grey", &file, expected, 1, 2, 1);
}

Test(bmp, the_core_header_has_colours_of_three_bytes)
{
    static const uint8_t rgb[] = {10, 20, 30, 40, 50, 60}, row[] = {0x40, 0, 0, 0};
    static const uint8_t expected[] = {30, 20, 10, 60, 50, 40};
    struct file file = begin(12, 2, 1, 1, RGB, sizeof rgb);
    append(&file, rgb, sizeof rgb);
    append(&file, row, sizeof row);
    expect_samples("core", &file, expected, 3, 2, 1);
}

Test(bmp, rows_are_stored_from_the_bottom_or_the_top)
{
    static const uint8_t rows[] = {1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0};
    static const uint8_t up[] = {9, 8, 7, 12, 11, 10, 3, 2, 1, 6, 5, 4};
    static const uint8_t down[] = {3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10};
    struct file file = begin(INFO, 2, 2, 24, RGB, 0);
    append(&file, rows, sizeof rows);
    expect_samples("from the bottom", &file, up, 3, 2, 2);
    file.size -= 2; /* the last row's padding */
    expect_samples("without its padding", &file, up, 3, 2, 2);
    put32(&file, 22, (uint32_t)-2);
    expect_samples("from the top", &file, down, 3, 2, 2);
}

/* Each value of a mask is scaled to 0 to 255 and rounded. */
Test(bmp, masks_of_16_bits)
{
    static const uint8_t row[] = {0xFF, 0x7F, 0x01, 0x04}; /* white; and red 1, blue 1 */
    static const uint8_t expected[] = {255, 255, 255, 8, 0, 8};
    struct file file = begin(INFO, 2, 1, 16, RGB, 0);
    append(&file, row, sizeof row);
    expect_samples("5, 5, 5", &file, expected, 3, 2, 1);

    static const uint8_t other[] = {0xFF, 0xFF, 0x20, 0x08}; /* white; and red 1, green 1 */
    static const uint8_t wide[] = {255, 255, 255, 8, 4, 0};
    file = begin(INFO, 2, 1, 16, BITFIELDS, 12);
    file.size += 12;
    put32(&file, 54, 0xF800);
    put32(&file, 58, 0x07E0);
    put32(&file, 62, 0x001F);
    append(&file, other, sizeof other);
    expect_samples("5, 6, 5", &file, wide, 3, 2, 1);
}

/* The fourth byte is alpha only if a mask says so. */
Test(bmp, alpha_needs_a_mask)
{
    static const uint8_t row[] = {1, 2, 3, 77};
    static const uint8_t bare[] = {3, 2, 1}, clear[] = {3, 2, 1, 77};
    struct file file = begin(INFO, 1, 1, 32, RGB, 0);
    append(&file, row, sizeof row);
    expect_samples("no mask", &file, bare, 3, 1, 1);
    for (int alpha = 0; alpha < 2; alpha++) {
        file = begin(V4, 1, 1, 32, BITFIELDS, 0);
        put32(&file, 54, 0xFF0000);
        put32(&file, 58, 0xFF00);
        put32(&file, 62, 0xFF);
        put32(&file, 66, alpha ? 0xFF000000u : 0);
        put32(&file, 70, 0x73524742); /* sRGB */
        append(&file, row, sizeof row);
        expect_samples("a mask", &file, alpha ? clear : bare, alpha ? 4 : 3, 1, 1);
    }
}

Test(bmp, masks_of_more_than_8_bits_make_a_picture_of_16)
{
    struct lent lent;
    struct heard heard;
    struct pm_image image;
    const struct decode_request request = {0};
    struct file file = begin(INFO, 1, 1, 32, BITFIELDS, 12);
    file.size += 16;
    put32(&file, 54, 0x3FF00000);
    put32(&file, 58, 0x000FFC00);
    put32(&file, 62, 0x000003FF);
    put32(&file, 66, 0x3FF00000 | 512u << 10);
    lent_init(&lent);
    cr_assert_eq(decode_with(&lent, &file, &request, &heard, &image), 0, "%s", lent.error.message);
    cr_assert_eq(image.format.depth, 16);
    const uint16_t *samples = (const uint16_t *)(const void *)plane_row(&image.plane[0], 0);
    cr_expect_eq(samples[0], 65535);
    cr_expect_eq(samples[1], (512u * 65535 + 511) / 1023);
    cr_expect_eq(samples[2], 0);
    lent_free(&lent);
}

/* --- run lengths ----------------------------------------------------------------------------------- */

static struct file of_runs(unsigned bits, const uint8_t *runs, size_t size)
{
    struct file file = begin(INFO, 4, 3, bits, bits == 8 ? RLE8 : RLE4, 16);
    put32(&file, 46, 4);
    append(&file, colors, sizeof colors);
    append(&file, runs, size);
    return file;
}

/* The palette's indices as samples. */
static void expect_indices(const char *what, const struct file *file, const char *indices)
{
    uint8_t samples[36];
    for (size_t i = 0; i < 12; i++) {
        for (size_t c = 0; c < 3; c++)
            samples[3 * i + c] = colors[(size_t)(indices[i] - '0') * 4 + 2 - c];
    }
    expect_samples(what, file, samples, 3, 4, 3);
}

Test(bmp, run_lengths_of_8_bits)
{
    /* 4 of 1, the row's end; literals 1 2 3, padded, and 1 of 0; a step of 0, 0; the row's end; a step right
     * by 2; 2 of 3; the bitmap's end. */
    static const uint8_t runs[] = {4, 1, 0, 0, 0, 3, 1, 2, 3, 0, 1, 0, 0,
                                   2, 0, 0, 0, 0, 0, 2, 2, 0, 2, 3, 0, 1};
    struct file file = of_runs(8, runs, sizeof runs);
    expect_indices("RLE8", &file, "003312301111");
    file.size -= 2; /* complete without the end code */
    expect_indices("RLE8 without its end", &file, "003312301111");
}

Test(bmp, run_lengths_of_4_bits)
{
    /* 4 of 1 and 2 in turn; literals 1 2 3 (2 bytes); the end. A step to row 2 leaves the rest of row 1. */
    static const uint8_t runs[] = {4, 0x12, 0, 0, 0, 3, 0x12, 0x30, 0, 2, 0, 1, 1, 0x30, 0, 1};
    struct file file = of_runs(4, runs, sizeof runs);
    expect_indices("RLE4", &file, "000312301212");
}

Test(bmp, skipped_rows_have_the_first_colour)
{
    static const uint8_t runs[] = {0, 2, 1, 2, 1, 3, 0, 1};
    struct file file = of_runs(8, runs, sizeof runs);
    expect_indices("a step of two rows", &file, "030000000000");
    static const uint8_t none[] = {0, 1};
    file = of_runs(8, none, sizeof none);
    expect_indices("nothing", &file, "000000000000");
}

/* Decoded row by row with two rows in memory, and read twice. */
Test(bmp, rows_are_the_pictures)
{
    static const uint8_t runs[] = {4, 1, 0, 0, 0, 4, 1, 2, 3, 1, 0, 0, 2, 2, 2, 3, 0, 1};
    struct file files[2] = {of_runs(8, runs, sizeof runs), begin(INFO, 4, 3, 24, RGB, 0)};
    for (unsigned i = 0; i < 36; i++)
        files[1].bytes[files[1].size++] = (uint8_t)(7 * i);
    for (int i = 0; i < 2; i++) {
        struct lent lent;
        struct heard heard;
        struct pm_image image, bare;
        struct row_source *rows;
        const struct decode_request whole = {0}, request = {.window = 2};
        lent_init(&lent);
        cr_assert_eq(decode_with(&lent, &files[i], &whole, &heard, &image), 0, "%s", lent.error.message);
        struct reader *reader =
            reader_open(&codec_bmp, NULL, files[i].bytes, files[i].size, &request, &lent.context);
        cr_assert_not_null(reader);
        cr_assert_eq(reader_rows(reader, &bare, &rows, &lent.context), 0);
        for (int pass = 0; pass < 2; pass++) {
            cr_assert_eq(row_source_begin(rows, 2, &lent.context), 0);
            for (uint32_t y = 0; y < 3; y++) {
                cr_assert_eq(row_source_make(rows, y + 1, &lent.context), 0);
                cr_expect_arr_eq(row_source_row(rows, y), plane_row(&image.plane[0], y), 12);
            }
        }
        reader_close(reader);
        lent_free(&lent);
    }
}

/* --- damage ---------------------------------------------------------------------------------------- */

static void expect_warning(const char *what, const struct file *file, bool allow, const char *warning)
{
    struct lent lent;
    struct heard heard;
    struct pm_image image;
    const struct decode_request request = {.allow_truncated = allow};
    lent_init(&lent);
    cr_assert_eq(decode_with(&lent, file, &request, &heard, &image), 0, "%s: %s", what, lent.error.message);
    cr_expect_eq(heard.count, 1, "%s: %u", what, heard.count);
    cr_expect_not_null(strstr(heard.last, warning), "%s: %s", what, heard.last);
    lent_free(&lent);
}

Test(bmp, a_cut_file_is_truncated_and_allowed_on_request)
{
    static const uint8_t runs[] = {4, 1, 0, 0, 4, 2, 0, 0, 0, 4, 1, 2, 3, 1};
    struct file raw = begin(INFO, 4, 3, 24, RGB, 0), coded = of_runs(8, runs, sizeof runs);
    struct pm_error error;
    raw.size += 35;
    coded.size--;
    struct file *const files[] = {&raw, &coded};
    for (int i = 0; i < 2; i++) {
        cr_expect_eq(error_of(files[i], false, &error), PM_ERROR_TRUNCATED, "%s", error.message);
        cr_expect_eq(error.hint, PM_HINT_ALLOW_TRUNCATED);
        expect_warning("cut", files[i], true, "the missing rows are grey");
    }
    struct lent lent;
    struct heard heard;
    struct pm_image image;
    const struct decode_request request = {.allow_truncated = true};
    lent_init(&lent);
    cr_assert_eq(decode_with(&lent, &coded, &request, &heard, &image), 0);
    cr_expect_eq(plane_row(&image.plane[0], 0)[0], 0x80, "the top row, which is stored last");
    cr_expect_eq(plane_row(&image.plane[0], 1)[0], 90);
    lent_free(&lent);
}

Test(bmp, oddities_are_warned_of)
{
    static const uint8_t row[] = {0, 9, 0, 0}, runs[] = {9, 1, 0, 1};
    struct file file = begin(INFO, 4, 1, 8, RGB, 8);
    put32(&file, 46, 2);
    append(&file, colors, 8);
    append(&file, row, 4);
    expect_warning("an index of no colour", &file, false, "not in its palette");
    file = of_runs(8, runs, sizeof runs);
    expect_warning("a run past the row", &file, false, "beyond the end of a row");
}

Test(bmp, every_kind_of_damage_has_its_error)
{
    static const struct {
        const char *what;
        size_t at;
        uint32_t value;
        int kind;
    } cases[] = {
        {"no width", 18, 0, PM_ERROR_CORRUPT},
        {"negative width", 18, 0xFFFFFFFE, PM_ERROR_CORRUPT},
        {"no height", 22, 0, PM_ERROR_CORRUPT},
        {"the lowest height", 22, 0x80000000, PM_ERROR_CORRUPT},
        {"5 bits", 28, 5, PM_ERROR_CORRUPT},
        {"64 bits", 28, 64, PM_ERROR_UNSUPPORTED},
        {"a JPEG", 30, 4, PM_ERROR_UNSUPPORTED},
        {"a PNG", 30, 5, PM_ERROR_UNSUPPORTED},
        {"CMYK", 30, 11, PM_ERROR_UNSUPPORTED},
        {"coding 99", 30, 99, PM_ERROR_CORRUPT},
        {"RLE8 of 24 bits", 30, 1, PM_ERROR_CORRUPT},
        {"a header of 41 bytes", 14, 41, PM_ERROR_UNSUPPORTED},
        {"a longer header than the file", 14, V5, PM_ERROR_TRUNCATED},
        {"pixels within the header", 10, 20, PM_ERROR_CORRUPT},
        {"pixels behind the file", 10, 4000, PM_ERROR_TRUNCATED},
        {"a picture of 4 G pixels", 18, 2000000000, PM_ERROR_LIMIT},
        {"of a million rows", 22, 1000000, PM_ERROR_TRUNCATED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct file file = begin(INFO, 2, 2, 24, RGB, 0);
        struct pm_error error;
        file.size += 16;
        put32(&file, cases[i].at, cases[i].value);
        cr_expect_eq(error_of(&file, false, &error), cases[i].kind, "%s: %s", cases[i].what, error.message);
    }
    struct file file = begin(INFO, 2, 2, 24, RGB, 0);
    struct pm_error error;
    for (file.size = 16; file.size < 54; file.size++)
        cr_expect_eq(error_of(&file, true, &error), PM_ERROR_TRUNCATED, "%zu: %s", file.size, error.message);
}

Test(bmp, masks_must_be_whole_and_apart)
{
    static const uint32_t masks[][3] = {{0xF0F, 0xF0, 0}, {0xFF, 0xFF, 0}, {0xFF0000, 0xFF, 0}, {0, 0, 0}};
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        struct file file = begin(INFO, 1, 1, 16, BITFIELDS, 12);
        struct pm_error error;
        file.size += 16;
        for (size_t c = 0; c < 3; c++)
            put32(&file, 54 + 4 * c, masks[i][c]);
        cr_expect_eq(error_of(&file, false, &error), PM_ERROR_CORRUPT, "%zu: %s", i, error.message);
    }
}

/* --- metadata -------------------------------------------------------------------------------------- */

Test(bmp, density_profile_and_primaries_are_kept)
{
    struct lent lent;
    struct heard heard;
    struct pm_image image;
    const struct decode_request request = {0};
    struct file file = begin(V5, 1, 1, 24, RGB, 0);
    put32(&file, 38, 11811);
    put32(&file, 42, 5905);
    put32(&file, 70, 0x4D424544); /* the profile is in this file */
    put32(&file, 126, V5 + 4);
    put32(&file, 130, 5);
    file.size += 4;
    append(&file, "HELLO", 5);
    lent_init(&lent);
    cr_assert_eq(decode_with(&lent, &file, &request, &heard, &image), 0, "%s", lent.error.message);
    cr_expect(image.meta.has_density && image.meta.density_x == 11811 && image.meta.density_y == 5905);
    cr_assert_eq(image.meta.icc.size, 5);
    cr_expect_arr_eq(image.meta.icc.data, "HELLO", 5);
    file.size--;
    expect_warning("a profile cut off", &file, false, "ICC profile");
    put32(&file, 70, 0x4C494E4B);
    expect_warning("a profile in another file", &file, false, "in another file");

    static const double srgb[] = {0.64, 0.33, 0.30, 0.60, 0.15, 0.06};
    put32(&file, 70, 0);
    for (size_t i = 0; i < 3; i++) {
        const double x = srgb[2 * i], y = srgb[2 * i + 1];
        put32(&file, 74 + 12 * i, (uint32_t)(x * (1 << 30)));
        put32(&file, 78 + 12 * i, (uint32_t)(y * (1 << 30)));
        put32(&file, 82 + 12 * i, (uint32_t)((1 - x - y) * (1 << 30)));
        put32(&file, 110 + 4 * i, 2 << 16);
    }
    cr_assert_eq(decode_with(&lent, &file, &request, &heard, &image), 0, "%s", lent.error.message);
    cr_assert(image.meta.has_gamma && image.meta.has_chromaticities);
    cr_expect_float_eq(image.meta.gamma, 0.5, 1e-9);
    for (size_t i = 0; i < 6; i++)
        cr_expect_float_eq(image.meta.chromaticities[2 + i], srgb[i], 1e-6);
    lent_free(&lent);
}
