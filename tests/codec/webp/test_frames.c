/* Animated WebP files, read and written frame by frame. */
#include <criterion/criterion.h>
#include <string.h>

#include "codec/options.h"
#include "codec/peak.h"
#include "codec/reader.h"
#include "codec/webp/format.h"
#include "codec/writer.h"
#include "pictures.h"

extern const struct codec codec_webp;

enum { SIDE = 32, FRAMES = 5 };

static const struct webp_options lossless = {80, true, WEBP_NEAR_LOSSLESS_OFF, 100, 2};

/* A square that moves over a transparent background. */
static struct pm_image square(struct lent *lent, unsigned number)
{
    const struct shape shape = {
        .width = SIDE, .height = SIDE, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8)};
    struct pm_image image;
    cr_assert_eq(image_alloc(&image, &shape, &lent->context), 0);
    for (uint32_t y = 0; y < SIDE; y++) {
        uint8_t *row = plane_row(&image.plane[0], y);
        memset(row, 0, (size_t)SIDE * 4);
        for (uint32_t x = 4 * number; y >= 8 && y < 16 && x < 4 * number + 8; x++)
            memcpy(row + 4 * x,
                   (const uint8_t[]){200, (uint8_t)(10 * number), 30, (uint8_t)(255 - 20 * number)}, 4);
    }
    return image;
}

static struct buffer animation_of(struct lent *lent, unsigned loops)
{
    struct buffer file = {0};
    struct writer *writer = NULL;
    const struct animation animation = {.frames = FRAMES, .loops = loops};
    for (unsigned i = 0; i < FRAMES; i++) {
        struct frame frame = {.image = square(lent, i), .time = {i + 1, 100}};
        frame.image.meta.xmp = (struct pm_blob){(const uint8_t *)"<x/>", 4};
        if (i == 0)
            writer = writer_begin(&codec_webp, &frame.image, &animation, &lossless, &file, &lent->context);
        cr_assert_not_null(writer, "%s", lent->error.message);
        cr_assert_eq(writer_add(writer, &frame, &lent->context), 0, "%s", lent->error.message);
    }
    cr_assert_eq(writer_end(writer, &lent->context), 0, "%s", lent->error.message);
    writer_close(writer);
    return file;
}

static struct reader *open_file(struct lent *lent, const struct buffer *file, bool allow_truncated)
{
    const struct decode_request request = {.keep = KEEP_ALL, .allow_truncated = allow_truncated};
    return reader_open(&codec_webp, NULL, file->data, file->size, &request, &lent->context);
}

static void expect_rgba(const struct pm_image *image, uint32_t x, uint32_t y, const uint8_t expected[4])
{
    const uint8_t *pixel = plane_row(&image->plane[0], y) + 4 * x;
    for (int c = 0; c < 4; c++)
        cr_expect(pixel[c] - expected[c] <= 1 && expected[c] - pixel[c] <= 1, "(%u, %u): %u %u %u %u", x, y,
                  pixel[0], pixel[1], pixel[2], pixel[3]);
}
#define RGBA(...) ((const uint8_t[]){__VA_ARGS__})

Test(webp_frames, what_is_written_is_read)
{
    struct lent lent;
    lent_init(&lent);
    struct buffer file = animation_of(&lent, 3);
    struct reader *reader = open_file(&lent, &file, false);
    cr_assert_not_null(reader, "%s", lent.error.message);
    cr_expect_eq(reader->info.frames, FRAMES);
    cr_expect_eq(reader->info.loops, 3);
    for (unsigned i = 0; i < FRAMES; i++) {
        struct frame frame;
        cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
        struct pm_image expected = square(&lent, i);
        cr_expect_eq(frame.time.ticks * 100, (i + 1) * frame.time.per_second, "%u", i);
        for (uint32_t y = 0; y < SIDE; y++) {
            for (uint32_t x = 0; x < SIDE; x++) {
                const uint8_t *pixel = plane_row(&expected.plane[0], y) + 4 * x;
                if (pixel[3] != 0)
                    expect_rgba(&frame.image, x, y, pixel);
                else
                    cr_expect_eq(plane_row(&frame.image.plane[0], y)[4 * x + 3], 0, "frame %u", i);
            }
        }
        cr_expect_eq(frame.image.meta.xmp.size, 4);
    }
    struct frame none;
    cr_expect_eq(reader_frame(reader, &none, &lent.context), -1);
    reader_close(reader);
    buffer_free(&file);
    lent_free(&lent);
}

