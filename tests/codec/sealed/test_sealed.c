#include <criterion/criterion.h>
#include <string.h>

#include "base/bytes.h"
#include "codec/sealed/header.h"
#include "codec/sealed/sealed.h"
#include "filter/filter.h"
#include "pictures.h"
#include "secrets.h"

static int encrypt(struct lent *lent, const struct pm_image *in, const struct pm_secret *secret,
                   struct pm_image *out)
{
    lent->error = (struct pm_error){0};
    return sealed_encrypt(in, secret, out, &lent->context);
}

static int decrypt(struct lent *lent, const struct pm_image *in, const struct pm_secret *secret,
                   struct pm_image *out)
{
    lent->error = (struct pm_error){0};
    return sealed_decrypt(in, secret, out, &lent->context);
}

static struct pm_image encrypted(struct lent *lent, const struct pm_image *in, const struct pm_secret *secret)
{
    struct pm_image noise;
    cr_assert_eq(encrypt(lent, in, secret, &noise), 0, "%s", lent->error.message);
    return noise;
}

static void expect_same_samples(const struct pm_image *got, const struct pm_image *expected)
{
    cr_assert(got->width == expected->width && got->height == expected->height);
    cr_assert(got->format.depth == expected->format.depth && got->format.color == expected->format.color &&
              got->format.alpha == expected->format.alpha);
    size_t row_bytes = got->width * pm_channels(&got->format) * (got->format.depth / 8);
    for (uint32_t y = 0; y < got->height; y++)
        cr_assert_arr_eq(plane_row(&got->plane[0], y), plane_row(&expected->plane[0], y), row_bytes, "row %u",
                         y);
}

static void expect_refused(struct lent *lent, const struct pm_image *noise, const struct pm_secret *secret,
                           enum pm_error_kind kind)
{
    struct pm_image out = {.width = 12345};
    cr_assert_eq(decrypt(lent, noise, secret, &out), -1);
    cr_assert_eq(lent->error.kind, kind, "%s", lent->error.message);
    cr_assert(out.width == 12345 && out.plane[0].data == NULL, "something was released");
}

/* A copy of the sealed bytes that may be changed. */
static uint8_t *copy_seal(struct lent *lent, struct pm_image *noise)
{
    uint8_t *bytes = arena_alloc(&lent->job_arena, noise->meta.sealed.size);
    memcpy(bytes, noise->meta.sealed.data, noise->meta.sealed.size);
    noise->meta.sealed.data = bytes;
    return bytes;
}

/* Made by another implementation (Python's cryptography) only from the specification: 2 x 3 pixels of 16
 * bits, orientation 6, a gamma and a text. A change here breaks all existing files. */
