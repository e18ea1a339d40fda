/* JPEGs of random coefficients, for what no picture would come to: every size of value, run and code. */
#ifndef TESTS_CODEC_JPEG_BLOCKS_H
#define TESTS_CODEC_JPEG_BLOCKS_H

#include "codec/jpeg/maker.h"

enum { BLOCKS_COMPONENTS = 4 };

struct jpeg_blocks {
    uint32_t width, height;
    int components;
    J_COLOR_SPACE space; /* 0: with 1 component grey, 3: YCbCr, 4: CMYK */
    bool no_adobe;
    struct jpeg_factors factors[BLOCKS_COMPONENTS];
    unsigned seed;
    unsigned filled; /* of 256 coefficients, about so many are not 0 */
    int largest;     /* magnitude of a coefficient, at most 1023 */
    unsigned side;   /* coefficients beyond the first `side` of a row or column are 0; 0: none of these */
    int quantizer;
    bool standard;               /* Huffman tables, where the coding is sequential; else fitted ones */
    unsigned restart;            /* MCUs; 0: none */
    const jpeg_scan_info *scans; /* NULL: one */
    int nscans;
};

/* The file; to be freed with buffer_free. */
struct buffer make_jpeg_of_blocks(const struct jpeg_blocks *blocks);

/* Scripts for three components, for one, and for four. */
struct jpeg_script {
    const char *name;
    const jpeg_scan_info *scans;
    int count;
};
enum { JPEG_SCRIPTS = 6, JPEG_GREY_SCRIPTS = 3, JPEG_INK_SCRIPTS = 4 };
extern const struct jpeg_script jpeg_scripts[JPEG_SCRIPTS], jpeg_grey_scripts[JPEG_GREY_SCRIPTS],
    jpeg_ink_scripts[JPEG_INK_SCRIPTS];

#endif
