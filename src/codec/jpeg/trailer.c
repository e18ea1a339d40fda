/*
 * What follows an image in its file: further images, with or without an index that names them; a video; data
 * of cameras and programs, identified by their end (from Phil Harvey's ExifTool); padding.
 */
#include <string.h>

#include "base/bytes.h"
#include "codec/jpeg/besides.h"
#include "codec/jpeg/jpeg.h"

/* Samsung's: data, then a directory of them, then its length and "SEFT". */
enum { SEF_TAIL = 8, SEF_HEAD = 12, SEF_ENTRY = 12 };

static const char samsung[] = "Samsung";

static void take_samsungs(unsigned type, struct jpeg_trailer *trailer)
{
    switch (type) {
    case 0x0001: /* the picture of the other camera */
    case 0x0A20:
    case 0x0AB1: /* depth */
    case 0x0AB3:
    case 0x0BA1: /* the picture before it was edited */
        trailer->pictures++;
        break;
    case 0x0100:
        trailer->sound = true;
        break;
    case 0x0201:
    case 0x0A30:
        trailer->video = true;
        break;
    default:
        trailer->notes = samsung; /* the time zone and the like */
    }
}

/* Returns the position of the directory's data, or `size` if there is no valid directory. */
static size_t read_samsungs(const uint8_t *data, size_t size, struct jpeg_trailer *trailer)
{
    if (size < SEF_TAIL + SEF_HEAD || memcmp(data + size - 4, "SEFT", 4) != 0)
        return size;
    uint32_t length = get_le32(data + size - SEF_TAIL);
    if (length < SEF_HEAD || length > size - SEF_TAIL)
        return size;
    const size_t head = size - SEF_TAIL - length;
    size_t begin = head;
    uint32_t count = get_le32(data + head + 8);
    if (memcmp(data + head, "SEFH", 4) != 0 || count > (length - SEF_HEAD) / SEF_ENTRY)
        return size;
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *entry = data + head + SEF_HEAD + (size_t)i * SEF_ENTRY;
        uint32_t back = get_le32(entry + 4);
        take_samsungs((unsigned)entry[3] << 8 | entry[2], trailer);
        if (back <= head && head - back < begin)
            begin = head - back;
    }
    return begin;
}

static bool ends_in(const uint8_t *data, size_t size, size_t back, const char *end, size_t length)
{
    return size >= back && memcmp(data + size - back, end, length) == 0;
}

/* The owner of the data, identified by its end, or NULL. */
static const char *owner_of(const uint8_t *data, size_t size)
{
    static const struct {
        const char *owner;
        size_t back; /* from the end */
        const char *bytes;
        size_t size;
    } ends[] = {
        {samsung, 4, "SEFT", 4}, /* though broken */
        {samsung, 6, "QDIOBS", 6},
        {"AFCP", 12, "AXS!", 4},
        {"AFCP", 12, "AXS*", 4},
        {"FotoStation", 4, "\xA1\xB2\xC3\xD4", 4},
        {"Photo Mechanic", 8, "cbipcbbl", 8},
        {"Canon", 64, "CANON OPTIONAL DATA\0", 20},
        {"MIE", 18, "~\0\4\0zmie~\0\0\6", 12},
        {"MIE", 22, "~\0\4\0zmie~\0\0\xA", 12},
        {"Insta360", 32, "8db42d694ccc418790edff439fe026bf", 32},
        {"Nikon", 10, "/NIKON APP", 10},
    };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (ends_in(data, size, ends[i].back, ends[i].bytes, ends[i].size))
            return ends[i].owner;
    }
    return NULL;
}

static bool begins_picture(const uint8_t *p, size_t left)
{
    return left >= 3 && p[0] == 0xFF && p[1] == JPEG_SOI && p[2] == 0xFF;
}

/* ISO 14496-12: a box's length, then its type; the first one of a video. */
static bool begins_video(const uint8_t *p, size_t left)
{
    return left >= 8 && memcmp(p + 4, "ftyp", 4) == 0;
}

static bool is_padding(uint8_t byte)
{
    return byte == 0 || byte == 0xFF || byte == ' ' || byte == '\r' || byte == '\n';
}

