#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/png/pngs.h"
#include "codec/png/rows.h"

/* Every colour type and depth of the fast path. */
static const struct {
    uint8_t color_type, depth;
} kinds[] = {{PNG_GRAY, 8},  {PNG_GRAY_ALPHA, 8},  {PNG_RGB, 8},  {PNG_RGB_ALPHA, 8},
             {PNG_GRAY, 16}, {PNG_GRAY_ALPHA, 16}, {PNG_RGB, 16}, {PNG_RGB_ALPHA, 16}};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* A source of a file's rows, without libpng. */
static void open_file(struct png_source *source, struct pm_image *image, const struct buffer *bytes,
                      struct lent *lent)
{
    struct png_meta meta;
    png_meta_init(&meta, &image->meta, 0, &lent->context);
    cr_assert_eq(png_scan(bytes->data, bytes->size, &source->file, &meta), 0);
    png_source_init(source);
    struct shape shape = png_header_shape(&source->file.header, source->file.transparency);
    image->width = shape.width;
    image->height = shape.height;
    image->format.color = shape.format.color;
    image->format.alpha = shape.format.alpha;
    image->format.depth = shape.format.depth;
}

static void decode_at(const struct buffer *bytes, enum simd_level level, const struct plain_picture *expected,
                      const char *name)
{
    struct lent lent;
    struct png_source source;
    struct pm_image image = {0};
    lent_init(&lent);
    lent.context.simd = level;
    open_file(&source, &image, bytes, &lent);
    cr_assert_eq(png_fast_begin(&source, image.height, &lent.context), 0, "%s", name);
    cr_assert_eq(png_fast_make(&source, image.height, &lent.context), 0, "%s: %s", name, lent.error.message);
    image.plane[0] = source.rows.plane;
    assert_same_pixels(&image, expected, name);
    lent_free(&lent);
}

static void assert_fast_is_libpng(const struct png_header *header, const uint8_t *filters, size_t nfilters,
                                  uint64_t *seed)
{
    struct buffer bytes = made_file(header, filters, nfilters, seed);
    struct plain_picture expected = plain_decode(bytes.data, bytes.size);
    for (enum simd_level level = SIMD_BASE; level < SIMD_LEVELS; level++) {
        char name[128];
        if (!simd_available(level))
            continue;
        snprintf(name, sizeof name, "%ux%u type %u depth %u filters %u %u %u %u at %s", header->width,
                 header->height, header->color_type, header->depth, filters[0], filters[1 % nfilters],
                 filters[2 % nfilters], filters[3 % nfilters], simd_name(level));
        decode_at(&bytes, level, &expected, name);
    }
    free(expected.pixels);
    buffer_free(&bytes);
}

Test(png_fast, each_filter_alone_is_undone_as_libpng_does)
{
    uint64_t seed = 7;
    for (size_t kind = 0; kind < KINDS; kind++) {
        for (uint8_t filter = 0; filter < 5; filter++) {
            for (uint32_t width = 1; width <= 40; width = width * 3 / 2 + 1) {
                const struct png_header header = {.width = width,
                                                  .height = 9,
                                                  .depth = kinds[kind].depth,
                                                  .color_type = kinds[kind].color_type};
                assert_fast_is_libpng(&header, &filter, 1, &seed);
            }
        }
    }
}

Test(png_fast, any_mix_of_filters_is_undone_as_libpng_does)
{
    uint64_t seed = 11;
    for (int round = 0; round < 400; round++) {
        uint8_t filters[16];
        /* Most rounds favour one filter, as files do. */
        uint8_t favourite = random_next(&seed) % 6;
        for (size_t i = 0; i < sizeof filters; i++)
            filters[i] = favourite < 5 && random_next(&seed) % 2 ? favourite : random_next(&seed) % 5;
        size_t kind = random_next(&seed) % KINDS;
        const struct png_header header = {.width = 1 + (uint32_t)(random_next(&seed) % 70),
                                          .height = 1 + (uint32_t)(random_next(&seed) % 150),
                                          .depth = kinds[kind].depth,
                                          .color_type = kinds[kind].color_type};
        assert_fast_is_libpng(&header, filters, sizeof filters, &seed);
    }
}

/* Samples at both ends of the range, where sums wrap and ties occur. */
Test(png_fast, extreme_samples_are_undone_as_libpng_does)
{
    static const uint8_t extremes[] = {0, 1, 2, 127, 128, 129, 254, 255};
    static const struct png_header header = {.width = 97, .height = 16, .depth = 8, .color_type = PNG_RGB};
    uint64_t seed = 13;
    for (uint8_t filter = 0; filter < 5; filter++) {
        uint8_t rows[16][1 + 97 * 3];
        struct buffer bytes = {0};
        for (size_t y = 0; y < 16; y++) {
            rows[y][0] = filter;
            for (size_t i = 1; i < sizeof rows[y]; i++)
                rows[y][i] = extremes[random_next(&seed) % sizeof extremes];
        }
        made_begin(&bytes, &header);
        made_pixels(&bytes, rows[0], sizeof rows, 1000);
        made_chunk(&bytes, "IEND", "", 0);
        struct plain_picture expected = plain_decode(bytes.data, bytes.size);
        for (enum simd_level level = SIMD_BASE; level < SIMD_LEVELS; level++) {
            if (simd_available(level))
                decode_at(&bytes, level, &expected, simd_name(level));
        }
        free(expected.pixels);
        buffer_free(&bytes);
    }
}

