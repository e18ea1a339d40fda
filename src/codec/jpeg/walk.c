/* The walk from marker to marker, on a file or on bytes in memory. */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "codec/jpeg/jpeg.h"
#include "codec/jpeg/segments.h"

enum {
    GARBAGE_MAX = 4096, /* stray bytes before a marker: some are usual, long runs are another format */
    GARBAGE_IN_ALL_MAX = 1 << 20,
};

int jpeg_ends_in_header(struct pm_error *error)
{
    return error_set(error, PM_ERROR_TRUNCATED, "ends within its header (fetch or copy it again)");
}

void jpeg_walk_start(struct jpeg_walk *walk, struct byte_source *source, uint64_t offset)
{
    walk->source = source;
    walk->next = offset;
    walk->in_scan = false;
    walk->segments = walk->scans = walk->garbage = 0;
    walk->window = walk->bytes;
    walk->window_at = 0;
    walk->window_size = 0;
}

void jpeg_walk_start_memory(struct jpeg_walk *walk, const uint8_t *data, size_t size, uint64_t offset)
{
    jpeg_walk_start(walk, NULL, offset);
    walk->window = data;
    walk->window_size = size;
}

static bool window_has(const struct jpeg_walk *walk, uint64_t offset, size_t size)
{
    return offset >= walk->window_at && offset - walk->window_at <= walk->window_size &&
           walk->window_size - (offset - walk->window_at) >= size;
}

const uint8_t *jpeg_walk_peek(struct jpeg_walk *walk, uint64_t offset, size_t size, struct pm_error *error)
{
    if (!window_has(walk, offset, size) && walk->source != NULL) {
        long got = walk->source->read_at(walk->source, offset, walk->bytes, sizeof walk->bytes);
        if (got < 0) {
            error_set(error, PM_ERROR_IO, "can't be read: %s", strerror(errno));
            return NULL;
        }
        walk->window_at = offset;
        walk->window_size = (size_t)got;
    }
    if (window_has(walk, offset, size))
        return walk->window + (offset - walk->window_at);
    jpeg_ends_in_header(error);
    return NULL;
}

const uint8_t *jpeg_walk_payload(struct jpeg_walk *walk, const struct jpeg_segment *segment,
                                 uint8_t buffer[JPEG_PAYLOAD_MAX], struct pm_error *error)
{
    if (walk->source == NULL || window_has(walk, segment->offset, segment->size))
        return jpeg_walk_peek(walk, segment->offset, segment->size, error);
    long got = walk->source->read_at(walk->source, segment->offset, buffer, segment->size);
    if (got < 0)
        error_set(error, PM_ERROR_IO, "can't be read: %s", strerror(errno));
    else if ((unsigned long)got < segment->size)
        jpeg_ends_in_header(error);
    return got == (long)segment->size ? buffer : NULL;
}

/* Moves walk->next to the first marker that is neither stuffing, fill nor a restart. */
static int skip_scan(struct jpeg_walk *walk, struct pm_error *error)
{
    for (;;) {
        const uint8_t *p = jpeg_walk_peek(walk, walk->next, 2, error);
        if (p == NULL)
            return -1;
        size_t pairs = (size_t)(walk->window + walk->window_size - p) - 1;
        const uint8_t *found = memchr(p, 0xFF, pairs);
        walk->next += found != NULL ? (size_t)(found - p) : pairs;
        if (found == NULL)
            continue;
        if (found[1] != 0 && found[1] != 0xFF && (found[1] < JPEG_RST0 || found[1] > JPEG_RST7))
            return 0;
        walk->next += found[1] == 0xFF ? 1 : 2;
    }
}

/* Moves walk->next past the next marker; returns its second byte, or -1. */
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

static int check_limits(const struct jpeg_walk *walk, struct pm_error *error)
{
    if (walk->segments > JPEG_MAX_SEGMENTS)
        return error_limit(error, JPEG_MAX_SEGMENTS, walk->segments,
                           "has more than %d segments (save it again without metadata)", JPEG_MAX_SEGMENTS);
    if (walk->scans > JPEG_MAX_SCANS)
        return error_limit(error, JPEG_MAX_SCANS, walk->scans,
                           "has more than %d scans (save it again with fewer)", JPEG_MAX_SCANS);
    return 0;
}

