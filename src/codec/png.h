/*
 * Between the files of the PNG codec (PNG Specification, Third Edition).
 *
 *   png.c          the table's row: which decoder takes a file, what it costs
 *   png_probe.c    the header, from a byte source
 *   png_scan.c     every chunk of a file in memory: structure, CRCs, where things stand
 *   png_bomb.c     metadata that inflates to too much
 *   png_meta.c     ancillary chunks to metadata
 *   png_source.c   the rows of a file, by one of two decoders:
 *   png_fast.c     the common kinds, by png_inflate.c, png_unfilter.simd.c and png_wave.simd.c
 *   png_libpng.c   every kind, by libpng
 *   png_encode.c   pixels to a file: libdeflate, png_filter.simd.c
 *   png_write.c    chunks and metadata of a file
 */
#ifndef CODEC_PNG_H
#define CODEC_PNG_H

#include "codec/codec.h"
#include "image/row_source.h"

enum { PNG_SIGNATURE_SIZE = 8, PNG_CHUNK_FRAME = 12 /* length, type and CRC around a chunk's data */ };

#define PNG_CHUNK_MAX 0x7fffffffu /* bytes of a chunk's data */
#define PNG_SEALED_MAX (64u << 20)
#define PNG_EXIF_MAX 65536u         /* bytes of an eXIf chunk that may say the orientation */
#define PNG_CHUNKS_LOOKED 4096u     /* chunks behind IHDR among which such an eXIf may stand */
#define PNG_METADATA_MAX (8u << 20) /* bytes of profile, XMP and text, inflated, all together */
#define PNG_INFLATE_MAX (32u << 20) /* the same with what is broken or not wanted */

extern const uint8_t png_signature[PNG_SIGNATURE_SIZE];

/* A chunk's type as a number, the first letter in the highest byte. */
#define PNG_TYPE(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

enum png_chunk_type {
    TYPE_IHDR = PNG_TYPE('I', 'H', 'D', 'R'),
    TYPE_PLTE = PNG_TYPE('P', 'L', 'T', 'E'),
    TYPE_IDAT = PNG_TYPE('I', 'D', 'A', 'T'),
    TYPE_IEND = PNG_TYPE('I', 'E', 'N', 'D'),
    TYPE_TRNS = PNG_TYPE('t', 'R', 'N', 'S'),
    TYPE_CHRM = PNG_TYPE('c', 'H', 'R', 'M'),
    TYPE_GAMA = PNG_TYPE('g', 'A', 'M', 'A'),
    TYPE_ICCP = PNG_TYPE('i', 'C', 'C', 'P'),
    TYPE_SRGB = PNG_TYPE('s', 'R', 'G', 'B'),
    TYPE_PHYS = PNG_TYPE('p', 'H', 'Y', 's'),
    TYPE_EXIF = PNG_TYPE('e', 'X', 'I', 'f'),
    TYPE_TEXT = PNG_TYPE('t', 'E', 'X', 't'),
    TYPE_ZTXT = PNG_TYPE('z', 'T', 'X', 't'),
    TYPE_ITXT = PNG_TYPE('i', 'T', 'X', 't'),
    /* pixmill's header of an encrypted image: ancillary, private, not to be copied by programs that change
     * the pixels and don't know it. Stands before IDAT, at most once. */
    TYPE_SEALED = PNG_TYPE('p', 'm', 'E', 'N'),
};

enum png_color_type { PNG_GRAY = 0, PNG_RGB = 2, PNG_PALETTE = 3, PNG_GRAY_ALPHA = 4, PNG_RGB_ALPHA = 6 };

/* IHDR, checked. */
struct png_header {
    uint32_t width, height; /* 1 to 2^31 - 1 */
    uint8_t depth;          /* bits a sample as stored: 1, 2, 4, 8 or 16 */
    uint8_t color_type;     /* enum png_color_type */
    bool interlaced;
};

enum { PNG_IHDR_SIZE = 13 };
/* Reads signature and IHDR. Returns 0, or -1 with `error` filled. */
int png_read_header(struct byte_source *source, struct png_header *header, struct pm_error *error);

/* Samples a pixel as stored, 1 for a palette's index; bits a pixel; bytes of one whole row without its filter
 * byte. */
unsigned png_header_channels(const struct png_header *header);
unsigned png_header_pixel_bits(const struct png_header *header);
uint64_t png_header_row_bytes(const struct png_header *header);

/* The decoded picture's shape. `transparency`: has the file a valid tRNS? */
struct shape png_header_shape(const struct png_header *header, bool transparency);

/* Entries of a PLTE chunk of `size` bytes that such a file can use. */
unsigned png_palette_entries(const struct png_header *header, uint32_t size);

/* Does a tRNS chunk of `size` bytes say something in such a file? `palette_entries` of the PLTE before it. */
bool png_transparency_valid(const struct png_header *header, unsigned palette_entries, uint32_t size);

