/* Algorithm: see filter/gaussian.h. */
#include "filter/gaussian.h"

#include <math.h>

#include "base/round.h"
#include "filter/enlarge.h"
#include "filter/fir.h"

/* Required accuracy per use: unsharp masking multiplies the errors of the smoothed image by its amount. */
static const struct tolerance {
    double tail;      /* weight of the Gaussian cut off at both ends together */
    double remainder; /* sigma on the smaller plane, in its samples */
    double direct;    /* min sigma for using the smaller plane */
} tolerances[] = {
    [GAUSSIAN_BLUR] = {.tail = 5e-4, .remainder = 1.5, .direct = 3},
    [GAUSSIAN_SHARPEN] = {.tail = 1e-5, .remainder = 3, .direct = 6},
};

/* e^-t for t >= 0: the Taylor series for a small part of t, squared back up. The math library's last digit
 * differs between machines; this one's does not. */
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

/* The sampled Gaussian. Its terms e^(-k^2 t) are computed by recurrence: each is the previous one times
 * e^(-(2k - 1) t), and that factor shrinks by e^(-2t) per step. */
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

/* Number of samples of one axis, and the part covered by the image. */
struct span {
    uint32_t size;
    double at, extent;
};

/* One axis of the computation on a smaller plane. */
struct detour {
    struct span from, small, to; /* small equal to from: smoothed at full size */
    const struct kernel *kernel; /* for reducing and enlarging */
    struct fir_weights weights;  /* for smoothing the smaller plane */
};

/* The variance of the two B-splines, 1/3 each, in samples of the smaller plane. */
static const double splines = 2.0 / 3;

/* The variance of shrink-on-load, about a mean of `factor` samples, in samples of its result. */
static double shrinking(double factor)
{
    return (1 - 1 / (factor * factor)) / 12;
}

/* Max reduction factor of the smaller plane. */
static double reduction(double sigma, const struct tolerance *tolerance)
{
    return sigma / sqrt(tolerance->remainder * tolerance->remainder + splines);
}

static struct detour detour_make(double sigma, const struct span *from, const struct span *to,
                                 const struct tolerance *tolerance)
{
    struct detour detour = {.from = *from, .small = *from, .to = *to, .kernel = &kernel_nearest};
    const bool enlarged = from->size != to->size;
    double variance = sigma * sigma;
    if (enlarged)
        variance -= shrinking(to->extent / from->extent);
    if (enlarged || sigma >= tolerance->direct) {
        const double factor = fmax(reduction(sigma, tolerance), 1);
        const uint32_t small = (uint32_t)ceil(from->extent / factor);
        const double step = from->extent / small; /* a little below that factor */
        /* The image fills the smaller plane, so that it can be mirrored at its edges. */
        detour.small = (struct span){.size = small, .extent = small};
        detour.kernel = &kernel_bspline;
        const double min = 0.05; /* for shrunk chroma the two splines alone may smooth enough */
        variance = fmax(variance / (step * step) - splines, min);
    }
    if (detour.small.size > 1)
        gaussian_weights(&detour.weights, sqrt(variance), tolerance->tail);
    else
        detour.weights.exact[0] = 1; /* a single sample equals its mirror images */
    return detour;
}

/* Allocates a plane of intermediate samples, with extra rows at the end for reading whole groups. */
static int alloc_intermediate(struct pm_plane *plane, uint32_t width, uint32_t height, unsigned channels,
                              const struct resample_kernels *kernels, struct context *context)
{
    enum { ROW_ALIGNMENT = 64 };
    size_t row = (size_t)width * channels * kernels->mid_bytes + TURN_EXCESS;
    *plane = (struct pm_plane){
        .stride = round_up(row, ROW_ALIGNMENT),
        .width = width,
        .height = height,
        .channels = channels,
        .frame = {.extent_x = width, .extent_y = height},
    };
    plane->data = context_alloc_array(context, (size_t)height + kernels->rows, plane->stride);
    return plane->data != NULL ? 0 : -1;
}

static struct axis axis_between(const struct span *from, const struct span *to)
{
    return axis_map(from->size, from->at, from->extent, to->size, to->at, to->extent);
}

