/* AVIF sequences: a still that pixmill writes, to which tracks are added whose samples are the still's data.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "codec/avif/avif.h"
#include "codec/avif/tracks.h"
#include "codec/heif/boxes.h"
#include "codec/heif/peers.h"
#include "codec/heif/sequence.h"
#include "codec/options.h"
#include "codec/part.h"
#include "pictures.h"

static void begin(void)
{
    struct pm_error error = {0};
    if (codec_part_find(&codec_avif, &error) != 0)
        cr_skip_test("%s", error.message);
}

TestSuite(avif_sequence, .init = begin);

static struct reader *open_file(struct lent *lent, const struct buffer *file, const struct pm_info *info,
                                bool allow_truncated)
{
    const struct decode_request request = {.animation = true, .allow_truncated = allow_truncated};
    return reader_open(&codec_avif, info, file->data, file->size, &request, &lent->context);
}

static bool same_samples(const struct pm_image *a, const struct pm_image *b)
{
    bool same =
        a->width == b->width && a->height == b->height && a->plane[0].channels == b->plane[0].channels;
    for (uint32_t y = 0; same && y < a->height; y++)
        same = memcmp(plane_row(&a->plane[0], y), plane_row(&b->plane[0], y),
                      (size_t)a->width * a->plane[0].channels) == 0;
    return same;
}

static void expect_frames(const struct tracks *tracks)
{
    struct lent lent;
    struct pm_image still;
    struct pm_info info;
    struct buffer file = avif_tracks_file(tracks);
    lent_init(&lent);
    cr_assert_eq(
        reader_decode(&codec_avif, file.data, file.size, &(struct decode_request){0}, &still, &lent.context),
        0, "%s", lent.error.message);
    cr_assert_eq(pm_probe(file.data, file.size, &info, &lent.error), 0, "%s", lent.error.message);
    cr_expect_eq(info.frames, tracks->samples);
    cr_expect(info.animated);
    cr_expect_eq(info.loops, tracks->loops);
    cr_expect_eq(info.extra_pictures, avif_tracks_is_depth(tracks) ? 1 : 0);
    struct reader *reader = open_file(&lent, &file, &info, false);
    cr_assert_not_null(reader, "%s", lent.error.message);
    for (unsigned i = 0; i < tracks->samples; i++) {
        struct frame frame;
        cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%u: %s", i, lent.error.message);
        cr_expect(same_samples(&still, &frame.image), "frame %u", i);
        cr_expect_eq(frame.time.ticks, i < 2 ? 4 : 7);
        cr_expect_eq(frame.time.per_second, 30);
    }
    reader_close(reader);
    lent_free(&lent);
    buffer_free(&file);
}

Test(avif_sequence, frames_and_their_times)
{
    expect_frames(&usual);
}

Test(avif_sequence, with_alpha_wide_boxes_and_loops)
{
    struct tracks tracks = usual;
    tracks.alpha = tracks.wide = true;
    tracks.loops = 3;
    expect_frames(&tracks);
    tracks.loops = 1;
    expect_frames(&tracks);
}

/* A chunk of several samples: the second is behind the first, and is not a picture. */
Test(avif_sequence, samples_in_one_chunk_are_behind_each_other)
{
    struct tracks tracks = usual;
    struct heif heif = {0};
    struct memory_source memory;
    struct pm_error error = {0};
    tracks.a_chunk = 3;
    struct buffer file = avif_tracks_file(&tracks);
    memory_source_init(&memory, file.data, file.size);
    cr_assert_eq(heif_load(&heif, &memory.source, &error), 0, "%s", error.message);
    struct heif_samples samples = heif_samples_of(&heif.sequence.color);
    struct heif_sample first, sample;
    cr_assert(heif_samples_next(&samples, &first));
    for (unsigned i = 1; i < FRAMES; i++) {
        cr_assert(heif_samples_next(&samples, &sample), "%u", i);
        cr_expect_eq(sample.at, first.at + (i < 3 ? i * first.size : 0), "%u", i);
        cr_expect_eq(sample.size, first.size);
    }
    cr_expect_not(heif_samples_next(&samples, &sample));
    heif_free(&heif);
    buffer_free(&file);
}

