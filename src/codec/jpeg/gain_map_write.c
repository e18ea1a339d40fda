/* Writing a gain map: the parameters in its header, the announcements in that of the image. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "codec/jpeg/besides.h"
#include "codec/jpeg/gain_map.h"
#include "codec/jpeg/jpeg.h"
#include "image/xml.h"

static const char iso_id[] = "urn:iso:std:iso:ts:21496:-1", index_id[] = "MPF";

/* Inserts a segment before out->data[at]. */
static int insert_segment(struct buffer *out, size_t at, unsigned marker, const void *head, size_t head_size,
                          const void *data, size_t size)
{
    enum { MARKER = 4 };
    const size_t whole = MARKER + head_size + size;
    if (buffer_reserve(out, whole) != 0)
        return -1;
    uint8_t *place = out->data + at;
    memmove(place + whole, place, out->size - at);
    place[0] = 0xFF;
    place[1] = (uint8_t)marker;
    put_be16(place + 2, (uint16_t)(whole - 2));
    memcpy(place + MARKER, head, head_size);
    memcpy(place + MARKER + head_size, data, size);
    out->size += whole;
    return 0;
}

/* Where the segments of JFIF, EXIF and XMP end in the JPEG at `at`. */
static size_t header_end(const struct buffer *out, size_t at)
{
    struct jpeg_walk walk;
    struct jpeg_segment segment;
    struct pm_error none = {0};
    size_t end = JPEG_FIRST_SEGMENT;
    jpeg_walk_start_memory(&walk, out->data + at, out->size - at, JPEG_FIRST_SEGMENT);
    while (jpeg_walk_next(&walk, &segment, &none) == 0 &&
           (segment.marker == JPEG_APP0 || segment.marker == JPEG_APP1))
        end = segment.offset + segment.size;
    return at + end;
}

/* --- the map's header ---------------------------------------------------------------------------------- */

enum { DENOMINATOR = 1000000, CHANNEL_BYTES = 40, ISO_BYTES = 4 + 1 + 16 + 3 * CHANNEL_BYTES };

static uint8_t *put_fraction(uint8_t *out, double value)
{
    put_be32(out, (uint32_t)(int32_t)lround(value * DENOMINATOR));
    put_be32(out + 4, DENOMINATOR);
    return out + 8;
}

static bool is_single(const struct gain_map *map)
{
    for (int c = 1; c < 3; c++) {
        if (map->min[c] != map->min[0] || map->max[c] != map->max[0] || map->gamma[c] != map->gamma[0] ||
            map->base_offset[c] != map->base_offset[0] || map->hdr_offset[c] != map->hdr_offset[0])
            return false;
    }
    return true;
}

static size_t write_iso(const struct gain_map *map, uint8_t out[ISO_BYTES])
{
    enum { MULTICHANNEL = 0x80, BASE_COLORS = 0x40 };
    const bool single = is_single(map);
    memset(out, 0, 4); /* versions 0 */
    out[4] = (uint8_t)((single ? 0 : MULTICHANNEL) | (map->own_primaries ? 0 : BASE_COLORS));
    uint8_t *end = put_fraction(put_fraction(out + 5, map->base_headroom), map->hdr_headroom);
    for (int c = 0; c < (single ? 1 : 3); c++) {
        const double values[5] = {map->min[c], map->max[c], map->gamma[c], map->base_offset[c],
                                  map->hdr_offset[c]};
        for (int i = 0; i < 5; i++)
            end = put_fraction(end, values[i]);
    }
    return (size_t)(end - out);
}

#define PACKET_BEGIN                                                                                         \
    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF "                                                        \
    "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"
#define PACKET_END "</rdf:RDF></x:xmpmeta>"

/* Appends one property to text[size]: a number, or three. */
static size_t put_property(char *text, size_t size, size_t at, const char *name, const double value[3])
{
    if (value[0] == value[1] && value[0] == value[2])
        return at + (size_t)snprintf(text + at, size - at, "<hdrgm:%s>%.6f</hdrgm:%s>", name, value[0], name);
    return at + (size_t)snprintf(text + at, size - at,
                                 "<hdrgm:%s><rdf:Seq><rdf:li>%.6f</rdf:li><rdf:li>%.6f</rdf:li><rdf:li>%.6f"
                                 "</rdf:li></rdf:Seq></hdrgm:%s>",
                                 name, value[0], value[1], value[2], name);
}