Test(sealed, encrypt_format_is_the_documented_one)
{
    static const uint8_t noise_bytes[] = {0x5f, 0x9d, 0x2f, 0xa4, 0x3b, 0x31,
                                          0xb2, 0xb7, 0x1a, 0x54, 0x37, 0xc3};
    static const uint8_t sealed[] = {
        0x70, 0x6d, 0x73, 0x65, 0x61, 0x6c, 0x65, 0x64, 0x01, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00,
        0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x24, 0x64, 0x65,
        0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76,
        0x77, 0x78, 0x79, 0x7a, 0x7b, 0x7c, 0x7d, 0x7e, 0x7f, 0x80, 0x81, 0x82, 0x83, 0xc8, 0xc9, 0xca, 0xcb,
        0xcc, 0xcd, 0xce, 0xcf, 0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0x11, 0x08, 0x01, 0x00, 0xa8,
        0x8b, 0x8a, 0xbf, 0x84, 0x70, 0x6f, 0x4d, 0xcb, 0xd1, 0xdc, 0xaf, 0x13, 0xae, 0x35, 0x49, 0x6b, 0x06,
        0x64, 0x60, 0x80, 0xaa, 0x3d, 0x59, 0xff, 0x1c, 0x94, 0x86, 0x27, 0x61, 0x6d, 0x86, 0x41, 0xb7, 0xcd,
        0xec, 0xff, 0xc0, 0x8f, 0xea, 0x6e, 0xa2, 0x2e, 0x19, 0x10, 0xa4, 0xc2, 0x49, 0x95, 0xeb, 0xa0, 0x9b,
        0x3e, 0x9c, 0x0e, 0x2e, 0xd4, 0xfb, 0x3a, 0x63, 0x84, 0xd4, 0xf5, 0xff, 0x5f, 0x2f, 0x47, 0xce, 0x7e,
        0x92, 0x4b, 0x41, 0xfa, 0x19, 0x5f, 0x6c, 0x13, 0x7f, 0x9d, 0x61, 0xd9, 0x06, 0x5c, 0x61,
    };
    static const struct pm_text title = {"Title", "A picture"};
    uint8_t salt[PM_SALT_BYTES];
    for (unsigned i = 0; i < PM_SALT_BYTES; i++)
        salt[i] = (uint8_t)(200 + i);
    struct pm_secret secret = secret_for(0, 100, salt);
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 2, 3, PM_COLOR_GRAY, false, 16);
    for (uint32_t y = 0; y < 3; y++) {
        uint16_t *row = (uint16_t *)(void *)plane_row(&in.plane[0], y);
        for (uint32_t x = 0; x < 2; x++)
            row[x] = (uint16_t)(0x1000 * y + 0x0102 * x + 1);
    }
    in.orientation = 6;
    in.meta = (struct pm_metadata){.has_gamma = true, .gamma = 0.45455, .texts = &title, .ntexts = 1};

    struct pm_image noise = encrypted(&lent, &in, &secret);
    cr_assert_eq(noise.meta.sealed.size, sizeof sealed);
    cr_assert_arr_eq(noise.meta.sealed.data, sealed, sizeof sealed);
    for (uint32_t i = 0; i < 6; i++)
        cr_assert_eq(sample_at(&noise.plane[0], 16, i % 2, i / 2, 0),
                     (unsigned)(noise_bytes[2 * i] << 8 | noise_bytes[2 * i + 1]));
    cr_assert_eq(noise.orientation, 1);
    cr_assert(!noise.meta.has_gamma && noise.meta.ntexts == 0);

    struct pm_image out;
    cr_assert_eq(decrypt(&lent, &noise, &secret, &out), 0, "%s", lent.error.message);
    expect_same_samples(&out, &in);
    cr_assert(out.orientation == 6 && out.meta.has_gamma && out.meta.gamma == 0.45455);
    cr_assert(out.meta.ntexts == 1 && out.meta.sealed.data == NULL);
    cr_assert_str_eq(out.meta.texts[0].text, "A picture");
    lent_free(&lent);
}

Test(sealed, encrypt_every_kind_of_picture_comes_back_exactly)
{
    static const uint32_t sizes[][2] = {{1, 1}, {1, 999}, {999, 1}, {17, 5}, {400, 301}, {20000, 9}};
    struct pm_secret secret = secret_for(1, 2, NULL);
    struct lent lent;
    lent_init(&lent);
    for (unsigned kind = 0; kind < 8; kind++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            enum pm_color color = kind & 1 ? PM_COLOR_RGB : PM_COLOR_GRAY;
            struct pm_image in = picture(&lent, sizes[i][0], sizes[i][1], color, kind & 2, kind & 4 ? 16 : 8);
            struct pm_image noise = encrypted(&lent, &in, &secret), out;
            cr_assert_eq(noise.plane[0].channels, in.plane[0].channels);
            cr_assert_eq(decrypt(&lent, &noise, &secret, &out), 0, "%s", lent.error.message);
            expect_same_samples(&out, &in);
            arena_reset(&lent.arena);
        }
    }
    lent_free(&lent);
}

Test(sealed, encrypt_a_crop_with_its_own_stride_comes_back_exactly)
{
    struct pm_secret secret = secret_for(1, 2, NULL);
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 50, 40, PM_COLOR_RGB, false, 8), out;
    in.plane[0].data += 7 * in.plane[0].stride + 3;
    in.width = in.plane[0].width = 31;
    in.height = in.plane[0].height = 20;
    in.plane[0].frame = (struct pm_frame){.extent_x = 31, .extent_y = 20};
    struct pm_image noise = encrypted(&lent, &in, &secret);
    cr_assert_eq(decrypt(&lent, &noise, &secret, &out), 0);
    expect_same_samples(&out, &in);
    lent_free(&lent);
}

