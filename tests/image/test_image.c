#include <criterion/criterion.h>
#include <string.h>

#include "image/image.h"
#include "lent.h"
#include "pictures.h"

Test(image, channels_and_bytes_follow_from_colour_alpha_and_depth)
{
    static const struct {
        struct shape shape;
        unsigned channels;
        uint64_t bytes;
    } cases[] = {
        {{.width = 3, .height = 5, .format = PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8)}, 1, 5 * 64},
        {{.width = 3, .height = 5, .format = PIXELS(PM_COLOR_GRAY, PM_ALPHA_STRAIGHT, 16)}, 2, 5 * 64},
        {{.width = 64, .height = 5, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8)}, 3, 5 * 192},
        {{.width = 9, .height = 5, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 16)}, 4, 5 * 128},
        {{.width = 3, .height = 5, .format = PIXELS_YCC(1, 1)}, 3, 3 * 5 * 64},
        {{.width = 3, .height = 5, .format = PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8)}, 4, 5 * 64},
        /* too much for 64 bits */
        {{.width = UINT32_MAX, .height = UINT32_MAX, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 16)},
         4,
         UINT64_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_assert_eq(pm_channels(&cases[i].shape.format), cases[i].channels);
        cr_assert_eq(shape_bytes(&cases[i].shape), cases[i].bytes);
    }
}

Test(image, a_plane_has_aligned_rows_and_a_full_frame)
{
    struct lent lent;
    lent_init(&lent);
    for (uint32_t width = 1; width < 200; width += 7) {
        struct pm_plane plane;
        cr_assert_eq(plane_alloc(&plane, width, 9, 3, 16, &lent.context), 0);
        cr_assert_eq((uintptr_t)plane.data % 64, 0);
        const struct shape shape = {
            .width = width, .height = 9, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 16)};
        cr_assert_eq(plane.stride * 9, shape_bytes(&shape));
        cr_assert(plane.stride % 64 == 0 && plane.stride >= width * 6 && plane.stride < width * 6 + 64);
        cr_assert(plane.width == width && plane.height == 9 && plane.channels == 3);
        cr_assert(plane_is_full(&plane));
        cr_assert_eq(plane_row(&plane, 8), plane.data + 8 * plane.stride);
        memset(plane.data, 1,
               plane.stride * 9); /* all bytes are accessible, checked by the address sanitizer */
    }
    lent_free(&lent);
}

Test(image, a_plane_is_full_only_when_the_picture_reaches_all_its_edges)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_plane plane;
    cr_assert_eq(plane_alloc(&plane, 10, 9, 1, 8, &lent.context), 0);
    static const struct pm_frame partial[] = {
        {0.5, 0, 9.5, 9}, {0, 0.5, 10, 8.5}, {0, 0, 9.5, 9}, {0, 0, 10, 8.5}};
    for (int i = 0; i < 4; i++) {
        plane.frame = partial[i];
        cr_assert_not(plane_is_full(&plane));
    }
    lent_free(&lent);
}

Test(image, shape_of_planes_reports_their_sampling)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture_ycc(&lent, 101, 77, 2, 1);
    struct shape shape = image_shape(&image);
    cr_assert(shape.format.sampling_x == 2 && shape.format.sampling_y == 1);
    cr_assert(shape.width == 101 && shape.height == 77 && shape.format.color == PM_COLOR_YCC &&
              shape.format.depth == 8);
    image = picture_ycc(&lent, 50, 20, 3, 4);
    shape = image_shape(&image);
    cr_assert(shape.format.sampling_x == 3 && shape.format.sampling_y == 4);
    lent_free(&lent);
}

Test(image, limits_are_reported_with_numbers)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image image;
    struct shape shape = {.width = 100, .height = 50, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8)};
    lent.context.max_pixels = 4999;
    cr_assert_eq(image_alloc(&image, &shape, &lent.context), -1);
    cr_assert(lent.error.kind == PM_ERROR_LIMIT && lent.error.limit == 4999 && lent.error.value == 5000);
    lent.error = (struct pm_error){0};
    lent.context.max_pixels = 5000;
    cr_assert_eq(image_alloc(&image, &shape, &lent.context), 0);
    lent.context.max_bytes = 320 * 50 - 1; /* rows of 300 bytes take 320 */
    cr_assert_eq(image_alloc(&image, &shape, &lent.context), -1);
    cr_assert(lent.error.kind == PM_ERROR_LIMIT && lent.error.limit == 15999 && lent.error.value == 16000);
    lent.error = (struct pm_error){0};
    lent.context.max_bytes = 320 * 50;
    cr_assert_eq(image_alloc(&image, &shape, &lent.context), 0);
    lent_free(&lent);
}

Test(image, sizes_beyond_any_memory_are_refused_without_overflow)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_plane plane;
    cr_assert_eq(plane_alloc(&plane, UINT32_MAX, UINT32_MAX, 4, 16, &lent.context), -1);
    cr_assert_eq(lent.error.kind, PM_ERROR_MEMORY);
    struct pm_image image;
    struct shape shape = {
        .width = IMAGE_SIDE_MAX, .height = IMAGE_SIDE_MAX, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 16)};
    lent.error = (struct pm_error){0};
    cr_assert_eq(image_alloc(&image, &shape, &lent.context), -1);
    cr_assert_eq(lent.error.kind, PM_ERROR_MEMORY);
    shape.width++;
    lent.error = (struct pm_error){0};
    cr_assert_eq(image_alloc(&image, &shape, &lent.context), -1);
    cr_assert(lent.error.kind == PM_ERROR_LIMIT && lent.error.limit == IMAGE_SIDE_MAX);
    lent_free(&lent);
}

Test(image, a_new_image_is_upright_and_says_nothing_else)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture(&lent, 4, 3, PM_COLOR_GRAY, true, 16);
    cr_assert(image.orientation == 1 && image.nplanes == 1 && image.format.alpha == PM_ALPHA_STRAIGHT);
    cr_assert(image.meta.icc.data == NULL && image.meta.sealed.data == NULL && image.meta.ntexts == 0);
    cr_assert_eq(pm_channels(&image.format), 2);
    lent_free(&lent);
}