enum { MAP_XMP = 2048 };

static size_t write_xmp(const struct gain_map *map, char text[MAP_XMP])
{
    const double base[3] = {map->base_headroom, map->base_headroom, map->base_headroom},
                 hdr[3] = {map->hdr_headroom, map->hdr_headroom, map->hdr_headroom};
    size_t at = (size_t)snprintf(
        text, MAP_XMP,
        PACKET_BEGIN "<rdf:Description rdf:about=\"\" xmlns:hdrgm=\"http://ns.adobe.com/hdr-gain-map/1.0/\" "
                     "hdrgm:Version=\"1.0\" hdrgm:BaseRenditionIsHDR=\"%s\">",
        map->base_is_hdr ? "True" : "False");
    at = put_property(text, MAP_XMP, at, "GainMapMin", map->min);
    at = put_property(text, MAP_XMP, at, "GainMapMax", map->max);
    at = put_property(text, MAP_XMP, at, "Gamma", map->gamma);
    at = put_property(text, MAP_XMP, at, "OffsetSDR", map->base_offset);
    at = put_property(text, MAP_XMP, at, "OffsetHDR", map->hdr_offset);
    at = put_property(text, MAP_XMP, at, "HDRCapacityMin", base);
    at = put_property(text, MAP_XMP, at, "HDRCapacityMax", hdr);
    return at + (size_t)snprintf(text + at, MAP_XMP - at, "</rdf:Description>" PACKET_END);
}

int gain_map_append(const struct gain_map *map, const struct buffer *jpeg, struct buffer *out)
{
    uint8_t iso[ISO_BYTES];
    char xmp[MAP_XMP];
    const size_t at = out->size, iso_size = write_iso(map, iso), xmp_size = write_xmp(map, xmp);
    if (buffer_append(out, jpeg->data, jpeg->size) != 0)
        return -1;
    const size_t end = header_end(out, at);
    /* XMP can't say that the formula is in other primaries. */
    return insert_segment(out, end, JPEG_APP2, iso_id, sizeof iso_id, iso, iso_size) == 0 &&
                   (map->own_primaries ||
                    insert_segment(out, end, JPEG_APP1, JPEG_XMP_ID, JPEG_XMP_HEAD, xmp, xmp_size) == 0)
               ? 0
               : -1;
}

/* --- the image's header -------------------------------------------------------------------------------- */

/* The last "</prefix:RDF>", before which a description can be added; NULL: none. */
static const char *closing_of(struct pm_blob xmp, struct xml_piece *prefix)
{
    static const char *const namespaces[] = {"http://www.w3.org/1999/02/22-rdf-syntax-ns#", NULL};
    struct xml_reader reader;
    struct xml_token token;
    enum xml_kind kind;
    const char *found = NULL;
    xml_open(&reader, (const char *)xmp.data, xmp.size, namespaces);
    while ((kind = xml_next(&reader, &token)) != XML_END) {
        if (kind == XML_ERROR)
            return NULL;
        if (kind == XML_CLOSE && token.name.ns == 0 && xml_is(token.name.local, "RDF")) {
            found = token.whole.at;
            *prefix = token.name.prefix;
        }
    }
    return prefix->size > 0 ? found : NULL;
}

