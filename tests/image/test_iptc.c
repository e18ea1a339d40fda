#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "image/iptc.h"

#define SETS "\x1c\2\x50\0\3Zoe"
#define RESOURCES                                                                                            \
    "8BIM\4\x25\0\0\0\0\0\1x\0" /* another resource, of one byte and a pad */                                \
    "PHUT\3\xed\3abc\0\0\0\2no" /* a name of three letters, which needs no pad */                            \
    "8BIM\4\4\2ab\0\0\0\0\0"    /* the right one, but empty */                                               \
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
    static const char *const others[] = {"", "8BI", "Exif", "8BIM\4\5\0\0\0\0\0\x8" SETS};
    cr_assert_null(iptc_find((struct pm_blob){0}).data);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_assert_null(iptc_find((struct pm_blob){(const uint8_t *)others[i], strlen(others[i])}).data);
    cr_assert_null(iptc_find((struct pm_blob){(const uint8_t *)"8BIM\4\4\0\0\0\0\0\3nos", 15}).data,
                   "what is in there are no data sets");
}

/* In blocks of their own, so that a sanitizer sees a read one byte beyond. */
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
