/* Profiles made from primaries and a curve: parsed by the test itself, and compared with published values. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "color/target.h"
#include "image/profile.h"

static uint32_t be32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static double fixed(const uint8_t *bytes)
{
    return (int32_t)be32(bytes) / 65536.0;
}

/* The data of a tag, which must be there and lie within the profile. */
static const uint8_t *tag(const uint8_t *profile, const char *signature, const char *type)
{
    for (uint32_t i = 0; i < be32(profile + 128); i++) {
        const uint8_t *entry = profile + 132 + 12 * (size_t)i;
        if (memcmp(entry, signature, 4) != 0)
            continue;
        const uint32_t offset = be32(entry + 4), size = be32(entry + 8);
        cr_assert(offset % 4 == 0 && offset >= 132 && size >= 8 && offset + size <= be32(profile));
        cr_assert_arr_eq(profile + offset, type, 4, "%s", signature);
        return profile + offset;
    }
    cr_assert_fail("no tag %s", signature);
    return NULL;
}

static double curve(const uint8_t *profile, const char *signature, double v)
{
    const uint8_t *data = tag(profile, signature, "para"), *p = data + 12;
    if (data[9] == 0)
        return pow(v, fixed(p));
    cr_assert_eq(data[9], 3);
    return v >= fixed(p + 16) ? pow(fixed(p + 4) * v + fixed(p + 8), fixed(p)) : fixed(p + 12) * v;
}

/* Samples of 0 to 255 by the profile to XYZ. */
static void to_xyz(const uint8_t *profile, const double rgb[3], double xyz[3])
{
    static const char *const colorants[3] = {"rXYZ", "gXYZ", "bXYZ"}, *const curves[3] = {"rTRC", "gTRC",
                                                                                          "bTRC"};
    xyz[0] = xyz[1] = xyz[2] = 0;
    for (int k = 0; k < 3; k++) {
        const double light = curve(profile, curves[k], rgb[k] / 255);
        for (int i = 0; i < 3; i++)
            xyz[i] += light * fixed(tag(profile, colorants[k], "XYZ ") + 8 + 4 * i);
    }
}

/* XYZ under D50 to samples of sRGB (the inverse of its published matrix). */
static void to_srgb(const double xyz[3], double rgb[3])
{
    static const double inverse[3][3] = {{3.1338561, -1.6168667, -0.4906146},
                                         {-0.9787684, 1.9161415, 0.0334540},
                                         {0.0719453, -0.2289914, 1.4052427}};
    for (int i = 0; i < 3; i++) {
        const double light = inverse[i][0] * xyz[0] + inverse[i][1] * xyz[1] + inverse[i][2] * xyz[2];
        rgb[i] = 255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * pow(light, 1 / 2.4) - 0.055);
    }
}

static size_t from_cicp(unsigned primaries, unsigned transfer, bool gray, uint8_t out[MATRIX_PROFILE_MAX])
{
    const uint8_t cicp[4] = {(uint8_t)primaries, (uint8_t)transfer, 0, 1};
    struct color_description description;
    return color_from_cicp(cicp, &description) ? matrix_profile_write(&description, gray, "test", out) : 0;
}

static bool is_at(struct color_xy xy, double x, double y)
{
    return xy.x == x && xy.y == y;
}

