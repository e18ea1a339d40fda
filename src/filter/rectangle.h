/* Rectangles in filters' arguments: "640x480" and, with a position, "640x480+10+20". */
#ifndef FILTER_RECTANGLE_H
#define FILTER_RECTANGLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rectangle {
    uint32_t width, height, x, y; /* pixels; sides from 1 to 2^31 - 1 */
    bool placed;                  /* x and y were given */
};

/* Reads text[length]; false, *rectangle unchanged, if it is none. */
bool rectangle_read(const char *text, size_t length, struct rectangle *rectangle);

/* Prints it so that reading gives it back. */
void rectangle_print(const struct rectangle *rectangle, char *text, size_t size);

#endif
