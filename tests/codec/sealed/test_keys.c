#include <criterion/criterion.h>
#include <string.h>

#include "secrets.h"

/* Computed by another implementation of HKDF (Python's hmac). A change here breaks all existing files. */
Test(secret, keys_are_hkdf_sha256_of_master_and_id_by_label)
{
    static const uint8_t pixels[] = {0xd9, 0x7d, 0x17, 0x07, 0xc4, 0x6c, 0x96, 0x54, 0x06, 0xc6, 0xb8,
                                     0x53, 0xcb, 0xa7, 0xec, 0x6d, 0x42, 0x84, 0xc9, 0x23, 0x5e, 0x2a,
                                     0x45, 0xa6, 0xbf, 0x8f, 0xf9, 0x2f, 0x15, 0x35, 0xe8, 0x20};
    static const uint8_t metadata[] = {0x79, 0xf1, 0x17, 0xd0, 0xf0, 0xb7, 0x3c, 0xd5, 0x3a, 0x33, 0x03,
                                       0x1b, 0x61, 0x39, 0xe2, 0x33, 0x47, 0xcc, 0x1b, 0x92, 0xb1, 0xd3,
                                       0x0f, 0x37, 0xb2, 0x70, 0x2b, 0x01, 0x13, 0xdb, 0xce, 0x08};
    static const uint8_t check[] = {0xa8, 0x8b, 0x8a, 0xbf, 0x84, 0x70, 0x6f, 0x4d,
                                    0xcb, 0xd1, 0xdc, 0xaf, 0x13, 0xae, 0x35, 0x49};
    struct pm_secret secret = secret_for(0, 100, NULL);
    cr_assert_arr_eq(secret.pixel_key, pixels, sizeof pixels);
    cr_assert_arr_eq(secret.metadata_key, metadata, sizeof metadata);
    cr_assert_arr_eq(secret.check, check, sizeof check);
    cr_assert_eq(secret.id[31], 131);
}

Test(secret, another_id_or_master_gives_other_keys_and_the_salt_is_only_recorded)
{
    static const uint8_t salt[PM_SALT_BYTES] = {9};
    struct pm_secret one = secret_for(0, 100, NULL), id = secret_for(0, 101, NULL);
    struct pm_secret master = secret_for(1, 100, NULL), salted = secret_for(0, 100, salt);
    cr_assert_neq(memcmp(one.pixel_key, id.pixel_key, PM_KEY_BYTES), 0);
    cr_assert_neq(memcmp(one.check, id.check, PM_CHECK_BYTES), 0);
    cr_assert_neq(memcmp(one.pixel_key, master.pixel_key, PM_KEY_BYTES), 0);
    cr_assert_neq(memcmp(one.check, master.check, PM_CHECK_BYTES), 0);
    cr_assert_arr_eq(one.pixel_key, salted.pixel_key, PM_KEY_BYTES);
    cr_assert_arr_eq(salted.salt, salt, sizeof salt);
}