/* H.273, table 2. */
Test(matrix_profile, primaries_are_those_of_their_code)
{
    static const struct {
        uint8_t code;
        double white[2], red[2], green[2], blue[2];
    } table[] = {
        {1, {0.3127, 0.3290}, {0.640, 0.330}, {0.300, 0.600}, {0.150, 0.060}},
        {4, {0.310, 0.316}, {0.67, 0.33}, {0.21, 0.71}, {0.14, 0.08}},
        {5, {0.3127, 0.3290}, {0.64, 0.33}, {0.29, 0.60}, {0.15, 0.06}},
        {6, {0.3127, 0.3290}, {0.630, 0.340}, {0.310, 0.595}, {0.155, 0.070}},
        {7, {0.3127, 0.3290}, {0.630, 0.340}, {0.310, 0.595}, {0.155, 0.070}},
        {8, {0.310, 0.316}, {0.681, 0.319}, {0.243, 0.692}, {0.145, 0.049}},
        {9, {0.3127, 0.3290}, {0.708, 0.292}, {0.170, 0.797}, {0.131, 0.046}},
        {11, {0.314, 0.351}, {0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}},
        {12, {0.3127, 0.3290}, {0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}},
        {22, {0.3127, 0.3290}, {0.630, 0.340}, {0.295, 0.605}, {0.155, 0.077}},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const uint8_t cicp[4] = {table[i].code, 13, 0, 1};
        struct color_description description;
        cr_assert(color_from_cicp(cicp, &description));
        cr_expect(is_at(description.white, table[i].white[0], table[i].white[1]) &&
                      is_at(description.red, table[i].red[0], table[i].red[1]) &&
                      is_at(description.green, table[i].green[0], table[i].green[1]) &&
                      is_at(description.blue, table[i].blue[0], table[i].blue[1]),
                  "%u", table[i].code);
    }
}

/* From light to a sample by H.273, table 3, except for cameras' curves, which are displayed by BT.1886. */
static double sample_of(unsigned transfer, double light)
{
    switch (transfer) {
    case 4:
        return pow(light, 1 / 2.2);
    case 5:
        return pow(light, 1 / 2.8);
    case 7:
        return light >= 0.0228 ? 1.1115 * pow(light, 0.45) - 0.1115 : 4 * light;
    case 8:
        return light;
    case 13:
        return light >= 0.0031308 ? 1.055 * pow(light, 1 / 2.4) - 0.055 : 12.92 * light;
    default:                        /* 1, 6, 14, 15 */
        return pow(light, 1 / 2.4); /* BT.1886, with a black level of 0 */
    }
}

Test(matrix_profile, curves_are_those_of_their_code)
{
    static const uint8_t transfers[] = {1, 4, 5, 6, 7, 8, 13, 14, 15};
    for (size_t i = 0; i < sizeof transfers; i++) {
        const uint8_t cicp[4] = {1, transfers[i], 0, 1};
        struct color_description description;
        cr_assert(color_from_cicp(cicp, &description));
        const struct color_curve *is = &description.curve;
        for (double light = 0; light <= 1; light += 1.0 / 512) {
            const double v = sample_of(transfers[i], light);
            const double made = v >= is->d ? pow(is->a * v + is->b, is->g) : is->c * v;
            cr_assert(fabs(made - light) < 5e-4, "transfer %u: %f, not %f", transfers[i], made, light);
        }
    }
}

/* Values that writers of sRGB images round differently still count as sRGB. */
Test(matrix_profile, what_is_meant_for_srgb_is_known)
{
    static const double srgb[8] = {0.31269, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06};
    cr_expect(color_gamma_is_srgb(0.45455) && color_gamma_is_srgb(0.45) && color_gamma_is_srgb(0.4591));
    cr_expect_not(color_gamma_is_srgb(0.44999) || color_gamma_is_srgb(0.45911) || color_gamma_is_srgb(0));
    cr_expect(color_primaries_are_srgb(srgb));
    for (size_t i = 0; i < 8; i++) {
        for (int32_t off = -300; off <= 300; off += 600) {
            double others[8];
            memcpy(others, srgb, sizeof others);
            others[i] += off / 1e5;
            cr_expect_not(color_primaries_are_srgb(others), "%zu: %d", i, off);
        }
    }
}

static void expect_xyz(const uint8_t *profile, const char *signature, double x, double y, double z)
{
    const uint8_t *data = tag(profile, signature, "XYZ ") + 8;
    cr_assert(fabs(fixed(data) - x) < 2e-4 && fabs(fixed(data + 4) - y) < 2e-4 &&
                  fabs(fixed(data + 8) - z) < 2e-4,
              "%s: %f %f %f", signature, fixed(data), fixed(data + 4), fixed(data + 8));
}

