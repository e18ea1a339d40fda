/*
 * Numbers and sizes as users type them: the first byte chooses the parser. Checks: an accepted value is in
 * its range and, if it can be printed, its text parses to the same value; a rejected one has an error
 * message.
 */
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "base/values.h"
#include "filter/geometry.h"
#include "fuzz/fuzz.h"

static void try_geometry(const char *text, size_t length)
{
    struct pm_error error = {0};
    struct geometry geometry, again;
    char first[128], second[128];
    if (geometry_parse(text, length, &geometry, &error) != 0) {
        FUZZ_ASSERT(error.kind == PM_ERROR_USAGE && error.message[0] != '\0');
        return;
    }
    FUZZ_ASSERT(geometry_print(&geometry, first, sizeof first) < (int)sizeof first);
    FUZZ_ASSERT(geometry_parse(first, strlen(first), &again, &error) == 0);
    geometry_print(&again, second, sizeof second);
    FUZZ_ASSERT(strcmp(first, second) == 0);
    const uint32_t sides[] = {1, 2, 31, 4000, 65535, 2147483647};
    for (unsigned i = 0; i < 36; i++) {
        uint32_t w = sides[i % 6], h = sides[i / 6];
        if (geometry_apply(&geometry, &w, &h, &error) == 0)
            FUZZ_ASSERT(w >= 1 && w <= GEOMETRY_SIDE_MAX && h >= 1 && h <= GEOMETRY_SIDE_MAX);
    }
}

static void try_number(const char *text)
{
    char written[64];
    double value, again;
    const char *rest = text;
    if (!number_read(&rest, &value)) {
        FUZZ_ASSERT(rest == text);
        return;
    }
    FUZZ_ASSERT(rest > text && value >= 0);
    if (value != 0 && (value < 1e-4 || value >= 1e15))
        return;
    number_write(value, written, sizeof written);
    const char *end = written;
    FUZZ_ASSERT(number_read(&end, &again) && *end == '\0' && again == value);
}

static void try_options(const char *text)
{
    struct pm_error error = {0};
    uint64_t count, bytes;
    double time;
    FUZZ_ASSERT(value_count(text, 3, 99999, &count, &error) != 0 || (count >= 3 && count <= 99999));
    FUZZ_ASSERT(value_size(text, &bytes, &error) != 0 || bytes >= 1);
    FUZZ_ASSERT(value_seconds(text, &time, &error) != 0 || (time >= 0.001 && time <= 1e6));
    FUZZ_ASSERT(value_milliseconds(text, &time, &error) != 0 || (time > 0 && time <= 1e3));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    char *text = malloc(size);
    FUZZ_ASSERT(text != NULL);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    if (data[0] % 3 == 1)
        try_geometry(text, strlen(text));
    else if (data[0] % 3 == 2)
        try_number(text);
    else
        try_options(text);
    free(text);
    return 0;
}
