/*
 * watermark: lays a second picture, the mark, over the image. The mark is scaled, multiplied by its alpha and
 * the opacity, and kept in the worker's memo for the next image that needs it in this size.
 */
#include <math.h>
#include <string.h>

#include "color/pipeline.h"
#include "filter/filter.h"
#include "filter/geometry.h"
#include "filter/scale.h"
#include "filter/watermark_kernels.h"
#include "image/convert.h"
#include "image/rows.h"

SIMD_TABLE(struct watermark_kernels, watermark_kernels)

struct params {
    int gravity, margin;               /* margin: pixels */
    double opacity, scale;             /* 0 to 1; percent of the image's width, 0: the mark's own size */
    const struct filter_picture *mark; /* completed for one image */
    const struct pipeline *paint;      /* the same: from sRGB to the picture's colours; NULL: it has those */
    bool tile;
    char file; /* the recipe stores the file's name */
};
_Static_assert(sizeof(struct params) <= FILTER_PARAMS_MAX, "params must fit a recipe's step");

static int parse_file(const char *text, size_t length, void *field, struct pm_error *error)
{
    (void)text, (void)length, (void)field, (void)error;
    return 0;
}

static void print_file(const void *field, char *text, size_t size)
{
    (void)field, (void)size;
    text[0] = '\0';
}

static const struct param rows[] = {
    {.name = "file",
     .kind = PARAM_OWN,
     .offset = offsetof(struct params, file),
     .parse = parse_file,
     .print = print_file},
    {.name = "gravity",
     .kind = PARAM_WORD,
     .offset = offsetof(struct params, gravity),
     .words = gravities,
     .standard = GRAVITY_SOUTHEAST},
    {.name = "opacity",
     .kind = PARAM_NUMBER,
     .offset = offsetof(struct params, opacity),
     .min = 0,
     .max = 1,
     .standard = 1},
    {.name = "scale",
     .kind = PARAM_NUMBER,
     .offset = offsetof(struct params, scale),
     .min = 0,
     .max = 100,
     .unit = "percent"},
    {.name = "margin",
     .kind = PARAM_INTEGER,
     .offset = offsetof(struct params, margin),
     .min = 0,
     .max = 65535,
     .unit = "pixels"},
    {.name = "tile", .kind = PARAM_FLAG, .offset = offsetof(struct params, tile)},
    {.name = NULL},
};

/* clang-format off */
static const struct pm_pixel_format accepts[] = {
    FILTER_INTERLEAVED(PM_ALPHA_NONE),
    FILTER_INTERLEAVED(PM_ALPHA_OPAQUE),
    FILTER_INTERLEAVED(PM_ALPHA_STRAIGHT),
    {.depth = 0},
};
/* clang-format on */

static void watermark_complete(void *params, const struct filter_lent *lent)
{
    ((struct params *)params)->mark = lent->picture;
}

static void watermark_paint(void *params, const struct pipeline *paint)
{
    ((struct params *)params)->paint = paint;
}

static uint32_t rounded_side(double side)
{
    return side < 1 ? 1 : side < UINT32_MAX ? (uint32_t)floor(side + 0.5) : UINT32_MAX;
}

/* The mark's shape in an image of this width. */
static struct shape mark_shape(const struct params *p, uint32_t width)
{
    const struct shape own = image_shape(p->mark->image);
    if (p->scale <= 0)
        return own;
    const double factor = width * p->scale / 100 / own.width;
    return scale_shape(&own, rounded_side(own.width * factor), rounded_side(own.height * factor));
}

static struct pm_pixel_format marked_format(const struct params *p, struct pm_pixel_format format)
{
    if (p->mark->image->format.color == PM_COLOR_RGB)
        format.color = PM_COLOR_RGB;
    return format;
}

static int watermark_plan(const void *params, struct shape *shape, struct pm_error *error)
{
    const struct params *p = params;
    const struct shape mark = mark_shape(p, shape->width);
    shape->format = marked_format(p, shape->format);
    return image_check_size(mark.width, mark.height, 0, error);
}

/* The prepared mark: rows of `color`, then rows of `keep`, see watermark_kernels.h. */
static uint64_t prepared_bytes(const struct shape *mark, unsigned colors)
{
    return (uint64_t)mark->width * mark->height * colors * 2 * sizeof(uint16_t);
}

static uint64_t watermark_scratch_bytes(const void *params, const struct shape *in, const struct shape *out)
{
    const struct params *p = params;
    const struct shape own = image_shape(p->mark->image), mark = mark_shape(p, out->width);
    (void)in;
    return scale_scratch_bytes(&kernel_lanczos3, &own, &mark) + shape_bytes(&mark) +
           prepared_bytes(&mark, 3) + 2 * (uint64_t)own.width * own.height * 8; /* painted, as RGB */
}

/* What a prepared mark depends on; without padding, for the memo. */
struct mark_key {
    char tag[16];
    uint8_t digest[FILTER_DIGEST_BYTES];
    uint32_t width, height, opacity, colors;
};

enum { OPAQUE = 1 << 16, KEPT_BYTES = MEMO_BYTES / 2 };

