/* Helpers for comparing AVIF and HEIC decoding with other programs. */
#ifndef TESTS_CODEC_HEIF_PEERS_H
#define TESTS_CODEC_HEIF_PEERS_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/reader.h"
#include "pictures.h"
#include "temp.h"

extern const struct codec codec_png;

/* Runs a command of the shell in the test's folder. */
static inline bool runs(const char *command)
{
    char line[1024];
    snprintf(line, sizeof line, "cd '%s' && { %s; } >log 2>&1", temp_folder(), command);
    return system(line) == 0;
}

static inline struct pm_image read_image(struct lent *lent, const struct codec *codec, const char *name,
                                         bool planes)
{
    struct pm_image image = {0};
    size_t size;
    char *data = temp_read(temp_path("%s", name), &size);
    const struct decode_request request = {.planes = planes};
    cr_assert_not_null(data, "%s", name);
    lent->error = (struct pm_error){0};
    cr_assert_eq(reader_decode(codec, (const uint8_t *)data, size, &request, &image, &lent->context), 0,
                 "%s: %s", name, lent->error.message);
    free(data);
    return image;
}

static inline void put_png(struct lent *lent, const char *name, uint32_t width, uint32_t height, bool alpha)
{
    struct buffer file = {0};
    struct pm_image image = picture(lent, width, height, PM_COLOR_RGB, alpha, 8);
    for (uint32_t y = 0; y < height; y++) { /* not noise alone */
        uint8_t *row = plane_row(&image.plane[0], y);
        for (uint32_t i = 0; i < width * image.plane[0].channels; i++)
            row[i] = (uint8_t)(row[i] / 8 + (i * 3 + y * 2) % 200);
    }
    cr_assert_eq(codec_png.encode(&image, NULL, &file, &lent->context), 0);
    temp_write(name, file.data, file.size);
    buffer_free(&file);
}

/* Compares the planes of a YUV4MPEG2 file of one frame with `image`, except alpha. */
static inline void expect_planes(const struct pm_image *image, const char *name)
{
    size_t size;
    char *data = temp_read(temp_path("%s", name), &size);
    cr_assert_not_null(data);
    const char *frame = memmem(data, size, "FRAME\n", 6);
    cr_assert_not_null(frame);
    const uint8_t *at = (const uint8_t *)frame + 6;
    for (unsigned i = 0; i < 3; i++) {
        const struct pm_plane *plane = &image->plane[i];
        cr_assert_leq(at + (size_t)plane->width * plane->height, (const uint8_t *)data + size);
        for (uint32_t y = 0; y < plane->height; y++, at += plane->width)
            cr_assert_eq(memcmp(plane_row(plane, y), at, plane->width), 0, "%s: plane %u, row %u", name, i,
                         y);
    }
    free(data);
}

/* Checks that both have the same pixels, within `apart_max`; `b` may be grey stored as RGB. */
static inline void expect_same(const struct pm_image *a, const struct pm_image *b, int apart_max,
                               const char *what)
{
    const struct pm_plane *plane = &a->plane[0];
    cr_assert_eq(a->nplanes, 1u);
    cr_assert_eq(a->format.depth, b->format.depth, "%s", what);
    cr_assert(a->width == b->width && a->height == b->height, "%s", what);
    const unsigned colors = b->plane[0].channels - (a->format.alpha != PM_ALPHA_NONE);
    for (uint32_t y = 0; y < plane->height; y++) {
        for (uint32_t x = 0; x < plane->width; x++) {
            for (unsigned c = 0; c < b->plane[0].channels; c++) {
                const unsigned own = plane->channels >= 3 ? c : c < colors ? 0 : 1;
                const int apart = (int)sample_at(plane, a->format.depth, x, y, own) -
                                  (int)sample_at(&b->plane[0], b->format.depth, x, y, c);
                cr_assert_leq(abs(apart), apart_max, "%s: %d at %u %u, channel %u", what, apart, x, y, c);
            }
        }
    }
}

#endif
