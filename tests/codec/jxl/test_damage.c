/* JPEG XL files that are cut, damaged or too large, what stops in the middle, and memory. */
#include <stdlib.h>

#include "codec/jxl/jxls.h"
#include "codec/peak.h"

/* --- damage and limits ------------------------------------------------------------------------------- */

Test(jxl, a_file_cut_anywhere_is_truncated, .timeout = 120)
{
    struct lent lent;
    lent_init(&lent);
    static const uint8_t xmp[] = "<x:xmpmeta/>";
    const struct jxl_options options = jxl_defaults();
    for (int boxed = 0; boxed < 2; boxed++) {
        struct pm_image image = jxl_gradient(&lent, 300, 270, PM_COLOR_RGB, true, 8), back;
        if (boxed)
            image.meta.xmp = (struct pm_blob){xmp, sizeof xmp - 1};
        struct buffer file = jxl_of(&lent, &image, &options);
        unsigned kept = 0;
        for (size_t size = boxed ? 12 : 2; size < file.size; size += 1 + size / 50) {
            uint8_t *exact = malloc(size);
            cr_assert_not_null(exact);
            memcpy(exact, file.data, size);
            const struct decode_request strict = {0}, allow = {.allow_truncated = true};
            cr_expect_eq(jxl_decode(&lent, exact, size, &strict, &back), -1, "%zu of %zu", size, file.size);
            cr_expect_eq(lent.error.kind, PM_ERROR_TRUNCATED, "%zu of %zu: %s", size, file.size,
                         lent.error.message);
            if (jxl_decode(&lent, exact, size, &allow, &back) == 0)
                kept++;
            else
                cr_expect_eq(lent.error.kind, PM_ERROR_TRUNCATED, "%zu of %zu: %s", size, file.size,
                             lent.error.message);
            arena_reset(&lent.arena);
            arena_reset(&lent.job_arena);
            free(exact);
        }
        cr_expect_gt(kept, 10u);
        buffer_free(&file);
    }
    lent_free(&lent);
}

Test(jxl, too_many_pixels_are_refused_before_they_are_decoded)
{
    struct lent lent;
    lent_init(&lent);
    const struct jxl_options options = jxl_defaults();
    struct pm_image image = jxl_gradient(&lent, 64, 64, PM_COLOR_RGB, false, 8), back;
    struct buffer file = jxl_of(&lent, &image, &options);
    lent.context.max_pixels = 64 * 64 - 1;
    cr_expect_eq(jxl_decode(&lent, file.data, file.size, &(struct decode_request){0}, &back), -1);
    cr_expect_eq(lent.error.kind, PM_ERROR_LIMIT);
    buffer_free(&file);
    lent_free(&lent);
}

static int stop(struct context *context)
{
    return error_set(context->error, PM_ERROR_CANCELLED, "stopped");
}

Test(jxl, encoding_and_decoding_can_be_stopped)
{
    static const struct context_ops stopping = {.checkpoint = stop};
    struct lent lent;
    lent_init(&lent);
    const struct context_ops *const ops = lent.context.ops;
    const struct jxl_options options = jxl_defaults();
    struct pm_image image = jxl_gradient(&lent, 700, 300, PM_COLOR_RGB, false, 8), back;
    struct buffer file = jxl_of(&lent, &image, &options), none = {0};
    lent.context.ops = &stopping;
    cr_expect_eq(codec_coder(&codec_jxl, &lent.error)->encode(&image, &options, &none, &lent.context), -1);
    cr_expect_eq(lent.error.kind, PM_ERROR_CANCELLED, "%s", lent.error.message);
    cr_expect_eq(none.size, 0u);
    cr_expect_eq(jxl_decode(&lent, file.data, file.size, &(struct decode_request){0}, &back), -1);
    cr_expect_eq(lent.error.kind, PM_ERROR_CANCELLED, "%s", lent.error.message);
    lent.context.ops = ops;
    buffer_free(&file);
    buffer_free(&none);
    lent_free(&lent);
}

static unsigned checkpoints, stop_at;

static int stop_later(struct context *context)
{
    return checkpoints++ == stop_at ? stop(context) : 0;
}

