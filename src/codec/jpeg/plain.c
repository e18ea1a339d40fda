/* Is there nothing but a picture in a JPEG file? */
#include <string.h>

#include "codec/jpeg/segments.h"
#include "codec/jpeg/transcode.h"

enum { APP0 = 0xE0, COM = 0xFE, EOI = 0xD9, MARKER_BYTES = 2 };

/* A profile, and what says how samples are to be read: without a thumbnail in JFIF's segment, or other bytes
 * after the fields. */
static bool is_kept(struct jpeg_walk *walk, const struct jpeg_segment *segment)
{
    static const struct {
        unsigned marker;
        char name[12];
        unsigned size; /* of its payload; 0: any */
    } kept[] = {{APP0, "JFIF", 14}, {JPEG_APP2, "ICC_PROFILE", 0}, {JPEG_APP14, "Adobe", JPEG_ADOBE_BYTES}};
    struct pm_error ignored = {0};
    if (segment->marker == JPEG_DNL) /* decoders skip it, whatever it contains */
        return false;
    if ((segment->marker < APP0 || segment->marker > JPEG_APP15) && segment->marker != COM)
        return true;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        const size_t size = strlen(kept[i].name);
        if (segment->marker != kept[i].marker || segment->size < size ||
            (kept[i].size > 0 && segment->size != kept[i].size))
            continue;
        const uint8_t *payload = jpeg_walk_peek(walk, segment->offset, size, &ignored);
        return payload != NULL && memcmp(payload, kept[i].name, size) == 0;
    }
    return false;
}

bool jpeg_is_plain(const uint8_t *data, size_t size)
{
    struct jpeg_walk walk;
    struct jpeg_segment segment;
    struct pm_error ignored = {0};
    jpeg_walk_start_memory(&walk, data, size, JPEG_FIRST_SEGMENT);
    while (jpeg_walk_next(&walk, &segment, &ignored) == 0) {
        if (segment.marker == EOI)
            return segment.at + MARKER_BYTES == size && walk.garbage == 0;
        if (!is_kept(&walk, &segment))
            return false;
    }
    return false;
}