int jpeg_walk_next(struct jpeg_walk *walk, struct jpeg_segment *segment, struct pm_error *error)
{
    if (walk->in_scan && skip_scan(walk, error) != 0)
        return -1;
    int marker = next_marker(walk, error);
    if (marker < 0)
        return -1;
    *segment = (struct jpeg_segment){.marker = (unsigned)marker, .at = walk->next - 2, .offset = walk->next};
    walk->segments++;
    walk->in_scan = marker == JPEG_SOS;
    walk->scans += walk->in_scan;
    if (check_limits(walk, error) != 0)
        return -1;
    if (stands_alone(segment->marker))
        return 0;
    const uint8_t *p = jpeg_walk_peek(walk, walk->next, 2, error);
    if (p == NULL) {
        walk->next = segment->at;
        return -1;
    }
    unsigned length = get_be16(p);
    segment->offset += 2;
    segment->size = length > 2 ? length - 2 : 0;
    walk->next = segment->offset + segment->size;
    if (walk->source != NULL || walk->next <= walk->window_size)
        return 0;
    walk->next = segment->at;
    return jpeg_ends_in_header(error);
}

/* Does libjpeg continue after this marker between two scans? Within the data of a scan with restarts it skips
 * all markers except those that start another image. */
static bool may_stand_between_scans(unsigned marker)
{
    return marker == JPEG_SOS || marker == JPEG_DHT || marker == JPEG_DQT || marker == JPEG_DRI ||
           marker == JPEG_DAC || marker == JPEG_DNL || marker == JPEG_COM || stands_alone(marker) ||
           (marker >= JPEG_APP0 && marker <= JPEG_APP15);
}

static bool begins_picture(unsigned marker)
{
    return marker == JPEG_SOI || (marker >= JPEG_SOF0 && marker <= JPEG_SOF15 && marker != JPEG_DHT &&
                                  marker != JPEG_JPG && marker != JPEG_DAC);
}

/* Parameters of the scan that begins with `segment` (T.81, B.2.3). */
static void read_scan(struct jpeg_walk *walk, const struct jpeg_segment *segment, struct jpeg_scan *scan)
{
    /* Bytes: of the count, the spectral selection and the bits together; of a component. */
    enum { AROUND = 4, COMPONENT = 2, COMPONENTS_MAX = sizeof scan->id };
    struct pm_error none = {0};
    *scan = (struct jpeg_scan){.at = segment->at};
    const uint8_t *p = jpeg_walk_peek(walk, segment->offset, 1, &none);
    const unsigned count = p != NULL && p[0] <= COMPONENTS_MAX ? p[0] : 0, size = AROUND + COMPONENT * count;
    if (segment->size != size || (p = jpeg_walk_peek(walk, segment->offset, size, &none)) == NULL)
        return;
    scan->components = (uint8_t)count;
    for (unsigned i = 0; i < count; i++)
        scan->id[i] = p[1 + COMPONENT * i];
    scan->first = p[1 + COMPONENT * count];
    scan->last = p[2 + COMPONENT * count];
}

int jpeg_walk_scans(struct jpeg_walk *walk, struct jpeg_scans *scans, struct pm_error *error)
{
    struct jpeg_segment segment;
    struct pm_error problem = {0};
    uint64_t stray = 0; /* the first marker that is not allowed here */
    scans->count = 0;
    scans->ended = scans->late = scans->gaps = false;
    const unsigned garbage = walk->garbage;
    scans->end = walk->window_size;
    walk->in_scan = true;
    while (jpeg_walk_next(walk, &segment, &problem) == 0) {
        if (begins_picture(segment.marker) || !may_stand_between_scans(segment.marker))
            stray = stray > 0 ? stray : segment.at;
        if (begins_picture(segment.marker))
            break;
        if (!may_stand_between_scans(segment.marker)) {
            walk->next = segment.at + 2; /* what follows is no length */
            walk->in_scan = true;
            continue;
        }
        if (scans->count > 0 && scans->scan[scans->count - 1].end == 0)
            scans->scan[scans->count - 1].end = segment.at;
        if (segment.marker == JPEG_EOI) {
            scans->ended = true;
            scans->gaps |= walk->garbage > garbage;
            scans->end = walk->next;
            return 0;
        }
        if (segment.marker == JPEG_SOS)
            read_scan(walk, &segment, &scans->scan[scans->count++]);
        scans->late |= segment.marker >= JPEG_APP0;
        scans->gaps |= segment.marker == JPEG_DNL;
    }
    if (problem.kind == PM_ERROR_LIMIT) {
        *error = problem;
        return -1;
    }
    if (stray > 0)
        scans->end = stray;
    else if (walk->next + 1 < walk->window_size) /* before a segment that is cut off */
        scans->end = walk->next;
    return 0;
}
