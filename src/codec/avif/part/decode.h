/* dav1d, as the decoder of AVIF's layers. */
#ifndef CODEC_AVIF_PART_DECODE_H
#define CODEC_AVIF_PART_DECODE_H

#include "codec/heif/planes.h"

extern const struct heif_library avif_dav1d;

#endif
