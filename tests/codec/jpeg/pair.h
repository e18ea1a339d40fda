/* Two decoders of JPEG side by side, pixmill's own and libjpeg's, and what both must agree on. */
#ifndef TESTS_CODEC_JPEG_PAIR_H
#define TESTS_CODEC_JPEG_PAIR_H

#include "codec/jpeg/blocks.h"
#include "codec/jpeg/fixture.h"
#include "codec/jpeg/reader.h"

struct pair {
    struct fixture own, libjpeg;
    struct memo memo; /* own's, from file to file */
};

void pair_open(struct pair *pair);
void pair_close(struct pair *pair);

/* Decodes; was it without libjpeg? */
bool pair_decode(struct fixture *fixture, const struct buffer *file, struct decode_request request,
                 bool libjpeg);

/* Decodes by both. Returns whether pixmill's own decoder did it. */
bool pair_expect_same(struct pair *pair, const struct buffer *file, const struct decode_request *request,
                      enum simd_level level, const char *what);

/* To planes at n/8 or a little more, chroma alike. */
struct decode_request request_of(uint32_t width, uint32_t height, unsigned n);

/* At every scale and instruction set; every time by pixmill's own decoder. */
void pair_check_blocks(struct pair *pair, const struct jpeg_blocks *blocks, const char *name);

/* What tests change a part of. */
static const struct jpeg_blocks ordinary_blocks = {.width = 73,
                                                   .height = 59,
                                                   .components = 3,
                                                   .factors = {{2, 2}, {1, 1}, {1, 1}},
                                                   .filled = 40,
                                                   .largest = 60,
                                                   .quantizer = 3};

/* The colour spaces that a JPEG may have. */
static const struct {
    J_COLOR_SPACE space;
    int components;
} spaces[] = {{JCS_YCbCr, 3}, {JCS_RGB, 3}, {JCS_CMYK, 4}, {JCS_YCCK, 4}};
enum { SPACES = sizeof spaces / sizeof *spaces };

/* Of one of the spaces; components other than the first, and black, have `chroma`. */
struct jpeg_blocks blocks_in(unsigned space, struct jpeg_factors luma, struct jpeg_factors chroma);

/* RGB or CMYK, at every scale and instruction set; every time by pixmill's own decoder. */
void pair_check_pixels(struct pair *pair, const struct jpeg_blocks *blocks, const char *name);

#endif