Test(avif_sequence, missing_frames_are_refused_or_left_out_on_request)
{
    struct tracks tracks = usual;
    struct lent lent;
    struct frame frame;
    tracks.past_end = 100000;
    struct buffer file = avif_tracks_file(&tracks);
    lent_init(&lent);
    cr_assert_null(open_file(&lent, &file, NULL, false));
    cr_expect_eq(lent.error.kind, PM_ERROR_TRUNCATED);
    cr_expect_not_null(strstr(lent.error.message, "4 of 5 frames are there"), "%s", lent.error.message);
    lent.error = (struct pm_error){0};
    struct reader *reader = open_file(&lent, &file, NULL, true);
    cr_assert_not_null(reader, "%s", lent.error.message);
    cr_assert_eq(reader->info.frames, 4);
    for (unsigned i = 0; i < 4; i++)
        cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
    reader_close(reader);
    lent_free(&lent);
    buffer_free(&file);
}

Test(avif_sequence, frames_of_another_size_are_refused_and_the_still_is_read)
{
    struct tracks tracks = usual;
    struct lent lent;
    struct pm_image image;
    tracks.width = WIDTH + 1;
    struct buffer file = avif_tracks_file(&tracks);
    lent_init(&lent);
    cr_assert_null(open_file(&lent, &file, NULL, false));
    cr_expect_eq(lent.error.kind, PM_ERROR_UNSUPPORTED, "%s", lent.error.message);
    lent.error = (struct pm_error){0};
    cr_expect_eq(
        reader_decode(&codec_avif, file.data, file.size, &(struct decode_request){0}, &image, &lent.context),
        0, "%s", lent.error.message);
    lent_free(&lent);
    buffer_free(&file);
}

/* A track of depth belongs to no frame of the result, and is told as left out; alpha is alpha by its type, or
 * without one. */
Test(avif_sequence, auxiliary_tracks_are_told_apart)
{
    struct tracks tracks = usual;
    tracks.alpha = true;
    tracks.kind = "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha";
    expect_frames(&tracks);
    tracks.kind = "urn:mpeg:mpegB:cicp:systems:auxiliary:depth";
    expect_frames(&tracks);
}

/* The still's own description, as the writer makes it, is sRGB. */
Test(avif_sequence, colours_of_the_track_must_be_those_of_the_still)
{
    struct tracks tracks = usual;
    struct pm_info info;
    struct lent lent;
    tracks.has_nclx = true;
    tracks.transfer = 13;
    expect_frames(&tracks);
    tracks.transfer = 16;
    struct buffer file = avif_tracks_file(&tracks);
    lent_init(&lent);
    cr_assert_null(open_file(&lent, &file, NULL, false));
    cr_expect_eq(lent.error.kind, PM_ERROR_UNSUPPORTED, "%s", lent.error.message);
    cr_expect_not_null(strstr(lent.error.message, "other colours"), "%s", lent.error.message);
    /* a still without a description has the track's */
    uint8_t *colr = memmem(file.data, file.size, "colrnclx", 8);
    cr_assert_not_null(colr);
    memcpy(colr, "free", 4);
    struct memory_source memory;
    memory_source_init(&memory, file.data, file.size);
    lent.error = (struct pm_error){0};
    cr_assert_eq(avif_probe(&memory.source, &info, &lent.error), 0, "%s", lent.error.message);
    cr_expect(info.has_cicp && info.cicp[0] == 1 && info.cicp[1] == 16);
    struct reader *reader = open_file(&lent, &file, NULL, false);
    cr_assert_not_null(reader, "%s", lent.error.message);
    reader_close(reader);
    lent_free(&lent);
    buffer_free(&file);
}

/* A still with one description is not given another one by its track. */
Test(avif_sequence, a_profile_of_the_track_must_be_that_of_the_still)
{
    struct tracks tracks = usual;
    struct pm_info info;
    struct lent lent;
    struct memory_source memory;
    tracks.has_profile = true;
    struct buffer file = avif_tracks_file(&tracks);
    lent_init(&lent);
    memory_source_init(&memory, file.data, file.size);
    cr_assert_eq(avif_probe(&memory.source, &info, &lent.error), 0, "%s", lent.error.message);
    cr_expect_eq(info.icc_size, 0);
    cr_assert_null(open_file(&lent, &file, NULL, false));
    cr_expect_not_null(strstr(lent.error.message, "other colours"), "%s", lent.error.message);
    uint8_t *colr = memmem(file.data, file.size, "colrnclx", 8);
    cr_assert_not_null(colr);
    memcpy(colr, "free", 4);
    lent.error = (struct pm_error){0};
    cr_assert_eq(avif_probe(&memory.source, &info, &lent.error), 0, "%s", lent.error.message);
    cr_expect_eq(info.icc_size, 7);
    struct reader *reader = open_file(&lent, &file, NULL, false);
    cr_assert_not_null(reader, "%s", lent.error.message);
    reader_close(reader);
    /* a profile for the still, and other colours for the frames */
    memcpy(memmem(file.data, file.size, "proficc-", 8), "nclx\0\1\0\15\0\6\x80", 11);
    memcpy(colr, "colrprof", 8);
    cr_assert_null(open_file(&lent, &file, NULL, false));
    lent_free(&lent);
    buffer_free(&file);
}

