/* What a HEIC's tracks state besides their frames: rotation, descriptions, parameter sets, times of alpha,
 * metadata. It is right in the result, or refused by its name. */
#include "codec/heic/sequence_file.h"
#include "codec/part.h"

static void begin(void)
{
    struct pm_error error = {0};
    if (codec_part_find(&codec_heic, &error) != 0)
        cr_skip_test("%s", error.message);
}

TestSuite(heic_tracks, .init = begin);

enum { ONE = 0x10000, W_ONE = 0x40000000 };

static void expect_orientation(const struct kind *kind, unsigned orientation)
{
    struct lent lent;
    struct frame frame;
    for (int animation = 0; animation <= 1; animation++) {
        struct reader *reader = open_file(&lent, file_of(kind), animation, false);
        cr_assert_not_null(reader, "%s", lent.error.message);
        cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
        cr_expect_eq(frame.image.orientation, orientation, "%u instead of %u", frame.image.orientation,
                     orientation);
        cr_expect_str_eq(warning, "");
        reader_close(reader);
        lent_free(&lent);
    }
}

/* a, b and c, d: where a step to the right and one down lead. */
Test(heic_tracks, a_matrix_rotates_and_mirrors)
{
    static const int32_t turns[9][9] = {{0},
                                        {ONE, 0, 0, 0, ONE, 0, 0, 0, W_ONE},
                                        {-ONE, 0, 0, 0, ONE, 0, WIDTH * ONE, 0, W_ONE},
                                        {-ONE, 0, 0, 0, -ONE, 0, WIDTH * ONE, HEIGHT * ONE, W_ONE},
                                        {ONE, 0, 0, 0, -ONE, 0, 0, HEIGHT * ONE, W_ONE},
                                        {0, ONE, 0, ONE, 0, 0, 0, 0, W_ONE},
                                        {0, ONE, 0, -ONE, 0, 0, HEIGHT * ONE, 0, W_ONE},
                                        {0, -ONE, 0, -ONE, 0, 0, HEIGHT * ONE, WIDTH * ONE, W_ONE},
                                        {0, -ONE, 0, ONE, 0, 0, 0, WIDTH * ONE, W_ONE}};
    struct kind kind = usual;
    kind.tracks = 2;
    kind.alpha = true;
    for (unsigned i = 1; i <= 8; i++) {
        kind.matrix = turns[i];
        kind.alpha_matrix = i % 2 == 0 ? turns[i] : turns[1];
        expect_orientation(&kind, i);
    }
    kind = usual;
    kind.still = kind.turned = true;
    kind.matrix = turns[6];
    expect_orientation(&kind, 6);
    kind.matrix = turns[1];
    expect_refused(&kind, true, PM_ERROR_UNSUPPORTED, "rotated otherwise than its still picture");
    kind.turned = false;
    kind.matrix = turns[6];
    expect_refused(&kind, true, PM_ERROR_UNSUPPORTED, "rotated otherwise than its still picture");
    kind = usual;
    kind.tracks = 2;
    kind.alpha = true;
    kind.matrix = turns[1];
    kind.alpha_matrix = turns[3];
    expect_refused(&kind, true, PM_ERROR_UNSUPPORTED, "alpha is rotated otherwise than its colours");
}

/* libavif writes them beside a matrix that does nothing, for colours alone. */
Test(heic_tracks, a_description_may_have_the_properties_of_a_still)
{
    struct kind kind = usual;
    kind.tracks = 2;
    kind.alpha = kind.entry_turned = true;
    expect_orientation(&kind, 6);
    kind = usual;
    kind.still = kind.turned = kind.entry_turned = true;
    expect_orientation(&kind, 6);
    kind.turned = false;
    expect_refused(&kind, true, PM_ERROR_UNSUPPORTED, "rotated otherwise than its still picture");
}

Test(heic_tracks, a_matrix_that_distorts_is_refused)
{
    static const int32_t matrices[][9] = {{2 * ONE, 0, 0, 0, 2 * ONE, 0, 0, 0, W_ONE},
                                          {ONE, ONE, 0, 0, ONE, 0, 0, 0, W_ONE},
                                          {ONE, 0, 1, 0, ONE, 0, 0, 0, W_ONE},
                                          {ONE, 0, 0, 0, ONE, 0, 0, 0, W_ONE / 2},
                                          {0, ONE, 0, ONE / 2, 0, 0, 0, 0, W_ONE}};
    static const int32_t turned[9] = {0, ONE, 0, -ONE, 0, 0, 0, 0, W_ONE};
    for (size_t i = 0; i < sizeof matrices / sizeof *matrices; i++) {
        struct kind kind = usual;
        kind.matrix = matrices[i];
        expect_refused(&kind, false, PM_ERROR_UNSUPPORTED, "is an image sequence that a matrix scales");
        kind.still = true;
        expect_refused(&kind, true, PM_ERROR_UNSUPPORTED, "is an animation that a matrix scales");
        expect_refused(&kind, true, PM_ERROR_UNSUPPORTED, "is an animation that a matrix scales");
        kind.matrix = NULL;
        kind.file_matrix = i == 0 ? turned : matrices[i];
        expect_refused(&kind, true, PM_ERROR_UNSUPPORTED, "is an animation that a matrix scales");
    }
}

