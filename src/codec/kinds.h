/*
 * Image formats that pixmill knows by their first bytes and does not read: so that a picture is never taken
 * for something else, and its user is told what it is. A format that gets a codec leaves this table.
 */
#ifndef CODEC_KINDS_H
#define CODEC_KINDS_H

#include <stddef.h>
#include <stdint.h>

enum image_kind {
    KIND_NONE, /* no image, or one that nobody here knows */
    KIND_HEIC,
    KIND_AVIF,
    KIND_HEIF, /* another coding in HEIF's container */
    KIND_TIFF, /* or one of the raw formats built on it: DNG, NEF, ARW */
    KIND_RAW,
    KIND_GIF,
    KIND_BMP,
    KIND_JPEG_XL,
    KIND_JPEG_2000,
    KIND_JPEG_XR,
    KIND_PHOTOSHOP,
    KIND_GIMP,
    KIND_OPENEXR,
    KIND_HDR,
    KIND_NETPBM,
    KIND_QOI,
    KIND_DDS,
    KIND_MNG,
    KIND_JNG,
    KIND_FLIF,
    KIND_DJVU,
    KIND_FITS,
    KIND_ICON,
    KIND_SVG,
    IMAGE_KINDS,
};

/* The kind of a file that begins with head[size]: IMAGE_KIND_HEAD bytes, or all there are. */
enum { IMAGE_KIND_HEAD = 64 };
enum image_kind image_kind_find(const uint8_t *head, size_t size);

/* Its name for people: "HEIC", "camera raw". NULL of KIND_NONE. */
const char *image_kind_name(enum image_kind kind);

#endif
