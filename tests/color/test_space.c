/* Reading profiles: pixmill's own, every kind of curve, broken ones, other kinds, and those packaged by
 * Debian. */
#include <criterion/criterion.h>
#include <glob.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "color/plain_space.h"
#include "color/target.h"

static size_t write_target(enum color_target target, bool gray, uint8_t out[MATRIX_PROFILE_MAX])
{
    return color_target_profile(target, gray, out);
}

Test(space, what_is_written_is_read)
{
    for (enum color_target target = COLOR_SRGB; target < COLOR_TARGETS; target++) {
        for (int gray = 0; gray < 2; gray++) {
            uint8_t profile[MATRIX_PROFILE_MAX];
            struct color_space read, meant;
            const size_t size = write_target(target, gray, profile);
            cr_assert(size > 0 && size < 500, "%zu", size);
            cr_assert_eq(color_space_read(profile, size, &read), COLOR_SPACE_READ);
            color_target_space(target, gray, &meant);
            cr_assert(color_space_equal(&read, &meant) && color_space_is_invertible(&read));
        }
    }
    struct color_space srgb, p3;
    color_target_space(COLOR_SRGB, false, &srgb);
    color_target_space(COLOR_P3, false, &p3);
    cr_assert_not(color_space_equal(&srgb, &p3));
}

/* A grey profile of one tag, kTRC, with this data. */
static size_t gray_profile(const void *curve, size_t size, uint8_t profile[512])
{
    memset(profile, 0, 512);
    put_be32(profile, (uint32_t)(144 + size));
    profile[8] = 4;
    memcpy(profile + 12, "mntrGRAYXYZ ", 12);
    memcpy(profile + 36, "acsp", 4);
    put_be32(profile + 128, 1);
    memcpy(profile + 132, "kTRC\0\0\0\x90", 8);
    put_be32(profile + 140, (uint32_t)size);
    memcpy(profile + 144, curve, size);
    return 144 + size;
}

#define FIXED(x) (uint8_t)((x) >> 24), (uint8_t)((x) >> 16), (uint8_t)((x) >> 8), (uint8_t)(x)
#define F(x) FIXED((int32_t)((x)*65536))

