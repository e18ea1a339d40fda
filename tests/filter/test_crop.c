#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "filter/filter.h"
#include "filter/reference.h"
#include "pictures.h"

/* Crops `in` by `argument`; the result shares its samples. */
static struct pm_image crop(struct lent *lent, const struct pm_image *in, const char *argument)
{
    const struct filter *filter = filter_find("crop");
    unsigned char params[FILTER_PARAMS_MAX] = {0};
    struct shape shape = image_shape(in);
    struct pm_image out;
    cr_assert_eq(filter_parse(filter, argument, params, &lent->error), 0, "%s", lent->error.message);
    cr_assert_eq(filter->plan(params, &shape, &lent->error), 0, "%s", lent->error.message);
    cr_assert_eq(filter->apply(params, in, &shape, &out, &lent->context), 0);
    cr_assert(out.width == shape.width && out.height == shape.height);
    return out;
}

/* Does the whole of `out` begin at (x, y) of `in`? */
static void expect_at(const struct pm_image *in, const struct pm_image *out, uint32_t x, uint32_t y)
{
    const struct pm_plane *from = &in->plane[0], *to = &out->plane[0];
    cr_assert_eq(to->data, plane_row(from, y) + x * from->channels * (in->format.depth / 8));
    cr_assert_eq(to->stride, from->stride);
    cr_assert(to->width == out->width && to->height == out->height && plane_is_full(to));
}

Test(crop, keeps_the_rectangle_and_copies_nothing)
{
    struct lent lent;
    lent_init(&lent);
    for (unsigned depth = 8; depth <= 16; depth += 8) {
        struct pm_image in = picture(&lent, 40, 30, PM_COLOR_RGB, true, depth);
        struct pm_image out = crop(&lent, &in, "10x20+7+9");
        cr_assert(out.width == 10 && out.height == 20);
        expect_at(&in, &out, 7, 9);
        out = crop(&lent, &in, "40x30+0+0");
        expect_at(&in, &out, 0, 0);
        out = crop(&lent, &in, "1x1+39+29");
        expect_at(&in, &out, 39, 29);
    }
    lent_free(&lent);
}

Test(crop, gravity_shares_out_the_free_space)
{
    static const struct {
        const char *argument;
        uint32_t x, y;
    } cases[] = {
        {"11x8,gravity=center", 14, 11}, /* 29 and 22 are free; an odd pixel stays on the right */
        {"11x8,gravity=north", 14, 0},     {"11x8,gravity=northeast", 29, 0},
        {"11x8,gravity=east", 29, 11},     {"11x8,gravity=southeast", 29, 22},
        {"11x8,gravity=south", 14, 22},    {"11x8,gravity=southwest", 0, 22},
        {"11x8,gravity=west", 0, 11},      {"11x8,gravity=northwest", 0, 0},
        {"40x30,gravity=southeast", 0, 0},
    };
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 40, 30, PM_COLOR_GRAY, false, 8);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pm_image out = crop(&lent, &in, cases[i].argument);
        expect_at(&in, &out, cases[i].x, cases[i].y);
    }
    lent_free(&lent);
}

Test(crop, chroma_keeps_whole_samples_around_a_fractional_frame)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture_ycc(&lent, 101, 77, 2, 2);
    struct pm_image out = crop(&lent, &in, "50x33+3+4");
    expect_at(&in, &out, 3, 4);
    for (unsigned i = 1; i < 3; i++) {
        /* Columns 3 to 53 of the picture are chroma 1.5 to 26.5: samples 1 to 26. Rows 4 to 37: 2 to 18.5. */
        const struct pm_plane *plane = &out.plane[i];
        cr_assert_eq(plane->data, plane_row(&in.plane[i], 2) + 1);
        cr_assert(plane->width == 26 && plane->height == 17);
        cr_assert(plane->frame.x0 == 0.5 && plane->frame.extent_x == 25);
        cr_assert(plane->frame.y0 == 0 && plane->frame.extent_y == 16.5);
    }
    /* A crop of the crop counts from its frame: 1.5 + 0.5 = 2. */
    struct pm_image again = crop(&lent, &out, "49x32+1+1");
    cr_assert_eq(again.plane[1].data, plane_row(&in.plane[1], 2) + 2);
    cr_assert(again.plane[1].frame.x0 == 0 && again.plane[1].frame.y0 == 0.5);
    cr_assert(again.plane[1].frame.extent_x == 24.5 && again.plane[1].frame.extent_y == 16);
    cr_assert(again.plane[1].width == 25 && again.plane[1].height == 17);
    lent_free(&lent);
}

Test(crop, every_place_keeps_the_frame_inside_its_plane)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture_ycc(&lent, 50, 20, 3, 1); /* thirds are not exact in binary */
    for (unsigned x = 0; x < 50; x++) {
        for (unsigned width = 1; x + width <= 50; width++) {
            char argument[64];
            snprintf(argument, sizeof argument, "%ux20+%u+0", width, x);
            struct pm_image out = crop(&lent, &in, argument);
            const struct pm_plane *plane = &out.plane[1];
            cr_assert(plane->width >= 1 && plane->frame.x0 >= 0 && plane->frame.extent_x > 0);
            cr_assert(plane->frame.x0 + plane->frame.extent_x <= plane->width);
            cr_assert(plane->data >= in.plane[1].data &&
                      plane->data + plane->width <= in.plane[1].data + in.plane[1].width);
            double begin = (double)(plane->data - in.plane[1].data) + plane->frame.x0;
            cr_assert_float_eq(begin, x / 3.0, 1e-9);
            cr_assert_float_eq(plane->frame.extent_x, width / 3.0, 1e-9);
        }
    }
    lent_free(&lent);
}

