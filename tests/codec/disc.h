/* Frames of an animation to write: a disc that moves. */
#ifndef TESTS_CODEC_DISC_H
#define TESTS_CODEC_DISC_H

#include <string.h>

#include "pictures.h"

enum { DISC_WIDTH = 41, DISC_HEIGHT = 30 };

/* `kind` 0: without alpha, 1: opaque on transparent, 2: half transparent, 3: grey. */
static inline struct pm_image disc(struct lent *lent, int kind, int center, unsigned depth)
{
    struct pm_image image =
        picture(lent, DISC_WIDTH, DISC_HEIGHT, kind == 3 ? PM_COLOR_GRAY : PM_COLOR_RGB, kind != 0, depth);
    const unsigned channels = image.plane[0].channels;
    for (uint32_t y = 0; y < DISC_HEIGHT; y++) {
        for (uint32_t i = 0; i < DISC_WIDTH * channels; i++) {
            const int dx = (int)(i / channels) - center, dy = (int)y - 15;
            const bool in = dx * dx + dy * dy <= 100;
            const unsigned alpha = in ? (kind == 2 ? 90 : 255) : 0;
            const unsigned value = kind != 0 && i % channels == channels - 1 ? alpha
                                   : in                                      ? (i * 7 + y * 3) % 251
                                                                             : 0;
            uint8_t *at = plane_row(&image.plane[0], y) + (size_t)i * depth / 8;
            const uint16_t wide = (uint16_t)(value * 257);
            memcpy(at, depth == 8 ? (const void *)&(uint8_t){(uint8_t)value} : (const void *)&wide,
                   depth / 8);
        }
    }
    return image;
}

#endif
