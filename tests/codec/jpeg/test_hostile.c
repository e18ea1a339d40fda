/* Files that lie, or were changed at random. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "codec/jpeg/fixture.h"
#include "codec/jpeg/options.h"
#include "codec/jpeg/whole.h"

/* Changes one byte of the frame header: SOF's own marker is at -4, precision at 0, height, width, count. */
static struct buffer with_frame_byte(long offset, uint8_t value)
{
    struct buffer file = make_jpeg(&whole_files[0]);
    file.data[(long)find_segment(&file, 0xC0) + 4 + offset] = value;
    return file;
}

Test(jpeg_hostile, what_is_not_read_is_refused_by_name)
{
    static const struct {
        long offset;
        uint8_t value;
        enum pm_error_kind kind;
        const char *word;
    } cases[] = {
        {-3, 0xC3, PM_ERROR_UNSUPPORTED, "is a lossless JPEG"},
        {-3, 0xCB, PM_ERROR_UNSUPPORTED, "is a lossless JPEG"},
        {-3, 0xC5, PM_ERROR_UNSUPPORTED, "is a hierarchical JPEG"},
        {-3, 0xCD, PM_ERROR_UNSUPPORTED, "is a hierarchical JPEG"},
        {-3, 0xDE, PM_ERROR_UNSUPPORTED, "is a hierarchical JPEG"},
        {-3, 0xF7, PM_ERROR_UNSUPPORTED, "is JPEG-LS"},
        {0, 12, PM_ERROR_UNSUPPORTED, "12 bits"},
        {0, 9, PM_ERROR_CORRUPT, "9 bits"},
        {2, 0, PM_ERROR_UNSUPPORTED, "gives its height after the picture (DNL), which is not supported"},
        {4, 0, PM_ERROR_CORRUPT, "no pixels"},
        {5, 2, PM_ERROR_UNSUPPORTED, "2 colour components"},
        {5, 0, PM_ERROR_CORRUPT, "no colour components"},
        {5, 1, PM_ERROR_CORRUPT, "wrong length"},
        {7, 0x50, PM_ERROR_CORRUPT, "sampling factor"},
        {7, 0x01, PM_ERROR_CORRUPT, "sampling factor"},
        {-3, 0xFE, PM_ERROR_CORRUPT, "before its frame"},
        {-3, 0xD8, PM_ERROR_CORRUPT, "begins twice"},
        {-3, 0xD9, PM_ERROR_CORRUPT, "holds no picture"},
    };
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer file = with_frame_byte(cases[i].offset, cases[i].value);
        struct pm_info info;
        cr_assert_eq(fixture_probe(&fixture, &file, &info), -1, "case %u", i);
        cr_assert_eq(fixture.error.kind, cases[i].kind, "case %u: %s", i, fixture.error.message);
        cr_assert_not_null(strstr(fixture.error.message, cases[i].word), "%s", fixture.error.message);
        cr_assert_null(strstr(fixture.error.message, "copy it again"), "another copy would be no better");
        cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){0}), -1);
        cr_assert_eq(fixture.error.kind, cases[i].kind);
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

/* As libjpeg goes on behind the length field, so does whoever uses it; the tables that it needs must be
 * whole.
 */
Test(jpeg_hostile, a_segment_shorter_than_its_length_field_is_passed_over)
{
    static const uint8_t markers[] = {0xFE, 0xE0, 0xE1, 0xE2, 0xE5, 0xED, 0xEE, 0xEF, 0xC4, 0xDB};
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned i = 0; i < 2 * sizeof markers; i++) {
        struct buffer file = make_jpeg(&whole_files[0]), changed = {0};
        const uint8_t segment[] = {0xFF, markers[i / 2], 0, i % 2};
        cr_assert_eq(buffer_append(&changed, file.data, 20), 0); /* SOI and JFIF */
        cr_assert_eq(buffer_append(&changed, segment, sizeof segment), 0);
        cr_assert_eq(buffer_append(&changed, file.data + 20, file.size - 20), 0);
        struct pm_info info;
        cr_assert_eq(fixture_probe(&fixture, &changed, &info), 0);
        int status = fixture_decode(&fixture, &changed, &(struct decode_request){.keep = KEEP_ALL});
        cr_assert_eq(status, markers[i / 2] >= 0xE0 ? 0 : -1, "%02x: %s", markers[i / 2],
                     fixture.error.message);
        cr_assert_eq(fixture.error.kind, status == 0 ? PM_OK : PM_ERROR_CORRUPT);
        buffer_free(&changed);
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

Test(jpeg_hostile, a_storm_of_segments_is_refused)
{
    struct fixture fixture;
    fixture_open(&fixture);
    struct buffer file = {0};
    cr_assert_eq(buffer_append(&file, "\xFF\xD8", 2), 0);
    for (int i = 0; i < 100000; i++)
        cr_assert_eq(buffer_append(&file, "\xFF\xE5\0\2", 4), 0);
    struct pm_info info;
    cr_assert_eq(fixture_probe(&fixture, &file, &info), -1);
    cr_assert_eq(fixture.error.kind, PM_ERROR_LIMIT);
    memset(file.data + 2, 0, file.size - 2);
    cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){0}), -1);
    cr_assert_eq(fixture.error.kind, PM_ERROR_CORRUPT, "no marker within reach");
    buffer_free(&file);
    fixture_close(&fixture);
}

