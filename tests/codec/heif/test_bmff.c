/* The box structure. */
#include "codec/heif/bmff.h"

#include "codec/heif/boxes.h"
#include "codec/heif/heif.h"

Test(bmff, numbers_end_with_the_box)
{
    static const uint8_t bytes[] = {1, 2, 3, 4, 5};
    struct bmff_cursor cursor = bmff_cursor_of(bytes, sizeof bytes);
    cr_expect_eq(bmff_get(&cursor, 0), 0u);
    cr_expect_eq(bmff_get(&cursor, 3), 0x010203u);
    cr_expect_not(cursor.cut);
    cr_expect_eq(bmff_get(&cursor, 3), 0u);
    cr_expect(cursor.cut);
    cr_expect_eq(bmff_get(&cursor, 1), 0u, "what is cut stays cut");
    cursor = bmff_cursor_of(bytes, sizeof bytes);
    const struct bmff_cursor taken = bmff_take(&cursor, UINT64_MAX);
    cr_expect(taken.cut && taken.size == 0 && cursor.cut);
}

Test(bmff, a_string_ends_with_its_nul)
{
    static const uint8_t bytes[] = {'a', 'b', 0, 'c'};
    struct bmff_cursor cursor = bmff_cursor_of(bytes, sizeof bytes);
    cr_expect_str_eq(bmff_get_string(&cursor), "ab");
    cr_expect_null(bmff_get_string(&cursor));
    cr_expect_null(bmff_get_string(&cursor));
    cr_expect(cursor.cut);
}

/* A size of 8 + 2, of 16 + 1 in 64 bits, and of 0: up to the end. */
Test(bmff, boxes_have_one_of_three_sizes)
{
    static const uint8_t bytes[] = {0, 0,   0,   10,  'a', 'a', 'a', 'a', 1,   2, 0, 0, 0,
                                    1, 'b', 'b', 'b', 'b', 0,   0,   0,   0,   0, 0, 0, 17,
                                    3, 0,   0,   0,   0,   'c', 'c', 'c', 'c', 4, 5, 6};
    struct bmff_cursor cursor = bmff_cursor_of(bytes, sizeof bytes);
    struct bmff_box box;
    const size_t sizes[] = {2, 1, 3};
    for (int i = 0; i < 3; i++) {
        cr_assert(bmff_next(&cursor, &box));
        cr_expect_eq(box.type >> 24, (uint32_t)('a' + i));
        cr_expect_eq(box.body.size, sizes[i]);
    }
    cr_expect_not(bmff_next(&cursor, &box));
    cr_expect_not(cursor.cut);
}

Test(bmff, a_box_outside_its_parent_is_none)
{
    static const uint8_t small[] = {0, 0, 0, 7, 'a', 'a', 'a', 'a'};
    static const uint8_t large[] = {0, 0, 0, 9, 'a', 'a', 'a', 'a'};
    static const uint8_t wide[] = {0, 0, 0, 1, 'a', 'a', 'a', 'a', 255, 255, 255, 255, 255, 255, 255, 255};
    const struct bmff_cursor all[] = {bmff_cursor_of(small, sizeof small),
                                      bmff_cursor_of(large, sizeof large), bmff_cursor_of(wide, sizeof wide),
                                      bmff_cursor_of(large, 5)};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct bmff_cursor cursor = all[i];
        struct bmff_box box;
        cr_expect_not(bmff_next(&cursor, &box), "%zu", i);
        cr_expect(cursor.cut, "%zu", i);
    }
}

static enum bmff_step top_of(const uint8_t *data, size_t size, uint64_t end, struct bmff_top *top)
{
    struct memory_source memory;
    struct pm_error error = {0};
    memory_source_init(&memory, data, size);
    return bmff_read_top(&memory.source, 0, end, top, &error);
}

Test(bmff, boxes_of_a_file_are_held_against_their_range)
{
    static const uint8_t bytes[] = {0, 0, 0, 20, 'm', 'e', 't', 'a', 0};
    static const uint8_t open[] = {0, 0, 0, 0, 'm', 'd', 'a', 't'};
    static const uint8_t wide[] = {0, 0, 0, 1, 'm', 'd', 'a', 't', 255, 255, 255, 255, 255, 255, 255, 255};
    struct bmff_top top;
    cr_assert_eq(top_of(bytes, sizeof bytes, UINT64_MAX, &top), BMFF_BOX);
    cr_expect_eq(top.body, 8u);
    cr_expect_eq(top.end, 20u, "a file may end before its box does");
    cr_expect_eq(top_of(bytes, sizeof bytes, 19, &top), BMFF_ERROR);
    cr_expect_eq(top_of(bytes, 7, UINT64_MAX, &top), BMFF_END);
    cr_expect_eq(top_of(bytes, 0, UINT64_MAX, &top), BMFF_END);
    cr_assert_eq(top_of(open, sizeof open, UINT64_MAX, &top), BMFF_BOX);
    cr_expect_eq(top.end, UINT64_MAX);
    cr_expect_eq(top_of(wide, sizeof wide, UINT64_MAX - 1, &top), BMFF_ERROR);
}

Test(bmff, a_brand_is_one_of_the_ftyp_box)
{
    static const char file[] = "\0\0\0\x1c"
                               "ftypmif1\0\0\0\0mif1avifmiafheic";
    const uint8_t *head = (const uint8_t *)file;
    cr_expect(bmff_has_brand(head, sizeof file - 1, BMFF_TYPE('a', 'v', 'i', 'f')));
    cr_expect_not(bmff_has_brand(head, 22, BMFF_TYPE('a', 'v', 'i', 'f')), "the file ends in it");
    cr_expect_not(bmff_has_brand(head, sizeof file - 1, BMFF_TYPE('h', 'e', 'i', 'c')), "behind the box");
    cr_expect_not(bmff_has_brand(head, sizeof file - 1, 0), "the version is no brand");
    cr_expect_not(bmff_has_brand(head, 3, BMFF_TYPE('a', 'v', 'i', 'f')));
}

/* ISO/IEC 23008-12:2022/Amd 1, 6.2: a mini box instead of meta. */
Test(bmff, the_short_form_is_refused_with_its_reason)
{
    static const uint8_t file[] = "\0\0\0\x18"
                                  "ftypavif\0\0\0\0avifmif3\0\0\0\x10mini\x8\x7\x6\x5\x4\x3\x2";
    struct heif heif = {0};
    struct pm_error error = {0};
    struct memory_source memory;
    memory_source_init(&memory, file, sizeof file);
    cr_expect_eq(heif_load(&heif, &memory.source, &error), -1);
    cr_expect_eq(error.kind, PM_ERROR_UNSUPPORTED);
    cr_expect_not_null(strstr(error.message, "a mini box"), "%s", error.message);
    heif_free(&heif);
}
