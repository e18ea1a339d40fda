#include "codec/png/scan.h"

#include <libdeflate.h>

/* Chunk types already warned of: one warning per type, and only a few per file. */
struct warned {
    uint32_t types[8];
    size_t count;
};

struct scan {
    struct png_file *file;
    struct png_meta *meta;
    struct context *context;
    struct pm_error *error;
    struct png_walk walk;
    uint64_t offset; /* of the current chunk's length */
    bool in_idat;    /* the previous chunk was one of the image's IDATs */
    bool done;
    struct warned unknown, damaged;
};

static int take_palette(struct scan *scan, const struct png_chunk *chunk)
{
    struct png_file *file = scan->file;
    if (file->palette.type != 0)
        return error_set(scan->error, PM_ERROR_CORRUPT, "has two palettes (PLTE chunks)");
    if (file->header.color_type == PNG_PALETTE &&
        (chunk->size == 0 || chunk->size % 3 != 0 || chunk->size > 3 * 256))
        return error_set(scan->error, PM_ERROR_CORRUPT,
                         "has a palette of %u bytes (3 to 768, a multiple of 3)", chunk->size);
    file->palette_entries = png_palette_entries(&file->header, chunk->size);
    file->palette = *chunk;
    return 0;
}

static int take_transparency(struct scan *scan, const struct png_chunk *chunk)
{
    struct png_file *file = scan->file;
    if (file->idat_chunks > 0 || file->transparency ||
        !png_transparency_valid(&file->header, file->palette_entries, chunk->size))
        return png_meta_leave_out(scan->meta, "a broken, second or late tRNS chunk");
    file->transparency = true;
    file->key = *chunk;
    return 0;
}

static int missing_palette(const struct scan *scan)
{
    return error_set(scan->error, PM_ERROR_CORRUPT, "has palette colours but no palette (PLTE chunk)");
}

static bool lacks_palette(const struct png_file *file)
{
    return file->header.color_type == PNG_PALETTE && file->palette_entries == 0;
}

/* Ignore their checksum and continue: the probe, which does not read them, continues too, and both must find
 * the same orientation. */
static int leave_out_late_pixels(struct scan *scan)
{
    return png_meta_leave_out(scan->meta, "pixel data (IDAT) after other chunks");
}

static int take_idat(struct scan *scan, const struct png_chunk *chunk)
{
    struct png_file *file = scan->file;
    if (file->idat_chunks == 0) {
        if (lacks_palette(file))
            return missing_palette(scan);
        file->first_idat = scan->offset;
    } else if (!scan->in_idat) {
        return leave_out_late_pixels(scan);
    }
    file->idat_chunks++;
    file->idat_bytes += chunk->size;
    scan->in_idat = true;
    return 0;
}

/* Is this the first chunk of its type, and were there few enough warnings? */
static bool should_warn(struct warned *warned, uint32_t type)
{
    for (size_t i = 0; i < warned->count; i++) {
        if (warned->types[i] == type)
            return false;
    }
    if (warned->count == sizeof warned->types / sizeof *warned->types)
        return false;
    warned->types[warned->count++] = type;
    return true;
}

static void take_unknown(struct scan *scan, uint32_t type)
{
    char name[5];
    png_chunk_name(type, name);
    if (should_warn(&scan->unknown, type))
        context_warn(scan->context, "PNG: chunk %s, which pixmill does not know, is left out", name);
}

static int take_ancillary(struct scan *scan, const struct png_chunk *chunk)
{
    const struct png_chunk_kind *kind = png_chunk_kind(chunk->type);
    const bool before_pixels = scan->file->idat_chunks == 0;
    if (kind == NULL) {
        take_unknown(scan, chunk->type);
    } else if (chunk->type == TYPE_TRNS) {
        return take_transparency(scan, chunk);
    } else if (kind->use == PNG_USE_KEPT) {
        return png_meta_take(scan->meta, chunk, before_pixels);
    } else if (kind->use == PNG_USE_LOST) {
        return png_meta_leave_out(scan->meta, kind->what);
    }
    return 0;
}

/* An error after the pixels: ignore the rest. */
static int end_broken(struct scan *scan)
{
    scan->file->end = PNG_END_BROKEN;
    scan->file->end_at = scan->offset;
    scan->done = true;
    return 0;
}

static int take_critical(struct scan *scan, const struct png_chunk *chunk)
{
    const bool pixels = scan->file->idat_chunks > 0;
    char name[5];
    if (chunk->type == TYPE_IDAT)
        return take_idat(scan, chunk);
    if (pixels && chunk->type != TYPE_IEND)
        return end_broken(scan);
    switch (chunk->type) {
    case TYPE_IHDR:
        return error_set(scan->error, PM_ERROR_CORRUPT, "has two headers (IHDR chunks)");
    case TYPE_PLTE:
        return take_palette(scan, chunk);
    case TYPE_IEND:
        scan->file->end_at = scan->offset;
        scan->done = true;
        return pixels ? 0 : error_set(scan->error, PM_ERROR_CORRUPT, "has no pixels (no IDAT chunk)");
    default:
        png_chunk_name(chunk->type, name);
        return error_set(scan->error, PM_ERROR_UNSUPPORTED,
                         "needs chunk %s, which pixmill does not know (save it again as plain PNG)", name);
    }
}

