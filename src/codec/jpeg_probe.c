/*
 * The header, by a walk from marker to marker. Segments are skipped by their length, so that little is read
 * of a file however large its metadata; only the EXIF segment is read whole. What colours the samples are is
 * decided as libjpeg decides it (default_decompress_parms), for it will decode them.
 */
#include <errno.h>
#include <string.h>

#include "codec/jpeg.h"
#include "image/exif.h"

enum {
    SEGMENTS_MAX = 16384, /* ICC and extended XMP fill a few hundred at most; a walk of these takes 10 ms */
    GARBAGE_MAX = 4096,   /* stray bytes before a marker: some are usual, long runs are another format */
    GARBAGE_IN_ALL_MAX = 1 << 20,
    SEGMENT_BYTES_MAX = 65533,
    COMPONENTS_MAX = 4,
};

/* What the segments say; pm_info is derived from it. */
struct header {
    uint32_t width, height;
    unsigned components, in_first_scan;
    uint8_t id[COMPONENTS_MAX], h[COMPONENTS_MAX], v[COMPONENTS_MAX];
    unsigned frames; /* SOF markers */
    bool progressive, jfif, adobe, exif;
    uint8_t adobe_transform;
    unsigned orientation;
    size_t icc_size;
};

static int truncated(struct pm_error *error)
{
    return error_set(error, PM_ERROR_TRUNCATED, "ends within its header (fetch or copy it again)");
}

static unsigned read16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

void jpeg_walk_start(struct jpeg_walk *walk, struct byte_source *source)
{
    walk->source = source;
    walk->next = 2;
    walk->visited = 0;
    walk->garbage = 0;
    walk->window_at = 0;
    walk->window_size = 0;
}

const uint8_t *jpeg_walk_peek(struct jpeg_walk *walk, uint64_t offset, size_t size, struct pm_error *error)
{
    bool inside = offset >= walk->window_at && offset - walk->window_at <= walk->window_size &&
                  walk->window_size - (offset - walk->window_at) >= size;
    if (!inside) {
        long got = walk->source->read_at(walk->source, offset, walk->window, sizeof walk->window);
        if (got < 0) {
            error_set(error, PM_ERROR_IO, "can't be read: %s", strerror(errno));
            return NULL;
        }
        walk->window_at = offset;
        walk->window_size = (size_t)got;
        if (walk->window_size < size) {
            truncated(error);
            return NULL;
        }
    }
    return walk->window + (offset - walk->window_at);
}

/* Moves walk->next behind the next marker; returns its second byte, or -1. As libjpeg: bytes that are no
 * marker are passed over, and so are fill bytes. */
static int next_marker(struct jpeg_walk *walk, struct pm_error *error)
{
    for (unsigned skipped = 0; skipped < GARBAGE_MAX && walk->garbage < GARBAGE_IN_ALL_MAX; skipped++) {
        const uint8_t *p = jpeg_walk_peek(walk, walk->next, 2, error);
        if (p == NULL)
            return -1;
        if (p[0] == 0xFF && p[1] != 0xFF && p[1] != 0) {
            int marker = p[1];
            walk->next += 2;
            return marker;
        }
        walk->next++;
        walk->garbage++;
    }
    return error_set(error, PM_ERROR_CORRUPT,
                     "has no marker where a JPEG must have one (fetch or copy it again)");
}

static bool stands_alone(unsigned marker)
{
    return marker == JPEG_TEM || (marker >= JPEG_RST0 && marker <= JPEG_EOI);
}

int jpeg_walk_next(struct jpeg_walk *walk, struct jpeg_segment *segment, struct pm_error *error)
{
    if (++walk->visited > SEGMENTS_MAX)
        return error_limit(error, SEGMENTS_MAX, walk->visited,
                           "has more than %d segments before its picture (save it anew without metadata)",
                           SEGMENTS_MAX);
    int marker = next_marker(walk, error);
    if (marker < 0)
        return -1;
    *segment = (struct jpeg_segment){.marker = (unsigned)marker, .offset = walk->next};
    if (stands_alone(segment->marker))
        return 0;
    const uint8_t *p = jpeg_walk_peek(walk, walk->next, 2, error);
    if (p == NULL)
        return -1;
    unsigned length = read16(p);
    if (length < 2)
        return error_set(error, PM_ERROR_CORRUPT, "has a segment of length %u (at least 2)", length);
    segment->offset += 2;
    segment->size = length - 2;
    walk->next = segment->offset + segment->size;
    return 0;
}

