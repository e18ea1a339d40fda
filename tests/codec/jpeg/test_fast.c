/* pixmill's own decoder beside libjpeg's: the same samples, errors and warnings of any file. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/jpeg/blocks.h"
#include "codec/jpeg/fixture.h"
#include "codec/jpeg/reader.h"
#include "conformance.h"

struct pair {
    struct fixture own, libjpeg;
    struct memo memo; /* own's, from file to file */
};

static void pair_open(struct pair *pair)
{
    fixture_open(&pair->own);
    fixture_open(&pair->libjpeg);
    memo_init(&pair->memo);
    pair->own.context.memo = &pair->memo;
}

static void pair_close(struct pair *pair)
{
    fixture_close(&pair->own);
    fixture_close(&pair->libjpeg);
    memo_free(&pair->memo);
}

/* Decodes; was it without libjpeg? */
static bool decode(struct fixture *fixture, const struct buffer *file, struct decode_request request,
                   bool libjpeg)
{
    struct frame frame;
    request.libjpeg = libjpeg;
    arena_reset(&fixture->arena);
    arena_reset(&fixture->job_arena);
    fixture->error = (struct pm_error){0};
    fixture->all_warnings[0] = '\0';
    struct reader *reader =
        reader_open(&codec_jpeg, NULL, file->data, file->size, &request, &fixture->context);
    if (reader != NULL && reader_frame(reader, &frame, &fixture->context) == 0)
        fixture->image = frame.image;
    const bool fast = reader != NULL && ((struct jpeg_decoder *)reader)->fast;
    reader_close(reader);
    return fast;
}

/* Decodes by both. Returns whether pixmill's own decoder did it. */
static bool expect_same(struct pair *pair, const struct buffer *file, const struct decode_request *request,
                        enum simd_level level, const char *what)
{
    struct fixture *own = &pair->own, *libjpeg = &pair->libjpeg;
    own->context.simd = level;
    memo_end_job(&pair->memo);
    const bool fast = decode(own, file, *request, false);
    cr_assert_not(decode(libjpeg, file, *request, true));
    cr_assert_eq(own->error.kind, libjpeg->error.kind, "%s: %s, libjpeg %s", what, own->error.message,
                 libjpeg->error.message);
    cr_assert_str_eq(own->error.message, libjpeg->error.message, "%s", what);
    cr_assert_str_eq(own->all_warnings, libjpeg->all_warnings, "%s", what);
    cr_assert(!fast || own->error.kind == PM_OK);
    if (own->error.kind != PM_OK)
        return fast;
    cr_assert_eq(own->image.nplanes, libjpeg->image.nplanes);
    for (unsigned i = 0; i < own->image.nplanes; i++) {
        const struct pm_plane *a = &own->image.plane[i], *b = &libjpeg->image.plane[i];
        cr_assert(a->width == b->width && a->height == b->height && a->channels == b->channels, "%s", what);
        for (uint32_t y = 0; y < a->height; y++) {
            if (memcmp(plane_row(a, y), plane_row(b, y), (size_t)a->width * a->channels) != 0)
                cr_assert_fail("%s: row %u of plane %u differs (%u x %u)", what, y, i, a->width, a->height);
        }
    }
    return fast;
}

/* To planes at n/8 or a little more, chroma alike. */
static struct decode_request request_of(uint32_t width, uint32_t height, unsigned n)
{
    return (struct decode_request){.min_width = n < 8 ? (width * n + 7) / 8 : 0,
                                   .min_height = n < 8 ? (height * n + 7) / 8 : 0,
                                   .planes = true};
}

/* At every scale and instruction set; every time by pixmill's own decoder. */
static void check_blocks(struct pair *pair, const struct jpeg_blocks *blocks, const char *name)
{
    char what[128];
    struct buffer file = make_jpeg_of_blocks(blocks);
    for (unsigned k = 0; k < 8; k++) {
        const unsigned n = 1u << k % 4;
        struct decode_request request = request_of(blocks->width, blocks->height, n);
        request.sampling_x = request.sampling_y = 1 + k / 4;
        snprintf(what, sizeof what, "%s, %u x %u at %u/8, %dx%d %dx%d %dx%d, seed %u", name, blocks->width,
                 blocks->height, n, blocks->factors[0].h, blocks->factors[0].v, blocks->factors[1].h,
                 blocks->factors[1].v, blocks->factors[2].h, blocks->factors[2].v, blocks->seed);
        for (enum simd_level level = SIMD_BASE; level < SIMD_LEVELS; level++) {
            if (simd_available(level))
                cr_assert(expect_same(pair, &file, &request, level, what), "%s: by libjpeg", what);
        }
    }
    buffer_free(&file);
}

