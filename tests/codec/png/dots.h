/* A picture of one pixel with chunks around it, and how it is decoded; warnings are counted. */
#ifndef TESTS_CODEC_PNG_DOTS_H
#define TESTS_CODEC_PNG_DOTS_H

#include "codec/png/pngs.h"

/* Those of the last decoding. */
extern unsigned dot_warnings;

static const struct png_header dot = {.width = 1, .height = 1, .depth = 8};

/* A picture of one grey pixel with an additional chunk before or after its pixels. */
struct buffer dot_with(const char *type, const void *data, size_t size, bool before);

/* Asserts that it can be decoded. */
struct pm_image dot_decoded(struct lent *lent, const struct buffer *bytes, unsigned keep);

/* What is taken for a profile, of at least 132 bytes; the caller frees it. */
struct pm_blob dot_profile(size_t size);

#endif
