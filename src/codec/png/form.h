/*
 * How an image's samples are stored: as they are, or, where that loses nothing, in fewer bits: grey of 1, 2
 * or 4 bits, or a palette. With the option `palette` in a palette in any case, with the best colours.
 */
#ifndef CODEC_PNG_FORM_H
#define CODEC_PNG_FORM_H

#include "codec/png/format.h"
#include "codec/png/options.h"

struct png_form {
    enum png_color_type type;
    unsigned depth;         /* bits of a stored sample */
    struct palette palette; /* of type PNG_PALETTE */
    unsigned translucent;   /* so many of its first colours are in tRNS: those that are not opaque, or one if
                               all   are and the image has alpha, which the file thereby has, too */
    const uint8_t *packed;  /* the stored rows, packed_bytes each; NULL: those of the image */
    size_t packed_bytes;
};

/* The form of samples that are stored as they are. */
struct png_form png_form_plain(const struct pm_image *image);

/* Chooses the form with the smallest samples; *form is the plain one if there is none smaller. Memory from
 * the context's arena. Returns 0, or -1 with `error` filled. */
int png_form_choose(const struct pm_image *image, const struct png_options *options, struct context *context,
                    struct png_form *form);

/* Bits of a stored pixel. */
unsigned png_form_bits(const struct png_form *form);

/* Bytes of its PLTE and tRNS chunks. */
size_t png_form_chunk_bytes(const struct png_form *form);

#endif
