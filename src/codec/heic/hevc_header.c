#include "codec/heic/hevc_header.h"

#include <string.h>

/* Reads the bits of a NAL unit, highest first, without emulation prevention bytes; zeros past the end. */
struct bits {
    const uint8_t *data;
    size_t size, at; /* `at`: the next byte */
    unsigned zeros;  /* bytes of zero before it */
    unsigned byte, left;
    bool cut;
};

static unsigned get_bit(struct bits *bits)
{
    if (bits->left == 0) {
        if (bits->at < bits->size && bits->zeros >= 2 && bits->data[bits->at] == 3) {
            bits->at++;
            bits->zeros = 0;
        }
        bits->cut |= bits->at >= bits->size;
        bits->byte = bits->at < bits->size ? bits->data[bits->at++] : 0;
        bits->zeros = bits->byte == 0 ? bits->zeros + 1 : 0;
        bits->left = 8;
    }
    return bits->byte >> --bits->left & 1;
}

static uint32_t get(struct bits *bits, unsigned count)
{
    uint32_t value = 0;
    for (; count > 0; count--)
        value = value << 1 | get_bit(bits);
    return value;
}

static bool flag(struct bits *bits)
{
    return get_bit(bits) != 0;
}

static void skip(struct bits *bits, unsigned count)
{
    for (; count > 0; count--)
        (void)get_bit(bits);
}

/* ue(v) and se(v) (9.2); a code longer than possible sets `cut`. */
static uint32_t get_ue(struct bits *bits)
{
    unsigned zeros = 0;
    while (zeros < 32 && !bits->cut && !flag(bits))
        zeros++;
    bits->cut |= zeros == 32;
    return zeros == 32 ? UINT32_MAX : (uint32_t)(((uint64_t)1 << zeros) - 1 + get(bits, zeros));
}

/* profile_tier_level (7.3.3). */
static void skip_profile(struct bits *bits, unsigned sub_layers)
{
    enum { PROFILE = 88, LEVEL = 8, LAYERS_MAX = 8 };
    bool profile[LAYERS_MAX], level[LAYERS_MAX];
    skip(bits, PROFILE + LEVEL);
    for (unsigned i = 0; i < sub_layers; i++) {
        profile[i] = flag(bits);
        level[i] = flag(bits);
    }
    for (unsigned i = sub_layers; sub_layers > 0 && i < LAYERS_MAX; i++)
        skip(bits, 2);
    for (unsigned i = 0; i < sub_layers; i++)
        skip(bits, (profile[i] ? PROFILE : 0) + (level[i] ? LEVEL : 0));
}

/* scaling_list_data (7.3.4). */
static void skip_scaling_lists(struct bits *bits)
{
    enum { SIZES = 4, MATRICES = 6, COEFFICIENTS_MAX = 64 };
    for (unsigned size = 0; size < SIZES; size++) {
        const unsigned all = 1u << (4 + 2 * size), count = all < COEFFICIENTS_MAX ? all : COEFFICIENTS_MAX;
        for (unsigned matrix = 0; matrix < MATRICES; matrix += size == 3 ? 3 : 1) {
            if (!flag(bits)) {
                get_ue(bits);
                continue;
            }
            if (size > 1)
                get_ue(bits);
            for (unsigned i = 0; i < count && !bits->cut; i++)
                get_ue(bits);
        }
    }
}

/* st_ref_pic_set (7.3.7), number `index`. Returns its number of pictures; `before`: that of the previous
 * set. */
static unsigned skip_references(struct bits *bits, unsigned index, unsigned before)
{
    enum { PICTURES_MAX = 16 };
    unsigned count = 0;
    if (index > 0 && flag(bits)) { /* predicted from the previous set */
        skip(bits, 1);
        get_ue(bits);
        for (unsigned i = 0; i <= before; i++) {
            const bool used = flag(bits);
            count += used || flag(bits);
        }
        return count;
    }
    const uint32_t negative = get_ue(bits), positive = get_ue(bits);
    if (negative > PICTURES_MAX || positive > PICTURES_MAX) {
        bits->cut = true;
        return 0;
    }
    for (unsigned i = 0; i < negative + positive; i++) {
        get_ue(bits);
        skip(bits, 1);
    }
    return negative + positive;
}

/* Sizes of coding and transform blocks within their limits (7.4.3.2.1). Checked here because libde265 reports
 * violations on standard error. */
