/* The walk from marker to marker: what it passes over, and where its limits are. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "codec/jpeg/jpeg.h"
#include "codec/jpeg/segments.h"

enum { STRAY_MAX = 4095, STRAY_IN_ALL_MAX = 1 << 20 };

/* SOI, then `count` empty segments of that marker, before each of them `stray` bytes. */
static struct buffer make_row(unsigned marker, unsigned count, size_t stray)
{
    struct buffer file = {0};
    uint8_t *zeros = calloc(1, stray + 1);
    cr_assert_eq(buffer_append(&file, "\xFF\xD8", 2), 0);
    for (unsigned i = 0; i < count; i++) {
        const uint8_t segment[] = {0xFF, (uint8_t)marker, 0, 2};
        cr_assert_eq(buffer_append(&file, zeros, stray), 0);
        cr_assert_eq(buffer_append(&file, segment, sizeof segment), 0);
    }
    free(zeros);
    return file;
}

/* How many segments are delivered, and the error that ends the walk. */
static unsigned walk_over(struct buffer *file, struct pm_error *error)
{
    struct jpeg_walk walk;
    struct jpeg_segment segment;
    unsigned count = 0;
    *error = (struct pm_error){0};
    jpeg_walk_start_memory(&walk, file->data, file->size, JPEG_FIRST_SEGMENT);
    while (jpeg_walk_next(&walk, &segment, error) == 0)
        count++;
    buffer_free(file);
    return count;
}

static void expect_walk(unsigned marker, unsigned count, size_t stray, unsigned delivered,
                        enum pm_error_kind kind)
{
    struct pm_error error;
    struct buffer file = make_row(marker, count, stray);
    cr_expect_eq(walk_over(&file, &error), delivered, "%u of %u with %zu bytes: %s", marker, count, stray,
                 error.message);
    cr_expect_eq(error.kind, kind, "%u of %u with %zu bytes: %s", marker, count, stray, error.message);
}

Test(jpeg_walk, stray_bytes_are_passed_over_up_to_a_limit)
{
    const unsigned many = STRAY_IN_ALL_MAX / STRAY_MAX;
    expect_walk(JPEG_COM, 3, 0, 3, PM_ERROR_TRUNCATED);
    expect_walk(JPEG_COM, 3, STRAY_MAX, 3, PM_ERROR_TRUNCATED);
    expect_walk(JPEG_COM, 3, STRAY_MAX + 1, 0, PM_ERROR_CORRUPT);
    expect_walk(JPEG_COM, many, STRAY_MAX, many, PM_ERROR_TRUNCATED);
    expect_walk(JPEG_COM, many + 1, STRAY_MAX, many, PM_ERROR_CORRUPT);
}

Test(jpeg_walk, segments_and_scans_are_limited)
{
    expect_walk(JPEG_COM, JPEG_MAX_SEGMENTS, 0, JPEG_MAX_SEGMENTS, PM_ERROR_TRUNCATED);
    expect_walk(JPEG_COM, JPEG_MAX_SEGMENTS + 1, 0, JPEG_MAX_SEGMENTS, PM_ERROR_LIMIT);
    expect_walk(JPEG_SOS, JPEG_MAX_SCANS, 0, JPEG_MAX_SCANS, PM_ERROR_TRUNCATED);
    expect_walk(JPEG_SOS, JPEG_MAX_SCANS + 1, 0, JPEG_MAX_SCANS, PM_ERROR_LIMIT);
}

