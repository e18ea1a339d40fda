/* Files built to exhaust a reader's memory or time: the real command rejects each by its header. CPU time is
 * measured, which does not depend on the machine's load. */
#include <criterion/criterion.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backend.h"
#include "cli/run.h"
#include "codec/jpeg/maker.h"
#include "codec/png/pngs.h"
#include "temp.h"
#include "torture/torture.h"

static void put(const char *name, struct buffer *file)
{
    temp_write(name, file->data, file->size);
    buffer_free(file);
}

static void put_jpeg_of_size(const char *name, unsigned width, unsigned height)
{
    struct buffer file = make_jpeg(&(struct jpeg_recipe){
        .width = 16, .height = 16, .in = JCS_RGB, .out = JCS_YCbCr, .h = 2, .v = 2, .progressive = true});
    set_jpeg_size(&file, width, height);
    put(name, &file);
}

static void put_scan_bomb(const char *name)
{
    struct buffer file = make_jpeg_of_scans(501);
    set_jpeg_size(&file, 16383, 16383);
    put(name, &file);
}

/* `count` markers, each with `fill` bytes before it, and no picture. */
static void put_marker_storm(const char *name, unsigned count, size_t fill)
{
    struct buffer file = {0};
    uint8_t *before = malloc(fill + 1);
    memset(before, 0xFF, fill + 1);
    cr_assert_eq(buffer_append(&file, "\xFF\xD8", 2), 0);
    for (unsigned i = 0; i < count; i++) {
        cr_assert_eq(buffer_append(&file, before, fill), 0);
        cr_assert_eq(buffer_append(&file, "\xFF\xE5\0\2", 4), 0);
    }
    free(before);
    put(name, &file);
}

/* A picture of one pixel, with a chunk that inflates to `inflated` zeros. */
static void put_inflating(const char *name, const char *type, const void *head, size_t head_size,
                          size_t inflated)
{
    static const struct png_header dot = {.width = 1, .height = 1, .depth = 8};
    struct libdeflate_compressor *deflater = libdeflate_alloc_compressor(1);
    uint8_t *zeros = calloc(1, inflated), *chunk = malloc(inflated);
    memcpy(chunk, head, head_size);
    size_t size =
        libdeflate_zlib_compress(deflater, zeros, inflated, chunk + head_size, inflated - head_size);
    cr_assert_gt(size, 0);
    struct buffer file = {0};
    made_begin(&file, &dot);
    made_chunk(&file, type, chunk, head_size + size);
    made_pixels(&file, (const uint8_t[]){0, 77}, 2, 1000);
    made_chunk(&file, "IEND", "", 0);
    libdeflate_free_compressor(deflater);
    free(zeros);
    free(chunk);
    put(name, &file);
}

static void put_png_of_size(const char *name, uint32_t width, uint32_t height)
{
    const struct png_header header = {
        .width = width, .height = height, .depth = 16, .color_type = PNG_RGB_ALPHA};
    struct buffer file = {0};
    made_begin(&file, &header);
    made_pixels(&file, (const uint8_t[]){0, 77}, 2, 1000);
    made_chunk(&file, "IEND", "", 0);
    put(name, &file);
}

static void put_chunk_storm(const char *name)
{
    static const struct png_header dot = {.width = 1, .height = 1, .depth = 8};
    struct buffer file = {0};
    made_begin(&file, &dot);
    for (unsigned i = 0; i < 5000; i++)
        made_chunk(&file, "tEXt", "a\0b", 3);
    made_pixels(&file, (const uint8_t[]){0, 77}, 2, 1000);
    made_chunk(&file, "IEND", "", 0);
    put(name, &file);
}

/* Every bomb, and its message. */
static const struct bomb {
    const char *name, *option, *message;
} bombs[] = {
    {"side.jpg", "--quiet", "65500 x 65500 pixels are over the limit of 268402689 (raise --max-pixels)"},
    {"tall.png", "--resize=20x20!",
     "1 x 268402689 pixels are over the limit of 1000000 on a side (crop or split it)"},
    {"memory.png", "--max-pixels=1000000000000", "MiB are available"},
    {"scans.jpg", "--quiet", "has more than 500 scans (save it again with fewer)"},
    {"icc.png", "--quiet", "has an ICC profile that inflates to more than 8 MB (save it again without it)"},
    {"text.png", "--keep=text", "has a text that inflates to more than 8 MB (omit --keep)"},
    {"kept.png", "--keep=all", "has a text that inflates to more than 8 MB (omit --keep)"},
    {"segments.jpg", "--quiet", "has more than 16384 segments (save it again without metadata)"},
    {"fill.jpg", "--quiet", "has no marker where a JPEG must have one"},
    {"chunks.png", "--quiet", "has more than 4096 chunks before its pixels"},
};
enum { BOMBS = sizeof bombs / sizeof *bombs };

