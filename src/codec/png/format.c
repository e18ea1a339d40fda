#include "codec/png/format.h"

#include <errno.h>
#include <libdeflate.h>
#include <string.h>

const uint8_t png_signature[PNG_SIGNATURE_SIZE] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

int png_read_exactly(struct byte_source *source, uint64_t offset, void *bytes, size_t size,
                     struct pm_error *error)
{
    long got = source->read_at(source, offset, bytes, size);
    if (got < 0)
        return error_set(error, PM_ERROR_IO, "can't be read: %s", strerror(errno));
    if ((size_t)got < size)
        return error_set(error, PM_ERROR_TRUNCATED, "ends within its header (fetch or copy it again)");
    return 0;
}

/* The checksum was correct, so an error was made by the writer: copying the file again would not help. */
static int parse_header(const uint8_t ihdr[PNG_IHDR_SIZE], struct png_header *header, struct pm_error *error)
{
    /* Bit d is set for each legal depth d of a colour type (section 11.2.1, table 12). */
    static const uint32_t legal_depths[7] = {
        [PNG_GRAY] = 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8 | 1 << 16,
        [PNG_RGB] = 1 << 8 | 1 << 16,
        [PNG_PALETTE] = 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8,
        [PNG_GRAY_ALPHA] = 1 << 8 | 1 << 16,
        [PNG_RGB_ALPHA] = 1 << 8 | 1 << 16,
    };
    uint32_t width = png_get_be32(ihdr), height = png_get_be32(ihdr + 4);
    unsigned depth = ihdr[8], color_type = ihdr[9];
    if (width == 0 || height == 0 || width > PNG_CHUNK_MAX || height > PNG_CHUNK_MAX)
        return error_set(error, PM_ERROR_CORRUPT,
                         "has impossible dimensions %ux%u (1 to 2147483647 pixels on a side)", width, height);
    if (color_type >= 7 || legal_depths[color_type] == 0)
        return error_set(error, PM_ERROR_CORRUPT, "has unknown colour type %u (0, 2, 3, 4 or 6)", color_type);
    if (depth > 16 || (legal_depths[color_type] >> depth & 1) == 0)
        return error_set(error, PM_ERROR_CORRUPT, "has %u bits a sample, which colour type %u does not allow",
                         depth, color_type);
    if (ihdr[10] != 0 || ihdr[11] != 0)
        return error_set(error, PM_ERROR_CORRUPT,
                         "has unknown compression or filter method (0 is the only one)");
    if (ihdr[12] > 1)
        return error_set(error, PM_ERROR_CORRUPT, "has unknown interlace method %u (0 or 1)", ihdr[12]);
    *header = (struct png_header){
        .width = width,
        .height = height,
        .depth = (uint8_t)depth,
        .color_type = (uint8_t)color_type,
        .interlaced = ihdr[12] == 1,
    };
    return 0;
}

int png_read_header(struct byte_source *source, struct png_header *header, struct pm_error *error)
{
    uint8_t head[PNG_SIGNATURE_SIZE + PNG_IHDR_SIZE + PNG_CHUNK_FRAME];
    const uint8_t *chunk = head + PNG_SIGNATURE_SIZE, *ihdr = chunk + PNG_CHUNK_HEAD;
    if (png_read_exactly(source, 0, head, PNG_SIGNATURE_SIZE, error) != 0)
        return -1;
    if (memcmp(head, png_signature, PNG_SIGNATURE_SIZE) != 0)
        return error_set(error, PM_ERROR_CORRUPT,
                         "has a damaged PNG signature (was it transferred as text? fetch or copy it again)");
    if (png_read_exactly(source, 0, head, sizeof head, error) != 0)
        return -1;
    if (memcmp(chunk + 4, "CgBI", 4) == 0)
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "is an iOS-optimised PNG (CgBI), which only Apple's software reads (Xcode's "
                         "pngcrush -revert-iphone-optimizations makes a PNG of it)");
    if (png_get_be32(chunk) != PNG_IHDR_SIZE || memcmp(chunk + 4, "IHDR", 4) != 0)
        return error_set(error, PM_ERROR_CORRUPT,
                         "does not begin with the header chunk, IHDR (fetch or copy it again)");
    if (libdeflate_crc32(0, chunk + 4, 4 + PNG_IHDR_SIZE) != png_get_be32(ihdr + PNG_IHDR_SIZE))
        return error_set(error, PM_ERROR_CORRUPT,
                         "is damaged: the checksum of chunk IHDR is wrong (fetch or copy it again)");
    return parse_header(ihdr, header, error);
}

unsigned png_header_channels(const struct png_header *header)
{
    static const uint8_t channels[7] = {
        [PNG_GRAY] = 1, [PNG_RGB] = 3, [PNG_PALETTE] = 1, [PNG_GRAY_ALPHA] = 2, [PNG_RGB_ALPHA] = 4};
    return channels[header->color_type];
}

unsigned png_header_pixel_bits(const struct png_header *header)
{
    return png_header_channels(header) * header->depth;
}

uint64_t png_header_row_bytes(const struct png_header *header)
{
    return ((uint64_t)header->width * png_header_pixel_bits(header) + 7) / 8;
}

struct shape png_header_shape(const struct png_header *header, bool transparency)
{
    const bool gray = header->color_type == PNG_GRAY || header->color_type == PNG_GRAY_ALPHA;
    const bool alpha =
        header->color_type == PNG_GRAY_ALPHA || header->color_type == PNG_RGB_ALPHA || transparency;
    return (struct shape){
        .width = header->width,
        .height = header->height,
        .format = PIXELS(gray ? PM_COLOR_GRAY : PM_COLOR_RGB, alpha ? PM_ALPHA_STRAIGHT : PM_ALPHA_NONE,
                         header->depth == 16 ? 16 : 8),
    };
}

unsigned png_palette_entries(const struct png_header *header, uint32_t size)
{
    unsigned max = header->color_type == PNG_PALETTE ? 1u << header->depth : 256;
    return size / 3 < max ? size / 3 : max;
}

bool png_transparency_valid(const struct png_header *header, unsigned palette_entries, uint32_t size)
{
    switch (header->color_type) {
    case PNG_GRAY:
        return size == 2;
    case PNG_RGB:
        return size == 6;
    case PNG_PALETTE:
        return size >= 1 && size <= palette_entries;
    default:
        return false;
    }
}
