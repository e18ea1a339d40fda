/*
 * An animation's chunks: acTL announces it, fcTL begins a frame, fdAT holds pixels of a frame as IDAT holds
 * those of the still picture (PNG, Third Edition, 4.9 and 11.3.6). The still picture is the first frame if an
 * fcTL comes before its pixels; else it is shown only by programs that show no animation.
 *
 * png_animation_take is given every chunk, in order, by the probe and by the scan of a whole file, so that
 * both know of the same frames.
 */
#ifndef CODEC_PNG_ANIMATION_H
#define CODEC_PNG_ANIMATION_H

#include "codec/png/chunks.h"

#define PNG_ANIMATION_CHUNKS 200000u /* max chunks of a file with an animation */

enum { PNG_ACTL_BYTES = 8, PNG_FCTL_BYTES = 26 };

/* What happens to a frame's rectangle before the next frame is drawn. */
enum png_disposal { PNG_KEEP, PNG_CLEAR, PNG_RESTORE };

/* How a frame is drawn: its pixels replace those below, or are composed over them. */
enum png_blend { PNG_SOURCE, PNG_OVER };

/* An fcTL. */
struct png_frame {
    uint32_t width, height, x, y;
    uint16_t ticks, per_second; /* how long it is shown: ticks / per_second; per_second 0 means 100 */
    uint8_t disposal, blend;
};

struct png_animation {
    uint32_t announced; /* frames, as acTL says; 0: no animation */
    uint32_t loops;     /* how often it is shown; 0: endlessly */
    uint32_t frames;    /* of which all or some pixels are there, up to the first fault */
    bool apart;         /* the still picture is not a frame */
    bool alpha;         /* some of the canvas may be transparent, even if no frame has transparent pixels */
    bool restores;      /* some frame's disposal is PNG_RESTORE */
    bool surplus;       /* there are more frames than announced; they are ignored */
    bool any;           /* fcTL or fdAT was found */
    struct pm_error fault; /* what is wrong; PM_OK: nothing. PM_ERROR_TRUNCATED: frames are missing */
    /* For the walk: */
    uint32_t width, height; /* of the canvas */
    uint32_t sequence;      /* the next number */
    bool pixels;            /* the still picture's pixels were found */
    bool open;              /* a frame has begun, and none of its pixels were found yet */
    bool clears;            /* the last frame's disposal is PNG_CLEAR */
    bool ended;             /* ignore further chunks */
};

void png_animation_init(struct png_animation *animation, const struct png_header *header);

/* Does png_animation_take need such a chunk? */
bool png_animation_uses(uint32_t type);

/* Takes a chunk, whose first bytes are head[size]: up to PNG_FCTL_BYTES, fewer if the chunk is shorter or the
 * file ends. */
void png_animation_take(struct png_animation *animation, const struct png_chunk *chunk, const uint8_t *head,
                        size_t size);

/* The chunk's checksum is wrong. */
void png_animation_damage(struct png_animation *animation, uint32_t type);

/* After the last chunk. */
void png_animation_end(struct png_animation *animation);

/* Is there anything to show besides the still picture? */
static inline bool png_animation_moves(const struct png_animation *animation)
{
    return animation->announced > 1 || (animation->announced == 1 && animation->apart);
}

/* The fcTL in data[PNG_FCTL_BYTES]. */
struct png_frame png_frame_parse(const uint8_t *data);

/* The same the other way, with its sequence number. */
void png_frame_store(const struct png_frame *frame, uint32_t sequence, uint8_t *data);

#endif
