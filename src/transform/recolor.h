/*
 * Converts a file's colours to those that the recipe asks for (profile=srgb): the samples, at the place that
 * the plan has chosen, and at the end what the result says of them.
 */
#ifndef TRANSFORM_RECOLOR_H
#define TRANSFORM_RECOLOR_H

#include "codec/codec.h"
#include "color/shaper.h"
#include "transform/recipe.h"

/* Of one file; zero before its first frame. */
struct recolor {
    bool begun;
    bool failed; /* the colours are unknown to pixmill: samples and description stay as they are */
    const struct shaper *shaper; /* NULL: no sample changes */
};

/* The formats of images whose colours can be converted: grey and RGB without premultiplied alpha. */
extern const struct pm_pixel_format recolor_accepts[];

/* With the file's first image, before its colours are converted: finds out what they are. Tables are in the
 * job_arena. A CMYK image loses its profile, with a warning. Returns 0, or -1 with `error` filled (memory).
 */
int recolor_begin(struct recolor *recolor, const struct pm_recipe *recipe, const struct pm_info *info,
                  struct pm_image *image, struct context *context);

/* Makes *out, which may share samples with `in`. Returns 0, or -1 with `error` filled (memory). */
int recolor_apply(const struct recolor *recolor, const struct pm_image *in, struct pm_image *out,
                  struct context *context);

#endif
