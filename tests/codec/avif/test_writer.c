/* Image sequences, written frame by frame. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "codec/avif/avif.h"
#include "codec/avif/options.h"
#include "codec/disc.h"
#include "codec/jpeg/options.h"
#include "codec/options.h"
#include "codec/part.h"
#include "codec/peak.h"
#include "codec/writer.h"

extern const struct codec codec_avif;

static void begin(void)
{
    struct pm_error error = {0};
    if (codec_part_find(&codec_avif, &error) != 0)
        cr_skip_test("%s", error.message);
}

TestSuite(avif_writer, .init = begin);

enum { FRAMES = DISC_FRAMES };

static struct avif_options options_of(bool lossless, int depth)
{
    struct avif_options options;
    unsigned char bytes[CODEC_OPTIONS_BYTES];
    codec_options_init(&codec_avif, bytes);
    memcpy(&options, bytes, sizeof options);
    options.lossless = lossless;
    options.depth = depth;
    return options;
}

/* Frames 3 and 4 are equal. */
static struct pm_image frame_of(struct lent *lent, int kind, unsigned number, unsigned depth)
{
    return disc(lent, kind, number == 4 ? 16 : 10 + 2 * (int)number, depth);
}

static struct buffer animation_of(struct lent *lent, int kind, unsigned loops,
                                  const struct avif_options *options)
{
    return disc_animation(lent, &codec_avif, options, loops, frame_of, kind, 8);
}

/* The largest error, in levels; of transparent pixels only of their alpha. */
static int difference(const struct pm_image *a, const struct pm_image *b)
{
    const unsigned channels = a->plane[0].channels;
    const bool alpha = channels % 2 == 0;
    int worst = 0;
    cr_assert(channels == b->plane[0].channels && a->width == b->width && a->height == b->height);
    for (uint32_t i = 0; i < DISC_WIDTH * DISC_HEIGHT * channels; i++) {
        const uint32_t y = i / channels / DISC_WIDTH, x = i % (DISC_WIDTH * channels);
        const uint8_t *one = plane_row(&a->plane[0], y), *other = plane_row(&b->plane[0], y);
        if (alpha && other[x - x % channels + channels - 1] == 0 && x % channels != channels - 1)
            continue;
        const int error = abs(one[x] - other[x]);
        worst = error > worst ? error : worst;
    }
    return worst;
}

/* `still`: with the meta box, which has the still picture and XMP. */
static void expect_written(int kind, unsigned loops, bool still)
{
    const struct decode_request request = {.keep = KEEP_ALL, .animation = true};
    const struct avif_options options = options_of(true, 8);
    struct lent lent;
    uint64_t shown = 0;
    lent_init(&lent);
    struct buffer file = animation_of(&lent, kind, loops, &options);
    uint8_t *meta = memmem(file.data, file.size, "meta", 4);
    cr_assert_not_null(meta);
    if (!still)
        memcpy(meta, "free", 4);
    struct reader *reader = reader_open(&codec_avif, NULL, file.data, file.size, &request, &lent.context);
    cr_assert_not_null(reader, "%s", lent.error.message);
    cr_expect_eq(reader->info.frames, FRAMES);
    cr_expect_eq(reader->info.loops, loops);
    const uint8_t *header = memmem(file.data, file.size, "tkhd", 4);
    cr_assert_not_null(header);
    cr_expect_eq(header[4], loops == 0, "Chromium takes an endless duration only in 64 bits");
    for (unsigned i = 0; i < FRAMES; i++) {
        struct frame frame;
        cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
        const struct pm_image expected = frame_of(&lent, kind, i, 8);
        cr_expect_eq(difference(&frame.image, &expected), 0, "kind %d, frame %u", kind, i);
        cr_expect_eq(frame.image.meta.xmp.size, still ? 4 : 0);
        shown += (uint64_t)frame.time.ticks * 1000 / frame.time.per_second;
    }
    cr_expect_eq(shown, 500); /* 15 / 30 s */
    reader_close(reader);
    buffer_free(&file);
    lent_free(&lent);
}

Test(avif_writer, what_is_written_without_loss_is_read)
{
    for (int kind = 0; kind < 4; kind++)
        expect_written(kind, kind == 0 ? 0 : kind == 1 ? 1 : 7, true);
}

Test(avif_writer, the_tracks_alone_are_an_animation)
{
    for (int kind = 0; kind < 4; kind++)
        expect_written(kind, 1, false);
}

