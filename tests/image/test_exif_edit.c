/* What an EXIF block contains after its picture was changed. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "image/exif.h"
#include "image/exif_camera.h"
#include "image/tiff_maker.h"

static uint32_t number_of(const struct edited *edited, size_t ifd, unsigned tag)
{
    struct tiff_entry entry = tiff_find(&edited->tiff, ifd, tag);
    return tiff_number(&edited->tiff, &entry);
}

static bool has(const struct edited *edited, size_t ifd, unsigned tag)
{
    return tiff_find(&edited->tiff, ifd, tag).value_size > 0;
}

static void expect_order(const struct tiff *tiff, size_t ifd)
{
    for (size_t i = 1; i < tiff_entries(tiff, ifd); i++)
        cr_expect_lt(tiff_entry(tiff, ifd, i - 1).tag, tiff_entry(tiff, ifd, i).tag, "entry %zu", i);
}

static uint32_t rational_of(const struct edited *edited, size_t ifd, unsigned tag)
{
    struct tiff_entry entry = tiff_find(&edited->tiff, ifd, tag);
    cr_assert_eq(entry.value_size, 8, "tag %x", tag);
    return tiff_get_32(&edited->tiff, entry.value_at);
}

static void expect_turned(bool big)
{
    struct tiff_maker maker;
    make_camera(&maker, big);
    struct edited edited = camera_edit(&maker, &turned);
    const size_t ifd0 = edited.ifd0, exif = edited.exif, size = edited.tiff.size;
    cr_assert(size > 0 && edited.tiff.big == big);
    /* Values of the new picture. */
    cr_expect_eq(exif_orientation(edited.bytes, size), 1);
    cr_expect_eq(tiff_find(&edited.tiff, ifd0, 0x0112).type, TIFF_SHORT);
    cr_expect_eq(number_of(&edited, ifd0, 0x0100), 48);
    cr_expect_eq(number_of(&edited, ifd0, 0x0101), 64);
    cr_expect_eq(number_of(&edited, exif, 0xA002), 48);
    cr_expect_eq(number_of(&edited, exif, 0xA003), 64);
    cr_expect_eq(number_of(&edited, ifd0, 0x0213), 1);
    cr_expect_eq(rational_of(&edited, ifd0, 0x011A), 150);
    cr_expect_eq(rational_of(&edited, ifd0, 0x011B), 300);
    cr_expect_eq(rational_of(&edited, exif, 0xA20E), 2000);
    cr_expect_eq(rational_of(&edited, exif, 0xA20F), 3000);
    size_t interop = number_of(&edited, exif, 0xA005), gps = number_of(&edited, ifd0, 0x8825);
    cr_expect_eq(number_of(&edited, interop, 0x1001), 48);
    cr_expect_eq(number_of(&edited, interop, 0x1002), 64);
    /* Nothing about the old picture. */
    cr_expect_null(memmem(edited.bytes, size, "THE OLD PICTURE", 15));
    cr_expect_null(memmem(edited.bytes, size, "FORGOTTEN", 9));
    cr_expect_eq(tiff_get_32(&edited.tiff, ifd0 + 2 + tiff_entries(&edited.tiff, ifd0) * TIFF_ENTRY_BYTES), 0,
                 "no IFD1");
    cr_expect(!has(&edited, ifd0, 0x0102) && !has(&edited, exif, 0x9102) && !has(&edited, exif, 0x9214));
    cr_expect(camera_told(&edited, 0x9214) && edited.left_out.count == 1 && !edited.left_out.broken);
    /* Everything else is kept. */
    cr_expect(has(&edited, exif, 0x829A) && has(&edited, exif, 0x9000) && has(&edited, interop, 1));
    cr_expect_not_null(memmem(edited.bytes, size, "A  Camera", 10));
    cr_expect_eq(rational_of(&edited, gps, 0x0011), 90);
    cr_expect_eq(number_of(&edited, ifd0, 0x0128), 2);
    expect_order(&edited.tiff, ifd0);
    expect_order(&edited.tiff, exif);
    /* A MakerNote keeps its position, because its own offsets depend on it. */
    const uint8_t *before = memmem(maker.bytes, maker.size, "maker's own", 11);
    const uint8_t *after = memmem(edited.bytes, size, "maker's own", 11);
    cr_assert_not_null(after);
    cr_expect_eq(after - edited.bytes, before - maker.bytes);
    free(edited.bytes);
}

Test(exif_edit, a_turned_picture_is_what_its_block_says)
{
    expect_turned(false);
    expect_turned(true);
}

