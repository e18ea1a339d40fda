/* The writer of WebP animations. */
#ifndef CODEC_WEBP_WRITER_H
#define CODEC_WEBP_WRITER_H

#include "codec/writer.h"

extern const struct codec_writer webp_writer;

#endif
