/*
 * An image in memory: one plane of interleaved samples (grey, RGB, CMYK, each but CMYK with or without
 * alpha), or planes Y, Cb, Cr and perhaps alpha, of which Cb and Cr may be smaller. Its pixel format says
 * which.
 *
 * Samples are unsigned, 8 bits (uint8_t) or 16 bits (uint16_t in the machine's byte order). Row y of a plane
 * begins `stride` bytes after row y - 1; pixel x of a row is `channels` samples, from sample x * channels on.
 *
 * The frame is the picture's area on a plane, in samples of that plane: it begins x0 samples right of the
 * left edge of sample column 0 and is `extent_x` samples wide (the same for y). A full plane has frame
 * {0, 0, width, height}. A chroma plane of a picture 101 pixels wide has 51 columns but an extent of 50.5,
 * and after a mirroring x0 = 0.5: resize maps by frames, so that chroma stays where it belongs.
 */
#ifndef PIXMILL_IMAGE_H
#define PIXMILL_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(default)

enum { PM_MAX_PLANES = 4 };

enum pm_color {
    PM_COLOR_GRAY, /* one plane; channels: Y, or Y A */
    PM_COLOR_RGB,  /* one plane; channels: R G B, or R G B A */
    PM_COLOR_YCC,  /* planes of one channel: Y, Cb, Cr, and with alpha a fourth, as large as Y */
    PM_COLOR_CMYK, /* one plane; channels: C M Y K, 0 is no ink; no alpha */
};

enum pm_alpha {
    PM_ALPHA_NONE,
    PM_ALPHA_OPAQUE, /* no alpha samples: the picture had alpha that was opaque everywhere, and the result may
                        have it again */
    PM_ALPHA_STRAIGHT,      /* the last channel or plane is alpha */
    PM_ALPHA_PREMULTIPLIED, /* the same, and the colour samples, of 16 bits, are multiplied by it */
};

/* How Y, Cb and Cr are computed from R, G and B: matrix coefficients of CICP (ITU-T H.273, table 4). */
enum pm_matrix {
    PM_MATRIX_IDENTITY = 0, /* all colour models except YCC */
    PM_MATRIX_BT709 = 1,
    PM_MATRIX_BT601 = 6, /* also JFIF */
    PM_MATRIX_BT2020 = 9,
};

/* What the samples of a picture are. */
struct pm_pixel_format {
    enum pm_color color;
    enum pm_alpha alpha;
    unsigned depth; /* bits of a sample in memory: 8 or 16 */
    /* Significant bits: equal to `depth`, except for two formats with depth 16 and bits 8: premultiplied
     * pictures made from 8 bits, and wide samples of YCC, where the value v of an 8-bit sample is stored as
     * (v + 256) * 64, rounded: a filter's overshoot below 0 or above 255 is kept until the colour is rounded,
     * once. */
    unsigned bits;
    /* YCC only, else 1: pixels per chroma sample; chroma planes are width / sampling_x samples wide,
     * rounded up (the same for y). */
    unsigned sampling_x, sampling_y;
    bool unaligned; /* YCC only: the planes' edges are not the picture's; see their frames */
    enum pm_matrix matrix;
    bool limited_range; /* YCC only: Y is 16 to 235 and chroma 16 to 240, in 8 bits; else 0 to 255 */
};

struct pm_frame {
    double x0, y0;             /* in samples, >= 0 */
    double extent_x, extent_y; /* in samples, > 0; x0 + extent_x <= width */
};

struct pm_plane {
    uint8_t *data;          /* 16-bit planes are aligned to 2 bytes, rows too */
    size_t stride;          /* bytes from row to row, >= width * channels * (depth / 8) */
    uint32_t width, height; /* in pixels of this plane, >= 1 */
    unsigned channels;      /* samples per pixel, 1 to 4 */
    struct pm_frame frame;
};

/* Bytes of a file that are copied without being parsed; data is NULL if absent. */
struct pm_blob {
    const uint8_t *data;
    size_t size;
};

struct pm_text {
    const char *keyword, *text; /* UTF-8, NUL-terminated; JPEG comments have the keyword "Comment" */
};

/* Metadata of a file. Absent parts are zero. */
struct pm_metadata {
    struct pm_blob icc;    /* ICC profile, as stored in the profile's own format */
    struct pm_blob exif;   /* TIFF structure, without JPEG's "Exif\0\0" */
    struct pm_blob xmp;    /* XMP packet, UTF-8 XML */
    struct pm_blob iptc;   /* IPTC-IIM data sets, without Photoshop's 8BIM around them */
    struct pm_blob sealed; /* the header of an image that pixmill encrypted, as its file holds it */
    const struct pm_text *texts;
    size_t ntexts;
    /* Colour description without a profile; `has_` says whether the file has it. */
    bool has_gamma, has_chromaticities, has_srgb, has_density;
    double gamma;                  /* samples are light raised to this power: 0.45455 */
    double chromaticities[8];      /* CIE 1931: of white, red, green, blue, each x and y */
    uint8_t srgb_intent;           /* sRGB with this rendering intent (ICC.1, 7.2.15): 0 to 3 */
    uint32_t density_x, density_y; /* pixels per metre, or only a ratio */
    uint8_t density_unit;          /* 0: only the ratio is known; 1: metre */
    bool has_cicp, has_mastering, has_light;
    uint8_t cicp[4];       /* cICP: colour primaries, transfer function, matrix coefficients, full range */
    uint8_t mastering[24]; /* mDCV, the chunk's data as stored: mastering display colour volume */
    uint8_t light[8];      /* cLLI, the chunk's data as stored: content light level */
    unsigned bits;         /* bits of a sample in the file; 0: unknown */
};

struct pm_image {
    uint32_t width, height; /* of the picture, in pixels */
    struct pm_pixel_format format;
    unsigned orientation; /* EXIF orientation 1 to 8 of the samples as stored here */
    unsigned nplanes;
    struct pm_plane plane[PM_MAX_PLANES];
    struct pm_metadata meta;
};

/* Samples per pixel, alpha included: 1 to 4. */
unsigned pm_channels(const struct pm_pixel_format *format);

#pragma GCC visibility pop

#endif
