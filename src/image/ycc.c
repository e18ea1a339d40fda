/* YCC conversions: to another sampling or range, or to RGB. */
#include <assert.h>

#include "image/convert.h"
#include "image/resample.h"
#include "image/rows.h"

SIMD_TABLE(struct color_rows, color_rows)

enum { YCC_PLANES = 3, ALPHA_PLANE = YCC_PLANES };

/* Input planes, all full size, and the result: one RGB plane or three planes. */
struct job {
    const struct color_rows *rows;
    const struct pm_plane *in, *out;
    const struct pm_plane *alpha; /* NULL: none */
    struct ycc_factors factors;
    void (*row)(const struct job *job, uint32_t y, uint8_t *out);
    unsigned bands;
};

static const uint16_t *wide_row(const struct pm_plane *plane, uint32_t y)
{
    return (const uint16_t *)(const void *)plane_row(plane, y);
}

static void jfif_row(const struct job *job, uint32_t y, uint8_t *out)
{
    job->rows->ycc_to_rgb(plane_row(&job->in[0], y), plane_row(&job->in[1], y), plane_row(&job->in[2], y),
                          out, job->out->width);
}

static void other_row(const struct job *job, uint32_t y, uint8_t *out)
{
    job->rows->ycc_to_rgb_by(&job->factors, plane_row(&job->in[0], y), plane_row(&job->in[1], y),
                             plane_row(&job->in[2], y), out, job->out->width);
}

static void wide_jfif_row(const struct job *job, uint32_t y, uint8_t *out)
{
    job->rows->wide_to_rgb(wide_row(&job->in[0], y), wide_row(&job->in[1], y), wide_row(&job->in[2], y), out,
                           job->out->width);
}

static void wide_other_row(const struct job *job, uint32_t y, uint8_t *out)
{
    job->rows->wide_to_rgb_by(&job->factors, wide_row(&job->in[0], y), wide_row(&job->in[1], y),
                              wide_row(&job->in[2], y), out, job->out->width);
}

static void wide_ycc_row(const struct job *job, uint32_t y, uint8_t *out)
{
    job->rows->wide_to_ycc(wide_row(&job->in[0], y), wide_row(&job->in[1], y), wide_row(&job->in[2], y), out,
                           plane_row(&job->out[1], y), plane_row(&job->out[2], y), job->out->width);
}

static int run_band(void *argument, unsigned band, struct arena *scratch)
{
    const struct job *job = argument;
    const uint32_t width = job->out->width;
    uint8_t *rgb = NULL;
    uint32_t first, end;
    if (job->alpha != NULL && (rgb = arena_alloc(scratch, (size_t)3 * width)) == NULL)
        return -1;
    context_band_rows(job->out->height, job->bands, band, &first, &end);
    for (uint32_t y = first; y < end; y++) {
        uint8_t *out = plane_row(job->out, y);
        job->row(job, y, rgb != NULL ? rgb : out);
        if (rgb != NULL)
            job->rows->join_alpha(rgb, plane_row(job->alpha, y), out, width);
    }
    return 0;
}

static int run(struct job *job, struct context *context)
{
    enum { ROWS_MIN = 16 };
    for (unsigned i = 0; i < YCC_PLANES; i++)
        assert(plane_is_full(&job->in[i]) && job->in[i].width == job->in[0].width &&
               job->in[i].height == job->in[0].height);
    job->rows = color_rows(context->simd);
    job->bands = context_band_count(context, job->in[0].height, ROWS_MIN);
    return context_for_bands(context, job->bands, run_band, job);
}

static int64_t rounded_ratio(int64_t numerator, int64_t denominator)
{
    return (numerator + denominator / 2) / denominator;
}

/* ITU-T H.273, 8.3: with Kr and Kb, the luma weights of red and blue, in 1/10000: R = Y + 2 (1 - Kr) Cr, B =
 * Y + 2 (1 - Kb) Cb, and G = (Y - Kr R - Kb B) / Kg; a limited range has 219 steps of Y and 224 of chroma. */
static struct ycc_factors factors_of(const struct pm_pixel_format *format, unsigned bits)
{
    enum { ONE = 10000 };
    const int64_t red = format->matrix == PM_MATRIX_BT709    ? 2126
                        : format->matrix == PM_MATRIX_BT2020 ? 2627
                                                             : 2990;
    const int64_t blue = format->matrix == PM_MATRIX_BT709    ? 722
                         : format->matrix == PM_MATRIX_BT2020 ? 593
                                                              : 1140;
    const int64_t green = ONE - red - blue, unit = (int64_t)255 << bits;
    const int64_t luma_steps = format->limited_range ? 219 : 255,
                  chroma_steps = format->limited_range ? 224 : 255;
    return (struct ycc_factors){
        .luma_zero = format->limited_range ? 16 : 0,
        .luma = (int)rounded_ratio(unit, luma_steps),
        .r_cr = (int)rounded_ratio(unit * 2 * (ONE - red), ONE * chroma_steps),
        .g_cb = (int)rounded_ratio(unit * 2 * blue * (ONE - blue), ONE * green * chroma_steps),
        .g_cr = (int)rounded_ratio(unit * 2 * red * (ONE - red), ONE * green * chroma_steps),
        .b_cb = (int)rounded_ratio(unit * 2 * (ONE - blue), ONE * chroma_steps),
    };
}

