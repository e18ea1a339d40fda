/*
 * The packet is copied token by token. In RDF a property of the picture is an attribute or a child element of
 * an rdf:Description that is a child of rdf:RDF (ISO 16684-1, 7); values are changed only there, because
 * nested properties of the same name (of an ingredient, of a version) describe other images. What must not
 * remain is removed everywhere.
 */
#include "image/xmp.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "image/xml.h"

enum ns {
    NS_RDF,
    NS_DC,
    NS_XMP,
    NS_TIFF,
    NS_EXIF,
    NS_NOTE,
    NS_PHOTOSHOP,
    NS_THUMBNAIL,
    NS_HDRGM,
    NS_APPLE_GAIN_MAP,
    NS_APPLE_AUXILIARY,
    NS_CONTAINER,
    NS_CONTAINER_ITEM,
    NS_CAMERA,
    NS_DEVICE,
    NS_IMAGE,
    NS_DEPTH_MAP,
    NS_PANORAMA,
    NS_REGIONS,
    NS_MICROSOFT,
    NS_IPTC_EXTENSION,
    NS_ACDSEE_REGIONS,
    NS_APPLE_FACES,
};

static const char *const namespaces[] = {
    [NS_RDF] = "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    [NS_DC] = "http://purl.org/dc/elements/1.1/",
    [NS_XMP] = "http://ns.adobe.com/xap/1.0/",
    [NS_TIFF] = "http://ns.adobe.com/tiff/1.0/",
    [NS_EXIF] = "http://ns.adobe.com/exif/1.0/",
    [NS_NOTE] = "http://ns.adobe.com/xmp/note/",
    [NS_PHOTOSHOP] = "http://ns.adobe.com/photoshop/1.0/",
    [NS_THUMBNAIL] = "http://ns.adobe.com/xap/1.0/g/img/",
    [NS_HDRGM] = "http://ns.adobe.com/hdr-gain-map/1.0/",
    [NS_APPLE_GAIN_MAP] = "http://ns.apple.com/HDRGainMap/1.0/",
    [NS_APPLE_AUXILIARY] = "http://ns.apple.com/pixeldatainfo/1.0/",
    [NS_CONTAINER] = "http://ns.google.com/photos/1.0/container/",
    [NS_CONTAINER_ITEM] = "http://ns.google.com/photos/1.0/container/item/",
    [NS_CAMERA] = "http://ns.google.com/photos/1.0/camera/",
    [NS_DEVICE] = "http://ns.google.com/photos/dd/1.0/device/",
    [NS_IMAGE] = "http://ns.google.com/photos/1.0/image/",
    [NS_DEPTH_MAP] = "http://ns.google.com/photos/1.0/depthmap/",
    [NS_PANORAMA] = "http://ns.google.com/photos/1.0/panorama/",
    [NS_REGIONS] = "http://www.metadataworkinggroup.com/schemas/regions/",
    [NS_MICROSOFT] = "http://ns.microsoft.com/photo/1.2/",
    [NS_IPTC_EXTENSION] = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    [NS_ACDSEE_REGIONS] = "http://ns.acdsee.com/regions/",
    [NS_APPLE_FACES] = "http://ns.apple.com/faceinfo/1.0/",
    NULL,
};

enum action {
    KEEP,
    REMOVE,
    REMOVE_MOVED,
    REMOVE_REFRAMED,
    REMOVE_RECOLORED,
    SET_WIDTH,
    SET_HEIGHT,
    SET_ORIENTATION,
    SET_MIME,
    SET_CENTERED,    /* the chroma position of pixmill's JPEGs */
    SET_COLOR_SPACE, /* if the colours were converted */
    EXCHANGE,        /* swap X and Y in the name if the image was transposed */
};

struct rule {
    int ns;
    const char *local; /* 'prefix*' matches all names with that prefix */
    enum action action;
    unsigned left_out; /* enum xmp_left_out, when it is removed */
};

