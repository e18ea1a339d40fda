/* pixmill's own decoder beside libjpeg's: the same samples, errors and warnings of any file. */
#include <criterion/criterion.h>
#include <string.h>

#include "codec/jpeg/blocks.h"
#include "codec/jpeg/fixture.h"
#include "codec/jpeg/pair.h"
#include "codec/jpeg/reader.h"

Test(jpeg_fast, planes_of_every_sampling_are_libjpegs)
{
    struct pair pair;
    pair_open(&pair);
    for (int k = 0; k < 4 * 4 * 4 * 4; k++) {
        const struct jpeg_factors luma = {1 + k % 4, 1 + k / 4 % 4}, chroma = {1 + k / 16 % 4, 1 + k / 64};
        struct jpeg_blocks blocks = ordinary_blocks;
        blocks.width = 40 + (uint32_t)k % 50;
        blocks.height = 90 - (uint32_t)k % 49;
        blocks.seed = (unsigned)k;
        blocks.factors[0] = luma;
        blocks.factors[1] = chroma;
        if (luma.h * luma.v + chroma.h * chroma.v + 1 <= 10)
            pair_check_blocks(&pair, &blocks, "one scan");
    }
    pair_close(&pair);
}

Test(jpeg_fast, pictures_of_every_small_size_are_libjpegs)
{
    struct pair pair;
    pair_open(&pair);
    for (uint32_t side = 1; side <= 40; side++) {
        struct jpeg_blocks blocks = ordinary_blocks;
        blocks.width = side;
        blocks.height = 1 + side * 7 % 40;
        blocks.seed = side;
        blocks.restart = side % 3;
        pair_check_blocks(&pair, &blocks, "small");
        blocks.scans = jpeg_scripts[side % JPEG_SCRIPTS].scans;
        blocks.nscans = jpeg_scripts[side % JPEG_SCRIPTS].count;
        pair_check_blocks(&pair, &blocks, jpeg_scripts[side % JPEG_SCRIPTS].name);
    }
    pair_close(&pair);
}

/* Few coefficients and many, small ones and the largest that there are; what they come to is far beyond black
 * and white. */
Test(jpeg_fast, coefficients_of_every_size_are_libjpegs)
{
    static const int largest[] = {1, 3, 60, 1023}, quantizers[] = {0, 1, 3};
    static const unsigned filled[] = {2, 12, 100, 255};
    struct pair pair;
    pair_open(&pair);
    for (unsigned k = 0; k < 4 * 4 * 3; k++) {
        struct jpeg_blocks blocks = ordinary_blocks;
        blocks.seed = k;
        blocks.largest = largest[k % 4];
        blocks.filled = filled[k / 4 % 4];
        blocks.quantizer = quantizers[k / 16];
        blocks.restart = k % 5 * 2;
        blocks.standard = k % 2 == 0;
        pair_check_blocks(&pair, &blocks, "one scan");
        blocks.standard = false;
        blocks.scans = jpeg_scripts[k % JPEG_SCRIPTS].scans;
        blocks.nscans = jpeg_scripts[k % JPEG_SCRIPTS].count;
        pair_check_blocks(&pair, &blocks, jpeg_scripts[k % JPEG_SCRIPTS].name);
    }
    pair_close(&pair);
}

/* Beyond what 8-bit samples can have come to, libjpeg-turbo's transforms are not one function. */
Test(jpeg_fast, coefficients_of_no_picture_are_libjpegs)
{
    struct pair pair;
    unsigned by_own = 0;
    pair_open(&pair);
    for (unsigned k = 0; k < 40; k++) {
        struct jpeg_blocks blocks = ordinary_blocks;
        blocks.seed = k;
        blocks.largest = 1023;
        blocks.quantizer = 1 + 3 * (int)k;
        blocks.scans = jpeg_scripts[k % JPEG_SCRIPTS].scans;
        blocks.nscans = jpeg_scripts[k % JPEG_SCRIPTS].count;
        struct buffer file = make_jpeg_of_blocks(&blocks);
        const struct decode_request request = request_of(blocks.width, blocks.height, 1u << k % 4);
        by_own += pair_expect_same(&pair, &file, &request, simd_detect(), "large");
        buffer_free(&file);
    }
    cr_expect(by_own >= 2 && by_own <= 20, "%u of 40", by_own);
    pair_close(&pair);
}

/* Decodes without what may be skipped; was it without libjpeg? */
static bool decode_low(struct fixture *fixture, const struct buffer *file, struct decode_request request,
                       enum simd_level level)
{
    static struct jpeg_decoder decoder;
    struct frame frame = {0};
    decoder = (struct jpeg_decoder){.low_only = true,
                                    .reader = {.codec = &codec_jpeg,
                                               .coder = &codec_jpeg,
                                               .data = file->data,
                                               .size = file->size,
                                               .request = request,
                                               .info = codec_blank_info("jpeg")}};
    fixture->context.simd = level;
    arena_reset(&fixture->arena);
    arena_reset(&fixture->job_arena);
    cr_assert_eq(jpeg_open(&decoder.reader, &fixture->context), 0, "%s", fixture->error.message);
    cr_assert_eq(jpeg_frame(&decoder.reader, &frame, &fixture->context), 0, "%s", fixture->error.message);
    jpeg_close(&decoder.reader);
    fixture->image = frame.image;
    return decoder.fast;
}

