/* Files that end early, lie, or were changed at random. */
#include <criterion/criterion.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "codec/jpeg/fixture.h"
#include "codec/jpeg/options.h"

static const struct jpeg_recipe whole[] = {
    {JPEG_YCC(49, 40, 2, 2)},
    {JPEG_YCC(49, 40, 2, 1), .progressive = true},
    {JPEG_YCC(49, 40, 1, 1), .restart_rows = 1},
    {JPEG_GREY(49, 40)},
    {.width = 49, .height = 40, .in = JCS_CMYK, .out = JCS_YCCK, .h = 2, .v = 2},
    {JPEG_YCC(49, 40, 2, 2), JPEG_APART},
    {JPEG_YCC(49, 40, 2, 2), .arithmetic = true},
    {JPEG_YCC(49, 40, 2, 1), .progressive = true, .arithmetic = true},
};
enum { WHOLE = sizeof whole / sizeof *whole };

/* Where the first segment of that marker begins. */
static size_t find_segment(const struct buffer *file, unsigned marker)
{
    size_t i = 2;
    while (file->data[i + 1] != marker)
        i += 2 + ((size_t)file->data[i + 2] << 8 | file->data[i + 3]);
    return i;
}

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
        struct buffer file = make_jpeg(&whole[k]);
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
        struct buffer file = make_jpeg(&whole[k]);
        for (unsigned i = 0; i < WAYS * sizeof instead / sizeof *instead; i++) {
            const struct decode_request *way = &ways[i % WAYS];
            struct buffer cut = {0};
            cr_assert_eq(buffer_append(&cut, file.data, file.size - END_MARKER), 0);
            cr_assert_eq(buffer_append(&cut, instead[i / WAYS].bytes, instead[i / WAYS].size), 0);
            cr_assert_eq(fixture_decode(&fixture, &file, way), 0);
            const struct pm_image *image = &fixture.image;
            uint64_t sum = sum_of_samples(image);
            int status = fixture_decode_exact(&fixture, cut.data, cut.size, way);
            if (whole[k].arithmetic) { /* the end of its data can't be told from zeros */
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
        struct buffer file = make_jpeg(&whole[k]);
        memset(file.data + file.size - END_MARKER, 0, END_MARKER);
        for (size_t size = file.size - END_MARKER - 1; size > find_scan(&file); size--) {
            struct decode_request way = ways[size % WAYS];
            file.data[size] = 0;
            cr_assert_eq(fixture_decode_exact(&fixture, file.data, file.size, &way), -1, "%u: %zu", k, size);
            if (fixture.error.kind == PM_ERROR_CORRUPT) { /* half a scan's header */
                cr_assert(whole[k].progressive || k == 5);
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
        struct buffer file = make_jpeg(&whole[k]);
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
        struct buffer file = make_jpeg(&whole[k]);
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
    struct buffer file = make_jpeg(&whole[0]);
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

/* Changes one byte of the frame header: SOF's own marker is at -4, precision at 0, height, width, count. */
static struct buffer with_frame_byte(long offset, uint8_t value)
{
    struct buffer file = make_jpeg(&whole[0]);
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
        struct buffer file = make_jpeg(&whole[0]), changed = {0};
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
    struct buffer file = make_jpeg(&whole[1]);
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
        struct buffer file = make_jpeg(&whole[k]);
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
    cr_assert_eq(
        codec_jpeg.encode(&image, &(struct jpeg_options){.quality = 80, .subsampling = SUBSAMPLING_420}, &out, &fixture.context), -1);
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
    struct buffer file = make_jpeg(&whole[0]), noisy = {0};
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

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
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
        files[k] = make_jpeg(&whole[k]);
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

/* Bytes that malloc has handed out to libjpeg; arenas count for themselves. */
static size_t bytes_in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static struct {
    size_t before, peak;
} memory;

static int watch_memory(struct context *context)
{
    (void)context;
    size_t now = bytes_in_use() - memory.before;
    memory.peak = now > memory.peak ? now : memory.peak;
    return 0;
}

/* malloc tells nothing of itself under a sanitizer: there only the arena is counted, and the bound must hold,
 * but may be loose. So it may be where pixmill's own decoder takes less than libjpeg would. */
Test(jpeg_hostile, decoding_takes_no_more_memory_than_was_said)
{
    static const struct jpeg_recipe recipes[] = {
        {.width = 700, .height = 500, .in = JCS_RGB, .out = JCS_YCbCr, .h = 2, .v = 2, .progressive = true},
        {.width = 700, .height = 500, .in = JCS_RGB, .out = JCS_YCbCr, .h = 1, .v = 1, .progressive = true},
        {.width = 700, .height = 500, .in = JCS_RGB, .out = JCS_YCbCr, .h = 2, .v = 2},
        {.width = 4000, .height = 70, .in = JCS_RGB, .out = JCS_YCbCr, .h = 4, .v = 2},
        {.width = 70, .height = 4000, .in = JCS_CMYK, .out = JCS_YCCK, .h = 2, .v = 2, .progressive = true},
        {.width = 700, .height = 500, .in = JCS_GRAYSCALE, .out = JCS_GRAYSCALE},
        {.width = 700, .height = 500, .in = JCS_RGB, .out = JCS_YCbCr, .h = 2, .v = 2, .arithmetic = true},
        {.width = 700,
         .height = 500,
         .in = JCS_RGB,
         .out = JCS_YCbCr,
         .h = 2,
         .v = 2,
         .progressive = true,
         .arithmetic = true},
    };
    static const struct context_ops ops = {.checkpoint = watch_memory};
    struct fixture fixture;
    fixture_open(&fixture);
    fixture.context.ops = &ops;
    fixture.arena.keep = 0;
    for (unsigned k = 0; k < 8 * sizeof recipes / sizeof *recipes; k++) {
        const struct jpeg_recipe *recipe = &recipes[k / 8];
        struct buffer file = make_jpeg(recipe);
        struct decode_request request = {.planes = k & 1, .libjpeg = k & 4};
        if (k & 2) {
            request.min_width = recipe->width / 2;
            request.min_height = recipe->height / 2;
        }
        struct pm_info info;
        cr_assert_eq(fixture_probe(&fixture, &file, &info), 0);
        uint64_t said = codec_jpeg.decode_bytes(&info, &request);
        arena_free(&fixture.arena);
        arena_free(&fixture.spare);
        arena_free(&fixture.job_arena);
        memory.before = bytes_in_use();
        memory.peak = 0;
        cr_assert_eq(fixture_decode(&fixture, &file, &request), 0);
        size_t used = memory.peak + fixture.arena.peak + fixture.spare.peak;
        cr_assert_leq(used, said, "case %u: %zu bytes, not %zu", k, used, (size_t)said);
#ifndef PIXMILL_SANITIZED
        cr_assert(!request.libjpeg || 3 * used + (1 << 19) > said,
                  "case %u: %zu bytes of %zu is no useful bound", k, used, (size_t)said);
#endif
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

Test(jpeg_hostile, noise_at_quality_100_stays_within_the_bound)
{
    enum { SIDE = 200 };
    static const enum pm_color colors[] = {PM_COLOR_GRAY, PM_COLOR_RGB, PM_COLOR_CMYK};
    struct fixture fixture;
    fixture_open(&fixture);
    uint8_t *samples = malloc(SIDE * SIDE * 4);
    uint32_t state = 7;
    for (size_t i = 0; i < SIDE * SIDE * 4; i++)
        samples[i] = next_random(&state) & 1 ? 255 : 0;
    for (unsigned k = 0; k < 3; k++) {
        struct pm_image image = wrap_samples(samples, SIDE, SIDE, colors[k]);
        struct shape shape = image_shape(&image);
        struct jpeg_options request = {.quality = 100, .subsampling = SUBSAMPLING_444};
        struct buffer file = {0};
        cr_assert_eq(codec_jpeg.encode(&image, &request, &file, &fixture.context), 0);
        cr_assert_leq(file.size, codec_jpeg.encode_bound(&shape, NULL), "colour %u: %zu bytes", k, file.size);
        buffer_free(&file);
    }
    free(samples);
    fixture_close(&fixture);
}

/* A tall image whose tables are fitted to a sample that tells nothing of the rest: one strip in `STEP` has
 * few symbols, some much more often than others, the rest is noise, whose codes become long. */
enum { BOUND_WIDTH = 64, BOUND_HEIGHT = 3200, STEP = 8 };

static void fill_with_worst(const struct pm_plane *plane, uint32_t strip_rows)
{
    uint32_t state = 7;
    for (uint32_t y = 0; y < plane->height; y++) {
        for (uint32_t x = 0; x < plane->width; x++) {
            const bool up = next_random(&state) >> 16 & 1;
            const uint32_t block = y / strip_rows / STEP * STEP + x / 8 + 1;
            const int halvings = __builtin_ctz(block | 1 << 6);
            const int swing = halvings == 0 ? 0 : 1 << (halvings - 1);
            const int calm = up ? 128 + swing : 128 - swing, noise = up ? 255 : 0;
            plane_row(plane, y)[x] = (uint8_t)(y / strip_rows % STEP == 0 ? calm : noise);
        }
    }
}

Test(jpeg_hostile, the_bound_is_held_and_no_more_than_twice_the_largest_file_known)
{
    static const struct {
        unsigned x, y;
        enum subsampling subsampling;
        bool grey;
    } kinds[] = {{1, 1, SUBSAMPLING_444, true},
                 {1, 1, SUBSAMPLING_444, false},
                 {2, 1, SUBSAMPLING_422, false},
                 {2, 2, SUBSAMPLING_420, false}};
    struct fixture fixture;
    fixture_open(&fixture);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const struct shape shape = {
            .width = BOUND_WIDTH,
            .height = BOUND_HEIGHT,
            .format = kinds[k].grey ? (struct pm_pixel_format)PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8)
                                    : (struct pm_pixel_format)PIXELS_YCC(kinds[k].x, kinds[k].y)};
        struct pm_image image = {.width = shape.width,
                                 .height = shape.height,
                                 .format = shape.format,
                                 .orientation = 1,
                                 .nplanes = kinds[k].grey ? 1 : 3};
        arena_reset(&fixture.arena);
        for (unsigned i = 0; i < image.nplanes; i++) {
            cr_assert_eq(plane_alloc_planned(&image.plane[i], i, &shape, 1, 8, &fixture.context), 0);
            fill_with_worst(&image.plane[i], i == 0 ? 8 * kinds[k].y : 8);
        }
        const struct jpeg_options request = {.quality = 100, .subsampling = kinds[k].subsampling};
        struct buffer file = {0};
        cr_assert_eq(codec_jpeg.encode(&image, &request, &file, &fixture.context), 0);
        const uint64_t bound = codec_jpeg.encode_bound(&shape, NULL);
        cr_expect_leq(file.size, bound, "kind %zu: %zu bytes", k, file.size);
        cr_expect_leq(bound, 2 * file.size, "kind %zu: %zu bytes are far below the bound of %lu", k,
                      file.size, (unsigned long)bound);
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

Test(jpeg_hostile, what_no_jpeg_holds_is_not_written)
{
    struct fixture fixture;
    fixture_open(&fixture);
    uint8_t *samples = calloc(65501, 1);
    struct buffer file = {0};
    struct pm_image image = wrap_samples(samples, 65501, 1, PM_COLOR_GRAY);
    struct jpeg_options request = {.quality = 80, .subsampling = SUBSAMPLING_420};
    cr_assert_eq(codec_jpeg.encode(&image, &request, &file, &fixture.context), -1);
    cr_assert_eq(fixture.error.kind, PM_ERROR_LIMIT);
    cr_assert_eq(fixture.error.limit, 65500);
    fixture.error = (struct pm_error){0};
    image = wrap_samples(samples, 65500, 1, PM_COLOR_GRAY);
    cr_assert_eq(codec_jpeg.encode(&image, &request, &file, &fixture.context), 0);
    cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){0}), 0);
    cr_assert_eq(fixture.image.width, 65500);
    buffer_free(&file);
    free(samples);
    fixture_close(&fixture);
}
