/* Metadata in and out, and what the probe tells of it. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "codec/jpeg/fixture.h"
#include "codec/jpeg/round_trip.h"
#include "conformance.h"
#include "image/exif.h"

#define XMP_SEGMENT "http://ns.adobe.com/xap/1.0/\0<x/>"

Test(jpeg_meta, exif_xmp_and_comments_survive)
{
    static const struct pm_text texts[] = {{"Comment", "grüß dich"}, {"Author", "me"}};
    uint8_t exif[EXIF_MINIMAL_BYTES];
    exif_minimal(exif, 6);
    struct pm_metadata meta = {
        .exif = {exif, sizeof exif},
        .xmp = {(const uint8_t *)"<x:xmpmeta/>", 12},
        .texts = texts,
        .ntexts = 2,
    };
    struct fixture fixture;
    fixture_open(&fixture);
    round_trip(&fixture, &meta, 1);
    cr_assert_eq(fixture.image.orientation, 6, "the EXIF blob is what is written");
    cr_assert(round_trip_is(fixture.image.meta.exif, exif, sizeof exif));
    cr_assert(round_trip_is(fixture.image.meta.xmp, "<x:xmpmeta/>", 12));
    cr_assert_eq(fixture.image.meta.ntexts, 2);
    cr_assert_str_eq(fixture.image.meta.texts[0].keyword, "Comment");
    cr_assert_str_eq(fixture.image.meta.texts[0].text, "grüß dich");
    cr_assert_str_eq(fixture.image.meta.texts[1].text, "Author: me");
    fixture_close(&fixture);
}

Test(jpeg_meta, exif_whose_identifier_comes_twice)
{
    uint8_t exif[12 + EXIF_MINIMAL_BYTES] = "Exif\0\0Exif\0";
    exif_minimal(exif + 12, 6);
    struct fixture fixture;
    fixture_open(&fixture);
    struct buffer file = make_jpeg(&small);
    insert_segment(&file, 0xE1, exif, sizeof exif);
    cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){.keep = KEEP_EXIF}), 0);
    cr_assert_eq(fixture.image.orientation, 6);
    cr_assert(round_trip_is(fixture.image.meta.exif, exif + 12, EXIF_MINIMAL_BYTES));
    buffer_free(&file);
    fixture_close(&fixture);
}

Test(jpeg_meta, a_second_exif_or_xmp_is_reported_when_it_is_another)
{
    uint8_t first[6 + EXIF_MINIMAL_BYTES] = "Exif\0", second[6 + EXIF_MINIMAL_BYTES] = "Exif\0";
    exif_minimal(first + 6, 6);
    exif_minimal(second + 6, 3);
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned other = 0; other < 2; other++) {
        struct buffer file = make_jpeg(&small);
        insert_segment(&file, 0xE1, other ? second : first, sizeof first);
        insert_segment(&file, 0xE1, first, sizeof first);
        insert_segment(&file, 0xE1, other ? "http://ns.adobe.com/xap/1.0/\0<y/>" : XMP_SEGMENT, 33);
        insert_segment(&file, 0xE1, XMP_SEGMENT, 33);
        cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){.keep = KEEP_ALL}), 0);
        cr_assert_eq(fixture.image.orientation, 6);
        cr_assert(round_trip_is(fixture.image.meta.exif, first + 6, EXIF_MINIMAL_BYTES));
        cr_assert(round_trip_is(fixture.image.meta.xmp, "<x/>", 4));
        cr_assert_str_eq(fixture.all_warnings,
                         other ? "a second XMP is left out\na second EXIF is left out\n" : "");
        cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){0}), 0);
        cr_assert_eq(fixture.warnings, 0);
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

/* IIM data sets with one long value; malloc'ed. */
static uint8_t *make_iptc(size_t size)
{
    uint8_t *iptc = round_trip_profile(size);
    memcpy(iptc, "\x1C\2\x78", 3);
    return iptc;
}

Test(jpeg_meta, iptc_survives)
{
    static const size_t sizes[] = {5, 6, 1000, 65507, 65508, 65509, 131040, 300001};
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *iptc = make_iptc(sizes[i] > 40 ? sizes[i] : 40);
        round_trip(&fixture, &(struct pm_metadata){.iptc = {iptc, sizes[i]}}, 1);
        cr_assert(round_trip_is(fixture.image.meta.iptc, iptc, sizes[i]), "%zu bytes", sizes[i]);
        cr_assert_eq(fixture.warnings, 0, "%s", fixture.last_warning);
        free(iptc);
    }
    fixture_close(&fixture);
}

