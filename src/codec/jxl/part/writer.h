/* Writes an animation frame by frame (codec/writer.h). */
#ifndef CODEC_JXL_PART_WRITER_H
#define CODEC_JXL_PART_WRITER_H

#include "codec/writer.h"

extern const struct codec_writer jxl_writer_functions;

#endif