/* A flat picture of 3 bands must become noise: no byte value far from its share, no two bands alike. */
Test(sealed, encrypt_a_flat_picture_becomes_noise)
{
    struct pm_secret secret = secret_for(1, 2, NULL);
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 1024, 700, PM_COLOR_GRAY, false, 8);
    memset(in.plane[0].data, 0, in.plane[0].stride * in.height);
    struct pm_image noise = encrypted(&lent, &in, &secret);
    unsigned counts[256] = {0};
    for (uint32_t y = 0; y < 700; y++) {
        for (uint32_t x = 0; x < 1024; x++)
            counts[sample_at(&noise.plane[0], 8, x, y, 0)]++;
    }
    for (int i = 0; i < 256; i++) /* 2800 expected, standard deviation 53 */
        cr_assert(counts[i] > 2400 && counts[i] < 3200, "%d stands %u times", i, counts[i]);
    for (uint32_t y = 256; y < 700; y++)
        cr_assert_neq(memcmp(plane_row(&noise.plane[0], y), plane_row(&noise.plane[0], y - 256), 1024), 0);
    lent_free(&lent);
}

Test(sealed, encrypt_bytes_do_not_depend_on_how_bands_are_run)
{
    struct pm_secret secret = secret_for(1, 2, NULL);
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 700, 500, PM_COLOR_RGB, false, 8);
    struct pm_image one = encrypted(&lent, &in, &secret);
    lent.context.lanes = 7;
    struct pm_image other = encrypted(&lent, &in, &secret);
    expect_same_samples(&one, &other);
    cr_assert_arr_eq(one.meta.sealed.data, other.meta.sealed.data, one.meta.sealed.size);
    lent_free(&lent);
}

Test(sealed, decrypt_distinguishes_a_wrong_key_from_a_changed_file)
{
    struct pm_secret secret = secret_for(1, 2, NULL), wrong = secret_for(9, 2, NULL),
                     other_id = secret_for(1, 3, NULL);
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 20, 10, PM_COLOR_RGB, false, 8),
                    noise = encrypted(&lent, &in, &secret);
    expect_refused(&lent, &noise, &wrong, PM_ERROR_KEY);
    cr_assert_not_null(strstr(lent.error.message, "the key is not the one this image was encrypted with"));
    expect_refused(&lent, &noise, &other_id, PM_ERROR_KEY);
    expect_refused(&lent, &noise, NULL, PM_ERROR_KEY);
    lent_free(&lent);
}

Test(sealed, encrypt_without_a_key_is_refused)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 2, 1, PM_COLOR_RGB, false, 8), out;
    cr_assert_eq(encrypt(&lent, &in, NULL, &out), -1);
    cr_assert_eq(lent.error.kind, PM_ERROR_KEY);
    lent_free(&lent);
}

Test(sealed, decrypt_what_is_not_encrypted_is_refused)
{
    struct pm_secret secret = secret_for(1, 2, NULL);
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 20, 10, PM_COLOR_RGB, false, 8);
    expect_refused(&lent, &in, &secret, PM_ERROR_UNSUPPORTED);
    cr_assert_not_null(strstr(lent.error.message, "is not encrypted by pixmill"));
    lent_free(&lent);
}

Test(sealed, decrypt_every_flipped_bit_of_the_seal_is_refused)
{
    static const uint8_t salt[PM_SALT_BYTES] = {1, 2, 3};
    struct pm_secret secret = secret_for(1, 2, salt);
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 600, 300, PM_COLOR_RGB, false, 8); /* 3 bands */
    in.meta.has_gamma = true;
    in.meta.gamma = 0.45455;
    struct pm_image noise = encrypted(&lent, &in, &secret), out;
    uint8_t *bytes = copy_seal(&lent, &noise);
    for (size_t bit = 0; bit < 8 * noise.meta.sealed.size; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct arena_mark mark = arena_mark(&lent.arena);
        cr_assert_eq(decrypt(&lent, &noise, &secret, &out), -1, "bit %zu", bit);
        bool key = bit / 8 >= 32 && bit / 8 < 64, check = bit / 8 >= 84 && bit / 8 < 100;
        /* The lowest flag means that the image is bound to a name; a change of it is only detected by a
         * tag. */
        bool parameters = bit / 8 == 8 || (bit / 8 >= 80 && bit / 8 < 84 && bit != 8 * 83);
        cr_assert_eq(lent.error.kind,
                     key || check ? PM_ERROR_KEY
                     : parameters ? PM_ERROR_UNSUPPORTED
                                  : PM_ERROR_CHANGED,
                     "bit %zu: %s", bit, lent.error.message);
        arena_release(&lent.arena, mark);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    cr_assert_eq(decrypt(&lent, &noise, &secret, &out), 0);
    lent_free(&lent);
}

