/* Independent of the locale: a program that uses the library may have set one with decimal commas. */
#include "base/number.h"

#include <inttypes.h>
#include <locale.h>
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
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (plain == (locale_t)0)
        return false;
    char *end;
    *value = strtod_l(digits, &end, plain);
    freelocale(plain);
    if (end != digits + length) /* two decimal points, or only a point */
        return false;
    *text += length;
    return true;
}

static int write_fraction(double value, char *text, size_t size)
{
    for (int digits = 1; digits < 17; digits++) {
        int length = snprintf(text, size, "%.*g", digits, value);
        if (strchr(text, 'e') == NULL && strtod(text, NULL) == value)
            return length;
    }
    return snprintf(text, size, "%.17g", value);
}

int number_write(double value, char *text, size_t size)
{
    if (value < 1e15 &&
        value == (double)(uint64_t)
                     value) /* the common case, fast because a server writes these for each request */
        return snprintf(text, size, "%" PRIu64, (uint64_t)value);
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0), own = uselocale(plain);
    int length = write_fraction(value, text, size);
    uselocale(own);
    if (plain != (locale_t)0)
        freelocale(plain);
    return length;
}
