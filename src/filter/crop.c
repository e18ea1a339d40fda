/*
 * crop: keeps a rectangle of the image. No samples are copied: the result's planes point into the input's. If
 * the rectangle begins or ends between two chroma samples, both are kept and the plane's frame gives the
 * exact position. With rows from the decoder, only the rectangle is kept in memory.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "filter/attention.h"
#include "filter/filter.h"
#include "filter/geometry.h"
#include "filter/rectangle.h"
#include "filter/scale.h"

enum { GRAVITY_NONE = -1, GRAVITY_SMART = 9 };

#define FOCUS_MIN 1e-4 /* smaller numbers have no text */

static const struct param_word places[] = {
    GRAVITY_WORDS, {"smart", GRAVITY_SMART}, {"attention", GRAVITY_SMART}, {NULL, 0}};

/* Percent of the width and height; the crop's centre is there, or as near as the edges allow. */
struct focus {
    double x, y;
    bool given;
};

struct params {
    struct rectangle rectangle;
    int gravity; /* GRAVITY_NONE: x and y, or the focus, were given */
    struct focus focus;
    uint32_t left, top; /* found by measure, for GRAVITY_SMART */
};
_Static_assert(sizeof(struct params) <= FILTER_PARAMS_MAX, "params must fit a recipe's step");

/* "640x480" or "640x480+10+20". */
static int parse_rectangle(const char *text, size_t length, void *field, struct pm_error *error)
{
    if (rectangle_read(text, length, field))
        return 0;
    return error_set(error, PM_ERROR_USAGE,
                     "crop=%.40s is not a rectangle (WIDTHxHEIGHT+X+Y, or WIDTHxHEIGHT,gravity=center)",
                     text);
}

static void print_rectangle(const void *field, char *text, size_t size)
{
    rectangle_print(field, text, size);
}

/* A number of percent, with or without the sign. */
static bool read_percent(const char **text, double *number)
{
    if (!number_read(text, number) || *number > 100)
        return false;
    *text += **text == '%';
    return true;
}

/* "30,60" or "30%,60%" */
static int parse_focus(const char *text, size_t length, void *field, struct pm_error *error)
{
    struct focus focus = {.given = true};
    const char *rest = text;
    const bool good = read_percent(&rest, &focus.x) && *rest++ == ',' && read_percent(&rest, &focus.y) &&
                      rest == text + length;
    if (!good)
        return error_set(
            error, PM_ERROR_USAGE,
            "the focus %.*s is not a place (X,Y in percent of width and height: 50,50 is the middle)",
            (int)(length < 40 ? length : 40), text);
    focus.x = focus.x < FOCUS_MIN ? 0 : focus.x;
    focus.y = focus.y < FOCUS_MIN ? 0 : focus.y;
    *(struct focus *)field = focus;
    return 0;
}

static void print_focus(const void *field, char *text, size_t size)
{
    const struct focus *focus = field;
    char x[32], y[32];
    text[0] = '\0';
    if (!focus->given)
        return;
    number_write(focus->x, x, sizeof x);
    number_write(focus->y, y, sizeof y);
    snprintf(text, size, "%s,%s", x, y);
}

static const struct param rows[] = {
    {.name = "rectangle",
     .kind = PARAM_OWN,
     .offset = offsetof(struct params, rectangle),
     .parse = parse_rectangle,
     .print = print_rectangle},
    {.name = "gravity",
     .kind = PARAM_WORD,
     .offset = offsetof(struct params, gravity),
     .words = places,
     .standard = GRAVITY_NONE},
    {.name = "focus",
     .kind = PARAM_OWN,
     .offset = offsetof(struct params, focus),
     .parts = 2,
     .parse = parse_focus,
     .print = print_focus},
    {.name = NULL},
};

static int crop_check(const void *params, struct pm_error *error)
{
    const struct params *p = params;
    if (p->rectangle.placed + (p->gravity != GRAVITY_NONE) + p->focus.given == 1)
        return 0;
    return error_set(error, PM_ERROR_USAGE,
                     "crop needs either a position, a gravity or a focus (WIDTHxHEIGHT+X+Y; "
                     "WIDTHxHEIGHT,gravity=center; WIDTHxHEIGHT,focus=50,50)");
}

