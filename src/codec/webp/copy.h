/* A still WebP file with its bitstream as it is and other metadata (codec/transcode.h). */
#ifndef CODEC_WEBP_COPY_H
#define CODEC_WEBP_COPY_H

#include "codec/transcode.h"

enum transcode_status webp_copy(const struct transcode_job *job, const struct pm_image *image, size_t start,
                                struct buffer *out, struct context *context);

#endif
