/*
 * The colour space of a picture's samples. Of what its file says the first of these counts:
 *
 *     cICP, an ICC profile, sRGB, gAMA and cHRM, EXIF, else sRGB (grey: sRGB's curve)
 *
 * Descriptions that are broken, or of another kind of samples, are skipped.
 */
#ifndef COLOR_SOURCE_H
#define COLOR_SOURCE_H

#include "color/space.h"
#include "pixmill/image.h"
#include "pixmill/transform.h"

enum color_origin {
    COLOR_FROM_CICP,
    COLOR_FROM_ICC,
    COLOR_FROM_SRGB,
    COLOR_FROM_GAMMA,
    COLOR_FROM_EXIF,
    COLOR_ASSUMED,
};

struct color_source {
    enum color_origin origin;
    bool known;           /* `space` is set; else what `origin` says is no matrix and curves */
    bool icc_passed_over; /* the ICC profile is broken or of another kind of samples */
    struct color_space space;
};

/* For samples of grey or RGB. The space may point into the profile. */
void color_source_find(const struct pm_metadata *meta, enum pm_exif_color exif, bool gray,
                       struct color_source *source);

/* By the header alone: where the colours are taken from if nothing proves to be broken. */
enum color_origin color_origin_of(const struct pm_info *info);

/* By the header alone: can the colours be other than sRGB? */
bool color_may_differ_from_srgb(const struct pm_info *info);

#endif
