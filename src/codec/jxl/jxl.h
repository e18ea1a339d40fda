/*
 * JPEG XL (ISO/IEC 18181): pixmill's own code reads boxes and all headers, so that they need no library;
 * libjxl decodes and encodes.
 *
 * container.c finds the boxes; bits.c reads the codestream's numbers, entropy.c and entropy_codes.c those
 * that are entropy-coded; header.c reads the image's header and frames.c those of its frames; probe.c reports
 * them; jxl.c is the codec's row. part/ is pixmill-jxl.so: decode.c, encode.c, and library.c, which lends
 * libjxl memory and the calling thread.
 */
#ifndef CODEC_JXL_JXL_H
#define CODEC_JXL_JXL_H

#include "codec/codec.h"
#include "codec/jxl/header.h"

enum { JXL_SIDE_MAX = IMAGE_SIDE_MAX };

void jxl_header_tell(const struct jxl_header *header, struct pm_info *info);

/* The colours of the decoded picture: everything except a profile. */
void jxl_tell_colors(const struct jxl_header *header, struct pm_metadata *meta);

/* Is the picture decoded in other colours than its profile's? libjxl converts from XYB only to colours that
 * have a name: of RGB to Display P3, of grey to that of sRGB. */
bool jxl_loses_profile(const struct jxl_header *header);

int jxl_probe(struct byte_source *source, struct pm_info *info, struct pm_error *error);

/* As in codec/codec.h. */
uint64_t jxl_decode_bytes(const struct pm_info *info, const struct decode_request *request);
const struct pm_pixel_format *jxl_accepts(const void *options);
uint64_t jxl_encode_bound(const struct shape *shape, const void *options);
uint64_t jxl_encode_bytes(const struct shape *shape, const void *options);

#endif
