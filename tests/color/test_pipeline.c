/* Conversions by profiles of tables, beside lcms2's own command, transicc. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "codec/png/pngs.h"
#include "color/pipeline.h"
#include "color/plain_space.h"
#include "color/target.h"
#include "lent.h"
#include "temp.h"

enum { COLORS = 100 };

#define FOLDER "/usr/share/color/icc/ghostscript/"

static void enter(void)
{
    cr_assert_eq(chdir(temp_folder()), 0);
}

TestSuite(pipeline, .init = enter);

static void need_transicc(void)
{
    if (system("command -v transicc >/dev/null") != 0)
        cr_skip_test("lcms2's transicc is not installed (Debian: liblcms2-utils)");
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    cr_assert(file != NULL && fwrite(bytes, 1, size, file) == size);
    fclose(file);
}

/* Lets transicc convert colours of 0 to 1, in doubles. */
static void ask_transicc(const char *from, const char *to, const char *options, unsigned in, unsigned out,
                         const double (*samples)[4], double (*answers)[4])
{
    char command[1024];
    FILE *file = fopen("samples", "w");
    for (int i = 0; i < COLORS; i++) {
        for (unsigned c = 0; c < in; c++)
            fprintf(file, "%.12f ", samples[i][c] * (in == 4 ? 100 : 255));
        fputc('\n', file);
    }
    fclose(file);
    snprintf(command, sizeof command, "transicc -n %s -c0 -i '%s' -o '%s' <samples 2>/dev/null", options,
             from, to);
    FILE *answer = popen(command, "r");
    cr_assert_not_null(answer);
    for (int i = 0; i < COLORS; i++) {
        for (unsigned c = 0; c < out; c++) {
            cr_assert_eq(fscanf(answer, "%lf", &answers[i][c]), 1, "%s", command);
            answers[i][c] = fmin(fmax(answers[i][c] / (out == 4 ? 100 : 255), 0), 1);
        }
    }
    cr_assert_eq(pclose(answer), 0);
}

/* Within a level of 8 bits and two of 16. Of 16 bits, one in 20 samples may differ by up to an eighth of a
 * level of 8: where lcms2's integers and these floats round to different sides, and near black a step of
 * light is many of samples. */
static void expect_agreement(const char *name, const struct pipeline *pipeline, unsigned in, unsigned out,
                             unsigned depth, const double (*samples)[4], const double (*answers)[4])
{
    const double max = depth == 8 ? 255 : 65535;
    unsigned others = 0;
    for (int i = 0; i < COLORS; i++) {
        uint16_t from[4] = {0}, to[4] = {0};
        for (unsigned c = 0; c < in; c++) {
            const unsigned sample = (unsigned)lround(samples[i][c] * max);
            if (depth == 8)
                ((uint8_t *)from)[c] = (uint8_t)sample;
            else
                from[c] = (uint16_t)sample;
        }
        pipeline_row(pipeline, SIMD_BASE, depth, false, from, to, 1);
        for (unsigned c = 0; c < out; c++) {
            const double got = depth == 8 ? ((uint8_t *)to)[c] : to[c];
            others += depth == 16 && fabs(got - max * answers[i][c]) > 2;
            cr_expect_leq(fabs(got - max * answers[i][c]), depth == 8 ? 1 : 32,
                          "%s, %u bits: %g %g %g %g gives channel %u %g, not %g", name, depth, samples[i][0],
                          samples[i][1], samples[i][2], samples[i][3], c, got, max * answers[i][c]);
        }
    }
    cr_expect_leq(others, COLORS * out / 20, "%s: %u of %u samples differ by more than 2 of 65535", name,
                  others, COLORS * out);
}

