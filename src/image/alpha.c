/* Alpha: premultiplying, unpremultiplying, flattening over a background, dropping where opaque. */
#include <assert.h>
#include <stdatomic.h>

#include "color/light.h"
#include "image/convert.h"
#include "image/rows.h"

SIMD_TABLE(struct alpha_rows, alpha_rows)

enum { ROWS_MIN = 16 };

/* Parameters shared by all rows of a conversion. */
struct job {
    const struct alpha_rows *rows;
    unsigned channels; /* of the input, alpha included */
    unsigned depth;    /* of the samples with straight alpha */
    uint16_t background[3];
};

struct opaque_scan {
    const struct pm_plane *plane;
    struct alpha_reading reading;
    unsigned bands;
    atomic_bool transparent;
};

static int scan_band(void *argument, unsigned band, struct arena *scratch)
{
    (void)scratch;
    struct opaque_scan *scan = argument;
    const struct pm_plane *plane = scan->plane;
    uint32_t first, end;
    context_band_rows(plane->height, scan->bands, band, &first, &end);
    for (uint32_t y = first; y < end && !atomic_load_explicit(&scan->transparent, memory_order_relaxed);
         y++) {
        if (!alpha_reading_holds(&scan->reading, plane_row(plane, y), plane->width))
            atomic_store_explicit(&scan->transparent, true, memory_order_relaxed);
    }
    return 0;
}

static void unpremultiply_row(const void *in, void *out, uint32_t width, const void *argument)
{
    const struct job *job = argument;
    if (job->depth == 8)
        job->rows->unpremultiply_8(in, out, width, job->channels);
    else
        job->rows->unpremultiply_16(in, out, width, job->channels);
}

static void flatten_row(const void *in, void *out, uint32_t width, const void *argument)
{
    const struct job *job = argument;
    if (job->depth == 8)
        job->rows->flatten_8(in, out, width, job->channels, job->background);
    else
        job->rows->flatten_16(in, out, width, job->channels, job->background);
}

static struct job job_for(const struct pm_image *in, unsigned depth, const struct context *context)
{
    return (struct job){.rows = alpha_rows(context->simd), .channels = in->plane[0].channels, .depth = depth};
}

void alpha_reading_suppose(struct alpha_reading *reading, unsigned channels, unsigned depth, bool opaque,
                           const struct context *context)
{
    *reading = (struct alpha_reading){
        .rows = alpha_rows(context->simd),
        .simd = context->simd,
        .channels = channels,
        .depth = depth,
        .opaque = opaque,
    };
}

int alpha_reading_init(struct alpha_reading *reading, const struct pm_image *in, struct context *context)
{
    const struct pm_plane *plane = &in->plane[0];
    struct opaque_scan scan = {
        .plane = plane,
        .bands = context_band_count(context, plane->height, ROWS_MIN),
    };
    alpha_reading_suppose(&scan.reading, plane->channels, in->format.depth, true, context);
    if (context_for_bands(context, scan.bands, scan_band, &scan) != 0)
        return -1;
    *reading = scan.reading;
    reading->opaque = !atomic_load(&scan.transparent);
    return 0;
}

bool alpha_reading_holds(const struct alpha_reading *reading, const void *row, uint32_t width)
{
    if (!reading->opaque)
        return true;
    return reading->depth == 8 ? reading->rows->opaque_8(row, width, reading->channels)
                               : reading->rows->opaque_16(row, width, reading->channels);
}

struct pm_pixel_format alpha_reading_format(const struct alpha_reading *reading,
                                            struct pm_pixel_format straight)
{
    if (reading->opaque)
        return pixels_with_alpha(straight, PM_ALPHA_OPAQUE);
    if (reading->light != NULL)
        return straight;
    return pixels_premultiplied(straight);
}

