/* TIFFs of JPEG strips: decoded at a fraction of their size as the strips are by themselves. */
#include <criterion/criterion.h>
#include <stdalign.h>
#include <string.h>

#include "codec/jpeg/reader.h"
#include "codec/options.h"
#include "codec/part.h"
#include "codec/reader.h"
#include "pictures.h"

extern const struct codec codec_tiff, codec_jpeg;

static void begin(void)
{
    struct pm_error error = {0};
    if (codec_part_find(&codec_tiff, &error) != 0)
        cr_skip_test("%s", error.message);
}

TestSuite(tiff_strips, .init = begin);

enum { WIDTH = 72, ROWS = 16, STRIPS = 3, HEIGHT = 2 * ROWS + 11, FILE_MAX = 64 << 10 };

struct file {
    uint8_t bytes[FILE_MAX];
    size_t size;
    struct buffer strips[STRIPS];
};

static void put(struct file *file, uint32_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        file->bytes[file->size++] = (uint8_t)(value >> 8 * i);
}

static void put_entry(struct file *file, unsigned tag, unsigned type, uint32_t count, uint32_t value)
{
    put(file, tag, 2);
    put(file, type, 2);
    put(file, count, 4);
    put(file, value, 4);
}

static uint32_t put_bytes(struct file *file, const void *bytes, size_t size)
{
    const uint32_t at = (uint32_t)file->size;
    cr_assert_lt(file->size + size, FILE_MAX);
    memcpy(file->bytes + at, bytes, size);
    file->size += size + size % 2;
    return at;
}

static uint32_t strip_rows(unsigned strip)
{
    return strip + 1 < STRIPS ? ROWS : HEIGHT - strip * ROWS;
}

static void make_strip(struct file *file, unsigned strip, unsigned channels)
{
    struct lent lent;
    alignas(8) unsigned char options[CODEC_OPTIONS_BYTES];
    lent_init(&lent);
    codec_options_init(&codec_jpeg, options);
    struct pm_image image =
        picture(&lent, WIDTH, strip_rows(strip), channels == 1 ? PM_COLOR_GRAY : PM_COLOR_RGB, false, 8);
    for (uint32_t y = 0; y < image.height; y++) {
        for (uint32_t i = 0; i < WIDTH * channels; i++)
            plane_row(&image.plane[0], y)[i] = (uint8_t)(i * 2 + (y + strip * ROWS) * 3);
    }
    cr_assert_eq(codec_encode(&codec_jpeg, &image, options, &file->strips[strip], &lent.context), 0, "%s",
                 lent.error.message);
    lent_free(&lent);
}

/* Moves the quantisation tables, which are equal in all strips, out of them: `tables` gets SOI, DQTs and EOI.
 */
static void take_tables(struct buffer *strip, struct buffer *tables)
{
    struct buffer rest = {0};
    size_t at = 2;
    tables->size = 0;
    cr_assert_eq(buffer_append(tables, "\xff\xd8", 2) | buffer_append(&rest, "\xff\xd8", 2), 0);
    while (strip->data[at + 1] != 0xDA) {
        const size_t size = 2 + ((size_t)strip->data[at + 2] << 8 | strip->data[at + 3]);
        cr_assert_eq(buffer_append(strip->data[at + 1] == 0xDB ? tables : &rest, strip->data + at, size), 0);
        at += size;
    }
    cr_assert_eq(
        buffer_append(&rest, strip->data + at, strip->size - at) | buffer_append(tables, "\xff\xd9", 2), 0);
    buffer_free(strip);
    *strip = rest;
}

