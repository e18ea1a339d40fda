#include "filter/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool number_read(const char **text, double *value)
{
    size_t length = strspn(*text, "0123456789.");
    char digits[64];
    if (length == 0 || length >= sizeof digits)
        return false;
    memcpy(digits, *text, length);
    digits[length] = '\0';
    char *end;
    *value = strtod(digits, &end);
    if (end != digits + length) /* two points, or nothing but one */
        return false;
    *text += length;
    return true;
}

int number_write(double value, char *text, size_t size)
{
    if (value < 1e15 &&
        value == (double)(uint64_t)value) /* most are, and a server writes them for each request */
        return snprintf(text, size, "%" PRIu64, (uint64_t)value);
    for (int digits = 1; digits < 17; digits++) {
        int length = snprintf(text, size, "%.*g", digits, value);
        if (strchr(text, 'e') == NULL && strtod(text, NULL) == value)
            return length;
    }
    return snprintf(text, size, "%.17g", value);
}
