/* Writes AVIF's boxes around encoded bitstreams. */
#ifndef CODEC_AVIF_PART_BOXES_H
#define CODEC_AVIF_PART_BOXES_H

#include "codec/avif/avif.h"
#include "codec/avif/part/box.h"

/* The bitstreams of a picture. */
struct avif_bitstreams {
    struct pm_blob color, alpha; /* alpha.data NULL: none */
};

struct avif_sequence; /* tracks.h */

/* Appends the whole file: the bitstreams with the picture's size, orientation and metadata. `nclx` describes
 * the colours. `sequence` NULL: a still picture; else the bitstreams are those of all its frames, one after
 * the other. Returns 0, or -1 with `error` filled. */
int avif_write_file(const struct pm_image *image, const struct avif_bitstreams *bits,
                    const struct heif_nclx *nclx, const struct avif_sequence *sequence, struct buffer *out,
                    struct context *context);

/* av1C, colr of both kinds, mdcv and clli, in items and tracks alike. */
void avif_put_config(struct box_writer *box, const struct av1_header *header);
void avif_put_profile(struct box_writer *box, struct pm_blob icc);
void avif_put_nclx(struct box_writer *box, const struct heif_nclx *nclx);
void avif_put_mastering(struct box_writer *box, const struct pm_metadata *meta);
void avif_put_light(struct box_writer *box, const struct pm_metadata *meta);

#endif
