/* flop: mirrors the picture left to right. */
#include "filter/filter.h"
#include "filter/orient.h"

static int flop_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                      struct pm_image *out, struct context *context)
{
    (void)params, (void)planned;
    return orient_apply(in, 2, out, context);
}

const struct filter flop_filter = {
    .name = "flop",
    .help = "mirror left to right",
    .accepts = filter_accepts_straight,
    .reframes = true,
    .apply = flop_apply,
};
