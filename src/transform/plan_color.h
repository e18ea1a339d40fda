/* The part of a plan for jobs whose colours are converted. */
#ifndef TRANSFORM_PLAN_COLOR_H
#define TRANSFORM_PLAN_COLOR_H

#include "transform/plan.h"

/* The first step for which the colours of a file with a profile must become sRGB, by that profile, as it has
 * no meaning after the step: of CMYK, a step that works on RGB; of RGB, one whose result is grey. nsteps:
 * none. */
size_t plan_first_of_srgb(const struct pm_recipe *recipe, const struct plan *plan);

/* Before which step colours are converted, nsteps: after the last: where the image has the fewest pixels, but
 * before any step that needs the result's colours, or of CMYK RGB. Among equal sizes, as late as possible, so
 * that the decoder may shrink. A step that can't be planned is reported later. */
size_t plan_choose_recolor(const struct pm_recipe *recipe, const struct plan *plan);

/* With COLOR_FILE: finds the channels of the profile's file. Returns 0, or -1 with `error` filled: there is
 * none, or the result can't have its inks. */
int plan_find_profile(const struct pm_recipe *recipe, const struct pm_pixel_format *accepts,
                      struct plan *plan, struct pm_error *error);

/* Can a conversion leave YCC planes as planes, if the file's profile is one of curves and a matrix, for an
 * encoder that accepts `row`? */
bool plan_recolors_planes(const struct plan *plan, const struct pm_pixel_format *row);

/* Does the file say what its colours are? Without that they are sRGB's, and need no tables. */
static inline bool plan_describes_colors(const struct pm_info *info)
{
    return info->icc_size > 0 || info->has_cicp || info->gamma > 0 || info->has_chromaticities ||
           info->exif_color != PM_EXIF_COLOR_NONE;
}

/* Bytes of the tables: those of the profiles as floats, and curves. */
uint64_t plan_recolor_bytes(const struct pm_recipe *recipe, const struct plan *plan);

#endif