static const struct jpeg_blocks ordinary = {.width = 73,
                                            .height = 59,
                                            .components = 3,
                                            .factors = {{2, 2}, {1, 1}, {1, 1}},
                                            .filled = 40,
                                            .largest = 60,
                                            .quantizer = 3};

Test(jpeg_fast, planes_of_every_sampling_are_libjpegs)
{
    struct pair pair;
    pair_open(&pair);
    for (int k = 0; k < 4 * 4 * 4 * 4; k++) {
        const struct jpeg_factors luma = {1 + k % 4, 1 + k / 4 % 4}, chroma = {1 + k / 16 % 4, 1 + k / 64};
        struct jpeg_blocks blocks = ordinary;
        blocks.width = 40 + (uint32_t)k % 50;
        blocks.height = 90 - (uint32_t)k % 49;
        blocks.seed = (unsigned)k;
        blocks.factors[0] = luma;
        blocks.factors[1] = chroma;
        if (luma.h * luma.v + chroma.h * chroma.v + 1 <= 10)
            check_blocks(&pair, &blocks, "one scan");
    }
    pair_close(&pair);
}

Test(jpeg_fast, pictures_of_every_small_size_are_libjpegs)
{
    struct pair pair;
    pair_open(&pair);
    for (uint32_t side = 1; side <= 40; side++) {
        struct jpeg_blocks blocks = ordinary;
        blocks.width = side;
        blocks.height = 1 + side * 7 % 40;
        blocks.seed = side;
        blocks.restart = side % 3;
        check_blocks(&pair, &blocks, "small");
        blocks.scans = jpeg_scripts[side % JPEG_SCRIPTS].scans;
        blocks.nscans = jpeg_scripts[side % JPEG_SCRIPTS].count;
        check_blocks(&pair, &blocks, jpeg_scripts[side % JPEG_SCRIPTS].name);
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
        struct jpeg_blocks blocks = ordinary;
        blocks.seed = k;
        blocks.largest = largest[k % 4];
        blocks.filled = filled[k / 4 % 4];
        blocks.quantizer = quantizers[k / 16];
        blocks.restart = k % 5 * 2;
        blocks.standard = k % 2 == 0;
        check_blocks(&pair, &blocks, "one scan");
        blocks.standard = false;
        blocks.scans = jpeg_scripts[k % JPEG_SCRIPTS].scans;
        blocks.nscans = jpeg_scripts[k % JPEG_SCRIPTS].count;
        check_blocks(&pair, &blocks, jpeg_scripts[k % JPEG_SCRIPTS].name);
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
        struct jpeg_blocks blocks = ordinary;
        blocks.seed = k;
        blocks.largest = 1023;
        blocks.quantizer = 1 + 3 * (int)k;
        blocks.scans = jpeg_scripts[k % JPEG_SCRIPTS].scans;
        blocks.nscans = jpeg_scripts[k % JPEG_SCRIPTS].count;
        struct buffer file = make_jpeg_of_blocks(&blocks);
        const struct decode_request request = request_of(blocks.width, blocks.height, 1u << k % 4);
        by_own += expect_same(&pair, &file, &request, simd_detect(), "large");
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
        struct jpeg_blocks blocks = ordinary;
        blocks.seed = k;
        blocks.filled = 10 + 5 * k;
        blocks.restart = k % 5 * 2;
        blocks.standard = k / 4 % 2 == 0;
        blocks.side = k / 8 % 2 == 0 ? n : 0;
        struct buffer file = make_jpeg_of_blocks(&blocks);
        const struct decode_request request = request_of(blocks.width, blocks.height, n);
        cr_assert(decode_low(&pair.own, &file, request, SIMD_BASE));
        decode(&pair.libjpeg, &file, request, true);
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
        struct jpeg_blocks blocks = ordinary;
        blocks.seed = k;
        blocks.restart = k % 4 * 3;
        memcpy(blocks.factors, factors[k / JPEG_SCRIPTS], sizeof *factors);
        blocks.scans = jpeg_scripts[k % JPEG_SCRIPTS].scans;
        blocks.nscans = jpeg_scripts[k % JPEG_SCRIPTS].count;
        check_blocks(&pair, &blocks, jpeg_scripts[k % JPEG_SCRIPTS].name);
    }
    for (unsigned k = 0; k < JPEG_GREY_SCRIPTS * 4; k++) {
        struct jpeg_blocks blocks = ordinary;
        blocks.components = 1;
        blocks.seed = k;
        blocks.restart = k % 4 * 3;
        blocks.factors[0] = (struct jpeg_factors){1 + (int)k % 3, 1 + (int)k / 4};
        blocks.scans = jpeg_grey_scripts[k % JPEG_GREY_SCRIPTS].scans;
        blocks.nscans = jpeg_grey_scripts[k % JPEG_GREY_SCRIPTS].count;
        check_blocks(&pair, &blocks, jpeg_grey_scripts[k % JPEG_GREY_SCRIPTS].name);
    }
    pair_close(&pair);
}

