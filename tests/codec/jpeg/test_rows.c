/* A JPEG's planes row by row: the samples, words and errors of the whole picture, in a window of memory. */
#include <criterion/criterion.h>
#include <string.h>

#include "codec/jpeg/blocks.h"
#include "codec/jpeg/fixture.h"
#include "codec/jpeg/reader.h"

static const struct jpeg_blocks ordinary = {.width = 131,
                                            .height = 203,
                                            .components = 3,
                                            .factors = {{2, 2}, {1, 1}, {1, 1}},
                                            .filled = 40,
                                            .largest = 60,
                                            .quantizer = 3};

/* To planes at n/8 or a little more. */
static struct decode_request request_of(const struct jpeg_blocks *blocks, unsigned n, uint32_t window)
{
    return (struct decode_request){.min_width = n < 8 ? (blocks->width * n + 7) / 8 : 0,
                                   .min_height = n < 8 ? (blocks->height * n + 7) / 8 : 0,
                                   .sampling_x = 2,
                                   .sampling_y = 2,
                                   .window = window,
                                   .planes = true};
}

/* A picture that is decoded by rows, beside the whole one. */
struct rows_fixture {
    struct fixture whole, by_rows;
    struct reader *reader;
    struct row_source *rows;
    uint32_t seen[PM_MAX_PLANES];
};

/* False when the file can't even be opened. */
static bool rows_open(struct rows_fixture *fixture, const struct buffer *file,
                      const struct decode_request *request)
{
    struct fixture *by_rows = &fixture->by_rows;
    memset(fixture->seen, 0, sizeof fixture->seen);
    arena_reset(&by_rows->arena);
    arena_reset(&by_rows->job_arena);
    by_rows->error = (struct pm_error){0};
    by_rows->all_warnings[0] = '\0';
    fixture_decode(&fixture->whole, file, request);
    fixture->reader = reader_open(&codec_jpeg, NULL, file->data, file->size, request, &by_rows->context);
    return fixture->reader != NULL &&
           reader_rows(fixture->reader, &by_rows->image, &fixture->rows, &by_rows->context) == 0;
}

/* Makes all rows one by one and compares those that came. Returns 0, or -1 after an error. */
static int rows_run(struct rows_fixture *fixture, uint32_t window)
{
    struct context *context = &fixture->by_rows.context;
    const struct pm_image *image = &fixture->whole.image;
    struct row_source *rows = fixture->rows;
    const unsigned planes = pm_channels(&fixture->by_rows.image.format);
    for (unsigned i = 0; i < planes; i++) {
        if (row_source_begin(&rows[i], window, context) != 0)
            return -1;
    }
    while (rows[0].made < rows[0].plane.height) {
        if (row_source_make(rows, rows[0].made + 1, context) != 0)
            return -1;
        for (unsigned i = 0; i < planes && fixture->whole.error.kind == PM_OK; i++) {
            for (; fixture->seen[i] < rows[i].made; fixture->seen[i]++)
                cr_assert_arr_eq(row_source_row(&rows[i], fixture->seen[i]),
                                 plane_row(&image->plane[i], fixture->seen[i]), image->plane[i].width,
                                 "row %u of plane %u", fixture->seen[i], i);
        }
    }
    return 0;
}

static void rows_close(struct rows_fixture *fixture)
{
    reader_close(fixture->reader);
    fixture->reader = NULL;
}

static void expect_same(struct rows_fixture *fixture, const struct buffer *file,
                        const struct decode_request *request, const char *what)
{
    const struct fixture *whole = &fixture->whole, *by_rows = &fixture->by_rows;
    const int status = rows_open(fixture, file, request) ? rows_run(fixture, request->window) : -1;
    cr_assert_eq(status == 0, by_rows->error.kind == PM_OK);
    cr_assert_eq(by_rows->error.kind, whole->error.kind, "%s: %s, whole %s", what, by_rows->error.message,
                 whole->error.message);
    cr_assert_str_eq(by_rows->error.message, whole->error.message, "%s", what);
    cr_assert_str_eq(by_rows->all_warnings, whole->all_warnings, "%s", what);
    if (status == 0) {
        const struct pm_image *a = &by_rows->image, *b = &whole->image;
        cr_assert(a->width == b->width && a->height == b->height && pixels_equal(&a->format, &b->format),
                  "%s", what);
        for (unsigned i = 0; i < b->nplanes; i++)
            cr_assert(plane_same_frame(&fixture->rows[i].plane, &b->plane[i]) &&
                      fixture->rows[i].made == b->plane[i].height);
    }
    rows_close(fixture);
}

