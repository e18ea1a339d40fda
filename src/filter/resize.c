/*
 * resize: changes the image's size. Each output sample is a weighted sum of the input samples around its
 * position, with the kernel widened by the reduction factor (antialiasing), vertically, then horizontally; at
 * the edges, the weights inside are normalised to sum 1. Planes are mapped by their frames, so that chroma of
 * any size stays aligned, and an image shrunk by its decoder needs no special case. Colour is premultiplied
 * by alpha while reading; colour above alpha (a kernel's overshoot) is clamped by unpremultiplying.
 *
 * With `linear` the sums are of light (color/light.h), by the transfer curve that the image itself has when
 * the step begins. The decoder must not shrink such an image: it would sum samples.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "filter/filter.h"
#include "filter/geometry.h"
#include "filter/scale.h"

static const struct kernel *const kernels[] = {&kernel_lanczos3, &kernel_mitchell, &kernel_catmullrom,
                                               &kernel_linear,   &kernel_box,      &kernel_nearest};

static const struct param_word kernel_words[] = {{"lanczos3", 0}, {"mitchell", 1}, {"catmullrom", 2},
                                                 {"linear", 3},   {"box", 4},      {"nearest", 5},
                                                 {NULL, 0}};

struct params {
    struct geometry geometry;
    int kernel; /* index into kernels */
    struct geometry_words words;
    bool linear;
    enum pm_exif_color exif; /* lent */
};
_Static_assert(sizeof(struct params) <= FILTER_PARAMS_MAX, "params must fit a recipe's step");

static const struct kernel *kernel_of(const void *params)
{
    return kernels[((const struct params *)params)->kernel];
}

static int parse_geometry(const char *text, size_t length, void *field, struct pm_error *error)
{
    return geometry_parse(text, length, field, error);
}

static void print_geometry(const void *field, char *text, size_t size)
{
    geometry_print(field, text, size);
}

static const struct param rows[] = {
    {.name = "size",
     .kind = PARAM_OWN,
     .offset = offsetof(struct params, geometry),
     .parse = parse_geometry,
     .print = print_geometry},
    {.name = "kernel", .kind = PARAM_WORD, .offset = offsetof(struct params, kernel), .words = kernel_words},
    {.name = "linear", .kind = PARAM_FLAG, .offset = offsetof(struct params, linear)},
    {.name = "shrink", .kind = PARAM_FLAG, .offset = offsetof(struct params, words.shrink)},
    {.name = "enlarge", .kind = PARAM_FLAG, .offset = offsetof(struct params, words.enlarge)},
    {.name = NULL},
};

static int resize_check(const void *params, struct pm_error *error)
{
    const struct params *p = params;
    return geometry_check_words(&p->geometry, &p->words, "resize", error);
}

static void resize_complete(void *params, const struct filter_lent *lent)
{
    ((struct params *)params)->exif = lent->exif;
}

static const struct pm_pixel_format *resize_accepts(const void *params)
{
    return ((const struct params *)params)->linear ? filter_accepts_light : filter_accepts_any;
}

static bool sums_light(const struct params *p, const struct pm_pixel_format *format)
{
    return p->linear && format->color != PM_COLOR_CMYK && !kernels[p->kernel]->point;
}

static int resize_plan(const void *params, struct shape *shape, struct pm_error *error)
{
    const struct params *p = params;
    const struct geometry geometry = geometry_with_words(&p->geometry, &p->words);
    uint32_t width = shape->width, height = shape->height;
    bool exact = true;
    if (shape->at_most)
        geometry_bound(&geometry, &width, &height, &exact);
    else if (geometry_apply(&geometry, &width, &height, error) != 0)
        return -1;
    const struct pm_pixel_format format = shape->format;
    *shape = scale_shape(shape, width, height);
    if (sums_light(p, &format))
        shape->format = format;
    shape->at_most = !exact;
    return 0;
}

/* Shrink-on-load blurs and aliases slightly; at 1.5 times the target size neither is visible. Point sampling
 * needs all samples, and light is summed from all of them. */
static double resize_margin(const void *params, const struct shape *planned)
{
    (void)planned;
    return kernel_of(params)->point || ((const struct params *)params)->linear ? 0 : 1.5;
}

static uint64_t resize_scratch_bytes(const void *params, const struct shape *in, const struct shape *out)
{
    return scale_scratch_bytes(kernel_of(params), in, out);
}

static int resize_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                        struct pm_image *out, struct context *context)
{
    const struct params *p = params;
    if (!sums_light(p, &in->format) || (planned->width == in->width && planned->height == in->height))
        return scale_image(kernel_of(params), in, planned, out, context);
    const struct light *light =
        light_find(&in->meta, p->exif, in->format.color == PM_COLOR_GRAY, in->format.depth, context);
    return light != NULL ? scale_light(kernel_of(params), light, in, planned, out, context) : -1;
}

