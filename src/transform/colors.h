/* Colour metadata of a result. */
#ifndef TRANSFORM_COLORS_H
#define TRANSFORM_COLORS_H

#include "codec/codec.h"

/* For a format that can't store PNG's colour chunks: makes an equal ICC profile from the chunk with the
 * highest priority (cICP, then ICC profile or sRGB, then gAMA and cHRM), or warns that colours change. Makes
 * none for sRGB, the default of a file without a profile. Returns 0, or -1 with `error` filled (memory). */
int colors_settle(struct pm_image *image, const struct codec *format, struct context *context);

#endif
