/* Animations to write, of frames with a disc that moves. */
#ifndef TESTS_CODEC_DISC_H
#define TESTS_CODEC_DISC_H

#include <criterion/criterion.h>
#include <string.h>

#include "codec/writer.h"
#include "pictures.h"

enum { DISC_WIDTH = 41, DISC_HEIGHT = 30, DISC_FRAMES = 5 };

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

typedef struct pm_image disc_frame(struct lent *lent, int kind, unsigned number, unsigned depth);

/* The file of DISC_FRAMES frames, with XMP and times from 1/30 s on. */
static inline struct buffer disc_animation(struct lent *lent, const struct codec *codec, const void *options,
                                           unsigned loops, disc_frame *frame_of, int kind, unsigned depth)
{
    struct buffer file = {0};
    struct writer *writer = NULL;
    const struct animation animation = {.frames = DISC_FRAMES, .loops = loops};
    for (unsigned i = 0; i < DISC_FRAMES; i++) {
        const struct arena_mark mark = arena_mark(&lent->arena);
        struct frame frame = {.image = frame_of(lent, kind, i, depth), .time = {i + 1, 30}};
        frame.image.meta.xmp = (struct pm_blob){(const uint8_t *)"<x/>", 4};
        if (i == 0)
            writer = writer_begin(codec, &frame.image, &animation, options, &file, &lent->context);
        cr_assert_not_null(writer, "%s", lent->error.message);
        cr_assert_eq(writer_add(writer, &frame, &lent->context), 0, "%s", lent->error.message);
        arena_release(&lent->arena, mark); /* as the next frame takes its place */
    }
    cr_assert_eq(writer_end(writer, &lent->context), 0, "%s", lent->error.message);
    writer_close(writer);
    return file;
}

#endif
