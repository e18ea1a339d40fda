/* pixmill's own decoder beside libjpeg's: damaged, incomplete and unusual files, restart intervals. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "codec/jpeg/blocks.h"
#include "codec/jpeg/fixture.h"
#include "codec/jpeg/pair.h"
#include "codec/jpeg/reader.h"

/* --- restart intervals side by side ---------------------------------------------------------------- */

/* MCUs in a row of the file, of components that share a scan. */
static unsigned mcus_of(const struct jpeg_blocks *blocks)
{
    const unsigned h_max = (unsigned)blocks->factors[0].h;
    return (blocks->width + 8 * h_max - 1) / (8 * h_max);
}

/* Intervals of whole rows of MCUs, of parts of them, and of rows and a half: several threads have the same.
 */
Test(jpeg_fast, intervals_between_restart_markers_are_libjpegs_for_several_threads)
{
    static const struct jpeg_factors luma[] = {{2, 2}, {1, 1}, {2, 1}, {1, 2}};
    struct pair pair;
    pair_open(&pair);
    pair.own.context.lanes = 3;
    for (unsigned k = 0; k < 120; k++) {
        struct jpeg_blocks blocks = ordinary_blocks;
        blocks.factors[0] = luma[k % 4];
        blocks.width = 20 + k;
        blocks.height = 1 + k * 5;
        blocks.seed = k;
        pair.own.lanes_come_and_go = k % 2 == 1;
        const unsigned mcus = mcus_of(&blocks);
        blocks.restart = k % 7 == 6 ? mcus + mcus / 2 : k % 7 == 5 ? (mcus + 1) / 2 : mcus * (1 + k % 7);
        pair_check_blocks(&pair, &blocks, "intervals");
        pair_check_pixels(&pair, &blocks, "intervals");
    }
    pair_close(&pair);
}

/* One change of `seed`'s kind and place behind the header's first bytes. */
static void damage(struct buffer *file, unsigned seed)
{
    unsigned state = seed * 2654435761u + 1;
    state ^= state >> 15;
    const size_t at = 2 + state % (file->size - 2);
    switch (seed % 5) {
    case 0:
        file->size = at;
        break;
    case 1:
        file->data[at] = 0xFF;
        break;
    case 2:
        memmove(file->data + at, file->data + at + 1, file->size - at - 1);
        file->size--;
        break;
    default:
        file->data[at] ^= (uint8_t)(1u << (state >> 20 & 7));
    }
}

Test(jpeg_fast, damaged_intervals_are_as_libjpeg_has_them_for_several_threads)
{
    struct pair pair;
    unsigned by_own = 0, refused = 0;
    pair_open(&pair);
    pair.own.context.lanes = 2;
    for (unsigned k = 0; k < 1500; k++) {
        struct jpeg_blocks blocks = ordinary_blocks;
        blocks.width = 40;
        blocks.height = 200;
        blocks.seed = k % 7;
        blocks.restart = mcus_of(&blocks) * (1 + k % 2);
        struct buffer file = make_jpeg_of_blocks(&blocks);
        damage(&file, k);
        for (size_t i = 600, markers = 0; k % 3 == 0 && i + 1 < file.size; i++) {
            if (file.data[i] == 0xFF && file.data[i + 1] >= 0xD0 && file.data[i + 1] <= 0xD7 &&
                ++markers == 1 + k % 11)
                file.data[i + 1] ^= (uint8_t)(1 + k % 7); /* another number, or no restart marker */
        }
        struct decode_request request = request_of(40, 200, 1u << k % 4);
        request.allow_truncated = k / 8 % 2;
        by_own += pair_expect_same(&pair, &file, &request, simd_detect(), "damaged interval");
        refused += pair.own.error.kind != PM_OK;
        buffer_free(&file);
    }
    cr_expect_gt(by_own, 100);
    cr_expect_gt(refused, 300);
    pair_close(&pair);
}

/* --- what is left to libjpeg ----------------------------------------------------------------------- */

static struct buffer copy_of(const struct buffer *file)
{
    struct buffer copy = {0};
    cr_assert_eq(buffer_append(&copy, file->data, file->size), 0);
    return copy;
}

