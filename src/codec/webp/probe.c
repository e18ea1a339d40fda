/*
 * Reads a WebP file's properties without decoding its pixels: every chunk's tag and size, the first bytes of
 * bitstreams, and EXIF (for the orientation), which follows the image.
 */
#include <inttypes.h>
#include <string.h>

#include "codec/webp/format.h"
#include "image/exif.h"

static int ends_in_header(struct pm_error *error)
{
    return error_set(error, PM_ERROR_TRUNCATED, "ends within its header (fetch or copy it again)");
}

/* A lossy picture's frame header (RFC 6386, 9.1): 3 bytes, a start code, and the sides with 14 bits each. */
static int read_lossy(struct webp_image *image, const struct webp_chunk *chunk, struct pm_error *error)
{
    enum { FRAME_HEAD = 10, SIDE = 0x3FFF };
    const uint8_t *p = chunk->head;
    if (chunk->size < FRAME_HEAD || (chunk->peeked >= 6 && memcmp(p + 3, "\x9D\x01\x2A", 3) != 0))
        return error_set(error, PM_ERROR_CORRUPT, "holds a lossy picture without its start code");
    if (chunk->peeked < FRAME_HEAD)
        return ends_in_header(error);
    if ((p[0] & 1) != 0)
        return error_set(error, PM_ERROR_CORRUPT, "begins with a frame that only a video could hold");
    image->width = webp_get_le24(p + 6) & SIDE;
    image->height = webp_get_le24(p + 8) & SIDE;
    return 0;
}

/* A lossless picture's (RFC 9649, 3.4): a signature, the sides less 1 with 14 bits each, whether there is
 * alpha, and a version. */
static int read_lossless(struct webp_image *image, const struct webp_chunk *chunk, struct pm_error *error)
{
    enum { HEAD = 5, SIGNATURE = 0x2F, SIDE_BITS = 14, SIDE = 0x3FFF };
    if (chunk->size < HEAD || (chunk->peeked > 0 && chunk->head[0] != SIGNATURE))
        return error_set(error, PM_ERROR_CORRUPT, "holds a lossless picture without its signature");
    if (chunk->peeked < HEAD)
        return ends_in_header(error);
    const uint32_t bits = webp_get_le32(chunk->head + 1);
    if (bits >> 29 != 0)
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "holds a lossless picture of version %" PRIu32 " (0 is known)", bits >> 29);
    image->width = (bits & SIDE) + 1;
    image->height = (bits >> SIDE_BITS & SIDE) + 1;
    image->lossless = true;
    image->alpha = (bits >> 28 & 1) != 0;
    return 0;
}

int webp_image_add(struct webp_image *image, const struct webp_chunk *chunk, struct pm_error *error)
{
    if (image->width > 0)
        return 0; /* the first counts */
    if (chunk->tag == WEBP_ALPH && image->at == 0) {
        image->at = chunk->at;
        image->alpha = true;
    }
    if (chunk->tag != WEBP_VP8 && chunk->tag != WEBP_VP8L)
        return 0;
    if (image->at == 0 || chunk->tag == WEBP_VP8L)
        image->at = chunk->at;
    image->end = chunk->at + WEBP_CHUNK_HEAD + chunk->size;
    if ((chunk->tag == WEBP_VP8 ? read_lossy : read_lossless)(image, chunk, error) != 0)
        return -1;
    if (image->width == 0 || image->height == 0)
        return error_set(error, PM_ERROR_CORRUPT, "has no pixels (%" PRIu32 "x%" PRIu32 ")", image->width,
                         image->height);
    return 0;
}