Test(crop, outside_the_picture_is_refused_with_numbers)
{
    static const char *const outside[] = {"10x10+31+0", "10x10+0+21", "41x1+0+0", "41x30,gravity=center",
                                          "2147483647x1+2147483647+0"};
    const struct filter *filter = filter_find("crop");
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        unsigned char params[FILTER_PARAMS_MAX] = {0};
        struct pm_error error = {0};
        struct shape shape = {.width = 40, .height = 30, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8)};
        cr_assert_eq(filter_parse(filter, outside[i], params, &error), 0);
        cr_assert_eq(filter->plan(params, &shape, &error), -1);
        cr_assert_eq(error.kind, PM_ERROR_USAGE);
        cr_assert_not_null(strstr(error.message, "40x30"), "%s", error.message);
    }
}

Test(crop, by_gravity_says_what_to_do_of_a_small_picture)
{
    const struct filter *filter = filter_find("crop");
    unsigned char params[FILTER_PARAMS_MAX] = {0};
    struct pm_error error = {0};
    struct shape shape = {.width = 40, .height = 30, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8)};
    cr_assert_eq(filter_parse(filter, "50x20,gravity=north", params, &error), 0);
    cr_assert_eq(filter->plan(params, &shape, &error), -1);
    cr_assert_str_eq(error.message, "a crop to 50x20 is larger than the picture, which is 40x30 at that step "
                                    "(crop less, or put resize=50x20^ before it)");
}

Test(crop, arguments_print_as_they_were_read)
{
    static const char *const right[] = {"640x480+10+20", "1x1+0+0", "7x9,gravity=center",
                                        "7x9,gravity=northwest", "2147483647x1+0+0"};
    const struct filter *filter = filter_find("crop");
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        unsigned char params[FILTER_PARAMS_MAX] = {0};
        struct pm_error error = {0};
        char text[128];
        cr_assert_eq(filter_parse(filter, right[i], params, &error), 0);
        filter_print(filter, params, text, sizeof text);
        cr_assert_str_eq(text, right[i]);
    }
}

Test(crop, a_side_may_be_written_as_ImageMagick_does)
{
    unsigned char params[FILTER_PARAMS_MAX] = {0};
    struct pm_error error = {0};
    char text[128];
    cr_assert_eq(filter_parse(filter_find("crop"), "7x9,gravity=NorthEast", params, &error), 0, "%s",
                 error.message);
    filter_print(filter_find("crop"), params, text, sizeof text);
    cr_assert_str_eq(text, "7x9,gravity=northeast");
}

Test(crop, other_arguments_are_refused)
{
    static const char *const wrong[] = {
        "",
        "10",
        "10x",
        "10x10",
        "x10+0+0",
        "0x10+0+0",
        "10x0+0+0",
        "10x10+1",
        "10x10+1+",
        "10x10-1+0",
        "10x10+1+1 ",
        " 1x1+0+0",
        "+1x1+0+0",
        "10x10+1+1+1",
        "10x10,gravity=",
        "10x10,gravity=up",
        "10x10,focus=",
        "10x10,focus=50",
        "10x10,focus=50,",
        "10x10,focus=50,101",
        "10x10,focus=-1,50",
        "10x10,focus=50,50,50",
        "10x10,focus=50x50",
        "10x10,focus=50,50,gravity=north",
        "10x10+1+1,focus=50,50",
        "10x10+1+1,gravity=smart",
        "10x10,gravity=center ",
        "2147483648x1+0+0",
        "99999999999999999999x1+0+0",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        unsigned char params[FILTER_PARAMS_MAX];
        struct pm_error error = {0};
        cr_assert_eq(filter_parse(filter_find("crop"), wrong[i], params, &error), -1, "%s", wrong[i]);
        cr_assert_eq(error.kind, PM_ERROR_USAGE);
    }
}

Test(crop, focus_and_smart_print_as_they_were_read)
{
    check_round_trip("crop", "10x8,focus=30,60.50", "10x8,focus=30,60.5");
    check_round_trip("crop", "10x8,focus=0.00001,100", "10x8,focus=0,100");
    check_round_trip("crop", "10x8,focus=30%,60.5%", "10x8,focus=30,60.5");
    check_round_trip("crop", "10x8,gravity=smart", "10x8,gravity=smart");
    check_round_trip("crop", "10x8,gravity=Attention", "10x8,gravity=smart");
    check_round_trip("crop", "10x8,gravity=bottom-left", "10x8,gravity=southwest");
}

/* The rectangle's centre is at the place, as near as the edges allow. */
Test(crop, focus_is_the_centre)
{
    static const struct {
        const char *argument;
        uint32_t x, y;
    } cases[] = {
        {"20x10,focus=50,50", 40, 20}, {"20x10,focus=0,0", 0, 0},      {"20x10,focus=100,100", 80, 40},
        {"20x10,focus=30,60", 20, 25}, {"21x11,focus=50,50", 40, 20},  {"100x50,focus=10,90", 0, 0},
        {"1x1,focus=99.9,0", 99, 0},   {"20x10,focus=91,12.5", 80, 1},
    };
    struct lent lent;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 100, 50, PM_COLOR_RGB, false, 8);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct pm_image out = run_filter("crop", cases[i].argument, &in, &lent);
        cr_expect_eq(out.plane[0].data, plane_row(&in.plane[0], cases[i].y) + 3 * cases[i].x, "%s",
                     cases[i].argument);
    }
    lent_free(&lent);
}
