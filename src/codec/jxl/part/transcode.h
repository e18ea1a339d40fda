/* JPEG to JPEG XL and back, by the JPEG's coefficients and what its file has besides them (jbrd). */
#ifndef CODEC_JXL_PART_TRANSCODE_H
#define CODEC_JXL_PART_TRANSCODE_H

#include "codec/transcode.h"

transcode_function jxl_wrap_jpeg, jxl_restore_jpeg;

#endif
