/* How a PNG's colour chunks appear in a result of either format. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "color/description.h"
#include "image/profile.h"
#include "transform/chunked.h"

/* Expects this many warnings and, in the JPEG, no profile (`space` NULL) or one with this colour space and
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
    /* Primaries do not matter for grey. */
    expect_jpeg((struct added[ADDED_MAX]){GAMMA_SRGB, CHRM_P3}, "format=jpeg", 0, "RGB ");
    expect_jpeg((struct added[ADDED_MAX]){GAMMA_SRGB, CHRM_P3}, "gray/format=jpeg", 0, NULL);
}

Test(colors, what_a_jpeg_cannot_say_is_a_warning)
{
    expect_jpeg((struct added[ADDED_MAX]){CICP(2, 16)}, "format=jpeg", 1, NULL);
    expect_jpeg((struct added[ADDED_MAX]){CICP(9, 1), MASTERING, LIGHT}, "format=jpeg", 1, "RGB ");
    /* The levels are used for the mapping to SDR. */
    expect_jpeg((struct added[ADDED_MAX]){CICP(9, 18), MASTERING, LIGHT}, "format=jpeg", 1, "RGB ");
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

/* cICP outranks iCCP: the JPEG's profile states the colours of the PNG's cICP. */
Test(colors, cicp_outranks_a_profile)
{
    static const uint8_t wide[4] = {12, 13, 0, 1};
    uint8_t profile[256] = {0};
    struct outcome outcome;
    size_t size;
    png_put_be32(profile, sizeof profile);
    memcpy(profile + 16, "RGB ", 4);
    memcpy(profile + 36, "acsp", 4);
    char *chunk = profile_chunk(profile, sizeof profile, &size);
    put_through(&outcome, (struct added[ADDED_MAX]){{"iCCP", chunk, size}, {"cICP", (const char *)wide, 4}},
                "format=jpeg");
    cr_assert_neq(outcome.image.meta.icc.size, sizeof profile);
    cr_assert_gt(outcome.image.meta.icc.size, 300);
    outcome_free(&outcome);
    /* Even if cICP states what a file without a profile means. */
    put_through(&outcome, (struct added[ADDED_MAX]){{"iCCP", chunk, size}, CICP(1, 13)}, "format=jpeg");
    cr_assert_neq(outcome.image.meta.icc.size, sizeof profile);
    cr_assert_gt(outcome.image.meta.icc.size, 300);
    outcome_free(&outcome);
    /* PQ of unknown primaries can't be mapped to SDR, so the file's own profile is used. */
    put_through(&outcome, (struct added[ADDED_MAX]){{"iCCP", chunk, size}, CICP(2, 16)}, "format=jpeg");
    cr_assert_eq(outcome.image.meta.icc.size, sizeof profile);
    cr_assert_eq(outcome.warnings.count, 1);
    outcome_free(&outcome);
    free(chunk);
}
