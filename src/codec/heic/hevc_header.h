/* The headers of HEVC's coded pictures: hvcC (ISO/IEC 14496-15, 8.3.3.1), which contains the parameter sets,
 * and the sequence parameter set (ITU-T H.265, 7.3.2.2). */
#ifndef CODEC_HEIC_HEVC_HEADER_H
#define CODEC_HEIC_HEVC_HEADER_H

#include "codec/heif/planes.h"

/* nal_unit_type (H.265, table 7-1). Intra pictures: HEVC_IRAP_FIRST to HEVC_IRAP_LAST;
 * others, which may depend on others, up to HEVC_INTER_LAST. */
enum {
    HEVC_INTER_LAST = 9,
    HEVC_IRAP_FIRST = 16,
    HEVC_IRAP_LAST = 21,
    HEVC_SLICE_LAST = 31,
    HEVC_VPS = 32,
    HEVC_SPS = 33,
    HEVC_PPS = 34,
};
enum { HEVC_NAL_HEADER = 2, HEVC_PICTURES_MAX = 16 /* that a decoder keeps (A.4.2) */ };

/* Of a NAL unit of at least HEVC_NAL_HEADER bytes. */
static inline unsigned hevc_nal_type(const uint8_t *nal)
{
    return nal[0] >> 1 & 63;
}
static inline unsigned hevc_nal_layer(const uint8_t *nal)
{
    return (nal[0] & 1u) << 5 | nal[1] >> 3;
}

struct hevc_config {
    unsigned bits, chroma_format;
    unsigned length_size; /* bytes of a NAL unit's length in the picture's data */
    struct bmff_cursor sets;
    unsigned arrays, nals; /* left */
};

/* Reads hvcC. False if it is not valid. */
bool hevc_config_begin(struct bmff_cursor box, struct hevc_config *config);

/* The next NAL unit of its parameter sets. False at the end; then config->sets.cut tells whether it is
 * damaged. */
bool hevc_config_next(struct hevc_config *config, struct pm_blob *nal);

struct hevc_sps {
    struct heif_coding coding;            /* the size is that of the conformance window */
    uint32_t coded_width, coded_height;   /* luma samples that are decoded */
    uint32_t left, top;                   /* of the conformance window in it */
    unsigned chroma_format;               /* 0: monochrome, 1: 4:2:0, 2: 4:2:2, 3: 4:4:4 */
    unsigned pictures;                    /* that a decoder keeps at a time (sps_max_dec_pic_buffering) */
    bool separate_planes, several_depths; /* not read */
};

/* Reads a sequence parameter set from its NAL unit. False if it is not valid. */
bool hevc_read_sps(struct pm_blob nal, struct hevc_sps *sps);

/* Do both have the same format and size? */
bool hevc_same_format(const struct hevc_sps *a, const struct hevc_sps *b);

/* Reads the parameter set of a layer's hvcC; if there are several, they must agree. Returns 0, or -1 with
 * `error` filled. */
int hevc_read_layer(const struct heif_layer *layer, struct hevc_sps *sps, struct pm_error *error);

#endif
