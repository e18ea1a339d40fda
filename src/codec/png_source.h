/*
 * The rows of a PNG file, made by one of two decoders: the fast one as long as the file is flawless and of a
 * common kind, libpng otherwise and from there on. What either makes is the same.
 *
 *     png_source.c   which of them is at work
 *     png_fast.c     the common kinds, by png_inflate.c, png_unfilter.simd.c and png_wave.simd.c
 *     png_libpng.c   every kind, and whatever is to be tolerated
 */
#ifndef CODEC_PNG_SOURCE_H
#define CODEC_PNG_SOURCE_H

#include "codec/png_scan.h"
#include "image/row_source.h"

struct png_source {
    struct row_source rows; /* first: whoever uses it has a pointer to it */
    struct png_file file;
    bool alpha;                /* of the decoded picture */
    unsigned depth;            /* of the decoded picture: 8 or 16 bits */
    struct png_fast *fast;     /* NULL: libpng is at work */
    struct png_libpng *libpng; /* NULL: it is not */
    bool incomplete;           /* the file lacks pixels, and what stands for them was made up */
    bool warned;               /* of how the file ends */
};

/* Sets up source->rows for source->file. */
void png_source_init(struct png_source *source);

/* The fast decoder. Each returns 0; 1 when it leaves the rest, from rows.made on, to libpng: an uncommon
 * kind, or something is odd about its data; or -1 with `error` filled. */
int png_fast_begin(struct png_source *source, uint32_t window, struct context *context,
                   struct pm_error *error);
int png_fast_make(struct png_source *source, uint32_t end, struct context *context, struct pm_error *error);

/* libpng. Takes over at row rows.made; the window must be set up. Of an interlaced file all rows are made at
 * once. 0, or -1 with `error` filled: pixels are missing, which file.allow_truncated allows, or damaged. */
int png_libpng_begin(struct png_source *source, struct context *context, struct pm_error *error);
int png_libpng_make(struct png_source *source, uint32_t end, struct context *context, struct pm_error *error);
void png_libpng_end(struct png_source *source);

#endif
