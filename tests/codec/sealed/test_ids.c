#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "codec/sealed/header.h"
#include "codec/sealed/sealed.h"
#include "filter/filter.h"
#include "pictures.h"
#include "secrets.h"

static const uint8_t salt[PM_SALT_BYTES] = {1, 2, 3};

/* A PNG file of a small picture, encrypted or not. */
static struct buffer make_file(struct lent *lent, const struct pm_secret *secret)
{
    struct pm_image image = picture(lent, 5, 4, PM_COLOR_RGB, false, 8);
    struct buffer file = {0};
    if (secret != NULL)
        cr_assert_eq(sealed_encrypt(&image, secret, &image, &lent->context), 0);
    cr_assert_eq(codec_of_suffix("png")->encode(&image, NULL, &file, &lent->context), 0);
    return file;
}

Test(sealed_ids, are_those_the_file_was_encrypted_with)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_secret secret = secret_for(1, 2, salt);
    struct buffer file = make_file(&lent, &secret);
    uint8_t id[PM_ID_BYTES], found[PM_SALT_BYTES];
    cr_assert_eq(pm_secret_ids(file.data, file.size, id, found, &lent.error), 0, "%s", lent.error.message);
    cr_assert_arr_eq(id, secret.id, sizeof id);
    cr_assert_arr_eq(found, salt, sizeof salt);
    buffer_free(&file);
    lent_free(&lent);
}

static void expect_refused(const uint8_t *data, size_t size, enum pm_error_kind kind)
{
    uint8_t id[PM_ID_BYTES], found[PM_SALT_BYTES];
    struct pm_error error = {0};
    cr_assert_eq(pm_secret_ids(data, size, id, found, &error), -1);
    cr_assert_eq(error.kind, kind, "%zu bytes: %s", size, error.message);
}

Test(sealed_ids, files_that_are_not_encrypted_are_refused)
{
    struct lent lent;
    lent_init(&lent);
    struct buffer file = make_file(&lent, NULL);
    expect_refused(file.data, file.size, PM_ERROR_UNSUPPORTED);
    expect_refused(file.data, 0, PM_ERROR_UNSUPPORTED);
    expect_refused((const uint8_t *)"\xff\xd8\xff\xe0", 4, PM_ERROR_UNSUPPORTED);
    buffer_free(&file);
    lent_free(&lent);
}

Test(sealed_ids, a_file_cut_anywhere_is_read_within_bounds)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_secret secret = secret_for(1, 2, salt);
    struct buffer file = make_file(&lent, &secret);
    size_t good = 0;
    for (size_t size = 0; size <= file.size; size++) {
        uint8_t *bytes = malloc(size + (size == 0)); /* exactly as large, for the address sanitizer */
        memcpy(bytes, file.data, size);
        uint8_t id[PM_ID_BYTES], found[PM_SALT_BYTES];
        struct pm_error error = {0};
        if (pm_secret_ids(bytes, size, id, found, &error) == 0)
            good++;
        else
            cr_assert(error.kind == PM_ERROR_TRUNCATED || error.kind == PM_ERROR_UNSUPPORTED);
        free(bytes);
    }
    /* The seal must be complete; what follows is ignored. */
    const uint8_t *type = memmem(file.data, file.size, "pmEN", 4);
    size_t end = (size_t)(type - file.data) + 4 + get_be32(type - 4);
    cr_assert_eq(good, file.size - end + 1);
    buffer_free(&file);
    lent_free(&lent);
}

Test(sealed_ids, a_chunk_of_any_length_is_read_within_bounds)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_secret secret = secret_for(1, 2, salt);
    struct buffer file = make_file(&lent, &secret);
    memset(file.data + 8, 0x7f, 4); /* IHDR's length */
    expect_refused(file.data, file.size, PM_ERROR_TRUNCATED);
    memset(file.data + 8, 0xff, 4); /* more than there may be */
    expect_refused(file.data, file.size, PM_ERROR_CORRUPT);
    memset(file.data + 8, 0x00, 4); /* what follows is read as a chunk of some length */
    expect_refused(file.data, file.size, PM_ERROR_CORRUPT);
    buffer_free(&file);
    lent_free(&lent);
}