/* `last` specifies the operation on the smoothed samples; its weights are not used. */
static int smooth_by_detour(const struct detour *x, const struct detour *y, const struct fir_step *last,
                            struct context *context)
{
    const struct pm_plane *in = last->in;
    const enum precision precision = last->precision;
    const struct resample_kernels *kernels = resample_kernels(precision, context->simd);
    struct pm_plane small, smooth;
    if (alloc_intermediate(&small, x->small.size, y->small.size, in->channels, kernels, context) != 0 ||
        alloc_intermediate(&smooth, x->small.size, y->small.size, in->channels, kernels, context) != 0)
        return -1;
    const struct axis across = axis_between(&x->from, &x->small), down = axis_between(&y->from, &y->small);
    struct weights wx, wy;
    if (resample_weights_x(&wx, &across, x->kernel, EDGE_REFLECT, precision, context) != 0 ||
        resample_weights_y(&wy, &down, y->kernel, EDGE_REFLECT, precision, context) != 0 ||
        resample_plane(in, NULL, precision, &wx, &wy, RESAMPLE_INTERMEDIATE, &small, context) != 0)
        return -1;
    const struct fir_step middle = {
        .in = &small,
        .out = &smooth,
        .precision = precision,
        .x = x->weights,
        .y = y->weights,
        .result = FIR_INTERMEDIATE,
    };
    if (fir_plane(&middle, context) != 0)
        return -1;
    const struct enlargement enlargement = {
        .x = axis_between(&x->small, &x->to),
        .y = axis_between(&y->small, &y->to),
        .kernel_x = x->kernel,
        .kernel_y = y->kernel,
    };
    return enlarge_plane(&smooth, &enlargement, last, context);
}

/* The axes of a plane. Enlarging maps by the image's extent; otherwise the extent does not matter. */
static struct span span_x(const struct pm_plane *plane, bool enlarged)
{
    return enlarged ? (struct span){plane->width, plane->frame.x0, plane->frame.extent_x}
                    : (struct span){plane->width, 0, plane->width};
}

static struct span span_y(const struct pm_plane *plane, bool enlarged)
{
    return enlarged ? (struct span){plane->height, plane->frame.y0, plane->frame.extent_y}
                    : (struct span){plane->height, 0, plane->height};
}

int gaussian_plane(const struct gaussian *gaussian, const struct pm_plane *in, unsigned depth,
                   const struct pm_plane *out, struct context *context)
{
    const struct tolerance *tolerance = &tolerances[gaussian->use];
    const bool sharpen = gaussian->use == GAUSSIAN_SHARPEN;
    const bool enlarged = in->width != out->width || in->height != out->height;
    const struct span in_x = span_x(in, enlarged), out_x = span_x(out, enlarged);
    const struct span in_y = span_y(in, enlarged), out_y = span_y(out, enlarged);
    const struct detour x = detour_make(gaussian->sigma_x, &in_x, &out_x, tolerance);
    const struct detour y = detour_make(gaussian->sigma_y, &in_y, &out_y, tolerance);
    const struct fir_step last = {
        .in = in,
        .out = out,
        .precision = sharpen && depth == 8 ? PRECISION_8_FINE : precision_of(depth),
        .x = x.weights,
        .y = y.weights,
        .result = sharpen ? FIR_SHARPEN : FIR_SAMPLES,
        .amount = gaussian->amount,
    };
    if (x.kernel == &kernel_nearest && y.kernel == &kernel_nearest)
        return fir_plane(&last, context);
    struct arena_mark mark = arena_mark(context->arena);
    int status = smooth_by_detour(&x, &y, &last, context);
    arena_release(context->arena, mark);
    return status;
}

/* Allocates the result of plane i of `in`: of the same size or, if the decoder shrank it, of the planned
 * size. */
static int alloc_result(const struct pm_image *in, unsigned i, const struct shape *planned,
                        struct pm_plane *out, struct context *context)
{
    const struct pm_plane *plane = &in->plane[i];
    if (in->width != planned->width || in->height != planned->height)
        return plane_alloc_planned(out, i, planned, plane->channels, in->format.depth, context);
    if (plane_alloc(out, plane->width, plane->height, plane->channels, in->format.depth, context) != 0)
        return -1;
    out->frame = plane->frame;
    return 0;
}

