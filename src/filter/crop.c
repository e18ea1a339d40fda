/*
 * crop: keeps a rectangle of the picture. No sample is copied: the planes of the result begin further in and
 * are smaller. Where the rectangle begins or ends between two chroma samples, both are kept and the plane's
 * frame says where the picture lies.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "filter/filter.h"

/* A side that the free space is shared out to: 0 left or top, 1 both alike, 2 right or bottom. */
struct gravity {
    const char *name;
    unsigned x, y;
};

static const struct gravity gravities[] = {
    {"center", 1, 1}, {"north", 1, 0},     {"northeast", 2, 0}, {"east", 2, 1},      {"southeast", 2, 2},
    {"south", 1, 2},  {"southwest", 0, 2}, {"west", 0, 1},      {"northwest", 0, 0},
};

enum { GRAVITIES = sizeof gravities / sizeof *gravities };

struct params {
    uint32_t width, height, x, y;
    const struct gravity *gravity; /* NULL: at x, y */
};
_Static_assert(sizeof(struct params) <= FILTER_PARAMS_MAX, "params must fit a recipe's step");

/* Reads digits; returns what follows them, or NULL when there are none or the number is above 2^31 - 1. */
static const char *parse_number(const char *text, uint32_t *value)
{
    if (text == NULL || *text < '0' || *text > '9')
        return NULL;
    char *end;
    unsigned long long number = strtoull(text, &end, 10);
    if (number > INT32_MAX)
        return NULL;
    *value = (uint32_t)number;
    return end;
}

/* The text behind `word`, or NULL when `text` does not begin with it. */
static const char *parse_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    return text != NULL && strncmp(text, word, length) == 0 ? text + length : NULL;
}

static int crop_parse(const char *text, void *params, struct pm_error *error)
{
    struct params p = {0};
    const char *rest = parse_number(parse_word(parse_number(text, &p.width), "x"), &p.height);
    const char *name = parse_word(rest, ",gravity=");
    for (size_t i = 0; name != NULL && i < GRAVITIES; i++) {
        if (strcasecmp(name, gravities[i].name) == 0)
            p.gravity = &gravities[i];
    }
    const char *end = parse_number(parse_word(parse_number(parse_word(rest, "+"), &p.x), "+"), &p.y);
    if (name != NULL && p.gravity == NULL)
        return error_set(
            error, PM_ERROR_USAGE,
            "crop does not know gravity=%.32s (center, north, northeast, east, southeast, south, "
            "southwest, west or northwest)",
            name);
    bool placed = p.gravity != NULL || (end != NULL && *end == '\0');
    if (!placed || p.width == 0 || p.height == 0)
        return error_set(error, PM_ERROR_USAGE,
                         "crop=%.40s is no rectangle (WIDTHxHEIGHT+X+Y, or WIDTHxHEIGHT,gravity=center)",
                         text);
    *(struct params *)params = p;
    return 0;
}

static void crop_print(const void *params, char *text, size_t size)
{
    const struct params *p = params;
    if (p->gravity != NULL)
        snprintf(text, size, "%" PRIu32 "x%" PRIu32 ",gravity=%s", p->width, p->height, p->gravity->name);
    else
        snprintf(text, size, "%" PRIu32 "x%" PRIu32 "+%" PRIu32 "+%" PRIu32, p->width, p->height, p->x, p->y);
}

static int refuse_larger(const struct params *p, const struct shape *shape, struct pm_error *error)
{
    if (p->gravity != NULL)
        return error_set(error, PM_ERROR_USAGE,
                         "a crop to %" PRIu32 "x%" PRIu32 " is larger than the picture, which is %" PRIu32
                         "x%" PRIu32 " at that step (crop less, or put resize=%" PRIu32 "x%" PRIu32
                         "^ before it)",
                         p->width, p->height, shape->width, shape->height, p->width, p->height);
    return error_set(
        error, PM_ERROR_USAGE,
        "a crop to %" PRIu32 "x%" PRIu32 "+%" PRIu32 "+%" PRIu32 " leaves the picture, which is %" PRIu32
        "x%" PRIu32 " at that step (X + WIDTH may be %" PRIu32 " and Y + HEIGHT %" PRIu32 " at most)",
        p->width, p->height, p->x, p->y, shape->width, shape->height, shape->width, shape->height);
}

static int crop_plan(const void *params, struct shape *shape, struct pm_error *error)
{
    const struct params *p = params;
    uint64_t right = (uint64_t)p->x + p->width, bottom = (uint64_t)p->y + p->height;
    if (right > shape->width || bottom > shape->height)
        return refuse_larger(p, shape, error);
    shape->width = p->width;
    shape->height = p->height;
    return 0;
}

/* What of one axis is kept: whole samples around [begin, begin + extent), which lies inside [0, size]. */
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

static int crop_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                      const struct pm_secret *secret, struct pm_image *out, struct context *context,
                      struct pm_error *error)
{
    (void)secret, (void)context, (void)error;
    const struct params *p = params;
    uint32_t left = p->x, top = p->y;
    if (p->gravity != NULL) {
        left = (uint32_t)((uint64_t)(in->width - planned->width) * p->gravity->x / 2);
        top = (uint32_t)((uint64_t)(in->height - planned->height) * p->gravity->y / 2);
    }
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
        plane->data = plane_row(plane, y.first) + (size_t)x.first * plane->channels * (in->depth / 8);
        plane->width = x.count;
        plane->height = y.count;
        plane->frame = (struct pm_frame){.x0 = x.x0, .y0 = y.x0, .extent_x = x.extent, .extent_y = y.extent};
    }
    *out = result;
    return 0;
}

const struct filter crop_filter = {
    .name = "crop",
    .argument = "WxH+X+Y|WxH,gravity=SIDE",
    .help = "keep a rectangle; SIDE is center, north, northeast, ...",
    .example = "640x480+10+20",
    .each_plane = true,
    .reframes = true,
    .parse = crop_parse,
    .print = crop_print,
    .plan = crop_plan,
    .apply = crop_apply,
};