static int refuse_larger(const struct params *p, const struct shape *shape, struct pm_error *error)
{
    const struct rectangle *r = &p->rectangle;
    if (!r->placed)
        return error_set(error, PM_ERROR_USAGE,
                         "a crop to %" PRIu32 "x%" PRIu32 " is larger than the picture, which is %" PRIu32
                         "x%" PRIu32 " at that step (crop less, or put resize=%" PRIu32 "x%" PRIu32
                         "^ before it)",
                         r->width, r->height, shape->width, shape->height, r->width, r->height);
    return error_set(error, PM_ERROR_USAGE,
                     "a crop to %" PRIu32 "x%" PRIu32 "+%" PRIu32 "+%" PRIu32
                     " is not inside the picture, which is %" PRIu32 "x%" PRIu32
                     " at that step (X + WIDTH may be %" PRIu32 " and Y + HEIGHT %" PRIu32 " at most)",
                     r->width, r->height, r->x, r->y, shape->width, shape->height, shape->width,
                     shape->height);
}

static int crop_plan(const void *params, struct shape *shape, struct pm_error *error)
{
    const struct params *p = params;
    const struct rectangle *r = &p->rectangle;
    uint64_t right = (uint64_t)r->x + r->width, bottom = (uint64_t)r->y + r->height;
    if (right > shape->width || bottom > shape->height)
        return refuse_larger(p, shape, error);
    shape->width = r->width;
    shape->height = r->height;
    shape->at_most = false;
    return 0;
}

static const struct pm_pixel_format *crop_accepts(const void *params)
{
    /* clang-format off */
    static const struct pm_pixel_format pixels[] = {
        FILTER_INTERLEAVED(PM_ALPHA_NONE),
        FILTER_INTERLEAVED(PM_ALPHA_OPAQUE),
        FILTER_INTERLEAVED(PM_ALPHA_STRAIGHT),
        PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8),
        {.depth = 0},
    };
    /* clang-format on */
    return ((const struct params *)params)->gravity == GRAVITY_SMART ? pixels : filter_accepts_straight;
}

/* Where a part of `extent` pixels around `centre` begins. */
static uint32_t begin_around(double centre, uint32_t extent, uint32_t size)
{
    const double begin = floor(centre - extent / 2.0 + 0.5), last = (double)size - extent;
    return (uint32_t)(begin < 0 ? 0 : begin > last ? last : begin);
}

static bool crop_follows_pixels(const void *params)
{
    return ((const struct params *)params)->gravity == GRAVITY_SMART;
}

static int crop_measure(void *params, const struct pm_image *in, struct shape *shape, struct context *context)
{
    struct params *p = params;
    double x, y;
    if (crop_plan(params, shape, context->error) != 0)
        return -1;
    if (p->gravity != GRAVITY_SMART)
        return 0;
    if (attention_find(in, shape->width, shape->height, &x, &y, context) != 0)
        return -1;
    p->left = begin_around(x, shape->width, in->width);
    p->top = begin_around(y, shape->height, in->height);
    return 0;
}

/* For the small picture. */
static uint64_t crop_scratch_bytes(const void *params, const struct shape *in, const struct shape *out)
{
    (void)out;
    const struct shape small = scale_shape(in, 32, 32);
    return ((const struct params *)params)->gravity == GRAVITY_SMART
               ? scale_scratch_bytes(&kernel_box, in, &small) + shape_bytes(&small)
               : 0;
}

/* The part of one axis that is kept: whole samples covering [begin, begin + extent), which is inside [0,
 * size]. */
struct span {
    uint32_t first, count;
    double x0, extent; /* of the frame, counted from `first` */
};

static struct span span_around(double begin, double extent, uint32_t size)
{
    double first = floor(begin), end = ceil(begin + extent);
    if (end > size)
        end = size;
    struct span span = {
        .first = (uint32_t)first,
        .count = (uint32_t)(end - first),
        .x0 = begin - first,
        .extent = extent,
    };
    if (span.x0 + span.extent > span.count)
        span.extent = span.count - span.x0;
    return span;
}