/* If the size is unchanged, the input is passed on: no window. */
static uint32_t resize_window(const void *params, const struct shape *in, const struct shape *out)
{
    if (in->width == out->width && in->height == out->height)
        return 0;
    const struct params *p = params;
    return resample_window(kernel_of(p), p->linear, in->height, out->height);
}

/* One attempt. Returns 1 if the image was assumed opaque and is not. */
static int resize_from_rows(const struct params *p, struct row_source *rows,
                            const struct alpha_reading *reading, const struct shape *planned,
                            struct pm_image *out, struct context *context)
{
    if (reading != NULL)
        out->format = alpha_reading_format(reading, out->format);
    struct pm_plane plane;
    if (plane_alloc_planned(&plane, 0, planned, pm_channels(&out->format), out->format.depth, context) != 0)
        return -1;
    struct arena_mark mark = arena_mark(context->arena);
    struct weights x, y;
    enum precision precision = precision_read(reading, out->format.depth);
    int status = resample_weights(&rows->plane, &plane, kernel_of(p), precision, &x, &y, context);
    if (status == 0)
        status = resample_rows(rows, reading, precision, &x, &y, &plane, context);
    arena_release(context->arena, mark);
    out->plane[0] = plane;
    return status;
}

/* Resizes a decoder's planes, each from its own size to its own. */
static int resize_planes(const struct params *p, const struct pm_image *in, struct row_source *rows,
                         const struct shape *planned, struct pm_image *out, struct context *context)
{
    const bool widens = pixels_wide(&planned->format);
    *out = *in;
    out->width = planned->width;
    out->height = planned->height;
    out->nplanes = pm_channels(&in->format);
    if (widens)
        out->format.depth = planned->format.depth;
    for (unsigned i = 0; i < out->nplanes; i++) {
        if (plane_alloc_planned(&out->plane[i], i, planned, 1, out->format.depth, context) != 0)
            return -1;
    }
    if (resize_planes_by_rows(rows, out->nplanes, out->plane, kernel_of(p),
                              widens ? RESAMPLE_WIDE : RESAMPLE_SAMPLES, context) != 0)
        return -1;
    image_set_sampling(out);
    return 0;
}

/* Whether alpha is opaque is known only at the last row. Assume opaque; restart the image if a row is not
 * (usually the first). */
static int resize_apply_rows(const void *params, const struct pm_image *in, struct row_source *rows,
                             const struct shape *planned, struct pm_image *out, struct context *context)
{
    if (image_check_size(planned->width, planned->height, context->max_pixels, context->error) != 0)
        return -1;
    if (in->format.color == PM_COLOR_YCC)
        return resize_planes(params, in, rows, planned, out, context);
    const bool has_alpha = pixels_have_alpha(&in->format);
    const struct light *light = NULL;
    const struct params *p = params;
    if (sums_light(p, &in->format)) {
        light = light_find(&in->meta, p->exif, in->format.color == PM_COLOR_GRAY, in->format.depth, context);
        if (light == NULL)
            return -1;
    }
    struct alpha_reading reading;
    struct arena_mark mark = arena_mark(context->arena);
    int status = 1;
    for (bool opaque = has_alpha; status == 1; opaque = false) {
        arena_release(context->arena, mark);
        *out = *in;
        out->width = planned->width;
        out->height = planned->height;
        out->nplanes = 1;
        alpha_reading_suppose(&reading, rows->plane.channels, in->format.depth, opaque, context);
        reading.light = light;
        status =
            resize_from_rows(p, rows, has_alpha || light != NULL ? &reading : NULL, planned, out, context);
    }
    return status;
}

/* The others have a hard edge: of two samples at equal distance they take the upper or left one. */
static bool resize_commutes(const void *params)
{
    const struct kernel *kernel = kernel_of(params);
    return !kernel->point && kernel != &kernel_box;
}

const struct filter resize_filter = {
    .name = "resize",
    .argument = "GEOM[,shrink][,enlarge][,kernel=NAME][,linear]",
    .help =
        "resize to 800x600 (fit inside), 800x or 800, x600, 50% or 50%x30%; suffix ! exact, ^ cover, > or "
        ",shrink only shrink, < or ,enlarge only enlarge; both may follow ! or ^ (^>); kernel lanczos3 (default), "
        "mitchell, catmullrom, linear, box or nearest; linear: sums in linear light, so that fine patterns "
        "keep their brightness",
    .example = "800x600",
    .accepts = filter_accepts_any,
    .accepts_for = resize_accepts,
    .resamples = true,
    .margin = resize_margin,
    .params = rows,
    .check = resize_check,
    .complete = resize_complete,
    .plan = resize_plan,
    .scratch_bytes = resize_scratch_bytes,
    .window = resize_window,
    .commutes = resize_commutes,
    .apply_rows = resize_apply_rows,
    .apply = resize_apply,
};
