/* HEIC image sequences: tracks of four frames, the last three of which are predicted, with a still picture
 * and without. */
#include "codec/heic/sequence_file.h"
#include "codec/part.h"

static void begin(void)
{
    struct pm_error error = {0};
    if (codec_part_find(&codec_heic, &error) != 0)
        cr_skip_test("%s", error.message);
}

TestSuite(heic_sequence, .init = begin);

Test(heic_sequence, frames_are_predicted_from_those_before)
{
    struct kind kind = usual;
    kind.still = true;
    expect_frames(&kind);
    cr_expect_str_eq(warning, "");
}

Test(heic_sequence, without_a_still_the_first_frame_is_it)
{
    expect_frames(&usual);
    cr_expect_str_eq(warning, "");
}

/* A second track of pictures is told as left out; a disabled one belongs to no presentation, and a thumbnail
 * is the same picture. */
Test(heic_sequence, a_further_track_is_told_as_left_out)
{
    struct kind kind = usual;
    kind.tracks = 2;
    expect_frames(&kind);
    cr_expect_str_eq(warning, "1 further picture in the file is left out");
    kind.disabled = 2;
    expect_frames(&kind);
    cr_expect_str_eq(warning, "");
    kind.disabled = 1;
    expect_frames(&kind);
    cr_expect_str_eq(warning, "");
    kind.disabled = 0;
    kind.thumbnail = 1;
    expect_frames(&kind);
    cr_expect_str_eq(warning, "");
}

Test(heic_sequence, what_is_no_sequence_is_refused)
{
    struct kind kind = usual;
    kind.handler = "vide";
    expect_refused(&kind, false, PM_ERROR_UNSUPPORTED, "is a video, without a picture");
    kind = usual;
    kind.disabled = 1;
    expect_refused(&kind, false, PM_ERROR_UNSUPPORTED, "is a video, without a picture");
    kind = usual;
    kind.brand = "avc1";
    expect_refused(&kind, false, PM_ERROR_UNSUPPORTED, "of the kind 'avc1'");
    kind = usual;
    kind.width = WIDTH + 2;
    expect_refused(&kind, false, PM_ERROR_CORRUPT, "states two sizes");
}

Test(heic_sequence, frames_in_another_order_are_refused_and_the_still_is_read)
{
    struct kind kind = usual;
    struct lent lent;
    struct frame frame;
    kind.reordered = true;
    expect_refused(&kind, true, PM_ERROR_UNSUPPORTED, "in another order than they are shown");
    struct reader *reader = open_file(&lent, file_of(&kind), false, false);
    cr_assert_not_null(reader, "%s", lent.error.message);
    cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
    cr_expect_not_null(strstr(warning, "its animation, which is left out, is an animation whose frames"),
                       "%s", warning);
    expect_frame(&frame.image, 0);
    reader_close(reader);
    lent_free(&lent);
}

Test(heic_sequence, missing_frames_are_refused_or_left_out_on_request)
{
    struct kind kind = usual;
    struct lent lent;
    struct frame frame;
    kind.cut = 1;
    expect_refused(&kind, true, PM_ERROR_TRUNCATED, "3 of 4 frames are there");
    struct reader *reader = open_file(&lent, file_of(&kind), true, true);
    cr_assert_not_null(reader, "%s", lent.error.message);
    cr_assert_eq(reader->info.frames, FRAMES - 1);
    for (unsigned i = 0; i + 1 < FRAMES; i++) {
        cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
        expect_frame(&frame.image, i);
    }
    reader_close(reader);
    lent_free(&lent);
    kind.cut = sizeof samples - sizes[0] + 1; /* not even the first */
    expect_refused(&kind, false, PM_ERROR_TRUNCATED, "ends before");
}

/* What a track of alpha says of colours says nothing of alpha, but for the range. */
Test(heic_sequence, alpha_may_state_colours)
{
    struct kind kind = usual;
    struct lent lent;
    struct frame frame;
    kind.tracks = 2;
    kind.alpha = true;
    struct reader *reader = open_file(&lent, file_of(&kind), true, false);
    cr_assert_not_null(reader, "%s", lent.error.message);
    for (unsigned i = 0; i < FRAMES; i++) {
        cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
        cr_expect_eq(frame.image.nplanes, 4);
        cr_expect_eq(sum_of(&frame.image.plane[0]), sums[i][0]);
        cr_expect_eq(sum_of(&frame.image.plane[3]), sums[i][0]);
    }
    reader_close(reader);
    lent_free(&lent);
}

