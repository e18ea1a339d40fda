/*
 * pad: fits the image inside a box, as resize does, then adds borders up to exactly the box. Borders without
 * a colour of their own are transparent if the image has alpha; else they have the recipe's background.
 */
#include <stdio.h>
#include <string.h>

#include "filter/border.h"
#include "filter/filter.h"
#include "filter/geometry.h"
#include "filter/scale.h"

struct params {
    struct geometry box;
    int gravity;
    struct border border;
    struct geometry_words words; /* only shrink */
    /* Completed for one image: */
    uint8_t background[3];
    uint32_t width, height; /* of the image inside the box */
};
_Static_assert(sizeof(struct params) <= FILTER_PARAMS_MAX, "params must fit a recipe's step");

static int parse_box(const char *text, size_t length, void *field, struct pm_error *error)
{
    struct geometry *box = field;
    struct pm_error ignored = {0}; /* its message names forms that pad does not accept */
    if (geometry_parse(text, length, box, &ignored) == 0 && box->unit == GEOMETRY_PIXELS &&
        box->mode == GEOMETRY_FIT && box->when != GEOMETRY_ENLARGE && box->width > 0 && box->height > 0)
        return 0;
    return error_set(
        error, PM_ERROR_USAGE,
        "pad=%.40s is not a box (WIDTHxHEIGHT, or WIDTHxHEIGHT> to only shrink; sides from 1 to %d pixels)",
        text, GEOMETRY_SIDE_MAX);
}

static void print_box(const void *field, char *text, size_t size)
{
    geometry_print(field, text, size);
}

static const struct param rows[] = {
    {.name = "box",
     .kind = PARAM_OWN,
     .offset = offsetof(struct params, box),
     .parse = parse_box,
     .print = print_box},
    {.name = "gravity",
     .kind = PARAM_WORD,
     .offset = offsetof(struct params, gravity),
     .words = gravities,
     .standard = GRAVITY_CENTER},
    BORDER_ROW,
    {.name = "shrink", .kind = PARAM_FLAG, .offset = offsetof(struct params, words.shrink)},
    {.name = NULL},
};

/* clang-format off */
static const struct pm_pixel_format accepts[] = {
    FILTER_INTERLEAVED(PM_ALPHA_NONE),
    FILTER_INTERLEAVED(PM_ALPHA_OPAQUE),
    FILTER_INTERLEAVED(PM_ALPHA_STRAIGHT),
    FILTER_PREMULTIPLIED,
    PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8),
    {.depth = 0},
};
/* clang-format on */

static void pad_complete(void *params, const struct filter_lent *lent)
{
    struct params *p = params;
    memcpy(p->background, lent->background, sizeof p->background);
}

static void pad_paint(void *params, const struct pipeline *paint)
{
    struct params *p = params;
    border_paint(&p->border, p->background, paint);
}

/* The format that holds both an image of this format and the borders. */
static struct pm_pixel_format padded_format(const struct params *p, struct pm_pixel_format format)
{
    const struct css_color color = border_color(&p->border, p->background, &format);
    return border_format(&color, format);
}

static bool has_borders(const struct params *p, uint32_t width, uint32_t height)
{
    return width != (uint32_t)p->box.width || height != (uint32_t)p->box.height;
}

static int pad_plan(const void *params, struct shape *shape, struct pm_error *error)
{
    const struct params *p = params;
    const struct geometry box = geometry_with_words(&p->box, &p->words);
    uint32_t width = shape->width, height = shape->height;
    if (geometry_apply(&box, &width, &height, error) != 0)
        return -1;
    struct shape padded = scale_shape(shape, width, height);
    if (shape->at_most || has_borders(p, width, height))
        padded.format = padded_format(p, padded.format);
    padded.width = (uint32_t)p->box.width;
    padded.height = (uint32_t)p->box.height;
    padded.at_most = false;
    *shape = padded;
    return 0;
}

static int pad_measure(void *params, const struct pm_image *in, struct shape *shape, struct context *context)
{
    struct params *p = params;
    const struct geometry box = geometry_with_words(&p->box, &p->words);
    (void)in;
    p->width = shape->width;
    p->height = shape->height;
    if (geometry_apply(&box, &p->width, &p->height, context->error) != 0)
        return -1;
    return pad_plan(params, shape, context->error);
}

/* As for resize. */
static double pad_margin(const void *params, const struct shape *planned)
{
    (void)params, (void)planned;
    return 1.5;
}

static uint64_t pad_scratch_bytes(const void *params, const struct shape *in, const struct shape *out)
{
    (void)params;
    const struct shape inside = scale_shape(in, out->width, out->height);
    return scale_scratch_bytes(&kernel_lanczos3, in, out) + shape_bytes(&inside);
}

