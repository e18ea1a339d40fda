/*
 * Reads a PNG file's properties without decoding its pixels, chunk by chunk from a byte source; data is read
 * only if `struct pm_info` needs it. Checksums are left to the decoder, except that of an eXIf chunk: the
 * size of a result depends on the orientation, so probe and decoder must agree. Some writers put eXIf and XMP
 * after the pixels.
 */
#include <errno.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "codec/png/animation.h"
#include "codec/png/facts.h"
#include "codec/png/meta.h"
#include "codec/png/png.h"
#include "color/profile_name.h"
#include "image/exif.h"

enum { MDCV_BYTES = 24, CLLI_BYTES = 8, CHRM_BYTES = 32, SRGB_BYTES = 1 };

struct probe {
    struct byte_source *source;
    struct png_header header;
    struct pm_info *info;
    struct pm_error *error;
    unsigned palette_entries;
    struct png_chunk profile; /* the first iCCP, or of type 0 */
    bool transparency;
    bool exif;   /* a valid eXIf chunk was found */
    bool pixels; /* an IDAT was found */
    struct png_animation animation;
};

/* Reads the chunk's first bytes, up to `size`. Returns how many, or -1 with the error filled. */
static long read_head(struct probe *probe, const struct png_chunk *chunk, uint8_t *head, size_t size)
{
    size = chunk->size < size ? chunk->size : size;
    return png_read_exactly(probe->source, chunk->offset, head, size, probe->error) == 0 ? (long)size : -1;
}

/* The profile's name, up to 79 bytes, its NUL and the compression method are before the profile. */
static int probe_profile(struct probe *probe, const struct png_chunk *chunk)
{
    uint8_t name[80];
    if (probe->profile.type != 0)
        return 0;
    probe->profile = *chunk;
    const long length = read_head(probe, chunk, name, sizeof name);
    const uint8_t *end = length > 0 ? memchr(name, 0, (size_t)length) : NULL;
    const size_t before = end != NULL ? (size_t)(end - name) + 2 : chunk->size;
    if (chunk->size > before)
        probe->info->icc_size = chunk->size - before;
    return length < 0 ? -1 : 0;
}

/* Sets the orientation from the first valid eXIf chunk. */
static int probe_exif(struct probe *probe, const struct png_chunk *chunk)
{
    uint8_t exif[PNG_EXIF_MAX + PNG_CHUNK_CRC];
    if (probe->exif)
        return 0;
    if (probe->info->exif_size == 0)
        probe->info->exif_size = chunk->size;
    if (chunk->size > PNG_EXIF_MAX)
        return 0;
    if (png_read_exactly(probe->source, chunk->offset, exif, chunk->size + PNG_CHUNK_CRC, probe->error) != 0)
        return -1;
    if (libdeflate_crc32(libdeflate_crc32(0, "eXIf", 4), exif, chunk->size) !=
        png_get_be32(exif + chunk->size))
        return 0;
    const struct pm_blob tiff = png_exif_tiff(exif, chunk->size);
    probe->info->orientation = exif_orientation(tiff.data, tiff.size);
    probe->info->exif_color = exif_color(tiff.data, tiff.size);
    probe->info->exif_size = tiff.size;
    probe->exif = true;
    return 0;
}

/* XMP and IPTC are texts with certain keywords. */
static int probe_text(struct probe *probe, const struct png_chunk *chunk)
{
    uint8_t head[256];
    struct png_itxt itxt;
    const long length = read_head(probe, chunk, head, sizeof head);
    if (length <= 0)
        return (int)length;
    if (chunk->type == TYPE_ITXT) {
        if (png_itxt_parse(head, (size_t)length, &itxt) && itxt.xmp && probe->info->xmp_size == 0)
            probe->info->xmp_size = chunk->size - itxt.text_at;
        return 0;
    }
    const size_t keyword = png_keyword_length(head, (size_t)length);
    if (probe->info->iptc_size == 0 && png_text_is_iptc(head, keyword))
        probe->info->iptc_size = chunk->size - keyword - 1;
    return 0;
}