static void make_file(struct file *file, unsigned channels, bool apart)
{
    struct buffer tables = {0};
    uint32_t offsets[STRIPS], sizes[STRIPS];
    *file = (struct file){0};
    put(file, 0x002A4949, 4);
    put(file, 0, 4);
    for (unsigned i = 0; i < STRIPS; i++) {
        struct buffer whole = {0};
        make_strip(file, i, channels);
        cr_assert_eq(buffer_append(&whole, file->strips[i].data, file->strips[i].size), 0);
        if (apart)
            take_tables(&whole, &tables);
        sizes[i] = (uint32_t)whole.size;
        offsets[i] = put_bytes(file, whole.data, whole.size);
        buffer_free(&whole);
    }
    const uint32_t at_offsets = put_bytes(file, offsets, sizeof offsets),
                   at_sizes = put_bytes(file, sizes, sizeof sizes);
    const uint32_t at_tables = apart ? put_bytes(file, tables.data, tables.size) : 0;
    static const uint16_t bits[] = {8, 8, 8}, sampling[] = {2, 2};
    const uint32_t at_bits = put_bytes(file, bits, sizeof bits), directory = (uint32_t)file->size;
    uint32_t both;
    memcpy(&both, sampling, 4);
    put(file, 9 + (channels == 3) + apart, 2);
    put_entry(file, 256, 4, 1, WIDTH);
    put_entry(file, 257, 4, 1, HEIGHT);
    put_entry(file, 258, 3, channels, channels == 1 ? 8 : at_bits);
    put_entry(file, 259, 3, 1, 7);
    put_entry(file, 262, 3, 1, channels == 1 ? 1 : 6);
    put_entry(file, 273, 4, STRIPS, at_offsets);
    put_entry(file, 277, 3, 1, channels);
    put_entry(file, 278, 4, 1, ROWS);
    put_entry(file, 279, 4, STRIPS, at_sizes);
    if (apart)
        put_entry(file, 347, 7, (uint32_t)tables.size, at_tables);
    if (channels == 3)
        put_entry(file, 530, 3, 2, both);
    put(file, 0, 4);
    memcpy(file->bytes + 4, &directory, 4);
    buffer_free(&tables);
}

static void free_file(struct file *file)
{
    for (unsigned i = 0; i < STRIPS; i++)
        buffer_free(&file->strips[i]);
}

/* A strip as a JPEG of its own, without coefficients that a smaller picture does not need. */
static struct pm_image decode_low(const struct buffer *file, const struct decode_request *request,
                                  struct lent *lent)
{
    static struct jpeg_decoder decoder;
    struct frame frame = {0};
    decoder = (struct jpeg_decoder){
        .low_only = true,
        .reader = {
            .data = file->data, .size = file->size, .request = *request, .info = codec_blank_info("jpeg")}};
    cr_assert_eq(jpeg_open(&decoder.reader, &lent->context), 0, "%s", lent->error.message);
    cr_assert_eq(jpeg_frame(&decoder.reader, &frame, &lent->context), 0, "%s", lent->error.message);
    jpeg_close(&decoder.reader);
    return frame.image;
}

/* At n eighths; the last strip is low, and at 1/8 may be decoded at a larger size and reduced. */
static void expect_strips(const struct file *file, unsigned n)
{
    const struct decode_request request = {.min_width = WIDTH * n / 8, .min_height = HEIGHT * n / 8};
    struct lent lent;
    struct pm_image image;
    lent_init(&lent);
    cr_assert_eq(reader_decode(&codec_tiff, file->bytes, file->size, &request, &image, &lent.context), 0,
                 "%s", lent.error.message);
    cr_assert_eq(image.width, (WIDTH * n + 7) / 8);
    cr_assert_eq(image.height, (HEIGHT * n + 7) / 8);
    for (unsigned i = 0; i < STRIPS; i++) {
        const uint32_t rows = strip_rows(i);
        const struct decode_request part = {.min_width = WIDTH * n / 8, .min_height = rows * n / 8};
        const struct pm_image strip = decode_low(&file->strips[i], &part, &lent);
        if (strip.height != (rows * n + 7) / 8)
            continue;
        for (uint32_t y = 0; y < strip.height; y++)
            cr_assert_arr_eq(plane_row(&image.plane[0], i * ROWS * n / 8 + y), plane_row(&strip.plane[0], y),
                             strip.width * strip.plane[0].channels, "strip %u, row %u at %u/8", i, y, n);
    }
    lent_free(&lent);
}

Test(tiff_strips, are_decoded_smaller)
{
    for (unsigned channels = 1; channels <= 3; channels += 2) {
        for (int apart = 0; apart < 2; apart++) {
            static struct file file;
            make_file(&file, channels, apart == 1);
            for (unsigned n = 1; n <= 4; n *= 2)
                expect_strips(&file, n);
            free_file(&file);
        }
    }
}

/* At full size libtiff decodes: its samples are those of the JPEGs, too. */
Test(tiff_strips, are_whole_by_libtiff)
{
    static struct file file;
    make_file(&file, 3, true);
    expect_strips(&file, 8);
    free_file(&file);
}

enum { TILE = 80 };

/* One tile of 80 x 80 pixels for a page of 72 x 43: its padding is black, and the page white. `side`: of the
 * tile's JPEG. */
