#include "filter/border.h"

#include <string.h>

#include "color/pipeline.h"
#include "image/convert.h"

int border_parse(const char *text, size_t length, void *field, struct pm_error *error)
{
    struct border *border = field;
    border->given = true;
    return css_color_parse(text, length, "the color of the border", &border->color, error);
}

void border_print(const void *field, char *text, size_t size)
{
    const struct border *border = field;
    text[0] = '\0';
    if (border->given)
        css_color_print(&border->color, text, size);
}

struct css_color border_color(const struct border *border, const uint8_t background[3],
                              const struct pm_pixel_format *format)
{
    if (border->given && (border->color.rgba[3] > 0 || format->color != PM_COLOR_CMYK))
        return border->color;
    if (format->alpha != PM_ALPHA_NONE)
        return (struct css_color){{0, 0, 0, 0}};
    return (struct css_color){{background[0], background[1], background[2], UINT8_MAX}};
}

void border_paint(struct border *border, uint8_t background[3], const struct pipeline *paint)
{
    if (border->given)
        pipeline_color(paint, border->color.rgba);
    pipeline_color(paint, background);
}

struct pm_pixel_format border_format(const struct css_color *color, struct pm_pixel_format format)
{
    const uint8_t *c = color->rgba;
    if (format.color == PM_COLOR_CMYK)
        return format;
    if (c[3] > 0 && (c[0] != c[1] || c[1] != c[2]))
        format.color = PM_COLOR_RGB;
    if (c[3] < UINT8_MAX && !pixels_have_alpha(&format))
        format.alpha = PM_ALPHA_STRAIGHT;
    return format;
}

void border_pixel(const struct css_color *color, const struct pm_pixel_format *format,
                  uint8_t pixel[BORDER_PIXEL_BYTES])
{
    uint8_t samples[4] = {color->rgba[0], color->rgba[1], color->rgba[2], color->rgba[3]};
    const unsigned channels = pm_channels(format), alpha = color->rgba[3];
    if (format->color == PM_COLOR_CMYK)
        image_rgb_to_inks(color->rgba, samples);
    else if (format->color == PM_COLOR_GRAY)
        samples[1] = color->rgba[3];
    if (format->depth == 8) {
        memcpy(pixel, samples, channels);
        return;
    }
    for (unsigned c = 0; c < channels; c++) {
        const bool multiplied = format->alpha == PM_ALPHA_PREMULTIPLIED && c + 1 < channels;
        /* round(v * a * 257 / 255), as image_premultiply */
        const unsigned product = samples[c] * (multiplied ? alpha : UINT8_MAX);
        const uint16_t sample = (uint16_t)(product + (2 * product + 127) / 255);
        memcpy(pixel + c * sizeof sample, &sample, sizeof sample);
    }
}