int image_ycc_to_rgb(const struct pm_image *in, const struct convert_goal *goal, struct pm_image *out,
                     struct context *context)
{
    (void)goal;
    assert(in->format.color == PM_COLOR_YCC && (in->format.bits == 8));
    const bool wide = pixels_wide(&in->format), alpha = pixels_have_alpha(&in->format);
    const bool jfif = in->format.matrix == PM_MATRIX_BT601 && !in->format.limited_range;
    const struct pm_plane planes[PM_MAX_PLANES] = {in->plane[0], in->plane[1], in->plane[2], in->plane[3]};
    struct job job = {
        .in = planes,
        .out = out->plane,
        .alpha = alpha ? &planes[ALPHA_PLANE] : NULL,
        .factors = factors_of(&in->format, wide ? YCC_WIDE_BITS : YCC_BITS),
        .row = wide ? (jfif ? wide_jfif_row : wide_other_row) : (jfif ? jfif_row : other_row),
    };
    assert(!wide || !alpha);
    if (image_alloc_like(out, in, (struct pm_pixel_format)PIXELS(PM_COLOR_RGB, in->format.alpha, 8),
                         context) != 0)
        return -1;
    return run(&job, context);
}

int image_ycc_to_8bit(const struct pm_image *in, const struct convert_goal *goal, struct pm_image *out,
                      struct context *context)
{
    (void)goal;
    assert(pixels_wide(&in->format) && in->nplanes == YCC_PLANES);
    struct pm_image result = *in;
    result.format.depth = 8;
    for (unsigned i = 0; i < YCC_PLANES; i++) {
        const struct pm_plane *plane = &in->plane[i];
        if (plane_alloc(&result.plane[i], plane->width, plane->height, 1, 8, context) != 0)
            return -1;
    }
    struct job job = {.in = in->plane, .out = result.plane, .row = wide_ycc_row};
    if (run(&job, context) != 0)
        return -1;
    *out = result;
    return 0;
}

int image_ycc_resample(const struct pm_image *in, const struct convert_goal *goal, struct pm_image *out,
                       struct context *context)
{
    const struct shape shape = {.width = in->width, .height = in->height, .format = goal->format};
    struct pm_image result = *in;
    result.format = goal->format;
    for (unsigned i = 0; i < in->nplanes; i++) {
        const struct pm_plane aligned = plane_planned(&shape, i);
        if (plane_same_frame(&in->plane[i], &aligned))
            continue;
        if (plane_alloc_planned(&result.plane[i], i, &shape, 1, in->format.depth, context) != 0)
            return -1;
        /* Linear: the triangle that libjpeg's own "fancy" upsampling uses. */
        if (resize_plane(&in->plane[i], NULL, in->format.depth, &result.plane[i], &kernel_linear, context) !=
            0)
            return -1;
    }
    *out = result;
    return 0;
}

struct range_job {
    const struct color_rows *rows;
    int from_zero, factor, to_zero;
};

static void range_row(const void *in, void *out, uint32_t width, const void *argument)
{
    const struct range_job *job = argument;
    job->rows->rescale(in, out, width, job->from_zero, job->factor, job->to_zero);
}

int image_ycc_range(const struct pm_image *in, const struct convert_goal *goal, struct pm_image *out,
                    struct context *context)
{
    assert(in->format.color == PM_COLOR_YCC && in->format.depth == 8);
    const bool limit = goal->format.limited_range;
    struct pm_image result = *in;
    result.format.limited_range = limit;
    for (unsigned i = 0; i < YCC_PLANES; i++) {
        const struct pm_plane *plane = &in->plane[i];
        const int64_t steps = i == 0 ? 219 : 224;
        const int full_zero = i == 0 ? 0 : 128, limited_zero = i == 0 ? 16 : 128;
        const struct range_job job = {
            .rows = color_rows(context->simd),
            .from_zero = limit ? full_zero : limited_zero,
            .factor =
                (int)(limit ? rounded_ratio(steps << 16, 255) : rounded_ratio((int64_t)255 << 16, steps)),
            .to_zero = limit ? limited_zero : full_zero,
        };
        if (plane_alloc(&result.plane[i], plane->width, plane->height, 1, 8, context) != 0)
            return -1;
        result.plane[i].frame = plane->frame;
        if (plane_map_rows(plane, &result.plane[i], range_row, &job, context) != 0)
            return -1;
    }
    *out = result;
    return 0;
}
