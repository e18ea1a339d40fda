/*
 * Metadata lives in segments of at most 65533 bytes: EXIF and XMP in one APP1 each, an ICC profile over as
 * many APP2 as it needs (ICC.1:2010, B.4), each numbered and saying how many there are.
 */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "codec/jpeg.h"
#include "image/exif.h"
#include "image/profile.h"

enum { ICC_SEGMENTS_MAX = 255, COMMENTS_BYTES_MAX = 8 << 20 };

static const double metres_an_inch = 0.0254;

struct collector {
    unsigned keep;
    struct pm_metadata *meta;
    struct context *context;
    struct pm_error *error;
    struct pm_blob icc[ICC_SEGMENTS_MAX + 1]; /* by number, from 1 */
    unsigned icc_count;                       /* as the first segment says */
    bool icc_broken;
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
    if (blob->data != NULL || size == 0) /* the first one counts */
        return 0;
    uint8_t *copy = job_alloc(collector, size);
    if (copy == NULL)
        return -1;
    memcpy(copy, data, size);
    *blob = (struct pm_blob){.data = copy, .size = size};
    return 0;
}

/* Does payload[size] begin with id[id_size]? */
static bool begins(const uint8_t *payload, size_t size, const char *id, size_t id_size)
{
    return size >= id_size && memcmp(payload, id, id_size) == 0;
}

static int take_app1(struct collector *collector, const uint8_t *payload, size_t size)
{
    struct pm_metadata *meta = collector->meta;
    size_t exif = sizeof JPEG_EXIF_ID, xmp = sizeof JPEG_XMP_ID;
    if ((collector->keep & KEEP_EXIF) != 0 && begins(payload, size, JPEG_EXIF_ID, exif))
        return copy_blob(collector, &meta->exif, payload + exif, size - exif);
    if ((collector->keep & KEEP_XMP) != 0 && begins(payload, size, JPEG_XMP_ID, xmp))
        return copy_blob(collector, &meta->xmp, payload + xmp, size - xmp);
    return 0;
}

static void take_icc(struct collector *collector, const uint8_t *payload, size_t size)
{
    if (size < JPEG_ICC_HEAD || memcmp(payload, JPEG_ICC_ID, sizeof JPEG_ICC_ID) != 0)
        return;
    unsigned number = payload[sizeof JPEG_ICC_ID], count = payload[sizeof JPEG_ICC_ID + 1];
    if (collector->icc_count == 0)
        collector->icc_count = count;
    if (number == 0 || number > count || count != collector->icc_count || collector->icc[number].data != NULL)
        collector->icc_broken = true;
    else
        collector->icc[number] =
            (struct pm_blob){.data = payload + JPEG_ICC_HEAD, .size = size - JPEG_ICC_HEAD};
}

