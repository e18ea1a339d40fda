#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "image/profile.h"

enum { SIZE = 140 };

static void make(uint8_t *profile, uint32_t stated)
{
    memset(profile, 0, SIZE);
    for (int i = 0; i < 4; i++)
        profile[i] = (uint8_t)(stated >> (24 - 8 * i));
    memcpy(profile + 16, "RGB ", 4);
    memcpy(profile + 36, "acsp", 4);
}

Test(profile, has_the_size_that_it_states)
{
    uint8_t profile[SIZE];
    make(profile, SIZE);
    cr_expect_eq(profile_size(profile, SIZE), SIZE);
    make(profile, 132);
    cr_expect_eq(profile_size(profile, SIZE), 132, "what pads it is no part of it");
}

Test(profile, other_bytes_are_none)
{
    static const uint32_t stated[] = {0, 1, 131, SIZE + 1, 0x8000008c, UINT32_MAX};
    uint8_t profile[SIZE];
    for (size_t i = 0; i < sizeof stated / sizeof *stated; i++) {
        make(profile, stated[i]);
        cr_expect_eq(profile_size(profile, SIZE), 0, "%u", stated[i]);
    }
    make(profile, SIZE);
    profile[39] = ' ';
    cr_expect_eq(profile_size(profile, SIZE), 0);
    make(profile, 132);
    for (size_t size = 0; size < 132; size++) {
        uint8_t *cut = malloc(size + (size == 0)); /* exact size, so that ASan sees an overrun */
        memcpy(cut, profile, size);
        cr_expect_eq(profile_size(cut, size), 0, "%zu", size);
        free(cut);
    }
    cr_expect_eq(profile_size(NULL, 0), 0);
}

/* A PNG reader would refuse a longer profile. */
Test(profile, may_be_of_8_megabytes)
{
    for (size_t size = PROFILE_MAX; size <= PROFILE_MAX + 1; size++) {
        uint8_t *profile = calloc(1, size);
        cr_assert_not_null(profile);
        uint8_t head[SIZE];
        make(head, (uint32_t)size);
        memcpy(profile, head, SIZE);
        cr_expect_eq(profile_size(profile, size), size == PROFILE_MAX ? size : 0);
        free(profile);
    }
}

Test(profile, matches_samples_of_its_colour_space)
{
    static const struct {
        const char *space;
        enum pm_color color;
    } pairs[] = {{"GRAY", PM_COLOR_GRAY},
                 {"RGB ", PM_COLOR_RGB},
                 {"RGB ", PM_COLOR_YCC},
                 {"CMYK", PM_COLOR_CMYK},
                 {"Lab ", 99}};
    uint8_t profile[SIZE];
    make(profile, SIZE);
    const struct pm_blob icc = {profile, SIZE};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        memcpy(profile + 16, pairs[i].space, 4);
        for (enum pm_color color = PM_COLOR_GRAY; color <= PM_COLOR_CMYK; color++) {
            const char *space = color == PM_COLOR_YCC ? "RGB " : pairs[color].space;
            cr_expect_eq(profile_matches(&icc, color), strcmp(space, pairs[i].space) == 0, "%s %d",
                         pairs[i].space, color);
        }
    }
    profile[36] = 'A';
    cr_expect_not(profile_matches(&icc, PM_COLOR_GRAY));
}
