/* Finds out from the header's segments what the file holds in addition to its image, and warns of what is
 * lost. */
#include <stdio.h>
#include <string.h>

#include "codec/jpeg/besides.h"
#include "codec/jpeg/jpeg.h"
#include "image/iptc.h"
#include "image/tiff.h"
#include "image/xml.h"

static const char credentials[] =
    "its content credentials (C2PA) are left out: they vouch for the bytes of the original";
static const char boxes[] = "its JUMBF boxes are left out";
static const char layers[] = "its JPEG XT layers are left out";

static bool has_loss(const struct jpeg_besides *besides, const char *text)
{
    for (unsigned i = 0; i < besides->nlosses; i++) {
        if (strcmp(besides->losses[i], text) == 0)
            return true;
    }
    return false;
}

static void add_loss(struct jpeg_besides *besides, const char *text)
{
    if (!has_loss(besides, text) && besides->nlosses < JPEG_LOSSES_MAX)
        besides->losses[besides->nlosses++] = text;
}

/* The printable beginning of an identifier. */
static struct jpeg_seen see(struct jpeg_walk *walk, const struct jpeg_segment *segment)
{
    struct jpeg_seen seen = {.marker = segment->marker};
    struct pm_error none = {0};
    size_t size = segment->size < sizeof seen.id - 1 ? segment->size : sizeof seen.id - 1;
    const uint8_t *payload = jpeg_walk_peek(walk, segment->offset, size, &none);
    for (size_t i = 0; payload != NULL && i < size && payload[i] >= ' ' && payload[i] < 0x7F; i++)
        seen.id[i] = (char)payload[i];
    return seen;
}

static void add_unknown(struct jpeg_besides *besides, struct jpeg_seen seen)
{
    unsigned count = besides->nunknown < JPEG_SEEN_MAX ? besides->nunknown : JPEG_SEEN_MAX;
    for (unsigned i = 0; i < count; i++) {
        if (besides->unknown[i].marker == seen.marker && strcmp(besides->unknown[i].id, seen.id) == 0)
            return;
    }
    if (besides->nunknown < JPEG_SEEN_MAX)
        besides->unknown[besides->nunknown] = seen;
    if (besides->nunknown <= JPEG_SEEN_MAX)
        besides->nunknown++;
}

/* The index (CIPA DC-007, 5.2): a TIFF structure, whose offsets count from its beginning in the file. */
static void add_index(struct jpeg_besides *besides, const uint8_t *payload,
                      const struct jpeg_segment *segment)
{
    enum { HEAD = 4, TAG_ENTRIES = 0xB002, ENTRY = 16, KIND = 0xFFFFFF, GAIN_MAP = 0x050000 };
    enum { CLASS = 0xFF0000, LARGE_THUMBNAIL = 0x010000 };
    struct tiff tiff;
    if (!tiff_open(&tiff, payload + HEAD, segment->size - HEAD))
        return;
    size_t ifd = tiff_get_32(&tiff, 4), entries = tiff_entries(&tiff, ifd);
    for (size_t i = 0; i < entries; i++) {
        struct tiff_entry entry = tiff_entry(&tiff, ifd, i);
        if (entry.tag != TAG_ENTRIES)
            continue;
        for (size_t at = ENTRY; at + ENTRY <= entry.value_size; at += ENTRY) { /* the first one is the main */
            uint32_t kind = tiff_get_32(&tiff, entry.value_at + at) & KIND;
            besides->indexed++;
            besides->copies += (kind & CLASS) == LARGE_THUMBNAIL;
            besides->gain_map |= kind == GAIN_MAP;
            if ((kind & CLASS) != LARGE_THUMBNAIL && besides->nindex < JPEG_INDEX_MAX)
                besides->index[besides->nindex++] =
                    segment->offset + HEAD + tiff_get_32(&tiff, entry.value_at + at + 8);
        }
        return;
    }
}

enum ns { NS_ITEM, NS_HDRGM, NS_APPLE_GAIN_MAP, NS_APPLE_AUXILIARY };

static const char *const namespaces[] = {
    [NS_ITEM] = "http://ns.google.com/photos/1.0/container/item/",
    [NS_HDRGM] = "http://ns.adobe.com/hdr-gain-map/1.0/",
    [NS_APPLE_GAIN_MAP] = "http://ns.apple.com/HDRGainMap/1.0/",
    [NS_APPLE_AUXILIARY] = "http://ns.apple.com/pixeldatainfo/1.0/",
    NULL,
};

