#include <criterion/criterion.h>

#include "image/image.h"
#include "lent.h"

/* One row of `width` pixels. */
static void make_row(struct lent *lent, struct pm_image *image, enum pm_color color, unsigned depth,
                     uint32_t width)
{
    struct shape shape = {.width = width, .height = 1, .color = color, .alpha = true, .depth = depth};
    cr_assert_eq(image_alloc(image, &shape, &lent->context, &lent->error), 0);
}

Test(alpha, every_8_bit_colour_under_visible_alpha_survives_the_round_trip)
{
    struct lent lent;
    lent_init(&lent);
    for (int level = SIMD_BASE; level < SIMD_LEVELS; level++) {
        if (!simd_available((enum simd_level)level))
            continue;
        lent.context.simd = (enum simd_level)level;
        struct pm_image image, wide, back;
        make_row(&lent, &image, PM_COLOR_GRAY, 8, 65536);
        uint8_t *in = image.plane[0].data;
        for (unsigned i = 0; i < 65536; i++) {
            in[2 * i] = (uint8_t)(i >> 8);
            in[2 * i + 1] = (uint8_t)i;
        }
        cr_assert_eq(image_premultiply(&image, &wide, &lent.context, &lent.error), 0);
        cr_assert(wide.premultiplied && wide.depth == 16 && wide.alpha);
        const uint16_t *mid = (const uint16_t *)(void *)wide.plane[0].data;
        cr_assert_eq(image_unpremultiply(&wide, 8, &back, &lent.context, &lent.error), 0);
        cr_assert(!back.premultiplied && back.depth == 8 && back.alpha);
        const uint8_t *out = back.plane[0].data;
        for (unsigned i = 0; i < 65536; i++) {
            unsigned value = i >> 8, alpha = i & 255;
            cr_assert_eq(mid[2 * i], (2 * value * alpha * 257 + 255) / 510);
            cr_assert_eq(mid[2 * i + 1], alpha * 257);
            cr_assert_eq(out[2 * i], alpha > 0 ? value : 0, "level %d: %u under %u became %u", level, value,
                         alpha, out[2 * i]);
            cr_assert_eq(out[2 * i + 1], alpha);
        }
        arena_reset(&lent.arena);
    }
    lent_free(&lent);
}
