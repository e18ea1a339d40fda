/* What was said of memory and of the size of a result holds. */
#include <criterion/criterion.h>
#include <malloc.h>
#include <stdlib.h>

#include "codec/jpeg/fixture.h"
#include "codec/jpeg/options.h"
#include "codec/jpeg/whole.h"

/* Bytes that malloc has handed out to libjpeg; arenas count for themselves. */
static size_t bytes_in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static struct {
    size_t before, peak;
} memory;

static int watch_memory(struct context *context)
{
    (void)context;
    size_t now = bytes_in_use() - memory.before;
    memory.peak = now > memory.peak ? now : memory.peak;
    return 0;
}

/* malloc tells nothing of itself under a sanitizer: there only the arena is counted, and the bound must hold,
 * but may be loose. So it may be where pixmill's own decoder takes less than libjpeg would. */
Test(jpeg_hostile, decoding_takes_no_more_memory_than_was_said)
{
    static const struct jpeg_recipe recipes[] = {
        {.width = 700, .height = 500, .in = JCS_RGB, .out = JCS_YCbCr, .h = 2, .v = 2, .progressive = true},
        {.width = 700, .height = 500, .in = JCS_RGB, .out = JCS_YCbCr, .h = 1, .v = 1, .progressive = true},
        {.width = 700, .height = 500, .in = JCS_RGB, .out = JCS_YCbCr, .h = 2, .v = 2},
        {.width = 4000, .height = 70, .in = JCS_RGB, .out = JCS_YCbCr, .h = 4, .v = 2},
        {.width = 70, .height = 4000, .in = JCS_CMYK, .out = JCS_YCCK, .h = 2, .v = 2, .progressive = true},
        {.width = 700, .height = 500, .in = JCS_GRAYSCALE, .out = JCS_GRAYSCALE},
        {.width = 700, .height = 500, .in = JCS_RGB, .out = JCS_YCbCr, .h = 2, .v = 2, .arithmetic = true},
        {.width = 700,
         .height = 500,
         .in = JCS_RGB,
         .out = JCS_YCbCr,
         .h = 2,
         .v = 2,
         .progressive = true,
         .arithmetic = true},
    };
    static const struct context_ops ops = {.checkpoint = watch_memory};
    struct fixture fixture;
    fixture_open(&fixture);
    fixture.context.ops = &ops;
    fixture.arena.keep = 0;
    for (unsigned k = 0; k < 8 * sizeof recipes / sizeof *recipes; k++) {
        const struct jpeg_recipe *recipe = &recipes[k / 8];
        struct buffer file = make_jpeg(recipe);
        struct decode_request request = {.planes = k & 1, .libjpeg = k & 4};
        if (k & 2) {
            request.min_width = recipe->width / 2;
            request.min_height = recipe->height / 2;
        }
        struct pm_info info;
        cr_assert_eq(fixture_probe(&fixture, &file, &info), 0);
        uint64_t said = codec_jpeg.decode_bytes(&info, &request);
        arena_free(&fixture.arena);
        arena_free(&fixture.spare);
        arena_free(&fixture.job_arena);
        memory.before = bytes_in_use();
        memory.peak = 0;
        cr_assert_eq(fixture_decode(&fixture, &file, &request), 0);
        size_t used = memory.peak + fixture.arena.peak + fixture.spare.peak;
        cr_assert_leq(used, said, "case %u: %zu bytes, not %zu", k, used, (size_t)said);
#ifndef PIXMILL_SANITIZED
        cr_assert(!request.libjpeg || 3 * used + (1 << 19) > said,
                  "case %u: %zu bytes of %zu is no useful bound", k, used, (size_t)said);
#endif
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

Test(jpeg_hostile, noise_at_quality_100_stays_within_the_bound)
{
    enum { SIDE = 200 };
    static const enum pm_color colors[] = {PM_COLOR_GRAY, PM_COLOR_RGB, PM_COLOR_CMYK};
    struct fixture fixture;
    fixture_open(&fixture);
    uint8_t *samples = malloc(SIDE * SIDE * 4);
    uint32_t state = 7;
    for (size_t i = 0; i < SIDE * SIDE * 4; i++)
        samples[i] = next_random(&state) & 1 ? 255 : 0;
    for (unsigned k = 0; k < 3; k++) {
        struct pm_image image = wrap_samples(samples, SIDE, SIDE, colors[k]);
        struct shape shape = image_shape(&image);
        struct jpeg_options request = {.quality = 100, .subsampling = SUBSAMPLING_444};
        struct buffer file = {0};
        cr_assert_eq(codec_jpeg.encode(&image, &request, &file, &fixture.context), 0);
        cr_assert_leq(file.size, codec_jpeg.encode_bound(&shape, NULL), "colour %u: %zu bytes", k, file.size);
        buffer_free(&file);
    }
    free(samples);
    fixture_close(&fixture);
}

/* A tall image whose tables are fitted to a sample that tells nothing of the rest: one strip in `STEP` has
 * few symbols, some much more often than others, the rest is noise, whose codes become long. */
enum { BOUND_WIDTH = 64, BOUND_HEIGHT = 3200, STEP = 8 };

static void fill_with_worst(const struct pm_plane *plane, uint32_t strip_rows)
{
    uint32_t state = 7;
    for (uint32_t y = 0; y < plane->height; y++) {
        for (uint32_t x = 0; x < plane->width; x++) {
            const bool up = next_random(&state) >> 16 & 1;
            const uint32_t block = y / strip_rows / STEP * STEP + x / 8 + 1;
            const int halvings = __builtin_ctz(block | 1 << 6);
            const int swing = halvings == 0 ? 0 : 1 << (halvings - 1);
            const int calm = up ? 128 + swing : 128 - swing, noise = up ? 255 : 0;
            plane_row(plane, y)[x] = (uint8_t)(y / strip_rows % STEP == 0 ? calm : noise);
        }
    }
}

Test(jpeg_hostile, the_bound_is_held_and_no_more_than_twice_the_largest_file_known)
{
    static const struct {
        unsigned x, y;
        enum subsampling subsampling;
        bool grey;
    } kinds[] = {{1, 1, SUBSAMPLING_444, true},
                 {1, 1, SUBSAMPLING_444, false},
                 {2, 1, SUBSAMPLING_422, false},
                 {2, 2, SUBSAMPLING_420, false}};
    struct fixture fixture;
    fixture_open(&fixture);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const struct shape shape = {
            .width = BOUND_WIDTH,
            .height = BOUND_HEIGHT,
            .format = kinds[k].grey ? (struct pm_pixel_format)PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8)
                                    : (struct pm_pixel_format)PIXELS_YCC(kinds[k].x, kinds[k].y)};
        struct pm_image image = {.width = shape.width,
                                 .height = shape.height,
                                 .format = shape.format,
                                 .orientation = 1,
                                 .nplanes = kinds[k].grey ? 1 : 3};
        arena_reset(&fixture.arena);
        for (unsigned i = 0; i < image.nplanes; i++) {
            cr_assert_eq(plane_alloc_planned(&image.plane[i], i, &shape, 1, 8, &fixture.context), 0);
            fill_with_worst(&image.plane[i], i == 0 ? 8 * kinds[k].y : 8);
        }
        const struct jpeg_options request = {.quality = 100, .subsampling = kinds[k].subsampling};
        struct buffer file = {0};
        cr_assert_eq(codec_jpeg.encode(&image, &request, &file, &fixture.context), 0);
        const uint64_t bound = codec_jpeg.encode_bound(&shape, NULL);
        cr_expect_leq(file.size, bound, "kind %zu: %zu bytes", k, file.size);
        cr_expect_leq(bound, 2 * file.size, "kind %zu: %zu bytes are far below the bound of %lu", k,
                      file.size, (unsigned long)bound);
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

Test(jpeg_hostile, what_no_jpeg_holds_is_not_written)
{
    struct fixture fixture;
    fixture_open(&fixture);
    uint8_t *samples = calloc(65501, 1);
    struct buffer file = {0};
    struct pm_image image = wrap_samples(samples, 65501, 1, PM_COLOR_GRAY);
    struct jpeg_options request = {.quality = 80, .subsampling = SUBSAMPLING_420};
    cr_assert_eq(codec_jpeg.encode(&image, &request, &file, &fixture.context), -1);
    cr_assert_eq(fixture.error.kind, PM_ERROR_LIMIT);
    cr_assert_eq(fixture.error.limit, 65500);
    fixture.error = (struct pm_error){0};
    image = wrap_samples(samples, 65500, 1, PM_COLOR_GRAY);
    cr_assert_eq(codec_jpeg.encode(&image, &request, &file, &fixture.context), 0);
    cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){0}), 0);
    cr_assert_eq(fixture.image.width, 65500);
    buffer_free(&file);
    free(samples);
    fixture_close(&fixture);
}
