/*
 * The header, by a walk from marker to marker. Segments are skipped by their length, so that little is read
 * of a file however large its metadata; only the EXIF segment is read whole. What colours the samples are is
 * decided as libjpeg decides it (default_decompress_parms), for it will decode them.
 */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "codec/jpeg/probe.h"
#include "image/exif.h"

/* The payload's first `size` bytes; NULL with `error` filled when the segment or file is shorter. */
static const uint8_t *payload(struct jpeg_walk *walk, const struct jpeg_segment *segment, size_t size,
                              struct pm_error *error)
{
    if (segment->size < size) {
        error_set(error, PM_ERROR_CORRUPT, "has a header segment of %u bytes where %zu are needed",
                  segment->size, size);
        return NULL;
    }
    return jpeg_walk_peek(walk, segment->offset, size, error);
}

/* Of the kinds of JPEG that T.81 and its relatives define, those that are not read, by their markers. */
static int refuse_process(unsigned marker, struct pm_error *error)
{
    const char *what = marker == JPEG_SOF_LS                         ? "JPEG-LS"
                       : marker == JPEG_SOF3 || marker == JPEG_SOF11 ? "a lossless JPEG"
                                                                     : "a hierarchical JPEG";
    return error_set(error, PM_ERROR_UNSUPPORTED,
                     "is %s, which is not supported (baseline and progressive JPEG are)", what);
}

static bool is_refused(unsigned marker)
{
    return marker == JPEG_SOF_LS || marker == JPEG_DHP || marker == JPEG_EXP ||
           (marker >= JPEG_SOF3 && marker <= JPEG_SOF15 && marker != JPEG_DHT && marker != JPEG_JPG &&
            marker != JPEG_DAC && marker != JPEG_SOF9 && marker != JPEG_SOF10);
}

static int check_precision(unsigned bits, struct pm_error *error)
{
    enum { EXTENDED = 12 };
    if (bits == EXTENDED)
        return error_set(error, PM_ERROR_UNSUPPORTED, "has 12 bits a sample, which is not supported (8 are)");
    return bits == 8 ? 0
                     : error_set(error, PM_ERROR_CORRUPT, "has %u bits a sample (a JPEG has 8 or 12)", bits);
}

/* If the height is 0, a DNL segment after the first scan gives it (T.81, B.2.5). */
static int check_size(const struct jpeg_header *header, struct pm_error *error)
{
    if (header->width == 0)
        return error_set(error, PM_ERROR_CORRUPT, "has no pixels (0x%u)", header->height);
    if (header->height == 0)
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "gives its height after the picture (DNL), which is not supported");
    return 0;
}

static int check_components(unsigned components, struct pm_error *error)
{
    if (components == 0)
        return error_set(error, PM_ERROR_CORRUPT, "has no colour components");
    if (components == 1 || components == 3 || components == 4)
        return 0;
    return error_set(error, PM_ERROR_UNSUPPORTED,
                     "has %u colour components, which is not supported (1, 3 and 4 are)", components);
}

