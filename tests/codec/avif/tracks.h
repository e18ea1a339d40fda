/* AVIF files: a still that pixmill writes, to which tracks are added as a test wants them. */
#ifndef TESTS_CODEC_AVIF_TRACKS_H
#define TESTS_CODEC_AVIF_TRACKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

extern const struct codec codec_avif;

enum { WIDTH = 24, HEIGHT = 17, FRAMES = 5 };

/* How the tracks are made. */
struct tracks {
    bool alpha, wide; /* wide: co64 and version 1 */
    uint32_t width, samples;
    unsigned loops;    /* of an edit list; 0: none */
    uint32_t a_chunk;  /* samples of the first chunk; the others have one each */
    uint64_t past_end; /* added to the last sample's offset */
    const char *kind;  /* of the auxiliary track; NULL: not stated */
    bool has_nclx;     /* of the colours' track, as the still's but for: */
    unsigned transfer;
    bool has_profile; /* of seven bytes, of the colours' track */
    bool alpha_nclx;
};

static const struct tracks usual = {.width = WIDTH, .samples = FRAMES, .a_chunk = 1};

/* Is its auxiliary track no alpha, but depth? */
bool avif_tracks_is_depth(const struct tracks *tracks);

/* The file; the caller frees it. */
struct buffer avif_tracks_file(const struct tracks *tracks);

#endif
