/* Animations (APNG), written frame by frame. */
#include <criterion/criterion.h>
#include <string.h>

#include "codec/disc.h"
#include "codec/png/png.h"
#include "codec/png/pngs.h"
#include "codec/png/writer.h"
#include "codec/reader.h"

static void expect_written(int kind, unsigned depth)
{
    enum { FRAMES = 6 };
    static const struct frame_time times[FRAMES] = {{40, 1000},           {1001, 30000}, {1, 0},
                                                    {4000000000u, 90000}, {7, 100},      {0, 100}};
    static const uint32_t expected[FRAMES][2] = {{1, 25},    {1001, 30000}, {0, 1},
                                                 {44444, 1}, {7, 100},      {0, 1}};
    struct lent lent;
    struct buffer file = {0};
    struct pm_image images[FRAMES];
    struct writer *writer = NULL;
    const struct animation animation = {.frames = FRAMES, .loops = 70000};
    lent_init(&lent);
    for (unsigned i = 0; i < FRAMES; i++) {
        images[i] = disc(&lent, kind, i == 3 ? 12 : 10 + 2 * (int)i, depth); /* frame 4 is as frame 2 */
        const struct frame frame = {.image = images[i], .time = times[i]};
        if (i == 0)
            writer = writer_begin(&codec_png, &frame.image, &animation, NULL, &file, &lent.context);
        cr_assert_not_null(writer, "%s", lent.error.message);
        const size_t before = file.size;
        const struct shape shape = image_shape(&frame.image);
        cr_assert_eq(writer_add(writer, &frame, &lent.context), 0, "%s", lent.error.message);
        cr_assert_leq(file.size - (i == 0 ? 0 : before), codec_png.encode_bound(&shape, NULL));
    }
    cr_assert_eq(writer_end(writer, &lent.context), 0);
    writer_close(writer);
    struct reader *reader = png_open_animation(&lent, &file, false);
    cr_assert_not_null(reader, "%s", lent.error.message);
    cr_expect_eq(reader->info.loops, 70000);
    for (unsigned i = 0; i < FRAMES; i++) {
        struct frame frame;
        cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
        for (uint32_t y = 0; y < DISC_HEIGHT; y++)
            cr_assert_arr_eq(plane_row(&frame.image.plane[0], y), plane_row(&images[i].plane[0], y),
                             DISC_WIDTH * images[i].plane[0].channels * depth / 8,
                             "kind %d, frame %u, row %u", kind, i, y);
        const uint32_t per_second = frame.time.per_second;
        cr_expect_eq((uint64_t)frame.time.ticks * expected[i][1], (uint64_t)expected[i][0] * per_second,
                     "%u: %u/%u", i, frame.time.ticks, per_second);
    }
    reader_close(reader);
    buffer_free(&file);
    lent_free(&lent);
}

Test(png_animation_writer, what_is_written_is_read)
{
    for (int kind = 0; kind < 4; kind++) {
        expect_written(kind, 8);
        expect_written(kind, 16);
    }
}

/* Pixels that did not change are left out of a frame. */
Test(png_animation_writer, only_differences_are_written)
{
    struct lent lent;
    struct buffer still = {0}, file = {0};
    const struct animation animation = {.frames = 2};
    lent_init(&lent);
    struct pm_image image = picture(&lent, 200, 200, PM_COLOR_RGB, false, 8);
    cr_assert_eq(codec_png.encode(&image, NULL, &still, &lent.context), 0);
    struct writer *writer = writer_begin(&codec_png, &image, &animation, NULL, &file, &lent.context);
    cr_assert_eq(writer_add(writer, &(struct frame){.image = image}, &lent.context), 0);
    memset(plane_row(&image.plane[0], 100) + 3 * 50, 0, 3 * 10);
    cr_assert_eq(writer_add(writer, &(struct frame){.image = image}, &lent.context), 0);
    cr_assert_eq(writer_end(writer, &lent.context), 0);
    writer_close(writer);
    cr_expect_leq(file.size, still.size + 200);
    buffer_free(&file);
    buffer_free(&still);
    lent_free(&lent);
}
