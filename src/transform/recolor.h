/*
 * Converts a file's colours to those that the recipe requests (profile=srgb): the samples, before the step
 * that the plan has chosen, and the result's colour description at the end.
 */
#ifndef TRANSFORM_RECOLOR_H
#define TRANSFORM_RECOLOR_H

#include "codec/codec.h"
#include "color/pipeline.h"
#include "color/shaper.h"
#include "color/ycc_shaper.h"
#include "transform/recipe.h"

/* State for one file; initialise with zeros. */
struct recolor {
    bool begun;
    enum color_target target; /* that the samples get; COLOR_KEEP: no conversion was needed */
    bool failed; /* the colours are unknown to pixmill: samples and description stay as they are */
    const struct shaper *shaper;     /* between two spaces of curves and a matrix; NULL: another way */
    const struct ycc_shaper *ycc;    /* the same for planes, if its curves allow it */
    bool planes;                     /* the image is of planes with half-size chroma, and stays so */
    const struct pipeline *pipeline; /* from or to a profile of tables; both NULL: no sample changes */
    struct pm_blob profile;          /* that the result gets; none: what its target says */
    unsigned channels;               /* of a profile's file; 0: another target */
    bool from_cmyk;                  /* the pipeline's input is CMYK, else grey or RGB */
};

/* The formats of images whose colours can be converted: grey and RGB without premultiplied alpha. (Others are
 * planes that the plan lets through: plan_recolors_planes.) */
extern const struct pm_pixel_format recolor_accepts[];

/* Of a conversion to a profile's file with so many channels; 0: of others. CMYK has no alpha and 8 bits. */
const struct pm_pixel_format *recolor_accepts_for(unsigned channels);

/* The format of the result of such a conversion. */
struct pm_pixel_format recolor_format(unsigned channels, struct pm_pixel_format format);

/* Channels of the samples that a profile's file is for. */
unsigned recolor_channels(const struct filter_picture *file);

/* The formats that recolor_apply takes after recolor_begin: these, or CMYK. */
const struct pm_pixel_format *recolor_formats(const struct recolor *recolor);

/* Determines the file's colours; call it with the first image, before conversion. Tables are in the
 * job_arena. With COLOR_KEEP only HDR is converted, to sRGB, for results that can't store it. A CMYK image
 * whose profile is of no use loses it, with a warning. Returns 0, or -1 with `error` filled (memory). */
int recolor_begin(struct recolor *recolor, const struct pm_recipe *recipe, enum color_target target,
                  const struct pm_info *info, struct pm_image *image, struct context *context);

/* Does recolor_apply change samples? And does the rendering intent change what it makes of them? */
bool recolor_converts(const struct recolor *recolor);
bool recolor_uses_intent(const struct recolor *recolor, const struct pm_recipe *recipe);

/* Makes *out, which may share samples with `in`. Returns 0, or -1 with `error` filled (memory). */
int recolor_apply(const struct recolor *recolor, const struct pm_image *in, struct pm_image *out,
                  struct context *context);

#endif
