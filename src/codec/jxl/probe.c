/* Reports a JPEG XL file's headers. */
#include <string.h>

#include "codec/jxl/jxl.h"

enum { BT709 = 1, SRGB = 13, CICP_P3_DCI = 11, CICP_P3_D65 = 12, BT2100 = 9 };

bool jxl_loses_profile(const struct jxl_header *header)
{
    return header->profile && header->xyb;
}

/* Primaries and white as one number of H.273, or 0. */
static unsigned cicp_primaries(const struct jxl_color *color)
{
    if (color->space == JXL_SPACE_GRAY)
        return color->white == JXL_D65 ? BT709 : 0;
    if (color->white == JXL_DCI_WHITE)
        return color->primaries == JXL_P3 ? CICP_P3_DCI : 0;
    if (color->white != JXL_D65)
        return 0;
    switch (color->primaries) {
    case BT709:
    case BT2100:
        return color->primaries;
    case JXL_P3:
        return CICP_P3_D65;
    default:
        return 0;
    }
}

/* White, red, green and blue, each x and y. */
static void tell_chromaticities(const struct jxl_color *color, double xy[8])
{
    static const double d65[2] = {0.3127, 0.3290}, e[2] = {1.0 / 3, 1.0 / 3}, dci[2] = {0.314, 0.351};
    static const double rec709[6] = {0.64, 0.33, 0.30, 0.60, 0.15, 0.06},
                        rec2100[6] = {0.708, 0.292, 0.170, 0.797, 0.131, 0.046},
                        p3[6] = {0.680, 0.320, 0.265, 0.690, 0.150, 0.060};
    memcpy(xy, color->chromaticities, sizeof color->chromaticities);
    if (color->white != JXL_OWN)
        memcpy(xy,
               color->white == JXL_EQUAL_ENERGY ? e
               : color->white == JXL_DCI_WHITE  ? dci
                                                : d65,
               sizeof d65);
    if (color->primaries != JXL_OWN)
        memcpy(xy + 2,
               color->primaries == BT2100   ? rec2100
               : color->primaries == JXL_P3 ? p3
                                            : rec709,
               sizeof rec709);
}

void jxl_tell_colors(const struct jxl_header *header, struct pm_metadata *meta)
{
    enum { UNSPECIFIED = 2 };
    const double srgb_gamma = 0.45455;
    struct jxl_color color = header->color;
    if (header->profile && !header->xyb)
        return;
    if (jxl_loses_profile(header))
        color = (struct jxl_color){.space = color.space,
                                   .white = JXL_D65,
                                   .primaries = color.space == JXL_SPACE_GRAY ? BT709 : JXL_P3,
                                   .transfer = SRGB};
    if (color.transfer == UNSPECIFIED && color.gamma == 0)
        color.transfer = SRGB;
    const unsigned primaries = cicp_primaries(&color);
    if (primaries == BT709 && color.transfer == SRGB && color.gamma == 0) {
        meta->has_srgb = true;
        meta->srgb_intent = (uint8_t)(color.intent & 3);
    } else if (primaries != 0 && color.gamma == 0) {
        meta->has_cicp = true;
        meta->cicp[0] = (uint8_t)primaries;
        meta->cicp[1] = (uint8_t)color.transfer;
        meta->cicp[2] = 0; /* as in PNG: for R, G and B in full range */
        meta->cicp[3] = 1;
    } else {
        meta->has_gamma = true;
        meta->gamma = color.gamma > 0 ? color.gamma : color.transfer == 8 ? 1 : srgb_gamma;
        meta->has_chromaticities = color.space != JXL_SPACE_GRAY;
        tell_chromaticities(&color, meta->chromaticities);
    }
}

/* Samples besides the picture's own that the decoder has at a time: of further channels, and of frames that
 * it keeps for others. */
static uint64_t other_samples(const struct jxl_header *header)
{
    enum { COLORS = 3 };
    const uint64_t pixels = (uint64_t)header->width * header->height;
    const uint64_t more = header->frame_pixels > pixels ? header->frame_pixels - pixels : 0;
    uint64_t samples;
    if (__builtin_mul_overflow(header->frame_pixels, (uint64_t)header->saved * (COLORS + header->extra),
                               &samples) ||
        __builtin_add_overflow(samples, more * (COLORS + header->extra) + pixels * header->extra, &samples))
        return UINT64_MAX;
    return samples;
}

void jxl_header_tell(const struct jxl_header *header, struct pm_info *info)
{
    struct pm_metadata meta = {0};
    const bool deep = header->floating || header->bits > 8, cmyk = header->black >= 0;
    const enum pm_color color = cmyk                                    ? PM_COLOR_CMYK
                                : header->color.space == JXL_SPACE_GRAY ? PM_COLOR_GRAY
                                                                        : PM_COLOR_RGB;
    info->width = header->width;
    info->height = header->height;
    info->depth = header->bits;
    info->pixels = (struct pm_pixel_format)PIXELS(
        color, header->alpha >= 0 && !cmyk ? PM_ALPHA_STRAIGHT : PM_ALPHA_NONE, deep && !cmyk ? 16 : 8);
    info->orientation = header->orientation;
    info->icc_size = jxl_loses_profile(header) ? 0 : (size_t)header->profile_size;
    info->exif_size = (size_t)header->container.exif.size;
    info->xmp_size = (size_t)header->container.xmp.size;
    info->frames = header->frames;
    info->animated = header->animated;
    info->loops = header->animated ? header->loops : 0;
    info->gain_map = header->container.gain_map;
    info->extra_pictures = header->container.gain_map ? 1 : 0;
    info->other_samples = other_samples(header);
    info->holds_jpeg = header->container.jpeg;
    jxl_tell_colors(header, &meta);
    info->has_cicp = meta.has_cicp;
    memcpy(info->cicp, meta.cicp, sizeof info->cicp);
    info->gamma = meta.has_gamma ? meta.gamma : 0;
    info->has_chromaticities = meta.has_chromaticities;
    info->has_srgb = meta.has_srgb;
}

int jxl_probe(struct byte_source *source, struct pm_info *info, struct pm_error *error)
{
    struct jxl_header header;
    if (jxl_read_header(source, &header, error) != 0)
        return -1;
    jxl_header_tell(&header, info);
    return 0;
}
