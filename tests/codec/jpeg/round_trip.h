/* Metadata through the encoder and the decoder. */
#ifndef TESTS_CODEC_JPEG_ROUND_TRIP_H
#define TESTS_CODEC_JPEG_ROUND_TRIP_H

#include "codec/jpeg/fixture.h"
#include "codec/jpeg/options.h"
#include "image/exif.h"

enum { WIDTH = 40, HEIGHT = 24 };

static const struct jpeg_recipe small = {.width = WIDTH, .height = HEIGHT, .in = JCS_RGB, .out = JCS_YCbCr};
static const struct jpeg_options quality_80 = {.quality = 80, .subsampling = SUBSAMPLING_420};

/* What profile_size takes for a profile: at least 132 bytes. */
uint8_t *round_trip_profile(size_t size);

/* Encodes a small picture with `meta`, decodes it with everything kept. */
void round_trip(struct fixture *fixture, const struct pm_metadata *meta, unsigned orientation);

/* Has the blob these bytes? */
bool round_trip_is(struct pm_blob blob, const void *data, size_t size);

#endif
