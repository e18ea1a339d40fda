#include <criterion/criterion.h>
#include <string.h>

#include "codec/sealed/header.h"
#include "secrets.h"

static const struct shape small = {
    .width = 300, .height = 200, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 16)};

/* A seal and its bytes, tags and metadata zero. */
static struct seal make_seal(const struct shape *shape, uint8_t bytes[4096], size_t *size)
{
    static const uint8_t salt[PM_SALT_BYTES] = {1, 2, 3};
    struct pm_secret secret = secret_for(7, 8, salt);
    struct seal seal = seal_for(shape, 10, &secret);
    *size = (size_t)seal_bytes(&seal);
    cr_assert(*size <= 4096);
    memset(bytes, 0, *size);
    seal_write_header(&seal, bytes);
    return seal;
}

Test(seal, header_comes_back_as_it_was_written)
{
    uint8_t bytes[4096], again[SEAL_HEADER_BYTES];
    size_t size;
    struct seal seal = make_seal(&small, bytes, &size), read;
    struct pm_error error = {0};
    cr_assert_eq(seal_read(bytes, size, &read, &error), 0, "%s", error.message);
    cr_assert(read.shape.width == 300 && read.shape.height == 200 && read.shape.format.depth == 16);
    cr_assert(read.shape.format.color == PM_COLOR_RGB && read.shape.format.alpha);
    cr_assert(read.band_rows == seal.band_rows && read.band_count == seal.band_count);
    cr_assert_eq(read.metadata_size, 10);
    cr_assert_arr_eq(read.id, seal.id, PM_ID_BYTES);
    cr_assert_arr_eq(read.salt, seal.salt, PM_SALT_BYTES);
    cr_assert_arr_eq(read.check, seal.check, PM_CHECK_BYTES);
    seal_write_header(&read, again);
    cr_assert_arr_eq(again, bytes, SEAL_HEADER_BYTES);
}

Test(seal, bands_are_whole_rows_of_about_256_kib)
{
    static const struct {
        struct shape shape;
        uint32_t rows, count;
    } cases[] = {
        {{.width = 1, .height = 1, .format = PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8)}, 1, 1},
        {{.width = 300, .height = 200, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 16)}, 109, 2},
        {{.width = 4000, .height = 3000, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8)}, 21, 143},
        {{.width = 1, .height = 65535, .format = PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8)}, 65535, 1},
        {{.width = 262145, .height = 3, .format = PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8)}, 1, 3},
        {{.width = INT32_MAX, .height = INT32_MAX, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 16)},
         1,
         INT32_MAX},
    };
    struct pm_secret secret = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct seal seal = seal_for(&cases[i].shape, 0, &secret);
        cr_assert_eq(seal.band_rows, cases[i].rows);
        cr_assert_eq(seal.band_count, cases[i].count);
    }
}

/* Every bit belongs to a field that is checked here, or is only verified by keys and tags. */
Test(seal, no_flipped_bit_reads_as_the_same_seal)
{
    uint8_t bytes[4096], again[SEAL_HEADER_BYTES];
    size_t size;
    make_seal(&small, bytes, &size);
    for (size_t bit = 0; bit < 8 * SEAL_HEADER_BYTES; bit++) {
        uint8_t original[SEAL_HEADER_BYTES];
        memcpy(original, bytes, sizeof original);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct seal read;
        struct pm_error error = {0};
        if (seal_read(bytes, size, &read, &error) == 0) {
            seal_write_header(&read, again);
            cr_assert_arr_eq(again, bytes, SEAL_HEADER_BYTES, "bit %zu was lost", bit);
            cr_assert_neq(memcmp(again, original, SEAL_HEADER_BYTES), 0);
        } else {
            cr_assert(error.kind == PM_ERROR_CHANGED || error.kind == PM_ERROR_UNSUPPORTED);
        }
        memcpy(bytes, original, sizeof original);
    }
}

static void expect_refused(size_t offset, uint8_t value, enum pm_error_kind kind)
{
    uint8_t bytes[4096];
    size_t size;
    make_seal(&small, bytes, &size);
    bytes[offset] = value;
    struct seal read;
    struct pm_error error = {0};
    cr_assert_eq(seal_read(bytes, size, &read, &error), -1, "byte %zu as %u was taken", offset, value);
    cr_assert_eq(error.kind, kind, "%s", error.message);
}

