/* HDR samples to standard dynamic range, beside the same in double precision with the C library's pow(),
 * exp() and log(). */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/bytes.h"
#include "color/hdr.h"
#include "color/pipeline.h"
#include "color/target.h"
#include "lent.h"

static struct pm_metadata meta_of(uint8_t primaries, uint8_t transfer)
{
    return (struct pm_metadata){.has_cicp = true, .cicp = {primaries, transfer, 0, 1}};
}

/* --- BT.2100 and BT.2390 as their tables and formulas stand there -------------------------------------- */

static double plain_pq_light(double v)
{
    const double m1 = 0.1593017578125, m2 = 78.84375, c1 = 0.8359375, c2 = 18.8515625, c3 = 18.6875;
    const double root = pow(v, 1 / m2);
    return 10000 * pow(fmax(root - c1, 0) / (c2 - c3 * root), 1 / m1);
}

static double plain_pq_sample(double light)
{
    const double m1 = 0.1593017578125, m2 = 78.84375, c1 = 0.8359375, c2 = 18.8515625, c3 = 18.6875;
    const double power = pow(light / 10000, m1);
    return pow((c1 + c2 * power) / (1 + c3 * power), m2);
}

static double plain_hlg_scene(double v)
{
    const double a = 0.17883277, b = 0.28466892, c = 0.55991073;
    return v <= 0.5 ? v * v / 3 : (exp((v - c) / a) + b) / 12;
}

/* cd/m2 after the EETF from `peak` to 203 cd/m2. */
static double plain_eetf(double light, double peak)
{
    const double top = plain_pq_sample(peak), max = plain_pq_sample(203) / top, ks = 1.5 * max - 0.5;
    const double e1 = plain_pq_sample(fmin(light, peak)) / top, t = (e1 - ks) / (1 - ks);
    if (e1 <= ks)
        return light;
    return plain_pq_light(top * ((2 * t * t * t - 3 * t * t + 1) * ks +
                                 (t * t * t - 2 * t * t + t) * (1 - ks) + (3 * t * t - 2 * t * t * t) * max));
}

static double plain_srgb(double light)
{
    light = fmin(fmax(light, 0), 1);
    return light <= 0.0031308 ? 12.92 * light : 1.055 * pow(light, 1 / 2.4) - 0.055;
}

/* From BT.2020 primaries to sRGB's (BT.2087, annex 1: the same matrix to four places). */
static const double to_bt709[3][3] = {
    {1.66049100, -0.58764114, -0.07284986},
    {-0.12455047, 1.13289990, -0.00834942},
    {-0.01815076, -0.10057890, 1.11872966},
};

static void plain_convert_hdr(enum tone_transfer transfer, double peak, const double sample[3], double out[3])
{
    double light[3], y = 0;
    for (int c = 0; c < 3; c++)
        light[c] = transfer == TONE_PQ ? plain_pq_light(sample[c]) : plain_hlg_scene(sample[c]);
    if (transfer == TONE_HLG) {
        y = 0.2627 * light[0] + 0.6780 * light[1] + 0.0593 * light[2];
        for (int c = 0; c < 3; c++)
            light[c] *= 1000 * pow(y, 0.2);
    }
    const double max = fmax(light[0], fmax(light[1], light[2]));
    const double factor = max > 0 ? plain_eetf(max, peak) / max / 203 : 0;
    for (int i = 0; i < 3; i++) {
        double sum = 0;
        for (int c = 0; c < 3; c++)
            sum += to_bt709[i][c] * light[c] * factor;
        out[i] = plain_srgb(sum);
    }
}

/* --- tests -------------------------------------------------------------------------------------------- */

Test(hdr, curves_are_those_of_the_standard)
{
    const struct tone_curve pq = {.transfer = TONE_PQ}, hlg = {.transfer = TONE_HLG};
    for (int i = 0; i <= 1000; i++) {
        const double v = i / 1000.0;
        cr_expect_float_eq(tone_curve_light(&pq, v), plain_pq_light(v) / 10000, 1e-9, "PQ %g", v);
        cr_expect_float_eq(tone_curve_light(&hlg, v), plain_hlg_scene(v), 1e-7, "HLG %g", v);
        cr_expect(v < 1e-5 || fabs(tone_curve_sample(&pq, tone_curve_light(&pq, v)) - v) < 1e-7, "PQ %g", v);
        cr_expect_float_eq(tone_curve_sample(&hlg, tone_curve_light(&hlg, v)), v, 1e-8, "HLG %g", v);
    }
    cr_assert_float_eq(tone_curve_sample(&pq, 0.0203), 0.5807, 5e-5); /* BT.2408, 2.1: 58 % */
}

Test(hdr, the_peak_is_what_the_file_says)
{
    static const struct {
        uint32_t content, display;
        double peak;
    } cases[] = {{0, 0, 1000},      {0, 40000000, 4000}, {6000000, 40000000, 600},
                 {1000000, 0, 203}, {1, 1, 203},         {UINT32_MAX, 0, 10000}};
    struct color_hdr hdr;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pm_metadata meta = meta_of(9, CICP_PQ);
        meta.has_light = cases[i].content > 0;
        meta.has_mastering = cases[i].display > 0;
        put_be32(meta.light, cases[i].content);
        put_be32(meta.mastering + 16, cases[i].display);
        cr_assert(color_hdr_of(&meta, &hdr));
        cr_expect_float_eq(hdr.peak, cases[i].peak, 1e-9);
        meta.cicp[1] = CICP_HLG;
        cr_assert(color_hdr_of(&meta, &hdr));
        cr_expect_float_eq(hdr.peak, 1000, 1e-9);
    }
}

