/*
 * The way up from a smaller plane of intermediate samples: the last step of a large Gaussian.
 *
 * Horizontally first, while there are few rows. A band stretches the small plane's rows to full width, a
 * group at a time as resampling does (image/resample.h), into a ring, and blends each output row from the
 * few of them that are around it; bytes are rounded as they are blended. So nothing of full size is ever kept
 * but the result.
 */
#ifndef FILTER_ENLARGE_H
#define FILTER_ENLARGE_H

#include "filter/fir.h"

struct enlargement {
    struct axis x, y;                         /* how the small plane lies under the large one */
    const struct kernel *kernel_x, *kernel_y; /* positive and at most 1 */
};

/* Enlarges `small`, a plane of intermediate samples whose rows may be read TURN_EXCESS bytes beyond their
 * end, and with as many rows behind the last as are turned together, to the size of last->out. `last` says
 * what becomes of the samples; its weights are not used. Returns 0, or -1 with `error` filled. */
int enlarge_plane(const struct pm_plane *small, const struct enlargement *enlargement,
                  const struct fir_step *last, struct context *context, struct pm_error *error);

#endif
