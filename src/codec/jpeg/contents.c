/*
 * Identifies a segment by its marker and the identifier at the start of its payload. The identifiers are from
 * the standards named and, for those of cameras and programs, from Phil Harvey's ExifTool.
 */
#include <string.h>

#include "codec/jpeg/besides.h"
#include "codec/jpeg/jpeg.h"

#define ID(text) sizeof(text) - 1, text

const char jpeg_thermal[] = "its thermal measurements are left out";
static const char stereo[] = "is a stereo pair side by side (JPS), which the result does not say";
static const char ratio[] = "its gain map (JPEG-HDR) is left out: the result is the picture for SDR displays";

static const struct jpeg_contents known[] = {
    {CONTENT_JFIF, NULL, JPEG_APP0, ID("JFIF\0")},
    {CONTENT_COPY, NULL, JPEG_APP0, ID("JFXX\0")},
    {CONTENT_NOTES, NULL, JPEG_APP0, ID("AVI1")}, /* a frame of Motion JPEG */
    {CONTENT_NOTES, NULL, JPEG_APP0, ID("Ocad")},

    {CONTENT_EXIF, NULL, JPEG_APP1, ID(JPEG_EXIF_ID "\0")},
    {CONTENT_XMP, NULL, JPEG_APP1, ID(JPEG_XMP_ID "\0")},
    {CONTENT_XMP_EXTENSION, NULL, JPEG_APP1, ID(JPEG_XMP_EXTENSION_ID "\0")},
    {CONTENT_NOTES, NULL, JPEG_APP1, ID("QVCI\0")},
    {CONTENT_OTHER, jpeg_thermal, JPEG_APP1, ID("FLIR\0")},
    {CONTENT_OTHER, jpeg_thermal, JPEG_APP1, ID("PARROT\0")},

    {CONTENT_ICC, NULL, JPEG_APP2, ID(JPEG_ICC_ID "\0")},
    {CONTENT_INDEX, NULL, JPEG_APP2, ID("MPF\0")},
    {CONTENT_GAIN_MAP, NULL, JPEG_APP2, ID("urn:iso:std:iso:ts:21496:-1\0")},
    {CONTENT_NOTES, NULL, JPEG_APP2, ID("FPXR\0")}, /* FlashPix */
    {CONTENT_COPY, NULL, JPEG_APP2, ID("\xFF\xD8\xFF\xDB")},
    {CONTENT_COPY, NULL, JPEG_APP2, ID("QVGA\0\xFF\xD8\xFF\xDB")},
    {CONTENT_COPY, NULL, JPEG_APP2, ID("BGTH\xFF\xD8\xFF\xDB")},

    {CONTENT_NOTES, NULL, JPEG_APP3, ID("Meta\0\0")},
    {CONTENT_NOTES, NULL, JPEG_APP3, ID("META\0\0")},
    {CONTENT_NOTES, NULL, JPEG_APP3, ID("Exif\0\0")},
    {CONTENT_NOTES, NULL, JPEG_APP3, ID("Stim\0")},
    {CONTENT_OTHER, stereo, JPEG_APP3, ID("_JPSJPS_")},
    {CONTENT_COPY, NULL, JPEG_APP3, ID("\xFF\xD8\xFF\xDB")},

    {CONTENT_NOTES, NULL, JPEG_APP4, ID("SCALADO\0")},
    {CONTENT_NOTES, NULL, JPEG_APP4, ID("FPXR\0")},
    {CONTENT_OTHER, jpeg_thermal, JPEG_APP4, ID("\xAA\x55\x12\x06")},

    {CONTENT_NOTES, NULL, JPEG_APP5, ID("RMETA\0")},
    {CONTENT_NOTES, NULL, JPEG_APP5, ID("ssuniqueid\0")},

    {CONTENT_NOTES, NULL, JPEG_APP6, ID("EPPIM\0")},
    {CONTENT_NOTES, NULL, JPEG_APP6, ID("NITF\0")},
    {CONTENT_NOTES, NULL, JPEG_APP6, ID("TDHD\1\0\0\0")},
    {CONTENT_NOTES, NULL, JPEG_APP6, ID("GoPro\0")},
    {CONTENT_NOTES, NULL, JPEG_APP6, ID("DTAT\0\0")},
    {CONTENT_NOTES, NULL, JPEG_APP6, ID("MMIMETA\0")},

    {CONTENT_NOTES, NULL, JPEG_APP7, ID("PENTAX \0")},
    {CONTENT_NOTES, NULL, JPEG_APP7, ID("HUAWEI\0")},
    {CONTENT_NOTES, NULL, JPEG_APP7, ID("\x1AQualcomm Camera Attributes")},

    {CONTENT_NOTES, NULL, JPEG_APP8, ID("SPIFF\0")},
    {CONTENT_NOTES, NULL, JPEG_APP9, ID("Media Jukebox\0")},
    {CONTENT_NOTES, NULL, JPEG_APP10, ID("UNICODE\0")},
    {CONTENT_NOTES, NULL, JPEG_APP10, ID("AROT\0")}, /* goes with Apple's gain map */

    {CONTENT_BOXES, NULL, JPEG_APP11, ID("JP")},
    {CONTENT_RATIO_IMAGE, ratio, JPEG_APP11, ID("HDR_RI ")},

    {CONTENT_NOTES, NULL, JPEG_APP12, ID("Ducky")},

    {CONTENT_PHOTOSHOP, NULL, JPEG_APP13, ID(JPEG_PHOTOSHOP_ID "\0")},
    {CONTENT_NOTES, NULL, JPEG_APP13, ID("Adobe_CM")},
    {CONTENT_ADOBE, NULL, JPEG_APP14, ID("Adobe")},
    {CONTENT_NOTES, NULL, JPEG_APP15, ID("TEXT\0")},
    {CONTENT_NOTES, NULL, JPEG_APP15, ID("Q ")}, /* GraphicConverter's quality */
};

