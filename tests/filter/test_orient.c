#include <criterion/criterion.h>

#include "filter/filter.h"
#include "filter/orient.h"
#include "pictures.h"

/* Where the upright picture's pixel (x, y) is stored, by EXIF's definition. */
static void stored_at(unsigned orientation, uint32_t width, uint32_t height, uint32_t x, uint32_t y,
                      uint32_t *column, uint32_t *row)
{
    uint32_t right = width - 1, bottom = height - 1; /* of the stored picture */
    switch (orientation) {
    case 1:
        *column = x, *row = y;
        break;
    case 2:
        *column = right - x, *row = y;
        break;
    case 3:
        *column = right - x, *row = bottom - y;
        break;
    case 4:
        *column = x, *row = bottom - y;
        break;
    case 5:
        *column = y, *row = x;
        break;
    case 6:
        *column = y, *row = bottom - x;
        break;
    case 7:
        *column = right - y, *row = bottom - x;
        break;
    default:
        *column = right - y, *row = x;
        break;
    }
}

static void expect_oriented(struct lent *lent, const struct pm_image *in, unsigned orientation)
{
    struct pm_image out;
    cr_assert_eq(orient_apply(in, orientation, &out, &lent->context), 0);
    cr_assert_eq(out.orientation, 1);
    for (unsigned i = 0; i < in->nplanes; i++) {
        const struct pm_plane *from = &in->plane[i], *to = &out.plane[i];
        cr_assert_eq(to->width, orientation < 5 ? from->width : from->height);
        cr_assert_eq(to->height, orientation < 5 ? from->height : from->width);
        cr_assert_eq(to->channels, from->channels);
        for (uint32_t y = 0; y < to->height; y++) {
            for (uint32_t x = 0; x < to->width; x++) {
                uint32_t column, row;
                stored_at(orientation, from->width, from->height, x, y, &column, &row);
                for (unsigned c = 0; c < to->channels; c++)
                    cr_assert_eq(sample_at(to, in->format.depth, x, y, c),
                                 sample_at(from, in->format.depth, column, row, c),
                                 "orientation %u, %ux%u, plane %u, pixel %u,%u", orientation, from->width,
                                 from->height, i, x, y);
            }
        }
    }
}

Test(orient, every_orientation_size_and_pixel_is_as_exif_says)
{
    static const uint32_t sizes[][2] = {{1, 1},   {1, 7},   {9, 1},    {3, 2},    {15, 17},  {16, 16},
                                        {31, 33}, {64, 65}, {127, 70}, {130, 49}, {65, 129}, {96, 64}};
    static const struct {
        enum pm_color color;
        bool alpha;
    } kinds[] = {{PM_COLOR_GRAY, false}, {PM_COLOR_GRAY, true}, {PM_COLOR_RGB, false}, {PM_COLOR_RGB, true}};
    struct lent lent;
    lent_init(&lent);
    for (unsigned lanes = 1; lanes <= 3; lanes += 2) {
        lent.context.lanes = lanes; /* more bands */
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
                for (unsigned depth = 8; depth <= 16; depth += 8) {
                    struct pm_image in =
                        picture(&lent, sizes[s][0], sizes[s][1], kinds[k].color, kinds[k].alpha, depth);
                    for (unsigned orientation = 1; orientation <= 8; orientation++)
                        expect_oriented(&lent, &in, orientation);
                    arena_reset(&lent.arena);
                }
            }
        }
    }
    lent_free(&lent);
}

Test(orient, every_simd_level_gives_the_same_samples)
{
    struct lent lent;
    lent_init(&lent);
    for (int level = SIMD_BASE; level < SIMD_LEVELS; level++) {
        if (!simd_available((enum simd_level)level))
            continue;
        lent.context.simd = (enum simd_level)level;
        struct pm_image in = picture_ycc(&lent, 301, 203, 2, 1);
        for (unsigned orientation = 2; orientation <= 8; orientation++)
            expect_oriented(&lent, &in, orientation);
    }
    lent_free(&lent);
}

