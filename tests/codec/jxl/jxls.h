/* For tests of JPEG XL: skips where the part is missing; encodes and decodes. */
#ifndef TESTS_CODEC_JXL_JXLS_H
#define TESTS_CODEC_JXL_JXLS_H

#include <criterion/criterion.h>
#include <string.h>

#include "codec/jxl/jxl.h"
#include "codec/jxl/options.h"
#include "codec/options.h"
#include "codec/part.h"
#include "codec/reader.h"
#include "pictures.h"

extern const struct codec codec_jxl;

static inline void need_jxl(void)
{
    struct pm_error error = {0};
    if (codec_part_find(&codec_jxl, &error) != 0)
        cr_skip_test("%s", error.message);
}

static inline struct jxl_options jxl_defaults(void)
{
    struct jxl_options options;
    unsigned char bytes[CODEC_OPTIONS_BYTES];
    codec_options_init(&codec_jxl, bytes);
    memcpy(&options, bytes, sizeof options);
    options.effort = 0;
    return options;
}

static inline struct buffer jxl_of(struct lent *lent, const struct pm_image *image,
                                   const struct jxl_options *options)
{
    struct buffer file = {0};
    cr_assert_eq(codec_coder(&codec_jxl, &lent->error)->encode(image, options, &file, &lent->context), 0,
                 "%s", lent->error.message);
    return file;
}

static inline int jxl_decode(struct lent *lent, const void *data, size_t size,
                             const struct decode_request *request, struct pm_image *image)
{
    lent->error = (struct pm_error){0};
    return reader_decode(&codec_jxl, data, size, request, image, &lent->context);
}

static inline struct pm_image jxl_image_of(struct lent *lent, const struct buffer *file)
{
    struct pm_image image = {0};
    const struct decode_request request = {.keep = KEEP_ALL};
    cr_assert_eq(jxl_decode(lent, file->data, file->size, &request, &image), 0, "%s", lent->error.message);
    return image;
}

static inline int jxl_info(const void *data, size_t size, struct pm_info *info, struct pm_error *error)
{
    struct memory_source memory;
    *error = (struct pm_error){0};
    memory_source_init(&memory, data, size);
    return codec_probe(&memory.source, info, error) == &codec_jxl ? 0 : -1;
}

static inline struct pm_info jxl_info_of(const struct buffer *file)
{
    struct pm_info info;
    struct pm_error error;
    cr_assert_eq(jxl_info(file->data, file->size, &info, &error), 0, "%s", error.message);
    return info;
}

/* The greatest difference of two images of one plane, in levels of 8 bits. */
static inline double jxl_difference(const struct pm_image *a, const struct pm_image *b)
{
    unsigned max = 0;
    const unsigned depth = a->format.depth;
    const struct pm_plane *plane = &a->plane[0];
    cr_assert(pixels_equal(&a->format, &b->format));
    cr_assert(plane->width == b->plane[0].width && plane->height == b->plane[0].height);
    for (uint32_t y = 0; y < plane->height; y++) {
        for (uint32_t x = 0; x < plane->width; x++) {
            for (unsigned c = 0; c < plane->channels; c++) {
                const unsigned one = sample_at(plane, depth, x, y, c),
                               other = sample_at(&b->plane[0], depth, x, y, c);
                const unsigned apart = one > other ? one - other : other - one;
                max = apart > max ? apart : max;
            }
        }
    }
    return depth == 8 ? max : max / 257.0;
}

/* Something smooth. */
static inline struct pm_image jxl_gradient(struct lent *lent, uint32_t width, uint32_t height,
                                           enum pm_color color, bool alpha, unsigned depth)
{
    struct pm_image image = picture(lent, width, height, color, alpha, depth);
    const unsigned channels = image.plane[0].channels;
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t i = 0; i < width * channels; i++) {
            const uint32_t level = 20 + i / channels * 100 / width + y * 100 / height + 10 * (i % channels);
            if (depth == 8)
                plane_row(&image.plane[0], y)[i] = (uint8_t)level;
            else
                ((uint16_t *)(void *)plane_row(&image.plane[0], y))[i] = (uint16_t)(level * 257 + i % 200);
        }
    }
    return image;
}

#endif
