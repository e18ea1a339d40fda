/* Conversions from any pixel format to the accepted ones: of formats alone, and of pictures. */
#include <criterion/criterion.h>
#include <string.h>

#include "image/convert.h"
#include "lent.h"
#include "pictures.h"

#define PLANES(transparency, x, y, of, limited)                                                              \
    {                                                                                                        \
        .color = PM_COLOR_YCC, .alpha = (transparency), .depth = 8, .bits = 8, .sampling_x = (x),            \
        .sampling_y = (y), .matrix = (of), .limited_range = (limited)                                        \
    }
#define WIDE(limited)                                                                                        \
    {                                                                                                        \
        .color = PM_COLOR_YCC, .depth = 16, .bits = 8, .sampling_x = 1, .sampling_y = 1,                     \
        .matrix = PM_MATRIX_BT601, .limited_range = (limited)                                                \
    }
#define PREMULTIPLIED(model, significant)                                                                    \
    {                                                                                                        \
        .color = (model), .alpha = PM_ALPHA_PREMULTIPLIED, .depth = 16, .bits = (significant),               \
        .sampling_x = 1, .sampling_y = 1                                                                     \
    }
#define ENDED                                                                                                \
    {                                                                                                        \
        .depth = 0                                                                                           \
    }

/* All formats that can occur between two steps. */
static const struct pm_pixel_format pictures[] = {
    PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8),
    PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 16),
    PIXELS(PM_COLOR_GRAY, PM_ALPHA_OPAQUE, 8),
    PIXELS(PM_COLOR_GRAY, PM_ALPHA_OPAQUE, 16),
    PIXELS(PM_COLOR_GRAY, PM_ALPHA_STRAIGHT, 8),
    PIXELS(PM_COLOR_GRAY, PM_ALPHA_STRAIGHT, 16),
    PREMULTIPLIED(PM_COLOR_GRAY, 8),
    PREMULTIPLIED(PM_COLOR_GRAY, 16),
    PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8),
    PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 16),
    PIXELS(PM_COLOR_RGB, PM_ALPHA_OPAQUE, 8),
    PIXELS(PM_COLOR_RGB, PM_ALPHA_OPAQUE, 16),
    PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8),
    PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 16),
    PREMULTIPLIED(PM_COLOR_RGB, 8),
    PREMULTIPLIED(PM_COLOR_RGB, 16),
    PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8),
    PLANES(PM_ALPHA_NONE, 1, 1, PM_MATRIX_BT601, false),
    PLANES(PM_ALPHA_NONE, 2, 1, PM_MATRIX_BT601, false),
    PLANES(PM_ALPHA_NONE, 2, 2, PM_MATRIX_BT601, false),
    PLANES(PM_ALPHA_NONE, 4, 1, PM_MATRIX_BT601, false),
    PLANES(PM_ALPHA_NONE, 2, 2, PM_MATRIX_BT601, true),
    PLANES(PM_ALPHA_NONE, 1, 1, PM_MATRIX_BT709, true),
    PLANES(PM_ALPHA_NONE, 2, 2, PM_MATRIX_BT2020, false),
    PLANES(PM_ALPHA_STRAIGHT, 2, 2, PM_MATRIX_BT601, true),
    PLANES(PM_ALPHA_STRAIGHT, 1, 1, PM_MATRIX_BT601, false),
    WIDE(false),
    WIDE(true),
};
enum { PICTURES = sizeof pictures / sizeof *pictures };

/* All formats that an encoder may accept. */
static const struct pm_pixel_format files[] = {
    PIXELS_GRAY_RGB,
    PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8),
    PLANES(PM_ALPHA_NONE, 1, 1, PM_MATRIX_BT601, false),
    PLANES(PM_ALPHA_NONE, 2, 2, PM_MATRIX_BT601, false),
    PLANES(PM_ALPHA_NONE, 2, 2, PM_MATRIX_BT601, true),
    PLANES(PM_ALPHA_STRAIGHT, 2, 2, PM_MATRIX_BT601, true),
};
enum { FILES = sizeof files / sizeof *files, LIST = 4, STEPS_MAX = 8 };