/* At every checkpoint: libjxl's encoder does not survive that one of its loops fails. */
Test(jxl, encoding_can_be_stopped_anywhere, .timeout = 120)
{
    static const struct context_ops stopping = {.checkpoint = stop_later};
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = jxl_gradient(&lent, 700, 300, PM_COLOR_RGB, false, 8);
    struct jxl_options options = jxl_defaults();
    for (int lossless = 0; lossless < 2; lossless++) {
        options.lossless = lossless != 0;
        struct buffer file = {0};
        lent.context.ops = &stopping;
        for (stop_at = 0, file.size = 0; file.size == 0; stop_at++) {
            checkpoints = 0;
            lent.error = (struct pm_error){0};
            if (codec_coder(&codec_jxl, &lent.error)->encode(&image, &options, &file, &lent.context) != 0)
                cr_assert_eq(lent.error.kind, PM_ERROR_CANCELLED, "%s", lent.error.message);
        }
        cr_expect_gt(stop_at, 1);
        buffer_free(&file);
    }
    lent_free(&lent);
}

Test(jxl, damage_is_an_error_or_other_pixels_and_never_more_memory, .timeout = 120)
{
    struct lent lent;
    lent_init(&lent);
    struct jxl_options options = jxl_defaults();
    struct pm_image image = jxl_gradient(&lent, 64, 48, PM_COLOR_RGB, true, 8), back;
    for (int i = 0; i < 2; i++) {
        options.lossless = i > 0;
        struct buffer file = jxl_of(&lent, &image, &options);
        for (size_t at = 0; at < file.size; at++) {
            struct pm_info info;
            struct pm_error error;
            file.data[at] ^= 0x15;
            arena_reset(&lent.spare);
            arena_reset(&lent.job_arena);
            const struct arena_mark mark = arena_mark(&lent.arena);
            if (jxl_info(file.data, file.size, &info, &error) == 0 && info.width < 4096 &&
                info.height < 4096) {
                const struct decode_request request = {0};
                const uint64_t bytes = codec_jxl.decode_bytes(&info, &request);
                if (jxl_decode(&lent, file.data, file.size, &request, &back) != 0)
                    cr_expect_neq(lent.error.kind, PM_OK);
                cr_expect_leq(lent.arena.peak - mark.used, bytes, "%zu", at);
            }
            arena_release(&lent.arena, mark);
            file.data[at] ^= 0x15;
        }
        buffer_free(&file);
    }
    lent_free(&lent);
}

/* --- memory ------------------------------------------------------------------------------------------ */

/* The forecasts include what libjxl allocates with malloc. */
Test(jxl, memory_is_as_forecast, .timeout = 300)
{
    static const struct {
        int quality, effort;
        bool lossless, alpha;
        unsigned depth;
    } all[] = {
        {80, 4, false, false, 8}, {100, 4, false, true, 16}, {80, 6, false, false, 8},
        {80, 8, false, false, 8}, {80, 0, true, false, 8},   {80, 2, true, true, 16},
        {80, 4, true, true, 8},   {80, 6, true, true, 8},
    };
    struct lent lent;
    lent_init(&lent);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct jxl_options options = jxl_defaults();
        options.effort = all[i].effort;
        options.quality = all[i].quality;
        options.lossless = all[i].lossless;
        struct pm_image image = picture(&lent, 768, 768, PM_COLOR_RGB, all[i].alpha, all[i].depth), back;
        const struct shape shape = image_shape(&image);
        long long before = reset_peak();
        struct buffer file = jxl_of(&lent, &image, &options);
        const long long encode = resident("VmHWM:") - before;
        cr_expect_leq(encode, (long long)codec_jxl.encode_bytes(&shape, &options), "%zu", i);
        cr_expect_leq(file.size, codec_jxl.encode_bound(&shape, &options), "%zu", i);
        const struct pm_info info = jxl_info_of(&file);
        const struct decode_request request = {0};
        arena_free(&lent.arena);
        before = reset_peak();
        cr_assert_eq(jxl_decode(&lent, file.data, file.size, &request, &back), 0);
        const long long decoding = resident("VmHWM:") - before;
        const long long forecast = (long long)codec_jxl.decode_bytes(&info, &request);
        cr_expect_leq(decoding, forecast, "%zu", i);
        if (getenv("PIXMILL_SHOW") != NULL)
            fprintf(stderr, "%zu: encode %lld of %lld, decode %lld of %lld, file %zu of %llu\n", i, encode,
                    (long long)codec_jxl.encode_bytes(&shape, &options), decoding, forecast, file.size,
                    (unsigned long long)codec_jxl.encode_bound(&shape, &options));
        buffer_free(&file);
        arena_free(&lent.arena);
    }
    lent_free(&lent);
}
