/* Conversions compared with lcms2's command transicc. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "codec/png/pngs.h"
#include "color/pipeline.h"
#include "color/plain_space.h"
#include "color/shaper.h"
#include "color/target.h"
#include "image/plain_color.h"
#include "lent.h"
#include "temp.h"

enum { COLORS = 100 };

#define FOLDER "/usr/share/color/icc/"

static void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    cr_assert(file != NULL && fwrite(bytes, 1, size, file) == size);
    fclose(file);
}

/* Lets transicc convert samples of 0 to 255, clipped and in doubles. */
static void ask_transicc(const char *from, const char *to, double (*samples)[3], unsigned channels)
{
    char command[1024];
    FILE *file = fopen("samples", "w");
    for (int i = 0; i < COLORS; i++) {
        for (unsigned c = 0; c < channels; c++)
            fprintf(file, "%.9f ", samples[i][c]);
        fputc('\n', file);
    }
    fclose(file);
    snprintf(command, sizeof command, "transicc -n -s -t1 -c0 -i '%s' -o '%s' <samples 2>/dev/null", from,
             to);
    FILE *answer = popen(command, "r");
    cr_assert_not_null(answer);
    for (int i = 0; i < COLORS; i++) {
        for (unsigned c = 0; c < channels; c++)
            cr_assert_eq(fscanf(answer, "%lf", &samples[i][c]), 1, "%s", command);
    }
    cr_assert_eq(pclose(answer), 0);
}

static void expect_agreement(const char *name, const struct color_space *from, const struct color_space *to,
                             const double (*asked)[3], const double (*answers)[3], unsigned depth)
{
    struct lent lent;
    lent_init(&lent);
    const struct shaper *shaper = shaper_make(from, to, depth, &lent.arena);
    const unsigned channels = from->gray ? 1 : 3, unit = depth == 8 ? 1 : 257;
    for (int i = 0; i < COLORS; i++) {
        uint16_t in[3], out[3];
        uint8_t *in_8 = (uint8_t *)in, *out_8 = (uint8_t *)out;
        for (unsigned c = 0; c < channels; c++) {
            in[c] = depth == 16 ? (uint16_t)lround(257 * asked[i][c]) : in[c];
            if (depth == 8)
                in_8[c] = (uint8_t)lround(asked[i][c]);
        }
        shaper_row(shaper, lent.context.simd, in, out, 1, channels);
        for (unsigned c = 0; c < channels; c++) {
            const double got = depth == 8 ? out_8[c] : out[c];
            cr_expect_leq(fabs(got - unit * answers[i][c]), depth == 8 ? 1 : 2,
                          "%s, %u bits: %g %g %g gives channel %u %g, not %g", name, depth, asked[i][0],
                          asked[i][1], asked[i][2], c, got, unit * answers[i][c]);
        }
    }
    lent_free(&lent);
}

static void compare(const char *path, enum color_target target, bool deep)
{
    static struct plain_profile profile;
    struct color_space from, to;
    uint8_t written[MATRIX_PROFILE_MAX];
    double asked[COLORS][3], answers[COLORS][3];
    uint64_t seed = 3;
    plain_profile_read(&profile, path);
    if (profile.size == 0)
        cr_skip_test("%s is not installed (Debian: icc-profiles-free, colord-data)", path);
    cr_assert_eq(color_space_read(profile.bytes, profile.size, &from), COLOR_SPACE_READ, "%s", path);
    const size_t size = color_target_profile(target, from.gray, written);
    cr_assert_eq(color_space_read(written, size, &to), COLOR_SPACE_READ);
    write_file("target.icc", written, size);
    for (int i = 0; i < COLORS; i++) {
        for (int c = 0; c < 3; c++)
            answers[i][c] = asked[i][c] = (double)(random_next(&seed) >> 40 & 255);
    }
    ask_transicc(path, "target.icc", answers, from.gray ? 1 : 3);
    expect_agreement(path, &from, &to, asked, answers, 8);
    if (deep)
        expect_agreement(path, &from, &to, asked, answers, 16);
}

static void enter(void)
{
    cr_assert_eq(chdir(temp_folder()), 0);
}

TestSuite(lcms, .init = enter);

static void need_transicc(void)
{
    if (system("command -v transicc >/dev/null") != 0)
        cr_skip_test("lcms2's transicc is not installed (Debian: liblcms2-utils)");
}

Test(lcms, agrees_on_colors)
{
    static const char *const profiles[] = {FOLDER "colord/AdobeRGB1998.icc", FOLDER "colord/ProPhotoRGB.icc",
                                           FOLDER "colord/WideGamutRGB.icc", FOLDER "colord/AppleRGB.icc",
                                           FOLDER "colord/SMPTE-C-RGB.icc",  FOLDER "colord/BruceRGB.icc",
                                           FOLDER "colord/BestRGB.icc",      FOLDER "colord/EktaSpacePS5.icc",
                                           FOLDER "colord/NTSC-RGB.icc",     FOLDER "colord/CIE-RGB.icc"};
    need_transicc();
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++) {
        for (enum color_target target = COLOR_SRGB; target < COLOR_TARGETS; target++)
            compare(profiles[i], target, true);
    }
}

/* With a table, lcms2 rounds light to 16 bits, which is coarse for dark 16-bit samples (1/13 of a step): so
 * compare only 8 bits. */
Test(lcms, agrees_on_tables)
{
    static const char *const profiles[] = {FOLDER "LStar-RGB.icc", FOLDER "colord/ECI-RGBv2.icc",
                                           FOLDER "sRGB.icc", FOLDER "colord/sRGB.icc",
                                           FOLDER "compatibleWithAdobeRGB1998.icc"};
    need_transicc();
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++) {
        for (enum color_target target = COLOR_SRGB; target < COLOR_TARGETS; target++)
            compare(profiles[i], target, false);
    }
}

