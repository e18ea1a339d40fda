/*
 * What a PNG file says beside its pixels: ancillary chunks to struct pm_metadata. Each chunk comes with its
 * checksum already held, and is still bytes from an untrusted file. What breaks its own rules is left out
 * with a warning, one for each kind of fault. What is not wanted (--keep) is not looked into.
 *
 *     png_meta.c    colours, density, EXIF, encryption header
 *     png_text.c    texts, XMP, and what ImageMagick keeps in texts
 *     png_bomb.c    inflates what is packed, within limits
 */
#ifndef CODEC_PNG_META_H
#define CODEC_PNG_META_H

#include "codec/png_chunks.h"

enum { PNG_FAULTS_MAX = 32 };

struct png_meta {
    struct pm_metadata *metadata; /* filled; points into the file or into the context's job_arena */
    struct context *context;
    struct pm_error *error;
    unsigned keep;                  /* enum metadata_keep */
    unsigned orientation;           /* 0 until an eXIf chunk says */
    size_t budget;                  /* bytes of PNG_METADATA_MAX that are left */
    size_t inflated;                /* bytes that the chunks so far inflate to */
    bool exif_is_text, xmp_is_text; /* comes from a text; the chunk made for it outranks that */
    struct pm_text *texts;
    size_t ntexts, texts_capacity;
    const char *said[PNG_FAULTS_MAX]; /* what was left out with a warning */
    unsigned nsaid;
};

void png_meta_init(struct png_meta *meta, struct pm_metadata *metadata, unsigned keep,
                   struct context *context, struct pm_error *error);

/* Takes what one ancillary chunk says. before_pixels: no IDAT came yet. Returns 0, or -1 with `error` filled
 * (memory, a bomb). */
int png_meta_take(struct png_meta *meta, const struct png_chunk *chunk, bool before_pixels);

/* Warns once that `what` (which must outlive the scan) is left out. Returns 0. */
int png_meta_leave_out(struct png_meta *meta, const char *what);

/* An eXIf chunk's TIFF structure: without the "Exif\0\0" of JPEG that some writers put before it. */
struct pm_blob png_exif_tiff(const uint8_t *data, size_t size);

/* Length of the NUL-terminated keyword that data[size] begin with; 0 when they begin with none. */
size_t png_keyword_length(const uint8_t *data, size_t size);

/* An iTXt chunk, without looking at its text: where the parts of data[size] begin. */
struct png_itxt {
    bool xmp;       /* by its keyword */
    bool packed;    /* the text is deflated */
    size_t text_at; /* offset of the text */
    size_t keyword_length;
};
/* Returns false when the chunk is broken, or its text begins beyond `size`. */
bool png_itxt_parse(const uint8_t *data, size_t size, struct png_itxt *itxt);

/* Takes tEXt and zTXt; iTXt. As png_meta_take. */
int png_text_take_latin1(struct png_meta *meta, const struct png_chunk *chunk);
int png_text_take_unicode(struct png_meta *meta, const struct png_chunk *chunk);

/* Does a tEXt or zTXt chunk hold IPTC by its keyword, of `length` bytes? */
bool png_text_is_iptc(const uint8_t *keyword, size_t length);

/* `size` bytes of the budget in the job_arena, or NULL. */
uint8_t *png_meta_alloc(struct png_meta *meta, size_t size);

/* Bytes that a zlib stream inflates to, counted no further than just beyond `max`; *whole says whether it
 * ends there with the right checksum. Takes no memory. */
size_t png_inflated_size(struct pm_blob packed, size_t max, bool *whole);

/* Inflates the zlib stream of a profile or a text, a NUL behind it. *out has no data when the stream is
 * broken or the budget has no room for it. Returns 0, or -1 with the error filled: a bomb. */
int png_meta_inflate(struct png_meta *meta, struct pm_blob packed, bool profile, struct pm_blob *out);

#endif
