/*
 * Symmetric separable filters of small radius, at unchanged size: out = sum of weight[|i|][|j|] * in[x + i, y
 * + j], samples beyond the edges mirrored (c b a | a b c). Each is summed vertically first, then
 * horizontally, in one of two ways.
 *
 * From bytes to bytes, no intermediate rows are stored. A block of output rows is made in pieces of columns:
 * the bytes of the piece's input rows are summed vertically, the sums are mirrored beyond the plane's ends,
 * summed horizontally and rounded in one pass. So the input rows of a piece stay in the L1 cache until all
 * output rows of the block are made, and rows are read and written sequentially, which suits the hardware
 * prefetcher. Storing intermediate rows took a quarter of the time, writing and reading smoothed ones a
 * sixth.
 *
 * All other cases use intermediate samples (image/resample.h), in tiles of columns narrow enough for their
 * rows to stay in the L1 cache: each row is widened with its mirrored margins, summed vertically with its
 * neighbours, then horizontally.
 */
#ifndef FILTER_FIR_H
#define FILTER_FIR_H

#include "image/resample.h"

enum { FIR_RADIUS_MAX = 64 };

/* Weights 0 .. radius of one axis; weight -k equals weight k, and all sum to 1. */
struct fir_weights {
    unsigned radius;
    double exact[FIR_RADIUS_MAX + 1];
};

/* The operation on the smoothed samples. */
enum fir_result {
    FIR_SAMPLES,      /* rounded */
    FIR_SHARPEN,      /* in + amount * (in - smoothed), rounded and clamped; never with PRECISION_8 */
    FIR_INTERMEDIATE, /* kept: both planes hold intermediate samples */
};

struct fir_step {
    const struct pm_plane *in, *out; /* of equal size, not overlapping */
    enum precision precision;
    struct fir_weights x, y;
    enum fir_result result;
    float amount; /* for FIR_SHARPEN */
};

/* Returns 0, or -1 with `error` filled. */
int fir_plane(const struct fir_step *step, struct context *context);

/* The inner loops. They may read or write up to FIR_EXCESS bytes past intermediate samples, and read up to
 * FIR_SUMS_EXCESS bytes past sums of bytes; nothing past samples. */
enum { FIR_EXCESS = 128, FIR_SUMS_EXCESS = 256 };

struct fir_kernels {
    size_t mid_bytes, sample_bytes;
    void (*widen)(const uint8_t *in, size_t n, uint8_t *mid);
    /* rows[0 .. 2 * radius], the centre in the middle */
    void (*vertical)(const uint8_t *const *rows, const void *weights, unsigned radius, size_t n,
                     uint8_t *mid);
    /* `from` is the first sample to make; its neighbours are `channels` samples apart on both sides. */
    void (*horizontal)(const uint8_t *from, const void *weights, unsigned radius, unsigned channels, size_t n,
                       uint8_t *mid);
    /* The same two, from samples to sums (intermediate samples) of the rows' samples [at, at + n), and from
     * sums back to samples; NULL if not available. */
    void (*vertical_bytes)(const uint8_t *const *rows, size_t at, const void *weights, unsigned radius,
                           size_t n, int16_t *sum);
    void (*horizontal_bytes)(const int16_t *from, const void *weights, unsigned radius, unsigned channels,
                             size_t n, uint8_t *out);
    /* The weighted sum of `taps` intermediate rows, weights as int16_t with 15 fraction bits or as float; and
     * the same rounded to samples, NULL if not available. */
    void (*blend)(const uint8_t *const *rows, const void *weights, unsigned taps, size_t n, uint8_t *mid);
    void (*blend_bytes)(const uint8_t *const *rows, const void *weights, unsigned taps, size_t n,
                        uint8_t *out);
    void (*narrow)(const uint8_t *mid, size_t n, uint8_t *out);
    void (*sharpen)(const uint8_t *mid, const uint8_t *in, float amount, size_t n, uint8_t *out);
};

const struct fir_kernels *fir_kernels(enum precision precision, enum simd_level level);

/* The last step: n smoothed samples at `mid` to `out`. `in`: the input samples at the same position, for
 * FIR_SHARPEN. */
void fir_finish(const struct fir_kernels *kernels, enum fir_result result, float amount, const uint8_t *mid,
                const uint8_t *in, size_t n, uint8_t *out);

#endif
