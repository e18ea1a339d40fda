/* Parses a BMP's headers: every field that matters is checked here, for probe and reader alike. */
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "codec/bmp/bmp.h"

/* The sizes of information headers, and BITMAPV4HEADER's fields, from its beginning. */
enum {
    CORE = 12,
    OS2_MIN = 16,
    INFO = 40,
    INFO_RGB = 52, /* with masks of red, green and blue */
    INFO_RGBA = 56,
    OS2 = 64,
    V4 = 108,
    V5 = 124,
    AT_MASKS = 40,
    AT_COLOR_SPACE = 56,
    AT_ENDPOINTS = 60,
    AT_GAMMA = 96,
    AT_PROFILE = 112,
};

/* biCompression. */
enum { C_RGB, C_RLE8, C_RLE4, C_BITFIELDS, C_JPEG, C_PNG, C_ALPHABITFIELDS, C_CMYK = 11, C_CMYK_RLE4 = 13 };

static unsigned get_le16(const uint8_t *p)
{
    return p[0] | (unsigned)p[1] << 8;
}

static int ends_in_header(struct pm_error *error)
{
    return error_set(error, PM_ERROR_TRUNCATED, "ends within its header (fetch or copy it again)");
}

/* Fields of the information header that are used in parsing the rest. */
struct fields {
    uint32_t size; /* of the header */
    uint32_t compression, colors;
    size_t palette_at; /* in the file */
    unsigned entry;    /* bytes of a palette's entry */
};

static bool is_known_size(uint32_t size)
{
    return size == CORE || size == INFO || size == INFO_RGB || size == INFO_RGBA || size == V4 ||
           size == V5 || (size >= OS2_MIN && size <= OS2 && size % 4 == 0);
}

/* A field of 32 bits at `at` of the information header; 0 if the header is too short to have it. */
static uint32_t field(const uint8_t *info, const struct fields *fields, unsigned at)
{
    return at + 4 <= fields->size ? get_le32(info + at) : 0;
}

static int read_size(const uint8_t *info, struct bmp_header *header, const struct fields *fields,
                     struct pm_error *error)
{
    const bool core = fields->size == CORE;
    const int64_t width = core ? (int64_t)get_le16(info + 4) : (int32_t)get_le32(info + 4);
    const int64_t height = core ? (int64_t)get_le16(info + 6) : (int32_t)get_le32(info + 8);
    if (width <= 0 || height == 0 || height == INT32_MIN)
        return error_set(error, PM_ERROR_CORRUPT, "has no pixels (%" PRId64 "x%" PRId64 ")", width, height);
    header->width = (uint32_t)width;
    header->height = (uint32_t)(height < 0 ? -height : height);
    header->top_down = height < 0;
    header->bits = get_le16(info + (core ? 10 : 14));
    return 0;
}

static const char *unsupported_coding(const struct fields *fields)
{
    const bool os2 = fields->size == OS2;
    if (os2 && fields->compression == C_BITFIELDS)
        return "Huffman coding";
    if (os2 && fields->compression == C_JPEG)
        return "run lengths of 24 bits";
    if (fields->compression == C_JPEG)
        return "a JPEG";
    if (fields->compression == C_PNG)
        return "a PNG";
    if (fields->compression >= C_CMYK && fields->compression <= C_CMYK_RLE4)
        return "CMYK";
    return NULL;
}

static int read_coding(struct bmp_header *header, const struct fields *fields, struct pm_error *error)
{
    const unsigned bits = header->bits;
    const char *unsupported = unsupported_coding(fields);
    if (unsupported != NULL)
        return error_set(error, PM_ERROR_UNSUPPORTED, "is a BMP of %s, which is not supported", unsupported);
    bool fits;
    switch (fields->compression) {
    case C_RGB:
        fits = bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32;
        break;
    case C_RLE8:
    case C_RLE4:
        header->coding = fields->compression == C_RLE8 ? BMP_RLE8 : BMP_RLE4;
        fits = bits == (header->coding == BMP_RLE8 ? 8u : 4u) && !header->top_down;
        break;
    case C_BITFIELDS:
    case C_ALPHABITFIELDS:
        fits = bits == 16 || bits == 32;
        break;
    default:
        return error_set(error, PM_ERROR_CORRUPT, "has unknown coding %" PRIu32, fields->compression);
    }
    if (fits)
        return 0;
    return error_set(error, bits == 64 ? PM_ERROR_UNSUPPORTED : PM_ERROR_CORRUPT,
                     "has %u bits a pixel, which coding %" PRIu32 "%s does not have", bits,
                     fields->compression, header->top_down ? " from the top down" : "");
}

