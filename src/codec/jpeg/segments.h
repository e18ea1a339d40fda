/*
 * A JPEG file as a row of segments (ITU-T T.81, annex B): a marker of two bytes, mostly a length, a payload.
 * Whoever looks at a file's segments does it by the walk below, which also holds the limits: the header
 * (jpeg/probe.c), metadata (jpeg/meta.c), the scans (jpeg/input.c), what a file holds beside its picture
 * (jpeg/besides.c). libjpeg is not needed for it.
 *
 * What libjpeg passes over, the walk passes over: bytes that are no marker, fill bytes, and a length of 0 or
 * 1, which is less than the length field itself (djpeg, Pillow, sharp and ImageMagick read such files).
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
    JPEG_SOF_LS = 0xF7, /* JPEG-LS (ITU-T T.87), another format that begins alike */
    JPEG_TEM = 0x01,
};

enum {
    JPEG_MAX_SEGMENTS = 16384, /* ICC and extended XMP fill a few hundred; a walk of these takes 10 ms */
    JPEG_MAX_SCANS = 500,      /* thousands of scans in a small file would keep a decoder busy for minutes */
    JPEG_PAYLOAD_MAX = 65533,
    JPEG_FIRST_SEGMENT = 2, /* offset of the main picture's first marker, behind its SOI */
    JPEG_WINDOW = 1024,
};

struct jpeg_segment {
    unsigned marker; /* its second byte */
    unsigned size;   /* bytes of payload */
    uint64_t at;     /* offset of the marker, of whose 0xFF the last counts, in the file */
    uint64_t offset; /* of the payload behind the length */
};

struct jpeg_walk {
    struct byte_source *source; /* NULL: the window is the whole file */
    uint64_t next;              /* offset of the next marker, or somewhere in the scan's data before it */
    bool in_scan;
    unsigned segments, scans; /* so far */
    unsigned garbage;         /* bytes between segments so far */
    uint64_t window_at;
    size_t window_size;
    const uint8_t *window;
    uint8_t bytes[JPEG_WINDOW];
};

/* Starts at `offset` of a file: JPEG_FIRST_SEGMENT, or behind another picture's SOI. */
void jpeg_walk_start(struct jpeg_walk *walk, struct byte_source *source, uint64_t offset);

/* The same of data[size], which must outlive the walk. */
void jpeg_walk_start_memory(struct jpeg_walk *walk, const uint8_t *data, size_t size, uint64_t offset);

/* The next segment; behind an SOS, the first one behind that scan's data. An EOI or another marker without a
 * length has size 0. Returns 0, or -1 with `error` filled: the file ends, it has no marker where one must be,
 * or more segments or scans than any program writes (PM_ERROR_LIMIT). */
int jpeg_walk_next(struct jpeg_walk *walk, struct jpeg_segment *segment, struct pm_error *error);

/* The file's bytes from `offset` on, `size` of them at least (at most JPEG_WINDOW), or NULL with `error`
 * filled when there are fewer. Valid until the next call. */
const uint8_t *jpeg_walk_peek(struct jpeg_walk *walk, uint64_t offset, size_t size, struct pm_error *error);

/* All of a segment's payload: in memory, or read into `buffer`. NULL with `error` filled when the file ends
 * within it. */
const uint8_t *jpeg_walk_payload(struct jpeg_walk *walk, const struct jpeg_segment *segment,
                                 uint8_t buffer[JPEG_PAYLOAD_MAX], struct pm_error *error);

/* Fills the error of a file that ends before its first scan; returns -1. */
int jpeg_ends_in_header(struct pm_error *error);

/* --- the scans of a picture ------------------------------------------------------------------------ */

struct jpeg_scan {
    uint64_t at, end;    /* offsets of its SOS marker and of the marker behind its data */
    uint8_t components;  /* how many; 0 for a header that is broken */
    uint8_t id[4];       /* theirs */
    uint8_t first, last; /* coefficients of its spectral selection */
};

struct jpeg_scans {
    unsigned count; /* the first one, in whose data the walk began, not included */
    struct jpeg_scan scan[JPEG_MAX_SCANS];
    bool ended;   /* by an EOI */
    uint64_t end; /* of the picture: behind the EOI, else before the first marker that can't be its own */
    bool late;    /* APPn or COM between scans, where no program looks for them */
};

/* Walks the rest of a picture: `walk`, in memory, has just delivered an SOS, or is in a scan's data. A file
 * that just ends is no error here. Returns 0, or -1 with `error` filled (PM_ERROR_LIMIT). */
int jpeg_walk_scans(struct jpeg_walk *walk, struct jpeg_scans *scans, struct pm_error *error);

#endif
