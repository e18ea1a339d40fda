#include "color/source.h"

#include <string.h>

#include "color/hdr.h"

/* Adobe RGB (1998), 4.3: gamma is exactly 2 + 51/256. */
static const struct color_description adobe_rgb = {
    .white = {0.3127, 0.3290},
    .red = {0.6400, 0.3300},
    .green = {0.2100, 0.7100},
    .blue = {0.1500, 0.0600},
    .curve = {.g = 2.19921875, .a = 1},
};

static const uint8_t srgb[4] = {1, 13, 0, 1};

/* Reads the profile's colour space. Returns false if the profile must be skipped. */
static bool find_icc(const struct pm_blob *icc, bool gray, struct color_source *source)
{
    const enum color_space_result result = color_space_read(icc->data, icc->size, &source->space);
    source->icc_skipped =
        result == COLOR_SPACE_BROKEN || (result == COLOR_SPACE_READ && source->space.gray != gray);
    source->known = result == COLOR_SPACE_READ;
    source->origin = COLOR_FROM_ICC;
    return !source->icc_skipped;
}

static bool describe(enum color_origin origin, const struct pm_metadata *meta, enum pm_exif_color exif,
                     struct color_description *description)
{
    switch (origin) {
    case COLOR_FROM_CICP:
        return color_from_cicp(meta->cicp, description);
    case COLOR_FROM_GAMMA:
        return color_from_gamma(meta->has_gamma ? meta->gamma : 0,
                                meta->has_chromaticities ? meta->chromaticities : NULL, description);
    case COLOR_FROM_EXIF:
        if (exif != PM_EXIF_COLOR_ADOBE_RGB)
            return color_from_cicp(srgb, description);
        *description = adobe_rgb;
        return true;
    default:
        return color_from_cicp(srgb, description);
    }
}

static void find_hdr(const struct pm_metadata *meta, bool gray, struct color_source *source)
{
    struct color_description linear;
    if (source->origin != COLOR_FROM_CICP || !color_from_hdr_cicp(meta->cicp, &linear) ||
        !color_space_of(&linear, gray, &source->space))
        return;
    source->is_hdr = true;
    for (int i = 0; i < 3; i++)
        source->space.curve[i].transfer = meta->cicp[1] == CICP_PQ ? TONE_PQ : TONE_HLG;
}

void color_source_find(const struct pm_metadata *meta, enum pm_exif_color exif, bool gray,
                       struct color_source *source)
{
    struct color_description description;
    *source = (struct color_source){.origin = COLOR_ASSUMED};
    if (meta->has_cicp)
        source->origin = COLOR_FROM_CICP;
    else if (meta->icc.data != NULL && find_icc(&meta->icc, gray, source))
        return;
    else if (meta->has_srgb)
        source->origin = COLOR_FROM_SRGB;
    else if (meta->has_gamma || meta->has_chromaticities)
        source->origin = COLOR_FROM_GAMMA;
    else
        source->origin = exif != PM_EXIF_COLOR_NONE ? COLOR_FROM_EXIF : COLOR_ASSUMED;
    source->known = describe(source->origin, meta, exif, &description) &&
                    color_space_of(&description, gray, &source->space);
    if (!source->known)
        find_hdr(meta, gray, source);
}

enum color_origin color_origin_of(const struct pm_info *info)
{
    if (info->has_cicp)
        return COLOR_FROM_CICP;
    if (info->icc_size > 0)
        return COLOR_FROM_ICC;
    if (info->has_srgb)
        return COLOR_FROM_SRGB;
    if (info->gamma > 0 || info->has_chromaticities)
        return COLOR_FROM_GAMMA;
    return info->exif_color != PM_EXIF_COLOR_NONE ? COLOR_FROM_EXIF : COLOR_ASSUMED;
}

bool color_is_hdr(const struct pm_info *info)
{
    return color_origin_of(info) == COLOR_FROM_CICP && color_cicp_is_hdr(info->cicp);
}

bool color_may_differ_from_srgb(const struct pm_info *info)
{
    switch (color_origin_of(info)) {
    case COLOR_FROM_CICP:
        return memcmp(info->cicp, srgb, sizeof srgb) != 0;
    case COLOR_FROM_ICC:
    case COLOR_FROM_GAMMA:
        return true;
    case COLOR_FROM_EXIF:
        return info->exif_color == PM_EXIF_COLOR_ADOBE_RGB;
    default:
        return false;
    }
}