static bool are_same(const struct pm_image *a, const struct pm_image *b)
{
    cr_assert_eq(a->nplanes, b->nplanes);
    bool same = true;
    for (unsigned i = 0; i < a->nplanes; i++) {
        const struct pm_plane *p = &a->plane[i], *q = &b->plane[i];
        cr_assert(p->width == q->width && p->height == q->height && p->channels == q->channels);
        for (uint32_t y = 0; y < p->height; y++)
            same = same && memcmp(plane_row(p, y), plane_row(q, y), (size_t)p->width * p->channels) == 0;
    }
    return same;
}

/* Coefficients that a small picture does not need may be skipped: it is the same on every instruction
 * set, and where there are none it is libjpeg's. */
Test(jpeg_fast, coefficients_that_are_not_needed_may_be_passed_over)
{
    unsigned different = 0;
    struct pair pair;
    pair_open(&pair);
    for (unsigned k = 0; k < 48; k++) {
        const unsigned n = 1u << k % 4;
        struct jpeg_blocks blocks = ordinary_blocks;
        blocks.seed = k;
        blocks.filled = 10 + 5 * k;
        blocks.restart = k % 5 * 2;
        blocks.standard = k / 4 % 2 == 0;
        blocks.side = k / 8 % 2 == 0 ? n : 0;
        blocks.quantizer = k / 16 == 1 ? 0 : ordinary_blocks.quantizer; /* of long values: steps of 1 */
        struct buffer file = make_jpeg_of_blocks(&blocks);
        const struct decode_request request = request_of(blocks.width, blocks.height, n);
        cr_assert(decode_low(&pair.own, &file, request, SIMD_BASE));
        pair_decode(&pair.libjpeg, &file, request, true);
        const bool same = are_same(&pair.own.image, &pair.libjpeg.image);
        cr_expect(same || (blocks.side == 0 && n < 8), "%u/8, seed %u", n, k);
        different += !same;
        for (enum simd_level level = SIMD_BASE + 1; level < SIMD_LEVELS; level++) {
            if (!simd_available(level))
                continue;
            cr_assert(decode_low(&pair.libjpeg, &file, request, level));
            cr_expect(are_same(&pair.own.image, &pair.libjpeg.image), "%u/8, seed %u", n, k);
        }
        buffer_free(&file);
    }
    cr_expect_geq(different, 6);
    pair_close(&pair);
}

Test(jpeg_fast, scripts_of_every_kind_give_libjpegs_samples)
{
    static const struct jpeg_factors factors[][3] = {
        {{1, 1}, {1, 1}, {1, 1}}, {{2, 1}, {1, 1}, {1, 1}}, {{1, 2}, {1, 1}, {1, 1}},
        {{2, 2}, {1, 1}, {1, 1}}, {{3, 1}, {1, 2}, {2, 1}}, {{2, 3}, {1, 1}, {1, 1}},
    };
    struct pair pair;
    pair_open(&pair);
    for (unsigned k = 0; k < JPEG_SCRIPTS * 6; k++) {
        struct jpeg_blocks blocks = ordinary_blocks;
        blocks.seed = k;
        blocks.restart = k % 4 * 3;
        memcpy(blocks.factors, factors[k / JPEG_SCRIPTS], sizeof *factors);
        blocks.scans = jpeg_scripts[k % JPEG_SCRIPTS].scans;
        blocks.nscans = jpeg_scripts[k % JPEG_SCRIPTS].count;
        pair_check_blocks(&pair, &blocks, jpeg_scripts[k % JPEG_SCRIPTS].name);
    }
    for (unsigned k = 0; k < JPEG_GREY_SCRIPTS * 4; k++) {
        struct jpeg_blocks blocks = ordinary_blocks;
        blocks.components = 1;
        blocks.seed = k;
        blocks.restart = k % 4 * 3;
        blocks.factors[0] = (struct jpeg_factors){1 + (int)k % 3, 1 + (int)k / 4};
        blocks.scans = jpeg_grey_scripts[k % JPEG_GREY_SCRIPTS].scans;
        blocks.nscans = jpeg_grey_scripts[k % JPEG_GREY_SCRIPTS].count;
        pair_check_blocks(&pair, &blocks, jpeg_grey_scripts[k % JPEG_GREY_SCRIPTS].name);
    }
    pair_close(&pair);
}

/* A progressive picture's coefficients would be three times its samples. */
Test(jpeg_fast, a_progressive_pictures_coefficients_are_never_all_in_memory)
{
    const struct jpeg_recipe recipe = {
        .width = 1600, .height = 1200, .in = JCS_RGB, .out = JCS_YCbCr, .h = 2, .v = 2, .progressive = true};
    struct fixture fixture;
    fixture_open(&fixture);
    struct buffer file = make_jpeg(&recipe);
    for (unsigned n = 1; n <= 8; n *= 2) {
        const struct decode_request request = request_of(recipe.width, recipe.height, n);
        arena_reset(&fixture.spare);
        cr_assert(pair_decode(&fixture, &file, request, false), "%s", fixture.error.message);
        cr_expect_lt(fixture.spare.peak, 800 * 1024, "%zu at %u/8", fixture.spare.peak, n);
    }
    buffer_free(&file);
    fixture_close(&fixture);
}