static bool read_blocks(struct bits *bits, const struct hevc_sps *sps)
{
    enum { CODING_MIN = 3, CODING_MAX = 6, TRANSFORM_MIN = 2, TRANSFORM_MAX = 5 };
    const uint32_t coding_min = get_ue(bits), coding_more = get_ue(bits), transform_min = get_ue(bits),
                   transform_more = get_ue(bits), inter_depth = get_ue(bits), intra_depth = get_ue(bits);
    if (coding_min > CODING_MAX || coding_more > CODING_MAX || transform_min > TRANSFORM_MAX ||
        transform_more > TRANSFORM_MAX)
        return false;
    const uint32_t coding = coding_min + CODING_MIN, tree = coding + coding_more,
                   smallest = transform_min + TRANSFORM_MIN, largest = smallest + transform_more;
    return tree <= CODING_MAX && smallest < coding && largest <= TRANSFORM_MAX && largest <= tree &&
           inter_depth <= tree - smallest && intra_depth <= tree - smallest &&
           sps->coded_width % (1u << coding) == 0 && sps->coded_height % (1u << coding) == 0;
}

/* Skips what is between the block sizes and the VUI. */
static void skip_tools(struct bits *bits, unsigned order_bits)
{
    enum { SETS_MAX = 64, LONG_TERM_MAX = 32 };
    const bool scaled = flag(bits), listed = scaled && flag(bits);
    if (listed)
        skip_scaling_lists(bits);
    skip(bits, 2); /* amp, sao */
    if (flag(bits)) {
        skip(bits, 8);
        get_ue(bits);
        get_ue(bits);
        skip(bits, 1);
    }
    const uint32_t sets = get_ue(bits);
    bits->cut |= sets > SETS_MAX;
    unsigned before = 0;
    for (uint32_t i = 0; i < sets && !bits->cut; i++)
        before = skip_references(bits, i, before);
    if (flag(bits)) {
        const uint32_t pictures = get_ue(bits);
        bits->cut |= pictures > LONG_TERM_MAX;
        for (uint32_t i = 0; i < pictures && !bits->cut; i++)
            skip(bits, order_bits + 1);
    }
    skip(bits, 2); /* temporal motion vectors, strong intra smoothing */
}

/* The beginning of vui_parameters (E.2.1). */
static void read_colors(struct bits *bits, struct heif_coding *coding)
{
    enum { EXTENDED_SAR = 255 };
    if (flag(bits) && get(bits, 8) == EXTENDED_SAR)
        skip(bits, 32);
    if (flag(bits))
        skip(bits, 1);
    if (!flag(bits))
        return;
    skip(bits, 3);
    coding->full_range = flag(bits);
    if (!flag(bits))
        return;
    coding->primaries = get(bits, 8);
    coding->transfer = get(bits, 8);
    coding->matrix = get(bits, 8);
}

/* Width or height after cropping by the conformance window. */
static uint32_t inside(uint32_t side, uint64_t crop)
{
    return crop < side ? (uint32_t)(side - crop) : 0;
}

static void read_size(struct bits *bits, struct hevc_sps *sps)
{
    struct heif_coding *coding = &sps->coding;
    sps->coded_width = get_ue(bits);
    sps->coded_height = get_ue(bits);
    uint32_t crop[4] = {0}; /* left, right, top, bottom */
    for (unsigned i = 0, cropped = flag(bits); cropped && i < 4; i++)
        crop[i] = get_ue(bits);
    const uint64_t x = coding->sampling_x, y = coding->sampling_y;
    coding->width = inside(sps->coded_width, x * ((uint64_t)crop[0] + crop[1]));
    coding->height = inside(sps->coded_height, y * ((uint64_t)crop[2] + crop[3]));
    sps->left = coding->width > 0 ? crop[0] * (uint32_t)x : 0;
    sps->top = coding->height > 0 ? crop[2] * (uint32_t)y : 0;
}

bool hevc_read_sps(struct pm_blob nal, struct hevc_sps *sps)
{
    enum { CHROMA_444 = 3, UNSPECIFIED = 2, DEPTH_MAX = 16, ORDER_BITS_MAX = 16 };
    struct bits bits = {.data = nal.data, .size = nal.size, .at = HEVC_NAL_HEADER};
    struct heif_coding *coding = &sps->coding;
    *sps = (struct hevc_sps){.coding = {.sampling_x = 1,
                                        .sampling_y = 1,
                                        .primaries = UNSPECIFIED,
                                        .transfer = UNSPECIFIED,
                                        .matrix = UNSPECIFIED}};
    if (nal.size <= HEVC_NAL_HEADER || hevc_nal_type(nal.data) != HEVC_SPS)
        return false;
    skip(&bits, 4);
    const unsigned sub_layers = get(&bits, 3); /* in addition to the first */
    skip(&bits, 1);
    if (sub_layers > 6)
        return false;
    skip_profile(&bits, sub_layers);
    get_ue(&bits);
    sps->chroma_format = get_ue(&bits);
    if (sps->chroma_format > CHROMA_444)
        return false;
    sps->separate_planes = sps->chroma_format == CHROMA_444 && flag(&bits);
    coding->monochrome = sps->chroma_format == 0;
    coding->sampling_x = sps->chroma_format == 1 || sps->chroma_format == 2 ? 2 : 1;
    coding->sampling_y = sps->chroma_format == 1 ? 2 : 1;
    read_size(&bits, sps);
    const uint32_t luma = get_ue(&bits), chroma = get_ue(&bits), order = get_ue(&bits);
    if (luma > DEPTH_MAX - 8 || chroma > DEPTH_MAX - 8 || order > ORDER_BITS_MAX - 4)
        return false;
    coding->bits = luma + 8;
    sps->several_depths = !coding->monochrome && luma != chroma;
    for (unsigned i = flag(&bits) ? 0 : sub_layers; i <= sub_layers; i++) {
        const uint32_t more = get_ue(&bits);
        bits.cut |= more >= HEVC_PICTURES_MAX;
        sps->pictures = more + 1;
        get_ue(&bits);
        get_ue(&bits);
    }
    if (!read_blocks(&bits, sps))
        return false;
    skip_tools(&bits, order + 4);
    if (flag(&bits))
        read_colors(&bits, coding);
    return !bits.cut && coding->width > 0 && coding->height > 0;
}

