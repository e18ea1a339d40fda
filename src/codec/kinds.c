#include "codec/kinds.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "codec/heif/bmff.h"

static const char *const names[IMAGE_KINDS] = {
    [KIND_HEIF] = "HEIF",        [KIND_HEIF_SHORT] = "HEIF's short form",
    [KIND_RAW] = "camera raw",   [KIND_JPEG_2000] = "JPEG 2000",
    [KIND_JPEG_XR] = "JPEG XR",  [KIND_PHOTOSHOP] = "Photoshop",
    [KIND_GIMP] = "GIMP",        [KIND_OPENEXR] = "OpenEXR",
    [KIND_HDR] = "Radiance HDR", [KIND_NETPBM] = "Netpbm",
    [KIND_QOI] = "QOI",          [KIND_DDS] = "DDS",
    [KIND_MNG] = "MNG",          [KIND_JNG] = "JNG",
    [KIND_FLIF] = "FLIF",        [KIND_DJVU] = "DjVu",
    [KIND_FITS] = "FITS",        [KIND_ICON] = "icon",
    [KIND_SVG] = "SVG",
};

/* The bytes at an offset that identify a kind. */
struct signature {
    enum image_kind kind;
    uint8_t offset, length;
    const char *bytes;
};
#define AT(place, string) .offset = (place), .length = sizeof(string) - 1, .bytes = (string)

/* From the formats' specifications: TIFF 6.0 and BigTIFF, raw formats derived from them, ISO/IEC
 * 15444-1 (JPEG 2000), 29199-2 (JPEG XR) and others. Special cases come before general ones. */
static const struct signature signatures[] = {
    {KIND_RAW, AT(0, "II*\0\x10\0\0\0CR")}, /* Canon CR2 */
    {KIND_RAW, AT(0, "IIRO")},              /* Olympus */
    {KIND_RAW, AT(0, "IIRS")},
    {KIND_RAW, AT(0, "MMOR")},
    {KIND_RAW, AT(0, "IIU\0")}, /* Panasonic */
    {KIND_RAW, AT(0, "FUJIFILMCCD-RAW")},
    {KIND_RAW, AT(4, "ftypcrx ")}, /* Canon CR3 */
    {KIND_JPEG_XR, AT(0, "II\xbc")},
    {KIND_JPEG_2000, AT(0, "\0\0\0\x0cjP  \r\n\x87\n")},
    {KIND_JPEG_2000, AT(0, "\xff\x4f\xff\x51")},
    {KIND_PHOTOSHOP, AT(0, "8BPS\0")},
    {KIND_GIMP, AT(0, "gimp xcf")},
    {KIND_OPENEXR, AT(0, "\x76\x2f\x31\x01")},
    {KIND_HDR, AT(0, "#?RADIANCE")},
    {KIND_HDR, AT(0, "#?RGBE")},
    {KIND_QOI, AT(0, "qoif")},
    {KIND_DDS, AT(0, "DDS |\0\0\0")},
    {KIND_MNG, AT(0, "\x8aMNG\r\n\x1a\n")},
    {KIND_JNG, AT(0, "\x8bJNG\r\n\x1a\n")},
    {KIND_FLIF, AT(0, "FLIF")},
    {KIND_DJVU, AT(0, "AT&TFORM")},
    {KIND_FITS, AT(0, "SIMPLE  =")},
    {KIND_ICON, AT(0, "\0\0\1\0")},
    {KIND_ICON, AT(0, "icns")},
    {KIND_SVG, AT(0, "<svg")},
};

/* HEIF's container (ISO/IEC 23008-12, 10): ftyp lists brands; the general ones mif1 and msf1 may come first,
 * followed by the brand of the coding. */
static enum image_kind kind_of_brands(const uint8_t *head, size_t size)
{
    static const uint32_t heif[] = {BMFF_TYPE('m', 'i', 'f', '1'), BMFF_TYPE('m', 'i', 'f', '2'),
                                    BMFF_TYPE('m', 's', 'f', '1')};
    for (size_t i = 0; i < sizeof heif / sizeof *heif; i++) {
        if (bmff_has_brand(head, size, heif[i]))
            return KIND_HEIF;
    }
    return bmff_has_brand(head, size, BMFF_TYPE('m', 'i', 'f', '3')) ? KIND_HEIF_SHORT : KIND_NONE;
}

/* Formats with short signatures: the fields after them must be plausible, too. */
static enum image_kind kind_by_fields(const uint8_t *head, size_t size)
{
    if (size > 3 && head[0] == 'P' && head[1] >= '1' && head[1] <= '7' &&
        (head[2] == '\n' || head[2] == ' ') &&
        ((head[3] >= '0' && head[3] <= '9') || head[3] == '#' || head[3] == 'W'))
        return KIND_NETPBM;
    return KIND_NONE;
}

enum image_kind image_kind_find(const uint8_t *head, size_t size)
{
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        const struct signature *row = &signatures[i];
        if (row->offset + row->length <= size && memcmp(head + row->offset, row->bytes, row->length) == 0)
            return row->kind;
    }
    const enum image_kind kind = kind_of_brands(head, size);
    return kind != KIND_NONE ? kind : kind_by_fields(head, size);
}

const char *image_kind_name(enum image_kind kind)
{
    return names[kind];
}

/* What is taken for an image most often: an error page of a server, saved under an image's name. */
static bool is_web_page(const uint8_t *head, size_t size)
{
    static const char *const beginnings[] = {"<!doctype html", "<html"};
    size_t at = 0;
    while (at < size && isspace(head[at]))
        at++;
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        const size_t length = strlen(beginnings[i]);
        if (size - at >= length && strncasecmp((const char *)head + at, beginnings[i], length) == 0)
            return true;
    }
    return false;
}

const char *image_kind_other(const uint8_t *head, size_t size)
{
    static const struct {
        const char *what;
        uint8_t offset, length;
        const char *bytes;
    } others[] = {
        {"a PDF document", AT(0, "%PDF-")},
        {"a ZIP archive: unpack it", AT(0, "PK\3\4")},
        {"gzip data: unpack it", AT(0, "\x1f\x8b")},
        {"zstd data: unpack it", AT(0, "\x28\xb5\x2f\xfd")},
        {"xz data: unpack it", AT(0, "\xfd"
                                     "7zXZ")},
        {"a video", AT(4, "ftypisom")},
        {"a video", AT(4, "ftypmp4")},
        {"a video", AT(4, "ftypavc1")},
        {"a video", AT(4, "ftypM4V ")},
        {"a video", AT(4, "ftypqt  ")},
        {"a video", AT(0, "\x1a\x45\xdf\xa3")}, /* Matroska and WebM */
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (others[i].offset + others[i].length <= size &&
            memcmp(head + others[i].offset, others[i].bytes, others[i].length) == 0)
            return others[i].what;
    }
    return is_web_page(head, size) ? "a web page: HTML" : NULL;
}
