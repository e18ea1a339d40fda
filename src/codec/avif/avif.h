/*
 * AVIF: AV1 pictures in HEIF's boxes. pixmill's own code reads the boxes (heif.h) and the bitstream's
 * sequence header, so that headers need no library; dav1d decodes; libaom encodes, and pixmill writes the
 * boxes.
 *
 * avif/avif.c is the codec's row; avif/probe.c reads the header; avif/decode.c decodes a layer's tiles to
 * planes; avif/pixels.c makes pixels of planes that the conversions of image/convert.h do not know;
 * avif/reader.c is the reader; avif/encode.c and avif/boxes.c write.
 */
#ifndef CODEC_AVIF_H
#define CODEC_AVIF_H

#include "codec/avif/av1_header.h"
#include "codec/heif/heif.h"
#include "codec/reader.h"

/* AV1's limit (16 bits). */
enum { AVIF_SIDE_MAX = 65535 };

struct avif_header {
    struct heif heif;
    struct heif_picture picture;
    struct av1_header color, alpha; /* what the bitstreams say; colours: nclx counts before them */
    /* Are the planes a format that image/convert.h knows: 8 bits, one of its matrices, alpha not
     * premultiplied? */
    bool native;
};

/* Reads everything except pixels. avif_header_free afterwards, in either case. Returns 0, or -1 with `error`
 * filled. */
int avif_read_header(struct byte_source *source, struct avif_header *header, struct pm_error *error);
void avif_header_free(struct avif_header *header);

void avif_header_tell(const struct avif_header *header, struct pm_info *info);
int avif_probe(struct byte_source *source, struct pm_info *info, struct pm_error *error);
uint64_t avif_decode_bytes(const struct pm_info *info, const struct decode_request *request);

/* A layer's planes as decoded: 8-bit samples, or 16-bit ones of which the lowest `bits` are used. They are
 * cropped: frames say where the picture is on them. */
struct avif_planes {
    struct pm_plane plane[3];
    unsigned nplanes; /* 1: monochrome, or 3 */
    unsigned bits;
};

struct avif_source {
    const struct heif *heif;
    const uint8_t *data; /* the file */
    size_t size;
    bool filtered;        /* with AV1's filters behind the prediction: exact */
    bool allow_truncated; /* a missing tile is grey (alpha: opaque) */
};

/* Decodes a layer to planes in the context's arena. `opaque`: it is alpha. Returns 0, or -1 with `error`
 * filled. */
int avif_decode_layer(const struct avif_source *source, const struct heif_layer *layer,
                      const struct av1_header *expected, bool opaque, struct avif_planes *planes,
                      struct context *context);

/* Makes *image: interleaved grey or RGB, with alpha if `alpha` is not NULL, of `depth` bits. Returns 0, or -1
 * with `error` filled. */
int avif_make_pixels(const struct avif_header *header, struct avif_planes *color, struct avif_planes *alpha,
                     unsigned depth, struct pm_image *image, struct context *context);

/* Alpha as a plane of 8 bits and full range, made in place. */
int avif_make_alpha(const struct avif_header *header, struct avif_planes *alpha, struct context *context);

/* Can avif_make_pixels convert from that matrix (ITU-T H.273)? */
bool avif_knows_matrix(unsigned matrix);

#endif
