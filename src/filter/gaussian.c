/* filter/gaussian.h says how it is done. */
#include "filter/gaussian.h"

#include <math.h>

#include "filter/enlarge.h"
#include "filter/fir.h"

/* How exact a use must be: unsharp masking multiplies what is wrong with the smoothed picture by its amount.
 */
static const struct tolerance {
    double tail;      /* of the Gaussian's weight, left out at both ends together */
    double remainder; /* sigma on the smaller plane, in its samples */
    double direct;    /* sigma from which on the smaller plane is used */
} tolerances[] = {
    [GAUSSIAN_BLUR] = {.tail = 5e-4, .remainder = 1.5, .direct = 3},
    [GAUSSIAN_SHARPEN] = {.tail = 1e-5, .remainder = 3, .direct = 6},
};

/* e^-t for t >= 0: the Taylor series for a small part of t, squared back up. The mathematical library's last
 * digit differs from machine to machine; this one's does not. */
static double exp_minus(double t)
{
    int halvings = 0;
    for (; t > 0.125; t /= 2)
        halvings++;
    double sum = 1;
    for (int k = 10; k > 0; k--)
        sum = 1 - t / k * sum;
    for (; halvings > 0; halvings--)
        sum *= sum;
    return sum;
}

/* The sampled Gaussian. Its terms e^(-k^2 t) follow from one another: each is the last times e^(-(2k - 1) t),
 * and those factors fall by e^(-2t). */
static void gaussian_weights(struct fir_weights *weights, double sigma, double tail)
{
    enum { TERMS = 4 * FIR_RADIUS_MAX };
    const double q = exp_minus(1 / (2 * sigma * sigma));
    double value = 1, factor = q, total = 1;
    double terms[TERMS + 1] = {1};
    unsigned n = 1;
    for (; n <= TERMS && value > 1e-12; n++) {
        value *= factor;
        factor *= q * q;
        terms[n] = value;
        total += 2 * value;
    }
    unsigned radius = n - 1;
    for (double left_out = 0; radius > 0; radius--) {
        left_out += 2 * terms[radius];
        if (left_out >= tail * total && radius <= FIR_RADIUS_MAX)
            break;
    }
    double sum = terms[0];
    for (unsigned k = 1; k <= radius; k++)
        sum += 2 * terms[k];
    weights->radius = radius;
    for (unsigned k = 0; k <= radius; k++)
        weights->exact[k] = terms[k] / sum;
}

/* One axis of the detour. */
struct detour {
    uint32_t size, small;        /* samples, of the plane and of the smaller one; equal: no detour */
    const struct kernel *kernel; /* of the ways down and up */
    struct fir_weights weights;  /* of what is done between them */
};

/* On the smaller plane the two B-splines have a variance of 1/3 each. */
static const double splines = 2.0 / 3;

/* How many times smaller the smaller plane may be. */
static double reduction(double sigma, const struct tolerance *tolerance)
{
    return sigma / sqrt(tolerance->remainder * tolerance->remainder + splines);
}

static struct detour detour_make(double sigma, uint32_t size, const struct tolerance *tolerance)
{
    struct detour detour = {.size = size, .small = size, .kernel = &kernel_nearest};
    if (sigma >= tolerance->direct) {
        const double factor = reduction(sigma, tolerance);
        detour.small = (uint32_t)ceil(size / factor);
        detour.kernel = &kernel_bspline;
        const double step = (double)size / detour.small; /* a little below factor */
        sigma = sqrt(sigma * sigma / (step * step) - splines);
    }
    if (detour.small > 1)
        gaussian_weights(&detour.weights, sigma, tolerance->tail);
    else
        detour.weights.exact[0] = 1; /* of one sample, every mirror image is itself */
    return detour;
}

/* A plane of intermediate samples, with room behind the last row for reading whole groups of rows. */
static int alloc_intermediate(struct pm_plane *plane, uint32_t width, uint32_t height, unsigned channels,
                              const struct resample_kernels *kernels, struct context *context,
                              struct pm_error *error)
{
    enum { EXCESS = 64 }; /* bytes that may be read behind a row */
    size_t row = (size_t)width * channels * kernels->mid_bytes + EXCESS;
    *plane = (struct pm_plane){
        .stride = (row + 63) / 64 * 64,
        .width = width,
        .height = height,
        .channels = channels,
        .frame = {.extent_x = width, .extent_y = height},
    };
    plane->data = context_alloc(context, plane->stride * ((size_t)height + kernels->rows), error);
    return plane->data != NULL ? 0 : -1;
}