/* --- files made by hand ---------------------------------------------------------------------------- */

/* Appends a chunk whose data are `head` and the bitstream of a picture of one colour. */
static void add_frame(struct lent *lent, struct buffer *file, const uint8_t head[WEBP_ANMF_HEAD],
                      const uint8_t rgba[4])
{
    const struct shape shape = {.width = webp_get_le24(head + 6) + 1,
                                .height = webp_get_le24(head + 9) + 1,
                                .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8)};
    struct pm_image image;
    struct buffer still = {0};
    uint8_t chunk[WEBP_CHUNK_HEAD];
    cr_assert_eq(image_alloc(&image, &shape, &lent->context), 0);
    for (uint32_t y = 0; y < shape.height; y++) {
        for (uint32_t x = 0; x < shape.width; x++)
            memcpy(plane_row(&image.plane[0], y) + 4 * x, rgba, 4);
    }
    cr_assert_eq(codec_webp.encode(&image, &lossless, &still, &lent->context), 0);
    webp_put_le32(chunk, WEBP_ANMF);
    webp_put_le32(chunk + 4, (uint32_t)(WEBP_ANMF_HEAD + still.size - WEBP_RIFF_HEAD));
    cr_assert_eq(buffer_append(file, chunk, sizeof chunk), 0);
    cr_assert_eq(buffer_append(file, head, WEBP_ANMF_HEAD), 0);
    cr_assert_eq(buffer_append(file, still.data + WEBP_RIFF_HEAD, still.size - WEBP_RIFF_HEAD), 0);
    webp_put_le32(file->data + 4, (uint32_t)file->size - WEBP_CHUNK_HEAD);
    buffer_free(&still);
}

/* A canvas of 16 x 16. */
static struct buffer begin_file(void)
{
    static const uint8_t head[] =
        "RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x12\0\0\0\x0f\0\0\x0f\0\0ANIM\6\0\0\0\xff\xff\xff\xff\0";
    struct buffer file = {0};
    cr_assert_eq(buffer_append(&file, head, sizeof head), 0);
    return file;
}

enum { BLEND = 0, REPLACE = 2, CLEAR = 1 };

static const uint8_t whole_red[WEBP_ANMF_HEAD] = {[6] = 15, [9] = 15, [12] = 40, [15] = REPLACE};

/* Drawn over, drawn in place, cleared: RFC 9649, 2.7.1.1. */
Test(webp_frames, frames_are_blended_and_disposed_of_as_viewers_do)
{
    static const uint8_t blended[] = {[0] = 2, [3] = 2, [6] = 3, [9] = 3, [12] = 50, [15] = BLEND | CLEAR};
    static const uint8_t replaced[] = {[0] = 4, [3] = 4, [6] = 3, [9] = 3, [12] = 60, [15] = REPLACE};
    struct lent lent;
    struct frame frame;
    lent_init(&lent);
    struct buffer file = begin_file();
    add_frame(&lent, &file, whole_red, RGBA(200, 0, 0, 255));
    add_frame(&lent, &file, blended, RGBA(0, 100, 0, 128));
    add_frame(&lent, &file, replaced, RGBA(0, 0, 50, 128));
    struct reader *reader = open_file(&lent, &file, false);
    cr_assert_not_null(reader, "%s", lent.error.message);
    cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
    expect_rgba(&frame.image, 5, 5, RGBA(200, 0, 0, 255));
    cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
    expect_rgba(&frame.image, 5, 5, RGBA(100, 50, 0, 255));
    expect_rgba(&frame.image, 3, 3, RGBA(200, 0, 0, 255));
    cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
    cr_expect_eq(frame.time.ticks, 60);
    cr_expect_eq(plane_row(&frame.image.plane[0], 5)[4 * 5 + 3], 0, "cleared");
    expect_rgba(&frame.image, 9, 9, RGBA(0, 0, 50, 128));
    expect_rgba(&frame.image, 13, 13, RGBA(200, 0, 0, 255));
    reader_close(reader);
    buffer_free(&file);
    lent_free(&lent);
}