/* As libjpeg has it: less than the length field's own two bytes is nothing. */
Test(jpeg_walk, a_length_of_0_or_1_is_an_empty_segment)
{
    for (uint8_t length = 0; length <= 3; length++) {
        const uint8_t file[] = {0xFF, 0xD8, 0xFF, 0xFE, 0, length, 0xAA, 0xFF, 0xD9};
        struct jpeg_walk walk;
        struct jpeg_segment segment;
        struct pm_error error = {0};
        jpeg_walk_start_memory(&walk, file, sizeof file, JPEG_FIRST_SEGMENT);
        cr_assert_eq(jpeg_walk_next(&walk, &segment, &error), 0);
        cr_expect(segment.marker == JPEG_COM && segment.at == 2 && segment.offset == 6);
        cr_expect_eq(segment.size, length == 3, "%u", length);
        cr_assert_eq(jpeg_walk_next(&walk, &segment, &error), 0);
        cr_expect(segment.marker == JPEG_EOI && segment.at == 7 && segment.size == 0);
        cr_expect_eq(walk.garbage, length == 3 ? 0 : 1);
    }
}

/* Two scans of three components and of one, with a restart, a stuffed byte and a fill byte in their data. */
Test(jpeg_walk, scans_are_recognized_by_their_headers_and_ends)
{
    static const uint8_t file[] = {
        0xFF, 0xD8, 0xFF, 0xDA, 0,    12,   3,    1, 0, 2, 0x11, 3,    0x11, 0,    63, 0, /* first */
        1,    0xFF, 0,    2,    0xFF, 0xD0, 3,                                            /* 16: data */
        0xFF, 0xDA, 0,    8,    1,    2,    0x11, 5, 9, 0, 4,    0xFF, 0xFF, 0xFE, 0,  2, /* 23 */
        0xFF, 0xDA, 0,    8,    9,    2,    0x11, 5, 9, 0, 6,                             /* 39: broken */
        0xFF, 0xD9};                                                                      /* 50 */
    static struct jpeg_scans scans;
    struct jpeg_walk walk;
    struct jpeg_segment segment;
    struct pm_error error = {0};
    jpeg_walk_start_memory(&walk, file, sizeof file, JPEG_FIRST_SEGMENT);
    cr_assert_eq(jpeg_walk_next(&walk, &segment, &error), 0);
    cr_assert_eq(segment.marker, JPEG_SOS);
    cr_assert_eq(jpeg_walk_scans(&walk, &scans, &error), 0);
    cr_assert_eq(scans.count, 2);
    const struct jpeg_scan *scan = scans.scan;
    cr_expect(scan->at == 23 && scan->end == 35, "%lu to %lu", (unsigned long)scan->at,
              (unsigned long)scan->end);
    cr_expect(scan->components == 1 && scan->id[0] == 2 && scan->first == 5 && scan->last == 9);
    cr_expect(scan[1].at == 39 && scan[1].end == 50 && scan[1].components == 0);
    cr_expect(scans.ended && scans.late && scans.end == sizeof file);
}

/* Where a picture ends that has no EOI: at what can't be its own, at a segment that is cut off, or with the
 * file. */
Test(jpeg_walk, a_picture_without_an_end_ends_where_its_own_do)
{
    static const struct {
        const char *bytes;
        size_t size;
        uint64_t end;
    } tails[] = {
        {"\1\2\3", 3, 3},
        {"\1\2\xFF\xD8\xFF\xDA\0\2", 8, 2},
        {"\1\2\xFF\xC0\0\x0B\x8", 7, 2},
        {"\1\2\xFF\x02\3\4\xFF\xD8", 8, 2},
        {"\1\2\xFF\xC4\0\x20\1\2\3", 9, 2},
    };
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        static struct jpeg_scans scans;
        uint8_t file[64] = {0xFF, 0xD8, 0xFF, 0xDA, 0, 2};
        struct jpeg_walk walk;
        struct jpeg_segment segment;
        struct pm_error error = {0};
        memcpy(file + 6, tails[i].bytes, tails[i].size);
        jpeg_walk_start_memory(&walk, file, 6 + tails[i].size, JPEG_FIRST_SEGMENT);
        cr_assert_eq(jpeg_walk_next(&walk, &segment, &error), 0);
        cr_assert_eq(jpeg_walk_scans(&walk, &scans, &error), 0);
        cr_expect_not(scans.ended);
        cr_expect_eq(scans.end, 6 + tails[i].end, "%zu: %lu", i, (unsigned long)scans.end);
    }
}
