/* Sequential access to the inflated pixel bytes of a PNG file. */
#ifndef CODEC_PNG_INFLATE_H
#define CODEC_PNG_INFLATE_H

#include "codec/inflate.h"
#include "codec/png/scan.h"

struct png_inflate {
    struct inflater inflater;
    struct memory_source memory;
    struct png_walk walk; /* at the next chunk with pixels, or before it */
    uint32_t type;        /* of those chunks */
    size_t chunks;        /* number of them from there on */
    uint64_t left;        /* bytes of the deflate stream not yet given to the inflater */
    uint32_t adler;       /* of the bytes inflated so far */
};

/* Starts a stream of `size` inflated bytes. The file must outlive the stream. Returns false if it is not a
 * zlib stream, or its window is too small. */
bool png_inflate_begin(struct png_inflate *stream, const struct png_file *file, uint64_t size);

/* Inflates exactly `size` bytes. Returns false if the stream is damaged or too short. */
bool png_inflate_read(struct png_inflate *stream, uint8_t *out, size_t size);

/* Does the stream end here, with a correct checksum, at the end of the chunks' data? */
bool png_inflate_finish(struct png_inflate *stream);

#endif
