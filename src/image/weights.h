/*
 * Tables of weights: one axis of a separable filter as "output i is the sum of weight[i][k] * sample[first[i]
 * + k]". Whatever depends on geometry, kernel shape and edges is settled here, in double precision and
 * without the mathematical library, so that every machine makes the same table; the inner loops only multiply
 * and add.
 */
#ifndef IMAGE_WEIGHTS_H
#define IMAGE_WEIGHTS_H

#include <stdbool.h>

#include "base/context.h"

/* A kernel: an even function that is zero from `radius` on. Its unit is the wider of input and output pixels,
 * so that a reduction takes in every sample. */
struct kernel {
    double radius;
    double (*value)(double x); /* for 0 <= x <= radius; need not be normalised */
    bool point;                /* its unit is the input pixel even in a reduction: it picks samples */
};

extern const struct kernel kernel_lanczos3, kernel_mitchell, kernel_catmullrom, kernel_linear, kernel_box,
    kernel_nearest;
extern const struct kernel kernel_bspline; /* cubic B-spline: never negative, variance 1/3 */

/* What stands for samples beyond the edge. */
enum edge {
    EDGE_CUT,     /* nothing: the taps inside weigh more */
    EDGE_REFLECT, /* the mirrored ones: c b a | a b c */
};

/* The sample in [0, size) that stands for sample i under EDGE_REFLECT. */
uint32_t reflect_index(int64_t i, uint32_t size);

/* How an axis of the input lies under the output: the centre of output i falls on input coordinate
 * origin + (i + 0.5) * step, where input sample k covers k to k + 1. */
struct axis {
    uint32_t in_size, out_size; /* samples, at least 1 */
    double origin, step;        /* step > 0 */
    /* Positions in each input sample where the kernel is evaluated; the sample's weight is their sum. 1: its
     * centre. n: the input is upsampled n times by repeating samples, so to say, and then filtered. */
    unsigned subsamples;
    double linear; /* 0 to 1: how far upsampling goes from repeating towards linear interpolation */
};

/* The axis that maps in_extent samples from in_at on to out_extent samples from out_at on; by one subsample
 * each.
 */
struct axis axis_map(uint32_t in_size, double in_at, double in_extent, uint32_t out_size, double out_at,
                     double out_extent);

struct weights {
    uint32_t taps;     /* of each output; even in a table of integers */
    unsigned shift;    /* integers: the weights of an output add up to 1 << shift, exactly */
    uint32_t *first;   /* [out_size] */
    int16_t *integers; /* [out_size][taps], or NULL */
    float *floats;     /* [out_size][taps], or NULL */
};

/* Integers for 8-bit samples, as precise as 16 bits and `most_bits` fraction bits allow. `first` is a
 * multiple of `alignment`, 1 or 2; first + taps is at most in_size rounded up to even, and what lies past the
 * end weighs 0. Memory from the context's arena. Returns 0, or -1 with `error` filled (memory). */
int weights_integers(struct weights *weights, const struct axis *axis, const struct kernel *kernel,
                     enum edge edge, unsigned most_bits, unsigned alignment, struct context *context,
                     struct pm_error *error);

/* Bytes that either table takes while it is made, at most; the axis may be as long, or not, as the decoder
 * makes it. */
uint64_t weights_bytes(const struct kernel *kernel, uint32_t in_size, uint32_t out_size);

/* Floats for 16-bit samples; first + taps is at most in_size. */
int weights_floats(struct weights *weights, const struct axis *axis, const struct kernel *kernel,
                   enum edge edge, struct context *context, struct pm_error *error);

#endif
