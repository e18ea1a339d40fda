#include "image/plain_color.h"

#include <math.h>

#include "image/inks.h"

static uint8_t clamped(double v)
{
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : lround(v));
}

static void to_rgb(double y, double cb, double cr, double rgb[3])
{
    rgb[0] = y + 1.402 * (cr - 128);
    rgb[1] = y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128);
    rgb[2] = y + 1.772 * (cb - 128);
}

void plain_ycc_to_rgb(unsigned y, unsigned cb, unsigned cr, uint8_t rgb[3])
{
    double exact[3];
    to_rgb(y, cb, cr, exact);
    for (unsigned i = 0; i < 3; i++)
        rgb[i] = clamped(exact[i]);
}

void plain_ycc_to_rgb_by(double y, double cb, double cr, double red, double blue, bool limited,
                         uint8_t rgb[3])
{
    const double luma = limited ? (y - 16) / 219 : y / 255;
    const double b = (cb - 128) / (limited ? 224 : 255), r = (cr - 128) / (limited ? 224 : 255);
    const double red_part = luma + 2 * (1 - red) * r, blue_part = luma + 2 * (1 - blue) * b;
    const double green_part = (luma - red * red_part - blue * blue_part) / (1 - red - blue);
    rgb[0] = clamped(255 * red_part);
    rgb[1] = clamped(255 * green_part);
    rgb[2] = clamped(255 * blue_part);
}

static double wide_value(uint16_t sample)
{
    return sample / 64.0 - 256;
}

void plain_wide_to_rgb(const uint16_t ycc[3], uint8_t rgb[3])
{
    double exact[3];
    to_rgb(wide_value(ycc[0]), wide_value(ycc[1]), wide_value(ycc[2]), exact);
    for (unsigned i = 0; i < 3; i++)
        rgb[i] = clamped(exact[i]);
}

void plain_wide_to_ycc(const uint16_t ycc[3], uint8_t out[3])
{
    double rgb[3];
    to_rgb(wide_value(ycc[0]), wide_value(ycc[1]), wide_value(ycc[2]), rgb);
    for (unsigned i = 0; i < 3; i++)
        rgb[i] = fmin(fmax(rgb[i], 0), 255);
    const double y = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
    out[0] = clamped(y);
    out[1] = clamped(128 + (rgb[2] - y) / 1.772);
    out[2] = clamped(128 + (rgb[0] - y) / 1.402);
}

void plain_cmyk_to_rgb(const uint8_t cmyk[4], double rgb[3])
{
    double share[4];
    for (int i = 0; i < 4; i++) {
        const double v = cmyk[i] / 255.0;
        share[i] = v + ink_gain[i] * v * (1 - v);
    }
    for (int c = 0; c < 3; c++) {
        double sum = 0;
        for (int inks = 0; inks < 16; inks++) {
            double area = 1;
            for (int i = 0; i < 4; i++)
                area *= inks & 8 >> i ? share[i] : 1 - share[i];
            sum += area * ink_colors[inks][c];
        }
        rgb[c] = 255 * sqrt(fmin(fmax(sum, 0), 1));
    }
}

uint8_t plain_to_8bit(uint16_t v)
{
    return (uint8_t)((v + 128u) / 257);
}