/* The payload's first `size` bytes; NULL with `error` filled when the segment or file is shorter. */
static const uint8_t *payload(struct jpeg_walk *walk, const struct jpeg_segment *segment, size_t size,
                              struct pm_error *error)
{
    if (segment->size < size) {
        error_set(error, PM_ERROR_CORRUPT,
                  "has a header segment of %u bytes where %zu are needed (fetch or copy it again)",
                  segment->size, size);
        return NULL;
    }
    return jpeg_walk_peek(walk, segment->offset, size, error);
}

static int refuse_process(unsigned marker, struct pm_error *error)
{
    const char *what = marker == 0xC3                     ? "a lossless"
                       : marker >= 0xC9 && marker != 0xCC ? "an arithmetic-coded"
                                                          : "a hierarchical";
    return error_set(error, PM_ERROR_UNSUPPORTED, "is %s JPEG (baseline and progressive are read)", what);
}

/* SOF (T.81, B.2.2): precision, height, width, components, and for each its id and sampling factors. */
static int read_frame(struct jpeg_walk *walk, const struct jpeg_segment *segment, struct header *header,
                      struct pm_error *error)
{
    if (header->frames++ > 0)
        return error_set(error, PM_ERROR_CORRUPT, "has two frame headers (fetch or copy it again)");
    const uint8_t *p = payload(walk, segment, 6, error);
    if (p == NULL)
        return -1;
    unsigned precision = p[0];
    header->height = read16(p + 1);
    header->width = read16(p + 3);
    header->components = p[5];
    header->progressive = segment->marker == JPEG_SOF2;
    if (precision != 8)
        return error_set(error, PM_ERROR_UNSUPPORTED, "has %u bits a sample (8 are read)", precision);
    if (header->width == 0 || header->height == 0)
        return error_set(error, PM_ERROR_CORRUPT, "has no pixels (%ux%u)", header->width, header->height);
    if (header->components != 1 && header->components != 3 && header->components != 4)
        return error_set(error, PM_ERROR_UNSUPPORTED, "has %u colour components (1, 3 and 4 are read)",
                         header->components);
    p = payload(walk, segment, 6 + 3 * header->components, error);
    if (p == NULL)
        return -1;
    if (segment->size != 6 + 3 * header->components)
        return error_set(error, PM_ERROR_CORRUPT,
                         "has a frame header of the wrong length (fetch or copy it again)");
    for (unsigned i = 0; i < header->components; i++) {
        header->id[i] = p[6 + 3 * i];
        header->h[i] = p[7 + 3 * i] >> 4;
        header->v[i] = p[7 + 3 * i] & 15;
        if (header->h[i] < 1 || header->h[i] > 4 || header->v[i] < 1 || header->v[i] > 4)
            return error_set(error, PM_ERROR_CORRUPT, "has a sampling factor of %ux%u (1 to 4)", header->h[i],
                             header->v[i]);
    }
    return 0;
}

static int read_exif(struct jpeg_walk *walk, const struct jpeg_segment *segment, struct header *header,
                     struct pm_error *error)
{
    uint8_t exif[SEGMENT_BYTES_MAX];
    size_t size = segment->size - sizeof JPEG_EXIF_ID;
    long got = walk->source->read_at(walk->source, segment->offset + sizeof JPEG_EXIF_ID, exif, size);
    if (got < 0)
        return error_set(error, PM_ERROR_IO, "can't be read: %s", strerror(errno));
    if ((size_t)got < size)
        return truncated(error);
    header->exif = true;
    header->orientation = exif_orientation(exif, size);
    return 0;
}

