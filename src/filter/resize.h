/* The resampling behind `resize`, for whoever needs a plane at another size. */
#ifndef FILTER_RESIZE_H
#define FILTER_RESIZE_H

#include "filter/weights.h"
#include "image/image.h"

/* Fills `out` from `in`, the picture in in's frame becoming the picture in out's frame. The caller has set
 * out's size, frame, memory and channels; its samples have `depth` bits. `reading` is how rows with straight
 * alpha are read, to as many channels and bits as `out` has; NULL where `in` has them already. Returns 0, or
 * -1 with `error` filled. */
int resize_plane(const struct pm_plane *in, const struct alpha_reading *reading, unsigned depth,
                 const struct pm_plane *out, const struct kernel *kernel, struct context *context,
                 struct pm_error *error);

/* The same from a plane of 8 bits to wide samples (image/image.h). `luma` is the picture's first plane, which
 * may be finer than `in`. */
int resize_plane_wide(const struct pm_plane *in, const struct pm_plane *luma, const struct pm_plane *out,
                      const struct kernel *kernel, struct context *context, struct pm_error *error);

#endif