/* The others that Debian's packages of free profiles have, for RGB and grey. */
Test(lcms, agrees_on_the_other_profiles)
{
    static const char *const profiles[] = {"CineonLog_M.icc",
                                           "CineonLog_M_Knee_10.icc",
                                           "CineonLog_M_Knee_20.icc",
                                           "CineonLog_M_Knee_30.icc",
                                           "CineonLog_M_Knee_60.icc",
                                           "colord/BetaRGB.icc",
                                           "colord/Bluish.icc",
                                           "colord/ColorMatchRGB.icc",
                                           "colord/DonRGB4.icc",
                                           "colord/ECI-RGBv1.icc",
                                           "colord/Gamma5000K.icc",
                                           "colord/Gamma5500K.icc",
                                           "colord/Gamma6500K.icc",
                                           "colord/PAL-RGB.icc",
                                           "colord/Rec709.icc",
                                           "colord/SwappedRedAndGreen.icc",
                                           "ghostscript/a98.icc",
                                           "ghostscript/default_gray.icc",
                                           "ghostscript/default_rgb.icc",
                                           "ghostscript/esrgb.icc",
                                           "ghostscript/ps_gray.icc",
                                           "ghostscript/ps_rgb.icc",
                                           "ghostscript/rommrgb.icc",
                                           "ghostscript/scrgb.icc",
                                           "ghostscript/sgray.icc",
                                           "ghostscript/srgb.icc"};
    need_transicc();
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++) {
        char path[128];
        snprintf(path, sizeof path, FOLDER "%s", profiles[i]);
        for (enum color_target target = COLOR_SRGB; target < COLOR_TARGETS; target++)
            compare(path, target, false);
    }
}

/* Abstract and named colours, and spaces other than RGB, grey and CMYK. */
Test(lcms, refuses_profiles_of_other_kinds)
{
    static const char *const profiles[] = {"CineLogCurve.icc",    "ITULab.icc",
                                           "LCMSLABI.ICM",        "LCMSXYZI.ICM",
                                           "colord/Crayons.icc",  "colord/x11-colors.icc",
                                           "ghostscript/lab.icc", "ghostscript/default_cmyk.icc"};
    static struct plain_profile profile;
    struct color_space space, srgb;
    color_target_space(COLOR_SRGB, false, &srgb);
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++) {
        char path[128];
        struct lent lent;
        struct pipeline pipeline;
        snprintf(path, sizeof path, FOLDER "%s", profiles[i]);
        plain_profile_read(&profile, path);
        if (profile.size == 0)
            cr_skip_test("%s is not installed (Debian: icc-profiles-free, colord-data, libgs-common)", path);
        lent_init(&lent);
        const struct color_side from = {.profile = {profile.bytes, profile.size}, .channels = 3},
                                to = {.space = &srgb, .channels = 3};
        cr_expect_eq(color_space_read(profile.bytes, profile.size, &space), COLOR_SPACE_OTHER, "%s", path);
        cr_expect_eq(pipeline_make(&from, &to, INTENT_PERCEPTUAL, false, &lent.arena, &pipeline),
                     PIPELINE_BROKEN, "%s", path);
        lent_free(&lent);
    }
}

/* CMYK without a profile, compared with Ghostscript's SWOP profile with black point compensation. */
Test(lcms, is_near_for_cmyk_without_profile)
{
    static const char path[] = FOLDER "ghostscript/default_cmyk.icc";
    static struct plain_profile profile;
    double inks[COLORS][4], sum = 0, most = 0;
    uint64_t seed = 5;
    char command[256];
    need_transicc();
    plain_profile_read(&profile, path);
    if (profile.size == 0)
        cr_skip_test("%s is not installed (Debian: libgs9-common)", path);
    FILE *file = fopen("samples", "w");
    for (int i = 0; i < COLORS; i++) {
        for (int k = 0; k < 4; k++) {
            inks[i][k] = (double)(random_next(&seed) >> 40 & 255);
            fprintf(file, "%.9f ", inks[i][k] / 2.55);
        }
        fputc('\n', file);
    }
    fclose(file);
    snprintf(command, sizeof command, "transicc -n -s -b -t1 -c0 -i %s -o '*sRGB' <samples 2>/dev/null",
             path);
    FILE *answer = popen(command, "r");
    for (int i = 0; i < COLORS; i++) {
        const uint8_t cmyk[4] = {(uint8_t)inks[i][0], (uint8_t)inks[i][1], (uint8_t)inks[i][2],
                                 (uint8_t)inks[i][3]};
        double rgb[3], expected[3];
        plain_cmyk_to_rgb(cmyk, rgb);
        cr_assert_eq(fscanf(answer, "%lf %lf %lf", &expected[0], &expected[1], &expected[2]), 3);
        for (int c = 0; c < 3; c++) {
            const double error = fabs(rgb[c] - expected[c]);
            sum += error;
            most = error > most ? error : most;
        }
    }
    cr_assert_eq(pclose(answer), 0);
    cr_expect_leq(sum / (3 * COLORS), 2, "%g levels on average", sum / (3 * COLORS));
    cr_expect_leq(most, 16, "%g levels at most", most);
}

Test(lcms, agrees_on_grey)
{
    need_transicc();
    compare(FOLDER "Gray.icc", COLOR_SRGB, false);
    compare(FOLDER "Gray-CIE_L.icc", COLOR_SRGB, false);
}
