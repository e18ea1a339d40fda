#include <criterion/criterion.h>
#include <string.h>

#include "image/exif.h"

Test(exif, minimal_states_its_orientation)
{
    for (unsigned orientation = 1; orientation <= 8; orientation++) {
        uint8_t exif[EXIF_MINIMAL_BYTES];
        exif_minimal(exif, orientation);
        cr_assert_eq(exif_orientation(exif, sizeof exif), orientation);
    }
}

Test(exif, big_endian_is_read_and_rewritten)
{
    uint8_t exif[] = {'M', 'M',  0, 42, 0, 0, 0, 10, 0xAA, 0xAA,         /* IFD0 at 10, after a gap */
                      0,   2,                                            /* two entries */
                      1,   0x0F, 0, 2,  0, 0, 0, 3,  'a',  'b',  'c', 0, /* maker */
                      1,   0x12, 0, 3,  0, 0, 0, 1,  0,    6,    0,   0, /* orientation */
                      0,   0,    0, 0};
    cr_assert_eq(exif_orientation(exif, sizeof exif), 6);
    uint8_t before[sizeof exif];
    memcpy(before, exif, sizeof exif);
    exif_set_orientation(exif, sizeof exif, 1);
    cr_assert_eq(exif_orientation(exif, sizeof exif), 1);
    before[10 + 2 + 12 + 9] = 1;
    cr_assert_arr_eq(exif, before, sizeof exif, "nothing but the value may change");
}

Test(exif, without_an_orientation_nothing_is_written)
{
    uint8_t exif[EXIF_MINIMAL_BYTES], before[EXIF_MINIMAL_BYTES];
    exif_minimal(exif, 3);
    exif[10] = 0x11; /* another tag */
    memcpy(before, exif, sizeof exif);
    exif_set_orientation(exif, sizeof exif, 5);
    cr_assert_arr_eq(exif, before, sizeof exif);
    cr_assert_eq(exif_orientation(exif, sizeof exif), 1);
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
        uint8_t *copy = malloc(size > 0 ? size : 1); /* its own block, so that a sanitizer sees an overrun */
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
