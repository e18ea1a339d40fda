/*
 * Tables of weights: one axis of a separable filter as "output i is the sum of weight[i][k] * sample[first[i]
 * + k]". Everything that depends on geometry, kernel and edges is computed here, in double precision and
 * without the math library, so that all machines make the same table; the inner loops only multiply and add.
 */
#ifndef IMAGE_WEIGHTS_H
#define IMAGE_WEIGHTS_H

#include <stdbool.h>

#include "base/context.h"

/* A kernel: an even function that is zero from `radius` on. Its unit is the larger of input and output pixel,
 * so that a reduction uses every sample. */
struct kernel {
    double radius;
    double (*value)(double x); /* for 0 <= x <= radius; need not be normalised */
    bool point;                /* point sampling: its unit is the input pixel even in a reduction */
};

extern const struct kernel kernel_lanczos3, kernel_mitchell, kernel_catmullrom, kernel_linear, kernel_box,
    kernel_nearest;
extern const struct kernel kernel_bspline; /* cubic B-spline: never negative, variance 1/3 */

/* What replaces samples beyond the edge. */
enum edge {
    EDGE_CUT,     /* nothing; the taps inside are normalised to sum 1 */
    EDGE_REFLECT, /* mirrored samples: c b a | a b c */
};

/* The sample in [0, size) that replaces sample i under EDGE_REFLECT. */
uint32_t reflect_index(int64_t i, uint32_t size);

/* Maps output to input coordinates on one axis: the centre of output i is at input coordinate origin + (i +
 * 0.5) * step, where input sample k covers k to k + 1. */
struct axis {
    uint32_t in_size, out_size; /* samples, at least 1 */
    double origin, step;        /* step > 0 */
    /* Number of positions in each input sample at which the kernel is evaluated; the sample's weight is their
     * sum. 1: its centre. n: as if the input were upsampled n times by repeating samples and then
     * filtered. */
    unsigned subsamples;
    double linear; /* 0 to 1: that upsampling blends from repeating (0) to linear interpolation (1) */
};

/* The axis that maps in_extent samples from in_at to out_extent samples from out_at, with one subsample
 * each. */
struct axis axis_map(uint32_t in_size, double in_at, double in_extent, uint32_t out_size, double out_at,
                     double out_extent);

struct weights {
    uint32_t taps;           /* per output; even in a table of integers */
    unsigned shift;          /* integers: the weights of an output sum to exactly 1 << shift */
    const uint32_t *first;   /* [out_size] */
    const int16_t *integers; /* [out_size][taps], or NULL */
    const float *floats;     /* [out_size][taps], or NULL */
};

/* Integers for 8-bit samples, as precise as 16 bits and `max_bits` fraction bits allow. `first` is a
 * multiple of `alignment`, 1 or 2; first + taps is at most in_size rounded up to even, and samples past the
 * end have weight 0. In the context's arena or memo. Returns 0, or -1 with `error` filled (memory). */
int weights_integers(struct weights *weights, const struct axis *axis, const struct kernel *kernel,
                     enum edge edge, unsigned max_bits, unsigned alignment, struct context *context);

/* Max bytes for making either table; in_size is an upper bound if the decoder shrinks the image. */
uint64_t weights_bytes(const struct kernel *kernel, uint32_t in_size, uint32_t out_size);

/* Floats for 16-bit samples; first + taps is at most in_size. */
int weights_floats(struct weights *weights, const struct axis *axis, const struct kernel *kernel,
                   enum edge edge, struct context *context);

#endif