/* A sample in 16 bits. */
static uint32_t sample_16(const struct pm_image *image, const void *row, size_t i)
{
    return image->format.depth == 8 ? ((const uint8_t *)row)[i] * 257u : ((const uint16_t *)row)[i];
}

static void prepare_row(const struct pm_image *mark, const void *row, const struct mark_key *key,
                        uint16_t *color, uint16_t *keep)
{
    const unsigned channels = pm_channels(&mark->format), colors = key->colors;
    const bool has_alpha = pixels_have_alpha(&mark->format);
    const bool multiplied = mark->format.alpha == PM_ALPHA_PREMULTIPLIED;
    const bool gray = mark->format.color == PM_COLOR_GRAY;
    for (uint32_t x = 0; x < mark->width; x++) {
        const size_t at = (size_t)x * channels;
        const uint32_t own = has_alpha ? sample_16(mark, row, at + channels - 1) : UINT16_MAX;
        const uint32_t alpha = (uint32_t)(((uint64_t)own * key->opacity + OPAQUE / 2) / OPAQUE);
        for (unsigned c = 0; c < colors; c++) {
            uint32_t sample = sample_16(mark, row, at + (gray ? 0 : c));
            if (multiplied) /* a kernel's overshoot may be above alpha */
                sample = (uint32_t)(((uint64_t)(sample < own ? sample : own) * key->opacity + OPAQUE / 2) /
                                    OPAQUE);
            else
                sample = scale_65535(sample * alpha);
            color[x * colors + c] = (uint16_t)(sample < alpha ? sample : alpha);
            keep[x * colors + c] = (uint16_t)(UINT16_MAX - alpha);
        }
    }
}

struct paint_rows {
    const struct pipeline *paint;
    enum simd_level simd;
    unsigned depth;
    bool alpha;
};

static void paint_row(const void *in, void *out, uint32_t width, const void *argument)
{
    const struct paint_rows *rows = argument;
    pipeline_row(rows->paint, rows->simd, rows->depth, rows->alpha, in, out, width);
}

/* Sets *painted to the mark in the picture's colours; a mark of colour on grey, where the result loses the
 * grey's description, and a mark with multiplied alpha stay as they are. */
static int paint_mark(const struct params *p, struct pm_image *painted, struct context *context)
{
    struct pm_image mark = *p->mark->image;
    const bool gray = mark.format.color == PM_COLOR_GRAY;
    *painted = mark;
    if (p->paint == NULL || mark.format.alpha == PM_ALPHA_PREMULTIPLIED ||
        (p->paint->stage[0].in == 1 && !gray))
        return 0;
    if (gray && p->paint->stage[0].in == 3 && image_gray_to_rgb(p->mark->image, NULL, &mark, context) != 0)
        return -1;
    const struct paint_rows rows = {p->paint, context->simd, mark.format.depth,
                                    pixels_have_alpha(&mark.format)};
    return image_alloc_like(painted, &mark, mark.format, context) != 0 ||
                   plane_map_rows(&mark.plane[0], &painted->plane[0], paint_row, &rows, context) != 0
               ? -1
               : 0;
}

/* Makes the mark of the key's size; NULL with `error` filled. */
static const uint16_t *prepare_mark(const struct params *p, const struct mark_key *key,
                                    struct context *context)
{
    const size_t samples = (size_t)key->width * key->height * key->colors;
    struct pm_image painted, mark;
    uint16_t *made = context_alloc_array(context, samples, 2 * sizeof *made);
    if (made == NULL || paint_mark(p, &painted, context) != 0)
        return NULL;
    const struct shape own = image_shape(&painted), planned = scale_shape(&own, key->width, key->height);
    if (scale_image(&kernel_lanczos3, &painted, &planned, &mark, context) != 0)
        return NULL;
    for (uint32_t y = 0; y < key->height; y++) {
        uint16_t *color = made + (size_t)y * key->width * key->colors;
        prepare_row(&mark, plane_row(&mark.plane[0], y), key, color, color + samples);
    }
    if (p->paint == NULL &&
        samples * 2 * sizeof *made <= KEPT_BYTES) /* larger ones would displace the tables of codecs */
        memo_keep(context->memo, key, sizeof *key, made, samples * 2 * sizeof *made);
    return made;
}

struct job {
    const struct watermark_kernels *kernels;
    const struct pm_image *in, *out;
    const uint16_t *color, *keep;
    uint32_t width, height; /* of the mark */
    int64_t left, top;      /* of one of its copies */
    int64_t step_x, step_y; /* from copy to copy; 0: only one */
    unsigned colors, bands;
};

/* The last of the positions, `step` apart, that is not above 0. Without a step there is only one. */
static int64_t first_place(int64_t place, int64_t step)
{
    if (step == 0)
        return place;
    const int64_t rest = place % step;
    return rest > 0 ? rest - step : rest;
}