/* A frame that covers a part of the canvas leaves the rest as it began: transparent. */
Test(webp_frames, a_canvas_begins_transparent)
{
    static const uint8_t part[] = {[6] = 3, [9] = 3, [12] = 50, [15] = BLEND};
    struct lent lent;
    struct frame frame;
    lent_init(&lent);
    struct buffer file = begin_file();
    add_frame(&lent, &file, part, RGBA(0, 100, 0, 128));
    struct reader *reader = open_file(&lent, &file, false);
    cr_assert_not_null(reader, "%s", lent.error.message);
    cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
    expect_rgba(&frame.image, 0, 0, RGBA(0, 100, 0, 128));
    cr_expect_eq(plane_row(&frame.image.plane[0], 9)[4 * 9 + 3], 0);
    reader_close(reader);
    buffer_free(&file);
    lent_free(&lent);
}

Test(webp_frames, a_cut_animation_is_truncated_or_gives_what_there_is)
{
    struct lent lent;
    lent_init(&lent);
    struct buffer file = animation_of(&lent, 0);
    const size_t whole = file.size;
    for (size_t size = 0; size < whole - 12; size++) { /* less: XMP alone is missing */
        struct frame frame;
        file.size = size;
        lent.error = (struct pm_error){0};
        struct reader *reader = open_file(&lent, &file, false);
        cr_assert_null(reader, "%zu", size);
        cr_assert(lent.error.kind == PM_ERROR_TRUNCATED || size < WEBP_RIFF_HEAD, "%zu: %s", size,
                  lent.error.message);
        lent.error = (struct pm_error){0};
        reader = open_file(&lent, &file, true);
        for (unsigned i = 0; reader != NULL && i < reader->info.frames; i++)
            cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%zu: %s", size, lent.error.message);
        reader_close(reader);
    }
    file.size = whole;
    buffer_free(&file);
    lent_free(&lent);
}

Test(webp_frames, a_frame_whose_picture_has_another_size_is_damage)
{
    struct lent lent;
    struct frame frame;
    lent_init(&lent);
    struct buffer file = begin_file();
    const size_t at = file.size;
    add_frame(&lent, &file, whole_red, RGBA(200, 0, 0, 255));
    file.data[at + WEBP_CHUNK_HEAD + 6] = 14; /* its width, less 1 */
    struct reader *reader = open_file(&lent, &file, false);
    cr_assert_not_null(reader, "%s", lent.error.message);
    cr_expect_eq(reader_frame(reader, &frame, &lent.context), -1);
    cr_expect_eq(lent.error.kind, PM_ERROR_CORRUPT, "%s", lent.error.message);
    reader_close(reader);
    buffer_free(&file);
    lent_free(&lent);
}

/* A single frame is also drawn on a canvas, in addition to the picture and the blending buffer. */
Test(webp_frames, a_lone_frame_takes_no_more_memory_than_was_forecast)
{
    enum { WIDTH = 4000, HEIGHT = 3000, CANVAS_AT = 24 };
    const struct decode_request small = {.min_width = WIDTH / 10, .min_height = HEIGHT / 10};
    uint8_t head[WEBP_ANMF_HEAD] = {[12] = 50, [15] = BLEND};
    struct lent lent;
    struct frame frame;
    lent_init(&lent);
    webp_put_le32(head + 6, WIDTH - 1);
    webp_put_le32(head + 9, HEIGHT - 1);
    head[12] = 50;
    struct buffer file = begin_file();
    memcpy(file.data + CANVAS_AT, head + 6, 6);
    add_frame(&lent, &file, head, RGBA(0, 100, 0, 128));
    arena_reset(&lent.arena);
    struct reader *reader = reader_open(&codec_webp, NULL, file.data, file.size, &small, &lent.context);
    cr_assert_not_null(reader, "%s", lent.error.message);
    cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
    const uint64_t taken = lent.arena.peak + lent.spare.peak + lent.job_arena.peak;
    const uint64_t said = codec_webp.decode_bytes(&reader->info, &small);
    cr_expect_leq(taken, said, "%llu of %llu", (unsigned long long)taken, (unsigned long long)said);
    reader_close(reader);
    buffer_free(&file);
    lent_free(&lent);
}

