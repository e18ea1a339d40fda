/*
 * Between the steps: bringing an image into the form that the next filter or the encoder takes. No step of a
 * recipe asks for these conversions by name; each is the least that is needed.
 */
#ifndef TRANSFORM_CONFORM_H
#define TRANSFORM_CONFORM_H

#include "codec/codec.h"
#include "filter/filter.h"

/* One conversion: makes *out from `in` (it may share samples). */
typedef int conversion(const struct pm_image *in, struct pm_image *out, void *argument,
                       struct context *context, struct pm_error *error);

/* YCC planes to interleaved RGB at full size. */
conversion conform_merge;

/* Brings YCC planes to the chroma sampling of argument (a struct sampling). */
struct sampling {
    unsigned x, y; /* pixels a chroma sample, 1 or 2 */
};
conversion conform_sampling;

/* Do the planes have this sampling already, frames and all? */
bool conform_has_sampling(const struct pm_image *image, struct sampling sampling);

#endif
