/*
 * Colours as CSS writes them (CSS Color Module Level 4, 5.2 and 6.1): #rgb, #rgba, #rrggbb, #rrggbbaa, each
 * also without "#", which would start a URL's fragment; the 148 named colours; and "transparent". Letters in
 * any case.
 */
#ifndef COLOR_CSS_COLOR_H
#define COLOR_CSS_COLOR_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Red, green, blue and alpha, each 0 to 255; not premultiplied. */
struct css_color {
    uint8_t rgba[4];
};

/* The opaque colour's name at `index`, in alphabetical order; NULL past the last. */
const char *css_color_name(size_t index);

enum { CSS_COLOR_TEXT = 9 }; /* max bytes that css_color_print writes */

/* Parses text[length] into *color. Returns 0, or -1 with `error` filled (PM_ERROR_USAGE); `what` names the
 * option in its message. */
int css_color_parse(const char *text, size_t length, const char *what, struct css_color *color,
                    struct pm_error *error);

/* Prints rrggbb, or rrggbbaa if it is not opaque, so that parsing it gives the same colour. */
void css_color_print(const struct css_color *color, char *text, size_t size);

#endif
