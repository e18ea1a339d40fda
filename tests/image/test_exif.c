#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "image/exif.h"
#include "image/tiff_maker.h"

Test(exif, minimal_states_its_orientation)
{
    for (unsigned orientation = 1; orientation <= 8; orientation++) {
        uint8_t exif[EXIF_MINIMAL_BYTES];
        exif_minimal(exif, orientation);
        cr_assert_eq(exif_orientation(exif, sizeof exif), orientation);
    }
}

/* Writers differ in the type and count of the number. */
Test(exif, orientation_may_have_any_whole_type_and_count)
{
    static const struct {
        uint8_t entry[10]; /* type, count and value, little endian */
        unsigned expected;
    } cases[] = {
        {{1, 0, 1, 0, 0, 0, 6}, 6},          /* BYTE */
        {{3, 0, 1, 0, 0, 0, 6}, 6},          /* SHORT */
        {{4, 0, 1, 0, 0, 0, 6}, 6},          /* LONG */
        {{6, 0, 1, 0, 0, 0, 6}, 6},          /* SBYTE */
        {{8, 0, 1, 0, 0, 0, 6}, 6},          /* SSHORT */
        {{9, 0, 1, 0, 0, 0, 6}, 6},          /* SLONG */
        {{3, 0, 2, 0, 0, 0, 6, 0, 1, 0}, 6}, /* two SHORTs */
        {{1, 0, 4, 0, 0, 0, 6, 1, 1, 1}, 6}, /* four BYTEs */
        {{4, 0, 2, 0, 0, 0, 26}, 5},         /* two LONGs, after the IFD */
        {{4, 0, 2, 0, 0, 0, 27}, 1},         /* the second is past the end */
        {{3, 0, 0, 0, 0, 0, 6}, 1},          /* none */
        {{2, 0, 1, 0, 0, 0, 6}, 1},          /* text */
        {{4, 0, 1, 0, 0, 0, 6, 0, 1, 0}, 1}, /* 65542 */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t exif[34] = {[26] = 5, [30] = 6};
        exif_minimal(exif, 1);
        memcpy(exif + 12, cases[i].entry, sizeof cases[i].entry);
        cr_expect_eq(exif_orientation(exif, sizeof exif), cases[i].expected, "case %zu", i);
    }
}

Test(exif, big_endian_is_read)
{
    uint8_t exif[] = {'M', 'M',  0, 42, 0, 0, 0, 10, 0xAA, 0xAA,         /* IFD0 at 10, after a gap */
                      0,   2,                                            /* two entries */
                      1,   0x0F, 0, 2,  0, 0, 0, 3,  'a',  'b',  'c', 0, /* maker */
                      1,   0x12, 0, 3,  0, 0, 0, 1,  0,    6,    0,   0, /* orientation */
                      0,   0,    0, 0};
    cr_assert_eq(exif_orientation(exif, sizeof exif), 6);
    memcpy(exif + 24, "\1\x12\0\4\0\0\0\1\0\0\0\7", 12); /* as LONG */
    cr_assert_eq(exif_orientation(exif, sizeof exif), 7);
}

Test(exif, values_out_of_range_say_nothing)
{
    uint8_t exif[EXIF_MINIMAL_BYTES];
    for (unsigned value = 0; value < 256; value = value == 0 ? 9 : value + 1) {
        exif_minimal(exif, value);
        cr_assert_eq(exif_orientation(exif, sizeof exif), 1);
    }
}

Test(exif, every_cut_and_every_offset_is_safe)
{
    uint8_t exif[EXIF_MINIMAL_BYTES];
    exif_minimal(exif, 8);
    for (size_t size = 0; size < sizeof exif; size++) {
        uint8_t *copy = malloc(size > 0 ? size : 1); /* exact size, so that ASan sees an overrun */
        memcpy(copy, exif, size);
        unsigned expected = size >= 22 ? 8 : 1; /* the entry ends at 22 */
        cr_assert_eq(exif_orientation(copy, size), expected, "size %zu", size);
        free(copy);
    }
    for (unsigned offset = 0; offset < 256; offset++) {
        exif[4] = (uint8_t)offset;
        cr_assert_eq(exif_orientation(exif, sizeof exif), offset == 8 ? 8 : 1);
    }
    memset(exif + 4, 0xFF, 4);
    cr_assert_eq(exif_orientation(exif, sizeof exif), 1);
}

static enum pm_exif_color color_of(unsigned space, const char *index, bool big)
{
    struct tiff_maker maker;
    tiff_maker_begin(&maker, big);
    const size_t interop =
        tiff_maker_ifd(&maker, (const struct made_entry[]){{1, TIFF_ASCII, 4, index, {0}}}, 1, 0);
    const struct made_entry entries[] = {{0xA001, TIFF_SHORT, 1, NULL, {space}},
                                         {0xA005, TIFF_LONG, 1, NULL, {(uint32_t)interop}}};
    const size_t exif = tiff_maker_ifd(&maker, entries, 2, 0);
    tiff_maker_end(&maker,
                   tiff_maker_ifd(&maker,
                                  (const struct made_entry[]){{0x8769, TIFF_LONG, 1, NULL, {(uint32_t)exif}}},
                                  1, 0));
    const enum pm_exif_color color = exif_color(maker.bytes, maker.size);
    for (size_t size = 0; size < maker.size; size++) /* a truncated block gives less information, or none */
        exif_color(maker.bytes, size);
    return color;
}

Test(exif, says_srgb_or_adobe_rgb)
{
    for (int big = 0; big < 2; big++) {
        cr_assert_eq(color_of(1, "R98", big), PM_EXIF_COLOR_SRGB);
        cr_assert_eq(color_of(2, "R98", big), PM_EXIF_COLOR_ADOBE_RGB);
        cr_assert_eq(color_of(0xFFFF, "R03", big), PM_EXIF_COLOR_ADOBE_RGB);
        cr_assert_eq(color_of(0xFFFF, "R98", big), PM_EXIF_COLOR_NONE);
    }
    uint8_t minimal[EXIF_MINIMAL_BYTES];
    exif_minimal(minimal, 1);
    cr_assert_eq(exif_color(minimal, sizeof minimal), PM_EXIF_COLOR_NONE);
    cr_assert_eq(exif_color((const uint8_t *)"", 0), PM_EXIF_COLOR_NONE);
}