bool hevc_same_format(const struct hevc_sps *a, const struct hevc_sps *b)
{
    return a->coded_width == b->coded_width && a->coded_height == b->coded_height && a->left == b->left &&
           a->top == b->top && a->coding.width == b->coding.width && a->coding.height == b->coding.height &&
           a->chroma_format == b->chroma_format && a->coding.bits == b->coding.bits && !b->separate_planes &&
           !b->several_depths;
}

/* --- hvcC ------------------------------------------------------------------------------------------- */

bool hevc_config_begin(struct bmff_cursor box, struct hevc_config *config)
{
    enum { VERSION = 1, BEFORE_CHROMA = 15, AFTER_DEPTHS = 2 };
    *config = (struct hevc_config){.sets = box};
    struct bmff_cursor *cursor = &config->sets;
    if (bmff_get(cursor, 1) != VERSION)
        return false;
    bmff_skip(cursor, BEFORE_CHROMA);
    config->chroma_format = bmff_get(cursor, 1) & 3;
    config->bits = (unsigned)(bmff_get(cursor, 1) & 7) + 8;
    bmff_skip(cursor, 1 + AFTER_DEPTHS);
    config->length_size = (unsigned)(bmff_get(cursor, 1) & 3) + 1;
    config->arrays = (unsigned)bmff_get(cursor, 1);
    return !cursor->cut && config->length_size != 3;
}

bool hevc_config_next(struct hevc_config *config, struct pm_blob *nal)
{
    struct bmff_cursor *cursor = &config->sets;
    while (config->nals == 0 && config->arrays > 0 && !cursor->cut) {
        config->arrays--;
        bmff_skip(cursor, 1); /* their type, which is repeated in each unit */
        config->nals = (unsigned)bmff_get(cursor, 2);
    }
    if (config->nals == 0 || cursor->cut)
        return false;
    config->nals--;
    const struct bmff_cursor unit = bmff_take(cursor, bmff_get(cursor, 2));
    *nal = (struct pm_blob){unit.data, unit.size};
    return !cursor->cut;
}

int hevc_read_layer(const struct heif_layer *layer, struct hevc_sps *sps, struct pm_error *error)
{
    enum { BITS_MAX = 12 };
    struct hevc_config config;
    struct hevc_sps other;
    struct pm_blob nal;
    bool found = false;
    if (layer->properties.config_type != BMFF_TYPE('h', 'v', 'c', 'C') ||
        !hevc_config_begin(layer->properties.config, &config))
        return error_set(error, PM_ERROR_CORRUPT, "has HEVC data without a valid description (hvcC)");
    while (hevc_config_next(&config, &nal)) {
        if (nal.size < HEVC_NAL_HEADER || hevc_nal_type(nal.data) != HEVC_SPS ||
            hevc_nal_layer(nal.data) != 0)
            continue;
        if (!hevc_read_sps(nal, found ? &other : sps))
            return error_set(error, PM_ERROR_CORRUPT, "its box hvcC is damaged");
        if (found && !hevc_same_format(sps, &other))
            return error_set(error, PM_ERROR_CORRUPT, "states two sizes in its box hvcC");
        if (found && other.pictures > sps->pictures) /* any of them may be the frames' */
            sps->pictures = other.pictures;
        found = true;
    }
    if (!found || config.sets.cut)
        return error_set(error, PM_ERROR_CORRUPT, "its box hvcC is damaged");
    if (sps->coding.bits != config.bits || sps->chroma_format != config.chroma_format)
        return error_set(error, PM_ERROR_CORRUPT,
                         "has HEVC data of another kind than its description (hvcC)");
    if (sps->separate_planes || sps->several_depths || sps->coding.bits > BITS_MAX)
        return error_set(
            error, PM_ERROR_UNSUPPORTED,
            "has HEVC data of an unsupported kind (8 to 12 bits, the same for all planes, are read)");
    return 0;
}
