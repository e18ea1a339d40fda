/*
 * Enlarges a plane of intermediate samples: the last step of a large Gaussian.
 *
 * Horizontally first, while there are few rows. A band stretches groups of the small plane's rows to full
 * width (as in image/resample.h) into a ring buffer, and blends each output row from the nearest of them;
 * bytes are rounded while blending. So the result is the only full-size buffer.
 */
#ifndef FILTER_ENLARGE_H
#define FILTER_ENLARGE_H

#include "filter/fir.h"

struct enlargement {
    struct axis x, y;                         /* map the large plane to the small one */
    const struct kernel *kernel_x, *kernel_y; /* positive and at most 1 */
};

/* Enlarges `small`, a plane of intermediate samples, to the size of last->out. `small` must be readable for
 * TURN_EXCESS bytes past each row and for one group of rows past the last. `last` specifies the final
 * operation; its weights are not used. Returns 0, or -1 with `error` filled. */
int enlarge_plane(const struct pm_plane *small, const struct enlargement *enlargement,
                  const struct fir_step *last, struct context *context);

#endif