int gaussian_image(double sigma, enum gaussian_use use, float amount, const struct pm_image *in,
                   const struct shape *planned, struct pm_image *out, struct context *context)
{
    struct pm_image result = *in;
    result.width = planned->width;
    result.height = planned->height;
    for (unsigned i = 0; i < in->nplanes; i++) {
        const struct pm_plane *plane = &in->plane[i];
        const struct gaussian gaussian = {
            .sigma_x = sigma * plane->frame.extent_x / planned->width,
            .sigma_y = sigma * plane->frame.extent_y / planned->height,
            .use = use,
            .amount = amount,
        };
        if (alloc_result(in, i, planned, &result.plane[i], context) != 0 ||
            gaussian_plane(&gaussian, plane, in->format.depth, &result.plane[i], context) != 0)
            return -1;
    }
    image_set_sampling(&result);
    *out = result;
    return 0;
}

static void read_light(const void *in, void *out, uint32_t width, const void *reading)
{
    alpha_read_row(reading, in, out, width);
}

struct light_writing {
    const struct light *light;
    enum simd_level simd;
    unsigned channels;
};

static void write_light(const void *in, void *out, uint32_t width, const void *argument)
{
    const struct light_writing *to = argument;
    light_write_row(to->light, to->simd, in, out, width, to->channels);
}

enum { FLOAT_BITS = 32 }; /* the depth of planes of light */

int gaussian_light(double sigma, const struct light *light, const struct pm_image *in, struct pm_image *out,
                   struct context *context)
{
    const struct pm_plane *plane = &in->plane[0];
    struct alpha_reading reading;
    alpha_reading_suppose(&reading, plane->channels, in->format.depth, false, context);
    if (in->format.alpha == PM_ALPHA_STRAIGHT && alpha_reading_init(&reading, in, context) != 0)
        return -1;
    reading.light = light;
    if (image_alloc_like(out, in, alpha_reading_format(&reading, in->format), context) != 0)
        return -1;
    const struct gaussian gaussian = {.sigma_x = sigma, .sigma_y = sigma, .use = GAUSSIAN_BLUR};
    const struct light_writing writing = {light, context->simd, out->plane[0].channels};
    const struct arena_mark mark = arena_mark(context->arena);
    struct pm_plane sharp, smooth;
    int status = -1;
    if (plane_alloc(&sharp, in->width, in->height, writing.channels, FLOAT_BITS, context) == 0 &&
        plane_alloc(&smooth, in->width, in->height, writing.channels, FLOAT_BITS, context) == 0 &&
        plane_map_rows(plane, &sharp, read_light, &reading, context) == 0 &&
        gaussian_plane(&gaussian, &sharp, FLOAT_BITS, &smooth, context) == 0)
        status = plane_map_rows(&smooth, &out->plane[0], write_light, &writing, context);
    arena_release(context->arena, mark);
    return status;
}

uint64_t gaussian_light_bytes(const struct shape *shape)
{
    return 2 * sizeof(float) * pm_channels(&shape->format) * shape->width * shape->height;
}

/* A shrunk plane's last samples are partly outside the image, but mirroring starts at their end: visible if
 * the image is only a few sigmas large. */
double gaussian_margin(double sigma, const struct shape *planned)
{
    enum { SIGMAS_MIN = 8 };
    const double oversampling = 1.4; /* of the input relative to the smaller plane */
    const struct tolerance *tolerance = &tolerances[GAUSSIAN_BLUR];
    const uint32_t side = planned->width < planned->height ? planned->width : planned->height;
    return sigma < tolerance->direct || side < SIGMAS_MIN * sigma
               ? 0
               : oversampling / reduction(sigma, tolerance);
}

uint64_t gaussian_scratch_bytes(double sigma, enum gaussian_use use, const struct shape *shape)
{
    enum { PLANES = 2, MID_BYTES_MAX = 4 };
    const struct tolerance *tolerance = &tolerances[use];
    if (sigma < tolerance->direct)
        return 0;
    const double factor = reduction(sigma, tolerance);
    const uint64_t width = (uint64_t)ceil(shape->width / factor),
                   height = (uint64_t)ceil(shape->height / factor);
    const uint64_t weights = weights_bytes(&kernel_bspline, shape->width, (uint32_t)width) +
                             weights_bytes(&kernel_bspline, (uint32_t)width, shape->width) +
                             weights_bytes(&kernel_bspline, shape->height, (uint32_t)height) +
                             weights_bytes(&kernel_bspline, (uint32_t)height, shape->height);
    return PLANES * MID_BYTES_MAX * width * height * pm_channels(&shape->format) + weights;
}
