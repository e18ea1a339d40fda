/* What the targets of the single codecs share: a file from a stranger, looked at by the codec in each of its
 * depths. */
#ifndef TESTS_FUZZ_CODEC_H
#define TESTS_FUZZ_CODEC_H

#include "codec/codec.h"

enum { FUZZ_CODEC_TAIL = 2 }; /* bytes behind the file that choose how it is decoded */

/* Probes and decodes the file in data[size] less its tail, and encodes what comes out by every codec. Holds:
 * what the header promised is what comes out; it takes no more memory than was forecast; the result is a
 * file of at most the forecast size, which decodes to a picture of the same size. */
void fuzz_codec(const struct codec *codec, const uint8_t *data, size_t size);

#endif
