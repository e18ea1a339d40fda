/* At which scale, 1/8 to 8/8, each plane is decoded, and its memory. */
#ifndef CODEC_JPEG_SCALE_H
#define CODEC_JPEG_SCALE_H

#include "codec/codec.h"

/* A plane's size relative to the image: h / h_max of its width, v / v_max of its height. */
struct jpeg_share {
    unsigned h, h_max, v, v_max;
};
extern const struct jpeg_share jpeg_share_whole;

/* A chroma plane with these sampling factors (T.81, A.1.1), relative to the chroma size requested. */
struct jpeg_share jpeg_chroma_share(struct jpeg_share factors, const struct decode_request *request);

/* The min n of 1, 2, 4, 8 for which a plane is large enough at n/8. */
unsigned jpeg_choose_scale(uint32_t width, uint32_t height, struct jpeg_share share,
                           const struct decode_request *request);

/* The scale for all planes of a YCbCr image where they can't differ. */
unsigned jpeg_common_scale(const struct pm_info *info, const struct decode_request *request);

/* Bytes of a plane, padded to whole blocks and with rows aligned as by plane_alloc. `uses`: enum jpeg_use. */
uint64_t jpeg_plane_bytes(unsigned uses, const struct pm_info *info, const struct decode_request *request,
                          bool chroma);

#endif
