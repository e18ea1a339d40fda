/* Files that end early, or lack a part of their picture. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "codec/jpeg/fixture.h"
#include "codec/jpeg/options.h"
#include "codec/jpeg/whole.h"

/* Where the first scan's data begins. */
static size_t find_scan(const struct buffer *file)
{
    size_t i = find_segment(file, 0xDA);
    return i + 2 + file->data[i + 3];
}

static uint64_t sum_of_samples(const struct pm_image *image)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < image->nplanes; i++) {
        const struct pm_plane *plane = &image->plane[i];
        for (uint32_t y = 0; y < plane->height; y++) {
            for (size_t x = 0; x < (size_t)plane->width * plane->channels; x++)
                sum = sum * 31 + plane_row(plane, y)[x];
        }
    }
    return sum;
}

/* The ways in which a file may be decoded. */
static const struct decode_request ways[] = {
    {0},
    {.planes = true},
    {.min_width = 1, .min_height = 1},
    {.min_width = 1, .min_height = 1, .planes = true},
    {.min_width = 13, .min_height = 11, .planes = true},
};
enum { WAYS = sizeof ways / sizeof *ways, END_MARKER = 2 };

Test(jpeg_hostile, a_cut_in_the_picture_is_a_truncation)
{
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned k = 0; k < WHOLE; k++) {
        struct buffer file = make_jpeg(&whole_files[k]);
        for (size_t size = 0; size < file.size - END_MARKER; size++) {
            const struct decode_request *way = &ways[size % WAYS];
            cr_assert_eq(fixture_decode_exact(&fixture, file.data, size, way), -1, "%u: %zu of %zu", k, size,
                         file.size);
            cr_assert_eq(fixture.error.kind, PM_ERROR_TRUNCATED, "%u: %zu of %zu: %s", k, size, file.size,
                         fixture.error.message);
        }
        cr_assert_eq(fixture_decode_exact(&fixture, file.data, file.size, &ways[0]), 0);
        cr_assert_eq(fixture.warnings, 0);
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

/* Bytes that may stand where the EOI should: none, half of it, nonsense, another picture's beginning. */
static const struct {
    const char *bytes;
    size_t size;
} instead[] = {
    {"", 0},
    {"\xFF", 1},
    {"\0\0", 2},
    {"trailer without markers", 23},
    {"\xFF\xD8\xFF\xE0\0\4ab", 8},
    {"\xFF\x37 stray", 8},
    {"\xFF\xC4\xFF\xFF", 4},
};

Test(jpeg_hostile, without_its_end_marker_a_whole_picture_is_read_with_a_warning)
{
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned k = 0; k < WHOLE; k++) {
        struct buffer file = make_jpeg(&whole_files[k]);
        for (unsigned i = 0; i < WAYS * sizeof instead / sizeof *instead; i++) {
            const struct decode_request *way = &ways[i % WAYS];
            struct buffer cut = {0};
            cr_assert_eq(buffer_append(&cut, file.data, file.size - END_MARKER), 0);
            cr_assert_eq(buffer_append(&cut, instead[i / WAYS].bytes, instead[i / WAYS].size), 0);
            cr_assert_eq(fixture_decode(&fixture, &file, way), 0);
            const struct pm_image *image = &fixture.image;
            uint64_t sum = sum_of_samples(image);
            int status = fixture_decode_exact(&fixture, cut.data, cut.size, way);
            if (whole_files[k].arithmetic) { /* the end of its data can't be told from zeros */
                cr_assert_eq(fixture.error.kind, PM_ERROR_TRUNCATED);
            } else {
                cr_assert_eq(status, 0, "%u, %u: %s", k, i, fixture.error.message);
                static const char missing[] = "has no end marker (EOI), but all of its pixels\n";
                cr_assert_eq(strncmp(fixture.all_warnings, missing, strlen(missing)), 0, "%u, %u: %s", k, i,
                             fixture.all_warnings);
                cr_assert_null(strstr(fixture.all_warnings, "grey"), "%u, %u: %s", k, i,
                               fixture.all_warnings);
                cr_assert_eq(sum_of_samples(image), sum, "%u, %u", k, i);
            }
            buffer_free(&cut);
        }
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

/* Zeros decode as pixels; where they take the place of the picture's end, a decoder may find them all. */
Test(jpeg_hostile, zeros_to_the_end_are_a_truncation)
{
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned k = 0; k < WHOLE; k++) {
        struct buffer file = make_jpeg(&whole_files[k]);
        memset(file.data + file.size - END_MARKER, 0, END_MARKER);
        for (size_t size = file.size - END_MARKER - 1; size > find_scan(&file); size--) {
            struct decode_request way = ways[size % WAYS];
            file.data[size] = 0;
            cr_assert_eq(fixture_decode_exact(&fixture, file.data, file.size, &way), -1, "%u: %zu", k, size);
            if (fixture.error.kind == PM_ERROR_CORRUPT) { /* half a scan's header */
                cr_assert(whole_files[k].progressive || k == 5);
                continue;
            }
            cr_assert_eq(fixture.error.kind, PM_ERROR_TRUNCATED, "%u: %zu: %s", k, size,
                         fixture.error.message);
            way.allow_truncated = true;
            cr_assert_eq(fixture_decode_exact(&fixture, file.data, file.size, &way), 0);
            cr_assert_not_null(strstr(fixture.all_warnings, "ends too early"), "%u: %zu: %s", k, size,
                               fixture.all_warnings);
        }
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

/* A cut between two scans: nothing of what is there is broken. */
Test(jpeg_hostile, scans_that_are_missing_are_a_truncation)
{
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned k = 0; k < WHOLE; k++) {
        struct buffer file = make_jpeg(&whole_files[k]);
        for (size_t i = find_scan(&file); i + 2 < file.size; i++) {
            if (file.data[i] != 0xFF || (file.data[i + 1] != 0xC4 && file.data[i + 1] != 0xDA))
                continue;
            for (unsigned w = 0; w < WAYS; w++) {
                struct decode_request way = ways[w];
                cr_assert_eq(fixture_decode_exact(&fixture, file.data, i, &way), -1, "%u: %zu", k, i);
                cr_assert_eq(fixture.error.kind, PM_ERROR_TRUNCATED);
                way.allow_truncated = true;
                cr_assert_eq(fixture_decode_exact(&fixture, file.data, i, &way), 0);
                cr_assert_not_null(strstr(fixture.last_warning, "ends too early"), "%s",
                                   fixture.last_warning);
            }
        }
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

Test(jpeg_hostile, a_scan_that_ends_early_in_a_whole_file_is_damage)
{
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned k = 0; k < 4; k += 3) { /* of one scan */
        struct buffer file = make_jpeg(&whole_files[k]);
        size_t scan = find_scan(&file), size = scan + (file.size - scan) / 2;
        memcpy(file.data + size, "\xFF\xD9", 2);
        cr_assert_eq(fixture_decode_exact(&fixture, file.data, size + 2, &(struct decode_request){0}), -1);
        cr_assert_eq(fixture.error.kind, PM_ERROR_CORRUPT);
        cr_assert_eq(strncmp(fixture.error.message, "is damaged: ", 12), 0, "%s", fixture.error.message);
        fixture.warnings = 0;
        const struct decode_request allowed = {.allow_truncated = true};
        cr_assert_eq(fixture_decode_exact(&fixture, file.data, size + 2, &allowed), 0);
        cr_assert_eq(fixture.warnings, 1);
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

Test(jpeg_hostile, allowed_truncation_gives_what_there_is)
{
    struct fixture fixture;
    fixture_open(&fixture);
    struct decode_request request = {.allow_truncated = true};
    struct buffer file = make_jpeg(&whole_files[0]);
    size_t scan = find_scan(&file);
    uint32_t width, height;
    uint8_t *expected = plain_rows(&file, 8, JCS_RGB, &width, &height);
    cr_assert_eq(fixture_decode_exact(&fixture, file.data, scan + (file.size - scan) * 3 / 4, &request), 0);
    cr_assert_eq(fixture.image.height, 40);
    cr_assert_eq(fixture.warnings, 1);
    for (uint32_t y = 0; y < 12; y++) /* the first of three MCU rows, but for those that upsampling blends */
        cr_assert_arr_eq(plane_row(&fixture.image.plane[0], y), expected + (size_t)y * width * 3, width * 3);
    for (size_t size = scan; size < file.size; size++) {
        cr_assert_eq(fixture_decode_exact(&fixture, file.data, size, &request), 0, "%zu: %s", size,
                     fixture.error.message);
        cr_assert_eq(fixture.warnings, 1);
    }
    cr_assert_eq(fixture_decode_exact(&fixture, file.data, find_scan(&file) - 20, &request), -1);
    cr_assert_eq(fixture.error.kind, PM_ERROR_TRUNCATED, "without a scan there is nothing to give");
    free(expected);
    buffer_free(&file);
    fixture_close(&fixture);
}

/* A file whose chroma never comes, though its end marker does: libjpeg has not set up such a component. */
Test(jpeg_hostile, a_component_without_a_scan_is_grey)
{
    struct fixture fixture;
    fixture_open(&fixture);
    struct buffer file = make_jpeg(&(struct jpeg_recipe){JPEG_YCC(48, 32, 2, 2), JPEG_APART});
    size_t second = find_scan(&file);
    while (file.data[second] != 0xff || file.data[second + 1] == 0)
        second++;
    file.data[second + 1] = JPEG_EOI;
    file.size = second + 2;
    for (uint32_t width = 6; width <= 48; width *= 2) {
        struct decode_request request = {.planes = true, .min_width = width, .min_height = 1};
        cr_assert_eq(fixture_decode(&fixture, &file, &request), 0, "%s", fixture.error.message);
        cr_assert_eq(fixture.warnings, 1);
        cr_assert_not_null(strstr(fixture.last_warning, "colour components"), "%s", fixture.last_warning);
        cr_assert_eq(fixture.image.plane[0].width, width);
        cr_assert_eq(fixture.image.nplanes, 3);
        for (unsigned i = 1; i < 3; i++)
            cr_assert_eq(plane_row(&fixture.image.plane[i], 0)[0], 128);
    }
    buffer_free(&file);
    fixture_close(&fixture);
}
