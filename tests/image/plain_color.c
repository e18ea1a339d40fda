#include "image/plain_color.h"

#include <math.h>

static uint8_t clamped(double v)
{
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : lround(v));
}

void plain_ycc_to_rgb(unsigned y, unsigned cb, unsigned cr, uint8_t rgb[3])
{
    double b = cb - 128.0, r = cr - 128.0;
    rgb[0] = clamped(y + 1.402 * r);
    rgb[1] = clamped(y - 0.344136 * b - 0.714136 * r);
    rgb[2] = clamped(y + 1.772 * b);
}

void plain_cmyk_to_rgb(const uint8_t cmyk[4], uint8_t rgb[3])
{
    const unsigned light = 255u - cmyk[3];
    for (unsigned i = 0; i < 3; i++)
        rgb[i] = (uint8_t)((2 * (255u - cmyk[i]) * light + 255) / 510);
}

uint8_t plain_to_8bit(uint16_t v)
{
    return (uint8_t)((v + 128u) / 257);
}