/* --- the encoder's questions ------------------------------------------------------------------------ */

static bool stop_asked;
static unsigned checkpoints;

static int count_or_stop(struct context *context)
{
    (void)context;
    checkpoints++;
    return stop_asked ? error_set(context->error, PM_ERROR_CANCELLED, "stopped") : 0;
}

static const struct webp_options lossy = {80, false, WEBP_NEAR_LOSSLESS_OFF, 100, 4};

/* The file of these frames; data NULL: it can't be written, and lent->error says why. */
static struct buffer write_all(struct lent *lent, const struct frame *frames, unsigned count,
                               const struct webp_options *options)
{
    const struct animation animation = {.frames = count};
    struct buffer file = {0};
    struct writer *writer =
        writer_begin(&codec_webp, &frames[0].image, &animation, options, &file, &lent->context);
    cr_assert_not_null(writer, "%s", lent->error.message);
    int status = 0;
    for (unsigned i = 0; i < count && status == 0; i++)
        status = writer_add(writer, &frames[i], &lent->context);
    if (status == 0)
        status = writer_end(writer, &lent->context);
    writer_close(writer);
    if (status != 0)
        buffer_free(&file);
    return file;
}

/* The head of the file's frame `number`, from 0. */
static const uint8_t *frame_head(const struct buffer *file, unsigned number)
{
    struct memory_source memory;
    struct pm_error error = {0};
    struct webp_walk walk;
    struct webp_chunk chunk;
    memory_source_init(&memory, file->data, file->size);
    cr_assert_eq(webp_walk_begin(&walk, &memory.source, &error), 0);
    while (webp_walk_next(&walk, &chunk, &error) > 0) {
        if (chunk.tag == WEBP_ANMF && number-- == 0)
            return file->data + chunk.at + WEBP_CHUNK_HEAD;
    }
    return NULL;
}

static void expect_place(const uint8_t *head, uint32_t x, uint32_t y, uint32_t width, uint32_t height,
                         bool over)
{
    cr_assert_not_null(head);
    cr_expect_eq(2 * webp_get_le24(head), x);
    cr_expect_eq(2 * webp_get_le24(head + 3), y);
    cr_expect_eq(webp_get_le24(head + 6) + 1, width);
    cr_expect_eq(webp_get_le24(head + 9) + 1, height);
    cr_expect_eq((head[15] & REPLACE) == 0, over);
}

Test(webp_frames, writing_may_be_stopped)
{
    static const struct context_ops ops = {.checkpoint = count_or_stop};
    struct lent lent;
    lent_init(&lent);
    const struct frame frames[] = {{square(&lent, 1), {1, 10}}, {square(&lent, 2), {1, 10}}};
    lent.context.ops = &ops;
    for (int stop = 0; stop < 2; stop++) {
        stop_asked = stop != 0;
        checkpoints = 0;
        struct buffer file = write_all(&lent, frames, 2, &lossy);
        cr_expect_eq(file.data == NULL, stop_asked, "%s", lent.error.message);
        cr_expect_gt(checkpoints, 0);
        buffer_free(&file);
    }
    cr_expect_eq(lent.error.kind, PM_ERROR_CANCELLED, "%s", lent.error.message);
    lent_free(&lent);
}

static size_t size_at(struct lent *lent, const struct frame frames[2], int effort)
{
    const struct webp_options options = {80, false, WEBP_NEAR_LOSSLESS_OFF, 100, effort};
    struct buffer file = write_all(lent, frames, 2, &options);
    cr_assert_not_null(file.data, "%s", lent->error.message);
    const size_t size = file.size;
    buffer_free(&file);
    return size;
}

