/*
 * Resampling a plane with two tables of weights: for resize, and for reducing and enlarging in a large blur.
 *
 * Output rows are made in groups of as many rows as a vector has 32-bit elements. Vertical sums come first,
 * directly on rows of interleaved samples, in pieces of a few thousand samples, so that a group's input rows
 * stay in the L2 cache until all its rows are summed; two adjacent output rows are summed together if they
 * need nearly the same input rows. The intermediate rows are then transposed ("turned"): row r becomes
 * element r of consecutive vectors, so that horizontal sums, too, work on whole vectors for any number of
 * channels. The sums are then transposed back, 16 bytes per row.
 *
 * An intermediate sample of an 8-bit plane is an int16_t with 6 fraction bits (a kernel's overshoot, up to
 * twice the range, fits), and int16_t are multiplied and added up in pairs, by one instruction where there is
 * VNNI; that of a 16-bit plane is a float.
 *
 * Sums of light (color/light.h) read rows as light first, integers in pairs of rows, interleaved as their
 * sums need them, and write light back as samples row by row. As reading costs as much as summing, every row
 * is read once, four or eight at a time, and added to all output rows that need it, also those of the next
 * group (image/scatter.c). In an enlargement there are too many of them: each group reads its rows, as short
 * pieces that stay in the L2 cache; of integers, two groups share what is read.
 */
#ifndef IMAGE_RESAMPLE_H
#define IMAGE_RESAMPLE_H

#include "color/light.h"
#include "image/row_source.h"
#include "image/weights.h"

enum { INTERMEDIATE_BITS = 6 };

/* The types of samples and of intermediate samples. */
enum precision {
    PRECISION_8,      /* 8 bits, through int16_t: error below one level */
    PRECISION_8_FINE, /* 8 bits, through float: for uses that amplify small differences */
    PRECISION_16,     /* 16 bits, through float */
    PRECISION_FLOAT,  /* float: planes of 32 bits, or light */
    PRECISION_LIGHT,  /* light as integers, from 8 bits, through int16_t with 14 fraction bits */
};

static inline enum precision precision_of(unsigned depth)
{
    return depth == 8 ? PRECISION_8 : depth == 16 ? PRECISION_16 : PRECISION_FLOAT;
}

/* Of what a reading (or NULL) makes of samples; `depth` is that of the result. */
enum precision precision_read(const struct alpha_reading *reading, unsigned depth);

/* Transposing works on pieces of a row; TURN_UNIT samples are a multiple of every piece size. It reads at
 * most TURN_EXCESS bytes past a row's samples, and at most TURN_MARGIN bytes past their number rounded up to
 * a multiple of TURN_UNIT. */
enum { TURN_UNIT = 24, TURN_MARGIN = 4, TURN_EXCESS = 16 };

/* Samples of light are read, and summed vertically, by so many; a multiple of VECTOR_BYTES. */
enum { READ_UNIT = 64 };

/* Rows that are added at once to those that need them: an even number, of which the kernels say how many. */
enum { SCATTER_ROWS_MAX = 8 };

/* The inner loops for one precision at one SIMD level. Everywhere n counts samples: pixels times channels. */
struct resample_kernels {
    uint32_t rows;       /* rows of a group */
    size_t sample_bytes; /* of a sample */
    size_t mid_bytes;    /* of an intermediate sample */
    unsigned groups;     /* that are made together */

    /* Light alone, else NULL: reads n bytes of two rows as light, in pairs of a sample of each, into 4 bytes
     * for each of n samples rounded up to READ_UNIT. Of the rows to sum, only each first of two is used. */
    void (*read_pairs)(const struct light_segments *segments, const uint8_t *above, const uint8_t *below,
                       size_t n, uint8_t *out);