/* Apple's "Display P3.icc" and the sRGB profile of the ICC. */
Test(matrix_profile, has_the_colorants_of_published_profiles)
{
    uint8_t profile[MATRIX_PROFILE_MAX];
    cr_assert_gt(from_cicp(12, 13, false, profile), 0);
    expect_xyz(profile, "rXYZ", 0.51512, 0.24120, -0.00105);
    expect_xyz(profile, "gXYZ", 0.29198, 0.69225, 0.04189);
    expect_xyz(profile, "bXYZ", 0.15710, 0.06657, 0.78407);
    cr_assert_gt(from_cicp(1, 13, false, profile), 0);
    expect_xyz(profile, "rXYZ", 0.43607, 0.22249, 0.01392);
    expect_xyz(profile, "gXYZ", 0.38515, 0.71687, 0.09708);
    expect_xyz(profile, "bXYZ", 0.14307, 0.06061, 0.71410);
    expect_xyz(profile, "wtpt", 0.9642, 1, 0.8249);
}

/* Every thumbnail has it, so no byte is there without need. All tags that the profile of a display whose
 * white is not D50 must have (ICC.1:2022, 8.2 and 8.4) are there. */
Test(matrix_profile, is_small_and_whole)
{
    static const char *const rgb_tags[][2] = {
        {"desc", "mluc"}, {"cprt", "mluc"}, {"wtpt", "XYZ "}, {"chad", "sf32"}, {"rXYZ", "XYZ "},
        {"gXYZ", "XYZ "}, {"bXYZ", "XYZ "}, {"rTRC", "para"}, {"gTRC", "para"}, {"bTRC", "para"}};
    static const char *const gray_tags[][2] = {
        {"desc", "mluc"}, {"cprt", "mluc"}, {"wtpt", "XYZ "}, {"chad", "sf32"}, {"kTRC", "para"}};
    static const char name[] = "\0s\0R\0G\0B";
    uint8_t profile[MATRIX_PROFILE_MAX];
    cr_expect_eq(color_target_profile(COLOR_SRGB, false, profile), 444);
    for (size_t i = 0; i < sizeof rgb_tags / sizeof *rgb_tags; i++)
        tag(profile, rgb_tags[i][0], rgb_tags[i][1]);
    const uint8_t *text = tag(profile, "desc", "mluc");
    cr_expect(be32(text + 20) == 8 && be32(text + 24) == 28);
    cr_expect_arr_eq(text + 28, name, 8);
    cr_expect_eq(color_target_profile(COLOR_P3, false, profile), 456);
    cr_expect_eq(color_target_profile(COLOR_SRGB, true, profile), 336);
    for (size_t i = 0; i < sizeof gray_tags / sizeof *gray_tags; i++)
        tag(profile, gray_tags[i][0], gray_tags[i][1]);
}

/* With a name of the 40 characters that are kept, and with one of more. */
Test(matrix_profile, has_room_for_the_longest_name)
{
    static const char name[] = "0123456789012345678901234567890123456789 and more";
    static const uint8_t srgb[4] = {1, 13, 0, 1};
    struct color_description description;
    uint8_t profile[MATRIX_PROFILE_MAX];
    cr_assert(color_from_cicp(srgb, &description));
    const size_t size = matrix_profile_write(&description, false, name, profile);
    cr_expect_eq(size, 444 + 2 * (40 - 4));
    cr_expect_leq(size, sizeof profile);
    cr_expect_eq(be32(tag(profile, "desc", "mluc") + 20), 80);
}

/* 0.863 of the light is 239 in sRGB. */
Test(matrix_profile, gamma_1_means_what_it_says)
{
    uint8_t profile[MATRIX_PROFILE_MAX];
    struct color_description description;
    double xyz[3], rgb[3];
    cr_assert(color_from_gamma(1, NULL, &description));
    cr_assert_gt(matrix_profile_write(&description, false, "gamma", profile), 0);
    to_xyz(profile, (const double[]){220, 30, 30}, xyz);
    to_srgb(xyz, rgb);
    cr_assert(fabs(rgb[0] - 238.95) < 0.1 && fabs(rgb[1] - 96.26) < 0.1 && fabs(rgb[2] - 96.26) < 0.1,
              "%f %f %f", rgb[0], rgb[1], rgb[2]);
}