Test(sealed, decrypt_every_flipped_bit_of_the_pixels_is_refused)
{
    struct pm_secret secret = secret_for(1, 2, NULL);
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 9, 7, PM_COLOR_GRAY, true, 16),
                    noise = encrypted(&lent, &in, &secret);
    for (uint32_t y = 0; y < 7; y++) {
        for (uint32_t bit = 0; bit < 9 * 2 * 16; bit++) {
            plane_row(&noise.plane[0], y)[bit / 8] ^= (uint8_t)(1 << bit % 8);
            expect_refused(&lent, &noise, &secret, PM_ERROR_CHANGED);
            plane_row(&noise.plane[0], y)[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
    lent_free(&lent);
}

/* 3 bands of 128 rows: 2048 bytes a row. */
static void exchange_rows(struct pm_image *image, uint32_t a, uint32_t b, uint32_t rows)
{
    uint8_t row[2048];
    for (uint32_t y = 0; y < rows; y++) {
        memcpy(row, plane_row(&image->plane[0], a + y), sizeof row);
        memcpy(plane_row(&image->plane[0], a + y), plane_row(&image->plane[0], b + y), sizeof row);
        memcpy(plane_row(&image->plane[0], b + y), row, sizeof row);
    }
}

Test(sealed, decrypt_exchanged_bands_are_refused)
{
    struct pm_secret secret = secret_for(1, 2, NULL);
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 2048, 384, PM_COLOR_GRAY, false, 8);
    struct pm_image noise = encrypted(&lent, &in, &secret), out;
    exchange_rows(&noise, 0, 128, 128);
    expect_refused(&lent, &noise, &secret, PM_ERROR_CHANGED);
    /* with their tags too */
    uint8_t *tags = copy_seal(&lent, &noise) + SEAL_HEADER_BYTES, tag[SEAL_TAG_BYTES];
    memcpy(tag, tags, sizeof tag);
    memcpy(tags, tags + SEAL_TAG_BYTES, sizeof tag);
    memcpy(tags + SEAL_TAG_BYTES, tag, sizeof tag);
    expect_refused(&lent, &noise, &secret, PM_ERROR_CHANGED);
    /* only the tags */
    exchange_rows(&noise, 0, 128, 128);
    expect_refused(&lent, &noise, &secret, PM_ERROR_CHANGED);
    memcpy(tags + SEAL_TAG_BYTES, tags, sizeof tag);
    memcpy(tags, tag, sizeof tag);
    cr_assert_eq(decrypt(&lent, &noise, &secret, &out), 0, "%s", lent.error.message);
    expect_same_samples(&out, &in);
    /* two rows within a band */
    exchange_rows(&noise, 0, 1, 1);
    expect_refused(&lent, &noise, &secret, PM_ERROR_CHANGED);
    lent_free(&lent);
}

Test(sealed, decrypt_a_seal_of_another_image_is_refused)
{
    /* Two files under the same master key, with their chunks exchanged. */
    struct pm_secret secret = secret_for(1, 2, NULL), other = secret_for(1, 77, NULL);
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 64, 48, PM_COLOR_RGB, false, 8);
    struct pm_image one = encrypted(&lent, &in, &secret), two = encrypted(&lent, &in, &other);
    struct pm_blob sealed = one.meta.sealed;
    one.meta.sealed = two.meta.sealed;
    expect_refused(&lent, &one, &other, PM_ERROR_CHANGED);
    expect_refused(&lent, &one, &secret, PM_ERROR_KEY);
    /* the right header and metadata with the other's tags */
    one.meta.sealed = sealed;
    memcpy(copy_seal(&lent, &one) + SEAL_HEADER_BYTES, two.meta.sealed.data + SEAL_HEADER_BYTES,
           SEAL_TAG_BYTES);
    expect_refused(&lent, &one, &secret, PM_ERROR_CHANGED);
    lent_free(&lent);
}

