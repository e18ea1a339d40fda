/* Upsampling and interleaving, bit-identical to libjpeg-turbo's; see codec/jpeg/upsample.h. */
#include "codec/jpeg/upsample.h"

/* A new sample is 3/4 of the nearest sample and 1/4 of the next; halves are rounded down and up alternately.
 */
static void smooth_columns(const uint8_t *restrict in, size_t width, uint8_t *restrict out)
{
    out[0] = in[0];
    out[1] = (uint8_t)((in[0] * 3 + in[1] + 2) >> 2);
    for (size_t x = 1; x < width - 1; x++) {
        const int near = in[x] * 3;
        out[2 * x] = (uint8_t)((near + in[x - 1] + 1) >> 2);
        out[2 * x + 1] = (uint8_t)((near + in[x + 1] + 2) >> 2);
    }
    out[2 * width - 2] = (uint8_t)((in[width - 1] * 3 + in[width - 2] + 1) >> 2);
    out[2 * width - 1] = in[width - 1];
}

static void smooth_rows(const uint8_t *restrict near, const uint8_t *restrict far, size_t width,
                        unsigned bias, uint8_t *restrict out)
{
    const uint16_t added = (uint16_t)bias;
    for (size_t x = 0; x < width; x++)
        out[x] = (uint8_t)((uint16_t)(near[x] * 3 + far[x] + added) >> 2);
}

static inline uint16_t column(const uint8_t *near, const uint8_t *far, size_t x)
{
    return (uint16_t)(near[x] * 3 + far[x]);
}

static void smooth_both(const uint8_t *restrict near, const uint8_t *restrict far, size_t width,
                        uint8_t *restrict out)
{
    const size_t last = width - 1;
    out[0] = (uint8_t)((column(near, far, 0) * 4 + 8) >> 4);
    out[1] = (uint8_t)((column(near, far, 0) * 3 + column(near, far, 1) + 7) >> 4);
    for (size_t x = 1; x < last; x++) {
        const uint16_t sum = (uint16_t)(column(near, far, x) * 3);
        out[2 * x] = (uint8_t)((uint16_t)(sum + column(near, far, x - 1) + 8) >> 4);
        out[2 * x + 1] = (uint8_t)((uint16_t)(sum + column(near, far, x + 1) + 7) >> 4);
    }
    out[2 * last] = (uint8_t)((column(near, far, last) * 3 + column(near, far, last - 1) + 8) >> 4);
    out[2 * last + 1] = (uint8_t)((column(near, far, last) * 4 + 7) >> 4);
}

static void repeat(const uint8_t *restrict in, size_t width, unsigned times, uint8_t *restrict out)
{
    if (times == 2) {
        for (size_t x = 0; x < width; x++)
            out[2 * x] = out[2 * x + 1] = in[x];
        return;
    }
    for (size_t x = 0; x < width; x++) {
        for (unsigned i = 0; i < times; i++)
            out[x * times + i] = in[x];
    }
}

static void join_rgb(const uint8_t *const in[3], size_t width, uint8_t *restrict out)
{
    const uint8_t *restrict red = in[0], *restrict green = in[1], *restrict blue = in[2];
    for (size_t x = 0; x < width; x++) {
        out[3 * x] = red[x];
        out[3 * x + 1] = green[x];
        out[3 * x + 2] = blue[x];
    }
}

static void join_cmyk(const uint8_t *const in[4], size_t width, uint8_t *restrict out)
{
    const uint8_t *restrict cyan = in[0], *restrict magenta = in[1], *restrict yellow = in[2],
                            *restrict black = in[3];
    for (size_t x = 0; x < width; x++) {
        out[4 * x] = (uint8_t)~cyan[x];
        out[4 * x + 1] = (uint8_t)~magenta[x];
        out[4 * x + 2] = (uint8_t)~yellow[x];
        out[4 * x + 3] = (uint8_t)~black[x];
    }
}

static void join_ycck(const uint8_t *restrict rgb, const uint8_t *restrict black, size_t width,
                      uint8_t *restrict out)
{
    for (size_t x = 0; x < width; x++) {
        for (unsigned c = 0; c < 3; c++)
            out[4 * x + c] = rgb[3 * x + c];
        out[4 * x + 3] = (uint8_t)~black[x];
    }
}

const struct upsample_kernels SIMD_NAME(upsample_kernels) = {
    .smooth_columns = smooth_columns,
    .smooth_rows = smooth_rows,
    .smooth_both = smooth_both,
    .repeat = repeat,
    .join_rgb = join_rgb,
    .join_cmyk = join_cmyk,
    .join_ycck = join_ycck,
};