/* What an XMP property says about images: those of a file by Google's container (the main image, further
 * images, a video), or the image that the XMP belongs to. */
struct statements {
    unsigned pictures; /* but for the main one */
    bool gain_map;     /* one of them is one */
    bool is_gain_map;
};

static void take_statement(struct xml_name name, struct xml_piece value, struct statements *statements)
{
    if (name.ns == NS_ITEM && xml_is(name.local, "Semantic")) {
        statements->gain_map |= xml_is(value, "GainMap");
        statements->pictures += !xml_is(value, "Primary") && !xml_is(value, "MotionPhoto");
    }
    statements->is_gain_map |= (name.ns == NS_HDRGM && xml_is(name.local, "GainMapMax")) ||
                               name.ns == NS_APPLE_GAIN_MAP ||
                               (name.ns == NS_APPLE_AUXILIARY && xml_is(name.local, "AuxiliaryImageType") &&
                                memmem(value.at, value.size, "hdrgainmap", 10) != NULL);
}

static struct statements read_statements(const uint8_t *xmp, size_t size)
{
    struct statements statements = {0};
    struct xml_reader reader;
    struct xml_token token;
    enum xml_kind kind;
    xml_open(&reader, (const char *)xmp, size, namespaces);
    while ((kind = xml_next(&reader, &token)) != XML_END && kind != XML_ERROR) {
        if (kind != XML_OPEN)
            continue;
        take_statement(token.name, xml_text_ahead(&reader), &statements);
        const char *at = NULL;
        struct xml_attribute attribute;
        while (xml_attribute(&reader, &token, &at, &attribute) == 1) {
            if (!attribute.declares)
                take_statement(attribute.name, attribute.value, &statements);
        }
    }
    return statements;
}

/* Of the main picture's XMP. */
static void add_xmp(struct jpeg_besides *besides, const uint8_t *payload, size_t size)
{
    struct statements statements = read_statements(payload + JPEG_XMP_HEAD, size - JPEG_XMP_HEAD);
    besides->xmp = true;
    besides->xmp_size += size - JPEG_XMP_HEAD;
    besides->announced += statements.pictures;
    besides->gain_map |= statements.gain_map;
}

static void add_resources(struct jpeg_besides *besides, const uint8_t *payload, size_t size)
{
    besides->photoshop_size += size - JPEG_PHOTOSHOP_HEAD;
    iptc_search(&besides->resources, payload + JPEG_PHOTOSHOP_HEAD, size - JPEG_PHOTOSHOP_HEAD);
    const struct iptc_search *search = &besides->resources;
    const bool whole = search->found && search->size <= besides->photoshop_size - search->offset;
    besides->iptc_size = whole ? search->size : 0;
}

/* "JP", a box's number, its segment's number, the box's length and type; JUMBF's first box of all says by a
 * UUID what the others are about. */
static void add_box(struct jpeg_besides *besides, const uint8_t *payload, size_t size)
{
    enum { SEQUENCE = 4, TYPE = 12, HEAD = 16, EXTRA = 8, DESCRIPTION = 8 };
    bool large = size >= HEAD && memcmp(payload + 8, "\0\0\0\1", 4) == 0;
    size_t at = HEAD + (large ? EXTRA : 0);
    if (size < HEAD || memcmp(payload + TYPE, "jumb", 4) != 0) {
        add_loss(besides, layers);
        return;
    }
    if (memcmp(payload + SEQUENCE, "\0\0\0\1", 4) != 0)
        return; /* continues a box already seen */
    bool c2pa = size >= at + DESCRIPTION + 4 && memcmp(payload + at + DESCRIPTION, "c2pa", 4) == 0;
    add_loss(besides, c2pa ? credentials : boxes);
}

static void add_icc(struct jpeg_besides *besides, const uint8_t *payload, const struct jpeg_segment *segment)
{
    if (segment->size < JPEG_ICC_HEAD)
        return;
    uint8_t number = payload[sizeof JPEG_ICC_ID];
    if (!besides->icc_seen[number])
        besides->icc_size += segment->size - JPEG_ICC_HEAD;
    if (!besides->icc_seen[number] && number == 1)
        besides->icc_at = segment->offset + JPEG_ICC_HEAD;
    besides->icc_seen[number] = true;
}