/* What is not HDR, of unknown primaries, or not full-range RGB. */
Test(hdr, others_are_refused)
{
    static const uint8_t others[][4] = {
        {9, 13, 0, 1}, {2, 16, 0, 1}, {9, 16, 9, 1}, {9, 16, 0, 0}, {0, 18, 0, 1}};
    struct color_hdr hdr;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct pm_metadata meta = {.has_cicp = true};
        memcpy(meta.cicp, others[i], 4);
        cr_expect(!color_hdr_of(&meta, &hdr) && !color_cicp_is_hdr(others[i]), "%zu", i);
    }
    const struct pm_metadata without = {.cicp = {9, 16, 0, 1}};
    cr_expect(!color_hdr_of(&without, &hdr));
}

static void make_srgb(struct lent *lent, const struct pm_metadata *meta, unsigned channels,
                      struct pipeline *pipeline)
{
    struct color_hdr hdr;
    struct color_space srgb;
    cr_assert(color_hdr_of(meta, &hdr));
    color_target_space(COLOR_SRGB, channels == 1, &srgb);
    const struct color_side from = {.hdr = &hdr, .channels = channels},
                            to = {.space = &srgb, .channels = channels};
    cr_assert_eq(pipeline_make(&from, &to, INTENT_PERCEPTUAL, false, lent->context.job_arena, pipeline),
                 PIPELINE_MADE);
}

enum { COLORS = 2000 };

/* Greys first, then random colours, then dark ones. */
static uint16_t sample_of(int i, int c)
{
    static uint64_t state = 88172645463325252;
    if (i < 300)
        return (uint16_t)(i * 219);
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return (uint16_t)((state >> (8 * c)) % (i < 1500 ? 65536 : 8192));
}

Test(hdr, samples_agree_with_doubles)
{
    static const double peaks[] = {203, 1000, 4000, 10000};
    static uint16_t in[COLORS][3], out[COLORS][3], again[COLORS][3];
    for (int i = 0; i < COLORS; i++)
        for (int c = 0; c < 3; c++)
            in[i][c] = sample_of(i, c);
    for (int k = 0; k < 5; k++) {
        struct lent lent;
        struct pipeline pipeline;
        double worst = 0;
        lent_init(&lent);
        struct pm_metadata meta = meta_of(9, k < 4 ? CICP_PQ : CICP_HLG);
        meta.has_light = k < 4;
        put_be32(meta.light, (uint32_t)(peaks[k % 4] * 10000));
        make_srgb(&lent, &meta, 3, &pipeline);
        pipeline_row(&pipeline, SIMD_BASE, 16, false, in, out, COLORS);
        for (int i = 0; i < COLORS; i++) {
            const double given[3] = {in[i][0] / 65535.0, in[i][1] / 65535.0, in[i][2] / 65535.0};
            double expected[3];
            plain_convert_hdr(k < 4 ? TONE_PQ : TONE_HLG, k < 4 ? peaks[k] : 1000, given, expected);
            for (int c = 0; c < 3; c++)
                worst = fmax(worst, fabs(out[i][c] - 65535 * expected[c]));
        }
        cr_expect_leq(worst, 2, "case %d: %g", k, worst);
        for (enum simd_level simd = SIMD_BASE; simd < SIMD_LEVELS; simd++) {
            if (!simd_available(simd))
                continue;
            pipeline_row(&pipeline, simd, 16, false, in, again, COLORS);
            cr_assert_eq(memcmp(again, out, sizeof out), 0, "SIMD level %d differs", (int)simd);
        }
        lent_free(&lent);
    }
}

/* Grey stays grey, whatever the number of channels, and never gets darker with more light. */
Test(hdr, grey_is_neutral_and_rises)
{
    static const uint8_t transfers[] = {CICP_PQ, CICP_HLG};
    for (int k = 0; k < 2; k++) {
        struct lent lent;
        struct pipeline gray, rgb;
        lent_init(&lent);
        const struct pm_metadata meta = meta_of(9, transfers[k]);
        make_srgb(&lent, &meta, 1, &gray);
        make_srgb(&lent, &meta, 3, &rgb);
        int last = 0;
        for (int v = 0; v < 65536; v += 64) {
            const uint16_t in[3] = {(uint16_t)v, (uint16_t)v, (uint16_t)v};
            uint16_t one, three[3];
            pipeline_row(&gray, SIMD_BASE, 16, false, in, &one, 1);
            pipeline_row(&rgb, SIMD_BASE, 16, false, in, three, 1);
            for (int c = 0; c < 3; c++)
                cr_assert(abs(three[c] - one) <= 2, "%d: %d, %d", v, three[c], one);
            cr_assert_geq((int)one, last);
            last = one;
        }
        cr_assert_geq(last, 65530);
        lent_free(&lent);
    }
}