/* Both ways between a file and sRGB. */
static void compare(const char *path, unsigned channels, const struct plain_profile *profile)
{
    uint8_t written[MATRIX_PROFILE_MAX];
    struct color_space srgb;
    const size_t size = color_target_profile(COLOR_SRGB, false, written);
    cr_assert_eq(color_space_read(written, size, &srgb), COLOR_SPACE_READ);
    write_file("srgb.icc", written, size);
    const struct color_side file = {.profile = {profile->bytes, profile->size}, .channels = channels},
                            ours = {.space = &srgb, .channels = 3};
    for (int i = 0; i < 14; i++) {
        struct lent lent;
        struct pipeline pipeline;
        double samples[COLORS][4], answers[COLORS][4];
        char options[16], name[256];
        uint64_t seed = 7;
        const bool back = i % 2, compensate = i >= 8;
        const enum color_intent intent = (enum color_intent)(i / 2 % 4);
        if (compensate && back)
            continue; /* lcms2 fits a curve to find the black of a destination of tables */
        lent_init(&lent);
        for (int k = 0; k < COLORS; k++) {
            for (int c = 0; c < 4; c++)
                samples[k][c] = (double)(random_next(&seed) >> 40 & 255) / 255;
        }
        snprintf(options, sizeof options, "-t%d%s", (int)intent, compensate ? " -b" : "");
        snprintf(name, sizeof name, "%s %s %s", path, options, back ? "from sRGB" : "to sRGB");
        cr_assert_eq(pipeline_make(back ? &ours : &file, back ? &file : &ours, intent, compensate,
                                   &lent.arena, &pipeline),
                     PIPELINE_MADE, "%s", name);
        const unsigned in = back ? 3 : channels, out = back ? channels : 3;
        ask_transicc(back ? "srgb.icc" : path, back ? path : "srgb.icc", options, in, out, samples, answers);
        expect_agreement(name, &pipeline, in, out, 8, samples, answers);
        expect_agreement(name, &pipeline, in, out, 16, samples, answers);
        lent_free(&lent);
    }
}

static void compare_file(const char *path, unsigned channels)
{
    static struct plain_profile profile;
    need_transicc();
    plain_profile_read(&profile, path);
    if (profile.size == 0)
        cr_skip_test("%s is not installed (Debian: libgs9-common)", path);
    compare(path, channels, &profile);
}

Test(pipeline, agrees_on_inks)
{
    compare_file(FOLDER "default_cmyk.icc", 4);
}

Test(pipeline, agrees_on_inks_by_xyz)
{
    compare_file(FOLDER "ps_cmyk.icc", 4);
}

/* --- profiles of version 4, which no package has -------------------------------------------------------- */

struct maker {
    struct plain_profile *profile;
    size_t at;
};

static void put_words(struct maker *maker, const char *word, uint32_t number)
{
    uint8_t *to = maker->profile->bytes + maker->at;
    if (word != NULL)
        memcpy(to, word, 4);
    else
        put_be32(to, number);
    maker->at += 4;
}

static void put_fixed(struct maker *maker, double value)
{
    put_words(maker, NULL, (uint32_t)(int32_t)lround(value * 65536));
}

/* A parametric curve of type 0. */
static void put_curve(struct maker *maker, double gamma)
{
    put_words(maker, "para", 0);
    put_words(maker, NULL, 0);
    put_words(maker, NULL, 0);
    put_fixed(maker, gamma);
}

