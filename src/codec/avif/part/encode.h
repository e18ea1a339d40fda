/* Writing AVIF. */
#ifndef CODEC_AVIF_PART_ENCODE_H
#define CODEC_AVIF_PART_ENCODE_H

#include <aom/aom_encoder.h>

#include "codec/avif/avif.h"
#include "codec/avif/options.h"

int avif_encode(const struct pm_image *image, const void *options, struct buffer *out,
                struct context *context);

/* Colours or alpha of one frame or several. */
struct avif_layer {
    aom_codec_ctx_t encoder; /* iface NULL: not begun */
    struct buffer bits;      /* of all frames */
    int64_t frames;
    bool key; /* the last frame needs no other */
};

/* Is the image's size and format one of AVIF? Returns 0, or -1 with `error` filled. */
int avif_check_image(const struct pm_image *image, const void *options, struct pm_error *error);

/* Appends the image's colours, and its alpha if there is some, to the layers, which begin as zeros. `still`:
 * it is the only frame. *nclx is set. Returns 0, or -1 with `error` filled. */
int avif_encode_frame(struct avif_layer layers[2], const struct pm_image *image,
                      const struct avif_options *options, bool still, struct heif_nclx *nclx,
                      struct context *context);
void avif_layer_free(struct avif_layer *layer);

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
