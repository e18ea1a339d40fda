/*
 * A file that is being decoded: what its image will be, and libjpeg's decoding of it.
 *
 * libjpeg-turbo scales in the DCT domain to n/8, of which 1, 2, 4 and 8 are fast: the smallest that is large
 * enough is taken. A YCbCr picture may stay in planes (raw data: no upsampling, no colour conversion), each
 * at its own n/8, which are allocated to whole blocks.
 *
 *     decode.c            the header, scales and memory of the image
 *     decode_libjpeg.c    its samples by libjpeg
 *
 * reader.h decides whether pixmill's own decoder (fast.h) or libjpeg makes the samples.
 */
#ifndef CODEC_JPEG_DECODE_H
#define CODEC_JPEG_DECODE_H

#include "codec/jpeg/input.h"
#include "codec/jpeg/memory.h"
#include "codec/reader.h"
#include "image/row_source.h"

struct fast_picture;

enum { JPEG_PLANES = 3 }; /* of a raw image, at most */

struct jpeg_decoder {
    struct reader reader;
    struct jpeg_decompress_struct cinfo;
    struct jpeg_trap trap;
    struct jpeg_input input;
    struct jpeg_memory memory;
    struct jpeg_header header;
    unsigned uses;      /* enum jpeg_use */
    unsigned scale;     /* the image is decoded at scale/8 */
    bool several_scans; /* coefficients are collected first; input.scans is filled */
    size_t picture_end; /* offset of what follows the image in the file */
    bool raw;           /* to the file's planes, without upsampling or colour conversion */
    bool leaves_out;    /* the AC scans of flat components (jpeg_input_leave_out) */
    bool low_only;      /* set before: samples need not be libjpeg's: where blocks shrink to n x n, pixmill's
                         * own decoder may skip coefficients beyond the first n of a row or column */
    bool fast;          /* all was decoded without libjpeg (fast.h) */
    struct pm_image image;
    uint32_t window[JPEG_PLANES]; /* rows of each plane in memory: row y is at y % window */
    struct fast_picture *picture; /* while it is decoded without libjpeg */
    struct row_source rows[JPEG_PLANES];
};

/* Reads the file's header and finds its scans, before anything is allocated; with these uses of libjpeg (enum
 * jpeg_use). Returns 0, or -1 with `error` filled. */
int jpeg_decoder_open(struct jpeg_decoder *decoder, unsigned uses, struct context *context);

/* Sets up decoder->trap. */
void jpeg_set_trap(struct jpeg_decoder *decoder, struct context *context);

/* Within jpeg_try, with the trap set up: creates libjpeg's decoder and has it read the header. */
void jpeg_create_and_read_header(struct jpeg_decoder *decoder);

/* For jpeg_try, with the trap set up: has libjpeg read the header, and decides how to decode. */
int jpeg_start(void *argument);

/* After jpeg_start: samples on a side of the blocks of plane i; component i, if the image is not raw. */
unsigned jpeg_plane_scale(const struct jpeg_decoder *decoder, int i);

/* After jpeg_start: allocates all of decoder->image in the context's arena. */
int jpeg_allot_image(struct jpeg_decoder *decoder);

/* Allocates `window` rows of plane i of a raw image, or all (0). */
int jpeg_allot_plane(struct jpeg_decoder *decoder, int i, uint32_t window);

/* Can libjpeg bring every component to full size? It enlarges by whole factors only. */
bool jpeg_upsamples(const struct jpeg_decompress_struct *cinfo);

/* For jpeg_try: decodes all into decoder->image, which is allocated. */
int jpeg_decode_by_libjpeg(void *argument);

#endif
