/* Writing AVIF. */
#ifndef CODEC_AVIF_PART_ENCODE_H
#define CODEC_AVIF_PART_ENCODE_H

#include "codec/avif/avif.h"
#include "codec/avif/options.h"

int avif_encode(const struct pm_image *image, const void *options, struct buffer *out,
                struct context *context);

/* libaom's input: planes of 8-bit samples, or of 16-bit ones of which the lowest `bits` are used. Chroma is
 * absent if monochrome. */
struct avif_input {
    struct pm_plane plane[3];
    unsigned nplanes, bits;
    unsigned sampling_x, sampling_y;
    struct heif_nclx nclx; /* except primaries and transfer */
};

/* Makes the input of the picture's colours or of its alpha, in the context's arena or from its own planes.
 * Returns 0, or -1 with `error` filled. */
int avif_make_input(const struct pm_image *image, const struct avif_options *options,
                    struct avif_input *input, struct context *context);
int avif_make_alpha_input(const struct pm_image *image, const struct avif_options *options,
                          struct avif_input *input, struct context *context);

#endif
