/* Finding a gain map and reading its parameters. */
#include "codec/jpeg/gain_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "codec/jpeg/besides.h"
#include "codec/jpeg/jpeg.h"
#include "image/xml.h"

static void fill(double value[3], double all)
{
    value[0] = value[1] = value[2] = all;
}

/* Numbers that a real map may have: gains up to 2^20, all finite. */
static bool is_sane(const struct gain_map *map)
{
    const double log_max = 20;
    for (int c = 0; c < 3; c++) {
        if (!(fabs(map->min[c]) <= log_max && fabs(map->max[c]) <= log_max && map->max[c] >= map->min[c] &&
              map->gamma[c] >= 0.01 && map->gamma[c] <= 100 && fabs(map->base_offset[c]) <= 1 &&
              fabs(map->hdr_offset[c]) <= 1))
            return false;
    }
    return map->base_headroom >= 0 && map->hdr_headroom >= 0 && map->base_headroom <= log_max &&
           map->hdr_headroom <= log_max && map->hdr_headroom != map->base_headroom;
}

/* --- ISO 21496-1 --------------------------------------------------------------------------------------- */

struct fractions {
    const uint8_t *next, *end;
    uint32_t common; /* denominator of all; 0: each has its own */
    bool good;
};

static double fraction(struct fractions *from, bool is_signed)
{
    const size_t size = from->common != 0 ? 4 : 8;
    if ((size_t)(from->end - from->next) < size) {
        from->good = false;
        return 0;
    }
    const uint32_t bits = get_be32(from->next),
                   below = from->common != 0 ? from->common : get_be32(from->next + 4);
    from->next += size;
    from->good = from->good && below != 0;
    return (is_signed ? (double)(int32_t)bits : (double)bits) / (below != 0 ? below : 1);
}

bool gain_map_read_iso(const uint8_t *bytes, size_t size, struct gain_map *map)
{
    enum { HEAD = 5, MULTICHANNEL = 0x80, BASE_COLORS = 0x40, COMMON = 8 };
    *map = (struct gain_map){.base_is_hdr = false};
    if (size < HEAD + 4 || get_be16(bytes) != 0)
        return false;
    const unsigned flags = bytes[4], channels = (flags & MULTICHANNEL) != 0 ? 3 : 1;
    struct fractions from = {.next = bytes + HEAD, .end = bytes + size, .good = true};
    if ((flags & COMMON) != 0) {
        from.common = get_be32(from.next);
        from.next += 4;
        from.good = from.common != 0;
    }
    map->own_primaries = (flags & BASE_COLORS) == 0;
    map->base_headroom = fraction(&from, false);
    map->hdr_headroom = fraction(&from, false);
    for (unsigned c = 0; c < channels; c++) {
        map->min[c] = fraction(&from, true);
        map->max[c] = fraction(&from, true);
        map->gamma[c] = fraction(&from, false);
        map->base_offset[c] = fraction(&from, true);
        map->hdr_offset[c] = fraction(&from, true);
    }
    for (unsigned c = channels; c < 3; c++) {
        map->min[c] = map->min[0];
        map->max[c] = map->max[0];
        map->gamma[c] = map->gamma[0];
        map->base_offset[c] = map->base_offset[0];
        map->hdr_offset[c] = map->hdr_offset[0];
    }
    map->base_is_hdr = map->base_headroom > map->hdr_headroom;
    return from.good && is_sane(map);
}

/* --- XMP ----------------------------------------------------------------------------------------------- */

enum ns { NS_HDRGM, NS_RDF };

static const char *const namespaces[] = {
    [NS_HDRGM] = "http://ns.adobe.com/hdr-gain-map/1.0/",
    [NS_RDF] = "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    NULL,
};

struct hdrgm {
    struct gain_map *map;
    bool has_max, has_headroom;
    double *list; /* the property whose rdf:li are next; NULL: none */
    unsigned items;
};

static bool number(struct xml_piece piece, double *value)
{
    char text[64], *end;
    while (piece.size > 0 && (piece.at[0] == ' ' || piece.at[0] == '\n' || piece.at[0] == '\t')) {
        piece.at++;
        piece.size--;
    }
    if (piece.size == 0 || piece.size >= sizeof text)
        return false;
    memcpy(text, piece.at, piece.size);
    text[piece.size] = '\0';
    *value = strtod(text, &end);
    return end != text;
}