int jpeg_besides_add(struct jpeg_besides *besides, struct jpeg_walk *walk, const struct jpeg_segment *segment,
                     const struct jpeg_contents *contents, uint8_t buffer[JPEG_PAYLOAD_MAX],
                     struct pm_error *error)
{
    const enum jpeg_content content = contents->content;
    const uint8_t *payload = NULL;
    if (content == CONTENT_XMP || content == CONTENT_ICC || content == CONTENT_PHOTOSHOP ||
        content == CONTENT_INDEX || content == CONTENT_BOXES) {
        payload = jpeg_walk_payload(walk, segment, buffer, error);
        if (payload == NULL)
            return -1;
    }
    switch (content) {
    case CONTENT_EXIF:
        if (besides->exif_size == 0)
            besides->exif_size = segment->size - JPEG_EXIF_HEAD;
        break;
    case CONTENT_XMP:
        if (!besides->xmp)
            add_xmp(besides, payload, segment->size);
        break;
    case CONTENT_XMP_EXTENSION:
        if (segment->size > JPEG_XMP_EXTENSION_HEAD)
            besides->xmp_size += segment->size - JPEG_XMP_EXTENSION_HEAD;
        break;
    case CONTENT_ICC:
        add_icc(besides, payload, segment);
        break;
    case CONTENT_PHOTOSHOP:
        add_resources(besides, payload, segment->size);
        break;
    case CONTENT_INDEX:
        add_index(besides, payload, segment);
        break;
    case CONTENT_GAIN_MAP: /* in the main picture the version alone, in a gain map its parameters */
        besides->gain_map |= segment->size <= contents->size + 4u;
        break;
    case CONTENT_BOXES:
        add_box(besides, payload, segment->size);
        break;
    case CONTENT_RATIO_IMAGE:
        besides->ratio_image = true;
        add_loss(besides, contents->loss);
        break;
    case CONTENT_OTHER:
        add_loss(besides, contents->loss);
        break;
    case CONTENT_NOTES:
        if (besides->notes.marker == 0)
            besides->notes = see(walk, segment);
        break;
    case CONTENT_UNKNOWN:
        add_unknown(besides, see(walk, segment));
        break;
    case CONTENT_CODING:
    case CONTENT_JFIF:
    case CONTENT_ADOBE:
    case CONTENT_COMMENT:
    case CONTENT_COPY:
        break;
    }
    return 0;
}

bool jpeg_is_gain_map(struct jpeg_walk *walk, uint8_t buffer[JPEG_PAYLOAD_MAX])
{
    struct jpeg_segment segment;
    struct pm_error none = {0};
    bool xmp = false; /* the first packet counts, so that little is read however many there are */
    while (jpeg_walk_next(walk, &segment, &none) == 0 && segment.marker != JPEG_SOS &&
           segment.marker != JPEG_EOI) {
        const struct jpeg_contents *contents = jpeg_walk_contents(walk, &segment, &none);
        if (contents == NULL)
            return false;
        if (contents->content == CONTENT_GAIN_MAP)
            return true;
        if (contents->content != CONTENT_XMP || xmp)
            continue;
        xmp = true;
        const uint8_t *payload = jpeg_walk_payload(walk, &segment, buffer, &none);
        if (payload != NULL &&
            read_statements(payload + JPEG_XMP_HEAD, segment.size - JPEG_XMP_HEAD).is_gain_map)
            return true;
    }
    return false;
}

void jpeg_besides_look(struct jpeg_besides *besides, struct byte_source *source,
                       uint8_t buffer[JPEG_PAYLOAD_MAX])
{
    for (unsigned i = 0; i < besides->nindex && !besides->gain_map; i++) {
        struct jpeg_walk walk;
        struct pm_error none = {0};
        jpeg_walk_start(&walk, source, besides->index[i] + JPEG_FIRST_SEGMENT);
        const uint8_t *begin = jpeg_walk_peek(&walk, besides->index[i], JPEG_FIRST_SEGMENT, &none);
        if (begin != NULL && begin[0] == 0xFF && begin[1] == JPEG_SOI)
            besides->gain_map = jpeg_is_gain_map(&walk, buffer);
    }
}

