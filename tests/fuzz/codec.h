/* Common part of the codecs' fuzz targets: an untrusted file is sniffed, probed and decoded. */
#ifndef TESTS_FUZZ_CODEC_H
#define TESTS_FUZZ_CODEC_H

#include "codec/codec.h"

enum { FUZZ_CODEC_TAIL = 2 }; /* bytes behind the file that choose how it is decoded */

/* Probes and decodes the file in data[size] without its tail, and encodes the picture with every codec.
 * Checks: the picture matches the header; memory stays within the forecast; results have at most the forecast
 * size and decode to a picture of the same size. */
void fuzz_codec(const struct codec *codec, const uint8_t *data, size_t size);

#endif