static size_t write_directory(const char *rdf, int rdf_size, size_t map_size, char out[GAIN_MAP_XMP])
{
    return (size_t)snprintf(
        out, GAIN_MAP_XMP,
        "<%.*s:Description xmlns:Container=\"http://ns.google.com/photos/1.0/container/\" "
        "xmlns:Item=\"http://ns.google.com/photos/1.0/container/item/\" "
        "xmlns:hdrgm=\"http://ns.adobe.com/hdr-gain-map/1.0/\" %.*s:about=\"\" hdrgm:Version=\"1.0\">"
        "<Container:Directory><%.*s:Seq><%.*s:li %.*s:parseType=\"Resource\"><Container:Item "
        "Item:Semantic=\"Primary\" Item:Mime=\"image/jpeg\"/></%.*s:li><%.*s:li %.*s:parseType=\"Resource\">"
        "<Container:Item Item:Semantic=\"GainMap\" Item:Mime=\"image/jpeg\" Item:Length=\"%zu\"/></%.*s:li>"
        "</%.*s:Seq></Container:Directory></%.*s:Description>",
        rdf_size, rdf, rdf_size, rdf, rdf_size, rdf, rdf_size, rdf, rdf_size, rdf, rdf_size, rdf, rdf_size,
        rdf, rdf_size, rdf, map_size, rdf_size, rdf, rdf_size, rdf, rdf_size, rdf);
}

size_t gain_map_announce(struct pm_blob xmp, size_t map_size, char *out)
{
    enum { PREFIX_MAX = 8 };
    char text[GAIN_MAP_XMP];
    struct xml_piece prefix = {.size = 0};
    static const char empty[] = PACKET_BEGIN PACKET_END;
    if (xmp.size == 0)
        xmp = (struct pm_blob){(const uint8_t *)empty, sizeof empty - 1};
    const char *begin = (const char *)xmp.data, *at = closing_of(xmp, &prefix);
    if (at == NULL || prefix.size > PREFIX_MAX)
        return 0;
    const size_t size = write_directory(prefix.at, (int)prefix.size, map_size, text),
                 before = (size_t)(at - begin);
    memcpy(out, begin, before);
    memcpy(out + before, text, size);
    memcpy(out + before + size, at, xmp.size - before);
    return xmp.size + size;
}

/* CIPA DC-007, 5: a big-endian TIFF structure with one IFD of three entries. Offsets count from its
 * beginning; the first image's is 0. */
enum { INDEX_BYTES = 8 + 2 + 3 * 12 + 4 + 2 * 16 };

static void write_index(uint32_t image_size, uint32_t map_offset, uint32_t map_size, uint8_t out[INDEX_BYTES])
{
    enum { UNDEFINED = 7, LONG = 4, ENTRIES_AT = 8 + 2 + 3 * 12 + 4, PRIMARY = 0x030000 };
    static const uint8_t head[] = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 3};
    memset(out, 0, INDEX_BYTES);
    memcpy(out, head, sizeof head);
    uint8_t *entry = out + sizeof head;
    put_be16(entry, 0xB000); /* version */
    put_be16(entry + 2, UNDEFINED);
    put_be32(entry + 4, 4);
    memcpy(entry + 8, "0100", 4);
    put_be16(entry + 12, 0xB001); /* number of images */
    put_be16(entry + 14, LONG);
    put_be32(entry + 16, 1);
    put_be32(entry + 20, 2);
    put_be16(entry + 24, 0xB002); /* the images */
    put_be16(entry + 26, UNDEFINED);
    put_be32(entry + 28, 2 * 16);
    put_be32(entry + 32, ENTRIES_AT);
    put_be32(out + ENTRIES_AT, PRIMARY);
    put_be32(out + ENTRIES_AT + 4, image_size);
    put_be32(out + ENTRIES_AT + 16 + 4, map_size);
    put_be32(out + ENTRIES_AT + 16 + 8, map_offset);
}

int gain_map_join(struct buffer *out, size_t at, const struct buffer *map)
{
    enum { MARKER = 4, SEGMENTS = MARKER + sizeof iso_id + 4 + MARKER + sizeof index_id + INDEX_BYTES };
    uint8_t index[INDEX_BYTES];
    const size_t end = header_end(out, at), image_size = out->size - at + SEGMENTS;
    const size_t index_at = end - at + SEGMENTS - INDEX_BYTES;
    write_index((uint32_t)image_size, (uint32_t)(image_size - index_at), (uint32_t)map->size, index);
    /* The last inserted is the first. */
    if (insert_segment(out, end, JPEG_APP2, index_id, sizeof index_id, index, sizeof index) != 0 ||
        insert_segment(out, end, JPEG_APP2, iso_id, sizeof iso_id, "\0\0\0\0", 4) != 0)
        return -1;
    return buffer_append(out, map->data, map->size);
}
