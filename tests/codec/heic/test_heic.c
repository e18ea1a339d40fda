/* HEIC: the sample files, damage to them, and files of libheif's heif-enc, where it is installed. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/heic/heic.h"
#include "codec/part.h"
#include "codec/peak.h"
#include "codec/reader.h"
#include "pictures.h"
#include "temp.h"

extern const struct codec codec_heic, codec_png;

static void begin(void)
{
    struct pm_error error = {0};
    if (codec_part_find(&codec_heic, &error) != 0)
        cr_skip_test("%s", error.message);
}

TestSuite(heic, .init = begin);

enum { COLOR, GRAY };

static struct pm_info probed(const struct pm_blob *file)
{
    struct memory_source memory;
    struct pm_error error = {0};
    struct pm_info info;
    memory_source_init(&memory, file->data, file->size);
    cr_assert_eq(codec_probe(&memory.source, &info, &error), &codec_heic, "%s", error.message);
    return info;
}

static int decode(struct lent *lent, const struct pm_blob *file, struct pm_image *image)
{
    const struct decode_request all = {0};
    lent->error = (struct pm_error){0};
    return reader_decode(&codec_heic, file->data, file->size, &all, image, &lent->context);
}

Test(heic, headers_need_no_library)
{
    const struct pm_info color = probed(&heic_samples[COLOR]), gray = probed(&heic_samples[GRAY]);
    cr_expect(color.width == 16 && color.height == 16 && color.depth == 8);
    cr_expect_eq(color.pixels.color, PM_COLOR_YCC);
    cr_expect_eq(color.pixels.alpha, PM_ALPHA_STRAIGHT);
    cr_expect(gray.width == 16 && gray.height == 16 && gray.depth == 10);
    cr_expect_eq(gray.pixels.color, PM_COLOR_GRAY);
}

Test(heic, samples_decode)
{
    struct lent lent;
    struct pm_image image;
    lent_init(&lent);
    for (const struct pm_blob *file = heic_samples; file->size > 0; file++) {
        cr_assert_eq(decode(&lent, file, &image), 0, "%s", lent.error.message);
        cr_assert(image.width == 16 && image.height == 16);
    }
    lent_free(&lent);
}

Test(heic, a_file_cut_anywhere_is_truncated)
{
    struct lent lent;
    struct pm_image image;
    lent_init(&lent);
    for (size_t size = 64; size < heic_samples[COLOR].size; size += 7) {
        const struct pm_blob cut = {heic_samples[COLOR].data, size};
        cr_assert_eq(decode(&lent, &cut, &image), -1, "%zu bytes", size);
        cr_assert_eq(lent.error.kind, PM_ERROR_TRUNCATED, "%zu bytes: %s", size, lent.error.message);
    }
    lent_free(&lent);
}

/* One byte after the other. */
Test(heic, damage_is_an_error_or_other_pixels, .timeout = 120)
{
    struct lent lent;
    struct pm_image image;
    uint8_t bytes[2048];
    lent_init(&lent);
    for (const struct pm_blob *file = heic_samples; file->size > 0; file++) {
        for (size_t i = 12; i < file->size; i++) {
            memcpy(bytes, file->data, file->size);
            bytes[i] ^= 0x55;
            const struct pm_blob damaged = {bytes, file->size};
            if (decode(&lent, &damaged, &image) != 0)
                cr_assert_neq(lent.error.kind, PM_ERROR_INTERNAL, "byte %zu: %s", i, lent.error.message);
        }
    }
    lent_free(&lent);
}

/* The size of ispe is not that of the parameter sets. */
Test(heic, sizes_that_disagree_are_refused)
{
    static const uint8_t ispe[] = {'i', 's', 'p', 'e', 0, 0, 0, 0, 0, 0, 0};
    struct lent lent;
    struct pm_image image;
    uint8_t bytes[2048];
    lent_init(&lent);
    memcpy(bytes, heic_samples[GRAY].data, heic_samples[GRAY].size);
    for (size_t i = 0; i + 16 < heic_samples[GRAY].size; i++) {
        if (memcmp(bytes + i, ispe, sizeof ispe) == 0)
            bytes[i + 10] = 1;
    }
    const struct pm_blob file = {bytes, heic_samples[GRAY].size};
    cr_assert_eq(decode(&lent, &file, &image), -1);
    cr_assert_not_null(strstr(lent.error.message, "two sizes"), "%s", lent.error.message);
    lent_free(&lent);
}
