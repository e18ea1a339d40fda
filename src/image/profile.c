#include "image/profile.h"

#include <string.h>

#include "base/bytes.h"

/* Offsets in the 128-byte header; the tag count follows it. */
enum { AT_COLOR_SPACE = 16, AT_SIGNATURE = 36, SIZE_MIN = 128 + 4 };

size_t profile_size(const uint8_t *bytes, size_t size)
{
    if (size < SIZE_MIN || memcmp(bytes + AT_SIGNATURE, "acsp", 4) != 0)
        return 0;
    const size_t stated = get_be32(bytes);
    return stated >= SIZE_MIN && stated <= size && stated <= PROFILE_MAX ? stated : 0;
}

bool profile_matches(const struct pm_blob *icc, enum pm_color color)
{
    static const char spaces[][5] = {
        [PM_COLOR_GRAY] = "GRAY", [PM_COLOR_RGB] = "RGB ", [PM_COLOR_YCC] = "RGB ", [PM_COLOR_CMYK] = "CMYK"};
    return profile_size(icc->data, icc->size) > 0 &&
           memcmp(icc->data + AT_COLOR_SPACE, spaces[color], 4) == 0;
}
