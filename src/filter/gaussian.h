/*
 * Gaussian smoothing of a plane, samples beyond the edges mirrored (c b a | a b c), and unsharp masking.
 *
 * Small sigmas are summed directly. For larger ones the plane is reduced with a cubic B-spline kernel,
 * smoothed with the remaining sigma, and enlarged with a B-spline again. Variances add, and a B-spline is so
 * close to a Gaussian, with so little of the spectrum left, that the error is below a tenth of an 8-bit
 * level. (Unser, Aldroubi and Eden, "Fast B-spline transforms for continuous image representation and
 * interpolation", 1991, has the theory.)
 *
 * So a JPEG need not be decoded at full size: the plane that its decoder shrank is reduced further, then
 * enlarged to full size.
 */
#ifndef FILTER_GAUSSIAN_H
#define FILTER_GAUSSIAN_H

#include "color/light.h"
#include "image/image.h"

/* Sigmas that the filters accept, in pixels. */
#define GAUSSIAN_SIGMA_MIN 0.3
#define GAUSSIAN_SIGMA_MAX 500.0

/* A parameter's row for the field `sigma` of `struct params`. */
#define GAUSSIAN_SIGMA_ROW                                                                                   \
    {                                                                                                        \
        .name = "sigma", .kind = PARAM_NUMBER, .offset = offsetof(struct params, sigma),                     \
        .min = GAUSSIAN_SIGMA_MIN, .max = GAUSSIAN_SIGMA_MAX, .unit = "pixels"                               \
    }

enum gaussian_use { GAUSSIAN_BLUR, GAUSSIAN_SHARPEN };

struct gaussian {
    double sigma_x, sigma_y; /* in samples of the plane, above 0 */
    enum gaussian_use use;
    float amount; /* sharpen: out = in + amount * (in - smoothed) */
};

/* Fills `out` from `in`, non-overlapping planes of equal depth. Their sizes are equal; or, for an 8-bit blur,
 * `in` may be shrunk by the decoder, and the sigmas are in its samples. Returns 0, or -1 with `error`
 * filled. */
int gaussian_plane(const struct gaussian *gaussian, const struct pm_plane *in, unsigned depth,
                   const struct pm_plane *out, struct context *context);

/* Smooths every plane of an image; `sigma` is in pixels of the planned image and converted to each plane's
 * samples. *out gets the planned size and newly allocated samples. */
int gaussian_image(double sigma, enum gaussian_use use, float amount, const struct pm_image *in,
                   const struct shape *planned, struct pm_image *out, struct context *context);

/* Min size of a shrunk image, as a fraction of the planned one, for a blur of full quality; 0: it must not be
 * shrunk. */
double gaussian_margin(double sigma, const struct shape *planned);

/* Max temporary bytes of gaussian_image in addition to its result: two smaller planes. */
uint64_t gaussian_scratch_bytes(double sigma, enum gaussian_use use, const struct shape *shape);

/* The same in linear light, of grey or RGB without premultiplied alpha; *out is like `in`, or
 * PM_ALPHA_OPAQUE. */
int gaussian_light(double sigma, const struct light *light, const struct pm_image *in, struct pm_image *out,
                   struct context *context);

/* Bytes that gaussian_light needs in addition to that: the light of the image before and after. */
uint64_t gaussian_light_bytes(const struct shape *shape);

#endif
