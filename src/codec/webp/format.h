/*
 * WebP (RFC 9649): shared by the files of this codec. A file is a RIFF: chunks of a tag, a size and that many
 * bytes, padded to even. pixmill parses the chunks and passes to libwebp only the bitstream of one image, so
 * that headers, metadata and animations need no library and are limited here.
 *
 * webp/webp.c is the codec's row; webp/chunks.c walks; webp/probe.c reads the header; webp/decode.c decodes
 * one bitstream; webp/reader.c is the reader of stills and animations; webp/encode.c writes stills,
 * webp/writer.c animations, of each frame what webp/changes.c finds.
 */
#ifndef CODEC_WEBP_H
#define CODEC_WEBP_H

#include "codec/codec.h"
#include "codec/webp/options.h"

enum {
    WEBP_SIDE_MAX = 16383, /* of an image; pixmill also limits an animation's canvas */
    WEBP_RIFF_HEAD = 12,   /* "RIFF", size, "WEBP" */
    WEBP_CHUNK_HEAD = 8,   /* tag, size */
    WEBP_VP8X_SIZE = 10,
    WEBP_ANIM_SIZE = 6,
    WEBP_ANMF_HEAD = 16,
};

/* VP8X's flags, of its first byte. */
enum {
    WEBP_FLAG_ANIMATION = 2,
    WEBP_FLAG_XMP = 4,
    WEBP_FLAG_EXIF = 8,
    WEBP_FLAG_ALPHA = 16,
    WEBP_FLAG_ICC = 32
};

/* A chunk's tag as a number, its first letter lowest. */
#define WEBP_TAG(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
enum {
    WEBP_VP8 = WEBP_TAG('V', 'P', '8', ' '),
    WEBP_VP8L = WEBP_TAG('V', 'P', '8', 'L'),
    WEBP_VP8X = WEBP_TAG('V', 'P', '8', 'X'),
    WEBP_ALPH = WEBP_TAG('A', 'L', 'P', 'H'),
    WEBP_ANIM = WEBP_TAG('A', 'N', 'I', 'M'),
    WEBP_ANMF = WEBP_TAG('A', 'N', 'M', 'F'),
    WEBP_ICCP = WEBP_TAG('I', 'C', 'C', 'P'),
    WEBP_EXIF = WEBP_TAG('E', 'X', 'I', 'F'),
    WEBP_XMP = WEBP_TAG('X', 'M', 'P', ' '),
};

/* The planes of a lossy picture (RFC 6386, 9.2), as an initializer. */
#define WEBP_PLANES(transparency)                                                                            \
    {                                                                                                        \
        .color = PM_COLOR_YCC, .alpha = (transparency), .depth = 8, .bits = 8, .sampling_x = 2,              \
        .sampling_y = 2, .matrix = PM_MATRIX_BT601, .limited_range = true                                    \
    }

uint32_t webp_get_le24(const uint8_t *p);
uint32_t webp_get_le32(const uint8_t *p);
void webp_put_le24(uint8_t *p, uint32_t value);
void webp_put_le32(uint8_t *p, uint32_t value);

/* --- chunks ---------------------------------------------------------------------------------------- */

struct webp_walk {
    struct byte_source *source;
    uint64_t next, end; /* offset of the next chunk, and where the last must end */
    unsigned count;     /* of chunks so far */
    bool cut;           /* the file ends before `end` */
};

enum { WEBP_PEEK = 26 }; /* bytes of a chunk's data that are read with it */

struct webp_chunk {
    uint32_t tag;
    uint64_t at;   /* offset of its tag in the file */
    uint32_t size; /* of its data, as stated */
    uint8_t head[WEBP_PEEK];
    unsigned peeked; /* bytes of `head` that were read */
};

/* Walks from the chunk at `start` to `end`. */
struct webp_walk webp_walk_from(struct byte_source *source, uint64_t start, uint64_t end);

/* Walks from a file's first chunk: reads the RIFF header. Returns 0, or -1 with `error` filled. */
int webp_walk_begin(struct webp_walk *walk, struct byte_source *source, struct pm_error *error);

/* Reads the next chunk's head. Returns 1, 0 if there are no more, or -1 with `error` filled (I/O, or
 * PM_ERROR_LIMIT: too many). */
int webp_walk_next(struct webp_walk *walk, struct webp_chunk *chunk, struct pm_error *error);

/* --- header ---------------------------------------------------------------------------------------- */

/* One bitstream. */
struct webp_image {
    uint64_t at;            /* offset of the tag of its first chunk: ALPH, VP8 or VP8L */
    uint64_t end;           /* end of the data of its last chunk */
    uint32_t width, height; /* 0: none found */
    bool lossless, alpha;
};

struct webp_extent {
    uint64_t at; /* of the data */
    uint32_t size;
};

struct webp_header {
    uint32_t width, height; /* of the canvas */
    bool animated;
    unsigned frames; /* at least 1 */
    unsigned loops;
    uint64_t first_frame;    /* for an animation: offset of its first frame's chunk */
    uint64_t end;            /* of the RIFF */
    struct webp_image image; /* for a still image; for an animation only `end`, after the last frame */
    struct webp_extent icc, exif, xmp;
    unsigned orientation;
    enum pm_exif_color exif_color;
    bool cut; /* the file is truncated: pixels are missing */
};

/* Adds the chunk to the bitstream, if it is part of one. Returns 0, or -1 with `error` filled. */
int webp_image_add(struct webp_image *image, const struct webp_chunk *chunk, struct pm_error *error);

/* Reads everything except pixels. Returns 0, or -1 with `error` filled. */
int webp_read_header(struct byte_source *source, struct webp_header *header, struct pm_error *error);

void webp_header_tell(const struct webp_header *header, struct pm_info *info);

int webp_probe(struct byte_source *source, struct pm_info *info, struct pm_error *error);

#endif
