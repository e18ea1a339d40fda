/*
 * The files of the PNG codec; png/png.c has the codec's table row.
 *
 *     png/format.c   signature and IHDR
 *     png/chunks.c   the chunks: walking over them, and how each type is treated
 *     png/probe.c    what is known before decoding the pixels, from any byte source
 *     png/animation.c  an animation's chunks
 *     png/scan.c     a file in memory: structure, checksums, offsets
 *     png/meta.h     ancillary chunks to metadata
 *     png/source.c   the rows of a file, from one of two decoders
 *     png/frames.c   the frames of an animation, composed on a canvas
 *     png/form.h     how samples are stored: in fewer bits, with a palette
 *     png/passes.h   interlacing
 *     png/encode.c   pixels to a file: libdeflate, png/filter.simd.c
 *     png/copy.c     a file's chunks of pixels with other metadata
 *     png/write.c    chunks and metadata of a file
 *     png/writer.c   writes an animation frame by frame
 */
#ifndef CODEC_PNG_H
#define CODEC_PNG_H

#include "codec/png/format.h"

int png_probe(struct byte_source *source, struct pm_info *info, struct pm_error *error);
int png_inspect(struct byte_source *source, struct pm_info *info, struct pm_error *error);

/* Fills *info from IHDR and from the presence of a valid tRNS chunk. */
void png_header_tell(const struct png_header *header, bool transparency, struct pm_info *info);

/* Adds what an animation changes in that. */
struct png_animation;
void png_animation_tell(const struct png_animation *animation, struct pm_info *info);

int png_encode(const struct pm_image *image, const void *options, struct buffer *out,
               struct context *context);

/* Appends the image's pixels, stored as they are: as IDAT chunks, or (`sequence` not NULL) as fdAT chunks
 * with numbers from *sequence on, which is increased. Returns 0, or -1 with the context's error filled. */
int png_pixels_append(const struct pm_image *image, uint32_t *sequence, struct buffer *out,
                      struct context *context);
uint64_t png_encode_bound(const struct shape *shape, const void *options);
uint64_t png_encode_bytes(const struct shape *shape, const void *options);

#endif