Test(sealed, decrypt_a_missing_band_or_another_shape_is_refused)
{
    struct pm_secret secret = secret_for(1, 2, NULL);
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 2048, 384, PM_COLOR_GRAY, false, 8);
    struct pm_image noise = encrypted(&lent, &in, &secret), cut = noise;
    cut.height = cut.plane[0].height = 256;
    cut.plane[0].frame.extent_y = 256;
    expect_refused(&lent, &cut, &secret, PM_ERROR_CHANGED);
    /* with a header that says so */
    struct shape shape = image_shape(&cut);
    uint32_t metadata_size = get_be32(noise.meta.sealed.data + 28);
    struct seal seal = seal_for(&shape, metadata_size, &secret);
    size_t tags_size = seal.band_count * SEAL_TAG_BYTES, metadata_bytes = metadata_size + SEAL_TAG_BYTES;
    uint8_t forged[512];
    seal_write_header(&seal, forged);
    memcpy(forged + SEAL_HEADER_BYTES, noise.meta.sealed.data + SEAL_HEADER_BYTES, tags_size);
    memcpy(forged + SEAL_HEADER_BYTES + tags_size,
           noise.meta.sealed.data + noise.meta.sealed.size - metadata_bytes, metadata_bytes);
    cut.meta.sealed = (struct pm_blob){forged, (size_t)seal_bytes(&seal)};
    expect_refused(&lent, &cut, &secret, PM_ERROR_CHANGED);

    struct pm_image wide = picture(&lent, 2048, 384, PM_COLOR_GRAY, false, 16);
    wide.meta.sealed = noise.meta.sealed;
    expect_refused(&lent, &wide, &secret, PM_ERROR_CHANGED);
    struct pm_image alpha = picture(&lent, 2048, 384, PM_COLOR_GRAY, true, 8);
    alpha.meta.sealed = noise.meta.sealed;
    expect_refused(&lent, &alpha, &secret, PM_ERROR_CHANGED);
    lent_free(&lent);
}

Test(sealed, encrypt_more_metadata_than_fits_is_refused)
{
    struct pm_secret secret = secret_for(1, 2, NULL);
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 2, 1, PM_COLOR_RGB, false, 8), out;
    in.meta.xmp = (struct pm_blob){arena_alloc(&lent.arena, SEAL_METADATA_MAX), SEAL_METADATA_MAX};
    cr_assert_eq(encrypt(&lent, &in, &secret, &out), -1);
    cr_assert_eq(lent.error.kind, PM_ERROR_LIMIT);
    cr_assert_eq(lent.error.limit, SEAL_METADATA_MAX);
    lent_free(&lent);
}

/* The same under a name, which is compared with the copy in the metadata. */
Test(sealed, a_bound_image_is_decrypted_under_its_name_alone)
{
    struct pm_secret secret = secret_for(1, 2, NULL), unbound = secret;
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 64, 48, PM_COLOR_RGB, false, 8), out;
    strcpy(secret.name, "holidays/\xc3\xa4 1.png");
    struct pm_image noise = encrypted(&lent, &in, &secret);
    cr_assert_eq(decrypt(&lent, &noise, &secret, &out), 0, "%s", lent.error.message);
    expect_same_samples(&out, &in);
    expect_refused(&lent, &noise, &unbound, PM_ERROR_CHANGED);
    cr_assert_not_null(strstr(lent.error.message, "bound to the name"), "%s", lent.error.message);
    static const char *const others[] = {"holidays/\xc3\xa4 1.pn", "holidays/\xc3\xa4 1.pngx",
                                         "holidays/\xc3\xa4 2.png", "x"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        strcpy(secret.name, others[i]);
        expect_refused(&lent, &noise, &secret, PM_ERROR_CHANGED);
        cr_assert_not_null(strstr(lent.error.message, "under another name: holidays/"), "%s",
                           lent.error.message);
        cr_assert_eq(lent.error.hint, PM_HINT_NAME);
    }
    /* An image that is not bound to a name is accepted under any name. */
    noise = encrypted(&lent, &in, &unbound);
    cr_assert_eq(decrypt(&lent, &noise, &secret, &out), 0, "%s", lent.error.message);
    lent_free(&lent);
}

/* The binding can't be removed or added. */
Test(sealed, the_flag_of_a_bound_image_is_sealed_with_it)
{
    for (int bound = 0; bound < 2; bound++) {
        struct pm_secret secret = secret_for(1, 2, NULL);
        struct lent lent;
        lent_init(&lent);
        struct pm_image in = picture(&lent, 5, 4, PM_COLOR_RGB, false, 8);
        if (bound)
            strcpy(secret.name, "a.png");
        struct pm_image noise = encrypted(&lent, &in, &secret);
        uint8_t *bytes = copy_seal(&lent, &noise);
        cr_assert_eq(bytes[83], bound);
        bytes[83] ^= 1;
        expect_refused(&lent, &noise, &secret, PM_ERROR_CHANGED);
        lent_free(&lent);
    }
}
