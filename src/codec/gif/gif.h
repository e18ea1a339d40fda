/*
 * GIF (GIF89a): shared by the files of this codec. A file is a screen, which is the canvas, perhaps a
 * palette, and blocks: images, and extensions of labelled sub-blocks. pixmill parses the blocks; giflib
 * decodes and encodes the pixels, row by row.
 *
 * gif/gif.c is the codec's row; gif/blocks.c walks and reads the header; gif/reader.c composes frames;
 * codec/quantize.h chooses a palette; gif/encode.c writes an image; gif/writer.c writes stills and
 * animations.
 */
#ifndef CODEC_GIF_H
#define CODEC_GIF_H

#include "codec/codec.h"

enum {
    GIF_SIDE_MAX = 65535,
    GIF_APPLICATION = 11, /* bytes that name an application extension */
    GIF_DELAY_USUAL = 10, /* of a frame without one, in 1/100 s */
    GIF_OPAQUE = -1       /* in place of a transparent index */
};

/* What happens to a frame's rectangle before the next one is drawn (GIF89a, 23). */
enum gif_disposal { GIF_KEEP = 1, GIF_CLEAR = 2, GIF_RESTORE = 3 };

/* An image and the graphic control before it. */
struct gif_frame {
    uint64_t at; /* offset of its introducer in the file */
    uint32_t x, y, width, height;
    bool interlaced, own_palette;
    unsigned delay; /* in 1/100 s */
    enum gif_disposal disposal;
    int transparent; /* index, or GIF_OPAQUE */
};

struct gif_block {
    bool image;             /* else an extension */
    struct gif_frame frame; /* of an image */
    uint8_t label;          /* of an extension */
    uint64_t data;          /* offset of its first sub-block */
    uint64_t size;          /* bytes in the sub-blocks */
    uint8_t name[GIF_APPLICATION];
};

/* A walk over the file's blocks, which reads it in pieces. */
struct gif_walk {
    struct byte_source *source;
    uint64_t next;            /* offset of the next block */
    struct gif_frame control; /* for the next image */
    unsigned count;           /* of blocks so far */
    bool cut;                 /* the file ends within a block, or is invalid from some point on */
    bool whole;               /* the trailer was found */
    uint64_t piece_at;
    size_t piece_size;
    uint8_t piece[4096];
};

struct gif_extent {
    uint64_t at;
    uint64_t size;
};

struct gif_header {
    uint32_t width, height; /* of the canvas */
    unsigned aspect;        /* of a pixel: (aspect + 15) / 64; 0: not given */
    bool palette;           /* there is one for all frames */
    unsigned frames;
    bool loops_given;
    unsigned loops;             /* as in struct pm_info */
    uint64_t first;             /* offset of the first block */
    bool alpha;                 /* there may be transparent pixels in some frame */
    bool clears;                /* the last image's part becomes transparent if another one follows */
    bool outside;               /* some image is not within the canvas */
    bool cut;                   /* pixels are missing */
    bool unended;               /* only the trailer is missing */
    bool plain_text;            /* there is text to be drawn */
    unsigned other;             /* application extensions of unknown meaning */
    unsigned ncomments;         /* comment extensions */
    struct gif_extent icc, xmp; /* of the first sub-block; of the packet */
};

/* Walks from the block at `start`. */
void gif_walk_from(struct gif_walk *walk, struct byte_source *source, uint64_t start);

/* Reads the next block's head. Returns 1, 0 if there are no more, or -1 with `error` filled. */
int gif_walk_next(struct gif_walk *walk, struct gif_block *block, struct pm_error *error);

/* Reads everything but pixels. Returns 0, or -1 with `error` filled. */
int gif_read_header(struct byte_source *source, struct gif_header *header, struct pm_error *error);

void gif_tell(const struct gif_header *header, struct pm_info *info);

/* Copies the sub-blocks at `at` of data[size], joined, to out[room]. Returns how many bytes. */
size_t gif_join(const uint8_t *data, size_t size, uint64_t at, uint8_t *out, size_t room);

#endif