static int read_application(struct jpeg_walk *walk, const struct jpeg_segment *segment, struct header *header,
                            struct pm_error *error)
{
    unsigned size = segment->size < JPEG_ICC_HEAD ? segment->size : JPEG_ICC_HEAD;
    const uint8_t *p = jpeg_walk_peek(walk, segment->offset, size, error);
    if (p == NULL)
        return -1;
    switch (segment->marker) {
    case JPEG_APP0:
        if (size >= 14 && memcmp(p, "JFIF", 5) == 0)
            header->jfif = true;
        return 0;
    case JPEG_APP1:
        if (size >= sizeof JPEG_EXIF_ID && memcmp(p, JPEG_EXIF_ID, sizeof JPEG_EXIF_ID) == 0 && !header->exif)
            return read_exif(walk, segment, header, error);
        return 0;
    case JPEG_APP2:
        if (size >= JPEG_ICC_HEAD && memcmp(p, JPEG_ICC_ID, sizeof JPEG_ICC_ID) == 0)
            header->icc_size += segment->size - JPEG_ICC_HEAD;
        return 0;
    case JPEG_APP14:
        if (size >= 12 && memcmp(p, "Adobe", 5) == 0) {
            header->adobe = true;
            header->adobe_transform = p[11];
        }
        return 0;
    default:
        return 0;
    }
}

/* Everything up to the first scan, as libjpeg reads it: a segment between frame and scan counts. */
static int read_header(struct jpeg_walk *walk, struct header *header, struct pm_error *error)
{
    struct jpeg_segment segment;
    while (jpeg_walk_next(walk, &segment, error) == 0) {
        unsigned marker = segment.marker;
        int status = 0;
        if (marker == JPEG_SOI)
            return error_set(error, PM_ERROR_CORRUPT, "begins twice (fetch or copy it again)");
        else if (marker == JPEG_EOI)
            return error_set(error, PM_ERROR_CORRUPT, "holds no picture (fetch or copy it again)");
        else if (marker == JPEG_SOS) {
            if (header->frames == 0)
                return error_set(error, PM_ERROR_CORRUPT,
                                 "has a scan before its frame header (fetch or copy it again)");
            const uint8_t *p = payload(walk, &segment, 1, error);
            header->in_first_scan = p != NULL ? p[0] : 0;
            return p != NULL ? 0 : -1;
        } else if (marker == JPEG_SOF0 || marker == JPEG_SOF1 || marker == JPEG_SOF2)
            status = read_frame(walk, &segment, header, error);
        else if (marker > JPEG_SOF2 && marker <= JPEG_SOF15 && marker != JPEG_DHT && marker != JPEG_JPG &&
                 marker != JPEG_DAC)
            return refuse_process(marker, error);
        else if (marker >= JPEG_APP0 && marker <= JPEG_APP0 + 15)
            status = read_application(walk, &segment, header, error);
        if (status != 0)
            return -1;
    }
    return -1;
}

static enum pm_color header_color(const struct header *header)
{
    if (header->components == 1)
        return PM_COLOR_GRAY;
    if (header->components == 4)
        return PM_COLOR_CMYK;
    if (header->jfif)
        return PM_COLOR_YCC;
    if (header->adobe)
        return header->adobe_transform == 0 ? PM_COLOR_RGB : PM_COLOR_YCC;
    return memcmp(header->id, "RGB", 3) == 0 ? PM_COLOR_RGB : PM_COLOR_YCC;
}

/* How many luma samples there are to one of chroma; 1 at least, and of two chroma planes the finer one's. */
static unsigned ratio(const uint8_t factor[COMPONENTS_MAX])
{
    unsigned luma = factor[0], chroma = factor[1] > factor[2] ? factor[1] : factor[2];
    return luma > chroma ? luma / chroma : 1;
}

int jpeg_probe(struct byte_source *source, struct pm_info *info, struct pm_error *error)
{
    struct jpeg_walk walk;
    struct header header = {.orientation = 1};
    jpeg_walk_start(&walk, source);
    if (read_header(&walk, &header, error) != 0)
        return -1;
    info->width = header.width;
    info->height = header.height;
    info->depth = 8;
    info->channels = header.components;
    info->color = header_color(&header);
    info->interlaced = header.progressive || header.in_first_scan < header.components;
    info->orientation = header.orientation;
    info->icc_size = header.icc_size;
    if (info->color == PM_COLOR_YCC) {
        info->sampling_x = ratio(header.h);
        info->sampling_y = ratio(header.v);
    }
    return 0;
}
