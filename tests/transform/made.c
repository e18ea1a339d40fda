#include "transform/made.h"

#include <criterion/criterion.h>
#include <libdeflate.h>

#include "codec/codec.h"
#include "image/image.h"
#include "lent.h"
#include "pixmill/transform.h"
#include "transform/transform.h"
#include "transform/transformed.h"

struct pm_image made_picture(struct lent *lent, struct shape shape)
{
    struct pm_image image = {0};
    cr_assert_eq(image_alloc(&image, &shape, &lent->context), 0);
    unsigned channels = pm_channels(&image.format);
    for (uint32_t y = 0; y < shape.height; y++) {
        for (uint32_t x = 0; x < shape.width; x++) {
            unsigned right = x * 255 / shape.width, down = y * 255 / shape.height;
            unsigned samples[4] = {right, down, 128, 255};
            if (shape.format.alpha)
                samples[channels - 1] = 255 - right;
            for (unsigned c = 0; c < channels; c++) {
                if (shape.format.depth == 16)
                    ((uint16_t *)(void *)plane_row(&image.plane[0], y))[x * channels + c] =
                        (uint16_t)(samples[c] * 257);
                else
                    plane_row(&image.plane[0], y)[x * channels + c] = (uint8_t)samples[c];
            }
        }
    }
    return image;
}

struct buffer made(struct lent *lent, const char *format, struct shape shape)
{
    struct pm_image image = made_picture(lent, shape);
    return encoded(lent, format, &image);
}