/* Identifiers that come later: after a byte order and an offset, after a number, after a maker's name. */
static const struct jpeg_contents known_within[] = {
    {CONTENT_NOTES, NULL, JPEG_APP0, ID("HEAPJPGM")}, /* Canon's CIFF */
    {CONTENT_OTHER, jpeg_thermal, JPEG_APP2, ID("IJPEG\0")},
    {CONTENT_NOTES, NULL, JPEG_APP12, ID("[picture info]")},
};

const struct jpeg_contents *jpeg_contents_of(unsigned marker, const uint8_t *payload, size_t size)
{
    static const struct jpeg_contents coding = {.content = CONTENT_CODING},
                                      comment = {.content = CONTENT_COMMENT},
                                      unknown = {.content = CONTENT_UNKNOWN},
                                      notes = {.content = CONTENT_NOTES};
    if (marker == JPEG_COM)
        return &comment;
    if (marker < JPEG_APP0 || marker > JPEG_APP15)
        return &coding;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].marker == marker && size >= known[i].size &&
            memcmp(payload, known[i].id, known[i].size) == 0)
            return &known[i];
    }
    for (size_t i = 0; i < sizeof known_within / sizeof *known_within; i++) {
        if (known_within[i].marker == marker &&
            memmem(payload, size, known_within[i].id, known_within[i].size) != NULL)
            return &known_within[i];
    }
    return size > 0 ? &unknown : &notes;
}

const struct jpeg_contents *jpeg_walk_contents(struct jpeg_walk *walk, const struct jpeg_segment *segment,
                                               struct pm_error *error)
{
    size_t size = segment->size < JPEG_ID_MAX ? segment->size : JPEG_ID_MAX;
    const uint8_t *payload = jpeg_walk_peek(walk, segment->offset, size, error);
    return payload != NULL ? jpeg_contents_of(segment->marker, payload, size) : NULL;
}

struct pm_blob jpeg_exif_of(const uint8_t *payload, size_t size)
{
    while (size >= JPEG_EXIF_HEAD && memcmp(payload, JPEG_EXIF_ID, JPEG_EXIF_HEAD) == 0) {
        payload += JPEG_EXIF_HEAD;
        size -= JPEG_EXIF_HEAD;
    }
    return (struct pm_blob){payload, size};
}
