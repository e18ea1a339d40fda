/*
 * A PNG file in memory, scanned once: chunks are within the file, checksums are correct, the critical chunks
 * are in order (section 5.6). Both decoders rely on that.
 *
 * An error after the pixel data does not reject the file: it ends the scan and is a warning, if the decoder
 * then finds all pixels. Whether pixels are missing (truncated file) is known only after decoding.
 */
#ifndef CODEC_PNG_SCAN_H
#define CODEC_PNG_SCAN_H

#include "codec/png/animation.h"
#include "codec/png/meta.h"

enum { PNG_START = PNG_SIGNATURE_SIZE + PNG_IHDR_SIZE + PNG_CHUNK_FRAME };

enum png_end {
    PNG_END_WHOLE,  /* with IEND */
    PNG_END_CUT,    /* the file ends before IEND */
    PNG_END_BROKEN, /* a format error after the pixels */
};

/* The pixels of one picture in a file: the still picture, or a frame of an animation. */
struct png_file {
    const uint8_t *data;
    size_t size;
    const uint8_t *start; /* the picture's own signature and IHDR, PNG_START bytes */
    uint32_t pixels; /* the type of chunk that has them: TYPE_IDAT, or TYPE_FDAT, whose data begins with a
                        number */
    struct png_header header;
    unsigned palette_entries;
    bool transparency; /* a valid tRNS chunk */
    bool allow_truncated;
    struct png_chunk palette, key; /* PLTE and tRNS, of type 0 when there is none */
    uint64_t first_idat;           /* offset of the first such chunk's length */
    size_t idat_chunks;   /* complete ones from there; IDAT: consecutive, fdAT: others may be between */
    uint64_t idat_bytes;  /* total of their data, without numbers */
    struct png_chunk cut; /* a truncated one after them, its data without a number; or of type 0 */
    struct png_animation animation;
    enum png_end end;
    uint64_t
        end_at; /* offset of what ends the scan: the first chunk that is not whole or not valid, or IEND */
};

/* Scans data[size], which must outlive *file, and passes the ancillary chunks to `meta`. Returns 0, or -1
 * with the error of `meta` filled: no pixels, or an error before them. */
int png_scan(const uint8_t *data, size_t size, struct png_file *file, struct png_meta *meta);

#endif