Test(orient, frames_are_mirrored_and_exchanged_with_their_planes)
{
    struct lent lent;
    lent_init(&lent);
    /* 4:2:0 of 101 x 77: chroma 51 x 39 samples, of which 50.5 x 38.5 are picture. */
    struct pm_image in = picture_ycc(&lent, 101, 77, 2, 2), out;
    static const double expected[9][4] = {
        [1] = {0, 0, 50.5, 38.5},     [2] = {0.5, 0, 50.5, 38.5}, [3] = {0.5, 0.5, 50.5, 38.5},
        [4] = {0, 0.5, 50.5, 38.5},   [5] = {0, 0, 38.5, 50.5},   [6] = {0.5, 0, 38.5, 50.5},
        [7] = {0.5, 0.5, 38.5, 50.5}, [8] = {0, 0.5, 38.5, 50.5},
    };
    for (unsigned orientation = 1; orientation <= 8; orientation++) {
        cr_assert_eq(orient_apply(&in, orientation, &out, &lent.context), 0);
        cr_assert_eq(out.width, orientation < 5 ? 101 : 77);
        cr_assert_eq(out.height, orientation < 5 ? 77 : 101);
        for (unsigned i = 1; i < 3; i++) {
            const struct pm_frame *frame = &out.plane[i].frame;
            cr_assert(frame->x0 == expected[orientation][0] && frame->y0 == expected[orientation][1] &&
                          frame->extent_x == expected[orientation][2] &&
                          frame->extent_y == expected[orientation][3],
                      "orientation %u: %g %g %g %g", orientation, frame->x0, frame->y0, frame->extent_x,
                      frame->extent_y);
        }
        cr_assert(plane_is_full(&out.plane[0]));
    }
    lent_free(&lent);
}

static void expect_like(const char *name, const char *argument, unsigned orientation)
{
    struct lent lent;
    lent_init(&lent);
    const struct filter *filter = filter_find(name);
    cr_assert_not_null(filter);
    unsigned char params[FILTER_PARAMS_MAX] = {0};
    cr_assert_eq(filter_parse(filter, argument, params, &lent.error), 0);
    struct pm_image in = picture(&lent, 5, 3, PM_COLOR_RGB, false, 8), out, expected;
    struct shape shape = image_shape(&in);
    if (filter->plan != NULL)
        cr_assert_eq(filter->plan(params, &shape, &lent.error), 0);
    cr_assert_eq(filter->apply(params, &in, &shape, &out, &lent.context), 0);
    cr_assert_eq(orient_apply(&in, orientation, &expected, &lent.context), 0);
    cr_assert(out.width == shape.width && out.height == shape.height);
    cr_assert(out.width == expected.width && out.height == expected.height);
    for (uint32_t y = 0; y < out.height; y++)
        cr_assert_arr_eq(plane_row(&out.plane[0], y), plane_row(&expected.plane[0], y), out.width * 3);
    lent_free(&lent);
}

Test(orient, flip_flop_and_rotate_are_orientations)
{
    expect_like("flip", NULL, 4);
    expect_like("flop", NULL, 2);
    expect_like("rotate", "90", 6);
    expect_like("rotate", "180", 3);
    expect_like("rotate", "270", 8);
}

Test(orient, a_quarter_turn_exchanges_the_planned_sampling)
{
    struct shape shape = {.width = 10, .height = 20, .format = PIXELS_YCC(2, 1)};
    orient_shape(6, &shape);
    cr_assert(shape.width == 20 && shape.height == 10 && shape.format.sampling_x == 1 &&
              shape.format.sampling_y == 2);
    orient_shape(3, &shape);
    cr_assert(shape.width == 20 && shape.height == 10);
}

Test(orient, other_arguments_are_refused)
{
    static const char *const wrong[] = {"", "361", "-361", "90 ", "90,", "--90", "9 0"};
    unsigned char params[FILTER_PARAMS_MAX];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct pm_error error = {0};
        cr_assert_eq(filter_parse(filter_find("rotate"), wrong[i], params, &error), -1);
        cr_assert_eq(error.kind, PM_ERROR_USAGE);
    }
}
