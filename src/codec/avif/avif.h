/*
 * AVIF: AV1 pictures in HEIF's boxes. pixmill's own code reads the boxes (heif/heif.h) and the bitstream's
 * sequence header, so that headers need no library; dav1d decodes; libaom encodes, and pixmill writes the
 * boxes.
 *
 * avif/avif.c is the codec's row, with what it accepts and forecasts; avif/probe.c reads the header;
 * avif/part/ is pixmill-avif.so: decode.c decodes tiles, encode.c, input.c and boxes.c write. What AVIF
 * shares with HEIC is in heif/planes.h.
 */
#ifndef CODEC_AVIF_H
#define CODEC_AVIF_H

#include "codec/avif/av1_header.h"
#include "codec/heif/planes.h"

/* AV1's limit (16 bits). */
enum { AVIF_SIDE_MAX = 65535 };

heif_describe avif_describe;

int avif_probe_page(struct byte_source *source, unsigned page, struct pm_info *info, struct pm_error *error);
int avif_probe(struct byte_source *source, struct pm_info *info, struct pm_error *error);
uint64_t avif_decode_bytes(const struct pm_info *info, const struct decode_request *request);

/* As in codec/codec.h. */
const struct pm_pixel_format *avif_accepts(const void *options);
uint64_t avif_encode_bound(const struct shape *shape, const void *options);
uint64_t avif_encode_bytes(const struct shape *shape, const void *options);

#endif