/* Among other resources, which are cut into segments wherever they are. */
Test(jpeg_meta, iptc_is_found_among_resources_in_several_segments)
{
    static const char before[] = "8BIM\3\xED\0\0\0\0\0\3abc\0"
                                 "8BIM\4\4\0\0\0\0\0\x64";
    enum { BEFORE = sizeof before - 1, IPTC = 100, ALL = BEFORE + IPTC + 14, ID = 14 };
    uint8_t resources[ALL], *iptc = make_iptc(IPTC);
    memcpy(resources, before, BEFORE);
    memcpy(resources + BEFORE, iptc, IPTC);
    memcpy(resources + BEFORE + IPTC, "8BIM\4\x25\0\0\0\0\0\2ab", 14);
    struct fixture fixture;
    fixture_open(&fixture);
    for (size_t cut = 1; cut < ALL; cut++) {
        struct buffer file = make_jpeg(&small);
        uint8_t part[ID + ALL] = "Photoshop 3.0";
        memcpy(part + ID, resources + cut, ALL - cut);
        insert_segment(&file, 0xED, part, ID + ALL - cut);
        memcpy(part + ID, resources, cut);
        insert_segment(&file, 0xED, part, ID + cut);
        cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){.keep = KEEP_IPTC}), 0);
        cr_assert(round_trip_is(fixture.image.meta.iptc, iptc, IPTC), "%zu", cut);
        cr_assert_eq(fixture.warnings, 0);
        buffer_free(&file);
    }
    free(iptc);
    fixture_close(&fixture);
}

/* Its size is neither believed nor told when the file does not hold so much. */
Test(jpeg_meta, iptc_that_is_cut_short_is_left_out_with_a_warning)
{
    static const uint8_t sizes[][4] = {
        {0, 0, 0, 9}, {0, 1, 0, 0}, {0x7F, 0xFF, 0xFF, 0xFF}, {0xFF, 0xFF, 0xFF, 0xFF}};
    struct fixture fixture;
    fixture_open(&fixture);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t resources[] = "Photoshop 3.0\0"
                              "8BIM\4\4\0\0\0\0\0\0\x1C\2\5\0\3abc";
        struct pm_info info;
        memcpy(resources + 22, sizes[i], 4);
        struct buffer file = make_jpeg(&small);
        insert_segment(&file, 0xED, resources, sizeof resources - 1);
        cr_assert_eq(fixture_probe(&fixture, &file, &info), 0);
        cr_assert_eq(info.iptc_size, 0, "%zu: %zu", i, info.iptc_size);
        cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){.keep = KEEP_IPTC}), 0);
        cr_assert_str_eq(fixture.all_warnings, "its IPTC is incomplete and left out\n", "%zu: %s", i,
                         fixture.all_warnings);
        cr_assert_null(fixture.image.meta.iptc.data);
        cr_assert_lt(fixture.job_arena.peak, 1 << 20);
        cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){0}), 0);
        cr_assert_eq(fixture.warnings, 0);
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

Test(jpeg_meta, only_what_is_asked_for_is_kept)
{
    uint8_t exif[6 + EXIF_MINIMAL_BYTES] = "Exif\0";
    exif_minimal(exif + 6, 3);
    struct fixture fixture;
    fixture_open(&fixture);
    struct buffer file = make_jpeg(&small);
    insert_segment(&file, 0xE1, exif, sizeof exif);
    insert_segment(&file, 0xE1, "http://ns.adobe.com/xap/1.0/\0<x/>", 33);
    insert_segment(&file, 0xFE, "hello", 5);
    insert_segment(&file, 0xED,
                   "Photoshop 3.0\0"
                   "8BIM\4\4\0\0\0\0\0\5\x1C\2\0\0\0\0",
                   32);
    for (unsigned keep = 0; keep <= KEEP_ALL; keep++) {
        cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){.keep = keep}), 0);
        cr_assert_eq(fixture.image.meta.exif.data != NULL, (keep & KEEP_EXIF) != 0);
        cr_assert_eq(fixture.image.meta.xmp.data != NULL, (keep & KEEP_XMP) != 0);
        cr_assert_eq(fixture.image.meta.iptc.data != NULL, (keep & KEEP_IPTC) != 0);
        cr_assert_eq(fixture.image.meta.ntexts, (keep & KEEP_TEXT) != 0 ? 1 : 0);
        cr_assert_eq(fixture.warnings, 0, "nothing is said of what is not asked for");
        cr_assert_eq(fixture.image.orientation, 3, "orientation is known whatever is kept");
    }
    buffer_free(&file);
    fixture_close(&fixture);
}

Test(jpeg_meta, comments_become_utf8)
{
    static const struct {
        const char *bytes, *text;
        size_t size;
    } cases[] = {
        {"plain", "plain", 5},
        {"\xE9t\xE9", "été", 3},             /* Latin-1 */
        {"\xC3\xA9t\xC3\xA9", "été", 5},     /* UTF-8 */
        {"cut\0off", "cut", 7},              /* ends at a NUL */
        {"\xC0\x80", "\xC3\x80\xC2\x80", 2}, /* overlong, so Latin-1 */
        {"\xE2\x82", "\xC3\xA2\xC2\x82", 2}, /* cut off, so Latin-1 */
        {"", "", 0},
    };
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer file = make_jpeg(&small);
        insert_segment(&file, 0xFE, cases[i].bytes, cases[i].size);
        cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){.keep = KEEP_TEXT}), 0);
        cr_assert_str_eq(fixture.image.meta.texts[0].text, cases[i].text);
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

