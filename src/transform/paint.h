/*
 * Colours that a recipe gives (CSS colours, second pictures) are sRGB; a step that paints them needs those of
 * the picture, which keeps its own colour space unless the recipe converts it.
 */
#ifndef TRANSFORM_PAINT_H
#define TRANSFORM_PAINT_H

#include "transform/recolor.h"

/* Sets *paint to the conversion, in the job_arena, from sRGB to the colours that the image has at this point:
 * those of `recolor` if it has converted them, else those that its metadata describes. NULL: it has sRGB's,
 * or there is no conversion to its colours, or it is CMYK. Returns 0, or -1 with `error` filled (memory). */
int paint_find(const struct recolor *recolor, const struct pm_image *image, enum pm_exif_color exif,
               struct context *context, const struct pipeline **paint);

#endif
