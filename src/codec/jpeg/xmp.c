/*
 * Extended XMP (XMP Specification, part 3, 1.1.3.1): a packet too large for one segment is written as two,
 * each well-formed RDF. The standard one names the other, the extension, by the MD5 of its bytes; the
 * extension comes in segments that each say whose they are and where in it. Here a packet is always one and
 * whole: it is joined when it is read and parted when it is written.
 */
#include <string.h>

#include "base/bytes.h"
#include "codec/jpeg/meta.h"
#include "image/xml.h"

enum ns { NS_RDF, NS_META, NS_NOTE };

static const char *const namespaces[] = {
    [NS_RDF] = "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    [NS_META] = "adobe:ns:meta/",
    [NS_NOTE] = "http://ns.adobe.com/xmp/note/",
    NULL,
};

static const char note_name[] = "HasExtendedXMP";

enum { DESCRIPTIONS_MAX = 64 };

/* Where things are in a packet, as offsets. */
struct layout {
    size_t element, element_end;   /* the outermost element */
    size_t contents, contents_end; /* of rdf:RDF */
    struct xml_piece rdf;          /* the prefix */
    bool plain; /* no other namespaces are declared outside of the descriptions than theirs */
    unsigned ndescriptions;
    struct {
        size_t at, end;
    } description[DESCRIPTIONS_MAX]; /* the first of rdf:RDF's children */
    struct xml_piece extension;      /* the GUID in the packet's note; no `at`: none */
};

static void open_rdf(const struct xml_reader *reader, const struct xml_token *token, const char *text,
                     struct layout *layout)
{
    layout->contents = (size_t)(token->whole.at + token->whole.size - text);
    layout->rdf = token->name.prefix;
    layout->plain = true;
    for (unsigned i = 0; i < reader->nbindings; i++) {
        const int ns = reader->bindings[i].ns;
        layout->plain &= ns == NS_RDF || ns == NS_META;
    }
}

static bool is_note(const struct xml_name *name)
{
    return name->ns == NS_NOTE && xml_is(name->local, note_name);
}

static void find_note(const struct xml_reader *reader, const struct xml_token *token, struct layout *layout)
{
    const char *at = NULL;
    struct xml_attribute attribute;
    if (is_note(&token->name))
        layout->extension = xml_text_ahead(reader);
    while (xml_attribute(reader, token, &at, &attribute) == 1) {
        if (!attribute.declares && is_note(&attribute.name))
            layout->extension = attribute.value;
    }
}

/* False when it is not well-formed, or has no rdf:RDF. */
static bool find_layout(const char *text, size_t size, struct layout *layout)
{
    struct xml_reader reader;
    struct xml_token token;
    enum xml_kind kind;
    unsigned depth = 0; /* of rdf:RDF, once it was opened */
    *layout = (struct layout){0};
    xml_open(&reader, text, size, namespaces);
    while ((kind = xml_next(&reader, &token)) != XML_END) {
        if (kind == XML_ERROR)
            return false;
        if (kind == XML_REST)
            continue;
        const size_t at = (size_t)(token.whole.at - text), end = at + token.whole.size;
        const bool rdf = token.name.ns == NS_RDF && xml_is(token.name.local, "RDF");
        if (kind == XML_OPEN && token.depth == 1)
            layout->element = at;
        if ((kind == XML_CLOSE || token.empty) && token.depth == 1)
            layout->element_end = end;
        if (kind == XML_OPEN && depth > 0)
            find_note(&reader, &token, layout);
        if (kind == XML_OPEN && depth == 0 && rdf && !token.empty) {
            depth = token.depth;
            open_rdf(&reader, &token, text, layout);
        } else if (kind == XML_CLOSE && token.depth == depth && layout->contents_end == 0) {
            layout->contents_end = at;
        } else if (depth > 0 && layout->contents_end == 0 && token.depth == depth + 1) {
            if (kind == XML_OPEN && layout->ndescriptions < DESCRIPTIONS_MAX)
                layout->description[layout->ndescriptions++].at = at;
            if ((kind == XML_CLOSE || token.empty) && layout->ndescriptions > 0 &&
                layout->description[layout->ndescriptions - 1].end == 0)
                layout->description[layout->ndescriptions - 1].end = end;
        }
    }
    return layout->contents_end > 0;
}

static bool same_prefix(struct xml_piece a, struct xml_piece b)
{
    return a.size == b.size && memcmp(a.at, b.at, a.size) == 0;
}

static char *append(char *end, const char *bytes, size_t size)
{
    memcpy(end, bytes, size);
    return end + size;
}

