/* rotate: rotates clockwise by multiples of 90 degrees; lossless. */
#include "filter/filter.h"
#include "filter/orient.h"

struct params {
    int orientation; /* the EXIF orientation that needs this rotation */
};

static const struct param_word angles[] = {{"90", 6}, {"180", 3}, {"270", 8}, {NULL, 0}};

static const struct param rows[] = {
    {.name = "angle", .kind = PARAM_WORD, .offset = offsetof(struct params, orientation), .words = angles},
    {.name = NULL},
};

static unsigned orientation_of(const void *params)
{
    return (unsigned)((const struct params *)params)->orientation;
}

static bool rotate_transposes(const void *params)
{
    return orientation_transposes(orientation_of(params));
}

static int rotate_plan(const void *params, struct shape *shape, struct pm_error *error)
{
    (void)error;
    orient_shape(orientation_of(params), shape);
    return 0;
}

static int rotate_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                        struct pm_image *out, struct context *context)
{
    (void)planned;
    return orient_apply(in, orientation_of(params), out, context);
}

const struct filter rotate_filter = {
    .name = "rotate",
    .argument = "90|180|270",
    .help = "rotate clockwise",
    .example = "90",
    .accepts = filter_accepts_straight,
    .reframes = true,
    .transposes = rotate_transposes,
    .turn = orientation_of,
    .params = rows,
    .plan = rotate_plan,
    .apply = rotate_apply,
};