static const struct rule rules[] = {
    {NS_TIFF, "Orientation", SET_ORIENTATION, 0},
    {NS_TIFF, "ImageWidth", SET_WIDTH, 0},
    {NS_TIFF, "ImageLength", SET_HEIGHT, 0},
    {NS_EXIF, "PixelXDimension", SET_WIDTH, 0},
    {NS_EXIF, "PixelYDimension", SET_HEIGHT, 0},
    {NS_DC, "format", SET_MIME, 0},
    {NS_TIFF, "YCbCrPositioning", SET_CENTERED, 0},
    {NS_TIFF, "XResolution", EXCHANGE, 0},
    {NS_TIFF, "YResolution", EXCHANGE, 0},
    {NS_EXIF, "FocalPlaneXResolution", EXCHANGE, 0},
    {NS_EXIF, "FocalPlaneYResolution", EXCHANGE, 0},
    {NS_EXIF, "ColorSpace", SET_COLOR_SPACE, 0},
    {NS_EXIF, "Gamma", REMOVE_RECOLORED, 0},
    {NS_TIFF, "TransferFunction", REMOVE_RECOLORED, 0},
    {NS_TIFF, "WhitePoint", REMOVE_RECOLORED, 0},
    {NS_TIFF, "PrimaryChromaticities", REMOVE_RECOLORED, 0},
    {NS_PHOTOSHOP, "ICCProfile", REMOVE_RECOLORED, 0},
    /* How the old file stored its samples, and checksums of its EXIF. */
    {NS_TIFF, "Compression", REMOVE, 0},
    {NS_TIFF, "PhotometricInterpretation", REMOVE, 0},
    {NS_TIFF, "SamplesPerPixel", REMOVE, 0},
    {NS_TIFF, "BitsPerSample", REMOVE, 0},
    {NS_TIFF, "PlanarConfiguration", REMOVE, 0},
    {NS_TIFF, "YCbCrSubSampling", REMOVE, 0},
    {NS_TIFF, "NativeDigest", REMOVE, 0},
    {NS_EXIF, "NativeDigest", REMOVE, 0},
    {NS_EXIF, "CompressedBitsPerPixel", REMOVE, 0},
    {NS_PHOTOSHOP, "ColorMode", REMOVE, 0},
    /* Pictures. */
    {NS_XMP, "Thumbnails", REMOVE, 0},
    {NS_XMP, "PageInfo", REMOVE, 0},
    {NS_THUMBNAIL, "*", REMOVE, 0},
    {NS_IMAGE, "*", REMOVE, XMP_PICTURE},
    {NS_DEPTH_MAP, "*", REMOVE, XMP_PICTURE},
    {NS_DEVICE, "*", REMOVE, XMP_PICTURE},
    /* References to data that is no longer with the image; its remover warns. */
    {NS_NOTE, "*", REMOVE, 0},
    {NS_HDRGM, "*", REMOVE, 0},
    {NS_APPLE_GAIN_MAP, "*", REMOVE, 0},
    {NS_APPLE_AUXILIARY, "*", REMOVE, 0},
    {NS_CONTAINER, "*", REMOVE, 0},
    {NS_CONTAINER_ITEM, "*", REMOVE, 0},
    {NS_CAMERA, "MicroVideo*", REMOVE, 0},
    {NS_CAMERA, "MotionPhoto*", REMOVE, 0},
    /* Positions. */
    {NS_EXIF, "SubjectArea", REMOVE_MOVED, XMP_REGIONS},
    {NS_EXIF, "SubjectLocation", REMOVE_MOVED, XMP_REGIONS},
    {NS_IPTC_EXTENSION, "ImageRegion", REMOVE_MOVED, XMP_REGIONS},
    {NS_PANORAMA, "*", REMOVE_REFRAMED, XMP_REGIONS},
    {NS_REGIONS, "*", REMOVE_REFRAMED, XMP_REGIONS},
    {NS_MICROSOFT, "RegionInfo", REMOVE_REFRAMED, XMP_REGIONS},
    {NS_ACDSEE_REGIONS, "*", REMOVE_REFRAMED, XMP_REGIONS},
    {NS_APPLE_FACES, "*", REMOVE_REFRAMED, XMP_REGIONS},
};