static char *job_alloc(struct context *context, size_t size)
{
    char *memory = arena_alloc(context->job_arena, size);
    if (memory == NULL)
        error_memory(context->error, size);
    return memory;
}

/* --- joining --------------------------------------------------------------------------------------- */

struct extension {
    const uint8_t *data; /* the file */
    size_t size;
    const char *guid;
    uint8_t *bytes; /* what its segments hold, put together; NULL: they are counted */
    uint32_t whole; /* bytes, as the first of them says */
    uint64_t held;  /* bytes in its segments */
};

/* Goes through the extension's segments: counts them, or puts their bytes together. */
static void go_through(struct extension *extension)
{
    enum { GUID = sizeof JPEG_XMP_EXTENSION_ID, WHOLE = GUID + MD5_HEX, OFFSET = WHOLE + 4 };
    struct jpeg_walk walk;
    struct jpeg_segment segment;
    const struct jpeg_contents *contents;
    struct pm_error none = {0};
    jpeg_walk_start_memory(&walk, extension->data, extension->size, JPEG_FIRST_SEGMENT);
    while (jpeg_walk_next(&walk, &segment, &none) == 0 && segment.marker != JPEG_SOS &&
           (contents = jpeg_walk_contents(&walk, &segment, &none)) != NULL) {
        const uint8_t *payload = extension->data + segment.offset;
        if (contents->content != CONTENT_XMP_EXTENSION || segment.size < JPEG_XMP_EXTENSION_HEAD ||
            memcmp(payload + GUID, extension->guid, MD5_HEX) != 0)
            continue;
        const uint32_t size = segment.size - JPEG_XMP_EXTENSION_HEAD, offset = get_be32(payload + OFFSET);
        if (extension->bytes == NULL) {
            extension->whole = extension->held == 0 ? get_be32(payload + WHOLE) : extension->whole;
            extension->held += size;
        } else if (offset <= extension->whole && size <= extension->whole - offset) {
            memcpy(extension->bytes + offset, payload + JPEG_XMP_EXTENSION_HEAD, size);
        }
    }
}

/* Fills *bytes with the extension's; with NULL when it is not all there, or not what its name says. */
static int read_extension(struct extension *extension, struct context *context)
{
    char guid[MD5_HEX + 1];
    go_through(extension);
    if (extension->whole == 0 || extension->held < extension->whole)
        return 0;
    extension->bytes = (uint8_t *)job_alloc(context, extension->whole);
    if (extension->bytes == NULL)
        return -1;
    memset(extension->bytes, 0, extension->whole);
    go_through(extension);
    md5_hex(extension->bytes, extension->whole, guid);
    if (memcmp(guid, extension->guid, MD5_HEX) != 0)
        extension->bytes = NULL;
    return 0;
}

/* The descriptions of the extension follow those of the packet. */
static int join(struct pm_blob *xmp, const struct layout *layout, const struct extension *extension,
                struct context *context)
{
    struct layout other;
    const char *text = (const char *)xmp->data, *more = (const char *)extension->bytes;
    if (!find_layout(more, extension->whole, &other) || !other.plain ||
        !same_prefix(layout->rdf, other.rdf)) {
        context_warn(context, "its extended XMP does not fit the rest of it and is left out");
        return 0;
    }
    const size_t size = other.contents_end - other.contents;
    char *joined = job_alloc(context, xmp->size + size);
    if (joined == NULL)
        return -1;
    char *end = append(joined, text, layout->contents_end);
    end = append(end, more + other.contents, size);
    append(end, text + layout->contents_end, xmp->size - layout->contents_end);
    *xmp = (struct pm_blob){(const uint8_t *)joined, xmp->size + size};
    return 0;
}

int jpeg_join_xmp(const uint8_t *data, size_t size, struct pm_blob *xmp, struct context *context)
{
    struct layout layout;
    if (xmp->data == NULL || !find_layout((const char *)xmp->data, xmp->size, &layout) ||
        layout.extension.size != MD5_HEX) {
        context_warn(context, "its extended XMP is left out: no XMP names it");
        return 0;
    }
    struct extension extension = {.data = data, .size = size, .guid = layout.extension.at};
    if (read_extension(&extension, context) != 0)
        return -1;
    if (extension.bytes == NULL) {
        context_warn(context, "its extended XMP is incomplete or damaged and left out");
        return 0;
    }
    return join(xmp, &layout, &extension, context);
}

/* --- parting --------------------------------------------------------------------------------------- */

