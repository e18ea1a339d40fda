/*
 * Gaussian smoothing of a plane, samples beyond the edges mirrored (c b a | a b c), and unsharp masking by
 * it.
 *
 * Small sigmas are summed directly. A larger one goes by way of a smaller plane: the plane is reduced with a
 * cubic B-spline as the kernel, smoothed there with what is left of sigma, and enlarged with a B-spline
 * again. Variances add up, and a B-spline is so close to a Gaussian, and so little of the spectrum is left by
 * then, that the detour costs less than a tenth of an 8-bit level. (Unser, Aldroubi and Eden, "Fast B-spline
 * transforms for continuous image representation and interpolation", 1991, has the theory.)
 *
 * So a JPEG need not be decoded at full size for it: what its decoder shrank goes the rest of the way down,
 * and all the way up.
 */
#ifndef FILTER_GAUSSIAN_H
#define FILTER_GAUSSIAN_H

#include "image/image.h"

/* Sigmas that the filters accept, in pixels. */
#define GAUSSIAN_SIGMA_MIN 0.3
#define GAUSSIAN_SIGMA_MAX 500.0

enum gaussian_use { GAUSSIAN_BLUR, GAUSSIAN_SHARPEN };

struct gaussian {
    double sigma_x, sigma_y; /* in samples of the plane, above 0 */
    enum gaussian_use use;
    float amount; /* sharpen: out = in + amount * (in - smoothed) */
};

/* Fills `out` from `in`, planes of equal depth that do not overlap. They are of equal size; or, for a blur of
 * 8 bits, `in` is one that a decoder shrank, and the sigmas are in its samples. Returns 0, or -1 with `error`
 * filled. */
int gaussian_plane(const struct gaussian *gaussian, const struct pm_plane *in, unsigned depth,
                   const struct pm_plane *out, struct context *context, struct pm_error *error);

/* Every plane of a picture, each with the sigma in its own samples: `sigma` is in pixels of the planned
 * picture. *out becomes like `in`, of the planned size and with samples of its own. */
int gaussian_image(double sigma, enum gaussian_use use, float amount, const struct pm_image *in,
                   const struct shape *planned, struct pm_image *out, struct context *context,
                   struct pm_error *error);

/* How large a picture must be, as a fraction of the planned one, for a blur of it to be as good as that of
 * the whole: 0 where it must not be smaller. */
double gaussian_margin(double sigma, const struct shape *planned);

/* Bytes that gaussian_image takes meanwhile, beside its result: two smaller planes, at most. */
uint64_t gaussian_scratch_bytes(double sigma, enum gaussian_use use, const struct shape *shape);

#endif