/* The role of an element in RDF. */
enum place {
    PLACE_OTHER,
    PLACE_RDF,
    PLACE_PICTURE, /* rdf:Description of the image itself */
};

struct editor {
    struct xml_reader reader;
    const struct picture_facts *facts;
    char *out;
    size_t size, room;
    bool full;         /* no room was left */
    bool rdf;          /* an rdf:RDF was seen */
    unsigned skipping; /* depth of the element being removed; 0: none */
    unsigned left_out;
    enum place places[XML_DEPTH_MAX + 1]; /* of the open elements, by depth */
};

static void put(struct editor *editor, const char *at, size_t size)
{
    if (size > editor->room - editor->size) {
        editor->full = true;
        return;
    }
    memcpy(editor->out + editor->size, at, size);
    editor->size += size;
}

/* Copies the text from `from` to `to`. */
static void put_to(struct editor *editor, const char *from, const char *to)
{
    put(editor, from, (size_t)(to - from));
}

static bool is_local(struct xml_piece local, const char *pattern)
{
    size_t size = strlen(pattern);
    if (pattern[size - 1] != '*')
        return xml_is(local, pattern);
    return local.size >= size - 1 && memcmp(local.at, pattern, size - 1) == 0;
}

/* Is all of it base64 (with line breaks, possibly as entities) and too long for a checksum? */
static bool is_long_base64(struct xml_piece text)
{
    enum { LONG = 4096 };
    static const char others[] = "+/=_-&#;\r\n";
    if (text.size < LONG)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        const unsigned char c = (unsigned char)text.at[i], letter = c | 0x20;
        if (!(c >= '0' && c <= '9') && !(letter >= 'a' && letter <= 'z') &&
            memchr(others, c, sizeof others - 1) == NULL)
            return false;
    }
    return true;
}

/* May `text` be an image? True for the start of a base64 JPEG or PNG or of a data URL, and for any long
 * base64: depth maps, originals, and Google's encrypted HDR+ note, which may hold images. */
static bool is_picture(struct xml_piece text)
{
    static const char *const beginnings[] = {"/9j/", "iVBORw0KGgo", "data:image/"};
    while (text.size > 0 && (unsigned char)*text.at <= ' ') {
        text.at++;
        text.size--;
    }
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        size_t size = strlen(beginnings[i]);
        if (text.size >= size && memcmp(text.at, beginnings[i], size) == 0)
            return true;
    }
    return is_long_base64(text);
}

/* The text, or the content of CDATA or a comment. */
static struct xml_piece content_of(struct xml_piece rest)
{
    static const char *const openings[] = {"<![CDATA[", "<!--"};
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
        size_t size = strlen(openings[i]);
        if (rest.size >= size && memcmp(rest.at, openings[i], size) == 0)
            return (struct xml_piece){rest.at + size, rest.size - size};
    }
    return rest;
}

/* The action for a property of that name and value. Actions that do not apply to this image become KEEP; all
 * that remove become REMOVE, and are recorded for the warning. */
static enum action action_for(struct editor *editor, const struct xml_name *name, struct xml_piece value,
                              bool of_picture)
{
    const struct picture_facts *facts = editor->facts;
    const struct rule *rule = NULL;
    for (size_t i = 0; i < sizeof rules / sizeof *rules && rule == NULL; i++) {
        if (rules[i].ns == name->ns && is_local(name->local, rules[i].local))
            rule = &rules[i];
    }
    enum action action = rule != NULL ? rule->action : KEEP;
    const bool recolored = facts->colors != FACTS_COLORS_KEPT;
    if ((action == REMOVE_MOVED && facts->moved) || (action == REMOVE_REFRAMED && facts->reframed) ||
        (action == REMOVE_RECOLORED && recolored))
        action = REMOVE;
    if (action == REMOVE) {
        editor->left_out |= rule->left_out;
        return REMOVE;
    }
    if (is_picture(value)) {
        editor->left_out |= XMP_PICTURE;
        return REMOVE;
    }
    bool sets = action >= SET_WIDTH && (action != EXCHANGE || facts->transposed) &&
                (action != SET_COLOR_SPACE || recolored);
    return sets && of_picture ? action : KEEP;
}