static const uint8_t gray_background[3] = {40, 40, 40}, red_background[3] = {250, 10, 10};

/* Can samples be converted to this file format at all? Decided by the properties of each, not by steps. */
static bool can_become(const struct pm_pixel_format *have, const struct pm_pixel_format *want)
{
    if (pixels_equal(have, want))
        return true;
    if (want->color == PM_COLOR_CMYK)
        return false;
    if (want->color == PM_COLOR_YCC)
        return have->color == PM_COLOR_YCC && have->alpha == want->alpha && have->matrix == want->matrix &&
               (have->depth == 8 || !have->limited_range);
    return want->depth == 8 || have->bits == 16;
}

static struct pm_pixel_format converted(struct pm_pixel_format have, const struct pm_pixel_format *accepts,
                                        const uint8_t background[3])
{
    const struct pm_pixel_format *want = convert_best(&have, accepts, background);
    struct convert_goal goal;
    for (unsigned steps = 0; want != NULL && convert_next(&have, want, background, &goal) != NULL; steps++) {
        cr_assert_lt(steps, STEPS_MAX);
        cr_assert_not(pixels_equal(&have, &goal.format));
        have = goal.format;
    }
    return have;
}

static void expect_way(const struct pm_pixel_format *have, const struct pm_pixel_format *accepts)
{
    bool possible = false, exact = false;
    for (const struct pm_pixel_format *want = accepts; want->depth != 0; want++) {
        possible = possible || can_become(have, want);
        exact = exact || pixels_equal(have, want);
    }
    const struct pm_pixel_format end = converted(*have, accepts, red_background);
    cr_assert_eq(convert_accepted(&end, accepts), possible);
    if (exact || !possible)
        cr_assert(pixels_equal(&end, have));
    if (!possible)
        return;
    /* Nothing is lost that another accepted format would have kept. */
    for (const struct pm_pixel_format *want = accepts; want->depth != 0; want++) {
        if (can_become(have, want) && have->color != PM_COLOR_GRAY && want->color != PM_COLOR_GRAY)
            cr_assert_neq(end.color, PM_COLOR_GRAY);
        if (can_become(have, want) && have->alpha != PM_ALPHA_NONE && want->color == end.color &&
            want->alpha != PM_ALPHA_NONE)
            cr_assert_neq(end.alpha, PM_ALPHA_NONE);
    }
}

Test(convert, leads_from_every_format_to_every_list_that_it_can_lead_to)
{
    for (size_t i = 0; i < PICTURES; i++) {
        for (unsigned a = 0; a < FILES; a++) {
            for (unsigned b = a; b < FILES; b++) {
                for (unsigned c = b; c < FILES; c++)
                    expect_way(&pictures[i],
                               (const struct pm_pixel_format[LIST]){files[a], files[b], files[c], ENDED});
            }
        }
    }
}

/* If the encoder takes 8-bit opaque grey or RGB, the conversion never fails. */
Test(convert, always_finds_8_bits_of_grey_or_rgb)
{
    for (size_t i = 0; i < PICTURES; i++) {
        for (unsigned color = 0; color < 2; color++) {
            const struct pm_pixel_format only[] = {
                PIXELS(color == 0 ? PM_COLOR_GRAY : PM_COLOR_RGB, PM_ALPHA_NONE, 8), ENDED};
            const struct pm_pixel_format end = converted(pictures[i], only, gray_background);
            cr_assert(pixels_equal(&end, &only[0]), "picture %zu", i);
        }
    }
}