static const char note_begin[] = ":Description xmlns:xmpNote=\"http://ns.adobe.com/xmp/note/\" ",
                  note_about[] = ":about=\"\" xmpNote:HasExtendedXMP=\"", note_end[] = "\"/>";

static size_t note_size(struct xml_piece rdf)
{
    return 1 + rdf.size + sizeof note_begin - 1 + rdf.size + sizeof note_about - 1 + MD5_HEX +
           sizeof note_end - 1;
}

static char *append_note(char *end, struct xml_piece rdf, const char guid[MD5_HEX])
{
    end = append(end, "<", 1);
    end = append(end, rdf.at, rdf.size);
    end = append(end, note_begin, sizeof note_begin - 1);
    end = append(end, rdf.at, rdf.size);
    end = append(end, note_about, sizeof note_about - 1);
    end = append(end, guid, MD5_HEX);
    return append(end, note_end, sizeof note_end - 1);
}

/* Chooses descriptions for the extension, the largest first, until the rest is `excess` smaller. */
static bool choose(const struct layout *layout, size_t excess, bool moved[DESCRIPTIONS_MAX])
{
    size_t less = 0;
    memset(moved, 0, DESCRIPTIONS_MAX * sizeof *moved);
    while (less < excess) {
        unsigned largest = DESCRIPTIONS_MAX;
        size_t most = 0;
        for (unsigned i = 0; i < layout->ndescriptions; i++) {
            size_t size = layout->description[i].end - layout->description[i].at;
            if (!moved[i] && size > most) {
                most = size;
                largest = i;
            }
        }
        if (most == 0)
            return false;
        moved[largest] = true;
        less += most;
    }
    return true;
}

/* White space after the outermost element, by which packets can grow in place. */
static size_t padding(const char *text, size_t size, size_t at)
{
    size_t end = at;
    while (end < size && (text[end] == ' ' || text[end] == '\n' || text[end] == '\r' || text[end] == '\t'))
        end++;
    return end - at;
}

/* The descriptions that are moved, within the elements that all are in. */
static struct pm_blob make_extension(const char *text, const struct layout *layout,
                                     const bool moved[DESCRIPTIONS_MAX], char *out)
{
    char *end = append(out, text + layout->element, layout->contents - layout->element);
    for (unsigned i = 0; i < layout->ndescriptions; i++) {
        if (moved[i])
            end = append(end, text + layout->description[i].at,
                         layout->description[i].end - layout->description[i].at);
    }
    end = append(end, text + layout->contents_end, layout->element_end - layout->contents_end);
    return (struct pm_blob){(const uint8_t *)out, (size_t)(end - out)};
}

/* The packet without the descriptions that are moved and without its padding; with a note when guid is none
 * but "". */
static struct pm_blob make_standard(struct pm_blob xmp, const struct layout *layout,
                                    const bool moved[DESCRIPTIONS_MAX], const char *guid, char *out)
{
    const char *text = (const char *)xmp.data;
    char *end = out;
    size_t at = 0;
    for (unsigned i = 0; i < layout->ndescriptions; i++) {
        if (!moved[i])
            continue;
        end = append(end, text + at, layout->description[i].at - at);
        at = layout->description[i].end;
    }
    end = append(end, text + at, layout->contents_end - at);
    if (guid[0] != '\0')
        end = append_note(end, layout->rdf, guid);
    end = append(end, text + layout->contents_end, layout->element_end - layout->contents_end);
    at = layout->element_end + padding(text, xmp.size, layout->element_end);
    end = append(end, text + at, xmp.size - at);
    return (struct pm_blob){(const uint8_t *)out, (size_t)(end - out)};
}

int jpeg_part_xmp(struct pm_blob xmp, size_t room, struct pm_blob *standard, struct pm_blob *extension,
                  char guid[MD5_HEX + 1], struct context *context)
{
    struct layout layout;
    bool moved[DESCRIPTIONS_MAX] = {false};
    const char *text = (const char *)xmp.data;
    if (xmp.size > UINT32_MAX || !find_layout(text, xmp.size, &layout) || layout.rdf.size == 0)
        return 0;
    const size_t note = note_size(layout.rdf);
    const size_t size = xmp.size - padding(text, xmp.size, layout.element_end);
    guid[0] = '\0';
    if (size > room && !choose(&layout, size + note - room, moved))
        return 0;
    char *out = job_alloc(context, 2 * xmp.size + note);
    if (out == NULL)
        return -1;
    if (size > room) {
        *extension = make_extension(text, &layout, moved, out);
        md5_hex(extension->data, extension->size, guid);
        out += extension->size;
    }
    *standard = make_standard(xmp, &layout, moved, guid, out);
    return 1;
}