static int fast(const struct buffer *bytes)
{
    struct lent lent;
    struct png_source source;
    struct pm_image image = {0};
    lent_init(&lent);
    open_file(&source, &image, bytes, &lent);
    int status = png_fast_begin(&source, image.height, &lent.context);
    if (status == 0)
        status = png_fast_make(&source, image.height, &lent.context);
    cr_assert_eq(lent.error.kind, PM_OK);
    lent_free(&lent);
    return status;
}

Test(png_fast, leaves_what_is_odd_to_libpng)
{
    static const uint8_t rows[3][4] = {{0, 1, 2, 3}, {0, 1, 2, 3}, {5, 1, 2, 3}};
    static const struct png_header header = {.width = 3, .height = 2, .depth = 8};
    for (size_t size = 7; size <= 9; size++) { /* 8 is right */
        struct buffer bytes = {0};
        made_begin(&bytes, &header);
        made_pixels(&bytes, rows[0], size, 1000);
        made_chunk(&bytes, "IEND", "", 0);
        cr_assert_eq(fast(&bytes), size == 8 ? 0 : 1, "%zu bytes", size);
        buffer_free(&bytes);
    }
    struct buffer bytes = {0};
    made_begin(&bytes, &header);
    made_pixels(&bytes, rows[1], 8, 1000); /* filter 5 */
    made_chunk(&bytes, "IEND", "", 0);
    cr_assert_eq(fast(&bytes), 1);
    buffer_free(&bytes);
}

/* Flawless up to its last bytes. */
Test(png_fast, leaves_a_stream_that_ends_oddly_to_libpng)
{
    static const struct png_header header = {.width = 100, .height = 40, .depth = 8};
    static const uint8_t none = FILTER_NONE;
    static const struct {
        size_t flipped, left_out, added; /* of the stream's last bytes */
    } oddities[] = {{0, 0, 0}, {1, 0, 0}, {4, 0, 0}, {0, 1, 0},  {0, 4, 0},
                    {0, 0, 1}, {0, 0, 7}, {0, 0, 9}, {0, 0, 300}};
    uint64_t seed = 17;
    for (size_t i = 0; i < 2 * (sizeof oddities / sizeof *oddities); i++) {
        const size_t odd = i / 2;
        struct buffer whole = made_file(&header, &none, 1, &seed), bytes = {0}, stream = {0};
        struct png_source source;
        struct pm_image image = {0};
        struct lent lent;
        lent_init(&lent);
        open_file(&source, &image, &whole, &lent);
        const uint8_t *chunk = whole.data + source.file.first_idat;
        for (size_t n = 0; n < source.file.idat_chunks; n++) {
            cr_assert_eq(buffer_append(&stream, chunk + 8, png_get_be32(chunk)), 0);
            chunk += png_get_be32(chunk) + PNG_CHUNK_FRAME;
        }
        if (oddities[odd].flipped > 0)
            stream.data[stream.size - oddities[odd].flipped] ^= 0x10;
        stream.size -= oddities[odd].left_out;
        for (size_t n = 0; n < oddities[odd].added; n++)
            cr_assert_eq(buffer_append(&stream, "x", 1), 0);
        made_begin(&bytes, &header);
        /* In one chunk, or with an empty one between two. */
        size_t first = i % 2 ? stream.size - 3 : stream.size;
        made_chunk(&bytes, "IDAT", stream.data, first);
        if (first < stream.size) {
            made_chunk(&bytes, "IDAT", "", 0);
            made_chunk(&bytes, "IDAT", stream.data + first, stream.size - first);
        }
        made_chunk(&bytes, "IEND", "", 0);
        cr_expect_eq(fast(&bytes), odd > 0, "oddity %zu of %zu", odd, i);
        lent_free(&lent);
        buffer_free(&whole);
        buffer_free(&bytes);
        buffer_free(&stream);
    }
}

/* The rows of a picture repeat one another over a distance that is further than the header's window. */
Test(png_fast, leaves_a_window_that_may_be_too_small_to_libpng)
{
    static const struct {
        uint32_t height;
        uint8_t window; /* 256 << this */
        bool fast;
    } cases[] = {{2, 7, true},   {40, 7, true}, {40, 5, true}, {40, 4, false},
                 {40, 0, false}, {2, 1, true},  {2, 0, false}};
    uint8_t row[1 + 200], rows[40 * sizeof row];
    uint64_t seed = 19;
    row[0] = FILTER_NONE;
    for (size_t i = 1; i < sizeof row; i++)
        row[i] = (uint8_t)random_next(&seed);
    for (size_t y = 0; y < 40; y++)
        memcpy(rows + y * sizeof row, row, sizeof row);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct png_header header = {.width = 200, .height = cases[i].height, .depth = 8};
        struct buffer bytes = {0};
        made_begin(&bytes, &header);
        const size_t idat = bytes.size;
        made_pixels(&bytes, rows, cases[i].height * sizeof row, 100000);
        uint8_t *zlib = bytes.data + idat + 8;
        zlib[0] = (uint8_t)(cases[i].window << 4 | 8);
        zlib[1] = (uint8_t)(31 - (zlib[0] << 8) % 31);
        made_chunk(&bytes, "IEND", "", 0);
        fix_checksums(bytes.data, bytes.size);
        cr_expect_eq(fast(&bytes), cases[i].fast ? 0 : 1, "%u rows, window %u", cases[i].height,
                     256U << cases[i].window);
        buffer_free(&bytes);
    }
}
