/* PNG's row filters as in section 9.2, byte by byte: the reference for the fast ones. */
#ifndef TESTS_CODEC_PLAIN_ROWS_H
#define TESTS_CODEC_PLAIN_ROWS_H

#include "codec/png/rows.h"

/* `above` is the row before, of the picture; `pixel` its bytes. */
void plain_filter(enum png_filter filter, const uint8_t *in, const uint8_t *above, uint8_t *out, size_t bytes,
                  unsigned pixel);

/* In place. */
void plain_unfilter(enum png_filter filter, uint8_t *row, const uint8_t *above, size_t bytes, unsigned pixel);

#endif