/* Their memory is charged to no budget. */
Test(jpeg_meta, comments_beyond_8_mb_are_left_out_with_a_warning)
{
    enum { LONG = 65533, FIT = (8 << 20) / LONG, COMMENTS = FIT + 2 };
    char *comment = malloc(LONG);
    memset(comment, 'c', LONG);
    struct fixture fixture;
    fixture_open(&fixture);
    struct buffer file = make_jpeg(&small);
    for (int i = 0; i < COMMENTS; i++)
        insert_segment(&file, 0xFE, comment, LONG);
    cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){.keep = KEEP_TEXT}), 0);
    cr_assert_eq(fixture.image.meta.ntexts, FIT);
    cr_assert_eq(fixture.warnings, COMMENTS - FIT);
    buffer_free(&file);
    free(comment);
    fixture_close(&fixture);
}

Test(jpeg_meta, orientation_is_written_where_no_exif_says_it)
{
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned orientation = 1; orientation <= 8; orientation++) {
        round_trip(&fixture, &(struct pm_metadata){0}, orientation);
        cr_assert_eq(fixture.image.orientation, orientation);
        cr_assert_eq(fixture.image.meta.exif.data != NULL, orientation != 1);
    }
    fixture_close(&fixture);
}

Test(jpeg_meta, density_survives)
{
    static const struct {
        uint32_t x, y;
        uint8_t unit;
        uint32_t back_x, back_y;
    } cases[] = {
        {2835, 2835, 1, 2835, 2835},     /* 72 pixels an inch */
        {11811, 11811, 1, 11811, 11811}, /* 300 */
        {11800, 11800, 1, 11800, 11800}, /* 118 a centimetre */
        {12345, 11811, 1, 12362, 11811}, /* no whole number: the nearest an inch */
        {4, 3, 0, 4, 3},                 /* an aspect ratio */
    };
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pm_metadata meta = {.has_density = true,
                                   .density_x = cases[i].x,
                                   .density_y = cases[i].y,
                                   .density_unit = cases[i].unit};
        round_trip(&fixture, &meta, 1);
        cr_assert(fixture.image.meta.has_density);
        cr_assert_eq(fixture.image.meta.density_unit, cases[i].unit);
        cr_assert_eq(fixture.image.meta.density_x, cases[i].back_x, "case %u: %u", i,
                     fixture.image.meta.density_x);
        cr_assert_eq(fixture.image.meta.density_y, cases[i].back_y);
    }
    round_trip(&fixture, &(struct pm_metadata){0}, 1);
    cr_assert_not(fixture.image.meta.has_density);
    fixture_close(&fixture);
}

Test(jpeg_meta, what_no_segment_holds_is_left_out_with_a_warning)
{
    enum { LARGE = 70000 };
    uint8_t *large = round_trip_profile(LARGE);
    char *text = malloc(LARGE);
    memset(text, 'a', LARGE);
    text[LARGE - 1] = '\0';
    struct pm_metadata meta = {
        .exif = {large, LARGE},
        .xmp = {large, LARGE},
        .texts = &(struct pm_text){"Comment", text},
        .ntexts = 1,
    };
    struct fixture fixture;
    fixture_open(&fixture);
    round_trip(&fixture, &meta, 1);
    cr_assert_eq(fixture.warnings, 3);
    cr_assert_null(fixture.image.meta.exif.data);
    cr_assert_null(fixture.image.meta.xmp.data);
    cr_assert_eq(fixture.image.meta.ntexts, 0);
    free(large);
    free(text);
    fixture_close(&fixture);
}

Test(jpeg_meta, orientations_of_the_conformance_files)
{
    const char *folder = conformance_folder();
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned i = 0; i < 18; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/exif-orientation/%s_%u.jpg", folder, i < 9 ? "Landscape" : "Portrait",
                 i % 9);
        FILE *stream = fopen(path, "rb");
        cr_assert_not_null(stream, "%s", path);
        struct buffer file = {0};
        cr_assert_eq(buffer_reserve(&file, 4 << 20), 0);
        file.size = fread(file.data, 1, file.capacity, stream);
        fclose(stream);
        struct pm_info info;
        cr_assert_eq(fixture_probe(&fixture, &file, &info), 0);
        cr_assert_eq(info.orientation, i % 9 == 0 ? 1 : i % 9, "%s", path);
        buffer_free(&file);
    }
    fixture_close(&fixture);
}
