#include "base/values.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Parses digits at *text and advances it past them. False if there are none or the number overflows 64
 * bits. */
static bool take_digits(const char **text, uint64_t *value)
{
    const char *s = *text;
    *value = 0;
    for (; *s >= '0' && *s <= '9'; s++) {
        if (__builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, (uint64_t)(*s - '0'), value))
            return false;
    }
    bool any = s > *text;
    *text = s;
    return any;
}

int value_count(const char *text, uint64_t min, uint64_t max, uint64_t *value, struct pm_error *error)
{
    uint64_t count;
    if (!take_digits(&text, &count) || *text != '\0')
        return error_set(error, PM_ERROR_USAGE, "must be a whole number from %" PRIu64 " to %" PRIu64, min,
                         max);
    if (count < min || count > max)
        return error_set(error, PM_ERROR_USAGE, "must be from %" PRIu64 " to %" PRIu64, min, max);
    *value = count;
    return 0;
}

int value_size(const char *text, uint64_t *bytes, struct pm_error *error)
{
    static const char suffixes[] = "KMGT";
    uint64_t size;
    if (take_digits(&text, &size) && size > 0) {
        const char *suffix = *text != '\0' ? strchr(suffixes, toupper((unsigned char)*text)) : NULL;
        unsigned shift = suffix != NULL ? 10 * (unsigned)(suffix - suffixes + 1) : 0;
        const char *unit = text + (suffix != NULL);
        bool ends = *unit == '\0' || (suffix != NULL && (strcmp(unit, "B") == 0 || strcmp(unit, "iB") == 0));
        if (ends && size <= UINT64_MAX >> shift) {
            *bytes = size << shift;
            return 0;
        }
    }
    return error_set(error, PM_ERROR_USAGE, "must be a size (bytes, or with K, M, G or T: 256M, 2G)");
}

/* A decimal number from a thousandth to a million. strtod alone would also accept blanks, signs, hexadecimal,
 * inf and nan. */
static bool take_time(const char *text, double *value)
{
    char *end = NULL;
    *value = text[strspn(text, "0123456789.")] == '\0' ? strtod(text, &end) : 0;
    return end != NULL && *end == '\0' && *value >= 0.001 && *value <= 1e6;
}

int value_seconds(const char *text, double *seconds, struct pm_error *error)
{
    double value;
    if (!take_time(text, &value))
        return error_set(error, PM_ERROR_USAGE, "must be a time in seconds, from 0.001 to 1000000");
    *seconds = value;
    return 0;
}

int value_milliseconds(const char *text, double *seconds, struct pm_error *error)
{
    double value;
    if (!take_time(text, &value))
        return error_set(error, PM_ERROR_USAGE, "must be a time in milliseconds, from 0.001 to 1000000");
    *seconds = value / 1e3;
    return 0;
}
