/* The inflated bytes of a PNG file's pixels, one piece after the other. */
#ifndef CODEC_PNG_INFLATE_H
#define CODEC_PNG_INFLATE_H

#include "codec/inflate.h"
#include "codec/png_scan.h"

struct png_inflate {
    struct inflater inflater;
    struct memory_source memory;
    struct png_walk walk; /* at the IDAT chunk that is read next */
    size_t chunks;        /* how many there are from it on */
    uint64_t left;        /* bytes of the deflate stream that the inflater was not given yet */
    uint32_t adler;       /* of the bytes inflated so far */
};

/* Starts at the first of `size` bytes. The file outlives the stream. Returns false when that is no zlib
 * stream, or one whose window is smaller than it may be. */
bool png_inflate_begin(struct png_inflate *stream, const struct png_file *file, uint64_t size);

/* Inflates exactly `size` bytes. Returns false when the stream is damaged or has no more. */
bool png_inflate_read(struct png_inflate *stream, uint8_t *out, size_t size);

/* Does the stream end here, its checksum right, and with it the chunks' data? */
bool png_inflate_finish(struct png_inflate *stream);

#endif
