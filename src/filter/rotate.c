/* rotate: turns the picture clockwise by quarter turns, which lose nothing. */
#include <stdio.h>
#include <string.h>

#include "filter/filter.h"
#include "filter/orient.h"

/* The orientation whose upright picture is the input turned that far. */
struct params {
    unsigned orientation;
};

static const struct {
    const char *degrees;
    unsigned orientation;
} angles[] = {{"90", 6}, {"180", 3}, {"270", 8}};

enum { ANGLES = sizeof angles / sizeof *angles };

static int rotate_parse(const char *text, void *params, struct pm_error *error)
{
    for (size_t i = 0; i < ANGLES; i++) {
        if (strcmp(text, angles[i].degrees) == 0) {
            *(struct params *)params = (struct params){.orientation = angles[i].orientation};
            return 0;
        }
    }
    return error_set(error, PM_ERROR_USAGE, "rotate=%.40s is no quarter turn (90, 180 or 270, clockwise)",
                     text);
}

static void rotate_print(const void *params, char *text, size_t size)
{
    const struct params *p = params;
    for (size_t i = 0; i < ANGLES; i++) {
        if (angles[i].orientation == p->orientation)
            snprintf(text, size, "%s", angles[i].degrees);
    }
}

static bool rotate_transposes(const void *params)
{
    return orient_transposes(((const struct params *)params)->orientation);
}

static int rotate_plan(const void *params, struct shape *shape, struct pm_error *error)
{
    (void)error;
    orient_shape(((const struct params *)params)->orientation, shape);
    return 0;
}

static int rotate_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                        const struct pm_secret *secret, struct pm_image *out, struct context *context,
                        struct pm_error *error)
{
    (void)planned, (void)secret;
    return orient_apply(in, ((const struct params *)params)->orientation, out, context, error);
}

const struct filter rotate_filter = {
    .name = "rotate",
    .argument = "90|180|270",
    .help = "turn clockwise",
    .example = "90",
    .each_plane = true,
    .reframes = true,
    .transposes = rotate_transposes,
    .parse = rotate_parse,
    .print = rotate_print,
    .plan = rotate_plan,
    .apply = rotate_apply,
};
