/* pixmill's own decoder beside libjpeg's: RGB and CMYK, of every colour space that a JPEG may have. */
#include <criterion/criterion.h>
#include <string.h>

#include "codec/jpeg/blocks.h"
#include "codec/jpeg/fixture.h"
#include "codec/jpeg/pair.h"
#include "codec/jpeg/reader.h"

Test(jpeg_fast, pixels_of_every_whole_sampling_are_libjpegs)
{
    struct pair pair;
    unsigned files = 0;
    pair_open(&pair);
    for (unsigned k = 0; k < SPACES * 4 * 4 * 4 * 4; k++) {
        const int a = 1 + (int)(k / SPACES) % 4, b = 1 + (int)(k / SPACES) / 4 % 4,
                  c = 1 + (int)(k / SPACES) / 16 % 4, d = 1 + (int)(k / SPACES) / 64;
        struct jpeg_blocks blocks =
            blocks_in(k % SPACES, (struct jpeg_factors){a, b}, (struct jpeg_factors){c, d});
        const int blocks_of_mcu = a * b * (blocks.components - 2) + c * d * 2;
        const bool whole = (a > c ? a % c : c % a) == 0 && (b > d ? b % d : d % b) == 0;
        blocks.width = 33 + k % 50;
        blocks.height = 80 - k % 49;
        blocks.seed = k;
        /* What is not whole is libjpeg's: it has planes of YCbCr, and an error. */
        if (!whole)
            continue;
        if (blocks_of_mcu > 10 && blocks.components == 4) {
            blocks.scans = jpeg_ink_scripts[1].scans;
            blocks.nscans = jpeg_ink_scripts[1].count;
        } else if (blocks_of_mcu > 10) {
            blocks.scans = jpeg_scripts[0].scans;
            blocks.nscans = jpeg_scripts[0].count;
        }
        pair_check_pixels(&pair, &blocks, "sampling");
        files++;
    }
    cr_expect_gt(files, 400);
    pair_close(&pair);
}

Test(jpeg_fast, pixels_of_every_small_size_and_script_are_libjpegs)
{
    static const struct jpeg_factors one = {1, 1}, luma[] = {{1, 1}, {2, 1}, {1, 2}, {2, 2}, {4, 1}};
    struct pair pair;
    pair_open(&pair);
    for (unsigned k = 0; k < 40 * SPACES; k++) {
        struct jpeg_blocks blocks = blocks_in(k % SPACES, luma[k / SPACES % 5], one);
        const struct jpeg_script *script =
            blocks.components == 4 ? &jpeg_ink_scripts[k / SPACES % 4] : &jpeg_scripts[k / SPACES % 4];
        blocks.width = 1 + k / SPACES;
        blocks.height = 1 + k * 7 % 40;
        blocks.seed = k;
        blocks.restart = k % 5;
        if (blocks.components == 3 || blocks.factors[0].h * blocks.factors[0].v <= 4) {
            blocks.scans = script->scans;
            blocks.nscans = script->count;
        }
        pair_check_pixels(&pair, &blocks, script->name);
    }
    pair_close(&pair);
}

/* An Adobe marker says what four components are; without one they are CMYK. Of a transform that it does not
 * define libjpeg says that it takes YCCK. */
Test(jpeg_fast, inks_with_and_without_adobes_marker_are_libjpegs)
{
    static const struct jpeg_factors one = {1, 1}, two = {2, 2};
    struct decode_request request = {.planes = false};
    struct pair pair;
    pair_open(&pair);
    for (int transform = -1; transform < 4; transform++) {
        struct jpeg_blocks blocks = blocks_in(2, two, one);
        blocks.no_adobe = transform < 0;
        struct buffer file = make_jpeg_of_blocks(&blocks);
        for (size_t i = 0; transform >= 0 && i + 14 < file.size; i++) {
            if (memcmp(file.data + i,
                       "\xFF\xEE\0\x0E"
                       "Adobe",
                       9) == 0)
                file.data[i + 15] = (uint8_t)transform;
        }
        cr_expect(pair_expect_same(&pair, &file, &request, simd_detect(), "Adobe"), "transform %d",
                  transform);
        cr_expect_eq(pair.own.all_warnings[0] != '\0', transform == 1 || transform == 3, "transform %d: %s",
                     transform, pair.own.all_warnings);
        buffer_free(&file);
    }
    pair_close(&pair);
}

Test(jpeg_fast, inks_of_broken_ratios_are_refused_as_libjpeg_refuses_them)
{
    const struct decode_request request = {.planes = false};
    struct pair pair;
    pair_open(&pair);
    struct jpeg_blocks blocks = blocks_in(2, (struct jpeg_factors){3, 1}, (struct jpeg_factors){2, 1});
    struct buffer file = make_jpeg_of_blocks(&blocks);
    cr_expect_not(pair_expect_same(&pair, &file, &request, SIMD_BASE, "3 to 2"));
    cr_expect_eq(pair.own.error.kind, PM_ERROR_UNSUPPORTED);
    buffer_free(&file);
    pair_close(&pair);
}

/* What pixels are made of stays within the forecast. */
Test(jpeg_fast, pixels_take_no_more_memory_than_was_forecast)
{
    static const struct jpeg_factors factors[] = {{1, 1}, {2, 2}, {4, 1}, {1, 4}};
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned k = 0; k < SPACES * 4 * 4; k++) {
        struct jpeg_blocks blocks =
            blocks_in(k % SPACES, factors[k / SPACES % 4], (struct jpeg_factors){1, 1});
        struct pm_info info;
        blocks.width = 1500;
        blocks.height = 200;
        struct buffer file = make_jpeg_of_blocks(&blocks);
        struct decode_request request = request_of(blocks.width, blocks.height, 1u << k / SPACES / 4);
        request.planes = false;
        arena_free(&fixture.spare);
        arena_free(&fixture.arena);
        arena_init(&fixture.arena, 0);
        arena_init(&fixture.spare, 0);
        cr_assert_eq(fixture_probe(&fixture, &file, &info), 0);
        cr_assert(pair_decode(&fixture, &file, request, false), "%s", fixture.error.message);
        const uint64_t forecast = codec_jpeg.decode_bytes(&info, &request);
        cr_expect_leq(fixture.spare.peak + fixture.arena.peak, forecast, "%u: %zu and %zu of %lu", k,
                      fixture.spare.peak, fixture.arena.peak, (unsigned long)forecast);
        buffer_free(&file);
    }
    fixture_close(&fixture);
}