static struct pm_image turned_frame(struct lent *lent, int kind, unsigned number, unsigned depth)
{
    struct pm_image image = frame_of(lent, 0, number, depth);
    image.orientation = (unsigned)kind;
    return image;
}

/* An orientation that is kept is in the still's properties and in the track's matrix, which leads into the
 * first quadrant. */
Test(avif_writer, a_kept_orientation_is_of_the_track_too)
{
    enum { TO_MATRIX = 40 };
    const struct avif_options options = options_of(true, 8);
    const struct decode_request request = {.animation = true};
    for (int orientation = 1; orientation <= 8; orientation++) {
        struct lent lent;
        struct frame frame;
        lent_init(&lent);
        struct buffer file = disc_animation(&lent, &codec_avif, &options, 1, turned_frame, orientation, 8);
        const uint8_t *matrix = memmem(file.data, file.size, "tkhd", 4);
        cr_assert_not_null(matrix);
        matrix += 4 + TO_MATRIX;
        int32_t m[9];
        for (unsigned i = 0; i < 9; i++)
            m[i] = (int32_t)get_be32(matrix + 4 * i);
        const int64_t right = (int64_t)m[0] * DISC_WIDTH, up = (int64_t)m[1] * DISC_WIDTH;
        const int64_t across = (int64_t)m[3] * DISC_HEIGHT, down = (int64_t)m[4] * DISC_HEIGHT;
        cr_expect_eq(m[6], -((right < 0 ? right : 0) + (across < 0 ? across : 0)), "%d", orientation);
        cr_expect_eq(m[7], -((up < 0 ? up : 0) + (down < 0 ? down : 0)), "%d", orientation);
        for (int still = 1; still >= 0; still--) {
            if (!still)
                memcpy(memmem(file.data, file.size, "meta", 4), "free", 4);
            struct reader *reader =
                reader_open(&codec_avif, NULL, file.data, file.size, &request, &lent.context);
            cr_assert_not_null(reader, "%s", lent.error.message);
            cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
            cr_expect_eq(frame.image.orientation, (unsigned)orientation, "%d", orientation);
            reader_close(reader);
        }
        buffer_free(&file);
        lent_free(&lent);
    }
}

/* Frames after the first are described by what differs: the fifth is as the fourth. */
Test(avif_writer, frames_refer_to_those_before)
{
    enum { TO_SIZES = 16, A_SIZE = 4, SMALL = 64 };
    const struct avif_options options = options_of(false, 8);
    struct lent lent;
    lent_init(&lent);
    struct buffer file = animation_of(&lent, 0, 0, &options);
    const uint8_t *sizes = memmem(file.data, file.size, "stsz", 4);
    cr_assert_not_null(sizes);
    sizes += TO_SIZES;
    cr_expect_gt(get_be32(sizes), SMALL);
    cr_expect_leq(get_be32(sizes + (FRAMES - 1) * A_SIZE), SMALL);
    cr_expect_not_null(memmem(file.data, file.size, "stss", 4));
    buffer_free(&file);
    lent_free(&lent);
}

/* The forecasts include what libaom keeps between frames. */
Test(avif_writer, memory_is_as_forecast)
{
    enum { SIDE = 768, COUNT = 3 };
    for (int deep = 0; deep < 2; deep++) {
        struct avif_options options = options_of(false, deep != 0 ? 12 : 8);
        struct lent lent;
        struct buffer file = {0};
        const struct animation animation = {.frames = COUNT};
        options.subsampling = SUBSAMPLING_444;
        lent_init(&lent);
        struct pm_image image = picture(&lent, SIDE, SIDE, PM_COLOR_RGB, true, deep != 0 ? 16 : 8);
        const struct shape shape = image_shape(&image);
        const long long before = reset_peak();
        struct writer *writer = writer_begin(&codec_avif, &image, &animation, &options, &file, &lent.context);
        for (unsigned i = 0; i < COUNT; i++)
            cr_assert_eq(writer_add(writer, &(struct frame){.image = image, .time = {1, 10}}, &lent.context),
                         0);
        cr_assert_eq(writer_end(writer, &lent.context), 0);
        const uint64_t forecast =
            codec_avif.encode_bytes(&shape, &options) + codec_avif.writer->bytes(&shape, COUNT, &options);
        cr_expect_leq(resident("VmHWM:") - before, (long long)forecast, "%d", deep);
        writer_close(writer);
        buffer_free(&file);
        lent_free(&lent);
    }
}
