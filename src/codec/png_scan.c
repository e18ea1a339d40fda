/*
 * The walk over all chunks of a PNG file in memory. It checks what both decoders rely on: chunks lie within
 * the file, checksums hold, the critical chunks stand in their order (section 5.6), and the file ends with
 * IEND. Ancillary chunks go to png_meta.c on the way; one with a wrong checksum is left out with a warning,
 * unless the pixels depend on it.
 */
#include <inttypes.h>
#include <libdeflate.h>
#include <string.h>

#include "codec/png.h"

struct walk {
    struct png_file *file;
    struct png_meta *meta;
    struct context *context;
    struct pm_error *error;
    size_t offset; /* of the chunk in hand */
    bool in_idat;  /* the chunk before was one of the picture's IDATs */
    bool done;     /* IEND was seen */
};

static bool is_ancillary(uint32_t type)
{
    return (type >> 24 & 0x20) != 0;
}

static bool is_type(uint32_t type)
{
    for (int shift = 0; shift < 32; shift += 8) {
        unsigned letter = (type >> shift & 0xff) | 0x20;
        if (letter < 'a' || letter > 'z')
            return false;
    }
    return true;
}

static void type_name(uint32_t type, char name[5])
{
    png_put_be32((uint8_t *)name, type);
    name[4] = '\0';
}

static int take_palette(struct walk *walk, const struct png_chunk *chunk)
{
    struct png_file *file = walk->file;
    if (file->idat_chunks > 0 || file->palette_entries > 0)
        return error_set(walk->error, PM_ERROR_CORRUPT, "has a palette (PLTE chunk) out of place");
    if (file->header.color_type == PNG_PALETTE &&
        (chunk->size == 0 || chunk->size % 3 != 0 || chunk->size > 3 * 256))
        return error_set(walk->error, PM_ERROR_CORRUPT,
                         "has a palette of %u bytes (3 to 768, a multiple of 3)", chunk->size);
    file->palette_entries = png_palette_entries(&file->header, chunk->size);
    return 0;
}

static int take_idat(struct walk *walk, const struct png_chunk *chunk)
{
    struct png_file *file = walk->file;
    if (file->idat_chunks == 0) {
        if (file->header.color_type == PNG_PALETTE && file->palette_entries == 0)
            return error_set(walk->error, PM_ERROR_CORRUPT,
                             "has palette colours but no palette (PLTE chunk)");
        file->first_idat = walk->offset;
    } else if (!walk->in_idat) {
        context_warn(walk->context, "PNG: pixel data (IDAT) after other chunks is ignored");
        return 0;
    }
    file->idat_chunks++;
    file->idat_bytes += chunk->size;
    walk->in_idat = true;
    return 0;
}

static int take_chunk(struct walk *walk, const struct png_chunk *chunk)
{
    struct png_file *file = walk->file;
    char name[5];
    if (chunk->type == TYPE_IDAT)
        return take_idat(walk, chunk);
    walk->in_idat = false;
    switch (chunk->type) {
    case TYPE_IHDR:
        return error_set(walk->error, PM_ERROR_CORRUPT, "has two headers (IHDR chunks)");
    case TYPE_PLTE:
        return take_palette(walk, chunk);
    case TYPE_TRNS:
        if (file->idat_chunks == 0 && !file->transparency)
            file->transparency = png_transparency_valid(&file->header, file->palette_entries, chunk->size);
        return 0;
    case TYPE_IEND:
        if (file->idat_chunks == 0)
            return error_set(walk->error, PM_ERROR_CORRUPT, "has no pixels (no IDAT chunk)");
        walk->done = true;
        return 0;
    default:
        if (is_ancillary(chunk->type))
            return png_meta_take(walk->meta, chunk, file->idat_chunks == 0, walk->context, walk->error);
        type_name(chunk->type, name);
        return error_set(walk->error, PM_ERROR_UNSUPPORTED,
                         "needs chunk %s, which pixmill does not know (save it anew as plain PNG)", name);
    }
}

