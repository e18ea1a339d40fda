/*
 * trim: cuts off the edges that have the colour of the top left pixel. A pixel is background if no sample is
 * further than the tolerance from that pixel's; with alpha, colours are compared multiplied by it, so that
 * transparent pixels are equal whatever their colour. The result is the smallest rectangle with all other
 * pixels, in an animation those of all frames; its samples are the input's.
 */
#include <string.h>

#include "filter/filter.h"
#include "filter/trim_kernels.h"

SIMD_TABLE(struct trim_kernels, trim_kernels)

/* Columns and rows [left, right) and [top, bottom); empty if right is 0. */
struct box {
    uint32_t left, top, right, bottom;
};

struct params {
    double tolerance; /* in steps of 8 bits */
    struct box box;   /* found by measure, of all frames so far */
};
_Static_assert(sizeof(struct params) <= FILTER_PARAMS_MAX, "params must fit a recipe's step");

static const struct param rows[] = {
    {.name = "tolerance",
     .kind = PARAM_NUMBER,
     .offset = offsetof(struct params, tolerance),
     .min = 0,
     .max = 255},
    {.name = NULL},
};

/* clang-format off */
static const struct pm_pixel_format accepts[] = {
    FILTER_INTERLEAVED(PM_ALPHA_NONE),
    FILTER_INTERLEAVED(PM_ALPHA_OPAQUE),
    FILTER_INTERLEAVED(PM_ALPHA_STRAIGHT),
    PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8),
    {.depth = 0},
};
/* clang-format on */

enum { BANDS_MAX = 64 };

struct job {
    const struct pm_plane *plane;
    const struct trim_kernels *kernels;
    struct trim_background background;
    unsigned depth, bands;
    bool alpha;
    struct box found[BANDS_MAX];
};

static bool differs(const struct job *job, const uint8_t *row, uint32_t x, size_t pixels)
{
    const uint8_t *at = row + (size_t)x * job->background.channels * (job->depth / 8);
    const uint16_t *wide = (const void *)at;
    const struct trim_kernels *kernels = job->kernels;
    if (job->depth == 8)
        return (job->alpha ? kernels->differs_8_alpha : kernels->differs_8)(at, pixels, &job->background);
    return (job->alpha ? kernels->differs_16_alpha : kernels->differs_16)(wide, pixels, &job->background);
}

/* The first pixel in [begin, end) that is not background; `end` if there is none. */
static uint32_t first_differing(const struct job *job, const uint8_t *row, uint32_t begin, uint32_t end)
{
    for (uint32_t x = begin; x < end; x += TRIM_BLOCK) {
        const uint32_t pixels = end - x < TRIM_BLOCK ? end - x : TRIM_BLOCK;
        if (!differs(job, row, x, pixels))
            continue;
        while (!differs(job, row, x, 1))
            x++;
        return x;
    }
    return end;
}

/* The end of the last pixel in [begin, end) that is not background; `begin` if there is none. */
static uint32_t last_differing(const struct job *job, const uint8_t *row, uint32_t begin, uint32_t end)
{
    while (end > begin) {
        const uint32_t pixels = end - begin < TRIM_BLOCK ? end - begin : TRIM_BLOCK;
        if (differs(job, row, end - pixels, pixels)) {
            while (!differs(job, row, end - 1, 1))
                end--;
            return end;
        }
        end -= pixels;
    }
    return begin;
}

/* Compares only pixels outside the box found so far. */
static int measure_band(void *argument, unsigned band, struct arena *scratch)
{
    (void)scratch;
    struct job *job = argument;
    const uint32_t width = job->plane->width;
    struct box box = {.left = width};
    uint32_t first, end;
    context_band_rows(job->plane->height, job->bands, band, &first, &end);
    for (uint32_t y = first; y < end; y++) {
        const uint8_t *row = plane_row(job->plane, y);
        const uint32_t left = first_differing(job, row, 0, box.left);
        const uint32_t from = box.right > 0 ? box.right : left;
        const uint32_t right = last_differing(job, row, from, width);
        if (box.right == 0 && left == width)
            continue; /* only background so far */
        if (box.right == 0)
            box.top = y;
        /* Nothing outside the box's columns: the row counts if there is something within. */
        const bool inside = box.right > 0 && left == box.left && right == box.right;
        if (!inside || first_differing(job, row, box.left, box.right) < box.right)
            box.bottom = y + 1;
        box.left = left;
        box.right = right;
    }
    job->found[band] = box;
    return 0;
}

