/* Pictures for tests, made in code. */
#ifndef TESTS_PICTURES_H
#define TESTS_PICTURES_H

#include <criterion/criterion.h>

#include "image/image.h"
#include "lent.h"

/* An image with samples that differ from their neighbours' in every direction and channel. */
static inline struct pm_image picture(struct lent *lent, uint32_t width, uint32_t height, enum pm_color color,
                                      bool alpha, unsigned depth)
{
    struct shape shape = {.width = width,
                          .height = height,
                          .format = PIXELS(color, alpha ? PM_ALPHA_STRAIGHT : PM_ALPHA_NONE, depth)};
    struct pm_image image;
    cr_assert_eq(image_alloc(&image, &shape, &lent->context), 0);
    uint32_t state = width * 31 + height * 7 + depth;
    for (uint32_t y = 0; y < height; y++) {
        uint8_t *row = plane_row(&image.plane[0], y);
        for (uint32_t i = 0; i < width * image.plane[0].channels * (depth / 8); i++) {
            state = state * 1664525 + 1013904223;
            row[i] = (uint8_t)(state >> 24);
        }
    }
    return image;
}

/* A plane of that size filled like a picture's. */
static inline struct pm_plane picture_plane(struct lent *lent, uint32_t width, uint32_t height)
{
    return picture(lent, width, height, PM_COLOR_GRAY, false, 8).plane[0];
}

/* A picture of three planes, chroma subsampled by those factors. */
static inline struct pm_image picture_ycc(struct lent *lent, uint32_t width, uint32_t height,
                                          unsigned sampling_x, unsigned sampling_y)
{
    struct pm_image image = {.width = width,
                             .height = height,
                             .format = PIXELS_YCC(sampling_x, sampling_y),
                             .orientation = 1,
                             .nplanes = 3};
    image.plane[0] = picture_plane(lent, width, height);
    for (unsigned i = 1; i < 3; i++) {
        image.plane[i] = picture_plane(lent, (width + sampling_x - 1) / sampling_x,
                                       (height + sampling_y - 1) / sampling_y);
        image.plane[i].frame.extent_x = (double)width / sampling_x;
        image.plane[i].frame.extent_y = (double)height / sampling_y;
    }
    return image;
}

/* Sample `channel` of pixel (x, y), whatever the depth. */
static inline unsigned sample_at(const struct pm_plane *plane, unsigned depth, uint32_t x, uint32_t y,
                                 unsigned channel)
{
    const uint8_t *row = plane_row(plane, y);
    size_t i = (size_t)x * plane->channels + channel;
    return depth == 8 ? row[i] : ((const uint16_t *)(const void *)row)[i];
}

#endif