Test(jpeg_rows, rows_are_those_of_the_whole_picture)
{
    static const uint32_t windows[] = {1, 7, 40, 1000};
    struct rows_fixture fixture = {0};
    fixture_open(&fixture.whole);
    fixture_open(&fixture.by_rows);
    for (unsigned k = 0; k < 2 * 4 * 4 * JPEG_SCRIPTS; k++) {
        struct jpeg_blocks blocks = ordinary;
        const struct jpeg_script *script = &jpeg_scripts[k / 16 % JPEG_SCRIPTS];
        blocks.seed = k;
        blocks.restart = k % 3;
        fixture.by_rows.context.lanes = 1 + k % 2;
        if (k / 16 / JPEG_SCRIPTS > 0) {
            const unsigned h = 1 + k % 3;
            blocks.factors[0] = (struct jpeg_factors){(int)h, 1 + (int)k / 3 % 2};
            if (k % 3 > 0) /* whole rows of MCUs, which several threads decode side by side */
                blocks.restart = (blocks.width + 8 * h - 1) / (8 * h) * (k % 3);
        } else {
            blocks.scans = script->scans;
            blocks.nscans = script->count;
        }
        struct buffer file = make_jpeg_of_blocks(&blocks);
        const struct decode_request request = request_of(&blocks, 1u << k % 4, windows[k / 4 % 4]);
        expect_same(&fixture, &file, &request, script->name);
        cr_assert_eq(fixture.by_rows.error.kind, PM_OK);
        buffer_free(&file);
    }
    fixture_close(&fixture.whole);
    fixture_close(&fixture.by_rows);
}

/* Faults at every place, before rows were made and behind the last. */
Test(jpeg_rows, damaged_files_have_the_rows_and_words_of_the_whole_picture)
{
    struct rows_fixture fixture = {0};
    unsigned refused = 0, warned = 0;
    fixture_open(&fixture.whole);
    fixture_open(&fixture.by_rows);
    for (unsigned k = 0; k < 300; k++) {
        struct jpeg_blocks blocks = ordinary;
        const struct jpeg_script *script = &jpeg_scripts[k % JPEG_SCRIPTS];
        blocks.seed = k % 5;
        if (k % 3 > 0) {
            blocks.scans = script->scans;
            blocks.nscans = script->count;
        }
        struct buffer file = make_jpeg_of_blocks(&blocks);
        const size_t at = file.size - 1 - (size_t)k * (k + 7) * 37 % (file.size - 1);
        if (k % 7 == 0)
            file.size = at;
        else
            file.data[at] ^= (uint8_t)(1u << k % 8);
        struct decode_request request = request_of(&blocks, 1u << k % 4, 10);
        request.allow_truncated = k % 2;
        expect_same(&fixture, &file, &request, "damaged");
        refused += fixture.by_rows.error.kind != PM_OK;
        warned += fixture.by_rows.error.kind == PM_OK && fixture.by_rows.all_warnings[0] != '\0';
        buffer_free(&file);
    }
    cr_expect_gt(refused, 30);
    cr_expect_gt(warned, 30);
    fixture_close(&fixture.whole);
    fixture_close(&fixture.by_rows);
}

/* Baseline and progressive alike: no plane is ever in memory, nor are all coefficients. */
Test(jpeg_rows, a_windows_worth_is_all_that_is_in_memory)
{
    struct rows_fixture fixture = {0};
    fixture_open(&fixture.whole);
    fixture_open(&fixture.by_rows);
    for (int progressive = 0; progressive < 2; progressive++) {
        const struct jpeg_recipe recipe = {.width = 900,
                                           .height = 2400,
                                           .in = JCS_RGB,
                                           .out = JCS_YCbCr,
                                           .h = 2,
                                           .v = 2,
                                           .progressive = progressive == 1};
        enum { WINDOW = 40, MOST = 500 * 1024 };
        struct buffer file = make_jpeg(&recipe);
        const struct decode_request request = {.planes = true, .window = WINDOW};
        cr_assert(rows_open(&fixture, &file, &request));
        arena_free(&fixture.by_rows.arena);
        arena_free(&fixture.by_rows.spare);
        cr_assert_eq(rows_run(&fixture, WINDOW), 0, "%s", fixture.by_rows.error.message);
        cr_expect_lt(fixture.by_rows.arena.peak + fixture.by_rows.spare.peak, MOST);
        cr_expect_gt(fixture.whole.arena.peak, 6 * MOST);
        rows_close(&fixture);
        buffer_free(&file);
    }
    fixture_close(&fixture.whole);
    fixture_close(&fixture.by_rows);
}

