/* Decodes the frames of an image sequence one after the other; each may depend on those before it. */
#ifndef CODEC_HEIF_FRAMES_H
#define CODEC_HEIF_FRAMES_H

#include "codec/heif/planes.h"
#include "codec/heif/sequence.h"

struct heif_frames {
    const struct heif_header *header;
    struct {
        struct heif_samples samples;
        struct heif_layer layer; /* as the picture's, with the track's parameter sets */
        struct heif_decoder decoder;
        bool open;
    } tracks[2]; /* colours, alpha */
};

/* Sets up the decoders, with memory from the job_arena. heif_frames_end is called in any case. Return 0, or
 * -1 with `error` filled. */
int heif_frames_begin(struct heif_frames *frames, const struct heif_header *header,
                      const struct heif_library *library, struct context *context);

/* Decodes the next frame of the file data[size] to planes in the context's arena; `alpha` is set if there is
 * some. */
int heif_frames_next(struct heif_frames *frames, const uint8_t *data, size_t size, struct heif_planes *color,
                     struct heif_planes *alpha, struct frame_time *time, struct context *context);

void heif_frames_end(struct heif_frames *frames);

#endif