Test(jpeg_hostile, more_than_500_scans_are_refused)
{
    struct fixture fixture;
    fixture_open(&fixture);
    for (int scans = 500; scans <= 501; scans++) {
        struct buffer file = make_jpeg_of_scans((unsigned)scans);
        for (uint32_t least = 1; least <= 16; least += 15) {
            struct decode_request request = {.min_width = least, .min_height = least};
            int status = fixture_decode(&fixture, &file, &request);
            cr_assert_eq(status, scans > 500 ? -1 : 0, "%d scans: %s", scans, fixture.error.message);
            cr_assert_eq(fixture.error.kind, scans > 500 ? PM_ERROR_LIMIT : PM_OK);
            cr_assert(scans <= 500 || fixture.error.value == 501);
        }
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

/* Repeats the last scan, of one component, `times` times; what the copies say of their band is `first` to
 * `last`. */
static void repeat_last_scan(struct buffer *file, unsigned times, uint8_t first, uint8_t last)
{
    enum { BAND = 7 }; /* bytes of the marker, the length, the count and the component */
    size_t at = file->size - 2;
    while (file->data[at] != 0xFF || file->data[at + 1] != 0xDA)
        at--;
    const size_t length = file->size - 2 - at;
    uint8_t *scan = malloc(length);
    memcpy(scan, file->data + at, length);
    scan[BAND] = first;
    scan[BAND + 1] = last;
    file->size -= 2;
    for (unsigned i = 0; i < times; i++)
        cr_assert_eq(buffer_append(file, scan, length), 0);
    cr_assert_eq(buffer_append(file, "\xFF\xD9", 2), 0);
    free(scan);
}

/* Each coefficient is coded and refined 13 times at most; 485 scans that refine all of them took a minute for
 * a large picture of a few kB. Scans that are needless are as few as that, too. */
Test(jpeg_hostile, scans_that_repeat_what_others_say_are_refused)
{
    static const jpeg_scan_info apart[] = {
        {1, {0}, 0, 63, 0, 0}, {1, {1}, 0, 63, 0, 0}, {1, {2}, 0, 63, 0, 0}};
    static const struct {
        struct jpeg_recipe recipe;
        unsigned most;
        uint8_t first, last;
    } files[] = {
        {{.width = 16, .height = 16, .in = JCS_GRAYSCALE, .out = JCS_GRAYSCALE, .progressive = true},
         11,
         1,
         63},
        {{.width = 16,
          .height = 16,
          .in = JCS_GRAYSCALE,
          .out = JCS_GRAYSCALE,
          .progressive = true,
          .arithmetic = true},
         11,
         1,
         63},
        {{.width = 16, .height = 16, .in = JCS_RGB, .out = JCS_YCbCr, .scans = apart, .nscans = 3},
         13,
         0,
         63},
        {{.width = 16, .height = 16, .in = JCS_RGB, .out = JCS_YCbCr, .scans = apart, .nscans = 3}, 13, 5, 5},
    };
    struct fixture fixture;
    fixture_open(&fixture);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        for (unsigned more = 0; more < 2; more++) {
            struct buffer file = make_jpeg(&files[i].recipe);
            repeat_last_scan(&file, files[i].most + more, files[i].first, files[i].last);
            const int status = fixture_decode(&fixture, &file, &(struct decode_request){0});
            cr_expect_eq(status, more > 0 ? -1 : 0, "%zu, %u more: %s", i, more, fixture.error.message);
            cr_expect_eq(fixture.error.kind, more > 0 ? PM_ERROR_LIMIT : PM_OK, "%zu, %u more", i, more);
            buffer_free(&file);
        }
    }
    fixture_close(&fixture);
}

Test(jpeg_hostile, limits_are_checked_before_anything_is_allotted)
{
    struct fixture fixture;
    fixture_open(&fixture);
    struct buffer file = make_jpeg(&whole_files[1]);
    fixture.context.max_pixels = 49 * 40 - 1;
    cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){0}), -1);
    cr_assert_eq(fixture.error.kind, PM_ERROR_LIMIT);
    cr_assert_eq(fixture.arena.peak, 0);
    fixture.context.max_pixels = 49 * 40;
    fixture.context.max_bytes = 10000;
    cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){0}), -1);
    cr_assert_eq(fixture.error.kind, PM_ERROR_LIMIT);
    cr_assert_eq(fixture.error.limit, 10000);
    cr_assert_eq(fixture.arena.peak, 0);
    fixture.context.max_bytes = 1 << 22;
    cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){0}), 0);
    buffer_free(&file);
    fixture_close(&fixture);
}

