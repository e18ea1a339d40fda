#include "codec/avif/avifs.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/bytes.h"
#include "codec/avif/avif.h"
#include "codec/avif/options.h"
#include "codec/options.h"
#include "codec/part.h"
#include "image/convert.h"
#include "pictures.h"

struct avif_options avif_defaults(void)
{
    struct avif_options options;
    unsigned char bytes[CODEC_OPTIONS_BYTES];
    codec_options_init(&codec_avif, bytes);
    memcpy(&options, bytes, sizeof options);
    options.effort = 0;
    return options;
}

struct buffer avif_of(struct lent *lent, const struct pm_image *image, const struct avif_options *options)
{
    struct buffer file = {0};
    cr_assert_eq(codec_coder(&codec_avif, &lent->error)->encode(image, options, &file, &lent->context), 0,
                 "%s", lent->error.message);
    return file;
}

int avif_decode(struct lent *lent, const struct buffer *file, const struct decode_request *request,
                struct pm_image *image)
{
    lent->error = (struct pm_error){0};
    return reader_decode(&codec_avif, file->data, file->size, request, image, &lent->context);
}

struct pm_image avif_image_of(struct lent *lent, const struct buffer *file, bool planes)
{
    struct pm_image image = {0};
    const struct decode_request request = {.keep = KEEP_ALL, .planes = planes};
    cr_assert_eq(avif_decode(lent, file, &request, &image), 0, "%s", lent->error.message);
    return image;
}

int avif_probe_bytes(const void *data, size_t size, struct pm_info *info, struct pm_error *error)
{
    struct memory_source memory;
    *error = (struct pm_error){0};
    memory_source_init(&memory, data, size);
    return codec_probe(&memory.source, info, error) == &codec_avif ? 0 : -1;
}

struct pm_info avif_info(const struct buffer *file)
{
    struct pm_info info;
    struct pm_error error;
    cr_assert_eq(avif_probe_bytes(file->data, file->size, &info, &error), 0, "%s", error.message);
    return info;
}

double avif_difference(const struct pm_image *a, const struct pm_image *b)
{
    unsigned max = 0;
    const unsigned depth = a->format.depth;
    cr_assert(pixels_equal(&a->format, &b->format));
    for (unsigned i = 0; i < a->nplanes; i++) {
        const struct pm_plane *plane = &a->plane[i];
        cr_assert(plane->width == b->plane[i].width && plane->height == b->plane[i].height);
        for (uint32_t y = 0; y < plane->height; y++) {
            for (uint32_t x = 0; x < plane->width; x++) {
                for (unsigned c = 0; c < plane->channels; c++) {
                    const unsigned one = sample_at(plane, depth, x, y, c),
                                   other = sample_at(&b->plane[i], depth, x, y, c);
                    const unsigned apart = one > other ? one - other : other - one;
                    max = apart > max ? apart : max;
                }
            }
        }
    }
    return depth == 8 ? max : max / 257.0;
}

struct pm_image avif_gradient(struct lent *lent, uint32_t width, uint32_t height, enum pm_color color,
                              bool alpha, unsigned depth)
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