/* All elements, in either direction; the grid has `grid` points on an axis, of 16 bits. */
static void put_elements(struct maker *maker, const char *type, unsigned grid, uint64_t *seed)
{
    const size_t start = maker->at, offsets = start + 12;
    put_words(maker, type, 0);
    put_words(maker, NULL, 0);
    put_words(maker, NULL, 3u << 24 | 3u << 16);
    maker->at += 20;
    uint8_t *at = maker->profile->bytes + offsets;
    put_be32(at, (uint32_t)(maker->at - start)); /* B */
    for (int c = 0; c < 3; c++)
        put_curve(maker, 1 + 0.1 * c);
    put_be32(at + 4, (uint32_t)(maker->at - start)); /* matrix */
    for (int i = 0; i < 9; i++)
        put_fixed(maker, i % 4 == 0 ? 0.8 : 0.1);
    for (int i = 0; i < 3; i++)
        put_fixed(maker, 0.02 * i);
    put_be32(at + 8, (uint32_t)(maker->at - start)); /* M */
    for (int c = 0; c < 3; c++)
        put_curve(maker, 1.2 - 0.1 * c);
    put_be32(at + 12, (uint32_t)(maker->at - start)); /* the grid */
    memset(maker->profile->bytes + maker->at, (int)grid, 3);
    maker->profile->bytes[maker->at + 16] = 2;
    maker->at += 20;
    for (unsigned i = 0; i < grid * grid * grid; i++) {
        const unsigned axis[3] = {i / grid / grid, i / grid % grid, i % grid};
        for (int c = 0; c < 3; c++, maker->at += 2) {
            const double value =
                0.1 + 0.7 * axis[c] / (grid - 1) + 0.1 * (double)(random_next(seed) >> 56) / 255;
            put_be16(maker->profile->bytes + maker->at, (uint16_t)lround(65535 * value));
        }
    }
    maker->at = (maker->at + 3) / 4 * 4;
    put_be32(at + 16, (uint32_t)(maker->at - start)); /* A */
    for (int c = 0; c < 3; c++)
        put_curve(maker, 1.8 + 0.2 * c);
}

static void make_profile(struct plain_profile *profile, unsigned grid)
{
    enum { TAGS = 3, HEAD = 128 };
    struct maker maker = {profile, HEAD + 4 + 12 * TAGS};
    uint64_t seed = 11;
    memset(profile, 0, sizeof *profile);
    memcpy(profile->bytes + 8, "\4\2\0\0spacRGB Lab ", 16);
    memcpy(profile->bytes + 36, "acsp", 4);
    put_be32(profile->bytes + 68, 0xf6d6);
    put_be32(profile->bytes + 72, 0x10000);
    put_be32(profile->bytes + 76, 0xd32d);
    put_be32(profile->bytes + HEAD, TAGS);
    for (int tag = 0; tag < TAGS; tag++) {
        static const char names[][5] = {"A2B0", "B2A0", "wtpt"};
        const size_t start = maker.at;
        if (tag < 2) {
            put_elements(&maker, tag == 0 ? "mAB " : "mBA ", grid, &seed);
        } else {
            put_words(&maker, "XYZ ", 0);
            put_words(&maker, NULL, 0);
            put_fixed(&maker, 0.9642);
            put_fixed(&maker, 1);
            put_fixed(&maker, 0.8249);
        }
        uint8_t *entry = profile->bytes + HEAD + 4 + 12 * tag;
        memcpy(entry, names[tag], 4);
        put_be32(entry + 4, (uint32_t)start);
        put_be32(entry + 8, (uint32_t)(maker.at - start));
    }
    profile->size = maker.at;
    put_be32(profile->bytes, (uint32_t)maker.at);
}

Test(pipeline, agrees_on_elements_of_version_4)
{
    static struct plain_profile profile;
    need_transicc();
    make_profile(&profile, 7);
    write_file("elements.icc", profile.bytes, profile.size);
    compare("elements.icc", 3, &profile);
}

/* --- damage --------------------------------------------------------------------------------------------- */