/* What was forecast holds for what libjpeg decodes, too, whole, beside windows that were begun. */
Test(jpeg_rows, no_more_memory_is_taken_than_was_forecast)
{
    struct rows_fixture fixture = {0};
    fixture_open(&fixture.whole);
    fixture_open(&fixture.by_rows);
    for (unsigned k = 0; k < 32; k++) {
        struct jpeg_blocks blocks = ordinary;
        blocks.width = 400;
        blocks.height = 700;
        blocks.scans = k & 1 ? jpeg_scripts[2].scans : NULL;
        blocks.nscans = k & 1 ? jpeg_scripts[2].count : 0;
        struct buffer file = make_jpeg_of_blocks(&blocks);
        if (k & 2)
            file.data[file.size - 300] ^= 0x10; /* near the end: all windows are begun */
        struct decode_request request = request_of(&blocks, 1u << k / 8, 64);
        request.allow_truncated = true;
        request.libjpeg = k & 4;
        struct pm_info info;
        cr_assert_eq(fixture_probe(&fixture.by_rows, &file, &info), 0);
        arena_free(&fixture.by_rows.arena);
        arena_free(&fixture.by_rows.spare);
        if (rows_open(&fixture, &file, &request))
            rows_run(&fixture, 64 / 8 * (1u << k / 8));
        cr_expect_leq(fixture.by_rows.arena.peak + fixture.by_rows.spare.peak,
                      codec_jpeg.decode_bytes(&info, &request), "case %u", k);
        rows_close(&fixture);
        buffer_free(&file);
    }
    fixture_close(&fixture.whole);
    fixture_close(&fixture.by_rows);
}

/* A reader may be closed, and its rows ended, at any time. */
Test(jpeg_rows, end_and_close_come_when_they_like)
{
    struct rows_fixture fixture = {0};
    fixture_open(&fixture.whole);
    fixture_open(&fixture.by_rows);
    struct buffer file = make_jpeg_of_blocks(&ordinary);
    const struct decode_request request = request_of(&ordinary, 8, 9);
    struct context *context = &fixture.by_rows.context;
    for (unsigned k = 0; k < 4; k++) {
        cr_assert(rows_open(&fixture, &file, &request));
        for (unsigned i = 0; i < 3 && k > 0; i++)
            cr_assert_eq(row_source_begin(&fixture.rows[i], 9, context), 0);
        if (k > 1)
            cr_assert_eq(row_source_make(fixture.rows, 50, context), 0);
        if (k > 2)
            row_source_end(fixture.rows);
        rows_close(&fixture);
    }
    fixture.by_rows.stop_after = 3;
    fixture.by_rows.checkpoints = 0;
    cr_assert(rows_open(&fixture, &file, &request));
    cr_assert_neq(rows_run(&fixture, 9), 0, "a checkpoint says stop");
    cr_assert_eq(fixture.by_rows.error.kind, PM_ERROR_CANCELLED);
    rows_close(&fixture);
    buffer_free(&file);
    fixture_close(&fixture.whole);
    fixture_close(&fixture.by_rows);
}

Test(jpeg_rows, colours_that_are_not_planes_have_no_rows)
{
    struct pm_info info = codec_blank_info("jpeg");
    const struct decode_request planes = {.planes = true}, merged = {.planes = false};
    info.pixels = (struct pm_pixel_format)PIXELS_YCC(2, 2);
    cr_expect(codec_has_rows(&codec_jpeg, &info, &planes));
    cr_expect_not(codec_has_rows(&codec_jpeg, &info, &merged));
    info.pixels = (struct pm_pixel_format)PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8);
    cr_expect(codec_has_rows(&codec_jpeg, &info, &merged));
    info.pixels = (struct pm_pixel_format)PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8);
    cr_expect_not(codec_has_rows(&codec_jpeg, &info, &planes));
}