Test(matrix_profile, chromaticities_count)
{
    static const double p3[8] = {0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06};
    uint8_t profile[MATRIX_PROFILE_MAX], same[MATRIX_PROFILE_MAX];
    struct color_description description;
    cr_assert(color_from_gamma(0, p3, &description));
    const size_t size = matrix_profile_write(&description, false, "test", profile);
    cr_assert_eq(from_cicp(12, 13, false, same), size);
    cr_assert_arr_eq(profile, same, size);
}

Test(matrix_profile, every_code_makes_a_whole_profile_or_none)
{
    unsigned made = 0;
    for (unsigned primaries = 0; primaries < 256; primaries++) {
        for (unsigned transfer = 0; transfer < 256; transfer++) {
            uint8_t profile[MATRIX_PROFILE_MAX], gray[MATRIX_PROFILE_MAX];
            const size_t size = from_cicp(primaries, transfer, false, profile);
            const size_t gray_size = from_cicp(primaries, transfer, true, gray);
            cr_assert_eq(size > 0, gray_size > 0);
            made += size > 0;
            if (size == 0)
                continue;
            cr_assert_eq(profile_size(profile, size), size);
            cr_assert(profile_matches(&(struct pm_blob){profile, size}, PM_COLOR_RGB));
            cr_assert(profile_matches(&(struct pm_blob){gray, gray_size}, PM_COLOR_GRAY));
            for (int i = 0; i <= 100; i++)
                cr_assert_eq(curve(profile, "gTRC", i / 100.0), curve(gray, "kTRC", i / 100.0));
            cr_assert_lt(fabs(curve(gray, "kTRC", 1) - 1), 1e-4, "transfer %u", transfer);
            cr_assert_eq(curve(gray, "kTRC", 0), 0);
            double white[3];
            to_xyz(profile, (const double[]){255, 255, 255}, white);
            cr_assert(fabs(white[0] - 0.9642) < 1e-3 && fabs(white[1] - 1) < 1e-3 &&
                          fabs(white[2] - 0.8249) < 1e-3,
                      "primaries %u", primaries);
        }
    }
    cr_assert_eq(made, 10 * 9);
}

/* A curve of two pieces has no step where they meet. */
Test(matrix_profile, curves_are_continuous)
{
    static const uint8_t transfers[] = {7, 13};
    for (size_t i = 0; i < sizeof transfers; i++) {
        uint8_t profile[MATRIX_PROFILE_MAX];
        cr_assert_gt(from_cicp(1, transfers[i], true, profile), 0);
        const double d = fixed(tag(profile, "kTRC", "para") + 12 + 16);
        cr_assert_lt(fabs(curve(profile, "kTRC", d) - curve(profile, "kTRC", d - 1e-6)), 5e-5, "%u",
                     transfers[i]);
    }
}

Test(matrix_profile, what_has_no_equal_makes_none)
{
    static const uint8_t others[][4] = {{9, 16, 0, 1}, {9, 18, 0, 1}, {2, 2, 0, 1},   {1, 13, 0, 0},
                                        {1, 13, 1, 1}, {10, 8, 0, 1}, {1, 255, 0, 1}, {255, 13, 0, 1}};
    static const double line[8] = {0.3127, 0.329, 0.64, 0.33, 0.64, 0.33, 0.15, 0.06};
    static const double zero[8] = {0.3127, 0.329, 0.64, 0, 0.3, 0.6, 0.15, 0.06};
    struct color_description description;
    uint8_t profile[MATRIX_PROFILE_MAX];
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_assert_not(color_from_cicp(others[i], &description), "%zu", i);
    cr_assert_not(color_from_gamma(1e-5, NULL, &description));
    cr_assert_not(color_from_gamma(UINT32_MAX / 1e5, NULL, &description));
    cr_assert_not(color_from_gamma(0.45455, zero, &description));
    cr_assert(color_from_gamma(0.45455, line, &description));
    cr_assert_eq(matrix_profile_write(&description, false, "line", profile), 0);
}
