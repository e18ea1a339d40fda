/*
 * The colour space of a picture's samples. The first of these that the file has is used:
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
    bool known;  /* `space` is set; else what `origin` names is not a matrix with curves */
    bool is_hdr; /* PQ or HLG: not known, but `space` has its curve to light (color/hdr.h maps it to SDR) */
    bool icc_skipped; /* the ICC profile is broken or of another kind of samples */
    struct color_space space;
};

/* Determines it for samples of grey or RGB. The space may point into the profile. */
void color_source_find(const struct pm_metadata *meta, enum pm_exif_color exif, bool gray,
                       struct color_source *source);

/* From the header only: which description is used, if it is not broken. */
enum color_origin color_origin_of(const struct pm_info *info);

/* From the header only: is it HDR that can be mapped to standard dynamic range? */
bool color_is_hdr(const struct pm_info *info);

/* From the header only: can the colours differ from sRGB? */
bool color_may_differ_from_srgb(const struct pm_info *info);

#endif