Test(seal, each_field_is_checked)
{
    expect_refused(0, 'q', PM_ERROR_CHANGED);
    expect_refused(8, 0, PM_ERROR_UNSUPPORTED);
    expect_refused(8, 2, PM_ERROR_UNSUPPORTED);
    expect_refused(9, 1, PM_ERROR_CHANGED);
    expect_refused(9, 32, PM_ERROR_CHANGED);
    expect_refused(10, 2, PM_ERROR_CHANGED);
    expect_refused(11, 2, PM_ERROR_CHANGED);
    expect_refused(12, 0x80, PM_ERROR_CHANGED); /* width over 2^31 - 1 */
    expect_refused(16, 0x80, PM_ERROR_CHANGED);
    expect_refused(23, 108, PM_ERROR_CHANGED); /* rows a band */
    expect_refused(27, 3, PM_ERROR_CHANGED);   /* bands */
    expect_refused(31, 11, PM_ERROR_CHANGED);  /* metadata size */
    expect_refused(28, 0xff, PM_ERROR_CHANGED);
    expect_refused(80, 18, PM_ERROR_UNSUPPORTED); /* more costly scrypt */
    expect_refused(80, 16, PM_ERROR_UNSUPPORTED);
    expect_refused(80, 0, PM_ERROR_UNSUPPORTED);
    expect_refused(81, 9, PM_ERROR_UNSUPPORTED);
    expect_refused(82, 2, PM_ERROR_UNSUPPORTED);
    expect_refused(83, 2, PM_ERROR_UNSUPPORTED); /* flags */
}

Test(seal, zero_sizes_are_refused)
{
    uint8_t bytes[4096];
    size_t size;
    struct seal read;
    make_seal(&small, bytes, &size);
    for (size_t offset = 12; offset <= 16; offset += 4) {
        uint8_t old[4];
        struct pm_error error = {0};
        memcpy(old, bytes + offset, 4);
        memset(bytes + offset, 0, 4);
        cr_assert_eq(seal_read(bytes, size, &read, &error), -1);
        memcpy(bytes + offset, old, 4);
    }
}

/* The orientation is always there, so that metadata has 6 bytes or more. */
Test(seal, metadata_has_room_for_its_one_entry_that_must_be_there)
{
    const struct pm_secret secret = secret_for(7, 8, NULL);
    for (uint32_t metadata = 0; metadata <= 7; metadata++) {
        struct seal seal = seal_for(&small, metadata, &secret), read;
        uint8_t bytes[4096] = {0};
        struct pm_error error = {0};
        seal_write_header(&seal, bytes);
        const int status = seal_read(bytes, (size_t)seal_bytes(&seal), &read, &error);
        cr_assert_eq(status, metadata < 6 ? -1 : 0, "%u bytes", metadata);
        cr_assert_eq(error.kind, metadata < 6 ? PM_ERROR_CHANGED : PM_OK);
    }
}

Test(seal, any_other_length_is_refused)
{
    uint8_t bytes[4096];
    size_t size;
    make_seal(&small, bytes, &size);
    for (size_t other = 0; other <= size + 20; other++) {
        struct seal read;
        struct pm_error error = {0};
        cr_assert_eq(seal_read(bytes, other, &read, &error), other == size ? 0 : -1, "%zu bytes", other);
    }
}

Test(seal, a_key_file_has_no_scrypt_parameters)
{
    struct pm_secret secret = secret_for(7, 8, NULL);
    struct seal seal = seal_for(&small, SEAL_METADATA_MIN, &secret), read;
    uint8_t bytes[SEAL_HEADER_BYTES + 3 * SEAL_TAG_BYTES + SEAL_METADATA_MIN] = {0};
    struct pm_error error = {0};
    seal_write_header(&seal, bytes);
    cr_assert(bytes[80] == 0 && bytes[81] == 0 && bytes[82] == 0);
    cr_assert_eq(seal_read(bytes, sizeof bytes, &read, &error), 0, "%s", error.message);
    bytes[80] = 17, bytes[81] = 8, bytes[82] = 1;
    cr_assert_eq(seal_read(bytes, sizeof bytes, &read, &error), -1);
}
