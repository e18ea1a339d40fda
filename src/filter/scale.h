/* Resizes a whole image as resize does, for filters that also resize. */
#ifndef FILTER_SCALE_H
#define FILTER_SCALE_H

#include "image/resample.h"

/* The shape of the result: straight alpha becomes premultiplied unless the size stays. */
struct shape scale_shape(const struct shape *in, uint32_t width, uint32_t height);

/* Temporary memory of scale_image, in bytes. */
uint64_t scale_scratch_bytes(const struct kernel *kernel, const struct shape *in, const struct shape *out);

/* Makes *out, of shape `planned`, from `in`, whose planes are mapped by their frames. Straight alpha becomes
 * premultiplied, or PM_ALPHA_OPAQUE if all pixels are opaque. An image of the planned size is shared, in its
 * own format. Returns 0, or -1 with `error` filled. */
int scale_image(const struct kernel *kernel, const struct pm_image *in, const struct shape *planned,
                struct pm_image *out, struct context *context);

/* The same in linear light, from grey or RGB without premultiplied alpha: *out is like `in`, or
 * PM_ALPHA_OPAQUE. */
int scale_light(const struct kernel *kernel, const struct light *light, const struct pm_image *in,
                const struct shape *planned, struct pm_image *out, struct context *context);

#endif
