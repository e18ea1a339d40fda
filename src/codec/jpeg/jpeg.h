/*
 * The JPEG codec (ITU-T T.81; JFIF 1.02; Adobe Technical Note 5116). pixmill itself walks the markers, for
 * the header, the metadata and the choice of scans, decodes intact Huffman-coded files to planes and encodes
 * planes and RGB; libjpeg-turbo does everything else.
 *
 *     jpeg.c, options.c          the codec's table row; its options
 *     walk.c                     from segment to segment (segments.h)
 *     probe.c                    the header
 *     contents.c, besides.c, trailer.c
 *                                what a file holds in addition to its image (besides.h)
 *     meta.c, meta_write.c, xmp.c, density.c
 *                                metadata: segments to image->meta and back (meta.h)
 *     reader.h                   a file to an image or to rows, by one decoder or the other
 *     fast.h, encode_fast.h      pixmill's own decoder and encoder, and their files
 *     decode.h, scale.h          at which size; libjpeg's decoding
 *     encode.c, huffman.c        an image to a file; the Huffman tables that fit it
 *     transcode.c, copy.c        a file to a file by its coefficients, or its coded bytes
 *     input.c, output.c, trap.c, memory.c
 *                                what libjpeg reads and writes; its errors; its large arrays
 *     internals.h, library.h, trial.h
 *                                what libjpeg's documentation does not promise, and how it is tried out
 */
#ifndef CODEC_JPEG_H
#define CODEC_JPEG_H

#include <stdio.h> /* jpeglib.h uses FILE without including it */

#include <jpeglib.h>

struct buffer;
struct context;
struct pm_image;

enum { JPEG_SIDE_MAX = 65500 };

/* The codec's encoder (encode.c); `options`: struct jpeg_options. */
int jpeg_encode(const struct pm_image *image, const void *options, struct buffer *out,
                struct context *context);

#endif
