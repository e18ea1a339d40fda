/* Borders that a filter adds around the image: the parameter `color`, and the pixels. */
#ifndef FILTER_BORDER_H
#define FILTER_BORDER_H

#include "color/css_color.h"
#include "filter/filter.h"

/* The field `border` of `struct params`; all zeros: no colour was given. */
struct border {
    struct css_color color;
    bool given;
};

/* Its row. */
#define BORDER_ROW                                                                                           \
    {                                                                                                        \
        .name = "color", .kind = PARAM_OWN, .offset = offsetof(struct params, border),                       \
        .parse = border_parse, .print = border_print                                                         \
    }
int border_parse(const char *text, size_t length, void *field, struct pm_error *error);
void border_print(const void *field, char *text, size_t size);

/* The colour around an image of this format. Without one of its own a border is transparent if the image has
 * alpha (or had: PM_ALPHA_OPAQUE); else it has the recipe's background, R, G, B. CMYK has no transparency. */
struct css_color border_color(const struct border *border, const uint8_t background[3],
                              const struct pm_pixel_format *format);

/* Converts the border's colour, and the background, from sRGB to a picture's colours (color/pipeline.h).
 * Colours other than grey stay as they are for a grey picture, which becomes RGB. */
void border_paint(struct border *border, uint8_t background[3], const struct pipeline *paint);

/* The format that holds both an image of this format and the border: RGB around grey if the colour is not
 * grey, straight alpha if it is not opaque. */
struct pm_pixel_format border_format(const struct css_color *color, struct pm_pixel_format format);

/* A pixel of the border in `format`, as 16-bit samples if that is its depth. */
enum { BORDER_PIXEL_BYTES = 8 };
void border_pixel(const struct css_color *color, const struct pm_pixel_format *format,
                  uint8_t pixel[BORDER_PIXEL_BYTES]);

#endif
