/*
 * Reference results of resize, blur and sharpen in double precision: every output sample by itself, with
 * every tap, rounded only at the end. And pictures for comparing the fast kernels with it.
 */
#ifndef TESTS_FILTER_REFERENCE_H
#define TESTS_FILTER_REFERENCE_H

#include <stdbool.h>

#include "image/image.h"
#include "lent.h"

/* A kernel by its textbook formula: "lanczos3", "mitchell", ... */
typedef double reference_kernel(double x);
reference_kernel *reference_find(const char *name, double *radius);

/* The sample `channel` of pixel x, y of a plane. */
double reference_sample(const struct pm_plane *plane, unsigned depth, uint32_t x, uint32_t y,
                        unsigned channel);

/* Each returns the samples row by row, interleaved, neither rounded nor clamped, in malloc'ed memory. */
double *reference_resize(const struct pm_plane *in, unsigned depth, const struct pm_plane *out,
                         const char *kernel);
/* Resizes a plane of a picture with first plane `luma` to wide samples. If it is coarser than luma, it is
 * first upsampled to luma's size: by repeating samples if the result is less than 8/7 of its size; otherwise,
 * if it has a third of luma's size or less, by the mean of repeating and linear interpolation. */
double *reference_resize_wide(const struct pm_plane *in, const struct pm_plane *luma,
                              const struct pm_plane *out, const char *kernel);
double *reference_blur(const struct pm_plane *in, unsigned depth, double sigma_x, double sigma_y);
double *reference_sharpen(const struct pm_plane *in, unsigned depth, double sigma, double amount);

/* The largest distance of a plane's samples from the reference's, clamped to the range; and the peak
 * signal-to-noise ratio in decibels. */
double reference_distance(const struct pm_plane *plane, unsigned depth, const double *reference);
double reference_psnr(const struct pm_plane *plane, unsigned depth, const double *reference);

/* What pictures are filled with. */
enum pattern { PATTERN_NOISE, PATTERN_EXTREMES, PATTERN_DARK, PATTERN_BRIGHT, PATTERN_STEPS, PATTERNS };

/* A plane with `padding` bytes between rows, in malloc'ed memory of the exact size, so that an access past
 * its end is detected. The caller frees plane->data. */
struct pm_plane make_plane(uint32_t width, uint32_t height, unsigned channels, unsigned depth, size_t padding,
                           enum pattern pattern, unsigned *seed);

/* Makes alpha opaque except in row `but`, or everywhere if there is no such row. */
void make_opaque(const struct pm_plane *plane, unsigned depth, uint32_t but);

/* Are the samples of two planes of equal size the same? */
bool same_samples(const struct pm_plane *a, const struct pm_plane *b, unsigned depth);

/* Context operations that run bands from last to first. With lent->context.lanes above 1 there are many
 * bands. */
extern const struct context_ops backward_ops;

/* A filter's parameters, parsed: fails the test when they are not accepted. */
struct filter_params {
    _Alignas(16) unsigned char bytes[64];
};
struct filter_params parse_filter(const char *filter, const char *argument);

/* Does parsing `argument` and printing it give `canonical`? Fails the test when it is not accepted. */
void check_round_trip(const char *filter, const char *argument, const char *canonical);

/* Fails the test unless `argument` is refused with a message that contains `words`. */
void check_refused(const char *filter, const char *argument, const char *words);

/* Plans and applies a filter to `in`; fails the test when it fails. */
struct pm_image run_filter(const char *filter, const char *argument, const struct pm_image *in,
                           struct lent *lent);

/* The same with a second picture, for a filter that names one. */
struct filter_picture;
struct pm_image run_filter_with(const char *filter, const char *argument,
                                const struct filter_picture *picture, const struct pm_image *in,
                                struct lent *lent);

#endif