Test(convert, loses_least)
{
    static const struct {
        struct pm_pixel_format have, accepts[4], best;
        bool red;
    } cases[] = {
        /* An encoder without grey gets RGB. */
        {PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8),
         {PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8), ENDED},
         {0},
         false},
        /* Grey stays grey over a grey background and becomes RGB over red, */
        {PIXELS(PM_COLOR_GRAY, PM_ALPHA_STRAIGHT, 8),
         {PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8), PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8), ENDED},
         PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8),
         false},
        {PIXELS(PM_COLOR_GRAY, PM_ALPHA_STRAIGHT, 16),
         {PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8), PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8), ENDED},
         PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8),
         true},
        /* also where a step found it opaque. */
        {PIXELS(PM_COLOR_GRAY, PM_ALPHA_OPAQUE, 8),
         {PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8), PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8), ENDED},
         PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8),
         true},
        /* An alpha channel that was opaque is restored. */
        {PIXELS(PM_COLOR_RGB, PM_ALPHA_OPAQUE, 8),
         {PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8), PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8), ENDED},
         PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8),
         false},
        /* Keeping alpha comes before keeping bit depth, */
        {PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 16),
         {PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 16), PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8), ENDED},
         PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8),
         false},
        /* and keeping colour before both. */
        {PREMULTIPLIED(PM_COLOR_RGB, 16),
         {PIXELS(PM_COLOR_GRAY, PM_ALPHA_STRAIGHT, 16), PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8), ENDED},
         PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8),
         false},
        /* Planes stay planes if only the range changes, */
        {PLANES(PM_ALPHA_NONE, 2, 2, PM_MATRIX_BT601, false),
         {PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8), PLANES(PM_ALPHA_NONE, 2, 2, PM_MATRIX_BT601, true), ENDED},
         PLANES(PM_ALPHA_NONE, 2, 2, PM_MATRIX_BT601, true),
         false},
        {WIDE(false),
         {PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8), PLANES(PM_ALPHA_NONE, 2, 2, PM_MATRIX_BT601, true), ENDED},
         PLANES(PM_ALPHA_NONE, 2, 2, PM_MATRIX_BT601, true),
         false},
        /* but not if the matrix differs, alpha would be dropped or chroma is coarser. */
        {PLANES(PM_ALPHA_NONE, 2, 2, PM_MATRIX_BT2020, false),
         {PLANES(PM_ALPHA_NONE, 2, 2, PM_MATRIX_BT601, false), PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8), ENDED},
         PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8),
         false},
        {PLANES(PM_ALPHA_STRAIGHT, 2, 2, PM_MATRIX_BT601, false),
         {PLANES(PM_ALPHA_NONE, 2, 2, PM_MATRIX_BT601, false), PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8), ENDED},
         PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8),
         false},
        {PLANES(PM_ALPHA_NONE, 4, 1, PM_MATRIX_BT601, false),
         {PLANES(PM_ALPHA_NONE, 2, 2, PM_MATRIX_BT601, false), PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8), ENDED},
         PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8),
         false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct pm_pixel_format best = cases[i].best.depth != 0 ? cases[i].best : cases[i].accepts[0];
        const struct pm_pixel_format end =
            converted(cases[i].have, cases[i].accepts, cases[i].red ? red_background : gray_background);
        cr_expect(pixels_equal(&end, &best), "case %zu", i);
    }
}

/* A picture of this format; with alpha, opaque if `opaque`. */
static struct pm_image picture_of(struct lent *lent, const struct pm_pixel_format *format, bool opaque)
{
    enum { WIDTH = 37, HEIGHT = 21 };
    const struct shape shape = {.width = WIDTH, .height = HEIGHT, .format = *format};
    struct pm_image image = {.width = WIDTH, .height = HEIGHT, .format = *format, .orientation = 3};
    const bool planes = format->color == PM_COLOR_YCC;
    image.nplanes = planes ? pm_channels(format) : 1;
    for (unsigned i = 0; i < image.nplanes; i++) {
        struct pm_plane *plane = &image.plane[i];
        const unsigned channels = planes ? 1 : pm_channels(format);
        const bool is_alpha = planes && i == 3;
        cr_assert_eq(plane_alloc_planned(plane, i, &shape, channels, format->depth, &lent->context), 0);
        for (uint32_t y = 0; y < plane->height; y++) {
            for (uint32_t x = 0; x < plane->width * channels; x++) {
                const bool solid =
                    opaque &&
                    (is_alpha || (pixels_have_alpha(format) && !planes && x % channels == channels - 1));
                const unsigned value = solid ? 255 : (x * 31 + y * 17 + i * 5) % 239;
                if (format->depth == 8)
                    plane_row(plane, y)[x] = (uint8_t)value;
                else
                    ((uint16_t *)(void *)plane_row(plane, y))[x] =
                        (uint16_t)(pixels_wide(format) ? WIDE_ZERO + (value << WIDE_BITS) : value * 257);
            }
        }
    }
    return image;
}

