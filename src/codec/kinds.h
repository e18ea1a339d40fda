/*
 * Image formats that pixmill recognises but does not read, so that an error message can name them and they
 * are never treated as other files. When a format gets a codec, remove it here.
 */
#ifndef CODEC_KINDS_H
#define CODEC_KINDS_H

#include <stddef.h>
#include <stdint.h>

enum image_kind {
    KIND_NONE,       /* not an image, or an unknown format */
    KIND_HEIF,       /* another coding in HEIF's container */
    KIND_HEIF_SHORT, /* any coding, in a mini box */
    KIND_RAW,
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

/* The kind of a file that begins with head[size]: its first IMAGE_KIND_HEAD bytes, or all of it. */
enum { IMAGE_KIND_HEAD = 64 };
enum image_kind image_kind_find(const uint8_t *head, size_t size);

/* What such a file is that is no image, for messages: "a web page: HTML". NULL: not known. */
const char *image_kind_other(const uint8_t *head, size_t size);

/* Its name for messages: "JPEG XL", "camera raw". NULL for KIND_NONE. */
const char *image_kind_name(enum image_kind kind);

#endif
