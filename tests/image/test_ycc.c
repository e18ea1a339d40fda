/* YCbCr of every matrix and range against the equations of ITU-T H.273 in double precision. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "image/convert.h"
#include "image/plain_color.h"
#include "lent.h"
#include "pictures.h"

static const struct {
    enum pm_matrix matrix;
    double red, blue; /* their luma weights */
} matrices[] = {
    {PM_MATRIX_BT601, 0.299, 0.114}, {PM_MATRIX_BT709, 0.2126, 0.0722}, {PM_MATRIX_BT2020, 0.2627, 0.0593}};
enum { MATRICES = sizeof matrices / sizeof *matrices, SIDE = 256 };

/* Every Y with every Cb for one Cr; wide samples are between the 8-bit values, and outside. */
static struct pm_image cube_side(struct lent *lent, unsigned cr, bool wide, bool alpha)
{
    struct pm_image image = picture_ycc(lent, SIDE, SIDE, 1, 1);
    image.format.depth = wide ? 16 : 8;
    if (alpha) {
        image.format.alpha = PM_ALPHA_STRAIGHT;
        image.plane[image.nplanes++] = picture_plane(lent, SIDE, SIDE);
    }
    for (unsigned i = 0; i < 3; i++) {
        if (wide)
            image.plane[i] = picture(lent, SIDE, SIDE, PM_COLOR_GRAY, false, 16).plane[0];
        for (unsigned k = 0; k < SIDE * SIDE; k++) {
            const unsigned x = k % SIDE, y = k / SIDE, value = i == 0 ? x : i == 1 ? y : cr;
            uint8_t *row = plane_row(&image.plane[i], y);
            if (wide)
                ((uint16_t *)(void *)row)[x] =
                    (uint16_t)(WIDE_ZERO + ((value + value % 7) << WIDE_BITS) - 97 * (value % 5) * i);
            else
                row[x] = (uint8_t)value;
        }
    }
    return image;
}

static double value_at(const struct pm_image *image, unsigned plane, uint32_t x, uint32_t y)
{
    const unsigned sample = sample_at(&image->plane[plane], image->format.depth, x, y, 0);
    return image->format.depth == 8 ? sample : sample / 64.0 - 256;
}

static unsigned count_differences(struct lent *lent, struct pm_image *in, unsigned kind, bool limited)
{
    struct pm_image out;
    unsigned differ = 0;
    const unsigned channels = in->nplanes;
    in->format.matrix = matrices[kind].matrix;
    in->format.limited_range = limited;
    cr_assert_eq(image_ycc_to_rgb(in, NULL, &out, &lent->context), 0);
    cr_assert(out.nplanes == 1 && out.plane[0].channels == channels && out.format.alpha == in->format.alpha);
    for (uint32_t i = 0; i < SIDE * SIDE; i++) {
        const uint32_t x = i % SIDE, y = i / SIDE;
        uint8_t expected[3];
        plain_ycc_to_rgb_by(value_at(in, 0, x, y), value_at(in, 1, x, y), value_at(in, 2, x, y),
                            matrices[kind].red, matrices[kind].blue, limited, expected);
        for (unsigned c = 0; c < 3; c++) {
            const unsigned got = sample_at(&out.plane[0], 8, x, y, c);
            cr_assert(abs((int)got - (int)expected[c]) <= 1, "matrix %u, %u %u, channel %u: %u, not %u", kind,
                      x, y, c, got, expected[c]);
            differ += got != expected[c];
        }
        if (channels == 4)
            cr_assert_eq(sample_at(&out.plane[0], 8, x, y, 3), sample_at(&in->plane[3], 8, x, y, 0));
    }
    return differ;
}

Test(ycc, becomes_rgb_by_its_matrix_and_range)
{
    for (int level = SIMD_BASE; level < SIMD_LEVELS; level++) {
        if (!simd_available((enum simd_level)level))
            continue;
        unsigned differ[2] = {0, 0};
        for (unsigned kind = 0; kind < 2 * MATRICES; kind++) {
            for (unsigned cr = 3; cr < 256; cr += 23) {
                struct lent lent;
                lent_init(&lent);
                lent.context.simd = (enum simd_level)level;
                lent.context.lanes = 1 + cr % 3;
                struct pm_image in = cube_side(&lent, cr, false, cr % 2),
                                wide = cube_side(&lent, cr, true, false);
                differ[0] += count_differences(&lent, &in, kind / 2, kind % 2);
                differ[1] += count_differences(&lent, &wide, kind / 2, kind % 2);
                lent_free(&lent);
            }
        }
        /* Out of 13 million samples each: factors have 16 bits, or 13 to 14 for wide samples. */
        cr_expect_lt(differ[0], 13000, "%u", differ[0]);
        cr_expect_lt(differ[1], 260000, "%u", differ[1]);
    }
}

/* Rounded once: exactly the result in double precision, for every value. */
Test(ycc, changes_its_range_without_rgb)
{
    for (unsigned limited = 0; limited < 2; limited++) {
        struct lent lent;
        lent_init(&lent);
        struct pm_image in = cube_side(&lent, 0, false, true), out;
        for (unsigned i = 0; i < SIDE * SIDE; i++)
            plane_row(&in.plane[2], i / SIDE)[i % SIDE] = (uint8_t)(i / SIDE);
        in.format.limited_range = limited == 0;
        const struct convert_goal goal = {.format = {.limited_range = limited != 0}};
        cr_assert_eq(image_ycc_range(&in, &goal, &out, &lent.context), 0);
        cr_assert_eq(out.format.limited_range, limited != 0);
        for (unsigned v = 0; v < 256; v++) {
            const double luma = limited ? v * 219 / 255.0 + 16 : (v - 16.0) * 255 / 219;
            const double chroma = (v - 128.0) * (limited ? 224 / 255.0 : 255 / 224.0) + 128;
            cr_assert_eq(plane_row(&out.plane[0], 5)[v], fmin(fmax(floor(luma + 0.5), 0), 255), "%u", v);
            if (chroma - floor(chroma) == 0.5)
                continue; /* a tie: both are equally near */
            cr_assert_eq(plane_row(&out.plane[1], v)[9], fmin(fmax(floor(chroma + 0.5), 0), 255), "%u", v);
            cr_assert_eq(plane_row(&out.plane[2], v)[9], plane_row(&out.plane[1], v)[9]);
        }
        cr_assert_eq(out.plane[3].data, in.plane[3].data); /* alpha has no limited range */
        lent_free(&lent);
    }
}

/* Planes that a crop has misaligned are realigned to the start of the picture. */
Test(ycc, is_aligned_where_its_frames_are_not)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture_ycc(&lent, 40, 30, 2, 2), out;
    in.width = 21;
    in.plane[0].width = 21;
    in.plane[0].frame.extent_x = 21;
    for (unsigned i = 1; i < 3; i++) {
        in.plane[i].width = 11;
        in.plane[i].frame.x0 = 0.5;
        in.plane[i].frame.extent_x = 10.5;
    }
    image_set_sampling(&in);
    cr_assert(in.format.unaligned && in.format.sampling_x == 2 && in.format.sampling_y == 2);
    const struct convert_goal goal = {.format = PIXELS_YCC(2, 2)};
    cr_assert_eq(image_ycc_resample(&in, &goal, &out, &lent.context), 0);
    image_set_sampling(&out);
    cr_assert(pixels_equal(&out.format, &goal.format));
    cr_assert(out.plane[0].data == in.plane[0].data && out.plane[1].width == 11 &&
              out.plane[1].frame.x0 == 0);
    lent_free(&lent);
}
