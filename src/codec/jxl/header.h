/*
 * The headers of a JPEG XL codestream (ISO/IEC 18181-1), read by pixmill's own code: the image's, its profile
 * as far as its size, and those of all frames, of which each gives the position of the next.
 */
#ifndef CODEC_JXL_HEADER_H
#define CODEC_JXL_HEADER_H

#include "codec/jxl/container.h"

enum { JXL_EXTRA_MAX = 256, JXL_FRAMES_MAX = 65536 };

enum jxl_space { JXL_SPACE_RGB, JXL_SPACE_GRAY, JXL_SPACE_XYB, JXL_SPACE_UNKNOWN };

/* How colours are described without a profile: numbers of H.273, except for those below. */
enum { JXL_D65 = 1, JXL_OWN = 2, JXL_EQUAL_ENERGY = 10, JXL_DCI_WHITE = 11, JXL_P3 = 11 };
struct jxl_color {
    enum jxl_space space;
    unsigned white, primaries, transfer, intent;
    double gamma;             /* instead of `transfer`: samples are light raised to this power; 0: none */
    double chromaticities[8]; /* of a custom white and custom primaries, in the order of struct pm_metadata */
};

struct jxl_header {
    struct jxl_container container;
    uint32_t width, height; /* stored, before orientation */
    unsigned orientation;
    unsigned bits; /* of a sample */
    bool floating;
    bool xyb;     /* lossy: converted to XYB, and back to colours that the decoder may choose */
    bool profile; /* an ICC profile describes the colours, and `color.space` is all that is known of them */
    uint64_t profile_size; /* of the profile */
    struct jxl_color color;
    unsigned extra;  /* channels besides grey or RGB */
    int alpha;       /* the first of them that is alpha; -1: none */
    int black;       /* that is CMYK's black */
    unsigned others; /* that are neither, nor spot colours, which the decoder draws */
    bool premultiplied;
    bool animated;
    uint32_t ticks_numerator, ticks_denominator; /* ticks a second */
    uint32_t loops;
    unsigned frames;       /* shown */
    uint64_t frame_pixels; /* of the largest frame */
    unsigned saved;        /* frames that the decoder keeps for others */
    bool cut;              /* the file ends before the end of the last frame */
};

/* Reads all headers. Returns 0, or -1 with `error` filled. */
int jxl_read_header(struct byte_source *source, struct jxl_header *header, struct pm_error *error);

#endif