Test(exif_edit, what_holds_still_is_kept)
{
    struct tiff_maker maker;
    make_camera(&maker, false);
    struct edited edited = camera_edit(&maker, &same);
    cr_expect_eq(edited.left_out.count, 0);
    cr_expect(has(&edited, edited.exif, 0x9214), "positions in a picture of the same size");
    cr_expect_eq(rational_of(&edited, edited.ifd0, 0x011A), 300);
    cr_expect_null(memmem(edited.bytes, edited.tiff.size, "THE OLD PICTURE", 15));
    free(edited.bytes);
}

Test(exif_edit, editing_twice_is_editing_once)
{
    struct tiff_maker maker;
    make_camera(&maker, true);
    struct edited once = camera_edit(&maker, &same),
                  twice = camera_edit_bytes(once.bytes, once.tiff.size, &same);
    cr_assert_eq(twice.tiff.size, once.tiff.size);
    cr_assert_arr_eq(twice.bytes, once.bytes, once.tiff.size);
    free(once.bytes);
    free(twice.bytes);
}

/* IFD0 with these entries only. */
static struct edited edit_entries(const struct made_entry *entries, size_t count,
                                  const struct picture_facts *facts)
{
    struct tiff_maker maker;
    tiff_maker_begin(&maker, false);
    tiff_maker_end(&maker, tiff_maker_ifd(&maker, entries, count, 0));
    return camera_edit(&maker, facts);
}

Test(exif_edit, a_picture_in_a_value_is_left_out)
{
    static const char *const pictures[] = {"Nikon\0\2\xff\xd8\xff\xe1 preview",
                                           "\xff\xd8\xff\xc0 preview....", "Minolta\2\xd8\xff\xdb preview"};
    for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++) {
        const struct made_entry entries[] = {
            {0x010F, TIFF_ASCII, 16, pictures[i], {0}},
            {0x0131, TIFF_ASCII, 8, "program", {0}},
            {0x927C, TIFF_UNDEFINED, 16, pictures[i], {0}},
            {0x9286, TIFF_UNDEFINED, 16, pictures[i], {0}},
        };
        struct edited edited = edit_entries(entries, 4, &same);
        cr_expect_null(memmem(edited.bytes, edited.tiff.size, "preview", 7), "%zu", i);
        cr_expect_eq(tiff_entries(&edited.tiff, edited.ifd0), 1);
        cr_expect(camera_told(&edited, 0x927C) && camera_told(&edited, 0x9286) &&
                  camera_told(&edited, 0x010F));
        free(edited.bytes);
    }
}

Test(exif_edit, an_encrypted_maker_note_is_left_out)
{
    const struct made_entry entries[] = {{0x0131, TIFF_ASCII, 8, "program", {0}},
                                         {0x927C, TIFF_UNDEFINED, 14, "HDRP\2 anything", {0}}};
    struct edited edited = edit_entries(entries, 2, &same);
    cr_expect(camera_told(&edited, 0x927C) && !has(&edited, edited.ifd0, 0x927C));
    cr_expect(has(&edited, edited.ifd0, 0x0131));
    free(edited.bytes);
}

Test(exif_edit, long_values_of_unknown_tags_are_left_out)
{
    uint8_t noise[2000] = {0};
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)(i * i >> 3 & 0x7f);
    const struct made_entry entries[] = {
        {0x010E, TIFF_ASCII, 2000, noise, {0}},     /* text may be long */
        {0x4746, TIFF_SHORT, 1, NULL, {5}},         /* Windows' rating */
        {0x8649, TIFF_BYTE, 20, noise, {0}},        /* Photoshop's resources */
        {0x9286, TIFF_UNDEFINED, 2000, noise, {0}}, /* UserComment */
        {0xC6A0, TIFF_UNDEFINED, 64, noise, {0}},
        {0xC6A1, TIFF_UNDEFINED, 65, noise, {0}},
        {0xEA1C, TIFF_UNDEFINED, 2000, noise, {0}}, /* padding */
        {0xEA1D, 99, 1, NULL, {0}},                 /* of no known type */
    };
    struct edited edited = edit_entries(entries, 8, &same);
    static const uint16_t kept[] = {0x010E, 0x4746, 0x9286, 0xC6A0};
    cr_expect_eq(tiff_entries(&edited.tiff, edited.ifd0), 4);
    for (size_t i = 0; i < 4; i++)
        cr_expect(has(&edited, edited.ifd0, kept[i]), "%x", kept[i]);
    cr_expect_eq(edited.left_out.count, 3);
    cr_expect(camera_told(&edited, 0x8649) && camera_told(&edited, 0xC6A1) && camera_told(&edited, 0xEA1D));
    free(edited.bytes);
}