/* The three numbers of a property, or one; NULL if the name is of no number. */
static double *property(struct hdrgm *into, struct xml_piece name, unsigned *count)
{
    struct gain_map *map = into->map;
    const struct {
        const char *name;
        double *value;
        unsigned count;
    } rows[] = {
        {"GainMapMin", map->min, 3},
        {"GainMapMax", map->max, 3},
        {"Gamma", map->gamma, 3},
        {"OffsetSDR", map->base_offset, 3},
        {"OffsetHDR", map->hdr_offset, 3},
        {"HDRCapacityMin", &map->base_headroom, 1},
        {"HDRCapacityMax", &map->hdr_headroom, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (xml_is(name, rows[i].name)) {
            *count = rows[i].count;
            return rows[i].value;
        }
    }
    return NULL;
}

static void take(struct hdrgm *into, struct xml_piece name, struct xml_piece value)
{
    unsigned count = 0;
    double given, *numbers = property(into, name, &count);
    into->list = count == 3 ? numbers : NULL;
    into->items = 0;
    if (xml_is(name, "BaseRenditionIsHDR"))
        into->map->base_is_hdr = xml_is(value, "True") || xml_is(value, "true");
    if (numbers == NULL)
        return;
    into->has_max = into->has_max || numbers == into->map->max;
    into->has_headroom = into->has_headroom || numbers == &into->map->hdr_headroom;
    for (unsigned i = 0; number(value, &given) && i < count; i++)
        numbers[i] = given;
}

/* One of several numbers; the first is also that of those that do not follow. */
static void take_item(struct hdrgm *into, struct xml_piece value)
{
    double given;
    if (into->list == NULL || into->items >= 3 || !number(value, &given))
        return;
    for (unsigned i = into->items; i < (into->items == 0 ? 3 : into->items + 1); i++)
        into->list[i] = given;
    into->items++;
}

bool gain_map_read_xmp(const char *text, size_t size, struct gain_map *map)
{
    struct hdrgm into = {.map = map};
    struct xml_reader reader;
    struct xml_token token;
    enum xml_kind kind;
    *map = (struct gain_map){.base_is_hdr = false};
    fill(map->gamma, 1);
    fill(map->base_offset, 1.0 / 64);
    fill(map->hdr_offset, 1.0 / 64);
    xml_open(&reader, text, size, namespaces);
    while ((kind = xml_next(&reader, &token)) != XML_END) {
        if (kind == XML_ERROR)
            return false;
        if (kind == XML_CLOSE && token.name.ns == NS_HDRGM)
            into.list = NULL;
        if (kind != XML_OPEN)
            continue;
        if (token.name.ns == NS_HDRGM)
            take(&into, token.name.local, xml_text_ahead(&reader));
        else if (token.name.ns == NS_RDF && xml_is(token.name.local, "li"))
            take_item(&into, xml_text_ahead(&reader));
        const char *at = NULL;
        struct xml_attribute attribute;
        while (xml_attribute(&reader, &token, &at, &attribute) == 1) {
            if (!attribute.declares && attribute.name.ns == NS_HDRGM)
                take(&into, attribute.name.local, attribute.value);
        }
    }
    if (!into.has_headroom) /* required, but some files lack it */
        map->hdr_headroom = fmax(map->max[0], fmax(map->max[1], map->max[2]));
    return into.has_max && is_sane(map);
}

/* --- the file ------------------------------------------------------------------------------------------ */

/* The end of the image that begins the file; `size` if it has none. */
static size_t image_end(const uint8_t *data, size_t size)
{
    struct jpeg_walk walk;
    struct jpeg_segment segment;
    struct jpeg_scans scans;
    struct pm_error none = {0};
    jpeg_walk_start_memory(&walk, data, size, JPEG_FIRST_SEGMENT);
    do {
        if (jpeg_walk_next(&walk, &segment, &none) != 0 || segment.marker == JPEG_EOI)
            return size;
    } while (segment.marker != JPEG_SOS);
    return jpeg_walk_scans(&walk, &scans, &none) == 0 ? scans.end : size;
}

/* Reads the parameters in the header of the map jpeg[size]: ISO's before XMP's. */
static bool read_parameters(const struct pm_blob *jpeg, struct gain_map *map)
{
    struct jpeg_walk walk;
    struct jpeg_segment segment;
    struct pm_error none = {0};
    bool found = false;
    jpeg_walk_start_memory(&walk, jpeg->data, jpeg->size, JPEG_FIRST_SEGMENT);
    while (jpeg_walk_next(&walk, &segment, &none) == 0 && segment.marker != JPEG_SOS &&
           segment.marker != JPEG_EOI) {
        const struct jpeg_contents *contents = jpeg_walk_contents(&walk, &segment, &none);
        struct gain_map read;
        if (contents == NULL)
            return false;
        const uint8_t *payload = jpeg->data + segment.offset;
        if (contents->content == CONTENT_GAIN_MAP &&
            gain_map_read_iso(payload + contents->size, segment.size - contents->size, &read)) {
            *map = read;
            return true;
        }
        if (contents->content == CONTENT_XMP && !found &&
            gain_map_read_xmp((const char *)payload + JPEG_XMP_HEAD, segment.size - JPEG_XMP_HEAD, &read)) {
            *map = read;
            found = true;
        }
    }
    return found;
}

int gain_map_find(const uint8_t *data, size_t size, struct pm_blob *jpeg, struct gain_map *map,
                  struct pm_error *error)
{
    struct jpeg_trailer trailer;
    jpeg_read_trailer(data, size, image_end(data, size), &trailer);
    if (trailer.map_end == 0)
        return error_set(error, PM_ERROR_UNSUPPORTED, "it is not in the file as a JPEG after the image");
    *jpeg = (struct pm_blob){data + trailer.map_at, trailer.map_end - trailer.map_at};
    if (!read_parameters(jpeg, map))
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "it has no valid parameters of ISO 21496-1 or Adobe (Apple's are not supported)");
    return 0;
}