/* As png/scan.c does: the chunk's data may be cut. */
static int probe_animation(struct probe *probe, const struct png_chunk *chunk)
{
    uint8_t head[PNG_FCTL_BYTES];
    const size_t size = chunk->size < sizeof head ? chunk->size : sizeof head;
    const long got =
        chunk->type == TYPE_IDAT ? 0 : probe->source->read_at(probe->source, chunk->offset, head, size);
    if (got < 0)
        return error_set(probe->error, PM_ERROR_IO, "can't be read: %s", strerror(errno));
    png_animation_take(&probe->animation, chunk, head, (size_t)got);
    return 0;
}

static int probe_cicp(struct probe *probe, const struct png_chunk *chunk)
{
    struct pm_info *info = probe->info;
    if (info->has_cicp || chunk->size != sizeof info->cicp)
        return 0;
    info->has_cicp = read_head(probe, chunk, info->cicp, sizeof info->cicp) > 0;
    return info->has_cicp ? 0 : -1;
}

static int probe_gamma(struct probe *probe, const struct png_chunk *chunk)
{
    uint8_t head[4];
    const long length = chunk->size == sizeof head ? read_head(probe, chunk, head, sizeof head) : 0;
    if (length > 0 && probe->info->gamma == 0)
        probe->info->gamma = png_get_be32(head) / PNG_COLOR_UNIT;
    return length < 0 ? -1 : 0;
}

static int probe_before_pixels(struct probe *probe, const struct png_chunk *chunk)
{
    switch (chunk->type) {
    case TYPE_PLTE:
        if (probe->palette_entries == 0)
            probe->palette_entries = png_palette_entries(&probe->header, chunk->size);
        return 0;
    case TYPE_TRNS:
        probe->transparency = probe->transparency ||
                              png_transparency_valid(&probe->header, probe->palette_entries, chunk->size);
        return 0;
    case TYPE_ICCP:
        return probe_profile(probe, chunk);
    case TYPE_CICP:
        return probe_cicp(probe, chunk);
    case TYPE_GAMA:
        return probe_gamma(probe, chunk);
    case TYPE_CHRM:
        probe->info->has_chromaticities = chunk->size == CHRM_BYTES;
        return 0;
    case TYPE_SRGB:
        probe->info->has_srgb = chunk->size == SRGB_BYTES;
        return 0;
    case TYPE_MDCV:
        probe->info->has_mastering = chunk->size == MDCV_BYTES;
        return 0;
    case TYPE_CLLI:
        probe->info->has_light = chunk->size == CLLI_BYTES;
        return 0;
    case TYPE_SEALED:
        probe->info->encrypted = true;
        return 0;
    default:
        return 0;
    }
}

static int probe_chunk(struct probe *probe, const struct png_chunk *chunk)
{
    if (png_animation_uses(chunk->type) && probe_animation(probe, chunk) != 0)
        return -1;
    if (chunk->number > PNG_CHUNKS_PROBED)
        return 0;
    switch (chunk->type) {
    case TYPE_EXIF:
        return probe_exif(probe, chunk);
    case TYPE_TEXT:
    case TYPE_ZTXT:
    case TYPE_ITXT:
        return probe_text(probe, chunk);
    case TYPE_IDAT:
        probe->pixels = true;
        return 0;
    default:
        return probe->pixels ? 0 : probe_before_pixels(probe, chunk);
    }
}

/* At this chunk the scan (png/scan.c) also ends, or rejects the file. */
static bool ends_scan(const struct png_chunk *chunk)
{
    return !png_chunk_is_ancillary(chunk->type) && chunk->type != TYPE_IDAT;
}

