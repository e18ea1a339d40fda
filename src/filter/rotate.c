/*
 * rotate: rotates clockwise; by multiples of 90 degrees without loss, by other angles with interpolation
 * (rotate_any.h).
 */
#include <math.h>
#include <string.h>

#include "filter/border.h"
#include "filter/filter.h"
#include "filter/orient.h"
#include "filter/rotate_any.h"
#include "image/convert.h"

struct params {
    double angle; /* degrees */
    struct border border;
    uint8_t background[3]; /* completed for one image */
};
_Static_assert(sizeof(struct params) <= FILTER_PARAMS_MAX, "params must fit a recipe's step");

static const struct param rows[] = {
    {.name = "angle",
     .kind = PARAM_NUMBER,
     .offset = offsetof(struct params, angle),
     .min = -360,
     .max = 360,
     .unit = "degrees"},
    BORDER_ROW,
    {.name = NULL},
};

/* The EXIF orientation that needs this rotation; 0: none does. */
static unsigned rotate_turn(const void *params)
{
    static const unsigned turns[] = {1, 6, 3, 8};
    const double quarters = ((const struct params *)params)->angle / 90;
    return quarters == floor(quarters) ? turns[((int)quarters + 4) % 4] : 0;
}

static bool rotate_transposes(const void *params)
{
    const unsigned turn = rotate_turn(params);
    return turn != 0 && orientation_transposes(turn);
}

static const struct pm_pixel_format *rotate_accepts(const void *params)
{
    /* clang-format off */
    static const struct pm_pixel_format mixed[] = {
        FILTER_INTERLEAVED(PM_ALPHA_NONE),
        FILTER_INTERLEAVED(PM_ALPHA_OPAQUE),
        FILTER_PREMULTIPLIED,
        PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8),
        {.depth = 0},
    };
    /* clang-format on */
    return rotate_turn(params) != 0 ? filter_accepts_straight : mixed;
}

static void rotate_complete(void *params, const struct filter_lent *lent)
{
    struct params *p = params;
    memcpy(p->background, lent->background, sizeof p->background);
}

static void rotate_paint(void *params, const struct pipeline *paint)
{
    struct params *p = params;
    border_paint(&p->border, p->background, paint);
}

static int rotate_plan(const void *params, struct shape *shape, struct pm_error *error)
{
    const struct params *p = params;
    const unsigned turn = rotate_turn(params);
    (void)error;
    if (turn != 0) {
        orient_shape(turn, shape);
        return 0;
    }
    const struct css_color color = border_color(&p->border, p->background, &shape->format);
    rotate_any_size(p->angle, &shape->width, &shape->height);
    shape->format = border_format(&color, shape->format);
    return 0;
}

/* Grey becomes RGB before it is mixed with a colour. */
static int rotate_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                        struct pm_image *out, struct context *context)
{
    const struct params *p = params;
    const unsigned turn = rotate_turn(params);
    if (turn != 0)
        return orient_apply(in, turn, out, context);
    const struct css_color color = border_color(&p->border, p->background, &in->format);
    const struct pm_pixel_format format = border_format(&color, in->format);
    struct pm_image rgb = *in;
    if (format.color != in->format.color && image_gray_to_rgb(in, NULL, &rgb, context) != 0)
        return -1;
    return rotate_any(p->angle, &color, &rgb, planned, out, context);
}

/* Grey as RGB, the border and tables. */
static uint64_t rotate_scratch_bytes(const void *params, const struct shape *in, const struct shape *out)
{
    enum { TABLES = 1 << 16, PIXEL_BYTES_MAX = 8 };
    struct shape rgb = *in;
    rgb.format.color = out->format.color;
    if (rotate_turn(params) != 0)
        return 0;
    return TABLES + (uint64_t)PIXEL_BYTES_MAX * out->width +
           (in->format.color != out->format.color ? shape_bytes(&rgb) : 0);
}

const struct filter rotate_filter = {
    .name = "rotate",
    .argument = "90|180|270|DEGREES[,color=COLOR]",
    .help =
        "rotate clockwise by DEGREES, -360 to 360: multiples of 90 without loss, others bicubically with smooth "
        "edges and corners of COLOR, #rrggbb or a CSS name (default: transparent if the picture has alpha, else "
        "--background)",
    .example = "90",
    .accepts = filter_accepts_straight,
    .accepts_for = rotate_accepts,
    .paints = true,
    .reframes = true,
    .turn = rotate_turn,
    .transposes = rotate_transposes,
    .params = rows,
    .complete = rotate_complete,
    .paint = rotate_paint,
    .plan = rotate_plan,
    .scratch_bytes = rotate_scratch_bytes,
    .apply = rotate_apply,
};