struct job {
    const struct pm_image *inside; /* the scaled image */
    const struct pm_image *out;
    const uint8_t *border; /* a row of border pixels */
    uint32_t left, top;
    unsigned bands;
};

/* Copies a row of the image into the result's format, which may have colour or alpha that the image has not.
 */
static void copy_row(const struct job *job, const void *from, void *to)
{
    const struct pm_pixel_format *have = &job->inside->format, *want = &job->out->format;
    const unsigned in = pm_channels(have), out = pm_channels(want), size = have->depth / 8;
    const unsigned colors = want->color == PM_COLOR_GRAY ? 1 : 3;
    if (in == out) {
        memcpy(to, from, (size_t)job->inside->width * in * size);
        return;
    }
    for (uint32_t x = 0; x < job->inside->width; x++) {
        const uint8_t *pixel = (const uint8_t *)from + (size_t)x * in * size;
        uint8_t *made = (uint8_t *)to + (size_t)x * out * size;
        for (unsigned c = 0; c < colors; c++)
            memcpy(made + c * size, pixel + (have->color == PM_COLOR_GRAY ? 0 : c) * size, size);
        if (pixels_have_alpha(have))
            memcpy(made + colors * size, pixel + (in - 1) * size, size);
        else if (out > colors)
            memset(made + colors * size, UINT8_MAX, size);
    }
}

static int pad_band(void *argument, unsigned band, struct arena *scratch)
{
    (void)scratch;
    const struct job *job = argument;
    const struct pm_plane *plane = &job->out->plane[0];
    const size_t pixel = (size_t)plane->channels * (job->out->format.depth / 8);
    const uint32_t width = job->inside->width, right = job->left + width;
    uint32_t first, end;
    context_band_rows(plane->height, job->bands, band, &first, &end);
    for (uint32_t y = first; y < end; y++) {
        uint8_t *row = plane_row(plane, y);
        if (y < job->top || y - job->top >= job->inside->height) {
            memcpy(row, job->border, plane->width * pixel);
            continue;
        }
        memcpy(row, job->border, job->left * pixel);
        copy_row(job, plane_row(&job->inside->plane[0], y - job->top), row + job->left * pixel);
        memcpy(row + right * pixel, job->border, (plane->width - right) * pixel);
    }
    return 0;
}

/* Copies `inside`, of the params' size, into the box. */
static int add_borders(const struct params *p, const struct pm_image *inside, const struct shape *planned,
                       struct pm_image *out, struct context *context)
{
    enum { MIN_ROWS = 16 };
    struct shape shape = *planned;
    shape.format = padded_format(p, inside->format);
    const struct css_color color = border_color(&p->border, p->background, &inside->format);
    const size_t pixel = (size_t)pm_channels(&shape.format) * (shape.format.depth / 8);
    uint8_t border[BORDER_PIXEL_BYTES];
    int64_t left, top;
    uint8_t *row = context_alloc_array(context, planned->width, pixel);
    if (row == NULL || image_alloc(out, &shape, context) != 0)
        return -1;
    border_pixel(&color, &shape.format, border);
    for (uint32_t x = 0; x < planned->width; x++)
        memcpy(row + x * pixel, border, pixel);
    gravity_place(p->gravity, (int64_t)planned->width - inside->width,
                  (int64_t)planned->height - inside->height, &left, &top);
    struct job job = {
        .inside = inside,
        .out = out,
        .border = row,
        .left = (uint32_t)left,
        .top = (uint32_t)top,
        .bands = context_band_count(context, planned->height, MIN_ROWS),
    };
    return context_for_bands(context, job.bands, pad_band, &job);
}

static int pad_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                     struct pm_image *out, struct context *context)
{
    const struct params *p = params;
    struct pm_image inside;
    const struct shape full = image_shape(in), shape = scale_shape(&full, p->width, p->height);
    if (scale_image(&kernel_lanczos3, in, &shape, &inside, context) != 0)
        return -1;
    if (has_borders(p, inside.width, inside.height))
        return add_borders(p, &inside, planned, out, context);
    *out = inside;
    return 0;
}

const struct filter pad_filter = {
    .name = "pad",
    .argument = "WxH[,shrink][,gravity=SIDE][,color=COLOR]",
    .help =
        "fit inside WxH as resize does (WxH> or WxH,shrink: only shrink), then add borders up to exactly WxH; COLOR is #rrggbb, "
        "#rrggbbaa or a CSS name (default: transparent if the picture has alpha, else --background)",
    .example = "800x600",
    .accepts = accepts,
    .paints = true,
    .reframes = true,
    .params = rows,
    .complete = pad_complete,
    .paint = pad_paint,
    .plan = pad_plan,
    .measure = pad_measure,
    .margin = pad_margin,
    .scratch_bytes = pad_scratch_bytes,
    .apply = pad_apply,
};