void alpha_read_row(const struct alpha_reading *reading, const void *in, void *out, uint32_t width)
{
    const struct alpha_rows *rows = reading->rows;
    if (reading->light != NULL)
        light_read_row(reading->light, reading->simd, in, out, width, reading->channels, reading->opaque);
    else if (reading->depth == 8 && reading->opaque)
        rows->drop_8(in, out, width, reading->channels);
    else if (reading->depth == 8)
        rows->premultiply_8(in, out, width, reading->channels);
    else if (reading->opaque)
        rows->drop_16(in, out, width, reading->channels);
    else
        rows->premultiply_16(in, out, width, reading->channels);
}

static void read_row(const void *in, void *out, uint32_t width, const void *argument)
{
    alpha_read_row(argument, in, out, width);
}

int image_premultiply(const struct pm_image *in, const struct convert_goal *goal, struct pm_image *out,
                      struct context *context)
{
    (void)goal;
    assert(in->format.alpha == PM_ALPHA_STRAIGHT && in->nplanes == 1);
    const struct pm_plane plane = in->plane[0];
    struct alpha_reading reading;
    if (alpha_reading_init(&reading, in, context) != 0 ||
        image_alloc_like(out, in, alpha_reading_format(&reading, in->format), context) != 0)
        return -1;
    return plane_map_rows(&plane, &out->plane[0], read_row, &reading, context);
}

int image_unpremultiply(const struct pm_image *in, const struct convert_goal *goal, struct pm_image *out,
                        struct context *context)
{
    (void)goal;
    assert(in->format.alpha == PM_ALPHA_PREMULTIPLIED && in->format.depth == 16);
    const struct pm_plane plane = in->plane[0];
    struct job job = job_for(in, in->format.bits, context);
    const struct pm_pixel_format format = pixels_with_alpha(in->format, PM_ALPHA_STRAIGHT);
    if (image_alloc_like(out, in, pixels_with_depth(format, in->format.bits), context) != 0)
        return -1;
    return plane_map_rows(&plane, &out->plane[0], unpremultiply_row, &job, context);
}

static void add_row(const void *in, void *out, uint32_t width, const void *argument)
{
    const struct job *job = argument;
    if (job->depth == 8)
        job->rows->add_8(in, out, width, job->channels);
    else
        job->rows->add_16(in, out, width, job->channels);
}

int image_add_alpha(const struct pm_image *in, const struct convert_goal *goal, struct pm_image *out,
                    struct context *context)
{
    (void)goal;
    assert(!pixels_have_alpha(&in->format) && in->nplanes == 1);
    const struct pm_plane plane = in->plane[0];
    struct job job = job_for(in, in->format.depth, context);
    job.channels++;
    if (image_alloc_like(out, in, pixels_with_alpha(in->format, PM_ALPHA_STRAIGHT), context) != 0)
        return -1;
    return plane_map_rows(&plane, &out->plane[0], add_row, &job, context);
}

int image_flatten(const struct pm_image *in, const struct convert_goal *goal, struct pm_image *out,
                  struct context *context)
{
    assert(in->format.alpha == PM_ALPHA_STRAIGHT && in->nplanes == 1);
    const uint8_t *background = goal->background;
    const struct pm_plane plane = in->plane[0];
    struct job job = job_for(in, in->format.depth, context);
    uint8_t luma = (uint8_t)luma_bt601(background[0], background[1], background[2]);
    for (unsigned c = 0; c < 3; c++) {
        uint16_t sample = in->format.color == PM_COLOR_GRAY ? luma : background[c];
        job.background[c] = in->format.depth == 8 ? sample : (uint16_t)(sample * 257);
    }
    if (image_alloc_like(out, in, pixels_with_alpha(in->format, PM_ALPHA_NONE), context) != 0)
        return -1;
    return plane_map_rows(&plane, &out->plane[0], flatten_row, &job, context);
}

int image_drop_opaque(const struct pm_image *in, const struct convert_goal *goal, struct pm_image *out,
                      struct context *context)
{
    (void)goal, (void)context, (void)context->error;
    *out = *in;
    out->format.alpha = PM_ALPHA_NONE;
    return 0;
}