/* 1: it holds; 0: it does not, but the file is good without this chunk; -1: the file is broken. */
static int check_sum(struct walk *walk, const struct png_chunk *chunk)
{
    uint32_t stated = png_get_be32(chunk->data + chunk->size);
    if (libdeflate_crc32(0, chunk->data - 4, (size_t)chunk->size + 4) == stated)
        return 1;
    char name[5];
    type_name(chunk->type, name);
    if (!is_ancillary(chunk->type) || chunk->type == TYPE_TRNS || chunk->type == TYPE_SEALED)
        return error_set(walk->error, PM_ERROR_CORRUPT,
                         "is damaged: the checksum of chunk %s is wrong (fetch or copy it again)", name);
    context_warn(walk->context, "PNG: chunk %s is left out, for its checksum is wrong", name);
    return 0;
}

/* The file ends within the chunk at walk->offset, or before the IEND chunk that should stand there. */
static int end_early(struct walk *walk, bool allow_truncated)
{
    struct png_file *file = walk->file;
    file->truncated = true;
    file->whole = walk->offset;
    size_t left = file->size - walk->offset;
    if (left >= 8) {
        file->cut.type = png_get_be32(file->data + walk->offset + 4);
        file->cut.data = file->data + walk->offset + 8;
        file->cut.size = (uint32_t)(left - 8);
    }
    /* The first pixels may lie in the chunk that is cut. */
    bool pixels = file->idat_chunks > 0;
    if (!pixels && file->cut.type == TYPE_IDAT &&
        (file->header.color_type != PNG_PALETTE || file->palette_entries > 0)) {
        file->first_idat = walk->offset;
        pixels = true;
    }
    if (!pixels)
        return error_set(walk->error, PM_ERROR_TRUNCATED,
                         "ends before its first pixel (fetch or copy it again)");
    if (!allow_truncated)
        return error_set(
            walk->error, PM_ERROR_TRUNCATED,
            "ends too early, after %zu bytes (fetch or copy it again, or keep what there is with "
            "--allow-truncated)",
            file->size);
    context_warn(walk->context, "ends too early; the missing part is %s",
                 file->header.interlaced                                     ? "coarse or empty"
                 : png_header_shape(&file->header, file->transparency).alpha ? "transparent"
                                                                             : "grey");
    return 0;
}

static int walk_chunks(struct walk *walk, bool allow_truncated)
{
    const struct png_file *file = walk->file;
    while (!walk->done) {
        size_t left = file->size - walk->offset;
        if (left < PNG_CHUNK_FRAME)
            return end_early(walk, allow_truncated);
        const uint8_t *frame = file->data + walk->offset;
        struct png_chunk chunk = {png_get_be32(frame + 4), png_get_be32(frame), frame + 8};
        if (chunk.size > PNG_CHUNK_MAX || !is_type(chunk.type))
            return error_set(walk->error, PM_ERROR_CORRUPT,
                             "is damaged: what stands at byte %zu is no chunk (fetch or copy it again)",
                             walk->offset);
        if (chunk.size > left - PNG_CHUNK_FRAME)
            return end_early(walk, allow_truncated);
        int status = check_sum(walk, &chunk);
        if (status < 0 || (status > 0 && take_chunk(walk, &chunk) != 0))
            return -1;
        walk->offset += (size_t)chunk.size + PNG_CHUNK_FRAME;
        walk->meta->chunk++;
    }
    if (walk->offset < file->size)
        context_warn(walk->context, "PNG: %zu bytes after the end of the picture are ignored",
                     file->size - walk->offset);
    return 0;
}

int png_scan(const uint8_t *data, size_t size, bool allow_truncated, struct png_file *file,
             struct png_meta *meta, struct context *context, struct pm_error *error)
{
    *file = (struct png_file){.data = data, .size = size};
    struct memory_source memory;
    memory_source_init(&memory, data, size);
    if (png_read_header(&memory.source, &file->header, error) != 0)
        return -1;
    struct walk walk = {
        .file = file, .meta = meta, .context = context, .error = error, .offset = PNG_SIGNATURE_SIZE};
    const struct png_chunk header = {TYPE_IHDR, PNG_IHDR_SIZE, data + PNG_SIGNATURE_SIZE + 8};
    if (size < PNG_SIGNATURE_SIZE + PNG_CHUNK_FRAME + PNG_IHDR_SIZE)
        return end_early(&walk, false);
    if (check_sum(&walk, &header) < 0)
        return -1;
    walk.offset += PNG_CHUNK_FRAME + PNG_IHDR_SIZE;
    return walk_chunks(&walk, allow_truncated);
}