/* A few bytes state 4294967295 frames of one byte. */
Test(heic_sequence, frames_are_limited)
{
    const struct pm_blob file = file_of(&usual);
    static const struct {
        const char *box;
        size_t at;
    } counts[] = {{"stsz", 12}, {"stts", 12}, {"stsc", 16}};
    struct lent lent;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        uint8_t *box = memmem(boxes.data, file.size, counts[i].box, 4);
        cr_assert_not_null(box);
        memset(box + counts[i].at, 0xFF, 4);
        if (i == 0)
            box[11] = 1;
    }
    cr_expect_null(open_file(&lent, file, true, false));
    cr_expect(lent.error.kind == PM_ERROR_LIMIT && lent.error.limit == 65536 &&
                  lent.error.value == UINT32_MAX,
              "%s", lent.error.message);
    lent_free(&lent);
}

/* Sizes of frames in a compact table, which no writer of HEIC uses. */
Test(heic_sequence, an_animation_that_is_not_read_is_told)
{
    struct kind kind = usual;
    struct lent lent;
    kind.still = true;
    const struct pm_blob file = file_of(&kind);
    uint8_t *table = memmem(boxes.data, file.size, "stsz", 4);
    cr_assert_not_null(table);
    memcpy(table, "stz2", 4);
    struct reader *reader = open_file(&lent, file, true, false);
    cr_assert_not_null(reader, "%s", lent.error.message);
    cr_expect(reader->info.frames == 1 && reader->info.extra_pictures == 1, "%u, %u", reader->info.frames,
              reader->info.extra_pictures);
    reader_close(reader);
    lent_free(&lent);
}

/* Of the parameter sets of a track: other ones than the still's. */
Test(heic_sequence, frames_of_another_kind_are_refused_and_the_still_is_read)
{
    struct kind kind = usual;
    struct lent lent;
    kind.still = true;
    struct pm_blob file = file_of(&kind);
    uint8_t *second = memmem(boxes.data, file.size, "moov", 4);
    cr_assert_not_null(second);
    second = memmem(second, file.size - (size_t)(second - boxes.data), "hvcC", 4);
    cr_assert_not_null(second);
    second[4 + 16] ^= 3; /* chroma of another sampling */
    struct reader *reader = open_file(&lent, file, true, false);
    cr_expect_null(reader);
    cr_expect_not_null(strstr(lent.error.message, "of another kind than its still picture"), "%s",
                       lent.error.message);
    lent_free(&lent);
    reader = open_file(&lent, file, false, false);
    cr_assert_not_null(reader, "%s", lent.error.message);
    reader_close(reader);
    lent_free(&lent);
}

/* Sets that agree with their own box, but say another range than the still's. */
Test(heic_sequence, frames_of_another_range_are_refused)
{
    static const uint8_t before_range[] = {43, 192, 90};
    struct kind kind = usual;
    struct lent lent;
    kind.still = true;
    struct pm_blob file = file_of(&kind);
    uint8_t *moov = memmem(boxes.data, file.size, "moov", 4);
    cr_assert_not_null(moov);
    uint8_t *range = memmem(moov, file.size - (size_t)(moov - boxes.data), before_range, sizeof before_range);
    cr_assert_not_null(range);
    range[2] ^= 1; /* video_full_range_flag */
    cr_expect_null(open_file(&lent, file, true, false));
    cr_expect_not_null(strstr(lent.error.message, "of another kind than its still picture"), "%s",
                       lent.error.message);
    lent_free(&lent);
}

/* Any byte of a predicted frame may be wrong: an error, or other pixels, and the memory stays the forecast.
 */
Test(heic_sequence, damage_is_an_error_or_other_pixels, .timeout = 120)
{
    const struct pm_blob file = file_of(&usual);
    const size_t first = file.size - sizeof samples + sizes[0];
    for (size_t at = first; at < file.size; at++) {
        for (unsigned bit = 0; bit < 8; bit += 3) {
            struct lent lent;
            struct frame frame;
            boxes.data[at] ^= (uint8_t)(1u << bit);
            struct reader *reader = open_file(&lent, file, true, false);
            cr_assert_not_null(reader, "%s", lent.error.message);
            for (unsigned i = 0; i < FRAMES; i++) {
                if (reader_frame(reader, &frame, &lent.context) != 0) {
                    cr_expect(lent.error.kind == PM_ERROR_CORRUPT || lent.error.kind == PM_ERROR_MEMORY,
                              "%zu: %s", at, lent.error.message);
                    break;
                }
            }
            reader_close(reader);
            lent_free(&lent);
            boxes.data[at] ^= (uint8_t)(1u << bit);
        }
    }
}
