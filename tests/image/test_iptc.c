#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "image/iptc.h"

#define SETS "\x1c\2\x50\0\3Zoe"
#define RESOURCES                                                                                            \
    "8BIM\4\x25\0\0\0\0\0\1x\0" /* another resource, of one byte and padding */                              \
    "PHUT\3\xed\3abc\0\0\0\2no" /* a name of three letters, which needs no padding */                        \
    "8BIM\4\4\2ab\0\0\0\0\0"    /* the right resource, but empty */                                          \
    "8BIM\4\4\0\0\0\0\0\x8" SETS "8BIM\4\6\0\0\0\0\0\2no"

Test(iptc, is_found_plain_and_among_photoshops_resources)
{
    static const char plain[] = SETS, wrapped[] = RESOURCES;
    struct pm_blob found = iptc_find((struct pm_blob){(const uint8_t *)plain, sizeof plain - 1});
    cr_assert_eq(found.size, 8);
    found = iptc_find((struct pm_blob){(const uint8_t *)wrapped, sizeof wrapped - 1});
    cr_assert_eq(found.size, 8);
    cr_assert_arr_eq(found.data, plain, 8);
}

Test(iptc, is_not_found_where_there_is_none)
{
    static const char another[] = "8BIM\4\5\0\0\0\0\0\x8" SETS; /* the same with another resource number */
    const struct {
        const char *bytes;
        size_t size;
    } others[] = {{"", 0}, {"8BI", 3}, {"Exif", 4}, {another, sizeof another - 1}};
    cr_assert_null(iptc_find((struct pm_blob){0}).data);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_assert_null(iptc_find((struct pm_blob){(const uint8_t *)others[i].bytes, others[i].size}).data);
    cr_assert_null(iptc_find((struct pm_blob){(const uint8_t *)"8BIM\4\4\0\0\0\0\0\3nos", 15}).data,
                   "what is in there are no data sets");
}

Test(iptc, is_found_in_pieces_wherever_they_are_cut)
{
    static const char wrapped[] = RESOURCES;
    const uint8_t *bytes = (const uint8_t *)wrapped;
    for (size_t first = 0; first < sizeof wrapped - 1; first++) {
        struct iptc_search search = {0};
        iptc_search(&search, bytes, first);
        for (size_t at = first; at < sizeof wrapped - 1; at += 3)
            iptc_search(&search, bytes + at, sizeof wrapped - 1 - at < 3 ? sizeof wrapped - 1 - at : 3);
        cr_assert(search.found, "%zu", first);
        cr_assert_eq(search.size, 8);
        cr_assert_arr_eq(bytes + search.offset, SETS, 8);
    }
}

/* In exact allocations, so that the sanitizer sees a read one byte past the end. */
Test(iptc, no_length_is_believed)
{
    static const char wrapped[] = RESOURCES;
    for (size_t size = 0; size < sizeof wrapped - 1; size++) {
        uint8_t *cut = malloc(size + 1);
        memcpy(cut, wrapped, size);
        struct pm_blob found = iptc_find((struct pm_blob){cut, size});
        cr_assert(found.data == NULL || found.size == 8);
        for (size_t at = 0; at < size; at++) {
            const uint8_t kept = cut[at];
            cut[at] = 0xff;
            found = iptc_find((struct pm_blob){cut, size});
            cr_assert(found.data == NULL || (found.data >= cut && found.data + found.size <= cut + size));
            cut[at] = kept;
        }
        free(cut);
    }
}

/* Edits in exact allocations, for the address sanitizer. */
static size_t edit(const char *sets, size_t size, uint32_t width, uint32_t height, uint8_t *out)
{
    const struct picture_facts facts = {.width = width, .height = height, .orientation = 1};
    uint8_t *in = malloc(size + (size == 0)), *exact = malloc(size + (size == 0));
    memcpy(in, sets, size);
    size_t kept = iptc_restate(in, size, &facts, exact);
    cr_assert_leq(kept, size);
    memcpy(out, exact, kept);
    free(in);
    free(exact);
    return kept;
}

Test(iptc, previews_go_and_orientation_is_the_results)
{
    static const char before[] = SETS "\x1c\2\x83\0\1L"      /* ImageOrientation */
                                      "\x1c\2\xc8\0\2\0\x0b" /* preview format */
                                      "\x1c\2\xca\x80\2\0\4"
                                      "\xff\xd8"
                                      "ab"                   /* preview, of extended length */
                                      "\x1c\3\x14\0\2\0\x40" /* pixels per line */
                                      "\x1c\x7\x0a\0\1\1"    /* object size */
                                      "\x1c\x8\x0a\0\3obj"   /* subfile */
                                      "\x1c\x9\x0a\0\1\1"    /* confirmed object size */
                                      "\x1c\1\x5a\0\3\x1b%G" /* character set */
                                      "\0\0";
    static const char *const after[] = {SETS "\x1c\2\x83\0\1L\x1c\1\x5a\0\3\x1b%G",
                                        SETS "\x1c\2\x83\0\1P\x1c\1\x5a\0\3\x1b%G",
                                        SETS "\x1c\2\x83\0\1S\x1c\1\x5a\0\3\x1b%G"};
    static const uint32_t sides[][2] = {{64, 48}, {48, 64}, {48, 48}};
    for (size_t i = 0; i < 3; i++) {
        uint8_t out[sizeof before];
        size_t size = edit(before, sizeof before - 1, sides[i][0], sides[i][1], out);
        cr_assert_eq(size, 8 + 6 + 8);
        cr_assert_arr_eq(out, after[i], size, "%zu", i);
    }
}

Test(iptc, data_sets_that_can_not_be_told_apart_are_left_out)
{
    static const char sets[] = SETS "\x1c\2\x05\x80\2\0\3abc";
    uint8_t out[sizeof sets];
    for (size_t cut = 0; cut < sizeof sets; cut++) {
        size_t expected = cut == sizeof sets - 1 ? cut : cut == 8 ? 8 : 0;
        cr_expect_eq(edit(sets, cut, 1, 1, out), expected, "at %zu", cut);
    }
    cr_expect_eq(edit(SETS "\1", 9, 1, 1, out), 0);
    cr_expect_eq(edit(SETS "\x1c\2\x05\x80\5\0\0\0\0\0", 18, 1, 1, out), 0, "a length of five bytes");
    cr_expect_eq(edit("\0\0", 2, 1, 1, out), 0);
}
