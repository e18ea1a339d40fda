/* From one colour model or depth to another. */
#include <assert.h>

#include "image/image.h"
#include "image/rows.h"

SIMD_TABLE(struct color_rows, color_rows)

enum { YCC_PLANES = 3 };

struct job {
    const struct color_rows *rows;
    unsigned channels, depth;
};

/* Planes of equal, full size, and what they are made of: one of RGB, or again three. */
struct ycc_job {
    const struct color_rows *rows;
    const struct pm_plane *in, *out;
    void (*row)(const struct ycc_job *job, uint32_t y);
    unsigned bands;
};

static void ycc_row(const struct ycc_job *job, uint32_t y)
{
    job->rows->ycc_to_rgb(plane_row(&job->in[0], y), plane_row(&job->in[1], y), plane_row(&job->in[2], y),
                          plane_row(job->out, y), job->out->width);
}

static const uint16_t *wide_row(const struct pm_plane *plane, uint32_t y)
{
    return (const uint16_t *)(const void *)plane_row(plane, y);
}

static void wide_rgb_row(const struct ycc_job *job, uint32_t y)
{
    job->rows->wide_to_rgb(wide_row(&job->in[0], y), wide_row(&job->in[1], y), wide_row(&job->in[2], y),
                           plane_row(job->out, y), job->out->width);
}

static void wide_ycc_row(const struct ycc_job *job, uint32_t y)
{
    job->rows->wide_to_ycc(wide_row(&job->in[0], y), wide_row(&job->in[1], y), wide_row(&job->in[2], y),
                           plane_row(&job->out[0], y), plane_row(&job->out[1], y), plane_row(&job->out[2], y),
                           job->out->width);
}

static int ycc_band(void *argument, unsigned band, struct arena *scratch)
{
    (void)scratch;
    const struct ycc_job *job = argument;
    uint32_t first, end;
    context_band_rows(job->out->height, job->bands, band, &first, &end);
    for (uint32_t y = first; y < end; y++)
        job->row(job, y);
    return 0;
}

static int ycc_run(struct ycc_job *job, struct context *context, struct pm_error *error)
{
    enum { LEAST_ROWS = 16 };
    for (unsigned i = 0; i < YCC_PLANES; i++)
        assert(plane_is_full(&job->in[i]) && job->in[i].width == job->in[0].width &&
               job->in[i].height == job->in[0].height);
    job->rows = color_rows(context->simd);
    job->bands = context_band_count(context, job->in[0].height, LEAST_ROWS);
    return context_for_bands(context, job->bands, ycc_band, job, error);
}

int image_ycc_to_rgb(const struct pm_image *in, struct pm_image *out, struct context *context,
                     struct pm_error *error)
{
    assert(in->format.color == PM_COLOR_YCC);
    const bool wide = pixels_wide(&in->format);
    const struct pm_plane planes[YCC_PLANES] = {in->plane[0], in->plane[1], in->plane[2]};
    if (image_alloc_like(out, in, (struct pm_pixel_format)PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8), context,
                         error) != 0)
        return -1;
    struct ycc_job job = {.in = planes, .out = out->plane, .row = wide ? wide_rgb_row : ycc_row};
    return ycc_run(&job, context, error);
}

int image_ycc_to_8bit(const struct pm_image *in, struct pm_image *out, struct context *context,
                      struct pm_error *error)
{
    assert(pixels_wide(&in->format));
    struct pm_image result = *in;
    result.format.depth = 8;
    for (unsigned i = 0; i < YCC_PLANES; i++) {
        const struct pm_plane *plane = &in->plane[i];
        if (plane_alloc(&result.plane[i], plane->width, plane->height, 1, 8, context, error) != 0)
            return -1;
    }
    struct ycc_job job = {.in = in->plane, .out = result.plane, .row = wide_ycc_row};
    if (ycc_run(&job, context, error) != 0)
        return -1;
    *out = result;
    return 0;
}

static void cmyk_row(const void *in, void *out, uint32_t width, const void *argument)
{
    const struct job *job = argument;
    job->rows->cmyk_to_rgb(in, out, width);
}

int image_cmyk_to_rgb(const struct pm_image *in, struct pm_image *out, struct context *context,
                      struct pm_error *error)
{
    assert(in->format.color == PM_COLOR_CMYK && in->format.depth == 8);
    const struct pm_plane plane = in->plane[0];
    struct job job = {.rows = color_rows(context->simd)};
    if (image_alloc_like(out, in, (struct pm_pixel_format)PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8), context,
                         error) != 0)
        return -1;
    return plane_map_rows(&plane, &out->plane[0], cmyk_row, &job, context, error);
}

static void to_8bit_row(const void *in, void *out, uint32_t width, const void *argument)
{
    const struct job *job = argument;
    job->rows->to_8bit(in, out, (size_t)width * job->channels);
}

int image_to_8bit(const struct pm_image *in, struct pm_image *out, struct context *context,
                  struct pm_error *error)
{
    assert(in->format.alpha != PM_ALPHA_PREMULTIPLIED && !pixels_wide(&in->format));
    if (in->format.depth == 8) {
        *out = *in;
        return 0;
    }
    const struct pm_plane plane = in->plane[0];
    struct job job = {.rows = color_rows(context->simd), .channels = plane.channels};
    if (image_alloc_like(out, in, pixels_with_depth(in->format, 8), context, error) != 0)
        return -1;
    return plane_map_rows(&plane, &out->plane[0], to_8bit_row, &job, context, error);
}

static void gray_8_row(const void *in, void *out, uint32_t width, const void *argument)
{
    const struct job *job = argument;
    job->rows->gray_8(in, out, width, job->channels);
}

static void gray_16_row(const void *in, void *out, uint32_t width, const void *argument)
{
    const struct job *job = argument;
    job->rows->gray_16(in, out, width, job->channels);
}

static void spread_row(const void *in, void *out, uint32_t width, const void *argument)
{
    const struct job *job = argument;
    if (job->depth == 8)
        job->rows->spread_8(in, out, width, job->channels);
    else
        job->rows->spread_16(in, out, width, job->channels);
}

int image_gray_to_rgb(const struct pm_image *in, struct pm_image *out, struct context *context,
                      struct pm_error *error)
{
    if (in->format.color == PM_COLOR_RGB) {
        *out = *in;
        return 0;
    }
    assert(in->format.color == PM_COLOR_GRAY && in->format.alpha != PM_ALPHA_PREMULTIPLIED);
    const struct pm_plane plane = in->plane[0];
    struct job job = {
        .rows = color_rows(context->simd), .channels = plane.channels, .depth = in->format.depth};
    struct pm_pixel_format format = in->format;
    format.color = PM_COLOR_RGB;
    if (image_alloc_like(out, in, format, context, error) != 0)
        return -1;
    return plane_map_rows(&plane, &out->plane[0], spread_row, &job, context, error);
}

int image_to_gray(const struct pm_image *in, struct pm_image *out, struct context *context,
                  struct pm_error *error)
{
    if (in->format.color == PM_COLOR_GRAY) {
        *out = *in;
        return 0;
    }
    assert(in->format.color == PM_COLOR_RGB);
    const struct pm_plane plane = in->plane[0];
    struct job job = {.rows = color_rows(context->simd), .channels = plane.channels};
    struct pm_pixel_format format = in->format;
    format.color = PM_COLOR_GRAY;
    if (image_alloc_like(out, in, format, context, error) != 0)
        return -1;
    return plane_map_rows(&plane, &out->plane[0], out->format.depth == 8 ? gray_8_row : gray_16_row, &job,
                          context, error);
}
