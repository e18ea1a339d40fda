/*
 * Resampling a plane by two tables of weights: resize, and the way down and up again of a large blur.
 *
 * As many output rows as a vector has 32-bit elements are made together, a group. The vertical sums come
 * first, straight on rows of interleaved samples, in pieces of a few thousand of them, so that the rows under
 * a group stay in the second cache until all of its rows are summed; and for two neighbours at a time where
 * they lie over nearly the same rows. These intermediate rows are then turned by 90 degrees: row r's samples
 * become element r of one vector after the other, so that the horizontal sums, too, are sums of whole
 * vectors, whatever the number of channels. The sums of some pixels are then turned back into 16 bytes of
 * each row.
 *
 * An intermediate sample of an 8-bit plane is an int16_t with 6 fraction bits (a kernel's overshoot, up to
 * twice the range, fits), and int16_t are multiplied and added up in pairs, by one instruction where there is
 * VNNI; that of a 16-bit plane is a float.
 */
#ifndef IMAGE_RESAMPLE_H
#define IMAGE_RESAMPLE_H

#include "image/row_source.h"
#include "image/weights.h"

enum { INTERMEDIATE_BITS = 6 };

/* What samples are, and what intermediate ones. */
enum precision {
    PRECISION_8,      /* 8 bits, through int16_t: within a level */
    PRECISION_8_FINE, /* 8 bits, through float: for what multiplies small differences */
    PRECISION_16,     /* 16 bits, through float */
};

static inline enum precision precision_of(unsigned depth)
{
    return depth == 8 ? PRECISION_8 : PRECISION_16;
}

/* How turning goes through a row: in pieces of which a multiple of TURN_UNIT samples is always one. It reads
 * no more than TURN_EXCESS bytes behind a row's samples, nor more than TURN_MARGIN behind them rounded up to
 * a multiple of TURN_UNIT. */
enum { TURN_UNIT = 24, TURN_MARGIN = 4, TURN_EXCESS = 16 };

/* The inner loops for one precision at one SIMD level. Everywhere n counts samples: pixels times channels. */
struct resample_kernels {
    uint32_t rows;       /* that are turned together */
    size_t sample_bytes; /* of a sample */
    size_t mid_bytes;    /* of an intermediate sample */

    /* out[i] = sum over k of weights[k] * rows[k][i], from samples to intermediate ones; weights are one
     * output's, int16_t or float; of int16_t there must be an even number. */
    void (*vertical)(const uint8_t *const *rows, const void *weights, uint32_t taps, unsigned shift, size_t n,
                     void *out);
    /* Two such sums over the same rows, whose samples are fetched and widened once. */
    void (*vertical_two)(const uint8_t *const *rows, const void *const weights[2], uint32_t taps,
                         unsigned shift, size_t n, void *const out[2]);
    /* Turns n samples of `rows` intermediate rows that lie `stride` bytes apart; writes n * rows * mid_bytes
     * bytes, n rounded up to a multiple of TURN_UNIT at most. */
    void (*turn)(const uint8_t *mid, size_t stride, size_t n, unsigned channels, uint8_t *turned);
    /* From turned rows to `width` pixels of each of the rows out[0 .. rows - 1], of samples or of
     * intermediate ones. */
    void (*horizontal)(const uint8_t *turned, const struct weights *weights, uint32_t width,
                       unsigned channels, uint8_t *const *out);
    void (*horizontal_mid)(const uint8_t *turned, const struct weights *weights, uint32_t width,
                           unsigned channels, uint8_t *const *out);
    /* To wide samples; NULL where there are none. */
    void (*horizontal_wide)(const uint8_t *turned, const struct weights *weights, uint32_t width,
                            unsigned channels, uint8_t *const *out);
};

const struct resample_kernels *resample_kernels(enum precision precision, enum simd_level level);

/* Makes the table for one axis. Returns 0, or -1 with `error` filled (memory). */
int resample_weights_x(struct weights *weights, const struct axis *axis, const struct kernel *kernel,
                       enum edge edge, enum precision precision, struct context *context,
                       struct pm_error *error);
int resample_weights_y(struct weights *weights, const struct axis *axis, const struct kernel *kernel,
                       enum edge edge, enum precision precision, struct context *context,
                       struct pm_error *error);

/* What a plane is filled with: samples; intermediate ones for a further pass; or, from 8 bits, wide ones
 * (image/image.h). */
enum resample_result { RESAMPLE_SAMPLES, RESAMPLE_INTERMEDIATE, RESAMPLE_WIDE };

/* Fills `out`, whose size and memory the caller has set, from the samples of `in`. `reading` is how rows with
 * straight alpha are to be read, and `precision` that of what is read; NULL where they are taken as they are,
 * `in` and `out` then have the same channels. Returns 0, or -1 with `error` filled. */
int resample_plane(const struct pm_plane *in, const struct alpha_reading *reading, enum precision precision,
                   const struct weights *x, const struct weights *y, enum resample_result result,
                   const struct pm_plane *out, struct context *context, struct pm_error *error);

/* The same, to samples, from rows that are made as they are wanted: the source is begun here, and all its
 * rows are made. Returns 1 when `reading` takes the picture for opaque and it turns out not to be. */
int resample_rows(struct row_source *in, const struct alpha_reading *reading, enum precision precision,
                  const struct weights *x, const struct weights *y, const struct pm_plane *out,
                  struct context *context, struct pm_error *error);

/* A plane that is made group by group, as rows come, by who has several of them at a time. The weights, `in`
 * and `out` outlive it; memory from the context's arena. *window: rows that must be in memory at once. NULL
 * with `error` filled (memory). */
struct resample_stream *resample_begin(const struct row_source *in, enum precision precision,
                                       const struct weights *x, const struct weights *y,
                                       enum resample_result result, const struct pm_plane *out,
                                       uint32_t *window, struct context *context, struct pm_error *error);

/* Makes what can be made of the rows that there are. */
void resample_made(struct resample_stream *stream, const struct row_source *in);

/* Both tables of weights for the way from one plane's frame to another's, from the context's arena. */
int resample_weights(const struct pm_plane *in, const struct pm_plane *out, const struct kernel *kernel,
                     enum precision precision, struct weights *x, struct weights *y, struct context *context,
                     struct pm_error *error);

/* Fills `out` from `in`, the picture in in's frame becoming the picture in out's frame. The caller has set
 * out's size, frame, memory and channels; its samples have `depth` bits. `reading` is how rows with straight
 * alpha are read, to as many channels and bits as `out` has; NULL where `in` has them already. Returns 0, or
 * -1 with `error` filled. */
int resize_plane(const struct pm_plane *in, const struct alpha_reading *reading, unsigned depth,
                 const struct pm_plane *out, const struct kernel *kernel, struct context *context,
                 struct pm_error *error);

/* The same from a plane of 8 bits to wide samples (image/pixels.h). `luma` is the picture's first plane,
 * which may be finer than `in`. */
int resize_plane_wide(const struct pm_plane *in, const struct pm_plane *luma, const struct pm_plane *out,
                      const struct kernel *kernel, struct context *context, struct pm_error *error);

/* All planes of a picture of 8 bits, from sources that make their rows together, to samples or wide samples.
 * Each of `out` has its size, frame and memory. */
int resize_planes_by_rows(struct row_source *in, unsigned planes, const struct pm_plane *out,
                          const struct kernel *kernel, enum resample_result result, struct context *context,
                          struct pm_error *error);

/* How many of in_height rows resample_rows looks at at a time, at most, to make out_height of them. */
uint32_t resample_window(const struct kernel *kernel, uint32_t in_height, uint32_t out_height);

#endif
