/* Animations, written frame by frame. */
#include "codec/disc.h"
#include "codec/jxl/jxls.h"
#include "codec/writer.h"

TestSuite(jxl_writer, .init = need_jxl);

enum { FRAMES = DISC_FRAMES };

enum { SMOOTH = 4 /* of which the right half becomes lighter */ };

/* Frames 3 and 4 of a disc are equal. */
static struct pm_image frame_of(struct lent *lent, int kind, unsigned number, unsigned depth)
{
    if (kind == SMOOTH) {
        struct pm_image image = jxl_gradient(lent, DISC_WIDTH, DISC_HEIGHT, PM_COLOR_RGB, false, 8);
        for (uint32_t y = 0; y < DISC_HEIGHT; y++) {
            for (uint32_t i = DISC_WIDTH / 2 * 3; i < DISC_WIDTH * 3; i++)
                plane_row(&image.plane[0], y)[i] += (uint8_t)(4 * number);
        }
        return image;
    }
    return disc(lent, kind, number == 4 ? 16 : 10 + 2 * (int)number, depth);
}

static struct buffer animation_of(struct lent *lent, int kind, unsigned depth,
                                  const struct jxl_options *options)
{
    return disc_animation(lent, &codec_jxl, options, 7, frame_of, kind, depth);
}

static struct reader *open_file(struct lent *lent, const struct buffer *file)
{
    const struct decode_request request = {.keep = KEEP_ALL, .animation = true};
    struct reader *reader = reader_open(&codec_jxl, NULL, file->data, file->size, &request, &lent->context);
    cr_assert_not_null(reader, "%s", lent->error.message);
    cr_expect_eq(reader->info.frames, FRAMES);
    cr_expect_eq(reader->info.loops, 7);
    return reader;
}

static void expect_written(int kind, unsigned depth, bool lossless)
{
    struct lent lent;
    struct jxl_options options = jxl_defaults();
    uint64_t shown = 0;
    lent_init(&lent);
    options.lossless = lossless;
    options.quality = 95;
    struct buffer file = animation_of(&lent, kind, depth, &options);
    struct reader *reader = open_file(&lent, &file);
    for (unsigned i = 0; i < FRAMES; i++) {
        struct frame frame;
        cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
        const struct pm_image expected = frame_of(&lent, kind, i, depth);
        cr_expect_leq(jxl_difference(&frame.image, &expected), lossless ? 0 : 16, "kind %d, frame %u", kind,
                      i);
        cr_expect_eq(frame.image.meta.xmp.size, 4);
        shown += (uint64_t)frame.time.ticks * 1000 / frame.time.per_second;
    }
    cr_expect_eq(shown, 500); /* 15 / 30 s: fractions of ms are not lost */
    reader_close(reader);
    buffer_free(&file);
    lent_free(&lent);
}

Test(jxl_writer, what_is_written_without_loss_is_read)
{
    for (int kind = 0; kind < 4; kind++) {
        expect_written(kind, 8, true);
        expect_written(kind, 16, true);
    }
}

Test(jxl_writer, what_is_written_with_loss_is_read)
{
    expect_written(SMOOTH, 8, false);
}

/* Pixels outside the rectangle with all changes are left out of a frame. */
Test(jxl_writer, only_differences_are_written)
{
    struct lent lent;
    struct jxl_options options = jxl_defaults();
    struct buffer file = {0};
    const struct animation animation = {.frames = 3};
    lent_init(&lent);
    options.lossless = true;
    struct pm_image image = picture(&lent, 200, 200, PM_COLOR_RGB, false, 8); /* noise */
    struct buffer still = jxl_of(&lent, &image, &options);
    struct writer *writer = writer_begin(&codec_jxl, &image, &animation, &options, &file, &lent.context);
    cr_assert_not_null(writer, "%s", lent.error.message);
    for (unsigned i = 0; i < 3; i++) {
        memset(plane_row(&image.plane[0], 100) + 3 * 50, (int)i, 3 * 10);
        cr_assert_eq(writer_add(writer, &(struct frame){.image = image, .time = {1, 10}}, &lent.context), 0);
    }
    cr_assert_eq(writer_end(writer, &lent.context), 0);
    writer_close(writer);
    cr_expect_leq(file.size, still.size + 400);
    buffer_free(&file);
    buffer_free(&still);
    lent_free(&lent);
}
