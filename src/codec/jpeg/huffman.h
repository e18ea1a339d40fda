/* Huffman tables for an encoder, fitted to symbol counts of the image or of a sample of it. */
#ifndef CODEC_JPEG_HUFFMAN_H
#define CODEC_JPEG_HUFFMAN_H

#include <stdint.h>

#include "codec/jpeg/jpeg.h"

/* JPEG_TABLES: of DC and of AC each, one for luma and one for chroma. JPEG_FOUR: coefficients examined
 * together. */
enum { JPEG_TABLES = 2, JPEG_FOUR = 4 };

/* Symbol counts. */
struct jpeg_counts {
    uint32_t dc[JPEG_TABLES][256], ac[JPEG_TABLES][256];
    int last_dc[MAX_COMPS_IN_SCAN];
    uint64_t places[DCTSIZE2 / JPEG_FOUR][1 << JPEG_FOUR]; /* see huffman.c */
};

/* To count a whole image. */
void jpeg_counts_init(struct jpeg_counts *counts);

/* To count a sample: each symbol starts at 1, so that the tables have a code for all. */
void jpeg_counts_init_sample(struct jpeg_counts *counts);

/* Counts the blocks of one MCU, in the form that libjpeg passes them to its entropy coder. */
void jpeg_counts_add(struct jpeg_counts *counts, const struct jpeg_compress_struct *cinfo, JBLOCKROW *blocks);

/* Bit k: coefficient k, in zigzag order, is not zero. */
uint64_t jpeg_nonzero_mask(const JCOEF *block, const struct jpeg_counts *counts);

/* Zigzag order to positions in a block (T.81, figure A.6). */
extern const uint8_t jpeg_zigzag[DCTSIZE2];

/* Sets the compressor's tables to the best for these counts (T.81, annex K.2). */
void jpeg_counts_to_tables(const struct jpeg_counts *counts, struct jpeg_compress_struct *cinfo);

#endif
