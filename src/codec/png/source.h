/*
 * The rows of a PNG file, from one of two decoders: the fast one for undamaged files of common kinds; libpng
 * for others, or from the first damaged row on. Both give the same pixels.
 *
 *     png/source.c   selects the decoder
 *     png/fast.c     the common kinds, by png/inflate.c, png/unfilter.simd.c and png/wave.simd.c
 *     png/libpng.c   every kind, and damaged files
 */
#ifndef CODEC_PNG_SOURCE_H
#define CODEC_PNG_SOURCE_H

#include "codec/png/scan.h"
#include "image/row_source.h"

struct png_source {
    struct row_source rows; /* first member: users have a pointer to it */
    struct png_file file;
    bool alpha;                /* of the decoded picture */
    unsigned depth;            /* of the decoded picture: 8 or 16 bits */
    struct png_fast *fast;     /* NULL: libpng is in use */
    struct png_libpng *libpng; /* NULL: not in use */
    bool incomplete;           /* pixels are missing in the file and were filled in */
    bool faulty;               /* something about its pixel data was worth a warning */
    bool warned;               /* a warning about the file's end was given */
};

/* Sets up source->rows for source->file. */
void png_source_init(struct png_source *source);

/* The fast decoder. Both return 0; 1 to continue with libpng from rows.made on (an uncommon kind, or unusual
 * data); or -1 with `error` filled. */
int png_fast_begin(struct png_source *source, uint32_t window, struct context *context);
int png_fast_make(struct png_source *source, uint32_t end, struct context *context);

/* libpng. Takes over at row rows.made; the window must be set up. All rows of an interlaced file are made at
 * once. Return 0, or -1 with `error` filled: pixels are missing (unless file.allow_truncated) or damaged. */
int png_libpng_begin(struct png_source *source, struct context *context);
int png_libpng_make(struct png_source *source, uint32_t end, struct context *context);
void png_libpng_end(struct png_source *source);

#endif