/* libwebp's method is 2 up to 4, and from 5 on that of a still. */
Test(webp_frames, frames_take_less_effort_by_default)
{
    enum { WIDE = 160, HIGH = 120 };
    struct lent lent;
    lent_init(&lent);
    struct frame frames[2] = {{.time = {1, 10}}, {.time = {1, 10}}};
    for (unsigned i = 0; i < 2; i++) {
        frames[i].image = picture(&lent, WIDE, HIGH, PM_COLOR_RGB, false, 8);
        for (uint32_t y = 0; y < HIGH; y++) {
            for (uint32_t x = 0; x < 3 * WIDE; x++)
                plane_row(&frames[i].image.plane[0], y)[x] += (uint8_t)((x * y + 5 * x) % (31 + i));
        }
    }
    const size_t standard = size_at(&lent, frames, 4);
    cr_expect_eq(size_at(&lent, frames, 3), standard);
    cr_expect_lt(standard, size_at(&lent, frames, 0));
    cr_expect_lt(size_at(&lent, frames, 5), standard);
    lent_free(&lent);
}

/* A frame's duration has 24 bits. */
Test(webp_frames, a_frame_that_changes_nothing_prolongs_the_one_before)
{
    enum { HOUR = 3600 };
    struct lent lent;
    lent_init(&lent);
    const struct pm_image one = square(&lent, 1), two = square(&lent, 2);
    const struct frame frames[] = {{one, {1, 10}},   {one, {3, 10}},   {two, {4 * HOUR, 1}}, {two, {HOUR, 4}},
                                   {two, {HOUR, 1}}, {two, {HOUR, 2}}, {one, {5, 100}}};
    struct buffer file = write_all(&lent, frames, 7, &lossless);
    cr_assert_not_null(file.data, "%s", lent.error.message);
    cr_expect_eq(webp_get_le24(frame_head(&file, 0) + 12), 400);
    cr_expect_eq(webp_get_le24(frame_head(&file, 1) + 12), (4 * HOUR + HOUR / 4) * 1000);
    expect_place(frame_head(&file, 2), 0, 0, 8, 8, false);
    cr_expect_eq(webp_get_le24(frame_head(&file, 2) + 12), (HOUR + HOUR / 2) * 1000);
    cr_expect_eq(webp_get_le24(frame_head(&file, 3) + 12), 50);
    cr_expect_null(frame_head(&file, 4));
    buffer_free(&file);
    const struct frame slow[] = {{one, {5 * HOUR, 1}}, {two, {1, 10}}};
    file = write_all(&lent, slow, 2, &lossless);
    cr_expect_null(file.data);
    cr_expect_eq(lent.error.kind, PM_ERROR_UNSUPPORTED, "%s", lent.error.message);
    lent_free(&lent);
}

/* Blocks at both ends change; then a pixel that is not opaque; then one in the narrow last column of blocks.
 */
