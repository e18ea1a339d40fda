/* Profiles in JPEG: joined from segments, and left out where these contradict each other. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "codec/jpeg/fixture.h"
#include "codec/jpeg/round_trip.h"
#include "image/exif.h"

Test(jpeg_meta, profile_of_many_segments_survives)
{
    struct fixture fixture;
    fixture_open(&fixture);
    static const size_t sizes[] = {132, 560, 65519, 65520, 300000};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *profile = round_trip_profile(sizes[i]);
        round_trip(&fixture, &(struct pm_metadata){.icc = {profile, sizes[i]}}, 1);
        cr_assert(round_trip_is(fixture.image.meta.icc, profile, sizes[i]), "%zu bytes", sizes[i]);
        struct jpeg_recipe recipe = small;
        recipe.icc = profile;
        recipe.icc_size = sizes[i];
        struct buffer file = make_jpeg(&recipe);
        struct pm_info info;
        cr_assert_eq(fixture_probe(&fixture, &file, &info), 0);
        cr_assert_eq(info.icc_size, sizes[i]);
        buffer_free(&file);
        free(profile);
    }
    cr_assert_eq(fixture.warnings, 0);
    fixture_close(&fixture);
}

static void insert_icc(struct buffer *file, unsigned number, unsigned count, const void *part, size_t size)
{
    uint8_t payload[256] = "ICC_PROFILE";
    payload[12] = (uint8_t)number;
    payload[13] = (uint8_t)count;
    memcpy(payload + 14, part, size);
    insert_segment(file, 0xE2, payload, 14 + size);
}

Test(jpeg_meta, profile_segments_are_joined_by_their_numbers)
{
    struct fixture fixture;
    fixture_open(&fixture);
    struct buffer file = make_jpeg(&small);
    uint8_t *profile = round_trip_profile(150);
    insert_icc(&file, 2, 3, profile + 10, 60);
    insert_icc(&file, 1, 3, profile, 10);
    insert_icc(&file, 3, 3, profile + 70, 80);
    cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){0}), 0);
    cr_assert(round_trip_is(fixture.image.meta.icc, profile, 150));
    cr_assert_eq(fixture.warnings, 0);
    free(profile);
    buffer_free(&file);
    fixture_close(&fixture);
}

Test(jpeg_meta, broken_profile_is_left_out_with_a_warning)
{
    static const unsigned broken[][4] = {
        {1, 3, 2, 3}, /* the third is missing */
        {1, 2, 1, 2}, /* the first comes twice */
        {1, 2, 2, 3}, /* the counts differ */
        {0, 1, 1, 1}, /* numbers begin at 1 */
        {3, 2, 1, 2}, /* beyond the count */
    };
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct buffer file = make_jpeg(&small);
        insert_icc(&file, broken[i][0], broken[i][1], "a", 1);
        insert_icc(&file, broken[i][2], broken[i][3], "b", 1);
        cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){0}), 0);
        cr_assert_null(fixture.image.meta.icc.data);
        cr_assert_eq(fixture.warnings, 1, "case %u", i);
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

/* As libjpeg has it: all parts are there, but one of them speaks of three. */
Test(jpeg_meta, profile_whose_parts_disagree_on_their_count_is_left_out)
{
    struct fixture fixture;
    fixture_open(&fixture);
    uint8_t *profile = round_trip_profile(150);
    for (unsigned count = 2; count <= 3; count++) {
        struct buffer file = make_jpeg(&small);
        insert_icc(&file, 2, count, profile + 70, 80);
        insert_icc(&file, 1, 2, profile, 70);
        cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){0}), 0);
        cr_expect_eq(fixture.image.meta.icc.data != NULL, count == 2);
        cr_expect_eq(fixture.warnings, count == 3);
        buffer_free(&file);
    }
    free(profile);
    fixture_close(&fixture);
}

/* The same part twice is one part; a part that is a whole profile by its own header needs no right number. */
Test(jpeg_meta, profile_that_is_whole_is_kept_whatever_its_numbers)
{
    static const struct {
        unsigned number, count;
        size_t begin, size;
    } parts[][4] = {
        {{1, 1, 0, 150}, {1, 1, 0, 150}},
        {{1, 2, 0, 70}, {2, 2, 70, 80}, {1, 2, 0, 70}, {2, 2, 70, 80}},
        {{1, 0, 0, 150}},
        {{0, 0, 0, 150}},
        {{0, 1, 0, 150}},
        {{2, 1, 0, 150}},
        {{1, 3, 0, 150}},
        {{1, 1, 0, 150}, {1, 1, 5, 140}}, /* the second is another */
    };
    struct fixture fixture;
    fixture_open(&fixture);
    uint8_t *profile = round_trip_profile(150);
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct buffer file = make_jpeg(&small);
        struct pm_info info;
        for (unsigned k = 4; k-- > 0;) {
            if (parts[i][k].size > 0)
                insert_icc(&file, parts[i][k].number, parts[i][k].count, profile + parts[i][k].begin,
                           parts[i][k].size);
        }
        cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){0}), 0);
        cr_assert(round_trip_is(fixture.image.meta.icc, profile, 150), "case %u", i);
        cr_assert_eq(fixture.warnings, 0, "case %u: %s", i, fixture.last_warning);
        cr_assert_eq(fixture_probe(&fixture, &file, &info), 0);
        cr_assert_eq(info.icc_size, 150, "case %u", i);
        buffer_free(&file);
    }
    free(profile);
    fixture_close(&fixture);
}

/* A PNG's profile is held to the same: see profile_size. */
Test(jpeg_meta, what_is_no_profile_is_left_out_with_a_warning)
{
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned fault = 0; fault < 4; fault++) {
        struct buffer file = make_jpeg(&small);
        uint8_t *profile = round_trip_profile(150);
        size_t size = fault == 1 ? 131 : 150;
        if (fault == 2)
            profile[3]++; /* longer than it is */
        else if (fault == 3)
            profile[36] = 'A';
        insert_icc(&file, 1, 1, profile, size);
        cr_assert_eq(fixture_decode(&fixture, &file, &(struct decode_request){0}), 0);
        cr_assert_eq(fixture.image.meta.icc.data != NULL, fault == 0, "fault %u", fault);
        cr_assert_eq(fixture.warnings, fault != 0, "fault %u", fault);
        free(profile);
        buffer_free(&file);
    }
    fixture_close(&fixture);
}
