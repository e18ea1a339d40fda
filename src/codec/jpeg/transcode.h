/* Transcoding a JPEG file to a JPEG file by its coefficients (codec/transcode.h). */
#ifndef CODEC_JPEG_TRANSCODE_H
#define CODEC_JPEG_TRANSCODE_H

#include "codec/transcode.h"

extern const struct codec codec_jpeg;

bool jpeg_transcode_suits(const struct pm_info *info, unsigned turn);
uint64_t jpeg_transcode_bytes(const struct pm_info *info, unsigned turn);
uint64_t jpeg_transcode_result_bytes(const struct pm_info *info);
enum transcode_status jpeg_transcode(const struct transcode_job *job, struct buffer *out,
                                     struct context *context);

#endif
