/* AVIF files that are cut, damaged, too large or contradict themselves, and memory. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "codec/avif/avif.h"
#include "codec/avif/avifs.h"
#include "codec/avif/options.h"
#include "codec/jpeg/options.h"
#include "codec/options.h"
#include "codec/part.h"
#include "codec/peak.h"
#include "image/convert.h"
#include "pictures.h"

/* --- damage and limits ------------------------------------------------------------------------------- */

Test(avif, a_file_cut_anywhere_is_truncated)
{
    struct lent lent;
    lent_init(&lent);
    const struct avif_options options = avif_defaults();
    struct pm_image image = avif_gradient(&lent, 64, 64, PM_COLOR_RGB, true, 8), back;
    struct buffer file = avif_of(&lent, &image, &options);
    for (size_t size = 28; size < file.size; size++) {
        uint8_t *exact = malloc(size);
        cr_assert_not_null(exact);
        memcpy(exact, file.data, size);
        for (int allow = 0; allow < 2; allow++) {
            const struct decode_request request = {.allow_truncated = allow};
            const struct buffer cut = {.data = exact, .size = size};
            cr_expect_eq(avif_decode(&lent, &cut, &request, &back), -1);
            cr_expect_eq(lent.error.kind, PM_ERROR_TRUNCATED, "%zu of %zu: %s", size, file.size,
                         lent.error.message);
        }
        free(exact);
    }
    buffer_free(&file);
    lent_free(&lent);
}

/* Finds a box type or the like in the file; `nth` from 0. */
static uint8_t *find(const struct buffer *file, const char *type, int nth)
{
    for (size_t at = 0; at + 4 <= file->size; at++) {
        if (memcmp(file->data + at, type, 4) == 0 && nth-- == 0)
            return file->data + at + 4;
    }
    cr_assert_fail("no %s", type);
    return NULL;
}

Test(avif, sizes_and_kinds_that_disagree_are_refused)
{
    static const struct {
        const char *box;
        int nth;
        unsigned offset;
        uint8_t value;
    } all[] = {
        {"ispe", 0, 7, 65},   /* width */
        {"ispe", 0, 11, 63},  /* height */
        {"av1C", 0, 2, 0x4C}, /* 10 bits */
        {"av1C", 0, 2, 0x10}, /* monochrome */
        {"av1C", 0, 0, 0x82}, /* another version */
        {"ispe", 1, 7, 65},   /* alpha's width */
        {"av1C", 1, 1, 0x20}, /* alpha's profile */
    };
    struct lent lent;
    lent_init(&lent);
    const struct avif_options options = avif_defaults();
    struct pm_image image = avif_gradient(&lent, 64, 64, PM_COLOR_RGB, true, 8);
    struct buffer file = avif_of(&lent, &image, &options);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct pm_info info;
        struct pm_error error;
        uint8_t *byte = find(&file, all[i].box, all[i].nth) + all[i].offset, before = *byte;
        *byte = all[i].value;
        cr_expect_eq(avif_probe_bytes(file.data, file.size, &info, &error), -1, "%zu", i);
        cr_expect(error.kind == PM_ERROR_CORRUPT || error.kind == PM_ERROR_UNSUPPORTED, "%zu: %s", i,
                  error.message);
        *byte = before;
    }
    buffer_free(&file);
    lent_free(&lent);
}

/* As in the files of an encoder of 2019, which other readers show. */
Test(avif, another_subsampling_in_av1c_is_ignored)
{
    struct lent lent;
    lent_init(&lent);
    const struct avif_options options = avif_defaults();
    struct pm_image image = avif_gradient(&lent, 64, 64, PM_COLOR_RGB, false, 8);
    struct buffer file = avif_of(&lent, &image, &options);
    const struct pm_image before = avif_image_of(&lent, &file, false);
    uint8_t *byte = find(&file, "av1C", 0) + 2;
    cr_expect_eq(*byte & 0x0C, 0x0C);
    *byte = (uint8_t)(*byte & ~0x0Cu); /* 4:4:4 */
    const struct pm_image after = avif_image_of(&lent, &file, false);
    cr_expect_eq(avif_difference(&before, &after), 0.0);
    buffer_free(&file);
    lent_free(&lent);
}

