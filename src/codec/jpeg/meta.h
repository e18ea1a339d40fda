/* Metadata: a JPEG file's segments to struct pm_metadata and back. */
#ifndef CODEC_JPEG_META_H
#define CODEC_JPEG_META_H

#include "base/md5.h"
#include "codec/jpeg/besides.h"
#include "codec/jpeg/jpeg.h"

/* Fills the blobs and texts of *meta from the segments before the first scan of data[size], a file that
 * jpeg_probe accepts; memory from the context's job_arena. Broken metadata is left out with a warning. */
int jpeg_read_metadata(const uint8_t *data, size_t size, const struct jpeg_besides *besides, unsigned keep,
                       struct pm_metadata *meta, struct context *context);

/* Joins *xmp and its extension, both in the header of data[size]; if that fails, the packet is unchanged,
 * with a warning. Memory from the job_arena. */
int jpeg_join_xmp(const uint8_t *data, size_t size, struct pm_blob *xmp, struct context *context);

/* Splits a packet of more than `room` bytes into *standard, of max `room` bytes, and *extension, with the
 * name `guid` (no data if the packet fits without its padding). Returns 1, 0 if it can't be split (nothing is
 * set), or -1 with `error` filled. */
int jpeg_part_xmp(struct pm_blob xmp, size_t room, struct pm_blob *standard, struct pm_blob *extension,
                  char guid[MD5_HEX + 1], struct context *context);

/* JFIF's density (unit 1: per inch, 2: per cm, 0: an aspect ratio) to and from the metadata's. */
void jpeg_read_density(const struct jpeg_decompress_struct *cinfo, struct pm_metadata *meta);
void jpeg_write_density(struct jpeg_compress_struct *cinfo, const struct pm_metadata *meta);

/* Writes image->meta; call it between jpeg_start_compress and the first row. What JPEG can't hold is left out
 * with a warning. */
void jpeg_write_metadata(struct jpeg_compress_struct *cinfo, const struct pm_image *image,
                         struct context *context);

#endif
