/*
 * HEIC: HEVC pictures in HEIF's boxes; only read. pixmill's own code reads the boxes (heif/heif.h) and the
 * parameter sets, so that headers need no library; libde265 decodes.
 *
 * heic/heic.c is the codec's row; heic/probe.c reads the header, heic/hevc_header.c its parameter sets;
 * heic/samples.c has small files to warm up with; heic/part/ is pixmill-heic.so. What HEIC shares with AVIF
 * is in heif/planes.h.
 */
#ifndef CODEC_HEIC_H
#define CODEC_HEIC_H

#include "codec/heic/hevc_header.h"

/* Max luma samples on a side that the conformance window leaves out: encoders fill up to whole blocks. */
enum { HEIC_CROP_MAX = 128 };

heif_describe heic_describe;

int heic_probe_page(struct byte_source *source, unsigned page, struct pm_info *info, struct pm_error *error);
int heic_probe(struct byte_source *source, struct pm_info *info, struct pm_error *error);

extern const struct pm_blob heic_samples[];

#endif
