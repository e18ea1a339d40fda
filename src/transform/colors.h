/* What a result says of the meaning of its colours. */
#ifndef TRANSFORM_COLORS_H
#define TRANSFORM_COLORS_H

#include "codec/codec.h"

/* For a format that has no room for PNG's colour chunks: makes an equal ICC profile of the one that counts
 * (cICP, which outranks a profile; else gAMA and cHRM, which a profile or sRGB outranks), or warns that
 * colours change. Nothing is made for what a file without a profile says anyway, sRGB. Returns 0, or -1 with
 * `error` filled (memory). */
int colors_settle(struct pm_image *image, const struct codec *format, struct context *context,
                  struct pm_error *error);

#endif