    /* out[i] = sum over k of weights[k] * rows[k][i], from samples to intermediate samples; weights of one
     * output, int16_t (an even number of them) or float. */
    void (*vertical)(const uint8_t *const *rows, const void *weights, uint32_t taps, unsigned shift, size_t n,
                     void *out);
    /* Two such sums over the same rows, which are loaded and widened once. */
    void (*vertical_two)(const uint8_t *const *rows, const void *const weights[2], uint32_t taps,
                         unsigned shift, size_t n, void *const out[2]);
    /* Floats and light alone, else NULL: sums[o][i] += weights[scatter_rows * o + k] * rows[k][i], k rising;
     * n is a multiple of READ_UNIT. Weights are float or int16_t, sums float or, in an order of the kernel's
     * own, int32_t. As light, rows are pairs. */
    void (*scatter)(const uint8_t *const *rows, size_t n, const void *weights, uint32_t outputs,
                    uint8_t *const *sums);
    uint32_t scatter_rows; /* at most SCATTER_ROWS_MAX */
    /* From n such sums, a multiple of READ_UNIT, to intermediate samples. NULL: they are. */
    void (*finish)(const uint8_t *sums, unsigned shift, size_t n, void *out);
    /* Transposes n samples of `rows` intermediate rows, `stride` bytes apart; writes at most n * rows *
     * mid_bytes bytes, n rounded up to a multiple of TURN_UNIT. */
    void (*turn)(const uint8_t *mid, size_t stride, size_t n, unsigned channels, uint8_t *turned);
    /* From transposed rows to `width` pixels of each row out[0 .. rows - 1], as samples or intermediate
     * samples. */
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
                       enum edge edge, enum precision precision, struct context *context);
int resample_weights_y(struct weights *weights, const struct axis *axis, const struct kernel *kernel,
                       enum edge edge, enum precision precision, struct context *context);

/* The samples of the result: final; intermediate, for a further pass; or, from 8 bits, wide
 * (image/pixels.h). */
enum resample_result { RESAMPLE_SAMPLES, RESAMPLE_INTERMEDIATE, RESAMPLE_WIDE };

/* Fills `out`, whose size and memory the caller has set, from the samples of `in`. `reading`: how to read
 * rows with straight alpha, or NULL: as stored; `in` and `out` then have the same channels. `precision` is
 * that of the samples read. Returns 0, or -1 with `error` filled. */
int resample_plane(const struct pm_plane *in, const struct alpha_reading *reading, enum precision precision,
                   const struct weights *x, const struct weights *y, enum resample_result result,
                   const struct pm_plane *out, struct context *context);

/* The same, to samples, from rows made on demand: begins the source and makes all its rows. Returns 1 if
 * `reading` assumes that the image is opaque and it is not. */
int resample_rows(struct row_source *in, const struct alpha_reading *reading, enum precision precision,
                  const struct weights *x, const struct weights *y, const struct pm_plane *out,
                  struct context *context);

/* Makes a plane group by group as its input rows arrive, for callers with several planes at once. The
 * weights, `in` and `out` must outlive it; allocated in the context's arena. *window: min rows in memory at
 * once. NULL with `error` filled (memory). */
struct resample_stream *resample_begin(const struct row_source *in, enum precision precision,
                                       const struct weights *x, const struct weights *y,
                                       enum resample_result result, const struct pm_plane *out,
                                       uint32_t *window, struct context *context);

/* Makes all output rows that the available input rows allow. */
void resample_made(struct resample_stream *stream, const struct row_source *in);

/* Makes both tables of weights for mapping in's frame to out's, in the context's arena. */
int resample_weights(const struct pm_plane *in, const struct pm_plane *out, const struct kernel *kernel,
                     enum precision precision, struct weights *x, struct weights *y, struct context *context);

/* Fills `out` from `in`, mapping in's frame to out's frame. The caller has set out's size, frame, memory and
 * channels; its samples have `depth` bits. `reading`: how to read rows with straight alpha, giving out's
 * channels and bits; NULL if `in` has those already. Returns 0, or -1 with `error` filled. */
int resize_plane(const struct pm_plane *in, const struct alpha_reading *reading, unsigned depth,
                 const struct pm_plane *out, const struct kernel *kernel, struct context *context);

/* The same from a plane of 8 bits to wide samples (image/pixels.h). `luma` is the picture's first plane,
 * which may be finer than `in`. */
int resize_plane_wide(const struct pm_plane *in, const struct pm_plane *luma, const struct pm_plane *out,
                      const struct kernel *kernel, struct context *context);

/* Resizes all planes of an 8-bit image, from sources that make their rows together, to samples or wide
 * samples. The caller has set the size, frame and memory of each `out`. */
int resize_planes_by_rows(struct row_source *in, unsigned planes, const struct pm_plane *out,
                          const struct kernel *kernel, enum resample_result result, struct context *context);

/* Max rows that resample_rows needs at once to make out_height rows of in_height; `light`: with a reading as
 * light. */
uint32_t resample_window(const struct kernel *kernel, bool light, uint32_t in_height, uint32_t out_height);

#endif