/* SOF (T.81, B.2.2): precision, height, width, components, and for each its id and sampling factors. */
static int read_frame(struct jpeg_walk *walk, const struct jpeg_segment *segment, struct jpeg_header *header,
                      struct pm_error *error)
{
    if (header->frames++ > 0)
        return error_set(error, PM_ERROR_CORRUPT, "has two frame headers");
    const uint8_t *p = payload(walk, segment, 6, error);
    if (p == NULL)
        return -1;
    unsigned precision = p[0];
    header->height = get_be16(p + 1);
    header->width = get_be16(p + 3);
    header->components = p[5];
    header->progressive = segment->marker == JPEG_SOF2 || segment->marker == JPEG_SOF10;
    if (check_precision(precision, error) != 0 || check_size(header, error) != 0 ||
        check_components(header->components, error) != 0)
        return -1;
    p = payload(walk, segment, 6 + 3 * header->components, error);
    if (p == NULL)
        return -1;
    if (segment->size != 6 + 3 * header->components)
        return error_set(error, PM_ERROR_CORRUPT, "has a frame header of the wrong length");
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

static int read_exif(struct jpeg_walk *walk, const struct jpeg_segment *segment, struct jpeg_header *header,
                     uint8_t buffer[JPEG_PAYLOAD_MAX], struct pm_error *error)
{
    const uint8_t *payload = jpeg_walk_payload(walk, segment, buffer, error);
    if (payload == NULL)
        return -1;
    struct pm_blob exif = jpeg_exif_of(payload, segment->size);
    header->exif = true;
    header->orientation = exif_orientation(exif.data, exif.size);
    header->exif_color = exif_color(exif.data, exif.size);
    return 0;
}

static int read_adobe(struct jpeg_walk *walk, const struct jpeg_segment *segment, struct jpeg_header *header,
                      struct pm_error *error)
{
    enum { TRANSFORM = 11 };
    if (segment->size <= TRANSFORM)
        return 0;
    const uint8_t *p = jpeg_walk_peek(walk, segment->offset, TRANSFORM + 1, error);
    if (p == NULL)
        return -1;
    header->adobe = true;
    header->adobe_transform = p[TRANSFORM];
    return 0;
}

static int read_beside(struct jpeg_walk *walk, const struct jpeg_segment *segment, struct jpeg_header *header,
                       uint8_t buffer[JPEG_PAYLOAD_MAX], struct pm_error *error)
{
    enum { JFIF = 14 };
    const struct jpeg_contents *contents = jpeg_walk_contents(walk, segment, error);
    if (contents == NULL)
        return -1;
    int status = 0;
    if (contents->content == CONTENT_JFIF && segment->size >= JFIF)
        header->jfif = true;
    else if (contents->content == CONTENT_ADOBE)
        status = read_adobe(walk, segment, header, error);
    else if (contents->content == CONTENT_EXIF && !header->exif)
        status = read_exif(walk, segment, header, buffer, error);
    return status == 0 ? jpeg_besides_add(&header->besides, walk, segment, contents, buffer, error) : -1;
}

/* SOS (T.81, B.2.3), which begins with the number of its components. */
static int read_first_scan(struct jpeg_walk *walk, const struct jpeg_segment *segment,
                           struct jpeg_header *header, struct pm_error *error)
{
    const uint8_t *p = payload(walk, segment, 1, error);
    if (p == NULL)
        return -1;
    header->in_first_scan = p[0];
    return payload(walk, segment, 4 + 2 * (size_t)p[0], error) != NULL ? 0 : -1;
}

/* Everything up to the first scan, as libjpeg reads it: a segment between frame and scan counts. */
static int read_segments(struct jpeg_walk *walk, struct jpeg_header *header, struct pm_error *error)
{
    uint8_t buffer[JPEG_PAYLOAD_MAX];
    struct jpeg_segment segment;
    while (jpeg_walk_next(walk, &segment, error) == 0) {
        unsigned marker = segment.marker;
        int status = 0;
        if (marker == JPEG_SOI)
            return error_set(error, PM_ERROR_CORRUPT, "begins twice");
        else if (marker == JPEG_EOI)
            return error_set(error, PM_ERROR_CORRUPT, "holds no picture");
        else if (marker == JPEG_SOS) {
            if (header->frames == 0)
                return error_set(error, PM_ERROR_CORRUPT, "has a scan before its frame header");
            return read_first_scan(walk, &segment, header, error);
        } else if (is_refused(marker))
            return refuse_process(marker, error);
        else if ((marker >= JPEG_SOF0 && marker <= JPEG_SOF2) || marker == JPEG_SOF9 || marker == JPEG_SOF10)
            status = read_frame(walk, &segment, header, error);
        else if (marker >= JPEG_APP0 && marker <= JPEG_APP15)
            status = read_beside(walk, &segment, header, buffer, error);
        if (status != 0)
            return -1;
    }
    return -1;
}

static enum pm_color header_color(const struct jpeg_header *header)
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
static unsigned ratio(const uint8_t factor[MAX_COMPS_IN_SCAN])
{
    unsigned luma = factor[0], chroma = factor[1] > factor[2] ? factor[1] : factor[2];
    return luma > chroma ? luma / chroma : 1;
}

int jpeg_read_header_of(struct jpeg_walk *walk, struct jpeg_header *header, struct pm_error *error)
{
    *header = (struct jpeg_header){.orientation = 1};
    return read_segments(walk, header, error);
}

void jpeg_header_tell(const struct jpeg_header *header, struct pm_info *info)
{
    info->width = header->width;
    info->height = header->height;
    info->depth = 8;
    const enum pm_color color = header_color(header);
    info->pixels = color == PM_COLOR_YCC
                       ? (struct pm_pixel_format)PIXELS_YCC(ratio(header->h), ratio(header->v))
                       : (struct pm_pixel_format)PIXELS(color, PM_ALPHA_NONE, 8);
    info->interlaced = header->progressive || header->in_first_scan < header->components;
    info->orientation = header->orientation;
    info->exif_color = header->exif_color;
    jpeg_besides_tell(&header->besides, info);
}

int jpeg_probe(struct byte_source *source, struct pm_info *info, struct pm_error *error)
{
    struct jpeg_header header;
    struct jpeg_walk walk;
    jpeg_walk_start(&walk, source, JPEG_FIRST_SEGMENT);
    if (jpeg_read_header_of(&walk, &header, error) != 0)
        return -1;
    jpeg_header_tell(&header, info);
    return 0;
}

int jpeg_inspect(struct byte_source *source, struct pm_info *info, struct pm_error *error)
{
    uint8_t buffer[JPEG_PAYLOAD_MAX];
    struct jpeg_header header;
    struct jpeg_walk walk;
    jpeg_walk_start(&walk, source, JPEG_FIRST_SEGMENT);
    if (jpeg_read_header_of(&walk, &header, error) != 0)
        return -1;
    jpeg_besides_look(&header.besides, source, buffer);
    jpeg_header_tell(&header, info);
    return 0;
}
