#include "codec/jxl/header.h"

#include <errno.h>
#include <string.h>

#include "codec/jxl/frames.h"

/* Reads with the ratio of width and height, of which the table has the usual ones. */
static uint32_t width_of_ratio(uint32_t height, unsigned ratio)
{
    static const struct {
        uint8_t width, height;
    } ratios[8] = {{1, 1}, {1, 1}, {12, 10}, {4, 3}, {3, 2}, {16, 9}, {5, 4}, {2, 1}};
    return (uint32_t)((uint64_t)height * ratios[ratio].width / ratios[ratio].height);
}

static uint32_t read_side(struct jxl_bits *bits, bool small)
{
    return small ? (jxl_get(bits, 5) + 1) * 8 : JXL_U32(bits, {9, 1}, {13, 1}, {18, 1}, {30, 1});
}

static void read_size(struct jxl_bits *bits, uint32_t *width, uint32_t *height)
{
    const bool small = jxl_flag(bits);
    *height = read_side(bits, small);
    const unsigned ratio = jxl_get(bits, 3);
    *width = ratio == 0 ? read_side(bits, small) : width_of_ratio(*height, ratio);
}

static uint32_t read_preview_side(struct jxl_bits *bits, bool eighth)
{
    return eighth ? JXL_U32(bits, {0, 16}, {0, 32}, {5, 1}, {9, 33}) * 8
                  : JXL_U32(bits, {6, 1}, {8, 65}, {10, 321}, {12, 1345});
}

static void read_preview(struct jxl_bits *bits, struct jxl_preview *preview)
{
    preview->present = jxl_flag(bits);
    if (!preview->present)
        return;
    const bool eighth = jxl_flag(bits);
    preview->height = read_preview_side(bits, eighth);
    const unsigned ratio = jxl_get(bits, 3);
    preview->width = ratio == 0 ? read_preview_side(bits, eighth) : width_of_ratio(preview->height, ratio);
}

static bool read_animation(struct jxl_bits *bits, struct jxl_header *header)
{
    header->animated = jxl_flag(bits);
    if (!header->animated)
        return false;
    header->ticks_numerator = JXL_U32(bits, {0, 100}, {0, 1000}, {10, 1}, {30, 1});
    header->ticks_denominator = JXL_U32(bits, {0, 1}, {0, 1001}, {8, 1}, {10, 1});
    header->loops = JXL_U32(bits, {0, 0}, {3, 0}, {16, 0}, {32, 0});
    return jxl_flag(bits);
}

/* Bits of a sample; a float's exponent is skipped. */
static unsigned read_depth(struct jxl_bits *bits, bool *floating)
{
    *floating = jxl_flag(bits);
    if (!*floating)
        return JXL_U32(bits, {0, 8}, {0, 10}, {0, 12}, {6, 1});
    const unsigned depth = JXL_U32(bits, {0, 32}, {0, 16}, {0, 24}, {6, 1});
    jxl_skip(bits, 4);
    return depth;
}

enum { CHANNEL_ALPHA = 0, CHANNEL_SPOT = 2, CHANNEL_BLACK = 4, CHANNEL_CFA = 5 };

/* One channel besides the colours: returns its kind. */
static unsigned read_channel(struct jxl_bits *bits, bool *premultiplied)
{
    bool floating;
    *premultiplied = false;
    if (jxl_flag(bits)) /* alpha of 8 bits */
        return CHANNEL_ALPHA;
    const unsigned kind = jxl_get_enum(bits);
    read_depth(bits, &floating);
    JXL_U32(bits, {0, 0}, {0, 3}, {0, 4}, {3, 1}); /* how much smaller it is */
    jxl_skip_name(bits);
    if (kind == CHANNEL_ALPHA)
        *premultiplied = jxl_flag(bits);
    else if (kind == CHANNEL_SPOT)
        jxl_skip_f16(bits, 4);
    else if (kind == CHANNEL_CFA)
        JXL_U32(bits, {0, 1}, {2, 0}, {4, 3}, {8, 19});
    return kind;
}

static int read_channels(struct jxl_bits *bits, struct jxl_header *header, struct pm_error *error)
{
    header->extra = JXL_U32(bits, {0, 0}, {0, 1}, {4, 2}, {12, 1});
    if (header->extra > JXL_EXTRA_MAX)
        return error_limit(error, JXL_EXTRA_MAX, header->extra,
                           "has %u channels besides its colours (at most %d are read)", header->extra,
                           JXL_EXTRA_MAX);
    for (unsigned i = 0; i < header->extra; i++) {
        bool premultiplied;
        const unsigned kind = read_channel(bits, &premultiplied);
        if (kind == CHANNEL_ALPHA && header->alpha < 0) {
            header->alpha = (int)i;
            header->premultiplied = premultiplied;
        } else if (kind == CHANNEL_BLACK && header->black < 0) {
            header->black = (int)i;
        } else if (kind != CHANNEL_SPOT) {
            header->others++;
        }
    }
    return 0;
}

/* --- colours ---------------------------------------------------------------------------------------- */

static double read_coordinate(struct jxl_bits *bits)
{
    const uint32_t packed = JXL_U32(bits, {19, 0}, {19, 524288}, {20, 1048576}, {21, 2097152});
    const double value = packed >> 1;
    return ((packed & 1) != 0 ? -value - 1 : value) / 1e6;
}

