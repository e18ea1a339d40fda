/*
 * pixmill's own encoder of grey and YCbCr planes and of RGB: baseline JPEG with fitted Huffman tables. The
 * bytes equal those of libjpeg-turbo with its accurate transform (JDCT_ISLOW) and the same tables, except
 * that tables share a segment, which saves 16 bytes.
 *
 *     encode_fast.c       an image: strip by strip, first counted, then written
 *     encode_rgb.c        an RGB image's strips as planes; encode_rgb.h
 *     ycc.simd.c          RGB to YCbCr, and smaller chroma
 *     fdct.simd.c         samples to quantised coefficients
 *     symbols.simd.c      coefficients to counts of symbols, and to bits
 *
 * libjpeg writes what comes before the frame header, and CMYK images.
 */
#ifndef CODEC_JPEG_ENCODE_FAST_H
#define CODEC_JPEG_ENCODE_FAST_H

#include "base/simd.h"
#include "codec/jpeg/huffman.h"
#include "image/image.h"

/* --- forward transform (fdct.simd.c) --------------------------------------------------------------- */

/* A divisor d of 8 * quantiser as factors of 16 bits: |x| / d, rounded, is ((|x| + half) * reciprocal >> 16)
 * * scale >> 16. In natural order. */
struct fdct_quant {
    uint16_t half[DCTSIZE2], reciprocal[DCTSIZE2], scale[DCTSIZE2];
};

enum { FDCT_GROUP_MAX = 4 }; /* max blocks transformed at once */

struct fdct_kernels {
    unsigned group; /* blocks transformed at once */
    /* Transforms `groups` groups of adjacent blocks in these 8 rows, from sample `x` on. */
    void (*transform)(const uint8_t *const rows[DCTSIZE], size_t x, size_t groups,
                      const struct fdct_quant *quant, int16_t *blocks);
};

/* --- symbols (symbols.simd.c) ---------------------------------------------------------------------- */

/* Codes of a table by their symbols. */
struct symbol_codes {
    uint32_t code[256];
    uint8_t length[256];
};

/* One component of a strip, a row of MCUs. */
struct strip_component {
    unsigned h, v; /* blocks of an MCU */
    unsigned table;
    uint32_t width; /* in blocks that have samples */
    unsigned rows;  /* of blocks that have samples, at most v */
    size_t across;  /* blocks from row to row */
    const int16_t *blocks;
    int last_dc;
};

struct strip {
    unsigned components;
    uint32_t mcus;
    struct strip_component component[MAX_COMPS_IN_SCAN];
};

/* Bits of a scan, most significant first; whole bytes are written to `next`. */
struct bit_writer {
    uint64_t bits;
    unsigned count; /* of bits, less than 64 */
    uint8_t *next;
};

enum { SYMBOLS_BLOCK_MAX = 512 }; /* max bytes of a block: 64 of 16 + 11 bits, stuffed */

struct symbol_kernels {
    void (*count)(struct strip *strip, struct jpeg_counts *counts);
    /* Writes the MCUs from `first` to `end`; needs room for SYMBOLS_BLOCK_MAX bytes per block. */
    void (*put)(struct strip *strip, uint32_t first, uint32_t end, const struct jpeg_counts *places,
                const struct symbol_codes dc[JPEG_TABLES], const struct symbol_codes ac[JPEG_TABLES],
                struct bit_writer *writer);
};

/* --- a picture (encode_fast.c) --------------------------------------------------------------------- */

struct fast_encoder;

/* Max bytes of memory to encode an image of this width and colour. */
uint64_t fast_encoder_bytes(uint32_t width, enum pm_color color);

/* Opens an encoder for an 8-bit image of grey or YCbCr planes or RGB; `cinfo` has its parameters. Returns
 * NULL with `error` filled on failure. */
struct fast_encoder *fast_encoder_open(const struct jpeg_compress_struct *cinfo, const struct pm_image *image,
                                       struct context *context);

/* Counts the symbols of every `step`th of `strips` strips and sets the best tables for them in cinfo. */
int fast_encoder_fit(struct fast_encoder *encoder, struct jpeg_compress_struct *cinfo, uint32_t step,
                     uint32_t strips);

/* Transforms all strips and copies their blocks to libjpeg's arrays of coefficients, one per component. */
int fast_encoder_copy(struct fast_encoder *encoder, struct jpeg_compress_struct *cinfo,
                      jvirt_barray_ptr *arrays);

/* Appends the file from the quantisation tables on. */
int fast_encoder_write(struct fast_encoder *encoder, const struct jpeg_compress_struct *cinfo,
                       struct buffer *out);

#endif