/* `last` says what becomes of the smoothed samples; its weights are not used. */
static int smooth_by_detour(const struct detour *x, const struct detour *y, const struct fir_step *last,
                            struct context *context, struct pm_error *error)
{
    const struct pm_plane *in = last->in;
    const enum precision precision = last->precision;
    const struct resample_kernels *kernels = resample_kernels(precision, context->simd);
    struct pm_plane small, smooth;
    if (alloc_intermediate(&small, x->small, y->small, in->channels, kernels, context, error) != 0 ||
        alloc_intermediate(&smooth, x->small, y->small, in->channels, kernels, context, error) != 0)
        return -1;
    struct axis across = axis_map(in->width, 0, in->width, x->small, 0, x->small);
    struct axis down = axis_map(in->height, 0, in->height, y->small, 0, y->small);
    struct weights wx, wy;
    if (resample_weights_x(&wx, &across, x->kernel, EDGE_REFLECT, precision, context, error) != 0 ||
        resample_weights_y(&wy, &down, y->kernel, EDGE_REFLECT, precision, context, error) != 0 ||
        resample_plane(in, NULL, precision, &wx, &wy, RESAMPLE_INTERMEDIATE, &small, context, error) != 0)
        return -1;
    const struct fir_step middle = {
        .in = &small,
        .out = &smooth,
        .precision = precision,
        .x = x->weights,
        .y = y->weights,
        .result = FIR_INTERMEDIATE,
    };
    if (fir_plane(&middle, context, error) != 0)
        return -1;
    return enlarge_plane(&smooth, x->kernel, y->kernel, last, context, error);
}

int gaussian_plane(const struct gaussian *gaussian, const struct pm_plane *in, unsigned depth,
                   const struct pm_plane *out, struct context *context, struct pm_error *error)
{
    const struct tolerance *tolerance = &tolerances[gaussian->use];
    const bool sharpen = gaussian->use == GAUSSIAN_SHARPEN;
    const struct detour x = detour_make(gaussian->sigma_x, in->width, tolerance);
    const struct detour y = detour_make(gaussian->sigma_y, in->height, tolerance);
    const struct fir_step last = {
        .in = in,
        .out = out,
        .precision = sharpen && depth == 8 ? PRECISION_8_FINE : precision_of(depth),
        .x = x.weights,
        .y = y.weights,
        .result = sharpen ? FIR_SHARPEN : FIR_SAMPLES,
        .amount = gaussian->amount,
    };
    if (x.small == in->width && y.small == in->height)
        return fir_plane(&last, context, error);
    struct arena_mark mark = arena_mark(context->arena);
    int status = smooth_by_detour(&x, &y, &last, context, error);
    arena_release(context->arena, mark);
    return status;
}

int gaussian_image(double sigma, enum gaussian_use use, float amount, const struct pm_image *in,
                   struct pm_image *out, struct context *context, struct pm_error *error)
{
    struct pm_image result = *in;
    for (unsigned i = 0; i < in->nplanes; i++) {
        const struct pm_plane *plane = &in->plane[i];
        const struct gaussian gaussian = {
            .sigma_x = sigma * plane->frame.extent_x / in->width,
            .sigma_y = sigma * plane->frame.extent_y / in->height,
            .use = use,
            .amount = amount,
        };
        if (plane_alloc(&result.plane[i], plane->width, plane->height, plane->channels, in->depth, context,
                        error) != 0)
            return -1;
        result.plane[i].frame = plane->frame;
        if (gaussian_plane(&gaussian, plane, in->depth, &result.plane[i], context, error) != 0)
            return -1;
    }
    *out = result;
    return 0;
}

uint64_t gaussian_scratch_bytes(double sigma, enum gaussian_use use, const struct shape *shape)
{
    enum { PLANES = 2, MID_BYTES_MOST = 4 };
    const struct tolerance *tolerance = &tolerances[use];
    if (sigma < tolerance->direct)
        return 0;
    const double factor = reduction(sigma, tolerance);
    const uint64_t width = (uint64_t)ceil(shape->width / factor),
                   height = (uint64_t)ceil(shape->height / factor);
    return PLANES * MID_BYTES_MOST * width * height * shape_channels(shape);
}
