/*
 * Chooses at most 256 colours for an image: its own if there are no more, else median cut (Heckbert 1982) on
 * a histogram of 5 bits a channel, each colour the mean of its pixels. Integers only: the same on every
 * machine.
 */
#ifndef CODEC_GIF_QUANTIZE_H
#define CODEC_GIF_QUANTIZE_H

#include "codec/gif/gif.h"

enum { GIF_BINS = 1 << 15, GIF_SLOTS = 1024 };

struct gif_palette {
    unsigned count;
    bool exact; /* the image has no other colours */
    uint8_t rgb[GIF_PALETTE_MAX][3];
};

/* Tables, too large for the stack; from gif_quantizer_new. */
struct gif_quantizer {
    uint32_t histogram[GIF_BINS];
    uint16_t nearest[GIF_BINS]; /* index of the palette; UNKNOWN: not looked up yet */
    uint32_t slots[GIF_SLOTS];  /* a hash table of the exact colours, 0: free */
    uint16_t indices[GIF_SLOTS];
    int *errors; /* of two rows, for error diffusion */
};

enum gif_dither { GIF_DITHER_NONE, GIF_DITHER_ORDERED, GIF_DITHER_DIFFUSION };

/* In the context's job_arena, for images of that width; NULL with `error` filled. */
struct gif_quantizer *gif_quantizer_new(uint32_t width, struct context *context);

/* Marks pixels before gif_map: GIF_DRAWN pixels get an index of the palette. */
enum { GIF_SKIPPED = 0, GIF_DRAWN = 1 };

/* Chooses at most `max` colours for the pixels of `image` whose `drawn` is not 0. */
void gif_choose_palette(struct gif_quantizer *quantizer, const struct pm_image *image, const uint8_t *drawn,
                        unsigned max, struct gif_palette *palette);

/* Replaces `drawn`, one byte a pixel, by indices of the palette, or `skipped` where it is 0. */
void gif_map(struct gif_quantizer *quantizer, const struct pm_image *image, uint8_t *drawn,
             const struct gif_palette *palette, enum gif_dither dither, uint8_t skipped);

#endif
