#include <criterion/criterion.h>
#include <string.h>

#include "filter/filter.h"
#include "image/convert.h"
#include "pictures.h"

static struct pm_image gray(struct lent *lent, const struct pm_image *in)
{
    const struct filter *filter = filter_find("gray");
    struct shape shape = image_shape(in);
    struct pm_image out;
    cr_assert_eq(filter->plan(NULL, &shape, &lent->error), 0);
    cr_assert_eq(filter->apply(NULL, in, &shape, &out, &lent->context), 0);
    cr_assert(shape.format.color == PM_COLOR_GRAY && out.format.color == PM_COLOR_GRAY);
    cr_assert(out.nplanes == 1 && out.format.alpha == in->format.alpha &&
              out.format.depth == in->format.depth);
    cr_assert_eq(out.plane[0].channels, in->format.alpha ? 2 : 1);
    return out;
}

/* libjpeg's rgb_gray_convert, for any depth. */
static unsigned luma(unsigned r, unsigned g, unsigned b)
{
    return (unsigned)((19595ull * r + 38470ull * g + 7471ull * b + 32768) >> 16);
}

Test(gray, rgb_becomes_bt601_luma_and_alpha_stays)
{
    struct lent lent;
    lent_init(&lent);
    for (unsigned depth = 8; depth <= 16; depth += 8) {
        for (int alpha = 0; alpha <= 1; alpha++) {
            struct pm_image in = picture(&lent, 67, 19, PM_COLOR_RGB, alpha, depth), out = gray(&lent, &in);
            for (uint32_t y = 0; y < 19; y++) {
                for (uint32_t x = 0; x < 67; x++) {
                    const struct pm_plane *from = &in.plane[0], *to = &out.plane[0];
                    cr_assert_eq(sample_at(to, depth, x, y, 0),
                                 luma(sample_at(from, depth, x, y, 0), sample_at(from, depth, x, y, 1),
                                      sample_at(from, depth, x, y, 2)));
                    if (alpha)
                        cr_assert_eq(sample_at(to, depth, x, y, 1), sample_at(from, depth, x, y, 3));
                }
            }
        }
    }
    lent_free(&lent);
}

Test(gray, white_stays_white_in_both_depths)
{
    struct lent lent;
    lent_init(&lent);
    for (unsigned depth = 8; depth <= 16; depth += 8) {
        struct pm_image in = picture(&lent, 1, 1, PM_COLOR_RGB, false, depth);
        memset(in.plane[0].data, 255, 3 * depth / 8);
        struct pm_image out = gray(&lent, &in);
        cr_assert_eq(sample_at(&out.plane[0], depth, 0, 0, 0), depth == 8 ? 255 : 65535);
    }
    lent_free(&lent);
}

Test(gray, of_ycc_is_its_y_plane)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture_ycc(&lent, 21, 11, 2, 2), out = gray(&lent, &in);
    cr_assert_eq(out.plane[0].data, in.plane[0].data);
    cr_assert(out.width == 21 && out.height == 11);
    lent_free(&lent);
}

Test(gray, of_gray_is_itself)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 21, 11, PM_COLOR_GRAY, true, 16), out = gray(&lent, &in);
    cr_assert_eq(out.plane[0].data, in.plane[0].data);
    lent_free(&lent);
}

Test(gray, cmyk_goes_through_rgb)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 33, 5, PM_COLOR_CMYK, false, 8), out = in;
    static const uint8_t black[3];
    const struct pm_pixel_format *want = convert_best(&in.format, filter_find("gray")->accepts, black);
    struct convert_goal goal;
    const struct conversion *step = convert_next(&in.format, want, black, &goal);
    cr_assert_eq(step->run(&in, &goal, &out, &lent.context), 0);
    const struct pm_image rgb = out;
    out = gray(&lent, &out);
    for (uint32_t x = 0; x < 33; x++)
        cr_assert_eq(sample_at(&out.plane[0], 8, x, 2, 0),
                     luma(sample_at(&rgb.plane[0], 8, x, 2, 0), sample_at(&rgb.plane[0], 8, x, 2, 1),
                          sample_at(&rgb.plane[0], 8, x, 2, 2)));
    lent_free(&lent);
}
