/* The way up from a smaller plane of intermediate samples: the last step of a large Gaussian. */
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