Test(exif_edit, a_side_of_more_than_65535_pixels_is_a_long_number)
{
    const struct made_entry entries[] = {{0x0100, TIFF_SHORT, 1, NULL, {3}},
                                         {0x0101, TIFF_SHORT, 1, NULL, {3}}};
    struct picture_facts facts = same;
    facts.width = 65536;
    facts.height = 65535;
    struct edited edited = edit_entries(entries, 2, &facts);
    cr_expect_eq(number_of(&edited, edited.ifd0, 0x0100), 65536);
    cr_expect_eq(number_of(&edited, edited.ifd0, 0x0101), 65535);
    cr_expect_eq(tiff_find(&edited.tiff, edited.ifd0, 0x0100).type, TIFF_LONG);
    cr_expect_eq(tiff_find(&edited.tiff, edited.ifd0, 0x0101).type, TIFF_SHORT);
    free(edited.bytes);
}

/* The entries of IFD0, for a block of either byte order: sorted by tag, with no IFD after it. */
static void expect_ordered(const struct edited *edited)
{
    const size_t entries = tiff_get_16(&edited->tiff, edited->ifd0);
    for (size_t i = 1; i < entries; i++)
        cr_expect_lt(tiff_entry(&edited->tiff, edited->ifd0, i - 1).tag,
                     tiff_entry(&edited->tiff, edited->ifd0, i).tag);
    const size_t next = edited->ifd0 + 2 + entries * TIFF_ENTRY_BYTES;
    cr_assert_leq(next + 4, edited->tiff.size);
    cr_expect_eq(tiff_get_32(&edited->tiff, next), 0);
}

Test(exif_edit, orientation_is_the_results_and_added_where_it_lacks)
{
    static const char make[] = "A maker of cameras";
    const struct made_entry entries[] = {{0x010F, TIFF_ASCII, sizeof make, make, {0}},
                                         {0x0112, TIFF_BYTE, 1, "\3", {0}},
                                         {0x0103, TIFF_SHORT, 1, NULL, {6}}, /* removed: makes room */
                                         {0x4746, TIFF_LONG, 1, NULL, {UINT32_MAX}}};
    for (unsigned i = 0; i < 64; i++) {
        struct made_entry chosen[4];
        size_t count = 0;
        for (unsigned k = 0; k < 4; k++) {
            if ((i & 7) != k) /* leaves out one of them, or none */
                chosen[count++] = entries[k];
        }
        struct picture_facts facts = same;
        struct tiff_maker maker;
        facts.orientation = 1 + i / 8;
        for (int big = 0; big < 2; big++) {
            tiff_maker_begin(&maker, big);
            tiff_maker_end(&maker, tiff_maker_ifd(&maker, chosen, count, 0));
            struct edited edited = camera_edit(&maker, &facts);
            cr_assert(!edited.left_out.broken && !edited.left_out.full && edited.left_out.count == 0);
            cr_expect_eq(exif_orientation(edited.bytes, edited.tiff.size), facts.orientation, "%u", i);
            cr_expect_eq(has(&edited, edited.ifd0, 0x0112), facts.orientation > 1 || (i & 7) != 1);
            cr_expect_eq(has(&edited, edited.ifd0, 0x010F), (i & 7) != 0);
            if ((i & 7) != 0) {
                const struct tiff_entry maker_entry = tiff_find(&edited.tiff, edited.ifd0, 0x010F);
                cr_expect_str_eq((const char *)edited.bytes + maker_entry.value_at, make);
            }
            cr_expect_eq(number_of(&edited, edited.ifd0, 0x4746), (i & 7) != 3 ? UINT32_MAX : 0);
            if (facts.orientation > 1) { /* nothing of another entry remains after the value */
                const struct tiff_entry added = tiff_find(&edited.tiff, edited.ifd0, 0x0112);
                cr_expect_eq(tiff_get_16(&edited.tiff, added.value_at + 2), 0, "%u", i);
            }
            expect_ordered(&edited);
            free(edited.bytes);
        }
    }
}

