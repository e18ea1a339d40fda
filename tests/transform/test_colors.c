/* What a PNG's colour chunks become in a result of either format. */
#include <criterion/criterion.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "codec/png/pngs.h"
#include "codec/reader.h"
#include "color/description.h"
#include "image/profile.h"
#include "transform/transform.h"

struct added {
    const char *type, *data;
    size_t size;
};

#define CICP(p, t)                                                                                           \
    {                                                                                                        \
        "cICP", (const char[]){(p), (t), 0, 1}, 4                                                            \
    }
#define GAMMA_1                                                                                              \
    {                                                                                                        \
        "gAMA", "\0\1\x86\xa0", 4                                                                            \
    }
#define GAMMA_SRGB                                                                                           \
    {                                                                                                        \
        "gAMA", "\0\0\xb1\x8f", 4                                                                            \
    }
#define SRGB                                                                                                 \
    {                                                                                                        \
        "sRGB", "\0", 1                                                                                      \
    }
#define CHRM_SRGB                                                                                            \
    {                                                                                                        \
        "cHRM",                                                                                              \
            "\0\0\x7a\x26\0\0\x80\x84\0\0\xfa\0\0\0\x80\xe8\0\0\x75\x30\0\0\xea\x60\0\0\x3a\x98\0\0\x17"     \
            "\x70",                                                                                          \
            32                                                                                               \
    }
#define CHRM_P3                                                                                              \
    {                                                                                                        \
        "cHRM",                                                                                              \
            "\0\0\x7a\x26\0\0\x80\x84\0\1\x09\xa0\0\0\x7d\0\0\0\x67\x84\0\1\x0d\x88\0\0\x3a\x98\0\0\x17"     \
            "\x70",                                                                                          \
            32                                                                                               \
    }
#define MASTERING                                                                                            \
    {                                                                                                        \
        "mDCV", "012345678901234567890123", 24                                                               \
    }
#define LIGHT                                                                                                \
    {                                                                                                        \
        "cLLI", "01234567", 8                                                                                \
    }

enum { ADDED_MAX = 4 };

struct outcome {
    struct lent lent;
    struct warnings warnings;
    struct buffer file, result;
    struct pm_image image; /* the result, decoded again */
};

/* Puts a picture of a few pixels, with these chunks, through a recipe. */
static void put_through(struct outcome *outcome, const struct added *added, const char *text)
{
    static const struct png_header header = {.width = 2, .height = 1, .depth = 8, .color_type = PNG_RGB};
    const struct decode_request request = {0};
    struct transform_result ignored;
    struct memory_source memory;
    struct pm_info info;
    *outcome = (struct outcome){0};
    lent_init(&outcome->lent);
    collect_warnings(&outcome->lent, &outcome->warnings);
    made_begin(&outcome->file, &header);
    for (size_t i = 0; i < ADDED_MAX && added[i].type != NULL; i++)
        made_chunk(&outcome->file, added[i].type, added[i].data, added[i].size);
    made_pixels(&outcome->file, (const uint8_t[]){0, 220, 30, 30, 30, 220, 30}, 7, 100);
    made_chunk(&outcome->file, "IEND", "", 0);
    struct pm_error *error = &outcome->lent.error;
    struct pm_recipe *recipe = pm_recipe_parse(text, error);
    cr_assert_eq(transform(recipe, NULL, outcome->file.data, outcome->file.size, NULL, &outcome->lent.context,
                           &outcome->result, &ignored),
                 0, "%s", error->message);
    pm_recipe_free(recipe);
    memory_source_init(&memory, outcome->result.data, outcome->result.size);
    const struct codec *codec = codec_probe(&memory.source, &info, error);
    cr_assert_eq(reader_decode(codec, outcome->result.data, outcome->result.size, &request, &outcome->image,
                               &outcome->lent.context),
                 0);
}

static void outcome_free(struct outcome *outcome)
{
    buffer_free(&outcome->file);
    buffer_free(&outcome->result);
    lent_free(&outcome->lent);
}

/* The number of warnings, and what must be in the JPEG: no profile (NULL), or one of this colour space, and
 * name. */
static void expect_jpeg(const struct added *added, const char *recipe, unsigned warnings, const char *space)
{
    struct outcome outcome;
    put_through(&outcome, added, recipe);
    const struct pm_blob *icc = &outcome.image.meta.icc;
    cr_assert_eq(outcome.warnings.count, warnings, "%s: %s", added[0].type, outcome.warnings.text);
    cr_assert_eq(icc->data != NULL, space != NULL, "%s", added[0].type);
    if (space != NULL) {
        cr_assert_arr_eq(icc->data + 16, space, 4);
        cr_assert(profile_matches(icc, outcome.image.format.color));
    }
    outcome_free(&outcome);
}

Test(colors, a_jpeg_has_an_equal_profile)
{
    expect_jpeg((struct added[ADDED_MAX]){CICP(12, 13)}, "format=jpeg", 0, "RGB ");
    expect_jpeg((struct added[ADDED_MAX]){CICP(1, 1)}, "format=jpeg", 0, "RGB ");
    expect_jpeg((struct added[ADDED_MAX]){GAMMA_1}, "format=jpeg", 0, "RGB ");
    expect_jpeg((struct added[ADDED_MAX]){GAMMA_1, CHRM_SRGB}, "format=jpeg", 0, "RGB ");
    expect_jpeg((struct added[ADDED_MAX]){CICP(12, 13)}, "gray/format=jpeg", 0, "GRAY");
    expect_jpeg((struct added[ADDED_MAX]){GAMMA_1}, "gray/format=jpeg", 0, "GRAY");
}

