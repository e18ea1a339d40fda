/* flip: mirrors the picture top to bottom. */
#include "filter/filter.h"
#include "filter/orient.h"

static int flip_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                      struct pm_image *out, struct context *context)
{
    (void)params, (void)planned;
    return orient_apply(in, 4, out, context);
}

const struct filter flip_filter = {
    .name = "flip",
    .help = "mirror top to bottom",
    .accepts = filter_accepts_straight,
    .reframes = true,
    .apply = flip_apply,
};
