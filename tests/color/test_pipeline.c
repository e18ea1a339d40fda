/* Conversions by profiles of tables, beside lcms2's own command, transicc. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "codec/png/pngs.h"
#include "color/pipeline.h"
#include "color/plain_pipeline.h"
#include "color/plain_space.h"
#include "color/plain_table.h"
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

/* The larger of *worst and the distance of a sample, 0 to 1 of `max`, from another. */
static void note_error(double *worst, double max, double a, double b)
{
    *worst = fmax(*worst, max * fabs(fmin(fmax(a, 0), 1) - fmin(fmax(b, 0), 1)));
}

/*
 * Within a level of 8 bits. Of 16 bits, lcms2 is the reference, not the profile evaluated in doubles: lcms2
 * rounds to 16 bits before and after each table, also for transicc's floats, which moves its results by up to
 * 46 of 65535 from the doubles (near black, where a step of light is many of samples), and pixmill's move
 * with them. They differ by at most 5 of 65535, one in 20 by more than 2: where lcms2's integers and these
 * floats round to different sides. Neither is nearer to the doubles by more than 2.
 */
static void expect_agreement(const char *name, const struct pipeline *pipeline, unsigned in, unsigned out,
                             unsigned depth, const double (*samples)[4], const double (*answers)[4])
{
    const double max = depth == 8 ? 255 : 65535;
    unsigned others = 0;
    double ours = 0, theirs = 0;
    for (int i = 0; i < COLORS; i++) {
        uint16_t from[4] = {0}, to[4] = {0};
        double exact[PIPELINE_CHANNELS];
        for (unsigned c = 0; c < in; c++) {
            const unsigned sample = (unsigned)lround(samples[i][c] * max);
            exact[c] = samples[i][c];
            if (depth == 8)
                ((uint8_t *)from)[c] = (uint8_t)sample;
            else
                from[c] = (uint16_t)sample;
        }
        pipeline_row(pipeline, SIMD_BASE, depth, false, from, to, 1);
        plain_pipeline_exact(pipeline, exact);
        for (unsigned c = 0; c < out; c++) {
            const double got = depth == 8 ? ((uint8_t *)to)[c] : to[c];
            others += depth == 16 && fabs(got - max * answers[i][c]) > 2;
            note_error(&ours, max, got / max, exact[c]);
            note_error(&theirs, max, answers[i][c], exact[c]);
            cr_expect_leq(fabs(got - max * answers[i][c]), depth == 8 ? 1 : 5,
                          "%s, %u bits: %g %g %g %g gives channel %u %g, not %g", name, depth, samples[i][0],
                          samples[i][1], samples[i][2], samples[i][3], c, got, max * answers[i][c]);
        }
    }
    cr_expect_leq(others, COLORS * out / 20, "%s: %u of %u samples differ by more than 2 of 65535", name,
                  others, COLORS * out);
    cr_expect(ours <= theirs + 2 && theirs <= 50, "%s, %u bits: %g and %g from doubles", name, depth, ours,
              theirs);
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

/* Of version 4: one table, from grey to black ink. */
Test(pipeline, agrees_on_black_ink)
{
    compare_file(FOLDER "gray_to_k.icc", 4);
}

/* --- profiles of version 4, which no package has -------------------------------------------------------- */

Test(pipeline, agrees_on_elements_of_version_4)
{
    static struct plain_profile profile;
    need_transicc();
    plain_table_profile(&profile, 7);
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
    plain_table_profile(&sound, 3);
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
    plain_table_profile(&profile, 5);
    cr_assert_eq(make(&profile, 4, false), PIPELINE_BROKEN);
    cr_assert_eq(make(&profile, 1, false), PIPELINE_BROKEN);
    memcpy(profile.bytes + 12, "link", 4);
    cr_assert_eq(make(&profile, 3, false), PIPELINE_BROKEN);
}

/* 101^3 points are more than a million. */
Test(pipeline, refuses_a_million_points)
{
    static struct plain_profile profile;
    plain_table_profile(&profile, 5);
    const uint8_t *entry = profile.bytes + 132;
    uint8_t *tag = profile.bytes + get_be32(entry + 4);
    memset(tag + get_be32(tag + 24), 101, 3);
    cr_assert_eq(make(&profile, 3, false), PIPELINE_TOO_LARGE);
    cr_assert_eq(make(&profile, 3, true), PIPELINE_MADE);
}

/* --- kernels and their plain version -------------------------------------------------------------------- */

enum { WIDTH = 300 };

/* A row of random pixels, many of them nearly grey or with a channel at an end: there, weights are equal. */
static void make_row(uint16_t *row, unsigned channels, unsigned depth, uint64_t *seed)
{
    const unsigned max = depth == 8 ? 255 : 65535;
    for (size_t i = 0; i < WIDTH; i++) {
        const unsigned base = (unsigned)(random_next(seed) >> 40) & max, kind = random_next(seed) >> 61;
        for (unsigned c = 0; c < channels; c++) {
            const unsigned other = (unsigned)(random_next(seed) >> 40) & max,
                           sample = kind == 0   ? base
                                    : kind == 1 ? (other & 1) * max
                                    : kind == 2 ? (base + other % 3 < max ? base + other % 3 : max)
                                                : other;
            if (depth == 8)
                ((uint8_t *)row)[i * channels + c] = (uint8_t)sample;
            else
                row[i * channels + c] = (uint16_t)sample;
        }
    }
}

static unsigned sample_at(const uint16_t *row, size_t i, unsigned depth)
{
    return depth == 8 ? ((const uint8_t *)row)[i] : row[i];
}

/* At 16 bits exactly the plain version's result, at 8 bits within one level: last curves are tables there. */
static void expect_plain(const struct pipeline *pipeline, unsigned depth, bool alpha, const uint16_t *in,
                         const uint16_t *out)
{
    const unsigned from = pipeline->stage[0].in, to = pipeline->stage[pipeline->count - 1].out;
    const float max = depth == 8 ? 255 : 65535;
    for (size_t i = 0; i < WIDTH; i++) {
        float v[PIPELINE_CHANNELS] = {0};
        for (unsigned c = 0; c < from; c++)
            v[c] = (float)sample_at(in, i * (from + alpha) + c, depth) * (1.0f / max);
        plain_pipeline(pipeline, v);
        for (unsigned c = 0; c < to; c++) {
            const int expected = (int)(fminf(fmaxf(v[c], 0), 1) * max + 0.5f),
                      got = (int)sample_at(out, i * (to + alpha) + c, depth);
            cr_assert_leq(abs(got - expected), depth == 8, "%u bits, pixel %zu, channel %u: %d, not %d",
                          depth, i, c, got, expected);
        }
        if (alpha)
            cr_assert_eq(sample_at(out, i * (to + 1) + to, depth),
                         sample_at(in, i * (from + 1) + from, depth));
    }
}

/* All widths up to a row, and conversion in place where it is allowed. */
static void expect_same_rows(const struct pipeline *pipeline, unsigned depth, bool alpha)
{
    uint16_t in[WIDTH * 5], base[WIDTH * 5], other[WIDTH * 5];
    const unsigned from = pipeline->stage[0].in + alpha,
                   to = pipeline->stage[pipeline->count - 1].out + alpha;
    const size_t bytes = depth / 8;
    uint64_t seed = 3;
    make_row(in, from, depth, &seed);
    pipeline_row(pipeline, SIMD_BASE, depth, alpha, in, base, WIDTH);
    expect_plain(pipeline, depth, alpha, in, base);
    for (int level = SIMD_BASE; level < SIMD_LEVELS; level++) {
        if (!simd_available((enum simd_level)level))
            continue;
        for (size_t width = 1; width <= WIDTH; width = width < 134 ? width + 1 : width + 83) {
            memset(other, 0xcc, sizeof other);
            pipeline_row(pipeline, (enum simd_level)level, depth, alpha, in, other, width);
            cr_assert_arr_eq(base, other, width * to * bytes, "%s", simd_name((enum simd_level)level));
            cr_assert_eq(((uint8_t *)other)[width * to * bytes], 0xcc, "%zu pixels", width);
        }
        if (to > from)
            continue;
        memcpy(other, in, sizeof in);
        pipeline_row(pipeline, (enum simd_level)level, depth, alpha, other, other, WIDTH);
        cr_assert_arr_eq(base, other, WIDTH * to * bytes, "in place, %s", simd_name((enum simd_level)level));
    }
}

/* Between a profile and sRGB. */
static void expect_alike(const struct plain_profile *profile, unsigned channels)
{
    struct color_space srgb;
    color_target_space(COLOR_SRGB, false, &srgb);
    const struct color_side file = {.profile = {profile->bytes, profile->size}, .channels = channels},
                            ours = {.space = &srgb, .channels = 3};
    for (int back = 0; back < 2; back++) {
        struct lent lent;
        struct pipeline pipeline;
        lent_init(&lent);
        cr_assert_eq(pipeline_make(back ? &ours : &file, back ? &file : &ours, INTENT_RELATIVE, true,
                                   &lent.arena, &pipeline),
                     PIPELINE_MADE);
        for (unsigned depth = 8; depth <= 16; depth += 8) {
            expect_same_rows(&pipeline, depth, false);
            if (channels == 3)
                expect_same_rows(&pipeline, depth, true);
        }
        lent_free(&lent);
    }
}

Test(pipeline, is_that_of_plain_code_at_every_level)
{
    static struct plain_profile profile;
    plain_table_profile(&profile, 7);
    expect_alike(&profile, 3);
    plain_table_profile(&profile, 2);
    expect_alike(&profile, 3);
}

Test(pipeline, is_that_of_plain_code_for_inks)
{
    static struct plain_profile profile;
    plain_profile_read(&profile, FOLDER "default_cmyk.icc");
    if (profile.size == 0)
        cr_skip_test("%s is not installed (Debian: libgs-common)", FOLDER "default_cmyk.icc");
    expect_alike(&profile, 4);
}

/* Kernels load whole vectors, but nothing after a row: here, its end is that of what may be read. */
Test(pipeline, reads_nothing_past_a_row)
{
    static struct plain_profile profile;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert(pages != MAP_FAILED && mprotect(pages + page, page, PROT_NONE) == 0);
    uint16_t out[WIDTH * 3];
    struct lent lent;
    struct pipeline pipeline;
    struct color_space srgb;
    plain_table_profile(&profile, 5);
    color_target_space(COLOR_SRGB, false, &srgb);
    const struct color_side file = {.profile = {profile.bytes, profile.size}, .channels = 3},
                            ours = {.space = &srgb, .channels = 3};
    lent_init(&lent);
    cr_assert_eq(pipeline_make(&file, &ours, INTENT_RELATIVE, true, &lent.arena, &pipeline), PIPELINE_MADE);
    for (int level = SIMD_BASE; level < SIMD_LEVELS; level++) {
        for (size_t width = 1; simd_available((enum simd_level)level) && width <= WIDTH; width++) {
            for (size_t bytes = 1; bytes <= 2; bytes++)
                pipeline_row(&pipeline, (enum simd_level)level, (unsigned)(8 * bytes), false,
                             pages + page - 3 * bytes * width, out, width);
        }
    }
    lent_free(&lent);
    munmap(pages, 2 * page);
}