/* The mask's bits must be adjacent. */
static int set_mask(struct bmp_mask *mask, uint32_t bits, struct pm_error *error)
{
    *mask = (struct bmp_mask){0};
    if (bits == 0)
        return 0;
    mask->shift = (unsigned)__builtin_ctz(bits);
    mask->max = bits >> mask->shift;
    if ((mask->max & (mask->max + 1)) != 0)
        return error_set(error, PM_ERROR_CORRUPT, "has the colour mask %08" PRIX32 ", whose bits are apart",
                         bits);
    return 0;
}

static int set_masks(struct bmp_header *header, const uint32_t masks[BMP_CHANNELS], struct pm_error *error)
{
    const uint32_t pixel = header->bits == 32 ? UINT32_MAX : (1u << header->bits) - 1;
    uint32_t all = 0;
    for (unsigned i = 0; i < BMP_CHANNELS; i++) {
        if ((masks[i] & all) != 0 || (masks[i] & ~pixel) != 0)
            return error_set(error, PM_ERROR_CORRUPT, "has colour masks that overlap or exceed a pixel");
        all |= masks[i];
        if (set_mask(&header->masks[i], masks[i], error) != 0)
            return -1;
    }
    if ((all & ~masks[3]) == 0)
        return error_set(error, PM_ERROR_CORRUPT, "has no colour masks");
    return 0;
}

/* Masks are in the information header, or follow it if it is too short to hold them. */
static int read_masks(const uint8_t *info, size_t size, struct bmp_header *header, struct fields *fields,
                      struct pm_error *error)
{
    static const uint32_t usual[][BMP_CHANNELS] = {{0x7C00, 0x3E0, 0x1F, 0}, {0xFF0000, 0xFF00, 0xFF, 0}};
    if (header->bits < 16)
        return 0;
    if (fields->compression != C_BITFIELDS && fields->compression != C_ALPHABITFIELDS)
        return set_masks(header, usual[header->bits > 16], error);
    const bool inside = fields->size >= INFO_RGB && fields->size != OS2;
    const bool alpha = inside ? fields->size >= INFO_RGBA : fields->compression == C_ALPHABITFIELDS;
    const size_t bytes = alpha ? 16 : 12;
    if (!inside)
        fields->palette_at += bytes;
    const size_t at = inside ? AT_MASKS : fields->size;
    if (BMP_FILE_HEADER + at + bytes > size)
        return ends_in_header(error);
    uint32_t masks[BMP_CHANNELS] = {0};
    for (unsigned i = 0; i < bytes / 4; i++)
        masks[i] = get_le32(info + at + 4 * (size_t)i);
    return set_masks(header, masks, error);
}

/* A palette may be shorter than the header says where the pixels begin earlier. */
static int read_palette(const uint8_t *head, size_t size, struct bmp_header *header,
                        const struct fields *fields, struct pm_error *error)
{
    const unsigned max = header->bits <= 8 ? 1u << header->bits : 0;
    const size_t room = header->pixels - fields->palette_at;
    header->colors = fields->colors == 0 || fields->colors > max ? max : fields->colors;
    if (header->colors * (size_t)fields->entry > room)
        header->colors = (unsigned)(room / fields->entry);
    if (max == 0)
        return 0;
    if (fields->palette_at + header->colors * (size_t)fields->entry > size)
        return ends_in_header(error);
    if (header->colors == 0)
        return error_set(error, PM_ERROR_CORRUPT, "has no palette");
    header->gray = true;
    for (unsigned i = 0; i < header->colors; i++) {
        const uint8_t *entry = head + fields->palette_at + (size_t)i * fields->entry;
        for (unsigned c = 0; c < 3; c++)
            header->palette[i][c] = entry[2 - c];
        header->gray = header->gray && entry[0] == entry[1] && entry[1] == entry[2];
    }
    return 0;
}

