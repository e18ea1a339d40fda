#include "codec/jpeg/pair.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "codec/jpeg/blocks.h"
#include "codec/jpeg/fixture.h"
#include "codec/jpeg/reader.h"

void pair_open(struct pair *pair)
{
    fixture_open(&pair->own);
    fixture_open(&pair->libjpeg);
    memo_init(&pair->memo);
    pair->own.context.memo = &pair->memo;
}

void pair_close(struct pair *pair)
{
    fixture_close(&pair->own);
    fixture_close(&pair->libjpeg);
    memo_free(&pair->memo);
}

bool pair_decode(struct fixture *fixture, const struct buffer *file, struct decode_request request,
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

bool pair_expect_same(struct pair *pair, const struct buffer *file, const struct decode_request *request,
                      enum simd_level level, const char *what)
{
    struct fixture *own = &pair->own, *libjpeg = &pair->libjpeg;
    own->context.simd = level;
    memo_end_job(&pair->memo);
    const bool fast = pair_decode(own, file, *request, false);
    cr_assert_not(pair_decode(libjpeg, file, *request, true));
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

struct decode_request request_of(uint32_t width, uint32_t height, unsigned n)
{
    return (struct decode_request){.min_width = n < 8 ? (width * n + 7) / 8 : 0,
                                   .min_height = n < 8 ? (height * n + 7) / 8 : 0,
                                   .planes = true};
}

void pair_check_blocks(struct pair *pair, const struct jpeg_blocks *blocks, const char *name)
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
                cr_assert(pair_expect_same(pair, &file, &request, level, what), "%s: by libjpeg", what);
        }
    }
    buffer_free(&file);
}

struct jpeg_blocks blocks_in(unsigned space, struct jpeg_factors luma, struct jpeg_factors chroma)
{
    struct jpeg_blocks blocks = ordinary_blocks;
    blocks.space = spaces[space].space;
    blocks.components = spaces[space].components;
    for (int i = 0; i < blocks.components; i++)
        blocks.factors[i] = i == 0 || i == 3 ? luma : chroma;
    return blocks;
}

void pair_check_pixels(struct pair *pair, const struct jpeg_blocks *blocks, const char *name)
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
                cr_assert(pair_expect_same(pair, &file, &request, level, what), "%s: by libjpeg", what);
                cr_assert_eq(pair->own.image.nplanes, 1);
                cr_assert_eq((int)pair->own.image.plane[0].channels, (int)blocks->components);
            }
        }
    }
    buffer_free(&file);
}