/* Checks a frame's position and size: it must be within the canvas. */
static int add_frame(struct webp_header *header, const struct webp_chunk *chunk, struct pm_error *error)
{
    const uint8_t *p = chunk->head;
    if (chunk->size < WEBP_ANMF_HEAD)
        return error_set(error, PM_ERROR_CORRUPT, "has a frame without its header");
    if (chunk->peeked < WEBP_ANMF_HEAD) { /* the file ends here: ignore this frame */
        header->cut = true;
        return 0;
    }
    const uint64_t right = 2 * (uint64_t)webp_get_le24(p) + webp_get_le24(p + 6) + 1;
    const uint64_t bottom = 2 * (uint64_t)webp_get_le24(p + 3) + webp_get_le24(p + 9) + 1;
    if (right > header->width || bottom > header->height)
        return error_set(error, PM_ERROR_CORRUPT, "has a frame that is not within its canvas");
    if (header->frames++ == 0)
        header->first_frame = chunk->at;
    header->image.end = chunk->at + WEBP_CHUNK_HEAD + chunk->size;
    return 0;
}

static int read_vp8x(struct webp_header *header, const struct webp_chunk *chunk, struct pm_error *error)
{
    if (chunk->size < WEBP_VP8X_SIZE)
        return error_set(error, PM_ERROR_CORRUPT, "has a header chunk of %" PRIu32 " bytes (%d are needed)",
                         chunk->size, WEBP_VP8X_SIZE);
    if (chunk->peeked < WEBP_VP8X_SIZE)
        return ends_in_header(error);
    header->animated = (chunk->head[0] & WEBP_FLAG_ANIMATION) != 0;
    header->width = webp_get_le24(chunk->head + 4) + 1;
    header->height = webp_get_le24(chunk->head + 7) + 1;
    if (header->width > WEBP_SIDE_MAX || header->height > WEBP_SIDE_MAX)
        return error_limit(error, WEBP_SIDE_MAX,
                           header->width > header->height ? header->width : header->height,
                           "has a canvas of %" PRIu32 "x%" PRIu32 " pixels (at most %d on a side)",
                           header->width, header->height, WEBP_SIDE_MAX);
    return 0;
}

static void note(struct webp_extent *extent, const struct webp_chunk *chunk)
{
    if (extent->at == 0)
        *extent = (struct webp_extent){chunk->at + WEBP_CHUNK_HEAD, chunk->size};
}

static int add_chunk(struct webp_header *header, const struct webp_chunk *chunk, struct pm_error *error)
{
    switch (chunk->tag) {
    case WEBP_ICCP:
        note(&header->icc, chunk);
        return 0;
    case WEBP_EXIF:
        note(&header->exif, chunk);
        return 0;
    case WEBP_XMP:
        note(&header->xmp, chunk);
        return 0;
    case WEBP_ANIM:
        if (chunk->peeked >= WEBP_ANIM_SIZE)
            header->loops = chunk->head[4] | (unsigned)chunk->head[5] << 8;
        return 0;
    case WEBP_ANMF:
        return header->animated ? add_frame(header, chunk, error) : 0;
    default:
        return header->animated ? 0 : webp_image_add(&header->image, chunk, error);
    }
}

/* Skips JPEG's prefix "Exif\0\0", which some writers put before EXIF's TIFF structure. */
static int skip_jpeg_mark(struct byte_source *source, struct webp_extent *exif)
{
    enum { MARK = 6 };
    uint8_t mark[MARK];
    const long size = exif->size >= MARK ? source->read_at(source, exif->at, mark, MARK) : 0;
    if (size == MARK && memcmp(mark, "Exif\0", MARK) == 0)
        *exif = (struct webp_extent){exif->at + MARK, exif->size - MARK};
    return size < 0 ? -1 : 0;
}