static void read_point(struct jxl_bits *bits, double point[2])
{
    point[0] = read_coordinate(bits);
    point[1] = read_coordinate(bits);
}

/* A file that says nothing of its colours; with relative colorimetric intent. */
static const struct jxl_color srgb = {.white = JXL_D65, .primaries = 1, .transfer = 13, .intent = 1};

static void read_color(struct jxl_bits *bits, struct jxl_header *header)
{
    enum { GAMMA_BITS = 24 };
    struct jxl_color *color = &header->color;
    *color = srgb;
    if (jxl_flag(bits))
        return;
    header->profile = jxl_flag(bits);
    color->space = (enum jxl_space)jxl_get_enum(bits);
    if (header->profile)
        return;
    if (color->space != JXL_SPACE_XYB) {
        color->white = jxl_get_enum(bits);
        if (color->white == JXL_OWN)
            read_point(bits, color->chromaticities);
        if (color->space != JXL_SPACE_GRAY) {
            color->primaries = jxl_get_enum(bits);
            for (unsigned i = 1; color->primaries == JXL_OWN && i < 4; i++)
                read_point(bits, color->chromaticities + (size_t)2 * i);
        }
        if (jxl_flag(bits))
            color->gamma = jxl_get(bits, GAMMA_BITS) / 1e7;
        else
            color->transfer = jxl_get_enum(bits);
    }
    color->intent = jxl_get_enum(bits);
}

static void skip_tone_mapping(struct jxl_bits *bits)
{
    if (jxl_flag(bits))
        return;
    jxl_skip_f16(bits, 2);
    jxl_flag(bits);
    jxl_skip_f16(bits, 1);
}

/* The colour transform's and the upsampling's own numbers. */
static void skip_transforms(struct jxl_bits *bits, bool xyb)
{
    static const unsigned weights[3] = {15, 55, 210};
    enum { MATRIX = 9 + 3 + 4 };
    if (jxl_flag(bits))
        return;
    if (xyb && !jxl_flag(bits))
        jxl_skip_f16(bits, MATRIX);
    const unsigned mask = jxl_get(bits, 3);
    for (unsigned i = 0; i < 3; i++)
        jxl_skip_f16(bits, (mask >> i & 1) != 0 ? weights[i] : 0);
}

/* --- the image's header ----------------------------------------------------------------------------- */

int jxl_header_error(const struct jxl_bits *bits, struct pm_error *error)
{
    return bits->cut ? error_set(error, PM_ERROR_TRUNCATED, "ends within its header (fetch or copy it again)")
                     : error_set(error, PM_ERROR_CORRUPT, "has a damaged header");
}

/* What frames need besides the header. */
struct details {
    struct jxl_preview preview;
    bool timecodes;
};

static int read_metadata(struct jxl_bits *bits, struct jxl_header *header, struct details *details,
                         struct pm_error *error)
{
    uint32_t width, height;
    header->bits = 8;
    header->xyb = true;
    header->color = srgb;
    if (jxl_flag(bits))
        return 0;
    const bool more = jxl_flag(bits);
    if (more) {
        header->orientation = jxl_get(bits, 3) + 1;
        if (jxl_flag(bits)) /* the size at which it should be shown */
            read_size(bits, &width, &height);
        read_preview(bits, &details->preview);
        details->timecodes = read_animation(bits, header);
    }
    header->bits = read_depth(bits, &header->floating);
    jxl_flag(bits); /* are 16 bits enough for the decoder? */
    if (read_channels(bits, header, error) != 0)
        return -1;
    header->xyb = jxl_flag(bits);
    read_color(bits, header);
    if (more)
        skip_tone_mapping(bits);
    jxl_skip_extensions(bits);
    return 0;
}

static int check_metadata(const struct jxl_header *header, struct pm_error *error)
{
    if (header->bits > 32 || header->color.space > JXL_SPACE_UNKNOWN)
        return error_set(error, PM_ERROR_CORRUPT, "has a damaged header");
    if (header->black >= 0 && header->color.space == JXL_SPACE_GRAY)
        return error_set(error, PM_ERROR_CORRUPT, "has black for CMYK, but is grey");
    if (header->animated && header->ticks_denominator == 0)
        return error_set(error, PM_ERROR_CORRUPT, "has a damaged header");
    return 0;
}

int jxl_read_header(struct byte_source *source, struct jxl_header *header, struct pm_error *error)
{
    enum { SIGNATURE = 0x0AFF };
    struct jxl_bits bits;
    struct details details = {0};
    *header = (struct jxl_header){.orientation = 1, .alpha = -1, .black = -1};
    if (jxl_read_container(source, &header->container, error) != 0)
        return -1;
    jxl_bits_init(&bits, source, header->container.boxed, error);
    const bool signature = jxl_get(&bits, 16) == SIGNATURE;
    if (!signature && !bits.cut)
        return error_set(error, PM_ERROR_CORRUPT, "holds no JPEG XL codestream");
    read_size(&bits, &header->width, &header->height);
    if (read_metadata(&bits, header, &details, error) != 0)
        return -1;
    skip_transforms(&bits, header->xyb);
    if (bits.cut)
        return jxl_header_error(&bits, error);
    if (check_metadata(header, error) != 0 ||
        (header->profile && jxl_skip_profile(&bits, &header->profile_size, error) != 0))
        return -1;
    jxl_skip_to_byte(&bits);
    return jxl_read_frames(&bits, &details.preview, details.timecodes, header, error);
}
