/* libde265, as the decoder of HEIC's layers. */
#ifndef CODEC_HEIC_PART_DECODE_H
#define CODEC_HEIC_PART_DECODE_H

#include "codec/heif/planes.h"

extern const struct heif_library heic_libde265;

#endif