static int join_icc(struct collector *collector)
{
    size_t size = 0;
    for (unsigned i = 1; i <= collector->icc_count; i++) {
        if (collector->icc[i].data == NULL)
            collector->icc_broken = true;
        size += collector->icc[i].size;
    }
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

int jpeg_read_metadata(const uint8_t *data, size_t size, unsigned keep, struct pm_metadata *meta,
                       struct context *context, struct pm_error *error)
{
    struct collector collector = {.keep = keep, .meta = meta, .context = context, .error = error};
    struct jpeg_walk walk;
    struct jpeg_segment segment;
    jpeg_walk_start_memory(&walk, data, size, JPEG_FIRST_SEGMENT);
    do {
        if (jpeg_walk_next(&walk, &segment, error) != 0)
            return -1;
        if (segment.size > size - segment.offset)
            return jpeg_ends_in_header(error);
        const uint8_t *payload = data + segment.offset;
        int status = 0;
        if (segment.marker == JPEG_APP1)
            status = take_app1(&collector, payload, segment.size);
        else if (segment.marker == JPEG_APP2)
            take_icc(&collector, payload, segment.size);
        else if (segment.marker == JPEG_COM)
            status = take_comment(&collector, payload, segment.size);
        if (status != 0)
            return -1;
    } while (segment.marker != JPEG_SOS);
    return join_icc(&collector);
}

void jpeg_read_density(const struct jpeg_decompress_struct *cinfo, struct pm_metadata *meta)
{
    unsigned x = cinfo->X_density, y = cinfo->Y_density, unit = cinfo->density_unit;
    if (!cinfo->saw_JFIF_marker || x == 0 || y == 0 || unit > 2 || (unit == 0 && x == y))
        return;
    double scale = unit == 1 ? 1 / metres_an_inch : unit == 2 ? 100 : 1;
    meta->has_density = true;
    meta->density_unit = unit != 0;
    meta->density_x = (uint32_t)lround(x * scale);
    meta->density_y = (uint32_t)lround(y * scale);
}

static double inches(uint32_t a_metre)
{
    return round(a_metre * metres_an_inch);
}

/* Was this density, in pixels a metre, once a whole number of pixels an inch? */
static bool is_in_inches(uint32_t a_metre)
{
    return round(inches(a_metre) / metres_an_inch) == a_metre;
}

void jpeg_write_density(struct jpeg_compress_struct *cinfo, const struct pm_metadata *meta)
{
    if (!meta->has_density)
        return;
    double x = meta->density_x, y = meta->density_y;
    unsigned unit = 0;
    if (meta->density_unit == 1) {
        bool inch = (is_in_inches(meta->density_x) && is_in_inches(meta->density_y)) ||
                    meta->density_x % 100 != 0 || meta->density_y % 100 != 0;
        unit = inch ? 1 : 2;
        x = inch ? inches(meta->density_x) : x / 100;
        y = inch ? inches(meta->density_y) : y / 100;
    }
    if (x < 1 || y < 1 || x > UINT16_MAX || y > UINT16_MAX)
        return; /* no JFIF field holds it */
    cinfo->density_unit = (UINT8)unit;
    cinfo->X_density = (UINT16)x;
    cinfo->Y_density = (UINT16)y;
}

/* One segment: prefix[prefix_size], then data[size]. */
static void write_segment(struct jpeg_compress_struct *cinfo, int marker, const void *prefix,
                          size_t prefix_size, const void *data, size_t size, const char *what,
                          struct context *context)
{
    if (size > JPEG_PAYLOAD_MAX - prefix_size) {
        context_warn(context, "%s of %zu bytes is left out (a JPEG holds %zu)", what, size,
                     JPEG_PAYLOAD_MAX - prefix_size);
        return;
    }
    jpeg_write_m_header(cinfo, marker, (unsigned)(prefix_size + size));
    const uint8_t *p = prefix;
    for (size_t i = 0; i < prefix_size; i++)
        jpeg_write_m_byte(cinfo, p[i]);
    p = data;
    for (size_t i = 0; i < size; i++)
        jpeg_write_m_byte(cinfo, p[i]);
}

static void write_exif(struct jpeg_compress_struct *cinfo, const struct pm_image *image,
                       struct context *context)
{
    uint8_t minimal[EXIF_MINIMAL_BYTES];
    struct pm_blob exif = image->meta.exif;
    if (exif.data == NULL && image->orientation > 1) {
        exif_minimal(minimal, image->orientation);
        exif = (struct pm_blob){.data = minimal, .size = sizeof minimal};
    }
    if (exif.data != NULL)
        write_segment(cinfo, JPEG_APP1, JPEG_EXIF_ID, sizeof JPEG_EXIF_ID, exif.data, exif.size, "EXIF",
                      context);
}

static void write_icc(struct jpeg_compress_struct *cinfo, struct pm_blob icc, struct context *context)
{
    const size_t most = (size_t)ICC_SEGMENTS_MAX * (JPEG_PAYLOAD_MAX - JPEG_ICC_HEAD);
    if (icc.data == NULL || icc.size == 0)
        return;
    if (icc.size > most)
        context_warn(context, "an ICC profile of %zu bytes is left out (a JPEG holds %zu)", icc.size, most);
    else
        jpeg_write_icc_profile(cinfo, icc.data, (unsigned)icc.size);
}

void jpeg_write_metadata(struct jpeg_compress_struct *cinfo, const struct pm_image *image,
                         struct context *context)
{
    const struct pm_metadata *meta = &image->meta;
    write_exif(cinfo, image, context);
    if (meta->xmp.data != NULL)
        write_segment(cinfo, JPEG_APP1, JPEG_XMP_ID, sizeof JPEG_XMP_ID, meta->xmp.data, meta->xmp.size,
                      "XMP", context);
    write_icc(cinfo, meta->icc, context);
    for (size_t i = 0; i < meta->ntexts; i++) {
        const struct pm_text *text = &meta->texts[i];
        /* A comment has no keyword: other texts say theirs. */
        char keyword[96] = "";
        if (strcmp(text->keyword, "Comment") != 0)
            snprintf(keyword, sizeof keyword, "%s: ", text->keyword);
        write_segment(cinfo, JPEG_COM, keyword, strlen(keyword), text->text, strlen(text->text), "a text",
                      context);
    }
}