/* The pixels depend on critical chunks and tRNS, and an encrypted image on its header. */
static int bad_checksum(struct scan *scan, const struct png_chunk *chunk)
{
    const bool pixels = scan->file->idat_chunks > 0, ancillary = png_chunk_is_ancillary(chunk->type);
    char name[5];
    png_chunk_name(chunk->type, name);
    if (pixels && chunk->type == TYPE_IDAT && !scan->in_idat)
        return leave_out_late_pixels(scan);
    if (pixels && !ancillary && chunk->type != TYPE_IDAT)
        return end_broken(scan);
    if (!ancillary || chunk->type == TYPE_SEALED || (!pixels && chunk->type == TYPE_TRNS))
        return error_set(scan->error, PM_ERROR_CORRUPT,
                         "is damaged: the checksum of chunk %s is wrong (fetch or copy it again)", name);
    scan->in_idat = false;
    if (png_animation_uses(chunk->type))
        png_animation_damage(&scan->file->animation, chunk->type);
    if (should_warn(&scan->damaged, chunk->type))
        context_warn(scan->context, "PNG: chunk %s is left out: its checksum is wrong", name);
    return 0;
}

/* `size`: bytes of the chunk's data that are there. */
static void take_animation(struct scan *scan, const struct png_chunk *chunk, size_t size)
{
    if (png_animation_uses(chunk->type))
        png_animation_take(&scan->file->animation, chunk, chunk->data,
                           size < PNG_FCTL_BYTES ? size : PNG_FCTL_BYTES);
}

static int take_chunk(struct scan *scan, const struct png_chunk *chunk)
{
    take_animation(scan, chunk, chunk->size);
    const uint32_t sum = libdeflate_crc32(0, chunk->data - 4, (size_t)chunk->size + 4);
    if (sum != png_get_be32(chunk->data + chunk->size))
        return bad_checksum(scan, chunk);
    if (chunk->type != TYPE_IDAT)
        scan->in_idat = false;
    return png_chunk_is_ancillary(chunk->type) ? take_ancillary(scan, chunk) : take_critical(scan, chunk);
}

/* The file ends before its next chunk, or within `chunk` (of type 0 when that is not known). */
static int end_cut(struct scan *scan, const struct png_chunk *chunk)
{
    struct png_file *file = scan->file;
    file->end = PNG_END_CUT;
    file->end_at = scan->offset;
    scan->done = true;
    const size_t left = chunk->type != 0 ? file->size - (size_t)chunk->offset : 0,
                 size = left < chunk->size ? left : chunk->size;
    take_animation(scan, chunk, size);
    if (chunk->type == TYPE_IDAT && (file->idat_chunks == 0 || scan->in_idat)) {
        if (lacks_palette(file))
            return missing_palette(scan);
        file->cut = *chunk;
        file->cut.size = (uint32_t)size;
        if (file->idat_chunks == 0)
            file->first_idat = scan->offset;
    } else if (file->idat_chunks == 0) {
        return error_set(scan->error, PM_ERROR_TRUNCATED,
                         "ends before its first pixel (fetch or copy it again)");
    }
    return 0;
}

static int take_next(struct scan *scan)
{
    struct png_file *file = scan->file;
    struct png_chunk chunk = {0};
    scan->offset = scan->walk.next;
    switch (png_walk_next(&scan->walk, &chunk, scan->error)) {
    case PNG_WALK_FAILED:
        return -1;
    case PNG_WALK_CUT:
        return end_cut(scan, &(struct png_chunk){0});
    case PNG_WALK_BROKEN:
        return file->idat_chunks > 0 ? end_broken(scan) : png_walk_error(&scan->walk, scan->error);
    case PNG_WALK_CHUNK:
        break;
    }
    chunk.data = file->data + chunk.offset;
    return file->size < scan->walk.next ? end_cut(scan, &chunk) : take_chunk(scan, &chunk);
}

int png_scan(const uint8_t *data, size_t size, struct png_file *file, struct png_meta *meta)
{
    *file = (struct png_file){.data = data, .size = size, .start = data, .pixels = TYPE_IDAT};
    struct memory_source memory;
    struct png_chunk header;
    struct scan scan = {.file = file, .meta = meta, .context = meta->context, .error = meta->error};
    memory_source_init(&memory, data, size);
    if (png_read_header(&memory.source, &file->header, scan.error) != 0)
        return -1;
    png_animation_init(&file->animation, &file->header);
    png_walk_start(&scan.walk, &memory.source);
    png_walk_next(&scan.walk, &header, scan.error);
    while (!scan.done) {
        if (take_next(&scan) != 0)
            return -1;
    }
    png_animation_end(&file->animation);
    if (file->end == PNG_END_WHOLE && scan.walk.next < size)
        context_warn(scan.context, "PNG: %zu bytes after the end of the picture are left out",
                     size - (size_t)scan.walk.next);
    return 0;
}
