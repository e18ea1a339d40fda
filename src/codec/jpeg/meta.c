/*
 * Metadata is in segments of at most 65533 bytes: EXIF in one APP1, XMP in one, or in several when it is
 * extended, an ICC profile in as many APP2 as it needs (ICC.1:2010, B.4), each numbered and saying how many
 * there are, and IPTC among Photoshop's image resources in APP13.
 */
#include <string.h>

#include "base/text.h"
#include "codec/jpeg/meta.h"
#include "image/iptc.h"
#include "image/profile.h"

enum { ICC_SEGMENTS_MAX = 255, COMMENTS_BYTES_MAX = 8 << 20 };

struct collector {
    unsigned keep;
    struct pm_metadata *meta;
    struct context *context;
    struct pm_error *error;
    struct pm_blob icc[ICC_SEGMENTS_MAX + 1]; /* by number, from 1 */
    unsigned icc_count;                       /* as the first segment says */
    bool icc_broken;
    struct pm_blob icc_whole; /* a segment that is a profile by itself */
    bool xmp_extended;
    struct pm_text *texts;
    size_t texts_room;
    size_t comments_bytes; /* of all comments so far, as stored */
};

static void *job_alloc(struct collector *collector, size_t size)
{
    void *memory = arena_alloc(collector->context->job_arena, size);
    if (memory == NULL)
        error_memory(collector->error, size);
    return memory;
}

static int copy_blob(struct collector *collector, struct pm_blob *blob, const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    uint8_t *copy = job_alloc(collector, size);
    if (copy == NULL)
        return -1;
    memcpy(copy, data, size);
    *blob = (struct pm_blob){.data = copy, .size = size};
    return 0;
}

/* Of what a file should hold once the first counts. */
static int take_blob(struct collector *collector, struct pm_blob *blob, const uint8_t *data, size_t size,
                     const char *what)
{
    if (blob->data == NULL)
        return copy_blob(collector, blob, data, size);
    if (blob->size != size || memcmp(blob->data, data, size) != 0)
        context_warn(collector->context, "a second %s is left out", what);
    return 0;
}

/* Duplicate parts count once. A profile in one part is identified by its own header, whatever its part
 * number. */
static void take_icc(struct collector *collector, const uint8_t *payload, size_t size)
{
    if (size < JPEG_ICC_HEAD) {
        collector->icc_broken = true;
        return;
    }
    const struct pm_blob part = {payload + JPEG_ICC_HEAD, size - JPEG_ICC_HEAD};
    const unsigned number = payload[sizeof JPEG_ICC_ID], count = payload[sizeof JPEG_ICC_ID + 1];
    struct pm_blob *known = &collector->icc[number];
    if (collector->icc_whole.data == NULL && profile_size(part.data, part.size) == part.size)
        collector->icc_whole = part;
    if (collector->icc_count == 0)
        collector->icc_count = count;
    const bool differs = known->data != NULL &&
                         (known->size != part.size ||
                          // NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): `payload` is the file's
                          memcmp(known->data, part.data, part.size) != 0);
    if (number == 0 || number > count || count != collector->icc_count || differs)
        collector->icc_broken = true;
    else
        *known = part;
}

static int join_icc(struct collector *collector)
{
    size_t size = 0;
    for (unsigned i = 1; i <= collector->icc_count; i++) {
        collector->icc_broken |= collector->icc[i].data == NULL;
        size += collector->icc[i].size;
    }
    if (collector->icc_broken && collector->icc_whole.data != NULL)
        return copy_blob(collector, &collector->meta->icc, collector->icc_whole.data,
                         collector->icc_whole.size);
    if (collector->icc_broken) {
        context_warn(collector->context, "its ICC profile is incomplete and left out");
        return 0;
    }
    if (size == 0)
        return 0;
    uint8_t *icc = job_alloc(collector, size), *end = icc;
    if (icc == NULL)
        return -1;
    for (unsigned i = 1; i <= collector->icc_count; i++) {
        memcpy(end, collector->icc[i].data, collector->icc[i].size);
        end += collector->icc[i].size;
    }
    size = profile_size(icc, size);
    if (size == 0)
        context_warn(collector->context, "its ICC profile is broken and left out");
    else
        collector->meta->icc = (struct pm_blob){.data = icc, .size = size};
    return 0;
}

/* A comment has no stated encoding: what is not UTF-8 is taken for Latin-1. It ends at its first NUL. */
static char *comment_text(struct collector *collector, const uint8_t *payload, size_t size)
{
    size = strnlen((const char *)payload, size);
    char *text = job_alloc(collector, 2 * size + 1);
    if (text == NULL)
        return NULL;
    if (text_is_utf8(payload, size))
        memcpy(text, payload, size);
    else
        size = text_from_latin1(payload, size, text);
    text[size] = '\0';
    return text;
}

