/*
 * Colours for formats with a palette: GIF, and PNG if asked for. An image's own colours if there are not too
 * many, else median cut (Heckbert 1982) on a histogram of 5 bits a channel, each colour the mean of its
 * pixels. Integers only: the same on every machine.
 *
 * A library for this, libimagequant, has been GPL-3 from version 2 on, which pixmill's licence does not
 * allow.
 */
#ifndef CODEC_QUANTIZE_H
#define CODEC_QUANTIZE_H

#include "base/param.h"
#include "image/image.h"

enum { PALETTE_MAX = 256 };

struct palette {
    unsigned count;
    bool exact;                   /* the image has no other colours */
    uint8_t rgba[PALETTE_MAX][4]; /* alpha is 255 where it is not a channel of the colours */
};

enum dither { DITHER_NONE, DITHER_ORDERED, DITHER_DIFFUSION };

/* The row of the option `dither` of every format with a palette; an int in `type`. */
extern const struct param_word dither_words[];
#define OPTION_DITHER(type, field)                                                                           \
    {                                                                                                        \
        .name = "dither", .kind = PARAM_WORD, .offset = offsetof(type, field), .words = dither_words,        \
        .standard = DITHER_DIFFUSION, .argument = "none|ordered|diffusion",                                  \
        .help = "how to approximate colours that are not in the palette", .example = "ordered",              \
        .optional = true                                                                                     \
    }

struct quantizer;

/* The memory of one for images of that width. `channels`: of a colour, 3 (R, G, B) or 4 (straight alpha,
 * too). */
uint64_t quantizer_bytes(uint32_t width, unsigned channels);

/* In the context's job_arena; NULL with `error` filled. */
struct quantizer *quantizer_new(uint32_t width, unsigned channels, struct context *context);

/* One that can only list colours, and map an image that has no others; with little memory. */
struct quantizer *quantizer_new_list(unsigned channels, struct context *context);

/* Marks pixels before quantizer_map: QUANTIZER_DRAWN pixels get an index of the palette. */
enum { QUANTIZER_SKIPPED = 0, QUANTIZER_DRAWN = 1 };

/* Lists the colours of the pixels of `image`, 8 bits a channel, whose `drawn` is not 0 (NULL: all), in the
 * order in which they come. False: there are more than `max`. */
bool quantizer_list(struct quantizer *quantizer, const struct pm_image *image, const uint8_t *drawn,
                    unsigned max, struct palette *palette);

/* Chooses at most `max` colours for those pixels: their own, or the best ones. */
void quantizer_choose(struct quantizer *quantizer, const struct pm_image *image, const uint8_t *drawn,
                      unsigned max, struct palette *palette);

/* Changes the order of the palette: color i becomes color order[i]. */
void quantizer_reorder(struct quantizer *quantizer, struct palette *palette,
                       const uint8_t order[PALETTE_MAX]);

/* Replaces `drawn`, one byte a pixel, by indices of the palette, or `skipped` where it is 0. */
void quantizer_map(struct quantizer *quantizer, const struct pm_image *image, uint8_t *drawn,
                   const struct palette *palette, enum dither dither, uint8_t skipped);

#endif