/* stsc names the entry of stsd; frames with different ones would need two decoders. */
Test(heic_tracks, the_description_is_the_one_that_is_named)
{
    struct kind kind = usual;
    kind.before = 2;
    kind.entry = 3;
    expect_frames(&kind);
    kind.before = 0;
    kind.entry = 0; /* not valid: the first */
    expect_frames(&kind);
    kind.entry = 2;
    expect_refused(&kind, true, PM_ERROR_UNSUPPORTED, "is a video, without a picture");
    kind = usual;
    kind.other = 1;
    expect_frames(&kind);
    kind.other = 2;
    expect_refused(&kind, true, PM_ERROR_UNSUPPORTED, "of frames with several descriptions");
}

/* Alpha is shown with the frame of the same number. */
Test(heic_tracks, alpha_must_be_shown_when_its_colours_are)
{
    struct kind kind = usual;
    kind.tracks = 2;
    kind.alpha = true;
    struct lent lent;
    struct reader *reader;
    kind.alpha_scale = 10000; /* 1000 ticks are 3 of 30 a second */
    kind.alpha_ticks = 1000;
    kind.alpha_last_ticks = 1; /* it stays as it is */
    reader = open_file(&lent, file_of(&kind), true, false);
    cr_expect_not_null(reader, "%s", lent.error.message);
    reader_close(reader);
    lent_free(&lent);
    kind.alpha_ticks = 1100; /* the last of them begins 300 ticks late: less than one of the colours' 333 */
    reader = open_file(&lent, file_of(&kind), true, false);
    cr_expect_not_null(reader, "%s", lent.error.message);
    reader_close(reader);
    lent_free(&lent);
    kind.alpha_ticks = 1112;
    expect_refused(&kind, true, PM_ERROR_UNSUPPORTED, "alpha is shown at other times than its colours");
    kind.alpha_scale = 0;
    kind.alpha_ticks = 4;
    expect_refused(&kind, true, PM_ERROR_UNSUPPORTED, "alpha is shown at other times than its colours");
    kind = usual;
    kind.tracks = 2;
    kind.alpha = true;
    kind.alpha_frames = 3;
    expect_refused(&kind, true, PM_ERROR_UNSUPPORTED, "of 4 frames with 3 frames of alpha");
    kind.alpha_frames = 5;
    expect_refused(&kind, true, PM_ERROR_UNSUPPORTED, "of 4 frames with 5 frames of alpha");
}

/* --- parameter sets ---------------------------------------------------------------------------------- */

static const uint8_t *find(const uint8_t *data, size_t size, const void *what, size_t length)
{
    const uint8_t *at = memmem(data, size, what, length);
    cr_assert_not_null(at);
    return at;
}

enum { SPS = 40 };

/* Its sequence parameter set, and that of fewer pictures: two, not three. */
static const uint8_t *sps_of(uint8_t small[SPS])
{
    static const uint8_t begin[] = {0, SPS, 66, 1};
    const uint8_t *sps = find(config, sizeof config, begin, sizeof begin) + 2;
    memcpy(small, sps, SPS);
    uint8_t *pictures = memmem(small, SPS, "\x5b\xab\x93", 3);
    cr_assert_not_null(pictures);
    pictures[0] = 0x5a;
    struct hevc_sps read;
    cr_assert(hevc_read_sps((struct pm_blob){sps, SPS}, &read) && read.pictures == 3);
    cr_assert(hevc_read_sps((struct pm_blob){small, SPS}, &read) && read.pictures == 2);
    return sps;
}