void jpeg_besides_tell(const struct jpeg_besides *besides, struct pm_info *info)
{
    unsigned indexed = besides->indexed - besides->copies;
    info->exif_size = besides->exif_size;
    info->xmp_size = besides->xmp_size;
    info->iptc_size = besides->iptc_size;
    info->icc_size = besides->icc_size;
    info->icc_at = besides->icc_at;
    info->gain_map = besides->gain_map || besides->ratio_image;
    info->extra_pictures = indexed > besides->announced ? indexed : besides->announced;
    if (info->gain_map && info->extra_pictures == 0)
        info->extra_pictures = 1;
}

/* --- what is said of it ---------------------------------------------------------------------------- */

/* APP5 "RMETA" */
static const char *segment_name(const struct jpeg_seen *seen, char name[sizeof seen->id + 16])
{
    snprintf(name, sizeof seen->id + 16, seen->id[0] != '\0' ? "APP%u \"%s\"" : "APP%u",
             seen->marker - JPEG_APP0, seen->id);
    return name;
}

/* Thermal cameras write their measurements into APP2 to APP9, mostly without an identifier. */
static bool is_explained(const struct jpeg_besides *besides, const struct jpeg_seen *seen)
{
    return has_loss(besides, jpeg_thermal) && seen->marker >= JPEG_APP2 && seen->marker <= JPEG_APP9;
}

static void warn_of_unknown(const struct jpeg_besides *besides, struct context *context)
{
    char name[sizeof besides->unknown->id + 16];
    for (unsigned i = 0; i < besides->nunknown && i < JPEG_SEEN_MAX; i++) {
        if (is_explained(besides, &besides->unknown[i]))
            continue;
        context_warn(context, "its segment %s, of unknown contents, is left out",
                     segment_name(&besides->unknown[i], name));
    }
    if (besides->nunknown > JPEG_SEEN_MAX && !has_loss(besides, jpeg_thermal))
        context_warn(context, "further segments of unknown contents are left out");
}

/* What --keep=all asks for, and no file of ours has a place for. */
static void warn_of_notes(const struct jpeg_besides *besides, const struct jpeg_trailer *trailer,
                          struct context *context)
{
    enum { WRAPPING = 16 }; /* of IPTC alone among Photoshop's resources */
    char name[sizeof besides->notes.id + 16];
    if (besides->notes.marker != 0)
        context_warn(context, "notes of a camera or program (%s) are left out",
                     segment_name(&besides->notes, name));
    if (trailer->notes != NULL)
        context_warn(context, "notes of a camera or program after the image (%s) are left out",
                     trailer->notes);
    if (besides->photoshop_size > besides->iptc_size + WRAPPING)
        context_warn(context, "Photoshop's image resources are left out, but for IPTC");
}

static void warn_of_pictures(const struct jpeg_besides *besides, const struct jpeg_trailer *trailer,
                             bool quiet, struct context *context)
{
    unsigned pictures = trailer->pictures > besides->copies ? trailer->pictures - besides->copies : 0;
    bool gain_map = pictures > 0 && (besides->gain_map || trailer->gain_map);
    unsigned others = pictures - gain_map;
    if (gain_map && !quiet)
        context_warn(context, "its gain map is left out: the result is the picture for SDR displays");
    if (others > 0)
        context_warn(context, "%u further %s in the file %s left out", others,
                     others == 1 ? "picture" : "pictures", others == 1 ? "is" : "are");
}

void jpeg_warn_of_losses(const struct jpeg_besides *besides, const struct jpeg_trailer *trailer,
                         const struct decode_request *request, struct context *context)
{
    warn_of_pictures(besides, trailer, request->quiet_gain_map, context);
    if (trailer->video)
        context_warn(context, "its video (of a motion photo) is left out");
    if (trailer->sound)
        context_warn(context, "its sound recording is left out");
    for (unsigned i = 0; i < besides->nlosses; i++)
        context_warn(context, "%s", besides->losses[i]);
    warn_of_unknown(besides, context);
    if (trailer->unknown > 0)
        context_warn(context, "%zu bytes after the end of the image are left out", trailer->unknown);
    if ((request->keep & KEEP_ALL) == KEEP_ALL)
        warn_of_notes(besides, trailer, context);
}