Test(webp_frames, what_changes_is_replaced_or_drawn_over_the_rest)
{
    enum { WIDE = 45, HIGH = 37 };
    struct lent lent;
    lent_init(&lent);
    struct frame frames[4] = {{.time = {1, 10}}, {.time = {1, 10}}, {.time = {1, 10}}, {.time = {1, 10}}};
    for (unsigned i = 0; i < 4; i++) {
        frames[i].image = picture(&lent, WIDE, HIGH, PM_COLOR_RGB, true, 8);
        for (uint32_t y = 0; y < HIGH; y++) {
            for (uint32_t x = 0; x < WIDE; x++)
                plane_row(&frames[i].image.plane[0], y)[4 * x + 3] = 255;
        }
    }
    for (unsigned i = 1; i < 4; i++) {
        memcpy(plane_row(&frames[i].image.plane[0], 9) + 4 * 17, RGBA(0, 200, 0, 255), 4);
        memcpy(plane_row(&frames[i].image.plane[0], 36) + 4 * 44, RGBA(0, 200, 0, 255), 4);
    }
    for (unsigned i = 2; i < 4; i++)
        memcpy(plane_row(&frames[i].image.plane[0], 9) + 4 * 20, RGBA(0, 0, 200, 100), 4);
    memcpy(plane_row(&frames[3].image.plane[0], 12) + 4 * 42, RGBA(0, 0, 0, 255), 4);
    for (int way = 0; way < 2; way++) {
        struct buffer file = write_all(&lent, frames, 4, way == 0 ? &lossless : &lossy);
        cr_assert_not_null(file.data, "%s", lent.error.message);
        expect_place(frame_head(&file, 0), 0, 0, WIDE, HIGH, false);
        expect_place(frame_head(&file, 1), 16, 8, WIDE - 16, HIGH - 8, true);
        expect_place(frame_head(&file, 2), 16, 8, 8, 8, false);
        expect_place(frame_head(&file, 3), 40, 8, 5, 8, false);
        struct reader *reader = open_file(&lent, &file, false);
        cr_assert_not_null(reader, "%s", lent.error.message);
        for (unsigned i = 0; i < 4; i++) {
            struct frame shown;
            cr_assert_eq(reader_frame(reader, &shown, &lent.context), 0, "%s", lent.error.message);
            for (uint32_t y = 0; y < HIGH; y++) {
                for (uint32_t x = 0; x < WIDE; x++) {
                    const uint8_t *pixel = plane_row(&shown.image.plane[0], y) + 4 * x,
                                  *given = plane_row(&frames[i].image.plane[0], y) + 4 * x;
                    cr_expect_eq(pixel[3], given[3], "way %d, frame %u at %u, %u", way, i, x, y);
                    cr_expect(way > 0 || memcmp(pixel, given, 4) == 0, "frame %u at %u, %u", i, x, y);
                }
            }
        }
        reader_close(reader);
        buffer_free(&file);
    }
    lent_free(&lent);
}

#ifndef PIXMILL_SANITIZED
/* Noise needs the most, as nothing can be omitted. */
Test(webp_frames, memory_is_no_more_than_was_forecast)
{
    enum { WIDTH = 900, HEIGHT = 700, NOISY_FRAMES = 24, SLACK = 1 << 20 };
    static const struct webp_options fast = {80, true, WEBP_NEAR_LOSSLESS_OFF, 100, 0};
    const struct animation animation = {.frames = NOISY_FRAMES};
    struct lent lent;
    lent_init(&lent);
    struct frame frame = {.image = picture(&lent, WIDTH, HEIGHT, PM_COLOR_RGB, true, 8), .time = {1, 10}};
    const struct shape shape = image_shape(&frame.image);
    const uint64_t bound = codec_webp.encode_bound(&shape, &fast) * NOISY_FRAMES;
    struct buffer file = {0};
    cr_assert_eq(buffer_reserve(&file, bound), 0);
    memset(file.data, 1, bound);
    const long long before = reset_peak();
    struct writer *writer = writer_begin(&codec_webp, &frame.image, &animation, &fast, &file, &lent.context);
    for (unsigned i = 0; i < NOISY_FRAMES; i++) {
        for (uint32_t y = 0; y < HEIGHT; y++) {
            for (uint32_t x = 0; x < WIDTH * 4; x++)
                plane_row(&frame.image.plane[0], y)[x] += (uint8_t)(17 * x + 3 * y + 1);
        }
        cr_assert_eq(writer_add(writer, &frame, &lent.context), 0, "%s", lent.error.message);
    }
    cr_assert_eq(writer_end(writer, &lent.context), 0, "%s", lent.error.message);
    const long long taken = resident("VmHWM:") - before;
    const long long own = (long long)codec_webp.writer->bytes(&shape, NOISY_FRAMES, &fast),
                    said = (long long)codec_webp.encode_bytes(&shape, &fast) + own;
    cr_expect_leq(taken, said + SLACK, "%lld of %lld", taken, said);
    cr_expect_geq(taken, own, "%lld of %lld", taken, own);
    cr_expect_leq(file.size, bound);
    writer_close(writer);
    buffer_free(&file);
    lent_free(&lent);
}
#endif