static void expect_sound(const struct pm_image *image)
{
    const struct shape shape = image_shape(image);
    const bool planes = image->format.color == PM_COLOR_YCC;
    cr_assert_eq(image->nplanes, planes ? pm_channels(&image->format) : 1);
    for (unsigned i = 0; i < image->nplanes; i++) {
        const struct pm_plane aligned = plane_planned(&shape, i);
        cr_assert(plane_same_frame(&image->plane[i], &aligned));
        cr_assert_eq(image->plane[i].channels, planes ? 1 : pm_channels(&image->format));
        cr_assert_geq(image->plane[i].stride,
                      (size_t)image->plane[i].width * image->plane[i].channels * (image->format.depth / 8));
    }
}

/* The result of the steps matches the plan, for any samples. */
static void expect_as_planned(const struct pm_pixel_format *have, const struct pm_pixel_format *want,
                              bool opaque)
{
    const struct pm_pixel_format accepts[] = {*want, ENDED};
    const struct pm_pixel_format planned = converted(*have, accepts, red_background);
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture_of(&lent, have, opaque);
    const struct pm_pixel_format *best = convert_best(&image.format, accepts, red_background);
    const struct conversion *step;
    struct convert_goal goal;
    while (best != NULL && (step = convert_next(&image.format, best, red_background, &goal)) != NULL) {
        cr_assert_eq(step->run(&image, &goal, &image, &lent.context), 0, "%s", lent.error.message);
        cr_assert(pixels_equal(&image.format, &goal.format));
        cr_assert_eq(image.orientation, 3);
        expect_sound(&image);
    }
    cr_assert(pixels_equal(&image.format, &planned));
    lent_free(&lent);
}

Test(convert, does_what_it_plans)
{
    for (size_t i = 0; i < PICTURES; i++) {
        for (size_t k = 0; k < 2 * FILES; k++)
            expect_as_planned(&pictures[i], &files[k / 2], k % 2);
    }
}

/* A premultiplied picture may turn out opaque: then it has fewer channels and the same final format. */
Test(convert, ends_alike_where_alpha_turns_out_opaque)
{
    static const struct pm_pixel_format mixing[] = {PREMULTIPLIED(PM_COLOR_RGB, 8),
                                                    PIXELS(PM_COLOR_RGB, PM_ALPHA_OPAQUE, 8), ENDED};
    static const struct pm_pixel_format file[] = {PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8),
                                                  PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8), ENDED};
    static const struct pm_pixel_format straight = PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8);
    for (unsigned opaque = 0; opaque < 2; opaque++) {
        struct lent lent;
        lent_init(&lent);
        struct pm_image image = picture_of(&lent, &straight, opaque);
        struct convert_goal goal;
        const struct conversion *step = convert_next(&image.format, &mixing[0], red_background, &goal);
        cr_assert_eq(step->run(&image, &goal, &image, &lent.context), 0);
        cr_assert(convert_accepted(&image.format, mixing));
        cr_assert_eq(image.plane[0].channels, opaque ? 3 : 4);
        cr_assert_null(convert_next(&image.format, &mixing[0], red_background, &goal));
        const struct pm_pixel_format *best = convert_best(&image.format, file, red_background);
        step = convert_next(&image.format, best, red_background, &goal);
        cr_assert_eq(step->run(&image, &goal, &image, &lent.context), 0);
        cr_assert(pixels_equal(&image.format, &straight));
        lent_free(&lent);
    }
}
