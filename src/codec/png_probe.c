/*
 * The header of a PNG file, read chunk by chunk from a byte source up to the first IDAT: lengths are
 * followed, data is looked at only where `struct pm_info` needs it. Checksums are left to the decoder, but
 * for that of an eXIf chunk: how large a result gets depends on the orientation, so the decoder must find
 * the same. Some writers put that chunk behind the pixels; there it is looked for last.
 */
#include <errno.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "codec/png.h"
#include "image/exif.h"

const uint8_t png_signature[PNG_SIGNATURE_SIZE] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

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
        return error_set(error, PM_ERROR_CORRUPT,
                         "has %u bits a sample, which colour type %u does not allow (fetch or copy it again)",
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
    bool gray = header->color_type == PNG_GRAY || header->color_type == PNG_GRAY_ALPHA;
    return (struct shape){
        .width = header->width,
        .height = header->height,
        .color = gray ? PM_COLOR_GRAY : PM_COLOR_RGB,
        .alpha = header->color_type == PNG_GRAY_ALPHA || header->color_type == PNG_RGB_ALPHA || transparency,
        .depth = header->depth == 16 ? 16 : 8,
        .sampling_x = 1,
        .sampling_y = 1,
    };
}

unsigned png_palette_entries(const struct png_header *header, uint32_t size)
{
    unsigned most = header->color_type == PNG_PALETTE ? 1u << header->depth : 256;
    return size / 3 < most ? size / 3 : most;
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

static int truncated(struct pm_error *error)
{
    return error_set(error, PM_ERROR_TRUNCATED, "ends within its header (fetch or copy it again)");
}

/* Reads exactly `size` bytes. */
static int read_exactly(struct byte_source *source, uint64_t offset, void *bytes, size_t size,
                        struct pm_error *error)
{
    long got = source->read_at(source, offset, bytes, size);
    if (got < 0)
        return error_set(error, PM_ERROR_IO, "can't be read: %s", strerror(errno));
    return (size_t)got == size ? 0 : truncated(error);
}

/* The profile's name, up to 79 bytes, its NUL and the compression method stand before the profile. */
static int probe_profile(struct byte_source *source, uint64_t offset, uint32_t size, struct pm_info *info,
                         struct pm_error *error)
{
    uint8_t name[80];
    size_t length = size < sizeof name ? size : sizeof name;
    if (read_exactly(source, offset, name, length, error) != 0)
        return -1;
    const uint8_t *end = memchr(name, 0, length);
    size_t before = end != NULL ? (size_t)(end - name) + 2 : 0;
    if (end != NULL && size > before)
        info->icc_size = size - before;
    return 0;
}

/* Sets the orientation by the eXIf chunk whose data begins at `offset`. Returns 1, 0 when the chunk does not
 * count, or -1 with `error` filled. */
static int probe_orientation(struct byte_source *source, uint64_t offset, uint32_t size, struct pm_info *info,
                             struct pm_error *error)
{
    uint8_t exif[PNG_EXIF_MAX + 4]; /* with the checksum */
    if (size > PNG_EXIF_MAX)
        return 0;
    if (read_exactly(source, offset, exif, size + 4, error) != 0)
        return -1;
    if (libdeflate_crc32(libdeflate_crc32(0, "eXIf", 4), exif, size) != png_get_be32(exif + size))
        return 0;
    info->orientation = exif_orientation(exif, size);
    return 1;
}

/* Looks for the eXIf chunk from the first IDAT on, which stands at `offset` as chunk `number`. A file that
 * ends here, or goes on as no PNG does, is the decoder's affair. */
static int probe_behind(struct byte_source *source, uint64_t offset, unsigned number, struct pm_info *info,
                        struct pm_error *error)
{
    for (; number < PNG_CHUNKS_LOOKED; number++) {
        uint8_t frame[8];
        struct pm_error end = {0};
        if (read_exactly(source, offset, frame, sizeof frame, &end) != 0)
            break;
        uint32_t size = png_get_be32(frame), type = png_get_be32(frame + 4);
        if (type == TYPE_IEND || size > PNG_CHUNK_MAX)
            break;
        if (type == TYPE_EXIF && probe_orientation(source, offset + sizeof frame, size, info, &end) == 1)
            break;
        if (end.kind == PM_ERROR_IO) {
            *error = end;
            return -1;
        }
        offset += (uint64_t)size + PNG_CHUNK_FRAME;
    }
    return 0;
}

int png_read_header(struct byte_source *source, struct png_header *header, struct pm_error *error)
{
    uint8_t head[PNG_SIGNATURE_SIZE + 8 + PNG_IHDR_SIZE];
    if (read_exactly(source, 0, head, PNG_SIGNATURE_SIZE, error) != 0)
        return -1;
    if (memcmp(head, png_signature, PNG_SIGNATURE_SIZE) != 0)
        return error_set(error, PM_ERROR_CORRUPT,
                         "has a damaged PNG signature (was it transferred as text? fetch or copy it again)");
    if (read_exactly(source, 0, head, sizeof head, error) != 0)
        return -1;
    if (png_get_be32(head + PNG_SIGNATURE_SIZE) != PNG_IHDR_SIZE ||
        png_get_be32(head + PNG_SIGNATURE_SIZE + 4) != TYPE_IHDR)
        return error_set(error, PM_ERROR_CORRUPT, "does not begin with a PNG header chunk (IHDR)");
    return parse_header(head + PNG_SIGNATURE_SIZE + 8, header, error);
}

int png_probe(struct byte_source *source, struct pm_info *info, struct pm_error *error)
{
    struct png_header header;
    if (png_read_header(source, &header, error) != 0)
        return -1;
    bool transparency = false, exif = false;
    unsigned palette_entries = 0;
    uint64_t offset = PNG_SIGNATURE_SIZE + PNG_CHUNK_FRAME + PNG_IHDR_SIZE;
    for (unsigned i = 0;; i++) {
        uint8_t frame[8];
        if (i == PNG_CHUNKS_LOOKED)
            return error_limit(error, PNG_CHUNKS_LOOKED, i,
                               "has more than %u chunks before its pixels (save it anew without metadata)",
                               PNG_CHUNKS_LOOKED);
        if (read_exactly(source, offset, frame, sizeof frame, error) != 0)
            return -1;
        uint32_t size = png_get_be32(frame), type = png_get_be32(frame + 4);
        if (size > PNG_CHUNK_MAX)
            return error_set(error, PM_ERROR_CORRUPT,
                             "has a chunk of impossible length %u (fetch or copy it again)", size);
        if (type == TYPE_IDAT) {
            if (!exif && probe_behind(source, offset, i, info, error) != 0)
                return -1;
            break;
        }
        if (type == TYPE_IEND)
            return error_set(error, PM_ERROR_CORRUPT, "has no pixels (no IDAT chunk)");
        offset += sizeof frame;
        int status = 0;
        if (type == TYPE_PLTE && palette_entries == 0) {
            palette_entries = png_palette_entries(&header, size);
        } else if (type == TYPE_TRNS) {
            transparency = transparency || png_transparency_valid(&header, palette_entries, size);
        } else if (type == TYPE_ICCP && info->icc_size == 0) {
            status = probe_profile(source, offset, size, info, error);
        } else if (type == TYPE_EXIF && !exif) {
            status = probe_orientation(source, offset, size, info, error);
            exif = status == 1;
        } else if (type == TYPE_SEALED) {
            info->encrypted = true;
        }
        if (status < 0)
            return -1;
        offset += (uint64_t)size + 4;
    }
    struct shape shape = png_header_shape(&header, transparency);
    info->width = shape.width;
    info->height = shape.height;
    info->depth = header.depth;
    info->channels = shape_channels(&shape);
    info->color = shape.color;
    info->alpha = shape.alpha;
    info->palette = header.color_type == PNG_PALETTE;
    info->interlaced = header.interlaced;
    return 0;
}

/* One over PNG_METADATA_MAX stays as it is: decoding refuses it, or leaves it out. */
static int measure_chunk(struct byte_source *source, uint64_t offset, uint32_t size, struct pm_info *info,
                         struct pm_error *error)
{
    if (size == 0 || size > PNG_METADATA_MAX)
        return 0;
    uint8_t *data = malloc(size);
    if (data == NULL)
        return error_memory(error, size);
    const struct png_chunk chunk = {TYPE_ICCP, size, data};
    int status = read_exactly(source, offset, data, size, error);
    if (status == 0)
        info->icc_size = png_inflated_size(&chunk, PNG_METADATA_MAX);
    free(data);
    return status;
}

int png_measure_profile(struct byte_source *source, struct pm_info *info, struct pm_error *error)
{
    uint64_t offset = PNG_SIGNATURE_SIZE + PNG_CHUNK_FRAME + PNG_IHDR_SIZE;
    while (info->icc_size > 0) {
        uint8_t frame[8];
        if (read_exactly(source, offset, frame, sizeof frame, error) != 0)
            return -1;
        uint32_t size = png_get_be32(frame);
        if (png_get_be32(frame + 4) == TYPE_ICCP)
            return measure_chunk(source, offset + sizeof frame, size, info, error);
        offset += (uint64_t)size + PNG_CHUNK_FRAME;
    }
    return 0;
}