/* --- pixels ---------------------------------------------------------------------------------------- */

static const struct {
    J_COLOR_SPACE space;
    int components;
} spaces[] = {{JCS_YCbCr, 3}, {JCS_RGB, 3}, {JCS_CMYK, 4}, {JCS_YCCK, 4}};
enum { SPACES = sizeof spaces / sizeof *spaces };

/* Of one of the spaces; components other than the first, and black, have `chroma`. */
static struct jpeg_blocks blocks_in(unsigned space, struct jpeg_factors luma, struct jpeg_factors chroma)
{
    struct jpeg_blocks blocks = ordinary;
    blocks.space = spaces[space].space;
    blocks.components = spaces[space].components;
    for (int i = 0; i < blocks.components; i++)
        blocks.factors[i] = i == 0 || i == 3 ? luma : chroma;
    return blocks;
}

/* RGB or CMYK, at every scale and instruction set; every time by pixmill's own decoder. */
static void check_pixels(struct pair *pair, const struct jpeg_blocks *blocks, const char *name)
{
    char what[128];
    struct buffer file = make_jpeg_of_blocks(blocks);
    for (unsigned n = 1; n <= 8; n *= 2) {
        struct decode_request request = request_of(blocks->width, blocks->height, n);
        request.planes = false;
        snprintf(what, sizeof what, "%s, space %d, %u x %u at %u/8, %dx%d %dx%d, seed %u", name,
                 blocks->space, blocks->width, blocks->height, n, blocks->factors[0].h, blocks->factors[0].v,
                 blocks->factors[1].h, blocks->factors[1].v, blocks->seed);
        for (enum simd_level level = SIMD_BASE; level < SIMD_LEVELS; level++) {
            if (simd_available(level)) {
                cr_assert(expect_same(pair, &file, &request, level, what), "%s: by libjpeg", what);
                cr_assert_eq(pair->own.image.nplanes, 1);
                cr_assert_eq(pair->own.image.plane[0].channels, blocks->components);
            }
        }
    }
    buffer_free(&file);
}

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
        check_pixels(&pair, &blocks, "sampling");
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
        check_pixels(&pair, &blocks, script->name);
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
        cr_expect(expect_same(&pair, &file, &request, simd_detect(), "Adobe"), "transform %d", transform);
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
    cr_expect_not(expect_same(&pair, &file, &request, SIMD_BASE, "3 to 2"));
    cr_expect_eq(pair.own.error.kind, PM_ERROR_UNSUPPORTED);
    buffer_free(&file);
    pair_close(&pair);
}

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
        struct jpeg_blocks blocks = ordinary;
        blocks.factors[0] = luma[k % 4];
        blocks.width = 20 + k;
        blocks.height = 1 + k * 5;
        blocks.seed = k;
        pair.own.lanes_come_and_go = k % 2 == 1;
        const unsigned mcus = mcus_of(&blocks);
        blocks.restart = k % 7 == 6 ? mcus + mcus / 2 : k % 7 == 5 ? (mcus + 1) / 2 : mcus * (1 + k % 7);
        check_blocks(&pair, &blocks, "intervals");
        check_pixels(&pair, &blocks, "intervals");
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
        struct jpeg_blocks blocks = ordinary;
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
        by_own += expect_same(&pair, &file, &request, simd_detect(), "damaged interval");
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
        struct jpeg_blocks blocks = ordinary;
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
        by_own += expect_same(&pair, &file, &request, simd_detect(), what);
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
        struct jpeg_blocks blocks = ordinary;
        const bool several = k % 2 == 1;
        blocks.scans = several ? jpeg_scripts[2].scans : NULL;
        blocks.nscans = several ? jpeg_scripts[2].count : 0;
        struct buffer file = make_jpeg_of_blocks(&blocks),
                      longer = with_tail(&file, tails[k / 2].bytes, tails[k / 2].size);
        cr_expect_eq(expect_same(&pair, &longer, &request, SIMD_BASE, "tail"),
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
    cr_assert_not(expect_same(&pair, &file, &request, SIMD_BASE, "arithmetic"));
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
        struct jpeg_blocks blocks = ordinary;
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
            cr_expect_not(expect_same(&pair, &part, &request, SIMD_BASE, "part"));
        }
        buffer_free(&part);
        buffer_free(&file);
    }
    pair_close(&pair);
}