/* The smallest box around both. */
static struct box join(struct box a, struct box b)
{
    if (b.right == 0)
        return a;
    if (a.right == 0)
        return b;
    return (struct box){
        .left = a.left < b.left ? a.left : b.left,
        .top = a.top < b.top ? a.top : b.top,
        .right = a.right > b.right ? a.right : b.right,
        .bottom = a.bottom > b.bottom ? a.bottom : b.bottom,
    };
}

static uint32_t sample_of(const void *pixel, unsigned depth, unsigned channel)
{
    return depth == 8 ? ((const uint8_t *)pixel)[channel] : ((const uint16_t *)pixel)[channel];
}

static void set_background(struct job *job, double tolerance)
{
    struct trim_background *b = &job->background;
    const uint32_t white = job->depth == 8 ? UINT8_MAX : UINT16_MAX;
    const uint32_t distance = (uint32_t)(tolerance * (white / UINT8_MAX));
    const void *pixel = plane_row(job->plane, 0);
    b->channels = job->plane->channels;
    b->alpha = sample_of(pixel, job->depth, b->channels - 1);
    b->alpha_distance = distance;
    b->product_distance = (uint32_t)(tolerance * (white / UINT8_MAX) * white);
    for (unsigned c = 0; c < b->channels; c++)
        b->product[c] = sample_of(pixel, job->depth, c) * b->alpha;
    for (unsigned i = 0; i < TRIM_BLOCK * b->channels; i++) {
        const uint32_t sample = sample_of(pixel, job->depth, i % b->channels);
        const uint32_t low = sample > distance ? sample - distance : 0;
        const uint32_t high = white - sample > distance ? sample + distance : white;
        b->narrow[0][i] = (uint8_t)low;
        b->narrow[1][i] = (uint8_t)high;
        b->wide[0][i] = (uint16_t)low;
        b->wide[1][i] = (uint16_t)high;
    }
}

static int trim_plan(const void *params, struct shape *shape, struct pm_error *error)
{
    (void)params, (void)error;
    shape->at_most = true;
    return 0;
}

static int trim_measure(void *params, const struct pm_image *in, struct shape *shape, struct context *context)
{
    enum { MIN_ROWS = 16 };
    struct params *p = params;
    const unsigned bands = context_band_count(context, in->plane[0].height, MIN_ROWS);
    struct job *job = context_alloc(context, sizeof *job);
    if (job == NULL)
        return -1;
    *job = (struct job){
        .plane = &in->plane[0],
        .kernels = trim_kernels(context->simd),
        .depth = in->format.depth,
        .bands = bands < BANDS_MAX ? bands : BANDS_MAX,
        .alpha = pixels_have_alpha(&in->format),
    };
    set_background(job, p->tolerance);
    if (context_for_bands(context, job->bands, measure_band, job) != 0)
        return -1;
    for (unsigned i = 0; i < job->bands; i++)
        p->box = join(p->box, job->found[i]);
    if (p->box.right > 0) {
        shape->width = p->box.right - p->box.left;
        shape->height = p->box.bottom - p->box.top;
    }
    return 0;
}

static int trim_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                      struct pm_image *out, struct context *context)
{
    const struct params *p = params;
    struct pm_image result = *in;
    struct pm_plane *plane = &result.plane[0];
    if (p->box.right == 0)
        context_warn(context,
                     "trim: nothing is cut off, because the whole picture has the colour of its edge");
    result.width = plane->width = planned->width;
    result.height = plane->height = planned->height;
    plane->data =
        plane_row(plane, p->box.top) + (size_t)p->box.left * plane->channels * (in->format.depth / 8);
    plane->frame = (struct pm_frame){.extent_x = planned->width, .extent_y = planned->height};
    *out = result;
    return 0;
}

const struct filter trim_filter = {
    .name = "trim",
    .argument = "TOLERANCE",
    .omitted = "10",
    .help =
        "cut off edges of the top left pixel's colour; TOLERANCE is the largest difference of a sample, 0 to 255 "
        "(10); a picture of one colour is kept, with a warning; of an animation the edges that all frames have",
    .example = "5",
    .accepts = accepts,
    .reframes = true,
    .params = rows,
    .plan = trim_plan,
    .measure = trim_measure,
    .joins = true,
    .apply = trim_apply,
};
