/* flip and flop: mirror the picture top to bottom and left to right. */
#include "filter/filter.h"
#include "filter/orient.h"

/* EXIF orientations that need these mirrorings. */
enum { TOP_TO_BOTTOM = 4, LEFT_TO_RIGHT = 2 };

static unsigned flip_turn(const void *params)
{
    (void)params;
    return TOP_TO_BOTTOM;
}

static unsigned flop_turn(const void *params)
{
    (void)params;
    return LEFT_TO_RIGHT;
}

static int flip_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                      struct pm_image *out, struct context *context)
{
    (void)params, (void)planned;
    return orient_apply(in, TOP_TO_BOTTOM, out, context);
}

static int flop_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                      struct pm_image *out, struct context *context)
{
    (void)params, (void)planned;
    return orient_apply(in, LEFT_TO_RIGHT, out, context);
}

const struct filter flip_filter = {
    .name = "flip",
    .help = "mirror top to bottom",
    .accepts = filter_accepts_straight,
    .reframes = true,
    .turn = flip_turn,
    .apply = flip_apply,
};

const struct filter flop_filter = {
    .name = "flop",
    .help = "mirror left to right",
    .accepts = filter_accepts_straight,
    .reframes = true,
    .turn = flop_turn,
    .apply = flop_apply,
};
