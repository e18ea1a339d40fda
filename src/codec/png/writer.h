/* Writes an animation (APNG), as codec/writer.h says. */
#ifndef CODEC_PNG_WRITER_H
#define CODEC_PNG_WRITER_H

#include "codec/writer.h"

extern const struct codec_writer png_writer;

#endif