/* Replaces pixi, which is not needed, by a property of layered files. The bitstream has one layer. */
Test(avif, layers_and_operating_points_must_be_there)
{
    static const struct {
        const char *box;
        uint8_t body[2];
        const char *error; /* NULL: it is the picture */
    } all[] = {{"a1op", {0, 0}, NULL},
               {"a1op", {5, 0}, "has no operating point 5"},
               {"lsel", {0, 0}, NULL},
               {"lsel", {255, 255}, NULL},
               {"lsel", {0, 1}, "has no layer 1"},
               {"lsel", {0, 9}, "has no layer 9"}};
    struct lent lent;
    lent_init(&lent);
    const struct avif_options options = avif_defaults();
    struct pm_image image = avif_gradient(&lent, 64, 64, PM_COLOR_RGB, false, 8), back;
    struct buffer file = avif_of(&lent, &image, &options);
    const struct pm_image before = avif_image_of(&lent, &file, false);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct buffer other = {0};
        cr_assert_eq(buffer_append(&other, file.data, file.size), 0);
        uint8_t *body = find(&other, "pixi", 0);
        memcpy(body - 4, all[i].box, 4);
        memcpy(body, all[i].body, 2);
        lent.error = (struct pm_error){0};
        const int status = avif_decode(&lent, &other, &(struct decode_request){0}, &back);
        cr_expect_eq(status, all[i].error == NULL ? 0 : -1, "%zu: %s", i, lent.error.message);
        if (all[i].error == NULL && status == 0)
            cr_expect_eq(avif_difference(&before, &back), 0.0, "%zu", i);
        else if (status != 0)
            cr_expect_not_null(strstr(lent.error.message, all[i].error), "%zu: %s", i, lent.error.message);
        buffer_free(&other);
    }
    buffer_free(&file);
    lent_free(&lent);
}

Test(avif, too_many_pixels_are_refused_before_they_are_decoded)
{
    struct lent lent;
    lent_init(&lent);
    const struct avif_options options = avif_defaults();
    struct pm_image image = avif_gradient(&lent, 64, 64, PM_COLOR_RGB, false, 8), back;
    struct buffer file = avif_of(&lent, &image, &options);
    lent.context.max_pixels = 64 * 64 - 1;
    cr_expect_eq(avif_decode(&lent, &file, &(struct decode_request){0}, &back), -1);
    cr_expect_eq(lent.error.kind, PM_ERROR_LIMIT);
    buffer_free(&file);
    lent_free(&lent);
}

Test(avif, damage_is_an_error_or_other_pixels_and_never_more_memory)
{
    struct lent lent;
    lent_init(&lent);
    const struct avif_options options = avif_defaults();
    struct pm_image image = avif_gradient(&lent, 64, 48, PM_COLOR_RGB, true, 8), back;
    struct buffer file = avif_of(&lent, &image, &options);
    for (size_t at = 0; at < file.size; at += 3) {
        struct pm_info info;
        struct pm_error error;
        file.data[at] ^= 0x15;
        arena_reset(&lent.arena);
        arena_reset(&lent.job_arena);
        if (avif_probe_bytes(file.data, file.size, &info, &error) == 0 && info.width < 4096 &&
            info.height < 4096) {
            const struct decode_request request = {0};
            const uint64_t bytes = codec_avif.decode_bytes(&info, &request);
            if (avif_decode(&lent, &file, &request, &back) != 0)
                cr_expect_neq(lent.error.kind, PM_OK);
            cr_expect_leq(lent.arena.peak, bytes, "%zu", at);
        }
        file.data[at] ^= 0x15;
    }
    buffer_free(&file);
    lent_free(&lent);
}

/* --- memory ------------------------------------------------------------------------------------------ */

/* The forecasts include what libaom and dav1d allocate with malloc. */
Test(avif, memory_is_as_forecast)
{
    struct lent lent;
    lent_init(&lent);
    for (int i = 0; i < 4; i++) {
        struct avif_options options = avif_defaults();
        options.effort = 4;
        options.subsampling = i % 2 == 0 ? SUBSAMPLING_420 : SUBSAMPLING_444;
        struct pm_image image = avif_gradient(&lent, 1024, 1024, PM_COLOR_RGB, true, i < 2 ? 8 : 16), back;
        const struct shape shape = image_shape(&image);
        long long before = reset_peak();
        struct buffer file = avif_of(&lent, &image, &options);
        const long long encode = resident("VmHWM:") - before;
        cr_expect_leq(encode, (long long)codec_avif.encode_bytes(&shape, &options), "%d", i);
        const struct pm_info info = avif_info(&file);
        const struct decode_request request = {.planes = i == 0};
        arena_free(&lent.arena);
        before = reset_peak();
        cr_assert_eq(avif_decode(&lent, &file, &request, &back), 0);
        const long long decoding = resident("VmHWM:") - before;
        const long long forecast = (long long)codec_avif.decode_bytes(&info, &request);
        cr_expect_leq(decoding, forecast, "%d", i);
        cr_expect_geq(decoding, forecast / 3, "%d: the forecast of %lld is far from %lld", i, forecast,
                      decoding);
        buffer_free(&file);
        arena_free(&lent.arena);
    }
    lent_free(&lent);
}
