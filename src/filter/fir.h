/*
 * Symmetric separable filters of small radius, at unchanged size: out = sum of
 * weight[|i|][|j|] * in[x + i, y + j], samples beyond the edges mirrored (c b a | a b c). Each is
 * summed vertically first, then horizontally, in one of two ways.
 *
 * From bytes to bytes nothing is kept from row to row. A few output rows are made at a time, piece after
 * piece of their columns: the bytes of the rows under a piece are summed as they lie, the sums mirrored
 * beyond the plane's ends, summed horizontally and rounded in one go. So a piece of those rows stays in the
 * first cache until all of the output rows are made, and every row is read and written from its one end to
 * the other, as the hardware that fetches ahead wants it. Making and keeping intermediate rows took a quarter
 * of the time, writing and reading smoothed ones a sixth.
 *
 * All else goes by intermediate samples (image/resample.h), in tiles of columns, so narrow that the rows in
 * hand stay in the first cache: each row is widened with its mirrored margins, summed vertically with its
 * neighbours, then horizontally.
 */
#ifndef FILTER_FIR_H
#define FILTER_FIR_H

#include "image/resample.h"

enum { FIR_RADIUS_MAX = 64 };

/* Weights 0 .. radius of one axis; those of -k are those of k, and all together add up to 1. */
struct fir_weights {
    unsigned radius;
    double exact[FIR_RADIUS_MAX + 1];
};

/* What becomes of the smoothed samples. */
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
    float amount; /* of FIR_SHARPEN */
};

/* Returns 0, or -1 with `error` filled. */
int fir_plane(const struct fir_step *step, struct context *context, struct pm_error *error);

/* The inner loops. Up to FIR_EXCESS bytes behind intermediate samples may be read or written, FIR_SUMS_EXCESS
 * behind sums of bytes read; none behind samples. */
enum { FIR_EXCESS = 128, FIR_SUMS_EXCESS = 256 };

struct fir_kernels {
    size_t mid_bytes, sample_bytes;
    void (*widen)(const uint8_t *in, size_t n, uint8_t *mid);
    /* rows[0 .. 2 * radius], the centre in the middle */
    void (*vertical)(const uint8_t *const *rows, const void *weights, unsigned radius, size_t n,
                     uint8_t *mid);
    /* `from` is the first sample to make; its neighbours lie `channels` samples apart on both sides. */
    void (*horizontal)(const uint8_t *from, const void *weights, unsigned radius, unsigned channels, size_t n,
                       uint8_t *mid);
    /* Both of them again, from samples to sums of them, which are intermediate samples, and from these back
     * to samples: NULL where there are none. The sums are those of the rows' samples [at, at + n). */
    void (*vertical_bytes)(const uint8_t *const *rows, size_t at, const void *weights, unsigned radius,
                           size_t n, int16_t *sum);
    void (*horizontal_bytes)(const int16_t *from, const void *weights, unsigned radius, unsigned channels,
                             size_t n, uint8_t *out);
    /* A weighted sum of `taps` intermediate rows, with int16_t weights of 15 fraction bits, or floats; and
     * the same rounded to samples, NULL where there is none. */
    void (*blend)(const uint8_t *const *rows, const void *weights, unsigned taps, size_t n, uint8_t *mid);
    void (*blend_bytes)(const uint8_t *const *rows, const void *weights, unsigned taps, size_t n,
                        uint8_t *out);
    void (*narrow)(const uint8_t *mid, size_t n, uint8_t *out);
    void (*sharpen)(const uint8_t *mid, const uint8_t *in, float amount, size_t n, uint8_t *out);
};

const struct fir_kernels *fir_kernels(enum precision precision, enum simd_level level);

/* The last step: n smoothed samples at `mid` to `out`. `in` are the samples at the same place, for
 * FIR_SHARPEN. */
void fir_finish(const struct fir_kernels *kernels, enum fir_result result, float amount, const uint8_t *mid,
                const uint8_t *in, size_t n, uint8_t *out);

#endif