struct png_chunk {
    uint32_t type, size;
    const uint8_t *data; /* size bytes */
};

/* What ancillary chunks said so far; png_meta.c. */
struct png_meta {
    struct pm_metadata *metadata;
    unsigned orientation; /* 0 until an eXIf chunk says */
    size_t chunk;         /* number of the chunk in hand, 0 the one behind IHDR */
    unsigned keep;        /* enum metadata_keep */
    size_t budget;        /* bytes of PNG_METADATA_MAX that are left */
    size_t inflated;      /* bytes that the chunks so far inflate to */
    struct pm_text *texts;
    size_t ntexts, texts_capacity;
};

/* How many bytes the zlib stream within a chunk inflates to, counted no further than just beyond `most`, and
 * up to where it is broken; 0 when the chunk has none. png_bomb.c. */
size_t png_inflated_size(const struct png_chunk *chunk, size_t most);

/* Refuses a file with a chunk of metadata that inflates to more than PNG_METADATA_MAX bytes, or with many
 * that do to more than PNG_INFLATE_MAX. Returns 0, or -1 with `error` filled (PM_ERROR_LIMIT); png_bomb.c. */
int png_refuse_bomb(struct png_meta *meta, const struct png_chunk *chunk, struct pm_error *error);

/* Takes what one chunk says; a broken one is left out with a warning. `before_pixels`: no IDAT came yet.
 * Returns 0, or -1 with `error` filled (memory). */
int png_meta_take(struct png_meta *meta, const struct png_chunk *chunk, bool before_pixels,
                  struct context *context, struct pm_error *error);

/* A file whose chunks were walked. */
struct png_file {
    const uint8_t *data;
    size_t size;
    struct png_header header;
    unsigned palette_entries;
    bool transparency;   /* a valid tRNS chunk */
    size_t first_idat;   /* offset of the first IDAT chunk's length field */
    size_t idat_chunks;  /* how many follow one another from there */
    uint64_t idat_bytes; /* of their data together */
    /* A file that ends early: whole chunks end here; `cut` of type `cut_type` follows, its size what is left
     * of it. */
    bool truncated;
    size_t whole;
    struct png_chunk cut;
};

/* Walks data[size] and fills *file and the metadata. Returns 0, or -1 with `error` filled: a broken structure
 * or checksum, or a file that ends early while `allow_truncated` is false. */
int png_scan(const uint8_t *data, size_t size, bool allow_truncated, struct png_file *file,
             struct png_meta *meta, struct context *context, struct pm_error *error);

/* The rows of a file, made by one of two decoders. */
struct png_source {
    struct row_source rows; /* first: whoever uses it has a pointer to it */
    struct png_file file;
    bool alpha;                /* of the decoded picture; */
    unsigned depth;            /* 8 or 16 bits */
    struct png_fast *fast;     /* NULL: libpng is at work */
    struct png_libpng *libpng; /* NULL: it is not */
};

/* The fast decoder. Each returns 0; 1 when it leaves the rest, from rows.made on, to libpng: an uncommon
 * kind, or something is odd about its data; or -1 with `error` filled. */
int png_fast_begin(struct png_source *source, uint32_t window, struct context *context,
                   struct pm_error *error);
int png_fast_make(struct png_source *source, uint32_t end, struct context *context, struct pm_error *error);

/* libpng. Takes over at row rows.made; the window must be set up. Of an interlaced file all rows are made at
 * once. 0, or -1 with `error` filled. */
int png_libpng_begin(struct png_source *source, struct context *context, struct pm_error *error);
int png_libpng_make(struct png_source *source, uint32_t end, struct context *context, struct pm_error *error);
void png_libpng_end(struct png_source *source);

/* Sets up source->rows for source->file. */
void png_source_init(struct png_source *source);

int png_probe(struct byte_source *source, struct pm_info *info, struct pm_error *error);
int png_measure_profile(struct byte_source *source, struct pm_info *info, struct pm_error *error);

int png_encode(const struct pm_image *image, const struct encode_request *request, struct buffer *out,
               struct context *context, struct pm_error *error);
uint64_t png_encode_bound(const struct shape *shape);

/* Writing, png_write.c. Each appends to `out`; 0, or -1 with `error` filled (memory). */
int png_chunk_append(struct buffer *out, uint32_t type, const void *data, size_t size,
                     struct pm_error *error);
/* Signature, IHDR, and everything of image->meta. */
int png_head_append(struct buffer *out, const struct pm_image *image, struct pm_error *error);

static inline uint32_t png_get_be32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static inline void png_put_be32(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)(value >> 24);
    bytes[1] = (uint8_t)(value >> 16);
    bytes[2] = (uint8_t)(value >> 8);
    bytes[3] = (uint8_t)value;
}

#endif
