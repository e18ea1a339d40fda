#include <criterion/criterion.h>

#include "base/bytes.h"

Test(bytes, are_in_the_order_that_was_asked_for)
{
    const uint8_t bytes[] = {0, 0x81, 0x92, 0xA3, 0xB4};
    uint8_t written[5] = {0};
    cr_expect_eq(get_be16(bytes + 1), 0x8192);
    cr_expect_eq(get_be32(bytes + 1), 0x8192A3B4);
    cr_expect_eq(get_le32(bytes + 1), 0xB4A39281);
    put_be32(written + 1, 0x8192A3B4);
    cr_expect_arr_eq(written, bytes, sizeof bytes);
    put_be16(written, 0x5678);
    cr_expect_arr_eq(written, ((const uint8_t[]){0x56, 0x78, 0x92, 0xA3, 0xB4}), sizeof bytes);
}