static void make_tile(struct file *file, uint32_t side)
{
    struct lent lent;
    struct buffer jpeg = {0};
    alignas(8) unsigned char options[CODEC_OPTIONS_BYTES];
    lent_init(&lent);
    codec_options_init(&codec_jpeg, options);
    struct pm_image tile = picture(&lent, side, side, PM_COLOR_GRAY, false, 8);
    for (uint32_t y = 0; y < side; y++) {
        for (uint32_t x = 0; x < side; x++)
            plane_row(&tile.plane[0], y)[x] = x < WIDTH && y < HEIGHT ? 250 : 0;
    }
    cr_assert_eq(codec_encode(&codec_jpeg, &tile, options, &jpeg, &lent.context), 0);
    lent_free(&lent);
    *file = (struct file){0};
    put(file, 0x002A4949, 4);
    put(file, 0, 4);
    const uint32_t at = put_bytes(file, jpeg.data, jpeg.size), directory = (uint32_t)file->size;
    put(file, 10, 2);
    put_entry(file, 256, 4, 1, WIDTH);
    put_entry(file, 257, 4, 1, HEIGHT);
    put_entry(file, 258, 3, 1, 8);
    put_entry(file, 259, 3, 1, 7);
    put_entry(file, 262, 3, 1, 1);
    put_entry(file, 277, 3, 1, 1);
    put_entry(file, 322, 4, 1, TILE);
    put_entry(file, 323, 4, 1, TILE);
    put_entry(file, 324, 4, 1, at);
    put_entry(file, 325, 4, 1, (uint32_t)jpeg.size);
    put(file, 0, 4);
    memcpy(file->bytes + 4, &directory, 4);
    buffer_free(&jpeg);
}

Test(tiff_strips, padding_of_tiles_does_not_show)
{
    static struct file file;
    struct lent lent;
    struct pm_image image;
    lent_init(&lent);
    make_tile(&file, TILE);
    for (unsigned n = 1; n <= 4; n *= 2) {
        const struct decode_request request = {.min_width = WIDTH * n / 8, .min_height = HEIGHT * n / 8};
        cr_assert_eq(reader_decode(&codec_tiff, file.bytes, file.size, &request, &image, &lent.context), 0,
                     "%s", lent.error.message);
        cr_assert_eq(image.width, (WIDTH * n + 7) / 8);
        for (uint32_t y = 0; y < image.height; y++) {
            for (uint32_t x = 0; x < image.width; x++)
                cr_assert_geq(plane_row(&image.plane[0], y)[x], 225, "(%u, %u) at %u/8", x, y, n);
        }
    }
    lent_free(&lent);
}

/* Its tile's JPEG is smaller: nothing behind its samples is read. libtiff leaves the rest black. */
Test(tiff_strips, a_tile_of_another_size_is_left_to_libtiff)
{
    enum { SIDE = 16 };
    static struct file file;
    struct lent lent;
    struct pm_image image;
    lent_init(&lent);
    make_tile(&file, SIDE);
    for (unsigned n = 1; n <= 8; n *= 8) {
        const struct decode_request request = {.min_width = WIDTH * n / 8, .min_height = HEIGHT * n / 8};
        cr_assert_eq(reader_decode(&codec_tiff, file.bytes, file.size, &request, &image, &lent.context), 0,
                     "%s", lent.error.message);
        cr_assert_eq(image.width, (uint32_t)WIDTH);
        for (uint32_t y = 0; y < image.height; y++) {
            for (uint32_t x = 0; x < image.width; x++) {
                const int level = x < SIDE && y < SIDE ? 250 : 0;
                cr_assert_leq(abs(plane_row(&image.plane[0], y)[x] - level), 2, "(%u, %u)", x, y);
            }
        }
    }
    lent_free(&lent);
}

Test(tiff_strips, damage_is_told)
{
    static struct file file;
    struct lent lent;
    struct pm_image image;
    make_file(&file, 1, false);
    memset(file.bytes + 8, 0, 2); /* the first strip's first marker */
    const struct decode_request request = {.min_width = WIDTH / 4, .min_height = HEIGHT / 4};
    lent_init(&lent);
    cr_assert_eq(reader_decode(&codec_tiff, file.bytes, file.size, &request, &image, &lent.context), -1);
    cr_expect_eq(lent.error.kind, PM_ERROR_CORRUPT, "%s", lent.error.message);
    lent_free(&lent);
    free_file(&file);
}
