#include "codec/jxl/container.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

enum {
    SIGNATURE_BYTES = 12,
    BOXES_MAX = 4096,
    TYPE_BYTES = 4, /* in front of what a brob box holds; the number in front of what a jxlp box holds */
    BOX_CODESTREAM = BMFF_TYPE('j', 'x', 'l', 'c'),
    BOX_PART = BMFF_TYPE('j', 'x', 'l', 'p'),
    BOX_EXIF = BMFF_TYPE('E', 'x', 'i', 'f'),
    BOX_XMP = BMFF_TYPE('x', 'm', 'l', ' '),
    BOX_BROTLI = BMFF_TYPE('b', 'r', 'o', 'b'),
    BOX_JPEG = BMFF_TYPE('j', 'b', 'r', 'd'),
    BOX_JUMBF = BMFF_TYPE('j', 'u', 'm', 'b'),
    BOX_GAIN_MAP = BMFF_TYPE('j', 'h', 'g', 'm'),
};

static int fail_to_read(struct pm_error *error)
{
    return error_set(error, PM_ERROR_IO, "can't be read: %s", strerror(errno));
}

/* Reads the 4 bytes with which a box begins. Returns 1, 0 if the file or the box ends before, or -1 with
 * `error` filled. */
static int read_word(struct byte_source *source, const struct bmff_top *box, uint32_t *word,
                     struct pm_error *error)
{
    uint8_t bytes[TYPE_BYTES];
    if (box->end - box->body < TYPE_BYTES)
        return 0;
    const long got = source->read_at(source, box->body, bytes, sizeof bytes);
    if (got < 0)
        return fail_to_read(error);
    *word = get_be32(bytes);
    return got == TYPE_BYTES;
}

/* The first box of a kind counts. */
static void note_extent(struct jxl_extent *extent, const struct bmff_top *box, unsigned skip, bool brotli)
{
    if (extent->size == 0 && box->end != UINT64_MAX && box->end - box->body > skip)
        *extent = (struct jxl_extent){box->body + skip, box->end - box->body - skip, brotli};
}

static void note_box(struct jxl_container *container, uint32_t type, const struct bmff_top *box,
                     unsigned skip, bool brotli)
{
    switch (type) {
    case BOX_EXIF:
        note_extent(&container->exif, box, skip, brotli);
        break;
    case BOX_XMP:
        note_extent(&container->xmp, box, skip, brotli);
        break;
    case BOX_JPEG:
        container->jpeg = true;
        break;
    case BOX_JUMBF:
        container->jumbf++;
        break;
    case BOX_GAIN_MAP:
        container->gain_map = true;
        break;
    default: /* the codestream, and boxes that change nothing of the picture */
        break;
    }
}

/* Does the file reach to `end`? */
static int check_end(struct byte_source *source, uint64_t end, bool *cut, struct pm_error *error)
{
    uint8_t byte;
    const long got = end != UINT64_MAX ? source->read_at(source, end - 1, &byte, 1) : 1;
    if (got < 0)
        return fail_to_read(error);
    *cut = got == 0;
    return 0;
}

int jxl_read_container(struct byte_source *source, struct jxl_container *container, struct pm_error *error)
{
    uint8_t first;
    uint64_t end = SIGNATURE_BYTES;
    struct bmff_top box;
    enum bmff_step step;
    *container = (struct jxl_container){0};
    const long got = source->read_at(source, 0, &first, 1);
    if (got < 0)
        return fail_to_read(error);
    container->boxed = got == 1 && first == 0;
    if (!container->boxed)
        return 0;
    for (unsigned boxes = 0;
         end != UINT64_MAX && (step = bmff_read_top(source, end, UINT64_MAX, &box, error)) != BMFF_END;
         boxes++) {
        uint32_t type = box.type;
        if (step == BMFF_ERROR)
            return -1;
        if (boxes == BOXES_MAX)
            return error_set(error, PM_ERROR_LIMIT, "has more than %d boxes", BOXES_MAX);
        const bool brotli = box.type == BOX_BROTLI;
        const int found = brotli ? read_word(source, &box, &type, error) : 1;
        if (found < 0)
            return -1;
        if (found > 0)
            note_box(container, type, &box, brotli ? TYPE_BYTES : 0, brotli);
        end = box.end;
    }
    return check_end(source, end, &container->cut, error);
}

/* --- the codestream --------------------------------------------------------------------------------- */

/* Moves to the next piece. Returns 1, 0 at the end, or -1 with `error` filled. */
static int next_piece(struct jxl_stream *stream, struct pm_error *error)
{
    struct bmff_top box;
    while (!stream->last) {
        const enum bmff_step step = bmff_read_top(stream->source, stream->next, UINT64_MAX, &box, error);
        if (step == BMFF_ERROR)
            return -1;
        stream->last = step == BMFF_END || box.end == UINT64_MAX;
        if (step == BMFF_END)
            return 0;
        stream->next = box.end;
        const unsigned skip = box.type == BOX_PART ? TYPE_BYTES : 0;
        if ((box.type != BOX_CODESTREAM && box.type != BOX_PART) || box.end - box.body <= skip)
            continue;
        stream->from += stream->size;
        stream->at = box.body + skip;
        stream->size = box.end - stream->at;
        return 1;
    }
    return 0;
}

static void rewind_stream(struct jxl_stream *stream)
{
    *stream = (struct jxl_stream){.source = stream->source, .boxed = stream->boxed, .next = SIGNATURE_BYTES};
    if (!stream->boxed) {
        stream->size = UINT64_MAX;
        stream->last = true;
    }
}

long jxl_stream_read(struct jxl_stream *stream, uint64_t offset, void *bytes, size_t size,
                     struct pm_error *error)
{
    size_t done = 0;
    if (stream->size == 0 || offset < stream->from)
        rewind_stream(stream);
    while (done < size) {
        const uint64_t inside = offset + done - stream->from;
        if (inside >= stream->size) {
            const int found = next_piece(stream, error);
            if (found < 0)
                return -1;
            if (found == 0)
                break;
            continue;
        }
        const uint64_t left = stream->size - inside;
        const size_t wanted = left < size - done ? (size_t)left : size - done;
        const long got =
            stream->source->read_at(stream->source, stream->at + inside, (uint8_t *)bytes + done, wanted);
        if (got < 0)
            return fail_to_read(error);
        done += (size_t)got;
        if ((size_t)got < wanted)
            break;
    }
    return (long)done;
}