static enum pipeline_result make(const struct plain_profile *profile, unsigned channels, bool back)
{
    struct lent lent;
    static struct pipeline pipeline;
    struct color_space srgb;
    color_target_space(COLOR_SRGB, false, &srgb);
    uint8_t *bytes = malloc(profile->size + !profile->size); /* of the exact size: sanitizers see its end */
    cr_assert_not_null(bytes);
    memcpy(bytes, profile->bytes, profile->size);
    const struct color_side file = {.profile = {bytes, profile->size}, .channels = channels},
                            ours = {.space = &srgb, .channels = 3};
    lent_init(&lent);
    enum pipeline_result result = PIPELINE_BROKEN;
    if (profile_is_sound(&file.profile))
        result = pipeline_make(back ? &ours : &file, back ? &file : &ours, INTENT_PERCEPTUAL, true,
                               &lent.arena, &pipeline);
    if (result == PIPELINE_MADE) {
        const uint8_t in[4] = {1, 100, 200, 255};
        uint8_t out[4];
        pipeline_row(&pipeline, SIMD_BASE, 8, false, in, out, 1);
    }
    lent_free(&lent);
    free(bytes);
    return result;
}

/* Cut and changed profiles are refused or used, but nothing is read past their end. */
Test(pipeline, survives_damage)
{
    static struct plain_profile sound, damaged;
    uint64_t seed = 5;
    make_profile(&sound, 3);
    cr_assert_eq(make(&sound, 3, false), PIPELINE_MADE);
    cr_assert_eq(make(&sound, 3, true), PIPELINE_MADE);
    unsigned refused = 0;
    for (int i = 0; i < 600; i++) {
        damaged = sound;
        for (int k = 0; k <= i % 3; k++)
            damaged.bytes[random_next(&seed) % 600] = (uint8_t)(random_next(&seed) >> 32);
        if (i % 4 == 0)
            damaged.size = random_next(&seed) % sound.size;
        refused += make(&damaged, 3, i % 2) != PIPELINE_MADE;
    }
    cr_assert_gt(refused, 60);
}

Test(pipeline, refuses_what_it_can_not_be_for)
{
    static struct plain_profile profile;
    make_profile(&profile, 5);
    cr_assert_eq(make(&profile, 4, false), PIPELINE_BROKEN);
    cr_assert_eq(make(&profile, 1, false), PIPELINE_BROKEN);
    memcpy(profile.bytes + 12, "link", 4);
    cr_assert_eq(make(&profile, 3, false), PIPELINE_BROKEN);
}

/* 101^3 points are more than a million. */
Test(pipeline, refuses_a_million_points)
{
    static struct plain_profile profile;
    make_profile(&profile, 5);
    const uint8_t *entry = profile.bytes + 132;
    uint8_t *tag = profile.bytes + get_be32(entry + 4);
    memset(tag + get_be32(tag + 24), 101, 3);
    cr_assert_eq(make(&profile, 3, false), PIPELINE_TOO_LARGE);
    cr_assert_eq(make(&profile, 3, true), PIPELINE_MADE);
}

Test(pipeline, is_alike_at_every_level)
{
    static struct plain_profile profile;
    struct lent lent;
    struct pipeline pipeline;
    struct color_space srgb;
    uint8_t in[300 * 4], base[300 * 4], other[300 * 4];
    uint64_t seed = 3;
    color_target_space(COLOR_SRGB, false, &srgb);
    make_profile(&profile, 7);
    const struct color_side file = {.profile = {profile.bytes, profile.size}, .channels = 3},
                            ours = {.space = &srgb, .channels = 3};
    lent_init(&lent);
    cr_assert_eq(pipeline_make(&file, &ours, INTENT_RELATIVE, true, &lent.arena, &pipeline), PIPELINE_MADE);
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(random_next(&seed) >> 40);
    pipeline_row(&pipeline, SIMD_BASE, 8, true, in, base, 300);
    for (int i = 0; i < 300; i++)
        cr_assert_eq(base[4 * i + 3], in[4 * i + 3]);
    for (int level = SIMD_BASE; level < SIMD_LEVELS; level++) {
        if (!simd_available((enum simd_level)level))
            continue;
        pipeline_row(&pipeline, (enum simd_level)level, 8, true, in, other, 300);
        cr_assert_arr_eq(base, other, sizeof base, "%s", simd_name((enum simd_level)level));
    }
    lent_free(&lent);
}