/* ICC.1:2022, 10.6 and 10.18. */
Test(space, every_kind_of_curve_is_read)
{
    static const struct {
        size_t size;
        uint8_t data[40];
        double at[3]; /* the light of 0.1, 0.5 and 0.9 */
    } cases[] = {
        {12, "curv\0\0\0\0\0\0\0\0", {0.1, 0.5, 0.9}},
        {14, "curv\0\0\0\0\0\0\0\1\2\0", {0.01, 0.25, 0.81}},
        {18, "curv\0\0\0\0\0\0\0\3\0\0\x40\0\xff\xff", {0.0500008, 0.250004, 0.850001}},
        {16, {'p', 'a', 'r', 'a', 0, 0, 0, 0, 0, 0, 0, 0, F(2)}, {0.01, 0.25, 0.81}},
        {24, {'p', 'a', 'r', 'a', 0, 0, 0, 0, 0, 1, 0, 0, F(2), F(1), F(-0.25)}, {0, 0.0625, 0.4225}},
        {28,
         {'p', 'a', 'r', 'a', 0, 0, 0, 0, 0, 2, 0, 0, F(2), F(1), F(-0.25), F(0.125)},
         {0.125, 0.1875, 0.5475}},
        {32,
         {'p', 'a', 'r', 'a', 0, 0, 0, 0, 0, 3, 0, 0, F(2), F(1), F(0), F(0.5), F(0.25)},
         {0.05, 0.25, 0.81}},
        {40,
         {'p', 'a', 'r', 'a', 0, 0, 0, 0, 0, 4, 0, 0, F(2), F(1), F(0), F(0.5), F(0.25), F(0.125), F(0.0625)},
         {0.1125, 0.375, 0.935}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t profile[512];
        struct color_space space;
        const size_t size = gray_profile(cases[i].data, cases[i].size, profile);
        cr_assert_eq(color_space_read(profile, size, &space), COLOR_SPACE_READ, "case %zu", i);
        for (int k = 0; k < 3; k++)
            cr_expect_float_eq(tone_curve_light(&space.curve[0], 0.1 + 0.4 * k), cases[i].at[k], 1e-6,
                               "case %zu", i);
        cr_assert_eq(color_space_read(profile, size - 1, &space), COLOR_SPACE_BROKEN, "case %zu, cut", i);
    }
}

Test(space, broken_curves_are_refused)
{
    static const struct {
        size_t size;
        const char *data;
    } cases[] = {
        {16, "curv\0\0\0\0\0\x0f\x42\x40\0\0\0\0"},           /* a million points */
        {16, "curv\0\0\0\0\0\0\0\3\0\0\0\0"},                 /* the third is missing */
        {14, "curv\0\0\0\0\0\0\0\1\0\0"},                     /* an exponent of 0 */
        {16, "para\0\0\0\0\0\0\0\0\0\0\0\0"},                 /* the same */
        {16, "para\0\0\0\0\0\5\0\0\0\1\0\0"},                 /* type 5 */
        {16, "para\0\0\0\0\0\1\0\0\0\1\0\0"},                 /* a and b are missing */
        {24, "para\0\0\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0\0\0\0"}, /* a is 0 */
        {16, "mAB \0\0\0\0\0\0\0\0\0\1\0\0"},
        {8, "curv\0\0\0\0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t profile[512];
        struct color_space space;
        const size_t size = gray_profile(cases[i].data, cases[i].size, profile);
        cr_assert_eq(color_space_read(profile, size, &space), COLOR_SPACE_BROKEN, "case %zu", i);
    }
}

Test(space, broken_profiles_are_refused)
{
    uint8_t good[MATRIX_PROFILE_MAX], bad[MATRIX_PROFILE_MAX];
    const size_t size = write_target(COLOR_P3, false, good);
    struct color_space space;
    for (size_t cut = 0; cut < size; cut++)
        cr_assert_eq(color_space_read(good, cut, &space), COLOR_SPACE_BROKEN, "cut to %zu", cut);
    for (size_t i = 0; i < get_be32(good + 128); i++) {
        const uint8_t *entry = good + 132 + 12 * i;
        if (memcmp(entry + 1, "XYZ", 3) != 0 && memcmp(entry + 1, "TRC", 3) != 0)
            continue;
        memcpy(bad, good, size);
        bad[132 + 12 * i] ^= 0x40; /* a name that nobody knows */
        cr_assert_eq(color_space_read(bad, size, &space), COLOR_SPACE_BROKEN, "without %.4s",
                     (const char *)entry);
        memcpy(bad, good, size);
        put_be32(bad + 132 + 12 * i + 4, 0xfffffff0);
        cr_assert_eq(color_space_read(bad, size, &space), COLOR_SPACE_BROKEN, "%.4s far away",
                     (const char *)entry);
    }
    memcpy(bad, good, size);
    put_be32(bad + 128, 100000);
    cr_assert_eq(color_space_read(bad, size, &space), COLOR_SPACE_BROKEN);
    bad[36] = 'x';
    cr_assert_eq(color_space_read(bad, size, &space), COLOR_SPACE_BROKEN);
}

Test(space, other_kinds_are_left_to_others)
{
    static const struct {
        size_t at;
        const char *word;
    } cases[] = {{12, "link"}, {12, "nmcl"},    {16, "CMYK"}, {16, "Lab "},
                 {20, "Lab "}, {8, "\5\0\0\0"}, {132, "A2B0"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t profile[MATRIX_PROFILE_MAX];
        struct color_space space;
        const size_t size = write_target(COLOR_SRGB, false, profile);
        memcpy(profile + cases[i].at, cases[i].word, 4);
        cr_assert_eq(color_space_read(profile, size, &space), COLOR_SPACE_OTHER, "%s", cases[i].word);
    }
}

/* icc-profiles-free, colord-data and Ghostscript's. */
Test(space, the_profiles_of_debian_are_read)
{
    glob_t found;
    static struct plain_profile profile;
    if (glob("/usr/share/color/icc/*RGB*.icc", 0, NULL, &found) != 0)
        cr_skip_test("no profiles are installed (Debian: icc-profiles-free colord-data)");
    glob("/usr/share/color/icc/colord/*RGB*.icc", GLOB_APPEND, NULL, &found);
    glob("/usr/share/color/icc/Gray*.icc", GLOB_APPEND, NULL, &found);
    unsigned srgb = 0;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct color_space space, standard;
        plain_profile_read(&profile, found.gl_pathv[i]);
        cr_expect_eq(color_space_read(profile.bytes, profile.size, &space), COLOR_SPACE_READ, "%s",
                     found.gl_pathv[i]);
        color_target_space(COLOR_SRGB, space.gray, &standard);
        if (strstr(found.gl_pathv[i], "sRGB") != NULL) {
            srgb++;
            cr_expect(color_space_equal(&space, &standard), "%s", found.gl_pathv[i]);
        }
    }
    cr_expect_geq(srgb, 1);
    globfree(&found);
}
