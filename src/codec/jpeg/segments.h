/*
 * A JPEG file as a sequence of segments (ITU-T T.81, annex B): a marker of two bytes and, for most, a length
 * and a payload. All code that reads segments uses the walk below, which also enforces the limits: the header
 * (probe.c), metadata (meta.c), scans (input.c), other contents (besides.c). It does not need libjpeg.
 *
 * The walk skips what libjpeg skips: bytes that are not a marker, fill bytes, and a length of 0 or 1, less
 * than the length field itself (djpeg, Pillow, sharp and ImageMagick read such files).
 */
#ifndef CODEC_JPEG_SEGMENTS_H
#define CODEC_JPEG_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/codec.h"

/* Second bytes of markers. jpeglib.h has APP0, COM, EOI and RST0. */
enum jpeg_marker {
    JPEG_SOF0 = 0xC0,
    JPEG_SOF2 = 0xC2,
    JPEG_SOF3 = 0xC3,
    JPEG_DHT = 0xC4,
    JPEG_JPG = 0xC8,
    JPEG_SOF9 = 0xC9,
    JPEG_SOF10 = 0xCA,
    JPEG_SOF11 = 0xCB,
    JPEG_DAC = 0xCC,
    JPEG_SOF15 = 0xCF,
    JPEG_RST7 = 0xD7,
    JPEG_SOI = 0xD8,
    JPEG_SOS = 0xDA,
    JPEG_DQT = 0xDB,
    JPEG_DNL = 0xDC,
    JPEG_DRI = 0xDD,
    JPEG_DHP = 0xDE,
    JPEG_EXP = 0xDF,
    JPEG_APP1 = 0xE1,
    JPEG_APP2 = 0xE2,
    JPEG_APP3 = 0xE3,
    JPEG_APP4 = 0xE4,
    JPEG_APP5 = 0xE5,
    JPEG_APP6 = 0xE6,
    JPEG_APP7 = 0xE7,
    JPEG_APP8 = 0xE8,
    JPEG_APP9 = 0xE9,
    JPEG_APP10 = 0xEA,
    JPEG_APP11 = 0xEB,
    JPEG_APP12 = 0xEC,
    JPEG_APP13 = 0xED,
    JPEG_APP14 = 0xEE,
    JPEG_APP15 = 0xEF,
    JPEG_SOF_LS = 0xF7, /* JPEG-LS (ITU-T T.87), another format with the same first bytes */
    JPEG_TEM = 0x01,
};

enum {
    JPEG_MAX_SEGMENTS = 16384, /* ICC and extended XMP need a few hundred; walking this many takes 10 ms */
    JPEG_MAX_SCANS = 500,      /* thousands of scans in a small file would take a decoder minutes */
    JPEG_PAYLOAD_MAX = 65533,
    JPEG_FIRST_SEGMENT = 2, /* offset of the main image's first marker, after its SOI */
    JPEG_WINDOW = 1024,
    JPEG_ADOBE_BYTES = 12, /* payload of Adobe's APP14 */
};

struct jpeg_segment {
    unsigned marker; /* its second byte */
    unsigned size;   /* bytes of payload */
    uint64_t at;     /* offset of the marker's last 0xFF in the file */
    uint64_t offset; /* offset of the payload, after the length */
};

struct jpeg_walk {
    struct byte_source *source; /* NULL: the window is the whole file */
    uint64_t next;              /* offset of the next marker, or any offset in the scan's data before it */
    bool in_scan;
    unsigned segments, scans; /* so far */
    unsigned garbage;         /* bytes between segments so far */
    uint64_t window_at;
    size_t window_size;
    const uint8_t *window;
    uint8_t bytes[JPEG_WINDOW];
};

/* Starts at `offset` in a file: JPEG_FIRST_SEGMENT, or after another image's SOI. */
void jpeg_walk_start(struct jpeg_walk *walk, struct byte_source *source, uint64_t offset);

/* The same for data[size], which must outlive the walk. */
void jpeg_walk_start_memory(struct jpeg_walk *walk, const uint8_t *data, size_t size, uint64_t offset);

/* The next segment; after an SOS, the first one after that scan's data. An EOI or another marker without a
 * length has size 0. In memory a segment is whole: one that is cut off counts as the file's end. Returns 0,
 * or -1 with `error` filled: the file ends, a marker is missing, or there are more segments or scans than any
 * program writes (PM_ERROR_LIMIT). */
int jpeg_walk_next(struct jpeg_walk *walk, struct jpeg_segment *segment, struct pm_error *error);

/* The file's bytes from `offset` on, min `size` of them (max JPEG_WINDOW); NULL with `error` filled if there
 * are fewer. Valid until the next call. */
const uint8_t *jpeg_walk_peek(struct jpeg_walk *walk, uint64_t offset, size_t size, struct pm_error *error);

/* A segment's whole payload: in memory, or read into `buffer`. NULL with `error` filled if the file ends
 * within it. */
const uint8_t *jpeg_walk_payload(struct jpeg_walk *walk, const struct jpeg_segment *segment,
                                 uint8_t buffer[JPEG_PAYLOAD_MAX], struct pm_error *error);

/* Fills the error of a file that ends before its first scan; returns -1. */
int jpeg_ends_in_header(struct pm_error *error);

/* --- the scans of an image -------------------------------------------------------------------------- */

struct jpeg_scan {
    uint64_t at, end;    /* offsets of its SOS marker and of the marker after its data */
    uint8_t components;  /* 0 if its header is broken */
    uint8_t id[4];       /* of the components */
    uint8_t first, last; /* coefficients: its spectral selection */
};

struct jpeg_scans {
    unsigned count; /* without the first, in whose data the walk began */
    struct jpeg_scan scan[JPEG_MAX_SCANS];
    bool ended;   /* by an EOI */
    uint64_t end; /* end of the image: after the EOI, or before the first marker that can't be part of it */
    bool late;    /* APPn or COM between scans, where no program reads them */
    bool gaps;    /* between scans: bytes that decoders skip */
};

/* Walks the rest of an image: `walk`, in memory, has just returned an SOS, or is in a scan's data. A
 * truncated file is not an error here. Returns 0, or -1 with `error` filled (PM_ERROR_LIMIT). */
int jpeg_walk_scans(struct jpeg_walk *walk, struct jpeg_scans *scans, struct pm_error *error);

#endif