/* With the Exif IFD and everything a camera writes, which keep their positions. */
Test(exif_edit, an_orientation_is_added_to_a_camera_s_block)
{
    for (int big = 0; big < 2; big++) {
        struct tiff_maker maker;
        struct picture_facts facts = same;
        facts.orientation = 6;
        make_camera(&maker, big);
        struct edited edited = camera_edit(&maker, &facts);
        const size_t exif = edited.exif;
        cr_expect_eq(number_of(&edited, edited.ifd0, 0x0112), 6);
        /* The same block, with the orientation's tag changed to an unknown one. */
        struct tiff tiff = {.bytes = maker.bytes, .size = maker.size, .big = big};
        const struct tiff_entry entry = tiff_find(&tiff, tiff_get_32(&tiff, 4), 0x0112);
        cr_assert_gt(entry.value_size, 0);
        maker.bytes[entry.at + (big ? 1 : 0)] = 0x14;
        struct edited added = camera_edit(&maker, &facts);
        cr_expect_eq(exif_orientation(added.bytes, added.tiff.size), 6);
        cr_expect_eq(added.exif, exif);
        expect_ordered(&added);
        free(added.bytes);
        free(edited.bytes);
    }
}

Test(exif_edit, nothing_but_a_thumbnail_leaves_nothing)
{
    struct tiff_maker maker;
    tiff_maker_begin(&maker, false);
    size_t picture = tiff_maker_bytes(&maker, thumbnail, sizeof thumbnail);
    tiff_maker_end(&maker, tiff_maker_ifd(&maker,
                                          (struct made_entry[]){
                                              {0x0201, TIFF_LONG, 1, NULL, {(uint32_t)picture}},
                                              {0x0202, TIFF_LONG, 1, NULL, {sizeof thumbnail}},
                                          },
                                          2, 0));
    struct edited edited = camera_edit(&maker, &same);
    cr_expect(edited.tiff.size == 0 && !edited.left_out.broken && edited.left_out.count == 0);
    free(edited.bytes);
}

/* A block that states Adobe RGB, as cameras do. */
static struct edited edit_colors(enum facts_colors colors, bool big, size_t *interop_at)
{
    struct tiff_maker maker;
    struct picture_facts facts = same;
    facts.colors = colors;
    tiff_maker_begin(&maker, big);
    *interop_at = tiff_maker_ifd(&maker, (struct made_entry[]){{0x0001, TIFF_ASCII, 4, "R03", {0}}}, 1, 0);
    size_t exif = tiff_maker_ifd(&maker,
                                 (struct made_entry[]){
                                     {0x9000, TIFF_UNDEFINED, 4, "0232", {0}},
                                     {0xA001, TIFF_SHORT, 1, NULL, {0xFFFF}},
                                     {0xA005, TIFF_LONG, 1, NULL, {(uint32_t)*interop_at}},
                                     {0xA500, TIFF_RATIONAL, 1, NULL, {22, 10}},
                                 },
                                 4, 0);
    size_t ifd0 = tiff_maker_ifd(&maker,
                                 (struct made_entry[]){
                                     {0x013E, TIFF_RATIONAL, 2, NULL, {313, 1000, 329, 1000}},
                                     {0x8769, TIFF_LONG, 1, NULL, {(uint32_t)exif}},
                                 },
                                 2, 0);
    tiff_maker_end(&maker, ifd0);
    return camera_edit(&maker, &facts);
}

Test(exif_edit, converted_colors_are_stated)
{
    for (int big = 0; big < 2; big++) {
        for (enum facts_colors colors = FACTS_COLORS_KEPT; colors <= FACTS_COLORS_OTHER; colors++) {
            size_t interop;
            struct edited edited = edit_colors(colors, big, &interop);
            const bool kept = colors == FACTS_COLORS_KEPT;
            const enum pm_exif_color color = exif_color(edited.bytes, edited.tiff.size);
            cr_expect_eq(color, kept                          ? PM_EXIF_COLOR_ADOBE_RGB
                                : colors == FACTS_COLORS_SRGB ? PM_EXIF_COLOR_SRGB
                                                              : PM_EXIF_COLOR_NONE);
            cr_expect_eq(number_of(&edited, edited.exif, 0xA001), colors == FACTS_COLORS_SRGB ? 1 : 0xFFFF);
            cr_expect_eq(has(&edited, edited.exif, 0xA500), kept);
            cr_expect_eq(has(&edited, edited.ifd0, 0x013E), kept);
            cr_expect_eq(edited.left_out.count, 0);
            if (colors == FACTS_COLORS_SRGB) {
                const struct tiff_entry index = tiff_find(&edited.tiff, interop, 0x0001);
                cr_assert_eq(index.value_size, 4);
                cr_expect_arr_eq(edited.bytes + index.value_at, "R98", 4);
            }
            free(edited.bytes);
        }
    }
}