/* --- memory ---------------------------------------------------------------------------------------- */

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
        cr_assert(decode(&fixture, &file, request, false), "%s", fixture.error.message);
        cr_expect_lt(fixture.spare.peak, 800 * 1024, "%zu at %u/8", fixture.spare.peak, n);
    }
    buffer_free(&file);
    fixture_close(&fixture);
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
        cr_assert(decode(&fixture, &file, request, false), "%s", fixture.error.message);
        const uint64_t forecast = codec_jpeg.decode_bytes(&info, &request);
        cr_expect_leq(fixture.spare.peak + fixture.arena.peak, forecast, "%u: %zu and %zu of %lu", k,
                      fixture.spare.peak, fixture.arena.peak, (unsigned long)forecast);
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

/* --- files of others ------------------------------------------------------------------------------- */

static struct buffer read_file(const char *path)
{
    struct buffer file = {0};
    uint8_t bytes[4096];
    FILE *in = fopen(path, "rb");
    cr_assert_not_null(in, "%s", path);
    for (size_t got; (got = fread(bytes, 1, sizeof bytes, in)) > 0;)
        cr_assert_eq(buffer_append(&file, bytes, got), 0);
    fclose(in);
    return file;
}

/* What was compared: files, those of them that pixmill's own decoder decoded at full size, and those that
 * both refuse. */
struct tally {
    unsigned files, own, refused;
};

/* Planes and pixels at 8, 4, 2 and 1. */
static void check_file(struct pair *pair, const char *path, struct tally *tally)
{
    struct memory_source memory;
    struct pm_info info = codec_blank_info("jpeg");
    struct pm_error error = {0};
    struct buffer file = read_file(path);
    memory_source_init(&memory, file.data, file.size);
    tally->files++;
    if (codec_jpeg.probe(&memory.source, &info, &error) != 0)
        tally->refused++;
    for (unsigned n = 1; n <= 8 && error.kind == PM_OK; n *= 2) {
        struct decode_request request = request_of(info.width, info.height, n);
        expect_same(pair, &file, &request, simd_detect(), path);
        request.planes = false;
        const bool own = expect_same(pair, &file, &request, simd_detect(), path);
        tally->own += own && n == 8;
        tally->refused += pair->own.error.kind != PM_OK && n == 8;
    }
    buffer_free(&file);
}

static bool is_jpeg(const char *name)
{
    static const char *const suffixes[] = {".jpg", ".jpeg", ".JPG"};
    const char *suffix = strrchr(name, '.');
    for (size_t i = 0; suffix != NULL && i < sizeof suffixes / sizeof *suffixes; i++) {
        if (strcmp(suffix, suffixes[i]) == 0)
            return true;
    }
    return false;
}

/* With all folders in it. */
static void check_folder(struct pair *pair, const char *folder, struct tally *tally)
{
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
            check_folder(pair, path, tally);
        else if (entry->d_type == DT_REG && is_jpeg(entry->d_name))
            check_file(pair, path, tally);
    }
    if (dir != NULL)
        closedir(dir);
}

Test(jpeg_fast, samples_are_libjpegs)
{
    struct pair pair;
    struct tally tally = {0};
    pair_open(&pair);
    check_folder(&pair, "samples", &tally);
    cr_expect_geq(tally.files, 6);
    cr_expect_eq(tally.own, tally.files);
    pair_close(&pair);
}

Test(jpeg_fast, conformance_files_are_libjpegs)
{
    char folder[512];
    struct pair pair;
    struct tally tally = {0};
    pair_open(&pair);
    check_folder(&pair, conformance_folder(), &tally);
    snprintf(folder, sizeof folder, "%s/../cases", conformance_folder());
    check_folder(&pair, folder, &tally);
    cr_assert_gt(tally.files, 0);
    pair_close(&pair);
}

/* Every JPEG in the folders that $PIXMILL_JPEGS names, with colons between them. */
Test(jpeg_fast, collections_are_libjpegs, .timeout = 3600)
{
    const char *folders = getenv("PIXMILL_JPEGS");
    char list[4096], *rest = list;
    struct pair pair;
    if (folders == NULL || folders[0] == '\0')
        cr_skip_test("PIXMILL_JPEGS names no folders of JPEGs");
    snprintf(list, sizeof list, "%s", folders);
    pair_open(&pair);
    for (char *folder; (folder = strsep(&rest, ":")) != NULL;) {
        struct tally tally = {0};
        check_folder(&pair, folder, &tally);
        printf("%s: %u JPEGs equal at 8, 4, 2 and 1; %u by pixmill's own decoder, %u refused by both\n",
               folder, tally.files, tally.own, tally.refused);
        cr_expect_gt(tally.files, 0, "%s has none", folder);
    }
    pair_close(&pair);
}