/* After the pixels, errors and the end of the file are left to the decoder. */
static int walk_behind(struct probe *probe, struct png_walk *walk)
{
    struct png_chunk chunk;
    struct pm_error end = {0}, *error = probe->error;
    enum png_walk_status status = PNG_WALK_CHUNK;
    probe->error = &end;
    const uint64_t max = probe->animation.announced > 0 ? PNG_ANIMATION_CHUNKS + 1 : PNG_CHUNKS_PROBED;
    while (status == PNG_WALK_CHUNK && walk->number <= max) {
        status = png_walk_next(walk, &chunk, &end);
        if (status == PNG_WALK_CHUNK && (ends_scan(&chunk) || probe_chunk(probe, &chunk) != 0))
            break;
    }
    probe->error = error;
    if (end.kind != PM_ERROR_IO)
        return 0;
    *error = end;
    return -1;
}

static int walk_before(struct probe *probe, struct png_walk *walk)
{
    struct png_chunk chunk;
    while (!probe->pixels) {
        if (png_walk_to_pixels(walk, &chunk, probe->error) != 0 || probe_chunk(probe, &chunk) != 0)
            return -1;
    }
    return 0;
}

void png_header_tell(const struct png_header *header, bool transparency, struct pm_info *info)
{
    const struct shape shape = png_header_shape(header, transparency);
    info->width = shape.width;
    info->height = shape.height;
    info->depth = header->depth;
    info->pixels = shape.format;
    info->palette = header->color_type == PNG_PALETTE;
    info->interlaced = header->interlaced;
}

void png_animation_tell(const struct png_animation *animation, struct pm_info *info)
{
    if (!png_animation_moves(animation))
        return;
    info->animated = animation->announced > 1;
    info->frames = animation->frames > 0 ? animation->frames : 1;
    info->loops = animation->loops;
    info->still_apart = animation->apart;
    info->extra_pictures = animation->apart;
    if (animation->alpha)
        info->pixels.alpha = PM_ALPHA_STRAIGHT;
}

static void describe(struct probe *probe)
{
    struct pm_info *info = probe->info;
    png_animation_end(&probe->animation);
    png_header_tell(&probe->header, probe->transparency, info);
    png_animation_tell(&probe->animation, info);
}

/* `whole`: all information, not only what decoding depends on. */
static int probe_file(struct probe *probe, bool whole)
{
    struct png_walk walk;
    struct png_chunk header;
    if (png_read_header(probe->source, &probe->header, probe->error) != 0)
        return -1;
    png_animation_init(&probe->animation, &probe->header);
    png_walk_start(&walk, probe->source);
    if (png_walk_next(&walk, &header, probe->error) != PNG_WALK_CHUNK || walk_before(probe, &walk) != 0)
        return -1;
    if ((whole || !probe->exif || probe->animation.announced > 0) && walk_behind(probe, &walk) != 0)
        return -1;
    describe(probe);
    return 0;
}

int png_probe(struct byte_source *source, struct pm_info *info, struct pm_error *error)
{
    return probe_file(&(struct probe){.source = source, .info = info, .error = error}, false);
}

/* A profile over PNG_METADATA_MAX is not measured: decoding rejects it or leaves it out. */
static int measure_profile(const struct probe *probe)
{
    const uint32_t size = probe->profile.size;
    uint8_t begin[PROFILE_BEGINNING];
    bool whole;
    if (size == 0 || size > PNG_METADATA_MAX)
        return 0;
    uint8_t *data = malloc(size);
    if (data == NULL)
        return error_memory(probe->error, size);
    int status = png_read_exactly(probe->source, probe->profile.offset, data, size, probe->error);
    if (status == 0) {
        const size_t before = png_keyword_length(data, size) + 2;
        const struct pm_blob packed = {data + before, size > before ? size - before : 0};
        probe->info->icc_size = png_inflated_size(packed, PNG_METADATA_MAX, &whole);
        profile_name(begin, png_inflate_beginning(packed, begin, sizeof begin), probe->info->icc_name,
                     sizeof probe->info->icc_name);
    }
    free(data);
    return status;
}

int png_inspect(struct byte_source *source, struct pm_info *info, struct pm_error *error)
{
    struct probe probe = {.source = source, .info = info, .error = error};
    return probe_file(&probe, true) == 0 ? measure_profile(&probe) : -1;
}
