/*
 * The box structure of ISO base media files (ISO/IEC 14496-12), used by HEIF and AVIF. A box is a size, a
 * type of four letters and its content, which may be further boxes.
 *
 * Boxes in memory are read through a cursor that is limited to the box: a read past its end gives zeros and
 * sets `cut`, so that a parser reads a whole structure and checks once. The boxes of the file itself, which
 * may be large, are walked through a byte source.
 */
#ifndef CODEC_BMFF_H
#define CODEC_BMFF_H

#include "codec/codec.h"

/* A box type or a brand as a number, its first letter highest. */
#define BMFF_TYPE(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

/* A type as text, for messages: what is not printable is a question mark. */
struct bmff_name {
    char text[5];
};
struct bmff_name bmff_name_of(uint32_t type);

struct bmff_cursor {
    const uint8_t *data;
    size_t size, at;
    bool cut; /* a read went past the end */
};

struct bmff_box {
    uint32_t type;
    struct bmff_cursor body;
};

static inline struct bmff_cursor bmff_cursor_of(const uint8_t *data, size_t size)
{
    return (struct bmff_cursor){.data = data, .size = size};
}

/* Reads a big-endian number of 0 to 8 bytes. */
uint64_t bmff_get(struct bmff_cursor *cursor, unsigned bytes);
static inline uint32_t bmff_get32(struct bmff_cursor *cursor)
{
    return (uint32_t)bmff_get(cursor, 4);
}

void bmff_skip(struct bmff_cursor *cursor, uint64_t bytes);

/* A cursor for the next `size` bytes, which are skipped; empty and cut if there are fewer. */
struct bmff_cursor bmff_take(struct bmff_cursor *cursor, uint64_t size);

/* Reads a string up to its NUL, or to the end; NULL if there is no NUL. */
const char *bmff_get_string(struct bmff_cursor *cursor);

/* Reads the version and the flags of a full box. Returns the version. */
unsigned bmff_get_version(struct bmff_cursor *cursor, uint32_t *flags);

/* Reads the next box. Returns false at the end, and when a box does not fit (then `cut` is set). */
bool bmff_next(struct bmff_cursor *cursor, struct bmff_box *box);

/* A box in a file. */
struct bmff_top {
    uint32_t type;
    uint64_t at, body, end; /* offsets; end: UINT64_MAX for "to the end of the file" */
};

enum bmff_step { BMFF_ERROR = -1, BMFF_END, BMFF_BOX };

/* Reads the header of the box at `at`, which must be within `end`. BMFF_END: the file or the range ends
 * before a whole header. BMFF_ERROR: `error` is filled. */
enum bmff_step bmff_read_top(struct byte_source *source, uint64_t at, uint64_t end, struct bmff_top *top,
                             struct pm_error *error);

/* Is a file that begins with head[size] (its first IMAGE_KIND_HEAD bytes) one whose ftyp box has that brand?
 */
bool bmff_has_brand(const uint8_t *head, size_t size, uint32_t brand);

/* The TIFF structure in an item or a box of EXIF, which begins with its offset (ISO/IEC 23008-12, A.2.1;
 * 18181-2, 9.6); empty if there is none. */
struct pm_blob bmff_exif(struct pm_blob item);

#endif
