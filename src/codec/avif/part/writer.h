/* Writes an animation (codec/writer.h). */
#ifndef CODEC_AVIF_PART_WRITER_H
#define CODEC_AVIF_PART_WRITER_H

#include "codec/writer.h"

extern const struct codec_writer avif_writer_functions;

#endif