static int take_comment(struct collector *collector, const uint8_t *payload, size_t size)
{
    struct pm_metadata *meta = collector->meta;
    if ((collector->keep & KEEP_TEXT) == 0)
        return 0;
    if (size > COMMENTS_BYTES_MAX - collector->comments_bytes) {
        context_warn(collector->context, "a comment beyond the first 8 MB of them is left out");
        return 0;
    }
    collector->comments_bytes += size;
    if (meta->ntexts == collector->texts_room) {
        size_t room = collector->texts_room > 0 ? 2 * collector->texts_room : 4;
        struct pm_text *texts = job_alloc(collector, room * sizeof *texts);
        if (texts == NULL)
            return -1;
        if (meta->ntexts > 0)
            memcpy(texts, collector->texts, meta->ntexts * sizeof *texts);
        collector->texts = texts;
        collector->texts_room = room;
        meta->texts = texts;
    }
    char *text = comment_text(collector, payload, size);
    if (text == NULL)
        return -1;
    // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): there is room since the first of them
    collector->texts[meta->ntexts++] = (struct pm_text){.keyword = "Comment", .text = text};
    return 0;
}

/* IPTC is one of Photoshop's image resources, which are cut into segments as they come. */
static int read_iptc(struct collector *collector, const uint8_t *data, size_t size,
                     const struct jpeg_besides *besides)
{
    struct jpeg_walk walk;
    struct jpeg_segment segment;
    const struct jpeg_contents *contents;
    struct pm_error none = {0};
    const size_t begin = besides->resources.offset, end = begin + besides->iptc_size; /* in the resources */
    size_t at = 0;
    uint8_t *iptc = job_alloc(collector, besides->iptc_size);
    if (iptc == NULL)
        return -1;
    jpeg_walk_start_memory(&walk, data, size, JPEG_FIRST_SEGMENT);
    while (jpeg_walk_next(&walk, &segment, &none) == 0 && segment.marker != JPEG_SOS &&
           (contents = jpeg_walk_contents(&walk, &segment, &none)) != NULL) {
        if (contents->content != CONTENT_PHOTOSHOP)
            continue;
        const size_t next = at + segment.size - JPEG_PHOTOSHOP_HEAD;
        const size_t first = at > begin ? at : begin, last = next < end ? next : end;
        if (first < last)
            memcpy(iptc + (first - begin), data + segment.offset + JPEG_PHOTOSHOP_HEAD + (first - at),
                   last - first);
        at = next;
    }
    collector->meta->iptc = (struct pm_blob){iptc, besides->iptc_size};
    return 0;
}

static int take_segment(struct collector *collector, const struct jpeg_segment *segment,
                        const struct jpeg_contents *contents, const uint8_t *payload)
{
    struct pm_blob exif;
    switch (contents->content) {
    case CONTENT_EXIF:
        if ((collector->keep & KEEP_EXIF) == 0)
            return 0;
        exif = jpeg_exif_of(payload, segment->size);
        return take_blob(collector, &collector->meta->exif, exif.data, exif.size, "EXIF");
    case CONTENT_XMP:
        return (collector->keep & KEEP_XMP) != 0
                   ? take_blob(collector, &collector->meta->xmp, payload + JPEG_XMP_HEAD,
                               segment->size - JPEG_XMP_HEAD, "XMP")
                   : 0;
    case CONTENT_XMP_EXTENSION:
        collector->xmp_extended = true;
        return 0;
    case CONTENT_ICC:
        take_icc(collector, payload, segment->size);
        return 0;
    case CONTENT_COMMENT:
        return take_comment(collector, payload, segment->size);
    default:
        return 0;
    }
}

int jpeg_read_metadata(const uint8_t *data, size_t size, const struct jpeg_besides *besides, unsigned keep,
                       struct pm_metadata *meta, struct context *context)
{
    struct collector collector = {.keep = keep, .meta = meta, .context = context, .error = context->error};
    struct jpeg_walk walk;
    struct jpeg_segment segment;
    const struct jpeg_contents *contents;
    jpeg_walk_start_memory(&walk, data, size, JPEG_FIRST_SEGMENT);
    do {
        if (jpeg_walk_next(&walk, &segment, context->error) != 0 ||
            (contents = jpeg_walk_contents(&walk, &segment, context->error)) == NULL)
            return -1;
        if (take_segment(&collector, &segment, contents, data + segment.offset) != 0)
            return -1;
    } while (segment.marker != JPEG_SOS);
    if (collector.xmp_extended && (keep & KEEP_XMP) != 0 &&
        jpeg_join_xmp(data, size, &meta->xmp, context) != 0)
        return -1;
    if (besides->iptc_size > 0 && (keep & KEEP_IPTC) != 0 && read_iptc(&collector, data, size, besides) != 0)
        return -1;
    if (besides->resources.found && besides->iptc_size == 0 && (keep & KEEP_IPTC) != 0)
        context_warn(context, "its IPTC is incomplete and left out");
    return join_icc(&collector);
}
