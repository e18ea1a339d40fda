/* Strips decoded row by row, compared with the whole picture. */
#include <criterion/criterion.h>
#include <stdalign.h>
#include <string.h>

#include "codec/options.h"
#include "codec/tiff/maker.h"
#include "image/row_source.h"
#include "pictures.h"

static void begin(void)
{
    struct pm_error error = {0};
    if (codec_part_find(&codec_tiff, &error) != 0)
        cr_skip_test("%s", error.message);
}

TestSuite(tiff_rows, .init = begin);

static struct pm_info probed(const uint8_t *file, size_t size)
{
    struct pm_info info = codec_blank_info("tiff");
    struct pm_error error = {0};
    struct memory_source memory;
    memory_source_init(&memory, file, size);
    cr_assert_eq(codec_tiff.probe(&memory.source, &info, &error), 0, "%s", error.message);
    return info;
}

/* Reads the rows twice, with `window` of them in memory. */
static void expect_same_rows(const uint8_t *file, size_t size, uint32_t window)
{
    const struct decode_request whole = {.keep = KEEP_ALL}, by_rows = {.keep = KEEP_ALL, .window = window};
    const struct pm_info info = probed(file, size);
    struct lent lent, other;
    struct pm_image image, bare;
    struct row_source *rows;
    lent_init(&lent);
    lent_init(&other);
    cr_assert(codec_has_rows(&codec_tiff, &info, &by_rows));
    cr_assert_eq(reader_decode(&codec_tiff, file, size, &whole, &image, &lent.context), 0, "%s",
                 lent.error.message);
    struct reader *reader = reader_open(&codec_tiff, &info, file, size, &by_rows, &other.context);
    cr_assert_not_null(reader, "%s", other.error.message);
    cr_assert_eq(reader_rows(reader, &bare, &rows, &other.context), 0, "%s", other.error.message);
    cr_expect(bare.width == image.width && bare.height == image.height &&
              bare.orientation == image.orientation && pixels_equal(&bare.format, &image.format));
    cr_expect(bare.meta.icc.size == image.meta.icc.size && bare.meta.exif.size == image.meta.exif.size &&
              bare.meta.has_density == image.meta.has_density);
    const size_t bytes = (size_t)image.width * image.plane[0].channels * (image.format.depth / 8);
    for (int pass = 0; pass < 2; pass++) {
        cr_assert_eq(row_source_begin(rows, window, &other.context), 0);
        for (uint32_t y = 0; y < image.height; y++) {
            cr_assert_eq(row_source_make(rows, y + 1, &other.context), 0, "%s", other.error.message);
            cr_expect_arr_eq(row_source_row(rows, y), plane_row(&image.plane[0], y), bytes, "row %u", y);
        }
        row_source_end(rows);
    }
    cr_expect_leq(other.arena.peak + other.job_arena.peak, codec_tiff.decode_bytes(&info, &by_rows));
    reader_close(reader);
    lent_free(&other);
    lent_free(&lent);
}

Test(tiff_rows, they_are_those_of_the_picture)
{
    static const char *const compressions[] = {"deflate", "lzw", "none"};
    for (int i = 0; i < 3 * 8; i++) {
        struct lent lent;
        struct buffer file = {0};
        alignas(8) unsigned char options[CODEC_OPTIONS_BYTES];
        lent_init(&lent);
        struct pm_image image =
            picture(&lent, 301, 997, i & 1 ? PM_COLOR_RGB : PM_COLOR_GRAY, (i & 2) != 0, i & 4 ? 16 : 8);
        image.meta.has_density = true;
        image.meta.density_x = image.meta.density_y = 2;
        codec_options_init(&codec_tiff, options);
        cr_assert_eq(codec_option_set(&codec_tiff, options, "compression", compressions[i / 8], &lent.error),
                     0);
        cr_assert_eq(codec_encode(&codec_tiff, &image, options, &file, &lent.context), 0, "%s",
                     lent.error.message);
        expect_same_rows(file.data, file.size, 1 + 6 * (i % 3));
        buffer_free(&file);
        lent_free(&lent);
    }
}

Test(tiff_rows, samples_are_converted)
{
    struct maker palette = maker_of(4, 3, 1, 1, 3), white = maker_of(2, 2, 8, 1, 0);
    set_tags(&palette, 320, 3, 6, (const uint32_t[]){0, 65535, 257, 257 * 9, 0, 257 * 200});
    finish(&palette, (const uint8_t[]){0x50, 0xA0, 0x30}, 3);
    expect_same_rows(palette.file, palette.size, 2);
    finish(&white, (const uint8_t[]){1, 2, 3, 4}, 4);
    expect_same_rows(white.file, white.size, 1);
}

Test(tiff_rows, not_of_planes_tiles_or_premultiplied_samples)
{
    const struct decode_request request = {.window = 1};
    struct maker planar = maker_of(1, 1, 8, 3, 2), premultiplied = maker_of(1, 1, 8, 2, 1),
                 tiled = maker_of(2, 1, 8, 1, 1);
    uint8_t tile[16 * 16] = {7, 8};
    set(&planar, 284, 2);
    set(&premultiplied, 338, 1);
    set(&tiled, 322, 16);
    set(&tiled, 323, 16);
    finish(&tiled, tile, sizeof tile);
    set_tags(&planar, 273, 4, 3, (const uint32_t[]){8, 9, 10});
    set_tags(&planar, 279, 4, 3, (const uint32_t[]){1, 1, 1});
    set_tags(&planar, 258, 3, 3, (const uint32_t[]){8, 8, 8});
    finish(&planar, (const uint8_t[]){1, 2, 3}, 3);
    set_tags(&premultiplied, 258, 3, 2, (const uint32_t[]){8, 8});
    finish(&premultiplied, (const uint8_t[]){1, 2}, 2);
    const struct maker *const all[] = {&planar, &premultiplied, &tiled};
    for (int i = 0; i < 3; i++) {
        const struct pm_info info = probed(all[i]->file, all[i]->size);
        cr_expect_not(codec_has_rows(&codec_tiff, &info, &request), "%d", i);
    }
}

/* Strips that end before their rows. */
Test(tiff_rows, damage_is_an_error)
{
    struct maker maker = maker_of(4, 4, 8, 1, 1);
    set(&maker, 259, 5);
    finish(&maker, (const uint8_t[]){0x80, 0x0B, 0x60, 0x50}, 4);
    const struct pm_info info = probed(maker.file, maker.size);
    const struct decode_request request = {.window = 1};
    struct lent lent;
    struct pm_image bare;
    struct row_source *rows;
    lent_init(&lent);
    struct reader *reader = reader_open(&codec_tiff, &info, maker.file, maker.size, &request, &lent.context);
    cr_assert_not_null(reader);
    cr_assert_eq(reader_rows(reader, &bare, &rows, &lent.context), 0);
    cr_assert_eq(row_source_begin(rows, 1, &lent.context), 0);
    int status = 0;
    for (uint32_t y = 0; y < 4 && status == 0; y++)
        status = row_source_make(rows, y + 1, &lent.context);
    cr_expect_eq(status, -1);
    cr_expect_eq(lent.error.kind, PM_ERROR_CORRUPT, "%s", lent.error.message);
    reader_close(reader);
    lent_free(&lent);
}
