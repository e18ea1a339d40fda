/* Transcoding a JPEG file to a JPEG file by its coefficients (codec/transcode.h). */
#ifndef CODEC_JPEG_TRANSCODE_H
#define CODEC_JPEG_TRANSCODE_H

#include "codec/transcode.h"

extern const struct codec codec_jpeg;

struct jpeg_decoder;

/* Finds the scans of an open file, up to decoder->picture_end. False: it is not one image that ends with an
 * EOI. */
bool jpeg_transcode_find_scans(struct jpeg_decoder *decoder);

transcode_copy jpeg_copy;
bool jpeg_transcode_suits(const struct pm_info *info, unsigned turn, const void *options);
bool jpeg_is_plain(const uint8_t *data, size_t size);
uint64_t jpeg_transcode_bytes(const struct pm_info *info, unsigned turn);
uint64_t jpeg_transcode_result_bytes(const struct pm_info *info);
enum transcode_status jpeg_transcode(const struct transcode_job *job, struct buffer *out,
                                     struct context *context);

#endif
