/* Decoding a JPEG file: to an image, or row by row. */
#ifndef CODEC_JPEG_DECODE_H
#define CODEC_JPEG_DECODE_H

#include "codec/jpeg/input.h"
#include "codec/jpeg/memory.h"
#include "codec/reader.h"
#include "image/row_source.h"

struct fast_picture;

enum { JPEG_PLANES = 3 };

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
    bool fast;          /* all was decoded without libjpeg (fast.h) */
    struct pm_image image;
    uint32_t window[JPEG_PLANES]; /* rows of each plane in memory: row y is at y % window */
    struct fast_picture *picture; /* while it is decoded without libjpeg */
    struct row_source rows[JPEG_PLANES];
};

/* Sets up decoder->trap. */
void jpeg_set_trap(struct jpeg_decoder *decoder, struct context *context);

/* For jpeg_try, with the trap set up: reads the header and decides how to decode. */
int jpeg_start(void *decoder);

/* For jpeg_try, after jpeg_start: decodes all with libjpeg, into the planes of decoder->image if it is raw,
 * or into a new image. */
int jpeg_decode_by_libjpeg(void *decoder);

/* Samples on a side of plane i's blocks. */
unsigned jpeg_plane_scale(const struct jpeg_decoder *decoder, int i);

/* Allocates `window` rows of plane i of decoder->image, or all (0), in the context's arena. */
int jpeg_allot_plane(struct jpeg_decoder *decoder, int i, uint32_t window);

/* Decodes a raw image (rows.c). */
int jpeg_decode_planes(struct jpeg_decoder *decoder);

/* After decoding: warns of what the result lacks, and reads the metadata into *meta. */
int jpeg_finish(struct jpeg_decoder *decoder, struct pm_metadata *meta, struct context *context);

/* The codec's reader. */
int jpeg_open(struct reader *reader, struct context *context);
int jpeg_frame(struct reader *reader, struct frame *frame, struct context *context);
bool jpeg_has_rows(const struct pm_info *info, const struct decode_request *request);
int jpeg_rows(struct reader *reader, struct pm_image *image, struct row_source **rows,
              struct context *context);
void jpeg_close(struct reader *reader);

#endif
