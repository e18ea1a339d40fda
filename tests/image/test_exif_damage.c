/* EXIF blocks that are damaged, contradict themselves or take long, and what an edit leaves of them. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "image/exif.h"
#include "image/exif_camera.h"
#include "image/tiff_maker.h"

/* An IFD0 that would have to move past the max size of a JPEG segment. */
Test(exif_edit, an_orientation_that_does_not_fit_leaves_no_block)
{
    enum { ENTRIES = 4000 };
    const size_t size = 8 + 2 + ENTRIES * TIFF_ENTRY_BYTES + 4;
    uint8_t *bytes = calloc(1, size);
    memcpy(bytes, "II*\0\x08\0\0\0", 8);
    bytes[8] = ENTRIES & 255;
    bytes[9] = ENTRIES >> 8;
    for (size_t i = 0; i < ENTRIES; i++) {
        uint8_t *entry = bytes + 10 + i * TIFF_ENTRY_BYTES;
        entry[0] = (uint8_t)(i & 255);
        entry[1] = (uint8_t)(0xD0 + (i >> 8));
        entry[2] = TIFF_SHORT;
        entry[4] = 1;
    }
    struct picture_facts facts = same;
    struct edited whole = camera_edit_bytes(bytes, size, &facts);
    cr_expect(whole.tiff.size == size && !whole.left_out.full);
    facts.orientation = 6;
    struct edited edited = camera_edit_bytes(bytes, size, &facts);
    cr_expect(edited.tiff.size == 0 && edited.left_out.full && !edited.left_out.broken);
    free(edited.bytes);
    free(whole.bytes);
    free(bytes);
}

/* Where a value overlaps an IFD, or two IFDs overlap, the result has few entries and no stale one. */
Test(exif_edit, values_and_ifds_do_not_overlap)
{
    struct tiff_maker maker;
    tiff_maker_begin(&maker, false);
    size_t ifd = maker.size;
    tiff_maker_end(&maker, tiff_maker_ifd(&maker,
                                          (struct made_entry[]){
                                              {0x010E,
                                               TIFF_ASCII,
                                               60,
                                               "text, sixty bytes long with all its end"
                                               "........................",
                                               {0}},
                                              {0x0112, TIFF_SHORT, 1, NULL, {6}},
                                              {0x8769, TIFF_LONG, 1, NULL, {(uint32_t)ifd}},
                                              {0x8825, TIFF_LONG, 1, NULL, {(uint32_t)ifd + 2}},
                                          },
                                          4, 0));
    maker.bytes[ifd + 2 + 8] = (uint8_t)ifd; /* the text overlaps the IFD */
    struct edited edited = camera_edit(&maker, &same);
    cr_expect_eq(tiff_entries(&edited.tiff, edited.ifd0), 1);
    cr_expect_eq(exif_orientation(edited.bytes, edited.tiff.size), 1);
    cr_expect(camera_told(&edited, 0x010E));
    free(edited.bytes);
}

/* Without a limit, overlapping values would have the same bytes searched for a picture again and again. */
Test(exif_edit, no_byte_is_looked_at_more_than_twice_on_average)
{
    enum { ENTRIES = 40, TEXT = 4000 };
    static char text[TEXT + 1];
    struct tiff_maker maker;
    struct made_entry entries[ENTRIES];
    memset(text, 'x', TEXT);
    tiff_maker_begin(&maker, false);
    const size_t at = tiff_maker_bytes(&maker, text, TEXT);
    for (unsigned i = 0; i < ENTRIES; i++)
        entries[i] = (struct made_entry){(uint16_t)(0xD000 + i), TIFF_LONG, 1, NULL, {(uint32_t)at}};
    const size_t ifd = tiff_maker_ifd(&maker, entries, ENTRIES, 0);
    tiff_maker_end(&maker, ifd);
    for (size_t i = 0; i < ENTRIES; i++) { /* texts of that size, all in the same bytes */
        uint8_t *entry = maker.bytes + ifd + 2 + i * TIFF_ENTRY_BYTES;
        memcpy(entry + 2, (const uint8_t[]){TIFF_ASCII, 0, TEXT & 255, TEXT >> 8, 0, 0}, 6);
    }
    struct edited edited = camera_edit(&maker, &same);
    const size_t kept = tiff_entries(&edited.tiff, edited.ifd0);
    cr_expect(kept > 0 && kept * TEXT <= 2 * maker.size, "%zu of %zu bytes", kept, maker.size);
    cr_expect_eq(edited.left_out.count, ENTRIES - kept);
    free(edited.bytes);
}

Test(exif_edit, what_is_no_tiff_structure_is_broken)
{
    static const char *const bytes[] = {"",
                                        "II*\0",
                                        "Exif\0\0II*\0\10\0\0\0\1\0",
                                        "II+\0\10\0\0\0\1\0",
                                        "II*\0\377\377\377\377",
                                        "II*\0\0\0\0\0\1\0"};
    static const size_t sizes[] = {0, 4, 16, 10, 8, 10};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct edited edited = camera_edit_bytes((const uint8_t *)bytes[i], sizes[i], &same);
        cr_expect(edited.tiff.size == 0 && edited.left_out.broken, "%zu", i);
        free(edited.bytes);
    }
}

/* Truncated and damaged anywhere: reads stay within bounds, and the orientation is never a stale one. */
Test(exif_edit, damage_is_survived)
{
    struct tiff_maker maker;
    for (unsigned seed = 0; seed < 20000; seed++) {
        make_camera(&maker, seed & 1);
        srand(seed);
        for (unsigned i = (unsigned)rand() % 4; i > 0; i--)
            maker.bytes[(size_t)rand() % maker.size] = (uint8_t)rand();
        if (seed % 3 == 0)
            maker.size = (size_t)rand() % (maker.size + 1);
        struct edited edited = camera_edit(&maker, seed & 2 ? &turned : &same);
        if (edited.tiff.size > 0) {
            cr_assert_eq(exif_orientation(edited.bytes, edited.tiff.size), 1, "seed %u", seed);
            cr_assert_null(memmem(edited.bytes, edited.tiff.size, "\xff\xd8\xff\xdb", 4), "seed %u", seed);
        }
        free(edited.bytes);
    }
}
