/*
 * A PNG file in memory, scanned once: chunks lie within the file, checksums hold, the critical chunks are in
 * their order (section 5.6). Both decoders rely on that.
 *
 * What is wrong behind the pixel data never refuses a file: it ends the scan and is a warning, if the decoder
 * then finds all pixels. A file is truncated when pixels are missing, which only decoding tells.
 */
#ifndef CODEC_PNG_SCAN_H
#define CODEC_PNG_SCAN_H

#include "codec/png_meta.h"

enum png_end {
    PNG_END_WHOLE,  /* with IEND */
    PNG_END_CUT,    /* the file ends before IEND */
    PNG_END_BROKEN, /* something breaks the format's rules behind the pixels */
};

struct png_file {
    const uint8_t *data;
    size_t size;
    struct png_header header;
    unsigned palette_entries;
    bool transparency; /* a valid tRNS chunk */
    bool allow_truncated;
    struct png_chunk palette, key; /* PLTE and tRNS, of type 0 when there is none */
    uint64_t first_idat;           /* offset of the first IDAT chunk's length */
    size_t idat_chunks;            /* whole ones that follow one another from there */
    uint64_t idat_bytes;           /* of their data together */
    struct png_chunk cut;          /* the IDAT chunk behind them that the file ends within, or of type 0 */
    enum png_end end;
    uint64_t end_at; /* offset of what ends the scan */
};

/* Scans data[size], which outlives *file, and gives `meta` the ancillary chunks. Returns 0, or -1 with the
 * error of `meta` filled: there are no pixels, or what comes before them is broken. */
int png_scan(const uint8_t *data, size_t size, struct png_file *file, struct png_meta *meta);

#endif