/* Reads the start of EXIF: the orientation is there, before thumbnails. */
static int read_orientation(struct byte_source *source, struct webp_header *header, struct pm_error *error)
{
    enum { EXIF_LOOKED_AT = 64 * 1024 };
    uint8_t exif[EXIF_LOOKED_AT];
    if (header->exif.size == 0)
        return 0;
    const size_t wanted = header->exif.size < EXIF_LOOKED_AT ? header->exif.size : EXIF_LOOKED_AT;
    const long size = skip_jpeg_mark(source, &header->exif) == 0
                          ? source->read_at(source, header->exif.at, exif, wanted)
                          : -1;
    if (size < 0)
        return error_set(error, PM_ERROR_IO, "can't be read");
    const size_t there = (size_t)size < header->exif.size ? (size_t)size : header->exif.size;
    header->orientation = exif_orientation(exif, there);
    header->exif_color = exif_color(exif, there);
    return 0;
}

/* Is the file at least `end` bytes long? */
static bool reaches(struct byte_source *source, uint64_t end)
{
    uint8_t last;
    return end == 0 || source->read_at(source, end - 1, &last, 1) == 1;
}

static int check_still(struct byte_source *source, struct webp_header *header, const struct webp_walk *walk,
                       struct pm_error *error)
{
    const struct webp_image *image = &header->image;
    if (image->width == 0)
        return walk->cut || !reaches(source, walk->next)
                   ? ends_in_header(error)
                   : error_set(error, PM_ERROR_CORRUPT, "holds no picture");
    if (header->width == 0) {
        header->width = image->width;
        header->height = image->height;
    }
    if (header->width != image->width || header->height != image->height)
        return error_set(error, PM_ERROR_CORRUPT,
                         "holds a picture of %" PRIu32 "x%" PRIu32 " on a canvas of %" PRIu32 "x%" PRIu32,
                         image->width, image->height, header->width, header->height);
    header->frames = 1;
    header->cut = !reaches(source, image->end);
    return 0;
}

int webp_read_header(struct byte_source *source, struct webp_header *header, struct pm_error *error)
{
    struct webp_walk walk;
    struct webp_chunk chunk;
    int status;
    *header = (struct webp_header){.orientation = 1};
    if (webp_walk_begin(&walk, source, error) != 0)
        return -1;
    header->end = walk.end;
    while ((status = webp_walk_next(&walk, &chunk, error)) > 0) {
        const bool first = chunk.at == WEBP_RIFF_HEAD;
        if ((first && chunk.tag == WEBP_VP8X ? read_vp8x : add_chunk)(header, &chunk, error) != 0)
            return -1;
        if (first && chunk.tag != WEBP_VP8X)
            break; /* a simple file: ignore everything after the image */
    }
    if (status < 0)
        return -1;
    if (!header->animated)
        status = check_still(source, header, &walk, error);
    else if (header->frames == 0)
        status = walk.cut || header->cut ? ends_in_header(error)
                                         : error_set(error, PM_ERROR_CORRUPT, "holds no picture");
    else
        header->cut = header->cut || walk.cut || !reaches(source, header->image.end);
    return status == 0 ? read_orientation(source, header, error) : -1;
}

void webp_header_tell(const struct webp_header *header, struct pm_info *info)
{
    const bool lossless = header->animated || header->image.lossless;
    const bool alpha = header->animated || header->image.alpha;
    info->width = header->width;
    info->height = header->height;
    info->depth = 8;
    info->pixels = lossless ? (struct pm_pixel_format)PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8)
                            : (struct pm_pixel_format)WEBP_PLANES(PM_ALPHA_NONE);
    info->pixels.alpha = alpha ? PM_ALPHA_STRAIGHT : PM_ALPHA_NONE;
    info->orientation = header->orientation;
    info->exif_color = header->exif_color;
    info->frames = header->frames;
    info->animated = header->animated;
    info->loops = header->loops;
    info->icc_size = header->icc.size;
    info->icc_at = header->icc.at;
    info->exif_size = header->exif.size;
    info->xmp_size = header->xmp.size;
}

int webp_probe(struct byte_source *source, struct pm_info *info, struct pm_error *error)
{
    struct webp_header header;
    if (webp_read_header(source, &header, error) != 0)
        return -1;
    webp_header_tell(&header, info);
    return 0;
}
