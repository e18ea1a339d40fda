/*
 * The chunks of a PNG file. png_walk_next is the only function that follows their lengths, from any byte
 * source; all code that needs chunks (probe, scan, pixels, encryption) uses it:
 *
 *     png_walk_start(&walk, source);                  at IHDR
 *     while (png_walk_next(&walk, &chunk, error) == PNG_WALK_CHUNK)
 *         ...                                         until chunk.type is TYPE_IEND
 *
 * png_chunk_kind says how each type of chunk is treated.
 */
#ifndef CODEC_PNG_CHUNKS_H
#define CODEC_PNG_CHUNKS_H

#include "codec/png/format.h"

/* Limits. Those on metadata bound the memory and time that a small file can require. */
#define PNG_SEALED_MAX (64u << 20)  /* bytes of an encryption header */
#define PNG_EXIF_MAX 65536u         /* max bytes of an eXIf chunk that is read for the orientation */
#define PNG_CHUNKS_PROBED 4096u     /* max chunks after IHDR that a probe reads */
#define PNG_METADATA_MAX (8u << 20) /* max inflated bytes of profile, XMP and text together */
#define PNG_INFLATE_MAX (32u << 20) /* the same, including broken ones */

/* A chunk's type as a number, the first letter in the highest byte. */
#define PNG_TYPE(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

/* The types that pixmill reads or writes; png/chunks.c lists more. */
enum png_chunk_type {
    TYPE_IHDR = PNG_TYPE('I', 'H', 'D', 'R'),
    TYPE_PLTE = PNG_TYPE('P', 'L', 'T', 'E'),
    TYPE_IDAT = PNG_TYPE('I', 'D', 'A', 'T'),
    TYPE_IEND = PNG_TYPE('I', 'E', 'N', 'D'),
    TYPE_TRNS = PNG_TYPE('t', 'R', 'N', 'S'),
    TYPE_CICP = PNG_TYPE('c', 'I', 'C', 'P'),
    TYPE_MDCV = PNG_TYPE('m', 'D', 'C', 'V'),
    TYPE_CLLI = PNG_TYPE('c', 'L', 'L', 'I'),
    TYPE_CHRM = PNG_TYPE('c', 'H', 'R', 'M'),
    TYPE_GAMA = PNG_TYPE('g', 'A', 'M', 'A'),
    TYPE_ICCP = PNG_TYPE('i', 'C', 'C', 'P'),
    TYPE_SRGB = PNG_TYPE('s', 'R', 'G', 'B'),
    TYPE_PHYS = PNG_TYPE('p', 'H', 'Y', 's'),
    TYPE_EXIF = PNG_TYPE('e', 'X', 'I', 'f'),
    TYPE_TEXT = PNG_TYPE('t', 'E', 'X', 't'),
    TYPE_ZTXT = PNG_TYPE('z', 'T', 'X', 't'),
    TYPE_ITXT = PNG_TYPE('i', 'T', 'X', 't'),
    TYPE_ACTL = PNG_TYPE('a', 'c', 'T', 'L'),
    TYPE_FCTL = PNG_TYPE('f', 'c', 'T', 'L'),
    TYPE_FDAT = PNG_TYPE('f', 'd', 'A', 'T'),
    /* pixmill's header of an encrypted image: ancillary, private, not safe to copy (by programs that change
     * the pixels and don't know it). Before IDAT, at most once. */
    TYPE_SEALED = PNG_TYPE('p', 'm', 'E', 'N'),
};

enum { PNG_SEQUENCE_BYTES = 4 }; /* of the number at the beginning of an fdAT's data */

struct png_chunk {
    uint32_t type, size; /* size: bytes of data, at most PNG_CHUNK_MAX */
    uint64_t number;     /* 0 for IHDR */
    uint64_t offset;     /* of the data in the file */
    const uint8_t *data; /* the data if the whole file is in memory (set by its reader); else NULL */
};

struct png_walk {
    struct byte_source *source;
    uint64_t next;   /* offset of the next chunk */
    uint64_t number; /* of the next chunk */
};

enum png_walk_status {
    PNG_WALK_CHUNK,  /* *chunk is filled; its data and CRC are not read and may be beyond the end of the file
                      */
    PNG_WALK_CUT,    /* the file ends before or within the next chunk's length or type */
    PNG_WALK_BROKEN, /* the chunk at `next` has an impossible length or type */
    PNG_WALK_FAILED, /* the file can't be read; `error` is filled */
};

/* Starts after the signature. */
void png_walk_start(struct png_walk *walk, struct byte_source *source);

enum png_walk_status png_walk_next(struct png_walk *walk, struct png_chunk *chunk, struct pm_error *error);

/* Walks in data[size], which is in memory, to the next chunk of pixels, of `type`; *part is what it has of
 * them: of an fdAT without its number. Returns false if there is none. */
bool png_walk_pixels(struct png_walk *walk, uint32_t type, const uint8_t *data, size_t size,
                     struct pm_blob *part);

/* Fills `error` (PM_ERROR_CORRUPT) for PNG_WALK_BROKEN; returns -1. */
int png_walk_error(const struct png_walk *walk, struct pm_error *error);

/* The next chunk up to and including the first IDAT, from IHDR on. Returns 0, or -1 with `error` filled: the
 * file can't be read, is truncated or broken, has no pixels, or has more than PNG_CHUNKS_PROBED chunks before
 * them. */
int png_walk_to_pixels(struct png_walk *walk, struct png_chunk *chunk, struct pm_error *error);

/* Finds the first chunk of `type` before the pixels; if there is none, *chunk is the first IDAT. Returns 0,
 * or -1 with `error` filled as above. */
int png_find_chunk(struct byte_source *source, uint32_t type, struct png_chunk *chunk,
                   struct pm_error *error);

/* Fills `error` (PM_ERROR_TRUNCATED); returns -1. */
int png_end_before_pixels(struct pm_error *error);

/* "IDAT" */
void png_chunk_name(uint32_t type, char name[5]);

/* May a decoder ignore such a chunk if it does not know it (section 5.4)? */
bool png_chunk_is_ancillary(uint32_t type);

/* How a chunk is treated. */
enum png_chunk_use {
    PNG_USE_PIXELS,   /* decoded */
    PNG_USE_KEPT,     /* kept if requested (--keep) */
    PNG_USE_HARMLESS, /* left out without a warning */
    PNG_USE_LOST,     /* left out with a warning */
};

struct png_chunk_kind {
    uint32_t type;
    enum png_chunk_use use;
    const char *what; /* for PNG_USE_LOST: the warning's subject */
};

/* NULL for an unknown type; an ancillary one is lost. */
const struct png_chunk_kind *png_chunk_kind(uint32_t type);

#endif
