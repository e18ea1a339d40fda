/*
 * The frames of an animation, each drawn on a canvas as a viewer shows it (PNG, Third Edition, 4.9): the
 * canvas starts transparent. Samples are as those of the still picture, with alpha if some of the canvas may
 * be transparent.
 */
#ifndef CODEC_PNG_FRAMES_H
#define CODEC_PNG_FRAMES_H

#include "codec/png/scan.h"
#include "codec/reader.h"

struct png_frames {
    const struct png_file *file;
    struct pm_pixel_format format; /* of the canvas */
    struct memory_source memory;
    struct png_walk walk; /* before the next fcTL */
    uint8_t *canvas;      /* rows without gaps; NULL before the first frame */
    uint8_t *saved;       /* a copy of what a frame that restores has covered; NULL: no frame does */
    struct png_frame last;
    unsigned made; /* frames so far */
};

/* `file` must outlive *frames and have no fault except, with file->allow_truncated, that frames are missing.
 */
void png_frames_init(struct png_frames *frames, const struct png_file *file);

/* Makes the next frame; *image's metadata and orientation are left to the caller. Returns 0, or -1 with
 * `error` filled. */
int png_frames_next(struct png_frames *frames, struct pm_image *image, struct frame_time *time,
                    struct context *context);

/* Max bytes of memory in addition to the decoding of one picture and the image. */
uint64_t png_frames_bytes(const struct pm_info *info);

#endif
