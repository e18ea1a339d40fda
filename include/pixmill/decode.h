/* Decoding an image file to samples. */
#ifndef PIXMILL_DECODE_H
#define PIXMILL_DECODE_H

#include "pixmill/transform.h"

#pragma GCC visibility push(default)

/* Decodes data[size]: grey, RGB or CMYK in one interleaved plane at full size, as stored (orientation is
 * reported, not applied). `limits` may be NULL. On success *image is freed by the caller with pm_image_free.
 * Returns 0, or -1 with `error` filled and *image NULL. */
int pm_decode(const uint8_t *data, size_t size, const struct pm_limits *limits, struct pm_image **image,
              struct pm_error *error);

/* Frees an image of pm_decode, samples and all; NULL is allowed. */
void pm_image_free(struct pm_image *image);

#pragma GCC visibility pop

#endif
