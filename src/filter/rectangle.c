#include "filter/rectangle.h"

#include <inttypes.h>
#include <stdio.h>

/* Parses digits at *text and advances it past them; false if there are none or the number is above 2^31 -
 * 1. */
static bool take_number(const char **text, const char *end, uint32_t *value)
{
    uint64_t number = 0;
    const char *digit = *text;
    for (; digit < end && *digit >= '0' && *digit <= '9' && number <= INT32_MAX; digit++)
        number = 10 * number + (uint64_t)(*digit - '0');
    const bool good = digit > *text && number <= INT32_MAX;
    *text = digit;
    *value = (uint32_t)number;
    return good;
}

static bool take_character(const char **text, const char *end, char character)
{
    if (*text == end || **text != character)
        return false;
    ++*text;
    return true;
}

bool rectangle_read(const char *text, size_t length, struct rectangle *rectangle)
{
    struct rectangle r = {0};
    const char *rest = text, *end = text + length;
    bool good = take_number(&rest, end, &r.width) && take_character(&rest, end, 'x') &&
                take_number(&rest, end, &r.height) && r.width > 0 && r.height > 0;
    if (good && rest < end) {
        r.placed = true;
        good = take_character(&rest, end, '+') && take_number(&rest, end, &r.x) &&
               take_character(&rest, end, '+') && take_number(&rest, end, &r.y) && rest == end;
    }
    if (good)
        *rectangle = r;
    return good;
}

void rectangle_print(const struct rectangle *rectangle, char *text, size_t size)
{
    const struct rectangle *r = rectangle;
    if (r->placed)
        snprintf(text, size, "%" PRIu32 "x%" PRIu32 "+%" PRIu32 "+%" PRIu32, r->width, r->height, r->x, r->y);
    else
        snprintf(text, size, "%" PRIu32 "x%" PRIu32, r->width, r->height);
}
