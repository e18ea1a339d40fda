#include "codec/png/pngs.h"

#include <criterion/criterion.h>
#include <libdeflate.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1dull >> 16;
}

struct buffer file_bytes(const char *path)
{
    struct buffer bytes = {0};
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    uint8_t piece[4096];
    for (size_t size; (size = fread(piece, 1, sizeof piece, file)) > 0;)
        cr_assert_eq(buffer_append(&bytes, piece, size), 0);
    fclose(file);
    return bytes;
}

void made_chunk(struct buffer *out, const char *type, const void *data, size_t size)
{
    uint8_t frame[8], sum[4];
    png_put_be32(frame, (uint32_t)size);
    memcpy(frame + 4, type, 4);
    cr_assert_eq(buffer_append(out, frame, 8), 0);
    cr_assert_eq(buffer_append(out, data, size), 0);
    png_put_be32(sum, libdeflate_crc32(0, out->data + out->size - size - 4, size + 4));
    cr_assert_eq(buffer_append(out, sum, 4), 0);
}

void made_begin(struct buffer *out, const struct png_header *header)
{
    uint8_t ihdr[PNG_IHDR_SIZE] = {0};
    png_put_be32(ihdr, header->width);
    png_put_be32(ihdr + 4, header->height);
    ihdr[8] = header->depth;
    ihdr[9] = header->color_type;
    ihdr[12] = header->interlaced;
    cr_assert_eq(buffer_append(out, png_signature, PNG_SIGNATURE_SIZE), 0);
    made_chunk(out, "IHDR", ihdr, sizeof ihdr);
}

void made_pixels(struct buffer *out, const uint8_t *bytes, size_t size, size_t most)
{
    struct libdeflate_compressor *deflater = libdeflate_alloc_compressor(1);
    size_t bound = libdeflate_zlib_compress_bound(deflater, size);
    uint8_t *packed = malloc(bound);
    size_t left = libdeflate_zlib_compress(deflater, bytes, size, packed, bound), done = 0;
    cr_assert_gt(left, 0);
    for (; left > 0;) {
        size_t part = left < most ? left : most;
        made_chunk(out, "IDAT", packed + done, part);
        done += part;
        left -= part;
    }
    free(packed);
    libdeflate_free_compressor(deflater);
}

struct buffer made_file(const struct png_header *header, const uint8_t *filters, size_t nfilters,
                        uint64_t *seed)
{
    struct buffer out = {0};
    size_t row = (size_t)png_header_row_bytes(header) + 1, size = row * header->height;
    uint8_t *bytes = malloc(size);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)random_next(seed);
    for (uint32_t y = 0; y < header->height; y++)
        bytes[row * y] = filters[y % nfilters];
    made_begin(&out, header);
    made_pixels(&out, bytes, size, 1 + random_next(seed) % (size + 100));
    made_chunk(&out, "IEND", "", 0);
    free(bytes);
    return out;
}

static void keep_warning(struct context *context, const char *message)
{
    struct warnings *warnings = context->lender;
    const size_t used = strlen(warnings->text);
    cr_assert_null(strchr(message, '\n'));
    warnings->count++;
    snprintf(warnings->text + used, sizeof warnings->text - used, "%s\n", message);
}

void collect_warnings(struct lent *lent, struct warnings *warnings)
{
    static const struct context_ops ops = {.warn = keep_warning};
    *warnings = (struct warnings){0};
    lent->context.ops = &ops;
    lent->context.lender = warnings;
}

void fix_checksums(uint8_t *data, size_t size)
{
    for (size_t at = PNG_SIGNATURE_SIZE; at + PNG_CHUNK_FRAME <= size;) {
        size_t length = png_get_be32(data + at);
        if (length > size - at - PNG_CHUNK_FRAME)
            return;
        png_put_be32(data + at + 8 + length, libdeflate_crc32(0, data + at + 4, length + 4));
        at += length + PNG_CHUNK_FRAME;
    }
}

struct plain_picture plain_decode(const uint8_t *data, size_t size)
{
    struct plain_picture picture = {0};
    FILE *file = fmemopen((void *)data, size, "rb");
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    if (setjmp(png_jmpbuf(png)) == 0) {
        png_init_io(png, file);
        png_read_png(png, info, PNG_TRANSFORM_EXPAND | PNG_TRANSFORM_SWAP_ENDIAN, NULL);
        picture.width = png_get_image_width(png, info);
        picture.height = png_get_image_height(png, info);
        picture.channels = png_get_channels(png, info);
        picture.depth = png_get_bit_depth(png, info);
        picture.row_bytes = png_get_rowbytes(png, info);
        picture.pixels = malloc(picture.row_bytes * picture.height);
        for (uint32_t y = 0; y < picture.height; y++)
            memcpy(picture.pixels + picture.row_bytes * y, png_get_rows(png, info)[y], picture.row_bytes);
    }
    png_destroy_read_struct(&png, &info, NULL);
    fclose(file);
    return picture;
}

void assert_same_pixels(const struct pm_image *image, const struct plain_picture *expected, const char *name)
{
    cr_assert_not_null(expected->pixels, "%s: libpng refuses it", name);
    cr_assert_eq(image->width, expected->width, "%s: width %u", name, image->width);
    cr_assert_eq(image->height, expected->height, "%s: height %u", name, image->height);
    cr_assert_eq(image->format.depth, expected->depth, "%s: depth %u", name, image->format.depth);
    cr_assert_eq(pm_channels(&image->format), expected->channels, "%s: channels", name);
    for (uint32_t y = 0; y < image->height; y++) {
        cr_assert_arr_eq(plane_row(&image->plane[0], y), expected->pixels + expected->row_bytes * y,
                         expected->row_bytes, "%s: row %u differs", name, y);
    }
}

struct reader *png_open_animation(struct lent *lent, const struct buffer *file, bool allow_truncated)
{
    const struct decode_request request = {
        .keep = KEEP_ALL, .allow_truncated = allow_truncated, .animation = true};
    return reader_open(&codec_png, NULL, file->data, file->size, &request, &lent->context);
}
