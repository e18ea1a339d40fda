/*
 * The passes of an interlaced file (Adam7; section 8.2): each is a small image of every dx-th pixel of every
 * dy-th row. A file that is not interlaced is one pass.
 */
#ifndef CODEC_PNG_PASSES_H
#define CODEC_PNG_PASSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PNG_PASSES = 7 };

struct png_pass {
    uint32_t x, y, dx, dy;  /* its first pixel, and the steps */
    uint32_t width, height; /* one of them 0: the pass is left out */
    size_t row_bytes;       /* without the filter byte */
};

/* Sets up the passes of an image of pixels of `bits`; their number: 1 or PNG_PASSES. */
unsigned png_passes(uint32_t width, uint32_t height, unsigned bits, bool interlaced,
                    struct png_pass passes[PNG_PASSES]);

/* Bytes of all rows with their filter bytes. */
uint64_t png_passes_bytes(const struct png_pass *passes, unsigned count);

/* Gathers a pass's pixels of a row, of `bits` each, to out[pass->row_bytes]. */
void png_pass_gather(const struct png_pass *pass, const uint8_t *row, unsigned bits, uint8_t *out);

#endif