Test(avif_sequence, the_range_of_alpha_must_be_that_of_the_still)
{
    struct tracks tracks = usual;
    struct heif_header header = {0};
    struct memory_source memory;
    struct pm_error error = {0};
    tracks.alpha = tracks.alpha_nclx = true;
    expect_frames(&tracks);
    struct buffer file = avif_tracks_file(&tracks);
    memory_source_init(&memory, file.data, file.size);
    cr_assert_eq(heif_read_header(&memory.source, 1, avif_describe, &header, &error), 0, "%s", error.message);
    cr_assert_eq(header.heif.sequence.fault.kind, PM_OK, "%s", header.heif.sequence.fault.message);
    cr_assert(header.picture.alpha.properties.has_nclx && header.alpha.full_range);
    header.picture.alpha.properties.nclx.full_range = false;
    cr_assert_eq(heif_settle_sequence(&header.heif, &header.picture, &error), 0);
    cr_expect_eq(header.heif.sequence.fault.kind, PM_ERROR_UNSUPPORTED);
    heif_header_free(&header);
    buffer_free(&file);
}

/* Whatever is in the tracks' boxes: frames, or an error, as the probe forecasts. */
Test(avif_sequence, damaged_tracks, .timeout = 120)
{
    struct tracks tracks = usual;
    tracks.alpha = true;
    struct buffer file = avif_tracks_file(&tracks);
    const size_t moov = (size_t)((uint8_t *)memmem(file.data, file.size, "moov", 4) - file.data);
    uint64_t seed = 5;
    for (int round = 0; round < 1500; round++) {
        struct lent lent;
        struct pm_info info;
        struct frame frame;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint8_t *at = file.data + moov + (seed >> 33) % (file.size - moov), before = *at;
        *at = (uint8_t)(seed >> 24) & 3 ? (uint8_t)(before ^ 1 << (seed >> 28 & 7)) : (uint8_t)(seed >> 20);
        lent_init(&lent);
        lent.context.max_pixels = 1 << 16;
        const bool probed = pm_probe(file.data, file.size, &info, &lent.error) == 0;
        struct reader *reader = probed ? open_file(&lent, &file, &info, true) : NULL;
        for (unsigned i = 0; reader != NULL && i < info.frames && i < 8; i++) {
            if (reader_frame(reader, &frame, &lent.context) != 0)
                break;
        }
        cr_assert(lent.error.kind != PM_ERROR_IO && lent.error.kind != PM_ERROR_INTERNAL, "%zu: %s",
                  (size_t)(at - file.data), lent.error.message);
        reader_close(reader);
        lent_free(&lent);
        *at = before;
    }
    buffer_free(&file);
}

/* Frames that depend on those before them, by libavif's encoder, are those that its decoder makes. */
Test(avif_sequence, avifenc_and_avifdec_agree, .timeout = 120)
{
    enum { COUNT = 4 };
    struct lent lent;
    struct pm_info info;
    lent_init(&lent);
    if (!runs("command -v avifenc && command -v avifdec"))
        cr_skip_test("libavif's avifenc and avifdec are not installed (Debian: libavif-bin)");
    for (uint32_t i = 0; i < COUNT; i++) {
        char name[16];
        snprintf(name, sizeof name, "in%u.png", i);
        put_png(&lent, name, 96, 64, false);
    }
    cr_assert(runs("avifenc -s 8 -y 420 --timescale 12 in0.png in1.png in2.png in3.png a.avif"));
    size_t size;
    uint8_t *bytes = (uint8_t *)temp_read(temp_path("a.avif"), &size);
    cr_assert_not_null(bytes);
    const struct buffer file = {.data = bytes, .size = size};
    const struct decode_request request = {.animation = true, .planes = true};
    cr_assert_eq(pm_probe(bytes, size, &info, &lent.error), 0, "%s", lent.error.message);
    cr_assert_eq(info.frames, COUNT);
    struct reader *reader = reader_open(&codec_avif, &info, file.data, file.size, &request, &lent.context);
    cr_assert_not_null(reader, "%s", lent.error.message);
    for (unsigned i = 0; i < COUNT; i++) {
        char command[64];
        struct frame frame;
        snprintf(command, sizeof command, "avifdec --index %u a.avif a.y4m", i);
        cr_assert(runs(command));
        cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
        expect_planes(&frame.image, "a.y4m");
    }
    reader_close(reader);
    free(bytes);
    lent_free(&lent);
}