/* Is everything of a namespace removed, so that its declaration is useless? */
static bool is_emptied(struct editor *editor, int ns)
{
    const struct xml_name any = {.local = {"*", 1}, .ns = ns};
    unsigned left_out = editor->left_out;
    bool emptied = action_for(editor, &any, (struct xml_piece){"", 0}, false) == REMOVE;
    editor->left_out = left_out;
    return emptied;
}

static void put_value(struct editor *editor, enum action action)
{
    const struct picture_facts *facts = editor->facts;
    char number[16];
    const unsigned color_space = facts->colors == FACTS_COLORS_SRGB ? 1 : 0xFFFF; /* as in EXIF */
    unsigned value = action == SET_WIDTH         ? facts->width
                     : action == SET_HEIGHT      ? facts->height
                     : action == SET_ORIENTATION ? facts->orientation
                     : action == SET_COLOR_SPACE ? color_space
                                                 : 1;
    int size = snprintf(number, sizeof number, "%u", value);
    if (action == SET_MIME)
        put(editor, facts->mime, strlen(facts->mime));
    else
        put(editor, number, (size_t)size);
}

/* Writes a name with X and Y swapped. */
static void put_exchanged(struct editor *editor, struct xml_piece name)
{
    for (size_t i = 0; i < name.size; i++)
        put(editor, name.at[i] == 'X' ? "Y" : name.at[i] == 'Y' ? "X" : &name.at[i], 1);
}

static void put_name(struct editor *editor, const struct xml_name *name, enum action action)
{
    put(editor, name->whole.at, name->whole.size - name->local.size);
    if (action == EXCHANGE)
        put_exchanged(editor, name->local);
    else
        put(editor, name->local.at, name->local.size);
}

static void put_attribute(struct editor *editor, const struct xml_attribute *attribute, bool of_picture)
{
    const struct xml_piece *whole = &attribute->whole, *value = &attribute->value;
    const char *name_end = attribute->name.whole.at + attribute->name.whole.size;
    if (attribute->declares) {
        if (attribute->name.prefix.size == 0 || !is_emptied(editor, attribute->name.ns))
            put(editor, whole->at, whole->size);
        return;
    }
    enum action action = action_for(editor, &attribute->name, *value, of_picture);
    if (action == REMOVE)
        return;
    put_to(editor, whole->at, attribute->name.whole.at);
    put_name(editor, &attribute->name, action);
    put_to(editor, name_end, value->at);
    if (action == KEEP || action == EXCHANGE)
        put(editor, value->at, value->size);
    else
        put_value(editor, action);
    put_to(editor, value->at + value->size, whole->at + whole->size);
}

/* Writes a start tag. False if an attribute can't be parsed with certainty. */
static bool put_open(struct editor *editor, const struct xml_token *token, enum action action,
                     bool of_picture)
{
    struct xml_attribute attribute;
    const char *at = NULL;
    int found;
    put(editor, "<", 1);
    put_name(editor, &token->name, action);
    while ((found = xml_attribute(&editor->reader, token, &at, &attribute)) == 1)
        put_attribute(editor, &attribute, of_picture);
    if (at == NULL)
        at = token->name.whole.at + token->name.whole.size;
    put_to(editor, at, token->whole.at + token->whole.size);
    return found == 0;
}

static enum place place_of(const struct editor *editor, const struct xml_token *token)
{
    if (token->name.ns != NS_RDF)
        return PLACE_OTHER;
    if (xml_is(token->name.local, "RDF"))
        return PLACE_RDF;
    bool description = xml_is(token->name.local, "Description");
    return description && editor->places[token->depth - 1] == PLACE_RDF ? PLACE_PICTURE : PLACE_OTHER;
}

