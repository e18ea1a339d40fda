/* Frame headers of a JPEG XL codestream, for header.c. */
#ifndef CODEC_JXL_FRAMES_H
#define CODEC_JXL_FRAMES_H

#include "codec/jxl/bits.h"
#include "codec/jxl/header.h"

struct jxl_preview {
    bool present;
    uint32_t width, height;
};

/* Walks all frames from the current byte on, and sets the header's last five members. Returns 0, or -1 with
 * `error` filled. A file that ends within them is no error if the first frame's header is there. */
int jxl_read_frames(struct jxl_bits *bits, const struct jxl_preview *preview, bool timecodes,
                    struct jxl_header *header, struct pm_error *error);

/* Skips an entropy-coded profile; sets *size to that of the profile. Returns 0, or -1 with `error` filled. */
int jxl_skip_profile(struct jxl_bits *bits, uint64_t *size, struct pm_error *error);

/* For a parser that has read something wrong: "damaged", or what the reason is if bits are missing. */
int jxl_header_error(const struct jxl_bits *bits, struct pm_error *error);

#endif