/* Memory is for as many pictures as any of the sets says. */
Test(heic_tracks, a_second_parameter_set_may_need_more_pictures)
{
    static uint8_t sets[sizeof config + SPS + 2];
    uint8_t small[SPS];
    const size_t begin = (size_t)(sps_of(small) - config) - 2;
    memcpy(sets, config, begin);
    sets[begin - 1] = 2; /* how many there are */
    sets[begin + 1] = SPS;
    memcpy(sets + begin + 2, small, SPS);
    memcpy(sets + begin + 2 + SPS, config + begin, sizeof config - begin);
    struct heif_layer layer = {.properties = {.config_type = BMFF_TYPE('h', 'v', 'c', 'C'),
                                              .config = bmff_cursor_of(sets, sizeof sets)}};
    struct pm_error error = {0};
    struct hevc_sps sps;
    cr_assert_eq(hevc_read_layer(&layer, &sps, &error), 0, "%s", error.message);
    cr_expect_eq(sps.pictures, 3);
    struct kind kind = usual;
    kind.sets = (struct pm_blob){sets, sizeof sets};
    expect_frames(&kind);
}

/* One among the frames comes when the memory is already taken. */
Test(heic_tracks, a_frame_must_not_need_more_pictures_than_the_header_says)
{
    enum { PPS = 6 };
    static uint8_t sets[sizeof config], prefix[4 + SPS + 4 + PPS] = {0, 0, 0, SPS};
    uint8_t small[SPS];
    const uint8_t *sps = sps_of(small);
    struct kind kind = usual;
    memcpy(prefix + 4, sps, SPS); /* and the other set again, as libde265 forgets it */
    prefix[4 + SPS + 3] = PPS;
    memcpy(prefix + 4 + SPS + 4, config + sizeof config - PPS, PPS);
    kind.prefix = (struct pm_blob){prefix, sizeof prefix};
    expect_frames(&kind); /* it is the same as in the header */
    memcpy(sets, config, sizeof config);
    memcpy(sets + (sps - config), small, SPS);
    kind.sets = (struct pm_blob){sets, sizeof sets};
    expect_refused(&kind, true, PM_ERROR_CORRUPT, "of another size or kind than its header says");
}

/* --- metadata ---------------------------------------------------------------------------------------- */

/* EXIF and XMP that belong to no picture, as the file has none, belong to the sequence. */
Test(heic_tracks, metadata_without_a_picture_is_of_the_sequence)
{
    enum { OFFSET = 4 };
    for (int loose = OF_FILE; loose <= IN_TRACK; loose++) {
        struct kind kind = usual;
        struct lent lent;
        struct frame frame;
        kind.loose = loose;
        struct reader *reader = open_file(&lent, file_of(&kind), true, false);
        cr_assert_not_null(reader, "%s", lent.error.message);
        cr_expect(reader->info.exif_size == sizeof exif && reader->info.xmp_size == sizeof xmp - 1);
        cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
        expect_frame(&frame.image, 0);
        const struct pm_metadata *meta = &frame.image.meta;
        cr_assert(meta->exif.size == sizeof exif - OFFSET && meta->xmp.size == sizeof xmp - 1, "%d", loose);
        cr_expect_arr_eq(meta->exif.data, exif + OFFSET, meta->exif.size);
        cr_expect_arr_eq(meta->xmp.data, xmp, meta->xmp.size);
        cr_expect_str_eq(warning, "");
        reader_close(reader);
        lent_free(&lent);
    }
}

/* Pictures of such a box are told as left out, and damage of it is an error. */
Test(heic_tracks, a_box_without_a_main_picture_may_hold_others)
{
    struct kind kind = usual;
    struct lent lent;
    kind.loose = OF_FILE;
    struct pm_blob file = file_of(&kind);
    uint8_t *type = memmem(boxes.data, file.size, "Exif", 4);
    cr_assert_not_null(type);
    memcpy(type, "hvc1", 4);
    struct reader *reader = open_file(&lent, file, true, false);
    cr_assert_not_null(reader, "%s", lent.error.message);
    cr_expect_str_eq(warning, "1 further picture in the file is left out");
    reader_close(reader);
    lent_free(&lent);
    memcpy(memmem(boxes.data, file.size, "iloc", 4), "free", 4);
    cr_expect_null(open_file(&lent, file, true, false));
    cr_expect_not_null(strstr(lent.error.message, "its box iloc is damaged"), "%s", lent.error.message);
    lent_free(&lent);
    file = file_of(&kind);
    uint8_t *iloc = memmem(boxes.data, file.size, "iloc", 4);
    cr_assert_not_null(iloc);
    iloc[4 + 4 + 2 + 2 + 2 + 1] = 2; /* a construction of other items */
    cr_expect_null(open_file(&lent, file, true, false));
    cr_expect_not_null(strstr(lent.error.message, "in another file or item"), "%s", lent.error.message);
    lent_free(&lent);
}