/* The rectangle's upper left corner, in pixels. */
static void find_corner(const struct params *p, const struct pm_image *in, const struct shape *planned,
                        uint32_t *left, uint32_t *top)
{
    int64_t x = p->rectangle.x, y = p->rectangle.y;
    if (p->gravity == GRAVITY_SMART) {
        x = p->left;
        y = p->top;
    } else if (p->focus.given) {
        x = begin_around(in->width * p->focus.x / 100, planned->width, in->width);
        y = begin_around(in->height * p->focus.y / 100, planned->height, in->height);
    } else if (p->gravity != GRAVITY_NONE)
        gravity_place(p->gravity, (int64_t)in->width - planned->width, (int64_t)in->height - planned->height,
                      &x, &y);
    *left = (uint32_t)x;
    *top = (uint32_t)y;
}

static int crop_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                      struct pm_image *out, struct context *context)
{
    (void)context, (void)context->error;
    uint32_t left, top;
    find_corner(params, in, planned, &left, &top);
    struct pm_image result = *in;
    result.width = planned->width;
    result.height = planned->height;
    for (unsigned i = 0; i < in->nplanes; i++) {
        struct pm_plane *plane = &result.plane[i];
        const struct pm_frame frame = plane->frame;
        struct span x = span_around(frame.x0 + left * frame.extent_x / in->width,
                                    result.width * frame.extent_x / in->width, plane->width);
        struct span y = span_around(frame.y0 + top * frame.extent_y / in->height,
                                    result.height * frame.extent_y / in->height, plane->height);
        plane->data = plane_row(plane, y.first) + (size_t)x.first * plane->channels * (in->format.depth / 8);
        plane->width = x.count;
        plane->height = y.count;
        plane->frame = (struct pm_frame){.x0 = x.x0, .y0 = y.x0, .extent_x = x.extent, .extent_y = y.extent};
    }
    image_set_sampling(&result);
    *out = result;
    return 0;
}

enum { WINDOW = 32 }; /* rows that the decoder makes per call */

/* A crop that keeps everything shares the input's samples: no window. Planes from the decoder are small, and
 * are cropped in place. */
static uint32_t crop_window(const void *params, const struct shape *in, const struct shape *out)
{
    if (in->format.color == PM_COLOR_YCC || ((const struct params *)params)->gravity == GRAVITY_SMART ||
        (in->width == out->width && in->height == out->height))
        return 0;
    return WINDOW;
}

static int crop_apply_rows(const void *params, const struct pm_image *in, struct row_source *rows,
                           const struct shape *planned, struct pm_image *out, struct context *context)
{
    struct pm_plane plane;
    uint32_t left, top;
    const unsigned channels = rows->plane.channels, depth = in->format.depth;
    const size_t pixel = (size_t)channels * (depth / 8);
    find_corner(params, in, planned, &left, &top);
    if (plane_alloc(&plane, planned->width, planned->height, channels, depth, context) != 0 ||
        row_source_begin(rows, WINDOW, context) != 0)
        return -1;
    for (uint32_t y = 0; y < in->height; y++) {
        const uint32_t end = in->height - y < WINDOW ? in->height : y + WINDOW;
        if (y % WINDOW == 0 && (context_checkpoint(context) != 0 || row_source_make(rows, end, context) != 0))
            return -1;
        if (y >= top && y - top < planned->height)
            memcpy(plane_row(&plane, y - top), row_source_row(rows, y) + left * pixel,
                   planned->width * pixel);
    }
    *out = *in;
    out->width = planned->width;
    out->height = planned->height;
    out->nplanes = 1;
    out->plane[0] = plane;
    return 0;
}

const struct filter crop_filter = {
    .name = "crop",
    .argument = "WxH+X+Y|WxH,gravity=SIDE|WxH,focus=X,Y",
    .help =
        "keep a rectangle; SIDE is center, north or top, northeast or top-right, ... or smart: around what "
        "draws the eye (edges, skin, strong colours; of animations in the first frame); focus: around a place in "
        "percent of width and height",
    .example = "640x480+10+20",
    .accepts = filter_accepts_straight,
    .accepts_for = crop_accepts,
    .reframes = true,
    .follows_pixels = crop_follows_pixels,
    .params = rows,
    .check = crop_check,
    .plan = crop_plan,
    .measure = crop_measure,
    .scratch_bytes = crop_scratch_bytes,
    .window = crop_window,
    .apply_rows = crop_apply_rows,
    .apply = crop_apply,
};
