/*
 * Where things are in a JPEG XL file (ISO/IEC 18181-2): a bare codestream, or a container of boxes with the
 * codestream in one box (jxlc) or several (jxlp), and metadata in others, which may be compressed with Brotli
 * (brob).
 */
#ifndef CODEC_JXL_CONTAINER_H
#define CODEC_JXL_CONTAINER_H

#include "codec/heif/bmff.h"

struct jxl_extent {
    uint64_t at, size; /* in the file; size 0: none */
    bool brotli;       /* compressed */
};

struct jxl_container {
    bool boxed;     /* a container, not a bare codestream */
    bool cut;       /* the file ends within a box */
    bool jpeg;      /* jbrd: the JPEG that it was made from can be restored */
    bool gain_map;  /* jhgm */
    unsigned jumbf; /* boxes of JUMBF: Content Credentials and the like */
    struct jxl_extent exif, xmp;
};

/* Walks all boxes. Returns 0, or -1 with `error` filled. */
int jxl_read_container(struct byte_source *source, struct jxl_container *container, struct pm_error *error);

/* The codestream, joined from its boxes. Zeroed except for the first two members. */
struct jxl_stream {
    struct byte_source *source;
    bool boxed;
    /* The current piece: its offset in the codestream, its offset in the file, and its size. */
    uint64_t from, at, size;
    uint64_t next; /* offset of the next box */
    bool last;     /* no box follows */
};

/* Reads up to `size` bytes at `offset` of the codestream. Returns how many, fewer only at its end, or -1 with
 * `error` filled. */
long jxl_stream_read(struct jxl_stream *stream, uint64_t offset, void *bytes, size_t size,
                     struct pm_error *error);

#endif