/* Every verdict, word and sample of a damaged file is libjpeg's. */
Test(jpeg_fast, damaged_files_are_as_libjpeg_has_them)
{
    struct pair pair;
    unsigned by_own = 0, refused = 0;
    pair_open(&pair);
    for (unsigned k = 0; k < 1200; k++) {
        char what[64];
        struct jpeg_blocks blocks = ordinary_blocks;
        if (k % 32 < 8) /* CMYK and YCCK */
            blocks = blocks_in(2 + k % 2, blocks.factors[k % 2], blocks.factors[1]);
        blocks.width = blocks.height = 33;
        blocks.seed = k % 7;
        blocks.restart = k % 3;
        const struct jpeg_script *script = blocks.components == 4 ? &jpeg_ink_scripts[k % JPEG_INK_SCRIPTS]
                                                                  : &jpeg_scripts[k % JPEG_SCRIPTS];
        if (k % 2 == 0) {
            blocks.scans = script->scans;
            blocks.nscans = script->count;
        }
        struct buffer whole = make_jpeg_of_blocks(&blocks), file = copy_of(&whole);
        damage(&file, k);
        struct decode_request request = request_of(33, 33, 1u << k % 4);
        request.allow_truncated = k / 8 % 2;
        request.planes = k / 16 % 2;
        snprintf(what, sizeof what, "case %u", k);
        by_own += pair_expect_same(&pair, &file, &request, simd_detect(), what);
        refused += pair.own.error.kind != PM_OK;
        buffer_free(&file);
        buffer_free(&whole);
    }
    cr_expect_gt(by_own, 100, "of changes that make another sound file");
    cr_expect_gt(refused, 300);
    pair_close(&pair);
}

/* Adds `bytes` before the file's EOI. */
static struct buffer with_tail(const struct buffer *file, const char *bytes, size_t size)
{
    struct buffer result = {0};
    cr_assert_eq(buffer_append(&result, file->data, file->size - 2), 0);
    cr_assert_eq(buffer_append(&result, bytes, size), 0);
    cr_assert_eq(buffer_append(&result, "\xFF\xD9", 2), 0);
    return result;
}

Test(jpeg_fast, only_files_that_end_exactly_are_its_own)
{
    static const struct {
        const char *bytes;
        size_t size;
        bool own, own_of_several; /* decoded without libjpeg */
    } tails[] = {
        {"", 0, true, true},
        {"\0", 1, false, false},
        {"\x12\x34\x56\x78\x12\x34\x56\x78\x9A", 9, false, false},
        {"\xFF", 1, false, false},
        {"\xFF\xD0", 2, false, false},
        {"\xFF\xFE\0\4ab", 6, false, false},
    };
    const struct decode_request request = {.planes = true};
    struct pair pair;
    pair_open(&pair);
    for (unsigned k = 0; k < 2 * sizeof tails / sizeof *tails; k++) {
        struct jpeg_blocks blocks = ordinary_blocks;
        const bool several = k % 2 == 1;
        blocks.scans = several ? jpeg_scripts[2].scans : NULL;
        blocks.nscans = several ? jpeg_scripts[2].count : 0;
        struct buffer file = make_jpeg_of_blocks(&blocks),
                      longer = with_tail(&file, tails[k / 2].bytes, tails[k / 2].size);
        cr_expect_eq(pair_expect_same(&pair, &longer, &request, SIMD_BASE, "tail"),
                     several ? tails[k / 2].own_of_several : tails[k / 2].own, "tail %u", k);
        buffer_free(&file);
        buffer_free(&longer);
    }
    pair_close(&pair);
}

Test(jpeg_fast, arithmetic_coding_is_libjpegs)
{
    const struct jpeg_recipe recipe = {
        .width = 40, .height = 30, .in = JCS_RGB, .out = JCS_YCbCr, .h = 2, .v = 2, .arithmetic = true};
    const struct decode_request request = {.planes = true};
    struct pair pair;
    pair_open(&pair);
    struct buffer file = make_jpeg(&recipe);
    cr_assert_not(pair_expect_same(&pair, &file, &request, SIMD_BASE, "arithmetic"));
    cr_assert_eq(pair.own.error.kind, PM_OK);
    buffer_free(&file);
    pair_close(&pair);
}

/* Of a picture that is not complete libjpeg guesses at the rest; at 1/8 there is nothing to guess at. */
Test(jpeg_fast, incomplete_pictures_are_libjpegs)
{
    struct pair pair;
    pair_open(&pair);
    for (unsigned scans = 1; scans < 10; scans++) {
        struct jpeg_blocks blocks = ordinary_blocks;
        blocks.scans = jpeg_scripts[2].scans;
        blocks.nscans = jpeg_scripts[2].count;
        struct buffer file = make_jpeg_of_blocks(&blocks);
        size_t end = 0;
        for (unsigned found = 0; found <= scans; end++)
            found += file.data[end] == 0xFF && file.data[end + 1] == 0xDA;
        struct buffer part = {0};
        cr_assert_eq(buffer_append(&part, file.data, end - 1), 0);
        cr_assert_eq(buffer_append(&part, "\xFF\xD9", 2), 0);
        for (unsigned n = 1; n <= 8; n *= 2) {
            const struct decode_request request = request_of(blocks.width, blocks.height, n);
            cr_expect_not(pair_expect_same(&pair, &part, &request, SIMD_BASE, "part"));
        }
        buffer_free(&part);
        buffer_free(&file);
    }
    pair_close(&pair);
}
