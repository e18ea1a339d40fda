/* Converts a BMP's pixels to interleaved samples. */
#include <string.h>

#include "base/bytes.h"
#include "codec/bmp/bmp.h"

enum { RED, GREEN, BLUE, ALPHA };

uint64_t bmp_row_bytes(const struct bmp_header *header)
{
    return ((uint64_t)header->width * header->bits + 7) / 8;
}

uint64_t bmp_stride(const struct bmp_header *header)
{
    return (bmp_row_bytes(header) + 3) / 4 * 4;
}

static bool is_deep(const struct bmp_header *header)
{
    bool deep = false;
    for (unsigned i = 0; i < BMP_CHANNELS; i++)
        deep = deep || header->masks[i].max > UINT8_MAX;
    return deep;
}

struct pm_pixel_format bmp_pixels(const struct bmp_header *header)
{
    struct pm_pixel_format pixels = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8);
    if (header->gray)
        pixels.color = PM_COLOR_GRAY;
    if (is_deep(header))
        pixels.depth = pixels.bits = 16;
    if (header->masks[ALPHA].max > 0)
        pixels.alpha = PM_ALPHA_STRAIGHT;
    return pixels;
}

/* A value of 0 to mask->max as one of 0 to `max`, rounded. */
static uint32_t scale(const struct bmp_mask *mask, uint32_t value, uint32_t max)
{
    return mask->max == 0 ? 0 : (uint32_t)(((uint64_t)value * max + mask->max / 2) / mask->max);
}

void bmp_converter_init(struct bmp_converter *converter, const struct bmp_header *header)
{
    const struct pm_pixel_format pixels = bmp_pixels(header);
    *converter =
        (struct bmp_converter){.header = header, .channels = pm_channels(&pixels), .deep = is_deep(header)};
    for (unsigned i = 0; i < BMP_CHANNELS && !converter->deep; i++) {
        for (uint32_t value = 0; value <= header->masks[i].max; value++)
            converter->levels[i][value] = (uint8_t)scale(&header->masks[i], value, UINT8_MAX);
    }
}

void bmp_put_color(struct bmp_converter *converter, unsigned index, uint32_t count, uint8_t *out)
{
    const uint8_t *color = converter->header->palette[index];
    if (count > 0 && index >= converter->used)
        converter->used = index + 1;
    if (converter->channels == 1) {
        memset(out, color[0], count);
        return;
    }
    for (; count > 0; count--, out += 3)
        memcpy(out, color, 3);
}

static void convert_indexed(struct bmp_converter *converter, const uint8_t *in, uint8_t *out)
{
    const struct bmp_header *header = converter->header;
    const unsigned bits = header->bits, mask = (1u << bits) - 1;
    for (uint32_t x = 0; x < header->width; x++) {
        const uint64_t at = (uint64_t)x * bits;
        const unsigned index = (unsigned)in[at / 8] >> (8 - bits - at % 8) & mask;
        bmp_put_color(converter, index, 1, out + (size_t)x * converter->channels);
    }
}

static uint32_t get_pixel(const uint8_t *p, unsigned bytes)
{
    uint32_t pixel = p[0] | (uint32_t)p[1] << 8;
    if (bytes > 2)
        pixel |= (uint32_t)p[2] << 16;
    if (bytes > 3)
        pixel |= (uint32_t)p[3] << 24;
    return pixel;
}

static void convert_masked(const struct bmp_converter *converter, const uint8_t *in, uint8_t *out)
{
    const struct bmp_header *header = converter->header;
    const unsigned bytes = header->bits / 8, channels = converter->channels;
    uint16_t *deep = (uint16_t *)(void *)out;
    for (uint32_t x = 0; x < header->width; x++, in += bytes) {
        const uint32_t pixel = get_pixel(in, bytes);
        for (unsigned c = 0; c < channels; c++) {
            const struct bmp_mask *mask = &header->masks[c];
            const uint32_t value = pixel >> mask->shift & mask->max;
            const size_t at = (size_t)x * channels + c;
            if (converter->deep)
                deep[at] = (uint16_t)scale(mask, value, UINT16_MAX);
            else
                out[at] = converter->levels[c][value];
        }
    }
}

/* Blue, green, red, as most files have them. */
static void convert_bytes(const struct bmp_header *header, const uint8_t *in, uint8_t *out)
{
    const unsigned bytes = header->bits / 8;
    for (uint32_t x = 0; x < header->width; x++, in += bytes, out += 3) {
        out[0] = in[2];
        out[1] = in[1];
        out[2] = in[0];
    }
}

static bool is_plain(const struct bmp_header *header)
{
    const struct bmp_mask *masks = header->masks;
    return header->bits >= 24 && masks[ALPHA].max == 0 && masks[RED].max == UINT8_MAX &&
           masks[GREEN].max == UINT8_MAX && masks[BLUE].max == UINT8_MAX && masks[RED].shift == 16 &&
           masks[GREEN].shift == 8 && masks[BLUE].shift == 0;
}

void bmp_convert_row(struct bmp_converter *converter, const uint8_t *in, uint8_t *out)
{
    const struct bmp_header *header = converter->header;
    if (header->bits <= 8)
        convert_indexed(converter, in, out);
    else if (is_plain(header))
        convert_bytes(header, in, out);
    else
        convert_masked(converter, in, out);
}