/* Primaries in CIE XYZ of 2.30 bits, gamma of 16.16 bits (BITMAPV4HEADER). White is the primaries' sum. */
static void read_calibration(const uint8_t *info, struct bmp_header *header)
{
    enum { PRIMARIES = 3, GAMMA_ONE = 65536 };
    double sums[PRIMARIES + 1] = {0}, xyz[PRIMARIES + 1][3] = {{0}};
    for (unsigned i = 0; i < PRIMARIES; i++) {
        for (unsigned c = 0; c < 3; c++) {
            const int32_t stored = (int32_t)get_le32(info + AT_ENDPOINTS + 12 * i + 4 * c);
            xyz[i + 1][c] = stored;
            xyz[0][c] += stored;
            sums[i + 1] += stored;
            sums[0] += stored;
            if (stored < 0)
                return;
        }
    }
    const uint32_t gamma = get_le32(info + AT_GAMMA);
    if (gamma == 0 || gamma != get_le32(info + AT_GAMMA + 4) || gamma != get_le32(info + AT_GAMMA + 8))
        return;
    for (unsigned i = 0; i <= PRIMARIES; i++) {
        if (sums[i] <= 0)
            return;
        header->chromaticities[2 * i] = xyz[i][0] / sums[i];
        header->chromaticities[2 * i + 1] = xyz[i][1] / sums[i];
    }
    header->gamma = GAMMA_ONE / (double)gamma;
    header->calibrated = true;
}

static void read_color_space(const uint8_t *info, struct bmp_header *header, const struct fields *fields)
{
    enum { CALIBRATED = 0, LINKED = 0x4C494E4B, EMBEDDED = 0x4D424544 };
    if (fields->size < V4)
        return;
    const uint32_t space = get_le32(info + AT_COLOR_SPACE);
    if (space == CALIBRATED)
        read_calibration(info, header);
    if (fields->size < V5)
        return;
    header->linked_profile = space == LINKED;
    const uint64_t at = (uint64_t)BMP_FILE_HEADER + get_le32(info + AT_PROFILE);
    if (space == EMBEDDED && at <= UINT32_MAX) {
        header->icc_at = (uint32_t)at;
        header->icc_size = get_le32(info + AT_PROFILE + 4);
    }
}

int bmp_read_header(const uint8_t *head, size_t size, struct bmp_header *header, struct pm_error *error)
{
    const uint8_t *info = head + BMP_FILE_HEADER;
    struct fields fields;
    *header = (struct bmp_header){0};
    if (size < BMP_HEAD_MIN)
        return ends_in_header(error);
    fields.size = get_le32(info);
    if (!is_known_size(fields.size))
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "has a header of %" PRIu32 " bytes, which is no known BMP", fields.size);
    if (BMP_FILE_HEADER + (size_t)fields.size > size)
        return ends_in_header(error);
    fields.compression = field(info, &fields, 16);
    fields.colors = field(info, &fields, 32);
    fields.entry = fields.size == CORE ? 3 : 4;
    fields.palette_at = BMP_FILE_HEADER + fields.size;
    header->pixels = get_le32(head + 10);
    if (read_size(info, header, &fields, error) != 0 || read_coding(header, &fields, error) != 0 ||
        read_masks(info, size, header, &fields, error) != 0)
        return -1;
    if (header->pixels < fields.palette_at)
        return error_set(error, PM_ERROR_CORRUPT, "has pixels that begin within its header");
    if (read_palette(head, size, header, &fields, error) != 0)
        return -1;
    const int32_t x = (int32_t)field(info, &fields, 24), y = (int32_t)field(info, &fields, 28);
    if (x > 0 && y > 0) {
        header->density_x = (uint32_t)x;
        header->density_y = (uint32_t)y;
    }
    read_color_space(info, header, &fields);
    return 0;
}
