#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/png/pngs.h"
#include "codec/reader.h"

/* A file with its rows as libpng's own interface gives them. */
struct fixture {
    struct lent lent;
    struct buffer bytes;
    struct plain_picture plain;
    struct reader *reader;
    struct pm_image image;
    struct row_source *rows;
};

static void fixture_init(struct fixture *fixture, const struct png_header *header, uint64_t *seed)
{
    uint8_t filters[16];
    for (size_t i = 0; i < sizeof filters; i++)
        filters[i] = random_next(seed) % 5;
    *fixture = (struct fixture){.bytes = made_file(header, filters, sizeof filters, seed)};
    fixture->plain = plain_decode(fixture->bytes.data, fixture->bytes.size);
    lent_init(&fixture->lent);
    static const struct decode_request request = {.window = 1};
    struct lent *lent = &fixture->lent;
    fixture->reader =
        reader_open(&codec_png, NULL, fixture->bytes.data, fixture->bytes.size, &request, &lent->context);
    cr_assert_not_null(fixture->reader, "%s", lent->error.message);
    cr_assert_eq(reader_rows(fixture->reader, &fixture->image, &fixture->rows, &lent->context), 0);
}

static void fixture_free(struct fixture *fixture)
{
    reader_close(fixture->reader);
    lent_free(&fixture->lent);
    buffer_free(&fixture->bytes);
    free(fixture->plain.pixels);
}

/* Makes rows up to `end`, step by step, and checks all rows in the window. */
static void make_and_compare(struct fixture *fixture, uint32_t window, uint32_t end, uint64_t *seed)
{
    struct row_source *rows = fixture->rows;
    for (uint32_t to = rows->made; to < end;) {
        uint32_t step = 1 + (uint32_t)(random_next(seed) % window);
        to = end - to < step ? end : to + step;
        cr_assert_eq(row_source_make(rows, to, &fixture->lent.context), 0, "%s", fixture->lent.error.message);
        for (uint32_t y = to > window ? to - window : 0; y < to; y++)
            cr_assert_arr_eq(row_source_row(rows, y), fixture->plain.pixels + fixture->plain.row_bytes * y,
                             fixture->plain.row_bytes, "row %u of a window of %u up to %u", y, window, to);
    }
}

static struct png_header random_header(uint64_t *seed)
{
    static const struct {
        uint8_t color_type, depth;
    } kinds[] = {{PNG_GRAY, 8},  {PNG_GRAY_ALPHA, 8},  {PNG_RGB, 8},  {PNG_RGB_ALPHA, 8},
                 {PNG_GRAY, 16}, {PNG_GRAY_ALPHA, 16}, {PNG_RGB, 16}, {PNG_RGB_ALPHA, 16},
                 {PNG_GRAY, 1},  {PNG_GRAY, 4}};
    const size_t kind = random_next(seed) % (sizeof kinds / sizeof *kinds);
    return (struct png_header){.width = 1 + (uint32_t)(random_next(seed) % 600),
                               .height = 1 + (uint32_t)(random_next(seed) % 300),
                               .depth = kinds[kind].depth,
                               .color_type = kinds[kind].color_type};
}

Test(png_source, makes_the_rows_that_libpng_makes_through_any_window)
{
    uint64_t seed = 19;
    for (int round = 0; round < 200; round++) {
        const struct png_header header = random_header(&seed);
        const uint32_t window = 1 + (uint32_t)(random_next(&seed) % (round % 2 ? 12 : header.height));
        struct fixture fixture;
        fixture_init(&fixture, &header, &seed);
        cr_assert_eq(row_source_begin(fixture.rows, window, &fixture.lent.context), 0);
        make_and_compare(&fixture, window, header.height, &seed);
        fixture_free(&fixture);
    }
}

Test(png_source, libpng_goes_on_where_the_fast_decoder_stops)
{
    uint64_t seed = 23;
    for (int round = 0; round < 100; round++) {
        const struct png_header header = random_header(&seed);
        const uint32_t window = 1 + (uint32_t)(random_next(&seed) % header.height);
        struct fixture fixture;
        fixture_init(&fixture, &header, &seed);
        struct png_source *source = (struct png_source *)fixture.rows;
        cr_assert_eq(row_source_begin(fixture.rows, window, &fixture.lent.context), 0);
        make_and_compare(&fixture, window, (uint32_t)(random_next(&seed) % header.height), &seed);
        if (source->fast != NULL) {
            source->fast = NULL;
            cr_assert_eq(png_libpng_begin(source, &fixture.lent.context), 0);
        }
        make_and_compare(&fixture, window, header.height, &seed);
        fixture_free(&fixture);
    }
}

Test(png_source, begins_anew_after_any_row)
{
    uint64_t seed = 29;
    for (int round = 0; round < 60; round++) {
        const struct png_header header = random_header(&seed);
        struct fixture fixture;
        fixture_init(&fixture, &header, &seed);
        for (int time = 0; time < 3; time++) {
            const uint32_t window = 1 + (uint32_t)(random_next(&seed) % header.height);
            struct arena_mark mark = arena_mark(&fixture.lent.arena);
            cr_assert_eq(row_source_begin(fixture.rows, window, &fixture.lent.context), 0);
            make_and_compare(&fixture, window,
                             time < 2 ? (uint32_t)(random_next(&seed) % header.height) : header.height,
                             &seed);
            arena_release(&fixture.lent.arena, mark);
        }
        fixture_free(&fixture);
    }
}

/* 60 MB of pixels through a window of some rows. */
Test(png_source, takes_no_more_memory_than_its_window)
{
    static const struct png_header header = {
        .width = 4000, .height = 5000, .depth = 8, .color_type = PNG_RGB};
    struct buffer bytes = {0};
    const size_t size = (1 + 3 * (size_t)header.width) * header.height;
    made_begin(&bytes, &header);
    uint8_t *pixels = calloc(size, 1);
    made_pixels(&bytes, pixels, size, 1 << 20);
    free(pixels);
    made_chunk(&bytes, "IEND", "", 0);
    const struct decode_request request = {.window = 40};
    const struct pm_info info = {.width = header.width,
                                 .height = header.height,
                                 .pixels = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8),
                                 .depth = 8};
    struct lent lent;
    struct pm_image image;
    struct row_source *rows;
    lent_init(&lent);
    struct reader *reader = reader_open(&codec_png, NULL, bytes.data, bytes.size, &request, &lent.context);
    cr_assert_not_null(reader);
    cr_assert_eq(reader_rows(reader, &image, &rows, &lent.context), 0);
    cr_assert_eq(row_source_begin(rows, request.window, &lent.context), 0);
    for (uint32_t y = 0; y < header.height; y += request.window)
        cr_assert_eq(row_source_make(rows, y + request.window, &lent.context), 0);
    row_source_end(rows);
    reader_close(reader);
    cr_expect_leq(lent.arena.peak + lent.job_arena.peak, codec_png.decode_bytes(&info, &request));
    cr_expect_lt(lent.arena.peak, 3u << 20);
    lent_free(&lent);
    buffer_free(&bytes);
}
