/*
 * Reads a PNG file's ancillary chunks into struct pm_metadata. Each chunk's checksum is already verified, but
 * its data is still untrusted. Invalid chunks are left out, with one warning per kind of error. Metadata that
 * is not kept (--keep) is not parsed.
 *
 *     png/ancillary.c    one chunk: colours, density, EXIF, encryption header
 *     png/text.c         texts, XMP, and ImageMagick's raw profiles in texts
 *     png/bomb.c         inflates compressed data, within limits
 *     png/meta.c         what all three use: the memory budget, the warnings
 */
#ifndef CODEC_PNG_META_H
#define CODEC_PNG_META_H

#include "codec/png/chunks.h"

enum { PNG_FAULTS_MAX = 32 };

struct png_meta {
    struct pm_metadata *metadata; /* filled; points into the file or into the context's job_arena */
    struct context *context;
    struct pm_error *error;
    unsigned keep;                  /* enum metadata_keep */
    unsigned orientation;           /* 0 until an eXIf chunk says */
    size_t budget;                  /* bytes left of PNG_METADATA_MAX */
    size_t inflated;                /* inflated bytes of the chunks so far */
    bool exif_is_text, xmp_is_text; /* came from a text; a dedicated chunk overrides it */
    struct pm_text *texts;
    size_t ntexts, texts_capacity;
    const char *said[PNG_FAULTS_MAX]; /* warnings already given */
    unsigned nsaid;
};

void png_meta_init(struct png_meta *meta, struct pm_metadata *metadata, unsigned keep,
                   struct context *context);

/* Reads one ancillary chunk. before_pixels: no IDAT seen yet. Returns 0, or -1 with `error` filled (memory, a
 * decompression bomb). */
int png_meta_take(struct png_meta *meta, const struct png_chunk *chunk, bool before_pixels);

/* Warns once that `what` (which must outlive the scan) is left out. Returns 0. */
int png_meta_leave_out(struct png_meta *meta, const char *what);

/* An eXIf chunk's TIFF structure, without the JPEG prefix "Exif\0\0" that some writers add. */
struct pm_blob png_exif_tiff(const uint8_t *data, size_t size);

/* Length of the NUL-terminated keyword at the start of data[size]; 0 if there is none. */
size_t png_keyword_length(const uint8_t *data, size_t size);

/* An iTXt chunk's fields in data[size], without its text. */
struct png_itxt {
    bool xmp;       /* by its keyword */
    bool packed;    /* the text is deflated */
    size_t text_at; /* offset of the text */
    size_t keyword_length;
};
/* Returns false if the chunk is broken or its text begins after `size`. */
bool png_itxt_parse(const uint8_t *data, size_t size, struct png_itxt *itxt);

/* Read tEXt and zTXt; iTXt. As png_meta_take. */
int png_text_take_latin1(struct png_meta *meta, const struct png_chunk *chunk);
int png_text_take_unicode(struct png_meta *meta, const struct png_chunk *chunk);

/* Does the keyword of a tEXt or zTXt chunk, of `length` bytes, say that it holds IPTC? */
bool png_text_is_iptc(const uint8_t *keyword, size_t length);

/* Allocates `size` bytes in the job_arena, within the budget; NULL if not possible. */
uint8_t *png_meta_alloc(struct png_meta *meta, size_t size);

/* The inflated size of a zlib stream; counting stops just after `max`. *whole: the stream ended with a
 * correct checksum. Allocates no memory. */
size_t png_inflated_size(struct pm_blob packed, size_t max, bool *whole);

/* Inflates the beginning of a zlib stream, up to `room` bytes. Returns how many. */
size_t png_inflate_beginning(struct pm_blob packed, uint8_t *out, uint32_t room);

/* Inflates the zlib stream of a profile or a text and appends a NUL. *out has no data if the stream is broken
 * or exceeds the budget. Returns 0, or -1 with the error filled: a decompression bomb. */
int png_meta_inflate(struct png_meta *meta, struct pm_blob packed, bool profile, struct pm_blob *out);

#endif