/* Draws row `row` of the mark, at `left`, over a row of the image. */
static void over_row(const struct job *job, uint8_t *out, uint32_t row, int64_t left)
{
    const struct pm_pixel_format *format = &job->out->format;
    const int64_t width = job->out->width;
    const int64_t begin = left > 0 ? left : 0, right = left + job->width, end = right < width ? right : width;
    if (begin >= end)
        return;
    const size_t pixels = (size_t)(end - begin);
    const size_t from = ((size_t)row * job->width + (size_t)(begin - left)) * job->colors;
    const uint16_t *color = job->color + from, *keep = job->keep + from;
    uint8_t *to = out + (size_t)begin * pm_channels(format) * (format->depth / 8);
    uint16_t *wide = (void *)to;
    if (format->alpha == PM_ALPHA_STRAIGHT && format->depth == 8)
        job->kernels->over_alpha_8(to, color, keep, pixels, job->colors);
    else if (format->alpha == PM_ALPHA_STRAIGHT)
        job->kernels->over_alpha_16(wide, color, keep, pixels, job->colors);
    else if (format->depth == 8)
        job->kernels->over_8(to, color, keep, pixels * job->colors);
    else
        job->kernels->over_16(wide, color, keep, pixels * job->colors);
}

/* Copies a row of the image; grey becomes RGB under a mark with colour. */
static void copy_row(const struct job *job, const uint8_t *in, uint8_t *out)
{
    const unsigned from = pm_channels(&job->in->format), to = pm_channels(&job->out->format);
    const size_t size = job->in->format.depth / 8;
    if (from == to) {
        memcpy(out, in, job->in->width * from * size);
        return;
    }
    for (uint32_t x = 0; x < job->in->width; x++) {
        for (unsigned c = 0; c < to; c++)
            memcpy(out + (x * (size_t)to + c) * size, in + (x * (size_t)from + (c < 3 ? 0 : 1)) * size, size);
    }
}

static int watermark_band(void *argument, unsigned band, struct arena *scratch)
{
    (void)scratch;
    const struct job *job = argument;
    const int64_t left = first_place(job->left, job->step_x), top = first_place(job->top, job->step_y);
    uint32_t first, end;
    context_band_rows(job->out->height, job->bands, band, &first, &end);
    for (uint32_t y = first; y < end; y++) {
        uint8_t *row = plane_row(&job->out->plane[0], y);
        copy_row(job, plane_row(&job->in->plane[0], y), row);
        const int64_t below = y - top, in_mark = job->step_y > 0 ? below % job->step_y : below;
        if (in_mark < 0 || in_mark >= job->height)
            continue;
        int64_t x = left;
        do {
            over_row(job, row, (uint32_t)in_mark, x);
            x += job->step_x;
        } while (job->step_x > 0 && x < job->out->width);
    }
    return 0;
}

static int watermark_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                           struct pm_image *out, struct context *context)
{
    enum { MIN_ROWS = 16 };
    const struct params *p = params;
    const struct shape mark = mark_shape(p, planned->width);
    const struct pm_pixel_format format = marked_format(p, in->format);
    struct mark_key key = {
        .tag = "watermark",
        .width = mark.width,
        .height = mark.height,
        .opacity = (uint32_t)(p->opacity * OPAQUE + 0.5),
        .colors = format.color == PM_COLOR_GRAY ? 1 : 3,
    };
    memcpy(key.digest, p->mark->digest, sizeof key.digest);
    if (image_alloc_like(out, in, format, context) != 0)
        return -1;
    const uint16_t *prepared = p->paint == NULL ? memo_find(context->memo, &key, sizeof key) : NULL;
    if (prepared == NULL && (prepared = prepare_mark(p, &key, context)) == NULL)
        return -1;
    struct job job = {
        .kernels = watermark_kernels(context->simd),
        .in = in,
        .out = out,
        .color = prepared,
        .keep = prepared + (size_t)mark.width * mark.height * key.colors,
        .width = mark.width,
        .height = mark.height,
        .step_x = p->tile ? (int64_t)mark.width + p->margin : 0,
        .step_y = p->tile ? (int64_t)mark.height + p->margin : 0,
        .colors = key.colors,
        .bands = context_band_count(context, out->height, MIN_ROWS),
    };
    const int64_t margin = p->tile ? 0 : p->margin;
    gravity_place(p->gravity, (int64_t)out->width - mark.width - 2 * margin,
                  (int64_t)out->height - mark.height - 2 * margin, &job.left, &job.top);
    job.left += margin;
    job.top += margin;
    return context_for_bands(context, job.bands, watermark_band, &job);
}

const struct filter watermark_filter = {
    .name = "watermark",
    .argument = "FILE[,gravity=SIDE][,opacity=1][,scale=PERCENT][,margin=0][,tile]",
    .help =
        "lay the picture FILE over the image; SIDE is center, north, northeast, ... (southeast); opacity 0 to 1; "
        "scale to PERCENT of the image's width (its own size); margin to the edges, or between tiles, in pixels; "
        "what is larger than the image is cut; in FILE write %2C for a comma",
    .example = "logo.png,opacity=0.5,scale=20",
    .picture = true,
    .paints = true,
    .accepts = accepts,
    .params = rows,
    .complete = watermark_complete,
    .paint = watermark_paint,
    .plan = watermark_plan,
    .scratch_bytes = watermark_scratch_bytes,
    .apply = watermark_apply,
};
