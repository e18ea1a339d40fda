/*
 * The PNG format (PNG Specification, Third Edition): signature, numbers, and the header chunk IHDR. Used by
 * all files of the codec.
 */
#ifndef CODEC_PNG_FORMAT_H
#define CODEC_PNG_FORMAT_H

#include "codec/codec.h"
#include "image/image.h"

enum { PNG_SIGNATURE_SIZE = 8, PNG_IHDR_SIZE = 13 };

/* A chunk is a length and a type of 4 bytes each, its data, and a CRC of 4 bytes. */
enum { PNG_CHUNK_HEAD = 8, PNG_CHUNK_CRC = 4, PNG_CHUNK_FRAME = PNG_CHUNK_HEAD + PNG_CHUNK_CRC };

#define PNG_CHUNK_MAX 0x7fffffffu /* bytes of a chunk's data */

extern const uint8_t png_signature[PNG_SIGNATURE_SIZE];

enum png_color_type { PNG_GRAY = 0, PNG_RGB = 2, PNG_PALETTE = 3, PNG_GRAY_ALPHA = 4, PNG_RGB_ALPHA = 6 };

/* IHDR, checked. */
struct png_header {
    uint32_t width, height; /* 1 to 2^31 - 1 */
    uint8_t depth;          /* bits per sample as stored: 1, 2, 4, 8 or 16 */
    uint8_t color_type;     /* enum png_color_type */
    bool interlaced;
};

/* Reads signature and IHDR, and checks both. Returns 0, or -1 with `error` filled. */
int png_read_header(struct byte_source *source, struct png_header *header, struct pm_error *error);

/* Reads exactly `size` bytes. Returns 0, or -1 with `error` filled: PM_ERROR_IO, or PM_ERROR_TRUNCATED when
 * the file ends. */
int png_read_exactly(struct byte_source *source, uint64_t offset, void *bytes, size_t size,
                     struct pm_error *error);

/* Samples per pixel as stored, 1 for a palette index; bits per pixel; bytes of one whole row without its
 * filter byte. */
unsigned png_header_channels(const struct png_header *header);
unsigned png_header_pixel_bits(const struct png_header *header);
uint64_t png_header_row_bytes(const struct png_header *header);

/* The decoded image's shape. `transparency`: does the file have a valid tRNS? */
struct shape png_header_shape(const struct png_header *header, bool transparency);

/* Usable entries of a PLTE chunk of `size` bytes in such a file. */
unsigned png_palette_entries(const struct png_header *header, uint32_t size);

/* Is a tRNS chunk of `size` bytes valid in such a file? `palette_entries`: of the PLTE before it. */
bool png_transparency_valid(const struct png_header *header, unsigned palette_entries, uint32_t size);

static inline uint32_t png_get_be32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static inline void png_put_be32(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)(value >> 24);
    bytes[1] = (uint8_t)(value >> 16);
    bytes[2] = (uint8_t)(value >> 8);
    bytes[3] = (uint8_t)value;
}

#endif