Test(colors, what_is_srgb_needs_none)
{
    expect_jpeg((struct added[ADDED_MAX]){{0}}, "format=jpeg", 0, NULL);
    expect_jpeg((struct added[ADDED_MAX]){SRGB, GAMMA_SRGB, CHRM_SRGB}, "format=jpeg", 0, NULL);
    expect_jpeg((struct added[ADDED_MAX]){SRGB, GAMMA_1}, "format=jpeg", 0, NULL);
    expect_jpeg((struct added[ADDED_MAX]){GAMMA_SRGB, CHRM_SRGB}, "format=jpeg", 0, NULL);
    expect_jpeg((struct added[ADDED_MAX]){CICP(1, 13)}, "format=jpeg", 0, NULL);
    expect_jpeg((struct added[ADDED_MAX]){CICP(1, 13), GAMMA_1}, "format=jpeg", 0, NULL);
    /* Primaries are nothing to grey. */
    expect_jpeg((struct added[ADDED_MAX]){GAMMA_SRGB, CHRM_P3}, "format=jpeg", 0, "RGB ");
    expect_jpeg((struct added[ADDED_MAX]){GAMMA_SRGB, CHRM_P3}, "gray/format=jpeg", 0, NULL);
}

Test(colors, what_a_jpeg_cannot_say_is_a_warning)
{
    expect_jpeg((struct added[ADDED_MAX]){CICP(9, 16)}, "format=jpeg", 1, NULL);
    expect_jpeg((struct added[ADDED_MAX]){CICP(9, 18), MASTERING, LIGHT}, "format=jpeg", 2, NULL);
    expect_jpeg((struct added[ADDED_MAX]){{"gAMA", "\0\0\0\1", 4}}, "format=jpeg", 1, NULL);
}

Test(colors, a_png_keeps_every_chunk)
{
    struct outcome outcome;
    put_through(&outcome, (struct added[ADDED_MAX]){CICP(9, 16), MASTERING, LIGHT, GAMMA_1}, "flip");
    const struct pm_metadata *meta = &outcome.image.meta;
    cr_assert_eq(outcome.warnings.count, 0, "%s", outcome.warnings.text);
    cr_assert(meta->has_cicp && meta->has_mastering && meta->has_light && meta->has_gamma);
    cr_assert_arr_eq(meta->cicp, "\11\20\0\1", 4);
    cr_assert_arr_eq(meta->mastering, "012345678901234567890123", 24);
    cr_assert_arr_eq(meta->light, "01234567", 8);
    cr_assert_null(meta->icc.data);
    outcome_free(&outcome);
}

/* sRGB outranks gAMA: a reader that knows both and one that knows gAMA alone must not see different colours.
 */
Test(colors, no_png_contradicts_itself)
{
    struct outcome outcome;
    put_through(&outcome, (struct added[ADDED_MAX]){SRGB, GAMMA_1, CHRM_SRGB}, "flip");
    cr_assert(outcome.image.meta.has_srgb && outcome.image.meta.has_chromaticities);
    cr_assert_not(outcome.image.meta.has_gamma);
    outcome_free(&outcome);
    put_through(&outcome, (struct added[ADDED_MAX]){SRGB, GAMMA_SRGB}, "flip");
    cr_assert(outcome.image.meta.has_srgb && outcome.image.meta.has_gamma);
    outcome_free(&outcome);
}

/* cICP outranks iCCP: what the JPEG says is what the PNG's cICP said. */
Test(colors, cicp_outranks_a_profile)
{
    static const uint8_t wide[4] = {12, 13, 0, 1};
    uint8_t profile[256] = {0}, chunk[512] = "name\0";
    struct outcome outcome;
    struct libdeflate_compressor *deflater = libdeflate_alloc_compressor(1);
    png_put_be32(profile, sizeof profile);
    memcpy(profile + 16, "RGB ", 4);
    memcpy(profile + 36, "acsp", 4);
    const size_t size = 6 + libdeflate_zlib_compress(deflater, profile, sizeof profile, chunk + 6, 500);
    libdeflate_free_compressor(deflater);
    put_through(&outcome,
                (struct added[ADDED_MAX]){{"iCCP", (char *)chunk, size}, {"cICP", (const char *)wide, 4}},
                "format=jpeg");
    cr_assert_neq(outcome.image.meta.icc.size, sizeof profile);
    cr_assert_gt(outcome.image.meta.icc.size, 400);
    outcome_free(&outcome);
    /* Though it says what a file without a profile means. */
    put_through(&outcome, (struct added[ADDED_MAX]){{"iCCP", (char *)chunk, size}, CICP(1, 13)},
                "format=jpeg");
    cr_assert_neq(outcome.image.meta.icc.size, sizeof profile);
    cr_assert_gt(outcome.image.meta.icc.size, 400);
    outcome_free(&outcome);
    /* PQ has no equal profile, so the one beside it is what there is. */
    put_through(&outcome, (struct added[ADDED_MAX]){{"iCCP", (char *)chunk, size}, CICP(9, 16)},
                "format=jpeg");
    cr_assert_eq(outcome.image.meta.icc.size, sizeof profile);
    cr_assert_eq(outcome.warnings.count, 1);
    outcome_free(&outcome);
}
