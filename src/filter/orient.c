/*
 * Every orientation is at most one transpose, with input rows read upwards, output rows written upwards, or
 * both; without a transpose, rows are copied or mirrored. Strides are signed, so that upwards needs no
 * special case.
 */
#include "filter/orient.h"

#include <assert.h>
#include <string.h>

#include "filter/orient_kernels.h"

SIMD_TABLE(struct orient_kernels, orient_kernels)

void orient_shape(unsigned orientation, struct shape *shape)
{
    if (!orientation_transposes(orientation))
        return;
    struct shape old = *shape;
    shape->width = old.height;
    shape->height = old.width;
    shape->format.sampling_x = old.format.sampling_y;
    shape->format.sampling_y = old.format.sampling_x;
}

static struct pm_frame turn_frame(const struct pm_plane *in, struct turn turn)
{
    struct pm_frame frame = in->frame;
    if (turn.mirror_x)
        frame.x0 = in->width - in->frame.x0 - in->frame.extent_x;
    if (turn.mirror_y)
        frame.y0 = in->height - in->frame.y0 - in->frame.extent_y;
    if (!turn.transpose)
        return frame;
    return (struct pm_frame){
        .x0 = frame.y0, .y0 = frame.x0, .extent_x = frame.extent_y, .extent_y = frame.extent_x};
}

struct turn_job {
    const struct orient_kernels *kernels;
    const struct pm_plane *in, *out;
    struct turn turn;
    unsigned pixel_bytes, bands;
};

static int mirror_band(void *argument, unsigned band, struct arena *scratch)
{
    (void)scratch;
    const struct turn_job *job = argument;
    uint32_t first, end;
    context_band_rows(job->out->height, job->bands, band, &first, &end);
    for (uint32_t y = first; y < end; y++) {
        const uint8_t *in = plane_row(job->in, job->turn.mirror_y ? job->in->height - 1 - y : y);
        uint8_t *out = plane_row(job->out, y);
        if (job->turn.mirror_x)
            job->kernels->mirror(in, out, job->out->width, job->pixel_bytes);
        else
            memcpy(out, in, (size_t)job->out->width * job->pixel_bytes);
    }
    return 0;
}

/* Row y of the result is column y of the input or, if mirrored, column width - 1 - y. */
static int transpose_band(void *argument, unsigned band, struct arena *scratch)
{
    (void)scratch;
    const struct turn_job *job = argument;
    uint32_t first, end;
    context_band_rows(job->out->height, job->bands, band, &first, &end);

    bool up = job->turn.mirror_y, mirrored = job->turn.mirror_x;
    uint32_t column = mirrored ? job->in->width - end : first;
    const uint8_t *in = plane_row(job->in, up ? job->in->height - 1 : 0) + (size_t)column * job->pixel_bytes;
    ptrdiff_t in_stride = up ? -(ptrdiff_t)job->in->stride : (ptrdiff_t)job->in->stride;
    uint8_t *out = plane_row(job->out, mirrored ? end - 1 : first);
    ptrdiff_t out_stride = mirrored ? -(ptrdiff_t)job->out->stride : (ptrdiff_t)job->out->stride;
    job->kernels->transpose(in, in_stride, out, out_stride, job->out->width, end - first, job->pixel_bytes);
    return 0;
}

static int turn_plane(const struct pm_plane *in, unsigned depth, struct turn turn, struct pm_plane *out,
                      struct context *context)
{
    enum { ROWS_MIN = 64 };
    uint32_t width = turn.transpose ? in->height : in->width;
    uint32_t height = turn.transpose ? in->width : in->height;
    if (plane_alloc(out, width, height, in->channels, depth, context) != 0)
        return -1;
    out->frame = turn_frame(in, turn);
    struct turn_job job = {
        .kernels = orient_kernels(context->simd),
        .in = in,
        .out = out,
        .turn = turn,
        .pixel_bytes = in->channels * (depth / 8),
        .bands = context_band_count(context, height, ROWS_MIN),
    };
    return context_for_bands(context, job.bands, turn.transpose ? transpose_band : mirror_band, &job);
}

int orient_apply(const struct pm_image *in, unsigned orientation, struct pm_image *out,
                 struct context *context)
{
    assert(orientation >= 1 && orientation <= 8);
    struct pm_image result = *in;
    result.orientation = 1;
    if (orientation != 1) {
        for (unsigned i = 0; i < in->nplanes; i++) {
            if (turn_plane(&in->plane[i], in->format.depth, orientation_turn(orientation), &result.plane[i],
                           context) != 0)
                return -1;
        }
    }
    if (orientation_transposes(orientation)) {
        result.width = in->height;
        result.height = in->width;
    }
    image_set_sampling(&result);
    *out = result;
    return 0;
}