Test(jpeg_hostile, a_checkpoint_stops_decoding_and_encoding)
{
    struct fixture fixture;
    fixture_open(&fixture);
    struct decode_request request = {0};
    for (unsigned k = 0; k < 2; k++) {
        struct buffer file = make_jpeg(&whole_files[k]);
        cr_assert_eq(fixture_decode(&fixture, &file, &request), 0);
        cr_assert_geq(fixture.checkpoints, 3);
        unsigned all = fixture.checkpoints;
        for (fixture.stop_after = 1; fixture.stop_after <= all; fixture.stop_after++) {
            cr_assert_eq(fixture_decode(&fixture, &file, &request), -1);
            cr_assert_eq(fixture.error.kind, PM_ERROR_CANCELLED);
        }
        fixture.stop_after = 0;
        buffer_free(&file);
    }
    uint8_t *samples = make_samples(64, 64, 3);
    struct pm_image image = wrap_samples(samples, 64, 64, PM_COLOR_RGB);
    struct buffer out = {0};
    cr_assert_eq(buffer_append(&out, "before", 6), 0);
    fixture.checkpoints = 0;
    fixture.stop_after = 3;
    cr_assert_eq(codec_jpeg.encode(&image,
                                   &(struct jpeg_options){.quality = 80, .subsampling = SUBSAMPLING_420},
                                   &out, &fixture.context),
                 -1);
    cr_assert_eq(fixture.error.kind, PM_ERROR_CANCELLED);
    cr_assert_eq(out.size, 6, "nothing is appended on failure");
    buffer_free(&out);
    free(samples);
    fixture_close(&fixture);
}

Test(jpeg_hostile, each_kind_of_warning_is_passed_on_once)
{
    struct fixture fixture;
    fixture_open(&fixture);
    struct buffer file = make_jpeg(&whole_files[0]), noisy = {0};
    size_t app0 = 4 + ((size_t)file.data[4] << 8 | file.data[5]);
    cr_assert_eq(buffer_append(&noisy, file.data, 2), 0);
    cr_assert_eq(buffer_append(&noisy, "junk", 4), 0);
    cr_assert_eq(buffer_append(&noisy, file.data + 2, app0 - 2), 0);
    cr_assert_eq(buffer_append(&noisy, "more", 4), 0);
    cr_assert_eq(buffer_append(&noisy, file.data + app0, file.size - app0), 0);
    cr_assert_eq(fixture_decode(&fixture, &noisy, &(struct decode_request){0}), 0, "%s",
                 fixture.error.message);
    cr_assert_eq(fixture.warnings, 1);
    cr_assert_not_null(strstr(fixture.last_warning, "extraneous"), "%s", fixture.last_warning);
    buffer_free(&noisy);
    buffer_free(&file);
    fixture_close(&fixture);
}

Test(jpeg_hostile, random_changes_end_in_a_picture_or_an_error)
{
    enum { ROUNDS = 3000 };
    struct fixture fixture;
    fixture_open(&fixture);
    fixture.context.max_pixels = 1 << 18;
    uint32_t state = 1;
    unsigned good = 0;
    struct buffer files[WHOLE];
    for (unsigned k = 0; k < WHOLE; k++)
        files[k] = make_jpeg(&whole_files[k]);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct buffer changed = {0};
        const struct buffer *file = &files[round % WHOLE];
        cr_assert_eq(buffer_append(&changed, file->data, file->size), 0);
        for (uint32_t i = 1 + next_random(&state) % 6; i > 0; i--) {
            /* half of the changes hit the header */
            size_t reach = i % 2 ? changed.size : changed.size / 3;
            changed.data[next_random(&state) % reach] = (uint8_t)next_random(&state);
        }
        if (round % 4 == 0)
            changed.size = next_random(&state) % changed.size;
        struct decode_request request = {.planes = round & 1, .allow_truncated = round & 2, .keep = KEEP_ALL};
        request.min_width = request.min_height = next_random(&state) % 50;
        struct pm_info info;
        bool probed = fixture_probe(&fixture, &changed, &info) == 0;
        if (fixture_decode_exact(&fixture, changed.data, changed.size, &request) == 0) {
            cr_assert(probed);
            enum pm_color color = fixture.image.format.color;
            cr_assert(color == info.pixels.color ||
                      (color == PM_COLOR_RGB && info.pixels.color == PM_COLOR_YCC));
            cr_assert_geq(fixture.image.width, request.min_width < info.width ? request.min_width : 1);
            good++;
        }
        buffer_free(&changed);
    }
    cr_assert_gt(good, ROUNDS / 20, "%u", good);
    cr_assert_lt(good, ROUNDS);
    for (unsigned k = 0; k < WHOLE; k++)
        buffer_free(&files[k]);
    fixture_close(&fixture);
}
