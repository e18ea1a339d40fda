#include "transform/reel.h"

#include <criterion/criterion.h>
#include <string.h>

#include "codec/writer.h"
#include "lent.h"
#include "transform/transform.h"
#include "transform/transformed.h"
#include "transform/variants.h"

bool moving_dot;
struct reel_seen reel_seen;

static int step(struct pm_error *error)
{
    return ++reel_seen.calls == reel_seen.fails_at ? error_set(error, PM_ERROR_CORRUPT, "is damaged") : 0;
}

/* A file is one byte: the number of its frames. Row y of frame i has samples 10 * (i % 20) + y. */
struct reel_reader {
    struct reader reader;
    unsigned next;
};

struct pm_info reel_info(unsigned frames)
{
    struct pm_info info = codec_blank_info("reel");
    info.width = WIDTH;
    info.height = HEIGHT;
    info.depth = 8;
    info.pixels = (struct pm_pixel_format)PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8);
    info.frames = frames;
    info.loops = LOOPS;
    return info;
}

static int reel_open(struct reader *reader, struct context *context)
{
    (void)context;
    reel_seen.opened++;
    reader->info = reel_info(reader->data[0]);
    return step(context->error);
}

static int reel_frame(struct reader *reader, struct frame *frame, struct context *context)
{
    const unsigned number = ((struct reel_reader *)reader)->next++;
    const struct shape shape = {
        .width = WIDTH, .height = HEIGHT, .format = PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8)};
    static const struct pm_text text = {.keyword = "Title", .text = "Reel"};
    cr_assert_lt(number, reader->info.frames);
    if (step(context->error) != 0 || image_alloc(&frame->image, &shape, context) != 0 ||
        arena_alloc(context->job_arena, ROOM / 8) == NULL) /* what one frame needs */
        return error_memory(context->error, 0);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        const bool dot = moving_dot && (y == number + 1 || y == number + 2);
        memset(plane_row(&frame->image.plane[0], y), moving_dot ? 50 : (int)(10 * (number % 20) + y), WIDTH);
        if (dot)
            memset(plane_row(&frame->image.plane[0], y) + number + 2, 200, 2);
    }
    frame->image.orientation = 1;
    frame->time = (struct frame_time){.ticks = number + 1, .per_second = 100};
    if (reader->request.keep != 0)
        frame->image.meta = (struct pm_metadata){.texts = &text, .ntexts = 1};
    return 0;
}

static void reel_close(struct reader *reader)
{
    (void)reader;
    reel_seen.reader_closed++;
}

static uint64_t reel_bytes(const struct pm_info *info, const struct decode_request *request)
{
    (void)info, (void)request;
    return WIDTH * HEIGHT;
}

/* Writes, for each frame, the first sample of each row and the time. */
struct reel_writer {
    struct writer writer;
    unsigned added;
};

static int reel_begin(struct writer *writer, const struct pm_image *first, struct context *context)
{
    (void)context;
    reel_seen.begun++;
    cr_assert_eq(writer->animation.loops, LOOPS);
    cr_assert_eq(first->meta.ntexts, 1);
    return step(context->error);
}

static int reel_add(struct writer *writer, const struct frame *frame, struct context *context)
{
    (void)context;
    const struct pm_plane *plane = &frame->image.plane[0];
    for (uint32_t y = 0; y < plane->height; y++)
        buffer_append(writer->out, plane_row(plane, y), 1);
    buffer_append(writer->out, &(uint8_t){(uint8_t)frame->time.ticks}, 1);
    cr_assert_eq(frame->time.per_second, 100);
    ((struct reel_writer *)writer)->added++;
    return step(context->error);
}

static int reel_end(struct writer *writer, struct context *context)
{
    (void)context;
    reel_seen.ended++;
    cr_assert_eq(((struct reel_writer *)writer)->added, writer->animation.frames);
    return step(context->error);
}

static void reel_writer_close(struct writer *writer)
{
    (void)writer;
    reel_seen.writer_closed++;
}

static uint64_t reel_writer_bytes(const struct shape *shape, unsigned frames, const void *options)
{
    (void)shape;
    (void)options;
    return (uint64_t)frames * FRAME_ROOM;
}

const struct codec_writer reel_functions = {.size = sizeof(struct reel_writer),
                                            .bytes = reel_writer_bytes,
                                            .begin = reel_begin,
                                            .add = reel_add,
                                            .end = reel_end,
                                            .close = reel_writer_close};
const struct codec reel = {.name = "reel",
                           .decode_bytes = reel_bytes,
                           .reader_size = sizeof(struct reel_reader),
                           .open = reel_open,
                           .frame = reel_frame,
                           .close = reel_close,
                           .animated = true,
                           .written_as = &codec_png};