static void put_bombs(void)
{
    run_begin();
    put_jpeg_of_size("side.jpg", 65500, 65500);
    put_png_of_size("tall.png", 1, 268402689);
    put_png_of_size("memory.png", 1000000, 1000000);
    put_scan_bomb("scans.jpg");
    put_inflating("icc.png", "iCCP", "name\0", 6, 16 << 20);
    put_inflating("text.png", "zTXt", "Story\0", 7, 16 << 20);
    put_inflating("kept.png", "iTXt", "k\0\1\0\0", 6, 9 << 20);
    put_marker_storm("segments.jpg", 100000, 0);
    put_marker_storm("fill.jpg", 5000, 4000);
    put_chunk_storm("chunks.png");
}

/* Under 100 ms of CPU time, start-up included, and 50 MB, in the best of a few runs, because other programs
 * slow it down. */
static void expect_cheap(const struct bomb *bomb, const char *backend)
{
    enum { RUNS = 3, PEAK_KIB = 50 * 1000 * 1000 / 1024 };
    double least = 1e9;
    for (unsigned i = 0; i < RUNS && least > 0.1; i++) {
        struct run run = RUN("run", bomb->name, "-o", "out", bomb->option, "--backend", backend);
        expect(&run, 1, bomb->message);
#ifndef PIXMILL_SANITIZED /* a sanitizer takes memory and time of its own */
        cr_assert_lt(run.peak_kib, PEAK_KIB, "%s, %s: %ld KiB", bomb->name, backend, run.peak_kib);
        least = run.cpu_seconds < least ? run.cpu_seconds : least;
    }
    cr_assert_lt(least, 0.1, "%s, %s: %.3f s of CPU time", bomb->name, backend, least);
#else
        least = 0;
    }
#endif
    expect_files("out", 0);
}

static void expect_all_cheap(const char *backend)
{
    put_bombs();
    for (unsigned i = 0; i < BOMBS; i++)
        expect_cheap(&bombs[i], backend);
}

Test(bombs, serial)
{
    expect_all_cheap("serial");
}

Test(bombs, threads)
{
    expect_all_cheap("threads");
}

Test(bombs, procs)
{
    expect_all_cheap("procs");
}

Test(bombs, omp)
{
    expect_all_cheap("omp");
}

Test(bombs, gil)
{
    expect_all_cheap("gil");
}

Test(bombs, async)
{
    expect_all_cheap("async");
}

/* Files within the limits are processed, even slow ones: only zeros, compressed to a thousandth of the
 * picture's size. The long form uses the largest such picture. */
static void expect_processed(const char *backend)
{
    const uint32_t side = torture_is_long() ? 16383 : 2500;
    const struct png_header header = {.width = side, .height = side, .depth = 8, .color_type = PNG_RGB};
    const size_t size = ((size_t)side * 3 + 1) * side;
    struct buffer file = {0};
    run_begin();
    uint8_t *zeros = calloc(1, size);
    made_begin(&file, &header);
    made_pixels(&file, zeros, size, 1 << 30);
    made_chunk(&file, "IEND", "", 0);
    free(zeros);
    put("zeros.png", &file);
    struct run run = RUN("run", "zeros.png", "-o", "out", "--resize=100x100", "--backend", backend);
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    expect_picture("out/zeros.png", "png", 100, 100);
    run = RUN("run", "zeros.png", "-o", "whole", "--flop", "--backend", backend);
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    expect_picture("whole/zeros.png", "png", side, side);
#ifndef PIXMILL_SANITIZED
    /* The picture before and after the step, and the command itself. */
    cr_assert_lt((size_t)run.peak_kib, 2 * size / 1024 + 50 * 1024, "%ld KiB", run.peak_kib);
#endif
}

Test(torture_slow, serial)
{
    expect_processed("serial");
}

Test(torture_slow, threads)
{
    expect_processed("threads");
}

Test(torture_slow, procs)
{
    expect_processed("procs");
}

Test(torture_slow, omp)
{
    expect_processed("omp");
}

Test(torture_slow, gil)
{
    expect_processed("gil");
}

Test(torture_slow, async)
{
    expect_processed("async");
}