/* The end of the picture that begins at data[at]; `size` when it has none. */
static size_t picture_end(const uint8_t *data, size_t size, size_t at)
{
    struct jpeg_walk walk;
    struct jpeg_segment segment;
    struct jpeg_scans scans;
    struct pm_error none = {0};
    jpeg_walk_start_memory(&walk, data, size, at + JPEG_FIRST_SEGMENT);
    do {
        if (jpeg_walk_next(&walk, &segment, &none) != 0)
            return size;
        if (segment.marker == JPEG_EOI)
            return walk.next;
    } while (segment.marker != JPEG_SOS);
    return jpeg_walk_scans(&walk, &scans, &none) == 0 ? scans.end : size;
}

/* Minolta's and Sony's previews, to which their notes in EXIF point, lack the first byte of their SOI. */
static bool begins_preview(const uint8_t *p, size_t left)
{
    return left >= 4 && p[0] != 0xFF && memcmp(p + 1, "\xD8\xFF\xDB", 3) == 0;
}

/* The next position after `at` where something known may start. */
static size_t next_beginning(const uint8_t *data, size_t size, size_t at)
{
    enum { TYPE = 4 }; /* a box's type follows its length */
    const uint8_t *picture = memmem(data + at + 1, size - at - 1, "\xD8\xFF", 2);
    while (picture != NULL && !begins_picture(picture - 1, size - (size_t)(picture - 1 - data)) &&
           !begins_preview(picture - 1, size - (size_t)(picture - 1 - data)))
        picture = memmem(picture + 1, size - (size_t)(picture + 1 - data), "\xD8\xFF", 2);
    const uint8_t *video = memmem(data + at + 1, size - at - 1, "ftyp", 4);
    size_t next = picture != NULL ? (size_t)(picture - 1 - data) : size;
    if (video != NULL && (size_t)(video - data) >= at + 1 + TYPE && (size_t)(video - data) - TYPE < next)
        next = (size_t)(video - data) - TYPE;
    return next;
}

/* The end of what starts at data[at]; `at` itself if it is unknown. */
static size_t take_piece(const uint8_t *data, size_t size, size_t at, struct jpeg_trailer *trailer)
{
    const uint8_t *p = data + at;
    const size_t left = size - at;
    if (begins_video(p, left)) {
        trailer->video = true;
        return size; /* only its other boxes follow */
    }
    if (begins_preview(p, left))
        return picture_end(data, size, at);
    if (!begins_picture(p, left))
        return at;
    uint8_t *unused = NULL; /* all is in memory */
    struct jpeg_walk walk;
    jpeg_walk_start_memory(&walk, data, size, at + JPEG_FIRST_SEGMENT);
    const bool gain_map = jpeg_is_gain_map(&walk, unused);
    const size_t end = picture_end(data, size, at);
    if (gain_map && !trailer->gain_map) {
        trailer->map_at = at;
        trailer->map_end = end;
    }
    trailer->gain_map |= gain_map;
    trailer->pictures++;
    return end;
}

void jpeg_read_trailer(const uint8_t *data, size_t size, size_t begin, struct jpeg_trailer *trailer)
{
    enum { PIECES_MAX = 32 }; /* so that nothing is searched often */
    *trailer = (struct jpeg_trailer){0};
    const size_t end = begin + read_samsungs(data + begin, size - begin, trailer);
    if (trailer->notes == NULL)
        trailer->notes = end < size ? samsung : owner_of(data + begin, size - begin);
    const bool known = trailer->notes != NULL;
    size_t at = begin;
    unsigned pieces = 0;
    while (at < end && pieces < PIECES_MAX) {
        size_t next = take_piece(data, end, at, trailer);
        if (next == at && is_padding(data[at])) {
            at++;
            continue;
        }
        pieces++;
        if (next == at) {
            next = next_beginning(data, end, at);
            if (!known && !begins_preview(data + next, end - next)) /* such has a few bytes before it */
                trailer->unknown += next - at;
        }
        at = next;
    }
    if (!known)
        trailer->unknown += end - at;
}