static bool edit_open(struct editor *editor, const struct xml_token *token)
{
    const enum place place = place_of(editor, token);
    const struct xml_piece text = token->empty ? (struct xml_piece){"", 0} : xml_text_ahead(&editor->reader);
    enum action action =
        action_for(editor, &token->name, text, editor->places[token->depth - 1] == PLACE_PICTURE);
    /* A value can be set only if it is plain text. */
    const char *end = text.at + text.size;
    bool plain = !token->empty && editor->reader.end - end >= 2 && end[0] == '<' && end[1] == '/';
    bool sets = action != KEEP && action != REMOVE && action != EXCHANGE;
    editor->places[token->depth] = place;
    editor->rdf = editor->rdf || place == PLACE_RDF;
    if (action == REMOVE || (sets && !plain)) {
        if (!token->empty)
            editor->skipping = token->depth;
        return true;
    }
    if (!put_open(editor, token, action, place == PLACE_PICTURE))
        return false;
    if (sets) {
        put_value(editor, action);
        editor->reader.next = end;
    }
    return true;
}

static void edit_close(struct editor *editor, const struct xml_token *token)
{
    const struct xml_name name = token->name;
    bool of_picture = editor->places[token->depth - 1] == PLACE_PICTURE;
    enum action action = action_for(editor, &name, (struct xml_piece){"", 0}, of_picture);
    put(editor, "</", 2);
    put_name(editor, &name, action);
    put_to(editor, name.whole.at + name.whole.size, token->whole.at + token->whole.size);
}

static bool edit_token(struct editor *editor, const struct xml_token *token)
{
    if (editor->skipping != 0) {
        if (token->kind == XML_CLOSE && token->depth == editor->skipping)
            editor->skipping = 0;
        return true;
    }
    switch (token->kind) {
    case XML_OPEN:
        return edit_open(editor, token);
    case XML_CLOSE:
        edit_close(editor, token);
        return true;
    default:
        if (is_picture(content_of(token->whole)))
            editor->left_out |= XMP_PICTURE;
        else
            put(editor, token->whole.at, token->whole.size);
        return true;
    }
}

size_t xmp_restate(const char *xmp, size_t size, const struct picture_facts *facts, char *out,
                   unsigned *left_out)
{
    struct editor editor = {.facts = facts, .out = out, .room = size + XMP_GROWTH};
    struct xml_token token;
    *left_out = 0;
    while (size > 0 && xmp[size - 1] == '\0') /* some writers add a final NUL */
        size--;
    const size_t mark = size >= 3 && memcmp(xmp, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    if (!text_is_utf8((const uint8_t *)xmp, size))
        return 0;
    xml_open(&editor.reader, xmp + mark, size - mark, namespaces);
    enum xml_kind kind;
    while ((kind = xml_next(&editor.reader, &token)) != XML_ERROR && kind != XML_END) {
        if (!edit_token(&editor, &token))
            return 0;
    }
    if (kind == XML_ERROR || !editor.rdf || editor.full)
        return 0;
    *left_out = editor.left_out;
    return editor.size;
}

enum utf16_order { UTF16_NOT, UTF16_BIG, UTF16_LITTLE };

static enum utf16_order utf16_order(const uint8_t *xmp, size_t size)
{
    if (size >= 2 && (memcmp(xmp, "\xfe\xff", 2) == 0 || memcmp(xmp, "\0<", 2) == 0))
        return UTF16_BIG;
    return size >= 2 && (memcmp(xmp, "\xff\xfe", 2) == 0 || memcmp(xmp, "<\0", 2) == 0) ? UTF16_LITTLE
                                                                                        : UTF16_NOT;
}

bool xmp_is_utf16(const uint8_t *xmp, size_t size)
{
    return utf16_order(xmp, size) != UTF16_NOT;
}

size_t xmp_from_utf16(const uint8_t *xmp, size_t size, char *out)
{
    static const char mark[] = "\xEF\xBB\xBF", declaration[] = "<?xml ";
    size_t length = text_from_utf16(xmp, size, utf16_order(xmp, size) == UTF16_BIG, out), skip = 0;
    if (length >= 3 && memcmp(out, mark, 3) == 0)
        skip = 3;
    if (length - skip >= sizeof declaration && memcmp(out + skip, declaration, sizeof declaration - 1) == 0) {
        const char *end = memmem(out + skip, length - skip, "?>", 2);
        skip = end != NULL ? (size_t)(end + 2 - out) : length;
    }
    memmove(out, out + skip, length - skip);
    return length - skip;
}
