/*
 * crop: keeps a rectangle of the image. No samples are copied: the result's planes point into the input's. If
 * the rectangle begins or ends between two chroma samples, both are kept and the plane's frame gives the
 * exact position. With rows from the decoder, only the rectangle is kept in memory.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "filter/filter.h"
#include "filter/geometry.h"

enum { GRAVITY_NONE = -1 };

struct rectangle {
    uint32_t width, height, x, y;
    bool placed; /* x and y were given */
};

struct params {
    struct rectangle rectangle;
    int gravity; /* GRAVITY_NONE: x and y were given */
};
_Static_assert(sizeof(struct params) <= FILTER_PARAMS_MAX, "params must fit a recipe's step");

/* Parses digits at *text and advances it past them; false if there are none or the number is above 2^31 -
 * 1. */
static bool take_number(const char **text, const char *end, uint32_t *value)
{
    uint64_t number = 0;
    const char *digit = *text;
    for (; digit < end && *digit >= '0' && *digit <= '9' && number <= INT32_MAX; digit++)
        number = 10 * number + (uint64_t)(*digit - '0');
    const bool good = digit > *text && number <= INT32_MAX;
    *text = digit;
    *value = (uint32_t)number;
    return good;
}

static bool take_character(const char **text, const char *end, char character)
{
    if (*text == end || **text != character)
        return false;
    ++*text;
    return true;
}

/* "640x480" or "640x480+10+20". */
static int parse_rectangle(const char *text, size_t length, void *field, struct pm_error *error)
{
    struct rectangle r = {0};
    const char *rest = text, *end = text + length;
    bool good = take_number(&rest, end, &r.width) && take_character(&rest, end, 'x') &&
                take_number(&rest, end, &r.height) && r.width > 0 && r.height > 0;
    if (good && rest < end) {
        r.placed = true;
        good = take_character(&rest, end, '+') && take_number(&rest, end, &r.x) &&
               take_character(&rest, end, '+') && take_number(&rest, end, &r.y) && rest == end;
    }
    if (!good)
        return error_set(error, PM_ERROR_USAGE,
                         "crop=%.40s is not a rectangle (WIDTHxHEIGHT+X+Y, or WIDTHxHEIGHT,gravity=center)",
                         text);
    *(struct rectangle *)field = r;
    return 0;
}

static void print_rectangle(const void *field, char *text, size_t size)
{
    const struct rectangle *r = field;
    if (r->placed)
        snprintf(text, size, "%" PRIu32 "x%" PRIu32 "+%" PRIu32 "+%" PRIu32, r->width, r->height, r->x, r->y);
    else
        snprintf(text, size, "%" PRIu32 "x%" PRIu32, r->width, r->height);
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
     .words = gravities,
     .standard = GRAVITY_NONE},
    {.name = NULL},
};

static int crop_check(const void *params, struct pm_error *error)
{
    const struct params *p = params;
    if (p->rectangle.placed != (p->gravity != GRAVITY_NONE))
        return 0;
    return error_set(
        error, PM_ERROR_USAGE,
        "crop needs either a position or a gravity (WIDTHxHEIGHT+X+Y, or WIDTHxHEIGHT,gravity=center)");
}

static int refuse_larger(const struct params *p, const struct shape *shape, struct pm_error *error)
{
    const struct rectangle *r = &p->rectangle;
    if (p->gravity != GRAVITY_NONE)
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
    if (p->gravity != GRAVITY_NONE)
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
    (void)params;
    if (in->format.color == PM_COLOR_YCC || (in->width == out->width && in->height == out->height))
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
    .argument = "WxH+X+Y|WxH,gravity=SIDE",
    .help = "keep a rectangle; SIDE is center, north, northeast, ...",
    .example = "640x480+10+20",
    .accepts = filter_accepts_straight,
    .reframes = true,
    .params = rows,
    .check = crop_check,
    .plan = crop_plan,
    .window = crop_window,
    .apply_rows = crop_apply_rows,
    .apply = crop_apply,
};
